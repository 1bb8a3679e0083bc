//! Whether the machine that captured leaves checksums to its network card.

use serde::{Deserialize, Serialize};

use crate::limits::CHECKSUMS_SAMPLED;

/// What the first TCP checksums of an input say about the machine that captured it (case F5): one that leaves them to its
/// network card sees its own segments before they have any. Only the connections followed are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecksumSample {
    /// Segments whose checksum could be checked, up to [`CHECKSUMS_SAMPLED`].
    pub checked: u64,
    /// Those of them whose checksum is wrong.
    pub bad: u64,
}

impl ChecksumSample {
    /// Takes the next segment that could be checked.
    pub fn note(&mut self, is_bad: bool) {
        if self.checked < CHECKSUMS_SAMPLED {
            self.checked += 1;
            self.bad += u64::from(is_bad);
        }
    }

    /// Puts a part of the sample, taken `again`, in the place of what it was `before`. A full sample stays: nobody knows what
    /// comes behind it.
    pub(super) fn replace(&mut self, before: Self, again: Self) {
        let checked = (self.checked + again.checked).saturating_sub(before.checked);
        if self.checked < CHECKSUMS_SAMPLED && checked <= CHECKSUMS_SAMPLED {
            *self = Self { checked, bad: (self.bad + again.bad).saturating_sub(before.bad) };
        }
    }

    /// Whether so many are wrong that damage on the way does not explain it: more than a tenth.
    pub const fn tells_of_offload(&self) -> bool {
        self.bad * 10 > self.checked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f5_more_than_a_tenth_of_the_first_checksums_tells_of_offload() {
        let told = |bad: u64, right: u64| {
            let mut sample = ChecksumSample::default();
            (0..bad).for_each(|_| sample.note(true));
            (0..right).for_each(|_| sample.note(false));
            sample.tells_of_offload()
        };
        assert!([(0, 0), (0, 5), (1, 9), (100, 900)].iter().all(|&(bad, right)| !told(bad, right)));
        assert!([(1, 0), (2, 9), (101, 899), (101, 100_000)].iter().all(|&(bad, right)| told(bad, right)));
        // What comes behind the first thousand says nothing.
        let mut sample = ChecksumSample::default();
        (0..CHECKSUMS_SAMPLED).for_each(|_| sample.note(false));
        (0..5_000).for_each(|_| sample.note(true));
        assert_eq!(sample, ChecksumSample { checked: 1_000, bad: 0 });
    }

    #[test]
    fn a_part_of_a_sample_is_replaced_unless_the_sample_is_full() {
        let sample = |checked, bad| ChecksumSample { checked, bad };
        for (own, before, again, expected) in [
            (sample(30, 3), sample(10, 2), sample(12, 1), sample(32, 2)),
            (sample(10, 2), sample(10, 2), sample(0, 0), sample(0, 0)),
            (sample(CHECKSUMS_SAMPLED, 3), sample(10, 2), sample(5, 1), sample(CHECKSUMS_SAMPLED, 3)),
            (sample(CHECKSUMS_SAMPLED - 1, 3), sample(1, 0), sample(9, 9), sample(CHECKSUMS_SAMPLED - 1, 3)),
        ] {
            let mut sample = own;
            sample.replace(before, again);
            assert_eq!(sample, expected);
        }
    }
}
