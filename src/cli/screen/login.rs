//! One exchange as the screen shows it.

use msncensus::census::{Dimension, Observation, Verdict};
use msncensus::packet::Timestamp;
use msncensus::privacy::Level;
use msncensus::report::shown;
use msncensus::text::printable;

/// What clients are told apart by, in the order of the tab key.
pub(super) const BY: [Dimension; 3] = [Dimension::ClientVer, Dimension::Product, Dimension::Locale];

/// What stands for a value that is not known, and for the name of who gave none.
const UNKNOWN: &str = "unknown";

/// Characters of a value that are kept: more than any real one has.
const VALUE_LEN_MAX: usize = 100;

/// Who asked, with what, and what the server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) time: Timestamp,
    /// Tells clients apart.
    pub(super) id: u64,
    /// The name, masked.
    pub(super) who: String,
    /// The values of [`BY`].
    pub(super) values: [String; BY.len()],
    pub(super) verdict: Verdict,
}

impl Login {
    pub(super) fn of(row: &Observation, level: Level) -> Self {
        let exchange = &row.exchange;
        let account = exchange.request.as_ref().and_then(|request| request.account());
        let who = account.or(exchange.handle.as_deref());
        Self {
            time: exchange.time(),
            id: row.identity.id,
            who: who.map_or_else(|| UNKNOWN.to_owned(), |name| masked(name, level)),
            values: BY.map(|dimension| value(&level.text(&dimension.value(row)))),
            verdict: row.verdict,
        }
    }
}

fn value(captured: &[u8]) -> String {
    if captured.is_empty() { UNKNOWN.to_owned() } else { shown(captured).chars().take(VALUE_LEN_MAX).collect() }
}

/// A name of which only the first letter and the domain are left: `u***@example.com`; or less, where `level` shows less.
fn masked(name: &[u8], level: Level) -> String {
    if level.shows_less() {
        return printable(&level.text(name)).chars().take(VALUE_LEN_MAX).collect();
    }
    let text = printable(name);
    let (local, domain) = text.rsplit_once('@').unwrap_or((&text, ""));
    let first: String = local.chars().take(1).collect();
    let at = if text.contains('@') { "@" } else { "" };
    format!("{first}***{at}{domain}").chars().take(VALUE_LEN_MAX).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use msncensus::capture::list;
    use msncensus::run::{News, Plan, run};

    use super::*;

    #[test]
    fn names_are_masked_and_cannot_control_the_terminal() {
        for (name, expected) in [
            (&b"user@example.com"[..], "u***@example.com"),
            (b"\xd0\x96@example.com", "Ж***@example.com"),
            (b"a@b@example.com", "a***@example.com"),
            (b"u@\x1b[2J", r"u***@\x1B[2J"),
            (b"\x1b[2J", r"\***"),
            (b"user", "u***"),
            (b"@example.com", "***@example.com"),
            (b"", "***"),
        ] {
            assert_eq!(masked(name, Level::None), expected);
        }
        let long = format!("u@{}", "x".repeat(9_000));
        assert!([Level::None, Level::Mask].iter().all(|level| masked(long.as_bytes(), *level).len() == VALUE_LEN_MAX));
        let pseudonym = b"p0123456789abcdef@example.com";
        let shown = [Level::Pseudonym, Level::Mask, Level::Drop].map(|level| masked(pseudonym, level));
        assert_eq!(shown, ["p***@example.com", "***@example.com", "***"]);
    }

    #[test]
    fn values_are_shown_without_handles_and_unknown_ones_as_such() {
        assert_eq!(value(b""), "unknown");
        assert_eq!(value(b"6.0\x1b"), r"6.0\x1B");
        assert_eq!(value(b"user@example.com"), "(hidden)");
        assert_eq!(value(b"user%40example.com"), "(hidden)");
        assert_eq!(value(&[b'6'; 9_000]).len(), VALUE_LEN_MAX);
    }

    #[test]
    fn a_row_is_shown_with_its_client_and_verdict() {
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/msn-6.0-required.pcapng");
        let mut logins = Vec::new();
        run(Plan::new(list([sample.into()])), &Arc::default(), &mut |news| {
            if let News::Row(row, _) = news {
                logins.push(Login::of(row, Level::None));
            }
        });
        let [login] = &logins[..] else { panic!("{logins:?}") };
        assert!(login.who.contains("***@") && !login.who.starts_with("user"), "{login:?}");
        assert_eq!((&*login.values[0], &*login.values[1]), ("6.0.0602", "MSN Messenger 6.0"));
        assert_eq!(login.verdict, Verdict::Required);
    }
}
