//! Which connections carried an exchange, and what becomes of their packets.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::census::Observation;
use crate::net::{BySide, EncapsulationId, FlowKey, SeqNumber, Side};
use crate::packet::Stamp;
use crate::privacy::Level;
use crate::report::remarks;

/// What stands between two remarks on one packet.
pub(super) const SEPARATOR: &str = "; ";

/// The connections that carried an exchange, as far as the rows name them.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) flows: HashMap<FlowKey, Flow>,
    pub(super) known: HashSet<Stamp>,
    pub(super) remarks: HashMap<Stamp, String>,
}

impl Wanted {
    /// Wants the connection of `observation`, of whom as much is told as `level` shows.
    pub(super) fn note(&mut self, observation: &Observation, level: Level) {
        let exchange = &observation.exchange;
        for connection in &exchange.connections {
            let (low, high) = (connection.key.endpoint(Side::Low), connection.key.endpoint(Side::High));
            let (key, _) = FlowKey::new(low, high, EncapsulationId::default());
            self.flows.entry(key).or_default();
            self.known.insert(connection.first);
        }
        let request = exchange.request.iter().flat_map(|request| request.provenance.frames());
        let reply = exchange.reply.iter().flat_map(|reply| reply.provenance.frames());
        self.known.extend(request.chain(reply));
        for (stamp, text) in remarks(observation, level) {
            let remark = self.remarks.entry(stamp).or_default();
            if !remark.is_empty() {
                remark.push_str(SEPARATOR);
            }
            remark.push_str(&text);
        }
    }
}

/// The present connection between two ends of which at least one is wanted.
#[derive(Default)]
pub(super) struct Flow {
    /// The number of each side's SYN, as far as it is known.
    pub(super) syns: BySide<Option<SeqNumber>>,
    /// Whether a packet with payload was seen.
    pub(super) has_payload: bool,
    pub(super) fate: Fate,
}

/// What becomes of packets, shared by those that share it.
#[derive(Clone, Default)]
pub(super) struct Fate(Rc<RefCell<Decision>>);

#[derive(Clone, Default)]
pub(super) enum Decision {
    #[default]
    Open,
    Wanted(bool),
    /// That of the connection in whose datagram a fragment was.
    Like(Fate),
}

impl Fate {
    /// Whether the packet is wanted, once that is known.
    pub(super) fn decision(&self) -> Option<bool> {
        match &*self.0.borrow() {
            Decision::Open => None,
            Decision::Wanted(wanted) => Some(*wanted),
            // As deep as datagrams may be nested, which `net` bounds.
            Decision::Like(other) => other.decision(),
        }
    }

    /// Whether a packet waits for it, or another fate is like it.
    pub(super) fn is_shared(&self) -> bool {
        Rc::strong_count(&self.0) > 1
    }

    pub(super) fn decide(&self, decision: Decision) {
        *self.0.borrow_mut() = decision;
    }
}
