//! What went wrong, and where: the rows of the `anomalies` table that name a packet.
//!
//! Counters ([`stats`](crate::stats)) say how often; these say which. They are noted beside the counters of their input. A kind
//! of anomaly that never ends in some input must not fill the memory: each input keeps the first few of each kind and counts the rest.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::limits::ANOMALIES_MAX;
use crate::packet::Stamp;
use crate::words::words;

words! {
    /// How bad it is: the `severity` column.
    #[derive(Serialize, Deserialize)]
    pub enum Severity {
        /// Nothing is lost: a number for completeness, or an oddity that was put up with.
        Info = "info",
        /// Rows may be missing or doubtful.
        Warning = "warning",
        /// Part of an input could not be read.
        Error = "error",
    }
}

words! {
    /// What kind of thing went wrong in traffic; the meaning is a sentence that follows a number.
    #[derive(Serialize, Deserialize)]
    pub enum Kind {
        /// bytes of the stream were not captured.
        Gap = "gap",
        /// bytes differ from a copy captured before.
        Conflict = "conflict",
        /// bytes waited behind a hole, more than are kept: the hole was given up.
        ReorderBound = "reorder_bound",
        /// bytes of memory are in use: holes of this connection were given up.
        MemoryBound = "memory_bound",
        /// connections were followed, more than there was room for: one that had been silent long was given up.
        Evicted = "evicted",
    }
}

/// Something that went wrong at one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// The anomalies of one input, or of one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anomalies {
    noted: Vec<Anomaly>,
    /// How many there were of each kind, noted or not.
    counts: Vec<(Kind, u64)>,
}

impl Anomalies {
    /// Notes `anomaly`, or counts it if enough of its kind are noted.
    pub fn note(&mut self, anomaly: Anomaly) {
        if self.count(anomaly.kind, 1) <= ANOMALIES_MAX {
            self.noted.push(anomaly);
        }
    }

    /// Adds those of `other`.
    pub fn append(&mut self, other: Self) {
        let suppressed: Vec<_> = other.suppressed().collect();
        other.noted.into_iter().for_each(|anomaly| self.note(anomaly));
        for (kind, more) in suppressed {
            self.count(kind, more);
        }
    }

    /// Puts what was found in the same packets `again` in the place of what was found in them `before`. Of a kind of which more
    /// were found than are noted, which ones are noted may differ.
    pub fn replace(&mut self, before: &Self, again: &Self) {
        for anomaly in &before.noted {
            if let Some(place) = self.noted.iter().position(|noted| noted == anomaly) {
                self.noted.remove(place);
            }
        }
        for (kind, count) in &before.counts {
            if let Some((_, known)) = self.counts.iter_mut().find(|(known, _)| known == kind) {
                *known = known.saturating_sub(*count);
            }
        }
        self.append(again.clone());
    }

    /// The same, of a connection between `ends`.
    #[must_use]
    pub fn between(mut self, ends: Option<[SocketAddr; 2]>) -> Self {
        self.noted.iter_mut().for_each(|anomaly| anomaly.ends = ends);
        self
    }

    /// Counts `more` of a kind; gives how many there are by now.
    fn count(&mut self, kind: Kind, more: u64) -> u64 {
        let place = self.counts.iter().position(|(known, _)| *known == kind);
        let place = place.unwrap_or_else(|| {
            self.counts.push((kind, 0));
            self.counts.len() - 1
        });
        self.counts.get_mut(place).map_or(0, |(_, count)| {
            *count += more;
            *count
        })
    }

    /// What was noted, in the order of noting.
    pub fn noted(&self) -> &[Anomaly] {
        &self.noted
    }

    /// The same, to be changed.
    pub fn noted_mut(&mut self) -> impl Iterator<Item = &mut Anomaly> {
        self.noted.iter_mut()
    }

    /// How many more there were of each kind, of those that had more.
    pub fn suppressed(&self) -> impl Iterator<Item = (Kind, u64)> {
        let more = |&(kind, count): &(Kind, u64)| {
            let noted = self.noted.iter().filter(|anomaly| anomaly.kind == kind).count();
            (kind, count.saturating_sub(u64::try_from(noted).unwrap_or(u64::MAX)))
        };
        self.counts.iter().map(more).filter(|(_, more)| *more > 0)
    }

    /// Bytes of memory held, roughly.
    pub fn memory(&self) -> usize {
        self.noted.capacity() * size_of::<Anomaly>() + self.counts.capacity() * size_of::<(Kind, u64)>()
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
        assert_eq!(anomalies.noted().len() as u64, ANOMALIES_MAX + 1);
        assert!(anomalies.suppressed().eq([(Kind::Gap, 7)]));
        let mut twice = anomalies.clone();
        twice.append(anomalies);
        assert_eq!(twice.noted().len() as u64, ANOMALIES_MAX + 2);
        assert!(twice.suppressed().eq([(Kind::Gap, 7 + ANOMALIES_MAX + 7)]));
    }

    #[test]
    fn what_was_found_in_packets_is_replaced_by_what_is_found_in_them_again() {
        let anomaly = |amount| Anomaly { kind: Kind::Gap, stamp: Stamp::default(), ends: None, amount };
        let of = |amounts: &[u64]| {
            let mut anomalies = Anomalies::default();
            for amount in amounts {
                anomalies.note(anomaly(*amount));
            }
            anomalies
        };
        let mut anomalies = of(&[1, 2, 2, 3]);
        anomalies.replace(&of(&[2, 3]), &of(&[4]));
        assert_eq!(anomalies, of(&[1, 2, 4]));
        // Of those that were not noted, the number is known.
        let many = vec![5; 1_000];
        anomalies.replace(&of(&[]), &of(&many));
        assert!(anomalies.suppressed().eq([(Kind::Gap, 3)]));
        anomalies.replace(&of(&many), &of(&[6]));
        assert_eq!((anomalies.noted().last(), anomalies.suppressed().count()), (Some(&anomaly(6)), 0));
    }
}
