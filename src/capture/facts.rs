//! What the reader of an input learns besides its packets: what it is, how far it was read, what was lost or skipped.
//! It grows while the input is read, and becomes the input's row in the `inputs` table.

use std::fmt;

use super::error::{Damage, Place};
use super::oddities::Oddities;
use crate::limits::{LINK_TYPES_MAX, SKIPPED_MAX};
use crate::packet::{LinkType, Timestamp};
use crate::text::Grouped;

/// What is known of an input, for its row of the `inputs` table.
#[derive(Clone, Debug)]
pub struct Facts {
    /// How the input is written.
    pub format: Format,
    /// How the input is compressed, if it is.
    pub compression: Option<Compression>,
    /// The link types of its interfaces, in the order of their appearance, each once; the first
    /// [`LINK_TYPES_MAX`] of them.
    pub link_types: Vec<LinkType>,
    /// The largest snap length that an interface was captured with, in bytes; 0 if none was told. Nothing relies on it.
    pub snap_len: u32,
    /// Bytes of the input that are behind, as they stand in the file: compressed, if it is.
    pub bytes: u64,
    /// The same after decompression; equal if the input is not compressed.
    pub bytes_raw: u64,
    /// Packets given.
    pub packets: u64,
    /// Packets that the capturing side says it lost, by the statistics of its interfaces (pcapng's `isb_ifdrop` and
    /// `isb_osdrop`, of which the largest of each interface counts, since they only grow).
    pub dropped_in_total: u64,
    /// Packets that the capturing side says it lost, by the notes on single packets (pcapng's `epb_dropcount` and the
    /// drop count of the obsolete packet block).
    pub dropped_between: u64,
    /// Packets that the capturing interfaces say they saw (pcapng's `isb_ifrecv`), if one says so.
    pub received: Option<u64>,
    /// Of an interface, packets that its network card had no room for.
    pub dropped_by_interface: u64,
    /// Of an interface, packets that came while everything was full of those before them.
    pub overload: u64,
    /// Of an interface, whether its link is down now.
    pub is_down: bool,
    /// Of an interface, when its link was down; the first [`OUTAGES_MAX`](crate::limits::OUTAGES_MAX) times.
    pub outages: Vec<Outage>,
    /// What was skipped because it was damaged.
    pub recovery: Recovery,
    /// What was not as it should be and was put up with.
    pub oddities: Oddities,
    /// SHA-256 of all bytes of the input, as they stand in the file, if they were hashed and all were read.
    pub sha256: Option<[u8; 32]>,
}

impl Facts {
    /// Nothing is known yet but the format.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            compression: None,
            link_types: Vec::new(),
            snap_len: 0,
            bytes: 0,
            bytes_raw: 0,
            packets: 0,
            dropped_in_total: 0,
            dropped_between: 0,
            received: None,
            dropped_by_interface: 0,
            overload: 0,
            is_down: false,
            outages: Vec::new(),
            recovery: Recovery::default(),
            oddities: Oddities::default(),
            sha256: None,
        }
    }

    /// Packets that the capturing side says it lost. The two accounts tell of the same losses, so the larger one holds.
    pub fn dropped(&self) -> u64 {
        self.dropped_in_total.max(self.dropped_between)
    }

    /// Packets that are missing, wherever they were lost.
    pub fn lost(&self) -> u64 {
        self.dropped() + self.dropped_by_interface + self.overload
    }

    /// Packets that were found behind damage.
    pub fn packets_recovered(&self) -> u64 {
        self.recovery.first_frame.map_or(0, |first| (self.packets + 1).saturating_sub(first))
    }

    /// Notes an interface.
    pub(super) fn interface(&mut self, link_type: LinkType, snap_len: u32) {
        self.snap_len = self.snap_len.max(snap_len);
        if self.link_types.len() < LINK_TYPES_MAX && !self.link_types.contains(&link_type) {
            self.link_types.push(link_type);
        }
    }
}

