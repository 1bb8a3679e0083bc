//! Whose names are hidden, and with which key.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use clap::ValueEnum;
use msncensus::privacy::{KEY_LEN_MIN, Key, Level, Pseudonyms};

use super::args::{UsageError, usage};

/// Bytes of a key that is made for one run.
const KEY_LEN: usize = 32;

/// How to make the file of a key.
const HOW_TO_MAKE: &str = "make one: head -c 32 /dev/urandom > key; chmod 600 key";

/// The levels by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LevelName {
    None,
    Mask,
    Pseudonym,
    Drop,
}

impl From<LevelName> for Level {
    fn from(name: LevelName) -> Self {
        match name {
            LevelName::None => Self::None,
            LevelName::Mask => Self::Mask,
            LevelName::Pseudonym => Self::Pseudonym,
            LevelName::Drop => Self::Drop,
        }
    }
}

/// The pseudonyms of that level, made with the key in a file, or with one that nobody knows.
pub(super) fn pseudonyms(level: Level, key_file: Option<&Path>) -> Result<Option<Pseudonyms>> {
    match (level, key_file) {
        (Level::None, None) => Ok(None),
        (Level::None, Some(_)) => {
            Err(usage("--key-file without --privacy", "a key makes pseudonyms: add --privacy pseudonym, mask or drop")
                .into())
        }
        (level, Some(path)) => Ok(Pseudonyms::new(level, &read(path)?)),
        (level, None) => Ok(Pseudonyms::new(level, &random()?)),
    }
}

/// What to tell about a file that others can read.
pub(super) fn exposed(path: &Path) -> Option<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let mode = fs::metadata(path).ok()?.mode();
        (mode & 0o044 != 0)
            .then(|| format!("{}: others can read the key: chmod 600 {}", path.display(), path.display()))
    }
    #[cfg(not(unix))]
    None
}

fn read(path: &Path) -> Result<Key> {
    let content = fs::read(path).with_context(|| format!("{}: the key cannot be read", path.display()))?;
    Key::of(&content).ok_or_else(|| {
        let what =
            format!("{}: a key has {KEY_LEN_MIN} bytes at least, this one has {}", path.display(), content.len());
        UsageError { what, hint: Some(HOW_TO_MAKE.to_owned()) }.into()
    })
}

/// A key that is forgotten with the run.
fn random() -> Result<Key> {
    let mut content = [0; KEY_LEN];
    getrandom::fill(&mut content).context("the system gives no random numbers for a key")?;
    Key::of(&content).context("a key of the wrong length")
}
