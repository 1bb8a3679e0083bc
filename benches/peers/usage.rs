//! Runs a program and tells what it took.
//!
//! A process inherits the peak memory of the one that starts it, until that of its own is higher. So it is not started
//! here, but by a process that does nothing else: this program once more, under the name [`STEWARD`].

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// The first argument of the process that starts another one and tells what it took.
const STEWARD: &str = "--measure";

/// What a run took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Usage {
    /// By the clock.
    pub(crate) seconds: f64,
    /// Of all processors, by the program and for it.
    pub(crate) processor_seconds: f64,
    /// Peak of the resident memory.
    pub(crate) peak_kib: f64,
}

impl Usage {
    /// The median of each number.
    pub(crate) fn median(runs: &[Self]) -> Self {
        let middle = |number: fn(&Self) -> f64| {
            let mut numbers: Vec<_> = runs.iter().map(number).collect();
            numbers.sort_by(f64::total_cmp);
            numbers[numbers.len() / 2]
        };
        Self {
            seconds: middle(|run| run.seconds),
            processor_seconds: middle(|run| run.processor_seconds),
            peak_kib: middle(|run| run.peak_kib),
        }
    }
}

/// Runs `words`, a program and its arguments, without input and output.
pub(crate) fn measure(words: &[OsString]) -> Result<Usage> {
    let steward = Command::new(std::env::current_exe()?).arg(STEWARD).args(words).output()?;
    let said = String::from_utf8_lossy(&steward.stderr);
    ensure!(steward.status.success(), "{words:?}: {}: {said}", steward.status);
    let told = String::from_utf8_lossy(&steward.stdout);
    let numbers: Vec<f64> = told.split_whitespace().map_while(|number| number.parse().ok()).collect();
    let [seconds, processor_seconds, peak_kib] = numbers[..] else { anyhow::bail!("{words:?}: {told}") };
    Ok(Usage { seconds, processor_seconds, peak_kib })
}

/// If this process is a steward, starts what it is told to start, and says what that took.
pub(crate) fn serve() -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    (words.next()? == STEWARD).then(|| match start(words.next()?.as_os_str(), words) {
        Ok(code) => Some(code),
        Err(error) => {
            eprintln!("{error:#}");
            Some(ExitCode::FAILURE)
        }
    })?
}

fn start(program: &OsStr, arguments: impl Iterator<Item = OsString>) -> Result<ExitCode> {
    let begun = Instant::now();
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.status().with_context(|| format!("{}", program.display()))?;
    let seconds = begun.elapsed().as_secs_f64();
    let children = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(io::Error::from)?;
    let processor_seconds = in_seconds(children.user_time()) + in_seconds(children.system_time());
    println!("{seconds} {processor_seconds} {}", children.max_rss());
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn in_seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}
