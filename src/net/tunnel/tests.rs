//! Cases E6 to E10 and B20. Decided otherwise than written there:
//!
//! | case | here | why |
//! |---|---|---|
//! | E6 | Ethernet in MPLS is opened too, if type and version fit | it is as likely as IP where providers are captured |
//! | E7 | a truncated or contradictory packet in GRE is counted as such | GRE is not guessed: its number says what it is |
//! | E9 | Teredo and GTP-U must fit their UDP datagram exactly | nothing pads them, and ports prove little |

use std::net::IpAddr;

use proptest::prelude::*;

use crate::limits::{IP_LEVELS_MAX, LAYERS_MAX};
use crate::net::craft::{
    CLIENT_V4, CLIENT_V6, IPV4, IPV6, PAYLOAD, SERVER_V4, SERVER_V6, after, ethernet, ip, ipv4, ipv4_of, ipv6, ipv6_of,
    joined, login, packet, snap, udp, vlan,
};
use crate::net::{Decoded, EncapsulationId, FlowKey, decode};
use crate::packet::LinkType;
use crate::stats::Fate;

const GRE: u8 = 47;
const UDP: u8 = 17;
const A: [u8; 4] = [203, 0, 113, 1];
const B: [u8; 4] = [203, 0, 113, 2];

fn there(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ip(IpAddr::from(A), IpAddr::from(B), protocol, payload)
}

fn back(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ip(IpAddr::from(B), IpAddr::from(A), protocol, payload)
}

fn fate(data: &[u8]) -> Fate {
    decode(&packet(LinkType::RAW, data)).fate()
}

/// The network in which the login was found in `data`.
fn network(data: &[u8]) -> EncapsulationId {
    network_on(LinkType::RAW, data)
}

fn network_on(link_type: LinkType, data: &[u8]) -> EncapsulationId {
    let packet = packet(link_type, data);
    match decode(&packet) {
        Decoded::Segment(segment) => {
            assert_eq!(segment.payload, PAYLOAD);
            assert_eq!(segment.bytes, login());
            let sent = [IpAddr::from(CLIENT_V4), CLIENT_V6.into()].contains(&segment.source.addr);
            assert!(sent && [IpAddr::from(SERVER_V4), SERVER_V6.into()].contains(&segment.destination.addr));
            segment.encapsulation
        }
        other => panic!("{:?}: {data:02x?}", other.fate()),
    }
}

fn gre(flags: u16, protocol: u16, options: &[u8], rest: &[u8]) -> Vec<u8> {
    joined(&[&flags.to_be_bytes(), &protocol.to_be_bytes(), options, rest])
}

/// PPTP: key with length and call id, sequence number, PPP.
fn pptp(call: u8, ppp: &[u8]) -> Vec<u8> {
    let len = u16::try_from(ppp.len()).unwrap().to_be_bytes();
    gre(0x3001, 0x880b, &joined(&[&len, &[0, call], &[0, 0, 0, 9]]), ppp)
}

fn vxlan(id: u8, frame: &[u8]) -> Vec<u8> {
    udp(50_000, 4789, &joined(&[&[8, 0, 0, 0, 0, 0, id, 0], frame]))
}

fn geneve(id: u8, protocol: u16, rest: &[u8]) -> Vec<u8> {
    udp(50_000, 6081, &joined(&[&[1, 0], &protocol.to_be_bytes(), &[0, 0, id, 0], &[1, 2, 3, 0], rest]))
}

fn gtp_u(flags: u8, options: &[u8], datagram: &[u8]) -> Vec<u8> {
    let len = u16::try_from(options.len() + datagram.len()).unwrap().to_be_bytes();
    udp(2152, 2152, &joined(&[&[0x30 | flags, 255], &len, &[0, 0, 0, 7], options, datagram]))
}

fn teredo(before: &[u8], datagram: &[u8]) -> Vec<u8> {
    udp(3544, 40_000, &joined(&[before, datagram]))
}

fn mpls(labels: usize, rest: &[u8]) -> Vec<u8> {
    let stack: Vec<u8> = (1..=labels).flat_map(|label| [0, 1, u8::from(label == labels), 64]).collect();
    ethernet(0x8847, &joined(&[&stack, rest]))
}

#[test]
fn e6_ip_behind_one_to_eight_labels() {
    for labels in 1..=8 {
        assert_eq!(network_on(LinkType::ETHERNET, &mpls(labels, &ipv4(&login()))), EncapsulationId(0));
        assert_eq!(network_on(LinkType::ETHERNET, &mpls(labels, &ipv6(&login()))), EncapsulationId(0));
    }
    let over_ppp = after(&[0xff, 3, 2, 0x81, 0, 1, 1, 64], &ipv4(&login()));
    assert_eq!(network_on(LinkType::PPP, &over_ppp), EncapsulationId(0));
}

