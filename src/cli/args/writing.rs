//! What to write, and where.

use std::ffi::OsString;
use std::path::PathBuf;

use msncensus::census::Dimension;
use msncensus::report::Format;

use super::super::output::{Choice, Destination, SingleFile, TableName};
use super::super::stdout_is_terminal;
use super::super::typed::{abridged, shell_words, typed};
use super::super::values::FormatName;
use super::{Args, UsageError, usage};

impl Args {
    /// What to write, and where: on a terminal the summary, in a pipe the exchanges, unless told otherwise.
    pub(super) fn choice(&self, words: &[OsString]) -> Result<Choice, UsageError> {
        let format = match self.format {
            Some(FormatName::Table) => Format::Table,
            Some(FormatName::Ndjson) => Format::Ndjson,
            Some(FormatName::Csv) | None => Format::Csv { verbatim: self.verbatim },
        };
        let destination = match (&self.output, self.table) {
            (Some(directory), _) => Destination::Directory { path: directory.clone(), force: self.force },
            (None, Some(TableName::Summary)) if self.format.is_some() => {
                return Err(usage("the summary has no formats", "leave out -T, or choose a table with -t"));
            }
            (None, Some(table)) => Destination::Stdout(table),
            (None, None) if stdout_is_terminal() && self.format.is_none() => Destination::Stdout(TableName::Summary),
            (None, None) => Destination::Stdout(TableName::Exchanges),
        };
        if self.tui && stdout_is_terminal() && matches!(destination, Destination::Stdout(TableName::Exchanges)) {
            let hint = "write the exchanges to a file (> exchanges.csv), or all tables into a directory (-o DIR)";
            return Err(usage("--tui: rows and the screen would be mixed", hint));
        }
        let command = format!("msncensus -o DIR {}", abridged(shell_words(words)));
        let file = |path: &PathBuf, content| SingleFile { path: path.clone(), force: self.force, content };
        Ok(Choice {
            destination,
            packets: self.save.as_ref().map(|path| file(path, "the packets")),
            page: self.html.as_ref().map(|path| file(path, "the page")),
            format,
            raw: self.raw,
            by: self.dimensions(),
            top: self.top.map_or(usize::MAX, |top| usize::try_from(top).unwrap_or(usize::MAX)),
            color: self.color.into(),
            command,
            typed: typed(words),
        })
    }

    /// The dimensions that are asked for, each once; all of them if none is.
    fn dimensions(&self) -> Vec<Dimension> {
        let mut asked = Vec::new();
        for dimension in &self.by {
            if !asked.contains(dimension) {
                asked.push(*dimension);
            }
        }
        if asked.is_empty() { Dimension::ALL.into() } else { asked }
    }
}
