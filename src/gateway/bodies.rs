//! One direction of a session: the bodies of many requests, or of many responses, as one stream.
//!
//! A gateway's client has one request under way at a time, so bodies come one after the other. A capture may show them
//! otherwise: where one connection has a hole, another goes on. So a body waits until the one that began before it has
//! ended, and within bounds.
//!
//! ```text
//! connection 1   begins ── bytes ── · hole ·  ·  ·  · ── bytes ── ends
//! connection 2                  begins ── bytes ── ends
//! given          ───────── 1 ──────────────────────── 1 ────────┴── 2 ──
//! ```

use std::collections::VecDeque;
use std::ops::Range;

use super::Piece;
use super::piece::overlap;
use crate::flags::Flag;
use crate::limits::{BODIES_WAITING_BYTES_MAX, BODIES_WAITING_MAX, PIECES_DOUBTED_MAX};
use crate::packet::Stamp;
use crate::tcp::{ConnectionId, Span, Unread};

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// More bytes can be read.
    Bytes,
    /// So many bytes are missing behind those that can be read; `u64::MAX` if nobody knows how many.
    Gap(u64),
}

/// One direction of a session.
#[derive(Debug, Default)]
pub struct Bodies {
    /// The first is the one that is being read; the others wait.
    queue: VecDeque<Body>,
    /// Of the whole queue.
    waiting_bytes: usize,
    unread: Vec<u8>,
    /// Offset of the first unread byte.
    start: u64,
    /// Cover the unread bytes.
    spans: Vec<Span>,
    /// What was given last, for copies that contradict it late.
    given: VecDeque<Given>,
}

#[derive(Debug)]
struct Body {
    /// The first packet of its connection, which names it.
    connection: Stamp,
    parts: VecDeque<Waiting>,
    ended: bool,
}

#[derive(Debug)]
enum Waiting {
    Piece(Piece),
    Gap(u64),
}

/// A piece that was given: where its bytes stood in the connection, and where they stand now.
#[derive(Debug)]
struct Given {
    connection: Stamp,
    carried: Range<u64>,
    range: Range<u64>,
    is_plain: bool,
}

impl Bodies {
    /// A body begins on `connection`.
    pub fn begin(&mut self, connection: ConnectionId) {
        self.queue.push_back(Body { connection: connection.first, parts: VecDeque::new(), ended: false });
        self.keep_bounds();
    }

    /// The next bytes of the body on `connection`.
    pub fn push(&mut self, connection: ConnectionId, piece: Piece) {
        let memory = piece.memory();
        if let Some(body) = self.open_body(connection) {
            body.parts.push_back(Waiting::Piece(piece));
            self.waiting_bytes += memory;
            self.keep_bounds();
        }
    }

    /// The next `len` bytes of the body on `connection` are missing; `u64::MAX` if nobody knows how many.
    pub fn lose(&mut self, connection: ConnectionId, len: u64) {
        if let Some(body) = self.open_body(connection) {
            body.parts.push_back(Waiting::Gap(len));
        }
    }

    /// The body on `connection` ends.
    pub fn end(&mut self, connection: ConnectionId) {
        if let Some(body) = self.open_body(connection) {
            body.ended = true;
        }
    }

    /// What comes next, if it is there.
    pub fn advance(&mut self) -> Option<Part> {
        loop {
            let body = self.queue.front_mut()?;
            match body.parts.pop_front() {
                Some(Waiting::Piece(piece)) => {
                    let connection = body.connection;
                    self.waiting_bytes -= piece.memory();
                    self.append(connection, piece);
                    return Some(Part::Bytes);
                }
                Some(Waiting::Gap(len)) => return Some(Part::Gap(len)),
                None if body.ended => {
                    self.queue.pop_front();
                }
                None => return None,
            }
        }
    }

