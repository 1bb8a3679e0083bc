//! Ways in which a capture departs from its format and is read nevertheless: none is silent.

use std::collections::BTreeMap;

use crate::words::words;

words! {
    /// One way in which a capture departs from its format and is read nevertheless.
    pub enum Oddity {
        /// More bytes were captured than the packet is said to have had: it has had as many as were captured.
        CapturedOverOriginal = "captured_over_original",
        /// A fraction of a second of one second or more: the seconds were raised.
        SubsecondOverflow = "subsecond_overflow",
        /// A time before 1677 or after 2262: the nearest that can be told was taken.
        TimeOutOfRange = "time_out_of_range",
        /// A packet without a time: it got the time of the one before.
        NoTimestamp = "no_timestamp",
        /// A pcap version that is not known: it was read as 2.4.
        UnknownVersion = "unknown_version",
        /// A pcap header with a time zone: it was ignored, as everybody does.
        TimeZone = "time_zone",
        /// Record headers longer than the file's magic says, as some old programs wrote them: they were read as they
        /// are.
        OtherHeaderLength = "other_header_length",
        /// Bits set beside the link type that mean nothing yet: they were ignored.
        ReservedBits = "reserved_bits",
        /// A file header where a record should be: several pcap files were joined, and reading went on.
        JoinedFile = "joined_file",
        /// An interface with a time resolution that no clock has: it was taken for microseconds.
        BadTimeResolution = "bad_time_resolution",
        /// An option of a block with a length that it cannot have: it was ignored.
        BadOption = "bad_option",
        /// An option of a block that stands there twice: the first holds.
        RepeatedOption = "repeated_option",
        /// An option that reaches beyond its block: it and all after it in that block were ignored.
        OptionOverrun = "option_overrun",
        /// A packet of an interface that was not described: it was skipped.
        UnknownInterface = "unknown_interface",
        /// A block too short for what it says it holds: it was skipped.
        ShortBlock = "short_block",
        /// A block of a type that is not known: it was skipped.
        UnknownBlock = "unknown_block",
        /// A block whose length at its end differs from the one at its start, which was taken.
        TrailerMismatch = "trailer_mismatch",
        /// A followed file that another one took the place of: reading went on with that.
        Replaced = "replaced",
        /// A followed file that became shorter than what had been read of it: reading went on at its start.
        Shrunk = "shrunk",
        /// Bytes behind the compressed data that are none: they were ignored.
        TrailingGarbage = "trailing_garbage",
        /// A packet that was captured with errors of the link layer (bad checksum, wrong size): it was used.
        LinkErrors = "link_errors",
    }
}

/// How often each [`Oddity`] was met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oddities(BTreeMap<Oddity, u64>);

impl Oddities {
    /// How often that one was met.
    pub fn count(&self, oddity: Oddity) -> u64 {
        self.0.get(&oddity).copied().unwrap_or_default()
    }

    /// The oddities that were met, and how often.
    pub fn met(&self) -> impl Iterator<Item = (Oddity, u64)> {
        self.0.iter().map(|(oddity, count)| (*oddity, *count))
    }

    /// Counts one more.
    pub(super) fn add(&mut self, oddity: Oddity) {
        *self.0.entry(oddity).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_met_is_told_in_order_with_its_number() {
        let mut oddities = Oddities::default();
        oddities.add(Oddity::LinkErrors);
        oddities.add(Oddity::NoTimestamp);
        oddities.add(Oddity::LinkErrors);
        let met: Vec<_> = oddities.met().map(|(oddity, count)| (oddity.word(), count)).collect();
        assert_eq!(met, [("no_timestamp", 1), ("link_errors", 2)]);
        assert!(Oddity::LinkErrors.meaning().ends_with("it was used."));
    }
}
