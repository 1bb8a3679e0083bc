//! Which packet carried which bytes of a datagram that was put together of fragments.
//!
//! ```text
//!  fragments   ├── packet 7 ──┤├─── packet 9 ───┤├─ packet 8 ─┤
//!  datagram    ├─ headers ─┬────────── payload ───────────────┤
//!  parts                   └ 7 ┘└────── 9 ──────┘└──── 8 ─────┘
//! ```

use crate::packet::Stamp;

/// A run of bytes of a datagram that one packet carried, up to where the next run starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Carrier {
    /// Offset of the first byte.
    pub(super) start: usize,
    /// The packet.
    pub(super) stamp: Stamp,
    /// Another fragment has other bytes for the same place.
    pub(super) conflict: bool,
}

/// The packets that carried some bytes; none if that was simply one packet, which the bytes' owner names.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Carriers<'a> {
    /// Those of the whole datagram, in order, the first from offset 0.
    list: &'a [Carrier],
    /// Where in the datagram the bytes begin.
    base: usize,
    /// There is a conflict before the bytes, in the headers that say what they are.
    doubtful: bool,
}

/// Some of a payload's bytes, all from one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Offset of the first byte in the payload.
    pub offset: usize,
    /// The bytes.
    pub bytes: &'a [u8],
    /// The packet that carried them.
    pub stamp: Stamp,
    /// Whether another fragment has other bytes for the same place, or for the headers before it.
    pub conflict: bool,
}

impl<'a> Carriers<'a> {
    /// Those of `bytes`, which lie somewhere in `datagram`, whose carriers are `list`.
    pub(super) fn of(bytes: &[u8], datagram: &[u8], list: &'a [Carrier]) -> Self {
        // Both point into the same buffer, so that their distance is the offset; nothing is read through it.
        let base = bytes.as_ptr().addr().wrapping_sub(datagram.as_ptr().addr());
        let doubtful = list.iter().any(|carrier| carrier.conflict && carrier.start < base);
        Self { list, base, doubtful }
    }

    /// Splits `bytes` by the packets that carried them: `stamp` alone if they came in one. The parts are in order,
    /// leave nothing out, and none is empty unless all of `bytes` is.
    pub(super) fn parts<'b>(self, bytes: &'b [u8], stamp: Stamp) -> impl Iterator<Item = Part<'b>> + use<'a, 'b> {
        let first = self.list.partition_point(|carrier| carrier.start <= self.base).saturating_sub(1);
        let list = self.list.get(first..).unwrap_or_default();
        let single = list.is_empty().then_some(Part { offset: 0, bytes, stamp, conflict: false });
        let ends = list.iter().skip(1).map(|next| next.start).chain([usize::MAX]);
        let several = list.iter().zip(ends).map_while(move |(carrier, end)| {
            let offset = carrier.start.saturating_sub(self.base);
            let end = end.saturating_sub(self.base).min(bytes.len());
            let bytes = bytes.get(offset..end).filter(|bytes| !bytes.is_empty())?;
            Some(Part { offset, bytes, stamp: carrier.stamp, conflict: carrier.conflict || self.doubtful })
        });
        single.into_iter().chain(several)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(frame: u64) -> Stamp {
        Stamp { frame, ..Stamp::default() }
    }

    /// The parts of `datagram[from..to]`, as `text@frame`, with `!` for a conflict.
    fn parts(from: usize, to: usize) -> Vec<String> {
        let datagram = b"abcdefghij";
        let carrier = |start, frame, conflict| Carrier { start, stamp: stamp(frame), conflict };
        let list = [carrier(0, 7, false), carrier(3, 9, false), carrier(5, 9, true), carrier(6, 8, false)];
        let carriers = Carriers::of(&datagram[from..to], datagram, &list);
        let text = |bytes| str::from_utf8(bytes).unwrap();
        let mark = |conflict| if conflict { "!" } else { "" };
        let parts = carriers.parts(&datagram[from..to], stamp(1));
        parts
            .map(|part| format!("{}:{}@{}{}", part.offset, text(part.bytes), part.stamp.frame, mark(part.conflict)))
            .collect()
    }

    #[test]
    fn a_payload_is_split_by_the_packets_that_carried_it() {
        assert_eq!(parts(0, 10), ["0:abc@7", "3:de@9", "5:f@9!", "6:ghij@8"]);
        assert_eq!(parts(4, 6), ["0:e@9", "1:f@9!"]);
        assert_eq!(parts(3, 5), ["0:de@9"]);
    }

    #[test]
    fn d3_a_conflict_in_the_headers_makes_the_whole_payload_doubtful() {
        assert_eq!(parts(6, 8), ["0:gh@8!"]);
    }

    #[test]
    fn a_payload_of_one_packet_is_one_part_even_if_empty() {
        for bytes in [&b""[..], b"abc"] {
            let parts: Vec<Part<'_>> = Carriers::default().parts(bytes, stamp(4)).collect();
            assert_eq!(parts, [Part { offset: 0, bytes, stamp: stamp(4), conflict: false }]);
        }
    }
}
