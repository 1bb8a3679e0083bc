//! The rows of the `anomalies` table: how inputs ended, what was odd about them, what went wrong at which packet, and
//! every counter that no column of `inputs` shows.

use super::reading::{Ending, Reading};
use super::warnings::is_told;
use crate::anomaly::{Anomaly, Severity};
use crate::capture::{CaptureError, CaptureErrorKind};
use crate::packet::InputId;
use crate::report::AnomalyRow;
use crate::stats::Stats;
use crate::text::{Grouped, counted};

/// Counters that are columns of `inputs`, or sums of others.
const SHOWN_ELSEWHERE: [&str; 15] = [
    "packets",
    "segments",
    "fragments",
    "cut",
    "segments_msn",
    "connections",
    "connections_msn",
    "midstream_msn",
    "gaps_msn",
    "gap_bytes_msn",
    "checksum_bad",
    "duplicates",
    "span_bytes",
    "pending_bytes",
    "payload_bytes",
];

/// What went wrong at single packets, in the order of the packets. It is counted where its connection began, and told
/// where its packet is: connections go on from one input to the next.
pub(super) struct Noted(Vec<Anomaly>);

impl Noted {
    /// What was noted in the counters of all inputs.
    pub(super) fn of(stats: &[Stats]) -> Self {
        let mut noted: Vec<_> = stats.iter().flat_map(|stats| stats.anomalies.noted()).copied().collect();
        noted.sort_by_key(|anomaly| (anomaly.stamp, anomaly.kind));
        Self(noted)
    }

    fn at(&self, input: InputId) -> &[Anomaly] {
        let from = self.0.partition_point(|anomaly| anomaly.stamp.input < input);
        let to = self.0.partition_point(|anomaly| anomaly.stamp.input <= input);
        self.0.get(from..to).unwrap_or_default()
    }
}

/// The rows of one input, the most general first.
pub(super) fn of_input(input: InputId, reading: &Reading, stats: &Stats, noted: &Noted) -> Vec<AnomalyRow> {
    let mut rows: Vec<_> = ending(reading).into_iter().collect();
    if let Some(facts) = &reading.facts {
        if facts.dropped() > 0 {
            let detail = format!("the capture says that it lost {}", counted(facts.dropped(), "packet"));
            rows.push(whole(reading, Severity::Warning, "dropped", detail));
        }
        for skipped in &facts.recovery.skipped {
            let row = whole(reading, Severity::Error, "skipped_bytes", skipped.to_string());
            rows.push(AnomalyRow { offset: Some(skipped.place.offset), ..row });
        }
        for (oddity, count) in facts.oddities.met() {
            let detail = format!("{} times: {}", Grouped(count), oddity.meaning());
            rows.push(whole(reading, Severity::Info, oddity.word(), detail));
        }
    }
    for (counter, count) in stats.counters() {
        if count > 0 && !SHOWN_ELSEWHERE.contains(&counter) {
            let severity = if is_told(counter) { Severity::Warning } else { Severity::Info };
            rows.push(whole(reading, severity, counter, Grouped(count).to_string()));
        }
    }
    rows.extend(noted.at(input).iter().map(|anomaly| at_packet(reading, anomaly)));
    for (kind, count) in stats.anomalies.suppressed() {
        let detail = format!("{} more of the kind {}", Grouped(*count), kind.word());
        rows.push(whole(reading, Severity::Warning, "suppressed", detail));
    }
    rows
}

/// Why the input was not read, or not to its end.
fn ending(reading: &Reading) -> Option<AnomalyRow> {
    let detail = reading.error();
    if detail.is_empty() {
        return None;
    }
    let severity = if reading.is_damaged() { Severity::Error } else { Severity::Warning };
    let kind = match &reading.ending {
        None => "filter",
        Some(_) => reading.status().word(),
    };
    let mut row = whole(reading, severity, kind, detail);
    if let Some(Ending::Failed(CaptureError { place: Some(place), kind, .. })) = &reading.ending {
        row.offset = Some(place.offset);
        // Blocks of pcapng that are not packets are numbered too.
        let is_packet = matches!(kind, CaptureErrorKind::Cut { .. });
        row.frame = reading.facts.as_ref().filter(|_| is_packet).map(|facts| facts.packets);
    }
    Some(row)
}

fn whole(reading: &Reading, severity: Severity, kind: &'static str, detail: String) -> AnomalyRow {
    let input = reading.name.clone();
    AnomalyRow { time: None, severity, kind, input, frame: None, offset: None, ends: None, detail }
}

fn at_packet(reading: &Reading, anomaly: &Anomaly) -> AnomalyRow {
    let Anomaly { kind, stamp, ends, amount } = *anomaly;
    let detail = format!("{} {}", Grouped(amount), kind.meaning());
    let row = whole(reading, Severity::Warning, kind.word(), detail);
    AnomalyRow { time: Some(stamp.time), frame: Some(stamp.frame), ends, ..row }
}
