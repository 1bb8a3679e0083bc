//! The program gives one login the same fields, however it was captured.
//!
//! Each test runs `msncensus` on a file and compares its rows with those of the plain capture. Columns that may differ
//! are named with their reason; all others must be equal, `flags` included unless a test says which flags there are.

use crate::support::LOGIN;
use crate::support::alter::{duplicate, only, reorder, shuffle, strip_handshake};
use crate::support::capture_file::{ByteOrder, Pcapng, Variant, pcap};
use crate::support::conversation::Segmentation;
use crate::support::fragment::fragmented_frames;
use crate::support::frame::frames;
use crate::support::packet::{ACK, RST, Side, TestPacket};
use crate::support::program::{Row, Run, exchanges_of};
use crate::support::script::Script;

/// Packets stand elsewhere: their numbers and times are others.
const PLACE: [&str; 5] = ["ts", "ts_ns", "rtt_ms", "frame_request", "frame_reply"];
/// What only a request says, or is made of it.
const OF_REQUEST: [&str; 21] = [
    "locale_id",
    "lcid",
    "locale",
    "locale_name",
    "os",
    "os_name",
    "os_type",
    "os_ver",
    "arch",
    "library_name",
    "client_ver",
    "client_name",
    "product",
    "passport",
    "identity",
    "client_id",
    "params",
    "extra",
    "msnp_offered",
    "frame_request",
    "raw_request",
];
/// What only a reply says, or is made of it.
const OF_REPLY: [&str; 9] =
    ["rec_ver", "rec_ver2", "min_ver", "dl_url", "info_url", "echo", "msnp", "frame_reply", "raw_reply"];

fn login() -> Vec<TestPacket> {
    Script::parse(LOGIN).unwrap().packets()
}

fn file(packets: &[TestPacket]) -> Vec<u8> {
    Pcapng::default().write(&frames(packets))
}

fn plain() -> Row {
    let Run { exit, mut rows, said } = exchanges_of(&file(&login()));
    assert_eq!((exit, rows.len()), (0, 1), "{said}");
    rows.remove(0)
}

/// The rows of these packets equal the plain one, but for these columns; all have these flags. Exit 0.
fn assert_same(what: &str, packets: &[TestPacket], may_differ: &[&str], flags: &str) {
    assert_rows(what, &file(packets), (1, 0), may_differ, flags);
}

fn assert_rows(what: &str, bytes: &[u8], (count, exit): (usize, i32), may_differ: &[&str], flags: &str) {
    let run = exchanges_of(bytes);
    assert_eq!((run.exit, run.rows.len()), (exit, count), "{what}: {}", run.said);
    let plain = plain();
    for row in &run.rows {
        assert_eq!(row["flags"], flags, "{what}");
        for (column, cell) in row.iter().filter(|(column, _)| *column != "flags") {
            // The directory of the capture is another in each run, and a connection is named by it, too.
            if !["input", "connection_id"].contains(&column.as_str()) && !may_differ.contains(&column.as_str()) {
                assert_eq!(cell, &plain[column], "{what}: {column}");
            }
        }
    }
}

/// The login with this line before its first.
fn scripted(head: &str) -> Vec<TestPacket> {
    let script = LOGIN.replacen("connect\n", &format!("{head}\nconnect\n"), 1);
    Script::parse(&script).unwrap_or_else(|error| panic!("{head}: {error}")).packets()
}

#[test]
fn out_of_order() {
    for seed in 0..4 {
        let packets = [&login()[..3], &shuffle(&login()[3..], 5, seed)].concat();
        assert_same("shuffled", &packets, &PLACE, "");
    }
    assert_same("backwards", &reorder(&login(), &[0, 1, 2, 11, 10, 9, 8, 7, 6, 5, 4, 3]), &PLACE, "");
}

#[test]
fn duplicated() {
    assert_same("request twice", &duplicate(&login(), 5, 3), &PLACE, "");
    // Every packet twice, as by a mirror port that copies both ways: the frame numbers double, no time changes.
    let twice: Vec<_> = login().into_iter().flat_map(|packet| [packet.clone(), packet]).collect();
    assert_same("each twice", &twice, &["frame_request", "frame_reply"], "");
    // The whole capture behind itself, a second later: the first copies count.
    let later = login().into_iter().map(|packet| TestPacket { time: packet.time + 1_000_000_000, ..packet });
    assert_same("all again", &[login(), later.collect()].concat(), &[], "");
}

#[test]
fn wrapped_sequence_numbers() {
    for isns in ["4294967260 4294967200", "4294967295 4294967295", "4294967271 0"] {
        assert_same(isns, &scripted(&format!("isn {isns}")), &[], "");
    }
}

#[test]
fn small_segments() {
    for max in [1, 7, 50] {
        let mut script = Script::parse(LOGIN).unwrap();
        script.segment(&Segmentation::Max(max));
        assert_same("small segments", &script.packets(), &PLACE, "");
    }
}

/// A bare ACK is shorter than an Ethernet frame and is padded; here with bytes that would be a line.
#[test]
fn ethernet_padding() {
    let mut padded = frames(&login());
    for frame in &mut padded {
        frame.data.extend(b"CVR 9 0x0409 a b c d e f\r\n");
        frame.original_len = frame.data.len();
    }
    assert_rows("padding", &Pcapng::default().write(&padded), (1, 0), &[], "");
}

