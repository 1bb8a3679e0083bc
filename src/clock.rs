//! The capture's clock, as far as it can be believed.
//!
//! Time-outs are judged by the latest time seen. A clock that runs backwards or stands still expires nothing; a jump
//! forward counts only once many packets in a row confirm it, for one bad record must not expire every connection.
//!
//! It takes the time of every packet, in the order of reading, and gives the [`Moment`] by which [`net`](crate::net)
//! and [`tcp`](crate::tcp) judge what they keep.
//!
//! ```
//! use msncensus::clock::Clock;
//! use msncensus::packet::Timestamp;
//!
//! let mut clock = Clock::at(Timestamp::from_nanos(1_075_830_330_000_000_000));
//! let years_later = clock.last().now.plus_seconds(10 * 365 * 24 * 3600);
//! let moment = clock.moment(years_later);
//! assert!(moment.now < years_later && moment.seen == years_later);
//! ```

use crate::limits::{CLOCK_JUMP_MAX_S, CLOCK_JUMP_PACKETS};
use crate::packet::{NANOS_PER_SECOND, Timestamp};

/// The latest time that is believed.
#[derive(Debug, Default)]
pub struct Clock {
    now: Option<Timestamp>,
    /// Packets in a row beyond a jump.
    beyond_jump: u32,
}

/// A moment, by two clocks that differ only while a jump forward is not yet believed.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The time that is believed: by it, things expire.
    pub now: Timestamp,
    /// The packet's own time, where it is later: by it, what happens is dated. If the jump proves true, what happened
    /// just before must not look old.
    pub seen: Timestamp,
}

impl From<Timestamp> for Moment {
    fn from(now: Timestamp) -> Self {
        Self { now, seen: now }
    }
}

impl Clock {
    /// A clock that stands at a moment that is believed.
    pub const fn at(now: Timestamp) -> Self {
        Self { now: Some(now), beyond_jump: 0 }
    }

    /// Takes the time of a packet and returns the moment that it is now.
    #[inline]
    pub fn moment(&mut self, time: Timestamp) -> Moment {
        let now = self.advance(time);
        Moment { now, seen: now.max(time) }
    }

    /// The latest moment that is believed.
    pub fn last(&self) -> Moment {
        self.now.unwrap_or_default().into()
    }

    /// The same, if any packet has come.
    pub const fn now(&self) -> Option<Timestamp> {
        self.now
    }

    /// Takes the time of a packet and returns the time that it is now.
    #[inline]
    fn advance(&mut self, time: Timestamp) -> Timestamp {
        let now = *self.now.get_or_insert(time);
        let ahead = time.nanos_since(now);
        if ahead > CLOCK_JUMP_MAX_S * NANOS_PER_SECOND {
            self.beyond_jump += 1;
            if self.beyond_jump < CLOCK_JUMP_PACKETS {
                return now;
            }
        }
        self.beyond_jump = 0;
        let now = now.max(time);
        self.now = Some(now);
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_nanos(seconds * NANOS_PER_SECOND)
    }

    #[test]
    fn g1_a_clock_that_runs_backwards_stands_still() {
        let mut clock = Clock::default();
        assert_eq!(clock.moment(at(100)).now, at(100));
        assert_eq!(clock.moment(at(50)).now, at(100));
        assert_eq!(clock.moment(at(101)).now, at(101));
    }

    #[test]
    fn g3_one_packet_from_the_future_does_not_move_the_clock() {
        let mut clock = Clock::default();
        clock.moment(at(0));
        assert_eq!(clock.moment(at(1_000_000)).now, at(0));
        assert_eq!(clock.moment(at(2)).now, at(2));
    }

    #[test]
    fn g3_a_hundred_packets_confirm_a_jump() {
        let mut clock = Clock::default();
        clock.moment(at(0));
        for _ in 1..CLOCK_JUMP_PACKETS {
            assert_eq!(clock.moment(at(1_000_000)).now, at(0));
        }
        assert_eq!(clock.moment(at(1_000_000)).now, at(1_000_000));
    }
}
