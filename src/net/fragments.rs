//! From fragments to whole IP datagrams (RFC 791, 3.2; RFC 8200, 4.5).
//!
//! * **Takes** [`Fragment`]s in the order of capture, and the time of every packet.
//! * **Gives** a [`Whole`] datagram when its last missing fragment comes; it knows which packet carried which bytes.
//! * **Keeps** what waits for others: at most 4,096 datagrams, 16 MiB, for 60 seconds of capture time; the oldest goes
//!   first. Datagrams put together stay for another second, so that copies of their fragments begin nothing new.
//! * **Leaves out** fragments that the capture cut, and what hosts do about overlap: no policy of any system is
//!   imitated.
//!
//! ```text
//! Fragment ─┬─ contradicts itself, or cut ──────────────────────── bad
//!           ├─ nothing new ─────────────────────────────────────── duplicate
//!           └─ new bytes ─ pending ─┬─ all there ── Whole ──────── used
//!                                   ├─ contradicted by another ─── bad      the datagram is spoiled
//!                                   ├─ 60 s, end of the run ────── timed out
//!                                   ├─ id used again ───────────── timed out
//!                                   └─ a bound bit ─────────────── evicted
//! ```
//!
//! An id is used again sooner or later: IPv4 has 65,536. What contradicts a datagram more than a second old is taken
//! for the first fragment seen of another one; what contradicts a younger one is an attack or an accident. So it is if
//! the last fragment comes late and the TCP checksum of the whole is wrong.

mod partial;

use std::net::IpAddr;

use etherparse::IpNumber;
use foldhash::fast::RandomState;
use hashlink::LinkedHashMap;

use self::partial::{Partial, Reach};
use super::around::Around;
use super::carriers::{Carrier, Carriers, Part};
use super::extent::Extent;
use super::ip::Place;
use super::{Checksum, Decoded, EncapsulationId};
use crate::limits::{FRAGMENT_AGE_MAX_S, FRAGMENT_BYTES_MAX, FRAGMENT_COPIES_S, FRAGMENTED_DATAGRAMS_MAX};
use crate::packet::{InputId, Stamp, Timestamp};
use crate::stats::{FragmentStats, Ledger};

pub(crate) use self::partial::difference;

/// The most that a datagram can carry, in bytes: its length is a field of 16 bits.
const PAYLOAD_LEN_MAX: usize = 65_535;

/// A fragment of an IP datagram, borrowed from its packet or from the datagram around it.
#[derive(Clone, Copy, Debug)]
pub struct Fragment<'a> {
    pub(super) stamp: Stamp,
    pub(super) around: Around,
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) protocol: IpNumber,
    pub(super) place: Place,
    pub(super) payload: Extent<'a>,
    pub(super) carriers: Carriers<'a>,
}

/// What fragments carried together.
#[derive(Debug)]
pub struct Whole {
    /// The packet that completed it.
    pub(super) stamp: Stamp,
    pub(super) around: Around,
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) protocol: IpNumber,
    pub(super) bytes: Vec<u8>,
    pub(super) carriers: Vec<Carrier>,
}

/// What fragments of one datagram have in common. The protocol is part of it in IPv4 alone: in IPv6 only the first
/// fragment's counts (RFC 8200, 4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    encapsulation: EncapsulationId,
    id: u32,
    protocol: Option<u8>,
}

/// Tells apart the datagrams whose fragments may come at the same time; ids are used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DatagramId(Key);

/// A datagram whose fragments come in.
#[derive(Debug)]
struct Entry {
    /// When its first fragment came; once it is whole, when that was.
    since: Timestamp,
    /// The input that its fragments are counted for.
    input: InputId,
    /// How many of its fragments brought new bytes.
    fragments: u64,
    /// What the fragment at offset 0 says that the datagram carries.
    protocol: IpNumber,
    partial: Partial,
    /// Fragments contradicted each other: those that still come are thrown away.
    spoiled: bool,
}

type Entries = LinkedHashMap<Key, Entry, RandomState>;

/// Datagrams of which some fragments are there.
#[derive(Debug)]
pub struct Fragments {
    now: Timestamp,
    /// In the order of their first fragments. The seed is random: the keys come from strangers.
    waiting: Entries,
    /// In the order in which they became whole.
    whole: Entries,
    memory: usize,
    datagrams_max: usize,
    memory_max: usize,
}

impl Default for Fragments {
    fn default() -> Self {
        Self::with_bounds(FRAGMENTED_DATAGRAMS_MAX, FRAGMENT_BYTES_MAX)
    }
}

/// How a fragment relates to the datagram that is known under its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    /// It may belong to it.
    Fits,
    /// It belongs to a later one with the same id.
    Other,
    /// It contradicts it, and neither can be believed.
    Spoils,
}

impl Fragments {
    /// Keeps at most that many datagrams, and about that many bytes.
    pub fn with_bounds(datagrams_max: usize, memory_max: usize) -> Self {
        let (waiting, whole) = (Entries::default(), Entries::default());
        Self { now: Timestamp::default(), waiting, whole, memory: 0, datagrams_max, memory_max }
    }