#[test]
fn midstream() {
    assert_same("no handshake", &strip_handshake(login()), &PLACE, "midstream;inferred_line_start");
    for lost in 0..3 {
        let mut packets = login();
        packets.remove(lost);
        // Two of the three tell where the streams start.
        assert_same("part of the handshake", &packets, &["frame_request", "frame_reply"], "");
    }
}

#[test]
fn one_sided() {
    let differ = ["ts", "ts_ns", "rtt_ms", "status", "verdict", "frame_request", "frame_reply"];
    let client = [&differ[..], &OF_REPLY[..]].concat();
    assert_same("client only", &only(login(), Side::Client), &client, "one_sided");
    let server = [&differ[..], &OF_REQUEST[..]].concat();
    assert_same("server only", &only(login(), Side::Server), &server, "one_sided");
    let late = strip_handshake(only(login(), Side::Client));
    assert_same("client only, midstream", &late, &client, "midstream;inferred_line_start;one_sided");
}

/// What a one-sided capture cannot know is empty, not guessed.
#[test]
fn one_sided_leaves_the_other_half_empty() {
    let half = |side| exchanges_of(&file(&only(login(), side))).rows.remove(0);
    for column in ["passport", "client_ver", "os", "locale_id", "msnp_offered", "raw_request", "frame_request"] {
        assert_eq!(half(Side::Server)[column], "", "{column}");
    }
    for column in ["rec_ver", "min_ver", "dl_url", "msnp", "echo", "raw_reply", "frame_reply", "rtt_ms"] {
        assert_eq!(half(Side::Client)[column], "", "{column}");
    }
}

#[test]
fn ports_used_again() {
    for end in ["close client\n", "close server\n", "reset client\n", ""] {
        let first = LOGIN.replace("close client\n", end);
        let body = &LOGIN[LOGIN.find("connect").unwrap()..];
        let script = format!("{first}wait 30s\nisn 7000000 8000000\n{body}");
        let packets = Script::parse(&script).unwrap().packets();
        assert_rows(end, &file(&packets), (2, 0), &PLACE, "");
    }
}

#[test]
fn endings_before_data() {
    // Both FINs overtake the exchange.
    assert_same("FIN first", &reorder(&login(), &[0, 1, 2, 8, 10, 3, 4, 5, 6, 7, 9, 11]), &PLACE, "");
    let reset = |side: usize, at: usize| {
        let mut packets = login();
        let like = packets[side].clone();
        let seq = like.seq.wrapping_add(1);
        let time = packets[at].time;
        packets.insert(at, TestPacket { seq, time, flags: RST | ACK, options: Vec::new(), ..like });
        packets
    };
    for at in 3..7 {
        assert_same("RST of the client first", &reset(0, at), &PLACE, "");
        assert_same("RST of the server first", &reset(1, at), &PLACE, "");
    }
}

#[test]
fn any_port() {
    for port in [80, 443, 1080, 6667, 50_000] {
        let head = format!("server 198.51.100.7:{port}");
        assert_same(&head, &scripted(&head), &["server_port", "community_id"], "");
    }
}

/// The end of the file cuts the last record: a closing ACK. Everything before it is there, and the exit code tells.
#[test]
fn a_last_record_that_is_cut() {
    let whole = pcap(&frames(&login()), ByteOrder::Little, Variant::Microseconds);
    for cut in [1, 20, 40] {
        assert_rows("cut", &whole[..whole.len() - cut], (1, 3), &[], "");
    }
    // Cut within the reply, which is the last packet: the request is alone, but for the bytes that are there.
    let shorter = pcap(&frames(&login()[..7]), ByteOrder::Little, Variant::Microseconds);
    let run = exchanges_of(&shorter[..shorter.len() - 10]);
    assert_eq!((run.exit, run.rows[0]["status"].as_str()), (3, "no_reply"));
    // Nothing is cut where the file ends with a record.
    assert_eq!(exchanges_of(&shorter).exit, 0);
}

#[test]
fn the_request_is_in_the_fragments_that_are_named() {
    let fragments = fragmented_frames(&login(), 40);
    let run = exchanges_of(&Pcapng::default().write(&fragments));
    // The request has 74 bytes behind 20 of TCP: three fragments, of which the last completes it.
    let named: usize = run.rows[0]["frame_request"].parse().unwrap();
    let frame = &fragments[named - 1];
    assert!(frame.data.windows(6).any(|bytes| bytes == b".com\r\n"), "{named}");
}

#[test]
fn d3_a_row_from_fragments_that_contradict_each_other_says_so() {
    let mut frames = fragmented_frames(&login(), 40);
    let at = frames.iter().position(|frame| frame.data.windows(5).any(|bytes| bytes == b"CVR 2")).unwrap();
    let mut other = frames[at].clone();
    let word = other.data.windows(5).position(|bytes| bytes == b"CVR 2").unwrap();
    other.data[word + 8] = b'7';
    frames.insert(at + 1, other);
    // What is doubtful has an exit code of its own.
    assert_rows("contradicted", &Pcapng::default().write(&frames), (1, 3), &PLACE, "conflict");
}
