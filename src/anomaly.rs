//! What went wrong, and where: the rows of the `anomalies` table that name a packet.
//!
//! Counters say how often; these say which. A kind of anomaly that never ends in some input must not fill the memory:
//! each input keeps the first few of each kind and counts the rest.

use std::net::SocketAddr;

use crate::limits::ANOMALIES_MAX;
use crate::packet::Stamp;
use crate::words::words;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is lost: a number for completeness, or an oddity that was put up with.
    Info,
    /// Rows may be missing or doubtful.
    Warning,
    /// Part of an input could not be read.
    Error,
}

impl Severity {
    /// The word in the `severity` column.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

words! {
    /// What kind of thing went wrong in traffic; the meaning is a sentence that follows a number.
    pub enum Kind {
        /// bytes of the stream were not captured.
        Gap = "gap",
        /// bytes differ from a copy captured before.
        Conflict = "conflict",
        /// bytes waited behind a hole, more than are kept: the hole was given up.
        ReorderBound = "reorder_bound",
        /// bytes of reassembly memory are in use: holes of this connection were given up.
        MemoryBound = "memory_bound",
        /// connections are followed at most: the longest silent one was given up.
        Evicted = "evicted",
    }
}

/// Something that went wrong at one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// What.
    pub kind: Kind,
    /// At which packet: the one that showed it, or the last one before it.
    pub stamp: Stamp,
    /// Client and server of the connection, as far as it is known who is which.
    pub ends: Option<[SocketAddr; 2]>,
    /// How many of what the kind counts.
    pub amount: u64,
}

/// The anomalies of one input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anomalies {
    noted: Vec<Anomaly>,
    suppressed: Vec<(Kind, u64)>,
}

impl Anomalies {
    /// Notes `anomaly`, or counts it if enough of its kind are noted.
    pub fn note(&mut self, anomaly: Anomaly) {
        let alike = self.noted.iter().filter(|noted| noted.kind == anomaly.kind).count();
        if alike < ANOMALIES_MAX {
            self.noted.push(anomaly);
        } else {
            self.suppress(anomaly.kind, 1);
        }
    }

    /// Adds those of `other`.
    pub fn append(&mut self, other: Self) {
        for anomaly in other.noted {
            self.note(anomaly);
        }
        for (kind, count) in other.suppressed {
            self.suppress(kind, count);
        }
    }

    fn suppress(&mut self, kind: Kind, more: u64) {
        match self.suppressed.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += more,
            None => self.suppressed.push((kind, more)),
        }
    }

    /// What was noted, in the order of noting.
    pub fn noted(&self) -> &[Anomaly] {
        &self.noted
    }

    /// How many more there were of each kind, of those that had more.
    pub fn suppressed(&self) -> &[(Kind, u64)] {
        &self.suppressed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_without_end_is_counted() {
        let mut anomalies = Anomalies::default();
        let anomaly = |kind| Anomaly { kind, stamp: Stamp::default(), ends: None, amount: 1 };
        for _ in 0..ANOMALIES_MAX + 7 {
            anomalies.note(anomaly(Kind::Gap));
        }
        anomalies.note(anomaly(Kind::Conflict));
        assert_eq!(anomalies.noted().len(), ANOMALIES_MAX + 1);
        assert_eq!(anomalies.suppressed(), [(Kind::Gap, 7)]);
    }
}
