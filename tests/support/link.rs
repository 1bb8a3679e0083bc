//! Link layers: an IP datagram goes in, a captured packet comes out.
//!
//! Numbers and layouts are those of <https://www.tcpdump.org/linktypes.html>, RFC 1661 and 1662 (PPP), RFC 2516
//! (`PPPoE`) and IEEE 802. Hardware addresses are the documentation addresses of RFC 7042.

use super::packet::{Side, Tag};

/// The shortest Ethernet frame without its frame check sequence, in bytes: shorter ones are padded.
const ETHERNET_LEN_MIN: usize = 60;
const CLIENT_MAC: [u8; 6] = [0x00, 0x00, 0x5e, 0x00, 0x53, 0x01];
const SERVER_MAC: [u8; 6] = [0x00, 0x00, 0x5e, 0x00, 0x53, 0x02];
const ETHERTYPE_PPPOE: u16 = 0x8864;
/// The hardware type of Ethernet in a Linux cooked header.
const ARPHRD_ETHER: u16 = 1;

/// How a captured packet begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Link {
    #[default]
    Ethernet,
    /// IEEE 802.3 with an LLC and a SNAP header.
    Snap,
    /// PPP over Ethernet, from the Ethernet header on.
    Pppoe,
    /// PPP over Ethernet, from the `PPPoE` header on.
    PppEther,
    /// PPP with neither address nor control byte.
    Ppp,
    /// PPP with address and control bytes under the same number.
    PppAddress,
    /// PPP with the protocol compressed to one byte.
    PppCompressed,
    PppHdlc,
    Raw,
    RawBsd,
    RawOpenBsd,
    Ipv4,
    Ipv6,
    NullLittle,
    NullBig,
    Loop,
    Sll,
    Sll2,
}

impl Link {
    /// Every link layer with its word in a script.
    pub(crate) const ALL: [(&str, Self); 18] = [
        ("ethernet", Self::Ethernet),
        ("snap", Self::Snap),
        ("pppoe", Self::Pppoe),
        ("ppp-ether", Self::PppEther),
        ("ppp", Self::Ppp),
        ("ppp-address", Self::PppAddress),
        ("ppp-compressed", Self::PppCompressed),
        ("ppp-hdlc", Self::PppHdlc),
        ("raw", Self::Raw),
        ("raw-bsd", Self::RawBsd),
        ("raw-openbsd", Self::RawOpenBsd),
        ("ipv4", Self::Ipv4),
        ("ipv6", Self::Ipv6),
        ("null", Self::NullLittle),
        ("null-big", Self::NullBig),
        ("loop", Self::Loop),
        ("sll", Self::Sll),
        ("sll2", Self::Sll2),
    ];

    /// Its LINKTYPE number.
    pub(crate) const fn number(self) -> u16 {
        match self {
            Self::NullLittle | Self::NullBig => 0,
            Self::Ethernet | Self::Snap | Self::Pppoe => 1,
            Self::Ppp | Self::PppAddress | Self::PppCompressed => 9,
            Self::RawBsd => 12,
            Self::RawOpenBsd => 14,
            Self::PppHdlc => 50,
            Self::PppEther => 51,
            Self::Raw => 101,
            Self::Loop => 108,
            Self::Sll => 113,
            Self::Ipv4 => 228,
            Self::Ipv6 => 229,
            Self::Sll2 => 276,
        }
    }

    /// Whether it can carry that version of IP.
    pub(crate) const fn carries(self, ipv6: bool) -> bool {
        match self {
            Self::Ipv4 => !ipv6,
            Self::Ipv6 => ipv6,
            _ => true,
        }
    }

    /// Whether it has room for VLAN tags.
    pub(crate) const fn takes_tags(self) -> bool {
        matches!(self, Self::Ethernet | Self::Snap | Self::Pppoe | Self::Sll | Self::Sll2)
    }

