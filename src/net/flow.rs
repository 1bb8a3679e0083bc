//! Which connection a segment may belong to: its two ends, whatever the direction, and the network it was seen on.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

/// One end of a connection: an address and a TCP port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Endpoint {
    /// IPv4 or IPv6 address.
    pub addr: IpAddr,
    /// TCP port.
    pub port: u16,
}

impl Endpoint {
    /// The end at `addr` and `port`.
    pub const fn new(addr: IpAddr, port: u16) -> Self {
        Self { addr, port }
    }
}

impl From<Endpoint> for SocketAddr {
    fn from(Endpoint { addr, port }: Endpoint) -> Self {
        Self::new(addr, port)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SocketAddr::from(*self).fmt(f)
    }
}

/// Tells apart two networks that use the same addresses: the VLAN tags and tunnels around a packet, folded into one
/// number, which is the same for both directions.
///
/// Zero means none; a priority tag (VLAN 0) counts as none. One tag gives its VLAN id, two the outer id times 4096
/// plus the inner one; all else is hashed, so that two networks share a number once in two billion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EncapsulationId(pub u32);

/// The bits of a tag that are the VLAN id; the others are priority and drop eligibility (IEEE 802.1Q, 9.6).
const VLAN_ID_BITS: u32 = 12;
const VLAN_ID_MASK: u32 = (1 << VLAN_ID_BITS) - 1;
/// Set in every hashed number, so that it differs from the exact ones.
const HASHED: u32 = 1 << 31;
/// Odd and without pattern: 2^64 divided by the golden ratio (Knuth, volume 3, 6.4).
const HASH_FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl EncapsulationId {
    /// The network inside the VLAN that `tag_control` names, itself inside this network.
    #[must_use]
    pub fn inside_vlan(self, tag_control: u16) -> Self {
        let id = u32::from(tag_control) & VLAN_ID_MASK;
        if id == 0 {
            self
        } else if self.0 <= VLAN_ID_MASK {
            Self(self.0 << VLAN_ID_BITS | id)
        } else {
            self.hashed_with(id)
        }
    }

    /// The network that a tunnel of some `kind` gives the number `id`, itself inside this network.
    #[must_use]
    pub fn inside_tunnel(self, kind: u32, id: u32) -> Self {
        self.hashed_with(kind).hashed_with(id)
    }

    /// The network at both ends of a tunnel between two addresses, in whichever order, itself inside this network.
    #[must_use]
    pub fn between(self, a: IpAddr, b: IpAddr) -> Self {
        [a.min(b), a.max(b)].into_iter().fold(self, |outer, addr| match addr {
            IpAddr::V4(addr) => outer.hashed_with(addr.to_bits()),
            IpAddr::V6(addr) => addr.segments().into_iter().fold(outer, |outer, word| outer.hashed_with(word.into())),
        })
    }

    /// Takes in a word. What came before is mixed in differently, so that the order of the words counts.
    fn hashed_with(self, word: u32) -> Self {
        let mixed = (u64::from(self.0) << 32 | u64::from(word)).wrapping_mul(HASH_FACTOR);
        let hash = (mixed ^ mixed >> 32).wrapping_mul(HASH_FACTOR) >> 33;
        Self(HASHED | u32::try_from(hash).expect("31 bits"))
    }
}

/// One of the two ends of a [`FlowKey`], by the order of the endpoints: it says nothing about who is the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// The lower endpoint.
    Low,
    /// The higher endpoint.
    High,
}

impl Side {
    /// Both sides.
    pub const BOTH: [Self; 2] = [Self::Low, Self::High];

    /// The opposite side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Low => Self::High,
            Self::High => Self::Low,
        }
    }
}

/// One thing for each side of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BySide<T> {
    low: T,
    high: T,
}

impl<T> BySide<T> {
    /// `make` of each side.
    pub fn new(mut make: impl FnMut(Side) -> T) -> Self {
        Self { low: make(Side::Low), high: make(Side::High) }
    }

    /// What belongs to `side`.
    pub const fn get(&self, side: Side) -> &T {
        match side {
            Side::Low => &self.low,
            Side::High => &self.high,
        }
    }

    /// What belongs to `side`, to be changed.
    pub const fn get_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Low => &mut self.low,
            Side::High => &mut self.high,
        }
    }
}

/// The two ends of a connection in an order that does not depend on the direction, and the network.
///
/// It is made, compared and hashed for every packet with payload, so it is small and made without a branch where both
/// ends are of IPv4, as they mostly are.
///
/// ```
/// use msncensus::net::{EncapsulationId, Endpoint, FlowKey};
///
/// let client = Endpoint::new([192, 0, 2, 1].into(), 1042);
/// let server = Endpoint::new([198, 51, 100, 5].into(), 1863);
/// let (asked, client_side) = FlowKey::new(client, server, EncapsulationId::default());
/// let (answered, server_side) = FlowKey::new(server, client, EncapsulationId::default());
/// assert_eq!(asked, answered);
/// assert_eq!(asked.endpoint(client_side.other()), answered.endpoint(server_side));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FlowKey {
    ends: Ends,
    encapsulation: EncapsulationId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Ends {
    /// The lower endpoint and the higher one, each as [`packed`].
    V4(u64, u64),
    /// The same as they are.
    Any(Endpoint, Endpoint),
}

