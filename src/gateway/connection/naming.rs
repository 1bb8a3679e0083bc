//! Which session a request or a response belongs to.
//!
//! Requests and responses pair in order, and a response names its session itself. The body of an open belongs to a
//! session that has no name before its answer: what the client sends from there on is held until the answer comes.
//!
//! ```text
//! client   POST open ── body, held ──┐                ┌── POST SessionID=7 ── body
//! server                             └── 200, 7 ──────┘
//!                                          └─ from here on the open's body is one of session 7
//! ```
//!
//! Where the answer never comes, the next request on the connection tells: the client knows it.

use std::sync::Arc;

use super::super::head::Target;
use super::super::{Name, News, What};
use super::{Body, Connection, Owner};
use crate::limits::{OPEN_HELD_BYTES_MAX, OPEN_HELD_NEWS_MAX, REQUESTS_PENDING_MAX, SESSIONS_OF_CONNECTION_MAX};
use crate::tcp::Role;

/// A request whose response is awaited.
#[derive(Debug)]
pub(super) struct Asked {
    of: Party,
    asks_for_head: bool,
}

/// Whom a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Party {
    Session(Arc<Name>),
    /// The gateway, which is to give a name.
    Open,
    /// Not the gateway.
    Stranger,
}

/// What waits for the name of the open that is its first.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) news: Vec<(Option<Arc<Name>>, What)>,
    /// Of bodies.
    bytes: usize,
    pub(super) memory: usize,
}

impl Connection {
    /// A request. Gives whose its body is, unless it is not for the gateway.
    pub(super) fn ask(&mut self, target: Target, asks_for_head: bool, out: &mut Vec<News>) -> Option<Owner> {
        let of = match target {
            Target::Other => Party::Stranger,
            Target::Gateway(None) => Party::Open,
            Target::Gateway(Some(id)) => Party::Session(self.named(id)),
        };
        if self.pending.len() >= REQUESTS_PENDING_MAX {
            self.pending.pop_front();
        }
        self.pending.push_back(Asked { of: of.clone(), asks_for_head });
        let name = match of {
            Party::Stranger => return None,
            Party::Open => {
                // The one before never got its answer.
                self.give_up_name(out);
                self.held = Some(Held::default());
                None
            }
            Party::Session(name) => Some(name),
        };
        self.stats.requests += 1;
        let opens = name.is_none();
        self.tell(Role::Client, name.clone(), What::Begins { opens }, out);
        Some(Owner { name, closes: false })
    }

    /// A response. Gives whose its body is, unless it is not the gateway's.
    pub(super) fn answer(
        &mut self,
        status: u16,
        session: Option<Box<[u8]>>,
        closes: bool,
        out: &mut Vec<News>,
    ) -> Option<Owner> {
        let told = session.map(|id| self.named(id));
        let asked = self.asked(told.as_ref());
        if asked.as_ref().is_some_and(|asked| asked.asks_for_head) {
            self.responses.reader.without_body();
        }
        let name = match (told, asked.map(|asked| asked.of)) {
            (Some(name), of) => {
                if of == Some(Party::Open) {
                    self.give_name(&name, out);
                }
                name
            }
            (None, Some(Party::Session(name))) => name,
            (None, Some(Party::Open)) => self.give_up_name(out)?,
            (None, Some(Party::Stranger) | None) => return None,
        };
        self.stats.responses += 1;
        // What explains an error is written for people.
        if status != 200 {
            return None;
        }
        self.tell(Role::Server, Some(Arc::clone(&name)), What::Begins { opens: false }, out);
        Some(Owner { name: Some(name), closes })
    }

    /// The request that a response answers: the first that can have got this name, or the first of all. Others before it
    /// have lost their answers.
    fn asked(&mut self, name: Option<&Arc<Name>>) -> Option<Asked> {
        let can_be = |asked: &Asked| match (&asked.of, name) {
            (Party::Session(of), Some(name)) => of == name,
            (Party::Open, _) | (_, None) => true,
            (Party::Stranger, Some(_)) => false,
        };
        let at = self.pending.iter().position(can_be)?;
        self.pending.drain(..=at).next_back()
    }

    /// Tells what happened, or holds it behind an open that waits for its name.
    pub(super) fn tell(&mut self, role: Role, name: Option<Arc<Name>>, what: What, out: &mut Vec<News>) {
        if let Some(held) = self.held.as_mut().filter(|_| role == Role::Client) {
            held.memory += size_of::<(Option<Arc<Name>>, What)>();
            if let What::Bytes(piece) = &what {
                held.bytes += piece.bytes.len();
                held.memory += piece.memory();
            }
            held.news.push((name, what));
            if held.bytes > OPEN_HELD_BYTES_MAX || held.news.len() > OPEN_HELD_NEWS_MAX {
                self.give_up_name(out);
            }
        } else if let Some(session) = name {
            self.remember(&session);
            out.push(News { session, sender: role, carrier: self.carrier, what });
        }
    }

    /// The open that is held is of the session `name`.
    fn give_name(&mut self, name: &Arc<Name>, out: &mut Vec<News>) {
        let Some(Held { news, .. }) = self.held.take() else { return };
        if let Body::Plain { of, .. } | Body::Packed { of, .. } = &mut self.requests.body {
            of.name.get_or_insert_with(|| Arc::clone(name));
        }
        for (of, what) in news {
            self.tell(Role::Client, Some(of.unwrap_or_else(|| Arc::clone(name))), what, out);
        }
    }

    /// No answer has named the open that is held: a request behind it tells its name, or it has one of its own.
    pub(super) fn give_up_name(&mut self, out: &mut Vec<News>) -> Option<Arc<Name>> {
        let told = self.held.as_ref()?.news.iter().find_map(|(name, _)| name.clone());
        let name = told.unwrap_or_else(|| {
            self.nameless += 1;
            Arc::new(Name::Own { connection: self.carrier.connection, number: self.nameless })
        });
        self.give_name(&name, out);
        Some(name)
    }

    fn named(&self, id: Box<[u8]>) -> Arc<Name> {
        let key = self.carrier.connection.key;
        let (client, network) = (key.endpoint(self.carrier.client).addr, key.encapsulation());
        let name = Name::Told { client, network, id };
        let known = self.sessions.iter().find(|known| ***known == name);
        known.map_or_else(|| Arc::new(name), Arc::clone)
    }

    fn remember(&mut self, session: &Arc<Name>) {
        if self.sessions.contains(session) {
            return;
        }
        if self.sessions.len() >= SESSIONS_OF_CONNECTION_MAX {
            self.sessions.pop_front();
        }
        self.sessions.push_back(Arc::clone(session));
    }
}
