//! Link headers, from the first byte of a packet to the first byte of IP.
//!
//! * **Takes** a packet and its link type.
//! * **Gives** the IP datagram's bytes (padding may follow), its version as the link names it, and the VLANs around it.
//! * **Keeps** nothing; walks at most [`LINK_LAYERS_MAX`] headers.
//! * **Leaves out** MPLS, `MACsec`, compressed PPP (Van Jacobson, MPPC) and PPP multilink: those are not IP here.
//!
//! Every header is reduced to an Ethernet type and the bytes after it, so that all of them meet in one loop:
//!
//! ```text
//! Ethernet, SLL, SLL2, C_HDLC: type ─┐        ┌─ IPv4, IPv6: done
//! NULL, LOOP: address family ────────┤        ├─ VLAN tag ───── type ─┐
//! PPP: protocol ─────────────────────┼─ type ─┼─ LLC, SNAP ──── type ─┤
//! raw IP: version ───────────────────┘   ^    ├─ PPPoE, PPP ─── type ─┤
//!                                        |    └─ not IP               |
//!                                        └────────────────────────────┘
//! ```
//!
//! Formats: <https://www.tcpdump.org/linktypes.html> and the pages behind it, unless another source is given.

use super::EncapsulationId;
use super::extent::Extent;
use super::ip::Version;
use crate::limits::LINK_LAYERS_MAX;
use crate::packet::{LinkType, Packet};
use crate::stats::Fate;

// <https://www.iana.org/assignments/ieee-802-numbers>
const TYPE_IPV4: u16 = 0x0800;
const TYPE_IPV6: u16 = 0x86dd;
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
const TYPE_MIN: u16 = 1536;

/// The Linux cooked header's own number for a packet that begins with IEEE 802.2 LLC.
const SLL_LLC: u16 = 0x0004;

/// The bytes of IP in a packet, and what lay around them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    /// IP from its first byte; link padding may follow it.
    pub(super) datagram: Extent<'a>,
    /// Which IP the link says it is.
    pub(super) version: Version,
    /// The VLANs around it.
    pub(super) encapsulation: EncapsulationId,
}

/// What a header announces, and the bytes after it.
#[derive(Clone, Copy, Debug)]
struct Layer<'a> {
    ether_type: u16,
    rest: Extent<'a>,
}

/// Finds the IP datagram in `packet`, or says what the packet is instead.
pub(super) fn open<'a>(packet: &Packet<'a>) -> Result<Frame<'a>, Fate> {
    let bytes = Extent::of(packet);
    let first = match packet.link_type {
        LinkType::ETHERNET => ethernet(bytes),
        LinkType::RAW | LinkType::RAW_BSD | LinkType::RAW_OPENBSD => raw(bytes),
        LinkType::IPV4 => Ok(Layer { ether_type: TYPE_IPV4, rest: bytes }),
        LinkType::IPV6 => Ok(Layer { ether_type: TYPE_IPV6, rest: bytes }),
        LinkType::NULL | LinkType::LOOP => loopback(bytes),
        LinkType::LINUX_SLL => cooked(bytes),
        LinkType::LINUX_SLL2 => cooked_2(bytes),
        LinkType::PPP | LinkType::PPP_HDLC => ppp_framed(bytes),
        LinkType::PPP_ETHER => pppoe(bytes),
        LinkType::C_HDLC => cisco_hdlc(bytes),
        _ => Err(Fate::UnsupportedLink),
    };
    descend(first?)
}

/// Walks from `layer` to IP.
fn descend(mut layer: Layer<'_>) -> Result<Frame<'_>, Fate> {
    let mut encapsulation = EncapsulationId::default();
    // Once more than there may be headers: the last round is for IP itself.
    for _ in 0..=LINK_LAYERS_MAX {
        let Layer { ether_type, rest } = layer;
        layer = match ether_type {
            TYPE_IPV4 => return Ok(Frame { datagram: rest, version: Version::V4, encapsulation }),
            TYPE_IPV6 => return Ok(Frame { datagram: rest, version: Version::V6, encapsulation }),
            TYPE_VLAN | TYPE_VLAN_PROVIDER | TYPE_VLAN_OLD | TYPE_VLAN_OLD_TOO => {
                let ([tci_0, tci_1, type_0, type_1], rest) = rest.split_header()?;
                encapsulation = encapsulation.inside_vlan(u16::from_be_bytes([*tci_0, *tci_1]));
                Layer { ether_type: u16::from_be_bytes([*type_0, *type_1]), rest }
            }
            TYPE_PPPOE_SESSION => pppoe(rest)?,
            ..=LLC_LEN_MAX => llc(rest.limited(ether_type.into()))?,
            _ => return Err(Fate::NotIp),
        };
    }
    Err(Fate::TooManyLayers)
}

fn ethernet(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
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

/// RFC 2516: version and type (1 each), code (0 for data), session, length of what follows.
fn pppoe(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
    let ([version_and_type, code, _, _, len_0, len_1], rest) = bytes.split_header()?;
    if (*version_and_type, *code) != (0x11, 0) {
        return Err(Fate::NotIp);
    }
    ppp(rest.limited(u16::from_be_bytes([*len_0, *len_1]).into()))
}

/// PPP as captured from a serial line: with the address and control bytes of RFC 1662 or, where the ends agreed to
/// drop them, without. Link type 50 may hold Cisco's framing instead.
fn ppp_framed(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
    match bytes.captured() {
        [0xff, 0x03, ..] => ppp(bytes.after(2)?),
        [0x0f | 0x8f, 0x00, ..] => cisco_hdlc(bytes),
        _ => ppp(bytes),
    }
}

/// The PPP protocol field: two bytes, or one if the first is odd (RFC 1661, 2 and 6.5).
fn ppp(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
    let ([high], rest) = bytes.split_header()?;
    let (protocol, rest) = if high & 1 == 1 {
        (u16::from(*high), rest)
    } else {
        let ([low], rest) = rest.split_header()?;
        (u16::from_be_bytes([*high, *low]), rest)
    };
    match protocol {
        // RFC 1332
        0x0021 => Ok(Layer { ether_type: TYPE_IPV4, rest }),
        // RFC 5072
        0x0057 => Ok(Layer { ether_type: TYPE_IPV6, rest }),
        _ => Err(Fate::NotIp),
    }
}

/// Cisco's framing of serial lines (RFC 1547, 4.3.1): address, control, Ethernet type.
fn cisco_hdlc(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
    match bytes.split_header()? {
        ([0x0f | 0x8f, _, type_0, type_1], rest) => {
            Ok(Layer { ether_type: u16::from_be_bytes([*type_0, *type_1]), rest })
        }
        _ => Err(Fate::NotIp),
    }
}
