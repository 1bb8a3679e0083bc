//! What a SYN carried, held aside until it is known whether its receiver took it (TCP Fast Open, RFC 7413).
//!
//! ```text
//! SYN "abc" ──┬── acknowledged ────────► its bytes are the first copy
//!             ├── all sent again ──────► the later copy counts, and is compared with this one
//!             └── the end, or a hole is given up ──► its bytes are the only copy
//! ```
//!
//! A SYN/ACK that acknowledges the SYN alone refused the data: what acknowledges those bytes later means their second
//! copy. Holds one SYN's payload at most.

use super::unread::offset;
use super::{Assembler, Origin, Tally};
use crate::net::Part;

/// The payload of a SYN.
pub(super) struct SynData {
    start: u64,
    parts: Vec<Held>,
    len: usize,
    refused: bool,
}

struct Held {
    start: u64,
    bytes: Vec<u8>,
    is_head: bool,
    origin: Origin,
}

impl SynData {
    /// Nothing yet, from the offset `start` on.
    pub(super) const fn at(start: u64) -> Self {
        Self { start, parts: Vec::new(), len: 0, refused: false }
    }

    /// Holds `part`, which came from `origin`.
    pub(super) fn hold(&mut self, part: &Part<'_>, origin: Origin) {
        let start = self.start + offset(part.offset);
        self.len += part.bytes.len();
        self.parts.push(Held { start, bytes: part.bytes.to_vec(), is_head: part.offset == 0, origin });
    }

    /// Bytes held.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Bytes of memory held, roughly.
    pub(super) const fn memory(&self) -> usize {
        size_of::<Self>() + self.len + self.parts.capacity() * size_of::<Held>()
    }

    /// One past the offset of the last byte.
    pub(super) fn end(&self) -> u64 {
        self.start + offset(self.len)
    }

    /// Whether `payload` is held already.
    pub(super) fn is_copy(&self, payload: &[u8]) -> bool {
        self.len == payload.len() && self.parts.iter().flat_map(|part| &part.bytes).eq(payload)
    }

    /// A SYN/ACK acknowledged all before `ack`.
    pub(super) fn answer(&mut self, ack: u64) {
        self.refused = ack <= self.start;
    }

    /// Whether an acknowledgement of all before `ack` means these bytes.
    pub(super) fn is_taken(&self, ack: u64) -> bool {
        !self.refused && ack > self.start
    }

    /// Inserts everything; the bytes counted as queued before.
    pub(super) fn release(self, assembler: &mut Assembler) -> Tally {
        let mut tally = Tally { queued: -i64::try_from(self.len).unwrap_or(i64::MAX), ..Tally::default() };
        for Held { start, bytes, is_head, origin } in &self.parts {
            tally += assembler.insert_part(*start, bytes, *is_head, *origin);
        }
        tally
    }

    /// The packet that carried it.
    pub(super) fn stamp(&self) -> crate::packet::Stamp {
        self.parts.last().map(|part| part.origin.stamp).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Stamp;

    /// What a SYN carried from offset 10 on, in two fragments.
    fn held() -> SynData {
        let mut held = SynData::at(10);
        for (offset, bytes, frame) in [(0, &b"abc"[..], 1), (3, b"de", 2)] {
            let stamp = Stamp { frame, ..Stamp::default() };
            held.hold(&Part { offset, bytes, stamp, conflict: false }, Origin::of(stamp));
        }
        held
    }

    #[test]
    fn it_knows_what_it_holds() {
        let held = held();
        assert_eq!((held.len(), held.end(), held.stamp().frame), (5, 15, 2));
        assert!(held.is_copy(b"abcde"));
        for other in [&b""[..], b"abc", b"abcdX", b"abcdef"] {
            assert!(!held.is_copy(other), "{}", other.escape_ascii());
        }
        let least = size_of::<SynData>() + 5 + 2 * size_of::<Held>();
        assert!((least..2 * least).contains(&held.memory()), "{} bytes", held.memory());
    }

    #[test]
    fn it_is_taken_by_what_acknowledges_any_of_it_unless_the_answer_acknowledged_none() {
        let mut held = held();
        assert_eq!([9, 10, 11, 15].map(|ack| held.is_taken(ack)), [false, false, true, true]);
        for (answer, taken) in [(10, false), (11, true), (15, true), (9, false)] {
            held.answer(answer);
            assert_eq!(held.is_taken(15), taken, "answered with {answer}");
        }
    }

    #[test]
    fn its_bytes_leave_the_queue_and_a_segment_begins_with_the_first() {
        let mut assembler = Assembler::new(10);
        let tally = held().release(&mut assembler);
        assert_eq!((tally.queued, tally.delivered), (-5, 5));
        let unread = assembler.unread();
        assert_eq!(unread.bytes(), b"abcde");
        assert!(unread.at_boundary() && unread.next_boundary().is_none());
    }
}
