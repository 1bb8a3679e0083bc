//! Goes on with conversations where the part before left them.
//!
//! ```text
//! part 1   SYN  SYN/ACK  VER  VER  CVR ┊
//!                                      ┊ part 2   CVR  USR         begun before: which one was it?
//!                            next byte ┴ first byte                the one whose bytes go on here
//! ```
//!
//! A session of a later part goes on with one of an earlier part if the ends of both connections are the same and each side
//! begins where the earlier part expects its next byte. Then it is told again by one pairing, as if it had been captured
//! at once; and it was not begun before the capture. If it begins a little later, it is the same conversation, too, but
//! nobody knows what was said in between: it stays doubtful.

use std::collections::{BTreeMap, BTreeSet};

use super::Edges;
use crate::cvr::{Exchange, OpenSession, Pairing};
use crate::flags::{Flag, Flags};
use crate::limits::IDLE_MAX_S;
use crate::msnp::{Event, SessionId};
use crate::net::{FlowKey, SeqNumber, Side};
use crate::packet::Timestamp;
use crate::tcp::{ConnectionId, End, Ends, Role};

/// Joins the conversations of parts, each of which ended before the next began.
#[derive(Default)]
pub struct Joining {
    /// The sessions that the parts so far left open, by their connections.
    open: BTreeMap<FlowKey, OpenSession>,
    /// Those that a later part went on with: they are told here.
    pairing: Pairing,
    resumed: BTreeMap<FlowKey, Resumed>,
    /// Where the connections stood when the parts so far ended, the latest part last.
    ends: Vec<Ends>,
    exchanges: Vec<Exchange>,
}

/// So many bytes may lie between two parts of one conversation: the usual window of its time.
const WINDOW: i32 = 65_535;

/// How bytes follow others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sequence {
    /// Nothing lies between them.
    AtOnce,
    /// What lies between them was not read in either part, or lost.
    Later,
}

/// A session that goes on from part to part.
#[derive(Clone, Copy)]
struct Resumed {
    name: SessionId,
    /// How it ends, unless a later part goes on with it, too.
    ended: Option<Flags>,
}

/// What a part's exchanges are, now that it is known what went before and what follows.
#[derive(Debug, Default)]
pub struct Sequel {
    /// Sessions that go on from an earlier part: what this part tells of them is void.
    void: BTreeSet<SessionId>,
    /// Sessions of connections on which, as an earlier part knows, no exchange can follow: half of one is something else, such as
    /// chat about it.
    over: BTreeSet<SessionId>,
    /// Sessions with which a later part goes on: what they left unfinished is void.
    resumed: BTreeMap<SessionId, OpenSession>,
}

impl Sequel {
    /// Whether the part's `exchange` stands as it is.
    pub fn stands(&self, exchange: &Exchange) -> bool {
        let is_whole = exchange.request.is_some() && exchange.reply.is_some();
        !self.void.contains(&exchange.session)
            && (is_whole || !self.over.contains(&exchange.session))
            && self.resumed.get(&exchange.session).is_none_or(|open| !open.holds(exchange))
    }
}

impl Joining {
    /// Takes the edges of the parts, in the order of time, and gives what becomes of each part's exchanges, and the
    /// exchanges of the conversations that cross from one into another.
    pub fn of(parts: Vec<Edges>) -> (Vec<Sequel>, Vec<Exchange>) {
        let mut joining = Self::default();
        let mut sequels: Vec<Sequel> = Vec::new();
        for edges in parts {
            let (sequel, resumed) = joining.take(edges);
            for open in resumed {
                for earlier in &mut sequels {
                    earlier.resumed.insert(open.id, open.clone());
                }
            }
            sequels.push(sequel);
        }
        let Self { mut pairing, mut exchanges, resumed, .. } = joining;
        for Resumed { name: session, ended, .. } in resumed.into_values() {
            if let Some(flags) = ended {
                pairing.push(Event::Closed { session, flags }, &mut exchanges);
            }
        }
        let doubts = pairing.finish(&mut exchanges);
        for exchange in &mut exchanges {
            doubts.raise_on(exchange);
        }
        (sequels, exchanges)
    }

