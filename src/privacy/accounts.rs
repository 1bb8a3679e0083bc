//! Finds the accounts in captured text, and puts something else in their places.
//!
//! ```text
//! http://example.com/get?user=alice@example.org&ver=6   a run between signs that part one thing from another
//!                             ─────┬─ ─────┬─────
//!                                local   domain         cut at the last `@`, or `%40`
//! ```
//!
//! A name can hold almost anything, so the run before the sign goes as a whole. Who signs in to a host of an address goes with the password
//! (`//alice:secret@example.com`). Redirection data is looked into: it is base64 of plain text.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use memchr::{memchr2_iter, memmem};

/// What stands between the two parts of an account.
const AT: &[u8] = b"@";

/// The same in an address.
const ENCODED_AT: &[u8] = b"%40";

/// Shortest word that may be redirection data: `Version: 1` has ten letters, which take 14.
const PACKED_LEN_MIN: usize = 14;

/// Base64, however carelessly it was written.
const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const PADDED: GeneralPurpose = GeneralPurpose::new(&STANDARD, CONFIG);
const UNPADDED: GeneralPurpose = GeneralPurpose::new(&STANDARD, CONFIG.with_encode_padding(false));

/// An account as it stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account<'a> {
    /// Whose it is.
    pub(super) local: &'a [u8],
    /// `@`, or how that is written; empty in a name without domain.
    pub(super) at: &'a [u8],
    /// Where it is.
    pub(super) domain: &'a [u8],
}

impl<'a> Account<'a> {
    /// A name that is all of `text`, with its domain if it has one.
    pub(super) fn whole(text: &'a [u8]) -> Self {
        let plain = memchr::memrchr(b'@', text).map(|at| (at, AT));
        let encoded = memmem::rfind(text, ENCODED_AT).map(|at| (at, ENCODED_AT));
        let cut = plain.max(encoded).and_then(|(place, at)| {
            let (local, rest) = text.split_at_checked(place)?;
            let (_, domain) = rest.split_at_checked(at.len())?;
            // Whether a word holds an `@` tells what it is: that must not change.
            Some(Self { local, at: if local.contains(&b'@') { AT } else { at }, domain })
        });
        cut.unwrap_or(Self { local: text, at: b"", domain: b"" })
    }
}

/// What counts as an account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search {
    /// Whether words may be redirection data.
    pub(super) unpacks: bool,
    /// Whether pseudonyms of names without domain are looked for, too.
    pub(super) knows_pseudonyms: bool,
}

