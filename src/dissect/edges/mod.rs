//! The packets of conversations that may cross the edges of a capture, for who joins it to an earlier or a later one.
//!
//! ```text
//!              ┌──────────── capture ────────────┐
//!        ──────┼──────► head                     │        begun before: its first packets
//!              │     stranger ──────►            │
//!              │                         tail ───┼──────► not over: all its packets
//!              └─────────────────────────────────┘
//! ```
//!
//! What an earlier capture knew decides how the first bytes of a later one are to be read: where a line begins, whose
//! session it is, whether it is one at all. So bytes are kept, not what was made of them, and read once more when it is known what
//! went before ([`Replay`]): by the same code, which gives what it would have given had it read both captures.
//!
//! * **Takes** packets, and what each of them met in the table of connections.
//! * **Gives** [`Edges`].
//! * **Keeps** of a *tail*, a connection that is read when the capture ends, every packet since the first that was followed. Of a
//!   *head*, a connection whose beginning was not captured, every packet as long as it is followed, and the first
//!   [`EDGE_STRANGER_BYTES_MAX`] where it is not, [`EDGE_BINARY_BYTES_MAX`] of what is no text. Sessions of the
//!   gateway are one conversation with all connections that carried them. Of all connections together
//!   [`EDGE_BYTES_MAX`], of each [`EDGE_CONNECTION_BYTES_MAX`]; what is over is said. And of all connections the first
//!   [`SYN_CACHE_LEN`] handshakes, for a connection is counted once.
//! * **Leaves out** connections that are over, were given up, or never were of interest: what is left of those fits into a few
//!   bytes. And what of a stranger comes when the capture has lasted for [`IDLE_MAX_S`]: what was open before is given up by then.
//!
//! [`EDGE_STRANGER_BYTES_MAX`]: crate::limits::EDGE_STRANGER_BYTES_MAX
//! [`EDGE_BINARY_BYTES_MAX`]: crate::limits::EDGE_BINARY_BYTES_MAX
//! [`EDGE_BYTES_MAX`]: crate::limits::EDGE_BYTES_MAX
//! [`EDGE_CONNECTION_BYTES_MAX`]: crate::limits::EDGE_CONNECTION_BYTES_MAX
//! [`IDLE_MAX_S`]: crate::limits::IDLE_MAX_S
//! [`SYN_CACHE_LEN`]: crate::limits::SYN_CACHE_LEN

mod head;
mod record;
mod recorder;
mod replay;
mod waiting;

use serde::{Deserialize, Serialize};

use super::sessions::Over;
use crate::net::FlowKey;
use crate::packet::{LinkType, Packet, Renumbering, Stamp, Timestamp};
use crate::tcp::{Handshake, Remains};

pub(super) use recorder::{Recorder, Source, World};
pub use replay::Replay;

/// The conversations at both edges of a capture.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Edges {
    /// The believed times of its first and its last packet.
    times: Option<(Timestamp, Timestamp)>,
    /// How many packets it has, as far as a clock counts.
    packets: u32,
    talks: Vec<Talk>,
    /// Fragments of datagrams of which others are missing.
    fragments: Vec<KeptPacket>,
    /// The first handshakes that came, and what became of them: their connections may have begun in an earlier capture.
    greetings: Vec<Greeting>,
    cuts: Vec<Cut>,
    /// Whether strangers came for which there was no room.
    is_head_full: bool,
    /// What is left of connections that are not read.
    remains: Remains,
    /// Sessions of the gateway of which nothing of interest can follow.
    over: Vec<Over>,
    /// Packets of all these that were found behind damage.
    recovered: Vec<Stamp>,
    /// Whether something is missing that may be of interest: of a conversation that awaits an answer, or nobody knows what.
    pub is_cut: bool,
}

/// What was kept of one connection.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Talk {
    key: FlowKey,
    /// What was known of its handshake when it was first followed.
    handshake: Option<Handshake>,
    was_followed: bool,
    packets: Vec<KeptPacket>,
}

