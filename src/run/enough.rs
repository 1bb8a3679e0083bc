//! When a run ends although there is more to read.

use std::time::{Duration, Instant};

use crate::census::Step;
use crate::packet::Timestamp;

/// What ends a run before its inputs do, or the person who started it: whichever is reached first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Enough {
    /// So many packets.
    pub packets: Option<u64>,
    /// So many exchanges. Those that come out because the run ends are not held back.
    pub exchanges: Option<u64>,
    /// So much time, by the clock on the wall.
    pub duration: Option<Duration>,
}

/// What is left of it.
pub(super) struct Left {
    packets: u64,
    exchanges: u64,
    until: Option<Instant>,
}

impl Enough {
    /// The length of the timeline's buckets that fits: an hour, where nobody knows how long it will take.
    pub(super) fn step(self) -> Step {
        let seconds = self.duration.and_then(|duration| i64::try_from(duration.as_secs()).ok());
        let fitting = |seconds| Step::fitting(Timestamp::default(), Timestamp::default().plus_seconds(seconds));
        seconds.map_or_else(|| Step::parse("1h").unwrap_or_default(), fitting)
    }

    /// All of it is left, from now on.
    pub(super) fn begin(self) -> Left {
        Left {
            packets: self.packets.unwrap_or(u64::MAX),
            exchanges: self.exchanges.unwrap_or(u64::MAX),
            until: self.duration.and_then(|duration| Instant::now().checked_add(duration)),
        }
    }
}

impl Left {
    /// Takes away what was read.
    pub(super) const fn spend(&mut self, packets: u64) {
        self.packets = self.packets.saturating_sub(packets);
    }

    /// So many of the next `packets` may be read.
    pub(super) fn packets(&self, packets: u64) -> u64 {
        self.packets.min(packets)
    }

    /// Whether exchanges are counted.
    pub(super) const fn counts_exchanges(&self) -> bool {
        self.exchanges < u64::MAX
    }

    /// Whether the end is reached, with so many exchanges.
    pub(super) fn is_over(&self, exchanges: u64) -> bool {
        self.packets == 0 || exchanges >= self.exchanges || self.until.is_some_and(|until| until <= Instant::now())
    }
}
