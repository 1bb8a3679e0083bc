//! From segments to ordered bytes and gaps.
//!
//! * **Takes** [`Segment`](crate::net::Segment)s in the order of capture.
//! * **Gives** each direction's bytes in order to a [`StreamHandler`], and tells it of bytes that were never captured.
//! * **Keeps** connections whose first bytes could be of interest, bounded in number, bytes and segments
//!   ([`limits`](crate::limits)); of all others only recent handshakes, in a fixed cache.
//! * **Leaves out** what TCP would do: no windows, no acknowledgement decides what was received. A capture may have
//!   missed what the receiver got, and may show what the receiver never saw.
//!
//! ```text
//!                       stranger ─────────────────────── forgotten
//! Segment ─ SYN cache ─┤
//!            (table)    candidate ─ Connection ┬ Assembler (client) ┐
//!                                              └ Assembler (server) ┴ StreamHandler
//! ```

mod assembler;
mod border;
mod connection;
mod followed;
mod losses;
mod pieces;
#[cfg(test)]
mod script;
mod stream;
mod syn_cache;
mod syn_data;
mod table;
mod unread;

use std::ops::Range;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::flags::Flags;
use crate::limits::ALLOCATION_LEN;
use crate::net::{FlowKey, SeqNumber, Side};
use crate::packet::{Renumbering, Stamp};
use crate::stats::Stats;

pub use assembler::{Assembler, Tally};
pub use border::Remains;
pub use syn_cache::Handshake;
pub use table::Table;
pub use unread::{Origin, Span, Unread};

/// Names one TCP connection: its ends, and the first packet of it that was followed, which tells port reuse apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConnectionId {
    /// Both ends and the network.
    pub key: FlowKey,
    /// The first packet of the connection that was followed.
    pub first: Stamp,
}

impl ConnectionId {
    /// Gives the input of its first packet another number.
    pub fn renumber(&mut self, numbers: &Renumbering) {
        numbers.renumber(&mut self.first.input);
    }
}

/// Who speaks in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    /// The program that opened the conversation.
    Client,
    /// The service that answers.
    Server,
}

impl Role {
    /// The other party.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// Where bytes stood in TCP: what tells two copies of one connection from two connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Sequence number of the first byte.
    pub seq: SeqNumber,
    /// What the segment that carried the first byte acknowledged: the other side's next byte.
    pub ack: SeqNumber,
}

/// Where bytes of a stream came from, and what is doubtful about them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    frames: SmallVec<[Stamp; 1]>,
    /// Where the first byte stood.
    pub position: Position,
    /// Doubts about the bytes.
    pub flags: Flags,
}

impl Provenance {
    /// Bytes that came in `first` and, where it is not empty, `others`.
    pub fn new(first: Stamp, others: &[Stamp], flags: Flags) -> Self {
        let mut frames = SmallVec::with_capacity(1 + others.len());
        frames.push(first);
        frames.extend_from_slice(others);
        frames.sort_unstable();
        frames.dedup();
        Self { frames, position: Position::default(), flags }
    }

    /// The same bytes, which began at `position`.
    #[must_use]
    pub fn at(self, position: Position) -> Self {
        Self { position, ..self }
    }

    /// Gives the inputs of the packets other numbers, in the same order.
    pub fn renumber(&mut self, numbers: &Renumbering) {
        for stamp in &mut self.frames {
            numbers.renumber(&mut stamp.input);
        }
    }

    /// The packets that carried the bytes, in the order of capture; never empty.
    pub fn frames(&self) -> &[Stamp] {
        &self.frames
    }

    /// Bytes of memory held beyond its own size, roughly.
    pub fn memory(&self) -> usize {
        if self.frames.spilled() { self.frames.capacity() * size_of::<Stamp>() + ALLOCATION_LEN } else { 0 }
    }

    /// The packet that completed the bytes: the last of those that carried them.
    pub fn completed(&self) -> Stamp {
        self.frames.last().copied().unwrap_or_default()
    }
}

/// A connection as it is when it is first followed.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// Its name.
    pub id: ConnectionId,
    /// The side that sent the SYN, if the handshake was captured.
    pub initiator: Option<Side>,
}

/// What a segment met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// Nothing that it could tell anything: it only acknowledges, or its connection is over.
    Nothing,
    /// A connection that is not followed, of which it is part of the handshake.
    Greeting {
        /// Whether the connection was not heard of before.
        is_new: bool,
    },
    /// A connection that is followed, from it on at the latest; perhaps it ended it.
    Followed,
    /// A connection that is not followed, of which nobody knows how it began.
    Stranger,
    /// A connection that is not followed because of how it begins, with this segment.
    Refused,
}

/// What can be seen of a connection from outside.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The first packet of it that was followed.
    pub first: Stamp,
    /// Its handshake, if that was captured.
    pub handshake: Option<Handshake>,
    /// Whether it is read; else it is over, or nothing of interest can follow on it.
    pub is_followed: bool,
    /// Whether something was found of which a part is yet to come.
    pub awaits_answer: bool,
}

/// What the handler wants next of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Go on.
    More,
    /// Nothing of interest can follow: the connection is remembered, but its bytes are dropped.
    Stop,
    /// The connection never was of interest: it is forgotten.
    Stranger,
}

/// How much the handler took, and what it wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Bytes that need not be offered again, from the first on.
    pub bytes: usize,
    /// What is wanted next.
    pub interest: Interest,
}

