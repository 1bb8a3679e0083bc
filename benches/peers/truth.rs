//! Whether the program finds what is there: every exchange, and nothing else.

use std::io::Read;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::files::CaptureFile;
use crate::race::{ONE_THREAD, OURS_ALONE, PROGRAM};

/// Differences that are shown.
const SHOWN: usize = 5;

/// Fails unless the program, run under that name, finds in the file exactly the exchanges that were put there.
pub(crate) fn check(file: &CaptureFile, name: &str) -> Result<()> {
    let mut command = Command::new(PROGRAM);
    command.arg(&file.path).args(["-t", "exchanges", "-T", "csv", "--raw", "--verbatim"]);
    if name == OURS_ALONE {
        command.args(ONE_THREAD);
    }
    let mut program = command.stdout(Stdio::piped()).spawn()?;
    let mut found = exchanges(program.stdout.take().context("its output")?)?;
    ensure!(program.wait()?.success(), "{}: the program failed", file.path.display());
    found.sort_unstable();
    let truth = file.exchanges()?;
    let missed: Vec<_> = truth.iter().filter(|line| found.binary_search(line).is_err()).collect();
    let invented: Vec<_> = found.iter().filter(|line| truth.binary_search(line).is_err()).collect();
    ensure!(
        found == truth,
        "{}: {} of {} exchanges are missed, {} of {} that were found are not there:\n{:#?}\n{:#?}",
        file.path.display(),
        missed.len(),
        truth.len(),
        invented.len(),
        found.len(),
        missed.iter().take(SHOWN).collect::<Vec<_>>(),
        invented.iter().take(SHOWN).collect::<Vec<_>>(),
    );
    eprintln!("{}: all {} exchanges are found", file.path.display(), truth.len());
    Ok(())
}

/// The rows of the table, in the form in which the truth is written.
fn exchanges(table: impl Read) -> Result<Vec<String>> {
    let mut reader = csv::Reader::from_reader(table);
    let headers = reader.headers()?.clone();
    let column = |name: &str| {
        headers.iter().position(|header| header == name).with_context(|| format!("the table has no column {name}"))
    };
    let [client, client_port, server, server_port, trid, request, reply] =
        ["client_ip", "client_port", "server_ip", "server_port", "trid", "raw_request", "raw_reply"].map(column);
    let columns = [client?, client_port?, server?, server_port?, trid?, request?, reply?];
    let line = |row: csv::StringRecord| {
        let [client, client_port, server, server_port, trid, request, reply] =
            columns.map(|column| row.get(column).unwrap_or_default());
        format!("{client}:{client_port}\t{server}:{server_port}\t{trid}\t{request}\t{reply}")
    };
    reader.records().map(|row| Ok(line(row?))).collect()
}
