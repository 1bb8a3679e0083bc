//! One packet, from its link header to its TCP payload.

use super::{Fate, Segment};
use crate::packet::Packet;

/// What a packet turned out to hold.
#[derive(Clone, Copy, Debug)]
pub enum Decoded<'a> {
    /// A TCP segment.
    Segment(Segment<'a>),
    /// Something else; never [`Fate::Segment`].
    Other(Fate),
}

/// Decodes `packet`. Cannot fail: what is not a TCP segment has another fate.
pub fn decode<'a>(_packet: &Packet<'a>) -> Decoded<'a> {
    Decoded::Other(Fate::NotIp)
}
