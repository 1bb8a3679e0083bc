//! One exchange, however often and in whatever halves it was captured.
//!
//! A mirror port that sees a packet before and after a router, or two interfaces of one capture, show the same connection
//! in two VLANs. To TCP these are two connections, and they must be: the same addresses may well mean two networks.
//! Their lines tell: copies are equal byte for byte, at the same sequence number, at almost the same time. And where
//! each direction takes another VLAN, a lone request and a lone reply belong together if each stands where the other
//! acknowledges it.
//!
//! * **Takes** all exchanges in the order of time.
//! * **Gives** each once, in the same order, with the earliest copy's place.
//! * **Keeps** those that may still get a copy or their other half, [`COPIES_AWAITED_MAX`] at most.
//! * **Leaves out** copies whose addresses were translated: nothing proves that they are copies.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::iter;

use foldhash::quality::RandomState;

use super::{Exchange, Reply, Request};
use crate::flags::Flag;
use crate::limits::{COPIES_AWAITED_MAX, COPIES_COMPARED_MAX, COPY_DELAY_MAX_S, OTHER_HALF_DELAY_MAX_S};
use crate::msnp::Peers;
use crate::net::SeqNumber;
use crate::packet::NANOS_PER_SECOND;
use crate::tcp::{Position, Provenance};

/// Folds the copies among exchanges that come in the order of time.
#[derive(Debug, Default)]
pub struct Folding {
    /// The latest exchanges, the earliest first.
    held: VecDeque<Held>,
    /// How many were given: the number of the first that is held.
    given: usize,
    /// The number of the latest of those that are held, by addresses and transaction id. Asked, never walked.
    latest: HashMap<Key, usize, RandomState>,
}

/// An exchange that may still get a copy.
#[derive(Debug)]
struct Held {
    exchange: Exchange,
    /// The number of the one before it with the same addresses and transaction id, which may have been given.
    before: Option<usize>,
}

type Key = (Peers, Option<u32>);

impl Folding {
    /// Takes the next exchange, and gives those of which no copy can come any more.
    pub fn push(&mut self, exchange: Exchange, mut give: impl FnMut(Exchange)) {
        while self.held.len() >= COPIES_AWAITED_MAX
            || self.held.front().is_some_and(|front| !awaits(&front.exchange, &exchange))
        {
            let Some(first) = self.pop() else { break };
            give(first);
        }
        let number = self.taken();
        let Self { held, given, latest } = self;
        let index = |number: usize| number.checked_sub(*given);
        let place = latest.entry(key(&exchange));
        let before = match &place {
            Entry::Occupied(place) => Some(*place.get()),
            Entry::Vacant(_) => None,
        };
        let earlier = |number: &usize| held.get(index(*number)?)?.before;
        let alike = iter::successors(before, earlier).take(COPIES_COMPARED_MAX).map_while(index);
        let is_twin = |at: &usize| held.get(*at).is_some_and(|known| are_one(&known.exchange, &exchange));
        let twin = { alike }.find(is_twin);
        if let Some(known) = twin.and_then(|twin| held.get_mut(twin)) {
            return fold(&mut known.exchange, exchange);
        }
        place.insert_entry(number);
        held.push_back(Held { exchange, before });
    }

    /// How many different exchanges were taken so far.
    pub fn taken(&self) -> usize {
        self.given + self.held.len()
    }

    /// Gives the earliest that is held, if it is among the first `taken`: for who cannot wait until no copy can come.
    pub fn release(&mut self, taken: usize) -> Option<Exchange> {
        if self.given < taken { self.pop() } else { None }
    }

    /// Those that may still get a copy.
    pub fn held(&mut self) -> impl Iterator<Item = &mut Exchange> {
        self.held.iter_mut().map(|held| &mut held.exchange)
    }

    fn pop(&mut self) -> Option<Exchange> {
        let first = self.held.pop_front()?.exchange;
        // An exchange keeps its addresses and its transaction id, whatever is folded into it.
        if let Entry::Occupied(place) = self.latest.entry(key(&first))
            && *place.get() == self.given
        {
            place.remove();
        }
        self.given += 1;
        Some(first)
    }
}

fn key(exchange: &Exchange) -> Key {
    (exchange.peers, trid(exchange))
}

/// Whether `later`, or what comes after it, may be a copy or the other half of `known`.
fn awaits(known: &Exchange, later: &Exchange) -> bool {
    let is_whole = known.request.is_some() && known.reply.is_some();
    is_within(known, later, if is_whole { COPY_DELAY_MAX_S } else { OTHER_HALF_DELAY_MAX_S })
}

