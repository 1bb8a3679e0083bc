//! Exact counts of who showed a value, for many values and a million clients.
//!
//! A set of clients per value would hold a client once per dimension. Here everything gets a dense number first, and a
//! client is held once, with the one combination of values that it first showed:
//!
//! ```text
//! texts         "en-US" 0   "winnt 5.1" 1   "6.0.0602" 2   ...
//! values        (locale, 0) 0   (os, 1) 1   (client_ver, 2) 2   ...       what the rows are about
//! combinations  [0, 1, 2, ...] 0   [0, 1, 7, ...] 1                       12 values, 48 bytes, few of them
//! entities      client c01 -> first combination 0                         about 20 bytes, many of them
//! more          (client c01, value 7)                                     only what differs from the first
//! ```
//!
//! Most clients show one combination for ever: for them a push is one lookup, and what is counted by value is put
//! together from the combinations in the end. A shared address that shows many grows
//! only in `more`, by 8 bytes for each further value. Memory is therefore bounded by what was seen, not by dimensions
//! times values; that the counts are exact is the price of not being bounded by a constant. Where there is a bound, what
//! comes beyond it is not counted: the counts are never too high.
//!
//! Numbers are given in the order of pushing, and hash maps are only looked up, or walked and sorted: no order of hashing
//! can reach an output.

use std::borrow::Borrow;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::net::IpAddr;

use super::Observation;
use crate::msnp::SessionId;
use crate::packet::{InputId, Timestamp};

/// The keys come from strangers, so the hash has a random seed.
pub(super) type Seed = foldhash::fast::RandomState;

/// Gives keys dense numbers, 0 first.
#[derive(Clone, Debug)]
pub(super) struct Numbering<K> {
    numbers: HashMap<K, u32, Seed>,
    keys: Vec<K>,
}

impl<K> Default for Numbering<K> {
    fn default() -> Self {
        Self { numbers: HashMap::default(), keys: Vec::new() }
    }
}

impl<K: Hash + Eq + Clone> Numbering<K> {
    /// The number of `key`, a new one if it is new.
    pub(super) fn number<Q>(&mut self, key: &Q) -> u32
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(number) = self.numbers.get(key) {
            return *number;
        }
        // Four thousand million keys do not fit into memory; were it so, the last number would be shared.
        let number = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        self.numbers.insert(key.to_owned(), number);
        self.keys.push(key.to_owned());
        number
    }

    /// The number of `key`, if it has one.
    pub(super) fn get<Q>(&self, key: &Q) -> Option<u32>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.numbers.get(key).copied()
    }

    /// The number of `key`, a new one only as long as there are fewer than `most`.
    pub(super) fn number_within<Q>(&mut self, key: &Q, most: usize) -> Option<u32>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        if self.keys.len() < most { Some(self.number(key)) } else { self.get(key) }
    }

    /// How many keys there are.
    pub(super) const fn len(&self) -> usize {
        self.keys.len()
    }

    /// The key that has `number`.
    pub(super) fn key(&self, number: u32) -> Option<&K> {
        self.keys.get(usize::try_from(number).ok()?)
    }

    /// Every key with its number, in the order of the numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &K)> {
        (0..).zip(&self.keys)
    }
}

/// Different things, as many as there is room for.
#[derive(Clone, Debug)]
pub(super) struct Bounded<T> {
    things: HashSet<T, Seed>,
    most: usize,
    is_full: bool,
}

impl<T> Default for Bounded<T> {
    fn default() -> Self {
        Self::within(usize::MAX)
    }
}

impl<T> Bounded<T> {
    /// No more than `most`.
    pub(super) fn within(most: usize) -> Self {
        Self { things: HashSet::default(), most, is_full: false }
    }

    /// Whether there were more than are kept.
    pub(super) const fn is_full(&self) -> bool {
        self.is_full
    }
}

impl<T: Hash + Eq> Bounded<T> {
    /// Whether `thing` is new. Of those that there is no room for that is not known.
    pub(super) fn insert(&mut self, thing: T) -> bool {
        if self.things.len() < self.most {
            return self.things.insert(thing);
        }
        self.is_full |= !self.things.contains(&thing);
        false
    }

    /// All of them, in no order.
    fn iter(&self) -> impl Iterator<Item = &T> {
        self.things.iter()
    }
}