    /// Goes on with the next part. Gives the sessions of earlier parts that it resumes, too.
    fn take(&mut self, edges: Edges) -> (Sequel, Vec<OpenSession>) {
        let Edges { begun_before, ended, open, ends, .. } = edges;
        let mut sequel = Sequel::default();
        let mut taken_up = Vec::new();
        let keys: Vec<_> = begun_before.keys().map(|id| id.connection().key).collect();
        let stood = self.stood(&keys);
        for ((id, said), stood) in begun_before.into_iter().zip(stood) {
            let sequence = stood.and_then(|end| Some((end, goes_on(&end, &said)?)));
            let Some((end, sequence)) = sequence else { continue };
            if end.is_stopped {
                sequel.over.insert(id);
                continue;
            }
            let key = id.connection().key;
            let known = self.resumed.remove(&key);
            let open = if known.is_some() { None } else { self.open.remove(&key) };
            let begun = end.first.map(|first| SessionId::Connection(ConnectionId { key, first }));
            let name = known.map(|known| known.name).or(open.as_ref().map(|open| open.id)).or(begun).unwrap_or(id);
            if let Some(open) = open {
                self.pairing.resume(open.clone());
                taken_up.push(open);
            }
            let heard_before = was_answered(&end, &said);
            let shown = |flags: Flags| if heard_before { flags.without(Flag::OneSided) } else { flags };
            let ended = ended.get(&id).copied().map(shown);
            self.resumed.insert(key, Resumed { name, ended });
            sequel.void.insert(id);
            let is_seamless = sequence == Sequence::AtOnce && end.initiator.is_some();
            for event in said {
                self.pairing.push(gone_on(event, name, heard_before, is_seamless), &mut self.exchanges);
            }
        }
        let is_void = |open: &OpenSession| sequel.void.contains(&open.id);
        let left = open.into_iter().filter(|open| !is_void(open));
        self.open.extend(left.map(|open| (open.id.connection().key, open)));
        self.ends.push(ends);
        (sequel, taken_up)
    }

    /// Where these connections stood when last heard.
    fn stood(&self, keys: &[FlowKey]) -> Vec<Option<End>> {
        let mut stood = vec![None; keys.len()];
        for ends in &self.ends {
            for (known, found) in stood.iter_mut().zip(ends.of(keys)) {
                *known = match (*known, found) {
                    (Some(known), Some(found)) => Some(found.after(&known)),
                    (known, found) => found.or(known),
                };
            }
        }
        stood
    }
}

/// How what was said goes on where the connection stood; `None` if it does not.
fn goes_on(end: &End, said: &[Event]) -> Option<Sequence> {
    let first = said.iter().find_map(time)?;
    if first >= end.last_seen.plus_seconds(IDLE_MAX_S) {
        return None;
    }
    if end.is_stopped {
        return Some(Sequence::Later);
    }
    let mut sequence = None;
    for side in Side::BOTH {
        let Some(first) = said.iter().find_map(|event| first_byte(event, side)) else { continue };
        let distance = first.distance_from((*end.next.get(side))?);
        let here = match distance {
            0 => Sequence::AtOnce,
            1..=WINDOW => Sequence::Later,
            _ => return None,
        };
        sequence = sequence.max(Some(here));
    }
    sequence
}

/// When the line was said.
fn time(event: &Event) -> Option<Timestamp> {
    if let Event::Message(message) = event { Some(message.provenance.completed().time) } else { None }
}

/// The sequence number of the first byte of that side's stream, if the line stands in it.
fn first_byte(event: &Event, side: Side) -> Option<SeqNumber> {
    let Event::Message(message) = event else { return None };
    let sender = if message.sender == Role::Client { message.peers.client } else { message.peers.server };
    let is_of_side = message.connection.key.endpoint(side) == sender;
    is_of_side.then_some(message.stream_begin)
}

/// Whether the side that says nothing here was heard before.
fn was_answered(end: &End, said: &[Event]) -> bool {
    let [low, high] = Side::BOTH.map(|side| said.iter().any(|event| first_byte(event, side).is_some()));
    (low || *end.heard.get(Side::Low)) && (high || *end.heard.get(Side::High))
}

/// The same event of the session `name`. Where it goes on without a seam, no line was begun before the capture.
fn gone_on(mut event: Event, name: SessionId, heard_before: bool, is_seamless: bool) -> Event {
    event.rename(name);
    match &mut event {
        Event::Message(message) if is_seamless => {
            let flags = &mut message.provenance.flags;
            *flags = flags.without(Flag::Midstream).without(Flag::DirectionInferred);
            if !flags.has(Flag::AfterGap) {
                *flags = flags.without(Flag::InferredLineStart);
            }
        }
        Event::Closed { flags, .. } if heard_before => *flags = flags.without(Flag::OneSided),
        Event::Message(_) | Event::Doubt { .. } | Event::Closed { .. } => {}
    }
    event
}