impl FlowKey {
    /// The key of what `source` sends to `destination`, and the side that `source` is.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a key that comes back through memory is written in parts and read as a whole"
    )]
    pub fn new(source: Endpoint, destination: Endpoint, encapsulation: EncapsulationId) -> (Self, Side) {
        let (is_low, ends) = match (source.addr, destination.addr) {
            (IpAddr::V4(source_addr), IpAddr::V4(destination_addr)) => {
                let (a, b) = (packed(source_addr, source.port), packed(destination_addr, destination.port));
                (a <= b, Ends::V4(a.min(b), a.max(b)))
            }
            _ => Ends::of_any(&source, &destination),
        };
        (Self { ends, encapsulation }, if is_low { Side::Low } else { Side::High })
    }

    /// The network.
    pub const fn encapsulation(&self) -> EncapsulationId {
        self.encapsulation
    }

    /// The endpoint on `side`.
    pub const fn endpoint(&self, side: Side) -> Endpoint {
        match (self.ends, side) {
            (Ends::V4(end, _), Side::Low) | (Ends::V4(_, end), Side::High) => unpacked(end),
            (Ends::Any(end, _), Side::Low) | (Ends::Any(_, end), Side::High) => end,
        }
    }
}

impl Ends {
    /// The ends of which one is not of IPv4, and whether the source is the lower one.
    #[cold]
    fn of_any(source: &Endpoint, destination: &Endpoint) -> (bool, Self) {
        (source <= destination, Self::Any(*source.min(destination), *source.max(destination)))
    }
}

/// An endpoint of IPv4 as a number with the same order.
#[inline]
fn packed(addr: Ipv4Addr, port: u16) -> u64 {
    u64::from(addr.to_bits()) << 16 | u64::from(port)
}

const fn unpacked(end: u64) -> Endpoint {
    let [_, _, a, b, c, d, port @ ..] = end.to_be_bytes();
    Endpoint::new(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), u16::from_be_bytes(port))
}

impl Hash for Ends {
    /// Feeds as few words as it can.
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::V4(low, high) => state.write_u128(u128::from(*low) << 64 | u128::from(*high)),
            Self::Any(low, high) => {
                state.write_u128(bits(low.addr));
                state.write_u128(bits(high.addr));
                state.write_u32(u32::from(low.port) << 16 | u32::from(high.port));
            }
        }
    }
}

fn bits(addr: IpAddr) -> u128 {
    match addr {
        IpAddr::V4(addr) => addr.to_bits().into(),
        IpAddr::V6(addr) => addr.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(tags: &[u16]) -> u32 {
        tags.iter().fold(EncapsulationId::default(), |outer, tag| outer.inside_vlan(*tag)).0
    }

    #[test]
    fn e4_one_and_two_vlans_are_exact_and_vlan_0_is_none() {
        assert_eq!(inside(&[10]), 10);
        assert_eq!(inside(&[0x00a, 0x014]), 0x00a_014);
        assert_eq!(inside(&[0, 10, 0]), 10);
        assert_eq!(inside(&[0xf00a]), 10, "priority bits are not the VLAN");
    }

    #[test]
    fn e4_deeper_stacks_differ_from_each_other_and_from_exact_ones() {
        let deep = [[1, 2, 3], [1, 3, 2], [3, 2, 1], [2, 1, 3], [1, 2, 4]].map(|tags| inside(&tags));
        for (i, one) in deep.iter().enumerate() {
            assert!(*one >= HASHED);
            assert!(deep.iter().skip(i + 1).all(|other| other != one));
        }
    }

    #[test]
    fn b20_tunnels_differ_from_each_other_and_not_by_direction() {
        let [a, b, c] = [1, 2, 3].map(|last| IpAddr::from(Ipv4Addr::new(192, 0, 2, last)));
        let six = IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]);
        let none = EncapsulationId::default();
        assert_eq!(none.between(a, b), none.between(b, a));
        assert_eq!(none.between(a, six), none.between(six, a));
        let vlan = none.inside_vlan(10);
        let all = [
            none,
            vlan,
            none.between(a, b),
            none.between(a, c),
            none.between(b, c),
            none.between(a, six),
            none.between(a, b).between(a, b),
            none.between(a, b).between(a, c),
            none.between(a, c).between(a, b),
            vlan.between(a, b),
            none.between(a, b).inside_vlan(10),
            none.inside_tunnel(1, 7),
            none.inside_tunnel(1, 8),
            none.inside_tunnel(2, 7),
            vlan.inside_tunnel(1, 7),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(all.iter().skip(i + 1).all(|other| other != one), "{i}");
        }
    }

    #[test]
    fn both_directions_have_one_key() {
        let a = Endpoint::new(Ipv4Addr::new(192, 0, 2, 1).into(), 1042);
        let b = Endpoint::new(Ipv4Addr::new(198, 51, 100, 5).into(), 1863);
        let (there, from_a) = FlowKey::new(a, b, EncapsulationId(0));
        let (back, from_b) = FlowKey::new(b, a, EncapsulationId(0));
        assert_eq!(there, back);
        assert_eq!(from_a, from_b.other());
        assert_eq!(there.endpoint(from_a), a);
    }
}
