//! A child as its parent sees it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use libtest_mimic::Trial;
use nix::unistd::geteuid;

/// Nobody's number.
pub(crate) const NOBODY: &str = "65534";

pub(crate) struct Confined {
    child: Child,
    said: BufReader<ChildStdout>,
}

/// How a child ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// What it said of each word that it came to.
    pub(crate) said: Vec<String>,
    pub(crate) signal: Option<i32>,
}

pub(crate) fn trial(name: &str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

/// A test that only root can do. Elsewhere it is told as ignored, but where all must run it fails.
pub(crate) fn trial_by_root(name: &str, test: fn()) -> Trial {
    let is_left_out = !geteuid().is_root() && std::env::var_os("CI").is_none_or(|ci| ci != "true");
    if is_left_out {
        eprintln!("{name}: not run, it needs root");
    }
    trial(name, test).with_ignored_flag(is_left_out)
}

/// The command for a child that does these words.
pub(crate) fn command(words: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("child").args(words);
    command
}

/// The command for a program in a network of its own, which has `lo` only.
pub(crate) fn alone_with_lo(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--net", "sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""]).arg(program);
    command
}

/// What the kernel says of a process or a thread, by its directory in `/proc`.
pub(crate) fn status(directory: &Path) -> BTreeMap<String, String> {
    let status = std::fs::read_to_string(directory.join("status")).unwrap();
    let lines = status.lines().filter_map(|line| line.split_once(':'));
    lines.map(|(name, value)| (name.to_owned(), value.split_whitespace().collect::<Vec<_>>().join(" "))).collect()
}

/// Lets a child do these words to the end.
pub(crate) fn ended(words: &[&str]) -> Ended {
    Confined::start(&mut command(words)).end()
}

/// What a child says of these words, if it comes to the end of them.
#[track_caller]
pub(crate) fn said(words: &[&str]) -> Vec<String> {
    let Ended { said, signal } = ended(words);
    assert_eq!((said.len(), signal), (words.len(), None), "{said:#?}");
    said
}

/// Lets a child do these words, and asserts what it says of the last of them, one for each.
#[track_caller]
pub(crate) fn after(words: &[&str], told: &[(&str, &str)]) {
    let mut all = words.to_vec();
    all.extend(told.iter().map(|(word, _)| word));
    let expected: Vec<_> = told.iter().map(|(word, told)| format!("{word}: {told}")).collect();
    assert_eq!(said(&all)[words.len()..], expected);
}

impl Confined {
    pub(crate) fn start(command: &mut Command) -> Self {
        command.env_remove("SUDO_UID").env_remove("SUDO_GID");
        Self::start_as_it_is(command)
    }

    /// With the environment that it has.
    pub(crate) fn start_as_it_is(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Self { child, said }
    }

    /// What it says next.
    pub(crate) fn next(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// What the kernel says of it.
    pub(crate) fn status(&self) -> BTreeMap<String, String> {
        status(&Path::new("/proc").join(self.child.id().to_string()))
    }

    /// Whether other processes of its user may look into it.
    pub(crate) fn is_open_to_others(&self) -> bool {
        std::fs::metadata(format!("/proc/{}/environ", self.child.id())).unwrap().uid() != 0
    }

    /// Lets it go on after `wait`.
    pub(crate) fn go_on(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    /// Lets it come to its end.
    pub(crate) fn end(mut self) -> Ended {
        // It may have ended.
        self.child.stdin.take().unwrap().write_all(b"\n").ok();
        let said = self.said.lines().map(Result::unwrap).collect();
        Ended { said, signal: self.child.wait().unwrap().signal() }
    }
}
