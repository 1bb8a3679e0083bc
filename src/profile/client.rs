//! Clients: the first row of the catalogue that fits a request and what was around it.

use super::{CATALOGUE, Client, Row, Tell};
use crate::cvr::{Exchange, Request};

impl Client {
    /// The program that the request of `exchange` claims to come from, or the one that it gives itself away as.
    pub fn of(exchange: &Exchange) -> Self {
        let row =
            exchange.request.as_ref().and_then(|request| CATALOGUE.iter().find(|row| row.fits(request, exchange)));
        Self { product: row.map(|row| row.product) }
    }
}

impl Row {
    /// Whether every word fits its field of `request`, which is that of `exchange`, and every tell holds.
    fn fits(&self, request: &Request, exchange: &Exchange) -> bool {
        let fields = [request.library_name(), request.client_ver(), request.client_name()];
        // A malformed request has no library, and the words say nothing about it.
        request.library_name().is_some()
            && self.words.split(' ').zip(fields).all(|(word, field)| word_fits(word.as_bytes(), field))
            && self.tells.iter().all(|tell| tell.holds(request, exchange))
    }
}

impl Tell {
    fn holds(self, request: &Request, exchange: &Exchange) -> bool {
        let is = |field: Option<&[u8]>, word: &str| field == Some(word.as_bytes());
        match self {
            Self::Locale(id) => is(request.locale_id(), id),
            Self::Os(os) => match os.split_once(' ') {
                Some((os_type, os_ver)) => is(request.os_type(), os_type) && is(request.os_ver(), os_ver),
                None => is(request.os_type(), os),
            },
            Self::Arch(arch) => is(request.arch(), arch),
            Self::Extra(word) => is(request.extra().next(), word),
            Self::Offer(dialects) => is(exchange.dialect.offered.as_deref(), dialects),
            Self::Since(year) => exchange.time().year() >= year,
            Self::Until(year) => exchange.time().year() <= year,
        }
    }
}

/// `*` fits anything and nothing, `6.1.*` what begins with `6.1.`, and any other word only itself.
fn word_fits(word: &[u8], field: Option<&[u8]>) -> bool {
    match (word.strip_suffix(b"*"), field) {
        (Some([]), _) => true,
        (Some(beginning), Some(field)) => field.starts_with(beginning),
        (None, Some(field)) => field == word,
        (_, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cvr::script::exchange;

    #[test]
    fn a_word_fits_itself_a_beginning_or_anything() {
        for (word, field, fits) in [
            ("*", None, true),
            ("*", Some("x"), true),
            ("6.1.*", Some("6.1.0211"), true),
            ("6.1.*", Some("6.10.1"), false),
            ("6.1.*", None, false),
            ("5.0.0", Some("5.0.0"), true),
            ("5.0.0", Some("5.0.0540"), false),
            ("0", None, false),
        ] {
            assert_eq!(word_fits(word.as_bytes(), field.map(str::as_bytes)), fits, "{word} {field:?}");
        }
    }

    #[test]
    fn every_row_is_complete_and_stands_once() {
        for row in CATALOGUE {
            assert!((1..=3).contains(&row.words.split(' ').count()), "{row:?}");
            assert!(row.words.split(' ').any(|word| word != "*"), "{row:?}");
            assert!(!row.product.is_empty() && !row.source.is_empty(), "{row:?}");
            let same = CATALOGUE.iter().filter(|other| (other.words, other.tells) == (row.words, row.tells)).count();
            assert_eq!(same, 1, "{row:?}");
        }
    }

    /// Nothing stands in front of a row that takes all its requests away: where a request has the words of a row and
    /// nothing but them, the row is the one that is found.
    #[test]
    fn every_known_version_of_an_official_client_is_told_as_its_product() {
        for row in CATALOGUE.iter().filter(|row| row.tells.is_empty()) {
            let (any_build, no_build) = (row.builds.split(' '), row.builds.is_empty());
            assert!(no_build || row.words.split(' ').nth(1).is_some_and(|word| word.ends_with('*')), "{row:?}");
            for build in any_build {
                let build = if no_build { "1" } else { build };
                let words: Vec<_> = row.words.split(' ').map(|word| word.replace('*', build)).collect();
                let word = |at: usize| words.get(at).map_or("1", String::as_str);
                let line = format!("CVR 2 0x0419 winnt 5.1 i386 {} {} {}", word(0), word(1), word(2));
                assert_eq!(Client::of(&exchange(&line, "")).product, Some(row.product), "{line}");
            }
        }
    }

    /// Years are years, months months, and a client prefers its newest dialect.
    #[test]
    fn the_history_of_official_clients_is_in_order() {
        for row in CATALOGUE {
            let date: Vec<Option<u16>> = row.since.split('-').map(|part| part.parse().ok()).collect();
            let is_date = match date[..] {
                [Some(year)] => (1999..=2012).contains(&year),
                [Some(year), Some(month)] => (1999..=2012).contains(&year) && (1..=12).contains(&month),
                _ => row.since.is_empty(),
            };
            assert!(is_date, "{row:?}");
            let dialects: Vec<u8> = row.dialects.split_whitespace().map(|number| number.parse().unwrap()).collect();
            assert!(dialects.iter().all(|number| (2..=21).contains(number)), "{row:?}");
            assert!(dialects.is_sorted_by(|a, b| a > b), "{row:?}");
        }
    }

    #[test]
    fn a_dialect_that_was_not_captured_proves_nothing() {
        let mut french = exchange("CVR 2 0x040c winnt 5.1 i386 MSNMSGR 8.5.1302 msmsgs u@example.com", "");
        assert_eq!(Client::of(&french).product, Some("MSNPSharp"));
        french.dialect.offered = Some(b"MSNP18 CVR0".as_slice().into());
        assert_eq!(Client::of(&french).product, Some("MSNPSharp"));
        french.dialect.offered = Some(b"MSNP15 MSNP14 MSNP13 CVR0".as_slice().into());
        assert_eq!(Client::of(&french).product, Some("Windows Live Messenger 8.5"));
    }
}
