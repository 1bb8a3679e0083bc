//! Random numbers that a seed repeats: where cases are counted in millions, strategies are too slow.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// The odd number by which the state of `SplitMix64` advances (Steele, Lea and Flood 2014).
const STRIDE: u64 = 0x9e37_79b9_7f4a_7c15;

/// The `SplitMix64` sequence.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The sequence of `seed`.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The sequence of case `number` in a run of `seed`: any case can be had without those before it.
    pub(crate) fn of_case(seed: u64, number: u64) -> Self {
        // Mixed, or case 1 would be case 0 without its first number.
        Self(Self(seed.wrapping_add(number.wrapping_mul(STRIDE))).next())
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STRIDE);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not zero.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(((self.next() >> 32) * bound as u64) >> 32).expect("below a bound in memory")
    }

    /// True once in `times`.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// The seed of a run: that of proptest's variable, which CI sets, or a new one.
pub(crate) fn seed() -> u64 {
    match std::env::var("PROPTEST_RNG_SEED") {
        Ok(seed) => seed.parse().unwrap_or_else(|error| panic!("PROPTEST_RNG_SEED={seed}: {error}")),
        Err(_) => RandomState::new().hash_one(0),
    }
}
