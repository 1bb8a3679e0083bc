//! A program that was built without a screen, or for a system whose terminals it does not know.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anstream::ColorChoice;
use anyhow::Result;
use msncensus::census::Observation;
use msncensus::privacy::Level;
use msncensus::run::Progress;

use super::args::usage;

/// There is none.
pub(crate) enum Terminal {}

/// There is none.
pub(crate) enum Screen {}

impl Terminal {
    pub(crate) fn open() -> Result<Self> {
        Err(usage("this program was built without --tui", "build it with the feature \"tui\"").into())
    }
}

impl Screen {
    #[expect(clippy::needless_pass_by_value, reason = "as where there is one")]
    pub(super) fn show(terminal: Terminal, _: ColorChoice, _: bool, _: &Arc<AtomicBool>) -> Result<Self> {
        match terminal {}
    }

    pub(super) fn row(&mut self, _: &Observation, _: Level) {
        match *self {}
    }

    pub(super) fn say(&mut self, _: &str) {
        match *self {}
    }

    pub(super) fn progress(&mut self, _: Progress<'_>) {
        match *self {}
    }
}
