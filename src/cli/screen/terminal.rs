//! The terminal: taken for the screen, and given back as it was, however the program ends.
//!
//! Everything is opened before the program confines itself, and nothing afterwards: neither to ask for the size nor to give
//! the terminal back. That is why this is not left to a library that opens `/dev/tty` when it needs it. The terminal is that of
//! the person who started the program, whatever standard output and standard error are.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context, Result};
use msncensus::run::ProcessMemory;
use ratatui::backend::TermionBackend;
use ratatui::layout::Rect;
use ratatui::termion::{clear, cursor, screen, style};
use ratatui::{Frame, Terminal as Drawing, TerminalOptions, Viewport};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::exit;

use super::super::{Exit, args::usage};

/// What a key is not bound to (POSIX, `_POSIX_VDISABLE` of Linux).
const NO_KEY: u8 = 0;

/// Bytes that are read at once of what was typed: nobody types faster.
const TYPED_LEN: usize = 256;

/// Columns and lines of a terminal that does not tell.
const SIZE: (u16, u16) = (80, 24);

/// The terminal, open, but not taken yet.
pub(crate) struct Terminal {
    tty: Arc<Tty>,
    signals: Signals,
    memory: Option<ProcessMemory>,
}

/// The terminal while the screen is up. It is given back when this is dropped.
pub(super) struct Taken {
    tty: Arc<Tty>,
    drawing: Drawing<TermionBackend<BufWriter<Arc<File>>>>,
    area: Rect,
    memory: Option<ProcessMemory>,
}

struct Tty {
    file: Arc<File>,
    /// How it was.
    before: Termios,
    is_taken: AtomicBool,
}

impl Terminal {
    /// Opens the terminal, and all that will be needed.
    pub(crate) fn open() -> Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open("/dev/tty");
        let tty = file.and_then(Tty::of).map(Arc::new).map_err(|_| {
            usage("--tui: there is no terminal to draw on", "start it in a terminal, or leave out --tui")
        })?;
        let signals = Signals::new([SIGINT, SIGTERM]).context("cannot listen to signals")?;
        Ok(Self { tty, signals, memory: ProcessMemory::open() })
    }

    /// The file, to find out what it can show.
    pub(super) fn file(&self) -> &File {
        &self.tty.file
    }

    /// Takes the terminal. A signal sets `stop`, a second one ends the program at once.
    pub(super) fn take(self, stop: Arc<AtomicBool>) -> Result<Taken> {
        let Self { tty, signals, memory } = self;
        give_back_on_panic(Arc::clone(&tty));
        let ending = Arc::clone(&tty);
        thread::Builder::new().name("signals".to_owned()).spawn(move || heed(signals, &stop, &ending))?;
        tty.take().context("the terminal cannot be drawn on")?;
        let area = tty.area();
        let drawing = draw_on(&tty.file, area)?;
        Ok(Taken { tty, drawing, area, memory })
    }
}

fn give_back_on_panic(tty: Arc<Tty>) {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        tty.give_back();
        before(info);
    }));
}

/// Waits for signals, as long as the program runs.
fn heed(mut signals: Signals, stop: &AtomicBool, tty: &Tty) {
    for _ in &mut signals {
        if stop.swap(true, Ordering::Relaxed) {
            tty.give_back();
            exit(Exit::Interrupted as i32);
        }
    }
}

fn draw_on(file: &Arc<File>, area: Rect) -> io::Result<Drawing<TermionBackend<BufWriter<Arc<File>>>>> {
    // Fixed, because it would ask standard output for its size, and that may be a file.
    let options = TerminalOptions { viewport: Viewport::Fixed(area) };
    Drawing::with_options(TermionBackend::new(BufWriter::new(Arc::clone(file))), options)
}

impl Taken {
    /// Draws the screen anew, in the size that the terminal has now.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        let area = self.tty.area();
        if area != self.area {
            write!(&*self.tty.file, "{}", clear::All)?;
            (self.drawing, self.area) = (draw_on(&self.tty.file, area)?, area);
        }
        self.drawing.draw(draw)?;
        Ok(())
    }

    /// What was typed since the last time, without waiting.
    pub(super) fn typed(&self) -> io::Result<Vec<u8>> {
        let mut typed = [0; TYPED_LEN];
        let len = (&*self.tty.file).read(&mut typed)?;
        Ok(typed.get(..len).unwrap_or_default().to_vec())
    }

    /// Bytes of memory that the program takes.
    pub(super) fn memory(&mut self) -> Option<u64> {
        self.memory.as_mut()?.resident()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.tty.give_back();
    }
}

impl Tty {
    fn of(file: File) -> io::Result<Self> {
        Ok(Self { before: tcgetattr(&file)?, file: Arc::new(file), is_taken: AtomicBool::new(false) })
    }

