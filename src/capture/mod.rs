//! From files, pipes, directories and interfaces to packets.
//!
//! * **Takes** the words of a command line, and whatever [`Read`](std::io::Read) they lead to, compressed or not.
//! * **Gives** a [`PacketSource`]: packets in the order of the file, then the end or one [`CaptureError`]; and
//!   [`Facts`] about what was read, with every oddity that was tolerated on the way.
//! * **Keeps** two blocks of [`READ_LEN`](crate::limits::READ_LEN) bytes for each open input, which grow to hold one
//!   record or block and never beyond [`BLOCK_LEN_MAX`](crate::limits::BLOCK_LEN_MAX); for a compressed one two more,
//!   and [`DECOMPRESSION_BYTES_MAX`](crate::limits::DECOMPRESSION_BYTES_MAX) at most for its decoder; and at most
//!   [`INTERFACES_MAX`](crate::limits::INTERFACES_MAX) interfaces of the present pcapng section.
//! * **Leaves out** what the packets mean, seeking, memory maps (they die when a file shrinks), threads, sleeping, and
//!   names: a capture is recognised by its content.
//!
//! ```text
//! words ─ inputs ─ first_time ─┐
//!              standard input ─┼─ file ─ recognise ─┬─ pcap ───┬─ Packet
//!                     follow ──┘   │                └─ pcapng ─┘
//!                               buffer (parsed in place) ─ blocks ─ stream ─ compressed ─ buffer ─ blocks ─ stream
//!                                  └─ recover (after damage: the next place from which records form a chain)
//! interface ────────────────────────────── live ──────────────── Arrival, a Packet without a number
//! ```
//!
//! With the feature `live`, interfaces are listened to by libpcap, whose filters serve files too.
//!
//! ```
//! use msncensus::capture::{CaptureFile, Next, PacketSource, ReadOptions, Source};
//! use msncensus::packet::InputId;
//!
//! let source = Source::Path("samples/msn-6.0-required.pcapng".into());
//! let mut capture = CaptureFile::open(&source, InputId(0), ReadOptions::default())?;
//! let mut lens = Vec::new();
//! while let Next::Packet(packet) = capture.next()? {
//!     lens.push(packet.original_len);
//! }
//! assert_eq!(lens.len(), 12);
//! assert_eq!(capture.facts().oddities.met().count(), 0);
//! # Ok::<(), msncensus::capture::CaptureError>(())
//! ```
//!
//! The formats: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng; where a file departs from them, what libpcap does
//! (`sf-pcap.c`, `sf-pcapng.c`), unless that loses packets.

mod buffer;
mod chain;
mod compressed;
mod error;
mod facts;
mod file;
mod first_time;
mod follow;
mod hashed;
mod inputs;
mod interface;
mod oddities;
mod options;
mod order;
mod packet_block;
mod pcap;
mod pcapng;
mod recognise;
mod recover;
mod source;
mod statistics;
mod stream;

#[cfg(feature = "live")]
mod filter;
#[cfg(feature = "live")]
mod live;

#[cfg(test)]
mod samples;

#[cfg(test)]
#[cfg(feature = "live")]
mod oracle;

use crate::packet::{LinkType, Packet, Stamp, Timestamp};

pub use error::{CaptureError, CaptureErrorKind, Damage, Part, Place, Unit, Unsupported};
pub use facts::{Compression, Facts, Format, Outage, Recovery, Skipped};
pub use file::{CaptureFile, ReadOptions};
pub use first_time::{by_first_time, order_of};
pub use follow::Follow;
pub use inputs::{Input, Skip, list};
pub use oddities::{Oddities, Oddity};
pub use source::Source;
pub use stream::{Block, FilePart, Reader, Stream};

#[cfg(feature = "live")]
pub use filter::{Filter, FilterError};
#[cfg(feature = "live")]
pub use live::{
    Arrival, Device, HAND_OVER_MS, KernelCounters, LinkState, Live, LiveError, LiveErrorKind, LiveOptions, devices,
};

/// Where packets come from: a file, a live interface, the script of a test.
pub trait PacketSource {
    /// Gives `take` the next packets, as long as they lie at hand, there is nothing odd about them, and it wants another
    /// one. That none came says nothing: ask [`next`](Self::next).
    ///
    /// It saves time, and nobody has to ask. Most packets are like that, and nothing else need be looked at for them.
    #[inline]
    fn at_hand(&mut self, take: impl FnMut(&Packet<'_>) -> bool)
    where
        Self: Sized,
    {
        let _ = take;
    }

    /// The next packet, which lives until the next call.
    ///
    /// An error is the last thing that a source says: all that could be read before it has been given, and every later
    /// call answers [`Next::End`]. A packet that the end of the file cuts is given first, with the bytes that are
    /// there, and the call after it returns the error, of kind [`CaptureErrorKind::Cut`].
    fn next(&mut self) -> Result<Next<'_>, CaptureError>;

    /// What is known of the source so far.
    fn facts(&mut self) -> &Facts;
}

/// The answer of a [`PacketSource`].
#[derive(Clone, Copy, Debug)]
pub enum Next<'a> {
    /// A packet.
    Packet(Packet<'a>),
    /// Nothing for now: that an interface is quiet, or a file does not grow, is neither the end nor an error. A file
    /// says it only if it is followed.
    Idle,
    /// There will be no more packets.
    End,
}

/// Where the next packet lies in the buffer, and what its record says of it. Plain numbers: it is made for every
/// packet.
#[derive(Clone, Copy, Debug)]
struct Record {
    /// Bytes of the buffer that the record takes.
    len: usize,
    /// Bytes that it should take: more if the file ends within it, which makes it the last.
    whole_len: usize,
    /// Where in them the packet begins and ends.
    data_at: usize,
    data_end: usize,
    time: Timestamp,
    original_len: u32,
    link_type: LinkType,
    fcs_len: u8,
}

impl Record {
    /// The packet in the bytes that the record begins.
    #[inline]
    fn packet<'a>(&self, stamp: Stamp, bytes: &'a [u8]) -> Packet<'a> {
        Packet {
            stamp,
            link_type: self.link_type,
            data: bytes.get(self.data_at..self.data_end).unwrap_or_default(),
            original_len: self.original_len,
            fcs_len: self.fcs_len,
        }
    }
}
