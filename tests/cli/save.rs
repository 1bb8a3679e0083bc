//! The packets of the connections that carried an exchange, saved for Wireshark.

use std::fs;
use std::process::Command;

use msncensus::limits::SAVE_BYTES_WAITING_MAX;

use super::{Desk, login, login_pcap, login_with, silent};
use crate::support::capture_file::Pcapng;
use crate::support::fragment::fragmented_frames;
use crate::support::frame::{Frame, frames};
use crate::support::script::{Script, samples_dir};
use crate::support::tshark::tshark;
use crate::support::tunnel::{Tunnel, tunnelled_frames};
use crate::support::{LOGIN, program};

const TOLD: &str = "note: saved.pcapng: wrote the packets of connections with exchanges";

/// The rows of a capture without what names its packets.
fn rows(path: &std::path::Path) -> Vec<program::Row> {
    let mut rows = program::exchanges(path).rows;
    for row in &mut rows {
        row.retain(|column, _| !["input", "frame_request", "frame_reply", "connection_id"].contains(&column.as_str()));
    }
    rows
}

/// Saves what is wanted of a capture: the rows before and after must be the same.
#[track_caller]
fn assert_saved_whole(name: &str, capture: &[u8]) -> Desk {
    let desk = Desk::with(&[("a.pcapng", capture)]);
    let ran = desk.run(&["-q", "-w", "saved.pcapng", "a.pcapng"]);
    assert!(matches!(ran.code, Some(0 | 3)), "{name}: {ran:?}");
    let (before, after) = (rows(&desk.path("a.pcapng")), rows(&desk.path("saved.pcapng")));
    assert_eq!(before, after, "{name}");
    desk
}

/// What tshark says of each packet: its comment, and whether it cannot make sense of it.
fn shown(desk: &Desk, name: &str) -> Vec<(String, String)> {
    let lines = tshark(&desk.path(name), &["-T", "fields", "-e", "frame.comment", "-e", "_ws.malformed"]);
    let split = |line: &str| line.split_once('\t').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    lines.lines().map(split).collect()
}

/// How many packets a capture holds.
fn packets(desk: &Desk, name: &str) -> String {
    desk.run(&["-q", "-t", "inputs", name]).cells("packets").concat()
}

#[test]
fn every_sample_gives_the_same_rows_when_read_back() {
    let mut count = 0;
    for entry in fs::read_dir(samples_dir()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "pcapng") {
            assert_saved_whole(&path.display().to_string(), &fs::read(&path).unwrap());
            count += 1;
        }
    }
    assert!(count > 20, "{count} samples");
}

#[test]
fn what_came_in_fragments_and_tunnels_is_saved_whole() {
    let login = Script::parse(LOGIN).unwrap().packets();
    let web = "time 2003-09-14T13:00:00Z\nclient 192.0.2.10:99\nserver 198.51.100.7:80\nconnect\nC: GET / HTTP/1.0\n";
    let web = Script::parse(web).unwrap().packets();
    for len in [8, 24, 64] {
        let mut all = fragmented_frames(&login, len);
        let fragments = all.len();
        all.extend(fragmented_frames(&web, len));
        let desk = assert_saved_whole(&format!("fragments of {len}"), &Pcapng::default().write(&all));
        assert_eq!(packets(&desk, "saved.pcapng"), fragments.to_string());
    }
    for tunnel in Tunnel::ALL.into_iter().filter(|tunnel| tunnel.carries(false)) {
        let all: Vec<Frame> = tunnelled_frames(&login, tunnel);
        let desk = assert_saved_whole(&format!("{tunnel:?}"), &Pcapng::default().write(&all));
        assert_eq!(packets(&desk, "saved.pcapng"), all.len().to_string(), "{tunnel:?}");
    }
}

