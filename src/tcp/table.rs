//! All connections that are followed: who enters, who leaves, and when.
//!
//! It takes segments and the time; gives what the handlers make of them; keeps a connection for as long as its handler
//! wants it or late copies of its segments may come, within bounds of number and memory; and leaves out what one
//! connection means: that is for `connection`. What it keeps is paid for in `settle_accounts`, after each thing that
//! happens to a connection.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashlink::LinkedHashMap;

use super::connection::{Connection, Standing};
use super::syn_cache::{Handshake, SynCache};
use super::unread::offset;
use super::{ConnectionId, Met, StreamHandler};
use crate::anomaly::{Anomaly, Kind};
use crate::clock::Moment;
use crate::flags::{Flag, Flags};
use crate::limits::{ALLOCATION_LEN, CONNECTIONS_MAX, MEMORY_MAX};
use crate::net::{FlowKey, Segment, Side, TcpFlags};
use crate::packet::{InputId, Timestamp};
use crate::stats::Ledger;

/// So many void alarms may wait before they are looked for.
const ALARMS_SPARE: usize = 1_024;

/// Of so many connections that were silent longest, the one of which least is lost is given up.
const EVICTION_CHOICE: usize = 8;

/// The connections that are followed, each with its handler.
pub struct Table<H> {
    pub(super) syns: SynCache,
    /// In the order of the last segment, the longest silent first. The seed is random: the keys come from strangers.
    pub(super) connections: LinkedHashMap<FlowKey, Connection<H>, RandomState>,
    /// When connections want to be looked at. An entry that does not match its connection's alarm is void.
    alarms: BinaryHeap<Reverse<Alarm>>,
    /// Bytes that the connections keep beyond their entries.
    memory: usize,
    /// Bytes that others keep, and that count as if they were kept here.
    kept_elsewhere: usize,
    memory_max: usize,
    connections_max: usize,
}

/// When a connection wants to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Alarm {
    at: Timestamp,
    /// Where the connection was first followed: of those that want it at the same time, the first goes first, whatever
    /// their hashes.
    first: (InputId, u64),
    /// The hash of its key, which is shorter.
    hash: u64,
}

impl<H: StreamHandler> Default for Table<H> {
    fn default() -> Self {
        Self::with_bounds(MEMORY_MAX, CONNECTIONS_MAX)
    }
}

impl<H: StreamHandler> Table<H> {
    /// What a connection takes that keeps nothing: its entry in the map, which finds it by 8 bytes and 1 more in a
    /// table that may be half empty, and lists it by 16; and two alarms.
    const ENTRY_LEN: usize =
        size_of::<(FlowKey, Connection<H>)>() + ALLOCATION_LEN + 16 + 2 * (8 + 1) + 2 * size_of::<Alarm>();

    /// A table that keeps at most about `memory_max` bytes, and at most `connections_max` connections.
    pub fn with_bounds(memory_max: usize, connections_max: usize) -> Self {
        Self {
            syns: SynCache::new(),
            connections: LinkedHashMap::with_hasher(RandomState::default()),
            alarms: BinaryHeap::new(),
            memory: 0,
            kept_elsewhere: 0,
            memory_max,
            connections_max,
        }
    }

    /// Notes that others keep so many bytes within the bound.
    pub const fn leave_room(&mut self, bytes: usize) {
        self.kept_elsewhere = bytes;
    }

    /// Connections that are followed.
    pub fn followed(&self) -> usize {
        self.connections.len()
    }

    /// Bytes of memory held by all connections, and elsewhere, roughly.
    pub fn memory(&self) -> usize {
        self.memory + self.connections.len() * Self::ENTRY_LEN + self.kept_elsewhere
    }

