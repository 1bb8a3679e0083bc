//! Packets between the thread that listens and the one that looks at them.
//!
//! ```text
//! listener ─ fills ─► Block ─── full ───► Block Block ... ───► the run
//!               ▲                                                 │
//!               └────────────────── spare ────────────────────────┘
//! ```
//!
//! Neither end ever waits for the other here. There are as many blocks as fit into [`QUEUE_LEN`], made when they are first
//! needed. One that is not full goes out only if nobody has anything to do; so a queue of nearly empty blocks cannot be
//! full. The block that was used last is filled next, and of those that are spare after a rush most are given back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::capture::Arrival;
use crate::limits::{QUEUE_BLOCK_LEN, QUEUE_LEN};
use crate::packet::Timestamp;

/// Spare blocks that are kept: a line that is usually busy needs fewer.
const SPARE_MAX: usize = 8;

/// Packets, one after the other.
#[derive(Default)]
pub(super) struct Block {
    bytes: Vec<u8>,
    records: Vec<Record>,
}

/// Where a packet ends in the bytes of its block, and what is known of it.
#[derive(Clone, Copy)]
struct Record {
    time: Timestamp,
    end: usize,
    original_len: u32,
}

impl Block {
    /// Takes a packet, if it has room for it. One that is empty has.
    fn push(&mut self, arrival: Arrival<'_>) -> bool {
        let taken = self.bytes.len() + self.records.len() * size_of::<Record>();
        if taken + arrival.data.len() > QUEUE_BLOCK_LEN && !self.records.is_empty() {
            return false;
        }
        self.bytes.extend_from_slice(arrival.data);
        let Arrival { time, original_len, .. } = arrival;
        self.records.push(Record { time, end: self.bytes.len(), original_len });
        true
    }

    /// The packet with that number, from 0 on.
    #[inline]
    pub(super) fn get(&self, number: usize) -> Option<Arrival<'_>> {
        let Record { time, end, original_len } = *self.records.get(number)?;
        let begin = number.checked_sub(1).and_then(|before| self.records.get(before)).map_or(0, |before| before.end);
        Some(Arrival { time, data: self.bytes.get(begin..end)?, original_len })
    }
}

/// Makes both ends of a queue.
pub(super) fn queue() -> (Filler, Taker) {
    let (to_taker, full) = channel();
    let (to_filler, spare) = channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let unmade = QUEUE_LEN / QUEUE_BLOCK_LEN;
    let filler = Filler {
        block: Block::default(),
        full: to_taker,
        spare,
        kept: Vec::new(),
        unmade,
        waiting: Arc::clone(&waiting),
        overload: 0,
    };
    (filler, Taker { full, spare: to_filler, waiting })
}

/// The end of the thread that listens.
pub(super) struct Filler {
    block: Block,
    full: Sender<Block>,
    spare: Receiver<Block>,
    /// Blocks to be filled, the one that was used last at the end.
    kept: Vec<Block>,
    /// Blocks that are not there, and may be.
    unmade: usize,
    /// Blocks that nobody has taken yet.
    waiting: Arc<AtomicUsize>,
    /// Packets for which there was no room.
    pub(super) overload: u64,
}

impl Filler {
    /// Takes a packet, or counts it if there is no room.
    pub(super) fn push(&mut self, arrival: Arrival<'_>) {
        let is_taken = self.block.push(arrival) || self.hand_over() && self.block.push(arrival);
        self.overload += u64::from(!is_taken);
    }

    /// Hands over what there is, if somebody has nothing to do.
    pub(super) fn flush(&mut self) {
        if self.waiting.load(Ordering::Acquire) == 0 {
            self.finish();
        }
    }

    /// Hands over what there is.
    pub(super) fn finish(&mut self) {
        if !self.block.records.is_empty() {
            self.hand_over();
        }
    }

    /// Hands over the block, if there is another one to fill.
    fn hand_over(&mut self) -> bool {
        self.kept.extend(self.spare.try_iter());
        let surplus = self.kept.len().saturating_sub(SPARE_MAX);
        self.unmade += self.kept.drain(..surplus).count();
        let next = self.kept.pop().or_else(|| {
            self.unmade = self.unmade.checked_sub(1)?;
            Some(Block::default())
        });
        let Some(next) = next else { return false };
        self.waiting.fetch_add(1, Ordering::AcqRel);
        // If nobody is there any more, the packets do not matter.
        self.full.send(std::mem::replace(&mut self.block, next)).ok();
        true
    }
}

