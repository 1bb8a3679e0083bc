//! Which connections may have been begun before the capture.
//!
//! One whose handshake was captured was not, unless that came late: its first bytes stand where the handshake said. To know that
//! of a stranger, its key must be remembered, for the cache of handshakes forgets it then: a hash of it is, as long as there is
//! room.

use std::collections::HashSet;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use crate::dissect::conversation::Conversation;
use crate::limits::{EDGE_BEGIN_S, EDGE_KEYS_MAX, IDLE_MAX_S};
use crate::net::FlowKey;
use crate::packet::Timestamp;
use crate::tcp::StreamHandler;

/// Bytes of a segment that tell whether it is text.
const TEXT_LEN: usize = 64;

/// A segment that is not longer may be anything: the end of a line, or a word of a proxy's prelude.
const SHORT_SEGMENT: usize = 64;

/// What is known of the beginnings of connections.
#[derive(Clone, Debug)]
pub(super) struct Head {
    began: Timestamp,
    /// Connections that were begun in the capture, or turned out to be nothing of ours. Asked, never walked.
    known: HashSet<u64, RandomState>,
    hasher: RandomState,
    /// Whether strangers are still looked at.
    takes_strangers: bool,
    /// Whether they are not because there is no more room.
    is_full: bool,
    /// Whether anything can have been begun before at all.
    is_there: bool,
}

impl Head {
    /// That of a capture that begins at that time.
    pub(super) fn of(began: Timestamp) -> Self {
        let (known, hasher) = (HashSet::default(), RandomState::default());
        Self { began, known, hasher, takes_strangers: true, is_full: false, is_there: true }
    }

    /// That of a period that does not begin with the capture: nothing is begun before it that is not known.
    pub(super) fn none() -> Self {
        Self { takes_strangers: false, is_there: false, ..Self::of(Timestamp::default()) }
    }

    pub(super) const fn takes_strangers(&self) -> bool {
        self.takes_strangers
    }

    /// It is `now`. Returns whether strangers are not looked at any more from here on.
    pub(super) fn ends(&mut self, now: Timestamp) -> bool {
        let ends = self.takes_strangers && self.began.plus_seconds(IDLE_MAX_S) <= now;
        if ends {
            self.takes_strangers = false;
            self.known = HashSet::default();
        }
        ends
    }

    /// The connection was begun in the capture, or is nothing of ours.
    pub(super) fn know(&mut self, key: &FlowKey) {
        if self.takes_strangers {
            self.known.insert(self.hasher.hash_one(key));
            if self.known.len() >= EDGE_KEYS_MAX {
                self.close();
            }
        }
    }

    /// There is no more room.
    pub(super) fn close(&mut self) {
        self.is_full |= self.takes_strangers;
        self.takes_strangers = false;
        self.known = HashSet::default();
    }

    /// Whether anything can have been begun before.
    pub(super) const fn is_there(&self) -> bool {
        self.is_there
    }

    /// Whether there was not room for all.
    pub(super) const fn is_full(&self) -> bool {
        self.is_full
    }

    pub(super) fn knows(&self, key: &FlowKey) -> bool {
        self.known.contains(&self.hasher.hash_one(key))
    }

    /// Whether a connection that is first followed `now` may have been begun before, with or without another handshake.
    pub(super) fn may_hold(&self, has_handshake: bool, now: Timestamp) -> bool {
        let seconds = if has_handshake { EDGE_BEGIN_S } else { IDLE_MAX_S };
        self.is_there && now < self.began.plus_seconds(seconds)
    }

    /// Whether a session of the gateway that is first heard `now`, and was not opened, may have been.
    pub(super) fn may_hold_session(&self, now: Timestamp) -> bool {
        self.may_hold(false, now)
    }
}

/// Whether what a stranger says first looks like a line, the end of one, or a word of a proxy's prelude. What does not may be
/// the rest of a packed body.
pub(super) fn looks_like_text(payload: &[u8]) -> bool {
    let is_text = |byte: &u8| *byte >= b' ' && *byte != 0x7f || matches!(byte, b'\t' | b'\r' | b'\n');
    payload.len() <= SHORT_SEGMENT || payload.iter().take(TEXT_LEN).all(is_text) || Conversation::could_begin(payload)
}
