//! P8: in whatever order packets are captured, and however a conversation is cut, carried and repeated, it says the same.

use proptest::prelude::*;

use super::{CONVERSATIONS, in_time, mess, said, truth, wire};
use crate::support::alter::shuffle;
use crate::support::engine::{Found, analyse};
use crate::support::packet::{Side, TestPacket};
use crate::support::script::Script;

/// What a plain capture of the conversation gives, checked against what the script says.
fn plain(conversation: usize, ipv6: bool, port: u16) -> Found {
    analyse(&said(conversation, ipv6, port).packets())
}

#[test]
fn a_plain_capture_of_each_conversation_gives_its_lines_and_exchanges() {
    for (conversation, (_, exchanges)) in CONVERSATIONS.iter().enumerate() {
        for (ipv6, port) in [(false, 1863), (true, 20_000)] {
            let found = plain(conversation, ipv6, port);
            assert_eq!(found.observations.len(), *exchanges, "{conversation}: {:#?}", found.halves());
            assert_eq!(found.lines(), truth(&said(conversation, ipv6, port)));
            assert!(found.observations.iter().all(|row| row.exchange.reply.is_some()), "{conversation}");
        }
    }
}

/// The same lines and the same fields; the same flags too if `exact`.
fn assert_same(conversation: usize, script: &Script, packets: &[TestPacket], exact: bool) -> Result<(), TestCaseError> {
    let ends = &script.conversations[0];
    let plain = plain(conversation, ends.client.is_ipv6(), ends.server.port());
    let found = analyse(packets);
    prop_assert_eq!(found.lines(), truth(script));
    prop_assert_eq!(found.fields(), plain.fields());
    if exact {
        let flags = |found: &Found| {
            let mut flags: Vec<_> = found.observations.iter().map(|row| row.flags.to_string()).collect();
            flags.sort_unstable();
            flags
        };
        prop_assert_eq!(flags(&found), flags(&plain));
        prop_assert_eq!((found.stats.streams.gaps, found.stats.streams.conflicting_bytes), (0, 0));
    }
    Ok(())
}

/// Merges two sequences: `true` takes from the first.
fn merged(first: Vec<TestPacket>, second: Vec<TestPacket>, turns: &[bool]) -> Vec<TestPacket> {
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut all = Vec::new();
    for turn in turns {
        all.extend(if *turn { first.next() } else { second.next() });
    }
    all.extend(first);
    all.extend(second);
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40_000))]

    /// Segmentation, sequence numbers, link, VLAN, addresses and ports; order, copies, retransmissions with other boundaries.
    #[test]
    fn p8_packets_in_any_order_give_the_same_rows(conversation in 0..CONVERSATIONS.len(), wire in wire(), mess in mess()) {
        let script = wire.carry(conversation);
        assert_same(conversation, &script, &mess.make(&script), true)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12_000))]

    /// Two taps with different clocks: each direction is in order, their interleaving is anything.
    #[test]
    fn p8_directions_interleaved_in_any_way_give_the_same_rows(
        conversation in 0..CONVERSATIONS.len(),
        wire in wire(),
        turns in prop::collection::vec(any::<bool>(), 0..200),
    ) {
        let script = wire.carry(conversation);
        let (client, server) = script.packets().into_iter().partition(|packet| packet.side == Side::Client);
        assert_same(conversation, &script, &in_time(merged(client, server, &turns)), true)?;
    }

    /// The handshake may come late or not at all, in any order with the lines, if those are whole: a piece of a line in
    /// the middle of nowhere is a stranger's.
    #[test]
    fn p8_a_handshake_that_is_late_or_missing_gives_the_same_rows(
        // Not the second: its errors could be anything's if nothing stood before them.
        conversation in prop::sample::select(vec![0, 2, 3]),
        (mut wire, distance, seed) in (wire(), 0..5_usize, any::<u64>()),
        missing in 0..8_usize,
    ) {
        wire.sizes = vec![1460];
        let script = wire.carry(conversation);
        let mut packets = script.packets();
        for index in (0..3).rev().filter(|index| missing & (1 << index) != 0) {
            packets.remove(index);
        }
        assert_same(conversation, &script, &in_time(shuffle(&packets, distance, seed)), false)?;
    }
}
