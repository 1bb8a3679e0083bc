//! Instructions for each packet, as callgrind counts them: no other program on the machine changes them, so that a small
//! loss shows. The figures that were last accepted stand in `benches/instructions.toml`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::captures::{Form, Kind};
use crate::files::{CaptureFile, Scale};
use crate::race::{ONE_THREAD, PROGRAM};

/// A figure may rise by so much until the run fails: hash seeds alone change it by less than one in a hundred.
const RISE_MAX: f64 = 1.03;
/// First line of the table.
const HEAD: &str = "# Instructions for each packet of a tenth of each capture, as last accepted: `cargo bench --bench peers -- --instructions=accept`.";

fn table_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions.toml")
}

/// What becomes of what is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Verdict {
    /// It is compared with what was accepted.
    Check,
    /// It is accepted.
    Accept,
}

/// Counts, prints, and fails if a figure has risen; or accepts what was counted.
pub(crate) fn gate(captures: &Path, verdict: Verdict) -> Result<()> {
    let accepted = fs::read_to_string(table_path()).unwrap_or_default();
    let mut table = format!("{HEAD}\n");
    let mut risen = Vec::new();
    println!("| capture | instructions a packet | accepted | change |\n|---|--:|--:|--:|");
    for kind in Kind::ALL {
        let file = CaptureFile::of(captures, kind, Scale::Tenth, Form::Pcap)?;
        let figure = instructions(&file)? as f64 / file.packets as f64;
        writeln!(table, "{kind} = {figure:.0}")?;
        let Some(before) = accepted_figure(&accepted, kind) else {
            println!("| {kind} | {figure:.0} | | |");
            continue;
        };
        println!("| {kind} | {figure:.0} | {before:.0} | {:+.1} % |", 100.0 * (figure / before - 1.0));
        if figure > RISE_MAX * before {
            risen.push(kind.to_string());
        }
    }
    if verdict == Verdict::Accept {
        return fs::write(table_path(), table).context("the table of what is accepted");
    }
    ensure!(risen.is_empty(), "more than accepted: {}", risen.join(", "));
    Ok(())
}

fn accepted_figure(table: &str, kind: Kind) -> Option<f64> {
    let lines = table.lines().filter_map(|line| line.split_once(" = "));
    lines.into_iter().find(|(name, _)| *name == kind.to_string())?.1.parse().ok()
}

/// Instructions that the program takes for the capture, tables written, with one thread: how often one waits for another is chance.
fn instructions(file: &CaptureFile) -> Result<u64> {
    let directory = tempfile::tempdir()?;
    let counted = directory.path().join("callgrind.out");
    let mut option = std::ffi::OsString::from("--callgrind-out-file=");
    option.push(&counted);
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--tool=callgrind"]).arg(option).arg(PROGRAM).arg(&file.path);
    command.args(["--no-hash", "-o"]).arg(directory.path().join("tables")).args(ONE_THREAD);
    let output = command.output().context("valgrind")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let counted = fs::read_to_string(counted)?;
    let total = counted.lines().find_map(|line| line.strip_prefix("totals: ")).context("callgrind's totals")?;
    Ok(total.trim().parse()?)
}