    /// The bytes that can be read.
    pub fn unread(&self) -> Unread<'_> {
        Unread::new(&self.unread, self.start, &self.spans)
    }

    /// Takes the first `len` of the unread bytes.
    pub fn take(&mut self, len: usize) {
        let len = len.min(self.unread.len());
        self.unread.drain(..len);
        self.start += u64::try_from(len).unwrap_or(0);
        // Those of the unread bytes: the one that covers the first, with all that share its start, and the later ones.
        let kept = self.unread().spans(self.unread.len()).len();
        let gone = if self.unread.is_empty() { self.spans.len() } else { self.spans.len() - kept };
        self.spans.drain(..gone);
    }

    /// The unread bytes are lost, with the bytes behind them.
    pub fn drop_unread(&mut self) {
        self.take(self.unread.len());
    }

    /// A late copy differs from what `connection` carried in `range`. Gives where that stands in the stream, as far as it
    /// was given and is remembered; what still waits is flagged.
    pub fn contradict(&mut self, connection: ConnectionId, range: &Range<u64>) -> Vec<Range<u64>> {
        for body in self.queue.iter_mut().filter(|body| body.connection == connection.first) {
            for part in &mut body.parts {
                if let Waiting::Piece(piece) = part {
                    piece.contradict(range);
                }
            }
        }
        let is_hit = |given: &&Given| given.connection == connection.first && overlap(&given.carried, range);
        let hit: Vec<_> = self.given.iter().filter(is_hit).map(|given| given.place_of(range)).collect();
        // Up to where the next span starts, which is not looked for: more may be flagged, never less.
        for span in self.spans.iter_mut().filter(|span| hit.iter().any(|range| span.start < range.end)) {
            span.origin.flags.raise(Flag::Conflict);
        }
        hit
    }

    /// Bytes of memory held, roughly.
    pub fn memory(&self) -> usize {
        self.waiting_bytes
            + self.unread.capacity()
            + self.spans.capacity() * size_of::<Span>()
            + self.queue.capacity() * size_of::<Body>()
            + self.given.capacity() * size_of::<Given>()
    }

    fn open_body(&mut self, connection: ConnectionId) -> Option<&mut Body> {
        self.queue.iter_mut().find(|body| body.connection == connection.first && !body.ended)
    }

    /// Gives up what is missing of the first body if too much waits behind it.
    fn keep_bounds(&mut self) {
        let waits = self.queue.front().is_some_and(|body| !body.ended && body.parts.is_empty());
        if waits
            && (self.queue.len() > BODIES_WAITING_MAX || self.waiting_bytes > BODIES_WAITING_BYTES_MAX)
            && let Some(first) = self.queue.front_mut()
        {
            first.parts.push_back(Waiting::Gap(u64::MAX));
            first.ended = true;
        }
    }

    fn append(&mut self, connection: Stamp, piece: Piece) {
        let Piece { bytes, carried, spans, is_plain } = piece;
        let at = self.unread().range(self.unread.len()).end;
        let len = u64::try_from(bytes.len()).unwrap_or(0);
        let wrapped = u32::try_from(at % (1 << 32)).unwrap_or(0);
        self.spans.extend(spans.into_iter().map(|mut span| {
            span.start += at;
            // The position of a byte counts from the beginning of the stream.
            span.origin.zero = span.origin.zero.plus(0_u32.wrapping_sub(wrapped));
            span
        }));
        self.unread.extend(bytes);
        self.given.push_back(Given { connection, carried, range: at..at + len, is_plain });
        if self.given.len() > PIECES_DOUBTED_MAX {
            self.given.pop_front();
        }
    }
}

