//! One direction of a connection, put in order.
//!
//! ```text
//!  base      taken                end                 a hole            extent
//!   ▼          ▼                   ▼              ┌──────────┐            ▼
//!   ├─history──┼──────unread───────┤··············├──piece───┤············
//!   └───────── buffer ─────────────┘   not captured  beyond      known to exist
//! ```
//!
//! The first trusted copy of a byte wins: what was captured first stays, unless its segment has a wrong checksum, the
//! byte was not taken yet, and a better copy comes. Copies that differ raise [`Flag::Conflict`] on just the bytes from
//! the first difference to the last.
//!
//! Positions are 64-bit offsets, so nothing here wraps; `connection` turns sequence numbers into offsets.

use std::collections::BTreeMap;
use std::ops::Range;

use super::unread::offset;
use super::{Span, Unread};
use crate::flags::{Flag, Flags};
use crate::limits::HISTORY_LEN;
use crate::net::Checksum;
use crate::packet::Stamp;

/// The segment that bytes came from.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// The packet.
    pub stamp: Stamp,
    /// How far its bytes can be believed.
    pub checksum: Checksum,
    /// Doubts about its bytes.
    pub flags: Flags,
}

/// What became of the bytes of an inserted segment. Every byte is counted once; the bytes that a better copy pushed
/// out are counted in its stead, as they were counted as queued or delivered before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Bytes that now stand in order, those that waited for them included.
    pub delivered: u64,
    /// Change of the number of bytes that wait behind a hole.
    pub queued: i64,
    /// Bytes known before.
    pub duplicate: u64,
    /// Bytes that differ from what is known.
    pub conflicting: u64,
    /// Bytes behind the end of the stream.
    pub after_fin: u64,
}

/// Bytes that wait behind a hole.
#[derive(Debug)]
struct Piece {
    bytes: Vec<u8>,
    is_head: bool,
    origin: Origin,
}

/// One direction of a connection, put in order.
#[derive(Debug, Default)]
pub struct Assembler {
    base: u64,
    buffer: Vec<u8>,
    taken: usize,
    /// Cover the buffer without a break.
    spans: Vec<Span>,
    /// By offset, behind the first hole; they do not overlap.
    beyond: BTreeMap<u64, Piece>,
    beyond_bytes: usize,
    /// One past the last byte known to exist, captured or not.
    extent: u64,
    /// Where the sender ended the stream.
    fin: Option<u64>,
}

impl Assembler {
    /// A stream whose first byte has the offset `start`.
    pub fn new(start: u64) -> Self {
        Self { base: start, extent: start, ..Self::default() }
    }

    /// Moves the start of a stream of which nothing is in order yet.
    pub fn start_at(&mut self, start: u64) -> Tally {
        self.base = start;
        self.extent = self.extent.max(start);
        Tally { delivered: self.absorb(), ..Tally::default() }.out_of_queue()
    }

    /// Offset of the first byte that is missing.
    pub fn end(&self) -> u64 {
        self.base + offset(self.buffer.len())
    }

    /// Offset of the first byte behind the first hole.
    pub fn first_beyond(&self) -> Option<u64> {
        self.beyond.first_key_value().map(|(start, _)| *start)
    }

    /// Segments and bytes that wait behind a hole.
    pub fn waiting(&self) -> (usize, usize) {
        (self.beyond.len(), self.beyond_bytes)
    }

    /// Bytes of memory held, roughly.
    pub fn memory(&self) -> usize {
        self.buffer.len()
            + self.spans.len() * size_of::<Span>()
            + self.beyond_bytes
            + self.beyond.len() * (size_of::<Piece>() + size_of::<u64>())
    }

    /// Whether all bytes up to the sender's end stand in order.
    pub fn is_complete(&self) -> bool {
        self.fin == Some(self.end())
    }

    /// Notes that the stream has bytes up to `end`, captured or not.
    pub fn reaches(&mut self, end: u64) {
        self.extent = self.extent.max(end);
    }

    /// Notes that the sender ended the stream at `end`. The first word on it holds.
    pub fn finish_at(&mut self, end: u64) {
        self.fin.get_or_insert(end);
        self.reaches(end);
    }

