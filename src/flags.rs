//! What a reader must know before trusting a row: the words of the `flags` column, as a set.
//!
//! Lower layers raise flags about how bytes were captured, upper layers about what the bytes say. A flag is never
//! lowered again.
//!
//! ```
//! use msncensus::flags::{Flag, Flags};
//!
//! let mut doubts = Flags::from(Flag::Conflict);
//! doubts.raise(Flag::AfterGap);
//! assert_eq!(doubts.to_string(), "after_gap;conflict");
//! assert_eq!(
//!     doubts.iter().last().map(Flag::meaning),
//!     Some("Two captured copies of the same stream bytes differ; the first is shown.")
//! );
//! ```

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use serde::{Deserialize, Serialize};

use crate::words::words;

/// A set of [`Flag`]s. Prints as the words joined by `;`, always in the order of the enumeration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Flags(u64);

words! {
    /// One reason to look twice at a row.
    pub enum Flag {
        /// The connection was already open when the capture began.
        Midstream = "midstream",
        /// The stream that carried the line has bytes that were not captured, before the line.
        AfterGap = "after_gap",
        /// The line begins where a packet began, after a loss: that a line truly began there is likely, not proven.
        InferredLineStart = "inferred_line_start",
        /// Only one direction of the connection was captured.
        OneSided = "one_sided",
        /// Who is client and who is server was judged by what they said, not by the handshake or the port.
        DirectionInferred = "direction_inferred",
        /// Two captured copies of the same stream bytes differ; the first is shown.
        Conflict = "conflict",
        /// A packet that carried part of the line was cut by the capture.
        Truncated = "truncated",
        /// A packet that carried part of the line was found behind damage in its file, and may be none: a capture can
        /// hold the bytes of another.
        FromRecoveredRecord = "from_recovered_record",
        /// A packet that carried part of the line has a wrong TCP checksum.
        BadChecksum = "bad_checksum",
        /// The line ended with the connection, not with a line feed.
        NoEol = "no_eol",
        /// The exchange was captured more than once, as in two VLANs: it is one row, with the first copy's place.
        Copies = "copies",
        /// A bound of the program ended the connection's analysis early.
        Evicted = "evicted",
        /// The line does not have the shape of its command.
        Malformed = "malformed",
        /// The request and its reply begin with different words (CVR and CVQ).
        VerbDiffers = "verb_differs",
        /// The locale id is not a known one.
        LocaleUnknown = "locale_unknown",
        /// The first and the second recommended version differ; the first is used.
        RecDiffers = "rec_differs",
        /// The minimum version is above the recommended one.
        MinAboveRec = "min_above_rec",
        /// The server knows no version to recommend, and names the client's own as the minimum.
        MinIsOwn = "min_is_own",
        /// The server knows no version to recommend, and its minimum is 1.0.0000 too.
        MinIsSentinel = "min_is_sentinel",
        /// The server knows no version to recommend, yet its minimum is above the client's: the client must go.
        MinAboveOwn = "min_above_own",
        /// A cell would have run as a formula in a spreadsheet and was given a leading apostrophe.
        Guarded = "guarded",
    }
}

impl Flags {
    /// No flag at all.
    pub const NONE: Self = Self(0);

    /// Raises `flag`.
    pub fn raise(&mut self, flag: Flag) {
        *self |= flag.into();
    }

    /// Raises `flag` if `condition` holds.
    pub fn raise_if(&mut self, condition: bool, flag: Flag) {
        if condition {
            self.raise(flag);
        }
    }

    /// Whether `flag` is raised.
    pub const fn has(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u32) != 0
    }

    /// Whether no flag is raised.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The raised flags, in the order of the enumeration.
    pub fn iter(self) -> impl Iterator<Item = Flag> {
        Flag::ALL.iter().copied().filter(move |flag| self.has(*flag))
    }
}

impl From<Flag> for Flags {
    fn from(flag: Flag) -> Self {
        Self(1 << flag as u32)
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, flag) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(";")?;
            }
            f.write_str(flag.word())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_print_in_one_order() {
        let mut flags = Flags::from(Flag::Guarded);
        flags.raise(Flag::Midstream);
        flags.raise_if(false, Flag::Conflict);
        assert_eq!(flags.to_string(), "midstream;guarded");
        assert!(Flags::NONE.is_empty() && !flags.is_empty());
    }
}
