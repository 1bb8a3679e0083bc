//! How far a run is: a bar on a terminal, now and then a line elsewhere, or nothing; or all of it on a screen.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle as BarStyle};
use msncensus::capture::{Input, Source};
use msncensus::census::Observation;
use msncensus::privacy::Level;
use msncensus::run::{Plan, Progress};
use msncensus::text::printable;

use super::args::Args;
use super::output::speaks_unicode;
use super::screen::{Screen, Terminal};
use super::values::ProgressStyle;

/// Time between two plain lines.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows progress.
pub(crate) enum Watch {
    Bar(ProgressBar),
    Plain { last: Instant },
    Silent,
    Screen(Box<Screen>),
}

impl Watch {
    /// On `terminal` if there is to be a screen, which sets `stop` when it is asked to.
    pub(super) fn new(args: &Args, plan: &Plan, terminal: Option<Terminal>, stop: &Arc<AtomicBool>) -> Result<Self> {
        match terminal {
            Some(terminal) => {
                let screen = Screen::show(terminal, args.talking.color.into(), speaks_unicode(), stop)?;
                Ok(Self::Screen(Box::new(screen)))
            }
            None => Ok(Self::without_screen(args, plan)),
        }
    }

    fn without_screen(args: &Args, plan: &Plan) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        match args.progress {
            _ if args.talking.quiet => Self::Silent,
            ProgressStyle::Bar => Self::bar(plan),
            ProgressStyle::Auto if is_terminal => Self::bar(plan),
            ProgressStyle::Plain => Self::Plain { last: Instant::now() },
            ProgressStyle::Auto | ProgressStyle::None => Self::Silent,
        }
    }

    fn bar(plan: &Plan) -> Self {
        let size_of = |input: &Input| match input {
            Input::Ready(Source::Path(path)) => {
                std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|file| file.len())
            }
            Input::Ready(Source::Stdin) => None,
            Input::Skipped { .. } | Input::Failed(_) => Some(0),
        };
        let total: Option<u64> = plan.inputs.iter().map(size_of).sum();
        let total = total.filter(|_| !plan.is_endless());
        let (bar, template) = match total {
            Some(total) => (
                ProgressBar::new(total),
                "{bar:24} {bytes}/{total_bytes} {binary_bytes_per_sec} {eta} left, {prefix} exchanges {wide_msg}",
            ),
            // A pipe has no end to count down to, and what is followed or listened to has none either.
            None => {
                (ProgressBar::no_length(), "{spinner} {bytes} {binary_bytes_per_sec}, {prefix} exchanges {wide_msg}")
            }
        };
        if let Ok(style) = BarStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix("0");
        Self::Bar(bar)
    }

    pub(super) const fn is_screen(&self) -> bool {
        matches!(self, Self::Screen(_))
    }

    /// Shows a row, where rows are shown.
    pub(super) fn row(&mut self, row: &Observation, level: Level) {
        if let Self::Screen(screen) = self {
            screen.row(row, level);
        }
    }

    /// Shows what is said, where nothing else may be written meanwhile.
    pub(super) fn say(&mut self, text: &str) {
        if let Self::Screen(screen) = self {
            screen.say(text);
        }
    }

    pub(super) fn show(&mut self, progress: Progress<'_>) {
        let Progress { input, bytes, exchanges, .. } = progress;
        match self {
            Self::Bar(bar) => {
                bar.set_position(bytes);
                bar.set_prefix(exchanges.to_string());
                bar.set_message(printable(input.as_bytes()).into_owned());
            }
            Self::Plain { last } if last.elapsed() >= LINE_EVERY => {
                *last = Instant::now();
                let input = printable(input.as_bytes());
                // Nothing can be said about standard error being closed.
                writeln!(std::io::stderr(), "{} read, {exchanges} exchanges, in {input}", HumanBytes(bytes)).ok();
            }
            Self::Plain { .. } | Self::Silent => {}
            Self::Screen(screen) => screen.progress(progress),
        }
    }

    /// Leaves nothing of it behind.
    pub(super) fn finish(self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
