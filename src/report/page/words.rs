//! Words for the page: captured text cut to its place, dates, and sentences.

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::super::shown;
use super::super::summary::{cut, few_marks};
use crate::census::{Share, Verdict};
use crate::packet::Timestamp;
use crate::text::{Grouped, printable};

/// Columns of the longest text that is kept in full, to be shown where it is pointed at.
const FULL_MAX: usize = 300;

/// Text that may have been cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Word {
    /// As much as there is room for.
    pub(super) text: String,
    /// As much as is kept.
    pub(super) full: String,
}

impl Word {
    /// Captured text: without a handle, made printable.
    pub(super) fn captured(bytes: &[u8], columns: usize) -> Self {
        Self::of(&shown(bytes), columns)
    }

    /// A text of our own, with a path in it, maybe.
    pub(super) fn told(text: &str, columns: usize) -> Self {
        Self::of(&printable(text.as_bytes()), columns)
    }

    fn of(text: &str, columns: usize) -> Self {
        // The last two characters of a plane are none, by definition; no document may hold them.
        let is_none = |char: char| u32::from(char) & 0xFFFE == 0xFFFE;
        let text = few_marks(&text.replace(is_none, "\u{fffd}"));
        Self { text: fitted(&text, columns), full: fitted(&text, FULL_MAX) }
    }
}

/// `text` in at most so many columns.
fn fitted(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    cut(text.chars(), columns.saturating_sub(1)).chain(['…']).collect()
}

/// A verdict as people say it.
pub(super) fn said(verdict: Verdict) -> String {
    verdict.word().replace('_', " ")
}

/// A share as a percentage, as short as it can be without saying "nothing" or "all" of what is neither.
pub(super) fn percent(share: Share) -> String {
    let tenths = share.per(1_000);
    match tenths {
        0 if share.part > 0 => "<0.1%".to_owned(),
        1_000 if share.part < share.whole => ">99.9%".to_owned(),
        1_000 => "100%".to_owned(),
        _ => format!("{}.{}%", tenths / 10, tenths % 10),
    }
}

/// A number in four or five characters: `9,999`, `12.3k`, `1.2M`.
pub(super) fn compact(number: u64) -> String {
    let scaled = |unit: u64, sign: char| {
        let tenths = number / (unit / 10);
        if tenths >= 1_000 {
            format!("{}{sign}", Grouped(tenths / 10))
        } else {
            format!("{}.{}{sign}", tenths / 10, tenths % 10)
        }
    };
    match number {
        0..10_000 => Grouped(number).to_string(),
        10_000..1_000_000 => scaled(1_000, 'k'),
        _ => scaled(1_000_000, 'M'),
    }
}

/// That there are more than are shown: of one and of many.
pub(super) fn and_more(count: usize, [one, many]: [&str; 2]) -> String {
    format!("and {} more {}", Grouped(count as u64), if count == 1 { one } else { many })
}

/// The days of a period: `14 September 2003`, `14 to 16 September 2003`.
pub(super) fn days(first: Timestamp, last: Timestamp) -> String {
    let (from, to) = (first.datetime(), last.datetime());
    let end = to.strftime("%-d %B %Y");
    if from.date() == to.date() {
        end.to_string()
    } else if (from.year(), from.month()) == (to.year(), to.month()) {
        format!("{} to {end}", from.day())
    } else if from.year() == to.year() {
        format!("{} to {end}", from.strftime("%-d %B"))
    } else {
        format!("{} to {end}", from.strftime("%-d %B %Y"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_word_is_cut_and_kept_in_bounds() {
        let long = Word::captured("日本".repeat(4_096).as_bytes(), 7);
        assert_eq!(long.text, "日本日…");
        assert!(long.full.width() <= FULL_MAX && long.full.ends_with('…'));
        assert_eq!(Word::captured(b"user@example.com", 30).text, "(hidden)");
        assert_eq!(Word::captured(format!("e{}x", "\u{301}".repeat(40)).as_bytes(), 30).text.chars().count(), 6);
        assert_eq!(Word::captured("a\u{fffe}b\u{1ffff}".as_bytes(), 30).text, "a\u{fffd}b\u{fffd}");
    }

    #[test]
    fn numbers_are_short_and_never_nothing() {
        assert_eq!(
            [9_999, 12_345, 123_456, 999_999, 1_250_000, 5_000_000_000].map(compact),
            ["9,999", "12.3k", "123k", "999k", "1.2M", "5,000M"]
        );
        let percent = |part, whole| percent(Share { part, whole });
        assert_eq!(
            [percent(1, 9_999), percent(9_998, 9_999), percent(1, 3), percent(5, 5)],
            ["<0.1%", ">99.9%", "33.3%", "100%"]
        );
    }

    #[test]
    fn days_are_told_once() {
        let day = |day: i64| Timestamp::from_nanos(crate::census::synthetic::NOON).plus_seconds(day * 86_400);
        assert_eq!(days(day(0), day(0)), "14 September 2003");
        assert_eq!(days(day(0), day(2)), "14 to 16 September 2003");
        assert_eq!(days(day(0), day(20)), "14 September to 4 October 2003");
        assert_eq!(days(day(0), day(200)), "14 September 2003 to 1 April 2004");
    }
}
