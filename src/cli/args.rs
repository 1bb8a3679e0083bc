//! The words of the command line, and the plan that they make.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::{Path, PathBuf};

#[cfg(feature = "live")]
use anyhow::Error;
use anyhow::{Context, Result};
use clap::{ArgGroup, Parser};
use msncensus::capture::{Follow, Input, ReadOptions, Source, by_first_time, list};
use msncensus::census::{Dimension, Room};
use msncensus::limits::{MEMORY_MAX, RECORD_LEN_MAX};
use msncensus::packet::Timestamp;
use msncensus::report::Format;
use msncensus::run::{Endpoint, Enough, Plan};
#[cfg(feature = "live")]
use msncensus::{
    capture::{LiveErrorKind, LiveOptions},
    run::open_live,
};
use thiserror::Error;

#[cfg(feature = "live")]
use super::confine::Confinement;
#[cfg(feature = "live")]
use super::filters::compile;
use super::filters::is_filter;
use super::output::{Choice, Destination, PacketsFile, TableName};
use super::stdout_is_terminal;
use super::typed::{abridged, join, quoted, shell_words};
use super::values::{
    Autostop, Bucket, ColorWhen, FormatName, Order, ProgressStyle, address, autostop, bucket, dimensions, moment,
};

const EXAMPLES: &str = "\
Examples:
  msncensus capture.pcap                     show the census on one screen
  msncensus capture.pcap > exchanges.csv     every request and reply as CSV
  msncensus -o report/ captures/             every table of a directory of captures
  msncensus -t population -T ndjson *.pcap   one table in another format
  msncensus -t timeline --by total a.pcap    when the clients came
  msncensus -r capture.pcap net 192.0.2.0/24 only these packets, as tcpdump filters them
  ssh gate tcpdump -w - | msncensus -        read from a pipe
  msncensus -w found.pcapng captures/        save the connections with exchanges for Wireshark
  msncensus -i eth0 -t exchanges             listen, and write each exchange as it is found

Exit: 0 all read, 1 no result, 2 usage, 3 data lost or doubtful, 130 interrupted";

/// What a program that lacks libpcap says.
#[cfg(not(feature = "live"))]
const NOT_LIVE: &str = "this program was built without live capture";

/// What to do about it.
#[cfg(not(feature = "live"))]
const BUILD_LIVE: &str = "build it with the feature \"live\"";

