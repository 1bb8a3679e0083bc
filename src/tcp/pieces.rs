//! Bytes of one direction that wait behind a hole: pieces by offset that never overlap.
//!
//! The first trusted copy of a byte wins. A piece is cut where only part of it is doubtful.
//!
//! ```text
//!  pieces         ├──A──┤      ├───B───┤
//!  new segment      ├───────────────────────┤
//!  copies           ├c─┤       ├───c───┤         compared with A and B
//!  put                  ├──────┤       ├────┤    two new pieces
//! ```

use std::collections::BTreeMap;
use std::ops::Range;

use super::unread::offset;
use super::{Origin, Tally};
use crate::flags::Flag;
use crate::limits::ALLOCATION_LEN;
use crate::net::{Checksum, difference};

/// What a node of the map takes: room for eleven pieces, of which six are there when pieces come in order.
const NODE_LEN: usize = 11 * size_of::<(u64, Box<Piece>)>() + ALLOCATION_LEN;
const PIECES_OF_NODE: usize = 6;

/// Bytes that wait behind a hole.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    /// Whether a segment begins with its first byte.
    pub(super) is_head: bool,
    pub(super) origin: Origin,
}

/// All that waits behind the first hole of a direction.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// Boxed, for a node has room for eleven, and most connections that have one have only one.
    by_start: BTreeMap<u64, Box<Piece>>,
    bytes: usize,
}

impl Pieces {
    /// Offset of the first byte.
    pub(super) fn first(&self) -> Option<u64> {
        self.by_start.first_key_value().map(|(start, _)| *start)
    }

    /// How many pieces there are.
    pub(super) fn len(&self) -> usize {
        self.by_start.len()
    }

    /// How many bytes they hold.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes of memory held, roughly.
    pub(super) fn memory(&self) -> usize {
        let pieces = self.by_start.len();
        self.bytes + pieces * (size_of::<Piece>() + 2 * ALLOCATION_LEN) + pieces.div_ceil(PIECES_OF_NODE) * NODE_LEN
    }

    /// Takes the first piece, if it begins at `start`.
    pub(super) fn take_at(&mut self, start: u64) -> Option<Piece> {
        let entry = self.by_start.first_entry().filter(|entry| *entry.key() == start)?;
        let piece = entry.remove();
        self.bytes -= piece.bytes.len();
        Some(*piece)
    }

    /// Inserts `bytes` at `start`; `is_head` says that a segment begins with them.
    pub(super) fn insert(&mut self, start: u64, bytes: &[u8], is_head: bool, origin: Origin, tally: &mut Tally) {
        let end = start + offset(bytes.len());
        if origin.checksum != Checksum::Invalid {
            self.push_out_untrusted(start..end, bytes, tally);
        }
        let mut at = start;
        for piece in self.within(start..end) {
            let (before, rest) = split_at_offset(at, slice_from(bytes, start, at), piece.start);
            self.put(at, before, is_head && at == start, origin);
            at += offset(before.len());
            let (copy, _) = split_at_offset(at, rest, piece.end);
            self.compare(piece.start, at, copy, tally);
            at += offset(copy.len());
        }
        self.put(at, slice_from(bytes, start, at), is_head && at == start, origin);
    }

    /// The pieces that overlap `range`, by the range that each covers.
    fn within(&self, range: Range<u64>) -> Vec<Range<u64>> {
        let covered = |start: u64, piece: &Piece| start..start + offset(piece.bytes.len());
        let before = self.by_start.range(..range.start).next_back().map(|(start, piece)| covered(*start, piece));
        let before = before.filter(|piece| piece.end > range.start);
        before.into_iter().chain(self.by_start.range(range).map(|(start, piece)| covered(*start, piece))).collect()
    }

    /// Removes what segments with a wrong checksum brought within `range`: a better copy is here.
    fn push_out_untrusted(&mut self, range: Range<u64>, bytes: &[u8], tally: &mut Tally) {
        for piece in self.within(range.clone()) {
            let Some(known) = self.by_start.get(&piece.start) else { continue };
            if known.origin.checksum != Checksum::Invalid {
                continue;
            }
            let (from, to) = (piece.start.max(range.start), piece.end.min(range.end));
            self.split(piece.start, from);
            self.split(from, to);
            let Some(old) = self.by_start.remove(&from) else { continue };
            self.bytes -= old.bytes.len();
            let differing = old.bytes.iter().zip(slice_from(bytes, range.start, from)).filter(|(a, b)| a != b).count();
            tally.conflicting += offset(differing);
            tally.duplicate += offset(old.bytes.len() - differing);
        }
    }

