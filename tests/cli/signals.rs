//! Ctrl-C. Signals are sent by the shell's `kill`.
#![cfg(target_os = "linux")]

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Desk, Ran, login};

/// The bit of a signal in the masks of `/proc/PID/status`.
const SIGINT: u64 = 1 << (2 - 1);

/// A run that reads a pipe, once it listens to signals.
pub(super) fn reading(desk: &Desk, args: &[&str]) -> Child {
    let mut process = desk.process(args);
    process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = process.spawn().unwrap();
    let begun = Instant::now();
    while caught(&child) & SIGINT == 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "it never listens");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

/// The signals that a process handles.
fn caught(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap()
}

pub(super) fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn an_interrupted_pipe_gives_what_is_known() {
    let desk = Desk::with(&[]);
    let mut child = reading(&desk, &["-"]);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&login()).unwrap();
    interrupt(&child);
    let begun = Instant::now();
    let ran = Ran::of(&child.wait_with_output().unwrap()).exits(130);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    drop(stdin);
    assert_eq!(ran.cells("client_ver"), ["6.0.0602"]);
    ran.says(&[
        "warning: -: interrupted before its end",
        "note: interrupted: the tables hold what was found until then",
    ]);
}

#[test]
fn a_pipe_that_ends_by_itself_after_ctrl_c_was_read_whole() {
    let desk = Desk::with(&[("after.pcap", &login())]);
    let mut child = reading(&desk, &["-"]);
    let mut stdin = child.stdin.take().unwrap();
    interrupt(&child);
    // What tcpdump does: it writes what it still holds, and ends.
    stdin.write_all(&login()).unwrap();
    drop(stdin);
    let ran = Ran::of(&child.wait_with_output().unwrap()).exits(0).says(&[]);
    assert_eq!(ran.cells("client_ver"), ["6.0.0602"]);
}

#[test]
fn inputs_after_an_interruption_are_told() {
    let desk = Desk::with(&[("after.pcap", &login())]);
    let mut child = reading(&desk, &["-t", "inputs", "-", "after.pcap"]);
    let stdin = child.stdin.take();
    interrupt(&child);
    let ran = Ran::of(&child.wait_with_output().unwrap()).exits(130);
    drop(stdin);
    assert_eq!(ran.cells("input"), ["-", "after.pcap"]);
    assert_eq!(ran.cells("status"), ["interrupted", "interrupted"]);
}

#[test]
fn l8_an_interrupted_run_writes_its_files_whole() {
    let desk = Desk::with(&[]);
    let mut child = reading(&desk, &["-q", "-o", "out", "-"]);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&login()).unwrap();
    interrupt(&child);
    Ran::of(&child.wait_with_output().unwrap()).exits(130).says(&[]);
    drop(stdin);
    let exchanges = std::fs::read_to_string(desk.path("out/exchanges.csv")).unwrap();
    assert_eq!(super::cells(&exchanges, "client_ver"), ["6.0.0602"]);
    assert_eq!(desk.names("out").len(), 7);
}

#[test]
fn k7_the_second_ctrl_c_ends_at_once() {
    let desk = Desk::with(&[]);
    let mut child = reading(&desk, &["-"]);
    let stdin = child.stdin.take();
    interrupt(&child);
    std::thread::sleep(Duration::from_millis(50));
    interrupt(&child);
    let ran = Ran::of(&child.wait_with_output().unwrap()).exits(130);
    drop(stdin);
    assert!(ran.out.is_empty() || ran.cells("ts").is_empty(), "{ran:?}");
}
