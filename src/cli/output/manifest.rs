//! `manifest.json`: what was run, on what, how it ended, and what it wrote.
//!
//! It is the last file of a directory that gets its name. Names of inputs are those of the table of inputs.

use std::ffi::OsString;

use jiff::Timestamp;
use msncensus::packet::Timestamp as PacketTime;
use msncensus::report::{InputRow, SCHEMA_VERSION};
use msncensus::run::Findings;
use msncensus::text::printable;
use serde::Serialize;
use serde_json::{Map, Value};

use super::directory::Written;

/// What is known of a run before it begins.
#[derive(Clone, Debug)]
pub(crate) struct Beginning {
    command: Vec<String>,
    pub(super) started: Timestamp,
    interface: Option<String>,
    filter: Option<String>,
    since: Option<String>,
    until: Option<String>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// It goes on, and these tables will be replaced.
    Running,
    /// It goes on, and these tables are all of a period that has ended.
    PeriodEnded,
    /// It has ended.
    Ended,
}

#[derive(Serialize)]
struct Manifest<'a> {
    schema_version: u32,
    program: &'static str,
    version: &'static str,
    command: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<&'a str>,
    privacy: &'static str,
    /// The fingerprint of the key of its pseudonyms.
    #[serde(skip_serializing_if = "Option::is_none")]
    privacy_key: Option<&'a str>,
    started: String,
    written: String,
    state: State,
    exit_code: Option<u8>,
    interrupted: bool,
    doubtful: bool,
    exchanges: u64,
    warnings: Vec<String>,
    inputs: Vec<Input>,
    counters: Map<String, Value>,
    files: Vec<File<'a>>,
}

#[derive(Serialize)]
struct Input {
    path: String,
    status: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    error: String,
    bytes: u64,
    sha256: Option<String>,
    packets: u64,
    first_seen: Option<String>,
    last_seen: Option<String>,
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    rows: Option<u64>,
    bytes: u64,
    sha256: String,
}

impl Beginning {
    /// Now, with these words, of which the first is the program.
    pub(crate) fn now(words: &[OsString]) -> Self {
        let command =
            std::iter::once("msncensus".to_owned()).chain(words.iter().map(|word| shown(&word.to_string_lossy())));
        let started = Timestamp::now();
        Self { command: command.collect(), started, interface: None, filter: None, since: None, until: None }
    }

    /// The same, with what was to be read.
    pub(crate) fn reading(
        self,
        interface: Option<String>,
        filter: Option<String>,
        [since, until]: [Option<PacketTime>; 2],
    ) -> Self {
        let (since, until) = (since.map(moment), until.map(moment));
        Self { interface, filter, since, until, ..self }
    }

    /// The manifest of a run that has come so far and has written these files, as JSON; `key` is the fingerprint of that with
    /// which names were hidden.
    pub(super) fn manifest(
        &self,
        found: &Findings,
        (state, exit_code): (State, Option<u8>),
        key: Option<&str>,
        files: &[Written],
    ) -> String {
        let counters = found.stats.counters().map(|(name, count)| (name.to_owned(), count.into()));
        let manifest = Manifest {
            schema_version: SCHEMA_VERSION,
            program: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            command: &self.command,
            interface: self.interface.as_deref(),
            filter: self.filter.as_deref(),
            since: self.since.as_deref(),
            until: self.until.as_deref(),
            privacy: found.context.level.word(),
            privacy_key: key,
            started: self.started.to_string(),
            written: Timestamp::now().to_string(),
            state,
            exit_code,
            interrupted: found.interrupted,
            doubtful: found.doubtful,
            exchanges: found.exchanges,
            warnings: found.warnings.iter().map(|warning| shown(warning)).collect(),
            inputs: found.inputs.iter().map(Input::of).collect(),
            counters: counters.collect(),
            files: files.iter().map(File::of).collect(),
        };
        // Nothing in it can fail to be JSON.
        serde_json::to_string_pretty(&manifest).unwrap_or_default() + "\n"
    }
}

impl Input {
    fn of(row: &InputRow) -> Self {
        Self {
            path: shown(&row.input),
            status: row.status.word(),
            error: shown(&row.error),
            bytes: row.bytes,
            sha256: Some(row.sha256.clone()).filter(|hash| !hash.is_empty()),
            packets: row.packets,
            first_seen: row.first_seen.map(moment),
            last_seen: row.last_seen.map(moment),
        }
    }
}

impl<'a> File<'a> {
    fn of(written: &'a Written) -> Self {
        let Written { name, rows, sum, .. } = written;
        Self { path: name, rows: *rows, bytes: sum.bytes, sha256: sum.sha256() }
    }
}

/// Text as the tables show it.
fn shown(text: &str) -> String {
    printable(text.as_bytes()).into_owned()
}

/// A packet's time as the tables show it.
fn moment(time: PacketTime) -> String {
    String::from_utf8_lossy(&time.rfc3339()).into_owned()
}
