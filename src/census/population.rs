//! Who is out there: for each value of each dimension, how many exchanges, connections, clients, passports and addresses.
//!
//! * **Takes** every [`Observation`], one after the other.
//! * **Gives** [`PopulationRow`]s: dimensions in a fixed order, within one the commonest value first.
//! * **Keeps** 240 bytes per client, its passport, address and two connections included (measured with a million of
//!   them; see `distinct.rs`), and about 200 per different value.
//!
//! Every exchange shows exactly one value in every dimension, the empty one where the capture does not tell: so the
//! exchanges of a dimension always add up to all exchanges, and what is unknown is a row, not a hole.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::distinct::{Entities, Sightings, at, entry};
use super::values::Values;
use super::{Dimension, Observation, Room, Share, sort_key};
use crate::packet::Timestamp;

/// The label of the empty value.
const UNKNOWN: &str = "unknown";

/// One value of one dimension: a row of the `population` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PopulationRow {
    /// What is counted.
    pub dimension: Dimension,
    /// The value as the `exchanges` table has it; empty if the capture does not tell.
    pub value: Vec<u8>,
    /// The value for people: the name behind a locale tag or a system; else the value itself.
    pub label: Vec<u8>,
    /// Sorts the values of a dimension as people count.
    pub sort_key: Vec<u8>,
    /// Exchanges that show the value.
    pub exchanges: u64,
    /// Connections that carried them.
    pub connections: u64,
    /// Different clients.
    pub clients: u64,
    /// Different passports, letters' case aside.
    pub passports: u64,
    /// Different client addresses.
    pub ips: u64,
    /// Share of all exchanges.
    pub share_exchanges: Share,
    /// Share of all clients.
    pub share_clients: Share,
    /// When the first of the exchanges began.
    pub first_seen: Timestamp,
    /// When the last of them began.
    pub last_seen: Timestamp,
}

/// Two values that were shown together, of two dimensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The values, each as its row has it.
    pub values: [Vec<u8>; 2],
    /// Exchanges that show both.
    pub exchanges: u64,
    /// Clients whose first exchange shows both. Every client is counted in one pair, so these add up to all clients.
    pub clients: u64,
}

/// Counts the population.
#[derive(Debug, Default)]
pub struct Population {
    values: Values,
    entities: Entities,
    /// By number of the combination.
    sightings: Vec<Sightings>,
}

/// What the rows tell, each by number of the value.
struct Counts {
    sightings: Vec<Sightings>,
    connections: Vec<u64>,
    clients: Vec<u64>,
    passports: Vec<u64>,
    ips: Vec<u64>,
}

impl Population {
    /// Counts exactly as long as there is room.
    pub fn within(room: Room) -> Self {
        Self { values: Values::within(room), entities: Entities::within(room.entities), sightings: Vec::new() }
    }

    /// Whether more came than there was room for: the counts but those of all exchanges are too low.
    pub const fn is_full(&self) -> bool {
        self.values.are_full() || self.entities.are_full()
    }

    /// Different clients, as far as they are counted.
    pub fn clients(&self) -> usize {
        self.entities.clients.len()
    }

    /// Different passports, as far as they are counted.
    pub fn passports(&self) -> usize {
        self.entities.passports.len()
    }

    /// Counts `observation`.
    pub fn push(&mut self, observation: &Observation) {
        let combination = self.values.shown_by(observation);
        if let Some(sightings) = entry(&mut self.sightings, combination) {
            sightings.push(observation.exchange.time());
        }
        self.entities.push(observation, combination, self.values.combinations());
    }

    /// The table so far.
    pub fn rows(&self) -> Vec<PopulationRow> {
        let counts = self.counts();
        let everyone = self.values.iter().find(|(_, dimension, _)| *dimension == Dimension::Total);
        let (exchanges, clients) = everyone
            .map_or((0, 0), |(number, ..)| (at(&counts.sightings, number).exchanges, at(&counts.clients, number)));
        let row = |(number, dimension, value): (u32, Dimension, &[u8])| {
            let seen = at(&counts.sightings, number);
            let clients_here = at(&counts.clients, number);
            PopulationRow {
                dimension,
                value: value.into(),
                label: self.label(number, value),
                sort_key: match dimension {
                    Dimension::ClientVer => sort_key::version(value),
                    _ => sort_key::natural(value),
                },
                exchanges: seen.exchanges,
                connections: at(&counts.connections, number),
                clients: clients_here,
                passports: at(&counts.passports, number),
                ips: at(&counts.ips, number),
                share_exchanges: Share { part: seen.exchanges, whole: exchanges },
                share_clients: Share { part: clients_here, whole: clients },
                first_seen: seen.first,
                last_seen: seen.last,
            }
        };
        let mut rows: Vec<_> = self.values.iter().map(row).collect();
        rows.sort_by(|a, b| key(a).cmp(&key(b)));
        rows
    }

