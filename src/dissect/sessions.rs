//! The sessions of the gateway: each is one conversation, whatever connections its bodies come over.
//!
//! Bounded in number and bytes; the longest silent goes first. One that is over is remembered while its client goes on,
//! so that its bodies are dropped unread.

use std::sync::Arc;

use foldhash::fast::RandomState;
use hashlink::LinkedHashMap;
use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::flags::{Flag, Flags};
use crate::gateway::{Bodies, Name, News, Part, What};
use crate::limits::{ALLOCATION_LEN, GATEWAY_IDLE_MAX_S, GATEWAY_SESSIONS_MAX, MEMORY_MAX, MEMORY_PARTS};
use crate::msnp::{Event, Session, SessionId};
use crate::net::{BySide, Side};
use crate::packet::{InputId, Renumbering, Timestamp};
use crate::stats::{Ledger, Stats};
use crate::tcp::{Interest, Role, StreamHandler};

/// All sessions of the gateway.
pub(super) struct Sessions {
    /// In the order of the last news, the longest silent first. The seed is random: the names come from strangers.
    by_name: LinkedHashMap<Arc<Name>, GatewaySession, RandomState>,
    /// How many were met.
    met: u64,
    memory: usize,
    count_max: usize,
    memory_max: usize,
}

struct GatewaySession {
    /// The input in which it was first heard.
    input: InputId,
    last_heard: Timestamp,
    /// `None` once nothing of interest can follow.
    live: Option<Box<Live>>,
}

/// What is left of a session of which nothing of interest can follow.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Over {
    name: Name,
    input: InputId,
    last_heard: Timestamp,
}

impl Over {
    /// Gives the input that it refers to another number.
    pub(super) fn renumber(&mut self, numbers: &Renumbering) {
        numbers.renumber(&mut self.input);
    }
}

/// A session that is read.
struct Live {
    bodies: BySide<Bodies>,
    /// Of which sides something was heard.
    heard: BySide<bool>,
    /// What is doubtful about its end.
    flags: Flags,
    conversation: Session,
}

/// What a session takes that is over: its entry in the map, as a connection's, and its name.
const ENTRY_LEN: usize =
    size_of::<(Arc<Name>, GatewaySession)>() + 16 + 2 * (8 + 1) + 2 * ALLOCATION_LEN + 16 + size_of::<Name>();

impl Default for Sessions {
    fn default() -> Self {
        Self::with_memory(MEMORY_MAX)
    }
}

impl Sessions {
    /// Sessions that keep their part of `memory_max` bytes at most.
    pub(super) fn with_memory(memory_max: usize) -> Self {
        Self::with_bounds(GATEWAY_SESSIONS_MAX, memory_max / MEMORY_PARTS)
    }

    /// Bytes of memory held, roughly.
    pub(super) const fn memory(&self) -> usize {
        self.memory
    }

    fn with_bounds(count_max: usize, memory_max: usize) -> Self {
        let by_name = LinkedHashMap::with_hasher(RandomState::default());
        Self { by_name, met: 0, memory: 0, count_max, memory_max }
    }

    /// It is `now`: the longest silent may go.
    #[inline]
    pub(super) fn advance(&mut self, now: Timestamp, ledger: &mut Ledger, events: &mut Vec<Event>) {
        let is_due = |session: &GatewaySession| session.last_heard.plus_seconds(GATEWAY_IDLE_MAX_S) <= now;
        while self.by_name.front().is_some_and(|(_, session)| is_due(session)) {
            self.drop_oldest(Flags::NONE, ledger, events);
        }
    }

    /// Takes what happened to a session at a moment.
    pub(super) fn push(&mut self, news: News, moment: Moment, ledger: &mut Ledger, events: &mut Vec<Event>) {
        let seen = moment.seen;
        let input = news.carrier.connection.first.input;
        let name = Arc::clone(&news.session);
        let begins = match news.what {
            What::Begins { opens } => Some(opens),
            _ => None,
        };
        if begins == Some(true) {
            // The id of a session that is over may be given again.
            self.drop_named(&name, ledger, events);
        }
        if let Some(opens) = begins.filter(|_| !self.by_name.contains_key(&name)) {
            self.met += 1;
            ledger.at(input).gateway.sessions += 1;
            let id = SessionId::Gateway(news.carrier.connection, self.met);
            let session = GatewaySession::new(Session::in_gateway(id, !opens), input, seen);
            self.memory += session.memory();
            self.by_name.insert(Arc::clone(&name), session);
        }
        let Some(session) = self.by_name.to_back(&name) else { return };
        session.last_heard = seen;
        let held = session.memory();
        session.take(news, ledger, events);
        self.memory = self.memory - held + session.memory();
        while self.by_name.len() > self.count_max || self.memory > self.memory_max {
            if let Some((_, oldest)) = self.by_name.front() {
                ledger.at(oldest.input).gateway.evicted += 1;
            }
            self.drop_oldest(Flag::Evicted.into(), ledger, events);
        }
    }

