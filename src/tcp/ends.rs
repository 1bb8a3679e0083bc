//! Where connections stand when a capture ends, for who goes on with a later capture of the same network.
//!
//! A connection that crosses the border looks there like one that was begun before the capture. Its bytes prove that it is
//! the same where the sequence numbers go on without a gap.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::syn_cache::{Handshake, SynCache};
use crate::net::{BySide, FlowKey, SeqNumber, Side};
use crate::packet::{Renumbering, Stamp, Timestamp};

/// Where all connections stand that are followed, or of which a handshake is remembered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ends {
    pub(super) followed: BTreeMap<FlowKey, End>,
    pub(super) handshakes: Vec<(u32, u32, Handshake)>,
}

/// Where one connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The first packet of it that was followed, if one was.
    pub first: Option<Stamp>,
    /// The side that opened it, if that was captured.
    pub initiator: Option<Side>,
    /// When it was last heard.
    pub last_seen: Timestamp,
    /// Whether nothing of interest can follow on it.
    pub is_stopped: bool,
    /// The sides of which anything was captured besides handshakes.
    pub heard: BySide<bool>,
    /// The sequence number of each side's next byte, where that is known.
    pub next: BySide<Option<SeqNumber>>,
}

impl End {
    /// The same, with what an earlier capture knew of the connection, unless it was opened after that.
    #[must_use]
    pub fn after(self, earlier: &Self) -> Self {
        if self.initiator.is_some() {
            return self;
        }
        Self {
            first: earlier.first.or(self.first),
            initiator: earlier.initiator,
            last_seen: self.last_seen,
            is_stopped: self.is_stopped || earlier.is_stopped,
            heard: BySide::new(|side| *self.heard.get(side) || *earlier.heard.get(side)),
            next: BySide::new(|side| self.next.get(side).or(*earlier.next.get(side))),
        }
    }
}

impl Ends {
    /// Where these connections stand, each if anything is known of it.
    pub fn of(&self, keys: &[FlowKey]) -> Vec<Option<End>> {
        let mut handshakes = SynCache::remembering(&self.handshakes);
        let mut greeted = |key| {
            let Handshake { initiator, starts } = handshakes.get(key)?;
            let last_seen = Timestamp::from_nanos(i64::MAX);
            let heard = BySide::default();
            Some(End { first: None, initiator, last_seen, is_stopped: false, heard, next: starts })
        };
        keys.iter().map(|key| self.followed.get(key).copied().or_else(|| greeted(key))).collect()
    }

    /// Gives the inputs that they refer to other numbers.
    pub fn renumber(&mut self, numbers: &Renumbering) {
        for first in self.followed.values_mut().filter_map(|end| end.first.as_mut()) {
            numbers.renumber(&mut first.input);
        }
    }
}
