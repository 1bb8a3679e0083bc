//! One direction of a connection: from wrapping sequence numbers to 64-bit offsets, and where the stream starts.

use std::cmp::Ordering;

use super::assembler::{Assembler, Tally};
use super::syn_data::SynData;
use super::unread::offset;
use crate::limits::{SETTLE_BYTES_MAX, WINDOW_MAX};
use crate::net::SeqNumber;
use crate::packet::Timestamp;
use crate::stats::StreamStats;

/// The offset of the byte at a stream's sequence number of reference. Far from zero, so that earlier bytes, which may
/// still come, have an offset too; a multiple of 2^32, so that offset zero has the same sequence number.
const ORIGIN: u64 = 1 << 40;

/// One direction.
#[derive(Default)]
pub(super) struct Stream {
    /// The sequence number at [`ORIGIN`]; unknown until the first segment if nothing told it.
    pub(super) origin: Option<SeqNumber>,
    pub(super) assembler: Assembler,
    /// Offset at which the stream starts, once that is settled.
    pub(super) start: Option<u64>,
    /// Whether any payload of this direction was captured.
    pub(super) seen: bool,
    /// What the SYN carried, until it is known whether its receiver took it.
    pub(super) syn_data: Option<Box<SynData>>,
    pub(super) hole_since: Option<Timestamp>,
    /// Until when a stream whose start no handshake told only collects.
    pub(super) settling: Option<Timestamp>,
    /// Whether the stream, if it starts at [`ORIGIN`], starts there for certain.
    begins_at_origin: bool,
}

impl Stream {
    /// A stream whose handshake told where it starts.
    pub(super) fn starting_at(start: SeqNumber) -> Self {
        let mut stream = Self { origin: Some(start), begins_at_origin: true, ..Self::default() };
        stream.begin(ORIGIN);
        stream
    }

    /// A stream whose start is not known. The other side has acknowledged all before `acknowledged`, with its own first
    /// bytes if `at_once`: then nothing was said before.
    pub(super) fn unsettled(acknowledged: Option<SeqNumber>, at_once: bool) -> Self {
        Self { origin: acknowledged, begins_at_origin: acknowledged.is_some() && at_once, ..Self::default() }
    }

    /// Whether the stream certainly starts where it is said to start.
    pub(super) fn is_whole(&self) -> bool {
        self.begins_at_origin && self.start == Some(ORIGIN)
    }

    fn begin(&mut self, start: u64) -> Tally {
        self.start = Some(start);
        self.settling = None;
        self.assembler.start_at(start)
    }

    /// Whether a handshake that came late may tell of this stream: it starts with or a little before the first byte
    /// known.
    pub(super) fn could_start_at(&mut self, start: SeqNumber) -> bool {
        if self.origin.is_none() {
            return true;
        }
        let Some(at) = self.offset_of(start) else { return false };
        let seen = self.assembler.first_beyond().map_or(ORIGIN, |first| first.min(ORIGIN));
        let first = self.start.unwrap_or(seen);
        first.checked_sub(at).is_some_and(|missing| missing <= SETTLE_BYTES_MAX)
    }

    /// A handshake that came late tells where the stream starts; ask [`could_start_at`](Self::could_start_at) before.
    pub(super) fn learn_start(&mut self, start: SeqNumber) -> Tally {
        match self.offset_of(start) {
            Some(at) if self.start.is_none() => self.begin(at),
            _ => Tally::default(),
        }
    }

    /// Fixes the start of a stream that no handshake told: its first byte seen, or the one that the other side's
    /// first acknowledgement named, if that is not far before.
    pub(super) fn settle(&mut self) -> Tally {
        if self.start.is_some() {
            return Tally::default();
        }
        let Some(first) = self.assembler.first_beyond() else {
            return Tally::default();
        };
        let acknowledged = self.origin.map(|_| ORIGIN);
        let start = acknowledged.filter(|at| *at <= first && first - at <= SETTLE_BYTES_MAX).unwrap_or(first);
        self.begin(start)
    }

    /// Whether the other side, if it saw what the capture saw, believes a reset with this number (RFC 9293, 3.10.7.4):
    /// it stands where the stream goes on, behind a FIN at most.
    pub(super) fn believes_reset(&mut self, seq: SeqNumber) -> bool {
        self.origin.is_some() && self.offset_of(seq).is_some_and(|at| self.assembler.goes_on_at(at))
    }

    /// Bytes of memory held, roughly.
    pub(super) fn memory(&self) -> usize {
        self.assembler.memory() + self.syn_data.as_ref().map_or(0, |held| held.memory())
    }

