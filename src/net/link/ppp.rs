//! PPP, in the several ways in which it is captured, and Cisco's framing of serial lines, which shares a link type
//! with it.

use super::super::extent::Extent;
use super::{Layer, TYPE_IPV4, TYPE_IPV6, TYPE_MPLS};
use crate::stats::Fate;

/// RFC 2516: version and type (1 each), code (0 for data), session, length of what follows.
pub(super) fn pppoe(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
    let ([version_and_type, code, _, _, len_0, len_1], rest) = bytes.split_header()?;
    if (*version_and_type, *code) != (0x11, 0) {
        return Err(Fate::NotIp);
    }
    open(rest.limited(u16::from_be_bytes([*len_0, *len_1]).into()))
}

/// PPP as captured from a serial line: with the address and control bytes of RFC 1662 or, where the ends agreed to
/// drop them, without. Link type 50 may hold Cisco's framing instead.
pub(super) fn framed(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
    match bytes.captured() {
        [0xff, 0x03, ..] => open(bytes.after(2)?),
        [0x0f | 0x8f, 0x00, ..] => cisco_hdlc(bytes),
        _ => open(bytes),
    }
}

/// The PPP protocol field: two bytes, or one if the first is odd (RFC 1661, 2 and 6.5).
pub(in crate::net) fn open(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
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
        // RFC 3032
        0x0281 => Ok(Layer { ether_type: TYPE_MPLS, rest }),
        // RFC 1968
        0x0053 | 0x0055 => Err(Fate::Encrypted),
        // MPPE and MPPC share a number and a header, of which one bit says which it is (RFC 3078, 3; RFC 2118, 3.1).
        0x00fd if rest.captured().first().is_some_and(|flags| flags & 0x10 != 0) => Err(Fate::Encrypted),
        _ => Err(Fate::NotIp),
    }
}

/// Cisco's framing of serial lines (RFC 1547, 4.3.1): address, control, Ethernet type.
pub(super) fn cisco_hdlc(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
    match bytes.split_header()? {
        ([0x0f | 0x8f, _, type_0, type_1], rest) => {
            Ok(Layer { ether_type: u16::from_be_bytes([*type_0, *type_1]), rest })
        }
        _ => Err(Fate::NotIp),
    }
}
