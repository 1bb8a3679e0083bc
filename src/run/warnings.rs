//! What a reader must know before trusting the tables, in whole sentences.
//!
//! Two sources: how each input ended, and what the counters say is missing. A thousand inputs that ended alike are told
//! in a few sentences: the `inputs` table names each.

use std::borrow::Cow;

use super::reading::Reading;
use crate::capture::{Facts, Format};
use crate::census::Room;
use crate::packet::InputId;
use crate::report::InputStatus;
use crate::stats::{Ledger, Stats};
use crate::text::{Grouped, counted, often};

/// Inputs with the same trouble that are named before the rest is only counted.
const NAMED_MAX: u64 = 3;

/// What happened to the inputs.
pub(super) fn of_inputs(readings: &[Reading], ledger: &Ledger) -> Vec<String> {
    let mut told = Told::default();
    for (number, reading) in (0..).zip(readings) {
        let name = &reading.name;
        let error = reading.error();
        match reading.status() {
            InputStatus::Ok | InputStatus::Running if error.is_empty() => {}
            InputStatus::Ok | InputStatus::Running => {
                told.tell("filtered in part", format!("{name}: {error}; packets of that kind were left out"));
            }
            InputStatus::Skipped => told.tell("skipped", format!("{name}: skipped: {error}")),
            InputStatus::Cut => told.tell("cut short", format!("{name}: {error}")),
            InputStatus::Damaged => told.tell("damaged", format!("{name}: {error}")),
            InputStatus::Unreadable => told.tell("not readable", format!("{name}: {error}")),
            InputStatus::Interrupted => told.tell("not read whole", format!("{name}: {error}")),
        }
        if let Some(offload) = offload(&ledger.of(InputId(number))) {
            told.tell_in("anomalies", "captured with checksum offload", format!("{name}: {offload}"));
        }
        let Some(facts) = &reading.facts else { continue };
        for (_, sentence) in losses(facts) {
            told.tell("captured with losses", format!("{name}: {sentence}"));
        }
        for (oddity, count) in facts.oddities.met() {
            let meaning = oddity.meaning().trim_end_matches('.');
            let kind = format!("odd in the same way ({})", oddity.word());
            told.tell_in("anomalies", kind, format!("{name}: {meaning} ({})", often(count)));
        }
    }
    told.finish()
}

/// What was lost before it could be looked at: the kind of loss, and a sentence.
pub(super) fn losses(facts: &Facts) -> Vec<(&'static str, String)> {
    let is_live = facts.format == Format::Live;
    let packets = |count| counted(count, "packet");
    let (dropped, interface, overload) = (facts.dropped(), facts.dropped_by_interface, facts.overload);
    let of_capture = || {
        let packets = packets(dropped);
        if is_live {
            format!("the kernel had no room for {packets}: a larger buffer may help (-B)")
        } else {
            format!("the capture says that it lost {packets}")
        }
    };
    let mut losses = Vec::new();
    losses.extend((dropped > 0).then(|| ("dropped", of_capture())));
    let of_interface = || format!("the network card had no room for {}", packets(interface));
    losses.extend((interface > 0).then(|| ("interface_dropped", of_interface())));
    let of_overload = || format!("{} came faster than they could be looked at: a filter may help", packets(overload));
    losses.extend((overload > 0).then(|| ("overload", of_overload())));
    losses
}

/// What many wrong TCP checksums in an input say: nothing is lost by them, and no row is more doubtful than its flag says.
pub(super) fn offload(stats: &Stats) -> Option<String> {
    let sample = stats.checksums;
    let (bad, checked) = (Grouped(sample.bad), Grouped(sample.checked));
    sample
        .tells_of_offload()
        .then(|| format!("checksum offload assumed: wrong TCP checksums: {bad} of the first {checked}"))
}

/// Sentences by what they tell of; of each kind a few, and how many more there are.
#[derive(Default)]
struct Told {
    sentences: Vec<String>,
    /// In the order of their first sentence.
    kinds: Vec<Kind>,
}

/// What several inputs may have in common.
struct Kind {
    /// What they were.
    word: Cow<'static, str>,
    /// The table that names each of them.
    table: &'static str,
    /// How many there are.
    count: u64,
}

impl Told {
    fn tell(&mut self, kind: &'static str, sentence: String) {
        self.tell_in("inputs", kind, sentence);
    }

    /// Tells what another table than that of the inputs names.
    fn tell_in(&mut self, table: &'static str, kind: impl Into<Cow<'static, str>>, sentence: String) {
        let word = kind.into();
        let at = self.kinds.iter().position(|known| known.word == word).unwrap_or_else(|| {
            self.kinds.push(Kind { word, table, count: 0 });
            self.kinds.len() - 1
        });
        let Some(Kind { count, .. }) = self.kinds.get_mut(at) else { return };
        *count += 1;
        if *count <= NAMED_MAX {
            self.sentences.push(sentence);
        }
    }

