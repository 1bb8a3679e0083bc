//! P15: tiny caps on everything that is kept cost rows, never a law, and never a line that nobody said.

use msncensus::clock::Clock;
use msncensus::limits::REORDER_SEGMENTS_MAX;
use msncensus::msnp::{Event, Session};
use msncensus::net::{Decoded, Fragments, decode};
use msncensus::packet::InputId;
use msncensus::stats::{Ledger, Stats};
use msncensus::tcp::{Role, Table};
use proptest::prelude::*;

use super::{CONVERSATIONS, in_time, in_turns, mess, truth, wire};
use crate::support::LOGIN;
use crate::support::engine::{analyse, as_packet};
use crate::support::fragment::fragmented_frames;
use crate::support::frame::Frame;
use crate::support::packet::TestPacket;
use crate::support::script::Script;

/// More identifications than one party's datagrams take.
const IDS_OF_A_PARTY: u16 = 0x1000;

/// All that can be bounded.
#[derive(Clone, Copy, Debug)]
struct Caps {
    memory: usize,
    connections: usize,
    datagrams: usize,
    fragment_bytes: usize,
}

fn caps() -> impl Strategy<Value = Caps> {
    let memory = prop_oneof![Just(0_usize), 1..400_usize, 400..20_000_usize];
    let fragment_bytes = prop_oneof![Just(0_usize), 1..4_000_usize];
    (memory, 0..4_usize, 0..4_usize, fragment_bytes).prop_map(|(memory, connections, datagrams, fragment_bytes)| Caps {
        memory,
        connections,
        datagrams,
        fragment_bytes,
    })
}

/// What is found within these caps, with the laws asserted after every packet.
fn capped(frames: &[Frame], caps: Caps) -> (Vec<Event>, Stats) {
    let mut table = Table::<Session>::with_bounds(caps.memory, caps.connections);
    let mut fragments = Fragments::with_bounds(caps.datagrams, caps.fragment_bytes);
    let (mut clock, mut ledger, mut events) = (Clock::default(), Ledger::default(), Vec::new());
    for (number, frame) in (1..).zip(frames) {
        let packet = as_packet(0, number, frame);
        let moment = clock.moment(packet.stamp.time);
        fragments.advance(moment.now, &mut ledger);
        table.advance(moment.now, &mut ledger, &mut events);
        let decoded = decode(&packet);
        ledger.at(InputId(0)).count(decoded.fate());
        let whole = match &decoded {
            Decoded::Fragment(fragment) => fragments.push(fragment, &mut ledger),
            &Decoded::Segment(segment) => {
                table.push(&segment, moment, &mut ledger, &mut events);
                None
            }
            Decoded::Other(_) => None,
        };
        if let Some(Decoded::Segment(segment)) = whole.as_ref().map(|whole| whole.open()) {
            table.push(&segment, moment, &mut ledger, &mut events);
        }
        assert_eq!(ledger.total().broken_law(), None, "after packet {number}");
    }
    fragments.finish(&mut ledger);
    table.finish(&mut ledger, &mut events);
    assert_eq!(ledger.total().broken_law_at_end(), None);
    (events, ledger.total())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6_000))]

    #[test]
    fn p15_tiny_caps_keep_every_law_and_invent_nothing(
        // Not the last: a connection that is given up within chat may take what is quoted for a line.
        parties in prop::collection::vec((0..CONVERSATIONS.len() - 1, wire(), mess()), 1..4),
        turns in prop::collection::vec(0..4_usize, 0..200),
        fragment_len in prop_oneof![Just(65_528_usize), (1..20_usize).prop_map(|words| 8 * words)],
        caps in caps(),
    ) {
        let mut said = Vec::new();
        let queues: Vec<_> = parties.iter().zip(0..).map(|((conversation, wire, mess), party)| {
            let mut script = wire.carry(*conversation);
            script.conversations[0].client.set_port(2_000 + party);
            said.push(truth(&script));
            let mut packets = mess.make(&script);
            // Parties at the same two hosts share their identifications.
            for packet in &mut packets {
                packet.id += IDS_OF_A_PARTY * party;
            }
            packets
        }).collect();
        let (events, _) = capped(&fragmented_frames(&in_time(in_turns(queues, &turns)), fragment_len), caps);
        for event in &events {
            let Event::Message(message) = event else { continue };
            let party = (message.peers.client.to_string(), message.sender == Role::Client);
            let line = message.command.line().escape_ascii().to_string();
            let is_said = said.iter().filter_map(|truth| truth.get(&party)).flatten().any(|known| *known == line);
            prop_assert!(is_said, "nobody said {line:?}");
        }
    }
}

/// The one cap that cannot be made tiny: a direction keeps so many segments behind a hole.
#[test]
fn p15_more_segments_than_are_kept_behind_a_hole_give_the_hole_up() {
    let login = Script::parse(LOGIN).unwrap().packets();
    // Every second byte behind the greeting, so that none joins another.
    let seq = login[5].seq.wrapping_add(1);
    let piece = |at: u32| TestPacket { seq: seq.wrapping_add(2 * at), payload: vec![b'x'], ..login[5].clone() };
    let count = u32::try_from(REORDER_SEGMENTS_MAX).unwrap();
    for (more, bitten) in [(0, 0), (1, 1), (3, 3)] {
        let flood: Vec<TestPacket> = (0..count + more).map(piece).collect();
        let found = analyse(&[&login[..5], &flood].concat());
        assert_eq!(found.stats.streams.reorder_bound, bitten, "{more} more");
    }
}
