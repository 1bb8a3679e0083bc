//! Packet in, messages out: the layers from the link header to the MSNP line, wired together.
//!
//! * **Takes** [`Packet`]s in the order of reading, whoever reads them.
//! * **Gives** the [`Event`]s of MSNP conversations, and counts what became of everything else ([`Ledger`]).
//! * **Keeps** connections and sessions of the gateway within so many bytes, and the conversations at the [`Edges`] of a capture
//!   if they are wanted.
//! * **Leaves out** what the lines mean: that begins in [`cvr`](crate::cvr). And input and output, threads, clocks: time is that
//!   of the packets.
//!
//! ```text
//!                                   ┌─────────── Session ────────────┐
//! packet ─ net ─ tcp ─ Conversation ┼─ prelude ─ Conversation ...    ├─► Event
//!          fragments   (connection) └─ gateway ─ Sessions ─ Session ─┘
//! ```
//!
//! Who has packets of his own needs no [`run`](mod@crate::run):
//!
//! ```
//! use msncensus::capture::{CaptureError, CaptureFile, Next, PacketSource, ReadOptions, Source};
//! use msncensus::cvr::Pairing;
//! use msncensus::dissect::Dissector;
//! use msncensus::packet::InputId;
//!
//! let source = Source::Path("samples/msn-6.0-required.pcapng".into());
//! let mut file = CaptureFile::open(&source, InputId(0), ReadOptions::default())?;
//! let (mut dissector, mut pairing) = (Dissector::default(), Pairing::default());
//! let (mut events, mut exchanges) = (Vec::new(), Vec::new());
//! while let Next::Packet(packet) = file.next()? {
//!     dissector.push(&packet, &mut events);
//!     events.drain(..).for_each(|event| pairing.push(event, &mut exchanges));
//! }
//! dissector.finish(|event| pairing.push(event, &mut exchanges));
//! let doubts = pairing.finish(&mut exchanges);
//! exchanges.iter_mut().for_each(|exchange| doubts.raise_on(exchange));
//! assert_eq!(exchanges.len(), 1);
//! assert_eq!(dissector.ledger().total().broken_law_at_end(), None);
//! # Ok::<(), CaptureError>(())
//! ```

mod conversation;
mod edges;
mod sessions;

use crate::clock::{Clock, Moment};
use crate::gateway::News;
use crate::limits::CONNECTIONS_MAX;
use crate::msnp::Event;
use crate::net::{Decoded, FlowKey, Fragment, Fragments, Segment, decode, usual_segment};
use crate::packet::{InputId, Packet, Stamp, Timestamp};
use crate::stats::{Fate, Ledger};
use crate::tcp::{Handshake, Remains, Table};
use conversation::Conversation;
pub use edges::{Edges, Replay};
use edges::{Recorder, Source, World};
use sessions::{Over, Sessions};

/// Takes packets in the order of reading, and gives what is said in MSNP conversations.
#[derive(Default)]
pub struct Dissector {
    clock: Clock,
    fragments: Fragments,
    table: Table<Conversation>,
    sessions: Sessions,
    ledger: Ledger,
    /// What the connections found, on its way to the sessions and out.
    found: Vec<Found>,
    /// Bytes that those keep who take the events.
    kept_above: usize,
    /// Keeps the edges, if they are wanted.
    recorder: Option<Box<Recorder>>,
}

/// What is found on a connection.
enum Found {
    /// A line, or the end, of a conversation on this connection.
    Event(Event),
    /// Something of a session that lives above its connections.
    News(News),
}

impl Dissector {
    /// A dissector that keeps at most about `memory_max` bytes of conversations.
    pub fn with_memory(memory_max: usize) -> Self {
        let (table, sessions) = (Table::with_bounds(memory_max, CONNECTIONS_MAX), Sessions::with_memory(memory_max));
        Self { table, sessions, ..Self::default() }
    }

    /// The same, which keeps the edges of what it takes.
    #[must_use]
    pub fn keeping_edges(self) -> Self {
        Self { recorder: Some(Box::default()), ..self }
    }

