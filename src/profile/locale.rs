//! Locale ids: [MS-LCID] numbers, looked up in the `lcid` crate and in a small table of what it lacks.
//!
//! ```text
//! reserved (12) │ sort id (4) │ sublanguage (6) │ primary language (10)
//!               │ 0x0001      │ 0x0407                                   German, phone book order: de-DE
//! ```
//!
//! The field is sixteen bits in hexadecimal with `0x`; the other ways to write a number were never seen in it, but
//! they are read: capitals, no prefix, 32 bits with a sort id, and decimal as in `lc=1033` of the sign-in.
//!
//! [MS-LCID]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-lcid

use lcid::{LanguageId, LcidLookupError};

use super::Locale;

/// The low half of an id is the language, the bits above are the order of sorting.
const LANGUAGE_BITS: u32 = 0xffff;

/// Ids that the crate calls undefined or temporary: they stand for whatever a computer is set to.
/// Source: winnt.h and `LOCALE_*` in [MS-LCID], section 2.2.
const DEFAULTS: &[(u32, &str)] = &[
    (0x0000, "Neutral"),
    (0x0400, "User default"),
    (0x0800, "System default"),
    (0x0c00, "Custom default"),
    (0x1000, "Custom unspecified"),
    (0x1400, "Custom user interface default"),
];

/// Locales of Windows XP that the crate only knows as reserved tags.
const RETIRED: &[(u32, &str)] = &[
    (0x082c, "Azerbaijani (Cyrillic, Azerbaijan)"),
    (0x0843, "Uzbek (Cyrillic, Uzbekistan)"),
    (0x2409, "English (Caribbean)"),
];

impl Locale {
    /// Reads `text`, a locale id as sent. The number is kept whole, sort id included; tag and name are those of its
    /// language. Nothing is known about a text that is no number.
    pub fn of(text: &[u8]) -> Self {
        let Some(number) = hexadecimal(text) else { return Self::default() };
        let as_hexadecimal = Self::of_number(number);
        if as_hexadecimal.is_known() {
            return as_hexadecimal;
        }
        // `1033` is no known id in hexadecimal, and English in decimal.
        decimal(text).map(Self::of_number).filter(Self::is_known).unwrap_or(as_hexadecimal)
    }

    /// Whether the id stands for something.
    pub const fn is_known(&self) -> bool {
        self.tag.is_some() || self.name.is_some()
    }

    fn of_number(number: u32) -> Self {
        let id = number & LANGUAGE_BITS;
        let own = |table: &[(u32, &'static str)]| table.iter().find(|(own, _)| *own == id).map(|(_, name)| *name);
        let unknown = Self { lcid: Some(number), tag: None, name: None };
        if let Some(name) = own(DEFAULTS) {
            return Self { name: Some(name), ..unknown };
        }
        match <&LanguageId>::try_from(id) {
            // The invariant locale, 0x007f, has an empty tag.
            Ok(language) => {
                let tag = Some(language.name).filter(|tag| !tag.is_empty());
                Self { tag, name: Some(language.english_name), ..unknown }
            }
            Err(LcidLookupError::Reserved(_, tag)) => Self { tag: Some(tag), name: own(RETIRED), ..unknown },
            Err(_) => unknown,
        }
    }
}

/// Hexadecimal digits, with or without prefix, that fit 32 bits.
fn hexadecimal(text: &[u8]) -> Option<u32> {
    let digits = text.strip_prefix(b"0x").or_else(|| text.strip_prefix(b"0X")).unwrap_or(text);
    number(digits, 16)
}

/// Decimal digits without a zero in front, which would be padding of a hexadecimal number.
fn decimal(text: &[u8]) -> Option<u32> {
    if text.starts_with(b"0") { None } else { number(text, 10) }
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    // `from_str_radix` takes a sign, and a locale id has none.
    if !digits.iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    u32::from_str_radix(str::from_utf8(digits).ok()?, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `lcid tag name` with `-` for what is absent.
    fn meaning(text: &str) -> String {
        let Locale { lcid, tag, name } = Locale::of(text.as_bytes());
        let lcid = lcid.map_or("-".to_owned(), |lcid| format!("{lcid:#06x}"));
        format!("{lcid} {} {}", tag.unwrap_or("-"), name.unwrap_or("-"))
    }

    #[test]
    fn ids_seen_on_the_wire_have_their_names() {
        for (text, expected) in [
            ("0x0409", "0x0409 en-US English (United States)"),
            ("0x040c", "0x040c fr-FR French (France)"),
            ("0x0c0a", "0x0c0a es-ES Spanish (Spain, International Sort)"),
            ("0x0804", "0x0804 zh-CN Chinese (Simplified, China)"),
            ("0x1009", "0x1009 en-CA English (Canada)"),
            ("0x0413", "0x0413 nl-NL Dutch (Netherlands)"),
            ("0x0404", "0x0404 zh-TW Chinese (Traditional, Taiwan)"),
            ("0x0411", "0x0411 ja-JP Japanese (Japan)"),
            ("0x0412", "0x0412 ko-KR Korean (Korea)"),
        ] {
            assert_eq!(meaning(text), expected, "{text}");
        }
    }

    #[test]
    fn a_number_is_read_however_it_is_written() {
        for text in ["0x0409", "0X0409", "0x409", "409", "0409", "1033", "0x00000409"] {
            assert_eq!(meaning(text), "0x0409 en-US English (United States)", "{text}");
        }
        assert_eq!(meaning("0x0C0A"), meaning("0x0c0a"));
        // Hexadecimal first: it is what the field holds.
        assert_eq!(meaning("1009"), "0x1009 en-CA English (Canada)");
    }

    #[test]
    fn a_sort_id_stays_in_the_number_only() {
        assert_eq!(meaning("0x00010407"), "0x10407 de-DE German (Germany)");
        assert_eq!(meaning("0x00030404"), "0x30404 zh-TW Chinese (Traditional, Taiwan)");
        assert_eq!(meaning("0x0001007f"), "0x1007f - Invariant Language (Invariant Country)");
    }

    #[test]
    fn what_the_crate_lacks_has_a_name_too() {
        for (text, expected) in [
            ("0x0000", "0x0000 - Neutral"),
            ("0x0400", "0x0400 - User default"),
            ("0x0800", "0x0800 - System default"),
            ("0x0c00", "0x0c00 - Custom default"),
            ("0x1000", "0x1000 - Custom unspecified"),
            ("0x1400", "0x1400 - Custom user interface default"),
            ("0x082c", "0x082c az-Cyrl-AZ Azerbaijani (Cyrillic, Azerbaijan)"),
            ("0x0843", "0x0843 uz-Cyrl-UZ Uzbek (Cyrillic, Uzbekistan)"),
            ("0x2409", "0x2409 en-029 English (Caribbean)"),
            ("0x048e", "0x048e zh-yue-HK -"),
        ] {
            assert_eq!(meaning(text), expected, "{text}");
            assert!(Locale::of(text.as_bytes()).is_known());
        }
    }

    #[test]
    fn an_id_that_stands_for_nothing_is_unknown() {
        // 0x1111 is the invalid id that the notes on CVQ show answered with 710.
        assert_eq!(meaning("0x1111"), "0x1111 - -");
        assert_eq!(meaning("0xffff"), "0xffff - -");
        for text in ["", "0x", "en-US", "+409", "0x-1", "0x100000409", "\u{e9}"] {
            assert_eq!(meaning(text), "- - -", "{text}");
            assert!(!Locale::of(text.as_bytes()).is_known());
        }
    }
}
