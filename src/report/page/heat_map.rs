//! Which systems ran which versions: a map of two dimensions, the darker the more clients.
//!
//! Each client is counted once, as it first appeared: so the cells add up to the rows, and the rows to all clients.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::colour::{LEVELS, level};
use super::grid::{Cell, HEAD_COLUMNS, Row, grid};
use super::words::{Word, percent};
use crate::census::{Dimension, Pair, PopulationRow, Share};
use crate::text::{Grouped, counted};

/// Rows and columns, those of the others aside.
const ROWS_MAX: usize = 6;
const COLUMNS_MAX: usize = 11;
/// Columns of text of a row's name.
const NAME_COLUMNS: usize = 24;

/// Beyond this step of the colour, numbers stand on a dark ground.
const DARK: u64 = 4;

/// The values of a dimension that have a row or column of their own, and the others.
struct Axis<'a> {
    shown: Vec<&'a PopulationRow>,
    others: usize,
}

impl<'a> Axis<'a> {
    /// The values that most clients showed first.
    fn of(population: &'a [PopulationRow], dimension: Dimension, clients: &BTreeMap<&[u8], u64>, most: usize) -> Self {
        let clients = |row: &&PopulationRow| clients.get(row.value.as_slice()).copied().unwrap_or_default();
        let rows = population.iter().filter(|row| row.dimension == dimension);
        let mut shown: Vec<_> = rows.filter(|row| clients(row) > 0).collect();
        shown.sort_by_key(|row| Reverse(clients(row)));
        // One that is left alone needs no more room than the word that it is one.
        let most = if shown.len() == most + 1 { most + 1 } else { most };
        let others = shown.len().saturating_sub(most);
        shown.truncate(most);
        Self { shown, others }
    }

    fn place(&self, value: &[u8]) -> usize {
        self.shown.iter().position(|row| row.value == value).unwrap_or(self.shown.len())
    }

    fn names(&self, columns: usize) -> Vec<Word> {
        let others = format!("{} others", Grouped(self.others as u64));
        let names = self.shown.iter().map(|row| Word::captured(&row.label, columns));
        names.chain((self.others > 0).then(|| Word::told(&others, columns))).collect()
    }
}

/// Draws the map; nothing of nobody.
pub(super) fn heat_map(population: &[PopulationRow], pairs: &[Pair]) -> Option<String> {
    let mut of_systems = BTreeMap::<&[u8], u64>::new();
    let mut of_versions = BTreeMap::<&[u8], u64>::new();
    for Pair { values: [system, version], clients, .. } in pairs {
        *of_systems.entry(system).or_default() += clients;
        *of_versions.entry(version).or_default() += clients;
    }
    let systems = Axis::of(population, Dimension::Os, &of_systems, ROWS_MAX);
    let mut versions = Axis::of(population, Dimension::ClientVer, &of_versions, COLUMNS_MAX);
    versions.shown.sort_by_key(|row| (row.value.is_empty(), &row.sort_key));
    let mut counts = BTreeMap::<(usize, usize), u64>::new();
    for pair in pairs {
        let [system, version] = &pair.values;
        *counts.entry((systems.place(system), versions.place(version))).or_default() += pair.clients;
    }
    let most = counts.values().max().copied().filter(|most| *most > 0)?;
    let all: u64 = counts.values().sum();
    let names = versions.names(HEAD_COLUMNS);
    let cell = |row, column| {
        let clients = counts.get(&(row, column)).copied().filter(|clients| *clients > 0)?;
        let level = level(Share { part: clients, whole: most });
        let (class, number_class) = (format!("h{level}"), if level > DARK { "dark" } else { "" });
        let share = percent(Share { part: clients, whole: all });
        Some(Cell {
            clients,
            class,
            number_class,
            mark: None,
            told: format!("{}, {share} of all", counted(clients, "client")),
        })
    };
    let row = |(at, name): (usize, Word)| {
        let cells: Vec<_> = (0..names.len()).map(|column| cell(at, column)).collect();
        let clients = cells.iter().flatten().map(|cell| cell.clients).sum();
        Row { name, cells, clients }
    };
    let rows: Vec<_> = (0..).zip(systems.names(NAME_COLUMNS)).map(row).collect();
    let described = format!("Darkest of {LEVELS} steps: {}.", counted(most, "client"));
    Some(grid("Clients by operating system and client version", &described, &names, &rows))
}

