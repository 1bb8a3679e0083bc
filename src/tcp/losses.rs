//! What is missing or doubtful in a connection: kept with it until it turns out to carry what is looked for.
//!
//! Most connections are strangers, and nobody asks what of them was lost.

use std::net::SocketAddr;

use crate::anomaly::{Anomalies, Anomaly, Kind};
use crate::packet::Stamp;
use crate::stats::{Stats, StreamStats};

/// Losses of one connection that are not told yet.
#[derive(Default)]
pub(super) struct Losses {
    ends: Option<[SocketAddr; 2]>,
    gaps: u64,
    gap_bytes: u64,
    conflicting_bytes: u64,
    anomalies: Anomalies,
}

impl Losses {
    /// Nothing lost so far between `ends`: client and server, if it is known who is which.
    pub(super) fn between(ends: Option<[SocketAddr; 2]>) -> Self {
        Self { ends, ..Self::default() }
    }

    /// A hole of so many bytes was declared lost; `at` is the first packet behind it, or the last before it.
    pub(super) fn gap(&mut self, bytes: u64, at: Stamp, stats: &mut StreamStats) {
        stats.gaps += 1;
        stats.gap_bytes += bytes;
        self.gaps += 1;
        self.gap_bytes += bytes;
        self.note(Kind::Gap, at, bytes);
    }

    /// The packet `at` contradicts so many bytes captured before.
    pub(super) fn conflict(&mut self, bytes: u64, at: Stamp) {
        self.conflicting_bytes += bytes;
        self.note(Kind::Conflict, at, bytes);
    }

    /// A bound bit.
    pub(super) fn note(&mut self, kind: Kind, stamp: Stamp, amount: u64) {
        self.anomalies.note(Anomaly { kind, stamp, ends: self.ends, amount });
    }

    /// Moves everything into `stats`: the connection is of interest.
    pub(super) fn tell(&mut self, stats: &mut Stats) {
        let told = std::mem::replace(self, Self::between(self.ends));
        stats.streams.gaps_msn += told.gaps;
        stats.streams.gap_bytes_msn += told.gap_bytes;
        stats.streams.conflicting_bytes_msn += told.conflicting_bytes;
        stats.anomalies.append(told.anomalies);
    }
}
