//! Tunnels: an IP datagram goes in, an Ethernet frame comes out that carries it some way.
//!
//! Layouts are those of RFC 2003 (IP in IP), 4213 (6in4), 2473 (in IPv6), 2784 and 2890 (GRE), 7637 (NVGRE), 2637
//! (PPTP), 3032 and 4385 (MPLS), 7348 (VXLAN), 8926 (Geneve), 4380 (Teredo), 3GPP TS 29.281 (GTP-U) and
//! draft-foschiano-erspan-03.

use super::frame::{Frame, datagram, internet_checksum};
use super::link::Link;
use super::packet::{Side, TestPacket};

/// A way to carry a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tunnel {
    Mpls(usize),
    /// Ethernet in MPLS, behind a control word.
    Pseudowire,
    /// IP in IPv4, whichever version it is.
    IpInIpv4,
    /// IP in IPv6.
    IpInIpv6,
    Gre,
    /// With checksum, key and sequence number.
    GreFull,
    /// Ethernet in GRE.
    Nvgre,
    Pptp,
    ErspanI,
    ErspanII,
    ErspanIII,
    Vxlan,
    Geneve,
    GtpU,
    /// For IPv6 alone.
    Teredo,
}

impl Tunnel {
    /// Every tunnel.
    pub(crate) const ALL: [Self; 16] = [
        Self::Mpls(1),
        Self::Mpls(8),
        Self::Pseudowire,
        Self::IpInIpv4,
        Self::IpInIpv6,
        Self::Gre,
        Self::GreFull,
        Self::Nvgre,
        Self::Pptp,
        Self::ErspanI,
        Self::ErspanII,
        Self::ErspanIII,
        Self::Vxlan,
        Self::Geneve,
        Self::GtpU,
        Self::Teredo,
    ];

    /// Whether it can carry that version of IP.
    pub(crate) fn carries(self, ipv6: bool) -> bool {
        ipv6 || self != Self::Teredo
    }

    /// The Ethernet frame that carries `datagram`.
    pub(crate) fn wrap(self, side: Side, ipv6: bool, datagram: &[u8]) -> Vec<u8> {
        const GRE: u8 = 47;
        let ether_type: [u8; 2] = if ipv6 { [0x86, 0xdd] } else { [8, 0] };
        let ppp: [u8; 4] = [0xff, 0x03, 0, if ipv6 { 0x57 } else { 0x21 }];
        let frame = Link::Ethernet.wrap(&[], side, ipv6, datagram);
        let in_ipv4 =
            |protocol, payload: &[u8]| Link::Ethernet.wrap(&[], side, false, &outer_v4(side, protocol, payload));
        let gre = |parts: &[&[u8]]| in_ipv4(GRE, &parts.concat());
        match self {
            Self::Mpls(labels) => mpls(side, &labels_to(labels), datagram),
            Self::Pseudowire => mpls(side, &[labels_to(2), vec![0, 0, 0, 9]].concat(), &frame),
            Self::IpInIpv4 => in_ipv4(if ipv6 { 41 } else { 4 }, datagram),
            Self::IpInIpv6 => {
                Link::Ethernet.wrap(&[], side, true, &outer_v6(side, if ipv6 { 41 } else { 4 }, datagram))
            }
            Self::Gre => gre(&[&[0, 0], &ether_type, datagram]),
            Self::GreFull => {
                let mut packet =
                    [&[0xb0, 0], &ether_type[..], &[0; 4], &[0, 0, 0, 7], &[0, 0, 0, 1], datagram].concat();
                let sum = internet_checksum(&packet);
                packet[4..6].copy_from_slice(&sum.to_be_bytes());
                in_ipv4(GRE, &packet)
            }
            Self::Nvgre => gre(&[&[0x20, 0, 0x65, 0x58], &[0, 0x20, 0, flow(side)], &frame]),
            Self::Pptp => {
                let len = u16::try_from(ppp.len() + datagram.len()).expect("a datagram of at most 65,531 bytes");
                gre(&[&[0x30, 1, 0x88, 0x0b], &len.to_be_bytes(), &[0, flow(side)], &[0, 0, 0, 1], &ppp, datagram])
            }
            Self::ErspanI => gre(&[&[0, 0, 0x88, 0xbe], &frame]),
            Self::ErspanII => gre(&[&[0x10, 0, 0x88, 0xbe], &[0, 0, 0, 1], &[0x10, 10, 0, 1, 0, 0, 0, 0], &frame]),
            Self::ErspanIII => {
                gre(&[&[0x10, 0, 0x22, 0xeb], &[0, 0, 0, 1], &[0x20, 10, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], &frame])
            }
            Self::Vxlan => in_ipv4(17, &udp(50_000, 4789, &[&[8, 0, 0, 0, 0, 0, 42, 0], &frame[..]].concat())),
            Self::Geneve => in_ipv4(17, &udp(50_000, 6081, &[&[0, 0, 0x65, 0x58, 0, 0, 42, 0], &frame[..]].concat())),
            Self::GtpU => {
                let len = u16::try_from(datagram.len()).expect("a datagram of at most 65,535 bytes").to_be_bytes();
                let header = [&[0x30, 0xff], &len[..], &[0, 0, 0, flow(side)]].concat();
                in_ipv4(17, &udp(2152, 2152, &[&header, datagram].concat()))
            }
            Self::Teredo => {
                let (source, destination) = match side {
                    Side::Client => (40_000, 3544),
                    Side::Server => (3544, 40_000),
                };
                in_ipv4(17, &udp(source, destination, datagram))
            }
        }
    }
}

