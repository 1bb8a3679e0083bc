//! Bytes of a stream that are in order but not yet taken, with where each of them came from.

use std::ops::Range;

use super::{Position, Provenance};
use crate::flags::Flags;
use crate::net::{Checksum, SeqNumber};
use crate::packet::Stamp;

/// The segment that bytes came from.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// The packet.
    pub stamp: Stamp,
    /// The sequence number that the byte at offset zero of the stream has, or would have.
    pub zero: SeqNumber,
    /// What the segment acknowledged: the other side's next byte.
    pub ack: SeqNumber,
    /// How far its bytes can be believed.
    pub checksum: Checksum,
    /// Doubts about its bytes.
    pub flags: Flags,
}

impl Origin {
    /// What `packet` brought, with nothing doubtful about it.
    pub fn of(packet: Stamp) -> Self {
        let (zero, ack) = (SeqNumber::default(), SeqNumber::default());
        Self { stamp: packet, zero, ack, checksum: Checksum::Valid, flags: Flags::NONE }
    }

    /// Where the byte at `offset` stood.
    pub fn position(&self, offset: u64) -> Position {
        let wrapped = u32::try_from(offset % (1 << 32)).unwrap_or(0);
        Position { seq: self.zero.plus(wrapped), ack: self.ack }
    }
}

/// A run of bytes that came from one segment, up to where the next span starts. Spans with the same start tell of one
/// run that came from several segments together, as what is unpacked from a compressed body does.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Offset of its first byte in the stream.
    pub start: u64,
    /// Whether that byte is also the first of its segment.
    pub is_head: bool,
    /// Where the bytes came from.
    pub origin: Origin,
}

/// Bytes in order, borrowed from an assembler.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unread<'a> {
    bytes: &'a [u8],
    /// Offset of the first byte in the stream.
    start: u64,
    /// The spans that cover the bytes, and perhaps others before them.
    spans: &'a [Span],
}

impl<'a> Unread<'a> {
    /// `bytes` from offset `start` on; `spans` must cover them and be in order.
    pub fn new(bytes: &'a [u8], start: u64, spans: &'a [Span]) -> Self {
        Self { bytes, start, spans }
    }

    /// The bytes.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Where the first `len` bytes stand in the stream.
    pub fn range(&self, len: usize) -> Range<u64> {
        self.start..self.start + offset(len)
    }

    /// The same without the first `len` bytes.
    #[must_use]
    pub fn after(&self, len: usize) -> Self {
        let bytes = self.bytes.get(len..).unwrap_or_default();
        Self { bytes, start: self.start + offset(len), spans: self.spans }
    }

    /// Whether a segment begins with the first byte.
    pub fn at_boundary(&self) -> bool {
        let at = self.spans.binary_search_by_key(&self.start, |span| span.start);
        at.ok().and_then(|at| self.spans.get(at)).is_some_and(|span| span.is_head)
    }

    /// How many bytes there are before the next byte with which a segment begins; `None` if none does.
    pub fn next_boundary(&self) -> Option<usize> {
        let next = self.spans.partition_point(|span| span.start <= self.start);
        let head = self.spans.get(next..)?.iter().find(|span| span.is_head)?;
        usize::try_from(head.start - self.start).ok().filter(|distance| *distance < self.bytes.len())
    }

    /// The spans of the first `len` bytes; the first may begin before them.
    pub fn spans(&self, len: usize) -> &'a [Span] {
        let end = self.start + offset(len.max(1));
        let covering = self.spans.partition_point(|span| span.start <= self.start).saturating_sub(1);
        let run = self.spans.get(covering).map_or(0, |span| span.start);
        let from = self.spans.partition_point(|span| span.start < run);
        let to = self.spans.partition_point(|span| span.start < end);
        self.spans.get(from..to).unwrap_or_default()
    }

    /// Where the first `len` bytes came from, with `flags` added to their doubts.
    pub fn provenance(&self, len: usize, flags: Flags) -> Provenance {
        let spans = self.spans(len);
        let flags = spans.iter().fold(flags, |flags, span| flags | span.origin.flags);
        let mut stamps = spans.iter().map(|span| span.origin.stamp);
        let first = stamps.next().unwrap_or_default();
        let position = spans.first().map(|span| span.origin.position(self.start)).unwrap_or_default();
        Provenance::new(first, &stamps.collect::<Vec<_>>(), flags).at(position)
    }
}

/// A length in memory as a distance in a stream.
pub(super) fn offset(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::ALLOCATION_LEN;

    #[test]
    fn a_boundary_lies_where_a_segment_begins_within_the_bytes() {
        let span = |start, is_head| Span { start, is_head, origin: Origin::of(Stamp::default()) };
        let spans = [span(8, true), span(12, false), span(14, true), span(16, true)];
        let unread = Unread::new(b"abcdef", 10, &spans);
        assert_eq!((unread.at_boundary(), unread.next_boundary()), (false, Some(4)));
        assert_eq!((unread.after(2).at_boundary(), unread.after(2).next_boundary()), (false, Some(2)));
        assert_eq!((unread.after(4).at_boundary(), unread.after(4).next_boundary()), (true, None));
        assert_eq!(unread.after(4).range(2), 14..16);
    }

    #[test]
    fn one_packet_needs_no_memory_and_many_need_what_they_take() {
        let stamps: Vec<Stamp> = (0..100).map(|frame| Stamp { frame, ..Stamp::default() }).collect();
        let memory = |stamps: &[Stamp]| Provenance::new(stamps[0], &stamps[1..], Flags::NONE).memory();
        assert_eq!(memory(&stamps[..1]), 0);
        let least = size_of_val(&*stamps) + ALLOCATION_LEN;
        assert!((least..2 * least).contains(&memory(&stamps)), "{} bytes", memory(&stamps));
    }
}
