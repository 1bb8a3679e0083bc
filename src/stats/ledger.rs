//! The counters of every input of a run.

use serde::{Deserialize, Serialize};

use super::Stats;
use crate::anomaly::Anomaly;
use crate::packet::{InputId, Renumbering};

/// The counters of a run, by input.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    inputs: Vec<Stats>,
}

impl Ledger {
    /// The counters of `input`.
    #[inline]
    pub fn at(&mut self, input: InputId) -> &mut Stats {
        let index = usize::try_from(input.0).unwrap_or(usize::MAX);
        if index >= self.inputs.len() {
            self.grow(index);
        }
        self.inputs.get_mut(index).expect("the list was just made long enough")
    }

    #[cold]
    fn grow(&mut self, index: usize) {
        self.inputs.resize(index.saturating_add(1), Stats::default());
    }

    /// The counters of `input`; all zero if nothing of it was read.
    pub fn of(&self, input: InputId) -> Stats {
        usize::try_from(input.0).ok().and_then(|index| self.inputs.get(index)).cloned().unwrap_or_default()
    }

    /// The counters of inputs that were read.
    pub fn iter(&self) -> impl Iterator<Item = (InputId, &Stats)> {
        (0..).map(InputId).zip(&self.inputs)
    }

    /// What went wrong in all inputs, to be changed.
    pub fn anomalies_mut(&mut self) -> impl Iterator<Item = &mut Anomaly> {
        self.inputs.iter_mut().flat_map(|stats| stats.anomalies.noted_mut())
    }

    /// Takes over the counters of inputs that are unknown here, which get these numbers.
    pub fn adopt(&mut self, mut other: Self, numbers: &Renumbering) {
        other.anomalies_mut().for_each(|anomaly| numbers.renumber(&mut anomaly.stamp.input));
        for (mut input, stats) in (0..).map(InputId).zip(other.inputs) {
            numbers.renumber(&mut input);
            *self.at(input) = stats;
        }
    }

    /// Puts what was found in the same packets `again` in the place of what was found in them `before`.
    pub fn replace(&mut self, before: &Self, again: &Self) {
        let len = before.inputs.len().max(again.inputs.len());
        for input in (0..).map(InputId).take(len) {
            self.at(input).replace(&before.of(input), &again.of(input));
        }
    }

    /// The sum over all inputs.
    pub fn total(&self) -> Stats {
        let mut total = Stats::default();
        for stats in &self.inputs {
            total.add(stats);
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_byte_breaks_the_law() {
        let mut ledger = Ledger::default();
        ledger.at(InputId(2)).streams.payload_bytes = 7;
        ledger.at(InputId(0)).streams.delivered_bytes = 6;
        let law = ledger.total().broken_law().expect("a byte is missing");
        assert!(law.contains("7 is not 6"), "{law}");
    }
}
