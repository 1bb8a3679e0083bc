//! From rows to bytes: the tables in every format, the summary screen, and packets with remarks.
//!
//! ```text
//! Observation ┐
//! ClientRow   │  columns: one list    cells      Csv     ┐
//! TimelineRow ├─ of columns per table ────────▶  Ndjson  ├─ any io::Write
//!             │  (TableWriter)                    Parquet │
//! ...         ┘                                   Aligned ┘
//! Schema ─ companions ───────────────────────────────────▶ load.sql, datapackage.json
//! Summary ─ screen ──────────────────────────────────────▶ text
//! Page ─ charts, tables (HTML) ──────────────────────────▶ any io::Write
//! Packet ─ remarks ─ PacketWriter (pcapng) ──────────────▶ any io::Write
//! Metrics ─ Exposition ──────────────────────────────────▶ text
//! ```
//!
//! * **Takes** rows, one after the other, and where to write.
//! * **Gives** CSV, NDJSON, Parquet or aligned text, and every error of writing or flushing.
//! * **Keeps** one row; the aligned text keeps the first thousand to measure them, Parquet the rows of one row group
//!   ([`PARQUET_ROWS_MAX`](crate::limits::PARQUET_ROWS_MAX)).
//! * **Leaves out** files: who opens one also renames and syncs it. Nothing here reads a clock or the environment.
//!
//! Some columns of one table, as CSV:
//!
//! ```
//! use std::sync::Arc;
//!
//! use msncensus::capture::list;
//! use msncensus::report::{CsvOptions, EXCHANGES, Format, TableWriter};
//! use msncensus::run::{News, Plan, run};
//!
//! let mut csv = Vec::new();
//! let wanted = ["ts", "os_name", "product", "verdict"];
//! let columns = EXCHANGES.columns.iter().filter(|column| wanted.contains(&column.name));
//! let mut table = TableWriter::new(columns, Format::Csv(CsvOptions::default()).report(&mut csv))?;
//! let plan = Plan::new(list(["samples/msn-6.0-required.pcapng".into()]));
//! let mut written = Ok(());
//! run(plan, &Arc::default(), &mut |news| {
//!     if let (News::Row(row, context), Ok(())) = (news, &written) {
//!         written = table.push(row, context);
//!     }
//! });
//! written.and_then(|()| table.finish())?;
//! assert_eq!(
//!     String::from_utf8_lossy(&csv),
//!     "ts,os_name,product,verdict\n2004-02-03T17:45:30.360200000Z,Windows XP,MSN Messenger 6.0,required\n"
//! );
//! # Ok::<(), std::io::Error>(())
//! ```

mod aligned;
mod anomalies;
mod answers;
mod columns;
mod community_id;
mod companions;
mod csv;
mod inputs;
mod json;
mod metrics;
mod page;
#[cfg(feature = "parquet")]
mod parquet;
mod pcapng;
mod remarks;
mod summary;
mod value;

use std::io;

pub use self::csv::{Csv, CsvOptions};
#[cfg(feature = "parquet")]
pub use self::parquet::Parquet;
pub use aligned::Aligned;
pub use anomalies::AnomalyRow;
pub use columns::{
    ANOMALIES, CLIENTS, Column, Context, EXCHANGES, INPUTS, POPULATION, RAW, SCHEMA_VERSION, Schema, TIMELINE, Table,
    UPGRADES, reference, schemas,
};
pub use community_id::community_id;
pub use companions::{TableFile, datapackage, load_sql};
pub use inputs::{InputRow, InputStatus};
pub use json::Ndjson;
pub use metrics::{Exposition, InterfaceMetrics, Metrics, ProcessMetrics, Tally};
pub use page::{Page, Sources};
pub use pcapng::PacketWriter;
pub use remarks::remarks;
pub use summary::{Look, Summary, Verdicts, shown};
pub use value::{Kind, Value};

/// The head of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// What it holds: a clause for whoever loads the table.
    pub doc: &'static str,
}