    /// Cuts the piece at `start` in two at `position`, if that lies inside it.
    fn split(&mut self, start: u64, position: u64) {
        let Some(piece) = self.by_start.get_mut(&start) else { return };
        let Ok(len) = usize::try_from(position.saturating_sub(start)) else { return };
        if len > 0 && len < piece.bytes.len() {
            let tail = Piece { bytes: piece.bytes.split_off(len), is_head: false, origin: piece.origin };
            self.by_start.insert(position, Box::new(tail));
        }
    }

    /// Compares a copy that begins at `at` with the piece at `start`, which covers it.
    fn compare(&mut self, start: u64, at: u64, copy: &[u8], tally: &mut Tally) {
        let Some(piece) = self.by_start.get(&start) else { return };
        let known = slice_from(&piece.bytes, start, at);
        let count = known.iter().zip(copy).filter(|(a, b)| a != b).count();
        tally.conflicting += offset(count);
        tally.duplicate += offset(copy.len() - count);
        if let Some(differing) = difference(known, copy) {
            let (from, to) = (at + offset(differing.start), at + offset(differing.end));
            self.split(start, from);
            self.split(from, to);
            if let Some(piece) = self.by_start.get_mut(&from) {
                piece.origin.flags.raise(Flag::Conflict);
            }
        }
    }

    fn put(&mut self, start: u64, bytes: &[u8], is_head: bool, origin: Origin) {
        if !bytes.is_empty() {
            self.bytes += bytes.len();
            self.by_start.insert(start, Box::new(Piece { bytes: bytes.to_vec(), is_head, origin }));
        }
    }
}

/// Cuts bytes that begin at `start` in two at the offset `position`.
pub(super) fn split_at_offset(start: u64, bytes: &[u8], position: u64) -> (&[u8], &[u8]) {
    let len = usize::try_from(position.saturating_sub(start)).unwrap_or(usize::MAX);
    bytes.split_at_checked(len).unwrap_or((bytes, &[]))
}

/// The rest, from the offset `position` on, of bytes that begin at `start`.
fn slice_from(bytes: &[u8], start: u64, position: u64) -> &[u8] {
    split_at_offset(start, bytes, position).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Stamp;

    /// Pieces put in as `(offset, bytes)`, each the head of a segment.
    fn pieces(segments: &[(u64, &str)]) -> Pieces {
        let mut pieces = Pieces::default();
        for (start, bytes) in segments {
            let origin = Origin::of(Stamp::default());
            pieces.insert(*start, bytes.as_bytes(), true, origin, &mut Tally::default());
        }
        pieces
    }

    /// What they hold, each with whether a segment begins with it.
    fn held(pieces: &Pieces) -> Vec<(u64, String, bool)> {
        let text = |piece: &Piece| String::from_utf8(piece.bytes.clone()).unwrap();
        pieces.by_start.iter().map(|(start, piece)| (*start, text(piece), piece.is_head)).collect()
    }

    fn is(pieces: &Pieces, expected: &[(u64, &str, bool)]) {
        let expected: Vec<_> = expected.iter().map(|(at, bytes, head)| (*at, (*bytes).to_owned(), *head)).collect();
        assert_eq!(held(pieces), expected);
    }

    #[test]
    fn a_segment_begins_with_its_first_byte_and_with_none_behind_a_copy() {
        is(&pieces(&[(5, "c"), (3, "abcde")]), &[(3, "ab", true), (5, "c", true), (6, "de", false)]);
        is(&pieces(&[(3, "ab"), (3, "abcd")]), &[(3, "ab", true), (5, "cd", false)]);
    }

    #[test]
    fn a_piece_that_is_cut_at_its_first_byte_keeps_it() {
        is(&pieces(&[(3, "abc"), (3, "Xbc")]), &[(3, "a", true), (4, "bc", false)]);
        is(&pieces(&[(3, "abc"), (3, "abX")]), &[(3, "ab", true), (5, "c", false)]);
    }

    #[test]
    fn their_memory_is_that_of_their_bytes_and_their_places() {
        assert_eq!(Pieces::default().memory(), 0);
        for count in [1, 6, 100] {
            let segments: Vec<(u64, &str)> = (0..count).map(|number| (10 * number, "abc")).collect();
            let one = 3 + size_of::<(u64, Box<Piece>)>() + size_of::<Piece>() + 2 * ALLOCATION_LEN;
            let least = segments.len() * one;
            let told = pieces(&segments).memory();
            assert!((least..2 * least + NODE_LEN).contains(&told), "{told} bytes for {least}");
        }
    }
}
