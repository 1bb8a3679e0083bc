//! P11 and P12: whatever a conversation is carried in, and however it is cut up below TCP, it gives the same rows.

use super::{CONVERSATIONS, said};
use crate::support::LOGIN;
use crate::support::engine::{Found, analyse, analyse_frames};
use crate::support::fragment::fragmented_frames;
use crate::support::frame::{Frame, frames};
use crate::support::link::Link;
use crate::support::packet::{Tag, TestPacket};
use crate::support::script::Script;
use crate::support::tunnel::{Tunnel, tunnelled_frames};

/// VLAN tags of every kind, outermost first.
const TAGS: [&[(u16, u16)]; 5] = [
    &[(0x8100, 0)],
    &[(0x8100, 10)],
    &[(0x88a8, 100), (0x8100, 10)],
    &[(0x9100, 100), (0x8100, 10)],
    &[(0x8100, 1), (0x8100, 2), (0x8100, 3)],
];

/// The rows with their flags, sorted, and what was lost.
fn rows(found: &Found) -> (Vec<String>, Vec<String>, [u64; 2]) {
    let mut flags: Vec<String> = found.observations.iter().map(|row| row.flags.to_string()).collect();
    flags.sort_unstable();
    (found.fields(), flags, [found.stats.streams.gaps, found.stats.streams.conflicting_bytes])
}

/// The packets in every link layer and VLAN and tunnel that can carry them, by name.
fn encapsulated(packets: &[TestPacket], ipv6: bool) -> Vec<(String, Vec<Frame>)> {
    let mut all = Vec::new();
    for (word, link) in Link::ALL.into_iter().filter(|(_, link)| link.carries(ipv6)) {
        let stacks = TAGS.iter().copied().filter(|_| link.takes_tags());
        for stack in stacks.chain([&[][..]]) {
            let mut packets = packets.to_vec();
            for packet in &mut packets {
                packet.envelope.link = link;
                packet.envelope.tags = stack.iter().map(|&(protocol, vlan)| Tag { protocol, vlan }).collect();
                packet.envelope.hop_by_hop = ipv6;
            }
            all.push((format!("{word} {stack:x?}"), frames(&packets)));
        }
    }
    let tunnels = Tunnel::ALL.into_iter().filter(|tunnel| tunnel.carries(ipv6));
    all.extend(tunnels.map(|tunnel| (format!("{tunnel:?}"), tunnelled_frames(packets, tunnel))));
    all
}

#[test]
fn p11_e7_e8_e9_any_encapsulation_gives_the_same_rows() {
    for ipv6 in [false, true] {
        for conversation in 0..CONVERSATIONS.len() {
            let packets = said(conversation, ipv6, 1863).packets();
            let plain = rows(&analyse(&packets));
            let all = encapsulated(&packets, ipv6);
            // Seventeen link layers, five of them with five stacks of VLAN tags each, and fifteen tunnels.
            assert!(all.len() >= 17 + 25 + 15, "{}", all.len());
            for (name, frames) in all {
                assert_eq!(rows(&analyse_frames(&frames)), plain, "{conversation} in {name}, IPv6: {ipv6}");
            }
        }
    }
}

#[test]
fn p12_d1_d5_fragments_of_any_size_and_order_give_the_same_rows() {
    // With a line that takes several segments, the first of which fills an Ethernet frame.
    let long = LOGIN.replace("SetupDl.exe", &"x".repeat(4_000));
    let mut scripts: Vec<Script> = [false, true].map(|ipv6| said(0, ipv6, 1863)).into();
    let ends: Vec<_> =
        scripts.iter().map(|script| (script.conversations[0].client, script.conversations[0].server)).collect();
    for (client, server) in ends {
        let mut script = Script::parse(&long).unwrap();
        (script.conversations[0].client, script.conversations[0].server) = (client, server);
        scripts.push(script);
    }
    for script in scripts {
        let packets = script.packets();
        let plain = rows(&analyse(&packets));
        let mut most = 0;
        for len in (8..=1400).step_by(8) {
            let fragments = fragmented_frames(&packets, len);
            most = most.max(fragments.len());
            assert_eq!(rows(&analyse_frames(&fragments)), plain, "{len} bytes each");
            // Each twice (case F10), and those of a datagram in reverse.
            let mut altered: Vec<Frame> = fragments.into_iter().flat_map(|frame| [frame.clone(), frame]).collect();
            altered.sort_by_key(|frame| (frame.time / 10_000_000, std::cmp::Reverse(frame.time)));
            assert_eq!(rows(&analyse_frames(&altered)), plain, "{len} bytes each, altered");
        }
        assert!(most > 50, "{most} fragments");
    }
}
