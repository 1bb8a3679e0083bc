//! How much a census may keep.

/// Up to where a census counts exactly. What comes later than fits is counted as far as it needs no memory, so that every
/// number is right or too low, never too high: exchanges go on being counted, but nobody new among clients.
///
/// A capture of known length is counted exactly whatever it takes ([`Room::ENDLESS`]); what may go on for months is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Different clients, and as many connections, passports and addresses; about 900 bytes each, all tables together.
    pub entities: usize,
    /// Different values, and as many combinations of them; about 500 bytes each.
    pub values: usize,
}

impl Room {
    /// As much as there is.
    pub const ENDLESS: Self = Self { entities: usize::MAX, values: usize::MAX };
}

impl Default for Room {
    fn default() -> Self {
        Self::ENDLESS
    }
}
