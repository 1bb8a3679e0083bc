//! One direction of a connection: from wrapping sequence numbers to 64-bit offsets, and where the stream starts.

use std::cmp::Ordering;

use super::assembler::{Assembler, Tally};
use crate::limits::{SETTLE_BYTES_MAX, WINDOW_MAX};
use crate::net::SeqNumber;
use crate::packet::Timestamp;
use crate::stats::StreamStats;

/// The offset of the byte at a stream's sequence number of reference. Far from zero, so that earlier bytes, which may
/// still come, have an offset too.
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
    pub(super) hole_since: Option<Timestamp>,
}

impl Stream {
    /// A stream whose first byte is at `start`; `certain` if a handshake told so.
    pub(super) fn new(start: Option<SeqNumber>, certain: bool) -> Self {
        let mut stream = Self { origin: start, ..Self::default() };
        if certain && start.is_some() {
            stream.begin(ORIGIN);
        }
        stream
    }

    pub(super) fn begin(&mut self, start: u64) -> Tally {
        self.start = Some(start);
        self.assembler.start_at(start)
    }

    /// A handshake that came late tells where the stream starts.
    pub(super) fn learn_start(&mut self, start: Option<SeqNumber>) {
        if let (Some(start), None) = (start, self.start)
            && let Some(at) = self.offset_of(start)
        {
            self.begin(at);
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

    /// The offset of a sequence number, or `None` if it is too far from the rest of the stream to belong to it.
    pub(super) fn offset_of(&mut self, seq: SeqNumber) -> Option<u64> {
        let origin = *self.origin.get_or_insert(seq);
        // Sequence numbers wrap: the distance is taken from near where the stream is by now.
        let near = if self.start.is_some() { self.assembler.end() } else { ORIGIN };
        let wrapped = u32::try_from((near - ORIGIN.min(near)) % (1 << 32)).unwrap_or(0);
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