/// When a packet came.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Arrival {
    stamp: Stamp,
    /// The time that was believed.
    now: Timestamp,
    /// How many packets came before it, as far as a clock counts.
    before: u32,
}

/// A handshake that was the first that was heard of its connection; or none any more, for the connection is followed, or is
/// nothing of ours.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Greeting {
    key: FlowKey,
    handshake: Option<Handshake>,
    arrival: Arrival,
}

/// A packet as it came.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct KeptPacket {
    arrival: Arrival,
    link_type: u16,
    original_len: u32,
    fcs_len: u8,
    #[serde(with = "serde_bytes")]
    data: Box<[u8]>,
}

/// A connection of which nothing is kept from some packet on.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Cut {
    stamp: Stamp,
    key: FlowKey,
    was_followed: bool,
}

impl Edges {
    /// When the capture began; `None` if nothing was captured.
    pub fn begin(&self) -> Option<Timestamp> {
        self.times.map(|(first, _)| first)
    }

    /// All packets.
    pub fn stamps(&self) -> impl Iterator<Item = Stamp> {
        self.kept().map(|packet| packet.arrival.stamp)
    }

    /// The packets that were found behind damage.
    pub fn recovered(&self) -> impl Iterator<Item = Stamp> {
        self.recovered.iter().copied()
    }

    /// The connections that were followed, each with the latest packet that is known of it; and whether that is all that came.
    pub fn followed(&self) -> impl Iterator<Item = (FlowKey, Stamp, bool)> {
        let talks = self.talks.iter().filter(|talk| talk.was_followed);
        let kept = talks.filter_map(|talk| Some((talk.key, talk.packets.last()?.arrival.stamp, true)));
        let cuts = self.cuts.iter().filter(|cut| cut.was_followed);
        kept.chain(cuts.map(|cut| (cut.key, cut.stamp, false)))
    }

    /// Bytes of packets.
    pub fn bytes(&self) -> usize {
        self.kept().map(KeptPacket::memory).sum()
    }

    /// Notes which packets were found behind damage.
    pub fn note_recovered(&mut self, is_recovered: impl Fn(Stamp) -> bool) {
        self.recovered = self.stamps().filter(|stamp| is_recovered(*stamp)).collect();
    }

    /// Gives the inputs that they refer to other numbers.
    pub fn renumber(&mut self, numbers: &Renumbering) {
        let Self { talks, fragments, greetings, cuts, remains, over, recovered, .. } = self;
        let packets = talks.iter_mut().flat_map(|talk| &mut talk.packets).chain(fragments);
        let arrivals =
            packets.map(|packet| &mut packet.arrival).chain(greetings.iter_mut().map(|greeting| &mut greeting.arrival));
        let stamps = arrivals.map(|arrival| &mut arrival.stamp).chain(cuts.iter_mut().map(|cut| &mut cut.stamp));
        stamps.chain(recovered).for_each(|stamp| numbers.renumber(&mut stamp.input));
        for over in over {
            over.renumber(numbers);
        }
        remains.renumber(numbers);
    }

    fn kept(&self) -> impl Iterator<Item = &KeptPacket> {
        self.talks.iter().flat_map(|talk| &talk.packets).chain(&self.fragments)
    }
}

impl KeptPacket {
    fn of(packet: &Packet<'_>, now: Timestamp, before: u32) -> Self {
        let &Packet { stamp, link_type, data, original_len, fcs_len } = packet;
        Self {
            arrival: Arrival { stamp, now, before },
            link_type: link_type.0,
            original_len,
            fcs_len,
            data: data.into(),
        }
    }

    fn packet(&self) -> Packet<'_> {
        let &Self { arrival: Arrival { stamp, .. }, link_type, original_len, fcs_len, .. } = self;
        Packet { stamp, link_type: LinkType(link_type), data: &self.data, original_len, fcs_len }
    }

    /// Bytes of memory, roughly.
    fn memory(&self) -> usize {
        size_of::<Self>() + self.data.len()
    }
}
