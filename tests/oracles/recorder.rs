//! Writes down what reassembly gives: a handler that wants every byte of every connection.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Range;

use msncensus::clock::Clock;
use msncensus::flags::Flags;
use msncensus::net::{Decoded, FlowKey, Fragments, Side as End, decode};
use msncensus::packet::{InputId, LinkType, Packet, Stamp, Timestamp};
use msncensus::stats::{Ledger, Stats};
use msncensus::tcp::{Interest, Opening, StreamHandler, Table, Taken, Unread};

use crate::support::frame::Frame;

/// What one direction brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Said(Vec<u8>),
    Lost(u64),
}

/// What was heard, by who said it to whom.
pub(super) type Streams = BTreeMap<(SocketAddr, SocketAddr), Vec<Piece>>;

/// Adds a piece; bytes that follow each other are one.
pub(super) fn hear(streams: &mut Streams, ends: (SocketAddr, SocketAddr), piece: Piece) {
    let pieces = streams.entry(ends).or_default();
    match (pieces.last_mut(), piece) {
        (Some(Piece::Said(bytes)), Piece::Said(more)) => bytes.extend(more),
        (_, piece) => pieces.push(piece),
    }
}

/// A handler that wants everything.
struct Recorder {
    key: FlowKey,
}

impl Recorder {
    fn ends(&self, side: End) -> (SocketAddr, SocketAddr) {
        (self.key.endpoint(side).into(), self.key.endpoint(side.other()).into())
    }
}

impl StreamHandler for Recorder {
    type Output = ((SocketAddr, SocketAddr), Piece);

    fn could_begin(_: &[u8]) -> bool {
        true
    }

    fn could_resume(_: &[u8]) -> bool {
        true
    }

    fn open(opening: Opening) -> Self {
        Self { key: opening.id.key }
    }

    fn data(&mut self, side: End, unread: Unread<'_>, out: &mut Vec<Self::Output>) -> Taken {
        out.push((self.ends(side), Piece::Said(unread.bytes().to_vec())));
        Taken { bytes: unread.bytes().len(), interest: Interest::More }
    }

    fn gap(&mut self, side: End, _: Unread<'_>, len: u64, out: &mut Vec<Self::Output>) -> Interest {
        out.push((self.ends(side), Piece::Lost(len)));
        Interest::More
    }

    fn contradicted(&mut self, _: End, _: Range<u64>, _: &mut Vec<Self::Output>) {}

    fn end(&mut self, _: End, _: Unread<'_>, _: bool, _: &mut Vec<Self::Output>) {}

    fn close(&mut self, _: Flags, _: &mut Vec<Self::Output>) {}

    fn recognised(&self) -> bool {
        true
    }

    fn account(&mut self, _: &mut Stats) {}
}

/// The streams that msncensus puts together.
pub(super) fn ours(frames: &[Frame]) -> Streams {
    let mut clock = Clock::default();
    let (mut table, mut fragments) = (Table::<Recorder>::default(), Fragments::default());
    let (mut ledger, mut heard) = (Ledger::default(), Vec::new());
    for (number, frame) in (1..).zip(frames) {
        let stamp = Stamp { input: InputId(0), frame: number, time: Timestamp::from_nanos(frame.time) };
        let original_len = u32::try_from(frame.original_len).unwrap();
        let packet = Packet { stamp, link_type: LinkType(frame.link), data: &frame.data, original_len, fcs_len: 0 };
        let moment = clock.moment(stamp.time);
        fragments.advance(moment.now, &mut ledger);
        table.advance(moment.now, &mut ledger, &mut heard);
        match decode(&packet) {
            Decoded::Segment(segment) => {
                table.push(&segment, moment, &mut ledger, &mut heard);
            }
            Decoded::Fragment(fragment) => {
                if let Some(whole) = fragments.push(&fragment, &mut ledger)
                    && let Decoded::Segment(segment) = whole.open()
                {
                    table.push(&segment, moment, &mut ledger, &mut heard);
                }
            }
            Decoded::Other(_) => {}
        }
    }
    table.finish(&mut ledger, &mut heard);
    let mut streams = Streams::new();
    for (ends, piece) in heard {
        hear(&mut streams, ends, piece);
    }
    streams
}

/// Pieces as one reads them.
pub(super) fn text(pieces: &[Piece]) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Said(bytes) => bytes.escape_ascii().to_string(),
        Piece::Lost(len) => format!("<{len} lost>"),
    };
    pieces.iter().map(piece).collect()
}
