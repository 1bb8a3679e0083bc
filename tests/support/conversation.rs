//! What is said on one TCP connection, and how it is to be cut into packets.

use std::net::SocketAddr;

use super::packet::{Envelope, Side};

/// Nanoseconds from one step of a conversation to the next, unless it waits longer: a transatlantic round trip.
pub(crate) const PACE: i64 = 90_000_000;

/// How the bytes of a step are cut into segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segmentation {
    /// Segments of that many bytes at most.
    Max(usize),
    /// These lengths in turn, again and again through the whole conversation; a length of 0 counts as 1.
    /// At least one.
    Sizes(Vec<usize>),
}

impl Default for Segmentation {
    /// What an Ethernet carries in one packet.
    fn default() -> Self {
        Self::Max(1460)
    }
}

/// Which sides of a connection the capture saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Recorded {
    #[default]
    Both,
    Only(Side),
}

/// How a connection begins in the capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    Handshake,
    /// The capture began later than the connection.
    Midstream,
}

/// One thing that happens on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Say(Side, Vec<u8>),
    /// Ends the connection with a FIN of either side, that side first.
    Close(Side),
    Reset(Side),
}

/// An action, when it happens, and the form in which it is captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Nanoseconds since the step before.
    pub(crate) after: i64,
    pub(crate) action: Action,
    pub(crate) segmentation: Segmentation,
    pub(crate) envelope: Envelope,
}

/// One TCP connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conversation {
    pub(crate) client: SocketAddr,
    pub(crate) server: SocketAddr,
    /// Initial sequence numbers of client and server.
    pub(crate) isns: [u32; 2],
    pub(crate) opening: Opening,
    pub(crate) recorded: Recorded,
    /// Nanoseconds since the last step of the conversation before.
    pub(crate) after: i64,
    /// The form in which the handshake is captured.
    pub(crate) envelope: Envelope,
    pub(crate) steps: Vec<Step>,
}

impl Conversation {
    /// All that one side says: the truth that reassembly must find.
    pub(crate) fn stream(&self, side: Side) -> Vec<u8> {
        let said = self.steps.iter().filter_map(|step| match &step.action {
            Action::Say(speaker, bytes) if *speaker == side => Some(bytes.as_slice()),
            _ => None,
        });
        said.collect::<Vec<_>>().concat()
    }

    /// The address of one side.
    pub(crate) fn address(&self, side: Side) -> SocketAddr {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }
}