fn trid(exchange: &Exchange) -> Option<u32> {
    let request = exchange.request.as_ref().and_then(Request::trid);
    request.or_else(|| exchange.reply.as_ref().and_then(Reply::trid))
}

fn is_within(known: &Exchange, other: &Exchange, seconds: i64) -> bool {
    other.time().nanos_since(known.time()) <= seconds * NANOS_PER_SECOND
}

/// Whether both are halves or copies of one exchange. Two of one session never are: there, TCP has seen to copies.
fn are_one(known: &Exchange, other: &Exchange) -> bool {
    if known.session == other.session {
        return false;
    }
    let requests = known.request.as_ref().zip(other.request.as_ref());
    let requests = requests.map(|(a, b)| same(a.line(), &a.provenance, b.line(), &b.provenance));
    let replies = known.reply.as_ref().zip(other.reply.as_ref());
    let replies = replies.map(|(a, b)| same(a.line(), &a.provenance, b.line(), &b.provenance));
    match (requests, replies) {
        (Some(false), _) | (_, Some(false)) => false,
        (Some(true), _) | (_, Some(true)) => is_within(known, other, COPY_DELAY_MAX_S),
        (None, None) => match (&known.request, &other.reply, &other.request, &known.reply) {
            (Some(request), Some(reply), ..) | (_, _, Some(request), Some(reply)) => {
                acknowledge(request, reply) && is_within(known, other, OTHER_HALF_DELAY_MAX_S)
            }
            _ => false,
        },
    }
}

fn same(line: &[u8], at: &Provenance, other_line: &[u8], other_at: &Provenance) -> bool {
    line == other_line && at.position.seq == other_at.position.seq
}

/// Whether the reply stands where the request's sender expects the next bytes, and the reply's sender has the request.
fn acknowledge(request: &Request, reply: &Reply) -> bool {
    let Position { seq: asked, ack: expected } = request.provenance.position;
    let Position { seq: answered, ack: received } = reply.provenance.position;
    let request_len = u32::try_from(request.line().len()).unwrap_or(u32::MAX);
    let follows =
        |later: SeqNumber, earlier: SeqNumber| (0..=i32::from(u16::MAX)).contains(&later.distance_from(earlier));
    follows(answered, expected) && follows(received, asked.plus(request_len))
}

