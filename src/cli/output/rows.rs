//! The `exchanges` table, which is written row by row while the run tells them.

use std::io;

use msncensus::census::Observation;
use msncensus::report::{Context, TableWriter};

/// The table so far.
pub(super) struct Rows {
    writer: TableWriter<'static, Observation>,
    /// The first error, after which nothing more is written.
    written: io::Result<()>,
    /// How many there are.
    count: u64,
    /// Rows were not handed on yet.
    is_waiting: bool,
}

impl Rows {
    /// Writes the rows by `writer`.
    pub(super) const fn new(writer: TableWriter<'static, Observation>) -> Self {
        Self { writer, written: Ok(()), count: 0, is_waiting: false }
    }

    /// Takes the next row.
    pub(super) fn push(&mut self, row: &Observation, context: &Context) {
        if self.written.is_ok() {
            self.written = self.writer.push(row, context);
            self.count += 1;
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

    /// Hands on the rows so far, and gives what makes them a whole table.
    pub(super) fn so_far(&mut self) -> io::Result<Vec<u8>> {
        self.writer.so_far()
    }

    /// How many rows there are so far.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// Ends the table, and says how many rows it has.
    pub(super) fn finish(self) -> io::Result<u64> {
        self.written.and_then(|()| self.writer.finish())?;
        Ok(self.count)
    }
}