/// What sits on a TCP connection.
///
/// Calls come in this order: [`open`](Self::open) once; then [`data`](Self::data) and [`gap`](Self::gap) for each
/// side as its stream goes on, and [`end`](Self::end) once for each side; last, [`close`](Self::close). After an
/// answer of [`Interest::Stop`] or [`Interest::Stranger`] only `close` follows.
///
/// One that wants every line of every connection:
///
/// ```
/// # use msncensus::capture::{CaptureFile, Next, PacketSource, ReadOptions, Source};
/// # use msncensus::clock::Clock;
/// # use msncensus::flags::Flags;
/// # use msncensus::net::{Decoded, Side, decode};
/// # use msncensus::packet::InputId;
/// # use msncensus::stats::{Ledger, Stats};
/// # use msncensus::tcp::{Interest, Opening, StreamHandler, Table, Taken, Unread};
/// struct Lines;
///
/// impl StreamHandler for Lines {
///     type Output = String;
///
///     fn could_begin(_: &[u8]) -> bool {
///         true
///     }
///     fn could_resume(_: &[u8]) -> bool {
///         true
///     }
///     fn open(_: Opening) -> Self {
///         Self
///     }
///     fn data(&mut self, _: Side, unread: Unread<'_>, out: &mut Vec<String>) -> Taken {
///         let end = unread.bytes().iter().position(|byte| *byte == b'\n');
///         let line = end.map_or(&b""[..], |end| &unread.bytes()[..=end]);
///         out.extend(end.map(|_| String::from_utf8_lossy(line).trim_end().to_owned()));
///         Taken { bytes: line.len(), interest: Interest::More }
///     }
///     fn gap(&mut self, _: Side, _: Unread<'_>, _: u64, _: &mut Vec<String>) -> Interest {
///         Interest::Stop
///     }
///     fn contradicted(&mut self, _: Side, _: std::ops::Range<u64>, _: &mut Vec<String>) {}
///     fn end(&mut self, _: Side, _: Unread<'_>, _: bool, _: &mut Vec<String>) {}
///     fn close(&mut self, _: Flags, _: &mut Vec<String>) {}
///     fn recognised(&self) -> bool {
///         true
///     }
///     fn account(&mut self, _: &mut Stats) {}
/// }
///
/// # let source = Source::Path("samples/msn-6.0-required.pcapng".into());
/// # let mut capture = CaptureFile::open(&source, InputId(0), ReadOptions::default())?;
/// let (mut clock, mut table) = (Clock::default(), Table::<Lines>::default());
/// let (mut ledger, mut lines) = (Ledger::default(), Vec::new());
/// while let Next::Packet(packet) = capture.next()? {
///     let moment = clock.moment(packet.stamp.time);
///     table.advance(moment.now, &mut ledger, &mut lines);
///     if let Decoded::Segment(segment) = decode(&packet) {
///         table.push(&segment, moment, &mut ledger, &mut lines);
///     }
/// }
/// table.finish(&mut ledger, &mut lines);
/// assert_eq!(lines[..2], ["VER 1 MSNP9 MSNP8 CVR0"; 2]);
/// assert_eq!(lines.len(), 4);
/// assert!(!Lines.awaits_other(Side::Low) && !Lines.awaits_answer(), "who does not say so waits for nothing");
/// # Ok::<(), msncensus::capture::CaptureError>(())
/// ```
pub trait StreamHandler: Sized {
    /// What the handler makes of the bytes.
    type Output;

    /// Whether a stream whose first bytes are `first` could be of interest. Few bytes that could be the beginning of
    /// something that is must be let in.
    fn could_begin(first: &[u8]) -> bool;

    /// The same for bytes from the middle of a connection whose beginning was not captured: be strict, for every
    /// segment of every stranger is asked about.
    fn could_resume(bytes: &[u8]) -> bool;

    /// Begins to follow a connection.
    fn open(opening: Opening) -> Self;

    /// `side` said the bytes of `unread`, which begin where the last call stopped taking. Bytes that are not taken
    /// are offered again when more have come.
    fn data(&mut self, side: Side, unread: Unread<'_>, out: &mut Vec<Self::Output>) -> Taken;

    /// The next `len` bytes of `side` were not captured; 0 if nobody knows how many, or whether any, are missing where
    /// its stream begins. `unread` holds what was offered before and not taken; it is lost.
    fn gap(&mut self, side: Side, unread: Unread<'_>, len: u64, out: &mut Vec<Self::Output>) -> Interest;

    /// A late copy differs from bytes of `side` that were taken already: from the first offset of `range` to the last.
    /// May come whenever `data` may.
    fn contradicted(&mut self, side: Side, range: Range<u64>, out: &mut Vec<Self::Output>);

    /// The stream of `side` is over. `unread` holds what was not taken; `finished` says that its sender ended it there.
    fn end(&mut self, side: Side, unread: Unread<'_>, finished: bool, out: &mut Vec<Self::Output>);

    /// The connection is over; `flags` says what is doubtful about its end.
    fn close(&mut self, flags: Flags, out: &mut Vec<Self::Output>);

    /// Whether the connection is known to carry what the handler looks for.
    fn recognised(&self) -> bool;

    /// Whether bytes of `side` were not taken because the other side has to say something first: then they are offered
    /// again when it does.
    fn awaits_other(&self, _side: Side) -> bool {
        false
    }

    /// Whether something was found of which a part is yet to come: of all connections, such a one is given up last.
    fn awaits_answer(&self) -> bool {
        false
    }

    /// Bytes of memory that the handler holds beyond its own size, roughly.
    fn memory(&self) -> usize {
        0
    }

    /// Memory is short: what is held for later is given up, and nothing more is waited for.
    fn relieve(&mut self, _out: &mut Vec<Self::Output>) {}

    /// Moves the counters that the handler keeps into `stats`.
    fn account(&mut self, stats: &mut Stats);
}
