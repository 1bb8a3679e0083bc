//! The screen, on a terminal of the test's own. `setsid` makes it the one that the program is started from.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use super::signals::signal;
use super::{Desk, PROGRAM, Ran, login_pcap};

/// What interrupts a program at a terminal.
const CTRL_C: &[u8] = b"\x03";

/// A terminal with somebody before it.
struct Terminal {
    /// The end at which one types and reads.
    person: File,
    /// What the program sees.
    file: File,
    screen: Arc<Mutex<vt100::Parser>>,
}

impl Terminal {
    fn new() -> Self {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).and_then(|()| unlockpt(&person)).unwrap();
        let path = ptsname(&person, Vec::new()).unwrap().into_string().unwrap();
        let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
        let terminal = Self { person: File::from(person), file, screen: Arc::default() };
        terminal.resize(24, 80);
        let (mut reading, screen) = (terminal.person.try_clone().unwrap(), Arc::clone(&terminal.screen));
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(len @ 1..) = reading.read(&mut bytes) {
                screen.lock().unwrap().process(&bytes[..len]);
            }
        });
        terminal
    }

    fn resize(&self, lines: u16, columns: u16) {
        let size = Winsize { ws_row: lines, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.person, size).unwrap();
        self.screen.lock().unwrap().screen_mut().set_size(lines, columns);
    }

    /// Starts a program there.
    fn start(&self, command: &Command, out: Stdio, err: Stdio) -> Child {
        let mut started = Command::new("setsid");
        started.args(["--ctty", "--wait"]).arg(command.get_program()).args(command.get_args());
        started.current_dir(command.get_current_dir().unwrap_or(".".as_ref()));
        for name in super::ENVIRONMENT {
            started.env_remove(name);
        }
        started.env("LC_ALL", "C.UTF-8").env("TERM", "xterm");
        started.stdin(self.file.try_clone().unwrap()).stdout(out).stderr(err).spawn().unwrap()
    }

    fn press(&self, keys: &[u8]) {
        (&self.person).write_all(keys).unwrap();
    }

    fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Waits until this can be read.
    #[track_caller]
    fn shows(&self, text: &str) {
        self.waits_until(text, |shown| shown.contains(text));
    }

    #[track_caller]
    fn waits_until(&self, what: &str, is_so: impl Fn(&str) -> bool) {
        let begun = Instant::now();
        while !is_so(&self.text()) {
            assert!(begun.elapsed() < Duration::from_secs(20), "{what} is not shown:\n{}", self.text());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether keys are seen and lines are edited, there is a cursor, and nothing is drawn over what was there.
    fn is_as_it_was(&self) -> bool {
        let modes = tcgetattr(&self.file).unwrap().local_modes;
        let keys = modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
        let screen = self.screen.lock().unwrap();
        keys && !screen.screen().alternate_screen() && !screen.screen().hide_cursor()
    }

    #[track_caller]
    fn is_given_back(&self) {
        // Its last words are read by another thread.
        self.waits_until("what was there", |_| self.is_as_it_was());
    }
}

/// The command that follows a file.
fn follow(desk: &Desk, more: &[&str]) -> Command {
    desk.process(&[&["--tui", "--follow", "a.pcap"], more].concat())
}

/// A pipe in which there is no room.
fn full_pipe() -> (std::io::PipeReader, OwnedFd) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&vec![b'\n'; 65_536]).unwrap();
    (reader, writer.into())
}

#[test]
fn the_screen_is_drawn_beside_the_rows_and_leaves_the_terminal_as_it_was() {
    let desk = Desk::with(&[("a.pcap", &login_pcap())]);
    let terminal = Terminal::new();
    assert!(terminal.is_as_it_was());
    let child = terminal.start(&follow(&desk, &[]), Stdio::piped(), Stdio::piped());
    terminal.shows("u***@example.com");
    let text = terminal.text();
    for words in ["a.pcap: following", "Clients now 1 ", "6.0.0602", "MSN Messenger 6.0 en-US up_to_date"] {
        assert!(text.contains(words), "{words}:\n{text}");
    }
    assert!(!text.contains("user@"), "{text}");
    assert!(!terminal.is_as_it_was());

    terminal.press(b"\t");
    terminal.shows("Products of today's clients");
    terminal.resize(10, 40);
    terminal.shows("Products today");
    terminal.press(b"?");
    terminal.shows("this help");
    terminal.press(b"\x1b");
    terminal.waits_until("no help", |text| !text.contains("this help"));
    terminal.press(b"q");
    let ran = Ran::of(&child.wait_with_output().unwrap()).exits(0).says(&[]);
    assert_eq!(ran.cells("client_ver"), ["6.0.0602"]);
    assert!(!ran.out.contains('\x1b'));
    terminal.is_given_back();
}

