//! How much a census may keep.

use crate::limits::CENSUS_TEXT_LEN_MAX;

/// Bytes that a client takes in all tables together, its addresses and connections included.
const ENTITY_LEN: usize = 1_024;
/// There is room for one value among so many clients: honest ones show the same few.
const ENTITIES_PER_VALUE: usize = 16;

/// Up to where a census counts exactly. What comes later than fits is counted as far as it needs no memory, so that every
/// number is right or too low, never too high: exchanges go on being counted, but nobody new among clients.
///
/// Texts longer than [`CENSUS_TEXT_LEN_MAX`] have no room where there is any bound, for each would take that of many.
///
/// A capture of known length is counted exactly whatever it takes ([`Room::ENDLESS`]); what may go on for months is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Different clients, and as many connections, passports and addresses.
    pub entities: usize,
    /// Different values, and as many combinations of them.
    pub values: usize,
}

impl Room {
    /// As much as there is.
    pub const ENDLESS: Self = Self { entities: usize::MAX, values: usize::MAX };

    /// What fits into about so many bytes.
    pub const fn of_memory(bytes: usize) -> Self {
        Self { entities: bytes / ENTITY_LEN, values: bytes / ENTITY_LEN / ENTITIES_PER_VALUE }
    }

    /// Whether there is room for a text that long, wherever there is room for one more.
    pub(super) const fn takes(self, text: &[u8]) -> bool {
        self.values == usize::MAX || text.len() <= CENSUS_TEXT_LEN_MAX
    }
}

impl Default for Room {
    fn default() -> Self {
        Self::ENDLESS
    }
}
