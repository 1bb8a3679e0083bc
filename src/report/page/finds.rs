//! What is told as tables: where servers sent clients, what went wrong, and what was read.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::super::inputs::Trouble;
use super::super::summary::seconds;
use super::super::{AnomalyRow, InputRow};
use super::words::{Word, and_more};
use crate::anomaly::Severity;
use crate::census::{UpgradeRow, Upgrades};
use crate::packet::Timestamp;
use crate::text::Grouped;

/// Rows that are shown.
const ADDRESSES_MAX: usize = 16;
const KINDS_MAX: usize = 24;
const ANOMALIES_MAX: usize = 12;
const INPUTS_MAX: usize = 40;
/// Recommended versions that are named for an address.
const VERSIONS_MAX: usize = 3;
/// Columns of text of an address, a path and a sentence.
const ADDRESS_COLUMNS: usize = 160;
const PATH_COLUMNS: usize = 120;
const DETAIL_COLUMNS: usize = 200;
const VERSION_COLUMNS: usize = 20;

/// The first rows, and what is said of the others.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Shown<T> {
    pub(super) rows: Vec<T>,
    pub(super) more: Option<String>,
}

impl<T> Shown<T> {
    fn first<Row>(rows: &[Row], most: usize, what: [&str; 2], shown: impl Fn(&Row) -> T) -> Self {
        let more = rows.len().saturating_sub(most);
        let more = (more > 0).then(|| and_more(more, what));
        Self { rows: rows.iter().take(most).map(shown).collect(), more }
    }
}

/// An address that servers sent.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Address {
    text: Word,
    purpose: &'static str,
    versions: Vec<Word>,
    more_versions: usize,
    clients: String,
    exchanges: String,
    first: String,
    last: String,
}

/// What is gathered of an address.
#[derive(Default)]
struct Sent<'a> {
    /// Recommended versions, each with the exchanges that named both.
    versions: BTreeMap<&'a [u8], u64>,
    exchanges: u64,
    seen: Option<(Timestamp, Timestamp)>,
}

fn dl_url(row: &UpgradeRow) -> &[u8] {
    &row.dl_url
}

fn info_url(row: &UpgradeRow) -> &[u8] {
    &row.info_url
}

/// Downloads first, then pages to read; of each those of the most clients first.
pub(super) fn addresses(upgrades: &Upgrades, rows: &[UpgradeRow]) -> Shown<Address> {
    let mut addresses = Vec::new();
    let columns = [("download", dl_url as fn(&UpgradeRow) -> &[u8]), ("information", info_url)];
    for (purpose, column) in columns {
        let clients = upgrades.clients_by(|row| column(row).to_vec());
        let mut sent = BTreeMap::<&[u8], Sent<'_>>::new();
        for row in rows.iter().filter(|row| !column(row).is_empty()) {
            let sent = sent.entry(column(row)).or_default();
            sent.exchanges += row.exchanges;
            *sent.versions.entry(&row.rec_ver).or_default() += row.exchanges;
            let (first, last) = sent.seen.unwrap_or((row.first_seen, row.last_seen));
            sent.seen = Some((first.min(row.first_seen), last.max(row.last_seen)));
        }
        let counted =
            sent.into_iter().map(|(address, sent)| (clients.get(address).copied().unwrap_or_default(), address, sent));
        let mut counted: Vec<_> = counted.collect();
        counted.sort_by(|(few, a, _), (many, b, _)| many.cmp(few).then(a.cmp(b)));
        addresses.extend(counted.into_iter().map(|(clients, address, sent)| (purpose, clients, address, sent)));
    }
    Shown::first(&addresses, ADDRESSES_MAX, ["address", "addresses"], |(purpose, clients, address, sent)| {
        let mut versions: Vec<_> = sent.versions.iter().collect();
        versions.sort_by_key(|(version, exchanges)| (Reverse(*exchanges), **version));
        let (first, last) = sent.seen.unwrap_or_default();
        Address {
            text: Word::captured(address, ADDRESS_COLUMNS),
            purpose,
            versions: versions
                .iter()
                .take(VERSIONS_MAX)
                .map(|(version, _)| Word::captured(version, VERSION_COLUMNS))
                .collect(),
            more_versions: versions.len().saturating_sub(VERSIONS_MAX),
            clients: Grouped(*clients).to_string(),
            exchanges: Grouped(sent.exchanges).to_string(),
            first: seconds(first),
            last: seconds(last),
        }
    })
}