/// A time in which the link of an interface was down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// When that was noticed.
    pub from: Timestamp,
    /// When it was up again, if it was.
    pub to: Option<Timestamp>,
}

/// What was skipped because it was damaged, where reading went on behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// The first packet behind the first damage: it and all after it may be none, since a capture can hold the bytes of
    /// another.
    pub first_frame: Option<u64>,
    /// How often something was skipped.
    pub times: u64,
    /// Bytes skipped, after decompression.
    pub bytes: u64,
    /// What was skipped, in the order of the file; the first [`SKIPPED_MAX`](crate::limits::SKIPPED_MAX) of it.
    pub skipped: Vec<Skipped>,
}

/// Damage that was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Where it begins.
    pub place: Place,
    /// What is wrong there.
    pub damage: Damage,
    /// Bytes up to the next place that makes sense.
    pub bytes: u64,
}

impl Recovery {
    /// Whether a packet was found behind damage: rows made from it carry
    /// [`Flag::FromRecoveredRecord`](crate::flags::Flag::FromRecoveredRecord).
    pub fn covers(&self, frame: u64) -> bool {
        self.first_frame.is_some_and(|first| frame >= first)
    }

    pub(super) fn note(&mut self, skipped: Skipped, next_frame: u64) {
        self.first_frame.get_or_insert(next_frame);
        self.times += 1;
        self.bytes = self.bytes.saturating_add(skipped.bytes);
        if self.skipped.len() < SKIPPED_MAX {
            self.skipped.push(skipped);
        }
    }
}

impl fmt::Display for Skipped {
    /// `record 17 at byte 4,711: zeros where a record should begin; 4,096 bytes were skipped`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {} bytes were skipped", self.place, self.damage, Grouped(self.bytes))
    }
}

/// How an input is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Classic pcap with microseconds.
    Pcap,
    /// Classic pcap with nanoseconds.
    PcapNanoseconds,
    /// Alexey Kuznetzov's pcap, with longer record headers.
    PcapKuznetzov,
    /// pcapng.
    Pcapng,
    /// Not written at all: packets as they arrive.
    Live,
}

impl Format {
    /// The word in the `format` column.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pcap => "pcap",
            Self::PcapNanoseconds => "pcap-ns",
            Self::PcapKuznetzov => "pcap-kuznetzov",
            Self::Pcapng => "pcapng",
            Self::Live => "live",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How an input is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// `gzip`, `pigz`, `bgzip`.
    Gzip,
    /// `zstd`.
    Zstd,
    /// `lz4`, its frames.
    Lz4,
    /// `xz`.
    Xz,
    /// `bzip2`.
    Bzip2,
}

impl Compression {
    /// Every compression that is read.
    pub const ALL: &[Self] = &[Self::Gzip, Self::Zstd, Self::Lz4, Self::Xz, Self::Bzip2];

    /// The word in the `compression` column, which is the name of the program.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_types_are_told_once_and_boundedly() {
        let mut facts = Facts::new(Format::Pcapng);
        for number in [1, 101, 1, 113].into_iter().chain(0..=u16::MAX) {
            facts.interface(LinkType(number), u32::from(number));
        }
        assert_eq!(&facts.link_types[..4], [LinkType(1), LinkType(101), LinkType(113), LinkType(0)]);
        assert_eq!(facts.link_types.len(), LINK_TYPES_MAX);
        assert_eq!(facts.snap_len, 65_535);
    }

    #[test]
    fn two_accounts_of_the_same_losses_are_not_added() {
        let facts = Facts { dropped_in_total: 5, dropped_between: 3, ..Facts::new(Format::Pcapng) };
        assert_eq!(facts.dropped(), 5);
    }

    #[test]
    fn losses_at_different_places_add_up() {
        let facts = Facts { dropped_in_total: 5, dropped_by_interface: 3, overload: 2, ..Facts::new(Format::Live) };
        assert_eq!(facts.lost(), 10);
    }
}
