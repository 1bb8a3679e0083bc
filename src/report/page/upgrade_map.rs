//! What servers recommended to which versions: a map of clients' versions and recommended ones, coloured by verdict.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::super::answers::add;
use super::super::{Look, Verdicts};
use super::colour::{class, level, mark, told};
use super::grid::{Cell, HEAD_COLUMNS, Row, grid};
use super::words::Word;
use crate::census::{Share, UpgradeRow, Upgrades};
use crate::cvr::sort_key;
use crate::text::{Grouped, counted};

/// Rows and columns, those of the others aside.
const ROWS_MAX: usize = 7;
const COLUMNS_MAX: usize = 6;
/// Columns of text of a row's name.
const NAME_COLUMNS: usize = 18;

/// A row or a column: a version by its place, all others, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Of(usize),
    Others,
    None,
}

/// The versions that have a row or column of their own, by number.
struct Axis {
    shown: Vec<Vec<u8>>,
    others: usize,
    has_none: bool,
}

impl Axis {
    /// The versions of the most clients.
    fn of(clients: BTreeMap<Vec<u8>, u64>, most: usize) -> Self {
        let has_none = clients.contains_key(&[][..]);
        let mut versions: Vec<_> = clients.into_iter().filter(|(version, _)| !version.is_empty()).collect();
        versions.sort_by(|(a, few), (b, many)| (Reverse(few), a).cmp(&(Reverse(many), b)));
        let most = if versions.len() == most + 1 { most + 1 } else { most };
        let others = versions.len().saturating_sub(most);
        let mut shown: Vec<_> = versions.into_iter().take(most).map(|(version, _)| version).collect();
        shown.sort_by_cached_key(|version| sort_key(version));
        Self { shown, others, has_none }
    }

    fn place(&self, version: &[u8]) -> Place {
        match self.shown.iter().position(|shown| shown == version) {
            Some(at) => Place::Of(at),
            None if version.is_empty() => Place::None,
            None => Place::Others,
        }
    }

    /// Every place that there is, with its name.
    fn places(&self, columns: usize, none: &str) -> Vec<(Place, Word)> {
        let shown =
            self.shown.iter().enumerate().map(|(at, version)| (Place::Of(at), Word::captured(version, columns)));
        let others = format!("{} others", Grouped(self.others as u64));
        let others = (self.others > 0).then(|| (Place::Others, Word::told(&others, columns)));
        let none = self.has_none.then(|| (Place::None, Word::told(none, columns)));
        shown.chain(others).chain(none).collect()
    }
}

/// Draws the map; nothing where no server answered.
pub(super) fn upgrade_map(upgrades: &Upgrades, rows: &[UpgradeRow]) -> Option<String> {
    let versions = Axis::of(upgrades.clients_by(|row| row.client_ver.clone()), ROWS_MAX);
    let recommended = Axis::of(upgrades.clients_by(|row| row.rec_ver.clone()), COLUMNS_MAX);
    let place = |row: &UpgradeRow| (versions.place(&row.client_ver), recommended.place(&row.rec_ver));
    let clients = upgrades.clients_by(place);
    let most = clients.values().max().copied()?;
    let of_rows = upgrades.clients_by(|row| versions.place(&row.client_ver));
    let mut verdicts = BTreeMap::<_, Verdicts>::new();
    for row in rows {
        add(verdicts.entry(place(row)).or_default(), row);
    }
    let columns = recommended.places(HEAD_COLUMNS, "refused");
    let cell = |row, column| {
        let (clients, verdicts) = (*clients.get(&(row, column))?, verdicts.get(&(row, column))?);
        let (verdict, _) = Look::commonest(verdicts);
        Some(Cell {
            clients,
            class: format!("tint {} t{}", class(verdict), level(Share { part: clients, whole: most })),
            number_class: "",
            mark: Some(mark(verdict)),
            told: format!("{}; of their exchanges: {}", counted(clients, "client"), told(verdicts)),
        })
    };
    let row = |(place, name): (Place, Word)| Row {
        name,
        cells: columns.iter().map(|(column, _)| cell(place, *column)).collect(),
        clients: of_rows.get(&place).copied().unwrap_or_default(),
    };
    let rows: Vec<_> = versions.places(NAME_COLUMNS, "unknown").into_iter().map(row).collect();
    let names: Vec<_> = columns.iter().map(|(_, name)| name.clone()).collect();
    let described =
        format!("Rows are client versions, columns recommended ones. The largest cell: {}.", counted(most, "client"));
    Some(grid("Which version servers recommended to which", &described, &names, &rows))
}