    /// Whether the session was met, and not given up since.
    pub(super) fn knows(&self, name: &Name) -> bool {
        self.by_name.contains_key(name)
    }

    /// Whether the session is read.
    pub(super) fn is_live(&self, name: &Name) -> bool {
        self.by_name.get(name).is_some_and(|session| session.live.is_some())
    }

    /// Whether any session is read.
    pub(super) fn any_live(&self) -> bool {
        self.by_name.values().any(|session| session.live.is_some())
    }

    /// What is left of sessions that are not read. One that has no name of the gateway's is known on one connection alone.
    pub(super) fn over(&self) -> Vec<Over> {
        let over = self
            .by_name
            .iter()
            .filter(|(name, session)| session.live.is_none() && matches!(***name, Name::Told { .. }));
        let left = |(name, GatewaySession { input, last_heard, .. }): (&Arc<Name>, &GatewaySession)| Over {
            name: Name::clone(name),
            input: *input,
            last_heard: *last_heard,
        };
        over.map(left).collect()
    }

    /// Goes on with what is left of those that others read. What is known of a session here holds.
    pub(super) fn take_up(&mut self, over: &[Over]) {
        for Over { name, input, last_heard } in over {
            if !self.knows(name) {
                let session = GatewaySession { input: *input, last_heard: *last_heard, live: None };
                self.memory += session.memory();
                self.by_name.insert(Arc::new(name.clone()), session);
            }
        }
    }

    /// Ends the session that was silent longest; `false` if there is none.
    pub(super) fn end_oldest(&mut self, ledger: &mut Ledger, events: &mut Vec<Event>) -> bool {
        self.drop_oldest(Flags::NONE, ledger, events)
    }

    fn drop_named(&mut self, name: &Name, ledger: &mut Ledger, events: &mut Vec<Event>) {
        if let Some(mut session) = self.by_name.remove(name) {
            self.memory -= session.memory();
            session.end(ledger.at(session.input), events);
        }
    }

    fn drop_oldest(&mut self, flags: Flags, ledger: &mut Ledger, events: &mut Vec<Event>) -> bool {
        let Some((_, mut session)) = self.by_name.pop_front() else {
            debug_assert_eq!(self.memory, 0, "all memory was given back");
            return false;
        };
        self.memory -= session.memory();
        if let Some(live) = &mut session.live {
            live.flags |= flags;
        }
        session.end(ledger.at(session.input), events);
        true
    }
}

impl GatewaySession {
    fn new(conversation: Session, input: InputId, now: Timestamp) -> Self {
        let live = Live { bodies: BySide::default(), heard: BySide::default(), flags: Flags::NONE, conversation };
        Self { input, last_heard: now, live: Some(Box::new(live)) }
    }

    fn memory(&self) -> usize {
        ENTRY_LEN + self.live.as_ref().map_or(0, |live| live.memory())
    }

    fn take(&mut self, news: News, ledger: &mut Ledger, events: &mut Vec<Event>) {
        let Some(live) = &mut self.live else { return };
        if live.take(news, events) != Interest::More {
            self.end(ledger.at(self.input), events);
        }
    }

    /// The session has said all that is of interest.
    fn end(&mut self, stats: &mut Stats, events: &mut Vec<Event>) {
        if let Some(live) = self.live.take() {
            live.end(stats, events);
        }
    }
}

impl Live {
    fn memory(&self) -> usize {
        let bodies: usize = Side::BOTH.iter().map(|side| self.bodies.get(*side).memory()).sum();
        size_of::<Self>() + bodies + self.conversation.memory()
    }

