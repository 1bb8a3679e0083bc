//! How much is shown of whom.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::accounts::{Account, Search};

/// Bits of the network that [`Level::Mask`] shows of an address of IPv4.
pub(super) const NETWORK_LEN_V4: u32 = 24;

/// The same of IPv6.
pub(super) const NETWORK_LEN_V6: u32 = 48;

/// What stands for a name.
const HIDDEN: &[u8] = b"***";

/// How much is shown of whom. Every level but the first has pseudonyms made where exchanges are found; two of them show less of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Level {
    /// Everything, as captured.
    #[default]
    None,
    /// The domains of accounts and the networks of addresses.
    Mask,
    /// A keyed pseudonym of each account, with its domain, and of each address.
    Pseudonym,
    /// Neither accounts nor addresses.
    Drop,
}

impl Level {
    /// Whether less is shown than the pseudonyms.
    pub const fn shows_less(self) -> bool {
        matches!(self, Self::Mask | Self::Drop)
    }

    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Mask => "mask",
            Self::Pseudonym => "pseudonym",
            Self::Drop => "drop",
        }
    }

    /// What is shown of a captured text. It is the same where it names no account.
    pub fn text(self, text: &[u8]) -> Cow<'_, [u8]> {
        if !self.shows_less() {
            return Cow::Borrowed(text);
        }
        let mut put = |account: Account<'_>, shown: &mut Vec<u8>| {
            shown.extend_from_slice(HIDDEN);
            if self == Self::Mask {
                shown.extend_from_slice(account.at);
                shown.extend_from_slice(account.domain);
            }
        };
        let search = Search { unpacks: true, knows_pseudonyms: true };
        search.replaced(text, &mut put).map_or(Cow::Borrowed(text), Cow::Owned)
    }

    /// The same of a text that is a cell of its own: nothing where nothing but an account would be left out.
    pub fn cell(self, text: &[u8]) -> Option<Cow<'_, [u8]>> {
        Some(self.text(text)).filter(|shown| self != Self::Drop || **shown != *HIDDEN)
    }

    /// What is shown of an address.
    pub fn address(self, addr: IpAddr) -> Option<IpAddr> {
        match self {
            Self::None | Self::Pseudonym => Some(addr),
            Self::Mask => Some(network(addr)),
            Self::Drop => None,
        }
    }
}

/// The network that `addr` is in.
fn network(addr: IpAddr) -> IpAddr {
    let v4 = |addr: Ipv4Addr| Ipv4Addr::from_bits(addr.to_bits() & u32::MAX << (32 - NETWORK_LEN_V4));
    match addr {
        IpAddr::V4(addr) => v4(addr).into(),
        IpAddr::V6(addr) => match addr.to_ipv4_mapped() {
            Some(addr) => v4(addr).to_ipv6_mapped().into(),
            None => Ipv6Addr::from_bits(addr.to_bits() & u128::MAX << (128 - NETWORK_LEN_V6)).into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(level: Level, text: &str) -> Option<String> {
        level.cell(text.as_bytes()).map(|shown| String::from_utf8(shown.into_owned()).unwrap())
    }

    #[test]
    fn texts_show_the_domain_or_nothing() {
        let name = "p0123456789abcdef@example.com";
        let line = format!("CVR 2 {name} http://example.com/?u=p0123456789abcdef%40b p0123456789abcdef");
        for (level, alone, within) in [
            (Level::None, Some(name), &*line),
            (Level::Pseudonym, Some(name), &line),
            (Level::Mask, Some("***@example.com"), "CVR 2 ***@example.com http://example.com/?u=***%40b ***"),
            (Level::Drop, None, "CVR 2 *** http://example.com/?u=*** ***"),
        ] {
            assert_eq!(shown(level, name).as_deref(), alone, "{level:?}");
            assert_eq!(shown(level, &line).as_deref(), Some(within), "{level:?}");
            assert_eq!(shown(level, "winnt 5.1").as_deref(), Some("winnt 5.1"), "{level:?}");
        }
        assert_eq!(shown(Level::Mask, "p0123456789abcdef").as_deref(), Some("***"));
        assert_eq!(shown(Level::Drop, "p0123456789abcdef"), None);
    }

    #[test]
    fn addresses_show_their_network_or_nothing() {
        for (addr, masked) in [
            ("192.0.2.77", "192.0.2.0"),
            ("2001:db8:1:2::7", "2001:db8:1::"),
            ("::ffff:192.0.2.77", "::ffff:192.0.2.0"),
        ] {
            let addr = addr.parse().unwrap();
            assert_eq!(Level::Mask.address(addr), Some(masked.parse().unwrap()));
            assert_eq!([Level::None, Level::Pseudonym].map(|level| level.address(addr)), [Some(addr); 2]);
            assert_eq!(Level::Drop.address(addr), None);
        }
    }
}