#[cfg(test)]
mod tests {
    use super::super::svg::lines;
    use super::*;
    use crate::census::synthetic::{REPLY, REQUEST, observation};
    use crate::census::{Observation, Population};

    fn map(observations: &[Observation]) -> Option<String> {
        let mut population = Population::default();
        for observation in observations {
            population.push(observation);
        }
        heat_map(&population.rows(), &population.pairs([Dimension::Os, Dimension::ClientVer]))
    }

    #[test]
    fn two_systems_and_two_versions() {
        let other = b"CVR 2 0x0409 win 4.10 i386 MSMSGS 4.6.0083 MSMSGS other@example.com";
        let svg =
            map(&[observation(1, 1, REQUEST, REPLY), observation(2, 3, other, REPLY), observation(1, 5, other, REPLY)]);
        insta::assert_snapshot!(lines(&svg.unwrap()), @r##"
        <svg role="img" aria-label="Clients by operating system and client version" width="100%" height="98">
        <desc>Darkest of 7 steps: 1 client.</desc>
        <svg class="slanted" x="38.38%" y="54">
        <text transform="rotate(-40)">
        <title>4.6.0083</title>
        <tspan>4.6.0083</tspan>
        </text>
        </svg>
        <svg class="slanted" x="74.13%" y="54">
        <text transform="rotate(-40)">
        <title>6.0.0602</title>
        <tspan>6.0.0602</tspan>
        </text>
        </svg>
        <g>
        <title>Windows 98: 1 client</title>
        <svg y="60" width="20%" height="19">
        <text y="13">Windows 98</text>
        </svg>
        <text class="number" x="100%" y="73">1</text>
        </g>
        <line class="rule" x2="100%" y1="79" y2="79"/>
        <g>
        <title>Windows 98 × 4.6.0083: 1 client, 50.0% of all</title>
        <rect class="cell h7" x="20.50%" y="61" width="35.75%" height="18"/>
        <text class="middle on dark" x="38.38%" y="73">1</text>
        </g>
        <g>
        <title>Windows XP: 1 client</title>
        <svg y="79" width="20%" height="19">
        <text y="13">Windows XP</text>
        </svg>
        <text class="number" x="100%" y="92">1</text>
        </g>
        <line class="rule" x2="100%" y1="98" y2="98"/>
        <g>
        <title>Windows XP × 6.0.0602: 1 client, 50.0% of all</title>
        <rect class="cell h7" x="56.25%" y="80" width="35.75%" height="18"/>
        <text class="middle on dark" x="74.13%" y="92">1</text>
        </g>
        </svg>
        "##);
    }

    #[test]
    fn nobody_is_nothing() {
        assert_eq!(map(&[]), None);
    }

    #[test]
    fn the_others_are_summed_and_none_is_lost() {
        let crowd: Vec<_> = (0..200)
            .map(|client: u8| {
                let version = client % 30;
                let request = format!(
                    "CVR 2 0x0409 os{} 5.1 i386 MSNMSGR 6.0.{version} MSMSGS u{client}@example.com",
                    client % 9
                );
                observation(client, u64::from(client) * 2, request.as_bytes(), REPLY)
            })
            .collect();
        let svg = map(&crowd).unwrap();
        assert!(svg.contains(">3 others<") && svg.contains(">19 others<"), "{svg}");
        let cells = svg.split("<text class=\"middle on").skip(1).filter_map(|cell| cell.split(['>', '<']).nth(1));
        assert_eq!(cells.map(|cell| cell.parse::<u64>().unwrap()).sum::<u64>(), 200);
    }
}