/// Adds to `known` what its copy or other half has more.
fn fold(known: &mut Exchange, other: Exchange) {
    let is_copy = known.request.is_some() && other.request.is_some() || known.reply.is_some() && other.reply.is_some();
    known.flags |= other.flags;
    known.flags.raise_if(is_copy, Flag::Copies);
    let Exchange { dialect, handle, request, reply, .. } = other;
    known.request = known.request.take().or(request);
    known.reply = known.reply.take().or(reply);
    known.handle = known.handle.take().or(handle);
    known.dialect.offered = known.dialect.offered.take().or(dialect.offered);
    known.dialect.chosen = known.dialect.chosen.take().or(dialect.chosen);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cvr::script::{exchange, provenance, session};
    use crate::msnp::Command;

    const ASK: &str = "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS user@example.com";
    const ANSWER: &str = "CVR 2 6.1.0211 6.1.0211 6.1.0155 http://a.example.com http://b.example.com";

    /// An exchange of the session `port`, its request at the sequence number `seq`.
    fn copy(port: u16, seq: u32, halves: &str) -> Exchange {
        let mut exchange = exchange(ASK, ANSWER);
        exchange.session = session(port);
        let len = u32::try_from(ASK.len()).unwrap() + 2;
        let (asked, answered) = (SeqNumber(seq), SeqNumber(9000));
        if let Some(request) = &mut exchange.request {
            request.provenance.position = Position { seq: asked, ack: answered };
        }
        if let Some(reply) = &mut exchange.reply {
            reply.provenance.position = Position { seq: answered, ack: asked.plus(len) };
        }
        exchange.request.take_if(|_| !halves.contains('C'));
        exchange.reply.take_if(|_| !halves.contains('S'));
        exchange
    }

    /// The rows of `exchanges`, and how many were folded into others.
    fn folded(exchanges: Vec<Exchange>) -> (Vec<Exchange>, usize) {
        let (before, mut rows) = (exchanges.len(), Vec::new());
        let mut folding = Folding::default();
        for exchange in exchanges {
            folding.push(exchange, |row| rows.push(row));
        }
        rows.extend(iter::from_fn(|| folding.release(usize::MAX)));
        let count = before - rows.len();
        (rows, count)
    }

    #[test]
    fn b21_a_connection_seen_in_two_networks_is_one_row() {
        let (rows, count) = folded(vec![copy(1, 100, "CS"), copy(2, 100, "CS")]);
        assert_eq!((rows.len(), count), (1, 1));
        assert!(rows[0].flags.has(Flag::Copies));
    }

    #[test]
    fn b20_two_connections_with_the_same_words_are_two_rows() {
        assert_eq!(folded(vec![copy(1, 100, "CS"), copy(2, 5000, "CS")]).0.len(), 2);
        assert_eq!(folded(vec![copy(1, 100, "CS"), copy(1, 100, "CS")]).0.len(), 2, "one session");
    }

    #[test]
    fn b22_halves_of_two_networks_join_where_they_acknowledge_each_other() {
        for ports in [[1, 2], [2, 1]] {
            let (rows, _) = folded(vec![copy(ports[0], 100, "C"), copy(ports[1], 100, "S")]);
            assert_eq!(rows.len(), 1);
            assert!(rows[0].request.is_some() && rows[0].reply.is_some());
            assert!(!rows[0].flags.has(Flag::Copies));
        }
        assert_eq!(folded(vec![copy(1, 100, "C"), copy(2, 500_000, "S")]).0.len(), 2);
    }

    #[test]
    fn halves_with_different_transaction_ids_do_not_join() {
        for (verb_and_trid, rows) in [("CVR 2", 1), ("CVR 3", 2), ("CVR x", 2)] {
            let answer = ANSWER.replace("CVR 2", verb_and_trid);
            let mut answered = copy(2, 100, "S");
            answered.reply.as_mut().unwrap().rewrite(Command::parse(answer.as_bytes()));
            assert_eq!(folded(vec![copy(1, 100, "C"), answered]).0.len(), rows, "{answer}");
        }
    }

    #[test]
    fn what_is_released_early_is_given_in_order_and_once() {
        let mut folding = Folding::default();
        folding.push(copy(1, 100, "CS"), |_| {});
        let taken = folding.taken();
        folding.push(copy(1, 5000, "CS"), |_| {});
        folding.push(copy(2, 100, "CS"), |_| {});
        assert!(folding.release(taken).is_some_and(|first| first.flags.has(Flag::Copies)));
        assert!(folding.release(taken).is_none());
        // Its copies, if they come now, are rows of their own.
        folding.push(copy(3, 100, "CS"), |_| {});
        assert_eq!((folding.held().count(), folding.taken()), (2, 3));
    }

    #[test]
    fn a_lone_copy_of_a_half_is_no_row() {
        assert_eq!(folded(vec![copy(1, 100, "CS"), copy(2, 100, "C")]).0.len(), 1);
        let (rows, _) = folded(vec![copy(1, 100, "C"), copy(2, 100, "CS")]);
        assert!(rows.len() == 1 && rows[0].reply.is_some());
    }

    /// The same exchange, both halves so many milliseconds later.
    fn later(mut exchange: Exchange, millis: u64) -> Exchange {
        let request = exchange.request.as_mut().map(|request| &mut request.provenance);
        let reply = exchange.reply.as_mut().map(|reply| &mut reply.provenance);
        for known in request.into_iter().chain(reply) {
            *known = provenance(known.completed().frame + millis).at(known.position);
        }
        exchange
    }

    #[test]
    fn an_exchange_is_given_when_neither_a_copy_nor_its_other_half_can_come() {
        let seconds = |seconds: i64| u64::try_from(seconds).unwrap() * 1000;
        for (halves, waits) in [("CS", COPY_DELAY_MAX_S), ("C", OTHER_HALF_DELAY_MAX_S), ("S", OTHER_HALF_DELAY_MAX_S)]
        {
            for (millis, given) in [(seconds(waits), 0), (seconds(waits) + 1, 1)] {
                let (mut folding, mut rows) = (Folding::default(), Vec::new());
                folding.push(copy(1, 100, halves), |row| rows.push(row));
                folding.push(later(copy(2, 5000, halves), millis), |row| rows.push(row));
                assert_eq!(rows.len(), given, "{halves} after {millis} ms");
            }
        }
    }

    #[test]
    fn what_was_given_is_forgotten_and_a_later_one_with_its_name_is_not() {
        let mut folding = Folding::default();
        folding.push(copy(1, 100, "CS"), |_| {});
        folding.push(copy(1, 5000, "CS"), |_| {});
        assert!(folding.release(usize::MAX).is_some());
        folding.push(copy(2, 5000, "CS"), |_| {});
        assert!(folding.release(usize::MAX).is_some_and(|row| row.flags.has(Flag::Copies)));
        assert!(folding.held.is_empty() && folding.latest.is_empty());
    }
}
