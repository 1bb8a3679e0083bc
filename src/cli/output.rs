//! Where findings go: one table to standard output, or every table into a directory; and packets into a file.
//!
//! Files are written under temporary names in their own directory, synced, and renamed only when all of them are
//! complete: a file under its final name is whole.

use std::borrow::Borrow;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use msncensus::census::{Dimension, Observation, PopulationRow};
use msncensus::report::{
    ANOMALIES, CLIENTS, Context, EXCHANGES, Format, INPUTS, Look, POPULATION, RAW, Summary, TIMELINE, Table,
    TableWriter, UPGRADES,
};
use msncensus::run::Findings;
use tempfile::NamedTempFile;

use super::stdout_is_terminal;

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

/// The tables that are written into a directory.
const FILES: [TableName; 7] = [
    TableName::Exchanges,
    TableName::Clients,
    TableName::Population,
    TableName::Upgrades,
    TableName::Timeline,
    TableName::Anomalies,
    TableName::Inputs,
];

/// Bytes of a table that are written at once.
const WRITE_LEN: usize = 64 * 1024;

/// Where to write.
#[derive(Debug)]
pub(crate) enum Destination {
    Stdout(TableName),
    Directory { path: PathBuf, force: bool },
}

/// Where to save packets.
#[derive(Debug)]
pub(crate) struct PacketsFile {
    pub(super) path: PathBuf,
    pub(super) force: bool,
}

/// What to write, where and how.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(super) destination: Destination,
    pub(super) packets: Option<PacketsFile>,
    pub(super) format: Format,
    pub(super) raw: bool,
    /// What the population and the timeline are told by.
    pub(super) by: Vec<Dimension>,
    /// How many values of each are told: the commonest.
    pub(super) top: usize,
    pub(super) color: ColorChoice,
    /// The command that writes every table.
    pub(super) command: String,
}

/// A destination that is ready to be written.
pub(crate) struct Output {
    choice: Choice,
    files: Vec<(TableName, NamedTempFile)>,
    packets: Option<NamedTempFile>,
    /// The `exchanges` table, if it is wanted.
    rows: Option<Rows>,
}

/// A table that is written row by row while the run tells them.
struct Rows {
    writer: TableWriter<'static, Observation>,
    /// The first error, after which nothing more is written.
    written: io::Result<()>,
    /// Rows were not handed on yet.
    is_waiting: bool,
}

impl Output {
    /// Makes sure, before anything is read, that the destination can be written.
    pub(super) fn prepare(choice: Choice) -> Result<Self> {
        let mut files = Vec::new();
        if let Destination::Directory { path, force } = &choice.destination {
            create(path, *force)?;
            for table in FILES {
                files.push((table, temporary(path)?));
            }
        }
        let packets = choice.packets.as_ref().map(PacketsFile::prepare).transpose()?;
        let rows = choice.begin_rows(&files)?;
        Ok(Self { choice, files, packets, rows })
    }

    /// Takes the next row of the `exchanges` table.
    pub(super) fn row(&mut self, row: &Observation, context: &Context) {
        if let Some(Rows { writer, written: written @ Ok(()), is_waiting }) = &mut self.rows {
            *written = writer.push(row, context);
            *is_waiting = true;
        }
    }

    /// Hands on the rows so far, and says whether more can be written.
    pub(super) fn hand_on(&mut self) -> bool {
        let Some(Rows { writer, written, is_waiting }) = &mut self.rows else { return true };
        if std::mem::take(is_waiting) && written.is_ok() {
            *written = writer.flush();
        }
        written.is_ok()
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

    /// Writes what was found besides the rows, and tells into which files, if any.
    pub(super) fn write(self, found: &Findings) -> Result<Vec<String>> {
        let Self { choice, files, packets, rows } = self;
        let mut told: Vec<_> = choice.write_tables(files, rows, found)?.into_iter().collect();
        if let (Some(PacketsFile { path, .. }), Some(file)) = (&choice.packets, packets) {
            if let Some(error) = &found.save_error {
                if error.kind() == io::ErrorKind::Interrupted {
                    told.push(format!("{}: not written: interrupted", path.display()));
                    return Ok(told);
                }
                bail!("{}: cannot be written: {error}", path.display());
            }
            file.as_file().sync_all().with_context(|| format!("{}: cannot be written", path.display()))?;
            put_in_place(file, path)?;
            sync(directory_of(path))?;
            told.push(format!("{}: wrote the packets of connections with exchanges", path.display()));
        }
        Ok(told)
    }
}

impl Rows {
    fn finish(self) -> io::Result<()> {
        self.written.and_then(|()| self.writer.finish())
    }
}

impl Choice {
    /// The directory in which files are made.
    #[cfg(feature = "live")]
    pub(super) fn directory(&self) -> Option<&Path> {
        match &self.destination {
            Destination::Stdout(_) => None,
            Destination::Directory { path, .. } => Some(path),
        }
    }

    /// Begins the `exchanges` table, if it is wanted.
    fn begin_rows(&self, files: &[(TableName, NamedTempFile)]) -> Result<Option<Rows>> {
        let report = match &self.destination {
            Destination::Stdout(TableName::Exchanges) => {
                self.format.report(BufWriter::with_capacity(WRITE_LEN, io::stdout()))
            }
            Destination::Stdout(_) => return Ok(None),
            Destination::Directory { path, .. } => {
                let Some((_, file)) = files.iter().find(|(table, _)| *table == TableName::Exchanges) else {
                    return Ok(None);
                };
                let file = file.reopen().with_context(|| format!("{}: cannot write there", path.display()))?;
                self.format.report(BufWriter::with_capacity(WRITE_LEN, file))
            }
        };
        let more = if self.raw { &RAW[..] } else { &[] };
        let writer = TableWriter::new(EXCHANGES.columns.iter().chain(more), report)?;
        Ok(Some(Rows { writer, written: Ok(()), is_waiting: false }))
    }

