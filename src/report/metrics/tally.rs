//! Exchanges by the words that say how they ended, what they said and how they came.

use crate::census::{Observation, Verdict};
use crate::cvr::Status;
use crate::msnp::{Verb, Via};
use crate::packet::Timestamp;

/// The words that an exchange goes by, and what stands for none: of an error alone nobody knows what it answers.
const VERBS: [(Option<Verb>, &str); 3] = [(Some(Verb::Cvr), "CVR"), (Some(Verb::Cvq), "CVQ"), (None, "none")];

/// Counts exchanges.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    statuses: [u64; Status::ALL.len()],
    verdicts: [u64; Verdict::ALL.len()],
    carried: [[u64; Via::ALL.len()]; VERBS.len()],
    last: Option<Timestamp>,
}

impl Tally {
    /// Counts `observation`.
    pub fn push(&mut self, observation: &Observation) {
        let exchange = &observation.exchange;
        let verb = Some(exchange.verb()).filter(|verb| matches!(verb, Verb::Cvr | Verb::Cvq));
        add(&mut self.statuses, |at| Status::ALL.get(at) == Some(&exchange.status()));
        add(&mut self.verdicts, |at| Verdict::ALL.get(at) == Some(&observation.verdict));
        for (vias, (of, _)) in self.carried.iter_mut().zip(VERBS) {
            add(vias, |at| of == verb && Via::ALL.get(at) == Some(&exchange.via));
        }
        self.last = self.last.max(Some(exchange.time()));
    }

    /// How many ended so.
    pub(super) fn statuses(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Status::ALL.into_iter().map(Status::word).zip(self.statuses)
    }

    /// How many said so.
    pub(super) fn verdicts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Verdict::ALL.into_iter().map(Verdict::word).zip(self.verdicts)
    }

    /// How many came so: verb, way, number.
    pub(super) fn carried(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let words = VERBS.into_iter().flat_map(|(_, verb)| Via::ALL.map(|via| (verb, via.word())));
        words.zip(self.carried.into_iter().flatten()).map(|((verb, via), count)| (verb, via, count))
    }

    /// When the last of them began.
    pub(super) const fn last(&self) -> Option<Timestamp> {
        self.last
    }
}

/// Adds one where `is_it` says so.
fn add(counts: &mut [u64], is_it: impl Fn(usize) -> bool) {
    for (at, count) in counts.iter_mut().enumerate() {
        *count += u64::from(is_it(at));
    }
}
