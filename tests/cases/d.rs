//! D: IP.
//!
//! Nothing is decided against. Each case is tested beside `net::fragments` and the decoder; here is what it means for a
//! conversation. D1, D3 and D5 of a login are in `layers`.

use super::{ASK, ASK_CVR, TELL, TELL_CVR, TELL_VER, delayed, flags_of_same, inserted, login, replaced, talk};
use crate::support::engine::{Found, analyse, analyse_frames};
use crate::support::fragment::{fragmented_frames, fragments};
use crate::support::frame::{Frame, datagram, frame, frames};
use crate::support::link::Link;
use crate::support::packet::{Side, TestPacket};
use crate::support::tunnel::Tunnel;

/// The login in fragments of 40 bytes, and where those of its packet `index` are.
fn in_fragments(packets: &[TestPacket], index: usize) -> (Vec<Frame>, std::ops::Range<usize>) {
    let all = fragmented_frames(packets, 40);
    let begins = all.iter().position(|frame| frame.time == packets[index].time).unwrap();
    let ends = all.iter().position(|frame| frame.time >= packets[index + 1].time).unwrap();
    (all, begins..ends)
}

fn same(frames: &[Frame]) -> Found {
    let found = analyse_frames(frames);
    assert_eq!((found.fields(), found.flags()), (analyse(&login()).fields(), String::new()));
    found
}

#[test]
fn d2_overlap_with_the_same_bytes_is_no_doubt() {
    let (mut all, of_ask) = in_fragments(&login(), ASK_CVR);
    // The same datagram in larger fragments: each covers one and a part of the next.
    let other = fragments(&datagram(&login()[ASK_CVR]), login()[ASK_CVR].id, 64);
    for (at, fragment) in other.into_iter().enumerate() {
        let data = Link::Ethernet.wrap(&[], Side::Client, false, &fragment);
        let frame = Frame { original_len: data.len(), data, ..all[of_ask.start].clone() };
        all.insert(of_ask.start + 2 * at + 1, frame);
    }
    assert_eq!(same(&all).stats.fragments.conflicts, 0);
}

#[test]
fn d4_overlap_in_ipv6_loses_its_datagram_and_no_other() {
    let ends = "client [2001:db8::10]:1056\nserver [2001:db8::7]:1863\n";
    let packets =
        talk(&format!("{ends}connect\nC: VER 1 MSNP9 MSNP8 CVR0\nS: VER 1 MSNP9 MSNP8 CVR0\nC: ASK\nS: TELL\nC: OUT"));
    let (mut all, of_ask) = in_fragments(&packets, ASK_CVR);
    let wider = fragments(&datagram(&packets[ASK_CVR]), packets[ASK_CVR].id, 64).remove(0);
    let data = Link::Ethernet.wrap(&[], Side::Client, true, &wider);
    all.insert(of_ask.start + 1, Frame { original_len: data.len(), data, ..all[of_ask.start].clone() });
    let found = analyse_frames(&all);
    assert_eq!((found.halves(), found.stats.fragments.bad), (vec![format!("- | {TELL}")], 4));
}

#[test]
fn d6_d7_a_datagram_that_stays_incomplete_is_a_gap() {
    let (all, of_ask) = in_fragments(&login(), ASK_CVR);
    assert_eq!(of_ask.len(), 3);
    for lost in of_ask {
        let mut some = all.clone();
        some.remove(lost);
        let found = analyse_frames(&some);
        assert_eq!(found.halves(), [format!("- | {TELL}")]);
        assert_eq!((found.stats.fragments.timed_out, found.stats.streams.gaps_msn), (2, 1));
        // Sent again in one piece, nothing is missing any more.
        let again = TestPacket { time: login()[TELL_CVR].time - 1, ..login()[ASK_CVR].clone() };
        let place = some.iter().position(|frame| frame.time > again.time).unwrap();
        some.insert(place, frame(&again));
        same(&some);
    }
}

/// The identifications of the second login are those of the first, of which a fragment was lost.
#[test]
fn d8_an_identification_used_again_mixes_no_conversations() {
    let second = ASK.replace("user@", "other@");
    let said = |ask: &str| format!("connect\nC: VER 1 MSNP9\nS: VER 1 MSNP9\nC: {ask}\nS: TELL\nclose client\n");
    let packets = talk(&format!("{}wait 30s\nclient 192.0.2.10:1057\n{}", said(ASK), said(&second)));
    let (all, of_ask) = in_fragments(&packets, ASK_CVR);
    for lost in of_ask {
        let mut some = all.clone();
        some.remove(lost);
        let found = analyse_frames(&some);
        // The half that waited for its other is told last.
        assert_eq!(found.halves(), [format!("{second} | {TELL}"), format!("- | {TELL}")]);
        assert!(found.observations[0].flags.is_empty());
    }
}

