//! All connections that are followed: who enters, who leaves, and when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use foldhash::fast::RandomState;
use hashlink::LinkedHashMap;

use super::connection::{Connection, Standing};
use super::syn_cache::{Handshake, SynCache};
use super::unread::offset;
use super::{ConnectionId, StreamHandler};
use crate::clock::Clock;
use crate::flags::{Flag, Flags};
use crate::limits::{CONNECTIONS_MAX, REASSEMBLY_BYTES_MAX};
use crate::net::{FlowKey, Segment, Side};
use crate::packet::Timestamp;
use crate::stats::Ledger;

/// The connections that are followed, each with its handler.
pub struct Table<H> {
    syns: SynCache,
    /// In the order of the last segment, the longest silent first. The seed is random: the keys come from strangers.
    connections: LinkedHashMap<FlowKey, Connection<H>, RandomState>,
    /// When connections want to be looked at; an entry that does not match its connection's alarm is void.
    alarms: BinaryHeap<Reverse<(Timestamp, FlowKey)>>,
    clock: Clock,
    memory: usize,
    memory_max: usize,
    connections_max: usize,
}

impl<H: StreamHandler> Default for Table<H> {
    fn default() -> Self {
        Self::with_bounds(REASSEMBLY_BYTES_MAX, CONNECTIONS_MAX)
    }
}

impl<H: StreamHandler> Table<H> {
    /// A table that keeps at most about `memory_max` bytes for reassembly, and at most `connections_max` connections.
    pub fn with_bounds(memory_max: usize, connections_max: usize) -> Self {
        Self {
            syns: SynCache::new(),
            connections: LinkedHashMap::with_hasher(RandomState::default()),
            alarms: BinaryHeap::new(),
            clock: Clock::default(),
            memory: 0,
            memory_max,
            connections_max,
        }
    }

    /// Takes a segment; what the handlers make of it is appended to `out`.
    pub fn push(&mut self, segment: &Segment<'_>, ledger: &mut Ledger, out: &mut Vec<H::Output>) {
        let now = self.clock.advance(segment.stamp.time);
        self.ring(now, ledger, out);
        let streams = &mut ledger.at(segment.stamp.input).streams;
        streams.payload_bytes += offset(segment.payload.len());
        let (key, side) = FlowKey::new(segment.source, segment.destination, segment.encapsulation);
        if segment.flags.syn && !segment.flags.rst {
            self.shake_hands(&key, side, segment, ledger, out);
        }
        // A segment that only acknowledges tells nothing: no acknowledgement decides what was received.
        if segment.payload_len == 0 && !segment.flags.fin && !segment.flags.rst {
            return;
        }
        if let Some(connection) = self.connections.to_back(&key) {
            let stats = ledger.at(connection.id().first.input);
            let held = connection.memory();
            let standing = connection.push(side, segment, now, stats, out);
            self.settle_accounts(&key, held, standing, ledger, out);
        } else if segment.payload_len > 0 {
            self.screen(key, side, segment, now, ledger, out);
        }
    }

    /// Ends every connection.
    pub fn finish(&mut self, ledger: &mut Ledger, out: &mut Vec<H::Output>) {
        while let Some((_, mut connection)) = self.connections.pop_front() {
            connection.close(Flags::NONE, ledger.at(connection.id().first.input), out);
        }
        self.alarms.clear();
        self.memory = 0;
    }

    /// A SYN or SYN/ACK: of the connection that is there, or of a new one with the same ends.
    fn shake_hands(
        &mut self,
        key: &FlowKey,
        side: Side,
        segment: &Segment<'_>,
        ledger: &mut Ledger,
        out: &mut Vec<H::Output>,
    ) {
        let news = Handshake::of(side, segment.seq, segment.flags.ack.then_some(segment.ack));
        if let Some(connection) = self.connections.get_mut(key) {
            if connection.takes_handshake(&news) {
                return;
            }
            let held = connection.memory();
            connection.close(Flags::NONE, ledger.at(connection.id().first.input), out);
            self.settle_accounts(key, held, Standing::Forget, ledger, out);
        }
        let is_new = self.syns.note(key, news);
        ledger.at(segment.stamp.input).streams.connections += u64::from(is_new);
    }

    /// Payload of a connection that is not followed: is it one to follow?
    fn screen(
        &mut self,
        key: FlowKey,
        side: Side,
        segment: &Segment<'_>,
        now: Timestamp,
        ledger: &mut Ledger,
        out: &mut Vec<H::Output>,
    ) {
        let stats = ledger.at(segment.stamp.input);
        let handshake = self.syns.get(&key);
        let start = handshake.and_then(|handshake| handshake.start(side));
        let follow = match start.map(|start| segment.data_seq().distance_from(start)) {
            Some(0) => H::could_begin(segment.payload),
            // Bytes before these are missing: they may come late.
            Some(1..) => true,
            Some(_) => false,
            None => H::could_resume(segment.payload),
        };
        if !follow {
            if start.is_some_and(|start| segment.data_seq() == start) {
                self.syns.forget(&key);
            }
            stats.streams.stranger_bytes += offset(segment.payload.len());
            return;
        }
        self.syns.forget(&key);
        stats.streams.followed += 1;
        let id = ConnectionId { key, first: segment.stamp };
        let mut connection = Connection::open(id, side, segment, handshake, now);
        let standing = connection.push(side, segment, now, stats, out);
        self.connections.insert(key, connection);
        self.settle_accounts(&key, 0, standing, ledger, out);
        while self.connections.len() > self.connections_max {
            self.evict_oldest(ledger, out);
        }
    }

    /// After something happened to a connection that held `held` bytes before: memory, alarm, or farewell.
    fn settle_accounts(
        &mut self,
        key: &FlowKey,
        held: usize,
        mut standing: Standing,
        ledger: &mut Ledger,
        out: &mut Vec<H::Output>,
    ) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        self.memory = self.memory - held + connection.memory();
        if self.memory > self.memory_max && standing == Standing::Keep {
            self.memory -= connection.memory();
            standing = connection.relieve(ledger.at(connection.id().first.input), out);
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
            self.alarms.push(Reverse((deadline, *key)));
        }
    }

    /// Looks after every connection whose alarm has gone off by `now`.
    fn ring(&mut self, now: Timestamp, ledger: &mut Ledger, out: &mut Vec<H::Output>) {
        while let Some(Reverse((alarm, key))) = self.alarms.peek().copied() {
            if alarm > now {
                return;
            }
            self.alarms.pop();
            let Some(connection) = self.connections.get_mut(&key).filter(|c| c.alarm == Some(alarm)) else { continue };
            connection.alarm = None;
            let held = connection.memory();
            let standing = connection.tick(now, ledger.at(connection.id().first.input), out);
            self.settle_accounts(&key, held, standing, ledger, out);
        }
    }

    fn evict_oldest(&mut self, ledger: &mut Ledger, out: &mut Vec<H::Output>) {
        if let Some((_, mut connection)) = self.connections.pop_front() {
            let stats = ledger.at(connection.id().first.input);
            stats.streams.evicted += 1;
            self.memory -= connection.memory();
            connection.close(Flag::Evicted.into(), stats, out);
        }
    }
}
