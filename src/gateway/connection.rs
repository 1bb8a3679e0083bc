//! A connection that carries requests for the gateway: which body belongs to which session.
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

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::coding::unpack;
use super::head::{Coding, Framing, Head, Subject, Target};
use super::http::{Hit, Reader, Step};
use super::piece::{Packed, Piece};
use super::{Carrier, Name, News, What};
use crate::flags::{Flag, Flags};
use crate::limits::{
    OPEN_HELD_BYTES_MAX, OPEN_HELD_NEWS_MAX, PACKED_LEN_MAX, REQUESTS_PENDING_MAX, RESPONSE_WAITS_BYTES_MAX,
    SESSIONS_OF_CONNECTION_MAX,
};
use crate::net::Side;
use crate::stats::GatewayStats;
use crate::tcp::{Opening, Role, Unread};

/// A connection to the gateway.
#[derive(Debug)]
pub struct Connection {
    carrier: Carrier,
    requests: Direction,
    responses: Direction,
    /// Requests without their response.
    pending: VecDeque<Asked>,
    /// What the client sent from an open on that has no answer yet.
    held: Option<Held>,
    /// The sessions that were met here, the latest last.
    sessions: VecDeque<Arc<Name>>,
    /// Whether the k-th response answers the k-th request: nothing is missing, so that one captured before its request
    /// can wait for it.
    in_step: bool,
    /// Whether a response waits.
    response_waits: bool,
    /// How many opens got no name of the gateway's.
    nameless: u32,
    stats: GatewayStats,
}

/// One direction of it.
#[derive(Debug)]
struct Direction {
    reader: Reader,
    body: Body,
    /// Doubts about all that follows.
    flags: Flags,
}

/// What is being read.
#[derive(Debug)]
enum Body {
    /// No body, or one of something else.
    None,
    Plain {
        of: Owner,
        begun: bool,
    },
    Packed {
        of: Owner,
        coding: Coding,
        packed: Packed,
        whole: bool,
    },
}

/// Whose body it is.
#[derive(Clone, Debug)]
struct Owner {
    /// `None` for the open that is held.
    name: Option<Arc<Name>>,
    /// Whether the gateway ends the session with it.
    closes: bool,
}

/// A request whose response is awaited.
#[derive(Debug)]
struct Asked {
    of: Party,
    asks_for_head: bool,
}

/// Whom a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Party {
    Session(Arc<Name>),
    /// The gateway, which is to give a name.
    Open,
    /// Not the gateway.
    Stranger,
}

/// What waits for the name of the open that is its first.
#[derive(Debug, Default)]
struct Held {
    news: Vec<(Option<Arc<Name>>, What)>,
    /// Of bodies.
    bytes: usize,
    memory: usize,
}

impl Connection {
    /// A connection whose client is at the side `client`. `lost` tells of which roles bytes are missing before those that
    /// come first.
    pub fn open(opening: Opening, client: Side, lost: impl Fn(Role) -> bool) -> Self {
        let midstream = opening.initiator.is_none();
        let direction = |role| {
            let mut flags = Flags::NONE;
            flags.raise_if(midstream, Flag::Midstream);
            flags.raise_if(lost(role), Flag::AfterGap);
            Direction { reader: Reader::new(role, midstream || lost(role)), body: Body::None, flags }
        };
        Self {
            carrier: Carrier { connection: opening.id, client },
            requests: direction(Role::Client),
            responses: direction(Role::Server),
            pending: VecDeque::new(),
            held: None,
            sessions: VecDeque::new(),
            in_step: !midstream && !lost(Role::Client) && !lost(Role::Server),
            response_waits: false,
            nameless: 0,
            stats: GatewayStats::default(),
        }
    }

