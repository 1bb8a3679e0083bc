//! Version numbers: parts joined by dots, compared by number over the parts that both have.
//!
//! ```text
//! 14.0.8117.0416     client
//! 14.0.8117          server      equal: Microsoft answers four-part clients with three parts
//! 4.10 > 4.9                     numbers, neither text nor a decimal fraction
//! 7.5.0303P ? 7.5.0324           undetermined: the deciding part is not a number
//! 7.5.0303P < 8.1.0178           determined before the letter matters
//! ```
//!
//! * **Takes** the bytes of one word, as sent.
//! * **Gives** an order, or none where the text does not prove one; and a key that sorts as the numbers do.
//! * **Keeps** nothing but the borrowed text.
//! * **Leaves out** what the order means for a client: that is `census::Verdict`.

use std::cmp::Ordering;

/// Parts of the longest version that is read; four is the most that was ever seen.
const PARTS_MAX: usize = 8;

/// Digits of the largest part: 4294967295 has ten. Zeros in front count, so a row of zeros is not a number either.
const DIGITS_MAX: usize = 10;

/// A version such as `6.0.0602` or `14.0.8117.0416`, borrowed from the line that holds it.
///
/// ```
/// use std::cmp::Ordering;
///
/// use msncensus::cvr::Version;
///
/// let compare = |a: &str, b: &str| Version::parse(a.as_bytes())?.compare(&Version::parse(b.as_bytes())?);
/// assert_eq!(compare("4.10", "4.9"), Some(Ordering::Greater));
/// assert_eq!(compare("14.0.8117.0416", "14.0.8117"), Some(Ordering::Equal));
/// assert_eq!(compare("7.5.0303P", "7.5.0324"), None);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    text: &'a [u8],
}

impl<'a> Version<'a> {
    /// Reads `text`, or `None` if it is no version: it must begin with a digit, have one to eight parts, none of them
    /// empty, and every number must fit 32 bits. Letters behind digits (`7.5.0303P`, `1.0.0000,`) are let in: they
    /// matter only where they decide a comparison.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let version = Self { text };
        let begins_with_digit = text.first().is_some_and(u8::is_ascii_digit);
        let sound = begins_with_digit
            && version.parts().take(PARTS_MAX + 1).count() <= PARTS_MAX
            && version.parts().all(|part| !part.is_empty() && digits_fit(part));
        sound.then_some(version)
    }

    /// Compares part by part over the common prefix, so that `14.0.8117.0416` equals `14.0.8117`; zeros in front of a
    /// number do not count. `None` if the first parts that differ are not both plain numbers. Parts that are the
    /// same bytes are equal whatever they hold.
    pub fn compare(&self, other: &Version<'_>) -> Option<Ordering> {
        for (mine, theirs) in self.parts().zip(other.parts()) {
            if mine != theirs {
                let order = number(mine)?.cmp(&number(theirs)?);
                if order.is_ne() {
                    return Some(order);
                }
            }
        }
        Some(Ordering::Equal)
    }

    fn parts(&self) -> impl Iterator<Item = &'a [u8]> {
        self.text.split(|byte| *byte == b'.')
    }
}

/// A text that sorts versions as their numbers do: the `sort_key` column.
///
/// The number in front of each part is padded with zeros to ten digits, what follows it stays (escaped like a Rust
/// byte string), and dots stay: `4.10` gives `0000000004.0000000010` and `7.5.0303P` ends in `.0000000303P`. A part
/// that does not begin with a digit stays as it is, and one whose number is too long is marked by `~`; both sort
/// behind every number.
pub fn sort_key(version: &[u8]) -> String {
    let mut key = String::new();
    for (i, part) in version.split(|byte| *byte == b'.').enumerate() {
        if i > 0 {
            key.push('.');
        }
        let (digits, tail) = split_digits(part);
        match digits.len() {
            0 => {}
            1..=DIGITS_MAX => key.extend(std::iter::repeat_n('0', DIGITS_MAX - digits.len())),
            _ => key.push('~'),
        }
        key.extend(digits.escape_ascii().chain(tail.escape_ascii()).map(char::from));
    }
    key
}

fn digits_fit(part: &[u8]) -> bool {
    let (digits, _) = split_digits(part);
    digits.is_empty() || number(digits).is_some()
}

/// The value of a part that is nothing but digits.
fn number(part: &[u8]) -> Option<u32> {
    let plain = !part.is_empty() && part.len() <= DIGITS_MAX && part.iter().all(u8::is_ascii_digit);
    if plain { str::from_utf8(part).ok()?.parse().ok() } else { None }
}

