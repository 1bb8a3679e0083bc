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
//! Most clients show one combination for ever: for them a push is one lookup. A shared address that shows many grows
//! only in `more`, by 8 bytes for each further value. Memory is therefore bounded by what was seen, not by dimensions
//! times values; that the counts are exact is the price of not being bounded by a constant.
//!
//! Numbers are given in the order of pushing and hash maps are only looked up, never walked: no order of hashing can
//! reach an output.

use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::net::IpAddr;

use super::Observation;
use crate::msnp::SessionId;
use crate::packet::{InputId, Timestamp};

/// The keys come from strangers, so the hash has a random seed.
pub(super) type Seed = foldhash::fast::RandomState;

/// Gives keys dense numbers, 0 first.
#[derive(Debug)]
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

    /// The key that has `number`.
    pub(super) fn key(&self, number: u32) -> Option<&K> {
        self.keys.get(usize::try_from(number).ok()?)
    }

    /// Every key with its number, in the order of the numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &K)> {
        (0..).zip(&self.keys)
    }
}

/// Counts, for each value, the different entities that showed it.
#[derive(Debug)]
pub(super) struct Distinct<K> {
    entities: HashMap<K, Entity, Seed>,
    /// Number of an entity and a value that it showed besides those of its first combination.
    more: HashSet<(u32, u32), Seed>,
    /// By number of the value.
    counts: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Entity {
    number: u32,
    first: u32,
}

impl<K> Default for Distinct<K> {
    fn default() -> Self {
        Self { entities: HashMap::default(), more: HashSet::default(), counts: Vec::new() }
    }
}

impl<K: Hash + Eq> Distinct<K> {
    /// Notes that `key` showed the values of the combination that has this number.
    pub(super) fn push<const N: usize>(&mut self, key: K, combination: u32, combinations: &Numbering<[u32; N]>) {
        let Some(values) = combinations.key(combination) else { return };
        let next = u32::try_from(self.entities.len()).unwrap_or(u32::MAX);
        let entity = *self.entities.entry(key).or_insert(Entity { number: next, first: combination });
        if entity.number == next {
            for value in values {
                count(&mut self.counts, *value);
            }
        } else if entity.first != combination {
            let Some(first) = combinations.key(entity.first) else { return };
            for (value, first) in values.iter().zip(first) {
                if value != first && self.more.insert((entity.number, *value)) {
                    count(&mut self.counts, *value);
                }
            }
        }
    }

    /// How many different entities showed `value`.
    pub(super) fn count(&self, value: u32) -> u64 {
        usize::try_from(value).ok().and_then(|at| self.counts.get(at)).copied().unwrap_or_default()
    }
}

fn count(counts: &mut Vec<u64>, value: u32) {
    if let Some(count) = entry(counts, value) {
        *count += 1;
    }
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
}

/// What an exchange is counted by: the connection that carried it, the client, its passport, its address.
#[derive(Debug, Default)]
pub(super) struct Entities {
    pub(super) connections: Distinct<(InputId, u64)>,
    pub(super) clients: Distinct<u64>,
    pub(super) passports: Distinct<Box<[u8]>>,
    pub(super) ips: Distinct<IpAddr>,
}

impl Entities {
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
        // What holds no `@` names no account: some clients send `null`.
        let passport = exchange.request.as_ref().and_then(|request| request.passport());
        if let Some(passport) = passport.filter(|passport| passport.contains(&b'@')) {
            self.passports.push(passport.to_ascii_lowercase().into(), combination, combinations);
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
        assert_eq!([0, 1, 2, 3].map(|value| distinct.count(value)), [2, 1, 2, 0]);
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
            for (value, set) in (0..).zip(&sets) {
                prop_assert_eq!(distinct.count(value), set.len() as u64);
            }
        }
    }
}
