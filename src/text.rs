//! Text for people: captured text made safe to show in a cell, on a terminal, in a spreadsheet; and numbers.
//!
//! Captured text takes two steps, both of which can be undone:
//!
//! * [`printable`] writes what is not plain text as `\xNN`, one for each byte, and a backslash as `\x5C` where it would
//!   otherwise look like such an escape. Reading every `\xNN` as its byte gives the captured bytes back, so different
//!   bytes never look alike in a table.
//! * [`formula`] tells which cells a spreadsheet would run; such a cell gets one leading apostrophe. Taking one
//!   apostrophe from every cell that is apostrophes and then a formula gives the text back.
//!
//! ```
//! use msncensus::text::{formula, printable};
//!
//! assert_eq!(printable(b"caf\xe9\x1b[2J"), r"caf\xE9\x1B[2J");
//! assert!(formula("=1+1") && !formula("a=1"));
//! ```
//!
//! Where a spreadsheet would take it for a number ([`looks_like_number`]) it can have an apostrophe too.

use std::borrow::Cow;
use std::fmt::{self, Write};

use crate::packet::NANOS_PER_SECOND;

/// `bytes` as text. What is not UTF-8, control characters, line separators and the characters that turn the direction
/// of writing or are not seen at all (with which one address can be made to look like another) become `\xNN`.
pub fn printable(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(bytes)
        && (is_plain(bytes) || !text.char_indices().any(|(at, char)| is_escaped(char, text, at)))
    {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        let text = chunk.valid();
        for (at, char) in text.char_indices() {
            if is_escaped(char, text, at) {
                escape(&mut shown, char.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                shown.push(char);
            }
        }
        escape(&mut shown, chunk.invalid());
    }
    Cow::Owned(shown)
}

/// Appends to `text` what [`printable`] makes of `bytes`.
pub fn push_printable(text: &mut Vec<u8>, bytes: &[u8]) {
    if is_plain(bytes) {
        text.extend_from_slice(bytes);
    } else {
        text.extend_from_slice(printable(bytes).as_bytes());
    }
}

/// Whether a spreadsheet would run `text` as a formula: it begins with `=`, `+`, `-`, `@`, a tab or a carriage return, or
/// the wide form of one. Leading apostrophes are looked through, so that adding one can always be undone.
pub fn formula(text: &str) -> bool {
    let signs = ['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    text.trim_start_matches('\'').starts_with(signs)
}

/// Whether a spreadsheet would make a number, a date or a time of `text`, in whatever language it speaks: digits with signs between
/// them, in at most three groups (`4.10`, `3.5.1`, `12:00`) or in groups of three (`192.168.100.200`). Behind an apostrophe any
/// number of groups is, so that adding one can always be undone.
pub fn looks_like_number(text: &str) -> bool {
    let bare = text.trim_start_matches('\'');
    let is_number_like = bare.starts_with(|first: char| first.is_ascii_digit())
        && bare.bytes().all(|byte| byte.is_ascii_digit() || b".,:/- %eE".contains(&byte));
    let mut groups = bare.split(|char: char| !char.is_ascii_digit()).skip(1);
    is_number_like && (bare.len() < text.len() || groups.clone().count() < 3 || groups.all(|group| group.len() == 3))
}

/// A number with a comma between thousands: `1,204,112`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grouped(pub u64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let mut text = String::with_capacity(digits.len() + digits.len() / 3);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        f.pad(&text)
    }
}

/// A number and what it counts: `1 packet`, `1,204 packets`.
pub fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", Grouped(number), if number == 1 { "" } else { "s" })
}

/// How often something happened: `once`, `1,204 times`.
pub fn often(times: u64) -> String {
    if times == 1 { "once".to_owned() } else { counted(times, "time") }
}

/// Bytes in hexadecimal: two small digits each.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xf])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// The two largest units of a length of time; a year has 365 days here.
pub fn duration(nanos: i64) -> String {
    let seconds = nanos / NANOS_PER_SECOND;
    let days = seconds / 86_400;
    match (days / 365, days % 365, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, 0, seconds) => format!("{seconds} s"),
        (0, 0, 0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (0, 0, hours, minutes, _) => format!("{hours} h {minutes} min"),
        (0, days, hours, ..) => format!("{days} d {hours} h"),
        (years, days, ..) => format!("{years} y {days} d"),
    }
}

/// Whether all of `bytes` are shown as they are for sure, as almost every text is: ASCII without controls and backslashes.
/// Looks at all of them, several at a time.
fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |is_plain, byte| is_plain & matches!(byte, b' '..=b'[' | b']'..=b'~'))
}

