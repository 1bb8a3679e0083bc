//! Pseudonyms of addresses that keep the networks: two of them share as many leading bits as the addresses do.
//!
//! Each bit is turned over or not by one bit of a keyed function of all the bits in front of it (Xu, Fan, Ammar and Moon,
//! "Prefix-Preserving IP Address Anonymization", 2002), here SipHash-2-4:
//!
//! ```text
//! address     1 1 0 0 0 0 0 0 . 0 0 0 ...
//! pseudonym   0 1 1 0 ...
//!             │ │ └ turned over by f(11)
//!             │ └── left by f(1)
//!             └──── turned over by f()
//! ```
//!
//! So it is one-to-one, and depends on nothing but the key. Addresses of IPv4 and IPv6 have functions of their own. One of IPv4 that is
//! written as one of IPv6 (`::ffff:192.0.2.1`) has the pseudonym of IPv4, written so too: the bits in front of it are never
//! turned over, wherever an address begins like it, so that no other gets there.

use std::hash::Hasher;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use foldhash::quality::RandomState;
use hashlink::LruCache;
use siphasher::sip::SipHasher24;

use super::level::{NETWORK_LEN_V4, NETWORK_LEN_V6};
use crate::limits::PSEUDONYMS_REMEMBERED_MAX;
use crate::net::EncapsulationId;

/// What begins an address of IPv4 that is written as one of IPv6, and how many bits that are.
const MAPPED: u128 = 0xffff << 32;
const MAPPED_LEN: u32 = 96;

/// Bits of what is permuted.
const V4_LEN: u32 = 32;
const V6_LEN: u32 = 128;

/// What is permuted: each has a function of its own.
#[derive(Clone, Copy)]
enum Kind {
    V4 = 4,
    V6 = 6,
    Network = 0,
}

/// Gives addresses pseudonyms.
pub(super) struct Addresses {
    function: SipHasher24,
    /// Leading bits that stay as they are, of IPv4 and of IPv6.
    kept: [u32; 2],
    known: LruCache<IpAddr, IpAddr, RandomState>,
}

impl Addresses {
    /// With `keeps_networks`, only the hosts within the networks that [`Level::Mask`](super::Level::Mask) shows.
    pub(super) fn new(key: &[u8; 16], keeps_networks: bool) -> Self {
        Self {
            function: SipHasher24::new_with_key(key),
            kept: if keeps_networks { [NETWORK_LEN_V4, NETWORK_LEN_V6] } else { [0, 0] },
            known: LruCache::with_hasher(PSEUDONYMS_REMEMBERED_MAX, RandomState::default()),
        }
    }

    /// The pseudonym of `addr`.
    pub(super) fn pseudonym(&mut self, addr: IpAddr) -> IpAddr {
        if let Some(known) = self.known.get(&addr) {
            return *known;
        }
        let pseudonym = match addr {
            IpAddr::V4(addr) => self.of_v4(addr).into(),
            IpAddr::V6(addr) => self.of_v6(addr).into(),
        };
        self.known.insert(addr, pseudonym);
        pseudonym
    }

    /// The number of a network, permuted: that of a tunnel is made of the addresses at its ends. None stays none.
    pub(super) fn network(&self, EncapsulationId(id): EncapsulationId) -> EncapsulationId {
        if id == 0 {
            return EncapsulationId(0);
        }
        let permuted = |id| low_32(self.permuted(Kind::Network, id, V4_LEN, 0));
        EncapsulationId(match permuted(id.into()) {
            // What was to become of none.
            0 => permuted(0),
            other => other,
        })
    }

    fn of_v4(&self, addr: Ipv4Addr) -> Ipv4Addr {
        let [kept, _] = self.kept;
        Ipv4Addr::from_bits(low_32(self.permuted(Kind::V4, addr.to_bits().into(), V4_LEN, kept)))
    }

    fn of_v6(&self, addr: Ipv6Addr) -> Ipv6Addr {
        let [_, kept] = self.kept;
        match addr.to_ipv4_mapped() {
            Some(addr) => self.of_v4(addr).to_ipv6_mapped(),
            None => Ipv6Addr::from_bits(self.permuted(Kind::V6, addr.to_bits(), V6_LEN, kept)),
        }
    }

