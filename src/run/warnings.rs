//! What a reader must know before trusting the tables, in whole sentences.
//!
//! Two sources: how each input ended, and what the counters say is missing. A thousand inputs that ended alike are told
//! in a few sentences: the `inputs` table names each.

use super::reading::Reading;
use crate::report::InputStatus;
use crate::stats::Stats;
use crate::text::{Grouped, counted};

/// Inputs with the same trouble that are named before the rest is only counted.
const NAMED_MAX: u64 = 3;

/// What happened to the inputs.
pub(super) fn of_inputs(readings: &[Reading]) -> Vec<String> {
    let mut told = Told::default();
    for reading in readings {
        let name = &reading.name;
        let error = reading.error();
        match reading.status() {
            InputStatus::Ok if error.is_empty() => {}
            InputStatus::Ok => {
                told.tell("filtered in part", format!("{name}: {error}; packets of that kind were left out"));
            }
            InputStatus::Skipped => told.tell("skipped", format!("{name}: skipped: {error}")),
            InputStatus::Cut => told.tell("cut short", format!("{name}: {error}")),
            InputStatus::Damaged => told.tell("damaged", format!("{name}: {error}")),
            InputStatus::Unreadable => told.tell("not readable", format!("{name}: {error}")),
            InputStatus::Interrupted => told.tell("not read whole", format!("{name}: {error}")),
        }
        let Some(facts) = &reading.facts else { continue };
        if facts.dropped() > 0 {
            let packets = counted(facts.dropped(), "packet");
            told.tell("captured with losses", format!("{name}: the capture says that it lost {packets}"));
        }
        for (oddity, count) in facts.oddities.met() {
            let meaning = oddity.meaning().trim_end_matches('.');
            let times = if count == 1 { "once".to_owned() } else { format!("{} times", Grouped(count)) };
            told.tell(oddity.word(), format!("{name}: {meaning} ({times})"));
        }
    }
    told.finish()
}

/// Sentences by what they tell of; of each kind a few, and how many more there are.
#[derive(Default)]
struct Told {
    sentences: Vec<String>,
    /// In the order of their first sentence.
    kinds: Vec<(&'static str, u64)>,
}

impl Told {
    fn tell(&mut self, kind: &'static str, sentence: String) {
        let at = self.kinds.iter().position(|(known, _)| *known == kind).unwrap_or_else(|| {
            self.kinds.push((kind, 0));
            self.kinds.len() - 1
        });
        let Some((_, count)) = self.kinds.get_mut(at) else { return };
        *count += 1;
        if *count <= NAMED_MAX {
            self.sentences.push(sentence);
        }
    }

    fn finish(mut self) -> Vec<String> {
        for (kind, count) in self.kinds {
            let more = count.saturating_sub(NAMED_MAX);
            if more > 0 {
                let (inputs, were) = if more == 1 { ("input", "was") } else { ("inputs", "were") };
                let more = Grouped(more);
                self.sentences.push(format!("{more} more {inputs} {were} {kind}: the table of inputs names each"));
            }
        }
        self.sentences
    }
}

/// What the counters say is missing or doubtful. Each sentence begins with its number, for one and for many.
pub(super) fn of_counters(stats: &Stats) -> Vec<String> {
    let Stats { packets, streams, lines, .. } = stats;
    let told = [
        (
            packets.cut,
            "packet was cut by the capture: what its missing bytes said cannot be known",
            "packets were cut by the capture: what their missing bytes said cannot be known",
        ),
        (
            streams.gaps_msn,
            "gap in MSNP connections: packets are missing from the capture",
            "gaps in MSNP connections: packets are missing from the capture",
        ),
        (lines.lost_to_gap, "MSNP line was torn by a gap and left out", "MSNP lines were torn by gaps and left out"),
        (lines.too_long, "MSNP line was too long and left out", "MSNP lines were too long and left out"),
        (
            streams.conflicting_bytes_msn,
            "byte of MSNP connections was captured twice with different contents: the first copy was taken",
            "bytes of MSNP connections were captured twice with different contents: the first copy was taken",
        ),
        (packets.fragments, "IP fragment was left out", "IP fragments were left out"),
        (
            packets.unsupported_link,
            "packet has a link type that is not decoded",
            "packets have a link type that is not decoded",
        ),
        (packets.truncated_header, "packet ends inside its headers", "packets end inside their headers"),
        (
            packets.too_many_layers,
            "packet has more headers than are followed",
            "packets have more headers than are followed",
        ),
        (
            packets.bad_ip,
            "packet has an IP header that contradicts itself",
            "packets have an IP header that contradicts itself",
        ),
        (
            packets.bad_tcp,
            "packet has a TCP header that contradicts itself",
            "packets have a TCP header that contradicts itself",
        ),
        (
            streams.reorder_bound,
            "gap was given up because too much waited behind it",
            "gaps were given up because too much waited behind them",
        ),
        (
            streams.memory_bound,
            "gap was given up because reassembly reached its memory bound (--max-memory)",
            "gaps were given up because reassembly reached its memory bound (--max-memory)",
        ),
        (
            streams.evicted,
            "connection was given up because too many were open",
            "connections were given up because too many were open",
        ),
    ];
    let met = told.into_iter().filter(|(count, ..)| *count > 0);
    met.map(|(count, one, many)| format!("{} {}", Grouped(count), if count == 1 { one } else { many })).collect()
}

#[cfg(test)]
mod tests {
    use super::super::reading::Ending;
    use super::*;
    use crate::capture::Skip;

    fn skipped(name: &str) -> Reading {
        let skip = Skip::Repeated { first: "a.pcap".into() };
        Reading { name: name.to_owned(), ..Reading::default() }.ended(Ending::Skipped(skip))
    }

    #[test]
    fn a_few_of_a_kind_are_named_and_the_rest_is_counted() {
        let readings: Vec<_> = ["b", "c", "d", "e"].map(skipped).into();
        let mut warnings = of_inputs(&readings);
        assert_eq!(warnings.pop().unwrap(), "1 more input was skipped: the table of inputs names each");
        assert_eq!(warnings[0], "b: skipped: the same as a.pcap, which is read once");
        assert_eq!(warnings.len(), 3);
    }

    #[test]
    fn an_input_read_to_its_end_says_nothing() {
        assert_eq!(of_inputs(&[Reading::default()]), [""; 0]);
        assert_eq!(of_counters(&Stats::default()), [""; 0]);
    }

    #[test]
    fn one_is_not_many() {
        let mut stats = Stats::default();
        stats.streams.gaps_msn = 1;
        stats.packets.cut = 1_234;
        let warnings = of_counters(&stats);
        assert!(warnings[0].starts_with("1,234 packets were cut "), "{warnings:?}");
        assert!(warnings[1].starts_with("1 gap in MSNP connections: "), "{warnings:?}");
    }
}
