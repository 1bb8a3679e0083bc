//! Where reading can go on after damage.
//!
//! It takes a buffer behind the place that made no sense; moves it to the next place from which records
//! [follow one another](super::chain); keeps nothing; and leaves out what the skipped bytes held. It looks at every
//! byte, since what is missing need not be a multiple of anything. The work grows with the bytes skipped: a place that
//! looks like a record costs three looks, whatever the bytes say.

use super::buffer::Buffer;
use super::chain::{Chain, Judgement, chain};
use crate::limits::RECOVERY_LEN;
use crate::packet::Timestamp;

/// What a search came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// The buffer stands in front of a record.
    Found,
    /// There is none until the end.
    Ended,
    /// There is none so far, and the file grows.
    NotYet,
}

/// Goes to the next place where records follow one another.
pub(super) fn search(
    buffer: &mut Buffer,
    near: Option<Timestamp>,
    judge: impl Fn(&[u8], Option<Timestamp>) -> Judgement,
) -> Search {
    buffer.reserve(RECOVERY_LEN);
    loop {
        let held = buffer.fill(1);
        if held.is_empty() {
            return if buffer.grows() { Search::NotYet } else { Search::Ended };
        }
        let could_be = |at: &usize| !matches!(judge(held.get(*at..).unwrap_or_default(), near), Judgement::No);
        let candidate = (0..held.len()).find(could_be).unwrap_or(held.len());
        buffer.take(candidate);
        if buffer.held().is_empty() {
            continue;
        }
        match chain(buffer, near, &judge) {
            Chain::Holds => return Search::Found,
            Chain::NotYet => return Search::NotYet,
            Chain::Breaks => {
                buffer.take(1);
            }
        }
    }
}
