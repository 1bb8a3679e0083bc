//! Every table as a file of one directory, in the end, or again and again while the run goes on.
//!
//! ```text
//! DIR/exchanges.csv  clients.csv  ...   complete tables, each replaced by a newer one at once, never changed
//! DIR/load.sql  datapackage.json        what loads them, and what they are
//! DIR/report.html                       the page
//! DIR/census.part                       what another run needs to be joined to this one
//! DIR/manifest.json                     what was run, and what all of it wrote: it gets its name last
//! DIR/20261122T193000Z/                 those of a period that ended then
//! DIR/.msncensus-...                    what is being written
//! ```
//!
//! Files are written under temporary names in their own directory, synced, and renamed only when all of them are complete: a
//! file under its final name is whole.

use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use msncensus::census::Observation;
use msncensus::report::{TableFile, datapackage, load_sql, schemas};
use msncensus::run::Findings;
use tempfile::NamedTempFile;

use super::files::{UNFINISHED, create, put_in_place, sync, temporary};
use super::kept::Kept;
use super::manifest::State;
use super::rows::Rows;
use super::summed::{SharedSum, Sum, Summed};
use super::{Choice, TableName, WRITE_LEN};

/// The tables that are written beside that of the exchanges.
const OTHERS: [TableName; 6] = [
    TableName::Clients,
    TableName::Population,
    TableName::Upgrades,
    TableName::Timeline,
    TableName::Anomalies,
    TableName::Inputs,
];

/// Periods that may end in one second.
const PERIODS_MAX: u32 = 100;

/// The directory.
pub(super) struct Directory {
    path: PathBuf,
    /// The rows of the exchanges so far, and their sum.
    exchanges: NamedTempFile,
    sum: SharedSum,
    /// What another run needs of it.
    kept: Kept,
    /// The names of what was written of the period that goes on.
    names: Vec<String>,
}

/// A complete file that has no name yet.
pub(super) struct Written {
    /// The name that it will have.
    pub(super) name: String,
    /// How many rows it has, if it is a table.
    pub(super) rows: Option<u64>,
    pub(super) sum: Sum,
    pub(super) file: NamedTempFile,
}

impl Directory {
    /// Makes sure, before anything is read, that the directory can be written.
    pub(super) fn prepare(path: &Path, force: bool) -> Result<Self> {
        create(path, force)?;
        let (exchanges, sum, kept) = (temporary(path)?, SharedSum::default(), Kept::begin(path)?);
        Ok(Self { path: path.to_owned(), exchanges, sum, kept, names: Vec::new() })
    }

    /// Takes the next row for who joins this run to others.
    pub(super) fn keep(&mut self, row: &Observation) {
        self.kept.push(row);
    }

    /// Where the rows of the exchanges are to be written.
    pub(super) fn rows(&self) -> Result<impl Write + use<>> {
        let file = self.exchanges.reopen().with_context(|| format!("{}: cannot write there", self.path.display()))?;
        Ok(BufWriter::with_capacity(WRITE_LEN, Summed::new(file, Rc::clone(&self.sum))))
    }

    /// Puts all files in place, that of the exchanges with all its `rows`, and tells which.
    pub(super) fn finish(self, choice: &Choice, rows: Option<Rows>, found: &Findings, exit_code: u8) -> Result<String> {
        let Self { path, exchanges, sum, kept, .. } = self;
        let count = rows.map_or(Ok(0), Rows::finish).with_context(|| not_written(&path, TableName::Exchanges))?;
        exchanges.as_file().sync_all().with_context(|| not_written(&path, TableName::Exchanges))?;
        let name = TableName::Exchanges.file_name(choice.format);
        let exchanges = Written { name, rows: Some(count), sum: sum.take(), file: exchanges };
        let part = kept.finish(&found.rest(choice.key.clone()), &path)?;
        let written = choice.write_files([exchanges, part], found, (State::Ended, Some(exit_code)), &path)?;
        let names = put_all_in_place(written, &path)?;
        Ok(format!("{}: wrote {}", path.display(), names.join(", ")))
    }

    /// Puts all files so far in place. The rows go on.
    pub(super) fn checkpoint(&mut self, choice: &Choice, rows: &mut Rows, found: &Findings) -> Result<()> {
        let exchanges = self.rows_so_far(choice, rows, &self.path)?;
        let part = self.kept.so_far(&found.rest(choice.key.clone()), &self.path)?;
        let written = choice.write_files([exchanges, part], found, (State::Running, None), &self.path)?;
        self.names = put_all_in_place(written, &self.path)?;
        Ok(())
    }

    /// Puts all files of the period that ends into a directory of their own, and begins the exchanges anew. After an error
    /// the rows go on where they were.
    pub(super) fn end_period(&mut self, choice: &mut Choice, rows: &mut Rows, found: &Findings) -> Result<String> {
        let period = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempdir_in(&self.path)
            .with_context(|| format!("{}: cannot write there", self.path.display()))?;
        let exchanges = self.rows_so_far(choice, rows, period.path())?;
        let part = self.kept.so_far(&found.rest(choice.key.clone()), period.path())?;
        let written = choice.write_files([exchanges, part], found, (State::PeriodEnded, None), period.path())?;
        let (next, next_kept) = (temporary(&self.path)?, Kept::begin(&self.path)?);
        put_all_in_place(written, period.path())?;
        let named = name_period(period.path(), &self.path)
            .with_context(|| format!("{}: the tables of the period cannot be put in place", self.path.display()))?;
        // It has another name now, so there is nothing to clean up.
        drop(period.keep());
        drop(mem::replace(&mut self.exchanges, next));
        drop(mem::replace(&mut self.kept, next_kept));
        self.sum = SharedSum::default();
        choice.beginning.started = Timestamp::now();
        for name in mem::take(&mut self.names) {
            // One that somebody took away is away.
            fs::remove_file(self.path.join(name)).ok();
        }
        sync(&self.path)?;
        Ok(format!("{}: wrote the tables of the period that ends here", named.display()))
    }

