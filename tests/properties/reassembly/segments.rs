//! Random connections: two streams, and the packets that a capture has of them.

use std::net::{Ipv4Addr, SocketAddr};

use crate::support::link::Link;
use crate::support::packet::{ACK, Checksum, Envelope, FIN, SYN, Side, TestPacket};
use crate::support::random::Random;

/// Bytes of the IPv4 and the TCP header in front of the payload.
const HEADERS_LEN: usize = 40;
/// 2003-09-14 12:00 UTC, in nanoseconds.
const START: i64 = 1_063_540_800_000_000_000;
/// How far a contradicting copy may go beyond its stream.
pub(super) const BEYOND_MAX: usize = 8;

/// What a network and a capture do to the segments of a connection.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that may happen, and any combination does")]
pub(super) struct Mess {
    /// Packets stand in any order.
    pub(super) order: bool,
    /// Packets are captured again.
    pub(super) copies: bool,
    /// Bytes are sent again with other boundaries.
    pub(super) overlap: bool,
    /// Copies differ, and checksums say that some are wrong.
    pub(super) conflict: bool,
    /// Packets are missing, or cut.
    pub(super) loss: bool,
}

/// A connection as it was, and what was captured of it.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) isns: [u32; 2],
    /// What client and server said.
    pub(super) streams: [Vec<u8>; 2],
    pub(super) packets: Vec<TestPacket>,
}

/// The index of a side in `Case`.
pub(super) const fn index(side: Side) -> usize {
    match side {
        Side::Client => 0,
        Side::Server => 1,
    }
}

/// The payload of a packet as far as it was captured.
pub(super) fn captured(packet: &TestPacket) -> &[u8] {
    let room = packet.envelope.snap_len.checked_sub(HEADERS_LEN).unwrap_or(usize::MAX);
    &packet.payload[..packet.payload.len().min(room)]
}

impl Case {
    /// A connection to which `mess` happens.
    pub(super) fn random(random: &mut Random, mess: Mess) -> Self {
        let isns = [isn(random), isn(random)];
        let streams = [stream(random), stream(random)];
        let case = Self { isns, streams, packets: Vec::new() };
        let handshake = [case.packet(Side::Client, 0, &[], SYN), case.packet(Side::Server, 0, &[], SYN | ACK)];
        let ends = [random.below(4), random.below(4)];
        let mut queues = [Side::Client, Side::Server].map(|side| case.cut(random, side, ends[index(side)]).into_iter());
        let mut packets = Vec::new();
        let mut said = [0, 0];
        while queues.iter().any(|queue| queue.len() > 0) {
            let from = random.below(2);
            packets.extend(queues[from].next().map(|packet| {
                said[from] += packet.payload.len();
                TestPacket { ack: case.seq(1 - from, said[1 - from]), ..packet }
            }));
        }
        if mess.overlap {
            for _ in 0..=random.below(4) {
                let segment = case.overlap(random, mess.conflict);
                packets.insert(random.below(packets.len() + 1), segment);
            }
        }
        if mess.conflict {
            for packet in &mut packets {
                packet.envelope.checksum = checksum(random);
            }
        }
        if mess.copies {
            for _ in 0..=random.below(4) {
                let copied = random.below(packets.len() + 2);
                let copy = handshake.get(copied).unwrap_or_else(|| &packets[copied - 2]).clone();
                packets.insert(random.below(packets.len() + 1), copy);
            }
        }
        // What is taken, and cannot be replaced any more, depends on when the handshake comes: there it is in front.
        let late = mess.order && !mess.conflict && random.one_in(4);
        if late {
            packets.splice(0..0, handshake.clone());
        }
        if mess.order {
            shuffle(random, &mut packets);
        }
        if !late {
            packets.splice(0..0, handshake);
        }
        if mess.loss {
            lose(random, &mut packets);
        }
        for (packet, at) in packets.iter_mut().zip(0..) {
            packet.time = START + at * 1_000_000;
        }
        Self { packets, ..case }
    }

    /// The sequence number of the byte at `offset` of a stream.
    fn seq(&self, side: usize, offset: usize) -> u32 {
        let offset = u32::try_from(offset).expect("a short stream");
        self.isns[side].wrapping_add(1).wrapping_add(offset)
    }

