//! TCP sequence numbers: 32 bits that wrap, and so are compared only through their distance.

use serde::{Deserialize, Serialize};

/// A TCP sequence number. It has no order of its own: `a` is before `b` only as seen from somewhere near both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SeqNumber(pub u32);

impl SeqNumber {
    /// The number `distance` after this one.
    #[must_use]
    pub const fn plus(self, distance: u32) -> Self {
        Self(self.0.wrapping_add(distance))
    }

    /// How far this number is ahead of `other`, from -2^31 to 2^31 - 1: negative if it is behind.
    pub const fn distance_from(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0).cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_is_taken_across_the_wrap() {
        assert_eq!(SeqNumber(2).distance_from(SeqNumber(u32::MAX)), 3);
        assert_eq!(SeqNumber(u32::MAX).distance_from(SeqNumber(2)), -3);
        assert_eq!(SeqNumber(u32::MAX).plus(1), SeqNumber(0));
    }
}