#[test]
fn e6_pseudowires_with_and_without_a_control_word() {
    let frame = ethernet(IPV4, &ipv4(&login()));
    network_on(LinkType::ETHERNET, &mpls(2, &after(&[0, 0, 0, 9], &frame)));
    network_on(LinkType::ETHERNET, &mpls(1, &frame));
    let tagged = ethernet(0x8100, &vlan(10, IPV6, &ipv6(&login())));
    assert_eq!(network_on(LinkType::ETHERNET, &mpls(1, &after(&[0, 0, 0, 0], &tagged))), EncapsulationId(10));
}

#[test]
fn e6_what_is_no_ip_behind_labels_is_told() {
    for rest in [[0x10; 46], [0; 46], [0x75; 46]] {
        assert_eq!(decode(&packet(LinkType::ETHERNET, &mpls(1, &rest))).fate(), Fate::NotIp, "{:02x}", rest[0]);
    }
    assert_eq!(decode(&packet(LinkType::ETHERNET, &mpls(17, &ipv4(&login())))).fate(), Fate::TooManyLayers);
}

#[test]
fn e7_every_form_of_gre_version_0() {
    let plain = network(&there(GRE, &gre(0, IPV4, &[], &ipv4(&login()))));
    let checksum = [1, 2, 0, 0];
    let routes = [8, 0, 0, 4, 192, 0, 2, 9, 0, 0, 0, 0];
    for (flags, options) in [
        (0x8000, checksum.to_vec()),
        (0x1000, vec![0, 0, 0, 5]),
        (0x9000, [&checksum[..], &[0, 0, 0, 5]].concat()),
        (0x4000, [&checksum[..], &routes].concat()),
        (0xd000, [&checksum[..], &[0, 0, 0, 5], &routes].concat()),
    ] {
        assert_eq!(network(&there(GRE, &gre(flags, IPV6, &options, &ipv6(&login())))), plain, "{flags:04x}");
    }
    network(&there(GRE, &gre(0x2000, IPV4, &[0, 0, 0, 1], &ipv4(&login()))));
    network(&there(GRE, &gre(0, 0x6558, &[], &ethernet(IPV4, &ipv4(&login())))));
    network(&there(GRE, &gre(0, 0x880b, &[], &after(&[0xff, 3, 0, 0x21], &ipv4(&login())))));
    network(&there(GRE, &gre(0, 0x8847, &[], &after(&[0, 1, 1, 64], &ipv4(&login())))));
}

#[test]
fn e7_pptp_with_and_without_acknowledgement() {
    network(&there(GRE, &pptp(1, &after(&[0xff, 3, 0, 0x21], &ipv4(&login())))));
    network(&there(GRE, &pptp(1, &after(&[0x21], &ipv4(&login())))));
    let options = joined(&[&[0, 110, 0, 7], &[0, 0, 0, 9], &[0, 0, 0, 8]]);
    network(&there(GRE, &gre(0x3081, 0x880b, &options, &after(&[0, 0x21], &ipv4(&login())))));
    assert_eq!(fate(&there(GRE, &gre(0x2081, 0x880b, &[0, 0, 0, 7, 0, 0, 0, 8], &[]))), Fate::NotTcp);
    assert_eq!(fate(&there(GRE, &pptp(1, &[0, 0xfd, 0x90, 1, 2, 3]))), Fate::Encrypted, "MPPE");
    assert_eq!(fate(&there(GRE, &pptp(1, &[0, 0xfd, 0x80, 1, 2, 3]))), Fate::NotTcp, "compressed alone");
    assert_eq!(fate(&there(GRE, &pptp(1, &[0xc0, 0x21, 9, 1, 0, 4]))), Fate::NotTcp, "LCP");
}

#[test]
fn e7_erspan_of_every_version() {
    let frame = ethernet(IPV4, &ipv4(&login()));
    let sequence = [0, 0, 0, 1];
    assert_eq!(network(&there(GRE, &gre(0, 0x88be, &[], &frame))), EncapsulationId(0));
    let second = after(&[0x10, 10, 0, 1, 0, 0, 0, 0], &frame);
    assert_eq!(network(&there(GRE, &gre(0x1000, 0x88be, &sequence, &second))), EncapsulationId(10));
    let third = after(&[0x20, 10, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], &frame);
    assert_eq!(network(&there(GRE, &gre(0x1000, 0x22eb, &sequence, &third))), EncapsulationId(10));
    let longer = joined(&[&[0x20, 10, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1], &[0; 8], &frame]);
    assert_eq!(network(&there(GRE, &gre(0x1000, 0x22eb, &sequence, &longer))), EncapsulationId(10));
}

