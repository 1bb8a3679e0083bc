//! What a server told a client to do about its version.

use crate::cvr::Exchange;
use crate::flags::Flags;

/// What the reply means for the client that asked: the `verdict` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// The client is older than the minimum.
    Required,
    /// The client is at least the minimum and older than the recommended version.
    Recommended,
    /// The client is the recommended version or newer.
    UpToDate,
    /// The server has no recommendation for this client: it recommends 1.0.0000.
    Unrecognised,
    /// The server answered with an error.
    Rejected,
    /// The capture does not tell.
    Undetermined,
}

impl Verdict {
    /// The word in the `verdict` column.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Recommended => "recommended",
            Self::UpToDate => "up_to_date",
            Self::Unrecognised => "unrecognised",
            Self::Rejected => "rejected",
            Self::Undetermined => "undetermined",
        }
    }

    /// Judges `exchange`; the flags say what is odd about the reply's versions.
    pub fn of(_exchange: &Exchange) -> (Self, Flags) {
        (Self::Undetermined, Flags::NONE)
    }
}
