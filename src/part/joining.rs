//! Goes on with conversations where the part before left them.
//!
//! ```text
//! part 1   exchanges .......... ┊ tail ┐
//! part 2              head ┊ .......... ┊ tail ┼─ read again, as one ─► the exchanges of these packets
//! part 3                                  head ┘
//! ```
//!
//! The packets at the edges of all parts are read once more, as one capture. What a part made of them alone is void, and what is
//! found now stands in its place: of a conversation that crosses, all of it; of any other, the same again. An exchange of which
//! a part kept some packets and not others stands as the part told it, and nothing is told twice.

use std::collections::{BTreeMap, BTreeSet};

use crate::cvr::{Exchange, Pairing};
use crate::dissect::{Edges, Replay};
use crate::flags::Flag;
use crate::net::FlowKey;
use crate::packet::{InputId, Stamp};
use crate::stats::Ledger;

/// What the edges of several parts tell together.
#[derive(Default)]
pub struct Joining {
    /// The packets that were read again.
    packets: BTreeSet<Stamp>,
    /// Those of them that were found behind damage.
    recovered: BTreeSet<Stamp>,
    /// What was found in them.
    found: Vec<Exchange>,
    /// What was counted in them.
    ledger: Ledger,
    /// Packets of exchanges that stand as their parts told them.
    standing: BTreeSet<Stamp>,
    /// Exchanges that had copies, by the packets that stand for them: a copy may lie elsewhere.
    copied: BTreeSet<Stamp>,
    /// Connections that were followed where a part ended: the first input in which they may go on, and whether all that came
    /// of them is known.
    followed: BTreeMap<FlowKey, (InputId, bool)>,
    /// Whether a row is more doubtful than it need be, had more been kept.
    is_doubtful: bool,
}

impl Joining {
    /// Reads the edges of the parts, which stand in the order of time.
    pub fn of(parts: &[Edges]) -> Self {
        let mut joining = Self::default();
        let (mut replay, mut pairing) = (Replay::default(), Pairing::default());
        for edges in parts {
            replay.read(edges, &mut |event| pairing.push(event, &mut joining.found));
            joining.packets.extend(edges.stamps());
            joining.recovered.extend(edges.recovered());
            joining.is_doubtful |= edges.is_cut && parts.len() > 1;
            for (key, last, is_whole) in edges.followed() {
                let known = joining.followed.entry(key).or_insert((last.input, true));
                known.1 &= is_whole;
            }
        }
        joining.is_doubtful |= replay.is_cut_short();
        joining.ledger = replay.finish(|event| pairing.push(event, &mut joining.found));
        let doubts = pairing.finish(&mut joining.found);
        joining.found.iter_mut().for_each(|exchange| doubts.raise_on(exchange));
        joining
    }

    /// What was counted in the packets that were read again, by input.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Whether an exchange stands as its part told it. All must be asked about before what was found is taken.
    pub fn stands(&mut self, exchange: &Exchange) -> bool {
        let (again, not): (Vec<_>, Vec<_>) = frames(exchange).partition(|stamp| self.packets.contains(stamp));
        if !not.is_empty() {
            self.standing.extend(again);
            self.is_doubtful |= self.may_go_on(exchange).is_some();
            return true;
        }
        if exchange.flags.has(Flag::Copies) {
            self.copied.insert(exchange.stamp());
        }
        false
    }

    /// What was found, and whether any of all exchanges is more doubtful than it need be, had more been kept.
    pub fn finish(mut self) -> (Vec<Exchange>, bool) {
        let mut is_doubtful = self.is_doubtful;
        let mut found = std::mem::take(&mut self.found);
        found.retain(|exchange| !frames(exchange).any(|stamp| self.standing.contains(&stamp)));
        for exchange in &mut found {
            is_doubtful |= self.may_go_on(exchange).is_some_and(|is_whole| !is_whole);
            let is_recovered = completed(exchange).any(|stamp| self.recovered.contains(&stamp));
            exchange.flags.raise_if(is_recovered, Flag::FromRecoveredRecord);
            exchange.flags.raise_if(self.copied.contains(&exchange.stamp()), Flag::Copies);
        }
        (found, is_doubtful)
    }

    /// Whether a conversation that is said to be begun before its capture was followed in an earlier part, and all that came
    /// of it there is known.
    fn may_go_on(&self, exchange: &Exchange) -> Option<bool> {
        let input = exchange.stamp().input;
        let earlier =
            |key: FlowKey| self.followed.get(&key).filter(|(first, _)| *first < input).map(|(_, whole)| *whole);
        let keys = exchange.connections.iter().map(|connection| connection.key);
        exchange.flags.has(Flag::Midstream).then(|| keys.filter_map(earlier).reduce(|a, b| a && b))?
    }
}

/// What is counted in the edges of a part, read again for themselves.
pub fn counted(edges: &[Edges]) -> Ledger {
    let mut replay = Replay::default();
    for edges in edges {
        replay.read(edges, &mut |_| {});
    }
    replay.finish(|_| {})
}

/// The packets that carried the exchange.
fn frames(exchange: &Exchange) -> impl Iterator<Item = Stamp> {
    let request = exchange.request.iter().flat_map(|request| request.provenance.frames());
    let reply = exchange.reply.iter().flat_map(|reply| reply.provenance.frames());
    request.chain(reply).copied()
}

/// The packets that completed its halves.
fn completed(exchange: &Exchange) -> impl Iterator<Item = Stamp> {
    let request = exchange.request.as_ref().map(|request| request.provenance.completed());
    let reply = exchange.reply.as_ref().map(|reply| reply.provenance.completed());
    request.into_iter().chain(reply)
}