    fn finish(mut self) -> Vec<String> {
        for Kind { word, table, count } in self.kinds {
            let more = count.saturating_sub(NAMED_MAX);
            if more > 0 {
                let (inputs, were) = if more == 1 { ("input", "was") } else { ("inputs", "were") };
                let more = Grouped(more);
                self.sentences.push(format!("{more} more {inputs} {were} {word}: the table of {table} names each"));
            }
        }
        self.sentences
    }
}

/// The counters that tell of rows that may be missing or doubtful: what is said of one, and of many.
const TOLD: [(&str, &str, &str); 20] = [
    (
        "cut",
        "packet was cut by the capture: what its missing bytes said cannot be known",
        "packets were cut by the capture: what their missing bytes said cannot be known",
    ),
    (
        "gaps_msn",
        "gap in MSNP connections: packets are missing from the capture",
        "gaps in MSNP connections: packets are missing from the capture",
    ),
    ("lost_to_gap", "MSNP line was torn by a gap and left out", "MSNP lines were torn by gaps and left out"),
    ("too_long", "MSNP line was too long and left out", "MSNP lines were too long and left out"),
    (
        "conflicting_bytes_msn",
        "byte of MSNP connections was captured twice with different contents: the first copy was taken",
        "bytes of MSNP connections were captured twice with different contents: the first copy was taken",
    ),
    (
        "gateway_bad",
        "HTTP head of the MSN gateway is damaged: its message was left out",
        "HTTP heads of the MSN gateway are damaged: their messages were left out",
    ),
    (
        "gateway_unreadable_bodies",
        "packed HTTP body of the MSN gateway could not be unpacked and was left out",
        "packed HTTP bodies of the MSN gateway could not be unpacked and were left out",
    ),
    (
        "gateway_evicted",
        "session in the MSN gateway was given up because too much was kept",
        "sessions in the MSN gateway were given up because too much was kept",
    ),
    (
        "fragments_timed_out",
        "IP fragment was left alone: others of its datagram are missing",
        "IP fragments were left alone: others of their datagrams are missing",
    ),
    (
        "fragments_evicted",
        "IP fragment was given up because too many waited for others",
        "IP fragments were given up because too many waited for others",
    ),
    ("fragments_bad", "IP fragment is cut or contradicts others", "IP fragments are cut or contradict each other"),
    (
        "fragments_conflicts",
        "IP fragment was captured twice with different contents",
        "IP fragments were captured twice with different contents",
    ),
    ("unsupported_link", "packet has a link type that is not decoded", "packets have a link type that is not decoded"),
    ("truncated_header", "packet ends inside its headers", "packets end inside their headers"),
    ("too_many_layers", "packet has more headers than are followed", "packets have more headers than are followed"),
    ("bad_ip", "packet has an IP header that contradicts itself", "packets have an IP header that contradicts itself"),
    ("bad_tcp", "packet has a TCP header that contradicts itself", "packets have a TCP header that contradicts itself"),
    (
        "reorder_bound",
        "gap was given up because too much waited behind it",
        "gaps were given up because too much waited behind them",
    ),
    (
        "memory_bound",
        "gap was given up because the memory was full (--max-memory)",
        "gaps were given up because the memory was full (--max-memory)",
    ),
    (
        "evicted",
        "connection was given up because too many were open for the memory (--max-memory)",
        "connections were given up because too many were open for the memory (--max-memory)",
    ),
];

/// Whether a counter tells of rows that may be missing or doubtful.
pub(super) fn is_told(counter: &str) -> bool {
    TOLD.iter().any(|(told, ..)| *told == counter)
}

/// What the counters say is missing or doubtful. Each sentence begins with its number, for one and for many.
pub(super) fn of_counters(stats: &Stats) -> Vec<String> {
    let sentence = |(counter, one, many): &(&str, &str, &str)| {
        let (_, count) = stats.counters().find(|(name, count)| name == counter && *count > 0)?;
        Some(format!("{} {}", Grouped(count), if count == 1 { one } else { many }))
    };
    TOLD.iter().filter_map(sentence).collect()
}

/// That more came than there is room for in the tables.
pub(super) fn full_census(room: Room) -> String {
    let clients = Grouped(u64::try_from(room.entities).unwrap_or(u64::MAX));
    format!(
        "more came than can be told apart ({clients} clients, and as many connections and addresses): exchanges are counted \
         exactly, all else is at least what the tables say"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_inputs_alike_the_rest_is_told_in_words_with_the_table_that_names_them() {
        let mut told = Told::default();
        for number in 1..=5 {
            told.tell_in("anomalies", "odd in the same way (link_errors)", format!("{number}.pcap: errors"));
        }
        told.tell("skipped", "a.txt: skipped".to_owned());
        let sentences = told.finish();
        assert_eq!(sentences[..3], ["1.pcap: errors", "2.pcap: errors", "3.pcap: errors"]);
        let rest = "2 more inputs were odd in the same way (link_errors): the table of anomalies names each";
        assert_eq!(sentences[3..], ["a.txt: skipped", rest]);
    }
}