    /// `bits`, a number of `len` bits, with each behind the first `kept` turned over or not.
    fn permuted(&self, kind: Kind, bits: u128, len: u32, kept: u32) -> u128 {
        (kept..len).fold(bits, |permuted, place| {
            let prefix = bits.checked_shr(len - place).unwrap_or(0);
            let is_fixed = matches!(kind, Kind::V6)
                && place < MAPPED_LEN
                && prefix == MAPPED.checked_shr(V6_LEN - place).unwrap_or(0);
            if is_fixed { permuted } else { permuted ^ self.turns_over(kind, place, prefix) << (len - 1 - place) }
        })
    }

    /// One if the bit at `place`, behind the bits of `prefix`, is to be turned over, else zero.
    fn turns_over(&self, kind: Kind, place: u32, prefix: u128) -> u128 {
        let mut function = self.function;
        function.write(&[kind as u8, u8::try_from(place).unwrap_or(u8::MAX)]);
        function.write(&prefix.to_be_bytes());
        u128::from(function.finish() & 1)
    }
}

/// The last 32 bits of a number that has no more.
fn low_32(bits: u128) -> u32 {
    u32::try_from(bits & u128::from(u32::MAX)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn addresses(key: u8, keeps_networks: bool) -> Addresses {
        Addresses::new(&[key; 16], keeps_networks)
    }

    /// How many leading bits two addresses share; those of two versions share none.
    fn shared(a: IpAddr, b: IpAddr) -> u32 {
        match (a, b) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            _ => 0,
        }
    }

    /// Two addresses of one version that share any number of bits.
    fn near() -> impl Strategy<Value = [IpAddr; 2]> {
        let v4 = (any::<u32>(), any::<u32>(), 0..=32_u32).prop_map(|(a, other, shift)| {
            [a, a ^ other.checked_shr(shift).unwrap_or(0)].map(|bits| Ipv4Addr::from_bits(bits).into())
        });
        let around_mapped = prop_oneof![any::<u128>(), any::<u32>().prop_map(|low| MAPPED | u128::from(low))];
        let v6 = (around_mapped, any::<u128>(), 0..=128_u32).prop_map(|(a, other, shift)| {
            [a, a ^ other.checked_shr(shift).unwrap_or(0)].map(|bits| Ipv6Addr::from_bits(bits).into())
        });
        prop_oneof![v4, v6]
    }

    #[test]
    fn an_address_of_ipv4_has_one_pseudonym_however_it_is_written() {
        let mut addresses = addresses(1, false);
        let IpAddr::V4(plain) = addresses.pseudonym([192, 0, 2, 1].into()) else { panic!("a pseudonym of IPv6") };
        let mapped = addresses.pseudonym("::ffff:192.0.2.1".parse().unwrap());
        assert_eq!(mapped, plain.to_ipv6_mapped());
        assert_ne!(plain, Ipv4Addr::new(192, 0, 2, 1));
    }

    #[test]
    fn pseudonyms_depend_on_the_key() {
        let of = |key| addresses(key, false).pseudonym("2001:db8::1".parse().unwrap());
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn networks_are_permuted_and_none_stays_none() {
        let addresses = addresses(1, false);
        let mut all: Vec<_> = (0..10_000).map(|id| addresses.network(EncapsulationId(id)).0).collect();
        assert_eq!(all[0], 0);
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn pseudonyms_share_as_many_leading_bits_as_addresses(key in any::<u8>(), keeps in any::<bool>(), [a, b] in near()) {
            let mut addresses = addresses(key, keeps);
            let [hidden_a, hidden_b] = [a, b].map(|addr| addresses.pseudonym(addr));
            prop_assert_eq!(shared(hidden_a, hidden_b), shared(a, b), "{} {}", hidden_a, hidden_b);
            prop_assert_eq!(hidden_a.is_ipv4(), a.is_ipv4());
            let kept = match a {
                IpAddr::V4(_) => 24,
                IpAddr::V6(addr) if addr.to_ipv4_mapped().is_some() => 96 + 24,
                IpAddr::V6(_) => 48,
            };
            prop_assert!(!keeps || shared(a, hidden_a) >= kept);
        }
    }
}