    /// A copy of the rows so far, as a whole table that is to be put into `directory`.
    fn rows_so_far(&self, choice: &Choice, rows: &mut Rows, directory: &Path) -> Result<Written> {
        let mut copy = || -> Result<Written> {
            let end = rows.so_far()?;
            let name = TableName::Exchanges.file_name(choice.format);
            Written::so_far((&self.exchanges, &self.sum), &end, (name, Some(rows.count())), directory)
        };
        copy().with_context(|| not_written(directory, TableName::Exchanges))
    }
}

impl Choice {
    /// Writes every file of a directory but those of the exchanges and the part, which are there, under temporary names. The manifest, which
    /// names all others, is the last.
    fn write_files(
        &self,
        [exchanges, part]: [Written; 2],
        found: &Findings,
        (state, exit_code): (State, Option<u8>),
        path: &Path,
    ) -> Result<Vec<Written>> {
        let mut written = vec![exchanges];
        for table in OTHERS {
            let file =
                Written::new(table.file_name(self.format), path, |output| self.write(table, found, output).map(Some));
            written.push(file?);
        }
        let tables: Vec<_> =
            schemas(self.raw).into_iter().zip(&written).map(|(schema, file)| file.of_table(schema)).collect();
        let companions =
            [("load.sql", load_sql(&tables, self.format)), ("datapackage.json", datapackage(&tables, self.format))];
        for (name, text) in companions {
            written.extend(text.map(|text| Written::of_text(name, &text, path)).transpose()?);
        }
        let page = Written::new("report.html".to_owned(), path, |output| self.write_page(found, output).map(|()| None));
        written.push(page?);
        written.push(part);
        let manifest = self.beginning.manifest(found, (state, exit_code), self.key.as_deref(), &written);
        written.push(Written::of_text("manifest.json", &manifest, path)?);
        Ok(written)
    }
}

impl Written {
    /// Writes a file by `write`, which says how many rows it has.
    fn new(
        name: String,
        path: &Path,
        write: impl FnOnce(&mut BufWriter<Summed<&fs::File>>) -> Result<Option<u64>>,
    ) -> Result<Self> {
        let file = temporary(path)?;
        let sum = SharedSum::default();
        let mut output = BufWriter::with_capacity(WRITE_LEN, Summed::new(file.as_file(), Rc::clone(&sum)));
        let rows = write(&mut output)
            .and_then(|rows| Ok((output.flush()?, rows).1))
            .and_then(|rows| Ok((file.as_file().sync_all()?, rows).1))
            .with_context(|| format!("{}: cannot write {name}", path.display()))?;
        drop(output);
        Ok(Self { name, rows, sum: sum.take(), file })
    }

    /// A copy of a file that is still being written, which `end` completes, to be put into `directory`.
    pub(super) fn so_far(
        (file, sum): (&NamedTempFile, &SharedSum),
        end: &[u8],
        (name, rows): (String, Option<u64>),
        directory: &Path,
    ) -> Result<Self> {
        let mut sum = sum.borrow().clone();
        sum.add(end);
        let mut copy = temporary(directory)?;
        io::copy(&mut file.reopen()?.chain(end), copy.as_file_mut())?;
        copy.as_file().sync_all()?;
        Ok(Self { name, rows, sum, file: copy })
    }

    /// Writes a file that is no table.
    fn of_text(name: &str, text: &str, path: &Path) -> Result<Self> {
        Self::new(name.to_owned(), path, |output| {
            output.write_all(text.as_bytes())?;
            Ok(None)
        })
    }

    fn of_table(&self, schema: msncensus::report::Schema) -> TableFile {
        TableFile { schema, name: self.name.clone(), bytes: self.sum.bytes, sha256: self.sum.sha256() }
    }
}

/// Gives all files their names, and tells these.
fn put_all_in_place(written: Vec<Written>, path: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for Written { name, file, .. } in written {
        put_in_place(file, &path.join(&name))?;
        names.push(name);
    }
    sync(path)?;
    Ok(names)
}

/// Gives the directory of a period its name: the time at which it ended.
fn name_period(period: &Path, within: &Path) -> io::Result<PathBuf> {
    let ended = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut result = Err(io::ErrorKind::AlreadyExists.into());
    for number in 1..=PERIODS_MAX {
        let name = if number == 1 { ended.clone() } else { format!("{ended}-{number}") };
        let named = within.join(name);
        if named.exists() {
            continue;
        }
        result = fs::rename(period, &named).map(|()| named);
        if result.is_ok() {
            break;
        }
    }
    result
}

fn not_written(path: &Path, table: TableName) -> String {
    format!("{}: cannot write {}", path.display(), table.word())
}
