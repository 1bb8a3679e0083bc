//! The program as a user meets it: words, files, pipes, exit codes, messages.
//!
//! | module | asks |
//! |---|---|
//! | `words` | what do paths, directories, filters and flags mean, and what is refused? |
//! | `tables` | what is written to standard output, in which format? |
//! | `census` | who are the clients, when did they come, and how is that told of a part? |
//! | `formats` | which columns are written, and what do programs make of them? |
//! | `generated` | are completions and manual pages what the command line is? |
//! | `files` | what is written into a directory, and what is left of it when something fails? |
//! | `companions` | what lies beside the tables, and is it true? |
//! | `trouble` | what happens with damaged captures, full disks, closed pipes? |
//! | `disks` | what is left where a disk is full or fails, or a run is killed, and what is never written over? |
//! | `privacy` | whose names are told, and whose are in nothing that is written? |
//! | `save` | which packets are saved, and do they read back the same? |
//! | `page` | is the page written whole, and over what? |
//! | `merge` | are parts, joined, what one run over all would have told? |
//! | `follow` | what is read of what grows? |
//! | `signals` | what happens on Ctrl-C? |
//! | `live` | what is heard on an interface, and what is told of what is not? |
//! | `tui` | what does the screen show, and is the terminal what it was before? |
//! | `metrics` | what is told of a run while it goes on, where, and to whom? |
//! | `talk` | what is said, to whom, in which colours? |

mod census;
mod companions;
mod disks;
mod files;
mod follow;
mod formats;
mod generated;
#[cfg(all(feature = "live", target_os = "linux"))]
mod live;
mod merge;
#[cfg(target_os = "linux")]
mod metrics;
mod page;
mod periods;
#[cfg(target_os = "linux")]
mod privacy;
mod save;
mod signals;
mod tables;
mod talk;
mod trouble;
#[cfg(all(feature = "tui", target_os = "linux"))]
mod tui;
mod words;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use msncensus::text::hex;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::support::LOGIN;
use crate::support::capture_file::{ByteOrder, Variant, pcap};
use crate::support::frame::frames;
use crate::support::script::Script;

/// What colours and characters depend on.
const ENVIRONMENT: [&str; 7] = ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "LC_ALL", "LC_CTYPE", "LANG"];

/// Where the program is; cargo builds it before it builds the tests.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_msncensus");

/// A pcapng of one login: twelve packets, one exchange.
fn login() -> Vec<u8> {
    Script::parse(LOGIN).unwrap().capture()
}

/// The same as a classic pcap.
fn login_pcap() -> Vec<u8> {
    pcap(&frames(&Script::parse(LOGIN).unwrap().packets()), ByteOrder::Little, Variant::Microseconds)
}

/// The login with other words in it.
fn login_with(from: &str, to: &str) -> Vec<u8> {
    assert!(LOGIN.contains(from));
    Script::parse(&LOGIN.replace(from, to)).unwrap().capture()
}

/// A capture in which nobody speaks MSNP.
fn silent() -> Vec<u8> {
    let web = "time 2003-09-14T12:00:00Z\nclient 192.0.2.10:1056\nserver 198.51.100.7:80\nconnect\nC: GET / HTTP/1.0\n";
    Script::parse(web).unwrap().capture()
}

/// SHA-256 in hexadecimal.
fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A directory to work in.
struct Desk {
    directory: TempDir,
}

/// What a run said, and how it ended.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Desk {
    /// With these files.
    fn with(files: &[(&str, &[u8])]) -> Self {
        let desk = Self { directory: tempfile::tempdir().unwrap() };
        for (name, bytes) in files {
            let path = desk.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        desk
    }

    fn root(&self) -> &Path {
        self.directory.path()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// The program, here, with a clean environment.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(args).current_dir(self.root()).timeout(std::time::Duration::from_secs(60));
        for name in ENVIRONMENT {
            command.env_remove(name);
        }
        command
    }

    /// The same for a test that needs the process itself.
    fn process(&self, args: &[&str]) -> std::process::Command {
        let mut process = std::process::Command::new(PROGRAM);
        process.args(args).current_dir(self.root());
        for name in ENVIRONMENT {
            process.env_remove(name);
        }
        process
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&self.command(args).output().unwrap())
    }

    /// With something on standard input.
    fn pipe(&self, args: &[&str], input: Vec<u8>) -> Ran {
        Ran::of(&self.command(args).write_stdin(input).output().unwrap())
    }

    /// A line of the shell, in which `$0` is the program.
    fn shell(&self, line: &str) -> Ran {
        let mut command = Command::new("sh");
        command.args(["-c", line, PROGRAM]).current_dir(self.root());
        for name in ENVIRONMENT {
            command.env_remove(name);
        }
        Ran::of(&command.output().unwrap())
    }

    /// The names in a directory, in order.
    fn names(&self, directory: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(directory)).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Ran {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// The same, if it ended so.
    #[track_caller]
    fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// The same, if it said this on standard error, line by line.
    #[track_caller]
    fn says(self, lines: &[&str]) -> Self {
        assert_eq!(self.err.lines().collect::<Vec<_>>(), lines, "{self:#?}");
        self
    }

    /// The cells of a column of the CSV on standard output.
    #[track_caller]
    fn cells(&self, column: &str) -> Vec<String> {
        cells(&self.out, column)
    }
}

/// The cells of a column.
#[track_caller]
fn cells(csv: &str, column: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let at = reader.headers().unwrap().iter().position(|name| name == column).expect(column);
    reader.records().map(|record| record.unwrap()[at].to_owned()).collect()
}
