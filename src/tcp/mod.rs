//! From segments to ordered bytes and gaps.

use crate::flags::Flags;
use crate::net::FlowKey;
use crate::packet::Stamp;

/// Names one TCP connection: its ends, and the first packet of it that was captured, which tells port reuse apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId {
    /// Both ends and the network.
    pub key: FlowKey,
    /// The first packet of the connection.
    pub first: Stamp,
}

/// Who speaks in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The program that opened the conversation.
    Client,
    /// The service that answers.
    Server,
}

impl Role {
    /// The other party.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// Where bytes of a stream came from, and what is doubtful about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The packets that carried the bytes: in order of capture, each once, never empty.
    frames: Vec<Stamp>,
    /// Doubts about the bytes.
    pub flags: Flags,
}

impl Provenance {
    /// Bytes that came in `first` and, where it is not empty, `others`.
    pub fn new(first: Stamp, others: &[Stamp], flags: Flags) -> Self {
        let mut frames = Vec::with_capacity(1 + others.len());
        frames.push(first);
        frames.extend_from_slice(others);
        frames.sort_unstable();
        frames.dedup();
        Self { frames, flags }
    }

    /// The packets that carried the bytes, in the order of capture; never empty.
    pub fn frames(&self) -> &[Stamp] {
        &self.frames
    }

    /// The packet that completed the bytes: the last of those that carried them.
    pub fn completed(&self) -> Stamp {
        self.frames.last().copied().unwrap_or_default()
    }
}
