//! The summary screen: what a census found, on one screen of 80 columns.
//!
//! * **Takes** the tables of the census, the inputs, warnings and the command that writes everything.
//! * **Gives** text; the same for the same [`Summary`] and [`Look`], wherever it is shown.
//! * **Leaves out** every handle: who sat at a client is nobody's business on a screen. No table that holds one is
//!   taken, and a captured word with an `@` in it (a request whose fields slipped) is shown as [`HIDDEN`].

mod look;
mod render;

use std::cmp::Reverse;

use super::answers::Answers;
use super::inputs::{InputRow, InputStatus, Trouble};
use crate::census::{Dimension, PopulationRow, Share, UpgradeRow};
use crate::packet::Timestamp;
use crate::privacy::Level;
use crate::text::printable;
pub use look::{Look, Verdicts};
pub(super) use look::{cut, few_marks};
pub(super) use render::seconds;

/// Bars of client versions on the screen.
const VERSIONS_MAX: usize = 10;

/// Locales, and systems, on the screen.
const LINES_MAX: usize = 6;

/// Inputs on the screen.
const INPUTS_MAX: usize = 4;

/// What stands for a captured word that may be a handle.
const HIDDEN: &str = "(hidden)";

/// What the summary screen says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// First and last packet, or exchange if no input tells.
    period: Option<(Timestamp, Timestamp)>,
    inputs: Shown<InputLine>,
    packets: u64,
    /// Inputs that were not read whole.
    inputs_bad: usize,
    /// Inputs that were left out: most are no captures.
    inputs_skipped: usize,
    /// Everyone; `None` if no exchange was found.
    total: Option<PopulationRow>,
    versions: Shown<VersionLine>,
    locales: Shown<Line>,
    systems: Shown<Line>,
    verdicts: Verdicts,
    /// Exchanges whose reply only repeats the client's version.
    echoes: u64,
    warnings: Vec<String>,
    command: String,
}

/// The first of a list, and how many more there are.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown<T> {
    lines: Vec<T>,
    more: usize,
}

impl<T> Default for Shown<T> {
    fn default() -> Self {
        Self { lines: Vec::new(), more: 0 }
    }
}

impl<T> Shown<T> {
    fn first(all: impl ExactSizeIterator<Item = T>, max: usize) -> Self {
        let more = all.len().saturating_sub(max);
        Self { lines: all.take(max).collect(), more }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct InputLine {
    name: String,
    status: InputStatus,
    packets: u64,
    exchanges: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct VersionLine {
    name: String,
    clients: Share,
    verdicts: Verdicts,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    name: String,
    clients: Share,
}

impl Summary {
    /// The summary of these tables, as [`Population::rows`](crate::census::Population::rows) and
    /// [`Upgrades::rows`](crate::census::Upgrades::rows) give them. `warnings` are whole sentences without handles;
    /// `command` writes every table of the same inputs.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use msncensus::capture::list;
    /// use msncensus::report::{Look, Summary};
    /// use msncensus::run::{Plan, run};
    ///
    /// let plan = Plan::new(list(["samples/msn-6.0-required.pcapng".into()]));
    /// let found = run(plan, &Arc::default(), &mut |_| {});
    /// let (population, upgrades) = (found.population.rows(), found.upgrades.rows());
    /// let summary = Summary::new(&population, &upgrades, &found.inputs, &found.warnings, "");
    /// let screen = summary.render(Look { unicode: false, colour: false });
    /// assert!(screen.contains("  6.0.0602          ########################          1 100.0% required\n"));
    /// ```
    pub fn new(
        population: &[PopulationRow],
        upgrades: &[UpgradeRow],
        inputs: &[InputRow],
        warnings: &[String],
        command: &str,
    ) -> Self {
        let dimension = |dimension| population.iter().filter(move |row| row.dimension == dimension).collect::<Vec<_>>();
        let total = dimension(Dimension::Total).first().copied().cloned();
        let answers = Answers::of(upgrades);
        let versions = dimension(Dimension::ClientVer);
        let version = |row: &PopulationRow| VersionLine {
            name: shown(&row.label),
            clients: row.share_clients,
            verdicts: answers.of_version(row),
        };
        let lines = |rows: Vec<&PopulationRow>| {
            let lines = rows.into_iter().map(|row| Line { name: shown(&row.label), clients: row.share_clients });
            Shown::first(lines, LINES_MAX)
        };
        Self {
            period: InputRow::period(inputs).or_else(|| total.as_ref().map(|row| (row.first_seen, row.last_seen))),
            inputs: input_lines(inputs),
            packets: inputs.iter().map(|input| input.packets).sum(),
            inputs_bad: inputs.iter().filter(|input| input.status.trouble() == Trouble::Lost).count(),
            inputs_skipped: inputs.iter().filter(|input| input.status.trouble() == Trouble::Skipped).count(),
            versions: Shown::first(versions.into_iter().map(version), VERSIONS_MAX),
            locales: lines(dimension(Dimension::Locale)),
            systems: lines(dimension(Dimension::Os)),
            verdicts: answers.of_all(total.as_ref().map_or(0, |row| row.exchanges)),
            total,
            echoes: upgrades.iter().filter(|row| row.echo).map(|row| row.exchanges).sum(),
            // Both may hold a path, and a path may hold anything.
            warnings: warnings.iter().map(|warning| printable(warning.as_bytes()).into_owned()).collect(),
            command: printable(command.as_bytes()).into_owned(),
        }
    }

    /// The screen.
    pub fn render(&self, look: Look) -> String {
        render::render(self, look)
    }
}

/// The inputs with trouble first, then those with most exchanges, then those left out: one screen has no room for all.
fn input_lines(inputs: &[InputRow]) -> Shown<InputLine> {
    let mut rows: Vec<_> = inputs.iter().collect();
    rows.sort_by_key(|input| (input.status.trouble(), Reverse(input.exchanges)));
    let lines = rows.into_iter().map(|input| InputLine {
        name: printable(input.input.as_bytes()).into_owned(),
        status: input.status,
        packets: input.packets,
        exchanges: input.exchanges,
    });
    Shown::first(lines, INPUTS_MAX)
}

/// A captured word as a screen shows it: without a handle, and without what would control the terminal.
pub fn shown(captured: &[u8]) -> String {
    // What would be left out of it if all names were.
    let names_somebody = captured.contains(&b'@') || Level::Drop.text(captured) != captured;
    if names_somebody { HIDDEN.to_owned() } else { printable(captured).into_owned() }
}

#[cfg(test)]
mod tests;
