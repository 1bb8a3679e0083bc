//! The screen of `--tui`: what is heard, while it is heard.
//!
//! ```text
//! rows, progress ─► state ─► picture ─► view ─► terminal
//!                              ▲ chosen ◄─ keys ◄─┘
//! ```
//!
//! * **Takes** what a run tells, and what is typed.
//! * **Gives** a screen, drawn at most four times a second in the time of the run itself, and the wish to end it.
//! * **Keeps** the clients of a day and the logins of an hour, both bounded ([`clients`], [`minutes`]).
//! * **Leaves out** every handle but its first letter and its domain; keys that destroy anything; and the standard streams, which
//!   stay what they are: rows can be written to a file meanwhile.

mod clients;
mod keys;
mod lists;
mod login;
mod minutes;
mod paint;
mod state;
mod terminal;
mod view;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anstream::{AutoStream, ColorChoice};
use anyhow::Result;
use msncensus::census::Observation;
use msncensus::privacy::Level;
use msncensus::report::Look;
use msncensus::run::Progress;

use keys::{Asked, Chosen, Typed};
use login::Login;
use state::{Picture, State};
use terminal::Taken;
pub(crate) use terminal::Terminal;

/// Time between two drawings, unless a key was pressed.
const DRAW_EVERY: Duration = Duration::from_millis(250);

/// Time between two looks at the keyboard: shorter than a person notices.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How long something that was said stands in the last line.
const NEWS_FOR: Duration = Duration::from_secs(10);

/// The screen.
pub(crate) struct Screen {
    terminal: Taken,
    stop: Arc<AtomicBool>,
    look: Look,
    state: State,
    picture: Picture,
    chosen: Chosen,
    typed: Typed,
    /// How many lines of the list can be scrolled out.
    scroll_max: usize,
    news: Option<(String, Instant)>,
    begun: Instant,
    looked: Option<Instant>,
    drawn: Option<Instant>,
}

impl Screen {
    /// Takes the terminal. What asks for an end, by key or signal, sets `stop`.
    pub(super) fn show(terminal: Terminal, color: ColorChoice, unicode: bool, stop: &Arc<AtomicBool>) -> Result<Self> {
        let color = match color {
            ColorChoice::Auto => AutoStream::choice(terminal.file()),
            color => color,
        };
        Ok(Self {
            terminal: terminal.take(Arc::clone(stop))?,
            stop: Arc::clone(stop),
            look: Look { unicode, colour: color != ColorChoice::Never },
            state: State::default(),
            picture: Picture::default(),
            chosen: Chosen::default(),
            typed: Typed::default(),
            scroll_max: 0,
            news: None,
            begun: Instant::now(),
            looked: None,
            drawn: None,
        })
    }

    /// Takes a row, of which `level` tells how much is shown.
    pub(super) fn row(&mut self, row: &Observation, level: Level) {
        self.state.row(Login::of(row, level));
    }

    /// Takes something that was said.
    pub(super) fn say(&mut self, text: &str) {
        self.news = Some((msncensus::text::printable(text.as_bytes()).into_owned(), Instant::now()));
        self.drawn = None;
    }

    /// Takes how far the run is, and now and then looks at the keyboard and draws.
    pub(super) fn progress(&mut self, progress: Progress<'_>) {
        if self.looked.is_some_and(|looked| looked.elapsed() < LOOK_EVERY) {
            return;
        }
        self.looked = Some(Instant::now());
        let is_due = self.drawn.is_none_or(|drawn| drawn.elapsed() >= DRAW_EVERY);
        if is_due {
            self.state.progress(progress, self.begun.elapsed());
        }
        // Nobody looks any more: the terminal is gone.
        if self.look(is_due).is_err() {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    fn look(&mut self, is_due: bool) -> std::io::Result<()> {
        let keys = self.typed.keys(&self.terminal.typed()?);
        for key in &keys {
            if self.chosen.press(*key, self.scroll_max) == Asked::Stop {
                self.stop.store(true, Ordering::Relaxed);
            }
        }
        if !is_due && keys.is_empty() {
            return Ok(());
        }
        if !self.chosen.is_paused {
            self.picture = self.state.picture(self.terminal.memory());
        }
        self.news.take_if(|(_, said)| said.elapsed() >= NEWS_FOR);
        let Self { picture, chosen, news, look, scroll_max, terminal, .. } = self;
        let news = news.as_ref().map(|(text, _)| text.as_str());
        self.drawn = Some(Instant::now());
        terminal.draw(|frame| *scroll_max = view::draw(frame, picture, *chosen, news, *look))
    }
}
