//! Scales: round numbers and round times along an axis.

use jiff::ToSpan;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::packet::{NANOS_PER_SECOND, Timestamp};

/// Round numbers from 0 to at least `most`, at most six of them.
pub(super) fn round_numbers(most: u64) -> Vec<u64> {
    let mut power = 1_u64;
    let step = loop {
        let step = [1, 2, 5].iter().map(|digit| power.saturating_mul(*digit)).find(|step| most.div_ceil(*step) <= 4);
        match (step, power.checked_mul(10)) {
            (Some(step), _) => break step,
            (None, Some(next)) => power = next,
            (None, None) => break power,
        }
    };
    (0..=most.div_ceil(step).max(1)).map(|number| number.saturating_mul(step)).collect()
}

/// The way from one round time to the next.
#[derive(Clone, Copy, Debug)]
enum Stride {
    Seconds(i64),
    Months(i32),
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Strides that people think in, the shortest first.
const STRIDES: [Stride; 30] = {
    use Stride::{Months, Seconds};
    [
        Seconds(1),
        Seconds(2),
        Seconds(5),
        Seconds(10),
        Seconds(15),
        Seconds(30),
        Seconds(MINUTE),
        Seconds(2 * MINUTE),
        Seconds(5 * MINUTE),
        Seconds(10 * MINUTE),
        Seconds(15 * MINUTE),
        Seconds(30 * MINUTE),
        Seconds(HOUR),
        Seconds(2 * HOUR),
        Seconds(3 * HOUR),
        Seconds(6 * HOUR),
        Seconds(12 * HOUR),
        Seconds(DAY),
        Seconds(2 * DAY),
        Seconds(4 * DAY),
        Seconds(7 * DAY),
        Months(1),
        Months(2),
        Months(3),
        Months(6),
        Months(12),
        Months(24),
        Months(60),
        Months(120),
        Months(1_200),
    ]
};

/// Round times from `first` to `last`, at most `most` of them, each with what it is called.
pub(super) fn round_times(first: Timestamp, last: Timestamp, most: usize) -> Vec<(Timestamp, String)> {
    let seconds = last.nanos_since(first) / NANOS_PER_SECOND;
    let fits = |stride: &Stride| {
        let length = match *stride {
            Stride::Seconds(seconds) => seconds,
            Stride::Months(months) => i64::from(months) * 30 * DAY,
        };
        seconds / length < i64::try_from(most).unwrap_or(i64::MAX)
    };
    let Some(stride) = STRIDES.into_iter().find(fits) else { return Vec::new() };
    let named = |time: Timestamp| (time, name(time.datetime(), stride));
    let inside = |time: &Timestamp| *time <= last;
    match stride {
        Stride::Seconds(seconds) => {
            let length = seconds * NANOS_PER_SECOND;
            let from = first.as_nanos().div_euclid(length) + i64::from(first.as_nanos().rem_euclid(length) > 0);
            let times = (from..).map(|number| Timestamp::from_nanos(number.saturating_mul(length)));
            times.take(most).take_while(inside).map(named).collect()
        }
        Stride::Months(months) => {
            let times = firsts_of_months(first, months).skip_while(|time| *time < first);
            times.take(most).take_while(inside).map(named).collect()
        }
    }
}

/// The first moments of every so many months, from the year of `first` on.
fn firsts_of_months(first: Timestamp, months: i32) -> impl Iterator<Item = Timestamp> {
    let years = i16::try_from(months / 12).unwrap_or(1).max(1);
    let year = first.year() - first.year().rem_euclid(years);
    let begins = DateTime::new(year, 1, 1, 0, 0, 0, 0).ok();
    let times = (0_i32..).map_while(move |number| {
        let time = begins?.checked_add(number.checked_mul(months)?.months()).ok()?;
        let second = Offset::UTC.to_timestamp(time).ok()?.as_second();
        Some(Timestamp::from_parts(second, 0))
    });
    // Years before 1677 have no time of this kind.
    times.skip_while(Option::is_none).map_while(|time| time)
}

fn name(time: DateTime, stride: Stride) -> String {
    let is_midnight = (time.hour(), time.minute(), time.second()) == (0, 0, 0);
    let form = match stride {
        Stride::Months(12..) => "%Y",
        Stride::Months(_) => "%b %Y",
        Stride::Seconds(DAY..) => "%-d %b",
        Stride::Seconds(_) if is_midnight => "%-d %b",
        Stride::Seconds(MINUTE..) => "%H:%M",
        Stride::Seconds(_) => "%H:%M:%S",
    };
    time.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::census::synthetic::NOON;

    fn names(seconds: i64) -> Vec<String> {
        let first = Timestamp::from_nanos(NOON);
        round_times(first, first.plus_seconds(seconds), 5).into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn numbers_are_round() {
        assert_eq!(round_numbers(0), [0, 1]);
        assert_eq!(round_numbers(3), [0, 1, 2, 3]);
        assert_eq!(round_numbers(1_204), [0, 500, 1_000, 1_500]);
    }

    #[test]
    fn times_are_round() {
        assert_eq!(names(11), ["12:00:00", "12:00:05", "12:00:10"]);
        assert_eq!(names(4 * HOUR), ["12:00", "13:00", "14:00", "15:00", "16:00"]);
        assert_eq!(names(2 * DAY), ["12:00", "15 Sep", "12:00", "16 Sep", "12:00"]);
        assert_eq!(names(200 * DAY), ["Nov 2003", "Jan 2004", "Mar 2004"]);
        assert_eq!(names(3_000 * DAY), ["2004", "2006", "2008", "2010"]);
    }

    proptest! {
        #[test]
        fn numbers_reach_the_most(most: u64) {
            let numbers = round_numbers(most);
            prop_assert!((2..=6).contains(&numbers.len()) && numbers.is_sorted());
            prop_assert!(numbers.last().is_some_and(|last| *last >= most));
        }

        #[test]
        fn times_are_inside_and_few(a: i64, b: i64) {
            let (first, last) = (Timestamp::from_nanos(a.min(b)), Timestamp::from_nanos(a.max(b)));
            let times = round_times(first, last, 5);
            prop_assert!(times.len() <= 5);
            prop_assert!(times.iter().all(|(time, _)| (first..=last).contains(time)));
            prop_assert!(times.is_sorted_by(|(one, _), (other, _)| one < other));
        }
    }
}
