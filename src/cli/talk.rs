//! What the program says on standard error. A closed standard error does not matter: nobody listens.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::Write;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use anyhow::Error;
#[cfg(feature = "live")]
use msncensus::capture::LiveError;
use msncensus::run::Progress;
use msncensus::stats::Stats;
use msncensus::text::{Grouped, counted, printable};

use super::args::UsageError;

/// Sentences that wait while nothing may be said. The oldest go first.
const HELD_MAX: usize = 1_000;

/// How to speak.
pub(crate) struct Talk {
    color: ColorChoice,
    quiet: bool,
    /// What waits while nothing may be said.
    held: RefCell<Option<VecDeque<Sentence>>>,
}

struct Sentence {
    color: AnsiColor,
    label: &'static str,
    text: String,
}

impl Talk {
    pub(super) const fn new(color: ColorChoice, quiet: bool) -> Self {
        Self { color, quiet, held: RefCell::new(None) }
    }

    /// From now on nothing may be said: there is a screen where it would be read.
    pub(super) fn hold(&self) {
        self.held.replace(Some(VecDeque::new()));
    }

    /// Says what has waited.
    pub(super) fn release(&self) {
        for Sentence { color, label, text } in self.held.take().into_iter().flatten() {
            self.say(color, label, &text);
        }
    }

    /// Says what failed, with its causes, and what to do about it.
    pub(super) fn error(&self, error: &Error) {
        self.say(AnsiColor::Red, "error", &format!("{error:#}"));
        if let Some(hint) = hint(error) {
            self.say(AnsiColor::Cyan, "hint", &hint);
        }
    }

    /// Says what a reader of the tables must know.
    pub(super) fn warnings(&self, warnings: &[String]) {
        for warning in warnings.iter().filter(|_| !self.quiet) {
            self.say(AnsiColor::Yellow, "warning", warning);
        }
    }

    /// Says why there is no result.
    pub(super) fn errors(&self, reasons: &[String]) {
        for reason in reasons {
            self.say(AnsiColor::Red, "error", reason);
        }
    }

    /// Says something in passing.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            self.say(AnsiColor::Cyan, "note", text);
        }
    }

    /// Says what was counted, as far as it is not zero.
    pub(super) fn counters(&self, stats: &Stats) {
        for (name, count) in stats.counters().filter(|(_, count)| *count > 0) {
            self.say(AnsiColor::Green, "counted", &format!("{:<24}{:>15}", name.replace('_', " "), Grouped(count)));
        }
    }

    /// Says how far a run is, and what was counted.
    pub(super) fn progress(&self, progress: Progress<'_>) {
        let Progress { input, exchanges, facts, ledger, .. } = progress;
        let losses = facts.received.map(|received| {
            let lost = Grouped(facts.lost());
            format!("; the kernel received {}, {lost} were lost", counted(received, "packet"))
        });
        let exchanges = counted(exchanges, "exchange");
        self.say(AnsiColor::Cyan, "note", &format!("{input}: {exchanges} so far{}", losses.unwrap_or_default()));
        self.counters(&ledger.total());
    }

    fn say(&self, color: AnsiColor, label: &'static str, text: &str) {
        if let Some(held) = &mut *self.held.borrow_mut() {
            if held.len() >= HELD_MAX {
                held.pop_front();
            }
            held.push_back(Sentence { color, label, text: text.to_owned() });
            return;
        }
        let style = Style::new().bold().fg_color(Some(color.into()));
        let text = printable(text.as_bytes());
        let mut stderr = AutoStream::new(std::io::stderr(), self.color);
        // Nothing can be said about standard error being closed.
        writeln!(stderr, "{style}{label}:{style:#} {text}").ok();
    }
}

/// What to do about an error, if that is known.
fn hint(error: &Error) -> Option<String> {
    #[cfg(feature = "live")]
    if let Some(error) = error.downcast_ref::<LiveError>() {
        return error.hint();
    }
    error.downcast_ref::<UsageError>().and_then(|error| error.hint.clone())
}
