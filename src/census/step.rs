//! The length of the buckets that the timeline counts in.

use crate::limits::BUCKETS_AUTO_MAX;
use crate::packet::{NANOS_PER_SECOND, Timestamp};

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;

/// Lengths that people think in, in seconds. The longest divides all the time that a [`Timestamp`] can tell, 585 years,
/// into fewer than [`BUCKETS_AUTO_MAX`].
const LENGTHS: [u32; 26] = [
    1,
    2,
    5,
    10,
    15,
    30,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    28 * DAY,
    91 * DAY,
    182 * DAY,
    364 * DAY,
    728 * DAY,
];

/// A number of seconds, not 0, by which time is cut into buckets. They are aligned to 1970-01-01 00:00 UTC, so days begin
/// at midnight and weeks on Thursdays, whatever was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    seconds: u32,
}

impl Default for Step {
    fn default() -> Self {
        Self { seconds: 1 }
    }
}

impl Step {
    /// Reads a number and a unit: `10s`, `5m`, `1h`, `1d`. `None` if it is no such thing, nothing, or longer than 136 years.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let unit = match unit {
            "s" => 1,
            "m" => MINUTE,
            "h" => HOUR,
            "d" => DAY,
            _ => return None,
        };
        let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = number.parse::<u32>().ok().filter(|_| is_plain)?.checked_mul(unit)?;
        (seconds > 0).then_some(Self { seconds })
    }

    /// The shortest of the usual lengths that cuts the time from `first` to `last` into at most [`BUCKETS_AUTO_MAX`].
    pub fn fitting(first: Timestamp, last: Timestamp) -> Self {
        let steps = LENGTHS.map(|seconds| Self { seconds });
        let fits = |step: &Self| step.index(last).saturating_sub(step.index(first)) < BUCKETS_AUTO_MAX;
        steps.into_iter().find(fits).or(steps.last().copied()).unwrap_or_default()
    }

    /// The length in seconds.
    pub const fn seconds(self) -> u32 {
        self.seconds
    }

    /// The number of the bucket that `time` is in; that of 1970-01-01 00:00 UTC is 0.
    pub(super) fn index(self, time: Timestamp) -> i64 {
        time.as_nanos().div_euclid(self.nanos())
    }

    /// When the bucket with this number begins.
    pub(super) fn start(self, index: i64) -> Timestamp {
        Timestamp::from_nanos(index.saturating_mul(self.nanos()))
    }

    fn nanos(self) -> i64 {
        i64::from(self.seconds) * NANOS_PER_SECOND
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(text: &str) -> Option<u32> {
        Step::parse(text).map(Step::seconds)
    }

    #[test]
    fn a_length_is_a_number_and_a_unit() {
        assert_eq!(["10s", "5m", "1h", "1d", "007d"].map(seconds), [10, 300, 3_600, 86_400, 604_800].map(Some));
        for text in ["", "h", "0s", "1", "-1h", "+1h", "1 h", "1w", "1.5h", "1é", "49711d", "4294967296s"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn buckets_are_aligned_in_utc_also_before_1970() {
        let day = Step::parse("1d").unwrap();
        let start = |nanos| day.start(day.index(Timestamp::from_nanos(nanos))).to_string();
        assert_eq!(start(1_063_540_800_250_000_000), "2003-09-14T00:00:00.000000000Z");
        assert_eq!(start(-1), "1969-12-31T00:00:00.000000000Z");
        assert!(start(i64::MIN).starts_with("1677-"), "as early as a time can be told");
    }

    #[test]
    fn the_longest_of_the_usual_lengths_is_long_enough_for_all_times() {
        let step = Step::fitting(Timestamp::from_nanos(i64::MIN), Timestamp::from_nanos(i64::MAX));
        assert_eq!(step.seconds(), 728 * DAY);
        assert_eq!(Step::fitting(Timestamp::default(), Timestamp::default()).seconds(), 1);
    }

    proptest! {
        #[test]
        fn the_fitting_length_is_the_shortest_that_fits(first in any::<i64>(), len in 0..i64::MAX) {
            let (first, last) = (Timestamp::from_nanos(first), Timestamp::from_nanos(first.saturating_add(len)));
            let buckets = |seconds| {
                let step = Step { seconds };
                step.index(last) - step.index(first) + 1
            };
            let fitting = Step::fitting(first, last).seconds();
            prop_assert!(buckets(fitting) <= BUCKETS_AUTO_MAX);
            for shorter in LENGTHS.into_iter().take_while(|seconds| *seconds < fitting) {
                prop_assert!(buckets(shorter) > BUCKETS_AUTO_MAX);
            }
        }
    }
}