    /// It is `now`: what has waited too long is given up.
    #[inline]
    pub fn advance(&mut self, now: Timestamp, ledger: &mut Ledger) {
        self.now = now;
        if !(self.waiting.is_empty() && self.whole.is_empty()) {
            self.expire(ledger);
        }
    }

    /// Takes a fragment; gives the datagram that it completes.
    pub fn push(&mut self, fragment: &Fragment<'_>, ledger: &mut Ledger) -> Option<Whole> {
        let stats = &mut ledger.at(fragment.stamp.input).fragments;
        stats.met += 1;
        // Bytes that are missing here would have to come in another copy: let that one do it all (case D12). The
        // offset of what follows could not be expressed (case D10).
        let len = fragment.payload.len();
        if fragment.payload.is_cut() || (fragment.place.more && !len.is_multiple_of(8)) {
            stats.bad += 1;
            return None;
        }
        let key = fragment.key();
        match self.relation(&key, fragment) {
            Relation::Fits => {}
            Relation::Other => self.give_up(&key, ledger, |stats| &mut stats.timed_out),
            Relation::Spoils => {
                self.spoil(key, fragment, ledger);
                return None;
            }
        }
        let whole = self.insert(key, fragment, ledger);
        self.keep_bounds(ledger);
        whole
    }

    /// Gives up all that waits.
    pub fn finish(&mut self, ledger: &mut Ledger) {
        self.whole.clear();
        while let Some((_, mut entry)) = self.waiting.pop_front() {
            entry.leave(ledger, |stats| &mut stats.timed_out);
        }
        self.memory = 0;
    }

    /// How `fragment` relates to what is known under `key`.
    fn relation(&self, key: &Key, fragment: &Fragment<'_>) -> Relation {
        let reach = fragment.reach();
        // Nothing in it, or more than fits into a datagram (case D9).
        if reach.start == reach.end || reach.end > PAYLOAD_LEN_MAX {
            return Relation::Spoils;
        }
        let Some(entry) = self.waiting.get(key).or_else(|| self.whole.get(key)) else { return Relation::Fits };
        let overlap = entry.partial.overlap(reach.start, fragment.payload.captured());
        let ends_differ = entry.spoiled || entry.partial.contradicts_end(reach);
        let forbidden = key.is_v6() && overlap.len > 0 && (overlap.differs || !overlap.exact);
        if !(ends_differ || forbidden || overlap.differs) {
            return Relation::Fits;
        }
        if entry.is_old(self.now) || entry.partial.is_complete() {
            // A host that has the whole datagram has forgotten its id (case D8).
            Relation::Other
        } else if ends_differ || forbidden {
            Relation::Spoils
        } else {
            // In IPv4, the first copy wins (case D3).
            Relation::Fits
        }
    }

    /// Puts a fragment to the others of its datagram, and takes that out if it is whole now.
    fn insert(&mut self, key: Key, fragment: &Fragment<'_>, ledger: &mut Ledger) -> Option<Whole> {
        let bytes = fragment.payload.captured();
        let reach = fragment.reach();
        let is_copy = |entry: &Entry| entry.partial.overlap(reach.start, bytes).len == bytes.len();
        if self.whole.get(&key).is_some_and(is_copy) {
            ledger.at(fragment.stamp.input).fragments.duplicates += 1;
            return None;
        }
        let entry = match self.waiting.entry(key) {
            hashlink::linked_hash_map::Entry::Occupied(entry) => entry.into_mut(),
            hashlink::linked_hash_map::Entry::Vacant(entry) => {
                self.memory += ENTRY_LEN;
                entry.insert(Entry::new(self.now, fragment))
            }
        };
        let overlap = entry.partial.overlap(reach.start, bytes);
        let stats = &mut ledger.at(fragment.stamp.input).fragments;
        stats.conflicts += u64::from(overlap.differs);
        if overlap.len == bytes.len() {
            stats.duplicates += 1;
        } else {
            ledger.at(entry.input).fragments.pending += 1;
            entry.fragments += 1;
        }
        let held = entry.partial.memory();
        entry.partial.learn_end(reach);
        for part in fragment.carriers.parts(bytes, fragment.stamp) {
            entry.partial.insert(&Part { offset: reach.start + part.offset, ..part });
        }
        self.memory = self.memory - held + entry.partial.memory();
        if reach.start == 0 {
            entry.protocol = fragment.protocol;
        }
        if entry.partial.is_riddled() {
            self.give_up(&key, ledger, |stats| &mut stats.evicted);
            return None;
        }
        if !entry.partial.is_complete() {
            return None;
        }
        let whole = Whole::of(fragment, entry);
        if entry.is_old(self.now) && whole.is_mixed() {
            // All but this fragment belong to the earlier one.
            entry.fragments -= 1;
            ledger.at(entry.input).fragments.pending -= 1;
            self.give_up(&key, ledger, |stats| &mut stats.timed_out);
            return self.insert(key, fragment, ledger);
        }
        let mut entry = self.waiting.remove(&key)?;
        entry.leave(ledger, |stats| &mut stats.used);
        ledger.at(entry.input).fragments.datagrams += 1;
        entry.since = self.now;
        self.whole.insert(key, entry);
        Some(whole)
    }

