//! A fraction of a whole, printed exactly.

use std::fmt;

/// `part` of `whole`; a share of nothing is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many have the property.
    pub part: u64,
    /// How many there are.
    pub whole: u64,
}

impl Share {
    /// The fraction in parts of `scale`, rounded to the nearest, halves up: `per(100)` is the percentage.
    pub fn per(self, scale: u64) -> u64 {
        let (part, whole) = (u128::from(self.part), u128::from(self.whole));
        let doubled = part.saturating_mul(2).saturating_mul(u128::from(scale)).saturating_add(whole);
        let rounded = doubled.checked_div(whole.saturating_mul(2)).unwrap_or_default();
        u64::try_from(rounded).unwrap_or(u64::MAX)
    }

    /// How many of `width` columns stand for it; something is never shown as nothing.
    pub fn columns(self, width: usize) -> usize {
        let columns = usize::try_from(self.per(width as u64)).unwrap_or(width).min(width);
        if self.part == 0 { 0 } else { columns.max(1) }
    }

    /// A percentage with one decimal in six columns.
    pub fn percent(self) -> String {
        let tenths = self.per(1_000);
        format!("{:>3}.{}%", tenths / 10, tenths % 10)
    }

    /// The fraction in millionths, as the tables print it.
    pub fn millionths(self) -> u64 {
        self.per(1_000_000)
    }
}

impl fmt::Display for Share {
    /// Six decimals: `0.333333`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millionths = self.millionths();
        write!(f, "{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_has_six_exact_decimals() {
        let print = |part, whole| Share { part, whole }.to_string();
        assert_eq!(print(1, 3), "0.333333");
        assert_eq!(print(2, 3), "0.666667");
        assert_eq!(print(1, 2_000_000), "0.000001");
        assert_eq!(print(5, 5), "1.000000");
        assert_eq!(print(u64::MAX, u64::MAX), "1.000000");
        assert_eq!(print(0, 0), "0.000000");
        assert_eq!(Share { part: 1, whole: 8 }.per(100), 13);
    }
}