    fn packet(&self, side: Side, offset: usize, payload: &[u8], flags: u8) -> TestPacket {
        let ends = [(Ipv4Addr::new(192, 0, 2, 1), 1042), (Ipv4Addr::new(198, 51, 100, 5), 1863)];
        let [own, peer] = [side, side.other()].map(|side| SocketAddr::from(ends[index(side)]));
        let seq = self.seq(index(side), offset);
        TestPacket {
            time: START,
            conversation: 0,
            side,
            source: own,
            destination: peer,
            seq: if flags & SYN == 0 { seq } else { seq.wrapping_sub(1) },
            ack: self.seq(index(side.other()), 0),
            flags,
            options: Vec::new(),
            payload: payload.to_vec(),
            id: 1,
            ttl: 64,
            envelope: Envelope { link: Link::Ipv4, ..Envelope::default() },
        }
    }

    /// One stream in segments, with its FIN in the last or behind it, or without one.
    fn cut(&self, random: &mut Random, side: Side, end: usize) -> Vec<TestPacket> {
        let stream = &self.streams[index(side)];
        let mut cuts: Vec<usize> = (0..random.below(16)).map(|_| random.below(stream.len().max(1))).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        cuts.dedup();
        let segment = |ends: &[usize]| self.packet(side, ends[0], &stream[ends[0]..ends[1]], ACK);
        let mut packets: Vec<TestPacket> = cuts.windows(2).map(segment).collect();
        match packets.last_mut() {
            Some(last) if end == 0 => last.flags |= FIN,
            _ if end < 3 => packets.push(self.packet(side, stream.len(), &[], FIN | ACK)),
            _ => {}
        }
        packets
    }

    /// Bytes of either stream, whatever the segments' boundaries are.
    fn overlap(&self, random: &mut Random, conflict: bool) -> TestPacket {
        let side = if random.one_in(2) { Side::Client } else { Side::Server };
        let stream = &self.streams[index(side)];
        let end = stream.len() + if conflict { BEYOND_MAX } else { 0 };
        let from = random.below(end.max(1));
        let len_max = [1, 4, 40][random.below(3)];
        let len = 1 + random.below(len_max);
        let mut payload: Vec<u8> = stream.iter().skip(from).take(len).copied().collect();
        if conflict {
            payload.resize(len.min(end - from), b'x');
            // One run that differs, or nothing.
            let (at, run) = (random.below(payload.len()), random.below(6));
            payload.iter_mut().skip(at).take(run).for_each(|byte| *byte ^= 0x0f);
        }
        self.packet(side, from, &payload, ACK)
    }
}

/// Any number, often one from which a stream soon wraps.
fn isn(random: &mut Random) -> u32 {
    if random.one_in(2) {
        let before = u32::try_from(random.below(400)).expect("a small number");
        0_u32.wrapping_sub(before)
    } else {
        u32::try_from(random.next() >> 32).expect("half a number")
    }
}

fn stream(random: &mut Random) -> Vec<u8> {
    let len_max = [1, 12, 40, 120][random.below(4)];
    (0..random.below(len_max + 1)).map(|_| random.next().to_le_bytes()[0]).collect()
}

fn checksum(random: &mut Random) -> Checksum {
    [Checksum::Valid, Checksum::Valid, Checksum::Zero, Checksum::Wrong][random.below(4)]
}

/// Lets packets stray a little, or anywhere.
fn shuffle(random: &mut Random, packets: &mut [TestPacket]) {
    let distance = [3, 8, usize::MAX][random.below(3)];
    for place in (1..packets.len()).rev() {
        packets.swap(place, place - random.below(place.min(distance) + 1));
    }
}

/// Loses packets, and cuts some of the others. The SYN/ACK stays, for it alone tells where both streams start.
fn lose(random: &mut Random, packets: &mut Vec<TestPacket>) {
    let [lost, cut] = [2, 2].map(|least| least + random.below(8));
    packets.retain(|packet| packet.flags & (SYN | ACK) == SYN | ACK || !random.one_in(lost));
    for packet in packets.iter_mut().filter(|packet| !packet.payload.is_empty()) {
        if random.one_in(cut) {
            packet.envelope.snap_len = HEADERS_LEN + random.below(packet.payload.len() + 1);
        }
    }
}
