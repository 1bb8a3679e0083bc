//! Packet in, messages out: the layers from the link header to the MSNP line, wired together. No I/O.
//!
//! ```text
//!                                   ┌─────────── Session ────────────┐
//! packet ─ net ─ tcp ─ Conversation ┼─ prelude ─ Conversation ...    ├─► Event
//!          fragments   (connection) └─ gateway ─ Sessions ─ Session ─┘
//! ```

mod conversation;
mod sessions;

use crate::clock::{Clock, Moment};
use crate::gateway::News;
use crate::limits::CONNECTIONS_MAX;
use crate::msnp::Event;
use crate::net::{Decoded, Fragment, Fragments, decode, usual_segment};
use crate::packet::{Packet, Timestamp};
use crate::stats::{Fate, Ledger};
use crate::tcp::{Ends, Table};
use conversation::Conversation;
use sessions::Sessions;

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

    /// Notes that what was found so far takes so many bytes where it is kept. They count as if they were kept here.
    pub const fn leave_room(&mut self, bytes: usize) {
        self.kept_above = bytes;
        self.table.leave_room(self.sessions.memory() + self.kept_above);
    }

    /// Takes a packet; what it completes is appended to `events`.
    #[inline]
    pub fn push(&mut self, packet: &Packet<'_>, events: &mut Vec<Event>) {
        let moment = self.clock.moment(packet.stamp.time);
        self.advance(moment, events);
        let stats = self.ledger.at(packet.stamp.input);
        let captured = u32::try_from(packet.data.len()).unwrap_or(u32::MAX);
        stats.packets.cut += u64::from(captured < packet.original_len);
        if let Some(segment) = usual_segment(packet) {
            stats.count(Fate::Segment);
            self.table.push(segment, moment, &mut self.ledger, &mut self.found);
        } else {
            self.take(packet, moment);
        }
        if !self.found.is_empty() {
            self.tell(moment, events);
        }
        debug_assert_eq!(self.ledger.total().broken_law(), None);
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
    fn take(&mut self, packet: &Packet<'_>, moment: Moment) {
        let decoded = decode(packet);
        self.ledger.at(packet.stamp.input).count(decoded.fate());
        match decoded {
            Decoded::Segment(segment) => self.table.push(segment, moment, &mut self.ledger, &mut self.found),
            Decoded::Fragment(fragment) => self.take_fragment(&fragment, moment),
            Decoded::Other(_) => {}
        }
    }

    /// Takes a fragment, and what is in the datagram that it completes.
    fn take_fragment(&mut self, fragment: &Fragment<'_>, moment: Moment) {
        let Some(whole) = self.fragments.push(fragment, &mut self.ledger) else { return };
        match whole.open() {
            Decoded::Segment(segment) => {
                self.ledger.at(segment.stamp.input).fragments.segments += 1;
                self.table.push(segment, moment, &mut self.ledger, &mut self.found);
            }
            // As deep as datagrams may be nested, which `net` bounds.
            Decoded::Fragment(fragment) => self.take_fragment(&fragment, moment),
            Decoded::Other(_) => {}
        }
    }

    /// Hands on what the connections found.
    fn tell(&mut self, moment: Moment, events: &mut Vec<Event>) {
        for found in self.found.drain(..) {
            match found {
                Found::Event(event) => events.push(event),
                Found::News(news) => self.sessions.push(news, moment, &mut self.ledger, events),
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

    /// Where the connections stand.
    pub fn ends(&self) -> Ends {
        self.table.ends()
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