    /// `side` said the bytes of `unread`; returns how many were taken.
    pub fn data(&mut self, side: Side, unread: Unread<'_>, out: &mut Vec<News>) -> usize {
        let role = self.role(side);
        let mut taken = 0;
        loop {
            let rest = unread.after(taken);
            if role == Role::Server && self.waits_for_request(rest.bytes()) {
                return taken;
            }
            taken += match self.direction(role).reader.step(rest) {
                Step::Wait => return taken,
                Step::Skip { taken } => taken,
                Step::Head { head, taken } => {
                    self.begin(role, head, out);
                    taken
                }
                Step::Body { len } => {
                    self.take(role, rest, len, out);
                    len
                }
                Step::End => {
                    self.finish_body(role, true, out);
                    0
                }
                Step::Bad { taken } => {
                    self.stats.bad += 1;
                    self.in_step = false;
                    self.lose(role, out);
                    taken
                }
            };
        }
    }

    /// Whether a response waits until its request is there: it was captured first.
    fn waits_for_request(&mut self, response: &[u8]) -> bool {
        self.in_step &= response.len() <= RESPONSE_WAITS_BYTES_MAX;
        let is_early = self.responses.reader.is_between() && self.pending.is_empty();
        self.response_waits = self.in_step && is_early && !response.is_empty();
        self.response_waits
    }

    /// Whether bytes of `side` wait for the other side.
    pub fn awaits_other(&self, side: Side) -> bool {
        self.response_waits && side != self.carrier.client
    }

    /// The next `len` bytes of `side` were not captured.
    pub fn gap(&mut self, side: Side, len: u64, out: &mut Vec<News>) {
        let role = self.role(side);
        let direction = self.direction(role);
        match direction.reader.gap(len) {
            Hit::Body => match &mut direction.body {
                Body::None => {}
                Body::Packed { whole, .. } => *whole = false,
                Body::Plain { of, .. } => {
                    let name = of.name.clone();
                    self.tell(role, name, What::Gap(len), out);
                }
            },
            Hit::Messages => {
                self.in_step = false;
                self.lose(role, out);
            }
        }
        self.direction(role).flags.raise(Flag::AfterGap);
    }

    /// A late copy differs from bytes of `side` that were taken.
    pub fn contradicted(&mut self, side: Side, range: &Range<u64>, out: &mut Vec<News>) {
        let role = self.role(side);
        if let Body::Packed { packed, .. } = &mut self.direction(role).body {
            packed.contradict(range);
        }
        for (_, what) in self.held.iter_mut().flat_map(|held| &mut held.news).filter(|_| role == Role::Client) {
            if let What::Bytes(piece) = what {
                piece.contradict(range);
            }
        }
        for session in &self.sessions {
            let (session, carrier) = (Arc::clone(session), self.carrier);
            out.push(News { session, sender: role, carrier, what: What::Contradicted(range.clone()) });
        }
    }

    /// The stream of `side` is over, and `unread` was not taken; `finished` says that its sender ended it there.
    pub fn end(&mut self, side: Side, unread: Unread<'_>, finished: bool, out: &mut Vec<News>) {
        self.in_step = false;
        self.data(side, unread, out);
        let role = self.role(side);
        let whole = finished && self.direction(role).reader.is_whole_at_end();
        self.finish_body(role, whole, out);
    }

    /// The connection is over.
    pub fn close(&mut self, flags: Flags, out: &mut Vec<News>) {
        self.give_up_name(out);
        for session in std::mem::take(&mut self.sessions) {
            out.push(News { session, sender: Role::Client, carrier: self.carrier, what: What::Leaves(flags) });
        }
    }

    /// Bytes of memory held, roughly.
    pub fn memory(&self) -> usize {
        let packed = |direction: &Direction| match &direction.body {
            Body::Packed { packed, .. } => packed.memory(),
            Body::None | Body::Plain { .. } => 0,
        };
        self.held.as_ref().map_or(0, |held| held.memory) + packed(&self.requests) + packed(&self.responses)
    }

    /// Gives up what is held for later.
    pub fn relieve(&mut self, out: &mut Vec<News>) {
        self.in_step = false;
        for direction in [&mut self.requests, &mut self.responses] {
            if let Body::Packed { packed, whole, .. } = &mut direction.body {
                (*packed, *whole) = (Packed::default(), false);
            }
        }
        self.give_up_name(out);
    }

    /// Moves the counters into `stats`.
    pub fn account(&mut self, stats: &mut GatewayStats) {
        stats.add(&std::mem::take(&mut self.stats));
    }

