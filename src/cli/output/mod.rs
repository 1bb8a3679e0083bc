//! Where findings go: one table to standard output, or every table into a directory; and packets and the page into files.

mod columns;
mod directory;
mod files;
mod kept;
mod manifest;
mod rows;
mod single;
mod summed;

use std::borrow::Borrow;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use msncensus::census::{Dimension, Observation, PopulationRow};
use msncensus::report::{
    ANOMALIES, CLIENTS, Context, EXCHANGES, Format, INPUTS, Look, POPULATION, Page, RAW, Schema, Sources, Summary,
    TIMELINE, Table, TableWriter, UPGRADES, schemas,
};
use msncensus::run::{Findings, Occasion};
use tempfile::NamedTempFile;

use super::{Exit, is_closed_pipe, stdout_is_terminal};
pub(crate) use columns::{Columns, UnknownColumn};
use directory::Directory;
#[cfg(feature = "live")]
use files::directory_of;
pub(crate) use kept::PART;
pub(crate) use manifest::Beginning;
use rows::Rows;
pub(crate) use single::SingleFile;

/// The tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableName {
    Summary,
    Exchanges,
    Clients,
    Population,
    Upgrades,
    Timeline,
    Anomalies,
    Inputs,
}

/// Bytes of a table that are written at once.
const WRITE_LEN: usize = 64 * 1024;

/// Where to write.
#[derive(Debug)]
pub(crate) enum Destination {
    Stdout(TableName),
    Directory { path: PathBuf, force: bool },
}

/// What to write, where and how.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(super) destination: Destination,
    pub(super) packets: Option<SingleFile>,
    pub(super) page: Option<SingleFile>,
    pub(super) format: Format,
    pub(super) raw: bool,
    pub(super) columns: Columns,
    /// What the population and the timeline are told by.
    pub(super) by: Vec<Dimension>,
    /// How many values of each are told: the commonest.
    pub(super) top: usize,
    pub(super) color: ColorChoice,
    /// The command that writes every table.
    pub(super) command: String,
    /// The command as it was typed.
    pub(super) typed: String,
    /// The fingerprint of the key by which names are hidden.
    pub(super) key: Option<String>,
    /// What is known of the run before it begins.
    pub(super) beginning: Beginning,
}

/// A destination that is ready to be written.
pub(crate) struct Output {
    choice: Choice,
    directory: Option<Directory>,
    packets: Option<NamedTempFile>,
    /// The `exchanges` table, if it is wanted.
    rows: Option<Rows>,
}

impl Output {
    /// Makes sure, before anything is read, that the destination can be written.
    pub(super) fn prepare(choice: Choice) -> Result<Self> {
        let directory = match &choice.destination {
            Destination::Directory { path, force } => Some(Directory::prepare(path, *force)?),
            Destination::Stdout(_) => None,
        };
        let packets = choice.packets.as_ref().map(SingleFile::prepare).transpose()?;
        // It is begun anew whenever the page is written.
        drop(choice.page.as_ref().map(SingleFile::prepare).transpose()?);
        let rows = choice.begin_rows(directory.as_ref())?;
        Ok(Self { choice, directory, packets, rows })
    }

    /// Takes the next row of the `exchanges` table.
    pub(super) fn row(&mut self, row: &Observation, context: &Context) {
        if let Some(directory) = &mut self.directory {
            directory.keep(row);
        }
        if let Some(rows) = &mut self.rows {
            rows.push(row, context);
        }
    }

    /// Hands on the rows so far, and says whether more can be written.
    pub(super) fn hand_on(&mut self) -> bool {
        self.rows.as_mut().is_none_or(Rows::hand_on)
    }

    /// Whether files are wanted besides the tables.
    pub(super) const fn writes_more(&self) -> bool {
        self.packets.is_some() || self.choice.page.is_some()
    }

    /// Writes the tables so far, while the run goes on, and tells where, if that is worth telling.
    pub(super) fn write_so_far(&mut self, found: &Findings, occasion: Occasion) -> Result<Option<String>> {
        self.choice.replace_page(found)?;
        let Some(directory) = &mut self.directory else { return Ok(None) };
        // What cannot be written any more is told in the end.
        if !self.rows.as_mut().is_none_or(Rows::hand_on) {
            return Ok(None);
        }
        let Some(rows) = &mut self.rows else { return Ok(None) };
        if occasion == Occasion::Checkpoint {
            directory.checkpoint(&self.choice, rows, found)?;
            return Ok(None);
        }
        let told = directory.end_period(&mut self.choice, rows, found)?;
        self.rows = self.choice.begin_rows(self.directory.as_ref())?;
        Ok(Some(told))
    }

    /// Where the run is to save packets, if it is to.
    pub(super) fn packets(&self) -> Result<Option<Box<dyn Write>>> {
        let Some(file) = &self.packets else { return Ok(None) };
        let handle = file.reopen().context("the file for the packets cannot be opened")?;
        Ok(Some(Box::new(BufWriter::new(handle))))
    }