    /// The packet that carries `datagram`.
    pub(crate) fn wrap(self, tags: &[Tag], side: Side, ipv6: bool, datagram: &[u8]) -> Vec<u8> {
        assert!(self.carries(ipv6), "{self:?} cannot carry the datagram");
        assert!(tags.is_empty() || self.takes_tags(), "{self:?} has no room for VLAN tags");
        let ethertype: u16 = if ipv6 { 0x86dd } else { 0x0800 };
        match self {
            Self::Ethernet => ethernet(side, &tagged(tags, ethertype), datagram),
            Self::Snap => snap(side, tags, ethertype, datagram),
            Self::Pppoe => ethernet(side, &tagged(tags, ETHERTYPE_PPPOE), &pppoe(ipv6, datagram)),
            Self::PppEther => pppoe(ipv6, datagram),
            Self::Ppp => join(&[&ppp_protocol(ipv6), datagram]),
            Self::PppAddress | Self::PppHdlc => join(&[&[0xff, 0x03], &ppp_protocol(ipv6), datagram]),
            Self::PppCompressed => join(&[&ppp_protocol(ipv6)[1..], datagram]),
            Self::Raw | Self::RawBsd | Self::RawOpenBsd | Self::Ipv4 | Self::Ipv6 => datagram.to_vec(),
            // AF_INET6 is 30 on macOS, whose loopback is the commonest source of this link type.
            Self::NullLittle => join(&[&family(ipv6, 30).to_le_bytes(), datagram]),
            // AF_INET6 is 28 on FreeBSD.
            Self::NullBig => join(&[&family(ipv6, 28).to_be_bytes(), datagram]),
            // AF_INET6 is 24 on OpenBSD, which alone has this link type.
            Self::Loop => join(&[&family(ipv6, 24).to_be_bytes(), datagram]),
            Self::Sll => sll(side, &tagged(tags, ethertype), datagram),
            Self::Sll2 => sll2(side, &tagged(tags, ethertype), datagram),
        }
    }
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn family(ipv6: bool, inet6: u32) -> u32 {
    if ipv6 { inet6 } else { 2 }
}

fn ppp_protocol(ipv6: bool) -> [u8; 2] {
    [0x00, if ipv6 { 0x57 } else { 0x21 }]
}

/// The tags and the type behind them: `8100 000a 0800`.
fn tagged(tags: &[Tag], ethertype: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    for tag in tags {
        bytes.extend(tag.protocol.to_be_bytes());
        bytes.extend(tag.vlan.to_be_bytes());
    }
    bytes.extend(ethertype.to_be_bytes());
    bytes
}

fn ethernet(side: Side, header: &[u8], datagram: &[u8]) -> Vec<u8> {
    let (source, destination) = match side {
        Side::Client => (CLIENT_MAC, SERVER_MAC),
        Side::Server => (SERVER_MAC, CLIENT_MAC),
    };
    let mut bytes = join(&[&destination, &source, header, datagram]);
    bytes.resize(bytes.len().max(ETHERNET_LEN_MIN), 0);
    bytes
}

fn snap(side: Side, tags: &[Tag], ethertype: u16, datagram: &[u8]) -> Vec<u8> {
    let inner = join(&[&[0xaa, 0xaa, 0x03, 0, 0, 0], &ethertype.to_be_bytes(), datagram]);
    let len = u16::try_from(inner.len()).expect("a datagram of at most 65,535 bytes");
    ethernet(side, &tagged(tags, len), &inner)
}

fn pppoe(ipv6: bool, datagram: &[u8]) -> Vec<u8> {
    let len = u16::try_from(datagram.len() + 2).expect("a datagram of at most 65,533 bytes");
    join(&[&[0x11, 0x00, 0x00, 0x01], &len.to_be_bytes(), &ppp_protocol(ipv6), datagram])
}

/// 0: sent to us, 4: sent by us. The capture is taken at the client.
fn cooked_direction(side: Side) -> u8 {
    match side {
        Side::Client => 4,
        Side::Server => 0,
    }
}

fn cooked_address(side: Side) -> [u8; 8] {
    let mut address = [0; 8];
    address[..6].copy_from_slice(match side {
        Side::Client => &CLIENT_MAC,
        Side::Server => &SERVER_MAC,
    });
    address
}

fn sll(side: Side, protocol: &[u8], datagram: &[u8]) -> Vec<u8> {
    let direction = [0, cooked_direction(side)];
    join(&[&direction, &ARPHRD_ETHER.to_be_bytes(), &[0, 6], &cooked_address(side), protocol, datagram])
}

fn sll2(side: Side, protocol: &[u8], datagram: &[u8]) -> Vec<u8> {
    // The protocol stands first here; what follows a VLAN tag's type stands behind the header.
    let (first, rest) = protocol.split_at(2);
    let interface = 2_u32.to_be_bytes();
    let hardware = ARPHRD_ETHER.to_be_bytes();
    let direction = [cooked_direction(side), 6];
    join(&[first, &[0, 0], &interface, &hardware, &direction, &cooked_address(side), rest, datagram])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_ethernet_frame_is_padded_to_sixty_bytes() {
        assert_eq!(Link::Ethernet.wrap(&[], Side::Client, false, &[0x45; 40]).len(), 60);
        assert_eq!(Link::Ethernet.wrap(&[], Side::Client, false, &[0x45; 100]).len(), 114);
    }

    #[test]
    fn tags_stand_outermost_first_before_the_type() {
        let tags = [Tag { protocol: 0x88a8, vlan: 100 }, Tag { protocol: 0x8100, vlan: 10 }];
        let frame = Link::Ethernet.wrap(&tags, Side::Client, true, &[0x60; 60]);
        assert_eq!(frame[12..22], [0x88, 0xa8, 0, 100, 0x81, 0, 0, 10, 0x86, 0xdd]);
        let cooked = Link::Sll2.wrap(&tags[1..], Side::Client, false, &[0x45; 40]);
        assert_eq!(cooked[..4], [0x81, 0, 0, 0]);
        assert_eq!(cooked[20..25], [0, 10, 0x08, 0, 0x45]);
    }

    #[test]
    fn the_bsd_loopbacks_differ_in_byte_order_and_in_what_they_call_ipv6() {
        assert_eq!(Link::NullLittle.wrap(&[], Side::Client, true, &[]), [30, 0, 0, 0]);
        assert_eq!(Link::NullBig.wrap(&[], Side::Client, true, &[]), [0, 0, 0, 28]);
        assert_eq!(Link::Loop.wrap(&[], Side::Client, true, &[]), [0, 0, 0, 24]);
        assert_eq!(Link::Loop.wrap(&[], Side::Client, false, &[]), [0, 0, 0, 2]);
    }
}
