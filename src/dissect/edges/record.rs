//! What is kept of one connection while it goes on.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{KeptPacket, Talk};
use crate::gateway::Name;
use crate::limits::{
    ALLOCATION_LEN, EDGE_BINARY_BYTES_MAX, EDGE_CONNECTION_BYTES_MAX, EDGE_PACKETS_MAX, EDGE_STRANGER_BYTES_MAX,
};
use crate::net::FlowKey;
use crate::packet::Stamp;
use crate::tcp::Handshake;

/// What is kept of one connection.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) key: FlowKey,
    pub(super) handshake: Option<Handshake>,
    /// The first packet of it that was followed, if one was.
    pub(super) followed: Option<Stamp>,
    /// Whether it, or a session that it carries, was begun before the capture.
    pub(super) is_head: bool,
    /// Whether it began as text does, where it is not followed.
    pub(super) is_text: bool,
    /// Whether nothing more is kept of it.
    pub(super) is_cut: bool,
    /// The sessions of the gateway that it carries.
    pub(super) sessions: Vec<Arc<Name>>,
    pub(super) packets: Vec<KeptPacket>,
    /// Bytes of payload that did not look like text, as long as it is not followed.
    pub(super) binary: usize,
    /// Bytes of payload in them.
    pub(super) payload: usize,
    /// Bytes that the packets take.
    pub(super) bytes: usize,
}

impl Record {
    /// What it takes without its packets: in a map that may be half empty, and lists it.
    pub(super) const ENTRY_LEN: usize = size_of::<Self>() + 2 * ALLOCATION_LEN + 16;

    pub(super) const fn new(key: FlowKey) -> Self {
        Self {
            key,
            handshake: None,
            followed: None,
            is_head: false,
            is_text: false,
            is_cut: false,
            sessions: Vec::new(),
            packets: Vec::new(),
            binary: 0,
            payload: 0,
            bytes: 0,
        }
    }

    /// Whether there is room for so many bytes of payload more.
    pub(super) const fn has_room(&self, payload: usize) -> bool {
        let has_room = if self.followed.is_some() {
            self.payload + payload <= EDGE_CONNECTION_BYTES_MAX
        } else {
            self.payload + payload <= EDGE_STRANGER_BYTES_MAX && self.binary <= EDGE_BINARY_BYTES_MAX
        };
        has_room && self.packets.len() < EDGE_PACKETS_MAX
    }

    /// Adds the packets that carried so many bytes of payload, and take so many of memory.
    pub(super) fn push(&mut self, packets: SmallVec<[KeptPacket; 1]>, payload: usize, bytes: usize) {
        self.payload += payload;
        self.bytes += bytes;
        if self.packets.is_empty() {
            // A list makes room for four at once, and of most strangers no second one is kept.
            self.packets.reserve_exact(packets.len());
        }
        self.packets.extend(packets);
    }

    pub(super) fn carries(&self, session: &Arc<Name>) -> bool {
        self.sessions.contains(session)
    }

    pub(super) fn into_talk(self) -> Talk {
        let Self { key, handshake, followed, packets, .. } = self;
        Talk { key, handshake, was_followed: followed.is_some(), packets }
    }
}
