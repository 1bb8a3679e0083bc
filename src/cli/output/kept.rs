//! What another run needs to be joined to this one: a file beside the tables.

use std::fs;
use std::io::{self, BufWriter};
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context as _, Result, bail};
use msncensus::census::Observation;
use msncensus::part::{PartWriter, Rest};
use tempfile::NamedTempFile;

use super::WRITE_LEN;
use super::directory::Written;
use super::files::temporary;
use super::summed::{SharedSum, Summed};

/// The name of the file.
pub(crate) const PART: &str = "census.part";

/// The part so far.
pub(super) struct Kept {
    file: NamedTempFile,
    sum: SharedSum,
    writer: PartWriter<BufWriter<Summed<fs::File>>>,
    /// The first error, after which nothing more is written.
    written: io::Result<()>,
}

impl Kept {
    /// Begins the part of a directory.
    pub(super) fn begin(directory: &Path) -> Result<Self> {
        let not_there = || format!("{}: cannot write there", directory.display());
        let file = temporary(directory)?;
        let sum = SharedSum::default();
        let output = Summed::new(file.reopen().with_context(not_there)?, Rc::clone(&sum));
        let writer = PartWriter::new(BufWriter::with_capacity(WRITE_LEN, output)).with_context(not_there)?;
        Ok(Self { file, sum, writer, written: Ok(()) })
    }

    /// Takes the next row.
    pub(super) fn push(&mut self, row: &Observation) {
        if self.written.is_ok() {
            self.written = self.writer.push(&row.exchange);
        }
    }

    /// A copy of it so far, as a whole part that is to be put into `directory`.
    pub(super) fn so_far(&mut self, rest: &Rest<'_>, directory: &Path) -> Result<Written> {
        let mut copy = || -> Result<Written> {
            // Rows are missing from it: a copy would look whole.
            if let Err(error) = &self.written {
                bail!("{error}");
            }
            let end = self.writer.so_far(rest)?;
            Written::so_far((&self.file, &self.sum), &end, (PART.to_owned(), None), directory)
        };
        copy().with_context(|| not_written(directory))
    }

    /// Completes it.
    pub(super) fn finish(self, rest: &Rest<'_>, directory: &Path) -> Result<Written> {
        let Self { file, sum, writer, written } = self;
        let complete = || -> io::Result<()> {
            written?;
            writer.finish(rest)?;
            file.as_file().sync_all()
        };
        complete().with_context(|| not_written(directory))?;
        Ok(Written { name: PART.to_owned(), rows: None, sum: sum.take(), file })
    }
}

fn not_written(directory: &Path) -> String {
    format!("{}: cannot write {PART}", directory.display())
}

#[cfg(test)]
mod tests {
    use msncensus::run::Findings;

    use super::*;

    #[test]
    fn a_part_that_lacks_rows_is_not_put_in_place() {
        let directory = tempfile::tempdir().unwrap();
        let found = Findings::default();
        let rest = found.rest(None);
        let mut kept = Kept::begin(directory.path()).unwrap();
        assert!(kept.so_far(&rest, directory.path()).is_ok());
        kept.written = Err(io::ErrorKind::StorageFull.into());
        assert!(kept.so_far(&rest, directory.path()).is_err());
        assert!(kept.finish(&rest, directory.path()).is_err());
    }
}
