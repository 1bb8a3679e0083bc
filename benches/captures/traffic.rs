//! Many connections at a time, packet by packet in the order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::{Ipv4Addr, SocketAddrV4};

use super::connection::Connection;
use super::dialogue::Dialogue;
use super::login::{Leg, Login};
use super::packet::Packet;
use super::people::Person;
use super::pool::Pool;
use super::random::Random;
use super::{Exchange, Mix};

/// 2004-02-03T17:45:30Z, in microseconds since 1970.
const START_US: u64 = 1_075_830_330_000_000;
/// Microseconds in which the connections that are open in the beginning say something for the first time.
const BEGINNING_US: usize = 10_000_000;
/// One sign-in in so many begins at a dispatch server.
const ONE_DISPATCHED_IN: usize = 3;
/// The port of the service.
const MSNP_PORT: u16 = 1863;
/// Servers in documentation networks: of strangers, and of the service.
const SERVERS: [[u8; 3]; 2] = [[192, 0, 2], [198, 51, 100]];
const MSNP_SERVERS: [u8; 3] = [203, 0, 113];
/// First transaction id after a redirection: VER, CVR and USR have taken three.
const TRID_ONWARD: u32 = 4;
const SEED: u64 = 19_990_722;

/// A place that one connection after the other takes.
#[derive(Debug)]
struct Slot {
    connection: Connection,
    /// Where the person who signs in here goes on.
    onward: Option<(Person, SocketAddrV4)>,
}

/// What goes over the line.
#[derive(Debug)]
pub(super) struct Traffic {
    mix: Mix,
    pool: Pool,
    random: Random,
    slots: Vec<Slot>,
    /// When which slot sends next.
    due: BinaryHeap<Reverse<(u64, usize)>>,
    packets: u64,
    connections: u64,
    exchanges: Vec<Exchange>,
}

impl Traffic {
    pub(super) fn new(mix: Mix) -> Self {
        let mut random = Random::new(SEED);
        let pool = Pool::new(&mut random);
        let (slots, due) = (Vec::new(), BinaryHeap::new());
        let mut traffic = Self { mix, pool, random, slots, due, packets: 0, connections: 0, exchanges: Vec::new() };
        for index in 0..usize::try_from(mix.open).expect("connections that memory can hold") {
            let mut slot = traffic.open(0);
            if slot.connection.is_stranger() {
                // Most connections were there before the capture.
                let sent = traffic.random.below(slot.connection.len());
                slot.connection.skip(sent);
            }
            traffic.slots.push(slot);
            traffic.due.push(Reverse((traffic.random.below(BEGINNING_US) as u64, index)));
        }
        traffic
    }

    /// The next packet.
    pub(super) fn next(&mut self) -> Option<Packet<'_>> {
        let (time_us, index, segment) = loop {
            let Reverse((time_us, index)) = self.due.pop()?;
            let is_over = self.packets >= self.mix.packets;
            let connection = &mut self.slots[index].connection;
            if is_over && connection.is_stranger() {
                continue;
            }
            if let Some(segment) = connection.next() {
                break (time_us, index, segment);
            }
            if is_over && self.slots[index].onward.is_none() {
                continue;
            }
            self.slots[index] = self.follow(index, time_us);
            self.due.push(Reverse((time_us, index)));
        };
        let slot = &self.slots[index];
        // After its last segment a connection makes room for another within the time of a round trip.
        let wait_us = slot.connection.wait_us().unwrap_or(50_000);
        self.due.push(Reverse((time_us + u64::from(wait_us), index)));
        self.packets += 1;
        let Connection { client, server, text, .. } = &slot.connection;
        let said = if slot.connection.is_stranger() { &self.pool.bytes } else { text };
        let from = segment.from as usize;
        let payload = &said[from..from + usize::from(segment.len)];
        Some(Packet { time_us: START_US + time_us, client: *client, server: *server, segment, payload })
    }

    /// Packets so far.
    pub(super) const fn packets(&self) -> u64 {
        self.packets
    }

    /// The exchanges of all connections that were opened so far.
    pub(super) fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// What comes after the connection of a slot: where it was redirected, or a new one.
    fn follow(&mut self, index: usize, time_us: u64) -> Slot {
        match self.slots[index].onward.take() {
            Some((person, server)) => {
                let client = SocketAddrV4::new(person.address, self.next_port());
                self.sign_in(person, Leg { client, server, onward: None, first_trid: TRID_ONWARD })
            }
            None => self.open(time_us),
        }
    }

    fn open(&mut self, time_us: u64) -> Slot {
        if !self.random.one_in(self.mix.one_login_in) {
            return Slot { connection: self.stranger(), onward: None };
        }
        let number = self.random.next() % self.mix.people;
        let person = Person::new(SEED, number, time_us);
        let client = SocketAddrV4::new(person.address, self.next_port());
        let onward = self.random.one_in(ONE_DISPATCHED_IN).then(|| self.service());
        let server = self.service();
        self.sign_in(person, Leg { client, server, onward, first_trid: 1 })
    }

    fn sign_in(&mut self, person: Person, leg: Leg) -> Slot {
        self.connections += 1;
        let dialogue = Dialogue::open(&mut self.random, self.mix.segment_len_max);
        let (connection, onward) = Login::new(dialogue, &person, leg, &mut self.exchanges).connection();
        Slot { connection, onward: onward.map(|server| (person, server)) }
    }

    fn stranger(&mut self) -> Connection {
        self.connections += 1;
        let [network, middle, low, host, ..] = self.random.next().to_le_bytes();
        let address = Ipv4Addr::new(198, 18 + network % 2, middle, low);
        let client = SocketAddrV4::new(address, self.next_port());
        let [first, second, third] = SERVERS[usize::from(network / 2 % 2)];
        let mut dialogue = Dialogue::open(&mut self.random, self.mix.segment_len_max);
        let port = (self.mix.strangers)(&self.pool, &mut dialogue);
        let server = SocketAddrV4::new(Ipv4Addr::new(first, second, third, host), port);
        Connection::new(client, server, dialogue.segments(), Vec::new())
    }

    /// A port that no connection of the same client has had for long.
    fn next_port(&self) -> u16 {
        1_025 + u16::try_from(self.connections % 60_000).expect("below 60,000")
    }

    /// A server of the service.
    fn service(&mut self) -> SocketAddrV4 {
        let [first, second, third] = MSNP_SERVERS;
        let host = u8::try_from(self.random.below(250)).expect("a byte") + 1;
        SocketAddrV4::new(Ipv4Addr::new(first, second, third, host), MSNP_PORT)
    }
}
