//! Ctrl-C. Signals are sent by the shell's `kill`.
#![cfg(target_os = "linux")]

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Desk, Ran, login};
use crate::support::LOGIN;
use crate::support::capture_file::{ByteOrder, Variant, pcap};
use crate::support::frame::frames;
use crate::support::script::Script;

/// The bit of a signal in the masks of `/proc/PID/status`.
const SIGINT: u64 = 1 << (2 - 1);

/// A run that reads a pipe, or what it is told to, once it listens to signals.
pub(super) fn reading(desk: &Desk, args: &[&str]) -> Child {
    let mut process = desk.process(args);
    process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    listening(process)
}

/// A run, once it listens to signals.
pub(super) fn listening(mut process: Command) -> Child {
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
    assert!(signal(child, "INT"));
}

/// Whether the signal could be sent: a process that has ended takes none.
pub(super) fn signal(child: &Child, name: &str) -> bool {
    Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap().success()
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
    assert_eq!(desk.names("out").len(), 12);
}

/// A login whose client goes on to say so much that saving it takes a while.
fn long_login() -> Vec<u8> {
    let packets = Script::parse(LOGIN).unwrap().packets();
    let mut capture = pcap(&frames(&packets[..8]), ByteOrder::Little, Variant::Microseconds);
    let bare = pcap(&frames(&packets[7..8]), ByteOrder::Little, Variant::Microseconds);
    capture.extend(bare[24..].repeat(600_000));
    capture
}

/// The first of these files that has bytes in it.
fn begun(desk: &Desk) -> bool {
    let is_begun = |name: &String| {
        let metadata = std::fs::metadata(desk.path(name));
        name.starts_with(".msncensus-") && metadata.is_ok_and(|metadata| metadata.len() > 0)
    };
    desk.names(".").iter().any(is_begun)
}

/// Stopped for good while it saves: it is held there, so that the signal comes before it can end.
#[test]
fn an_interrupted_saving_leaves_no_file_and_says_so() {
    let desk = Desk::with(&[("a.pcap", &long_login())]);
    for _ in 0..20 {
        let mut process = desk.process(&["-w", "saved.pcapng", "a.pcap"]);
        let mut child = process.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        while !begun(&desk) && child.try_wait().unwrap().is_none() {}
        signal(&child, "STOP");
        // It may have been too fast.
        let is_saving = begun(&desk);
        signal(&child, "INT");
        signal(&child, "CONT");
        let ran = Ran::of(&child.wait_with_output().unwrap());
        if is_saving && ran.code == Some(130) {
            assert_eq!(ran.cells("client_ver"), ["6.0.0602"]);
            ran.says(&[
                "note: saved.pcapng: not written: interrupted",
                "note: interrupted: the tables hold what was found until then",
            ]);
            assert_eq!(desk.names("."), ["a.pcap"]);
            return;
        }
        assert!(std::fs::remove_file(desk.path("saved.pcapng")).is_ok(), "{ran:?}");
    }
    panic!("never stopped while it saved");
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