impl Search {
    /// `text` with what `put` puts for each account; `None` if it holds none.
    pub(super) fn replaced(self, text: &[u8], put: &mut dyn FnMut(Account<'_>, &mut Vec<u8>)) -> Option<Vec<u8>> {
        if !self.could_find(text) {
            return None;
        }
        let mut found = false;
        let mut replaced = Vec::with_capacity(text.len() + 32);
        for word in text.split_inclusive(|byte| is_blank(*byte)) {
            let bare = word.split_last().filter(|(last, _)| is_blank(**last)).map_or(word, |(_, bare)| bare);
            if let Some(packed) = self.repacked(bare, put) {
                found = true;
                replaced.extend_from_slice(&packed);
                replaced.extend_from_slice(word.get(bare.len()..).unwrap_or_default());
            } else {
                found |= self.replace_runs(word, &mut replaced, put);
            }
        }
        found.then_some(replaced)
    }

    /// Quickly: whether there could be any.
    fn could_find(self, text: &[u8]) -> bool {
        let is_at = |at: usize| text.get(at..).is_some_and(|rest| rest.starts_with(AT) || rest.starts_with(ENCODED_AT));
        let is_long = (self.unpacks || self.knows_pseudonyms) && text.len() >= PACKED_LEN_MIN;
        is_long || memchr2_iter(b'@', b'%', text).any(is_at)
    }

    fn replace_runs(self, text: &[u8], replaced: &mut Vec<u8>, put: &mut dyn FnMut(Account<'_>, &mut Vec<u8>)) -> bool {
        let (mut rest, mut found) = (text, false);
        while !rest.is_empty() {
            let is_host = replaced.ends_with(b"//");
            let is_end = |byte: &u8| is_blank(*byte) || is_sign(*byte) && !(is_host && *byte == b':');
            let len = rest.iter().position(is_end).unwrap_or(rest.len());
            let (run, behind) = rest.split_at_checked(len).unwrap_or((rest, &[]));
            let account = Account::whole(run);
            let is_account = !account.local.is_empty() && !account.at.is_empty();
            if is_account || self.knows_pseudonyms && is_pseudonym(run) {
                found = true;
                put(account, replaced);
            } else {
                replaced.extend_from_slice(run);
            }
            replaced.extend(behind.first());
            rest = behind.get(1..).unwrap_or_default();
        }
        found
    }

    /// Redirection data with other accounts in it.
    fn repacked(self, word: &[u8], put: &mut dyn FnMut(Account<'_>, &mut Vec<u8>)) -> Option<Vec<u8>> {
        if !self.unpacks || word.len() < PACKED_LEN_MIN {
            return None;
        }
        let block = String::from_utf8(PADDED.decode(word).ok()?).ok()?;
        if block.chars().any(|char| char.is_control() && !matches!(char, '\r' | '\n' | '\t')) {
            return None;
        }
        let block = Self { unpacks: false, ..self }.replaced(block.as_bytes(), put)?;
        let is_padded = word.len().is_multiple_of(4);
        Some(if is_padded { PADDED.encode(block) } else { UNPADDED.encode(block) }.into_bytes())
    }
}

/// Letters that a pseudonym begins with: of those that `super::pseudonyms` makes.
pub(super) const PSEUDONYM_SIGN: u8 = b'p';

/// Hexadecimal digits that follow.
pub(super) const PSEUDONYM_DIGITS: usize = 16;

/// Whether `run` is the pseudonym of a name without domain.
fn is_pseudonym(run: &[u8]) -> bool {
    let digits = run.strip_prefix(&[PSEUDONYM_SIGN]).unwrap_or_default();
    digits.len() == PSEUDONYM_DIGITS && digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

const fn is_blank(byte: u8) -> bool {
    byte <= b' '
}

/// Whether a byte parts one thing from another in addresses and lists.
const fn is_sign(byte: u8) -> bool {
    matches!(byte, b'/' | b':' | b'?' | b'#' | b'&' | b'=' | b';' | b',' | b'<' | b'>' | b'(' | b')' | b'"' | b'|')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: Search = Search { unpacks: true, knows_pseudonyms: true };

    /// The text with `[local|domain]` for each account.
    fn found(text: &[u8]) -> String {
        let mut put = |account: Account<'_>, replaced: &mut Vec<u8>| {
            let Account { local, at, domain } = account;
            replaced.extend([b"[", local, at, domain, b"]"].concat());
        };
        let replaced = ALL.replaced(text, &mut put);
        String::from_utf8(replaced.unwrap_or_else(|| text.to_vec())).unwrap()
    }

    #[test]
    fn accounts_are_found_wherever_they_stand() {
        for (text, expected) in [
            ("alice@example.org", "[alice@example.org]"),
            ("a b@c  d@e ", "a [b@c]  [d@e] "),
            ("a@b@c", "[a@b@c]"),
            ("alice%40example.org", "[alice%40example.org]"),
            ("a%40b@c", "[a%40b@c]"),
            ("a@b%40c", "[a@b@c]"),
            ("http://example.com/?u=alice@example.org&v=1", "http://example.com/?u=[alice@example.org]&v=1"),
            ("http://example.com?u=a%40b#x", "http://example.com?u=[a%40b]#x"),
            ("http://alice:secret@example.com:80/", "http://[alice:secret@example.com:80]/"),
            ("http://example.com:80/a@b", "http://example.com:80/[a@b]"),
            ("mailto:a@b,c@d;<e@f>", "mailto:[a@b],[c@d];<[e@f]>"),
            ("alice@", "[alice@]"),
            ("p0123456789abcdef", "[p0123456789abcdef]"),
            ("VmVyc2lvbjogMQ0KWDogYUBiDQo=", "VmVyc2lvbjogMQ0KWDogW2FAYl0NCg=="),
        ] {
            assert_eq!(found(text.as_bytes()), expected);
        }
    }

    #[test]
    fn what_names_nobody_stays() {
        for text in [
            "",
            "@",
            "@example.com",
            "6.0.0602",
            "100%",
            "%4",
            "a %40",
            "http://example.com/a?b=c",
            "p0123456789abcdeF",
            "p0123456789abcdef0",
            "VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDINCg==",
        ] {
            assert_eq!(found(text.as_bytes()), text);
        }
    }

    proptest! {
        /// Nothing but blanks and signs, and what stands behind an `@`, is left of a word that holds one.
        #[test]
        fn no_name_is_left(text in "[a-c@ /:.%4=0-]{0,24}") {
            let mut put = |account: Account<'_>, replaced: &mut Vec<u8>| {
                replaced.extend_from_slice(account.at);
            };
            let left = ALL.replaced(text.as_bytes(), &mut put).unwrap_or_else(|| text.clone().into_bytes());
            prop_assert!(ALL.replaced(&left, &mut put).is_none(), "{} {}", text, left.escape_ascii());
        }

        #[test]
        fn any_bytes_are_borne(text in any::<Vec<u8>>()) {
            found_any(&text);
        }
    }

    fn found_any(text: &[u8]) {
        ALL.replaced(text, &mut |_, _| {});
    }
}
