//! Files that grow while they are read. Signals are sent by the shell's `kill`.
#![cfg(target_os = "linux")]

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::process::Child;
use std::time::Duration;

use super::signals::{interrupt, reading};
use super::{Desk, Ran, login, login_pcap, login_with, sha256};

/// Longer than a run sleeps between two looks.
fn a_moment() {
    std::thread::sleep(Duration::from_millis(400));
}

fn append(desk: &Desk, name: &str, bytes: &[u8]) {
    OpenOptions::new().append(true).open(desk.path(name)).unwrap().write_all(bytes).unwrap();
}

/// Stops a run with what it has found.
fn stop(child: Child) -> Ran {
    interrupt(&child);
    Ran::of(&child.wait_with_output().unwrap())
}

#[test]
fn a_file_is_read_as_it_grows_and_ctrl_c_is_its_end() {
    let capture = login_pcap();
    let desk = Desk::with(&[("a.pcap", &capture[..capture.len() / 2])]);
    let child = reading(&desk, &["--follow", "a.pcap"]);
    a_moment();
    append(&desk, "a.pcap", &capture[capture.len() / 2..]);
    a_moment();
    let ran = stop(child).exits(0).says(&[]);
    assert_eq!(ran.cells("client_ver"), ["6.0.0602"]);
    assert_eq!(ran.cells("status"), ["ok"]);
}

#[test]
fn an_exchange_is_a_row_as_soon_as_it_is_found() {
    let capture = login_pcap();
    let desk = Desk::with(&[("a.pcap", &capture[..24])]);
    let mut child = reading(&desk, &["--follow", "a.pcap"]);
    let mut rows = BufReader::new(child.stdout.take().unwrap()).lines();
    append(&desk, "a.pcap", &capture[24..]);
    // The run goes on meanwhile.
    assert!(rows.next().unwrap().unwrap().starts_with("ts,"));
    assert!(rows.next().unwrap().unwrap().contains("6.0.0602"));
    assert_eq!(child.try_wait().unwrap(), None);
    stop(child).exits(0).says(&[]);
    assert_eq!(rows.count(), 0);
}

/// What is there at the stop is read, even if it came since the last look.
#[test]
fn the_last_words_before_a_stop_are_read() {
    let capture = login_pcap();
    let desk = Desk::with(&[("a.pcap", &capture[..24])]);
    let child = reading(&desk, &["--follow", "-t", "inputs", "a.pcap"]);
    append(&desk, "a.pcap", &capture[24..]);
    let ran = stop(child).exits(0);
    assert_eq!((ran.cells("packets"), ran.cells("sha256")), (vec!["12".to_owned()], vec![sha256(&capture)]));
}

#[test]
fn a_file_that_begins_anew_is_another_input() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    let child = reading(&desk, &["--follow", "-q", "-o", "out", "a.pcap"]);
    a_moment();
    // Rotated, and later cut to nothing and written again.
    fs::rename(desk.path("a.pcap"), desk.path("a.pcap.1")).unwrap();
    fs::write(desk.path("a.pcap"), login_with("192.0.2.10", "192.0.2.11")).unwrap();
    a_moment();
    fs::write(desk.path("a.pcap"), b"").unwrap();
    a_moment();
    append(&desk, "a.pcap", &login_with("192.0.2.10", "192.0.2.12"));
    a_moment();
    stop(child).exits(0).says(&[]);
    let table = |name: &str| fs::read_to_string(desk.path(&format!("out/{name}.csv"))).unwrap();
    assert_eq!(super::cells(&table("inputs"), "input"), ["a.pcap"; 3]);
    // What was cut to nothing is not on the disk any more.
    let last = sha256(&login_with("192.0.2.10", "192.0.2.12"));
    assert_eq!(super::cells(&table("inputs"), "sha256"), [sha256(&login()), String::new(), last]);
    assert_eq!(super::cells(&table("exchanges"), "client_ip"), ["192.0.2.10", "192.0.2.11", "192.0.2.12"]);
}

#[test]
fn files_that_appear_in_a_directory_are_read() {
    let desk = Desk::with(&[]);
    fs::create_dir(desk.path("d")).unwrap();
    let child = reading(&desk, &["--follow", "-q", "d"]);
    a_moment();
    fs::write(desk.path("d/1"), login()).unwrap();
    a_moment();
    fs::write(desk.path("d/2"), login_with("192.0.2.10", "192.0.2.11")).unwrap();
    a_moment();
    let ran = stop(child).exits(0);
    assert_eq!(ran.cells("input"), ["d/1", "d/2"]);
}

#[test]
fn a_file_in_a_directory_that_is_no_capture_is_told_and_the_next_is_read() {
    let desk = Desk::with(&[("d/1", b"a text, long enough to be judged"), ("d/2", &login())]);
    let child = reading(&desk, &["--follow", "d"]);
    a_moment();
    let ran = stop(child).exits(3);
    assert_eq!(ran.cells("input"), ["d/2"]);
    assert!(ran.err.starts_with("warning: d/1: not a capture "), "{ran:?}");
}

#[test]
fn a_file_that_cannot_be_followed_ends_the_run() {
    let desk = Desk::with(&[("text", b"a text, long enough to be judged")]);
    let ran = desk.run(&["--follow", "text"]).exits(1);
    assert!(ran.err.starts_with("error: text: not a capture "), "{ran:?}");
}

#[test]
fn a_directory_that_goes_away_ends_the_run() {
    let desk = Desk::with(&[("d/1", &login())]);
    let child = reading(&desk, &["--follow", "d"]);
    a_moment();
    fs::rename(desk.path("d"), desk.path("e")).unwrap();
    a_moment();
    let ran = stop(child);
    assert_eq!(ran.cells("client_ver"), ["6.0.0602"]);
}

#[test]
fn one_file_or_directory_is_followed() {
    let desk = Desk::with(&[("a.pcap", &login()), ("b.pcap", &login())]);
    let hint = "hint: start one msncensus for each file or directory that grows";
    desk.run(&["--follow", "a.pcap", "b.pcap"]).exits(2).says(&["error: --follow follows one file or directory", hint]);
    desk.run(&["--follow", "missing.pcap"])
        .exits(2)
        .says(&["error: missing.pcap: cannot be read: No such file or directory (os error 2)", hint]);
    desk.pipe(&["--follow", "-"], login())
        .exits(2)
        .says(&["error: standard input needs no --follow", "hint: it is read until it ends: leave --follow out"]);
}
