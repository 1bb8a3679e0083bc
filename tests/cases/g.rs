//! G: time, and several files.
//!
//! | decided against | because |
//! |---|---|
//! | G1, G3 a counter of jumps | nothing depends on one: expiry ignores it, and rows are ordered by the capture's own times |
//! | G7 a notice about a file that is missing | a silent hour looks the same; what is missing of a connection is a gap |
//!
//! G4, G5, G6 and G9 are tested beside `capture`, G10 in `cli::tables`; what a clock is believed, beside `clock`.

use super::{ASK, ASK_CVR, ASK_VER, SERVER_FIN, TELL, TELL_CVR, flags_of_same, halves, login, replaced, talk};
use crate::support::engine::{Engine, Found, analyse};
use crate::support::frame::frame;
use crate::support::link::Link;
use crate::support::packet::TestPacket;

const DAY: i64 = 24 * 3600 * 1_000_000_000;

/// What is found where the packets from each of `edges` on are in another input.
fn in_inputs(packets: &[TestPacket], edges: &[usize]) -> Found {
    let mut engine = Engine::default();
    for (index, packet) in packets.iter().enumerate() {
        let input = edges.iter().filter(|edge| index >= **edge).count();
        engine.push_of(u32::try_from(input).unwrap(), &frame(packet));
    }
    engine.finish()
}

#[test]
fn g1_a_time_that_goes_back_changes_nothing() {
    for back in [1_000, 1_000_000_000, 3 * DAY] {
        for from in 1..SERVER_FIN {
            let mut packets = login();
            for packet in &mut packets[from..] {
                packet.time -= back;
            }
            assert_eq!(flags_of_same(&packets), "", "{back} ns back from packet {from} on");
            let mut packets = login();
            packets[from].time -= back;
            assert_eq!(flags_of_same(&packets), "", "{back} ns back at packet {from}");
        }
    }
}

#[test]
fn g2_a_time_that_stands_still_expires_nothing() {
    for time in [0, login()[0].time] {
        let still = |packets: Vec<TestPacket>| -> Vec<TestPacket> {
            packets.into_iter().map(|packet| TestPacket { time, ..packet }).collect()
        };
        assert_eq!(flags_of_same(&still(login())), "");
        let mut backwards = login();
        backwards[3..].reverse();
        assert_eq!(flags_of_same(&still(backwards)), "");
    }
}

/// A packet from the future, and a clock that was set right in the middle of a login: neither ends it.
#[test]
fn g3_a_jump_of_years_ends_no_connection() {
    for from in 1..=TELL_CVR {
        let mut packets = login();
        packets[from].time += 4_000 * DAY;
        assert_eq!(flags_of_same(&packets), "", "packet {from} alone");
        for packet in &mut packets[from + 1..] {
            packet.time += 4_000 * DAY;
        }
        assert_eq!(flags_of_same(&packets), "", "from packet {from} on");
    }
}

/// Wherever files are cut, in the middle of a line too, they read like one.
#[test]
fn g5_a_connection_goes_on_in_the_next_file() {
    let cut = |index: usize, len: usize| replaced(&login(), index, &halves(&login()[index], len));
    for packets in [login(), cut(ASK_VER, 5), cut(ASK_CVR, 30), cut(TELL_CVR, 60)] {
        let whole = analyse(&packets);
        for edge in 1..packets.len() {
            for edges in [vec![edge], vec![edge, edge + 1], vec![1, edge]] {
                let found = in_inputs(&packets, &edges);
                assert_eq!((found.fields(), found.flags()), (whole.fields(), String::new()), "{edges:?}");
            }
        }
    }
}

/// The file in the middle is missing: what it held is a gap, and what follows says so.
#[test]
fn g7_a_missing_file_is_a_gap_where_a_connection_crossed_it() {
    let packets = talk(
        "connect\nC: VER 1 MSNP7\nS: VER 1 MSNP7\nC: PNG\nS: QNG 50\nwait 60s\nC: PNG\nS: QNG 50\nwait 60s\nC: ASK\nS: TELL\nclose client",
    );
    let hour = packets.iter().position(|packet| packet.time - packets[0].time > 59_000_000_000).unwrap();
    let kept = [&packets[..hour], &packets[hour + 2..]].concat();
    let found = in_inputs(&kept, &[hour]);
    assert_eq!(found.halves(), [format!("{ASK} | {TELL}")]);
    assert_eq!((found.flags().as_str(), found.stats.streams.gaps_msn), ("after_gap;inferred_line_start", 2));
}

#[test]
fn g8_link_types_may_change_from_file_to_file() {
    for (first, second) in [(Link::Ethernet, Link::Raw), (Link::Sll, Link::PppHdlc), (Link::NullBig, Link::Sll2)] {
        for edge in 1..SERVER_FIN {
            let mut packets = login();
            for (index, packet) in packets.iter_mut().enumerate() {
                packet.envelope.link = if index < edge { first } else { second };
            }
            let found = in_inputs(&packets, &[edge]);
            assert_eq!(
                (found.fields(), found.flags()),
                (analyse(&login()).fields(), String::new()),
                "{first:?} {edge}"
            );
        }
    }
}
