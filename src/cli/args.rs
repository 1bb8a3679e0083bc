//! The words of the command line, and the plan that they make.

mod reading;
mod writing;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{ArgGroup, Parser};
use msncensus::census::{Dimension, Room};
use msncensus::limits::{MEMORY_MAX, RECORD_LEN_MAX};
use msncensus::packet::Timestamp;
use msncensus::run::{Endpoint, Enough, Plan};
use thiserror::Error;

#[cfg(feature = "live")]
use super::confine::Confinement;
use super::output::{Choice, TableName};
use super::privacy::{LevelName, pseudonyms};
use super::values::{
    Autostop, Bucket, ColorWhen, FormatName, Order, ProgressStyle, address, autostop, bucket, dimensions, moment,
};

const EXAMPLES: &str = "\
Examples:
  msncensus capture.pcap                     show the census on one screen
  msncensus capture.pcap > exchanges.csv     every request and reply as CSV
  msncensus -o report/ captures/             every table of a directory of captures, and the page
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
#[command(group(ArgGroup::new("written").args(["output", "save", "html"]).multiple(true)))]
#[command(group(ArgGroup::new("rewritten").args(["output", "html"]).multiple(true)))]
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
    /// Write only these columns of the table, in this order
    #[arg(short = 'e', long, value_name = "A,B", value_delimiter = ',')]
    columns: Vec<String>,
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
    /// Hide who it was: none, mask, pseudonym, drop
    #[arg(long, value_name = "LEVEL", default_value = "none", hide_possible_values = true)]
    privacy: LevelName,
    /// Make pseudonyms with the key in this file, so that they are the same in every run that has it
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(super) key_file: Option<PathBuf>,
    /// Do not guard CSV cells that a spreadsheet would run as formulas
    #[arg(long, hide_short_help = true)]
    verbatim: bool,
    /// Write CSV that Excel opens without loss: byte order mark, CR LF, its form of times, long numbers as text
    #[arg(long, hide_short_help = true)]
    excel: bool,
    /// Save the connections that carried an exchange, as pcapng with remarks
    #[arg(short = 'w', value_name = "FILE", conflicts_with = "follow")]
    save: Option<PathBuf>,
    /// Write the census as one page for a browser
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write over files that are there, and into a directory that is not empty
    #[arg(long, requires = "written")]
    force: bool,
    /// Keep reading a file that grows, or new files in a directory, until Ctrl-C
    #[arg(long)]
    follow: bool,
    /// Show a screen of what is heard, with -i or --follow
    #[arg(long, requires = "endless", hide_short_help = true)]
    pub(super) tui: bool,
    /// Write the tables and the page so far every so many seconds, with -i or --follow
    #[arg(long, value_name = "S", requires = "rewritten", hide_short_help = true)]
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
    #[arg(long, hide_short_help = true, value_name = "ORDER", default_value = "time")]
    order: Order,
    /// Leave out the SHA-256 of the inputs, which takes time
    #[arg(long, hide_short_help = true)]
    no_hash: bool,
    /// Look for the next plausible record after damage
    #[arg(long, hide_short_help = true)]
    recover: bool,
    /// Let the first damaged input end the run
    #[arg(long, hide_short_help = true)]
    strict: bool,
    /// Memory for conversations; beyond it some are given up
    #[arg(long, hide_short_help = true, value_name = "MIB", default_value_t = MEMORY_MAX >> 20)]
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
        let privacy = pseudonyms(self.privacy.into(), self.key_file.as_deref())?;
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
            privacy,
            ..plan
        };
        Ok((plan, choice))
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
}

/// Where metrics are told.
fn endpoint(address: SocketAddr) -> Result<Endpoint> {
    Endpoint::bind(address).with_context(|| format!("cannot serve metrics at {address}"))
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