/// Take a census of MSN Messenger clients from network captures
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES, max_term_width = 100)]
#[command(group(ArgGroup::new("written").args(["output", "save"]).multiple(true)))]
#[command(group(ArgGroup::new("endless").args(["interface", "follow"])))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Args {
    /// Captures, directories, or - for standard input; with -r or -i, a filter
    #[arg(value_name = "PATH")]
    words: Vec<OsString>,
    /// Read this capture; what follows without a flag is a filter
    #[arg(short, long, value_name = "FILE")]
    read: Vec<OsString>,
    /// Listen to this interface until Ctrl-C; what follows without a flag is a filter
    #[arg(short, long, value_name = "IF", conflicts_with_all = ["read", "follow", "save"])]
    interface: Option<String>,
    /// Tell which interfaces there are
    #[arg(short = 'D', long)]
    pub(super) list_interfaces: bool,
    /// Only packets that this BPF filter lets through
    #[arg(short, long, value_name = "EXPR")]
    filter: Option<String>,
    /// Write every table into this directory
    #[arg(short, long, value_name = "DIR", conflicts_with = "table")]
    pub(super) output: Option<PathBuf>,
    /// Write this table to standard output
    #[arg(short, long, value_name = "NAME")]
    table: Option<TableName>,
    /// Format of tables
    #[arg(short = 'T', long, value_name = "FORMAT")]
    format: Option<FormatName>,
    /// Tell population and timeline by these dimensions alone, in this order
    #[arg(long, value_name = "DIM,...", value_delimiter = ',', value_parser = dimensions(), hide_possible_values = true)]
    by: Vec<Dimension>,
    /// Tell only the N commonest values of each; the others are left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    top: Option<u64>,
    /// Steps of the timeline: 10s 5m 1h 1d, auto: at most 300
    #[arg(long, value_name = "STEP", default_value = "auto", value_parser = bucket)]
    bucket: Bucket,
    /// Only packets captured at or after this time: 2003-09-14T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Only packets captured before this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
    /// Add the lines as sent to the exchanges
    #[arg(long)]
    raw: bool,
    /// Do not guard CSV cells that a spreadsheet would run as formulas
    #[arg(long, hide_short_help = true)]
    verbatim: bool,
    /// Save the connections that carried an exchange, as pcapng with remarks
    #[arg(short = 'w', value_name = "FILE", conflicts_with = "follow")]
    save: Option<PathBuf>,
    /// Write into a directory that is not empty, over tables of the same names; over the FILE of -w
    #[arg(long, requires = "written")]
    force: bool,
    /// Keep reading a file that grows, or new files in a directory, until Ctrl-C
    #[arg(long)]
    follow: bool,
    /// Show a screen of what is heard, with -i or --follow
    #[arg(long, requires = "endless", hide_short_help = true)]
    pub(super) tui: bool,
    /// Write the tables so far every so many seconds, with -i or --follow
    #[arg(long, value_name = "S", requires = "output", hide_short_help = true)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) checkpoint: Option<u64>,
    /// End after so many packets
    #[arg(short = 'c', value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// End after duration:SECONDS, packets:N or exchanges:N
    #[arg(short = 'a', long, value_name = "WHAT:N", value_parser = autostop)]
    autostop: Vec<Autostop>,
    /// Bytes of each packet to capture
    #[arg(short, long, value_name = "BYTES", default_value_t = RECORD_LEN_MAX, requires = "interface", hide_short_help = true)]
    #[arg(value_parser = clap::value_parser!(u32).range(64..=i64::from(RECORD_LEN_MAX)))]
    snaplen: u32,
    /// Hear only what is sent to this machine and by it
    #[arg(short = 'p', long, requires = "interface", hide_short_help = true)]
    no_promiscuous: bool,
    /// The kernel's buffer for packets
    #[arg(short = 'B', long, value_name = "MIB", default_value_t = 64, requires = "interface", hide_short_help = true)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=2047))]
    buffer: u32,
    /// Serve metrics for Prometheus at this address and port, under /metrics
    #[arg(long, value_name = "ADDR", requires = "endless", value_parser = address, hide_short_help = true)]
    metrics: Option<SocketAddr>,
    #[cfg(feature = "live")]
    #[command(flatten)]
    pub(super) confinement: Confinement,
    /// Order of the inputs
    #[arg(long, value_name = "ORDER", default_value = "time")]
    order: Order,
    /// Look for the next plausible record after damage
    #[arg(long, hide_short_help = true)]
    recover: bool,
    /// Let the first damaged input end the run
    #[arg(long, hide_short_help = true)]
    strict: bool,
    /// Memory for conversations; beyond it some are given up
    #[arg(long, value_name = "MIB", default_value_t = MEMORY_MAX >> 20)]
    max_memory: usize,
    /// Threads; the output never depends on it [default: one a processor]
    #[arg(short = 'j', value_name = "N", hide_short_help = true)]
    threads: Option<NonZero<usize>>,
    /// Say nothing but errors
    #[arg(short, long)]
    pub(super) quiet: bool,
    /// Say what was counted
    #[arg(short, long, conflicts_with = "quiet")]
    pub(super) verbose: bool,
    /// Colours
    #[arg(long, hide_short_help = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: ColorWhen,
    /// Progress on standard error
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub(super) progress: ProgressStyle,
}

/// The command line makes no sense: exit code 2.
#[derive(Debug, Error)]
#[error("{what}")]
pub(crate) struct UsageError {
    pub(super) what: String,
    /// What to do about it.
    pub(super) hint: Option<String>,
}

pub(super) fn usage(what: impl Into<String>, hint: impl Into<String>) -> UsageError {
    UsageError { what: what.into(), hint: Some(hint.into()) }
}

