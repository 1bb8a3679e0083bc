//! `msncensus merge`: what several runs wrote, joined as if one had read all.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::ArgGroup;
use msncensus::part::Part;
use msncensus::privacy::Level;
use msncensus::run::{News, merge};

use super::args::{Talking, UsageError, Writing, usage};
use super::output::{Output, PART};
use super::privacy::LevelName;
use super::talk::Talk;
use super::{Exit, tell};

/// Which runs to join, and what to write of them.
#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("written").args(["output", "html"]).multiple(true)))]
pub(crate) struct MergeArgs {
    /// Directories that runs with -o wrote
    #[arg(required = true, value_name = "DIR")]
    directories: Vec<PathBuf>,
    #[command(flatten)]
    writing: Writing,
    #[command(flatten)]
    pub(super) talking: Talking,
}

/// Joins the runs and writes what they are together.
pub(super) fn run(args: &MergeArgs, words: &[OsString], talk: &Talk) -> Result<Exit> {
    let MergeArgs { directories, writing, talking } = args;
    writing.directories_are_kept(directories)?;
    let parts: Vec<_> = directories.iter().map(|directory| open(directory)).collect::<Result<_>>()?;
    let hidden = parts.iter().find(|part| part.rest.level != Level::None);
    if let Some(part) = hidden.filter(|_| writing.privacy != LevelName::None) {
        let what = format!("{}: hides who it was already", part.path().display());
        return Err(usage(what, "leave out --privacy: what was hidden stays hidden").into());
    }
    let privacy = writing.pseudonyms()?;
    let mut choice = writing.choice(words, talking.color.into())?;
    let key = privacy.as_ref().map(|privacy| privacy.fingerprint().to_owned());
    choice.key = key.or_else(|| hidden.and_then(|part| part.rest.key.clone()));
    let mut output = Output::prepare(choice)?;
    let found = merge(parts, writing.bucket.0, privacy, &mut |news| {
        if let News::Row(row, context) = news {
            output.row(row, context);
        }
    })?;
    tell(found, output, talk, talking.verbose)
}

fn open(directory: &Path) -> Result<Part> {
    let path = directory.join(PART);
    if !path.exists() {
        let what = format!("{}: no {PART} in it", directory.display());
        return Err(usage(what, "msncensus -o DIR writes one").into());
    }
    Part::open(&path).with_context(|| format!("{}: cannot be joined", directory.display()))
}

impl Writing {
    /// What is joined is not written over.
    fn directories_are_kept(&self, directories: &[PathBuf]) -> Result<(), UsageError> {
        let known = |path: &Path| path.canonicalize().ok();
        let output = self.output.as_deref().and_then(known);
        let overwritten = directories.iter().find(|directory| output.is_some() && known(directory) == output);
        overwritten.map_or(Ok(()), |directory| {
            let what = format!("{}: -o would overwrite what is to be joined", directory.display());
            Err(usage(what, "give another directory"))
        })
    }
}
