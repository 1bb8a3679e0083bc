//! A connection that carries requests for the gateway: where bodies begin and end, and whose they are.

mod naming;

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::coding::unpack;
use super::head::{Coding, Framing, Head, Subject};
use super::http::{Hit, Reader, Step};
use super::piece::{Packed, Piece};
use super::{Carrier, Name, News, What};
use crate::flags::{Flag, Flags};
use crate::limits::{ALLOCATION_LEN, PACKED_LEN_MAX, RESPONSE_WAITS_BYTES_MAX, SESSION_ID_LEN_MAX};
use crate::net::Side;
use crate::stats::GatewayStats;
use crate::tcp::{Opening, Role, Unread};
use naming::{Asked, Held};

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

    /// The next `len` bytes of `side` were not captured; those of `unread`, which were not taken, stand before them.
    pub fn gap(&mut self, side: Side, unread: Unread<'_>, len: u64, out: &mut Vec<News>) {
        let role = self.role(side);
        if role == Role::Server && self.response_waits {
            // What waits would be lost with the gap.
            self.in_step = false;
            self.data(side, unread, out);
        }
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
        let names = self.sessions.len() * (size_of::<Name>() + SESSION_ID_LEN_MAX / 4 + 2 * ALLOCATION_LEN);
        self.pending.capacity() * size_of::<Asked>()
            + self.sessions.capacity() * size_of::<Arc<Name>>()
            + names
            + self.held.as_ref().map_or(0, |held| held.memory)
            + packed(&self.requests)
            + packed(&self.responses)
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
}