/// The end of the run.
pub(super) struct Taker {
    full: Receiver<Block>,
    spare: Sender<Block>,
    waiting: Arc<AtomicUsize>,
}

impl Taker {
    /// Exchanges a block that was used for the next one, if one comes in time. The error says that none will come.
    pub(super) fn exchange(&self, used: &mut Block, patience: Duration) -> Result<bool, ()> {
        match self.full.recv_timeout(patience) {
            Ok(next) => {
                self.waiting.fetch_sub(1, Ordering::AcqRel);
                let mut used = std::mem::replace(used, next);
                used.bytes.clear();
                used.records.clear();
                if used.bytes.capacity() > 0 {
                    // If nobody fills blocks any more, it is not needed.
                    self.spare.send(used).ok();
                }
                Ok(true)
            }
            Err(RecvTimeoutError::Timeout) => Ok(false),
            Err(RecvTimeoutError::Disconnected) => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(data: &[u8]) -> Arrival<'_> {
        Arrival { time: Timestamp::default(), data, original_len: 7 }
    }

    /// The packets that are there, and whether others may come. The last block stays in `block`.
    fn taken(queue: &Taker, block: &mut Block) -> (Vec<Vec<u8>>, bool) {
        let mut packets = Vec::new();
        loop {
            match queue.exchange(block, Duration::ZERO) {
                Ok(true) => {
                    let arrivals = (0..).map_while(|number| block.get(number));
                    packets.extend(arrivals.map(|arrival| arrival.data.to_vec()));
                }
                Ok(false) => return (packets, true),
                Err(()) => return (packets, false),
            }
        }
    }

    #[test]
    fn packets_come_in_order_until_their_source_is_gone() {
        let ((mut filler, taker), mut block) = (queue(), Block::default());
        let packets: Vec<Vec<u8>> = (0..=255_u8).map(|byte| vec![byte; usize::from(byte) * 100]).collect();
        for packet in &packets {
            filler.push(arrival(packet));
        }
        filler.finish();
        assert_eq!(taken(&taker, &mut block), (packets, true));
        filler.push(arrival(b"last"));
        filler.finish();
        drop(filler);
        assert_eq!(taken(&taker, &mut block), (vec![b"last".to_vec()], false));
    }

    #[test]
    fn a_block_that_is_not_full_waits_while_another_one_does() {
        let ((mut filler, taker), mut block) = (queue(), Block::default());
        for packet in [b"a", b"b", b"c"] {
            filler.push(arrival(packet));
            filler.flush();
        }
        assert_eq!(taken(&taker, &mut block).0, [b"a"]);
        filler.flush();
        assert_eq!(taken(&taker, &mut block).0, [b"b", b"c"]);
    }

    #[test]
    fn k11_a_rush_leaves_no_memory_behind() {
        let ((mut filler, taker), mut block) = (queue(), Block::default());
        let packet = vec![0; QUEUE_BLOCK_LEN / 4];
        let blocks = QUEUE_LEN / QUEUE_BLOCK_LEN;
        for _ in 0..3 * blocks {
            filler.push(arrival(&packet));
        }
        let unmade_in_the_rush = filler.unmade;
        taken(&taker, &mut block);
        (0..4).for_each(|_| filler.push(arrival(&packet)));
        // One is being filled, one waits, one is where it was used.
        assert!(unmade_in_the_rush <= 1 && filler.kept.len() <= SPARE_MAX);
        assert!(filler.unmade >= blocks - SPARE_MAX - 3, "{} of {blocks}", filler.unmade);
    }

    /// As many packets as there is room for, in blocks of any age, and not one more.
    #[test]
    fn k10_what_finds_no_room_is_counted() {
        let ((mut filler, taker), mut block) = (queue(), Block::default());
        let packet = vec![0; QUEUE_BLOCK_LEN / 4];
        let blocks = QUEUE_LEN / QUEUE_BLOCK_LEN;
        // One more than wait is being filled; later, one of those is where it is used.
        for room in [3 * (blocks + 1), 3 * blocks] {
            filler.overload = 0;
            for _ in 0..room + 10 {
                filler.push(arrival(&packet));
            }
            assert_eq!(filler.overload, 10);
            let first = taken(&taker, &mut block).0.len();
            filler.finish();
            assert_eq!(first + taken(&taker, &mut block).0.len(), room);
        }
    }
}
