//! What is known of one file or interface that was read: a row of the `inputs` table.

use serde::{Deserialize, Serialize};

use crate::packet::Timestamp;

/// How the reading of an input ended: the `status` column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum InputStatus {
    /// It was read to its end.
    #[default]
    Ok,
    /// Its last record is incomplete; all before it was read.
    Cut,
    /// It is damaged; what was read before (and, with `--recover`, after) the damage is counted.
    Damaged,
    /// It was left out: not a capture, or not of a kind that can be read.
    Skipped,
    /// It could not be opened or read.
    Unreadable,
    /// The run was interrupted before its end.
    Interrupted,
    /// It was still being read when the table was written.
    Running,
}

impl InputStatus {
    /// The word in the `status` column.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Cut => "cut",
            Self::Damaged => "damaged",
            Self::Skipped => "skipped",
            Self::Unreadable => "unreadable",
            Self::Interrupted => "interrupted",
            Self::Running => "running",
        }
    }

    /// How much it matters.
    pub(super) const fn trouble(self) -> Trouble {
        match self {
            Self::Ok | Self::Running => Trouble::None,
            Self::Skipped => Trouble::Skipped,
            Self::Cut | Self::Damaged | Self::Unreadable | Self::Interrupted => Trouble::Lost,
        }
    }
}

/// How much the ending of an input matters, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trouble {
    /// Something of it was not read.
    Lost,
    /// Nothing is wrong.
    None,
    /// It was left out: most are no captures.
    Skipped,
}

/// A row of the `inputs` table. `None` and the empty text mean absent: nothing is known, or it does not apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRow {
    /// Path or interface, as it was given or found.
    pub input: String,
    /// How the reading ended.
    pub status: InputStatus,
    /// What went wrong, and where.
    pub error: String,
    /// The word of a [`Format`](crate::capture::Format); absent if it is no capture.
    pub format: String,
    /// What it was packed with: `gz`, `zst`, ...
    pub compression: String,
    /// Link types, joined by `;`.
    pub link_types: String,
    /// Bytes of a packet that the capture kept at most.
    pub snaplen: Option<u64>,
    /// Bytes read.
    pub bytes: u64,
    /// Bytes after unpacking.
    pub bytes_raw: u64,
    /// Packets.
    pub packets: u64,
    /// Packets that hold IP.
    pub packets_ip: u64,
    /// Packets that hold a TCP segment.
    pub packets_tcp: u64,
    /// Packets of MSNP connections.
    pub packets_msn: u64,
    /// When the first packet was captured.
    pub first_seen: Option<Timestamp>,
    /// When the last packet was captured.
    pub last_seen: Option<Timestamp>,
    /// Connections whose opening was captured.
    pub connections: u64,
    /// Connections that spoke MSNP.
    pub connections_msn: u64,
    /// MSNP connections that were open when the capture began.
    pub connections_midstream: u64,
    /// Gaps in MSNP streams.
    pub gaps: u64,
    /// Bytes missing in them.
    pub gap_bytes: u64,
    /// Fragments of IP datagrams.
    pub fragments: u64,
    /// Packets that the capture cut.
    pub packets_cut: u64,
    /// Segments with a wrong checksum.
    pub checksum_bad: u64,
    /// Segments that brought nothing new.
    pub duplicates: u64,
    /// Packets that the kernel saw, live or as the file tells.
    pub kernel_received: Option<u64>,
    /// Packets that the kernel lost, live or as the file tells.
    pub kernel_dropped: Option<u64>,
    /// Exchanges found.
    pub exchanges: u64,
    /// SHA-256 of the whole input as it lies on disk, in hexadecimal, if it was computed.
    pub sha256: String,
    /// Packets that the network card lost, live.
    pub interface_dropped: Option<u64>,
    /// Packets that this program lost, live: more came than it could look at.
    pub overload_dropped: Option<u64>,
}

impl InputRow {
    /// All that was counted of the input, for who adds up what a file says.
    pub(crate) const fn counts(&self) -> [u64; 16] {
        [
            self.bytes,
            self.bytes_raw,
            self.packets,
            self.packets_ip,
            self.packets_tcp,
            self.packets_msn,
            self.connections,
            self.connections_msn,
            self.connections_midstream,
            self.gaps,
            self.gap_bytes,
            self.fragments,
            self.packets_cut,
            self.checksum_bad,
            self.duplicates,
            self.exchanges,
        ]
    }

    /// First and last packet of all inputs, if any tells.
    pub(super) fn period(inputs: &[Self]) -> Option<(Timestamp, Timestamp)> {
        let first = inputs.iter().filter_map(|input| input.first_seen).min()?;
        let last = inputs.iter().filter_map(|input| input.last_seen).max()?;
        Some((first, last))
    }
}