/// Two last fragments that end in different places, one beyond the last, one beyond 65,535: the datagram is dropped, and
/// sent again a moment later it is read.
#[test]
fn d9_d10_fragments_that_contradict_cost_their_datagram_alone() {
    let packets = login();
    let copy = TestPacket { id: 0x7777, ..packets[ASK_CVR].clone() };
    let packets = inserted(&packets, TELL_CVR, &copy);
    let (all, of_ask) = in_fragments(&packets, ASK_CVR);
    let offset = |frame: &mut Frame, units: u16, more: u16| {
        frame.data[14 + 6..14 + 8].copy_from_slice(&(units | more << 13).to_be_bytes());
    };
    for (units, more) in [(4, 0), (20, 0), (20, 1), (8191, 0)] {
        let mut some = all.clone();
        let mut bad = all[of_ask.end - 1].clone();
        offset(&mut bad, units, more);
        some.insert(of_ask.end - 1, bad);
        let bad = same(&some).stats.fragments.bad;
        assert!(bad > 0, "{units} {more}");
    }
}

#[test]
fn d12_a_cut_fragment_is_not_used_and_a_whole_copy_is() {
    let (mut all, of_ask) = in_fragments(&login(), ASK_CVR);
    for index in of_ask.clone() {
        let mut some = all.clone();
        some[index].data.truncate(14 + 20 + 8);
        some[index].original_len = all[index].data.len();
        let found = analyse_frames(&some);
        assert_eq!((found.halves(), found.stats.fragments.bad), (vec![format!("- | {TELL}")], 1));
        some.insert(of_ask.end, all[index].clone());
        same(&some);
    }
    all.truncate(of_ask.start);
    assert_eq!(analyse_frames(&all).halves().len(), 0);
}

#[test]
fn d13_extension_headers_hide_nothing() {
    for hop_by_hop in ["off", "on"] {
        let found = analyse(&talk(&format!(
            "client [2001:db8::10]:1056\nserver [2001:db8::7]:1863\nhop-by-hop {hop_by_hop}\nconnect\nC: VER 1 MSNP9\n\
            S: VER 1 MSNP9\nC: ASK\nS: TELL\nclose client"
        )));
        assert_eq!((found.halves(), found.flags().as_str()), (vec![format!("{ASK} | {TELL}")], ""));
    }
}

/// ESP, whatever is in it; a total length shorter than the header, longer than the packet; a header of four words; a
/// version that is not the link layer's.
#[test]
fn d14_d15_what_cannot_be_read_is_counted_and_its_place_is_a_gap() {
    let cases: [(&str, &[(usize, u8)]); 5] = [
        ("encrypted", &[(9, 50)]),
        ("bad_ip", &[(2, 0), (3, 19)]),
        ("bad_ip", &[(2, 0x7f)]),
        ("bad_ip", &[(0, 0x44)]),
        ("bad_ip", &[(0, 0x65)]),
    ];
    for (counter, changes) in cases {
        let mut all = frames(&login());
        for (at, byte) in changes {
            all[ASK_CVR].data[14 + at] = *byte;
        }
        let found = analyse_frames(&all);
        let counted = found.stats.counters().find(|(name, _)| *name == counter).unwrap().1;
        assert_eq!((found.halves(), counted), (vec![format!("- | {TELL}")], 1), "{changes:?}");
        assert_eq!(found.stats.streams.gaps_msn, 1);
    }
}

/// From oneself to oneself, over loopback, from and to many: the addresses decide nothing.
#[test]
fn d16_any_addresses_are_those_of_a_conversation() {
    for (client, server) in [
        ("192.0.2.10:1056", "192.0.2.10:1863"),
        ("192.0.2.10:1863", "192.0.2.10:1863"),
        ("0.0.0.0:1056", "255.255.255.255:1863"),
        ("224.0.0.1:1056", "192.0.2.255:1863"),
        ("[::1]:1056", "[::1]:1863"),
        ("[::ffff:192.0.2.10]:1056", "[ff02::1]:1863"),
    ] {
        let packets = talk(&format!(
            "client {client}\nserver {server}\nconnect\nC: VER 1 MSNP9\nS: VER 1 MSNP9\nC: ASK\nS: TELL\nclose client"
        ));
        let found = analyse(&packets);
        // One end that talks to itself has one stream, in which nobody can tell who speaks.
        if client == server {
            assert_eq!(found.stats.packets.segments, u64::try_from(packets.len()).unwrap());
            continue;
        }
        assert_eq!((found.halves(), found.flags().as_str()), (vec![format!("{ASK} | {TELL}")], ""), "{client}");
    }
}

