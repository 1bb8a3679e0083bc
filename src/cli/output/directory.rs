//! Every table as a file of one directory, in the end, or again and again while the run goes on.
//!
//! ```text
//! DIR/exchanges.csv  clients.csv  ...   complete tables, each replaced by a newer one at once, never changed
//! DIR/20261122T193000Z/                 those of a period that ended then
//! DIR/.msncensus-...                    what is being written
//! ```
//!
//! Files are written under temporary names in their own directory, synced, and renamed only when all of them are complete: a
//! file under its final name is whole.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::mem;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use msncensus::run::Findings;
use tempfile::NamedTempFile;

use super::files::{UNFINISHED, create, put_in_place, sync, temporary};
use super::rows::Rows;
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
    /// The rows of the exchanges so far.
    exchanges: NamedTempFile,
    /// Whether there are tables of a period that goes on.
    has_tables: bool,
}

impl Directory {
    /// Makes sure, before anything is read, that the directory can be written.
    pub(super) fn prepare(path: &Path, force: bool) -> Result<Self> {
        create(path, force)?;
        Ok(Self { path: path.to_owned(), exchanges: temporary(path)?, has_tables: false })
    }

    /// Where the rows of the exchanges are to be written.
    pub(super) fn rows(&self) -> Result<impl Write + use<>> {
        let file = self.exchanges.reopen().with_context(|| format!("{}: cannot write there", self.path.display()))?;
        Ok(BufWriter::with_capacity(WRITE_LEN, file))
    }

    /// Puts all tables in place, that of the exchanges with all its `rows`, and tells which.
    pub(super) fn finish(self, choice: &Choice, rows: Option<Rows>, found: &Findings) -> Result<String> {
        rows.map_or(Ok(()), Rows::finish).with_context(|| not_written(&self.path, TableName::Exchanges))?;
        let tables = write_others(choice, found, &self.path)?;
        self.exchanges.as_file().sync_all().with_context(|| not_written(&self.path, TableName::Exchanges))?;
        let names = put_all_in_place(choice, (TableName::Exchanges, self.exchanges), tables, &self.path)?;
        Ok(format!("{}: wrote {}", self.path.display(), names.join(", ")))
    }

    /// Puts all tables so far in place. The rows go on.
    pub(super) fn checkpoint(&mut self, choice: &Choice, found: &Findings) -> Result<()> {
        let tables = write_others(choice, found, &self.path)?;
        let exchanges = self.copy_rows().with_context(|| not_written(&self.path, TableName::Exchanges))?;
        put_all_in_place(choice, (TableName::Exchanges, exchanges), tables, &self.path)?;
        self.has_tables = true;
        Ok(())
    }

    /// Puts all tables of the period that ends into a directory of their own, and begins the exchanges anew. After an error
    /// the rows go on where they were.
    pub(super) fn end_period(&mut self, choice: &Choice, found: &Findings) -> Result<String> {
        let period = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempdir_in(&self.path)
            .with_context(|| format!("{}: cannot write there", self.path.display()))?;
        let tables = write_others(choice, found, period.path())?;
        let exchanges = self.copy_rows().with_context(|| not_written(period.path(), TableName::Exchanges))?;
        let next = temporary(&self.path)?;
        put_all_in_place(choice, (TableName::Exchanges, exchanges), tables, period.path())?;
        let named = name_period(period.path(), &self.path)
            .with_context(|| format!("{}: the tables of the period cannot be put in place", self.path.display()))?;
        // It has another name now, so there is nothing to clean up.
        drop(period.keep());
        drop(mem::replace(&mut self.exchanges, next));
        if mem::take(&mut self.has_tables) {
            for table in OTHERS.into_iter().chain([TableName::Exchanges]) {
                // One that somebody took away is away.
                fs::remove_file(self.path.join(table.file_name(choice.format))).ok();
            }
        }
        sync(&self.path)?;
        Ok(format!("{}: wrote the tables of the period that ends here", named.display()))
    }

    /// A copy of the rows so far, which must have been handed on.
    fn copy_rows(&self) -> Result<NamedTempFile> {
        let mut copy = temporary(&self.path)?;
        io::copy(&mut self.exchanges.reopen()?, copy.as_file_mut())?;
        copy.as_file().sync_all()?;
        Ok(copy)
    }
}

/// Writes every table but that of the exchanges under temporary names.
fn write_others(choice: &Choice, found: &Findings, path: &Path) -> Result<Vec<(TableName, NamedTempFile)>> {
    let write = |table: TableName| {
        let file = temporary(path)?;
        let mut buffered = BufWriter::with_capacity(WRITE_LEN, file.as_file());
        choice
            .write(table, found, &mut buffered)
            .and_then(|()| Ok(buffered.flush()?))
            .and_then(|()| Ok(file.as_file().sync_all()?))
            .with_context(|| not_written(path, table))?;
        drop(buffered);
        Ok((table, file))
    };
    OTHERS.into_iter().map(write).collect()
}

/// Gives all tables their names, and tells these.
fn put_all_in_place(
    choice: &Choice,
    exchanges: (TableName, NamedTempFile),
    others: Vec<(TableName, NamedTempFile)>,
    path: &Path,
) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for (table, file) in std::iter::once(exchanges).chain(others) {
        let name = table.file_name(choice.format);
        put_in_place(file, &path.join(&name))?;
        names.push(name);
    }
    sync(path)?;
    Ok(names)
}

/// Gives the directory of a period its name: the time at which it ended.
fn name_period(period: &Path, within: &Path) -> io::Result<PathBuf> {
    let ended = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
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
