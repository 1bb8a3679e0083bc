//! MSNP inside HTTP, and behind the preludes of proxies: what stands between [`tcp`](crate::tcp) and [`msnp`](crate::msnp) where
//! a client could not reach the service itself. [`look`] tells by the first bytes whether anything does.
//!
//! * **Takes** the ordered bytes and gaps of TCP connections.
//! * **Gives** [`News`] of sessions: whose body begins, its bytes, what of it is missing. A [`Bodies`] puts the bodies of one
//!   direction of a session in order again, whatever connections they came over. [`Prelude`] tells where what a proxy is
//!   told ends, and MSNP or the gateway begins.
//! * **Keeps**, for each connection, the head in progress, a body that is packed, and what stands behind an open whose
//!   answer is not there yet; each bounded ([`limits`](crate::limits)).
//! * **Leaves out** all other HTTP: requests for another path, their responses, heads beyond what is read here. And whether a
//!   whole connection between two others was captured at all, which nothing on the wire proves: where one body ends and the
//!   next begins within a line, they are taken for neighbours. No client cuts a line so.
//!
//! ```text
//! connection 1   POST open "VER 1 .."    ─► 200 SessionID=7.1 "VER 1 .."
//!                POST SessionID=7.1 "CVR 2 .." ─► 200 SessionID=7.2 (empty)
//! connection 2   POST poll SessionID=7.2       ─► 200 SessionID=7.3 "CVR 2 .."
//!
//! session 7      client  VER 1 .. CVR 2 ..          server  VER 1 .. CVR 2 ..
//! ```
//!
//! Sources: hypothetic.org (HTTP examples), the msnp-wiki of yellows111, the sources of libpurple, aMSN, BitlBee and
//! Escargot; RFC 9112 (HTTP/1.1), RFC 1928 and 1929 (SOCKS 5), the SOCKS 4 and 4A memoranda.

mod bodies;
mod coding;
mod connection;
mod head;
mod http;
mod piece;
mod prelude;
mod recognise;

use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::flags::Flags;
use crate::net::{EncapsulationId, Side};
use crate::tcp::{ConnectionId, Role};

pub use bodies::{Bodies, Part};
pub use connection::Connection;
pub use piece::Piece;
pub use prelude::{Prelude, Proxy, Step};
pub use recognise::{Look, could_begin, could_resume, look};

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Name {
    /// The part before the dot of the id that the gateway gave it, which only its client knows.
    Told {
        /// The client's address.
        client: IpAddr,
        /// The network on which it was seen.
        network: EncapsulationId,
        /// The id.
        id: Box<[u8]>,
    },
    /// The gateway's answer was not captured: the open is known by its connection alone.
    Own {
        /// The connection.
        connection: ConnectionId,
        /// Tells apart the opens of one connection.
        number: u32,
    },
}

/// A connection that carries bodies, and which side of it is the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// The connection.
    pub connection: ConnectionId,
    /// The side that sends requests.
    pub client: Side,
}

/// Something that happened to a session on one of its connections. The bodies of one sender on one connection follow
/// each other: all that is told of one stands between its `Begins` and its `Ends`.
#[derive(Clone, Debug)]
pub struct News {
    /// Which session.
    pub session: Arc<Name>,
    /// Who sends.
    pub sender: Role,
    /// Over which connection.
    pub carrier: Carrier,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum What {
    /// A body begins, be it empty; `opens` says that it is the first of the session.
    Begins {
        /// Whether its request opens the session.
        opens: bool,
    },
    /// The next bytes of the body.
    Bytes(Piece),
    /// So many of its bytes are missing; `u64::MAX` if nobody knows how many.
    Gap(u64),
    /// The body ends.
    Ends,
    /// Whole bodies may be missing here.
    Lost,
    /// A late copy differs from bytes of the sender that were given: offsets in the sender's stream of that connection.
    Contradicted(Range<u64>),
    /// The gateway ends the session.
    Over,
    /// The connection is over; the flags say what is doubtful about its end.
    Leaves(Flags),
}