#[cfg(test)]
mod tests {
    use super::super::svg::lines;
    use super::*;
    use crate::census::Observation;
    use crate::census::synthetic::{REPLY, REQUEST, observation};

    fn map(observations: &[Observation]) -> Option<String> {
        let mut upgrades = Upgrades::default();
        for observation in observations {
            upgrades.push(observation);
        }
        upgrade_map(&upgrades, &upgrades.rows())
    }

    #[test]
    fn a_version_that_must_go_and_one_that_was_refused() {
        let other = b"CVR 2 0x0409 win 4.10 i386 MSMSGS 4.6.0083 MSMSGS other@example.com";
        let svg = map(&[
            observation(1, 1, REQUEST, REPLY),
            observation(2, 3, other, b"420 2"),
            observation(1, 5, REQUEST, REPLY),
        ]);
        insta::assert_snapshot!(lines(&svg.unwrap()), @r##"
        <svg role="img" aria-label="Which version servers recommended to which" width="100%" height="98">
        <desc>Rows are client versions, columns recommended ones. The largest cell: 1 client.</desc>
        <svg class="slanted" x="38.38%" y="54">
        <text transform="rotate(-40)">
        <title>6.1.0211</title>
        <tspan>6.1.0211</tspan>
        </text>
        </svg>
        <svg class="slanted" x="74.13%" y="54">
        <text transform="rotate(-40)">
        <title>refused</title>
        <tspan>refused</tspan>
        </text>
        </svg>
        <g>
        <title>4.6.0083: 1 client</title>
        <svg y="60" width="20%" height="19">
        <text y="13">4.6.0083</text>
        </svg>
        <text class="number" x="100%" y="73">1</text>
        </g>
        <line class="rule" x2="100%" y1="79" y2="79"/>
        <g>
        <title>4.6.0083 × refused: 1 client; of their exchanges: rejected 100%</title>
        <rect class="cell tint v-rejected t7" x="56.25%" y="61" width="35.75%" height="18"/>
        <use href="#v-rejected" x="56.50%" y="65" width="8" height="8"/>
        <text class="number on " x="91.50%" y="73">1</text>
        </g>
        <g>
        <title>6.0.0602: 1 client</title>
        <svg y="79" width="20%" height="19">
        <text y="13">6.0.0602</text>
        </svg>
        <text class="number" x="100%" y="92">1</text>
        </g>
        <line class="rule" x2="100%" y1="98" y2="98"/>
        <g>
        <title>6.0.0602 × 6.1.0211: 1 client; of their exchanges: required 100%</title>
        <rect class="cell tint v-required t7" x="20.50%" y="80" width="35.75%" height="18"/>
        <use href="#v-required" x="20.75%" y="84" width="8" height="8"/>
        <text class="number on " x="55.75%" y="92">1</text>
        </g>
        </svg>
        "##);
    }

    #[test]
    fn nobody_is_nothing() {
        assert_eq!(map(&[observation(1, 1, REQUEST, b"")]), None);
    }

    #[test]
    fn a_client_of_many_versions_counts_once_among_the_others() {
        let crowd: Vec<_> = (0..60)
            .map(|number: u8| {
                let request = format!("CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.{number} MSMSGS one@example.com");
                observation(1, u64::from(number) * 2, request.as_bytes(), REPLY)
            })
            .collect();
        let svg = map(&crowd).unwrap();
        assert!(svg.contains(">53 others</text>"), "{svg}");
        assert!(svg.contains("<title>53 others × 6.1.0211: 1 client;"), "{svg}");
    }
}