/// Whether `char`, which stands in `text` at byte `at`, is not shown as it is.
fn is_escaped(char: char, text: &str, at: usize) -> bool {
    match char {
        '\\' => looks_escaped(text.as_bytes().get(at..).unwrap_or_default()),
        // Line and paragraph separator; then marks, embeddings, overrides and isolates of the bidirectional algorithm
        // (Unicode Standard Annex 9); then what is there and not seen: soft hyphen, spaces without width, invisible signs,
        // fillers, annotations, tags. Joiners are not among them: Persian and emoji need them.
        '\u{2028}'
        | '\u{2029}'
        | '\u{061c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => true,
        _ => char.is_control(),
    }
}

fn looks_escaped(bytes: &[u8]) -> bool {
    matches!(bytes, [b'\\', b'x', a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

fn escape(shown: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a string cannot fail.
        write!(shown, "\\x{byte:02X}").unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the front page promises: every escape read as its byte.
    fn unprintable(text: &str) -> Vec<u8> {
        let mut rest = text.as_bytes();
        let mut bytes = Vec::new();
        while let [first, tail @ ..] = rest {
            if looks_escaped(rest) {
                bytes.push(u8::from_str_radix(str::from_utf8(&rest[2..4]).unwrap(), 16).unwrap());
                rest = &rest[4..];
            } else {
                bytes.push(*first);
                rest = tail;
            }
        }
        bytes
    }

    #[test]
    fn plain_text_of_any_language_stays() {
        for text in ["", "winnt 5.1", r"C:\xampp\x6", "Привет", "日本語", "a\u{301}"] {
            assert!(matches!(printable(text.as_bytes()), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn l10_what_is_not_text_is_escaped() {
        assert_eq!(printable(b"a\0b\x1b[2Jc\x7f"), r"a\x00b\x1B[2Jc\x7F");
        assert_eq!(printable(b"caf\xe9 \xff"), r"caf\xE9 \xFF");
        assert_eq!(printable("\u{85}".as_bytes()), r"\xC2\x85");
        assert_eq!(printable("exe.\u{202e}gpj".as_bytes()), r"exe.\xE2\x80\xAEgpj");
        assert_eq!(printable("a\u{200b}b\u{feff}c".as_bytes()), r"a\xE2\x80\x8Bb\xEF\xBB\xBFc");
        assert_eq!(printable("a\u{34f}b\u{3164}\u{ffa0}".as_bytes()), r"a\xCD\x8Fb\xE3\x85\xA4\xEF\xBE\xA0");
        assert_eq!(printable(br"\x41"), r"\x5Cx41");
    }

    #[test]
    fn l11_formulas_are_recognised() {
        for text in ["=1+1", "+1", "-1", "@SUM", "\t=", "\r", "'=1", "''@", "\u{ff1d}1"] {
            assert!(formula(text), "{text}");
        }
        for text in ["", "'", "a=1", " =1", "'a", "http://example.com/?a=b"] {
            assert!(!formula(text), "{text}");
        }
    }

    #[test]
    fn what_a_spreadsheet_takes_for_a_number_is_recognised() {
        for text in ["4.10", "0", "3.5.1", "12:00", "228,212", "1e5", "192.168.100.200", "'1", "''10.13.6.1", "50 %"] {
            assert!(looks_like_number(text), "{text}");
        }
        for text in ["", "win 4.10", "192.0.2.10", "15.4.3502.0922", "0x0409", "1:abc=", "'", "'a", "e5", "2001:db8::1"]
        {
            assert!(!looks_like_number(text), "{text}");
        }
    }

    #[test]
    fn thousands_are_parted_and_one_is_singular() {
        let grouped = [0, 999, 1_000, 123_456, 1_234_567].map(|number| Grouped(number).to_string());
        assert_eq!(grouped, ["0", "999", "1,000", "123,456", "1,234,567"]);
        assert_eq!(format!("{:>7}", Grouped(1_000)), "  1,000");
        assert_eq!([0, 1, 2_000].map(|number| counted(number, "gap")), ["0 gaps", "1 gap", "2,000 gaps"]);
    }

    proptest! {
        #[test]
        fn printable_can_be_undone(bytes in any::<Vec<u8>>()) {
            prop_assert_eq!(unprintable(&printable(&bytes)), bytes);
        }

        #[test]
        fn printable_can_be_undone_around_backslashes(text in r"[\\x0-9a-fA-F\n]{0,12}") {
            prop_assert_eq!(unprintable(&printable(text.as_bytes())), text.into_bytes());
        }
    }
}
