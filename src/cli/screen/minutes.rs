//! How often something happened in each minute of the last hour, by the capture's clock.

use msncensus::packet::{NANOS_PER_SECOND, Timestamp};

/// Minutes that are kept.
pub(super) const MINUTES: usize = 60;

/// A ring of minutes.
#[derive(Clone, Debug)]
pub(super) struct Minutes {
    counts: [u64; MINUTES],
    /// The latest minute, counted from 1970.
    latest: i64,
}

impl Default for Minutes {
    fn default() -> Self {
        Self { counts: [0; MINUTES], latest: i64::MIN }
    }
}

impl Minutes {
    /// Counts something; what is older than the ring is left out.
    pub(super) fn count(&mut self, time: Timestamp) {
        self.advance(time);
        let minute = minute(time);
        if minute > self.latest - SPAN
            && let Some(count) = self.counts.get_mut(slot(minute))
        {
            *count += 1;
        }
    }

    /// Lets time pass.
    pub(super) fn advance(&mut self, now: Timestamp) {
        let now = minute(now);
        // As many minutes as the ring has are new at most.
        let first = self.latest.saturating_add(1).max(now.saturating_sub(SPAN - 1));
        for minute in first..=now {
            if let Some(count) = self.counts.get_mut(slot(minute)) {
                *count = 0;
            }
        }
        self.latest = self.latest.max(now);
    }

    /// The oldest minute first, the present one last.
    pub(super) fn counts(&self) -> Vec<u64> {
        let minutes = self.latest.saturating_sub(SPAN - 1)..=self.latest;
        minutes.map(|minute| self.counts.get(slot(minute)).copied().unwrap_or_default()).collect()
    }
}

/// The same as a difference of minutes.
#[expect(clippy::cast_possible_wrap, reason = "it is 60")]
const SPAN: i64 = MINUTES as i64;

fn minute(time: Timestamp) -> i64 {
    time.as_nanos().div_euclid(60 * NANOS_PER_SECOND)
}

fn slot(minute: i64) -> usize {
    usize::try_from(minute.rem_euclid(SPAN)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::state::tests::at;
    use super::*;

    /// The minutes that are not empty, counted back from the present one.
    fn counted(minutes: &Minutes) -> Vec<(usize, u64)> {
        minutes.counts().into_iter().rev().enumerate().filter(|(_, count)| *count > 0).collect()
    }

    #[test]
    fn minutes_pass_and_the_oldest_are_forgotten() {
        let mut minutes = Minutes::default();
        assert_eq!(counted(&minutes), []);
        for second in [0, 59, 60, -60, -60 * 59, -60 * 60] {
            minutes.count(at(second));
        }
        // The last two were an hour before the minute that had begun by then, or longer.
        assert_eq!(counted(&minutes), [(0, 1), (1, 2), (2, 1)]);
        minutes.advance(at(120));
        assert_eq!(counted(&minutes), [(1, 1), (2, 2), (3, 1)]);
        minutes.advance(at(60 * 60));
        assert_eq!(counted(&minutes), [(59, 1)]);
        minutes.advance(at(60 * 60 * 24 * 365));
        assert_eq!(counted(&minutes), []);
        minutes.count(at(60 * 60 * 24 * 365));
        assert_eq!(minutes.counts().len(), MINUTES);
        assert_eq!(counted(&minutes), [(0, 1)]);
    }
}
