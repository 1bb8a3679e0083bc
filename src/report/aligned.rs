//! Aligned text, for a terminal or a mail: columns side by side, two spaces between them, nothing cut or wrapped.
//!
//! Widths come from the first thousand rows, which are held until then, or until somebody waits for them; a later row with
//! a wider cell only pushes the rest of its own line to the right. So the table may be of any length in constant memory.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::{Heading, Kind, Report, Value};

/// Rows that are held to measure them: more than fit on any screen, about 500 kB of the widest table.
const ROWS_MEASURED: usize = 1_000;

/// Between two columns.
const GUTTER: usize = 2;

/// Writes a table as aligned text.
#[derive(Debug)]
pub struct Aligned<W> {
    output: W,
    columns: Vec<Measured>,
    /// The header and the first rows, until they are measured; then empty.
    held: Vec<Vec<String>>,
    measuring: bool,
}

/// A column as far as the layout needs it.
#[derive(Clone, Copy, Debug)]
struct Measured {
    width: usize,
    /// Numbers stand to the right.
    right: bool,
}

impl<W: Write> Aligned<W> {
    /// Aligned text to `output`.
    pub const fn new(output: W) -> Self {
        Self { output, columns: Vec::new(), held: Vec::new(), measuring: true }
    }

    fn hold(&mut self, cells: Vec<String>) {
        for (column, cell) in self.columns.iter_mut().zip(&cells) {
            column.width = column.width.max(cell.width());
        }
        self.held.push(cells);
    }

    fn release(&mut self) -> io::Result<()> {
        self.measuring = false;
        for cells in std::mem::take(&mut self.held) {
            self.write(&cells)?;
        }
        Ok(())
    }

    fn write(&mut self, cells: &[String]) -> io::Result<()> {
        let mut line = String::new();
        let mut padding = 0;
        for (column, cell) in self.columns.iter().zip(cells) {
            let missing = column.width.saturating_sub(cell.width());
            let (before, after) = if column.right { (missing, 0) } else { (0, missing) };
            line.extend(std::iter::repeat_n(' ', padding + before));
            line.push_str(cell);
            padding = GUTTER + after;
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        self.output.write_all(line.as_bytes())
    }
}

impl<W: Write> Report for Aligned<W> {
    fn begin(&mut self, headings: &[Heading]) -> io::Result<()> {
        let is_number = |kind| matches!(kind, Kind::Integer | Kind::Decimal(_));
        self.columns = headings.iter().map(|heading| Measured { width: 0, right: is_number(heading.kind) }).collect();
        self.hold(headings.iter().map(|heading| heading.name.to_owned()).collect());
        Ok(())
    }

    fn row(&mut self, cells: &[Value<'_>]) -> io::Result<()> {
        let cells: Vec<_> = cells.iter().map(Value::to_string).collect();
        if !self.measuring {
            return self.write(&cells);
        }
        self.hold(cells);
        if self.held.len() > ROWS_MEASURED { self.release() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.release()?;
        self.output.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADINGS: [Heading; 3] = [
        Heading { name: "name", kind: Kind::Text, doc: "" },
        Heading { name: "n", kind: Kind::Integer, doc: "" },
        Heading { name: "last", kind: Kind::Text, doc: "" },
    ];

    fn written(rows: &[[Value<'_>; 3]]) -> String {
        let mut output = Vec::new();
        let mut report = Aligned::new(&mut output);
        report.begin(&HEADINGS).unwrap();
        for row in rows {
            report.row(row).unwrap();
        }
        report.finish().unwrap();
        String::from_utf8(output).unwrap()
    }

    fn row(name: &str, number: i64) -> [Value<'_>; 3] {
        [Value::text(Some(name.as_bytes())), Value::Integer(number), Value::Absent]
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(
            written(&[row("日本", 1), row("e\u{301}tude", 100)]),
            "name     n  last\n日本     1\ne\u{301}tude  100\n"
        );
    }

    #[test]
    fn a_late_wide_cell_moves_only_its_own_line() {
        let mut rows = vec![row("a", 1); ROWS_MEASURED];
        rows.push(row("a wide cell", 2));
        rows.push(row("b", 3));
        let text = written(&rows);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), ROWS_MEASURED + 3);
        assert_eq!(lines[ROWS_MEASURED..], ["a     1", "a wide cell  2", "b     3"]);
    }
}