    /// It is `now`: connections that waited for something until then give it up. What their handlers make of it is
    /// appended to `out`.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "every packet asks, and nearly always nothing is due: a call would cost more"
    )]
    pub fn advance(&mut self, now: Timestamp, ledger: &mut Ledger, out: &mut Vec<H::Output>) {
        if self.alarms.peek().is_some_and(|Reverse(alarm)| alarm.at <= now) {
            self.ring(now, ledger, out);
        }
    }

    /// Takes a segment; what the handlers make of it is appended to `out`. Returns what it met.
    #[inline]
    pub fn push(
        &mut self,
        segment: &Segment<'_>,
        moment: Moment,
        ledger: &mut Ledger,
        out: &mut Vec<H::Output>,
    ) -> Met {
        let TcpFlags { syn, fin, rst, .. } = segment.flags;
        // A segment that only acknowledges tells nothing: no acknowledgement decides what was received.
        if segment.payload_len > 0 || syn || fin || rst {
            self.take(segment, moment, ledger, out)
        } else {
            Met::Nothing
        }
    }

    #[inline(never)]
    fn take(&mut self, segment: &Segment<'_>, moment: Moment, ledger: &mut Ledger, out: &mut Vec<H::Output>) -> Met {
        let TcpFlags { syn, fin, rst, .. } = segment.flags;
        let streams = &mut ledger.at(segment.stamp.input).streams;
        streams.payload_bytes += offset(segment.payload.len());
        let (key, side) = FlowKey::new(segment.source, segment.destination, segment.encapsulation);
        if syn && !rst {
            let news = Handshake::told_by(segment, side);
            let met = self.shake_hands(&key, news, segment.stamp.input, ledger, out);
            if segment.payload_len == 0 && !fin {
                return met;
            }
        }
        if let Some(connection) = self.connections.to_back(&key) {
            let met = if connection.is_followed() { Met::Followed } else { Met::Nothing };
            // What comes when all is known belongs to no conversation any more.
            let input = if met == Met::Followed { connection.first().input } else { segment.stamp.input };
            let stats = ledger.at(input);
            let held = connection.memory();
            let standing = connection.push(side, segment, moment, stats, out);
            self.settle_accounts(&key, held, standing, ledger, out);
            return met;
        }
        if rst {
            // What a reset carries is a text for people, not part of the stream (RFC 9293, 3.5.3).
            ledger.at(segment.stamp.input).streams.stranger_bytes += offset(segment.payload.len());
        } else if segment.payload_len > 0 {
            return self.screen(&key, side, segment, moment, ledger, out);
        }
        Met::Stranger
    }

    /// Ends every connection.
    pub fn finish(&mut self, ledger: &mut Ledger, out: &mut Vec<H::Output>) {
        while self.end_oldest(ledger, out) {}
    }

    /// Ends the connection that was silent longest; `false` if there is none.
    pub fn end_oldest(&mut self, ledger: &mut Ledger, out: &mut Vec<H::Output>) -> bool {
        let Some((_, mut connection)) = self.connections.pop_front() else {
            debug_assert_eq!(self.memory, 0, "all memory was given back");
            self.connections.shrink_to_fit();
            self.alarms = BinaryHeap::new();
            return false;
        };
        self.memory -= connection.memory();
        connection.close(Flags::NONE, ledger.at(connection.first().input), out);
        true
    }

    /// A SYN or SYN/ACK, captured in `input`: of the connection that is there, or of a new one with the same ends.
    pub(super) fn shake_hands(
        &mut self,
        key: &FlowKey,
        news: Handshake,
        input: InputId,
        ledger: &mut Ledger,
        out: &mut Vec<H::Output>,
    ) -> Met {
        if let Some(connection) = self.connections.get_mut(key) {
            let stats = ledger.at(connection.first().input);
            let held = connection.memory();
            if connection.takes_handshake(&news, stats) {
                let met = if connection.is_followed() { Met::Followed } else { Met::Nothing };
                self.settle_accounts(key, held, Standing::Keep, ledger, out);
                return met;
            }
            connection.close(Flags::NONE, stats, out);
            self.settle_accounts(key, held, Standing::Forget, ledger, out);
        }
        let is_new = self.syns.note(key, news);
        ledger.at(input).streams.connections += u64::from(is_new);
        Met::Greeting { is_new }
    }

    /// Payload of a connection that is not followed: is it one to follow?
    fn screen(
        &mut self,
        key: &FlowKey,
        side: Side,
        segment: &Segment<'_>,
        moment: Moment,
        ledger: &mut Ledger,
        out: &mut Vec<H::Output>,
    ) -> Met {
        let stats = ledger.at(segment.stamp.input);
        let handshake = self.syns.get(key);
        let start = handshake.and_then(|handshake| handshake.start(side));
        let follow = match start.map(|start| segment.data_seq().distance_from(start)) {
            Some(0) => H::could_begin(segment.payload),
            // Bytes before these are missing: they may come late.
            Some(1..) => true,
            Some(_) => false,
            None => H::could_resume(segment.payload),
        };
        if !follow {
            stats.streams.stranger_bytes += offset(segment.payload.len());
            // What a SYN carried may be refused, and other bytes sent in its place.
            if start.is_some_and(|start| segment.data_seq() == start) && !segment.flags.syn {
                self.syns.forget(key);
                return Met::Refused;
            }
            return Met::Stranger;
        }
        self.follow(key, side, segment, handshake, moment, ledger, out);
        Met::Followed
    }

    /// Begins to follow the connection of `segment`.
    #[cold]
    #[expect(clippy::too_many_arguments, reason = "what `screen` found out, for the few that are followed")]
    fn follow(
        &mut self,
        key: &FlowKey,
        side: Side,
        segment: &Segment<'_>,
        handshake: Option<Handshake>,
        moment: Moment,
        ledger: &mut Ledger,
        out: &mut Vec<H::Output>,
    ) {
        self.syns.forget(key);
        let stats = ledger.at(segment.stamp.input);
        stats.streams.followed += 1;
        let id = ConnectionId { key: *key, first: segment.stamp };
        let mut connection = Connection::open(id, side, segment, handshake, moment.seen);
        let standing = connection.push(side, segment, moment, stats, out);
        self.connections.insert(*key, connection);
        self.settle_accounts(key, 0, standing, ledger, out);
    }

    /// After something happened to a connection that held `held` bytes before: memory, alarm, or farewell.
    pub(super) fn settle_accounts(
        &mut self,
        key: &FlowKey,
        held: usize,
        mut standing: Standing,
        ledger: &mut Ledger,
        out: &mut Vec<H::Output>,
    ) {
        let others = self.kept_elsewhere + self.connections.len() * Self::ENTRY_LEN;
        let Some(connection) = self.connections.get_mut(key) else { return };
        self.memory = self.memory - held + connection.memory();
        let held_by_all = others + self.memory;
        if held_by_all > self.memory_max && standing == Standing::Keep {
            self.memory -= connection.memory();
            standing = connection.relieve(held_by_all, ledger.at(connection.first().input), out);
            self.memory += connection.memory();
        }
        if standing == Standing::Forget {
            self.memory -= connection.memory();
            self.connections.remove(key);
            return;
        }
        let deadline = connection.deadline();
        if connection.alarm.is_none_or(|alarm| deadline < alarm) {
            connection.alarm = Some(deadline);
            let first = (connection.first().input, connection.first().frame);
            let hash = self.connections.hasher().hash_one(key);
            self.alarms.push(Reverse(Alarm { at: deadline, first, hash }));
            self.drop_void_alarms();
        }
        self.keep_bounds(ledger, out);
    }

    /// Connections leave before their alarms, which would pile up for as long as a silent connection is kept.
    fn drop_void_alarms(&mut self) {
        if self.alarms.len() > 2 * self.connections.len() + ALARMS_SPARE {
            let mut alarms = std::mem::take(&mut self.alarms);
            alarms.retain(|Reverse(alarm)| self.of_alarm(*alarm).is_some());
            self.alarms = alarms;
        }
    }

    /// The key of the connection that has set `alarm`, unless it has set another since.
    fn of_alarm(&self, Alarm { at, hash, .. }: Alarm) -> Option<FlowKey> {
        // Two keys share a hash so rarely that the connection which is missed then may as well wait for its next
        // segment.
        let has_hash = |key: &FlowKey| self.connections.hasher().hash_one(key) == hash;
        let (key, connection) = self.connections.raw_entry().from_hash(hash, has_hash)?;
        (connection.alarm == Some(at)).then_some(*key)
    }

    /// Looks after every connection whose alarm has gone off by `now`.
    fn ring(&mut self, now: Timestamp, ledger: &mut Ledger, out: &mut Vec<H::Output>) {
        while let Some(Reverse(alarm)) = self.alarms.peek().copied().filter(|Reverse(alarm)| alarm.at <= now) {
            self.alarms.pop();
            let Some(key) = self.of_alarm(alarm) else { continue };
            let Some(connection) = self.connections.get_mut(&key) else { continue };
            connection.alarm = None;
            let held = connection.memory();
            // Not what may be long past by now: what is told must not depend on when the next packet of others comes.
            let standing = connection.tick(alarm.at, ledger.at(connection.first().input), out);
            self.settle_accounts(&key, held, standing, ledger, out);
        }
    }

    /// Gives up connections until the others are within the bounds. One may always stay for its memory.
    fn keep_bounds(&mut self, ledger: &mut Ledger, out: &mut Vec<H::Output>) {
        while self.connections.len() > self.connections_max
            || (self.connections.len() > 1 && self.memory() > self.memory_max)
        {
            self.evict(ledger, out);
        }
    }

    /// Gives up one of the connections that were silent longest. Those before it, which are worth more, have a second
    /// chance: they count as heard just now.
    fn evict(&mut self, ledger: &mut Ledger, out: &mut Vec<H::Output>) {
        let followed = offset(self.connections.len());
        // Not the newest, which asks for the room.
        let choice = EVICTION_CHOICE.min(self.connections.len().saturating_sub(1));
        let worths = self.connections.values().take(choice).map(Connection::worth);
        let place = worths.enumerate().min_by_key(|(_, worth)| *worth).map_or(0, |(place, _)| place);
        for _ in 0..place {
            if let Some(mut spared) = self.connections.front_entry() {
                spared.to_back();
            }
        }
        let Some((_, mut connection)) = self.connections.pop_front() else { return };
        let stats = ledger.at(connection.first().input);
        stats.streams.evicted += 1;
        let stamp = connection.first();
        stats.anomalies.note(Anomaly { kind: Kind::Evicted, stamp, ends: None, amount: followed });
        self.memory -= connection.memory();
        connection.close(Flag::Evicted.into(), stats, out);
    }
}

