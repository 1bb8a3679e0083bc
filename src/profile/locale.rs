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

/// The low half of an id is the language, of which ten bits are the primary one.
const LANGUAGE_BITS: u32 = 0xffff;
const PRIMARY_BITS: u32 = 0x3ff;

/// Four bits above them are the order of sorting; the bits above those are reserved, and zero.
const SORT_SHIFT: u32 = 16;
const SORT_MAX: u32 = 0xf;

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

/// Orders of sorting by primary language and sort id. Id 0 is the usual one of every language.
/// Source: `SORT_*` in winnt.h, and the ids with a sort order in [MS-LCID], section 2.2.
const SORTS: &[(u32, u32, &str)] = &[
    (0x04, 1, "Unicode order"),
    (0x04, 2, "stroke order"),
    (0x04, 3, "bopomofo order"),
    (0x04, 4, "radical and stroke order"),
    (0x07, 1, "phone book order"),
    (0x0e, 1, "technical order"),
    (0x11, 1, "Unicode order"),
    (0x11, 4, "radical and stroke order"),
    (0x12, 1, "Unicode order"),
    (0x37, 1, "modern order"),
    (0x7f, 1, "mathematical order"),
];

impl Locale {
    /// Reads `text`, a locale id as sent. The number is kept whole, sort id included; tag and name are those of its
    /// language. Nothing is known about a text that is no number.
    pub fn of(text: &[u8]) -> Self {
        let Some(number) = hexadecimal(text) else { return Self::default() };
        let as_hexadecimal = Self::of_number(number);
        if as_hexadecimal.is_known {
            return as_hexadecimal;
        }
        // `1033` is no known id in hexadecimal, and English in decimal.
        decimal(text).map(Self::of_number).filter(|locale| locale.is_known).unwrap_or(as_hexadecimal)
    }

    /// Of an id with a bit in front of the sort id nothing is known.
    fn of_number(number: u32) -> Self {
        let unknown = Self { lcid: Some(number), ..Self::default() };
        let (id, sort_id) = (number & LANGUAGE_BITS, number >> SORT_SHIFT);
        let Some((tag, name)) = language(id).filter(|_| sort_id <= SORT_MAX) else { return unknown };
        let primary = id & PRIMARY_BITS;
        let sort = SORTS.iter().find(|row| (row.0, row.1) == (primary, sort_id)).map(|row| row.2);
        Self { tag, name, sort, is_known: sort_id == 0 || sort.is_some(), ..unknown }
    }
}

