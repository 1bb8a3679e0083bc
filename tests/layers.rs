//! Whatever a login is carried in, and however it is cut up below TCP, the program tells the same of it.

use std::fs;

use assert_cmd::Command;

use crate::support::LOGIN;
use crate::support::capture_file::Pcapng;
use crate::support::fragment::fragmented_frames;
use crate::support::frame::{Frame, frames};
use crate::support::packet::TestPacket;
use crate::support::script::Script;
use crate::support::tunnel::{Tunnel, tunnelled_frames};

/// Where the program is; cargo tells it when there is a binary to test.
const PROGRAM: Option<&str> = option_env!("CARGO_BIN_EXE_msncensus");

/// A login between two addresses, with a request that fills several fragments.
fn login(ipv6: bool) -> Vec<TestPacket> {
    let script = if ipv6 {
        LOGIN.replace("192.0.2.10:1056", "[2001:db8::10]:1056").replace("198.51.100.7:1863", "[2001:db8::7]:1863")
    } else {
        LOGIN.to_owned()
    };
    Script::parse(&script).unwrap().packets()
}

/// The table of exchanges that the program makes of a capture, by column. Nothing is to be wrong with the capture.
fn table(frames: &[Frame]) -> Vec<(String, String)> {
    table_and_code(frames, 0)
}

/// The same for a capture that makes the program exit with `code`.
fn table_and_code(frames: &[Frame], code: i32) -> Vec<(String, String)> {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("login.pcapng"), Pcapng::default().write(frames)).unwrap();
    let mut command = Command::new(PROGRAM.expect("cargo builds the program before it builds this test"));
    let run = command.current_dir(directory.path()).args(["-t", "exchanges", "-T", "csv", "login.pcapng"]).assert();
    let text = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    run.code(code);
    let [header, row] = text.lines().collect::<Vec<_>>().try_into().expect("one exchange");
    header.split(',').map(str::to_owned).zip(row.split(',').map(str::to_owned)).collect()
}

/// The same without the columns that say which packets, and when to the nanosecond.
fn without_packets(table: Vec<(String, String)>) -> Vec<(String, String)> {
    let of_packets = ["ts", "ts_ns", "rtt_ms", "frame_request", "frame_reply"];
    table.into_iter().filter(|(column, _)| !of_packets.contains(&column.as_str())).collect()
}

fn cell<'a>(table: &'a [(String, String)], column: &str) -> &'a str {
    &table.iter().find(|(name, _)| name == column).unwrap().1
}

#[test]
fn e7_e8_e9_a_login_reads_the_same_in_every_tunnel() {
    for ipv6 in [false, true] {
        let plain = table(&frames(&login(ipv6)));
        assert_eq!(cell(&plain, "flags"), "");
        for tunnel in Tunnel::ALL.into_iter().filter(|tunnel| tunnel.carries(ipv6)) {
            assert_eq!(table(&tunnelled_frames(&login(ipv6), tunnel)), plain, "{tunnel:?} {ipv6}");
        }
    }
}

#[test]
fn d1_d5_a_login_reads_the_same_in_fragments_of_any_size_and_order() {
    for ipv6 in [false, true] {
        let plain = without_packets(table(&frames(&login(ipv6))));
        for len in [8, 16, 40, 64, 104, 1400] {
            let fragments = fragmented_frames(&login(ipv6), len);
            assert_eq!(without_packets(table(&fragments)), plain, "{len} {ipv6}");
            // Each twice (case F10), and those of a datagram in reverse.
            let mut altered: Vec<Frame> = fragments.iter().flat_map(|frame| [frame.clone(), frame.clone()]).collect();
            altered.sort_by_key(|frame| (frame.time / 100_000, std::cmp::Reverse(frame.time)));
            assert_eq!(without_packets(table(&altered)), plain, "{len} {ipv6} altered");
        }
    }
}

#[test]
fn the_request_is_in_the_fragments_that_are_named() {
    let fragments = fragmented_frames(&login(false), 40);
    let table = table(&fragments);
    // The request has 74 bytes behind 20 of TCP: three fragments, of which the last completes it.
    let named: usize = cell(&table, "frame_request").parse().unwrap();
    let frame = &fragments[named - 1];
    assert!(frame.data.windows(6).any(|bytes| bytes == b".com\r\n"), "{named}");
}

#[test]
fn d3_a_row_from_fragments_that_contradict_each_other_says_so() {
    let mut frames = fragmented_frames(&login(false), 40);
    let at = frames.iter().position(|frame| frame.data.windows(5).any(|bytes| bytes == b"CVR 2")).unwrap();
    let mut other = frames[at].clone();
    let word = other.data.windows(5).position(|bytes| bytes == b"CVR 2").unwrap();
    other.data[word + 8] = b'7';
    frames.insert(at + 1, other);
    // What is doubtful has an exit code of its own.
    let table = table_and_code(&frames, 3);
    assert_eq!((cell(&table, "locale_id"), cell(&table, "flags")), ("0x0409", "conflict"));
}