    /// Whether a person sees the summary screen.
    pub(super) fn shows_summary(&self) -> bool {
        matches!(self.choice.destination, Destination::Stdout(TableName::Summary)) && stdout_is_terminal()
    }

    /// Writes what was found besides the rows, and tells into which files, if any. The run is to end like that. What cannot be
    /// written in one place is written in the others all the same.
    pub(super) fn write(self, found: &Findings, exit: Exit) -> Result<Vec<String>> {
        let Self { mut choice, directory, packets, rows } = self;
        let all = [
            choice.write_tables(directory, rows, found, exit),
            choice.replace_page(found),
            choice.put_packets(packets, found),
        ];
        let (told, failed): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
        // Whoever closed the pipe wants to know nothing; of anything else, everybody.
        let worst = failed.into_iter().filter_map(Result::err).min_by_key(is_closed_pipe);
        worst.map_or_else(|| Ok(told.into_iter().flatten().flatten().collect()), Err)
    }
}

impl Choice {
    /// The directories in which files are made.
    #[cfg(feature = "live")]
    pub(super) fn directories(&self) -> Vec<PathBuf> {
        let tables = match &self.destination {
            Destination::Stdout(_) => None,
            Destination::Directory { path, .. } => Some(path.clone()),
        };
        let of_page = self.page.as_ref().map(|page| directory_of(&page.path).to_owned());
        tables.into_iter().chain(of_page).collect()
    }

    /// Begins the `exchanges` table, if it is wanted.
    fn begin_rows(&self, directory: Option<&Directory>) -> Result<Option<Rows>> {
        Ok(match (&self.destination, directory) {
            (_, Some(directory)) => Some(self.begin(directory.rows()?)?),
            (Destination::Stdout(TableName::Exchanges), None) => {
                Some(self.begin(BufWriter::with_capacity(WRITE_LEN, io::stdout()))?)
            }
            _ => None,
        })
    }

    fn begin(&self, output: impl Write + 'static) -> io::Result<Rows> {
        let raw = if self.raw { &RAW[..] } else { &[] };
        let columns = self.columns.choose(EXCHANGES.columns.iter().chain(raw));
        Ok(Rows::new(TableWriter::new(columns, self.format.report(output))?))
    }

    /// Writes the tables to where they are wanted, and tells into which files, if any.
    fn write_tables(
        &self,
        directory: Option<Directory>,
        rows: Option<Rows>,
        found: &Findings,
        exit: Exit,
    ) -> Result<Option<String>> {
        let Some(directory) = directory else {
            self.write_to_stdout(rows, found).context("cannot write to standard output")?;
            return Ok(None);
        };
        // Packets that cannot be saved fail the run after the tables.
        let is_saved = found.save_error.as_ref().is_none_or(|error| error.kind() == io::ErrorKind::Interrupted);
        let exit = if is_saved { exit } else { Exit::Failed };
        directory.finish(self, rows, found, exit as u8).map(Some)
    }

    /// Gives the packets that were saved their name, and tells it.
    fn put_packets(&self, packets: Option<NamedTempFile>, found: &Findings) -> Result<Option<String>> {
        let (Some(target), Some(file)) = (&self.packets, packets) else { return Ok(None) };
        let path = target.path.display();
        match &found.save_error {
            Some(error) if error.kind() == io::ErrorKind::Interrupted => {
                return Ok(Some(format!("{path}: not written: interrupted")));
            }
            Some(error) => bail!("{path}: cannot be written: {error}"),
            None => target.finish(file)?,
        }
        Ok(Some(format!("{path}: wrote the packets of connections with exchanges")))
    }

    fn write_to_stdout(&self, rows: Option<Rows>, found: &Findings) -> Result<()> {
        rows.map_or(Ok(0), Rows::finish)?;
        let Destination::Stdout(table) = self.destination else { return Ok(()) };
        let mut stdout = BufWriter::with_capacity(WRITE_LEN, io::stdout().lock());
        self.write(table, found, &mut stdout)?;
        Ok(stdout.flush()?)
    }

    /// Writes any table but that of the exchanges, which was written row by row, and says how many rows it has.
    fn write(&self, table: TableName, found: &Findings, output: &mut impl Write) -> Result<u64> {
        let rows = match table {
            TableName::Summary => return self.write_summary(found, output).map(|()| 0),
            TableName::Exchanges => return Ok(0),
            TableName::Clients => self.write_rows(&CLIENTS, found.clients.rows(), found, output),
            TableName::Population => self.write_rows(&POPULATION, self.population(found), found, output),
            TableName::Upgrades => self.write_rows(&UPGRADES, found.upgrades.rows(), found, output),
            TableName::Timeline => {
                self.write_rows(&TIMELINE, found.timeline.rows(&self.population(found)), found, output)
            }
            TableName::Anomalies => self.write_rows(&ANOMALIES, &found.anomalies, found, output),
            TableName::Inputs => self.write_rows(&INPUTS, &found.inputs, found, output),
        };
        Ok(rows?)
    }

