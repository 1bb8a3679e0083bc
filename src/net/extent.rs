//! The bytes of one layer of a packet: those that were captured, and how many there were on the wire.
//!
//! A capture may cut a packet, and a length field may end a layer before the packet does. Both are settled here,
//! once, so that no decoder mistakes padding for payload or a cut for an end:
//!
//! ```text
//!            captured            lost to the snap length
//! |------------------------------|···········|            wire
//!                                            ^ len        ^ padding, frame check sequence
//! ```

use crate::packet::Packet;
use crate::stats::Fate;

/// Part of a packet. `captured` is never longer than `len`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent<'a> {
    captured: &'a [u8],
    len: usize,
}

impl<'a> Extent<'a> {
    /// The whole of `packet`, without its frame check sequence.
    pub(super) fn of(packet: &Packet<'a>) -> Self {
        let captured_len = packet.data.len();
        // A record may claim to be shorter than what it holds; the bytes are the better witness.
        let len = usize::try_from(packet.original_len).map_or(captured_len, |len| len.max(captured_len));
        Self { captured: packet.data, len }.limited(len.saturating_sub(packet.fcs_len.into()))
    }

    /// All of `bytes`, which were never cut.
    pub(super) const fn whole(bytes: &'a [u8]) -> Self {
        Self { captured: bytes, len: bytes.len() }
    }

    /// The bytes that were captured.
    pub(super) const fn captured(&self) -> &'a [u8] {
        self.captured
    }

    /// How many bytes there were on the wire.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Whether the capture holds less than there was.
    pub(super) const fn is_cut(&self) -> bool {
        self.captured.len() < self.len
    }

    /// At most the first `len` bytes.
    pub(super) fn limited(self, len: usize) -> Self {
        let len = self.len.min(len);
        Self { captured: self.captured.get(..len).unwrap_or(self.captured), len }
    }

    /// The first `N` bytes and what follows them; a truncated header if they were not all captured.
    pub(super) fn split_header<const N: usize>(self) -> Result<(&'a [u8; N], Self), Fate> {
        let (header, captured) = self.captured.split_first_chunk().ok_or(Fate::TruncatedHeader)?;
        Ok((header, Self { captured, len: self.len.saturating_sub(N) }))
    }

    /// What follows the first `header_len` bytes; a truncated header if those were not all captured.
    pub(super) fn after(self, header_len: usize) -> Result<Self, Fate> {
        let captured = self.captured.get(header_len..).ok_or(Fate::TruncatedHeader)?;
        Ok(Self { captured, len: self.len.saturating_sub(header_len) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{LinkType, Stamp};

    fn extent(data: &[u8], original_len: u32, fcs_len: u8) -> (usize, usize) {
        let link_type = LinkType::RAW;
        let extent = Extent::of(&Packet { stamp: Stamp::default(), link_type, data, original_len, fcs_len });
        (extent.captured.len(), extent.len)
    }

    #[test]
    fn the_frame_check_sequence_ends_the_wire_not_the_capture() {
        assert_eq!(extent(&[0; 64], 64, 4), (60, 60), "whole");
        assert_eq!(extent(&[0; 50], 64, 4), (50, 60), "cut before it");
        assert_eq!(extent(&[0; 62], 64, 4), (60, 60), "cut within it");
        assert_eq!(extent(&[0; 2], 2, 4), (0, 0), "shorter than it");
    }

    #[test]
    fn a_record_that_holds_more_than_it_claims_is_as_long_as_what_it_holds() {
        assert_eq!(extent(&[0; 60], 14, 0), (60, 60));
    }
}
