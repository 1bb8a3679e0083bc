//! What a request means: language, operating system, client.

use crate::cvr::Request;

/// The meaning of a request, each part beside its raw text in the [`Request`].
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// What the locale id stands for.
    pub locale: Locale,
    /// What the operating system's type and version stand for.
    pub os: Os,
    /// What the library name, version and client name stand for.
    pub client: Client,
}

/// A language and region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locale {
    /// The locale id as a number.
    pub lcid: Option<u32>,
    /// BCP 47 tag (`en-US`).
    pub tag: Option<&'static str>,
    /// English name (`English (United States)`).
    pub name: Option<&'static str>,
}

/// An operating system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Os {
    /// Its name (`Windows XP SP3`); `None` if unknown.
    pub name: Option<&'static str>,
}

/// A client program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// Its name (`MSN Messenger 6.1`, `libpurple`); `None` if unknown.
    pub product: Option<&'static str>,
}

impl Profile {
    /// The meaning of `request`.
    pub fn of(_request: &Request) -> Self {
        Self::default()
    }
}
