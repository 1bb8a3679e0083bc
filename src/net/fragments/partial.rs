//! One datagram while its fragments come in: pieces by offset that never overlap.
//!
//! ```text
//!  pieces        ├─A─┤     ├──B──┤
//!  new fragment    ├─────────────────┤
//!  copies          ├c┤     ├──c──┤        compared with A and B, which stay
//!  fresh             ├─────┤     ├───┤    two new pieces
//! ```
//!
//! In IPv4 the first copy of a byte wins, and a piece is cut where a copy differs, so that only those bytes are
//! doubtful. In IPv6 fragments must not overlap (RFC 5722), but for exact copies.

use std::collections::BTreeMap;

use super::super::carriers::{Carrier, Part};
use crate::limits::FRAGMENT_HOLES_MAX;

/// Bytes that one fragment brought first.
#[derive(Debug)]
struct Piece {
    bytes: Vec<u8>,
    carrier: Carrier,
}

/// A datagram of which some fragments are there.
#[derive(Debug, Default)]
pub(super) struct Partial {
    pieces: BTreeMap<usize, Piece>,
    /// Bytes in the pieces.
    len: usize,
    /// Groups of adjacent pieces.
    runs: usize,
    /// Where the last fragment says that the datagram ends.
    end: Option<usize>,
}

/// Where a fragment lies, and whether it is the last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) is_last: bool,
}

/// How a fragment relates to the pieces that are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Overlap {
    /// Bytes that are there already.
    pub(super) len: usize,
    /// Whether some of them differ.
    pub(super) differs: bool,
    /// Whether the fragment covers whole pieces, with nothing new between or beside them.
    pub(super) exact: bool,
}

impl Partial {
    /// Whether `reach` puts the datagram's end elsewhere than what is known of it.
    pub(super) fn contradicts_end(&self, reach: Reach) -> bool {
        let beyond = self.pieces.last_key_value().map_or(0, |(start, piece)| start + piece.bytes.len());
        match self.end {
            Some(end) if reach.is_last => reach.end != end,
            // A fragment that more follow ends before the last one does.
            Some(end) => reach.end >= end,
            None => reach.is_last && reach.end <= beyond,
        }
    }

    /// How `bytes` at `start` relate to what is there.
    pub(super) fn overlap(&self, start: usize, bytes: &[u8]) -> Overlap {
        let mut found = Overlap { exact: true, ..Overlap::default() };
        for (at, piece) in self.within(start, start + bytes.len()) {
            let (from, known, copy) = common(at, &piece.bytes, start, bytes);
            found.len += known.len();
            found.differs |= known != copy;
            found.exact &= from == at && known.len() == piece.bytes.len();
        }
        found.exact &= found.len == bytes.len();
        found
    }

    /// Notes where the datagram ends, if `reach` tells.
    pub(super) fn learn_end(&mut self, reach: Reach) {
        if reach.is_last {
            self.end = Some(reach.end);
        }
    }

    /// Puts in what is new of `part`, whose offset is that in the datagram; where it differs from what is there, that
    /// becomes doubtful.
    pub(super) fn insert(&mut self, part: &Part<'_>) {
        let Part { offset: start, bytes, .. } = *part;
        let mut at = start;
        let mut fresh = Vec::new();
        let mut doubtful = Vec::new();
        for (known_at, piece) in self.within(start, start + bytes.len()) {
            let (from, known, copy) = common(known_at, &piece.bytes, start, bytes);
            fresh.push(at..from);
            if let Some(range) = difference(known, copy) {
                doubtful.push((known_at, from + range.start, from + range.end));
            }
            at = from + known.len();
        }
        fresh.push(at..start + bytes.len());
        for (known_at, from, to) in doubtful {
            self.split(known_at, from);
            self.split(from, to);
            if let Some(piece) = self.pieces.get_mut(&from) {
                piece.carrier.conflict = true;
            }
        }
        for range in fresh {
            let bytes = bytes.get(range.start - start..range.end - start).unwrap_or_default();
            self.put(Carrier { start: range.start, stamp: part.stamp, conflict: part.conflict }, bytes);
        }
    }

    /// Whether every byte up to the end is there.
    pub(super) fn is_complete(&self) -> bool {
        self.end == Some(self.len)
    }

    /// Whether the datagram is in more pieces than any that was sent to be read.
    pub(super) const fn is_riddled(&self) -> bool {
        self.runs > FRAGMENT_HOLES_MAX
    }

    /// All bytes in order, and who carried them.
    pub(super) fn joined(&self) -> (Vec<u8>, Vec<Carrier>) {
        let mut bytes = Vec::with_capacity(self.len);
        let mut carriers: Vec<Carrier> = Vec::with_capacity(self.pieces.len());
        for piece in self.pieces.values() {
            bytes.extend_from_slice(&piece.bytes);
            let Carrier { stamp, conflict, .. } = piece.carrier;
            if carriers.last().is_none_or(|last| (last.stamp, last.conflict) != (stamp, conflict)) {
                carriers.push(piece.carrier);
            }
        }
        (bytes, carriers)
    }

    /// Bytes of memory held, roughly.
    pub(super) fn memory(&self) -> usize {
        // A tree's nodes are half empty at worst.
        self.len + self.pieces.len() * 2 * (size_of::<Piece>() + size_of::<usize>())
    }

    /// The pieces that overlap `start..end`, with their offsets.
    fn within(&self, start: usize, end: usize) -> impl Iterator<Item = (usize, &Piece)> {
        let before = self.pieces.range(..start).next_back().filter(|(at, piece)| **at + piece.bytes.len() > start);
        before.into_iter().chain(self.pieces.range(start..end)).map(|(at, piece)| (*at, piece))
    }

    /// Cuts the piece at `start` in two at `position`, if that lies inside it.
    fn split(&mut self, start: usize, position: usize) {
        let Some(piece) = self.pieces.get_mut(&start) else { return };
        let len = position.saturating_sub(start);
        if len > 0 && len < piece.bytes.len() {
            let bytes = piece.bytes.split_off(len);
            let carrier = Carrier { start: position, ..piece.carrier };
            self.pieces.insert(position, Piece { bytes, carrier });
        }
    }

    fn put(&mut self, carrier: Carrier, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let (start, end) = (carrier.start, carrier.start + bytes.len());
        let before = self.pieces.range(..start).next_back();
        let touches_before = before.is_some_and(|(at, piece)| at + piece.bytes.len() == start);
        let touches_after = self.pieces.contains_key(&end);
        self.runs = self.runs + 1 - usize::from(touches_before) - usize::from(touches_after);
        self.len += bytes.len();
        self.pieces.insert(start, Piece { bytes: bytes.to_vec(), carrier });
    }
}

/// What `known` at `known_at` and `copy` at `copy_at` both cover: where that begins, and the bytes of each.
fn common<'a>(known_at: usize, known: &'a [u8], copy_at: usize, copy: &'a [u8]) -> (usize, &'a [u8], &'a [u8]) {
    let from = known_at.max(copy_at);
    let to = (known_at + known.len()).min(copy_at + copy.len());
    let slice = |at: usize, bytes: &'a [u8]| bytes.get(from - at..to.max(from) - at).unwrap_or_default();
    (from, slice(known_at, known), slice(copy_at, copy))
}

/// From the first byte in which two equally long copies differ to the last.
pub(crate) fn difference(a: &[u8], b: &[u8]) -> Option<std::ops::Range<usize>> {
    let differs = |(a, b): (&u8, &u8)| a != b;
    let first = a.iter().zip(b).position(differs)?;
    let last = a.iter().zip(b).rposition(differs)?;
    Some(first..last + 1)
}