    fn write_tables(
        &self,
        files: Vec<(TableName, NamedTempFile)>,
        mut rows: Option<Rows>,
        found: &Findings,
    ) -> Result<Option<String>> {
        match &self.destination {
            Destination::Stdout(table) => {
                let mut stdout = BufWriter::with_capacity(WRITE_LEN, io::stdout().lock());
                self.write(*table, &mut rows, found, &mut stdout)
                    .and_then(|()| Ok(stdout.flush()?))
                    .context("cannot write to standard output")?;
                Ok(None)
            }
            Destination::Directory { path, .. } => {
                for (table, file) in &files {
                    let mut buffered = BufWriter::with_capacity(WRITE_LEN, file.as_file());
                    self.write(*table, &mut rows, found, &mut buffered)
                        .and_then(|()| Ok(buffered.flush()?))
                        .and_then(|()| Ok(file.as_file().sync_all()?))
                        .with_context(|| format!("{}: cannot write {}", path.display(), table.word()))?;
                }
                let mut names = Vec::new();
                for (table, file) in files {
                    let name = format!("{}.{}", table.word(), self.format.extension());
                    put_in_place(file, &path.join(&name))?;
                    names.push(name);
                }
                sync(path)?;
                Ok(Some(format!("{}: wrote {}", path.display(), names.join(", "))))
            }
        }
    }

    fn write(
        &self,
        table: TableName,
        rows: &mut Option<Rows>,
        found: &Findings,
        output: &mut impl Write,
    ) -> Result<()> {
        match table {
            TableName::Summary => return self.write_summary(found, output),
            TableName::Exchanges => rows.take().map_or(Ok(()), Rows::finish)?,
            TableName::Clients => self.write_rows(&CLIENTS, found.clients.rows(), found, output)?,
            TableName::Population => self.write_rows(&POPULATION, self.population(found), found, output)?,
            TableName::Upgrades => self.write_rows(&UPGRADES, found.upgrades.rows(), found, output)?,
            TableName::Timeline => {
                self.write_rows(&TIMELINE, found.timeline.rows(&self.population(found)), found, output)?;
            }
            TableName::Anomalies => self.write_rows(&ANOMALIES, &found.anomalies, found, output)?,
            TableName::Inputs => self.write_rows(&INPUTS, &found.inputs, found, output)?,
        }
        Ok(())
    }

    fn write_rows<Row>(
        &self,
        table: &Table<Row>,
        rows: impl IntoIterator<Item: Borrow<Row>>,
        found: &Findings,
        output: &mut impl Write,
    ) -> io::Result<()> {
        let mut writer = TableWriter::new(table.columns, self.format.report(output))?;
        rows.into_iter().try_for_each(|row| writer.push(row.borrow(), &found.context))?;
        writer.finish()
    }

    /// As much of the population as is to be told.
    fn population(&self, found: &Findings) -> Vec<PopulationRow> {
        found.population.rows_by(&self.by, self.top)
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

impl PacketsFile {
    /// A temporary file beside the one that is to be, which may only be there already if it is a file and may go.
    fn prepare(&self) -> Result<NamedTempFile> {
        let Self { path, force } = self;
        match fs::symlink_metadata(path) {
            Ok(_) if path.is_dir() => bail!("{}: is a directory: name a file for the packets", path.display()),
            Ok(_) if !force => bail!("{}: is there already (--force writes over it)", path.display()),
            Ok(there) if !there.is_file() => bail!("{}: is no regular file, and is not replaced", path.display()),
            // Whatever is wrong shows when the temporary file is made.
            Ok(_) | Err(_) => temporary(directory_of(path)),
        }
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
}

/// Makes the directory. One with something in it is only taken if `force` says so.
fn create(path: &Path, force: bool) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("{}: cannot be made", path.display()))?;
    let mut entries = fs::read_dir(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    if !force && entries.next().is_some() {
        bail!("{}: is not empty (--force writes into it all the same)", path.display());
    }
    Ok(())
}

/// A file without a name that lasts.
fn temporary(directory: &Path) -> Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(".msncensus-")
        .tempfile_in(directory)
        .with_context(|| format!("{}: cannot write there", directory.display()))
}

/// Gives a complete file its name.
fn put_in_place(file: NamedTempFile, path: &Path) -> Result<()> {
    file.persist(path).with_context(|| format!("{}: cannot be put in place", path.display()))?;
    Ok(())
}

/// The directory that a file is in: that of `found.pcapng` is the present one.
fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the new names last through a power loss.
fn sync(directory: &Path) -> Result<()> {
    fs::File::open(directory)
        .and_then(|file| file.sync_all())
        .with_context(|| format!("{}: cannot be synced", directory.display()))
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
    use super::*;

    /// What is told where saving ended with that error, in a run that was interrupted.
    fn told(kind: io::ErrorKind) -> Result<Vec<String>> {
        let directory = tempfile::tempdir().unwrap();
        let output = Output::prepare(Choice {
            destination: Destination::Directory { path: directory.path().join("tables"), force: false },
            packets: Some(PacketsFile { path: directory.path().join("saved.pcapng"), force: false }),
            format: Format::Csv { verbatim: false },
            raw: false,
            by: Dimension::ALL.into(),
            top: usize::MAX,
            color: ColorChoice::Never,
            command: String::new(),
        });
        let found = Findings { interrupted: true, save_error: Some(kind.into()), ..Findings::default() };
        let told = output.unwrap().write(&found);
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
