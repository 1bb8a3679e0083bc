//! Generic routing encapsulation: version 0 of RFC 2784 and RFC 2890, with the routes of RFC 1701; version 1 of PPTP
//! (RFC 2637).
//!
//! ```text
//!  0                   1                   2                   3
//! |C|R|K|S|s|recur|A| flags |version|        protocol type          |
//! | checksum, if C or R            | offset, if C or R              |
//! | key, if K                                                       |
//! | sequence number, if S                                           |
//! | acknowledgement, if A (version 1) | routes, if R (version 0)    |
//! ```

use super::super::around::Around;
use super::super::extent::Extent;
use super::super::ip::Datagram;
use super::super::link::{Layer, TYPE_MIN, ethernet, ppp};
use super::{Kind, TYPE_ETHERNET, between_ends, numbered};
use crate::stats::Fate;

const CHECKSUM: u16 = 0x8000;
const ROUTES: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
const ACKNOWLEDGEMENT: u16 = 0x0080;
const VERSION_MASK: u16 = 0x0007;

/// PPP (RFC 2637, 4.1).
const TYPE_PPP: u16 = 0x880b;
/// Mirrored Ethernet frames, version I without a header of its own and II with one (draft-foschiano-erspan-03, 4.1 and
/// 4.2): the sequence number of GRE tells them apart.
const TYPE_ERSPAN: u16 = 0x88be;
/// The same, version III (4.3).
const TYPE_ERSPAN_III: u16 = 0x22eb;

/// Ethernet with a key is NVGRE, which keeps the ids below this one for itself (RFC 7637, 3.2): a key that looks like
/// one of these is a plain key.
const SUBNET_MIN: u32 = 0x1000;

/// Opens a tunnel of either version.
pub(super) fn open<'a>(datagram: &Datagram<'a>, around: &mut Around) -> Result<Layer<'a>, Fate> {
    let ([flags_0, flags_1, type_0, type_1], rest) = datagram.payload.split_header()?;
    let flags = u16::from_be_bytes([*flags_0, *flags_1]);
    let protocol = u16::from_be_bytes([*type_0, *type_1]);
    match flags & VERSION_MASK {
        0 => version_0(datagram, flags, protocol, rest, around),
        1 if protocol == TYPE_PPP && flags & KEY != 0 => pptp(datagram, flags, rest, around),
        _ => Err(Fate::NotTcp),
    }
}

fn version_0<'a>(
    datagram: &Datagram<'a>,
    flags: u16,
    protocol: u16,
    rest: Extent<'a>,
    around: &mut Around,
) -> Result<Layer<'a>, Fate> {
    let rest = if flags & (CHECKSUM | ROUTES) == 0 { rest } else { rest.after(4)? };
    let (key, rest) = if flags & KEY == 0 {
        (None, rest)
    } else {
        let (key, rest) = rest.split_header()?;
        (Some(u32::from_be_bytes(*key)), rest)
    };
    let rest = if flags & SEQUENCE == 0 { rest } else { rest.after(4)? };
    let rest = if flags & ROUTES == 0 { rest } else { after_routes(rest)? };
    match protocol {
        TYPE_ERSPAN if flags & SEQUENCE == 0 => return ethernet(rest),
        TYPE_ERSPAN => return mirrored::<8>(rest, around),
        TYPE_ERSPAN_III => return erspan_3(rest, around),
        _ => {}
    }
    match key {
        // The lowest byte of an NVGRE key tells flows apart, not networks.
        Some(key) if protocol == TYPE_ETHERNET && key >> 8 >= SUBNET_MIN => numbered(Kind::Nvgre, key >> 8, around),
        Some(key) => {
            between_ends(datagram, around);
            numbered(Kind::Gre, key, around);
        }
        None => between_ends(datagram, around),
    }
    match protocol {
        TYPE_ETHERNET => ethernet(rest),
        TYPE_PPP => framed_ppp(rest),
        // A keep-alive of a router that expects its answer, among others.
        ..TYPE_MIN => Err(Fate::NotTcp),
        ether_type => Ok(Layer { ether_type, rest }),
    }
}

/// Routes: address family (2 bytes), offset, length (1 each), that many bytes; the last has family and length 0.
fn after_routes(mut rest: Extent<'_>) -> Result<Extent<'_>, Fate> {
    loop {
        let ([family_0, family_1, _, len], after) = rest.split_header()?;
        rest = after.after(usize::from(*len))?;
        if (*family_0, *family_1, *len) == (0, 0, 0) {
            return Ok(rest);
        }
    }
}

/// Version 1: the key holds the payload's length and the call id of the receiver.
fn pptp<'a>(datagram: &Datagram<'a>, flags: u16, rest: Extent<'a>, around: &mut Around) -> Result<Layer<'a>, Fate> {
    let ([len_0, len_1, _, _], rest) = rest.split_header()?;
    if flags & SEQUENCE == 0 {
        // An acknowledgement alone.
        return Err(Fate::NotTcp);
    }
    let rest = rest.after(if flags & ACKNOWLEDGEMENT == 0 { 4 } else { 8 })?;
    between_ends(datagram, around);
    framed_ppp(rest.limited(u16::from_be_bytes([*len_0, *len_1]).into()))
}

/// PPP, with address and control bytes or without.
fn framed_ppp(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
    ppp::open(if bytes.captured().starts_with(&[0xff, 0x03]) { bytes.after(2)? } else { bytes })
}

/// ERSPAN version III has eight more bytes if its last bit says so.
fn erspan_3<'a>(bytes: Extent<'a>, around: &mut Around) -> Result<Layer<'a>, Fate> {
    match bytes.captured().get(11).ok_or(Fate::TruncatedHeader)? & 1 {
        0 => mirrored::<12>(bytes, around),
        _ => mirrored::<20>(bytes, around),
    }
}

/// A header that begins with version (4 bits) and VLAN (12).
fn mirrored<'a, const N: usize>(bytes: Extent<'a>, around: &mut Around) -> Result<Layer<'a>, Fate> {
    let ([vlan_0, vlan_1], _) = bytes.split_header()?;
    around.encapsulation = around.encapsulation.inside_vlan(u16::from_be_bytes([*vlan_0, *vlan_1]));
    ethernet(bytes.after(N)?)
}
