//! From what two sides say to segments: handshake, sequence numbers, acknowledgements, closing, and now and then a segment
//! that is sent twice or overtaken by the next.

use super::connection::{ACK, FIN, PSH, SYN, Segment, Side};
use super::random::Random;

/// One data segment in so many is overtaken by the next one of its side.
const ONE_OVERTAKEN_IN: usize = 200;
/// One data segment in so many is sent again.
const ONE_REPEATED_IN: usize = 200;
/// A sender waits so long before it repeats itself: the least that Linux and Windows allow.
const REPEAT_AFTER_US: u32 = 200_000;
/// Microseconds between segments that leave together.
const INTERVAL_US: u32 = 150;

/// A connection in the making.
pub(super) struct Dialogue<'a> {
    random: &'a mut Random,
    segments: Vec<Segment>,
    /// Of client and server: the next sequence number.
    seqs: [u32; 2],
    /// Microseconds that the next segment is after the one before.
    wait_us: u32,
    round_trip_us: u32,
    segment_len_max: usize,
}

impl<'a> Dialogue<'a> {
    /// A connection that begins with its handshake.
    pub(super) fn open(random: &'a mut Random, segment_len_max: usize) -> Self {
        let number = random.next();
        let seqs = [number, number >> 32].map(|half| u32::try_from(half & 0xffff_ffff).expect("32 bits"));
        let round_trip_us = 20_000 + below(random, 130_000);
        let mut dialogue = Self { random, segments: Vec::new(), seqs, wait_us: 0, round_trip_us, segment_len_max };
        dialogue.send(Side::Client, SYN, 0, 0);
        dialogue.travel();
        dialogue.send(Side::Server, SYN | ACK, 0, 0);
        dialogue.acknowledge(Side::Client);
        dialogue
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.random.below(bound)
    }

    /// Up to twice `mean_us` pass.
    pub(super) fn think(&mut self, mean_us: u32) {
        self.wait_us += below(self.random, 2 * mean_us);
    }

    /// What the other side said travels here.
    pub(super) fn travel(&mut self) {
        self.wait_us += self.round_trip_us;
    }

    /// Says `len` bytes that lie at `from`. Of many segments each second is acknowledged; the last waits for an answer, or
    /// for [`acknowledge`](Self::acknowledge).
    pub(super) fn say(&mut self, side: Side, from: usize, len: usize) {
        let mut said = 0;
        for count in 1.. {
            let part = (len - said).min(self.segment_len_max);
            self.send(side, PSH | ACK, from + said, part);
            said += part;
            if said >= len {
                return;
            }
            self.wait_us += INTERVAL_US;
            if count % 2 == 0 {
                self.acknowledge(side.other());
            }
        }
    }

    /// `side` acknowledges what it has heard, and says nothing.
    pub(super) fn acknowledge(&mut self, side: Side) {
        self.wait_us += INTERVAL_US;
        self.send(side, ACK, 0, 0);
    }

    /// `side` ends the connection, and the other side agrees.
    pub(super) fn close(&mut self, side: Side) {
        self.send(side, FIN | ACK, 0, 0);
        self.travel();
        self.send(side.other(), ACK, 0, 0);
        self.wait_us += INTERVAL_US;
        self.send(side.other(), FIN | ACK, 0, 0);
        self.acknowledge(side);
    }

    /// The segments as they are captured.
    pub(super) fn segments(mut self) -> Vec<Segment> {
        self.disturb();
        self.segments
    }

    fn send(&mut self, side: Side, flags: u8, from: usize, len: usize) {
        let [client, server] = &mut self.seqs;
        let (own, other) = if side == Side::Client { (client, server) } else { (server, client) };
        let len = u16::try_from(len).expect("a segment");
        self.segments.push(Segment {
            wait_us: std::mem::take(&mut self.wait_us),
            seq: *own,
            ack: if flags & ACK == 0 { 0 } else { *other },
            from: u32::try_from(from).expect("a pool of less than 4 GiB"),
            len,
            flags,
            side,
        });
        *own = own.wrapping_add(u32::from(len) + u32::from(flags & (SYN | FIN) != 0));
    }

    /// Lets some segments overtake each other, and some be sent twice.
    fn disturb(&mut self) {
        for at in (0..self.segments.len()).rev() {
            let segment = self.segments[at];
            if segment.len == 0 {
                continue;
            }
            if self.random.one_in(ONE_REPEATED_IN) {
                self.segments.insert(at + 1, Segment { wait_us: REPEAT_AFTER_US, ..segment });
            } else if self.random.one_in(ONE_OVERTAKEN_IN) {
                self.let_overtake(at);
            }
        }
    }

    /// Lets the next segment of the same side come first, if it follows at once.
    fn let_overtake(&mut self, at: usize) {
        let Some([first, second]) = self.segments.get_mut(at..at + 2) else { return };
        if first.side == second.side && second.len > 0 {
            std::mem::swap(&mut first.wait_us, &mut second.wait_us);
            std::mem::swap(first, second);
        }
    }
}

fn below(random: &mut Random, bound: u32) -> u32 {
    u32::try_from(random.below(bound as usize)).expect("below a bound of 32 bits")
}
