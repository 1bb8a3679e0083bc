//! CSV: UTF-8, a header, commas, LF, quotes only where RFC 4180 needs them, and no formulas.

use std::borrow::Cow;
use std::io;

use super::{Heading, Report, Value};
use crate::flags::{Flag, Flags};
use crate::text::{formula, printable};

/// What makes a spreadsheet show a cell instead of running it.
const GUARD: &str = "'";

/// Which bytes are shown as they are and need no quotes: plain ASCII without what has a meaning in CSV or in an escape.
#[expect(clippy::indexing_slicing, reason = "a byte is always within 256, and the compiler looks")]
const SIMPLE: [bool; 256] = {
    let mut simple = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        simple[byte as usize] = !matches!(byte, b'"' | b',' | b'\\');
        byte += 1;
    }
    simple
};

/// Writes a table as CSV.
#[derive(Debug)]
pub struct Csv<W> {
    output: W,
    verbatim: bool,
    /// The line being written.
    line: Vec<u8>,
}

impl<W: io::Write> Csv<W> {
    /// CSV to `output`; with `verbatim`, text that looks like a formula is left as it is.
    pub const fn new(output: W, verbatim: bool) -> Self {
        Self { output, verbatim, line: Vec::new() }
    }

    fn is_guarded(&self, cell: &Value<'_>) -> bool {
        let Value::Text(captured) = cell else { return false };
        // What begins as almost every text does is no formula.
        let begins_plainly = captured.first().is_some_and(u8::is_ascii_alphanumeric);
        !begins_plainly && !self.verbatim && formula(&printable(captured))
    }

    fn push(&mut self, cell: &Value<'_>, guarded: Flags) {
        match cell {
            Value::Text(captured) if is_simple(captured) && guarded.is_empty() => self.line.extend_from_slice(captured),
            Value::Text(captured) => {
                let guard = if self.is_guarded(cell) { GUARD } else { "" };
                self.line.extend_from_slice(quoted(&format!("{guard}{}", printable(captured))).as_bytes());
            }
            Value::Flags(flags) => Value::Flags(*flags | guarded).push_to(&mut self.line),
            // Nothing else can hold what has a meaning in CSV.
            cell => cell.push_to(&mut self.line),
        }
    }

    fn write_line(&mut self) -> io::Result<()> {
        self.line.push(b'\n');
        let written = self.output.write_all(&self.line);
        self.line.clear();
        written
    }
}

impl<W: io::Write> Report for Csv<W> {
    fn begin(&mut self, headings: &[Heading]) -> io::Result<()> {
        let names: Vec<_> = headings.iter().map(|heading| heading.name).collect();
        self.line.extend_from_slice(names.join(",").as_bytes());
        self.write_line()
    }

    fn row(&mut self, cells: &[Value<'_>]) -> io::Result<()> {
        // The flags may stand before a cell that is guarded, so all cells are looked at first.
        let mut guarded = Flags::NONE;
        guarded.raise_if(cells.iter().any(|cell| self.is_guarded(cell)), Flag::Guarded);
        for (place, cell) in cells.iter().enumerate() {
            if place > 0 {
                self.line.push(b',');
            }
            self.push(cell, guarded);
        }
        self.write_line()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Whether `text` is shown as it is and needs no quotes, as almost every text: a glance at its bytes tells.
fn is_simple(text: &[u8]) -> bool {
    text.iter().all(|byte| SIMPLE.get(usize::from(*byte)) == Some(&true))
}

/// The cell as it stands in CSV.
fn quoted(cell: &str) -> Cow<'_, str> {
    if cell.contains([',', '"', '\r', '\n']) {
        Cow::Owned(format!("\"{}\"", cell.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(cell)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::Kind;

    const HEADINGS: [Heading; 3] = [
        Heading { name: "flags", kind: Kind::Text },
        Heading { name: "a", kind: Kind::Text },
        Heading { name: "b", kind: Kind::Text },
    ];

    fn written(verbatim: bool, rows: &[[Value<'_>; 3]]) -> Vec<u8> {
        let mut output = Vec::new();
        let mut csv = Csv::new(&mut output, verbatim);
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
            String::from_utf8(written(false, &rows)).unwrap(),
            "flags,a,b\n,a b;',\"x,y\"\n,\"say \"\"hi\"\"\",a\\x0D\\x0Ab\n"
        );
    }

    #[test]
    fn l11_only_captured_text_is_guarded() {
        let flags = Value::Flags(Flag::Midstream.into());
        let number = Value::Decimal { units: -5, decimals: 1 };
        let rows = [[flags.clone(), number.clone(), Value::Word("ok")], [flags, text(b"-5"), number]];
        assert_eq!(
            String::from_utf8(written(false, &rows)).unwrap(),
            "flags,a,b\nmidstream,-0.5,ok\nmidstream;guarded,'-5,-0.5\n"
        );
    }

    /// Undoes the guard: one apostrophe from a cell that is apostrophes and then a formula.
    fn unguarded(cell: &str) -> &str {
        if formula(cell) { cell.strip_prefix(GUARD).unwrap_or(cell) } else { cell }
    }

    proptest! {
        #[test]
        fn any_bytes_come_back_as_their_printable_text(
            rows in prop::collection::vec((any::<Vec<u8>>(), r#"['=+@",\r\n\\x0-9 é-]{0,8}"#), 0..8),
        ) {
            let values: Vec<_> =
                rows.iter().map(|(a, b)| [Value::Flags(Flags::NONE), text(a), text(b.as_bytes())]).collect();
            for verbatim in [false, true] {
                let output = written(verbatim, &values);
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
