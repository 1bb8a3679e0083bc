//! Tunnels in UDP. A port is only a hint: what the header says must hold, and so must all headers inside, or the packet
//! is left as UDP (case E9).

use super::super::around::Around;
use super::super::extent::Extent;
use super::super::ip::Datagram;
use super::super::link::{Layer, TYPE_IPV4, TYPE_IPV6, ethernet};
use super::{Kind, TYPE_ETHERNET, between_ends, numbered};
use crate::stats::Fate;

/// RFC 7348, 8; and what Linux used before it.
const PORT_VXLAN: u16 = 4789;
const PORT_VXLAN_OLD: u16 = 8472;
/// RFC 8926, 3.3.
const PORT_GENEVE: u16 = 6081;
/// 3GPP TS 29.281, 4.4.2.3.
const PORT_GTP_U: u16 = 2152;
/// RFC 4380, 2.7.
const PORT_TEREDO: u16 = 3544;

/// Length of a UDP header in bytes (RFC 768): ports, length, checksum, two each.
const HEADER_LEN: u16 = 8;

/// Opens what the port announces.
pub(super) fn open<'a>(datagram: &Datagram<'a>, around: &mut Around) -> Result<Layer<'a>, Fate> {
    let ([source_0, source_1, to_0, to_1, len_0, len_1, _, _], rest) =
        datagram.payload.split_header().map_err(|_| Fate::NotTcp)?;
    let rest = match u16::from_be_bytes([*len_0, *len_1]) {
        // Segmentation is left to the card.
        0 => rest,
        len => rest.limited(len.checked_sub(HEADER_LEN).ok_or(Fate::NotTcp)?.into()),
    };
    let layer = match (u16::from_be_bytes([*source_0, *source_1]), u16::from_be_bytes([*to_0, *to_1])) {
        // The source port varies, to spread the load.
        (_, PORT_VXLAN | PORT_VXLAN_OLD) => vxlan(rest, around),
        (_, PORT_GENEVE) => geneve(rest, around),
        (_, PORT_GTP_U) => gtp_u(datagram, rest, around),
        // The server's port, on either side.
        (PORT_TEREDO, _) | (_, PORT_TEREDO) => teredo(rest),
        _ => None,
    };
    layer.ok_or(Fate::NotTcp)
}

/// RFC 7348, 5: flags, of which only the fourth is set; network id in the fifth to seventh byte; the last is zero. The
/// group policy extension (draft-smith-vxlan-group-policy) sets the first flag too, and uses the second to fourth byte.
fn vxlan<'a>(bytes: Extent<'a>, around: &mut Around) -> Option<Layer<'a>> {
    let ([0x08 | 0x88, _, _, _, id @ .., 0], rest) = bytes.split_header::<8>().ok()? else { return None };
    let &[a, b, c] = id;
    numbered(Kind::Vxlan, u32::from_be_bytes([0, a, b, c]), around);
    ethernet(rest).ok()
}

/// RFC 8926, 3.4: version (2 bits) and length of options in words (6), flags, Ethernet type, network id, zero.
fn geneve<'a>(bytes: Extent<'a>, around: &mut Around) -> Option<Layer<'a>> {
    let ([options @ 0..0x40, flags, type_0, type_1, a, b, c, 0], rest) = bytes.split_header().ok()? else {
        return None;
    };
    // Control messages carry no packets; the six lowest flags are reserved.
    if flags & 0xbf != 0 {
        return None;
    }
    let rest = rest.after(4 * usize::from(*options)).ok()?;
    numbered(Kind::Geneve, u32::from_be_bytes([0, *a, *b, *c]), around);
    match u16::from_be_bytes([*type_0, *type_1]) {
        TYPE_ETHERNET => ethernet(rest).ok(),
        ether_type => Some(Layer { ether_type, rest }),
    }
}

/// 3GPP TS 29.281, 5.1: version 1 of GTP proper, message type 255 (a packet of the user), length of what follows the
/// first eight bytes, tunnel id; sequence number, N-PDU number and type of the next extension, if any of them is there.
fn gtp_u<'a>(datagram: &Datagram<'a>, bytes: Extent<'a>, around: &mut Around) -> Option<Layer<'a>> {
    const EXTENSION: u8 = 0x04;
    let ([flags, 255, len_0, len_1, _, _, _, _], rest) = bytes.split_header().ok()? else { return None };
    if flags & 0xf8 != 0x30 || rest.len() != usize::from(u16::from_be_bytes([*len_0, *len_1])) {
        return None;
    }
    let mut rest = rest;
    if flags & 0x07 != 0 {
        let (&[_, _, _, mut next], mut after) = rest.split_header().ok()?;
        // An extension: length in words, contents, type of the next one.
        while flags & EXTENSION != 0 && next != 0 {
            let len = 4 * usize::from(*after.captured().first()?);
            next = *after.captured().get(len.checked_sub(1)?)?;
            after = after.after(len).ok()?;
        }
        rest = after;
    }
    between_ends(datagram, around);
    let ether_type = match rest.captured().first()? >> 4 {
        4 => TYPE_IPV4,
        6 => TYPE_IPV6,
        _ => return None,
    };
    Some(Layer { ether_type, rest })
}

/// RFC 4380, 5.1.1: IPv6, perhaps behind an authentication (type 1) and an origin indication (type 0).
fn teredo(mut bytes: Extent<'_>) -> Option<Layer<'_>> {
    if let [0, 1, id_len, auth_len, ..] = bytes.captured() {
        // Client id, authentication value, nonce (8 bytes), confirmation (1).
        bytes = bytes.after(4 + usize::from(*id_len) + usize::from(*auth_len) + 9).ok()?;
    }
    if let [0, 0, ..] = bytes.captured() {
        bytes = bytes.after(8).ok()?;
    }
    // It fits exactly: nothing pads it, and no card segments it.
    let len = 40 + usize::from(u16::from_be_bytes(*bytes.captured().get(4..)?.first_chunk()?));
    let is_ipv6 = bytes.captured().first()? >> 4 == 6;
    (is_ipv6 && len == bytes.len()).then_some(Layer { ether_type: TYPE_IPV6, rest: bytes })
}
