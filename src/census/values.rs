//! What exchanges show: each value of each dimension, and each combination of them, by a dense number.
//!
//! The tables that count by dimension count numbers; see `distinct.rs` for what that saves.

use super::distinct::Numbering;
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
}

impl Values {
    /// The combination of values that `observation` shows, and its number.
    pub(super) fn shown_by(&mut self, observation: &Observation) -> (u32, Combination) {
        let combination = Dimension::ALL.map(|dimension| {
            let text = self.texts.number(&*dimension.value(observation));
            self.numbers.number(&(dimension, text))
        });
        (self.combinations.number(&combination), combination)
    }

    /// Every combination by its number.
    pub(super) const fn combinations(&self) -> &Numbering<Combination> {
        &self.combinations
    }

    /// Every value with its number and its dimension, in the order of the numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, Dimension, &[u8])> {
        self.numbers.iter().map(|(number, (dimension, text))| {
            (number, *dimension, self.texts.key(*text).map(Vec::as_slice).unwrap_or_default())
        })
    }
}