impl Args {
    /// What to read and what to write. `words` is the whole command line, for the command that the summary shows.
    pub(super) fn plan(&self, words: &[OsString]) -> Result<(Plan, Choice)> {
        let choice = self.choice(words)?;
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since >= until
        {
            return Err(usage("--since is not before --until", "packets at --until itself are left out").into());
        }
        #[cfg(not(feature = "live"))]
        if self.list_interfaces {
            return Err(usage(NOT_LIVE, BUILD_LIVE).into());
        }
        // What cannot be had is told before anything is listened to.
        let metrics = self.metrics.map(endpoint).transpose()?;
        let plan = match &self.interface {
            Some(interface) => self.listen(interface)?,
            None => self.read()?,
        };
        if self.checkpoint.is_some() && !plan.is_endless() {
            return Err(
                usage("--checkpoint without -i or --follow", "the tables of files are written in the end").into()
            );
        }
        let memory_max = self.max_memory.saturating_mul(1 << 20);
        let plan = Plan {
            since: self.since,
            until: self.until,
            step: self.bucket.0,
            memory_max,
            room: if plan.is_endless() { Room::of_memory(memory_max) } else { Room::ENDLESS },
            threads: self.threads.map_or(plan.threads, NonZero::get),
            strict: self.strict,
            enough: self.enough(),
            metrics,
            ..plan
        };
        Ok((plan, choice))
    }

    /// What to read.
    fn read(&self) -> Result<Plan, UsageError> {
        let (inputs, filter) = self.inputs_and_filter()?;
        if inputs.iter().any(|word| word == "-") && std::io::stdin().is_terminal() {
            return Err(usage("standard input is a terminal", "pipe a capture into it: tcpdump -w - | msncensus -"));
        }
        #[cfg(not(feature = "live"))]
        if filter.is_some() {
            return Err(usage("this program was built without filters", BUILD_LIVE));
        }
        let options = ReadOptions { recover: self.recover };
        let follow = if self.follow { Some(follow(inputs, options)?) } else { None };
        let inputs = if self.follow { Vec::new() } else { list(inputs.iter().cloned()) };
        if let Some(file) = &self.save {
            refuse_to_save(file, &inputs)?;
        }
        let inputs = match self.order {
            Order::Time => by_first_time(inputs),
            Order::Given => inputs,
        };
        Ok(Plan {
            #[cfg(feature = "live")]
            filter: filter.as_deref().map(compile).transpose()?,
            options,
            follow,
            ..Plan::new(inputs)
        })
    }

    /// What to listen to: it is opened, and what comes from now on is kept until it is looked at.
    #[cfg(feature = "live")]
    fn listen(&self, interface: &str) -> Result<Plan> {
        let options = LiveOptions {
            interface: interface.to_owned(),
            filter: self.filter_in_words()?,
            snap_len: self.snaplen,
            promiscuous: !self.no_promiscuous,
            buffer_len: self.buffer << 20,
        };
        let live = open_live(&options).map_err(|error| match error.kind {
            LiveErrorKind::Filter(error) => Error::new(UsageError { what: error.to_string(), hint: None }),
            _ => Error::new(error),
        })?;
        Ok(Plan { live: Some(live), ..Plan::new(Vec::new()) })
    }

    #[cfg(not(feature = "live"))]
    #[expect(clippy::unused_self, reason = "live capture needs libpcap")]
    fn listen(&self, _: &str) -> Result<Plan> {
        Err(usage(NOT_LIVE, BUILD_LIVE).into())
    }

    /// When to end before all is read.
    fn enough(&self) -> Enough {
        let mut enough = Enough { packets: self.count, ..Enough::default() };
        let least = |known: Option<u64>, count: u64| Some(known.map_or(count, |known| known.min(count)));
        for autostop in &self.autostop {
            match *autostop {
                Autostop::Packets(count) => enough.packets = least(enough.packets, count),
                Autostop::Exchanges(count) => enough.exchanges = least(enough.exchanges, count),
                Autostop::Duration(time) => {
                    enough.duration = Some(enough.duration.map_or(time, |known| known.min(time)));
                }
            }
        }
        enough
    }

    /// The words are inputs, or with `-r` a filter. Either may have been meant for the other.
    fn inputs_and_filter(&self) -> Result<(&[OsString], Option<String>), UsageError> {
        if self.read.is_empty() {
            self.refuse_filter_as_inputs()?;
            return Ok((&self.words, self.filter.clone()));
        }
        Ok((&self.read, self.filter_in_words()?))
    }