    /// Keys come at once and unseen, and reading never waits. Ctrl-C stays a signal, which is heard even by a program that hangs;
    /// Ctrl-Z and Ctrl-\ would leave the screen behind, and Ctrl-S would stop the program.
    fn take(&self) -> io::Result<()> {
        let mut modes = self.before.clone();
        modes.local_modes &= !(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ECHONL | LocalModes::IEXTEN);
        modes.local_modes |= LocalModes::ISIG;
        modes.input_modes &= !(InputModes::IXON | InputModes::ICRNL);
        for (key, code) in [(SpecialCodeIndex::VSUSP, NO_KEY), (SpecialCodeIndex::VQUIT, NO_KEY)] {
            modes.special_codes[key] = code;
        }
        (modes.special_codes[SpecialCodeIndex::VMIN], modes.special_codes[SpecialCodeIndex::VTIME]) = (0, 0);
        self.is_taken.store(true, Ordering::Release);
        tcsetattr(&*self.file, OptionalActions::Flush, &modes)?;
        self.say(&format!("{}{}{}", screen::ToAlternateScreen, clear::All, cursor::Hide))
    }

    /// Makes the terminal what it was, if it is not yet.
    fn give_back(&self) {
        if self.is_taken.swap(false, Ordering::AcqRel) {
            // A terminal that is gone needs nothing.
            self.say(&format!("{}{}{}", style::Reset, screen::ToMainScreen, cursor::Show)).ok();
            tcsetattr(&*self.file, OptionalActions::Flush, &self.before).ok();
        }
    }

    /// Writes all at once, so that nothing stands between the words.
    fn say(&self, words: &str) -> io::Result<()> {
        (&*self.file).write_all(words.as_bytes())
    }

    fn area(&self) -> Rect {
        let told = tcgetwinsize(&*self.file).map(|size| (size.ws_col, size.ws_row)).ok();
        let (columns, lines) = told.filter(|(columns, lines)| *columns > 0 && *lines > 0).unwrap_or(SIZE);
        Rect::new(0, 0, columns, lines)
    }
}

#[cfg(test)]
mod tests {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::Winsize;

    use super::*;

    /// A terminal, and the end at which its words come out.
    fn terminal() -> (Arc<Tty>, File) {
        let other = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&other).and_then(|()| unlockpt(&other)).unwrap();
        let path = ptsname(&other, Vec::new()).unwrap().into_string().unwrap();
        let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
        (Arc::new(Tty::of(file).unwrap()), File::from(other))
    }

    /// How a terminal treats keys.
    fn modes(tty: &Tty) -> (LocalModes, InputModes, Vec<u8>) {
        let modes = tcgetattr(&*tty.file).unwrap();
        let keys = [SpecialCodeIndex::VSUSP, SpecialCodeIndex::VQUIT, SpecialCodeIndex::VMIN, SpecialCodeIndex::VINTR];
        (modes.local_modes, modes.input_modes, keys.map(|key| modes.special_codes[key]).to_vec())
    }

    /// The next words, which may come in pieces.
    #[track_caller]
    fn says(other: &mut File, words: &str) {
        let mut said = vec![0; words.len()];
        other.read_exact(&mut said).unwrap();
        assert_eq!(String::from_utf8(said).unwrap(), words);
    }

    #[test]
    fn a_terminal_is_taken_and_given_back_as_it_was_once() {
        let (tty, mut other) = terminal();
        let before = modes(&tty);
        tty.take().unwrap();
        let taken = modes(&tty);
        assert!(!taken.0.intersects(LocalModes::ECHO | LocalModes::ICANON) && taken.0.contains(LocalModes::ISIG));
        assert_eq!(taken.2, [0, 0, 0, before.2[3]], "only Ctrl-C is a signal");
        says(&mut other, "\x1b[?1049h\x1b[2J\x1b[?25l");
        tty.give_back();
        assert_eq!(modes(&tty), before);
        says(&mut other, "\x1b[m\x1b[?1049l\x1b[?25h");
        tty.give_back();
        tty.file.as_ref().write_all(b"end").unwrap();
        says(&mut other, "end");
    }

    #[test]
    fn a_panic_gives_the_terminal_back() {
        let (tty, mut other) = terminal();
        let before = modes(&tty);
        tty.take().unwrap();
        give_back_on_panic(Arc::clone(&tty));
        let panicked = thread::spawn(|| panic!("as it must")).join();
        assert!(panicked.is_err());
        assert_eq!(modes(&tty), before);
        says(&mut other, "\x1b[?1049h\x1b[2J\x1b[?25l\x1b[m\x1b[?1049l\x1b[?25h");
    }

    #[test]
    fn the_size_is_that_of_the_terminal_or_the_usual_one() {
        let (tty, other) = terminal();
        assert_eq!((tty.area().width, tty.area().height), SIZE);
        let size = Winsize { ws_row: 10, ws_col: 40, ws_xpixel: 0, ws_ypixel: 0 };
        rustix::termios::tcsetwinsize(&other, size).unwrap();
        assert_eq!((tty.area().width, tty.area().height), (40, 10));
    }
}