/// Counts, for each value, the different entities that showed it.
#[derive(Debug)]
pub(super) struct Distinct<K> {
    /// How many entities there may be, and how many values that they showed later.
    most: usize,
    /// Whether there were more entities.
    is_full: bool,
    entities: HashMap<K, Entity, Seed>,
    /// By number of the combination: the entities that showed it first.
    firsts: Vec<u64>,
    /// Number of an entity and a value that it showed besides those of its first combination.
    more: Bounded<(u32, u32)>,
    /// By number of the value: how many there are in `more`.
    more_counts: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Entity {
    number: u32,
    first: u32,
}

impl<K> Default for Distinct<K> {
    fn default() -> Self {
        Self::within(usize::MAX)
    }
}

impl<K> Distinct<K> {
    /// Counts exactly as long as there are no more than `most` entities.
    pub(super) fn within(most: usize) -> Self {
        Self {
            most,
            is_full: false,
            entities: HashMap::default(),
            firsts: Vec::new(),
            more: Bounded::within(most),
            more_counts: Vec::new(),
        }
    }

    /// Whether there are more than are counted.
    pub(super) const fn is_full(&self) -> bool {
        self.is_full || self.more.is_full()
    }
}

impl<K: Hash + Eq> Distinct<K> {
    /// How many entities are counted.
    pub(super) fn len(&self) -> usize {
        self.entities.len()
    }

    /// Notes that `key` showed the values of the combination that has this number.
    pub(super) fn push<const N: usize>(&mut self, key: K, combination: u32, combinations: &Numbering<[u32; N]>) {
        let known = self.entities.len();
        let next = u32::try_from(known).unwrap_or(u32::MAX);
        let entity = match self.entities.entry(key) {
            Entry::Occupied(entity) => *entity.get(),
            Entry::Vacant(_) if known >= self.most => return self.is_full = true,
            Entry::Vacant(place) => *place.insert(Entity { number: next, first: combination }),
        };
        if entity.number == next {
            add(&mut self.firsts, combination, 1);
        } else if entity.first != combination {
            let (Some(values), Some(first)) = (combinations.key(combination), combinations.key(entity.first)) else {
                return;
            };
            for (value, _) in values.iter().zip(first).filter(|(value, first)| value != first) {
                if self.more.insert((entity.number, *value)) {
                    add(&mut self.more_counts, *value, 1);
                }
            }
        }
    }

    /// By number of the value: how many different entities showed it.
    pub(super) fn counts<const N: usize>(&self, combinations: &Numbering<[u32; N]>) -> Vec<u64> {
        let mut counts = self.more_counts.clone();
        for ((_, values), firsts) in combinations.iter().zip(&self.firsts) {
            for value in values {
                add(&mut counts, *value, *firsts);
            }
        }
        counts
    }

    /// By number of the combination: how many entities showed it first. Each is counted once, so these add up.
    pub(super) fn firsts(&self) -> &[u64] {
        &self.firsts
    }

    /// By number of the set: how many different entities showed any value of it. `set_of` tells, by number of the value,
    /// in which set it is.
    pub(super) fn counts_of_sets(&self, combinations: &Numbering<[u32; 1]>, set_of: &[u32]) -> Vec<u64> {
        let set_of_first = |first| combinations.key(first).map_or(0, |[value]| at(set_of, *value));
        let mut counts = Vec::new();
        for (first, entities) in (0..).zip(&self.firsts) {
            add(&mut counts, set_of_first(first), *entities);
        }
        // Walked in any order, and sorted.
        let mut firsts: Vec<_> = self.entities.values().map(|entity| (entity.number, entity.first)).collect();
        firsts.sort_unstable();
        let mut more: Vec<_> = self.more.iter().map(|(entity, value)| (*entity, at(set_of, *value))).collect();
        more.sort_unstable();
        more.dedup();
        for (entity, set) in more {
            let first = firsts.binary_search_by_key(&entity, |(number, _)| *number).ok().and_then(|at| firsts.get(at));
            if first.is_none_or(|(_, first)| set_of_first(*first) != set) {
                add(&mut counts, set, 1);
            }
        }
        counts
    }
}

fn add(counts: &mut Vec<u64>, value: u32, more: u64) {
    if let Some(count) = entry(counts, value) {
        *count += more;
    }
}

/// The element for the dense number `number`; the usual one where there is none yet.
pub(super) fn at<T: Clone + Default>(list: &[T], number: u32) -> T {
    usize::try_from(number).ok().and_then(|at| list.get(at)).cloned().unwrap_or_default()
}

/// The element for the dense number `number`, made if it is missing.
pub(super) fn entry<T: Clone + Default>(list: &mut Vec<T>, number: u32) -> Option<&mut T> {
    let at = usize::try_from(number).ok()?;
    if list.len() <= at {
        list.resize(at.checked_add(1)?, T::default());
    }
    list.get_mut(at)
}

/// How many exchanges showed a value, and when the first and the last of them began.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sightings {
    pub(super) exchanges: u64,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
}

