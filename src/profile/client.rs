//! Clients: the first row of the catalogue that fits a request.

use super::{CATALOGUE, Client, Row};
use crate::cvr::Request;

impl Client {
    /// The program that `request` claims to come from, or the one that it gives itself away as.
    pub fn of(request: &Request) -> Self {
        Self { product: CATALOGUE.iter().find(|row| row.fits(request)).map(|row| row.product) }
    }
}

impl Row {
    /// Whether every word of the pattern fits its field of `request`.
    pub fn fits(&self, request: &Request) -> bool {
        let fields = [
            request.locale_id(),
            request.os_type(),
            request.os_ver(),
            request.arch(),
            request.library_name(),
            request.client_ver(),
            request.client_name(),
            request.extra().next(),
        ];
        // A malformed request has no library, and no pattern says nothing about it.
        request.library_name().is_some()
            && self.pattern.split(' ').zip(fields).all(|(word, field)| word_fits(word.as_bytes(), field))
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
    fn every_row_is_written_as_a_request_and_can_be_reached() {
        for row in CATALOGUE {
            let words: Vec<&str> = row.pattern.split(' ').collect();
            assert!((5..=8).contains(&words.len()), "{}", row.pattern);
            assert_ne!(words[1..words.len().min(7)].iter().filter(|word| **word != "*").count(), 0, "{}", row.pattern);
            assert!(!row.product.is_empty() && !row.source.is_empty(), "{}", row.pattern);
            let same = CATALOGUE.iter().filter(|other| other.pattern == row.pattern).count();
            assert_eq!(same, 1, "{} stands twice", row.pattern);
        }
    }
}