#[cfg(test)]
mod tests {
    use super::super::script::{Bench, Obedient, segment, syn};
    use super::*;
    use crate::tcp::followed::Followed;

    #[test]
    fn of_a_finished_connection_little_is_left_and_a_followed_one_is_small() {
        assert_eq!(size_of::<Connection<Obedient>>(), 96);
        assert!(size_of::<Followed<Obedient>>() <= 560, "{} bytes", size_of::<Followed<Obedient>>());
    }

    #[test]
    fn a_connection_has_one_alarm_for_one_time() {
        let Bench { table, .. } = Bench::after((1..=100).map(|_| segment(1024, 1, 0, b"VER 1")));
        assert_eq!((table.connections.len(), table.alarms.len()), (1, 1));
    }

    #[test]
    fn a_connection_in_which_nothing_waits_has_nothing_to_give_up() {
        let mut bench = Bench::bounded(0, 10);
        let segments = [syn(1024, 1, 0), segment(1024, 1, 1, b"VER 1"), segment(1024, 1, 100, b"VER 1")];
        for (segment, relieved) in segments.iter().zip([0, 0, 1]) {
            bench.push(segment);
            assert_eq!(bench.ledger.total().streams.memory_bound, relieved);
        }
    }

    #[test]
    fn connections_leave_when_together_they_take_more_than_the_bound() {
        let segments = || [segment(1, 1, 0, b"VER 1"), segment(2, 1, 0, b"VER 1")];
        let needed = Bench::after(segments()).table.memory();
        for (memory_max, left) in [(needed, 2), (needed - 1, 1), (0, 1)] {
            let mut bench = Bench::bounded(memory_max, 10);
            for segment in segments() {
                bench.push(&segment);
            }
            assert_eq!(bench.table.followed(), left, "{memory_max} bytes for {needed}");
            assert_eq!(bench.reads(2), Some(true), "the newest stays");
        }
    }

    #[test]
    fn alarms_of_connections_that_left_do_not_pile_up() {
        let mut bench = Bench::bounded(1 << 20, 10);
        let mut most = 0;
        for port in 0..20_000_u16 {
            bench.push(&segment(port, port.into(), 0, b"VER 1"));
            most = most.max(bench.table.alarms.len());
        }
        assert_eq!(most, 2 * 11 + ALARMS_SPARE);
        assert_eq!(bench.table.connections.len(), 10);
    }
}