#[test]
fn e7_what_gre_carries_else_is_told() {
    assert_eq!(fate(&there(GRE, &gre(0, 0, &[], &[]))), Fate::NotTcp, "a keep-alive");
    assert_eq!(fate(&there(GRE, &gre(0, 0x0806, &[], &[0; 28]))), Fate::NotTcp, "ARP");
    assert_eq!(fate(&there(GRE, &gre(2, IPV4, &[], &ipv4(&login())))), Fate::NotTcp, "version 2");
    assert_eq!(fate(&there(GRE, &[0, 0])), Fate::TruncatedHeader);
    assert_eq!(fate(&there(GRE, &gre(0x4000, IPV4, &[0; 4], &[8, 0, 0, 200]))), Fate::TruncatedHeader);
    assert_eq!(fate(&there(GRE, &gre(0, IPV4, &[], &[0x65; 40]))), Fate::BadIp);
}

#[test]
fn e8_ip_in_ip_of_both_versions() {
    let six = |payload: &[u8], next| ipv6_of(next, payload);
    for data in [
        there(4, &ipv4(&login())),
        there(41, &ipv6(&login())),
        six(&ipv4(&login()), 4),
        six(&ipv6(&login()), 41),
        ethernet(IPV4, &there(4, &ipv4(&login())))[14..].to_vec(),
    ] {
        assert_ne!(network(&data), EncapsulationId(0));
    }
}

#[test]
fn e9_tunnels_in_udp() {
    let frame = ethernet(IPV4, &ipv4(&login()));
    let in_udp = |payload: &[u8]| there(UDP, payload);
    network(&in_udp(&vxlan(1, &frame)));
    network(&in_udp(&vxlan(1, &after(&frame, &[0; 8]))));
    network(&in_udp(&udp(1, 8472, &joined(&[&[8, 0, 0, 0, 0, 0, 1, 0], &frame]))));
    network(&in_udp(&udp(1, 4789, &joined(&[&[0x88, 0, 0, 9, 0, 0, 1, 0], &frame]))));
    network(&in_udp(&geneve(1, 0x6558, &frame)));
    network(&in_udp(&geneve(1, IPV6, &ipv6(&login()))));
    network(&in_udp(&gtp_u(0, &[], &ipv4(&login()))));
    network(&in_udp(&gtp_u(2, &[0, 1, 0, 0], &ipv6(&login()))));
    network(&in_udp(&gtp_u(4, &[0, 0, 0, 0x85, 1, 0, 9, 0], &ipv4(&login()))));
    let origin = [0, 0, 1, 2, 3, 4, 5, 6];
    let authentication = joined(&[&[0, 1, 2, 3], &[9; 5], &[7; 8], &[0]]);
    network(&in_udp(&teredo(&[], &ipv6(&login()))));
    network(&in_udp(&teredo(&origin, &ipv6(&login()))));
    network(&in_udp(&teredo(&joined(&[&authentication, &origin]), &ipv6(&login()))));
}

#[test]
fn e9_what_does_not_read_as_a_tunnel_to_the_end_is_udp() {
    let frame = ethernet(IPV4, &ipv4(&login()));
    let header = |bytes: [u8; 8]| udp(1, 4789, &joined(&[&bytes, &frame]));
    let mut bad_tcp = frame.clone();
    bad_tcp[46] = 0;
    let mut bad_ip = frame.clone();
    bad_ip[16] = 0xff;
    let mut cut = vxlan(1, &frame);
    cut.truncate(60);
    for payload in [
        header([0, 0, 0, 0, 0, 0, 1, 0]),
        header([8, 0, 0, 0, 0, 0, 1, 1]),
        vxlan(1, &bad_tcp),
        vxlan(1, &bad_ip),
        vxlan(1, &ethernet(0x0806, &[0; 28])),
        cut,
        udp(4789, 1, &joined(&[&[8, 0, 0, 0, 0, 0, 1, 0], &frame])),
        geneve(1, 0x0806, &[0; 28]),
        udp(1, 6081, &[0xc0; 40]),
        gtp_u(0, &[], &after(&ipv4(&login()), &[0])[..100]),
        gtp_u(0, &[], &[0x75; 40]),
        udp(1, 2152, &[0x30, 255, 0, 0, 0, 0, 0, 1, 0x45, 0]),
        udp(1, 2152, &[0x34, 255, 0, 5, 0, 0, 0, 1, 0, 0, 0, 1, 0]),
        teredo(&[], &after(&ipv6(&login()), &[0])),
        teredo(&[], &ipv4(&login())),
        udp(1, 3544, &[]),
        udp(53, 53, &frame),
        vec![0; 7],
    ] {
        assert_eq!(fate(&there(UDP, &payload)), Fate::NotTcp, "{payload:02x?}");
    }
}