    /// Throws a datagram away, and what still comes of it, together with the fragment that contradicts it.
    fn spoil(&mut self, key: Key, fragment: &Fragment<'_>, ledger: &mut Ledger) {
        ledger.at(fragment.stamp.input).fragments.bad += 1;
        let since = self.waiting.get(&key).map_or(self.now, |entry| entry.since);
        self.give_up(&key, ledger, |stats| &mut stats.bad);
        self.memory += ENTRY_LEN;
        self.waiting.insert(key, Entry { since, spoiled: true, ..Entry::new(self.now, fragment) });
        self.keep_bounds(ledger);
    }

    /// Forgets what is known under `key`; its fragments get the fate that `counter` counts.
    fn give_up(&mut self, key: &Key, ledger: &mut Ledger, counter: fn(&mut FragmentStats) -> &mut u64) {
        for entries in [&mut self.waiting, &mut self.whole] {
            if let Some(mut entry) = entries.remove(key) {
                self.memory -= entry.memory();
                entry.leave(ledger, counter);
            }
        }
    }

    /// Gives up what has waited too long.
    fn expire(&mut self, ledger: &mut Ledger) {
        let now = self.now;
        let due = |entries: &Entries, seconds| {
            let (key, entry) = entries.front()?;
            (entry.since.plus_seconds(seconds) < now).then_some(*key)
        };
        while let Some(key) = due(&self.whole, FRAGMENT_COPIES_S).or_else(|| due(&self.waiting, FRAGMENT_AGE_MAX_S)) {
            self.give_up(&key, ledger, |stats| &mut stats.timed_out);
        }
    }

    /// Gives up the oldest datagrams, those that are whole first, until the bounds hold.
    fn keep_bounds(&mut self, ledger: &mut Ledger) {
        while self.waiting.len() > self.datagrams_max
            || self.whole.len() > self.datagrams_max
            || self.memory > self.memory_max
        {
            let whole_first = self.waiting.len() <= self.datagrams_max && !self.whole.is_empty();
            let entries = if whole_first { &mut self.whole } else { &mut self.waiting };
            let Some((_, mut entry)) = entries.pop_front() else { return };
            self.memory -= entry.memory();
            entry.leave(ledger, |stats| &mut stats.evicted);
        }
    }
}

/// What an entry takes without its fragments, roughly.
const ENTRY_LEN: usize = size_of::<(Key, Entry)>() + 2 * size_of::<usize>();

impl Entry {
    fn new(now: Timestamp, fragment: &Fragment<'_>) -> Self {
        Self {
            since: now,
            input: fragment.stamp.input,
            fragments: 0,
            protocol: fragment.protocol,
            partial: Partial::default(),
            spoiled: false,
        }
    }

    /// Whether what comes now may belong to a later datagram.
    fn is_old(&self, now: Timestamp) -> bool {
        self.since.plus_seconds(FRAGMENT_COPIES_S) < now
    }

    fn memory(&self) -> usize {
        ENTRY_LEN + self.partial.memory()
    }

    /// The fragments that waited have the fate that `counter` counts.
    fn leave(&mut self, ledger: &mut Ledger, counter: fn(&mut FragmentStats) -> &mut u64) {
        let stats = &mut ledger.at(self.input).fragments;
        stats.pending -= self.fragments;
        *counter(stats) += self.fragments;
        self.fragments = 0;
    }
}

impl Key {
    const fn is_v6(&self) -> bool {
        self.protocol.is_none()
    }
}

impl Fragment<'_> {
    /// What it is a part of.
    pub fn datagram(&self) -> DatagramId {
        DatagramId(self.key())
    }

    fn key(&self) -> Key {
        let protocol = self.source.is_ipv4().then_some(self.protocol.0);
        let encapsulation = self.around.encapsulation;
        Key { source: self.source, destination: self.destination, encapsulation, id: self.place.id, protocol }
    }

    fn reach(&self) -> Reach {
        let start = usize::try_from(self.place.offset).unwrap_or(usize::MAX);
        Reach { start, end: start.saturating_add(self.payload.len()), is_last: !self.place.more }
    }
}

impl Whole {
    /// What `entry` holds, completed by `last`.
    fn of(last: &Fragment<'_>, entry: &Entry) -> Self {
        let (bytes, carriers) = entry.partial.joined();
        Self {
            stamp: last.stamp,
            around: last.around,
            source: last.source,
            destination: last.destination,
            protocol: entry.protocol,
            bytes,
            carriers,
        }
    }

    /// Whether the TCP checksum says that these are fragments of two datagrams. Who fragments does not leave checksums
    /// to a card.
    fn is_mixed(&self) -> bool {
        matches!(self.open(), Decoded::Segment(segment) if segment.checksum() == Checksum::Invalid)
    }
}

#[cfg(test)]
mod tests;
