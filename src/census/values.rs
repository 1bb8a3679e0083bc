//! What exchanges show: each value of each dimension, and each combination of them, by a dense number.
//!
//! The tables that count by dimension count numbers; see `distinct.rs` for what that saves.

use super::dimension::EVERYONE;
use super::distinct::{Numbering, entry};
use super::observer::ByKind;
use super::{Dimension, Observation, Room};

/// How many dimensions there are.
pub(super) const DIMENSIONS: usize = Dimension::ALL.len();

/// Numbers of values, one of each dimension, in the order of [`Dimension::ALL`].
pub(super) type Combination = [u32; DIMENSIONS];

/// What every value beyond those that there is room for counts as.
const OTHERS: &[u8] = b"(others)";

/// Gives values and their combinations numbers, 0 first.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    room: Room,
    /// Whether there were more than there is room for.
    is_full: bool,
    texts: Numbering<Vec<u8>>,
    /// Dimension and number of the text.
    numbers: Numbering<(Dimension, u32)>,
    combinations: Numbering<Combination>,
    /// By number of the value: what the first exchange that showed it calls it.
    labels: Vec<Option<Box<[u8]>>>,
    of_kinds: ByKind<u32>,
}

impl Values {
    /// Values and combinations of them, as many as there is room for; the others count as one.
    pub(super) fn within(room: Room) -> Self {
        Self { room, ..Self::default() }
    }

    /// Whether there are more than are told apart.
    pub(super) const fn are_full(&self) -> bool {
        self.is_full
    }

    /// The number of the combination of values that `observation` shows.
    pub(super) fn shown_by(&mut self, observation: &Observation) -> u32 {
        let kind = observation.kinds.request;
        if let Some(number) = self.of_kinds.get(kind) {
            return number;
        }
        let combination = Dimension::ALL.map(|dimension| self.value(dimension, observation));
        let number = self.combinations.number_within(&combination, self.room.values).unwrap_or_else(|| {
            self.is_full = true;
            let others = Dimension::ALL.map(|dimension| self.others(dimension));
            self.combinations.number(&others)
        });
        self.of_kinds.set(kind, number);
        number
    }

    /// The number of the value that `observation` shows in `dimension`.
    fn value(&mut self, dimension: Dimension, observation: &Observation) -> u32 {
        let shown = dimension.value(observation);
        let most = if self.room.takes(&shown) { self.room.values } else { 0 };
        let text = self.texts.number_within(&*shown, most);
        let value = text.and_then(|text| self.numbers.number_within(&(dimension, text), self.room.values));
        let Some(value) = value else {
            self.is_full = true;
            return self.others(dimension);
        };
        if let (Some(label), Some(slot @ None)) = (dimension.label(observation), entry(&mut self.labels, value)) {
            *slot = Some(label.into());
        }
        value
    }

    /// The number of all values that there is no room for; everyone has the only value that there is.
    fn others(&mut self, dimension: Dimension) -> u32 {
        let text = self.texts.number(if dimension == Dimension::Total { EVERYONE } else { OTHERS });
        self.numbers.number(&(dimension, text))
    }

    /// Whether that number is of the value that everyone has.
    pub(super) fn is_of_everyone(&self, number: u32) -> bool {
        self.numbers.key(number).is_some_and(|(dimension, _)| *dimension == Dimension::Total)
    }

    /// Every combination by its number.
    pub(super) const fn combinations(&self) -> &Numbering<Combination> {
        &self.combinations
    }

    /// The number of the value of `combination` in `dimension`.
    pub(super) fn of(&self, combination: &Combination, dimension: Dimension) -> u32 {
        let is_in = |value: &&u32| self.numbers.key(**value).is_some_and(|(of, _)| *of == dimension);
        combination.iter().find(is_in).copied().unwrap_or(u32::MAX)
    }

    /// The value that has this number.
    pub(super) fn text(&self, number: u32) -> &[u8] {
        let text = self.numbers.key(number).and_then(|(_, text)| self.texts.key(*text));
        text.map(Vec::as_slice).unwrap_or_default()
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
