//! What the population is counted by, and where an exchange stands in it.

use std::borrow::Cow;

use super::Observation;
use crate::cvr::{Exchange, Request};
use crate::msnp::Verb;

/// What the population is counted by, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Everyone.
    Total,
    /// BCP 47 tag of the locale.
    Locale,
    /// Operating system as sent, type and version.
    Os,
    /// Operating system's name.
    OsName,
    /// Processor architecture as sent.
    Arch,
    /// Library name as sent.
    LibraryName,
    /// Client version as sent.
    ClientVer,
    /// Client name as sent.
    ClientName,
    /// Product decoded from library name and version.
    Product,
    /// Dialect that the server chose.
    Msnp,
    /// How the conversation was carried.
    Via,
    /// CVR or CVQ.
    Verb,
}

/// The only value of [`Dimension::Total`].
pub(super) const EVERYONE: &[u8] = b"all";

impl Dimension {
    /// Every dimension, in the order of the table.
    pub const ALL: [Self; 12] = [
        Self::Total,
        Self::Locale,
        Self::Os,
        Self::OsName,
        Self::Arch,
        Self::LibraryName,
        Self::ClientVer,
        Self::ClientName,
        Self::Product,
        Self::Msnp,
        Self::Via,
        Self::Verb,
    ];

    /// The word in the `dimension` column: the name of the column of `exchanges` that it counts.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Locale => "locale",
            Self::Os => "os",
            Self::OsName => "os_name",
            Self::Arch => "arch",
            Self::LibraryName => "library_name",
            Self::ClientVer => "client_ver",
            Self::ClientName => "client_name",
            Self::Product => "product",
            Self::Msnp => "msnp",
            Self::Via => "via",
            Self::Verb => "verb",
        }
    }

    /// The value that `observation` shows, also that of the column of `exchanges`; empty if the capture does not tell.
    pub fn value(self, observation: &Observation) -> Cow<'_, [u8]> {
        let exchange = &observation.exchange;
        let request = exchange.request.as_ref();
        let profile = observation.profile.as_deref();
        let sent = |field: fn(&Request) -> Option<&[u8]>| request.and_then(field);
        let known = match self {
            Self::Total => Some(EVERYONE),
            Self::Locale => profile.and_then(|profile| bytes(profile.locale.tag.as_ref())),
            Self::Os => return request.and_then(Request::os).unwrap_or_default(),
            Self::OsName => profile.and_then(|profile| bytes(profile.os.name.as_ref())),
            Self::Arch => sent(Request::arch),
            Self::LibraryName => sent(Request::library_name),
            Self::ClientVer => sent(Request::client_ver),
            Self::ClientName => sent(Request::client_name),
            Self::Product => profile.and_then(|profile| bytes(profile.client.product.as_ref())),
            Self::Msnp => exchange.dialect.chosen.as_deref(),
            Self::Via => Some(exchange.via.word().as_bytes()),
            Self::Verb => Some(verb(exchange).as_bytes()),
        };
        Cow::Borrowed(known.unwrap_or_default())
    }

    /// What people call the value that `observation` shows, where they do not call it by itself.
    pub fn label(self, observation: &Observation) -> Option<&[u8]> {
        let profile = observation.profile.as_deref()?;
        match self {
            Self::Locale => bytes(profile.locale.name.as_ref()),
            Self::Os => bytes(profile.os.name.as_ref()),
            _ => None,
        }
    }
}

/// The word that the exchange goes by; empty if a lone error is all that there is.
pub(super) fn verb(exchange: &Exchange) -> &'static str {
    match exchange.verb() {
        Verb::Cvr => "CVR",
        Verb::Cvq => "CVQ",
        _ => "",
    }
}

fn bytes<T: AsRef<str>>(text: Option<&T>) -> Option<&[u8]> {
    text.map(|text| text.as_ref().as_bytes())
}
