//! One TCP packet of a made capture, before it becomes bytes: what the alterations work on.

use std::net::SocketAddr;

use super::link::Link;

/// TCP flag: the sender has no more to say.
pub(crate) const FIN: u8 = 0x01;
/// TCP flag: opens one direction.
pub(crate) const SYN: u8 = 0x02;
/// TCP flag: breaks the connection off.
pub(crate) const RST: u8 = 0x04;
/// TCP flag: deliver at once.
pub(crate) const PSH: u8 = 0x08;
/// TCP flag: the acknowledgement number holds.
pub(crate) const ACK: u8 = 0x10;

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

impl Side {
    /// The one who listens.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// What the TCP checksum field of a packet holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Checksum {
    #[default]
    Valid,
    /// Nothing: some network cards fill it in after the capture.
    Zero,
    /// The sum over the pseudo header alone: what Linux leaves to the network card.
    PseudoOnly,
    Wrong,
}

/// A VLAN tag: its type (0x8100, 0x88a8, 0x9100) and its VLAN id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) protocol: u16,
    pub(crate) vlan: u16,
}

/// What lies around a TCP segment, and how it was captured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) link: Link,
    /// Outermost first. Only Ethernet and the two Linux cooked headers have room for them.
    pub(crate) tags: Vec<Tag>,
    /// Name of the interface in a pcapng; empty for none.
    pub(crate) interface: String,
    /// Puts a hop-by-hop extension header between IPv6 and TCP.
    pub(crate) hop_by_hop: bool,
    pub(crate) checksum: Checksum,
    /// Whose packets have that checksum, while the other side's are valid; `None` for both.
    pub(crate) checksum_of: Option<Side>,
    /// Captured bytes of each packet at most; 0 is no limit.
    pub(crate) snap_len: usize,
}

/// One TCP packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TestPacket {
    /// Nanoseconds since 1970.
    pub(crate) time: i64,
    /// Which conversation of the script it belongs to.
    pub(crate) conversation: usize,
    pub(crate) side: Side,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    /// `SYN | ACK` and so on.
    pub(crate) flags: u8,
    /// TCP options: a multiple of four bytes.
    pub(crate) options: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    /// IPv4 identification.
    pub(crate) id: u16,
    /// Time to live or hop limit.
    pub(crate) ttl: u8,
    pub(crate) envelope: Envelope,
}

impl TestPacket {
    /// Whether it belongs to the opening of a connection and carries nothing else.
    pub(crate) fn is_handshake(&self) -> bool {
        self.flags & SYN != 0
    }
}