    /// Notes that what was found so far takes so many bytes where it is kept. They count as if they were kept here.
    pub const fn leave_room(&mut self, bytes: usize) {
        self.kept_above = bytes;
        self.table.leave_room(self.sessions.memory() + self.kept_above);
    }

    /// Takes a packet; what it completes is appended to `events`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "handing it on costs every packet more than what is mostly done with it")]
    pub fn push(&mut self, packet: &Packet<'_>, events: &mut Vec<Event>) {
        let moment = self.clock.moment(packet.stamp.time);
        self.push_at(packet, moment, events);
    }

    /// Takes a packet at a moment that is known.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `push`")]
    fn push_at(&mut self, packet: &Packet<'_>, moment: Moment, events: &mut Vec<Event>) {
        self.advance(moment, events);
        if let Some(recorder) = &mut self.recorder {
            recorder.count(moment.now);
        }
        let stats = self.ledger.at(packet.stamp.input);
        let captured = u32::try_from(packet.data.len()).unwrap_or(u32::MAX);
        stats.packets.cut += u64::from(captured < packet.original_len);
        if let Some(segment) = usual_segment(packet) {
            stats.count(Fate::Segment);
            self.push_segment(&segment, Source::Packet(packet), moment, events);
        } else {
            self.take(packet, moment, events);
        }
        debug_assert_eq!(self.ledger.total().broken_law(), None);
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see `push`")]
    fn push_segment(&mut self, segment: &Segment<'_>, source: Source<'_>, moment: Moment, events: &mut Vec<Event>) {
        let met = self.table.push(segment, moment, &mut self.ledger, &mut self.found);
        if !self.found.is_empty() {
            self.tell(moment, events);
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.note(source, segment, met, World { table: &self.table, sessions: &self.sessions });
        }
    }

    /// Lets the time pass in which no packet came: what waits for that comes out.
    pub fn let_time_pass(&mut self, now: Timestamp, events: &mut Vec<Event>) {
        let moment = self.clock.moment(now);
        self.advance(moment, events);
        self.tell(moment, events);
    }

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "every packet asks, and nearly always nothing is due: a call would cost more"
    )]
    fn advance(&mut self, moment: Moment, events: &mut Vec<Event>) {
        self.fragments.advance(moment.now, &mut self.ledger);
        self.table.advance(moment.now, &mut self.ledger, &mut self.found);
        self.sessions.advance(moment.now, &mut self.ledger, events);
    }

    /// Takes what is in a packet, whatever it is.
    #[cold]
    fn take(&mut self, packet: &Packet<'_>, moment: Moment, events: &mut Vec<Event>) {
        let decoded = decode(packet);
        self.ledger.at(packet.stamp.input).count(decoded.fate());
        match decoded {
            Decoded::Segment(segment) => self.push_segment(&segment, Source::Packet(packet), moment, events),
            Decoded::Fragment(fragment) => {
                if let Some(recorder) = &mut self.recorder {
                    recorder.wait(fragment.datagram(), packet);
                }
                self.take_fragment(&fragment, moment, events);
            }
            Decoded::Other(_) => {}
        }
        if !self.found.is_empty() {
            self.tell(moment, events);
        }
    }

    /// Takes a fragment, and what is in the datagram that it completes.
    fn take_fragment(&mut self, fragment: &Fragment<'_>, moment: Moment, events: &mut Vec<Event>) {
        let datagram = fragment.datagram();
        let Some(whole) = self.fragments.push(fragment, &mut self.ledger) else { return };
        match whole.open() {
            Decoded::Segment(segment) => {
                self.ledger.at(segment.stamp.input).fragments.segments += 1;
                self.push_segment(&segment, Source::Fragments(datagram), moment, events);
            }
            // As deep as datagrams may be nested, which `net` bounds.
            Decoded::Fragment(fragment) => {
                if let Some(recorder) = &mut self.recorder {
                    recorder.becomes(datagram, fragment.datagram());
                }
                self.take_fragment(&fragment, moment, events);
            }
            Decoded::Other(_) => {}
        }
    }

    /// Hands on what the connections found.
    fn tell(&mut self, moment: Moment, events: &mut Vec<Event>) {
        for found in self.found.drain(..) {
            match found {
                Found::Event(event) => events.push(event),
                Found::News(news) => {
                    if let Some(recorder) = &mut self.recorder {
                        recorder.hear(&news, !self.sessions.knows(&news.session));
                    }
                    self.sessions.push(news, moment, &mut self.ledger, events);
                }
            }
        }
        self.leave_room(self.kept_above);
    }

    /// Ends all conversations: what still waits comes out, one after the other, for all together may be much.
    pub fn finish(&mut self, mut take: impl FnMut(Event)) {
        let mut events = Vec::new();
        self.fragments.finish(&mut self.ledger);
        while self.table.end_oldest(&mut self.ledger, &mut self.found) {
            self.tell(self.clock.last(), &mut events);
            events.drain(..).for_each(&mut take);
        }
        while self.sessions.end_oldest(&mut self.ledger, &mut events) {
            events.drain(..).for_each(&mut take);
        }
        debug_assert_eq!(self.ledger.total().broken_law_at_end(), None);
    }

    /// The edges of what came so far, as if no more came; `None` if they are not kept.
    pub fn edges(&mut self) -> Option<Edges> {
        let world = World { table: &self.table, sessions: &self.sessions };
        self.recorder.as_mut().map(|recorder| recorder.edges(world))
    }

    /// The same where nothing more comes: they are not kept any longer.
    pub fn last_edges(&mut self) -> Option<Edges> {
        let world = World { table: &self.table, sessions: &self.sessions };
        self.recorder.take().map(|recorder| recorder.last_edges(world))
    }

    /// The edges begin anew: what comes is a part of its own, which knows all that went before.
    pub fn begin_anew(&mut self) {
        if let Some(recorder) = &mut self.recorder {
            recorder.begin_anew();
        }
    }

    /// The time of the latest packet, or that passed since, as far as it can be believed.
    pub const fn now(&self) -> Option<Timestamp> {
        self.clock.now()
    }

    /// Connections that are followed now.
    pub fn connections(&self) -> usize {
        self.table.followed()
    }

    /// Bytes of memory that conversations take, roughly.
    pub fn memory(&self) -> usize {
        self.table.memory()
    }

    /// The counters so far.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The counters so far, for a reader that leaves packets out before they come here.
    pub const fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }
}

