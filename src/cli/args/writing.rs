//! What to write, and where.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anstream::ColorChoice;
use anyhow::Result;
use clap::ArgGroup;
use msncensus::census::Dimension;
use msncensus::privacy::Pseudonyms;
use msncensus::report::{CsvOptions, Format};

use super::super::output::{Beginning, Choice, Columns, Destination, SingleFile, TableName, UnknownColumn};
use super::super::privacy::{LevelName, pseudonyms};
use super::super::stdout_is_terminal;
use super::super::typed::{abridged, shell_words, typed};
use super::super::values::{Bucket, FormatName, bucket, dimensions};
use super::{Args, UsageError, usage};

/// What of a census to write, where and how.
#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("rewritten").args(["output", "html"]).multiple(true)))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Writing {
    /// Write every table into this directory
    #[arg(short, long, value_name = "DIR", conflicts_with = "table")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Write this table to standard output
    #[arg(short, long, value_name = "NAME")]
    pub(in crate::cli) table: Option<TableName>,
    /// Format of tables
    #[arg(short = 'T', long, value_name = "FORMAT")]
    pub(in crate::cli) format: Option<FormatName>,
    /// Write only these columns of the table, in this order
    #[arg(short = 'e', long, value_name = "A,B", value_delimiter = ',')]
    pub(in crate::cli) columns: Vec<String>,
    /// Tell population and timeline by these dimensions alone, in this order
    #[arg(long, value_name = "DIM,...", value_delimiter = ',', value_parser = dimensions(), hide_possible_values = true)]
    pub(in crate::cli) by: Vec<Dimension>,
    /// Tell only the N commonest values of each; the others are left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(in crate::cli) top: Option<u64>,
    /// Steps of the timeline: 10s 5m 1h 1d, auto: at most 300
    #[arg(long, value_name = "STEP", default_value = "auto", hide_short_help = true, value_parser = bucket)]
    pub(in crate::cli) bucket: Bucket,
    /// Add the lines as sent to the exchanges
    #[arg(long)]
    pub(in crate::cli) raw: bool,
    /// Hide who it was: none, mask, pseudonym, drop
    #[arg(long, value_name = "LEVEL", default_value = "none", hide_possible_values = true)]
    pub(in crate::cli) privacy: LevelName,
    /// Make pseudonyms with the key in this file, so that they are the same in every run that has it
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(in crate::cli) key_file: Option<PathBuf>,
    /// Do not guard CSV cells that a spreadsheet would run as formulas
    #[arg(long, hide_short_help = true)]
    pub(in crate::cli) verbatim: bool,
    /// Write CSV that Excel opens without loss: byte order mark, CR LF, its form of times, long numbers as text
    #[arg(long, hide_short_help = true)]
    pub(in crate::cli) excel: bool,
    /// Write the census as one page for a browser
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) html: Option<PathBuf>,
    /// Write over files that are there, and into a directory that is not empty
    #[arg(long, requires = "written")]
    pub(in crate::cli) force: bool,
}

impl Writing {
    /// What to write, and where: on a terminal the summary, in a pipe the exchanges, unless told otherwise. `words` is the whole
    /// command line.
    pub(in crate::cli) fn choice(&self, words: &[OsString], color: ColorChoice) -> Result<Choice, UsageError> {
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
        #[cfg(feature = "parquet")]
        if format == Format::Parquet && matches!(destination, Destination::Stdout(_)) && stdout_is_terminal() {
            return Err(usage("-T parquet: not to a terminal", "write it to a file: > exchanges.parquet"));
        }
        Ok(Choice {
            columns: self.columns_of(&destination)?,
            destination,
            packets: None,
            page: self.html.as_ref().map(|path| self.file(path, "the page")),
            format,
            raw: self.raw,
            by: self.dimensions(),
            top: self.top.map_or(usize::MAX, |top| usize::try_from(top).unwrap_or(usize::MAX)),
            color,
            command: with_directory(words),
            typed: typed(words),
            key: None,
            beginning: Beginning::now(words),
        })
    }

    /// The pseudonyms that are asked for.
    pub(in crate::cli) fn pseudonyms(&self) -> Result<Option<Pseudonyms>> {
        pseudonyms(self.privacy.into(), self.key_file.as_deref())
    }

    fn file(&self, path: &Path, content: &'static str) -> SingleFile {
        SingleFile { path: path.to_owned(), force: self.force, content }
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

/// The command that writes every table: that of `words`, of which the first may be a command of its own.
fn with_directory(words: &[OsString]) -> String {
    match words.split_first() {
        Some((first, others)) if first == "merge" => {
            format!("msncensus merge -o DIR {}", abridged(shell_words(others)))
        }
        _ => format!("msncensus -o DIR {}", abridged(shell_words(words))),
    }
}

impl Args {
    /// What to write, and where.
    pub(super) fn choice(&self, words: &[OsString]) -> Result<Choice, UsageError> {
        let choice = self.writing.choice(words, self.talking.color.into())?;
        let rows_to_stdout = matches!(choice.destination, Destination::Stdout(TableName::Exchanges));
        if self.tui && stdout_is_terminal() && rows_to_stdout {
            let hint = "write the exchanges to a file (> exchanges.csv), or all tables into a directory (-o DIR)";
            return Err(usage("--tui: rows and the screen would be mixed", hint));
        }
        #[cfg(feature = "parquet")]
        if choice.format == Format::Parquet {
            self.refuse_parquet_in_parts(&choice.destination)?;
        }
        let packets = self.save.as_ref().map(|path| self.writing.file(path, "the packets"));
        Ok(Choice { packets, beginning: self.reading(choice.beginning), ..choice })
    }

    /// What the manifest is to tell, also of what is read.
    fn reading(&self, beginning: Beginning) -> Beginning {
        let filters = self.interface.is_some() || !self.read.is_empty();
        // One that makes no sense is told where it is used.
        let filter = if filters { self.filter_in_words().ok().flatten() } else { self.filter.clone() };
        beginning.reading(self.interface.clone(), filter, [self.since, self.until])
    }

    /// Whether the inputs are hashed: where a record is made of them.
    pub(super) fn hashes(&self) -> bool {
        let Writing { output, html, table, .. } = &self.writing;
        !self.no_hash && (output.is_some() || html.is_some() || *table == Some(TableName::Inputs))
    }

    /// Parquet is a table from its last byte on, and nothing that a person reads.
    #[cfg(feature = "parquet")]
    fn refuse_parquet_in_parts(&self, destination: &Destination) -> Result<(), UsageError> {
        let is_endless = self.follow || self.interface.is_some();
        match destination {
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
}
