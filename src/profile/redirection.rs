//! The ninth parameter of MSNP21: what a client carries from one server to the next.
//!
//! ```text
//! VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDINCklzR2VvWGZyOiB0cnVlDQo=     as sent: base64 of a small block of headers
//! Version: 1; XfrCount: 2; IsGeoXfr: true                      as told here
//! ```
//!
//! The lines of the block end with CR LF; some clients leave the last one out. A client that was not redirected may send
//! a literal `0`, which is no such block. Sources: section 1.2 of the wire reference.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Base64 with or without the signs that fill its end.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The headers that `word` holds, joined by `; `; `None` if it is anything else than the base64 of headers.
pub fn redirection(word: &[u8]) -> Option<String> {
    let block = String::from_utf8(BASE64.decode(word).ok()?).ok()?;
    let lines: Vec<&str> = block.strip_suffix("\r\n").unwrap_or(&block).split("\r\n").collect();
    lines.iter().all(|line| is_header(line)).then(|| lines.join("; "))
}

/// A name of letters, digits and hyphens, and a value that cannot be taken for the beginning of the next header.
fn is_header(line: &str) -> bool {
    let Some((name, value)) = line.split_once(": ") else { return false };
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && value.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b';')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blocks_seen_are_told_in_one_line() {
        for (word, expected) in [
            ("VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDENCg==", "Version: 1; XfrCount: 1"),
            ("VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDINCg==", "Version: 1; XfrCount: 2"),
            ("VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDINCklzR2VvWGZyOiB0cnVlDQo=", "Version: 1; XfrCount: 2; IsGeoXfr: true"),
            // Without the last line ending, and without padding.
            ("VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDE=", "Version: 1; XfrCount: 1"),
            ("VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDE", "Version: 1; XfrCount: 1"),
            (
                "VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDINClhmclNlbnRVVENUaW1lOiA2MzU2MTQ3OTU5NzgzOTAwMDANCklzR2VvWGZyOiB0cnVlDQo=",
                "Version: 1; XfrCount: 2; XfrSentUTCTime: 635614795978390000; IsGeoXfr: true",
            ),
        ] {
            assert_eq!(redirection(word.as_bytes()).as_deref(), Some(expected), "{word}");
        }
    }

    #[test]
    fn anything_else_is_no_block() {
        let encoded = |block: &[u8]| BASE64.encode(block);
        for word in ["", "0", "1234", "Messenger", "VmVyc2lvbjogMQ0K!", "\u{e9}"] {
            assert_eq!(redirection(word.as_bytes()), None, "{word}");
        }
        for block in [
            &b"Version: 1\nXfrCount: 1\n"[..],
            b"Version: 1\r\n\r\n",
            b"Version 1\r\n",
            b": 1\r\n",
            b"Version: \x1b[2J",
            b"Version: \xff",
            b"Version: 1; XfrCount: 1",
        ] {
            assert_eq!(redirection(encoded(block).as_bytes()), None, "{}", block.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn any_headers_come_back(headers in proptest::collection::vec("[A-Za-z0-9-]{1,8}: [ -:<-~]{0,8}", 1..5)) {
            let word = BASE64.encode(headers.join("\r\n"));
            prop_assert_eq!(redirection(word.as_bytes()), Some(headers.join("; ")));
        }

        #[test]
        fn any_bytes_are_borne(word in any::<Vec<u8>>()) {
            prop_assert!(redirection(&word).is_none_or(|text| text.is_ascii()));
        }
    }
}
