//! What to write, and where.

use std::ffi::OsString;
use std::path::PathBuf;

use msncensus::census::Dimension;
use msncensus::report::{CsvOptions, Format};

use super::super::output::{Beginning, Choice, Columns, Destination, SingleFile, TableName, UnknownColumn};
use super::super::stdout_is_terminal;
use super::super::typed::{abridged, shell_words, typed};
use super::super::values::FormatName;
use super::{Args, UsageError, usage};

impl Args {
    /// What to write, and where: on a terminal the summary, in a pipe the exchanges, unless told otherwise.
    pub(super) fn choice(&self, words: &[OsString]) -> Result<Choice, UsageError> {
        let format = self.table_format()?;
        // Who says what a table is to look like wants one.
        let wants_table = self.format.is_some() || self.excel || !self.columns.is_empty();
        let destination = match (&self.output, self.table) {
            (Some(directory), _) => Destination::Directory { path: directory.clone(), force: self.force },
            (None, Some(TableName::Summary)) if wants_table => {
                let hint = "leave out -T, -e and --excel, or choose a table with -t";
                return Err(usage("the summary has no formats and no columns", hint));
            }
            (None, Some(table)) => Destination::Stdout(table),
            (None, None) if stdout_is_terminal() && !wants_table => Destination::Stdout(TableName::Summary),
            (None, None) => Destination::Stdout(TableName::Exchanges),
        };
        if self.tui && stdout_is_terminal() && matches!(destination, Destination::Stdout(TableName::Exchanges)) {
            let hint = "write the exchanges to a file (> exchanges.csv), or all tables into a directory (-o DIR)";
            return Err(usage("--tui: rows and the screen would be mixed", hint));
        }
        #[cfg(feature = "parquet")]
        if format == Format::Parquet {
            self.refuse_parquet_in_parts(&destination)?;
        }
        let command = format!("msncensus -o DIR {}", abridged(shell_words(words)));
        let file = |path: &PathBuf, content| SingleFile { path: path.clone(), force: self.force, content };
        Ok(Choice {
            columns: self.columns_of(&destination)?,
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
            beginning: self.beginning(words),
        })
    }

    /// What the manifest is to tell of what is read.
    fn beginning(&self, words: &[OsString]) -> Beginning {
        let filters = self.interface.is_some() || !self.read.is_empty();
        // One that makes no sense is told where it is used.
        let filter = if filters { self.filter_in_words().ok().flatten() } else { self.filter.clone() };
        Beginning::now(words).reading(self.interface.clone(), filter, [self.since, self.until])
    }

    /// Whether the inputs are hashed: where a record is made of them.
    pub(super) fn hashes(&self) -> bool {
        !self.no_hash && (self.output.is_some() || self.html.is_some() || self.table == Some(TableName::Inputs))
    }

    pub(super) fn table_format(&self) -> Result<Format, UsageError> {
        if self.excel && self.format.is_some_and(|format| format != FormatName::Csv) {
            return Err(usage("--excel is for CSV", "leave out either -T or --excel"));
        }
        match self.format {
            Some(FormatName::Table) => Ok(Format::Table),
            Some(FormatName::Ndjson) => Ok(Format::Ndjson),
            #[cfg(feature = "parquet")]
            Some(FormatName::Parquet) => Ok(Format::Parquet),
            #[cfg(not(feature = "parquet"))]
            Some(FormatName::Parquet) => {
                Err(usage("this program was built without Parquet", "build it with the feature \"parquet\""))
            }
            Some(FormatName::Csv) | None => Ok(Format::Csv(CsvOptions { verbatim: self.verbatim, excel: self.excel })),
        }
    }

    /// Parquet is a table from its last byte on, and nothing that a person reads.
    #[cfg(feature = "parquet")]
    fn refuse_parquet_in_parts(&self, destination: &Destination) -> Result<(), UsageError> {
        let is_endless = self.follow || self.interface.is_some();
        match destination {
            Destination::Stdout(_) if stdout_is_terminal() => {
                Err(usage("-T parquet: not to a terminal", "write it to a file: > exchanges.parquet"))
            }
            Destination::Stdout(TableName::Exchanges) if is_endless => {
                let hint = "write NDJSON, or all tables into a directory (-o DIR)";
                Err(usage("-T parquet: rows cannot be handed on as they are found", hint))
            }
            Destination::Directory { .. } if self.checkpoint.is_some() => {
                let hint = "write CSV or NDJSON, or let periods end (SIGHUP)";
                Err(usage("-T parquet: a table cannot be written again and again as it grows", hint))
            }
            _ => Ok(()),
        }
    }

    /// The columns that are asked for.
    fn columns_of(&self, destination: &Destination) -> Result<Columns, UsageError> {
        let Destination::Stdout(table) = destination else {
            let hint = "choose one table: -t exchanges -e ts,client_ver > exchanges.csv";
            let error = usage("-e is for one table, and -o writes all of them", hint);
            return if self.columns.is_empty() { Ok(Columns::default()) } else { Err(error) };
        };
        let Some(schema) = table.schema(self.raw) else { return Ok(Columns::default()) };
        Columns::of(&self.columns, &schema).map_err(|UnknownColumn { name, near }| {
            let what = format!("{} has no column \"{name}\"", schema.name);
            let raw = ["raw_request", "raw_reply"].contains(&name.as_str()) && *table == TableName::Exchanges;
            let names: Vec<_> = schema.columns.iter().map(|column| column.name).collect();
            let hint = match near {
                _ if raw => "--raw adds it".to_owned(),
                Some(near) => format!("perhaps {near}; there are {}", names.join(" ")),
                None => format!("there are {}", names.join(" ")),
            };
            usage(what, hint)
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