/// For who reads packets again, between them.
impl Dissector {
    /// A handshake of the connection was captured in `input`.
    fn greet(&mut self, key: &FlowKey, handshake: Handshake, input: InputId) {
        self.table.greet(key, handshake, input, &mut self.ledger, &mut self.found);
    }

    /// No more is known of the connection. Returns whether more may have been of interest: it was followed before `begin`, and
    /// an answer is awaited on it, or it may carry a session of the gateway that is read.
    fn give_up(&mut self, key: &FlowKey, begin: Stamp) -> bool {
        let look = self.table.look(key).filter(|look| look.is_followed && look.first < begin);
        let awaits = look.is_some_and(|look| look.awaits_answer || self.sessions.any_live());
        self.table.give_up(key, &mut self.ledger, &mut self.found);
        awaits
    }

    /// Whether an answer is awaited on a connection that was followed before `begin`.
    fn awaits_answer_since_before(&self, begin: Stamp) -> bool {
        self.table.looks().any(|look| look.awaits_answer && look.first < begin)
    }

    /// Goes on where another one stopped, with what it did not read.
    fn take_up(&mut self, remains: &Remains, over: &[Over], events: &mut Vec<Event>) {
        self.table.take_up(remains, &mut self.ledger, &mut self.found);
        self.tell_found(events);
        self.sessions.take_up(over);
    }

    /// Hands on what the connections found between two packets.
    fn tell_found(&mut self, events: &mut Vec<Event>) {
        if !self.found.is_empty() {
            self.tell(self.clock.last(), events);
        }
    }
}