fn split_digits(part: &[u8]) -> (&[u8], &[u8]) {
    let len = part.iter().take_while(|byte| byte.is_ascii_digit()).count();
    part.split_at_checked(len).unwrap_or((part, &[]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn compare(a: &[u8], b: &[u8]) -> Option<Ordering> {
        Version::parse(a)?.compare(&Version::parse(b)?)
    }

    /// `a < b`, `a = b`, `a > b`, or `a ? b` where the order is undetermined.
    #[track_caller]
    fn holds(relation: &str) {
        let words: Vec<&str> = relation.split(' ').collect();
        let [a, sign, b] = words[..] else { panic!("not a relation: {relation}") };
        let expected = match sign {
            "<" => Some(Ordering::Less),
            "=" => Some(Ordering::Equal),
            ">" => Some(Ordering::Greater),
            _ => None,
        };
        assert_eq!(compare(a.as_bytes(), b.as_bytes()), expected, "{relation}");
    }

    #[test]
    fn versions_compare_by_number_over_the_parts_that_both_have() {
        for relation in [
            "6.0.0602 = 6.0.0602",
            "6.0.0602 = 6.0.602",
            "6.0.0602 < 6.1.0211",
            "14.0.8064 > 8.1.0178",
            "4.10 > 4.9",
            "1.0.0863 > 1.0.537",
            "14.0.8117.0416 = 14.0.8117",
            "14.0.8117 = 14.0.8117.0416",
            "14.0.8117.416 = 14.0.8117.0416",
            "8.5.1288.816 < 8.5.1302",
            "2.8 < 3.0.0283",
            "0.74 < 6",
            "6 = 6.2.0208",
            "4294967295.0 > 4294967294.9",
        ] {
            holds(relation);
        }
    }

    #[test]
    fn a_part_that_is_no_number_decides_nothing() {
        for relation in [
            "7.5.0303P ? 7.5.0324",
            "7.5.0303P ? 7.5.0303",
            "7.5.0303P < 8.1.0178",
            "7.5.0303P = 7.5.0303P",
            "7.5.0303P = 7.5",
            "1.0.0000, ? 1.0.0000",
            "1.0.0000, < 6.0.0602",
            "1.x ? 1.0",
        ] {
            holds(relation);
        }
    }

    #[test]
    fn what_does_not_begin_with_a_number_or_does_not_fit_is_no_version() {
        for text in
            ["", ".", "6.", "6..1", "alpha1", "v14.17.0", "-1.0", "4294967296", "00000000006", "1.2.3.4.5.6.7.8.9"]
        {
            assert!(Version::parse(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn a_sort_key_sorts_as_the_numbers_do() {
        let ascending = [
            "0.74",
            "1.0.0537",
            "1.0.0863",
            "2.8",
            "4.9",
            "4.10",
            "6.0",
            "6.0.0602",
            "7.5.0303",
            "7.5.0303P",
            "14.0.8117",
            "14.0.8117.0416",
            "alpha1",
            "v14.17.0",
            "99999999999.0",
        ];
        for pair in ascending.windows(2) {
            assert!(sort_key(pair[0].as_bytes()) < sort_key(pair[1].as_bytes()), "{pair:?}");
        }
        assert_eq!(sort_key(b"4.10"), "0000000004.0000000010");
        assert_eq!(sort_key(b"1.\xff"), "0000000001.\\xff");
    }

    /// Texts near versions, so that equal prefixes, tails and long parts all happen.
    fn near_version() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![any::<Vec<u8>>(), "[0-9]{1,11}(\\.[0-9P,]{0,4}){0,4}".prop_map(String::into_bytes)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn comparison_is_reflexive_and_antisymmetric(a in near_version(), b in near_version()) {
            if let Some(version) = Version::parse(&a) {
                prop_assert_eq!(version.compare(&version), Some(Ordering::Equal));
            }
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).map(Ordering::reverse));
        }

        #[test]
        fn the_sort_key_agrees_with_the_comparison(
            a in "[0-9]{1,3}\\.[0-9]{1,4}\\.[0-9]{1,4}", b in "[0-9]{1,3}\\.[0-9]{1,4}\\.[0-9]{1,4}",
        ) {
            prop_assert_eq!(compare(a.as_bytes(), b.as_bytes()), Some(sort_key(a.as_bytes()).cmp(&sort_key(b.as_bytes()))));
        }

        #[test]
        fn any_bytes_have_a_sort_key(text in any::<Vec<u8>>()) {
            prop_assert!(sort_key(&text).is_ascii());
        }
    }
}
