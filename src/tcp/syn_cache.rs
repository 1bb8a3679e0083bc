//! Where recent connections begin: a small, fixed cache of handshakes, so that strangers cost no state.
//!
//! A handshake has four slots that it may lie in, and pushes out the oldest that lies there. A handshake that was pushed out only makes its connection look
//! begun before the capture. The hash has a fixed seed: which handshakes survive must not differ between two runs.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use crate::limits::SYN_CACHE_LEN;
use crate::net::{BySide, FlowKey, SeqNumber, Side};

/// What a handshake told about a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Handshake {
    /// The side that opened the connection.
    pub(super) initiator: Option<Side>,
    /// Sequence numbers of both sides' first data byte.
    pub(super) starts: BySide<Option<SeqNumber>>,
}

impl Handshake {
    /// What a SYN from `side` tells, or a SYN/ACK, whose `ack` is the other side's first data byte.
    pub(super) fn of(side: Side, seq: SeqNumber, ack: Option<SeqNumber>) -> Self {
        let starts = BySide::new(|of| if of == side { Some(seq.plus(1)) } else { ack });
        let initiator = if ack.is_some() { side.other() } else { side };
        Self { initiator: Some(initiator), starts }
    }

    /// Sequence number of the first data byte of `side`.
    pub(super) const fn start(&self, side: Side) -> Option<SeqNumber> {
        *self.starts.get(side)
    }

