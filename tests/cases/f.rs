//! F: offload, checksums, duplicates.
//!
//! | decided against | because |
//! |---|---|
//! | F5 the sentence of a single interface | what an interface was is not known of every format: it is said of an input |
//! | F7 counting of packets of strangers | like TCP checksums, those of the connections followed alone are looked at |
//! | F12 an option that folds copies with other addresses | nothing tells them from two clients with the same words |
//!
//! F1, F3, F4 and F6 are tested beside the decoder and `net::checksum`; what is said about F5 and F7, in `cli::talk`.

use super::{ASK_CVR, ASK_VER, TELL_CVR, flags_of_same, halves, login, replaced, segment};
use crate::support::capture_file::Pcapng;
use crate::support::engine::{analyse, analyse_frames};
use crate::support::fragment::fragmented_frames;
use crate::support::frame::{Frame, frames};
use crate::support::packet::{Checksum, Tag, TestPacket};
use crate::support::program::exchanges_of;

/// Both captures, by time.
fn merged(mut first: Vec<TestPacket>, second: Vec<TestPacket>) -> Vec<TestPacket> {
    first.extend(second);
    first.sort_by_key(|packet| packet.time);
    first
}

/// The login once more, so many nanoseconds later, each packet altered.
fn copies(delay: i64, alter: impl Fn(&mut TestPacket)) -> Vec<TestPacket> {
    let mut packets = login();
    for packet in &mut packets {
        packet.time += delay;
        alter(packet);
    }
    packets
}

/// What a card joined, among what was sent: before, behind and between.
#[test]
fn f2_joined_segments_and_those_of_the_wire_fit_together() {
    let packets = login();
    let whole = packets[ASK_CVR].clone();
    let small: Vec<_> =
        (0..).zip(whole.payload.chunks(20)).map(|(at, bytes)| segment(&whole, at * 20, bytes)).collect();
    let [_, tail] = halves(&whole, 33);
    let (whole, tail) = (std::slice::from_ref(&whole), std::slice::from_ref(&tail));
    for order in [
        [whole, &small[..]].concat(),
        [&small[..], whole].concat(),
        [&small[1..2], whole, &small[..]].concat(),
        [&small[2..], tail, whole].concat(),
        [tail, &small[..2]].concat(),
    ] {
        assert_eq!(flags_of_same(&replaced(&packets, ASK_CVR, &order)), "");
    }
}

#[test]
fn f3_f4_checksums_drop_nothing() {
    for (form, flags) in [(Checksum::Wrong, "bad_checksum"), (Checksum::Zero, ""), (Checksum::PseudoOnly, "")] {
        let mut packets = login();
        for packet in &mut packets {
            packet.envelope.checksum = form;
        }
        assert_eq!(flags_of_same(&packets), flags, "{form:?}");
        let bad = analyse(&packets).stats.streams.checksum_bad;
        assert_eq!(bad, if form == Checksum::Wrong { 4 } else { 0 }, "{form:?}");
    }
}

#[test]
fn f7_a_wrong_ip_header_checksum_is_counted_and_its_packet_used() {
    let mut all = frames(&login());
    for index in [ASK_VER, ASK_CVR] {
        all[index].data[14 + 10] ^= 0x80;
    }
    let found = analyse_frames(&all);
    assert_eq!((found.fields(), found.flags()), (analyse(&login()).fields(), String::new()));
    assert_eq!((found.stats.streams.ip_checksum_bad, found.stats.streams.checksum_bad), (2, 0));
    // Left to the card: not wrong.
    for frame in &mut all {
        frame.data[14 + 10..14 + 12].fill(0);
    }
    assert_eq!(analyse_frames(&all).stats.streams.ip_checksum_bad, 0);
}

#[test]
fn f8_every_packet_twice_is_every_packet_once() {
    for delay in [0, 1_000, 50_000_000, 400_000_000, 1_000_000_000] {
        let packets = merged(login(), copies(delay, |_| ()));
        assert_eq!(flags_of_same(&packets), "", "{delay} ns later");
        let streams = analyse(&packets).stats.streams;
        assert_eq!((streams.connections, streams.connections_msn), (1, 1), "{delay} ns later");
    }
}

/// A copy from behind a router has another time to live, identification, and hardware addresses.
#[test]
fn f9_a_copy_from_elsewhere_is_a_copy() {
    let routed = |packet: &mut TestPacket| {
        packet.ttl -= 1;
        packet.id ^= 0x5555;
    };
    for delay in [0, 300_000] {
        let packets = merged(login(), copies(delay, routed));
        let mut all = frames(&packets);
        for frame in all.iter_mut().skip(1).step_by(2) {
            frame.data[..12].rotate_left(3);
        }
        let found = analyse_frames(&all);
        assert_eq!((found.fields(), found.flags()), (analyse(&login()).fields(), String::new()));
        assert_eq!(found.stats.streams.duplicates, 4);
    }
}

/// In another VLAN it is another connection, whose row is told to be the same.
#[test]
fn f9_a_copy_in_another_vlan_is_no_second_row() {
    let tagged = |packet: &mut TestPacket| packet.envelope.tags = vec![Tag { protocol: 0x8100, vlan: 30 }];
    let packets = merged(login(), copies(200_000, tagged));
    assert_eq!(analyse(&packets).stats.streams.connections_msn, 2);
    let run = exchanges_of(&Pcapng::default().write(&frames(&packets)));
    assert_eq!((run.exit, run.rows.len()), (0, 1), "{}", run.said);
}

#[test]
fn f10_a_login_in_fragments_twice_is_a_login() {
    let mut all: Vec<Frame> = fragmented_frames(&merged(login(), copies(700_000, |_| ())), 24);
    all.sort_by_key(|frame| frame.time);
    let found = analyse_frames(&all);
    assert_eq!((found.fields(), found.flags()), (analyse(&login()).fields(), String::new()));
}

/// Before and behind a translator of addresses: it cannot be known that both are one.
#[test]
fn f12_a_copy_with_another_address_is_a_row_of_its_own() {
    let translated = |packet: &mut TestPacket| {
        let client = if packet.source.port() == 1863 { &mut packet.destination } else { &mut packet.source };
        *client = "203.0.113.5:40000".parse().unwrap();
    };
    let packets = merged(login(), copies(150_000, translated));
    let run = exchanges_of(&Pcapng::default().write(&frames(&packets)));
    let clients: Vec<_> = run.rows.iter().map(|row| row["client_ip"].as_str()).collect();
    assert_eq!((run.exit, clients), (0, vec!["192.0.2.10", "203.0.113.5"]), "{}", run.said);
    assert_eq!(packets[2 * TELL_CVR].payload, packets[2 * TELL_CVR + 1].payload);
}
