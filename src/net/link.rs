//! Link headers, from the first byte of a packet to the first byte of IP.
//!
//! * **Takes** a packet and its link type, or what a tunnel carries.
//! * **Gives** the IP datagram's bytes (padding may follow), its version as the link names it, and the VLANs around it.
//! * **Keeps** nothing; walks at most as many headers as [`Around`] lets it.
//! * **Leaves out** `MACsec`, compressed PPP (Van Jacobson, MPPC) and PPP multilink: those are not IP here.
//!
//! Every header is reduced to an Ethernet type and the bytes after it, so that all of them meet in one loop:
//!
//! ```text
//! Ethernet, SLL, SLL2, C_HDLC: type ─┐        ┌─ IPv4, IPv6: done
//! NULL, LOOP, IPNET: address family ─┤        ├─ VLAN tag ───── type ─┐
//! PPP: protocol ─────────────────────┤        ├─ LLC, SNAP ──── type ─┤
//! 802.11: LLC, SNAP ─────────────────┼─ type ─┼─ PPPoE, PPP ─── type ─┤
//! raw IP: version ───────────────────┘   ^    ├─ MPLS label ── guess ─┤
//!                                        |    └─ not IP               |
//!                                        └────────────────────────────┘
//! ```
//!
//! Formats: <https://www.tcpdump.org/linktypes.html> and the pages behind it, unless another source is given.

mod mpls;
pub(super) mod ppp;
mod wireless;

use super::around::Around;
use super::extent::Extent;
use super::ip::Version;
use crate::packet::{LinkType, Packet};
use crate::stats::Fate;

// <https://www.iana.org/assignments/ieee-802-numbers>
pub(super) const TYPE_IPV4: u16 = 0x0800;
pub(super) const TYPE_IPV6: u16 = 0x86dd;
/// MPLS, unicast (RFC 3032, 5) and with a label that the sender's neighbour chose (RFC 5332).
const TYPE_MPLS: u16 = 0x8847;
const TYPE_MPLS_UPSTREAM: u16 = 0x8848;
/// PPPoE session stage (RFC 2516); its discovery stage, 0x8863, carries no IP.
const TYPE_PPPOE_SESSION: u16 = 0x8864;
/// IEEE 802.1Q.
const TYPE_VLAN: u16 = 0x8100;
/// IEEE 802.1ad, provider bridging.
const TYPE_VLAN_PROVIDER: u16 = 0x88a8;
/// Tags stacked before 802.1ad, by the switches of several makers.
const TYPE_VLAN_OLD: u16 = 0x9100;
const TYPE_VLAN_OLD_TOO: u16 = 0x9200;
/// The largest value of an Ethernet type field that is a length instead (IEEE 802.3, 3.2.6).
const LLC_LEN_MAX: u16 = 1500;
/// The smallest Ethernet type (IEEE 802.3, 3.2.6).
pub(super) const TYPE_MIN: u16 = 1536;

/// The Linux cooked header's own number for a packet that begins with IEEE 802.2 LLC.
const SLL_LLC: u16 = 0x0004;

/// What a header announces, and the bytes after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer<'a> {
    /// An Ethernet type, or a length where LLC follows.
    pub(super) ether_type: u16,
    /// The bytes after the header.
    pub(super) rest: Extent<'a>,
}

/// The datagram in `packet`, if that is IPv4 with nothing between it and Ethernet, as it mostly is.
pub(super) fn ipv4_in_ethernet<'a>(packet: &Packet<'a>) -> Option<Extent<'a>> {
    let (header, rest) = Extent::of(packet).split_header::<14>().ok()?;
    let is_ipv4 = header.last_chunk().is_some_and(|ether_type| *ether_type == TYPE_IPV4.to_be_bytes());
    (packet.link_type == LinkType::ETHERNET && is_ipv4).then_some(rest)
}

/// Opens the link header of `packet`.
pub(super) fn open<'a>(packet: &Packet<'a>) -> Result<Layer<'a>, Fate> {
    let bytes = Extent::of(packet);
    match packet.link_type {
        LinkType::ETHERNET => ethernet(bytes),
        LinkType::RAW | LinkType::RAW_BSD | LinkType::RAW_OPENBSD => raw(bytes),
        LinkType::IPV4 => Ok(Layer { ether_type: TYPE_IPV4, rest: bytes }),
        LinkType::IPV6 => Ok(Layer { ether_type: TYPE_IPV6, rest: bytes }),
        LinkType::NULL | LinkType::LOOP => loopback(bytes),
        LinkType::LINUX_SLL => cooked(bytes),
        LinkType::LINUX_SLL2 => cooked_2(bytes),
        LinkType::PPP | LinkType::PPP_HDLC => ppp::framed(bytes),
        LinkType::PPP_ETHER => ppp::pppoe(bytes),
        LinkType::C_HDLC => ppp::cisco_hdlc(bytes),
        LinkType::IPNET => ipnet(bytes),
        LinkType::IEEE802_11
        | LinkType::IEEE802_11_RADIOTAP
        | LinkType::IEEE802_11_PRISM
        | LinkType::IEEE802_11_AVS
        | LinkType::PPI => wireless::open(packet, bytes),
        _ => Err(Fate::UnsupportedLink),
    }
}