/// One output format for one table.
///
/// [`begin`](Self::begin) is called once, then [`row`](Self::row) for each row, with [`flush`](Self::flush) between them where
/// somebody waits for them, then [`finish`](Self::finish) once. A row has as many cells as there are headings. What was written
/// is only safe when `finish` returned `Ok`: it flushes.
///
/// A format of one's own:
///
/// ```
/// use std::io::{self, Write};
///
/// use msncensus::report::{Context, Heading, INPUTS, InputRow, Report, TableWriter, Value};
///
/// struct Markdown<W>(W);
///
/// impl<W: Write> Report for Markdown<W> {
///     fn begin(&mut self, headings: &[Heading]) -> io::Result<()> {
///         let names: Vec<_> = headings.iter().map(|heading| heading.name).collect();
///         writeln!(self.0, "| {} |\n|{}", names.join(" | "), "---|".repeat(names.len()))
///     }
///
///     fn row(&mut self, cells: &[Value<'_>]) -> io::Result<()> {
///         let cells: Vec<_> = cells.iter().map(|cell| cell.to_string().replace('|', "\\|")).collect();
///         writeln!(self.0, "| {} |", cells.join(" | "))
///     }
///
///     fn flush(&mut self) -> io::Result<()> {
///         self.0.flush()
///     }
/// }
///
/// let mut text = Vec::new();
/// let columns = INPUTS.columns.iter().filter(|column| ["input", "packets"].contains(&column.name));
/// let mut table = TableWriter::new(columns, Box::new(Markdown(&mut text)))?;
/// let row = InputRow { input: "a|b.pcap".to_owned(), packets: 17, ..InputRow::default() };
/// table.push(&row, &Context::default())?;
/// table.finish()?;
/// assert_eq!(String::from_utf8_lossy(&text), "| input | packets |\n|---|---|\n| a\\|b.pcap | 17 |\n");
/// # Ok::<(), io::Error>(())
/// ```
pub trait Report {
    /// Begins the table.
    fn begin(&mut self, headings: &[Heading]) -> io::Result<()>;
    /// Writes one row.
    fn row(&mut self, cells: &[Value<'_>]) -> io::Result<()>;
    /// Hands on the rows so far.
    fn flush(&mut self) -> io::Result<()>;

    /// Hands on the rows so far, and gives what makes them a whole table where nothing comes behind them. More may come.
    fn so_far(&mut self) -> io::Result<Vec<u8>> {
        self.flush()?;
        Ok(Vec::new())
    }

    /// Ends the table and flushes.
    fn finish(&mut self) -> io::Result<()> {
        self.flush()
    }
}

/// The formats of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Aligned text for a terminal.
    Table,
    /// CSV.
    Csv(CsvOptions),
    /// One JSON object per line.
    Ndjson,
    /// Columns with their types. The table is only one with its last byte: rows cannot be read as they come.
    #[cfg(feature = "parquet")]
    Parquet,
}

impl Format {
    /// A report in this format that writes to `output`. It does not buffer: give it a `BufWriter`.
    pub fn report<'w, W: io::Write + 'w>(self, output: W) -> Box<dyn Report + 'w> {
        match self {
            Self::Table => Box::new(Aligned::new(output)),
            Self::Csv(options) => Box::new(Csv::new(output, options)),
            Self::Ndjson => Box::new(Ndjson::new(output)),
            #[cfg(feature = "parquet")]
            Self::Parquet => Box::new(Parquet::new(output)),
        }
    }

    /// The ending of a file in this format.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Table => "txt",
            Self::Csv(_) => "csv",
            Self::Ndjson => "ndjson",
            #[cfg(feature = "parquet")]
            Self::Parquet => "parquet",
        }
    }
}

/// Columns of the widest table, and room for more: its cells need no memory but this.
const COLUMNS_MAX: usize = 48;

/// Writes rows of one table, cell by cell, to a report.
pub struct TableWriter<'w, Row: 'static> {
    columns: Vec<&'static Column<Row>>,
    report: Box<dyn Report + 'w>,
}

impl<'w, Row> TableWriter<'w, Row> {
    /// Begins a table of `columns` in `report`; the header is written. Panics if there are more columns than any table has.
    pub fn new(
        columns: impl IntoIterator<Item = &'static Column<Row>>,
        mut report: Box<dyn Report + 'w>,
    ) -> io::Result<Self> {
        let columns: Vec<_> = columns.into_iter().collect();
        assert!(columns.len() <= COLUMNS_MAX, "COLUMNS_MAX is the widest table's");
        let headings: Vec<_> = columns.iter().map(|column| column.heading()).collect();
        report.begin(&headings)?;
        Ok(Self { columns, report })
    }