    fn take(&mut self, news: News, events: &mut Vec<Event>) -> Interest {
        let News { sender, carrier, what, .. } = news;
        let client = Session::GATEWAY_CLIENT;
        let side = if sender == Role::Client { client } else { client.other() };
        let bodies = self.bodies.get_mut(side);
        let connection = carrier.connection;
        match what {
            What::Begins { .. } => {
                *self.heard.get_mut(side) = true;
                bodies.begin(connection);
            }
            What::Bytes(piece) => bodies.push(connection, piece),
            What::Gap(len) => bodies.lose(connection, len),
            What::Ends => bodies.end(connection),
            What::Lost => {
                bodies.begin(connection);
                bodies.lose(connection, u64::MAX);
                bodies.end(connection);
            }
            What::Contradicted(range) => {
                for range in bodies.contradict(connection, &range) {
                    self.conversation.contradicted(side, range, events);
                }
                return Interest::More;
            }
            What::Leaves(flags) => {
                // That one of several connections was seen from one side only says nothing of the session.
                self.flags.raise_if(flags.has(Flag::Evicted), Flag::Evicted);
                return Interest::More;
            }
            What::Over => return Interest::Stop,
        }
        self.conversation.carried_by(connection, carrier.client);
        self.read(side, events)
    }

    /// Reads what of `side` can be read by now.
    fn read(&mut self, side: Side, events: &mut Vec<Event>) -> Interest {
        let bodies = self.bodies.get_mut(side);
        while let Some(part) = bodies.advance() {
            let interest = match part {
                Part::Bytes => {
                    let taken = self.conversation.data(side, bodies.unread(), events);
                    bodies.take(taken.bytes);
                    taken.interest
                }
                Part::Gap(len) => {
                    let interest = self.conversation.gap(side, bodies.unread(), len, events);
                    bodies.drop_unread();
                    interest
                }
            };
            if interest != Interest::More {
                return interest;
            }
        }
        Interest::More
    }

    /// Takes leave of the conversation.
    fn end(self, stats: &mut Stats, events: &mut Vec<Event>) {
        let Self { bodies, heard, mut flags, mut conversation } = self;
        flags.raise_if(Side::BOTH.iter().any(|side| !*heard.get(*side)), Flag::OneSided);
        for side in Side::BOTH {
            // A body ends with its length: no line is whole without its ending.
            conversation.end(side, bodies.get(side).unread(), false, events);
        }
        conversation.close(flags, events);
        conversation.account(stats);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::gateway::Carrier;
    use crate::net::{EncapsulationId, Endpoint, FlowKey};
    use crate::packet::Stamp;
    use crate::tcp::ConnectionId;

    /// The request that opens session `id`.
    fn open(id: u8) -> News {
        let client = Endpoint::new(Ipv4Addr::new(192, 0, 2, 1).into(), 1042);
        let server = Endpoint::new(Ipv4Addr::new(198, 51, 100, 5).into(), 80);
        let (key, side) = FlowKey::new(client, server, EncapsulationId::default());
        let carrier = Carrier { connection: ConnectionId { key, first: Stamp::default() }, client: side };
        let name = Name::Told { client: client.addr, network: EncapsulationId::default(), id: [id].into() };
        News { session: Arc::new(name), sender: Role::Client, carrier, what: What::Begins { opens: true } }
    }

    /// Opens these sessions, one a second; how many are left, and how many were evicted.
    fn opened(sessions: &mut Sessions, ids: &[u8]) -> (usize, u64) {
        let (mut ledger, mut events) = (Ledger::default(), Vec::new());
        for (second, id) in (0..).zip(ids) {
            sessions.push(open(*id), Timestamp::from_parts(second, 0).unwrap().into(), &mut ledger, &mut events);
        }
        (sessions.by_name.len(), ledger.total().gateway.evicted)
    }

    #[test]
    fn the_longest_silent_session_goes_first() {
        let mut sessions = Sessions::with_bounds(2, usize::MAX);
        assert_eq!(opened(&mut sessions, &[1, 2, 1, 3]), (2, 1));
        let left: Vec<_> = sessions.by_name.keys().cloned().collect();
        assert_eq!(left, [open(1).session, open(3).session]);
        assert_eq!(opened(&mut Sessions::with_bounds(9, 0), &[1, 2, 1, 3]), (0, 4));
    }

    #[test]
    fn a_silent_session_is_given_up() {
        let mut sessions = Sessions::default();
        opened(&mut sessions, &[1, 2]);
        let (mut ledger, mut events) = (Ledger::default(), Vec::new());
        for (seconds, left) in [(GATEWAY_IDLE_MAX_S - 1, 2), (GATEWAY_IDLE_MAX_S, 1), (GATEWAY_IDLE_MAX_S + 1, 0)] {
            sessions.advance(Timestamp::from_parts(seconds, 0).unwrap(), &mut ledger, &mut events);
            assert_eq!(sessions.by_name.len(), left);
        }
        assert_eq!(ledger.total().gateway.evicted, 0);
    }
}
