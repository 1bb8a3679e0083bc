//! A request and its reply, or either alone, with what the same session said about them.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{Reply, Request};
use crate::flags::Flags;
use crate::msnp::{Peers, SessionId, Verb, Via};
use crate::packet::{Renumbering, Stamp, Timestamp};
use crate::tcp::{ConnectionId, Provenance};

/// The dialects of a session, as far as the capture tells. A half of an exchange knows what stood in front of it in
/// its own direction; a half that was not captured knows what its direction said at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    /// The client's offer as sent: `MSNP18 MSNP17 CVR0`.
    #[serde(with = "serde_bytes")]
    pub offered: Option<Box<[u8]>>,
    /// The server's choice: the first word of its answer (`MSNP18`, `CVR0`, or `0` for none).
    #[serde(with = "serde_bytes")]
    pub chosen: Option<Box<[u8]>>,
}

/// How an exchange ended: the `status` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Request and reply.
    Ok,
    /// A request to which no reply was captured.
    NoReply,
    /// A reply whose request was not captured.
    ReplyOnly,
    /// The server answered with an error.
    Error,
    /// The request does not have the shape of its command, and no error says so.
    Malformed,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 5] = [Self::Ok, Self::NoReply, Self::ReplyOnly, Self::Error, Self::Malformed];

    /// The word in the `status` column.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NoReply => "no_reply",
            Self::ReplyOnly => "reply_only",
            Self::Error => "error",
            Self::Malformed => "malformed",
        }
    }
}

/// One client-version exchange. At least one of `request` and `reply` is there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exchange {
    /// The session whose transaction id joins the halves.
    pub session: SessionId,
    /// The connections that carried the request and the reply: one, or two if the gateway answered on another.
    pub connections: SmallVec<[ConnectionId; 1]>,
    /// Who talked with whom.
    pub peers: Peers,
    /// How the conversation was carried.
    pub via: Via,
    /// What the session agreed to speak.
    pub dialect: Dialect,
    /// The account's handle as the session's USR command gave it, where the request names no account: of the client's
    /// last sign-in in front of the request, else of its next one, else of the server's confirmation.
    #[serde(with = "serde_bytes")]
    pub handle: Option<Box<[u8]>>,
    /// What the client said.
    pub request: Option<Request>,
    /// What the server said.
    pub reply: Option<Reply>,
    /// Doubts about the exchange: those of both halves and of their joining.
    pub flags: Flags,
}

impl Exchange {
    /// The packet that stands for the exchange: the one that completed the request, else the reply.
    pub fn stamp(&self) -> Stamp {
        let request = self.request.as_ref().map(|request| &request.provenance);
        let reply = self.reply.as_ref().map(|reply| &reply.provenance);
        request.or(reply).map(Provenance::completed).unwrap_or_default()
    }

    /// Gives the inputs that it refers to other numbers.
    pub fn renumber(&mut self, numbers: &Renumbering) {
        self.session.renumber(numbers);
        self.connections.iter_mut().for_each(|connection| connection.renumber(numbers));
        let request = self.request.as_mut().map(|request| &mut request.provenance);
        let reply = self.reply.as_mut().map(|reply| &mut reply.provenance);
        request.into_iter().chain(reply).for_each(|provenance| provenance.renumber(numbers));
    }

    /// When the exchange began, as far as it was captured.
    pub fn time(&self) -> Timestamp {
        self.stamp().time
    }

    /// Nanoseconds from the request to its reply; negative if the capture saw the reply first.
    pub fn round_trip_nanos(&self) -> Option<i64> {
        let request = self.request.as_ref()?.provenance.completed();
        let reply = self.reply.as_ref()?.provenance.completed();
        Some(reply.time.nanos_since(request.time))
    }

    /// The word that the exchange goes by: the request's, or the reply's if it is alone.
    pub fn verb(&self) -> Verb {
        match (&self.request, &self.reply) {
            (Some(request), _) => request.verb(),
            (None, Some(reply)) => reply.verb(),
            (None, None) => Verb::Cvr,
        }
    }

    /// How it ended.
    pub fn status(&self) -> Status {
        match (&self.request, &self.reply) {
            (_, Some(reply)) if reply.error_code().is_some() => Status::Error,
            (Some(request), _) if request.is_malformed() => Status::Malformed,
            (Some(_), Some(_)) => Status::Ok,
            (Some(_), None) => Status::NoReply,
            (None, _) => Status::ReplyOnly,
        }
    }
}