/// Tag and English name of the language `id`, at least one of which is there.
fn language(id: u32) -> Option<(Option<&'static str>, Option<&'static str>)> {
    let own = |table: &[(u32, &'static str)]| table.iter().find(|(own, _)| *own == id).map(|(_, name)| *name);
    if let Some(name) = own(DEFAULTS) {
        return Some((None, Some(name)));
    }
    match <&LanguageId>::try_from(id) {
        // The invariant locale, 0x007f, has an empty tag.
        Ok(language) => Some((Some(language.name).filter(|tag| !tag.is_empty()), Some(language.english_name))),
        Err(LcidLookupError::Reserved(_, tag)) => Some((Some(tag), own(RETIRED))),
        Err(_) => None,
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

    /// `lcid tag name`, with `-` for what is absent; then the order of sorting, and whether the id is unknown.
    fn meaning(text: &str) -> String {
        let Locale { lcid, tag, name, sort, is_known } = Locale::of(text.as_bytes());
        let lcid = lcid.map_or("-".to_owned(), |lcid| format!("{lcid:#06x}"));
        let sort = sort.map_or(String::new(), |sort| format!(", {sort}"));
        let unknown = if is_known { "" } else { " ?" };
        format!("{lcid} {} {}{sort}{unknown}", tag.unwrap_or("-"), name.unwrap_or("-"))
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
    fn a_sort_id_is_an_order_of_its_language() {
        for (text, expected) in [
            ("0x00010407", "0x10407 de-DE German (Germany), phone book order"),
            ("0x0001040E", "0x1040e hu-HU Hungarian (Hungary), technical order"),
            ("0x00010411", "0x10411 ja-JP Japanese (Japan), Unicode order"),
            ("0x00010412", "0x10412 ko-KR Korean (Korea), Unicode order"),
            ("0x00010437", "0x10437 ka-GE Georgian (Georgia), modern order"),
            ("0x00020804", "0x20804 zh-CN Chinese (Simplified, China), stroke order"),
            ("0x00030404", "0x30404 zh-TW Chinese (Traditional, Taiwan), bopomofo order"),
            ("0x00040411", "0x40411 ja-JP Japanese (Japan), radical and stroke order"),
            ("0x0001007f", "0x1007f - Invariant Language (Invariant Country), mathematical order"),
            // An order that its language does not have: the language is told, the id is unknown.
            ("0x00050409", "0x50409 en-US English (United States) ?"),
            ("0x00020407", "0x20407 de-DE German (Germany) ?"),
        ] {
            assert_eq!(meaning(text), expected, "{text}");
        }
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
        }
    }

    #[test]
    fn a_language_without_a_region_has_its_name() {
        for (text, expected) in [
            ("0x0009", "0x0009 en English"),
            ("0x000c", "0x000c fr French"),
            ("0x000a", "0x000a es Spanish"),
            ("0x0004", "0x0004 zh-Hans Chinese (Simplified)"),
            ("0x7c04", "0x7c04 zh-Hant Chinese (Traditional)"),
            ("0x007f", "0x007f - Invariant Language (Invariant Country)"),
        ] {
            assert_eq!(meaning(text), expected, "{text}");
        }
    }

    #[test]
    fn an_id_that_stands_for_nothing_is_unknown() {
        // 0x1111 is the invalid id that the notes on CVQ show answered with 710; 0xeeee and 0xf2ee are reserved without a
        // name; the last has a bit in front of the sort id.
        for text in ["0x1111", "0xffff", "0xeeee", "0xf2ee", "0x3000", "0x100409", "0xffffffff"] {
            assert_eq!(meaning(text), format!("{text} - - ?"), "{text}");
        }
        for text in ["", "0x", "en-US", "+409", "0x-1", "0x100000409", "\u{e9}"] {
            assert_eq!(meaning(text), "- - - ?", "{text}");
        }
    }

    /// Of 16 bits: 414 that the crate resolves, 41 that are reserved under a name, and six for what a computer is set to. The
    /// other eight that Windows gives out for a while stand for nothing that lasts.
    #[test]
    fn every_other_id_of_16_bits_is_unknown() {
        let known = (0..=0xffff).filter(|id: &u32| Locale::of(format!("{id:#06x}").as_bytes()).is_known);
        assert_eq!(known.count(), 414 + 41 + 6);
        for text in ["0x3000", "0x3400", "0x3800", "0x3c00", "0x4000", "0x4400", "0x4800", "0x4c00"] {
            assert!(!Locale::of(text.as_bytes()).is_known, "{text}");
        }
    }

    /// The ids of Windows NT 4.0 to XP, which any client of those years may send. Names are the crate's but for three.
    #[test]
    fn the_classic_ids_are_known_however_they_are_written() {
        let ids: Vec<(u32, &str)> = CLASSIC
            .split_whitespace()
            .map(|entry| entry.split_once('=').unwrap())
            .map(|(id, tag)| (u32::from_str_radix(id, 16).unwrap(), tag))
            .collect();
        assert_eq!(ids.len(), 136);
        for (id, tag) in ids {
            let expected = Locale::of(format!("{id:#06x}").as_bytes());
            assert_eq!((expected.lcid, expected.tag), (Some(id), Some(tag)), "{id:#06x}");
            assert!(expected.is_known && expected.name.is_some_and(|name| !name.is_empty()), "{tag}");
            let written = [
                format!("0x{id:04X}"),
                format!("0X{id:04X}"),
                format!("{id:04x}"),
                format!("{id:x}"),
                format!("{id:#010x}"),
                id.to_string(),
            ];
            for text in written {
                assert_eq!(Locale::of(text.as_bytes()), expected, "{text}");
            }
        }
    }

    const CLASSIC: &str = "
        0401=ar-SA 0801=ar-IQ 0c01=ar-EG 1001=ar-LY 1401=ar-DZ 1801=ar-MA 1c01=ar-TN 2001=ar-OM 2401=ar-YE 2801=ar-SY
        2c01=ar-JO 3001=ar-LB 3401=ar-KW 3801=ar-AE 3c01=ar-BH 4001=ar-QA 0402=bg-BG 0403=ca-ES 0404=zh-TW 0804=zh-CN
        0c04=zh-HK 1004=zh-SG 1404=zh-MO 0405=cs-CZ 0406=da-DK 0407=de-DE 0807=de-CH 0c07=de-AT 1007=de-LU 1407=de-LI
        0408=el-GR 0409=en-US 0809=en-GB 0c09=en-AU 1009=en-CA 1409=en-NZ 1809=en-IE 1c09=en-ZA 2009=en-JM 2409=en-029
        2809=en-BZ 2c09=en-TT 3009=en-ZW 3409=en-PH 040a=es-ES 080a=es-MX 0c0a=es-ES 100a=es-GT 140a=es-CR 180a=es-PA
        1c0a=es-DO 200a=es-VE 240a=es-CO 280a=es-PE 2c0a=es-AR 300a=es-EC 340a=es-CL 380a=es-UY 3c0a=es-PY 400a=es-BO
        440a=es-SV 480a=es-HN 4c0a=es-NI 500a=es-PR 040b=fi-FI 040c=fr-FR 080c=fr-BE 0c0c=fr-CA 100c=fr-CH 140c=fr-LU
        180c=fr-MC 040d=he-IL 040e=hu-HU 040f=is-IS 0410=it-IT 0810=it-CH 0411=ja-JP 0412=ko-KR 0413=nl-NL 0813=nl-BE
        0414=nb-NO 0814=nn-NO 0415=pl-PL 0416=pt-BR 0816=pt-PT 0418=ro-RO 0419=ru-RU 041a=hr-HR 081a=sr-Latn-CS
        0c1a=sr-Cyrl-CS 041b=sk-SK 041c=sq-AL 041d=sv-SE 081d=sv-FI 041e=th-TH 041f=tr-TR 0420=ur-PK 0421=id-ID
        0422=uk-UA 0423=be-BY 0424=sl-SI 0425=et-EE 0426=lv-LV 0427=lt-LT 0429=fa-IR 042a=vi-VN 042b=hy-AM
        042c=az-Latn-AZ 082c=az-Cyrl-AZ 042d=eu-ES 042f=mk-MK 0436=af-ZA 0437=ka-GE 0438=fo-FO 0439=hi-IN 043e=ms-MY
        083e=ms-BN 043f=kk-KZ 0440=ky-KG 0441=sw-KE 0443=uz-Latn-UZ 0843=uz-Cyrl-UZ 0444=tt-RU 0446=pa-IN 0447=gu-IN
        0449=ta-IN 044a=te-IN 044b=kn-IN 044e=mr-IN 044f=sa-IN 0450=mn-MN 0452=cy-GB 0456=gl-ES 0457=kok-IN 045a=syr-SY
        0465=dv-MV";
}