#[test]
fn tshark_reads_it_and_shows_what_each_version_packet_is() {
    let desk = Desk::with(&[("a.pcapng", &login()), ("b.pcapng", &silent())]);
    desk.run(&["-w", "saved.pcapng", "a.pcapng", "b.pcapng"]).exits(0).says(&[TOLD]);
    let shown = shown(&desk, "saved.pcapng");
    assert_eq!(shown.len(), 12);
    assert!(shown.iter().all(|(_, malformed)| malformed.is_empty()), "{shown:?}");
    let remarks: Vec<_> = shown.iter().map(|(remark, _)| remark.as_str()).filter(|remark| !remark.is_empty()).collect();
    assert_eq!(
        remarks,
        [
            "CVR request 2: MSNMSGR 6.0.0602, winnt 5.1, 0x0409",
            "CVR reply 2: recommended 6.0.0602, minimum 6.0.0268: up_to_date"
        ]
    );
}

#[test]
fn several_inputs_and_link_types_keep_their_times_and_numbers_in_one_file() {
    let raw = Script::sample("windows-messenger-unrecognised").capture();
    let other = login_with("192.0.2.10", "192.0.2.11");
    let desk = Desk::with(&[("a.pcap", &login_pcap()), ("raw.pcapng", &raw), ("b.pcapng", &other)]);
    let before = desk.run(&["-q", "-w", "saved.pcapng", "a.pcap", "raw.pcapng", "b.pcapng"]).exits(0);
    let after = desk.run(&["saved.pcapng"]).exits(0).says(&[]);
    for column in ["ts_ns", "rtt_ms", "client_ip", "client_ver", "identity", "flags"] {
        assert_eq!(before.cells(column), after.cells(column), "{column}");
    }
    let shown = shown(&desk, "saved.pcapng");
    assert!(shown.iter().all(|(_, malformed)| malformed.is_empty()), "{shown:?}");
}

/// The same ends before and after the login: neither visit to a web page is saved, and the handshake of the login is.
#[test]
fn of_connections_with_the_same_ends_only_those_with_an_exchange_are_saved() {
    let visit = "connect\nC: GET / HTTP/1.0\nS: HTTP/1.0 200 OK\nclose client\nwait 30s\n";
    let (head, body) = LOGIN.split_once("connect\n").unwrap();
    let script = format!("{head}isn 1000 2000\n{visit}isn 5000 6000\nconnect\n{body}wait 30s\nisn 7000 8000\n{visit}");
    let mut packets = Script::parse(&script).unwrap().packets();
    let first = packets.iter().position(|packet| packet.conversation == 1).unwrap();
    let count = packets.iter().filter(|packet| packet.conversation == 1).count();
    // The last acknowledgement of the visit comes late, among the packets of the login.
    packets.swap(first, first - 1);
    let desk = Desk::with(&[("a.pcapng", &Pcapng::default().write(&frames(&packets)))]);
    let ran = desk.run(&["-q", "-w", "saved.pcapng", "a.pcapng"]).exits(0);
    assert_eq!(ran.cells("client_ver"), ["6.0.0602"]);
    assert_eq!(self::packets(&desk, "saved.pcapng"), (count + 1).to_string());
    assert_eq!(rows(&desk.path("a.pcapng")), rows(&desk.path("saved.pcapng")));
}

/// A download between the ends of a later login: nothing says that it is another connection before the next SYN. What is
/// too much to wait is written, the rest is not, and the login is there.
#[test]
fn more_than_may_wait_is_written_and_nothing_wanted_is_lost() {
    let (head, body) = LOGIN.split_once("connect\n").unwrap();
    let file = "x".repeat(60_000);
    let said = format!("S= {file}\n").repeat(290);
    let script = format!(
        "{head}isn 1000 2000\nconnect\nC: GET / HTTP/1.0\n{said}close client\nwait 30s\nisn 5000 6000\nconnect\n{body}"
    );
    let all = frames(&Script::parse(&script).unwrap().packets());
    let download = &all[..all.len() - 12];
    let mut waiting: usize = download.iter().map(|frame| frame.data.len()).sum();
    let mut too_many = 0;
    while waiting > SAVE_BYTES_WAITING_MAX {
        waiting -= download[too_many].data.len();
        too_many += 1;
    }
    assert!(too_many > 10);
    let desk = assert_saved_whole("a download", &Pcapng::default().write(&all));
    assert_eq!(packets(&desk, "saved.pcapng"), (too_many + 12).to_string());
}