#[test]
fn e10_as_many_ip_levels_as_the_bound_allows_and_no_more() {
    let nested = |levels: u8| (1..levels).fold(ipv4(&login()), |inner, _| there(4, &inner));
    network(&nested(IP_LEVELS_MAX));
    assert_eq!(fate(&nested(IP_LEVELS_MAX + 1)), Fate::TooManyLayers);
    assert_eq!(fate(&nested(200)), Fate::TooManyLayers);
}

#[test]
fn e10_layers_are_counted_across_tunnels() {
    let tagged = |tags: u8| {
        let inner = (0..tags).fold((IPV4, ipv4(&login())), |(kind, rest), _| (0x8100, vlan(0, kind, &rest)));
        there(GRE, &gre(0, 0x6558, &[], &ethernet(inner.0, &inner.1)))
    };
    network(&tagged(LAYERS_MAX - 1));
    assert_eq!(fate(&tagged(LAYERS_MAX)), Fate::TooManyLayers);
}

#[test]
fn b20_both_directions_of_a_tunnel_are_one_network() {
    let frame = ethernet(IPV4, &ipv4(&login()));
    let six_to_four = |datagram: Vec<u8>| {
        let mut datagram = datagram;
        datagram[8..10].copy_from_slice(&[0x20, 0x02]);
        datagram
    };
    let (v4, v6) = (ipv4(&login()), ipv6(&login()));
    for (protocol, payload, answer) in [
        (4, v4.clone(), v4.clone()),
        (41, v6.clone(), v6.clone()),
        (GRE, gre(0, IPV4, &[], &v4), gre(0x1000, IPV4, &[0, 0, 0, 9], &v4)),
        (GRE, gre(0x2000, IPV4, &[0, 0, 0, 7], &v4), gre(0x2000, IPV4, &[0, 0, 0, 7], &v4)),
        (GRE, gre(0x2000, 0x6558, &[9, 9, 9, 1], &frame), gre(0x2000, 0x6558, &[9, 9, 9, 2], &frame)),
        (GRE, pptp(1, &after(&[0x21], &v4)), pptp(2, &after(&[0x21], &v4))),
        (UDP, vxlan(7, &frame), vxlan(7, &frame)),
        (UDP, geneve(7, 0x6558, &frame), geneve(7, IPV4, &v4)),
        (UDP, gtp_u(0, &[], &v4), gtp_u(2, &[0; 4], &v4)),
    ] {
        assert_eq!(network(&there(protocol, &payload)), network(&back(protocol, &answer)), "{payload:02x?}");
    }
    // 6to4 comes back by another relay.
    let relay = |last| ip(IpAddr::from([192, 88, 99, last]), IpAddr::from(A), 41, &six_to_four(v6.clone()));
    let encapsulation = |data: &[u8]| match decode(&packet(LinkType::RAW, data)) {
        Decoded::Segment(segment) => segment.encapsulation,
        other => panic!("{:?}", other.fate()),
    };
    assert_eq!(encapsulation(&relay(1)), encapsulation(&relay(2)));
}

#[test]
fn b20_equal_connections_in_different_tunnels_are_different() {
    let frame = ethernet(IPV4, &ipv4(&login()));
    let (v4, v6) = (ipv4(&login()), ipv6(&login()));
    let tagged = ethernet(0x8100, &vlan(10, IPV4, &v4));
    let elsewhere = |protocol, payload: &[u8]| ip(IpAddr::from(A), IpAddr::from([203, 0, 113, 3]), protocol, payload);
    let all = [
        v4.clone(),
        there(4, &v4),
        elsewhere(4, &v4),
        there(4, &there(4, &v4)),
        there(GRE, &gre(0x2000, IPV4, &[0, 0, 0, 1], &v4)),
        there(GRE, &gre(0x2000, IPV4, &[0, 0, 0, 2], &v4)),
        elsewhere(GRE, &gre(0x2000, IPV4, &[0, 0, 0, 2], &v4)),
        there(GRE, &gre(0x2000, 0x6558, &[1, 0, 0, 0], &frame)),
        there(GRE, &gre(0x2000, 0x6558, &[2, 0, 0, 0], &frame)),
        there(UDP, &vxlan(1, &frame)),
        there(UDP, &vxlan(2, &frame)),
        there(UDP, &vxlan(1, &tagged)),
        there(UDP, &geneve(1, 0x6558, &frame)),
        there(UDP, &geneve(2, 0x6558, &frame)),
    ];
    assert_ne!(network(&there(41, &v6)), network(&elsewhere(41, &v6)));
    let networks: Vec<EncapsulationId> = all.iter().map(|data| network(data)).collect();
    for (index, one) in networks.iter().enumerate() {
        assert!(!networks[..index].contains(one), "{index}: {networks:?}");
    }
}

