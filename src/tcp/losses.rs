//! What is missing or doubtful in a connection: kept with it until it turns out to carry what is looked for.
//!
//! Most connections are strangers, and nobody asks what of them was lost. Most connections lose nothing, and take no
//! memory for it.

use std::net::SocketAddr;

use crate::anomaly::{Anomalies, Anomaly, Kind};
use crate::packet::Stamp;
use crate::stats::{Stats, StreamStats};

/// Losses of one connection that are not told yet.
#[derive(Default)]
pub(super) struct Losses {
    untold: Option<Box<Untold>>,
}

#[derive(Default)]
struct Untold {
    gaps: u64,
    gap_bytes: u64,
    conflicting_bytes: u64,
    anomalies: Anomalies,
}

impl Losses {
    /// A hole of so many bytes was declared lost; `at` is the first packet behind it, or the last before it.
    pub(super) fn gap(&mut self, bytes: u64, at: Stamp, stats: &mut StreamStats) {
        stats.gaps += 1;
        stats.gap_bytes += bytes;
        let untold = self.untold.get_or_insert_default();
        untold.gaps += 1;
        untold.gap_bytes += bytes;
        self.note(Kind::Gap, at, bytes);
    }

    /// The packet `at` contradicts so many bytes captured before.
    pub(super) fn conflict(&mut self, bytes: u64, at: Stamp) {
        self.untold.get_or_insert_default().conflicting_bytes += bytes;
        self.note(Kind::Conflict, at, bytes);
    }

    /// A bound bit.
    pub(super) fn note(&mut self, kind: Kind, stamp: Stamp, amount: u64) {
        self.untold.get_or_insert_default().anomalies.note(Anomaly { kind, stamp, ends: None, amount });
    }

    /// Moves everything into `stats`: the connection is of interest. `ends` are its client and server, if it is known
    /// who is which.
    pub(super) fn tell(&mut self, ends: Option<[SocketAddr; 2]>, stats: &mut Stats) {
        let Some(untold) = self.untold.take() else { return };
        stats.streams.gaps_msn += untold.gaps;
        stats.streams.gap_bytes_msn += untold.gap_bytes;
        stats.streams.conflicting_bytes_msn += untold.conflicting_bytes;
        stats.anomalies.append(untold.anomalies.between(ends));
    }

    /// Bytes of memory held, roughly.
    pub(super) fn memory(&self) -> usize {
        self.untold.as_ref().map_or(0, |untold| size_of::<Untold>() + untold.anomalies.memory())
    }
}
