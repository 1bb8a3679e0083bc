//! Sessions that a capture leaves in the middle, taken from one pairing to another.

use serde::{Deserialize, Serialize};

use super::{Pairing, Session};
use crate::cvr::Exchange;
use crate::msnp::SessionId;
use crate::packet::{Renumbering, Stamp};

/// What a session has said and not yet given.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenSession {
    /// Which session.
    pub id: SessionId,
    session: Session,
}

impl Pairing {
    /// The sessions that are open.
    pub fn open_sessions(&self) -> Vec<OpenSession> {
        let open = |(id, session): (&SessionId, &Session)| OpenSession { id: *id, session: session.clone() };
        self.sessions.iter().map(open).collect()
    }

    /// Goes on with a session that is not known here.
    pub fn resume(&mut self, OpenSession { id, session }: OpenSession) {
        self.memory += session.memory();
        if let Some(known) = self.sessions.insert(id, session) {
            self.memory -= known.memory();
        }
    }
}

impl OpenSession {
    /// Whether the session holds a half of `exchange`, which it would give when it ends.
    pub fn holds(&self, exchange: &Exchange) -> bool {
        let of_request =
            |stamp: Stamp| self.session.requests.iter().any(|asked| asked.request.provenance.completed() == stamp);
        let of_reply =
            |stamp: Stamp| self.session.replies.iter().any(|waiting| waiting.reply.provenance.completed() == stamp);
        exchange.session == self.id
            && match (&exchange.request, &exchange.reply) {
                (Some(request), _) => of_request(request.provenance.completed()),
                (None, Some(reply)) => of_reply(reply.provenance.completed()),
                (None, None) => false,
            }
    }

    /// Gives the inputs that it refers to other numbers.
    pub fn renumber(&mut self, numbers: &Renumbering) {
        self.id.renumber(numbers);
        for asked in &mut self.session.requests {
            asked.at.connection.renumber(numbers);
            asked.request.provenance.renumber(numbers);
            if let Some(answer) = &mut asked.answer {
                answer.at.connection.renumber(numbers);
                answer.reply.provenance.renumber(numbers);
            }
        }
        for waiting in &mut self.session.replies {
            waiting.at.connection.renumber(numbers);
            waiting.reply.provenance.renumber(numbers);
        }
    }
}
