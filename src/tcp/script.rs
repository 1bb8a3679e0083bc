//! Test support: a handler that obeys marks in what it reads, and a table on which it is tried.

use std::net::Ipv4Addr;
use std::ops::Range;

use super::{Interest, Met, Opening, StreamHandler, Table, Taken, Unread};
use crate::flags::Flags;
use crate::net::{Endpoint, FlowKey, Segment, SeqNumber, Side};
use crate::packet::{InputId, NANOS_PER_SECOND, Stamp, Timestamp};
use crate::stats::{Ledger, Stats};

/// Takes everything and gives it back as text. `!` makes it recognise the connection, `?` wait for an answer, and `.`
/// lose its interest.
#[derive(Default)]
pub(super) struct Obedient {
    recognised: bool,
    awaits_answer: bool,
}

impl StreamHandler for Obedient {
    type Output = String;

    fn could_begin(_: &[u8]) -> bool {
        true
    }

    fn could_resume(_: &[u8]) -> bool {
        true
    }

    fn open(_: Opening) -> Self {
        Self::default()
    }

    fn data(&mut self, _: Side, unread: Unread<'_>, out: &mut Vec<String>) -> Taken {
        let bytes = unread.bytes();
        out.push(String::from_utf8_lossy(bytes).into_owned());
        self.recognised |= bytes.contains(&b'!');
        self.awaits_answer |= bytes.contains(&b'?');
        let interest = if bytes.contains(&b'.') { Interest::Stop } else { Interest::More };
        Taken { bytes: bytes.len(), interest }
    }

    fn gap(&mut self, _: Side, _: Unread<'_>, _: u64, _: &mut Vec<String>) -> Interest {
        Interest::More
    }

    fn contradicted(&mut self, _: Side, _: Range<u64>, _: &mut Vec<String>) {}

    fn end(&mut self, _: Side, _: Unread<'_>, _: bool, _: &mut Vec<String>) {}

    fn close(&mut self, _: Flags, _: &mut Vec<String>) {}

    fn recognised(&self) -> bool {
        self.recognised
    }

    fn awaits_answer(&self) -> bool {
        self.awaits_answer
    }

    fn account(&mut self, _: &mut Stats) {}
}

/// What the client at `port` says with the sequence number `seq`, in a packet with the number of the second in which it
/// was captured.
pub(super) fn segment(port: u16, second: u32, seq: u32, payload: &[u8]) -> Segment<'_> {
    let time = Timestamp::from_nanos(i64::from(second) * NANOS_PER_SECOND);
    let stamp = Stamp { input: InputId(0), frame: second.into(), time };
    let client = Endpoint::new(Ipv4Addr::new(192, 0, 2, 1).into(), port);
    let server = Endpoint::new(Ipv4Addr::new(198, 51, 100, 5).into(), 1863);
    let mut segment = Segment::of_test(stamp, client, server, payload);
    segment.seq = SeqNumber(seq);
    segment
}

/// The SYN with which the client at `port` begins; its first byte has the number behind `seq`.
pub(super) fn syn(port: u16, second: u32, seq: u32) -> Segment<'static> {
    let mut syn = segment(port, second, seq, b"");
    syn.flags.syn = true;
    syn
}

/// The connection of the client at `port`.
pub(super) fn key(port: u16) -> FlowKey {
    let Segment { source, destination, encapsulation, .. } = segment(port, 0, 0, b"");
    FlowKey::new(source, destination, encapsulation).0
}

/// A table, and what comes out of it.
pub(super) struct Bench {
    pub(super) table: Table<Obedient>,
    pub(super) ledger: Ledger,
    pub(super) out: Vec<String>,
}

impl Bench {
    pub(super) fn bounded(memory_max: usize, connections_max: usize) -> Self {
        let table = Table::with_bounds(memory_max, connections_max);
        Self { table, ledger: Ledger::default(), out: Vec::new() }
    }

    /// A table that has read `segments`.
    pub(super) fn after<'a>(segments: impl IntoIterator<Item = Segment<'a>>) -> Self {
        let mut bench = Self::bounded(1 << 24, 100);
        for segment in segments {
            bench.push(&segment);
        }
        bench
    }

    pub(super) fn push(&mut self, segment: &Segment<'_>) -> Met {
        self.table.push(segment, segment.stamp.time.into(), &mut self.ledger, &mut self.out)
    }

    /// It is so many seconds after 1970.
    pub(super) fn advance(&mut self, second: i64) {
        self.table.advance(Timestamp::from_nanos(second * NANOS_PER_SECOND), &mut self.ledger, &mut self.out);
    }

    /// Whether the connection of the client at `port` is read; `None` if nothing is known of it.
    pub(super) fn reads(&self, port: u16) -> Option<bool> {
        self.table.look(&key(port)).map(|look| look.is_followed)
    }
}
