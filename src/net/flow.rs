//! Which connection a segment may belong to: its two ends, whatever the direction, and the network it was seen on.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};

/// One end of a connection: an address and a TCP port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SocketAddr::new(self.addr, self.port).fmt(f)
    }
}

/// Tells apart two networks that use the same addresses: the VLAN tags around a packet, folded into one number.
///
/// Zero means none; a priority tag (VLAN 0) counts as none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EncapsulationId(pub u32);

/// One of the two ends of a [`FlowKey`], by the order of the endpoints: it says nothing about who is the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowKey {
    low: Endpoint,
    high: Endpoint,
    encapsulation: EncapsulationId,
}

impl FlowKey {
    /// The key of what `source` sends to `destination`, and the side that `source` is.
    pub fn new(source: Endpoint, destination: Endpoint, encapsulation: EncapsulationId) -> (Self, Side) {
        if source <= destination {
            (Self { low: source, high: destination, encapsulation }, Side::Low)
        } else {
            (Self { low: destination, high: source, encapsulation }, Side::High)
        }
    }

    /// The endpoint on `side`.
    pub const fn endpoint(&self, side: Side) -> Endpoint {
        match side {
            Side::Low => self.low,
            Side::High => self.high,
        }
    }
}

impl Hash for FlowKey {
    /// Feeds whole words: this is computed for every segment with payload.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let ports = u64::from(self.low.port) << 16 | u64::from(self.high.port);
        state.write_u64(ports << 32 | u64::from(self.encapsulation.0));
        match (self.low.addr, self.high.addr) {
            (IpAddr::V4(low), IpAddr::V4(high)) => {
                state.write_u64(u64::from(low.to_bits()) << 32 | u64::from(high.to_bits()));
            }
            (low, high) => {
                state.write_u128(bits(low));
                state.write_u128(bits(high));
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
    use std::net::Ipv4Addr;

    use super::*;

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
