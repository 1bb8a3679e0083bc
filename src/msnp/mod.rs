//! From the bytes of a conversation to the few MSNP lines that a census needs.
//!
//! * **Takes** the ordered bytes and gaps of a TCP connection, as a [`StreamHandler`](crate::tcp::StreamHandler), or of
//!   whatever carries a conversation over several.
//! * **Gives** [`Event`]s: a [`Message`] for each VER, CVR, CVQ, USR, XFR and error line, and the end of each session.
//! * **Keeps** a line in progress (8 KiB at most), and for each conversation who speaks and how far the greeting is.
//! * **Leaves out** everything that is said later: contact lists, presence, chat. Payloads are skipped unread.

mod command;
mod framer;
mod grammar;
mod greeting;
mod session;

use serde::{Deserialize, Serialize};

use crate::flags::Flags;
use crate::net::Endpoint;
use crate::packet::Renumbering;
use crate::tcp::{ConnectionId, Position, Provenance, Role};

pub use command::Command;
pub use session::Session;

/// Whose transaction ids these are: two conversations may use the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SessionId {
    /// MSNP on a TCP connection, directly or behind the prelude of a proxy.
    Connection(ConnectionId),
    /// MSNP in the HTTP gateway, over any number of connections: the one on which it was first heard, and a number that
    /// tells apart the sessions of one connection.
    Gateway(ConnectionId, u64),
}

impl SessionId {
    /// The connection on which the session was first heard.
    pub const fn connection(&self) -> ConnectionId {
        match self {
            Self::Connection(connection) | Self::Gateway(connection, _) => *connection,
        }
    }

    /// Gives the input of its first packet another number.
    pub fn renumber(&mut self, numbers: &Renumbering) {
        match self {
            Self::Connection(connection) | Self::Gateway(connection, _) => connection.renumber(numbers),
        }
    }
}

/// How the conversation was carried: the `via` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Via {
    /// MSNP directly on a TCP connection.
    Direct,
    /// In the bodies of HTTP requests and responses.
    Gateway,
    /// Behind the prelude of a SOCKS proxy.
    Socks,
    /// Behind the CONNECT of an HTTP proxy.
    Proxy,
}

impl Via {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Direct, Self::Gateway, Self::Socks, Self::Proxy];

    /// The word in the `via` column.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Gateway => "gateway",
            Self::Socks => "socks",
            Self::Proxy => "proxy",
        }
    }
}

/// The two parties of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Peers {
    /// The messenger.
    pub client: Endpoint,
    /// The service.
    pub server: Endpoint,
}

/// What a line of interest says, by its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verb {
    /// Dialects offered (client) or the one chosen (server).
    Ver,
    /// Client version: the request or its reply.
    Cvr,
    /// The same in the fallback dialect CVR0.
    Cvq,
    /// Sign-in: carries the account's handle.
    Usr,
    /// Redirection to another server.
    Xfr,
    /// An error reply with its code: `420 3`.
    Error(u16),
}

/// One MSNP line that matters, owned, with the packets that it came from.
#[derive(Clone, Debug)]
pub struct Message {
    /// The conversation that it belongs to.
    pub session: SessionId,
    /// The TCP connection that carried it, or its end.
    pub connection: ConnectionId,
    /// Who talks with whom.
    pub peers: Peers,
    /// How the conversation was carried.
    pub via: Via,
    /// Who said it.
    pub sender: Role,
    /// What it says.
    pub verb: Verb,
    /// The line, cut into words.
    pub command: Command,
    /// The packets that carried it, and doubts.
    pub provenance: Provenance,
}

/// What a conversation yields.
#[derive(Clone, Debug)]
pub enum Event {
    /// A line that matters. It is large, and handed on several times.
    Message(Box<Message>),
    /// A line that was given is more doubtful than its message says: a late copy differs from it.
    Doubt {
        /// Which session.
        session: SessionId,
        /// Who said the line.
        sender: Role,
        /// Where the line began.
        position: Position,
        /// The doubts.
        flags: Flags,
    },
    /// The session has said all it will say: whatever waits for an answer waits in vain.
    Closed {
        /// Which session.
        session: SessionId,
        /// What is doubtful about its end.
        flags: Flags,
    },
}
