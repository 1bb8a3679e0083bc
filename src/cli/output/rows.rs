//! The `exchanges` table, which is written row by row while the run tells them.

use std::io::{self, Write};

use msncensus::census::Observation;
use msncensus::report::{Context, EXCHANGES, Format, RAW, TableWriter};

/// The table so far.
pub(super) struct Rows {
    writer: TableWriter<'static, Observation>,
    /// The first error, after which nothing more is written.
    written: io::Result<()>,
    /// Rows were not handed on yet.
    is_waiting: bool,
}

impl Rows {
    /// Begins the table in `format`; if `raw`, with the lines as sent.
    pub(super) fn begin(format: Format, raw: bool, output: impl Write + 'static) -> io::Result<Self> {
        let more = if raw { &RAW[..] } else { &[] };
        let writer = TableWriter::new(EXCHANGES.columns.iter().chain(more), format.report(output))?;
        Ok(Self { writer, written: Ok(()), is_waiting: false })
    }

    /// Takes the next row.
    pub(super) fn push(&mut self, row: &Observation, context: &Context) {
        if self.written.is_ok() {
            self.written = self.writer.push(row, context);
            self.is_waiting = true;
        }
    }

    /// Hands on the rows so far, and says whether more can be written.
    pub(super) fn hand_on(&mut self) -> bool {
        if std::mem::take(&mut self.is_waiting) && self.written.is_ok() {
            self.written = self.writer.flush();
        }
        self.written.is_ok()
    }

    /// Ends the table.
    pub(super) fn finish(self) -> io::Result<()> {
        self.written.and_then(|()| self.writer.finish())
    }
}