impl Sightings {
    pub(super) fn push(&mut self, time: Timestamp) {
        if self.exchanges == 0 {
            (self.first, self.last) = (time, time);
        }
        self.exchanges += 1;
        self.first = self.first.min(time);
        self.last = self.last.max(time);
    }

    fn add(&mut self, others: Self) {
        if self.exchanges == 0 {
            (self.first, self.last) = (others.first, others.last);
        }
        self.exchanges += others.exchanges;
        self.first = self.first.min(others.first);
        self.last = self.last.max(others.last);
    }

    /// Those of each combination, put together by number of the value.
    pub(super) fn by_value<const N: usize>(of: &[Self], combinations: &Numbering<[u32; N]>) -> Vec<Self> {
        let mut sums = Vec::<Self>::new();
        for ((_, values), sightings) in combinations.iter().zip(of) {
            for value in values {
                if let Some(sum) = entry(&mut sums, *value) {
                    sum.add(*sightings);
                }
            }
        }
        sums
    }
}

/// What an exchange is counted by: the connection that carried it, the client, its passport, its address.
#[derive(Debug, Default)]
pub(super) struct Entities {
    pub(super) connections: Distinct<(InputId, u64)>,
    pub(super) clients: Distinct<u64>,
    /// By the numbers of the clients: whose passport names an account is known by it.
    pub(super) passports: Distinct<u64>,
    pub(super) ips: Distinct<IpAddr>,
}

impl Entities {
    /// Counts exactly as long as there are no more than `most` of each.
    pub(super) fn within(most: usize) -> Self {
        Self {
            connections: Distinct::within(most),
            clients: Distinct::within(most),
            passports: Distinct::within(most),
            ips: Distinct::within(most),
        }
    }

    /// Whether there are more than are counted.
    pub(super) const fn are_full(&self) -> bool {
        let Self { connections, clients, passports, ips } = self;
        connections.is_full() || clients.is_full() || passports.is_full() || ips.is_full()
    }

    /// Notes that everyone behind `observation` showed the values of `combination`.
    pub(super) fn push<const N: usize>(
        &mut self,
        observation: &Observation,
        combination: u32,
        combinations: &Numbering<[u32; N]>,
    ) {
        let exchange = &observation.exchange;
        self.connections.push(connection(exchange.session), combination, combinations);
        self.clients.push(observation.identity.id, combination, combinations);
        self.ips.push(exchange.peers.client.addr, combination, combinations);
        if exchange.request.as_ref().is_some_and(|request| request.account().is_some()) {
            self.passports.push(observation.identity.id, combination, combinations);
        }
    }
}

/// A packet begins at most one connection, so its place names the connection in a quarter of the bytes of its key. A
/// session in the gateway counts as the connection on which it was first heard.
pub(super) const fn connection(session: SessionId) -> (InputId, u64) {
    let first = session.connection().first;
    (first.input, first.frame)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_dense_and_stable() {
        let mut numbering = Numbering::<Vec<u8>>::default();
        assert_eq!([b"b", b"a", b"b"].map(|text| numbering.number(&text[..])), [0, 1, 0]);
        assert_eq!(numbering.key(1).map(Vec::as_slice), Some(&b"a"[..]));
        assert_eq!(numbering.key(2), None);
    }

    #[test]
    fn an_entity_counts_once_for_each_value_it_showed() {
        let mut combinations = Numbering::<[u32; 2]>::default();
        let mut distinct = Distinct::default();
        for (who, values) in [("a", [0, 1]), ("a", [0, 2]), ("a", [0, 1]), ("b", [0, 2]), ("a", [0, 2])] {
            let combination = combinations.number(&values);
            distinct.push(who, combination, &combinations);
        }
        assert_eq!(distinct.counts(&combinations), [2, 1, 2]);
    }

    proptest! {
        #[test]
        fn lean_counts_equal_sets(shown in prop::collection::vec((0_u8..5, 0_u32..4, 4_u32..8, 8_u32..12), 0..60)) {
            let mut combinations = Numbering::<[u32; 3]>::default();
            let mut distinct = Distinct::default();
            let mut sets = vec![BTreeSet::new(); 12];
            for (who, a, b, c) in shown {
                let combination = combinations.number(&[a, b, c]);
                distinct.push(who, combination, &combinations);
                for value in [a, b, c] {
                    sets[value as usize].insert(who);
                }
            }
            let counts = distinct.counts(&combinations);
            for (value, set) in (0..).zip(&sets) {
                prop_assert_eq!(at(&counts, value), set.len() as u64);
            }
        }
    }
}
