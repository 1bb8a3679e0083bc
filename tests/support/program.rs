//! The program itself, run on a capture.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::{self, Stdio};
use std::thread;
use std::time::Duration;

use assert_cmd::Command;

/// A row of a table by the names of its columns.
pub(crate) type Row = BTreeMap<String, String>;

/// What a run gave.
pub(crate) struct Run {
    pub(crate) exit: i32,
    pub(crate) rows: Vec<Row>,
    /// What it said on standard error.
    pub(crate) said: String,
}

/// Runs `msncensus -t exchanges -T csv --raw` on a capture.
pub(crate) fn exchanges(capture: &Path) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_msncensus"))
        .args(["-t", "exchanges", "-T", "csv", "--raw"])
        .arg(capture)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let exit = output.status.code().unwrap_or_else(|| panic!("{}: killed: {said}", capture.display()));
    let mut table = csv::Reader::from_reader(&output.stdout[..]);
    let rows = table.deserialize().collect::<Result<_, _>>();
    Run { exit, rows: rows.unwrap_or_else(|error| panic!("{}: {error}: {said}", capture.display())), said }
}

/// Runs it on the bytes of a capture.
pub(crate) fn exchanges_of(bytes: &[u8]) -> Run {
    let directory = tempfile::tempdir().unwrap();
    // Always of the same name, so that the rows of two captures can be equal.
    let path = directory.path().join("capture");
    fs::write(&path, bytes).unwrap();
    exchanges(&path)
}

/// What a run took.
pub(crate) struct Taken {
    pub(crate) exit: i32,
    /// The most memory that it ever had, in bytes.
    pub(crate) memory: u64,
    /// What it said on standard error.
    pub(crate) said: String,
}

/// Runs it on a capture with these arguments, and has it write no table. Linux tells what it takes.
pub(crate) fn measured(capture: &Path, args: &[&str]) -> Taken {
    let mut command = process::Command::new(env!("CARGO_BIN_EXE_msncensus"));
    let errors = tempfile::NamedTempFile::new().unwrap();
    command.args(args).arg(capture).stdout(Stdio::null()).stderr(File::create(errors.path()).unwrap());
    let mut child = command.spawn().unwrap();
    let mut memory = 0;
    // The mark only rises, and is lost with the process: what it was last is its height, but for a moment.
    let status = loop {
        let told = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let mark =
            told.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        memory = memory.max(mark.unwrap_or(0) * 1024);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        thread::sleep(Duration::from_millis(1));
    };
    let said = fs::read_to_string(errors.path()).unwrap();
    let exit = status.code().unwrap_or_else(|| panic!("{}: killed: {said}", capture.display()));
    Taken { exit, memory, said }
}