    /// Bytes that are known to be missing behind all that was captured.
    pub fn missing_at_end(&self) -> u64 {
        self.fin.unwrap_or(self.extent).saturating_sub(self.end())
    }

    /// The bytes that are in order and not taken.
    pub fn unread(&self) -> Unread<'_> {
        let bytes = self.buffer.get(self.taken..).unwrap_or_default();
        Unread::new(bytes, self.base + offset(self.taken), &self.spans)
    }

    /// Takes `len` unread bytes. They stay a while as history, to notice copies that contradict them.
    pub fn take(&mut self, len: usize) {
        self.taken = (self.taken + len).min(self.buffer.len());
        // Trimmed in batches, so that the cost of moving the rest is spread over many bytes.
        if self.taken > 2 * HISTORY_LEN {
            let gone = self.taken - HISTORY_LEN;
            self.buffer.drain(..gone);
            self.taken -= gone;
            self.base += offset(gone);
            let covering = self.spans.partition_point(|span| span.start <= self.base).saturating_sub(1);
            self.spans.drain(..covering);
        }
    }

    /// Gives up the first hole: the bytes behind it come in order. Returns the hole's length and how many bytes
    /// came, or `None` if nothing waits behind a hole. What was unread before the hole is dropped.
    pub fn skip_hole(&mut self) -> Option<(u64, Tally)> {
        let start = self.first_beyond()?;
        let hole = start - self.end();
        self.buffer.clear();
        self.spans.clear();
        self.taken = 0;
        self.base = start;
        Some((hole, Tally { delivered: self.absorb(), ..Tally::default() }.out_of_queue()))
    }

    /// Drops everything that waits behind a hole; returns how many bytes that were.
    pub fn drop_waiting(&mut self) -> u64 {
        self.beyond.clear();
        offset(std::mem::take(&mut self.beyond_bytes))
    }

    /// Inserts `bytes` at `start`.
    pub fn insert(&mut self, start: u64, bytes: &[u8], origin: Origin) -> Tally {
        let mut tally = Tally::default();
        let bytes = self.before_fin(start, bytes, &mut tally);
        self.reaches(start + offset(bytes.len()));
        let waiting = self.beyond_bytes;

        let (old, rest) = split_at_offset(start, bytes, self.base);
        tally.duplicate += offset(old.len());
        let start = start + offset(old.len());
        let (known, fresh) = split_at_offset(start, rest, self.end());
        if !known.is_empty() {
            self.compare_with_buffer(start, known, origin, &mut tally);
        }
        if !fresh.is_empty() {
            self.insert_fresh(
                start + offset(known.len()),
                fresh,
                old.is_empty() && known.is_empty(),
                origin,
                &mut tally,
            );
        }
        tally.delivered += self.absorb();
        tally.queued = signed(self.beyond_bytes) - signed(waiting);
        tally
    }

    fn before_fin<'a>(&self, start: u64, bytes: &'a [u8], tally: &mut Tally) -> &'a [u8] {
        let Some(fin) = self.fin else { return bytes };
        let (before, after) = split_at_offset(start, bytes, fin);
        tally.after_fin = offset(after.len());
        before
    }

    /// Compares a copy with bytes that are in order already.
    fn compare_with_buffer(&mut self, start: u64, copy: &[u8], origin: Origin, tally: &mut Tally) {
        let from = usize::try_from(start - self.base).unwrap_or(usize::MAX);
        let range = from..from.saturating_add(copy.len());
        let Some(known) = self.buffer.get(range.clone()) else { return };
        let Some(differing) = difference(known, copy) else {
            tally.duplicate += offset(copy.len());
            self.replace_untrusted(range, copy, origin);
            return;
        };
        // A keep-alive resends the byte before the next one, with anything in it (RFC 9293, 3.8.4).
        if copy.len() == 1 && start + 1 == self.end() {
            tally.duplicate += 1;
            return;
        }
        let count = known.iter().zip(copy).filter(|(a, b)| a != b).count();
        tally.conflicting += offset(count);
        tally.duplicate += offset(copy.len() - count);
        let replaced = self.replace_untrusted(range, copy, origin);
        let differing = start + offset(differing.start)..start + offset(differing.end);
        if replaced {
            // What could not be replaced still contradicts the copy.
            self.flag_spans(differing, |span| {
                span.origin.checksum != Checksum::Invalid && span.origin.stamp != origin.stamp
            });
        } else {
            self.flag_spans(differing, |_| true);
        }
    }

    /// Puts `copy` in the place of unread bytes that a segment with a wrong checksum brought, if it is better.
    fn replace_untrusted(&mut self, range: Range<usize>, copy: &[u8], origin: Origin) -> bool {
        if origin.checksum == Checksum::Invalid {
            return false;
        }
        let first = range.start.max(self.taken);
        let (from, to) = (self.base + offset(first), self.base + offset(range.end));
        let untrusted = |span: &Span| span.origin.checksum == Checksum::Invalid;
        if from >= to || !self.spans_within(from..to).iter().any(untrusted) {
            return false;
        }
        self.split_span(from);
        self.split_span(to);
        let ends: Vec<u64> = self.spans_within(from..to).iter().skip(1).map(|span| span.start).chain([to]).collect();
        for (index, end) in (self.spans.partition_point(|span| span.start < from)..).zip(ends) {
            let Some(span) = self.spans.get_mut(index).filter(|span| untrusted(span)) else { continue };
            span.origin = origin;
            let at = |position: u64| usize::try_from(position - self.base).unwrap_or(usize::MAX);
            let (start, end) = (at(span.start), at(end));
            if let (Some(old), Some(new)) =
                (self.buffer.get_mut(start..end), copy.get(start - range.start..end - range.start))
            {
                old.copy_from_slice(new);
            }
        }
        true
    }

    fn flag_spans(&mut self, range: Range<u64>, doubtful: impl Fn(&Span) -> bool) {
        self.split_span(range.start);
        self.split_span(range.end);
        for span in &mut self.spans {
            if range.contains(&span.start) && doubtful(span) {
                span.origin.flags.raise(Flag::Conflict);
            }
        }
    }

    /// The spans that overlap `range`.
    fn spans_within(&self, range: Range<u64>) -> &[Span] {
        let from = self.spans.partition_point(|span| span.start <= range.start).saturating_sub(1);
        let to = self.spans.partition_point(|span| span.start < range.end);
        self.spans.get(from..to).unwrap_or_default()
    }

    /// Makes a span begin at `position`, if one covers it.
    fn split_span(&mut self, position: u64) {
        let next = self.spans.partition_point(|span| span.start <= position);
        if let Some(covering) = next.checked_sub(1).and_then(|index| self.spans.get(index)).copied()
            && covering.start < position
            && position < self.end()
        {
            self.spans.insert(next, Span { start: position, is_head: false, origin: covering.origin });
        }
    }

    /// Inserts bytes that begin at or behind the end of the buffer.
    fn insert_fresh(&mut self, start: u64, bytes: &[u8], is_head: bool, origin: Origin, tally: &mut Tally) {
        if start == self.end() && self.first_beyond().is_none_or(|beyond| beyond >= start + offset(bytes.len())) {
            self.append(bytes, is_head, origin);
            tally.delivered += offset(bytes.len());
            return;
        }
        let end = start + offset(bytes.len());
        if origin.checksum != Checksum::Invalid {
            self.push_out_untrusted(start..end, bytes, tally);
        }
        let mut at = start;
        for piece in self.pieces_within(start..end) {
            let (before, rest) = split_at_offset(at, slice_from(bytes, start, at), piece.start);
            self.put(at, before, is_head && at == start, origin);
            at += offset(before.len());
            let (copy, _) = split_at_offset(at, rest, piece.end);
            self.compare_with_piece(piece.start, at, copy, tally);
            at += offset(copy.len());
        }
        self.put(at, slice_from(bytes, start, at), is_head && at == start, origin);
    }

    /// The pieces that overlap `range`, by the range that each covers.
    fn pieces_within(&self, range: Range<u64>) -> Vec<Range<u64>> {
        let covered = |(start, piece): (&u64, &Piece)| *start..*start + offset(piece.bytes.len());
        let before = self.beyond.range(..range.start).next_back().map(covered).filter(|piece| piece.end > range.start);
        before.into_iter().chain(self.beyond.range(range).map(covered)).collect()
    }

    /// Removes what segments with a wrong checksum brought within `range`: a better copy is here.
    fn push_out_untrusted(&mut self, range: Range<u64>, bytes: &[u8], tally: &mut Tally) {
        for piece in self.pieces_within(range.clone()) {
            let Some(known) = self.beyond.get(&piece.start) else { continue };
            if known.origin.checksum != Checksum::Invalid {
                continue;
            }
            let (from, to) = (piece.start.max(range.start), piece.end.min(range.end));
            self.split_piece(piece.start, from);
            self.split_piece(from, to);
            let Some(old) = self.beyond.remove(&from) else { continue };
            self.beyond_bytes -= old.bytes.len();
            let differing = old.bytes.iter().zip(slice_from(bytes, range.start, from)).filter(|(a, b)| a != b).count();
            tally.conflicting += offset(differing);
            tally.duplicate += offset(old.bytes.len() - differing);
        }
    }

    /// Cuts the piece at `start` in two at `position`, if that lies inside it.
    fn split_piece(&mut self, start: u64, position: u64) {
        let Some(piece) = self.beyond.get_mut(&start) else { return };
        let Ok(len) = usize::try_from(position.saturating_sub(start)) else { return };
        if len > 0 && len < piece.bytes.len() {
            let tail = Piece { bytes: piece.bytes.split_off(len), is_head: false, origin: piece.origin };
            self.beyond.insert(position, tail);
        }
    }

    /// Compares a copy that begins at `at` with the piece at `start`, which covers it.
    fn compare_with_piece(&mut self, start: u64, at: u64, copy: &[u8], tally: &mut Tally) {
        let Some(piece) = self.beyond.get(&start) else { return };
        let known = slice_from(&piece.bytes, start, at);
        let count = known.iter().zip(copy).filter(|(a, b)| a != b).count();
        tally.conflicting += offset(count);
        tally.duplicate += offset(copy.len() - count);
        if let Some(differing) = difference(known, copy) {
            let (from, to) = (at + offset(differing.start), at + offset(differing.end));
            self.split_piece(start, from);
            self.split_piece(from, to);
            if let Some(piece) = self.beyond.get_mut(&from) {
                piece.origin.flags.raise(Flag::Conflict);
            }
        }
    }

    fn put(&mut self, start: u64, bytes: &[u8], is_head: bool, origin: Origin) {
        if !bytes.is_empty() {
            self.beyond_bytes += bytes.len();
            self.beyond.insert(start, Piece { bytes: bytes.to_vec(), is_head, origin });
        }
    }

    fn append(&mut self, bytes: &[u8], is_head: bool, origin: Origin) {
        self.spans.push(Span { start: self.end(), is_head, origin });
        self.buffer.extend_from_slice(bytes);
    }

    /// Moves pieces that have become adjacent into the buffer; returns how many bytes that were.
    fn absorb(&mut self) -> u64 {
        let mut moved = 0;
        while let Some(entry) = self.beyond.first_entry()
            && *entry.key() == self.base + offset(self.buffer.len())
        {
            let piece = entry.remove();
            self.beyond_bytes -= piece.bytes.len();
            moved += offset(piece.bytes.len());
            self.append(&piece.bytes, piece.is_head, piece.origin);
        }
        moved
    }
}

impl Tally {
    /// The bytes that were delivered had waited before.
    fn out_of_queue(self) -> Self {
        Self { queued: -i64::try_from(self.delivered).unwrap_or(i64::MAX), ..self }
    }
}

/// Cuts bytes that begin at `start` in two at the offset `position`.
fn split_at_offset(start: u64, bytes: &[u8], position: u64) -> (&[u8], &[u8]) {
    let len = usize::try_from(position.saturating_sub(start)).unwrap_or(usize::MAX);
    bytes.split_at_checked(len).unwrap_or((bytes, &[]))
}

/// The rest, from the offset `position` on, of bytes that begin at `start`.
fn slice_from(bytes: &[u8], start: u64, position: u64) -> &[u8] {
    split_at_offset(start, bytes, position).1
}

/// From the first byte in which two equally long copies differ to the last.
fn difference(a: &[u8], b: &[u8]) -> Option<Range<usize>> {
    let differs = |(a, b): (&u8, &u8)| a != b;
    let first = a.iter().zip(b).position(differs)?;
    let last = a.iter().zip(b).rposition(differs)?;
    Some(first..last + 1)
}

fn signed(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}
