//! What exchanges show: each value of each dimension, and each combination of them, by a dense number.
//!
//! The tables that count by dimension count numbers; see `distinct.rs` for what that saves.

use super::distinct::{Numbering, entry};
use super::observer::ByKind;
use super::{Dimension, Observation};

/// How many dimensions there are.
pub(super) const DIMENSIONS: usize = Dimension::ALL.len();

/// Numbers of values, one of each dimension, in the order of [`Dimension::ALL`].
pub(super) type Combination = [u32; DIMENSIONS];

/// Gives values and their combinations numbers, 0 first.
#[derive(Debug, Default)]
pub(super) struct Values {
    texts: Numbering<Vec<u8>>,
    /// Dimension and number of the text.
    numbers: Numbering<(Dimension, u32)>,
    combinations: Numbering<Combination>,
    /// By number of the value: what the first exchange that showed it calls it.
    labels: Vec<Option<Box<[u8]>>>,
    of_kinds: ByKind<u32>,
}

impl Values {
    /// The number of the combination of values that `observation` shows.
    pub(super) fn shown_by(&mut self, observation: &Observation) -> u32 {
        let kind = observation.kinds.request;
        if let Some(number) = self.of_kinds.get(kind) {
            return number;
        }
        let combination = Dimension::ALL.map(|dimension| {
            let text = self.texts.number(&*dimension.value(observation));
            let value = self.numbers.number(&(dimension, text));
            if let (Some(label), Some(slot @ None)) = (dimension.label(observation), entry(&mut self.labels, value)) {
                *slot = Some(label.into());
            }
            value
        });
        let number = self.combinations.number(&combination);
        self.of_kinds.set(kind, number);
        number
    }

    /// Every combination by its number.
    pub(super) const fn combinations(&self) -> &Numbering<Combination> {
        &self.combinations
    }

    /// What people call the value that has this number, where they do not call it by itself.
    pub(super) fn label(&self, number: u32) -> Option<&[u8]> {
        self.labels.get(usize::try_from(number).ok()?)?.as_deref()
    }

    /// Every value with its number and its dimension, in the order of the numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, Dimension, &[u8])> {
        self.numbers.iter().map(|(number, (dimension, text))| {
            (number, *dimension, self.texts.key(*text).map(Vec::as_slice).unwrap_or_default())
        })
    }
}