    fn write_rows<Row>(
        &self,
        table: &Table<Row>,
        rows: impl IntoIterator<Item: Borrow<Row>>,
        found: &Findings,
        output: &mut impl Write,
    ) -> io::Result<u64> {
        let mut writer = TableWriter::new(self.columns.choose(table.columns), self.format.report(output))?;
        let mut count = 0;
        for row in rows {
            writer.push(row.borrow(), &found.context)?;
            count += 1;
        }
        writer.finish()?;
        Ok(count)
    }

    /// As much of the population as is to be told.
    fn population(&self, found: &Findings) -> Vec<PopulationRow> {
        found.population.rows_by(&self.by, self.top)
    }

    /// Writes the page, if it is wanted, over the one before it, and tells where.
    fn replace_page(&mut self, found: &Findings) -> Result<Option<String>> {
        let Some(mut page) = self.page.take() else { return Ok(None) };
        let replaced = page.replace(|mut output| self.write_page(found, &mut output));
        let told = format!("{}: wrote the page", page.path.display());
        self.page = Some(page);
        replaced.map(|()| Some(told))
    }

    fn write_page(&self, found: &Findings, output: &mut impl Write) -> Result<()> {
        let sources = Sources {
            population: &found.population,
            upgrades: &found.upgrades,
            timeline: &found.timeline,
            inputs: &found.inputs,
            anomalies: &found.anomalies,
            warnings: &found.warnings,
            command: &self.typed,
        };
        Ok(Page::new(&sources).write(output)?)
    }

    fn write_summary(&self, found: &Findings, output: &mut impl Write) -> Result<()> {
        let (population, upgrades) = (found.population.rows(), found.upgrades.rows());
        let summary = Summary::new(&population, &upgrades, &found.inputs, &found.warnings, &self.command);
        let choice = match self.color {
            ColorChoice::Auto => AutoStream::choice(&io::stdout()),
            choice => choice,
        };
        let look = Look { unicode: speaks_unicode(), colour: choice != ColorChoice::Never };
        Ok(output.write_all(summary.render(look).as_bytes())?)
    }
}

impl TableName {
    const fn word(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Exchanges => "exchanges",
            Self::Clients => "clients",
            Self::Population => "population",
            Self::Upgrades => "upgrades",
            Self::Timeline => "timeline",
            Self::Anomalies => "anomalies",
            Self::Inputs => "inputs",
        }
    }

    /// What its columns are; the summary has none.
    pub(super) fn schema(self, raw: bool) -> Option<Schema> {
        schemas(raw).into_iter().find(|schema| schema.name == self.word())
    }

    /// The name of its file.
    fn file_name(self, format: Format) -> String {
        format!("{}.{}", self.word(), format.extension())
    }
}

/// The names of the files that a directory of tables gets.
pub(super) fn file_names(format: Format) -> impl Iterator<Item = String> {
    let tables = TableName::value_variants().iter().filter(|table| **table != TableName::Summary);
    let tables = tables.map(move |table| table.file_name(format));
    tables.chain(["load.sql", "datapackage.json", "report.html", PART, "manifest.json"].map(str::to_owned))
}

/// Whether the terminal's locale promises UTF-8: the first of these variables that is set decides (POSIX).
pub(super) fn speaks_unicode() -> bool {
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(|name| std::env::var(name).ok()).find(|v| !v.is_empty());
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use msncensus::report::CsvOptions;

    use super::*;

    /// What is told where saving ended with that error, in a run that was interrupted.
    fn told(kind: io::ErrorKind) -> Result<Vec<String>> {
        let directory = tempfile::tempdir().unwrap();
        let output = Output::prepare(Choice {
            destination: Destination::Directory { path: directory.path().join("tables"), force: false },
            packets: Some(SingleFile {
                path: directory.path().join("saved.pcapng"),
                force: false,
                content: "the packets",
            }),
            page: None,
            format: Format::Csv(CsvOptions::default()),
            raw: false,
            columns: Columns::default(),
            by: Dimension::ALL.into(),
            top: usize::MAX,
            color: ColorChoice::Never,
            command: String::new(),
            typed: String::new(),
            key: None,
            beginning: Beginning::now(&[]),
        });
        let found = Findings { interrupted: true, save_error: Some(kind.into()), ..Findings::default() };
        let told = output.unwrap().write(&found, Exit::Interrupted);
        assert!(directory.path().join("tables/exchanges.csv").exists());
        assert!(!directory.path().join("saved.pcapng").exists());
        told
    }

    #[test]
    fn only_an_interruption_is_told_as_one() {
        let interrupted = told(io::ErrorKind::Interrupted).unwrap();
        assert!(interrupted.last().unwrap().ends_with("saved.pcapng: not written: interrupted"), "{interrupted:?}");
        let full = told(io::ErrorKind::StorageFull).unwrap_err().to_string();
        assert!(full.contains("saved.pcapng: cannot be written: "), "{full}");
    }
}
