//! A handler that writes down all that a table tells it, and holds the table to its contract.

use std::ops::Range;

use super::word_len;
use msncensus::flags::{Flag, Flags};
use msncensus::net::Side;
use msncensus::stats::Stats;
use msncensus::tcp::{Interest, Opening, StreamHandler, Taken, Unread};

/// A longer gap is not written down: no connection of these properties is so long.
const GAP_MAX: u64 = 4_096;

/// All that was heard of a connection: the lower address is the client's.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) streams: [HeardStream; 2],
    pub(super) flags: Flags,
}

/// All that was heard of one side.
#[derive(Debug, Default)]
pub(super) struct HeardStream {
    pub(super) bytes: Vec<Option<HeardByte>>,
    /// Offset of the first byte by the table's count.
    base: Option<u64>,
    /// Whether its sender ended it, once it is over.
    pub(super) finished: Option<bool>,
}

/// A byte, the packet that it came in, and what is doubtful about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeardByte {
    pub(super) byte: u8,
    pub(super) frame: u64,
    pub(super) flags: Flags,
}

impl HeardStream {
    fn write_down(&mut self, unread: Unread<'_>, len: usize) {
        assert_eq!(self.finished, None, "bytes behind the end");
        if unread.bytes().is_empty() {
            return;
        }
        let heard = self.bytes.len() as u64;
        let base = *self.base.get_or_insert(unread.range(0).start - heard);
        assert_eq!(unread.range(0).start, base + heard, "bytes that do not follow");
        for (at, byte) in unread.bytes().iter().copied().enumerate().take(len) {
            let provenance = unread.after(at).provenance(1, Flags::NONE);
            let frame = provenance.completed().frame;
            self.bytes.push(Some(HeardByte { byte, frame, flags: provenance.flags }));
        }
    }
}

impl Heard {
    fn stream(&mut self, side: Side) -> &mut HeardStream {
        match side {
            Side::Low => &mut self.streams[0],
            Side::High => &mut self.streams[1],
        }
    }
}

impl StreamHandler for Heard {
    type Output = Self;

    fn could_begin(_: &[u8]) -> bool {
        true
    }

    fn could_resume(_: &[u8]) -> bool {
        true
    }

    fn open(_: Opening) -> Self {
        Self::default()
    }

    fn data(&mut self, side: Side, unread: Unread<'_>, _: &mut Vec<Self>) -> Taken {
        let len = word_len(unread.bytes().iter().copied());
        self.stream(side).write_down(unread, len);
        Taken { bytes: len, interest: Interest::More }
    }

    fn gap(&mut self, side: Side, unread: Unread<'_>, len: u64, _: &mut Vec<Self>) -> Interest {
        assert!((1..=GAP_MAX).contains(&len), "a gap of {len} bytes");
        let stream = self.stream(side);
        stream.write_down(unread, usize::MAX);
        stream.bytes.extend((0..len).map(|_| None));
        Interest::More
    }

    fn contradicted(&mut self, side: Side, range: Range<u64>, _: &mut Vec<Self>) {
        let stream = self.stream(side);
        let base = stream.base.expect("only bytes that were taken are contradicted late");
        for offset in range {
            let byte = stream.bytes[usize::try_from(offset - base).unwrap()].as_mut();
            byte.expect("a gap has no bytes").flags.raise(Flag::Conflict);
        }
    }

    fn end(&mut self, side: Side, unread: Unread<'_>, finished: bool, _: &mut Vec<Self>) {
        let stream = self.stream(side);
        stream.write_down(unread, usize::MAX);
        stream.finished = Some(finished);
    }

    fn close(&mut self, flags: Flags, out: &mut Vec<Self>) {
        out.push(Self { flags, ..std::mem::take(self) });
    }

    fn recognised(&self) -> bool {
        true
    }

    fn account(&mut self, _: &mut Stats) {}
}
