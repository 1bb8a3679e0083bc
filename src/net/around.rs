//! What lies around the bytes that are being decoded: which network they were seen in, and how deep they are.
//!
//! The bounds on nesting are kept here, for a packet as a whole: a tunnel does not begin anew, nor does a datagram that
//! was put together of fragments.

use super::EncapsulationId;
use crate::limits::{IP_LEVELS_MAX, LAYERS_MAX};
use crate::stats::Fate;

/// What lies around some bytes of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Around {
    /// The VLANs and tunnels, folded into one number.
    pub(super) encapsulation: EncapsulationId,
    layers: u8,
    ip_levels: u8,
}

impl Around {
    /// Around what an IP header right behind the link header carries.
    pub(super) fn first_ip() -> Self {
        Self { ip_levels: 1, ..Self::default() }
    }

    /// Goes one header deeper, link headers not counted.
    pub(super) const fn enter_layer(&mut self) -> Result<(), Fate> {
        if self.layers == LAYERS_MAX {
            return Err(Fate::TooManyLayers);
        }
        self.layers += 1;
        Ok(())
    }

    /// Goes one IP header deeper.
    pub(super) const fn enter_ip(&mut self) -> Result<(), Fate> {
        if self.ip_levels == IP_LEVELS_MAX {
            return Err(Fate::TooManyLayers);
        }
        self.ip_levels += 1;
        Ok(())
    }
}
