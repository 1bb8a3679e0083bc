//! The program itself, run on a capture.

use std::collections::BTreeMap;
use std::path::Path;

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
    std::fs::write(&path, bytes).unwrap();
    exchanges(&path)
}
