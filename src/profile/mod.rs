//! What a request means: language, operating system, client.
//!
//! * **Takes** an [`Exchange`] for its request, whose fields stay as sent, and for what was around it: the dialects that
//!   the client offered, and the year.
//! * **Gives** a [`Profile`]: names beside the raw text, and nothing where the text proves nothing.
//! * **Keeps** nothing.
//! * **Leaves out** whether the client told the truth. Most third-party clients send the words of an official one, and
//!   hard-coded systems and languages with them; only those that are known to give themselves away are named
//!   ([`CATALOGUE`]).
//!
//! Languages and systems can be looked up alone:
//!
//! ```
//! use msncensus::profile::{Locale, Os};
//!
//! assert_eq!(Locale::of(b"0x0413").name, Some("Dutch (Netherlands)"));
//! assert_eq!(Os::of(b"winnt", b"5.1.3").name.as_deref(), Some("Windows XP SP3"));
//! assert_eq!(Os::of(b"win", b"5.1").name, None);
//! ```

mod catalogue;
mod client;
mod locale;
mod os;
mod redirection;

use std::borrow::Cow;

use crate::cvr::Exchange;

pub use catalogue::{CATALOGUE, Row, Tell};
pub use redirection::redirection;

/// The meaning of a request, each part beside its raw text in the [`Request`](crate::cvr::Request).
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// What the locale id stands for.
    pub locale: Locale,
    /// What the operating system's type and version stand for.
    pub os: Os,
    /// What the library name, version and client name stand for.
    pub client: Client,
}

/// A language and region, and the order in which words are sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locale {
    /// The locale id as a number.
    pub lcid: Option<u32>,
    /// BCP 47 tag (`en-US`); `None` for ids that stand for no language of their own, such as the user's default.
    pub tag: Option<&'static str>,
    /// English name (`English (United States)`).
    pub name: Option<&'static str>,
    /// The order, where the id asks for another one than the usual.
    pub sort: Option<&'static str>,
    /// Whether the whole id is known. Of one whose order alone is unknown the language is told nevertheless.
    pub is_known: bool,
}

/// An operating system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Os {
    /// Its name (`Windows XP SP3`); `None` if unknown.
    pub name: Option<Cow<'static, str>>,
}

/// A client program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// Its name (`MSN Messenger 6.1`, `libpurple`); `None` if unknown.
    pub product: Option<&'static str>,
}

impl Profile {
    /// The meaning of the request of `exchange`, if it was captured. A malformed request has no fields and so no meaning.
    pub fn of(exchange: &Exchange) -> Option<Self> {
        let request = exchange.request.as_ref()?;
        Some(Self {
            locale: request.locale_id().map(Locale::of).unwrap_or_default(),
            os: Os::of(request.os_type().unwrap_or_default(), request.os_ver().unwrap_or_default()),
            client: Client::of(exchange),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cvr::Request;
    use crate::cvr::script::{exchange, provenance};
    use crate::msnp::{Command, Verb};

    fn profile(request: &str) -> Profile {
        Profile::of(&exchange(request, "")).unwrap()
    }

    #[test]
    fn a_malformed_request_means_nothing() {
        let profile = profile("CVQ 6 spaghetti");
        assert_eq!(profile.locale, Locale::default());
        assert_eq!(profile.os, Os::default());
        assert_eq!(profile.client, Client::default());
    }

    #[test]
    fn every_part_has_its_meaning() {
        let profile = profile("CVR 2 0x0c0a winnt 5.1.3 i386 MSNMSGR 8.0.0792 msmsgs a@example.com");
        assert_eq!(profile.locale.tag, Some("es-ES"));
        assert_eq!(profile.os.name.as_deref(), Some("Windows XP SP3"));
        assert_eq!(profile.client.product, Some("Windows Live Messenger 8.0"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn any_bytes_in_the_fields_are_borne(fields in proptest::collection::vec(any::<Vec<u8>>(), 4)) {
            let [locale, os_type, os_ver, library] = &fields[..] else { unreachable!() };
            let line = [b"CVR", &b"2"[..], locale, os_type, os_ver, b"i386", library, b"6.0"].join(&b' ');
            let mut exchange = exchange("CVR 2", "");
            exchange.request = Some(Request::new(Verb::Cvr, Command::parse(&line), provenance(1)));
            let profile = Profile::of(&exchange).unwrap();
            prop_assert!(profile.os.name.is_none_or(|name| name.is_ascii()));
            Locale::of(locale);
            Os::of(os_type, os_ver);
        }

        #[test]
        fn any_version_behind_a_known_system_is_borne(
            os_type in "win|winnt|Win32NT|mac|linux|webtv", os_ver in "[0-9.v-]{0,14}",
        ) {
            Os::of(os_type.as_bytes(), os_ver.as_bytes());
        }
    }
}
