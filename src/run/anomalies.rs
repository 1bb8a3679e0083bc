//! The rows of the `anomalies` table: how inputs ended, what was odd about them, what went wrong at which packet, and
//! every counter that no column of `inputs` shows.

use super::reading::{Ending, Reading};
use super::warnings::{full_census, is_told, losses, offload};
use crate::anomaly::{Anomaly, Severity};
use crate::capture::{CaptureError, CaptureErrorKind, Outage};
use crate::census::Room;
use crate::packet::InputId;
use crate::report::AnomalyRow;
use crate::stats::{Ledger, Stats};
use crate::text::{Grouped, often};

/// Counters that are columns of `inputs`.
const COLUMNS_OF_INPUTS: [&str; 12] = [
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
];

/// Counters that a law makes sums of others, or zero in the end.
const SUMS: [&str; 3] = ["span_bytes", "pending_bytes", "payload_bytes"];

/// What went wrong at single packets, in the order of the packets. It is counted where its connection began, and told
/// where its packet is: connections go on from one input to the next.
pub(super) struct Noted(Vec<Anomaly>);

impl Noted {
    /// What was noted in the counters of all inputs.
    pub(super) fn of(ledger: &Ledger) -> Self {
        let mut noted: Vec<_> = ledger.iter().flat_map(|(_, stats)| stats.anomalies.noted()).copied().collect();
        noted.sort_by_key(|anomaly| (anomaly.stamp, anomaly.kind, anomaly.ends, anomaly.amount));
        Self(noted)
    }

    fn at(&self, input: InputId) -> &[Anomaly] {
        let from = self.0.partition_point(|anomaly| anomaly.stamp.input < input);
        let to = self.0.partition_point(|anomaly| anomaly.stamp.input <= input);
        self.0.get(from..to).unwrap_or_default()
    }
}

/// What the reading of one input met itself, the most general first.
pub(super) fn of_reading(reading: &Reading) -> Vec<AnomalyRow> {
    let name = &reading.name;
    let mut rows: Vec<_> = ending(reading).into_iter().collect();
    if let Some(facts) = &reading.facts {
        let lost = losses(facts).into_iter();
        rows.extend(lost.map(|(kind, sentence)| whole(name, Severity::Warning, kind, sentence)));
        rows.extend(facts.outages.iter().map(|outage| down(name, outage)));
        for skipped in &facts.recovery.skipped {
            let row = whole(name, Severity::Error, "skipped_bytes", skipped.to_string());
            rows.push(AnomalyRow { offset: Some(skipped.place.offset), ..row });
        }
        for (oddity, count) in facts.oddities.met() {
            let detail = format!("{}: {}", often(count), oddity.meaning());
            rows.push(whole(name, Severity::Info, oddity.word(), detail));
        }
    }
    rows
}

/// What the counters of one input say, which has this name, and at which packets.
pub(super) fn of_stats(input: InputId, name: &str, stats: &Stats, noted: &Noted) -> Vec<AnomalyRow> {
    let mut rows = Vec::new();
    for (counter, count) in stats.counters() {
        if count > 0 && !COLUMNS_OF_INPUTS.contains(&counter) && !SUMS.contains(&counter) {
            let severity = if is_told(counter) { Severity::Warning } else { Severity::Info };
            rows.push(whole(name, severity, counter, Grouped(count).to_string()));
        }
    }
    if let Some(detail) = offload(stats) {
        rows.push(whole(name, Severity::Info, "checksum_offload", detail));
    }
    rows.extend(noted.at(input).iter().map(|anomaly| at_packet(name, anomaly)));
    for (kind, count) in stats.anomalies.suppressed() {
        let detail = format!("{} more of the kind {}", Grouped(count), kind.word());
        rows.push(whole(name, Severity::Warning, "suppressed", detail));
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
    let mut row = whole(&reading.name, severity, kind, detail);
    if let Some(Ending::Failed(CaptureError { place: Some(place), kind, .. })) = &reading.ending {
        row.offset = Some(place.offset);
        // Blocks of pcapng that are not packets are numbered too.
        let is_packet = matches!(kind, CaptureErrorKind::Cut { .. });
        row.frame = reading.facts.as_ref().filter(|_| is_packet).map(|facts| facts.packets);
    }
    Some(row)
}

/// That not everything could be counted.
pub(super) fn of_full_census(room: Room) -> AnomalyRow {
    whole("", Severity::Warning, "census_full", full_census(room))
}

fn whole(name: &str, severity: Severity, kind: &'static str, detail: String) -> AnomalyRow {
    AnomalyRow {
        time: None,
        severity,
        kind: kind.into(),
        input: name.to_owned(),
        frame: None,
        offset: None,
        ends: None,
        detail,
    }
}

/// A time in which nothing could be captured.
fn down(name: &str, outage: &Outage) -> AnomalyRow {
    let to = outage.to.map_or_else(|| "the end".to_owned(), |to| to.to_string());
    let detail = format!("the interface was down from {} to {to}", outage.from);
    AnomalyRow { time: Some(outage.from), ..whole(name, Severity::Warning, "link_down", detail) }
}

fn at_packet(name: &str, anomaly: &Anomaly) -> AnomalyRow {
    let Anomaly { kind, stamp, ends, amount } = *anomaly;
    let detail = format!("{} {}", Grouped(amount), kind.meaning());
    let row = whole(name, Severity::Warning, kind.word(), detail);
    AnomalyRow { time: Some(stamp.time), frame: Some(stamp.frame), ends, ..row }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Context, INPUTS, InputRow};

    /// A new counter is shown by itself; one that is said to be shown elsewhere must be.
    #[test]
    fn every_counter_that_is_not_zero_is_shown() {
        let names: Vec<_> = Stats::default().counters().map(|(name, _)| name).collect();
        for name in &names {
            let mut stats = Stats::default();
            *stats.counters_mut().find(|(known, _)| known == name).unwrap().1 = 987_654;
            let mut row = InputRow::default();
            row.count(&stats);
            let cells = INPUTS.columns.iter().map(|column| (column.value)(&row, &Context::default()).to_string());
            let is_column = cells.filter(|cell| cell == "987654").count() > 0;
            let is_row = of_stats(InputId(0), "", &stats, &Noted::of(&Ledger::default()))
                .iter()
                .any(|row| row.kind == *name && row.detail == "987,654");
            let is_sum = SUMS.contains(name) && stats.broken_law_at_end().is_some();
            assert!(if COLUMNS_OF_INPUTS.contains(name) { is_column } else { is_row != is_sum }, "{name}");
        }
        assert!(COLUMNS_OF_INPUTS.iter().chain(&SUMS).all(|name| names.contains(name)));
    }
}