    /// Which values of two dimensions were shown together, in the order of the values.
    pub fn pairs(&self, dimensions: [Dimension; 2]) -> Vec<Pair> {
        let mut pairs = BTreeMap::<[u32; 2], (u64, u64)>::new();
        for (number, combination) in self.values.combinations().iter() {
            let value = |dimension| self.values.of(combination, dimension);
            let (exchanges, clients) = pairs.entry(dimensions.map(value)).or_default();
            *exchanges += at(&self.sightings, number).exchanges;
            *clients += at(self.entities.clients.firsts(), number);
        }
        let text = |value| self.values.text(value).into();
        let pair =
            |(values, (exchanges, clients)): ([u32; 2], _)| Pair { values: values.map(text), exchanges, clients };
        let mut pairs: Vec<_> = pairs.into_iter().map(pair).collect();
        pairs.sort_by(|a, b| a.values.cmp(&b.values));
        pairs
    }

    fn counts(&self) -> Counts {
        let combinations = self.values.combinations();
        Counts {
            sightings: Sightings::by_value(&self.sightings, combinations),
            connections: self.entities.connections.counts(combinations),
            clients: self.entities.clients.counts(combinations),
            passports: self.entities.passports.counts(combinations),
            ips: self.entities.ips.counts(combinations),
        }
    }

    /// The rows of these dimensions, in their order, and of each only the `top` commonest values. The shares stay those of
    /// everyone.
    pub fn rows_by(&self, dimensions: &[Dimension], top: usize) -> Vec<PopulationRow> {
        let rows = self.rows();
        let of = |dimension| rows.iter().filter(move |row| row.dimension == dimension).take(top).cloned();
        dimensions.iter().flat_map(|dimension| of(*dimension)).collect()
    }

    fn label(&self, number: u32, value: &[u8]) -> Vec<u8> {
        if value.is_empty() { UNKNOWN.as_bytes().into() } else { self.values.label(number).unwrap_or(value).into() }
    }
}

