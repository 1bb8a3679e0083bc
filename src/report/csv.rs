//! CSV: UTF-8, a header, commas, LF, quotes only where RFC 4180 needs them, and no formulas.
//!
//! For Excel it begins with a byte order mark, without which Excel takes UTF-8 for another coding; its lines end with CR LF; its times
//! are such that Excel reads as times, to the millisecond, which is as much as Excel knows of a time; and what it would change
//! has an apostrophe in front, as a formula has, which makes it text: whole numbers of more digits than it keeps, and text that it
//! would take for a number or a date (`4.10`, which becomes 4.1; `3.5.1`, which becomes a day of May in half of Europe).

use std::io;

use csv::{ErrorKind, QuoteStyle, Terminator, Writer, WriterBuilder};

use super::{Heading, Report, Value};
use crate::flags::{Flag, Flags};
use crate::text::{formula, looks_like_number, printable};

/// What makes a spreadsheet show a cell instead of running it.
const GUARD: u8 = b'\'';

/// Makes Excel read UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The smallest number of sixteen digits: Excel keeps fifteen, and makes zeros of the others.
const TOO_LONG_FOR_EXCEL: u64 = 1_000_000_000_000_000;

/// Bytes of a time in RFC 3339 up to its milliseconds.
const MILLISECONDS_LEN: usize = "2003-09-14T12:00:03.500".len();

/// How CSV is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CsvOptions {
    /// Text that looks like a formula is left as it is.
    pub verbatim: bool,
    /// It is for Excel.
    pub excel: bool,
}

/// Writes a table as CSV.
#[derive(Debug)]
pub struct Csv<W: io::Write> {
    writer: Writer<W>,
    options: CsvOptions,
    /// The cell being written.
    cell: Vec<u8>,
}

impl<W: io::Write> Csv<W> {
    /// CSV to `output`.
    pub fn new(output: W, options: CsvOptions) -> Self {
        let mut builder = WriterBuilder::new();
        let line_end = if options.excel { Terminator::CRLF } else { Terminator::Any(b'\n') };
        builder.quote_style(QuoteStyle::Necessary).terminator(line_end);
        Self { writer: builder.from_writer(output), options, cell: Vec::new() }
    }

    /// Whether a cell would run as a formula.
    fn is_guarded(&self, cell: &Value<'_>) -> bool {
        let Value::Text(captured) = cell else { return false };
        // What begins as almost every text does is no formula.
        let begins_plainly = captured.first().is_some_and(u8::is_ascii_alphanumeric);
        !begins_plainly && !self.options.verbatim && formula(&printable(captured))
    }
}

impl<W: io::Write> Report for Csv<W> {
    fn begin(&mut self, headings: &[Heading]) -> io::Result<()> {
        // In front of the first name it is in front of everything.
        let mark = if self.options.excel { BYTE_ORDER_MARK } else { "" };
        let names = headings.iter().enumerate();
        let names = names.map(|(at, heading)| [if at == 0 { mark } else { "" }, heading.name].concat());
        self.writer.write_record(names).map_err(io_error)
    }