    /// Whether both may tell of one connection: no number that both know differs.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        Side::BOTH.iter().all(|side| match (self.start(*side), other.start(*side)) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        })
    }

    /// What both tell together.
    pub(super) fn merged(&self, other: &Self) -> Self {
        Self {
            initiator: self.initiator.or(other.initiator),
            starts: BySide::new(|side| self.start(side).or(other.start(side))),
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Slot {
    /// The upper half of the key's hash: tells apart most keys that share the slot.
    tag: u32,
    low: SeqNumber,
    high: SeqNumber,
    low_known: bool,
    high_known: bool,
    initiator: Option<Side>,
}

/// Slots that share a hash, the newest first: 64 bytes, which one cache line holds.
type Set = [Slot; WAYS];
const WAYS: usize = 4;

/// The cache: [`SYN_CACHE_LEN`] handshakes in 64 KiB.
pub(super) struct SynCache {
    sets: Box<[Set]>,
    hasher: FixedState,
}

impl SynCache {
    pub(super) fn new() -> Self {
        Self { sets: vec![Set::default(); SYN_CACHE_LEN / WAYS].into(), hasher: FixedState::default() }
    }

    /// Remembers `news` of a connection. Returns whether it is a connection not heard of before.
    ///
    /// A repeated SYN, and the SYN/ACK that answers it, belong to the connection that is there; a SYN with another
    /// sequence number begins a new one.
    pub(super) fn note(&mut self, key: &FlowKey, news: Handshake) -> bool {
        let (set, tag) = self.set(key);
        let place = set.iter().position(|slot| slot.tag == tag).unwrap_or(WAYS - 1);
        if let Some(newest) = set.get_mut(..=place) {
            newest.rotate_right(1);
        }
        let [slot, ..] = set;
        let known = slot.handshake(tag).filter(|known| known.agrees_with(&news));
        *slot = Slot::new(tag, known.map_or(news, |known| known.merged(&news)));
        known.is_none()
    }

    /// What is known of the connection.
    pub(super) fn get(&mut self, key: &FlowKey) -> Option<Handshake> {
        let (set, tag) = self.set(key);
        set.iter().find_map(|slot| slot.handshake(tag))
    }

    /// Forgets the connection: it is followed elsewhere, or is a stranger.
    pub(super) fn forget(&mut self, key: &FlowKey) {
        let (set, tag) = self.set(key);
        if let Some(slot) = set.iter_mut().find(|slot| slot.tag == tag) {
            *slot = Slot::default();
        }
    }

    fn set(&mut self, key: &FlowKey) -> (&mut Set, u32) {
        let hash = self.hasher.hash_one(key);
        let [a, b, c, d, low @ ..] = hash.to_be_bytes();
        let index = u32::from_be_bytes(low) as usize % self.sets.len();
        let set = self.sets.get_mut(index).expect("an index below the cache's length");
        (set, u32::from_be_bytes([a, b, c, d]))
    }
}

impl Slot {
    fn new(tag: u32, handshake: Handshake) -> Self {
        let (low, high) = (handshake.start(Side::Low), handshake.start(Side::High));
        Self {
            tag,
            low: low.unwrap_or_default(),
            high: high.unwrap_or_default(),
            low_known: low.is_some(),
            high_known: high.is_some(),
            initiator: handshake.initiator,
        }
    }

    fn handshake(&self, tag: u32) -> Option<Handshake> {
        let used = self.low_known || self.high_known;
        (used && self.tag == tag).then(|| Handshake {
            initiator: self.initiator,
            starts: BySide::new(|side| match side {
                Side::Low => self.low_known.then_some(self.low),
                Side::High => self.high_known.then_some(self.high),
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::net::{EncapsulationId, Endpoint};

    fn key(client_port: u16) -> (FlowKey, Side) {
        let client = Endpoint::new(Ipv4Addr::new(192, 0, 2, 1).into(), client_port);
        let server = Endpoint::new(Ipv4Addr::new(198, 51, 100, 5).into(), 1863);
        FlowKey::new(client, server, EncapsulationId(0))
    }

    #[test]
    fn a_slot_takes_sixteen_bytes() {
        assert_eq!(size_of::<Slot>(), 16);
    }

    #[test]
    fn b3_a_syn_ack_alone_tells_both_starts() {
        let (key, client) = key(1042);
        let mut cache = SynCache::new();
        assert!(cache.note(&key, Handshake::of(client.other(), SeqNumber(999), Some(SeqNumber(7)))));
        let handshake = cache.get(&key).unwrap();
        assert_eq!(handshake.initiator, Some(client));
        assert_eq!(handshake.start(client), Some(SeqNumber(7)));
        assert_eq!(handshake.start(client.other()), Some(SeqNumber(1000)));
    }

    #[test]
    fn b4_b5_order_and_repetition_of_a_handshake_do_not_matter() {
        let (key, client) = key(1042);
        let syn = Handshake::of(client, SeqNumber(6), None);
        let syn_ack = Handshake::of(client.other(), SeqNumber(999), Some(SeqNumber(7)));
        let mut cache = SynCache::new();
        assert!(cache.note(&key, syn_ack));
        assert!(!cache.note(&key, syn));
        assert!(!cache.note(&key, syn));
        assert_eq!(cache.get(&key), Some(syn_ack));
    }

    #[test]
    fn b6_a_syn_with_another_number_is_a_new_connection() {
        let (key, client) = key(1042);
        let mut cache = SynCache::new();
        assert!(cache.note(&key, Handshake::of(client, SeqNumber(6), None)));
        assert!(cache.note(&key, Handshake::of(client, SeqNumber(600), None)));
        assert_eq!(cache.get(&key).unwrap().start(client), Some(SeqNumber(601)));
    }

    #[test]
    fn a_few_hundred_connections_that_open_at_once_are_all_remembered() {
        let mut cache = SynCache::new();
        let keys: Vec<_> = (2_000..2_300).map(key).collect();
        for (key, client) in &keys {
            assert!(cache.note(key, Handshake::of(*client, SeqNumber(6), None)));
        }
        assert!(keys.iter().all(|(key, _)| cache.get(key).is_some()));
    }

    #[test]
    fn a_forgotten_connection_is_unknown() {
        let (key, client) = key(1042);
        let mut cache = SynCache::new();
        cache.note(&key, Handshake::of(client, SeqNumber(6), None));
        cache.forget(&key);
        assert_eq!(cache.get(&key), None);
    }
}
