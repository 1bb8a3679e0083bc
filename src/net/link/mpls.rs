//! MPLS: labels, and then something that no field names (RFC 3032, 3).
//!
//! What follows the last label is guessed, as routers do that balance load (RFC 4928): a first nibble of 4 or 6 is IP.
//! A pseudowire carries Ethernet, mostly behind a control word that begins with the nibble 0 (RFC 4385, 3); it is
//! taken for one only if the Ethernet type and what follows it fit together.
//!
//! Labels tell nothing of the network: each direction has its own (RFC 3031, 3.1).

use super::super::extent::Extent;
use super::{Layer, TYPE_IPV4, TYPE_IPV6, TYPE_MPLS, TYPE_VLAN, TYPE_VLAN_PROVIDER, ethernet};
use crate::stats::Fate;

/// The bit of a label's third byte that is set in the last label.
const LAST_LABEL: u8 = 1;

/// One label, and what comes after it.
pub(super) fn open(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
    let ([_, _, bottom, _], rest) = bytes.split_header()?;
    if bottom & LAST_LABEL == 0 {
        return Ok(Layer { ether_type: TYPE_MPLS, rest });
    }
    match rest.captured().first().ok_or(Fate::TruncatedHeader)? >> 4 {
        4 => Ok(Layer { ether_type: TYPE_IPV4, rest }),
        6 => Ok(Layer { ether_type: TYPE_IPV6, rest }),
        // A channel that manages the pseudowire (RFC 4385, 5).
        1 => Err(Fate::NotIp),
        0 => rest.after(4).ok().and_then(likely_ethernet).or_else(|| likely_ethernet(rest)).ok_or(Fate::NotIp),
        _ => likely_ethernet(rest).ok_or(Fate::NotIp),
    }
}

/// An Ethernet frame, if `bytes` look like one that leads to IP.
fn likely_ethernet(bytes: Extent<'_>) -> Option<Layer<'_>> {
    let layer = ethernet(bytes).ok()?;
    let nibble = layer.rest.captured().first()? >> 4;
    let fits = match layer.ether_type {
        TYPE_IPV4 => nibble == 4,
        TYPE_IPV6 => nibble == 6,
        TYPE_VLAN | TYPE_VLAN_PROVIDER | TYPE_MPLS => true,
        _ => false,
    };
    fits.then_some(layer)
}
