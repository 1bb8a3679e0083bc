//! NDJSON: one JSON object per line, for programs.
//!
//! Every object has every column, in the order of the table; what is absent is `null`, so that a reader that looks at a
//! few lines still finds every column. Numbers and truths are typed, with the digits of the CSV; times are text, with an
//! integer `_ns` column beside each. Text is the same as in the CSV (`\xNN` for what is not text), never guarded.

use std::io::{self, Write};

use super::{Heading, Report, Value};
use crate::text::printable;

/// Writes a table as NDJSON.
#[derive(Debug)]
pub struct Ndjson<W> {
    output: W,
    names: Vec<&'static str>,
    /// The line being written: it goes out whole, so that a broken pipe never leaves half a line.
    line: Vec<u8>,
}

impl<W: Write> Ndjson<W> {
    /// NDJSON to `output`.
    pub const fn new(output: W) -> Self {
        Self { output, names: Vec::new(), line: Vec::new() }
    }
}

impl<W: Write> Report for Ndjson<W> {
    fn begin(&mut self, headings: &[Heading]) -> io::Result<()> {
        self.names = headings.iter().map(|heading| heading.name).collect();
        Ok(())
    }

    fn row(&mut self, cells: &[Value<'_>]) -> io::Result<()> {
        self.line.clear();
        let mut separator = b'{';
        for (name, value) in self.names.iter().zip(cells) {
            self.line.push(separator);
            separator = b',';
            serde_json::to_writer(&mut self.line, name)?;
            self.line.push(b':');
            match value {
                value if value.is_absent() => self.line.extend_from_slice(b"null"),
                Value::Text(captured) => serde_json::to_writer(&mut self.line, &*printable(captured))?,
                Value::Word(word) => serde_json::to_writer(&mut self.line, word)?,
                // Their digits are JSON as they stand, and a float would lose some of them.
                Value::Integer(_) | Value::Decimal { .. } | Value::Boolean(_) => value.push_to(&mut self.line),
                // None of their signs has a meaning in JSON.
                Value::Time(_)
                | Value::Flags(_)
                | Value::Address(_)
                | Value::Identity(_)
                | Value::Connection(_)
                | Value::Absent => {
                    self.line.push(b'"');
                    value.push_to(&mut self.line);
                    self.line.push(b'"');
                }
            }
        }
        self.line.extend_from_slice(b"}\n");
        self.output.write_all(&self.line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::flags::{Flag, Flags};
    use crate::packet::Timestamp;
    use crate::report::Kind;

    fn parsed(cells: &[Value<'_>]) -> serde_json::Value {
        let mut output = Vec::new();
        let mut report = Ndjson::new(&mut output);
        let names = ["a", "b", "c", "d", "e", "f"];
        let headings: Vec<_> = names.map(|name| Heading { name, kind: Kind::Text, doc: "" }).into();
        report.begin(&headings).unwrap();
        report.row(cells).unwrap();
        report.finish().unwrap();
        assert_eq!(output.iter().position(|byte| *byte == b'\n'), Some(output.len() - 1));
        serde_json::from_slice(&output).unwrap()
    }

    #[test]
    fn cells_are_typed() {
        let cells = [
            Value::Absent,
            Value::Integer(-1),
            Value::Decimal { units: -1_500, decimals: 3 },
            Value::Boolean(true),
            Value::Time(Timestamp::from_nanos(0)),
            Value::Flags(Flags::from(Flag::NoEol)),
        ];
        let expected = json!({
            "a": null, "b": -1, "c": -1.5, "d": true, "e": "1970-01-01T00:00:00.000000000Z", "f": "no_eol",
        });
        assert_eq!(parsed(&cells), expected);
    }

    proptest! {
        #[test]
        fn any_bytes_come_back_as_their_printable_text(bytes in prop::collection::vec(any::<u8>(), 1..30)) {
            let object = parsed(&[Value::text(Some(&bytes))]);
            prop_assert_eq!(object["a"].as_str().unwrap(), &*printable(&bytes));
        }
    }
}