#[test]
fn nothing_found_is_a_capture_without_packets() {
    let desk = Desk::with(&[("web.pcapng", &silent())]);
    desk.run(&["-w", "saved.pcapng", "web.pcapng"]).exits(0).says(&[TOLD, "note: no client-version exchange found"]);
    assert_eq!(packets(&desk, "saved.pcapng"), "0");
}

#[cfg(feature = "live")]
#[test]
fn a_filter_holds_for_what_is_saved_too() {
    let desk = Desk::with(&[("a.pcapng", &login()), ("b.pcapng", &login_with("192.0.2.10", "192.0.2.99"))]);
    desk.run(&["-q", "-w", "saved.pcapng", "-f", "host 192.0.2.99", "a.pcapng", "b.pcapng"]).exits(0);
    assert_eq!(packets(&desk, "saved.pcapng"), "12");
}

#[test]
fn what_is_there_already_is_only_written_over_by_force() {
    let desk = Desk::with(&[("a.pcapng", &login()), ("saved.pcapng", b"mine")]);
    desk.run(&["-w", "saved.pcapng", "a.pcapng"])
        .exits(1)
        .says(&["error: saved.pcapng: is there already (--force writes over it)"]);
    assert_eq!(fs::read(desk.path("saved.pcapng")).unwrap(), b"mine");
    desk.run(&["--force", "-w", "saved.pcapng", "a.pcapng"]).exits(0).says(&[TOLD]);
    assert_eq!(packets(&desk, "saved.pcapng"), "12");
    assert_eq!(desk.names("."), ["a.pcapng", "saved.pcapng"]);
}

#[test]
fn what_is_read_is_never_written_over() {
    let capture = login();
    let desk = Desk::with(&[("a.pcapng", &capture)]);
    for file in ["a.pcapng", "./a.pcapng"] {
        desk.run(&["--force", "-w", file, "a.pcapng"])
            .exits(2)
            .says(&[&format!("error: {file}: -w would overwrite what is to be read"), "hint: give another name"]);
    }
    assert_eq!(fs::read(desk.path("a.pcapng")).unwrap(), capture);
}

#[test]
fn what_cannot_be_read_twice_is_refused() {
    let desk = Desk::with(&[("a.pcapng", &login())]);
    let hint = "hint: write it to a file first, and read that";
    desk.pipe(&["-w", "saved.pcapng", "-"], login())
        .exits(2)
        .says(&["error: standard input: -w cannot be used with a pipe: packets are saved on a second reading", hint]);
    assert!(Command::new("mkfifo").arg(desk.path("pipe")).status().unwrap().success());
    desk.run(&["-w", "saved.pcapng", "a.pcapng", "pipe"])
        .exits(2)
        .says(&["error: pipe: -w cannot be used with a pipe: packets are saved on a second reading", hint]);
    let ran = desk.run(&["--follow", "-w", "saved.pcapng", "a.pcapng"]).exits(2);
    assert!(ran.err.starts_with("error: the argument '--follow' cannot be used with '-w <FILE>'"), "{ran:?}");
    let ran = desk.run(&["-w", "-", "a.pcapng"]).exits(2);
    assert!(ran.err.starts_with("error: -w writes a file, not standard output\n"), "{ran:?}");
    assert_eq!(desk.names("."), ["a.pcapng", "pipe"]);
}

#[test]
fn a_place_that_cannot_be_written_is_told_before_anything_is_read() {
    let desk = Desk::with(&[("a.pcapng", &login()), ("file", b""), ("d/x", b"")]);
    let ran = desk.run(&["-w", "file/saved.pcapng", "a.pcapng"]).exits(1);
    assert!(ran.out.is_empty() && ran.err.starts_with("error: file: cannot write there: "), "{ran:?}");
    desk.run(&["--force", "-w", "d", "a.pcapng"])
        .exits(1)
        .says(&["error: d: is a directory: name a file for the packets"]);
    let ran = desk.run(&["--force", "-w", "/dev/null", "a.pcapng"]).exits(1);
    ran.says(&["error: /dev/null: is no regular file, and is not replaced"]);
}
