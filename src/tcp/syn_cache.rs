//! Where recent connections begin: a small, fixed cache of handshakes, so that strangers cost no state.
//!
//! A handshake has four slots that it may lie in, and pushes out the oldest that lies there. A handshake that was
//! pushed out only makes its connection look begun before the capture. The hash has a fixed seed: which handshakes
//! survive must not differ between two runs.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use crate::limits::SYN_CACHE_LEN;
use crate::net::{BySide, FlowKey, Segment, SeqNumber, Side};

/// What a handshake told about a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handshake {
    /// The side that opened the connection.
    pub(super) initiator: Option<Side>,
    /// Sequence numbers of both sides' first data byte.
    pub(super) starts: BySide<Option<SeqNumber>>,
}

impl Handshake {
    /// What a segment from `side` tells, which is a SYN or SYN/ACK.
    pub fn told_by(segment: &Segment<'_>, side: Side) -> Self {
        Self::of(side, segment.seq, segment.flags.ack.then_some(segment.ack))
    }

    /// What a SYN from `side` tells, or a SYN/ACK, whose `ack` is the other side's first data byte.
    fn of(side: Side, seq: SeqNumber, ack: Option<SeqNumber>) -> Self {
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

/// A handshake, small: 12 bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    low: SeqNumber,
    high: SeqNumber,
    low_known: bool,
    high_known: bool,
    initiator: Option<Side>,
}

/// Slots that share a hash.
const WAYS: usize = 4;
const SETS: usize = SYN_CACHE_LEN / WAYS;

/// The cache: [`SYN_CACHE_LEN`] handshakes in 64 KiB.
///
/// The tags stand apart from the slots: nearly every packet with payload is looked for in vain, and only the tags need
/// stay in the nearest of the processor's caches for that.
pub(super) struct SynCache {
    /// Of each set and slot the upper half of its key's hash, which tells apart most keys that share the set; 0 if
    /// nothing is there. The newest stands first.
    tags: Box<[[u32; WAYS]; SETS]>,
    slots: Box<[[Slot; WAYS]; SETS]>,
    hasher: FixedState,
}

/// Where a key belongs.
struct Set<'a> {
    tag: u32,
    tags: &'a mut [u32; WAYS],
    slots: &'a mut [Slot; WAYS],
}

impl SynCache {
    pub(super) fn new() -> Self {
        let tags = vec![[0; WAYS]; SETS].try_into().expect("so many sets");
        let slots = vec![[Slot::default(); WAYS]; SETS].try_into().expect("so many sets");
        Self { tags, slots, hasher: FixedState::default() }
    }

    /// Remembers `news` of a connection. Returns whether it is a connection not heard of before.
    ///
    /// A repeated SYN, and the SYN/ACK that answers it, belong to the connection that is there; a SYN with another
    /// sequence number begins a new one.
    pub(super) fn note(&mut self, key: &FlowKey, news: Handshake) -> bool {
        self.set(key).note(news)
    }

    /// What is known of the connection.
    #[inline]
    pub(super) fn get(&mut self, key: &FlowKey) -> Option<Handshake> {
        let Set { tag, tags, slots } = self.set(key);
        let place = tags.iter().position(|there| *there == tag)?;
        slots.get(place).map(Slot::handshake)
    }

    /// Whether anything is known of the connection.
    pub(super) fn knows(&self, key: &FlowKey) -> bool {
        let (tag, number) = self.place(key);
        self.tags.get(number).is_some_and(|tags| tags.contains(&tag))
    }

    /// Everything that is remembered: the number of a slot, its tag, and the handshake.
    pub(super) fn entries(&self) -> Vec<(u32, u32, Handshake)> {
        let slots = self.tags.as_flattened().iter().zip(self.slots.as_flattened());
        let known = (0..).zip(slots).filter(|(_, (tag, _))| **tag != 0);
        known.map(|(at, (tag, slot))| (at, *tag, slot.handshake())).collect()
    }

    /// Remembers all `entries` of another cache, which came later than what is here.
    pub(super) fn take_up(&mut self, entries: &[(u32, u32, Handshake)]) {
        // Of each set the newest stands first.
        for (at, tag, handshake) in entries.iter().rev() {
            let number = usize::try_from(*at).unwrap_or(usize::MAX) / WAYS;
            if let Some((tags, slots)) = self.tags.get_mut(number).zip(self.slots.get_mut(number)) {
                Set { tag: *tag, tags, slots }.note(*handshake);
            }
        }
    }

    /// Forgets the connection: it is followed elsewhere, or is a stranger.
    pub(super) fn forget(&mut self, key: &FlowKey) {
        let Set { tag, tags, .. } = self.set(key);
        if let Some(there) = tags.iter_mut().find(|there| **there == tag) {
            *there = 0;
        }
    }

    /// The key's tag, and the number of its set.
    #[inline]
    fn place(&self, key: &FlowKey) -> (u32, usize) {
        let [a, b, c, d, low @ ..] = self.hasher.hash_one(key).to_be_bytes();
        (u32::from_be_bytes([a, b, c, d]).max(1), u32::from_be_bytes(low) as usize % SETS)
    }

    #[inline]
    fn set(&mut self, key: &FlowKey) -> Set<'_> {
        let (tag, number) = self.place(key);
        let set = self.tags.get_mut(number).zip(self.slots.get_mut(number));
        let (tags, slots) = set.expect("a number below that of the sets");
        Set { tag, tags, slots }
    }
}

impl Set<'_> {
    /// See [`SynCache::note`].
    fn note(self, news: Handshake) -> bool {
        let Set { tag, tags, slots } = self;
        let place = tags.iter().position(|there| *there == tag);
        let newest = ..=place.unwrap_or(WAYS - 1);
        if let Some((tags, slots)) = tags.get_mut(newest).zip(slots.get_mut(newest)) {
            tags.rotate_right(1);
            slots.rotate_right(1);
        }
        let ([first_tag, ..], [slot, ..]) = (tags, slots);
        let known = place.map(|_| slot.handshake()).filter(|known| known.agrees_with(&news));
        *first_tag = tag;
        *slot = Slot::new(known.map_or(news, |known| known.merged(&news)));
        known.is_none()
    }
}

impl Slot {
    fn new(handshake: Handshake) -> Self {
        let (low, high) = (handshake.start(Side::Low), handshake.start(Side::High));
        Self {
            low: low.unwrap_or_default(),
            high: high.unwrap_or_default(),
            low_known: low.is_some(),
            high_known: high.is_some(),
            initiator: handshake.initiator,
        }
    }

    fn handshake(&self) -> Handshake {
        Handshake {
            initiator: self.initiator,
            starts: BySide::new(|side| match side {
                Side::Low => self.low_known.then_some(self.low),
                Side::High => self.high_known.then_some(self.high),
            }),
        }
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
    fn a_slot_takes_sixteen_bytes_with_its_tag() {
        assert_eq!(size_of::<Slot>() + size_of::<u32>(), 16);
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
    fn what_one_cache_remembers_another_takes_up() {
        let (mut earlier, mut later, mut both) = (SynCache::new(), SynCache::new(), SynCache::new());
        for port in 1..20_000 {
            let (key, client) = key(port);
            let cache = if port < 10_000 { &mut earlier } else { &mut later };
            cache.note(&key, Handshake::of(client, SeqNumber(port.into()), None));
            both.note(&key, Handshake::of(client, SeqNumber(port.into()), None));
        }
        earlier.take_up(&later.entries());
        assert_eq!(earlier.entries(), both.entries());
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