    /// Whether anything waits.
    pub(super) fn waits(&self) -> bool {
        self.assembler.waiting().0 > 0 || self.syn_data.is_some()
    }

    /// Drops all that waits; returns how many bytes that were.
    pub(super) fn drop_waiting(&mut self) -> u64 {
        self.assembler.drop_waiting() + self.syn_data.take().map_or(0, |held| offset(held.len()))
    }

    /// Whether nothing stands yet where a SYN's payload at `start` belongs.
    pub(super) fn can_hold_at(&self, start: u64) -> bool {
        self.syn_data.is_none() && self.start.is_some() && self.assembler.end() == start
    }

    /// The sequence number of the byte at offset zero.
    pub(super) fn zero(&self) -> SeqNumber {
        self.origin.unwrap_or_default()
    }

    /// The offset of a sequence number, or `None` if it is too far from the rest of the stream to belong to it.
    pub(super) fn offset_of(&mut self, seq: SeqNumber) -> Option<u64> {
        let origin = *self.origin.get_or_insert(seq);
        // Sequence numbers wrap: the distance is taken from near where the stream is by now, which may lie before its
        // number of reference.
        let near = if self.start.is_some() { self.assembler.end() } else { ORIGIN };
        let wrapped = u32::try_from(near.wrapping_sub(ORIGIN) % (1 << 32)).unwrap_or(0);
        let distance = i64::from(seq.distance_from(origin.plus(wrapped)));
        if distance.abs() > WINDOW_MAX {
            return None;
        }
        match distance.cmp(&0) {
            Ordering::Less => near.checked_sub(distance.unsigned_abs()),
            Ordering::Equal | Ordering::Greater => near.checked_add(distance.unsigned_abs()),
        }
    }
}

impl StreamStats {
    /// Counts what became of inserted bytes.
    pub(super) fn take(&mut self, tally: Tally) {
        self.delivered_bytes += tally.delivered;
        self.duplicate_bytes += tally.duplicate;
        self.conflicting_bytes += tally.conflicting;
        self.after_fin_bytes += tally.after_fin;
        self.pending_bytes = self.pending_bytes.saturating_add_signed(tally.queued);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Stamp;
    use crate::tcp::Origin;

    #[test]
    fn what_a_syn_carries_is_held_once_where_the_stream_goes_on() {
        let mut stream = Stream::starting_at(SeqNumber(5));
        assert_eq!([ORIGIN - 1, ORIGIN, ORIGIN + 1].map(|at| stream.can_hold_at(at)), [false, true, false]);
        stream.syn_data = Some(Box::new(SynData::at(ORIGIN)));
        assert!(!stream.can_hold_at(ORIGIN));
        let unsettled = Stream::unsettled(None, false);
        assert!(!unsettled.can_hold_at(unsettled.assembler.end()));
    }

    /// Where a stream settles whose other side acknowledged all before `ORIGIN`, and whose first byte seen is `first`.
    fn settled(acknowledged: bool, first: u64) -> Option<u64> {
        let mut stream = Stream::unsettled(acknowledged.then_some(SeqNumber(100)), false);
        stream.assembler.insert(first, b"abc", Origin::of(Stamp::default()));
        stream.settle();
        stream.start
    }

    #[test]
    fn a_stream_starts_at_the_acknowledged_byte_if_that_is_not_far_before_the_first_seen() {
        for missing in [0, 1, SETTLE_BYTES_MAX] {
            assert_eq!(settled(true, ORIGIN + missing), Some(ORIGIN), "{missing} bytes before");
        }
        for first in [ORIGIN - 1, ORIGIN + SETTLE_BYTES_MAX + 1] {
            assert_eq!(settled(true, first), Some(first));
            assert_eq!(settled(false, first), Some(first));
        }
        assert_eq!(settled(false, ORIGIN + 1), Some(ORIGIN + 1), "nothing was acknowledged");
    }

    #[test]
    fn a_number_belongs_to_the_stream_up_to_a_window_away() {
        let window = u32::try_from(WINDOW_MAX).unwrap();
        let mut stream = Stream::starting_at(SeqNumber(0));
        assert_eq!(stream.offset_of(SeqNumber(window)), Some(ORIGIN + u64::from(window)));
        assert_eq!(stream.offset_of(SeqNumber(window + 1)), None);
        assert_eq!(stream.offset_of(SeqNumber(0).plus(window.wrapping_neg())), Some(ORIGIN - u64::from(window)));
        assert_eq!(stream.offset_of(SeqNumber(0).plus((window + 1).wrapping_neg())), None);
    }
}