    /// The filter behind `-f`, or that of the words, where they are no inputs.
    fn filter_in_words(&self) -> Result<Option<String>, UsageError> {
        if self.words.is_empty() {
            return Ok(self.filter.clone());
        }
        if let Some(path) = self.words.iter().find(|word| Path::new(word).is_file()) {
            let hint = match self.interface {
                Some(_) => "with -i, words are a filter: read captures and listen in two runs",
                None => "with -r, words are a filter: give every capture its own -r, or leave -r out",
            };
            return Err(usage(format!("{}: a file where a filter is expected", path.display()), hint));
        }
        if self.filter.is_some() {
            return Err(usage("two filters", "give the filter with -f or as the last words, not both"));
        }
        Ok(Some(join(&self.words)))
    }

    /// Without `-r`, words that name nothing and would be a filter were most likely meant as one.
    fn refuse_filter_as_inputs(&self) -> Result<(), UsageError> {
        if self.words.is_empty() {
            return Err(usage(
                "nothing to read",
                "name captures or directories, or - for standard input; -h tells more",
            ));
        }
        let is_input = |word: &&OsString| *word == "-" || Path::new(word).exists();
        let (inputs, missing): (Vec<_>, Vec<_>) = self.words.iter().partition(is_input);
        let expression = join(&missing);
        if !is_filter(&expression) {
            return Ok(());
        }
        let capture = inputs.first().map_or_else(|| "FILE".to_owned(), |input| quoted(input));
        Err(usage(
            format!("{expression}: no such file, but it would be a filter"),
            format!("name captures with -r in front of a filter: msncensus -r {capture} {expression}"),
        ))
    }

    /// What to write, and where: on a terminal the summary, in a pipe the exchanges, unless told otherwise.
    fn choice(&self, words: &[OsString]) -> Result<Choice, UsageError> {
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
        let packets = self.save.clone().map(|path| PacketsFile { path, force: self.force });
        Ok(Choice {
            destination,
            packets,
            format,
            raw: self.raw,
            by: self.dimensions(),
            top: self.top.map_or(usize::MAX, |top| usize::try_from(top).unwrap_or(usize::MAX)),
            color: self.color.into(),
            command,
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

/// Where metrics are told.
fn endpoint(address: SocketAddr) -> Result<Endpoint> {
    Endpoint::bind(address).with_context(|| format!("cannot serve metrics at {address}"))
}

/// The one thing that is followed.
fn follow(inputs: &[OsString], options: ReadOptions) -> Result<Follow, UsageError> {
    let hint = "start one msncensus for each file or directory that grows";
    let [input] = inputs else { return Err(usage("--follow follows one file or directory", hint)) };
    if input == "-" {
        return Err(usage("standard input needs no --follow", "it is read until it ends: leave --follow out"));
    }
    Follow::new(Path::new(input), options).map_err(|error| usage(error.to_string(), hint))
}

/// Packets are saved on a second reading of the inputs, which neither a pipe nor an input that is overwritten allows.
fn refuse_to_save(file: &Path, inputs: &[Input]) -> Result<(), UsageError> {
    if file.as_os_str() == "-" {
        return Err(usage("-w writes a file, not standard output", "standard output is for tables: name a file"));
    }
    let saved = file.canonicalize().ok();
    for input in inputs {
        let path = match input {
            Input::Ready(Source::Path(path)) if !path.is_file() => {
                return Err(not_twice(&path.display().to_string()));
            }
            Input::Ready(Source::Stdin) => return Err(not_twice("standard input")),
            Input::Ready(Source::Path(path)) | Input::Skipped { path, .. } => path,
            Input::Failed(_) => continue,
        };
        if saved.is_some() && path.canonicalize().ok() == saved {
            let what = format!("{}: -w would overwrite what is to be read", file.display());
            return Err(usage(what, "give another name for the packets"));
        }
    }
    Ok(())
}

fn not_twice(input: &str) -> UsageError {
    let what = format!("{input}: -w cannot be used with a pipe: packets are saved on a second reading");
    usage(what, "write it to a file first, and read that")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