impl Given {
    /// Where what was carried in `range` stands in the stream. Of a packed body, all came from all.
    fn place_of(&self, range: &Range<u64>) -> Range<u64> {
        if !self.is_plain {
            return self.range.clone();
        }
        let from = range.start.max(self.carried.start) - self.carried.start;
        let to = range.end.min(self.carried.end) - self.carried.start;
        self.range.start + from..self.range.start + to
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::flags::Flags;
    use crate::net::{EncapsulationId, Endpoint, FlowKey, SeqNumber};
    use crate::tcp::Origin;

    /// The connection whose first packet is `frame`.
    fn connection(frame: u64) -> ConnectionId {
        let end = |last| Endpoint::new(Ipv4Addr::new(192, 0, 2, last).into(), 80);
        let (key, _) = FlowKey::new(end(1), end(2), EncapsulationId::default());
        ConnectionId { key, first: stamp(frame) }
    }

    fn stamp(frame: u64) -> Stamp {
        Stamp { frame, ..Stamp::default() }
    }

    /// `bytes` that the packet `frame` brought at `offset` of its connection, whose first byte has the number 1000.
    fn piece(bytes: &[u8], offset: u64, frame: u64) -> Piece {
        let origin = Origin { zero: SeqNumber(1000), ..Origin::of(stamp(frame)) };
        let spans = [Span { start: offset, is_head: true, origin }];
        Piece::plain(Unread::new(bytes, offset, &spans), bytes.len(), false, Flags::NONE)
    }

    /// All that can be read now, with `~` for what is missing.
    fn read(bodies: &mut Bodies) -> String {
        let mut text = String::new();
        while let Some(part) = bodies.advance() {
            match part {
                Part::Bytes => {
                    text.push_str(str::from_utf8(bodies.unread().bytes()).unwrap());
                    bodies.drop_unread();
                }
                Part::Gap(_) => text.push('~'),
            }
        }
        text
    }

    #[test]
    fn a_body_waits_for_the_one_that_began_before_it() {
        let (one, two) = (connection(1), connection(2));
        let mut bodies = Bodies::default();
        bodies.begin(one);
        bodies.push(one, piece(b"a", 0, 3));
        bodies.begin(two);
        bodies.push(two, piece(b"c", 0, 4));
        bodies.end(two);
        assert_eq!(read(&mut bodies), "a");
        bodies.push(one, piece(b"b", 1, 5));
        assert_eq!(read(&mut bodies), "b");
        bodies.end(one);
        assert_eq!(read(&mut bodies), "c");
    }

    #[test]
    fn too_much_gives_up_what_is_waited_for() {
        let one = connection(1);
        let many = || {
            let mut bodies = Bodies::default();
            bodies.begin(one);
            bodies
        };
        let mut bodies = many();
        for frame in 2..60 {
            bodies.begin(connection(frame));
            bodies.push(connection(frame), piece(b"x", 0, frame));
            bodies.end(connection(frame));
        }
        assert_eq!(read(&mut bodies), format!("~{}", "x".repeat(58)));
        let mut bodies = many();
        bodies.begin(connection(2));
        bodies.push(connection(2), piece(&vec![b'x'; BODIES_WAITING_BYTES_MAX], 0, 2));
        assert_eq!(read(&mut bodies).len(), BODIES_WAITING_BYTES_MAX + 1);
        bodies.push(one, piece(b"late", 0, 3));
        assert_eq!(read(&mut bodies), "", "what was given up stays lost");
        assert_eq!(bodies.waiting_bytes, 0);
    }

    #[test]
    fn bytes_keep_their_packets_positions_and_doubts() {
        let (one, two) = (connection(1), connection(2));
        let mut bodies = Bodies::default();
        for (on, piece) in [(one, piece(b"VER 1 ", 70, 3)), (two, piece(b"MSNP8\r\n", 90, 4))] {
            bodies.begin(on);
            bodies.push(on, piece);
            bodies.end(on);
            bodies.advance();
        }
        let whole = bodies.unread().provenance(13, Flags::NONE);
        assert_eq!(whole.frames(), [stamp(3), stamp(4)]);
        assert_eq!(whole.position.seq, SeqNumber(1070));
        bodies.take(8);
        let rest = bodies.unread().provenance(5, Flags::NONE);
        assert_eq!((rest.frames(), rest.position.seq), (&[stamp(4)][..], SeqNumber(1092)));
        assert_eq!(bodies.contradict(two, &(95..99)).pop(), Some(11..13));
        assert_eq!(bodies.contradict(one, &(95..99)), []);
        assert!(bodies.unread().provenance(5, Flags::NONE).flags.has(Flag::Conflict));
    }

    #[test]
    fn what_is_unpacked_comes_from_all_its_packets() {
        let one = connection(1);
        let mut packed = super::super::piece::Packed::default();
        for frame in [3, 4] {
            let origin = Origin { zero: SeqNumber(1000), ..Origin::of(stamp(frame)) };
            let spans = [Span { start: 10 * frame, is_head: true, origin }];
            packed.push(Unread::new(b"0123456789", 10 * frame, &spans), 10, Flags::NONE);
        }
        let mut bodies = Bodies::default();
        bodies.begin(one);
        bodies.push(one, Piece::unpacked(b"VER 1\r\nUSR 2\r\n".to_vec(), &packed));
        bodies.advance();
        bodies.take(7);
        let second = bodies.unread().provenance(7, Flags::NONE);
        assert_eq!(second.frames(), [stamp(3), stamp(4)]);
        assert_eq!(bodies.contradict(one, &(45..46)).pop(), Some(0..14), "all of it came from each packet");
    }
}
