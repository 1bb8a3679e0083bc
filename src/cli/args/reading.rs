//! What to read, or to listen to.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

#[cfg(feature = "live")]
use anyhow::Error;
use anyhow::Result;
use msncensus::capture::{Follow, Input, ReadOptions, Source, by_first_time, list};
#[cfg(feature = "live")]
use msncensus::capture::{LiveErrorKind, LiveOptions};
use msncensus::run::Plan;
#[cfg(feature = "live")]
use msncensus::run::open_live;

use super::super::filters;
use super::super::output::file_names;
use super::super::privacy::LevelName;
use super::super::typed::{join, quoted};
use super::super::values::Order;
use super::{Args, UsageError, usage};
#[cfg(not(feature = "live"))]
use super::{BUILD_LIVE, NOT_LIVE};

impl Args {
    /// What to read.
    pub(super) fn read(&self) -> Result<Plan, UsageError> {
        let (inputs, filter) = self.inputs_and_filter()?;
        if inputs.iter().any(|word| word == "-") && std::io::stdin().is_terminal() {
            return Err(usage("standard input is a terminal", "pipe a capture into it: tcpdump -w - | msncensus -"));
        }
        #[cfg(not(feature = "live"))]
        if filter.is_some() {
            return Err(usage("this program was built without filters", BUILD_LIVE));
        }
        let options = ReadOptions { recover: self.recover, hash: self.hashes() };
        let followed = inputs.first().filter(|_| self.follow).map(PathBuf::from);
        let follow = if self.follow { Some(self.followed(inputs, options)?) } else { None };
        let inputs = if self.follow { Vec::new() } else { list(inputs.iter().cloned()) };
        let read: Vec<_> = inputs.iter().filter_map(path_of).chain(followed.as_deref()).collect();
        for (flag, file) in [("-w", &self.save), ("--html", &self.writing.html)] {
            file.iter().try_for_each(|file| refuse_to_overwrite(flag, file, &read))?;
        }
        if let Some(directory) = &self.writing.output {
            let mut names = file_names(self.writing.table_format()?);
            names.try_for_each(|name| refuse_to_overwrite("-o", &directory.join(name), &read))?;
        }
        if self.save.is_some() {
            inputs.iter().try_for_each(refuse_to_save)?;
        }
        let inputs = match self.order {
            Order::Time => by_first_time(inputs),
            Order::Given => inputs,
        };
        Ok(Plan {
            #[cfg(feature = "live")]
            filter: filter.as_deref().map(filters::compile).transpose()?,
            options,
            follow,
            ..Plan::new(inputs)
        })
    }

    /// The one thing that is followed.
    fn followed(&self, inputs: &[OsString], options: ReadOptions) -> Result<Follow, UsageError> {
        let hint = "start one msncensus for each file or directory that grows";
        let [input] = inputs else { return Err(usage("--follow follows one file or directory", hint)) };
        if input == "-" {
            return Err(usage("standard input needs no --follow", "it is read until it ends: leave --follow out"));
        }
        Follow::new(Path::new(input), options).map_err(|mut error| {
            if self.writing.privacy != LevelName::None {
                error.kind.hide_bytes();
            }
            usage(error.to_string(), hint)
        })
    }

    /// What to listen to: it is opened, and what comes from now on is kept until it is looked at.
    #[cfg(feature = "live")]
    pub(super) fn listen(&self, interface: &str) -> Result<Plan> {
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
    pub(super) fn listen(&self, _: &str) -> Result<Plan> {
        Err(usage(NOT_LIVE, BUILD_LIVE).into())
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
    pub(super) fn filter_in_words(&self) -> Result<Option<String>, UsageError> {
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
        if !filters::is_filter(&expression) {
            return Ok(());
        }
        let capture = inputs.first().map_or_else(|| "FILE".to_owned(), |input| quoted(input));
        Err(usage(
            format!("{expression}: no such file, but it would be a filter"),
            format!("name captures with -r in front of a filter: msncensus -r {capture} {expression}"),
        ))
    }
}

/// Where an input is, if it is a file.
fn path_of(input: &Input) -> Option<&Path> {
    match input {
        Input::Ready(Source::Path(path)) | Input::Skipped { path, .. } => Some(path),
        Input::Ready(Source::Stdin) | Input::Failed(_) => None,
    }
}

/// What is read is not written over, whatever is forced.
fn refuse_to_overwrite(flag: &str, file: &Path, read: &[&Path]) -> Result<(), UsageError> {
    if file.as_os_str() == "-" {
        let what = format!("{flag} writes a file, not standard output");
        return Err(usage(what, "standard output is for tables: name a file"));
    }
    if read.iter().any(|path| is_same(path, file)) {
        let what = format!("{}: {flag} would overwrite what is to be read", file.display());
        return Err(usage(what, "give another name"));
    }
    Ok(())
}

/// Whether both are there and are one file, by whatever names.
#[cfg(unix)]
fn is_same(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |path: &Path| path.metadata().ok().map(|file| (file.dev(), file.ino()));
    id(one).is_some_and(|one| id(other) == Some(one))
}

#[cfg(not(unix))]
fn is_same(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

/// Packets are saved on a second reading of the inputs, which a pipe does not allow.
fn refuse_to_save(input: &Input) -> Result<(), UsageError> {
    match input {
        Input::Ready(Source::Path(path)) if !path.is_file() => Err(not_twice(&path.display().to_string())),
        Input::Ready(Source::Stdin) => Err(not_twice("standard input")),
        Input::Ready(Source::Path(_)) | Input::Skipped { .. } | Input::Failed(_) => Ok(()),
    }
}

fn not_twice(input: &str) -> UsageError {
    let what = format!("{input}: -w cannot be used with a pipe: packets are saved on a second reading");
    usage(what, "write it to a file first, and read that")
}
