//! E: link layers and tunnels.
//!
//! Nothing is decided against. The cases are tested beside `net::link`, `net::tunnel` and the decoder, tunnels of a login
//! in `layers`, the rows of every link layer in `variants`; here is what a conversation adds to them.

use super::{ASK_CVR, flags_of_same, login, talk};
use crate::support::engine::{analyse, analyse_frames};
use crate::support::frame::{Frame, frames};
use crate::support::link::Link;
use crate::support::packet::{Tag, TestPacket};

fn over(link: Link) -> Vec<TestPacket> {
    let mut packets = login();
    for packet in &mut packets {
        packet.envelope.link = link;
    }
    packets
}

#[test]
fn e1_ethernet_and_802_3_carry_the_same() {
    for link in [Link::Ethernet, Link::Snap] {
        assert_eq!(flags_of_same(&over(link)), "", "{link:?}");
    }
    // A host may speak both: it is one connection.
    let mut packets = over(Link::Ethernet);
    for packet in packets.iter_mut().step_by(2) {
        packet.envelope.link = Link::Snap;
    }
    assert_eq!((flags_of_same(&packets), analyse(&packets).stats.streams.connections), (String::new(), 1));
}

/// Bytes behind the datagram, as a switch, a card or a check sequence adds them, look like the next line.
#[test]
fn e2_e3_what_follows_the_datagram_is_never_said() {
    for link in [Link::Ethernet, Link::Snap, Link::Pppoe, Link::PppHdlc, Link::Sll] {
        let mut all = frames(&over(link));
        for frame in &mut all {
            frame.data.extend(b"CVR 9 0x0409 a b c d e f\r\n");
            frame.original_len = frame.data.len();
        }
        let found = analyse_frames(&all);
        assert_eq!((found.fields(), found.flags()), (analyse(&login()).fields(), String::new()), "{link:?}");
    }
}

#[test]
fn e4_tags_of_every_kind_carry_the_same() {
    for stack in [&[(0x8100, 10)][..], &[(0x88a8, 7), (0x8100, 10)], &[(0x9100, 1), (0x8100, 2), (0x8100, 3)]] {
        let mut packets = login();
        for packet in &mut packets {
            packet.envelope.tags = stack.iter().map(|&(protocol, vlan)| Tag { protocol, vlan }).collect();
        }
        assert_eq!(flags_of_same(&packets), "", "{stack:x?}");
    }
    // A tag with VLAN 0 gives a priority and no network: one direction has it, the other has none.
    let mut packets = login();
    for packet in packets.iter_mut().step_by(2) {
        packet.envelope.tags = vec![Tag { protocol: 0x8100, vlan: 0 }];
    }
    assert_eq!((flags_of_same(&packets), analyse(&packets).stats.streams.connections), (String::new(), 1));
}

#[test]
fn e5_ppp_of_every_form_carries_the_same() {
    for link in [Link::Pppoe, Link::PppEther, Link::Ppp, Link::PppAddress, Link::PppCompressed, Link::PppHdlc] {
        assert_eq!(flags_of_same(&over(link)), "", "{link:?}");
    }
    let body = "link pppoe\nclient [2001:db8::10]:1056\nserver [2001:db8::7]:1863\nconnect\nC: VER 1 MSNP9\nC: ASK";
    assert_eq!(analyse(&talk(body)).halves().len(), 1);
}

/// Linux shows a packet that it forwards, or sends to itself, once as it comes and once as it goes.
#[test]
fn e13_a_packet_seen_coming_and_going_is_one() {
    const OUTGOING: u8 = 4;
    for (link, type_at) in [(Link::Sll, 1), (Link::Sll2, 10)] {
        let turned = |frame: Frame| {
            let mut going = frame.clone();
            going.data[type_at] = OUTGOING;
            [frame, going]
        };
        let all: Vec<Frame> = frames(&over(link)).into_iter().flat_map(turned).collect();
        let found = analyse_frames(&all);
        assert_eq!((found.fields(), found.flags()), (analyse(&login()).fields(), String::new()), "{link:?}");
        let streams = found.stats.streams;
        assert_eq!((streams.connections, streams.connections_msn, streams.duplicates), (1, 1, 4));
    }
}

/// What is no IP, and a runt, stand between the packets of a login and are counted.
#[test]
fn e14_e16_what_is_no_ip_disturbs_nobody() {
    let mut all = frames(&login());
    let mut arp = all[0].clone();
    arp.data = [&[0xff; 6][..], &[2; 6], &[8, 6, 0, 1, 8, 0, 6, 4, 0, 1], &[0; 36]].concat();
    arp.original_len = arp.data.len();
    let runt = Frame { data: arp.data[..9].to_vec(), original_len: 9, ..arp.clone() };
    all.splice(ASK_CVR..ASK_CVR, [arp, runt]);
    let found = analyse_frames(&all);
    assert_eq!((found.fields(), found.flags()), (analyse(&login()).fields(), String::new()));
    assert_eq!((found.stats.packets.not_ip, found.stats.packets.truncated_header), (1, 1));
}