    fn row(&mut self, cells: &[Value<'_>]) -> io::Result<()> {
        // The flags may stand before a cell that is guarded, so all cells are looked at first.
        let mut guarded = Flags::NONE;
        guarded.raise_if(cells.iter().any(|cell| self.is_guarded(cell)), Flag::Guarded);
        for cell in cells {
            self.cell.clear();
            if !guarded.is_empty() && self.is_guarded(cell) {
                self.cell.push(GUARD);
            }
            match cell {
                Value::Flags(flags) => Value::Flags(*flags | guarded).push_to(&mut self.cell),
                cell if self.options.excel => push_for_excel(&mut self.cell, cell),
                cell => cell.push_to(&mut self.cell),
            }
            self.writer.write_field(&self.cell).map_err(io_error)?;
        }
        // The end of the line.
        self.writer.write_record(None::<&[u8]>).map_err(io_error)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Appends a cell as Excel reads it without loss, or with as little as it can.
fn push_for_excel(line: &mut Vec<u8>, cell: &Value<'_>) {
    match cell {
        Value::Integer(number) if number.unsigned_abs() >= TOO_LONG_FOR_EXCEL => line.push(GUARD),
        Value::Text(captured) if looks_like_number(&printable(captured)) => line.push(GUARD),
        Value::Address(address) if looks_like_number(&address.to_string()) => line.push(GUARD),
        Value::Time(time) => {
            let time = time.rfc3339();
            let shown = time.iter().take(MILLISECONDS_LEN);
            return line.extend(shown.map(|byte| if *byte == b'T' { b' ' } else { *byte }));
        }
        _ => {}
    }
    cell.push_to(line);
}

/// The error below a CSV error: a closed pipe and a full disk keep their kind.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        ErrorKind::Io(error) => error,
        kind => io::Error::other(format!("{kind:?}")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::packet::Timestamp;
    use crate::report::Kind;

    const HEADINGS: [Heading; 3] = [
        Heading { name: "flags", kind: Kind::Text, doc: "" },
        Heading { name: "a", kind: Kind::Text, doc: "" },
        Heading { name: "b", kind: Kind::Text, doc: "" },
    ];

    const PLAIN: CsvOptions = CsvOptions { verbatim: false, excel: false };

    fn written(options: CsvOptions, rows: &[[Value<'_>; 3]]) -> Vec<u8> {
        let mut output = Vec::new();
        let mut csv = Csv::new(&mut output, options);
        csv.begin(&HEADINGS).unwrap();
        for row in rows {
            csv.row(row).unwrap();
        }
        csv.finish().unwrap();
        drop(csv);
        output
    }

    fn text(text: &[u8]) -> Value<'_> {
        Value::text(Some(text))
    }

    #[test]
    fn l10_quotes_stand_only_where_they_must() {
        let flags = || Value::Flags(Flags::NONE);
        let rows = [[flags(), text(b"a b;'"), text(b"x,y")], [flags(), text(b"say \"hi\""), text(b"a\r\nb")]];
        assert_eq!(
            String::from_utf8(written(PLAIN, &rows)).unwrap(),
            "flags,a,b\n,a b;',\"x,y\"\n,\"say \"\"hi\"\"\",a\\x0D\\x0Ab\n"
        );
    }

    #[test]
    fn l11_only_captured_text_is_guarded() {
        let flags = Value::Flags(Flag::Midstream.into());
        let number = Value::Decimal { units: -5, decimals: 1 };
        let rows = [[flags.clone(), number.clone(), Value::Word("ok")], [flags, text(b"-5"), number]];
        assert_eq!(
            String::from_utf8(written(PLAIN, &rows)).unwrap(),
            "flags,a,b\nmidstream,-0.5,ok\nmidstream;guarded,'-5,-0.5\n"
        );
    }

    #[test]
    fn excel_gets_times_that_it_reads_and_numbers_that_it_does_not_round() {
        let time = Value::Time(Timestamp::from_nanos(1_063_540_803_500_999_999));
        let numbers = [999_999_999_999_999, 1_000_000_000_000_000, i64::MIN].map(Value::Integer);
        let [short, long, longest] = numbers;
        let rows = [[time, short, long], [Value::Flags(Flags::NONE), longest, text(b"=1")]];
        assert_eq!(
            String::from_utf8(written(CsvOptions { excel: true, ..PLAIN }, &rows)).unwrap(),
            "\u{feff}flags,a,b\r\n2003-09-14 12:00:03.500,999999999999999,'1000000000000000\r\n\
             guarded,'-9223372036854775808,'=1\r\n"
        );
    }

    #[test]
    fn excel_gets_text_that_it_does_not_take_for_a_number() {
        let excel = CsvOptions { excel: true, ..PLAIN };
        let address = |last| Value::Address([192, 168, 100, last].into());
        let rows = [[text(b"4.10"), text(b"win 4.10"), address(200)], [text(b"'1"), text(b"6.0.0602"), address(2)]];
        assert_eq!(
            String::from_utf8(written(excel, &rows)).unwrap(),
            "\u{feff}flags,a,b\r\n'4.10,win 4.10,'192.168.100.200\r\n''1,'6.0.0602,192.168.100.2\r\n"
        );
    }

    /// Undoes the guard: one apostrophe from a cell that is apostrophes and then a formula.
    fn unguarded(cell: &str) -> &str {
        if formula(cell) { cell.strip_prefix('\'').unwrap_or(cell) } else { cell }
    }

    proptest! {
        #[test]
        fn any_bytes_come_back_as_their_printable_text(
            rows in prop::collection::vec((any::<Vec<u8>>(), r#"['=+@",\r\n\\x0-9 é-]{0,8}"#), 0..8),
        ) {
            let values: Vec<_> =
                rows.iter().map(|(a, b)| [Value::Flags(Flags::NONE), text(a), text(b.as_bytes())]).collect();
            for verbatim in [false, true] {
                let output = written(CsvOptions { verbatim, ..PLAIN }, &values);
                let mut reader = csv::Reader::from_reader(output.as_slice());
                let records: Vec<_> = reader.records().collect::<Result<_, _>>().unwrap();
                prop_assert_eq!(records.len(), rows.len());
                for (record, (a, b)) in records.iter().zip(&rows) {
                    for (cell, bytes) in [(&record[1], &a[..]), (&record[2], b.as_bytes())] {
                        let cell = if verbatim { cell } else { unguarded(cell) };
                        prop_assert_eq!(cell, &*printable(bytes));
                    }
                }
            }
        }
    }
}
