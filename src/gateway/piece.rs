//! Bytes of a body on their way from a connection to a session, with where each of them came from.

use std::ops::Range;

use crate::flags::{Flag, Flags};
use crate::tcp::{Span, Unread};

/// Bytes of a body, in order.
#[derive(Clone, Debug)]
pub struct Piece {
    pub(super) bytes: Vec<u8>,
    /// What carried them: offsets in the stream of the connection.
    pub(super) carried: Range<u64>,
    /// As if the stream began with the piece: the first byte has the offset zero.
    pub(super) spans: Vec<Span>,
    /// Whether the bytes are those that were carried, one for one.
    pub(super) is_plain: bool,
}

impl Piece {
    /// The first `len` bytes of `unread`, with `flags` added to their doubts. `begins` says that a body begins with them:
    /// that is as good a place for a line to begin as the head of a segment.
    pub(super) fn plain(unread: Unread<'_>, len: usize, begins: bool, flags: Flags) -> Self {
        let carried = unread.range(len);
        let mut spans: Vec<Span> = unread.spans(len).iter().map(|span| based(*span, carried.start, flags)).collect();
        if let Some(first) = spans.first_mut().filter(|_| begins) {
            first.is_head = true;
        }
        Self { bytes: unread.bytes().get(..len).unwrap_or_default().to_vec(), carried, spans, is_plain: true }
    }

    /// What was unpacked from the bytes of `packed`, all of which it came from.
    pub(super) fn unpacked(bytes: Vec<u8>, packed: &Packed) -> Self {
        let zero = packed.spans.first().map(|span| span.origin.zero).unwrap_or_default();
        let mut spans = packed.spans.clone();
        for span in &mut spans {
            (span.start, span.is_head, span.origin.zero) = (0, true, zero);
        }
        Self { bytes, carried: packed.carried.clone(), spans, is_plain: false }
    }

    /// Bytes of memory held, roughly.
    pub(super) fn memory(&self) -> usize {
        self.bytes.len() + self.spans.len() * size_of::<Span>() + size_of::<Self>()
    }

    /// A late copy differs from what was carried in `range`.
    pub(super) fn contradict(&mut self, range: &Range<u64>) {
        if overlap(&self.carried, range) {
            contradict(&mut self.spans);
        }
    }
}

/// A packed body in progress.
#[derive(Debug, Default)]
pub(super) struct Packed {
    pub(super) bytes: Vec<u8>,
    carried: Range<u64>,
    /// The start of each counts from the first byte of the body.
    spans: Vec<Span>,
}

impl Packed {
    /// Adds the first `len` bytes of `unread`, with `flags` added to their doubts.
    pub(super) fn push(&mut self, unread: Unread<'_>, len: usize, flags: Flags) {
        let range = unread.range(len);
        if self.bytes.is_empty() {
            self.carried.start = range.start;
        }
        self.carried.end = range.end;
        self.spans.extend(unread.spans(len).iter().map(|span| based(*span, range.start, flags)));
        self.bytes.extend_from_slice(unread.bytes().get(..len).unwrap_or_default());
    }

    /// Bytes of memory held, roughly.
    pub(super) fn memory(&self) -> usize {
        self.bytes.len() + self.spans.len() * size_of::<Span>()
    }

    /// A late copy differs from what was carried in `range`.
    pub(super) fn contradict(&mut self, range: &Range<u64>) {
        if overlap(&self.carried, range) {
            contradict(&mut self.spans);
        }
    }
}

pub(super) fn overlap(one: &Range<u64>, other: &Range<u64>) -> bool {
    one.start < other.end && other.start < one.end
}

fn contradict(spans: &mut [Span]) {
    for span in spans {
        span.origin.flags.raise(Flag::Conflict);
    }
}

/// The same span in a stream that begins at the offset `start` of its own.
fn based(mut span: Span, start: u64, flags: Flags) -> Span {
    span.origin.zero = span.origin.position(start).seq;
    span.origin.flags |= flags;
    span.is_head &= span.start >= start;
    span.start = span.start.saturating_sub(start);
    span
}