/// What went wrong, by kind; what was only counted, or put up with; and the first of all that name a place.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Anomalies {
    kinds: Shown<Kind>,
    counted: Shown<Kind>,
    first: Shown<Anomaly>,
}

#[derive(Clone, Debug, Serialize)]
struct Kind {
    word: String,
    severity: &'static str,
    rows: String,
    /// What its first row says.
    detail: Word,
}

#[derive(Clone, Debug, Serialize)]
struct Anomaly {
    time: String,
    kind: String,
    severity: &'static str,
    place: String,
    input: Word,
    detail: Word,
}

/// The worst kinds first, within one severity the commonest.
pub(super) fn anomalies(rows: &[AnomalyRow]) -> Anomalies {
    let mut kinds = BTreeMap::<&str, (Severity, u64, &AnomalyRow)>::new();
    for row in rows {
        let (severity, count, _) = kinds.entry(&*row.kind).or_insert((row.severity, 0, row));
        *severity = row.severity.max(*severity);
        *count += 1;
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by(|(a, (slight, few, _)), (b, (bad, many, _))| (bad, many, a).cmp(&(slight, few, b)));
    let (bad, slight): (Vec<_>, Vec<_>) = kinds.into_iter().partition(|(_, (severity, ..))| *severity > Severity::Info);
    let told = |(kind, (severity, count, first)): &(&str, (Severity, u64, &AnomalyRow))| Kind {
        word: kind.replace('_', " "),
        severity: severity.word(),
        rows: Grouped(*count).to_string(),
        detail: Word::told(&first.detail, DETAIL_COLUMNS),
    };
    let kinds = Shown::first(&bad, KINDS_MAX, ["kind", "kinds"], told);
    let counted = Shown::first(&slight, KINDS_MAX, ["kind", "kinds"], told);
    let has_place = |row: &&AnomalyRow| row.frame.is_some() || row.offset.is_some();
    let first: Vec<_> = rows.iter().filter(has_place).collect();
    let first = Shown::first(&first, ANOMALIES_MAX, ["in the table of anomalies"; 2], |row| Anomaly {
        time: row.time.map(seconds).unwrap_or_default(),
        kind: row.kind.replace('_', " "),
        severity: row.severity.word(),
        place: match (row.frame, row.offset) {
            (Some(frame), _) => format!("packet {}", Grouped(frame)),
            (None, Some(offset)) => format!("byte {}", Grouped(offset)),
            (None, None) => String::new(),
        },
        input: Word::told(&row.input, PATH_COLUMNS),
        detail: Word::told(&row.detail, DETAIL_COLUMNS),
    });
    Anomalies { kinds, counted, first }
}

/// What was read.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Input {
    name: Word,
    status: &'static str,
    /// Whether nothing is wrong with it.
    is_ok: bool,
    error: Word,
    format: String,
    packets: String,
    exchanges: String,
    first: String,
    last: String,
    sha256: String,
}

/// Those with trouble first where not all can be shown.
pub(super) fn inputs(rows: &[InputRow]) -> Shown<Input> {
    let mut rows: Vec<_> = rows.iter().collect();
    if rows.len() > INPUTS_MAX {
        rows.sort_by_key(|row| row.status.trouble());
    }
    Shown::first(&rows, INPUTS_MAX, ["in the table of inputs"; 2], |row| Input {
        name: Word::told(&row.input, PATH_COLUMNS),
        status: row.status.word(),
        is_ok: row.error.is_empty() && row.status.trouble() == Trouble::None,
        error: Word::told(&row.error, DETAIL_COLUMNS),
        format: [row.format.as_str(), &row.compression].map(str::trim).join(" ").trim().to_owned(),
        packets: Grouped(row.packets).to_string(),
        exchanges: Grouped(row.exchanges).to_string(),
        first: row.first_seen.map(seconds).unwrap_or_default(),
        last: row.last_seen.map(seconds).unwrap_or_default(),
        sha256: row.sha256.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::InputStatus;

    #[test]
    fn an_input_that_goes_on_is_no_trouble() {
        let told = |status, error: &str| {
            let row = InputRow { status, error: error.to_owned(), ..InputRow::default() };
            inputs(&[row]).rows[0].is_ok
        };
        assert!(told(InputStatus::Ok, "") && told(InputStatus::Running, ""));
        assert!(!told(InputStatus::Ok, "the filter means nothing here") && !told(InputStatus::Skipped, ""));
    }
}
