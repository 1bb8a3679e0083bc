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
