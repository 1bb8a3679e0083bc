//! The words of the command line, and the plan that they make.

mod reading;
mod talking;
mod writing;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{ArgGroup, Parser, Subcommand};
use msncensus::census::Room;
use msncensus::limits::{MEMORY_MAX, RECORD_LEN_MAX};
use msncensus::packet::Timestamp;
use msncensus::run::{Endpoint, Enough, Plan};
use thiserror::Error;

pub(super) use self::talking::Talking;
pub(super) use self::writing::Writing;

#[cfg(feature = "live")]
use super::confine::Confinement;
use super::generated::{CompletionsArgs, ManArgs};
use super::merge::MergeArgs;
use super::output::Choice;
use super::values::{Autostop, Order, ProgressStyle, address, autostop, moment};

/// Of each use one, with what it is for.
pub(super) const EXAMPLES: &str = "  msncensus capture.pcap                     show the census on one screen
  msncensus capture.pcap > exchanges.csv     every request and reply as CSV
  msncensus -o report/ captures/             every table of a directory of captures, and the page
  msncensus -t population -T ndjson *.pcap   one table in another format
  msncensus -r capture.pcap net 192.0.2.0/24 only these packets, as tcpdump filters them
  msncensus merge -o all/ monday/ tuesday/   join what several runs wrote with -o
  msncensus -w found.pcapng captures/        save the connections with exchanges for Wireshark
  msncensus -i eth0 -t exchanges             listen, and write each exchange as it is found";

/// What each exit code means.
pub(super) const EXITS: &str = "0 all read, 1 no result, 2 usage, 3 data lost or doubtful, 130 interrupted";

/// What a program that lacks libpcap says.
#[cfg(not(feature = "live"))]
const NOT_LIVE: &str = "this program was built without live capture";

/// What to do about it.
#[cfg(not(feature = "live"))]
const BUILD_LIVE: &str = "build it with the feature \"live\"";

/// Take a census of MSN Messenger clients from network captures
#[derive(Debug, Parser)]
#[command(version, after_help = format!("Examples:\n{EXAMPLES}\n\nExit: {EXITS}"), max_term_width = 100)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
#[command(group(ArgGroup::new("written").args(["output", "save", "html"]).multiple(true)))]
#[command(group(ArgGroup::new("endless").args(["interface", "follow"])))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Args {
    /// Captures, directories, or - for standard input; with -r or -i, a filter
    #[arg(value_name = "PATH")]
    words: Vec<OsString>,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// Read this capture; what follows without a flag is a filter
    #[arg(short, long, value_name = "FILE")]
    read: Vec<OsString>,
    /// Listen to this interface; what follows without a flag is a filter
    #[arg(short, long, value_name = "IF", conflicts_with_all = ["read", "follow", "save"])]
    interface: Option<String>,
    /// Tell which interfaces there are
    #[arg(short = 'D', long)]
    pub(super) list_interfaces: bool,
    /// Only packets that this BPF filter lets through
    #[arg(short, long, value_name = "EXPR")]
    filter: Option<String>,
    #[command(flatten)]
    pub(super) writing: Writing,
    /// Only packets captured at or after this time: 2003-09-14T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Only packets captured before this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
    /// Save the connections that carried an exchange, as pcapng with remarks
    #[arg(short = 'w', value_name = "FILE", conflicts_with = "follow")]
    save: Option<PathBuf>,
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
    #[arg(short = 'c', value_name = "N", hide_short_help = true, value_parser = clap::value_parser!(u64).range(1..))]
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
    #[command(flatten)]
    pub(super) talking: Talking,
    /// Progress on standard error
    #[arg(long, value_name = "HOW", default_value = "auto", hide_short_help = true)]
    pub(super) progress: ProgressStyle,
}

/// What else the program does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Join what several runs wrote with -o into one census
    Merge(MergeArgs),
    /// Tell a shell how to complete the words of this command line
    Completions(CompletionsArgs),
    /// Write the manual page
    Man(ManArgs),
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
        let mut choice = self.choice(words)?;
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since >= until
        {
            return Err(usage("--since is not before --until", "packets at --until itself are left out").into());
        }
        #[cfg(not(feature = "live"))]
        if self.list_interfaces {
            return Err(usage(NOT_LIVE, BUILD_LIVE).into());
        }
        let privacy = self.writing.pseudonyms()?;
        choice.key = privacy.as_ref().map(|privacy| privacy.fingerprint().to_owned());
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
            step: self.writing.bucket.0,
            memory_max,
            room: if plan.is_endless() { Room::of_memory(memory_max) } else { Room::ENDLESS },
            threads: self.threads.map_or(plan.threads, NonZero::get),
            strict: self.strict,
            enough: self.enough(),
            metrics,
            // Where names are hidden, so is what would tell which conversations are the same.
            edges: self.writing.output.is_some() && privacy.is_none(),
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
