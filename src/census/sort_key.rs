//! Texts that sort as people count: `MSNP8` before `MSNP18`, `8.5` before `14.0`.

/// Digits to which a number is filled up: as many as the largest 32-bit number has.
const DIGITS: usize = 10;

/// `text` with every run of digits filled up with zeros to ten digits, so that comparing bytes compares numbers.
pub(super) fn natural(text: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(text.len() + 4 * DIGITS);
    for run in text.chunk_by(|a, b| a.is_ascii_digit() && b.is_ascii_digit()) {
        if run.first().is_some_and(u8::is_ascii_digit) {
            let zeros = run.iter().take_while(|digit| **digit == b'0').count();
            let number = run.get(zeros..).unwrap_or_default();
            key.extend(std::iter::repeat_n(b'0', DIGITS.saturating_sub(number.len())));
            key.extend_from_slice(number);
        } else {
            key.extend_from_slice(run);
        }
    }
    key
}

/// The key of a client version: the same in every table.
pub(super) fn version(text: &[u8]) -> Vec<u8> {
    crate::cvr::sort_key(text).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_by_value() {
        let mut versions = ["14.0.8117.0416", "8.5.1302", "1.0.0863", "1.0.537", "8.5"];
        versions.sort_by_key(|text| version(text.as_bytes()));
        assert_eq!(versions, ["1.0.537", "1.0.0863", "8.5", "8.5.1302", "14.0.8117.0416"]);
        assert!(natural(b"MSNP8") < natural(b"MSNP18"));
    }

    #[test]
    fn a_key_keeps_what_is_not_a_digit() {
        assert_eq!(natural(b"v6.00"), b"v0000000006.0000000000");
        assert_eq!(natural(b"12345678901x"), b"12345678901x");
        assert_eq!(natural(b""), b"");
    }
}