/// Walks from `layer` to IP: its version as the last header names it, and its bytes.
pub(super) fn descend<'a>(mut layer: Layer<'a>, around: &mut Around) -> Result<(Version, Extent<'a>), Fate> {
    loop {
        let Layer { ether_type, rest } = layer;
        match ether_type {
            TYPE_IPV4 => return Ok((Version::V4, rest)),
            TYPE_IPV6 => return Ok((Version::V6, rest)),
            _ => around.enter_layer()?,
        }
        layer = match ether_type {
            TYPE_VLAN | TYPE_VLAN_PROVIDER | TYPE_VLAN_OLD | TYPE_VLAN_OLD_TOO => {
                let ([tci_0, tci_1, type_0, type_1], rest) = rest.split_header()?;
                around.encapsulation = around.encapsulation.inside_vlan(u16::from_be_bytes([*tci_0, *tci_1]));
                Layer { ether_type: u16::from_be_bytes([*type_0, *type_1]), rest }
            }
            TYPE_PPPOE_SESSION => ppp::pppoe(rest)?,
            TYPE_MPLS | TYPE_MPLS_UPSTREAM => mpls::open(rest)?,
            ..=LLC_LEN_MAX => llc(rest.limited(ether_type.into()))?,
            _ => return Err(Fate::NotIp),
        };
    }
}

/// Destination, source (6 bytes each) and type.
pub(super) fn ethernet(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
    let ([_, _, _, _, _, _, _, _, _, _, _, _, type_0, type_1], rest) = bytes.split_header()?;
    Ok(Layer { ether_type: u16::from_be_bytes([*type_0, *type_1]), rest })
}

fn raw(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
    let ether_type = match bytes.captured().first().ok_or(Fate::TruncatedHeader)? >> 4 {
        4 => TYPE_IPV4,
        6 => TYPE_IPV6,
        _ => return Err(Fate::BadIp),
    };
    Ok(Layer { ether_type, rest: bytes })
}

/// NULL has the family in the byte order of the machine that captured, LOOP in network order. A family is a small
/// number, so that only one order makes sense of it.
fn loopback(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
    let (family, rest) = bytes.split_header()?;
    let family = u32::from_be_bytes(*family);
    let ether_type = match if family > 0xffff { family.swap_bytes() } else { family } {
        2 => TYPE_IPV4,
        // AF_INET6 of Linux, Windows, NetBSD and OpenBSD, Solaris, FreeBSD, Darwin (Wireshark's packet-null.c).
        10 | 23 | 24 | 26 | 28 | 30 => TYPE_IPV6,
        _ => return Err(Fate::NotIp),
    };
    Ok(Layer { ether_type, rest })
}

/// Linux cooked capture: packet type, device type, address length (2 bytes each), address (8), protocol (2).
fn cooked(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
    let ([_, _, _, _, _, _, _, _, _, _, _, _, _, _, protocol_0, protocol_1], rest) = bytes.split_header()?;
    cooked_protocol(u16::from_be_bytes([*protocol_0, *protocol_1]), rest)
}

/// Its second version: protocol (2 bytes), 18 bytes of interface and address.
fn cooked_2(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
    let (protocol, rest) = bytes.split_header()?;
    let (_, rest) = rest.split_header::<18>()?;
    cooked_protocol(u16::from_be_bytes(*protocol), rest)
}

/// Solaris: version, family (1 byte each), hook (2), length (4), interface and group (4 each), zones (4 each). The
/// families are those of Solaris.
fn ipnet(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
    match bytes.split_header::<24>()? {
        ([1, 2, ..], rest) => Ok(Layer { ether_type: TYPE_IPV4, rest }),
        ([1, 26, ..], rest) => Ok(Layer { ether_type: TYPE_IPV6, rest }),
        _ => Err(Fate::NotIp),
    }
}

fn cooked_protocol(protocol: u16, rest: Extent<'_>) -> Result<Layer<'_>, Fate> {
    match protocol {
        SLL_LLC => llc(rest),
        // Linux numbers of its own, not lengths.
        ..TYPE_MIN => Err(Fate::NotIp),
        ether_type => Ok(Layer { ether_type, rest }),
    }
}

/// IEEE 802.2 LLC: destination, source and control byte. IP is either named by the address (6, RFC 1010) or by a
/// SNAP header of organisation and type (RFC 1042; organisation 00-00-F8 by IEEE 802.1H).
fn llc(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
    let (llc, rest) = bytes.split_header()?;
    match llc {
        [0x06, 0x06, 0x03] => Ok(Layer { ether_type: TYPE_IPV4, rest }),
        [0xaa, 0xaa, 0x03] => match rest.split_header()? {
            ([0x00, 0x00, 0x00 | 0xf8, type_0, type_1], rest) => {
                Ok(Layer { ether_type: u16::from_be_bytes([*type_0, *type_1]), rest })
            }
            _ => Err(Fate::NotIp),
        },
        _ => Err(Fate::NotIp),
    }
}

#[cfg(test)]
mod tests;