    /// Writes `row`.
    pub fn push(&mut self, row: &Row, context: &Context) -> io::Result<()> {
        let mut cells = [const { Value::Absent }; COLUMNS_MAX];
        for (cell, column) in cells.iter_mut().zip(&self.columns) {
            *cell = (column.value)(row, context);
        }
        if context.level.shows_less() {
            for cell in &mut cells {
                cell.show_less(context.level);
            }
        }
        self.report.row(cells.get(..self.columns.len()).unwrap_or_default())
    }

    /// Hands on the rows so far: somebody waits for them.
    pub fn flush(&mut self) -> io::Result<()> {
        self.report.flush()
    }

    /// Hands on the rows so far, and gives what makes them a whole table where nothing comes behind them.
    pub fn so_far(&mut self) -> io::Result<Vec<u8>> {
        self.report.so_far()
    }

    /// Ends the table and flushes it.
    pub fn finish(mut self) -> io::Result<()> {
        self.report.finish()
    }
}

impl<Row> std::fmt::Debug for TableWriter<'_, Row> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.columns.iter().map(|column| column.name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::census::synthetic::{REPLY, observation};

    const CSV: Format = Format::Csv(CsvOptions { verbatim: false, excel: false });

    /// The exchanges table of `request`, its row and nothing else, in `format`.
    fn written(format: Format, names: &[&str], request: &[u8]) -> String {
        let mut output = Vec::new();
        let columns = EXCHANGES.columns.iter().filter(|column| names.contains(&column.name));
        let mut table = TableWriter::new(columns, format.report(&mut output)).unwrap();
        let context = Context { inputs: vec!["a.pcap".into()], ..Context::default() };
        table.push(&observation(7, 3, request, REPLY), &context).unwrap();
        table.finish().unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn every_format_writes_the_same_cells() {
        let names = ["ts_ns", "rtt_ms", "os", "os_ver", "extra", "echo", "input"];
        let written = |format| written(format, &names, b"CVR 2 0x0409 win 4.10 i386 MSMSGS 4.6.0083 MSMSGS");
        assert_eq!(
            written(CSV),
            "ts_ns,rtt_ms,os,os_ver,extra,echo,input\n1063540803500000000,1000.000000,win 4.10,4.10,,false,a.pcap\n"
        );
        assert_eq!(
            written(Format::Ndjson),
            "{\"ts_ns\":1063540803500000000,\"rtt_ms\":1000.000000,\"os\":\"win 4.10\",\"os_ver\":\"4.10\",\
             \"extra\":null,\"echo\":false,\"input\":\"a.pcap\"}\n"
        );
        assert_eq!(
            written(Format::Table),
            "              ts_ns       rtt_ms  os        os_ver  extra  echo   input\n\
             1063540803500000000  1000.000000  win 4.10  4.10           false  a.pcap\n"
        );
    }

    #[test]
    fn l11_a_guarded_row_says_so_unless_verbatim() {
        let request = b"CVR 2 0x0409 winnt 5.1 =cmd() MSNMSGR 6.0.0602 MSMSGS user@example.com";
        let names = ["arch", "flags"];
        assert_eq!(written(CSV, &names, request), "arch,flags\n'=cmd(),guarded\n");
        assert_eq!(
            written(Format::Csv(CsvOptions { verbatim: true, excel: false }), &names, request),
            "arch,flags\n=cmd(),\n"
        );
        assert_eq!(written(Format::Ndjson, &names, request), "{\"arch\":\"=cmd()\",\"flags\":null}\n");
    }

    #[test]
    fn l13_no_rows_are_a_header() {
        let mut output = Vec::new();
        let csv = CSV.report(&mut output);
        TableWriter::new(UPGRADES.columns, csv).unwrap().finish().unwrap();
        let text = String::from_utf8(output).unwrap();
        assert!(text.starts_with("library_name,client_ver,") && text.ends_with(",last_seen_ns\n"));
        assert_eq!(text.lines().count(), 1);
    }
}