    fn role(&self, side: Side) -> Role {
        if side == self.carrier.client { Role::Client } else { Role::Server }
    }

    const fn direction(&mut self, role: Role) -> &mut Direction {
        match role {
            Role::Client => &mut self.requests,
            Role::Server => &mut self.responses,
        }
    }

    /// A head, and with it a body, begins.
    fn begin(&mut self, role: Role, head: Head, out: &mut Vec<News>) {
        let Head { subject, framing, coding } = head;
        let owner = match subject {
            Subject::Request { target, asks_for_head } => self.ask(target, asks_for_head, out),
            Subject::Response { status: 100..=199, .. } => None,
            Subject::Response { status, session, closes, .. } => self.answer(status, session, closes, out),
        };
        let direction = self.direction(role);
        direction.body = match (owner, coding) {
            (None, _) => Body::None,
            (Some(of), Coding::Identity) => Body::Plain { of, begun: false },
            // What is empty needs no unpacking.
            (Some(of), _) if framing == Framing::Length(0) => Body::Plain { of, begun: false },
            (Some(of), coding) => Body::Packed { of, coding, packed: Packed::default(), whole: true },
        };
    }

    /// A request. Gives whose its body is, unless it is not for the gateway.
    fn ask(&mut self, target: Target, asks_for_head: bool, out: &mut Vec<News>) -> Option<Owner> {
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
    fn answer(&mut self, status: u16, session: Option<Box<[u8]>>, closes: bool, out: &mut Vec<News>) -> Option<Owner> {
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

    /// The next `len` bytes of a body, which stand at the front of `unread`.
    fn take(&mut self, role: Role, unread: Unread<'_>, len: usize, out: &mut Vec<News>) {
        let direction = self.direction(role);
        let flags = direction.flags;
        match &mut direction.body {
            Body::None => {}
            Body::Plain { of, begun } => {
                let begins = !std::mem::replace(begun, true);
                let name = of.name.clone();
                self.tell(role, name, What::Bytes(Piece::plain(unread, len, begins, flags)), out);
            }
            Body::Packed { packed, whole, .. } => {
                if *whole {
                    packed.push(unread, len, flags);
                }
                if packed.bytes.len() > PACKED_LEN_MAX {
                    (*packed, *whole) = (Packed::default(), false);
                }
            }
        }
    }

    /// The body of `role` ends; `whole` says that its end is where its head said.
    fn finish_body(&mut self, role: Role, whole: bool, out: &mut Vec<News>) {
        let of = match std::mem::replace(&mut self.direction(role).body, Body::None) {
            Body::None => return,
            Body::Plain { of, .. } => {
                if !whole {
                    self.tell(role, of.name.clone(), What::Gap(u64::MAX), out);
                }
                of
            }
            Body::Packed { of, coding, packed, whole: complete } => {
                let what = if let Some(bytes) = unpack(coding, &packed.bytes).filter(|_| whole && complete) {
                    What::Bytes(Piece::unpacked(bytes, &packed))
                } else {
                    self.stats.unreadable_bodies += 1;
                    What::Gap(u64::MAX)
                };
                self.tell(role, of.name.clone(), what, out);
                of
            }
        };
        self.tell(role, of.name.clone(), What::Ends, out);
        if of.closes {
            self.tell(role, of.name, What::Over, out);
        }
    }

    /// Messages of `role` are missing: nobody knows of which session.
    fn lose(&mut self, role: Role, out: &mut Vec<News>) {
        self.finish_body(role, false, out);
        // The first of them is told to the open that is held, if one is.
        let held = self.held.as_ref().filter(|_| role == Role::Client).map(|_| None);
        for session in held.into_iter().chain(self.sessions.clone().into_iter().map(Some)) {
            self.tell(role, session, What::Lost, out);
        }
    }

    /// Tells what happened, or holds it behind an open that waits for its name.
    fn tell(&mut self, role: Role, name: Option<Arc<Name>>, what: What, out: &mut Vec<News>) {
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
    fn give_up_name(&mut self, out: &mut Vec<News>) -> Option<Arc<Name>> {
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
