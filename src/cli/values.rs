//! What may stand behind the flags of the command line.

use std::net::SocketAddr;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use msncensus::census::{Dimension, Step};
use msncensus::packet::Timestamp;

/// The order of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Order {
    // By their first packets, so that connections cross rotated files.
    Time,
    // As given; directories by name.
    Given,
}

/// The steps of the timeline; `None` is one that fits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket(pub(super) Option<Step>);

/// The formats of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatName {
    Table,
    Csv,
    Ndjson,
    Parquet,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorWhen {
    Auto,
    Always,
    Never,
}

/// How to show progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ProgressStyle {
    Auto,
    Bar,
    Plain,
    None,
}

impl From<ColorWhen> for anstream::ColorChoice {
    fn from(when: ColorWhen) -> Self {
        match when {
            ColorWhen::Auto => Self::Auto,
            ColorWhen::Always => Self::Always,
            ColorWhen::Never => Self::Never,
        }
    }
}

/// Reads the name of a dimension.
pub(super) fn dimensions() -> impl TypedValueParser<Value = Dimension> {
    let words = PossibleValuesParser::new(Dimension::ALL.map(Dimension::word));
    words.try_map(|word| {
        let is_named = |dimension: &Dimension| dimension.word() == word;
        Dimension::ALL.into_iter().find(is_named).ok_or("no dimension")
    })
}

/// Reads a step of the timeline.
pub(super) fn bucket(text: &str) -> Result<Bucket, &'static str> {
    match text {
        "auto" => Ok(Bucket(None)),
        text => Step::parse(text).map(|step| Bucket(Some(step))).ok_or("write it as 10s, 5m, 1h, 1d or auto"),
    }
}

/// Reads a moment in RFC 3339.
pub(super) fn moment(text: &str) -> Result<Timestamp, &'static str> {
    let moment: jiff::Timestamp =
        text.parse().map_err(|_| "write it as 2003-09-14T12:00:00Z or 2003-09-14T14:00:00+02:00")?;
    let parts = Timestamp::from_parts(moment.as_second(), moment.subsec_nanosecond().into());
    parts.ok_or("a packet can be captured from 1677 to 2262")
}

/// Reads an address with a port. Names are not looked up: that would depend on other machines.
pub(super) fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write it as 127.0.0.1:9863 or [::1]:9863")
}

/// What ends the run before its inputs do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Autostop {
    Duration(Duration),
    Packets(u64),
    Exchanges(u64),
}

/// Reads what ends the run: `duration:60`, `packets:1000` or `exchanges:10`.
pub(super) fn autostop(text: &str) -> Result<Autostop, &'static str> {
    let usage = "write it as duration:60 (seconds), packets:1000 or exchanges:10";
    let (what, number) = text.split_once(':').ok_or(usage)?;
    let count = || number.parse::<u64>().ok().filter(|count| *count > 0).ok_or(usage);
    match what {
        "duration" => number
            .parse()
            .ok()
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .map(Autostop::Duration)
            .ok_or(usage),
        "packets" => count().map(Autostop::Packets),
        "exchanges" => count().map(Autostop::Exchanges),
        _ => Err(usage),
    }
}
