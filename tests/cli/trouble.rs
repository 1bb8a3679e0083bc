//! Damaged captures, full disks, closed pipes.

use std::io::Write;
use std::process::Stdio;

use super::{Desk, Ran, login, login_pcap};

/// Where the record of that number begins in a little-endian pcap.
fn record_at(pcap: &[u8], number: usize) -> usize {
    (1..number).fold(24, |at, _| {
        let len = u32::from_le_bytes(pcap[at + 8..at + 12].try_into().unwrap());
        at + 16 + usize::try_from(len).unwrap()
    })
}

/// `5321` as messages show it.
fn grouped(number: usize) -> String {
    msncensus::text::Grouped(number.try_into().unwrap()).to_string()
}

#[test]
fn h16_a_cut_capture_gives_what_is_there_and_tells_where_it_ends() {
    let capture = login_pcap();
    let last = record_at(&capture, 12);
    let len = capture.len() - last - 16;
    let desk = Desk::with(&[("cut.pcap", &capture[..capture.len() - 4])]);
    let ran = desk.run(&["cut.pcap"]).exits(3);
    assert_eq!(ran.cells("client_ver"), ["6.0.0602"]);
    let place = format!("cut.pcap: record 12 at byte {}", grouped(last));
    let why = format!("cut short: {} of {len} bytes of the packet are there", len - 4);
    assert_eq!(ran.err.lines().next().unwrap(), format!("warning: {place}: {why}"));
    assert_eq!(desk.run(&["-t", "inputs", "cut.pcap"]).exits(3).cells("status"), ["cut"]);
}

#[test]
fn h17_a_damaged_capture_gives_what_comes_before_and_tells_where() {
    let mut capture = login_pcap();
    let at = record_at(&capture, 9);
    capture[at + 8..at + 12].copy_from_slice(&u32::MAX.to_le_bytes());
    let desk = Desk::with(&[("bad.pcap", &capture)]);
    let ran = desk.run(&["bad.pcap"]).exits(3);
    assert_eq!(ran.cells("client_ver"), ["6.0.0602"]);
    assert_eq!(
        ran.err.lines().next().unwrap(),
        format!(
            "warning: bad.pcap: record 9 at byte {}: damaged: a packet of 4,294,967,295 bytes, and none is longer than \
             262,144; nothing from here on was read",
            grouped(at)
        )
    );
    assert_eq!(desk.run(&["-t", "inputs", "bad.pcap"]).exits(3).cells("status"), ["damaged"]);
}

#[test]
fn one_of_a_thing_is_told_as_one() {
    let capture = login_pcap();
    let desk = Desk::with(&[("cut.pcap", &capture[..capture.len() - 1])]);
    let ran = desk.run(&["cut.pcap"]).exits(3);
    assert!(ran.err.contains("\nwarning: 1 packet was cut by the capture: "), "{ran:?}");
}

#[test]
fn what_is_no_capture_is_told_by_its_beginning() {
    let desk = Desk::with(&[("a.zip", b"PK\x03\x04...."), ("b.gz", &[0x1f, 0x8b, 8, 0]), ("empty", b"")]);
    desk.run(&["a.zip", "b.gz", "empty"]).exits(1).says(&[
        "error: a.zip: not a capture (starts with \"PK\": a zip archive)",
        "error: b.gz: cut short: the gzip data ends early",
        "error: empty: not a capture (it is empty)",
        "error: no input could be read",
    ]);
    desk.pipe(&["-"], Vec::new()).exits(1).says(&["error: -: not a capture (it is empty)"]);
}

/// Standard input comes only when nobody reads standard output any more.
#[test]
fn l2_a_closed_pipe_ends_the_run_quietly() {
    for table in ["exchanges", "summary", "population"] {
        let mut process = Desk::with(&[]).process(&["-t", table, "-"]);
        process.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process.spawn().unwrap();
        drop(child.stdout.take());
        child.stdin.take().unwrap().write_all(&login()).unwrap();
        Ran::of(&child.wait_with_output().unwrap()).exits(0).says(&[]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn l1_a_full_disk_is_told() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    for table in ["exchanges", "summary", "inputs"] {
        desk.shell(&format!(r#"exec "$0" -t {table} a.pcap > /dev/full"#))
            .exits(1)
            .says(&["error: cannot write to standard output: No space left on device (os error 28)"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn l3_nobody_need_listen() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    for nowhere in ["2>&-", "2>/dev/full", "2>&- --progress bar -v"] {
        let ran = desk.shell(&format!(r#"exec "$0" a.pcap missing.pcap {nowhere}"#)).exits(3);
        assert_eq!(ran.cells("client_ver"), ["6.0.0602"], "{nowhere}");
    }
}