/// The captured packets, each carried by `tunnel`.
pub(crate) fn tunnelled_frames(packets: &[TestPacket], tunnel: Tunnel) -> Vec<Frame> {
    let frame = |packet: &TestPacket| {
        let data = tunnel.wrap(packet.side, packet.source.is_ipv6(), &datagram(packet));
        let interface = packet.envelope.interface.clone();
        Frame { time: packet.time, link: Link::Ethernet.number(), interface, original_len: data.len(), data }
    };
    packets.iter().map(frame).collect()
}

/// A number that each side chooses for itself.
fn flow(side: Side) -> u8 {
    match side {
        Side::Client => 1,
        Side::Server => 2,
    }
}

fn labels_to(count: usize) -> Vec<u8> {
    (1..=count).flat_map(|label| [0, 1, u8::from(label == count), 64]).collect()
}

fn mpls(side: Side, labels: &[u8], rest: &[u8]) -> Vec<u8> {
    let mut frame = Link::Ethernet.wrap(&[], side, false, &[labels, rest].concat());
    frame[12..14].copy_from_slice(&[0x88, 0x47]);
    frame
}

/// The last bytes of the addresses of a tunnel's ends, in documentation networks.
fn ends(side: Side) -> (u8, u8) {
    match side {
        Side::Client => (1, 2),
        Side::Server => (2, 1),
    }
}

fn outer_v4(side: Side, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(20 + payload.len()).expect("a datagram of at most 65,535 bytes").to_be_bytes();
    let (source, destination) = ends(side);
    let mut header = [0x45, 0, len[0], len[1], 0, 1, 0x40, 0, 64, protocol, 0, 0].to_vec();
    header.extend([203, 0, 113, source, 203, 0, 113, destination]);
    let sum = internet_checksum(&header);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    [&header, payload].concat()
}

fn outer_v6(side: Side, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len()).expect("a payload of at most 65,535 bytes").to_be_bytes();
    let (source, destination) = ends(side);
    let mut header = [0x60, 0, 0, 0, len[0], len[1], protocol, 64].to_vec();
    for last in [source, destination] {
        header.extend([0x20, 1, 0x0d, 0xb8, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    [&header, payload].concat()
}

/// A UDP datagram without checksum, which IPv4 allows (RFC 768).
fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(8 + payload.len()).expect("a datagram of at most 65,535 bytes");
    [&source.to_be_bytes()[..], &destination.to_be_bytes(), &len.to_be_bytes(), &[0, 0], payload].concat()
}