#[test]
fn d17_a_flood_of_fragments_pushes_out_no_login() {
    let (login_frames, _) = in_fragments(&login(), ASK_CVR);
    let flood = (0_u16..6_000).map(|id| {
        let other = TestPacket { id, time: login()[0].time - 10_000_000, ..login()[TELL_VER].clone() };
        fragments(&datagram(&other), id, 24).remove(0)
    });
    let flood = flood.map(|fragment| {
        let data = Link::Ethernet.wrap(&[], Side::Server, false, &fragment);
        Frame { original_len: data.len(), data, time: login()[0].time - 10_000_000, ..login_frames[0].clone() }
    });
    let flood: Vec<_> = flood.collect();
    let found = same(&[&flood[..], &login_frames].concat());
    assert!(found.stats.fragments.evicted > 1_000, "{:?}", found.stats.fragments);
}

/// The login in fragments, each in a tunnel whose datagrams are in fragments again.
#[test]
fn d18_fragments_in_a_tunnel_in_fragments() {
    let mut all = Vec::new();
    let mut id = 0;
    for packet in login() {
        for inner in fragments(&datagram(&packet), packet.id, 40) {
            let mut outer = Tunnel::IpInIpv4.wrap(packet.side, false, &inner).split_off(14);
            let len = usize::from(u16::from_be_bytes([outer[2], outer[3]]));
            outer.truncate(len);
            id += 1;
            outer[4..6].copy_from_slice(&u16::to_be_bytes(id));
            for fragment in fragments(&outer, id, 16) {
                let data = Link::Ethernet.wrap(&[], packet.side, false, &fragment);
                all.push(Frame { original_len: data.len(), data, ..frame(&packet) });
            }
        }
    }
    assert!(all.len() > 40, "{}", all.len());
    same(&all);
    // One fragment of a fragment is missing: nothing of that segment is known.
    let lost = all.iter().position(|frame| frame.time == login()[ASK_CVR].time).unwrap();
    all.remove(lost + 1);
    assert_eq!(analyse_frames(&all).halves(), [format!("- | {TELL}")]);
}

/// A card that is to cut the datagram up: its length is not told, and is more than 65,535.
#[test]
fn d19_a_datagram_longer_than_its_length_can_say() {
    let chat = "x".repeat(66_000);
    let packets = talk(&format!(
        "connect\nC: VER 1 MSNP7\nS: VER 1 MSNP7\nC: MSG 1 N 66000\n|= {chat}\nC: ASK\nS: TELL\nclose client"
    ));
    let place = |text: &[u8]| packets.iter().position(|packet| packet.payload.starts_with(text)).unwrap();
    let (first, last) = (place(b"MSG"), place(b"CVR"));
    let of_client = packets[first..=last].iter().filter(|packet| packet.side == Side::Client);
    let joined: Vec<u8> = of_client.flat_map(|packet| packet.payload.clone()).collect();
    let mut all = frames(&[&packets[..=first], &packets[last + 1..]].concat());
    let long = &mut all[first];
    long.data.truncate(14 + 40);
    long.data.extend(&joined);
    long.data[16..18].fill(0);
    long.original_len = long.data.len();
    let found = analyse_frames(&all);
    assert_eq!((found.halves(), found.flags().as_str()), (vec![format!("{ASK} | {TELL}")], "bad_checksum"));
}

/// No address or identification of a fragment means anything for the stream above: cut up or not, in any order.
#[test]
fn d1_some_packets_of_a_connection_may_be_in_fragments() {
    let packets = delayed(login(), TELL_CVR, 1);
    for cut in [ASK_CVR, TELL_VER, TELL_CVR] {
        let of_one = fragmented_frames(&[packets[cut].clone()], 24);
        let mut all = frames(&replaced(&packets, cut, &[]));
        for (at, fragment) in of_one.into_iter().rev().enumerate() {
            all.insert(cut + at, fragment);
        }
        let found = analyse_frames(&all);
        assert_eq!((found.fields(), found.flags()), (analyse(&login()).fields(), String::new()));
    }
    assert_eq!(flags_of_same(&packets), "");
}