#[test]
fn on_the_same_terminal_the_summary_follows_the_screen() {
    let desk = Desk::with(&[("a.pcap", &login_pcap())]);
    let terminal = Terminal::new();
    let on = || Stdio::from(terminal.file.try_clone().unwrap());
    let mut child = terminal.start(&follow(&desk, &[]), on(), on());
    terminal.shows("u***@example.com");
    terminal.press(b"\x1b");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    terminal.shows("Write everything: msncensus -o DIR --follow a.pcap");
    terminal.is_given_back();
    assert!(!terminal.text().contains("u***@"), "{}", terminal.text());

    let mut child = terminal.start(&follow(&desk, &["-t", "exchanges"]), on(), on());
    assert_eq!(child.wait().unwrap().code(), Some(2));
    terminal.shows("error: --tui: rows and the screen would be mixed");
}

#[test]
fn every_end_gives_the_terminal_back() {
    let desk = Desk::with(&[("a.pcap", &login_pcap())]);
    for end in ["Ctrl-C", "TERM", "two signals", "an error"] {
        let terminal = Terminal::new();
        let (reader, full) = full_pipe();
        let is_stuck = end == "two signals";
        let out = if is_stuck { full.into() } else { Stdio::piped() };
        let more: &[&str] = if end == "an error" { &["-a", "duration:1"] } else { &[] };
        let mut child = terminal.start(&follow(&desk, more), out, Stdio::piped());
        terminal.waits_until("the screen", |_| !terminal.is_as_it_was());
        match end {
            "Ctrl-C" => terminal.press(CTRL_C),
            "TERM" => assert!(signal(&child, "TERM")),
            "two signals" => {
                // The row finds no room, and no key is looked at any more.
                thread::sleep(Duration::from_millis(800));
                terminal.press(CTRL_C);
                thread::sleep(Duration::from_millis(200));
                assert!(child.try_wait().unwrap().is_none(), "it was to be stuck");
                terminal.press(CTRL_C);
            }
            // Nobody reads the rows.
            _ => drop(child.stdout.take()),
        }
        let code = child.wait().unwrap().code();
        assert_eq!(code, Some(if is_stuck { 130 } else { 0 }), "{end}");
        terminal.is_given_back();
        drop(reader);
    }
}

#[test]
fn without_a_terminal_or_anything_that_goes_on_there_is_no_screen() {
    let desk = Desk::with(&[("a.pcap", &login_pcap())]);
    let ran = desk.shell("setsid --wait \"$0\" --tui --follow a.pcap < /dev/null").exits(2);
    ran.says(&["error: --tui: there is no terminal to draw on", "hint: start it in a terminal, or leave out --tui"]);
    let ran = desk.run(&["--tui", "a.pcap"]).exits(2);
    assert!(ran.err.contains("<--interface <IF>|--follow>"), "{ran:?}");
}

#[cfg(feature = "live")]
#[test]
fn a_confined_program_draws_what_it_hears_and_tells_later_what_it_had_to_say() {
    use super::live::lab::{HERE, Lab};
    let Some(lab) = Lab::new() else { return };
    let desk = Desk::with(&[("a.pcap", &login_pcap())]);
    let terminal = Terminal::new();
    let mut command = lab.command(PROGRAM);
    command.args(["-i", HERE, "--tui", "-t", "exchanges", "--sandbox", "auto"]);
    let child = terminal.start(&command, Stdio::piped(), Stdio::piped());
    terminal.shows("here: listening");
    lab.replay(&desk.path("a.pcap"), &["--topspeed"]);
    terminal.shows("u***@example.com");
    // Both are asked for anew, long after nothing can be opened any more.
    terminal.resize(30, 100);
    terminal.waits_until("memory", |text| text.contains(" MB") && text.lines().count() > 24);
    lab.link(&["set", HERE, "down"]);
    terminal.shows("here: the interface is down; listening goes on");
    terminal.press(b"q");
    let ran = Ran::of(&child.wait_with_output().unwrap()).exits(0);
    assert_eq!(ran.cells("client_ver"), ["6.0.0602"]);
    ran.says(&["note: here: the interface is down; listening goes on"]);
    terminal.is_given_back();
}
