//! Packets for the tests of this layer, put together from small functions, one per header, innermost first:
//! `ethernet(0x8100, &vlan(10, 0x0800, &ipv4(&login())))`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::packet::{LinkType, Packet, Stamp};

pub(super) const PAYLOAD: &[u8] = b"CVR 2 0x0409 win 4.10 i386 MSMSGS 5.0.0544 MSMSGS user@example.com\r\n";
pub(super) const CLIENT_V4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
pub(super) const SERVER_V4: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 5);
pub(super) const CLIENT_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
pub(super) const SERVER_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 5);
pub(super) const IPV4: u16 = 0x0800;
pub(super) const IPV6: u16 = 0x86dd;
pub(super) const TCP: u8 = 6;

pub(super) fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// A TCP segment from port 1042 to 1863 with sequence number 100, acknowledgement 200, ACK and PSH.
pub(super) fn tcp(payload: &[u8]) -> Vec<u8> {
    joined(&[&[0x04, 0x12, 0x07, 0x47, 0, 0, 0, 100, 0, 0, 0, 200, 0x50, 0x18, 0x20, 0, 0xab, 0xcd, 0, 0], payload])
}

pub(super) fn login() -> Vec<u8> {
    tcp(PAYLOAD)
}

pub(super) fn length(bytes: &[u8]) -> [u8; 2] {
    u16::try_from(bytes.len()).unwrap().to_be_bytes()
}

/// An IPv4 datagram without options.
pub(super) fn ipv4_of(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let total_len = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    joined(&[
        &[0x45, 0],
        &total_len,
        &[0, 1, 0x40, 0, 64, protocol, 0, 0],
        &CLIENT_V4.octets(),
        &SERVER_V4.octets(),
        payload,
    ])
}

pub(super) fn ipv4(segment: &[u8]) -> Vec<u8> {
    ipv4_of(TCP, segment)
}

pub(super) fn ipv6_of(next_header: u8, payload: &[u8]) -> Vec<u8> {
    joined(&[&[0x60, 0, 0, 0], &length(payload), &[next_header, 64], &CLIENT_V6.octets(), &SERVER_V6.octets(), payload])
}

pub(super) fn ipv6(segment: &[u8]) -> Vec<u8> {
    ipv6_of(TCP, segment)
}

pub(super) fn ethernet(ether_type: u16, rest: &[u8]) -> Vec<u8> {
    joined(&[&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2], &ether_type.to_be_bytes(), rest])
}

/// A VLAN tag's control field and the type after it.
pub(super) fn vlan(id: u16, ether_type: u16, rest: &[u8]) -> Vec<u8> {
    joined(&[&id.to_be_bytes(), &ether_type.to_be_bytes(), rest])
}

pub(super) fn snap(ether_type: u16, rest: &[u8]) -> Vec<u8> {
    joined(&[&[0xaa, 0xaa, 3, 0, 0, 0], &ether_type.to_be_bytes(), rest])
}

/// IEEE 802.3: the length where Ethernet II has the type.
pub(super) fn ethernet_llc(llc: &[u8]) -> Vec<u8> {
    ethernet(u16::try_from(llc.len()).unwrap(), llc)
}

pub(super) fn pppoe(ppp: &[u8]) -> Vec<u8> {
    joined(&[&[0x11, 0, 0, 7], &length(ppp), ppp])
}

pub(super) fn sll(protocol: u16, rest: &[u8]) -> Vec<u8> {
    joined(&[&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0], &protocol.to_be_bytes(), rest])
}

pub(super) fn sll2(protocol: u16, rest: &[u8]) -> Vec<u8> {
    joined(&[&protocol.to_be_bytes(), &[0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0], rest])
}

pub(super) fn after(header: &[u8], rest: &[u8]) -> Vec<u8> {
    joined(&[header, rest])
}

pub(super) fn packet(link_type: LinkType, data: &[u8]) -> Packet<'_> {
    let original_len = u32::try_from(data.len()).unwrap();
    Packet { stamp: Stamp::default(), link_type, data, original_len, fcs_len: 0 }
}

/// An IP datagram between any two addresses of one version.
pub(super) fn ip(source: IpAddr, destination: IpAddr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let mut data = ipv4_of(protocol, payload);
            data[12..16].copy_from_slice(&source.octets());
            data[16..20].copy_from_slice(&destination.octets());
            data
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let mut data = ipv6_of(protocol, payload);
            data[8..24].copy_from_slice(&source.octets());
            data[24..40].copy_from_slice(&destination.octets());
            data
        }
        _ => panic!("{source} and {destination} are of two versions"),
    }
}

/// A TCP segment with the right checksum for the addresses of [`ipv4`] or [`ipv6`].
pub(super) fn tcp_summed(v6: bool, payload: &[u8]) -> Vec<u8> {
    let mut segment = tcp(payload);
    segment[16..18].fill(0);
    let addrs = if v6 {
        [CLIENT_V6.octets(), SERVER_V6.octets()].concat()
    } else {
        [CLIENT_V4.octets(), SERVER_V4.octets()].concat()
    };
    let pseudo_header = joined(&[&addrs, &[0, TCP], &length(&segment)]);
    let words = |bytes: &[u8]| {
        bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low))).sum::<u32>()
    };
    let sum = words(&pseudo_header) + words(&segment);
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = (sum & 0xffff) + (sum >> 16);
    segment[16..18].copy_from_slice(&(!u16::try_from(sum).unwrap()).to_be_bytes());
    segment
}

/// A UDP datagram without checksum.
pub(super) fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(8 + payload.len()).unwrap();
    joined(&[&source.to_be_bytes(), &destination.to_be_bytes(), &len.to_be_bytes(), &[0, 0], payload])
}
