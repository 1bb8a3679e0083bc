//! From a captured packet to a TCP segment.
//!
//! * **Takes** a [`Packet`](crate::packet::Packet) of any supported link type.
//! * **Gives** a [`Segment`] that borrows the packet's bytes, or the [`Fate`](crate::stats::Fate) of a packet that
//!   holds none. A [`Fragment`] goes to [`Fragments`], which gives back the [`Whole`] datagram that it completes.
//! * **Keeps** nothing but those fragments, bounded in number, bytes and time: decoding one packet depends on no other.
//! * **Leaves out** what is encrypted or compressed, and tunnels over TCP.
//!
//! ```text
//! Packet ─ link ─┬─ VLAN, MPLS, PPP(oE), LLC ─┬─ IPv4, IPv6, extension headers ─┬─ TCP ─ Segment
//!                └────────────<───────────────┘                ^                ├─ tunnel ── back to link
//!                                                              |                └─ Fragment ─ Fragments
//!                                                              └────────────── Whole ────────────┘
//! ```
//!
//! ```
//! # use msncensus::capture::{CaptureFile, Next, PacketSource, ReadOptions, Source};
//! # use msncensus::packet::InputId;
//! use msncensus::net::{Decoded, decode};
//!
//! # let source = Source::Path("samples/msn-6.0-required.pcapng".into());
//! # let mut capture = CaptureFile::open(&source, InputId(0), ReadOptions::default())?;
//! let mut said = Vec::new();
//! while let Next::Packet(packet) = capture.next()? {
//!     if let Decoded::Segment(segment) = decode(&packet)
//!         && segment.payload.starts_with(b"CVR ")
//!     {
//!         said.push(format!("{} > {}", segment.source, segment.destination));
//!     }
//! }
//! assert_eq!(said, ["192.0.2.61:4012 > 198.51.100.34:1863", "198.51.100.34:1863 > 192.0.2.61:4012"]);
//! # Ok::<(), msncensus::capture::CaptureError>(())
//! ```

mod around;
mod carriers;
mod checksum;
#[cfg(test)]
mod craft;
mod decode;
mod extent;
mod flow;
mod fragments;
mod ip;
mod link;
mod seq;
mod tunnel;

use crate::packet::Stamp;

use self::carriers::Carriers;

pub use carriers::Part;
pub use decode::{Decoded, decode, usual_segment};
pub use flow::{BySide, EncapsulationId, Endpoint, FlowKey, Side};
pub(crate) use fragments::difference;
pub use fragments::{DatagramId, Fragment, Fragments, Whole};
pub use seq::SeqNumber;

/// What a segment's TCP checksum says about its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Checksum {
    /// The checksum is wrong: the receiver will have thrown the segment away.
    Invalid,
    /// It cannot be checked (the packet was cut), or the sender left it to its network card.
    Unverified,
    /// The checksum is right.
    Valid,
}

/// The TCP flags that matter here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one bit of the TCP header, and any combination occurs")]
pub struct TcpFlags {
    /// Opens a connection and takes one sequence number.
    pub syn: bool,
    /// Ends one direction and takes one sequence number.
    pub fin: bool,
    /// Breaks the connection off.
    pub rst: bool,
    /// The acknowledgement number holds.
    pub ack: bool,
}

/// One TCP segment, borrowed from its packet or from a datagram that was put together of fragments.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// The packet that carried it, or the last of those that did.
    pub stamp: Stamp,
    /// Who sent it.
    pub source: Endpoint,
    /// Whom it was sent to.
    pub destination: Endpoint,
    /// Which network it was seen on.
    pub encapsulation: EncapsulationId,
    /// Sequence number of its first byte (of the SYN, if it has one).
    pub seq: SeqNumber,
    /// Acknowledgement number; holds only if `flags.ack`.
    pub ack: SeqNumber,
    /// Its flags.
    pub flags: TcpFlags,
    /// The payload bytes that were captured.
    pub payload: &'a [u8],
    /// The payload's true length in bytes; more than `payload.len()` if the packet was cut.
    pub payload_len: u32,
    /// The whole TCP segment as captured, header included: what the checksum covers, beside the addresses.
    pub bytes: &'a [u8],
    /// The IPv4 header in front of it, for its checksum; empty if there is none, or not one alone: IPv6, fragments.
    header_v4: &'a [u8],
    /// Who carried the payload, if that was not one packet alone.
    carriers: Carriers<'a>,
}

impl<'a> Segment<'a> {
    /// A segment without flags and with sequence number zero.
    #[cfg(test)]
    pub(crate) fn of_test(stamp: Stamp, source: Endpoint, destination: Endpoint, payload: &'a [u8]) -> Self {
        Self {
            stamp,
            source,
            destination,
            encapsulation: EncapsulationId::default(),
            seq: SeqNumber(0),
            ack: SeqNumber(0),
            flags: TcpFlags::default(),
            payload,
            payload_len: u32::try_from(payload.len()).unwrap(),
            bytes: &[],
            header_v4: &[],
            carriers: Carriers::default(),
        }
    }

    /// The payload, split by the packets that carried it: one part, unless the segment came in fragments.
    pub fn parts(&self) -> impl Iterator<Item = Part<'a>> + use<'a> {
        self.carriers.parts(self.payload, self.stamp)
    }

    /// Sequence number of the first payload byte: a SYN takes one number itself.
    pub const fn data_seq(&self) -> SeqNumber {
        self.seq.plus(if self.flags.syn { 1 } else { 0 })
    }
}