fn key(row: &PopulationRow) -> (Dimension, Reverse<u64>, Reverse<u64>, &[u8]) {
    (row.dimension, Reverse(row.clients), Reverse(row.exchanges), &row.value)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::census::synthetic::{REPLY, REQUEST, any_observation, observation, time};

    fn table(observations: &[Observation]) -> Vec<PopulationRow> {
        let mut population = Population::default();
        for observation in observations {
            population.push(observation);
        }
        population.rows()
    }

    #[test]
    fn nobody_is_no_row() {
        assert_eq!(table(&[]), []);
    }

    #[test]
    fn the_first_row_is_everyone() {
        let again = b"CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS User@Example.com";
        let rows =
            table(&[observation(1, 7, REQUEST, REPLY), observation(2, 4, again, REPLY), observation(2, 9, b"", REPLY)]);
        let total = &rows[0];
        assert_eq!((total.dimension, total.value.as_slice()), (Dimension::Total, &b"all"[..]));
        assert_eq!((total.exchanges, total.connections, total.clients, total.passports, total.ips), (3, 3, 2, 1, 2));
        assert_eq!((total.first_seen, total.last_seen), (time(4), time(10)));
        assert_eq!(total.share_clients.to_string(), "1.000000");
    }

    #[test]
    fn what_is_unknown_is_a_row_so_that_shares_add_up() {
        let rows = table(&[observation(1, 1, REQUEST, REPLY), observation(2, 2, b"", REPLY)]);
        let arch: Vec<_> = rows.iter().filter(|row| row.dimension == Dimension::Arch).collect();
        assert_eq!(arch.len(), 2);
        assert_eq!((arch[0].value.as_slice(), arch[0].label.as_slice()), (&b""[..], &b"unknown"[..]));
        assert_eq!((arch[1].value.as_slice(), arch[1].label.as_slice()), (&b"i386"[..], &b"i386"[..]));
        assert_eq!(arch[1].share_exchanges.to_string(), "0.500000");
    }

    #[test]
    fn a_system_is_grouped_as_text() {
        let request = b"CVR 2 0x0409 win 4.10 i386 MSMSGS 4.6.0083 MSMSGS";
        let rows = table(&[observation(1, 1, request, REPLY)]);
        assert!(rows.iter().any(|row| row.dimension == Dimension::Os && row.value == b"win 4.10"));
    }

    #[test]
    fn a_client_may_stand_under_two_versions() {
        let newer = b"CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.1.0211 MSMSGS user@example.com";
        let rows = table(&[
            observation(1, 1, REQUEST, REPLY),
            observation(1, 2, newer, REPLY),
            observation(1, 3, newer, REPLY),
        ]);
        let versions: Vec<_> = rows.iter().filter(|row| row.dimension == Dimension::ClientVer).collect();
        assert_eq!(versions.iter().map(|row| (row.exchanges, row.clients)).collect::<Vec<_>>(), [(2, 1), (1, 1)]);
    }

    /// The same counts by a set for every value: simple and large.
    fn naive(observations: &[Observation]) -> BTreeMap<(Dimension, Vec<u8>), [usize; 4]> {
        let mut sets: BTreeMap<_, (BTreeSet<_>, BTreeSet<_>, BTreeSet<_>, BTreeSet<_>)> = BTreeMap::new();
        for observation in observations {
            for dimension in Dimension::ALL {
                let value = dimension.value(observation).into_owned();
                let (connections, clients, passports, ips) = sets.entry((dimension, value)).or_default();
                connections.insert(observation.exchange.session);
                clients.insert(observation.identity.id);
                ips.insert(observation.exchange.peers.client.addr);
                let request = observation.exchange.request.as_ref();
                let passport = request.and_then(|request| request.passport()).filter(|text| text.contains(&b'@'));
                passports.extend(passport.map(<[u8]>::to_ascii_lowercase));
            }
        }
        sets.into_iter().map(|(key, sets)| (key, [sets.0.len(), sets.1.len(), sets.2.len(), sets.3.len()])).collect()
    }

    proptest! {
        #[test]
        fn the_lean_census_equals_the_naive_one(observations in prop::collection::vec(any_observation(), 0..40)) {
            let rows = table(&observations);
            let lean: BTreeMap<_, _> = rows
                .iter()
                .map(|row| ((row.dimension, row.value.clone()), [row.connections, row.clients, row.passports, row.ips]))
                .map(|(key, counts)| (key, counts.map(|count| usize::try_from(count).unwrap())))
                .collect();
            prop_assert_eq!(lean, naive(&observations));
            for dimension in Dimension::ALL {
                let sum: u64 = rows.iter().filter(|row| row.dimension == dimension).map(|row| row.exchanges).sum();
                prop_assert_eq!(sum, observations.len() as u64);
            }
        }

        #[test]
        fn pairs_equal_naive_ones(observations in prop::collection::vec(any_observation(), 0..40)) {
            let dimensions = [Dimension::Os, Dimension::ClientVer];
            let mut population = Population::default();
            let mut seen = BTreeSet::new();
            let mut naive = BTreeMap::<_, (u64, u64)>::new();
            for observation in &observations {
                population.push(observation);
                let values = dimensions.map(|dimension| dimension.value(observation).into_owned());
                let (exchanges, clients) = naive.entry(values).or_default();
                *exchanges += 1;
                *clients += u64::from(seen.insert(observation.identity.id));
            }
            let pairs = population.pairs(dimensions);
            prop_assert_eq!(pairs.iter().map(|pair| pair.clients).sum::<u64>(), seen.len() as u64);
            let naive = naive.into_iter().map(|(values, (exchanges, clients))| Pair { values, exchanges, clients });
            prop_assert_eq!(pairs, naive.collect::<Vec<_>>());
        }

        #[test]
        fn what_there_is_no_room_for_makes_counts_too_low_and_is_told(
            observations in prop::collection::vec(any_observation(), 0..40),
            entities in 0_usize..8,
            values in 0_usize..30,
        ) {
            let (exact, room) = (table(&observations), Room { entities, values });
            let mut population = Population::within(room);
            for observation in &observations {
                population.push(observation);
            }
            let rows = population.rows();
            prop_assert!(population.is_full() || rows == exact);
            for dimension in Dimension::ALL {
                let sum: u64 = rows.iter().filter(|row| row.dimension == dimension).map(|row| row.exchanges).sum();
                prop_assert_eq!(sum, observations.len() as u64);
            }
            for row in rows.iter().filter(|row| row.value != b"(others)") {
                let whole = exact.iter().find(|whole| (whole.dimension, &whole.value) == (row.dimension, &row.value));
                let counts = |row: &PopulationRow| {
                    [row.exchanges, row.connections, row.clients, row.passports, row.ips]
                };
                let whole = whole.map(counts).unwrap_or_default();
                prop_assert!(counts(row).iter().zip(whole).all(|(count, whole)| *count <= whole), "{:?}", row);
            }
            let kept = [&population.entities.connections.counts(population.values.combinations())];
            prop_assert!(kept[0].len() <= values + 2 * Dimension::ALL.len());
        }
    }
}