#[test]
fn e11_twenty_four_encapsulations_of_one_login() {
    let (v4, v6) = (ipv4(&login()), ipv6(&login()));
    let frame = ethernet(IPV4, &v4);
    let outer = |protocol, payload: &[u8]| ethernet(IPV4, &there(protocol, payload));
    let all: [Vec<u8>; 24] = [
        frame.clone(),
        ethernet(IPV6, &v6),
        ethernet(0x8100, &vlan(10, IPV4, &v4)),
        ethernet(0x88a8, &vlan(1, 0x8100, &vlan(2, IPV6, &v6))),
        ethernet(u16::try_from(8 + v4.len()).unwrap(), &snap(IPV4, &v4)),
        ethernet(0x8864, &joined(&[&[0x11, 0, 0, 7, 0, 110, 0, 0x21], &v4])),
        mpls(1, &v4),
        mpls(8, &v6),
        mpls(2, &after(&[0, 0, 0, 0], &frame)),
        outer(4, &v4),
        outer(41, &v6),
        ethernet(IPV6, &ipv6_of(4, &v4)),
        ethernet(IPV6, &ipv6_of(41, &v6)),
        outer(GRE, &gre(0, IPV4, &[], &v4)),
        outer(GRE, &gre(0xb000, IPV6, &[0; 12], &v6)),
        outer(GRE, &gre(0x2000, 0x6558, &[1, 2, 3, 4], &frame)),
        outer(GRE, &pptp(1, &after(&[0xff, 3, 0, 0x21], &v4))),
        outer(GRE, &gre(0, 0x88be, &[], &frame)),
        outer(UDP, &vxlan(1, &frame)),
        outer(UDP, &geneve(1, 0x6558, &frame)),
        outer(UDP, &gtp_u(0, &[], &v4)),
        outer(UDP, &teredo(&[], &v6)),
        outer(GRE, &gre(0, IPV4, &[], &there(UDP, &vxlan(1, &ethernet(IPV6, &v6))))),
        mpls(1, &there(41, &v6)),
    ];
    for data in &all {
        network_on(LinkType::ETHERNET, data);
        // A prefix never panics, and never gives more than was captured.
        for len in 0..data.len() {
            let cut = crate::packet::Packet { data: &data[..len], ..packet(LinkType::ETHERNET, data) };
            if let Decoded::Segment(segment) = decode(&cut) {
                assert!(PAYLOAD.starts_with(segment.payload));
                assert_eq!(segment.payload_len as usize, PAYLOAD.len());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn any_bytes_in_any_tunnel_give_an_answer(
        protocol in prop::sample::select(vec![4_u8, 41, GRE, UDP]),
        port in prop::sample::select(vec![4789_u16, 8472, 6081, 2152, 3544]),
        flips in prop::collection::vec((0..200_usize, any::<u8>()), 0..8),
        which in 0..8_usize, noise in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let frame = ethernet(IPV4, &ipv4(&login()));
        let mut payload = match which {
            0 => gre(0xf000, 0x6558, &noise, &frame),
            1 => pptp(1, &after(&[0x21], &ipv4(&login()))),
            2 => vxlan(1, &frame),
            3 => geneve(1, 0x6558, &frame),
            4 => gtp_u(7, &noise, &ipv4(&login())),
            5 => teredo(&[0, 1, 2, 3], &ipv6(&login())),
            6 => udp(1, port, &noise),
            _ => noise,
        };
        for (at, byte) in flips {
            if let Some(old) = payload.get_mut(at) {
                *old = byte;
            }
        }
        let data = ipv4_of(protocol, &payload);
        if let Decoded::Segment(segment) = decode(&packet(LinkType::RAW, &data)) {
            prop_assert!(segment.payload.len() <= data.len());
            let (key, side) = FlowKey::new(segment.source, segment.destination, segment.encapsulation);
            prop_assert_eq!(key.endpoint(side), segment.source);
        }
    }
}
