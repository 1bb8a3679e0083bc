//! One TCP connection, planned from its first segment to its last.

use std::net::SocketAddrV4;

/// TCP flag: the sender has no more to say.
pub(super) const FIN: u8 = 0x01;
/// TCP flag: opens one direction.
pub(super) const SYN: u8 = 0x02;
/// TCP flag: deliver at once.
pub(super) const PSH: u8 = 0x08;
/// TCP flag: the acknowledgement number holds.
pub(super) const ACK: u8 = 0x10;

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Client,
    Server,
}

impl Side {
    /// The one who listens.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// A segment that will be sent. Millions wait at a time: it is small.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    /// Microseconds after the one before.
    pub(super) wait_us: u32,
    pub(super) seq: u32,
    pub(super) ack: u32,
    /// Where its payload begins, in the pool or in the connection's own text.
    pub(super) from: u32,
    pub(super) len: u16,
    pub(super) flags: u8,
    pub(super) side: Side,
}

/// A connection as it goes on.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) client: SocketAddrV4,
    pub(super) server: SocketAddrV4,
    /// The last one first.
    left: Vec<Segment>,
    /// What is said on it; empty if that lies in the pool that strangers share.
    pub(super) text: Vec<u8>,
}

impl Connection {
    pub(super) fn new(client: SocketAddrV4, server: SocketAddrV4, mut segments: Vec<Segment>, text: Vec<u8>) -> Self {
        segments.reverse();
        Self { client, server, left: segments, text }
    }

    /// Whether nothing of it is of interest.
    pub(super) fn is_stranger(&self) -> bool {
        self.text.is_empty()
    }

    /// Segments that are not sent yet.
    pub(super) fn len(&self) -> usize {
        self.left.len()
    }

    /// Leaves the first `count` segments out: they were sent before the capture began.
    pub(super) fn skip(&mut self, count: usize) {
        self.left.truncate(self.left.len().saturating_sub(count));
    }

    /// The next segment.
    pub(super) fn next(&mut self) -> Option<Segment> {
        self.left.pop()
    }

    /// Microseconds from the last segment to the next, if there is one.
    pub(super) fn wait_us(&self) -> Option<u32> {
        self.left.last().map(|segment| segment.wait_us)
    }
}
