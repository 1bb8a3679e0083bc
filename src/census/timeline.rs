//! When they came: for each step of time and each value, how many exchanges and clients, and how many of them were new.
//!
//! * **Takes** every [`Observation`], in the order of time. Where a request that was captured after its reply in another
//!   network joins it, the order may be off by [`OTHER_HALF_DELAY_MAX_S`]; what is off by more counts in the earliest
//!   bucket that is open.
//! * **Gives** [`TimelineRow`]s, bucket by bucket, those of one bucket in the order of the table of the population.
//! * **Keeps** 24 bytes for each client and combination of values in the open buckets, twice that while they are put
//!   together, at least 8 bytes per client of all time, and 32 for each row of the table, those of empty buckets aside.
//! * **Leaves out** empty buckets, but for the total of everyone, as long as there are at most
//!   [`BUCKETS_DENSE_MAX`] of them.
//!
//! ```text
//! time ──────────────────────────────────────────────────────────►
//! │ closed: numbers │ closed: numbers │ open: who showed what │
//! ```

use std::collections::BTreeMap;

use super::distinct::Bounded;
use super::values::Values;
use super::{Dimension, Observation, PopulationRow, Room, Step};
use crate::limits::{BUCKETS_DENSE_MAX, OTHER_HALF_DELAY_MAX_S};
use crate::packet::Timestamp;

/// One value in one step of time: a row of the `timeline` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineRow {
    /// When the bucket begins.
    pub bucket: Timestamp,
    /// How long it is.
    pub step: Step,
    /// What is counted.
    pub dimension: Dimension,
    /// The value as the `exchanges` table has it; empty if the capture does not tell.
    pub value: Vec<u8>,
    /// Exchanges in the bucket that show the value.
    pub exchanges: u64,
    /// Different clients behind them.
    pub clients: u64,
    /// Those among them that had shown nothing in any earlier bucket.
    pub new_clients: u64,
}

/// Counts along time.
#[derive(Clone, Debug, Default)]
pub struct TimelineCounter {
    room: Room,
    /// Whether more came than there was room for.
    is_full: bool,
    values: Values,
    /// Clients of the closed buckets. Asked, never walked.
    known: Bounded<u64>,
    /// By number of the bucket.
    open: BTreeMap<i64, Open>,
    /// The first bucket that may still be open.
    open_from: Option<i64>,
    latest: Option<Timestamp>,
    step: Step,
    closed: Vec<Closed>,
    /// Counts in the closed buckets.
    kept: usize,
}

/// A bucket that exchanges may still come into.
#[derive(Clone, Debug, Default)]
struct Open {
    shown: Vec<Shown>,
    /// How long `shown` is when equal entries are put together next.
    merge_at: usize,
    /// Whether there is no room for more.
    is_full: bool,
    /// What those showed that there was no room for: exchanges by combination.
    others: BTreeMap<u32, u64>,
}

/// A client, a combination of values that it showed, and in how many exchanges.
#[derive(Clone, Copy, Debug)]
struct Shown {
    client: u64,
    combination: u32,
    exchanges: u64,
}

/// A bucket that is counted: its number, and what was counted, by number of the value.
#[derive(Clone, Debug)]
struct Closed {
    index: i64,
    counts: Box<[(u32, Counts)]>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    exchanges: u64,
    clients: u64,
    new_clients: u64,
}

impl Counts {
    fn add(&mut self, more: Self) {
        self.exchanges += more.exchanges;
        self.clients += more.clients;
        self.new_clients += more.new_clients;
    }
}

impl Open {
    /// Takes down who showed what; once there are `most` different ones, only what.
    fn push(&mut self, shown: Shown, most: usize) {
        if self.is_full {
            *self.others.entry(shown.combination).or_default() += shown.exchanges;
            return;
        }
        self.shown.push(shown);
        if self.shown.len() > self.merge_at {
            self.merge();
            self.merge_at = 2 * self.shown.len() + 16;
            self.is_full = self.shown.len() >= most;
        }
    }

    /// Sorts by client and puts equal entries together.
    fn merge(&mut self) {
        self.shown.sort_unstable_by_key(|shown| (shown.client, shown.combination));
        self.shown.dedup_by(|later, kept| {
            let is_same = (later.client, later.combination) == (kept.client, kept.combination);
            kept.exchanges += if is_same { later.exchanges } else { 0 };
            is_same
        });
    }
}

impl TimelineCounter {
    /// Will count in buckets of that length.
    pub fn new(step: Step) -> Self {
        Self::within(Room::ENDLESS, step)
    }

    /// Will count in buckets of that length, exactly as long as there is room.
    pub fn within(room: Room, step: Step) -> Self {
        let known = Bounded::within(room.entities);
        Self { room, step, known, values: Values::within(room), ..Self::default() }
    }

    /// Counts `observation`.
    pub fn push(&mut self, observation: &Observation) {
        let time = observation.exchange.time();
        let latest = self.latest.map_or(time, |latest| latest.max(time));
        self.latest = Some(latest);
        let open_from = self.step.index(latest.plus_seconds(-OTHER_HALF_DELAY_MAX_S));
        while let Some(first) = self.open.first_entry().filter(|first| *first.key() < open_from) {
            let (index, open) = first.remove_entry();
            self.close(index, open);
        }
        let open_from = self.open_from.map_or(open_from, |before| before.max(open_from));
        self.open_from = Some(open_from);
        let combination = self.values.shown_by(observation);
        let bucket = self.open.entry(self.step.index(time).max(open_from)).or_default();
        bucket.push(Shown { client: observation.identity.id, combination, exchanges: 1 }, self.room.entities);
    }

    /// Nothing follows.
    pub fn finish(mut self) -> Timeline {
        for (index, open) in std::mem::take(&mut self.open) {
            self.close(index, open);
        }
        let is_full = self.is_full || self.known.is_full() || self.values.are_full();
        let Self { values, closed, step, .. } = self;
        Timeline { values, closed, step, is_full }
    }

    /// Counts a bucket, which no earlier one may follow.
    fn close(&mut self, index: i64, mut open: Open) {
        open.merge();
        self.is_full |= open.is_full;
        let combinations = self.values.combinations();
        let values_of = |combination| combinations.key(combination).copied().unwrap_or_default();
        let mut by_combination = BTreeMap::<u32, Counts>::new();
        let mut counts = BTreeMap::<u32, Counts>::new();
        for of_one in open.shown.chunk_by(|a, b| a.client == b.client) {
            let is_new = of_one.first().is_some_and(|shown| self.known.insert(shown.client));
            let once = Counts { exchanges: 0, clients: 1, new_clients: u64::from(is_new) };
            // Most clients show one combination for ever, which is counted as one.
            if let [shown] = of_one {
                let counts = by_combination.entry(shown.combination).or_default();
                counts.add(Counts { exchanges: shown.exchanges, ..once });
                continue;
            }
            for shown in of_one {
                by_combination.entry(shown.combination).or_default().exchanges += shown.exchanges;
            }
            let mut values: Vec<_> = of_one.iter().flat_map(|shown| values_of(shown.combination)).collect();
            values.sort_unstable();
            values.dedup();
            for value in values {
                counts.entry(value).or_default().add(once);
            }
        }
        for (combination, exchanges) in open.others {
            by_combination.entry(combination).or_default().exchanges += exchanges;
        }
        for (combination, of_combination) in by_combination {
            for value in values_of(combination) {
                counts.entry(value).or_default().add(of_combination);
            }
        }
        self.kept += counts.len();
        if self.kept > self.room.entities {
            // A bucket takes as much as it has values, and there is no end of buckets.
            self.is_full = true;
            counts.retain(|value, _| self.values.is_of_everyone(*value));
        }
        self.closed.push(Closed { index, counts: counts.into_iter().collect() });
    }
}

/// What was counted along time.
#[derive(Debug, Default)]
pub struct Timeline {
    values: Values,
    closed: Vec<Closed>,
    step: Step,
    is_full: bool,
}

impl Timeline {
    /// Whether more came than there was room for: the counts but those of all exchanges are too low.
    pub const fn is_full(&self) -> bool {
        self.is_full
    }

    /// The table of the values in `shown`, one bucket after the other, in each the values in the order of `shown`. The
    /// bucket that nobody came in has a row of the total, if that is among them and the buckets are not too many.
    pub fn rows<'a>(&'a self, shown: &'a [PopulationRow]) -> impl Iterator<Item = TimelineRow> + 'a {
        let ranks = self.ranks(shown);
        let total = shown.iter().find(|row| row.dimension == Dimension::Total).filter(|_| self.is_dense());
        // Empty buckets follow a closed one.
        let befores = std::iter::once(None).chain(self.closed.iter().map(Some));
        befores.zip(&self.closed).flat_map(move |(before, closed)| {
            let from = before.map_or(closed.index, |before| before.index.saturating_add(1));
            let empty = total.into_iter().flat_map(move |total| (from..closed.index).map(move |index| (index, total)));
            let empty = empty.map(|(index, total)| self.row(index, total, Counts::default()));
            let rank = |(value, counts): &(u32, Counts)| ranks.get(value).map(|rank| (*rank, *counts));
            let mut counts: Vec<_> = closed.counts.iter().filter_map(rank).collect();
            counts.sort_unstable_by_key(|(rank, _)| *rank);
            let of = move |(rank, counts)| shown.get(rank).map(|row| self.row(closed.index, row, counts));
            empty.chain(counts.into_iter().filter_map(of))
        })
    }

    /// By number of a value: its place in `shown`.
    fn ranks(&self, shown: &[PopulationRow]) -> BTreeMap<u32, usize> {
        let places: BTreeMap<_, _> =
            (0..).zip(shown).map(|(place, row)| ((row.dimension, row.value.as_slice()), place)).collect();
        let rank = |(number, dimension, value)| places.get(&(dimension, value)).map(|place| (number, *place));
        self.values.iter().filter_map(rank).collect()
    }

    fn is_dense(&self) -> bool {
        let ends = self.closed.first().zip(self.closed.last());
        ends.is_some_and(|(first, last)| last.index.saturating_sub(first.index) < BUCKETS_DENSE_MAX)
    }

    fn row(&self, index: i64, of: &PopulationRow, counts: Counts) -> TimelineRow {
        TimelineRow {
            bucket: self.step.start(index),
            step: self.step,
            dimension: of.dimension,
            value: of.value.clone(),
            exchanges: counts.exchanges,
            clients: counts.clients,
            new_clients: counts.new_clients,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::census::Population;
    use crate::census::synthetic::{REPLY, REQUEST, any_observation, observation};

    fn step(text: &str) -> Step {
        Step::parse(text).unwrap()
    }

    fn table(step: Step, observations: &[Observation]) -> Vec<TimelineRow> {
        let (mut population, mut timeline) = (Population::default(), TimelineCounter::new(step));
        for observation in observations {
            population.push(observation);
            timeline.push(observation);
        }
        timeline.finish().rows(&population.rows()).collect()
    }

    /// `seconds past noon: exchanges clients new` of the rows of a value.
    fn told(rows: &[TimelineRow], dimension: Dimension, value: &str) -> Vec<String> {
        let of = rows.iter().filter(|row| row.dimension == dimension && row.value == value.as_bytes());
        of.map(|row| {
            let start = row.bucket.nanos_since(Timestamp::from_nanos(crate::census::synthetic::NOON)) / 1_000_000_000;
            format!("{start}: {} {} {}", row.exchanges, row.clients, row.new_clients)
        })
        .collect()
    }

    #[test]
    fn nobody_is_no_row() {
        assert_eq!(table(Step::default(), &[]), []);
    }

    #[test]
    fn the_total_is_dense_and_all_else_sparse() {
        let other = b"CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 7.0.0777 MSMSGS other@example.com";
        let rows = table(
            step("10s"),
            &[
                observation(1, 1, REQUEST, REPLY),
                observation(2, 2, REQUEST, REPLY),
                observation(3, 31, other, REPLY),
                observation(1, 32, REQUEST, REPLY),
            ],
        );
        assert_eq!(told(&rows, Dimension::Total, "all"), ["0: 2 1 1", "10: 0 0 0", "20: 0 0 0", "30: 2 2 1"]);
        assert_eq!(told(&rows, Dimension::ClientVer, "6.0.0602"), ["0: 2 1 1", "30: 1 1 0"]);
        assert_eq!(told(&rows, Dimension::ClientVer, "7.0.0777"), ["30: 1 1 1"]);
    }

    #[test]
    fn too_many_buckets_are_sparse() {
        let apart = |seconds| table(step("1s"), &[observation(1, 0, b"", REPLY), observation(1, seconds, b"", REPLY)]);
        let totals = |rows: &[TimelineRow]| told(rows, Dimension::Total, "all").len();
        assert_eq!(totals(&apart(99_999)), 100_000);
        assert_eq!(totals(&apart(100_000)), 2);
    }

    #[test]
    fn a_client_with_a_new_version_is_not_a_new_client() {
        let newer = b"CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 7.0.0777 MSMSGS user@example.com";
        let rows = table(step("10s"), &[observation(1, 1, REQUEST, REPLY), observation(1, 11, newer, REPLY)]);
        assert_eq!(told(&rows, Dimension::ClientVer, "7.0.0777"), ["10: 1 1 0"]);
    }

    #[test]
    fn what_comes_out_of_order_counts_where_it_belongs_or_in_the_first_open_bucket() {
        let rows = table(
            step("10s"),
            &[observation(1, 305, REQUEST, REPLY), observation(1, 15, REQUEST, REPLY), observation(1, 1, b"", REPLY)],
        );
        assert_eq!(told(&rows, Dimension::Total, "all").first(), Some(&"0: 1 1 1".into()));
        assert_eq!(told(&rows, Dimension::ClientVer, "6.0.0602"), ["10: 1 1 1", "300: 1 1 0"]);
        let late = table(step("10s"), &[observation(1, 999, REQUEST, REPLY), observation(1, 1, REQUEST, REPLY)]);
        assert_eq!(told(&late, Dimension::ClientVer, "6.0.0602"), ["690: 1 1 1", "990: 1 1 0"]);
    }

    #[test]
    fn rows_follow_the_table_of_the_population() {
        let mut population = Population::default();
        let mut timeline = TimelineCounter::new(step("1h"));
        for version in ["7.0.0777", "6.0.0602", "6.0.0602", "8.0.0812"] {
            let request = format!("CVR 2 0x0409 winnt 5.1 i386 MSNMSGR {version} MSMSGS user@example.com");
            let observation = observation(1, 1, request.as_bytes(), REPLY);
            population.push(&observation);
            timeline.push(&observation);
        }
        let shown = population.rows_by(&[Dimension::Os, Dimension::ClientVer, Dimension::Total], 2);
        let rows: Vec<_> = timeline.finish().rows(&shown).map(|row| String::from_utf8(row.value).unwrap()).collect();
        assert_eq!(rows, ["winnt 5.1", "6.0.0602", "7.0.0777", "all"]);
    }

    type Model = BTreeMap<(Timestamp, Dimension, Vec<u8>), (u64, BTreeSet<u64>, BTreeSet<u64>)>;

    /// The same by a set for every row.
    fn naive(step: Step, observations: &[Observation]) -> Model {
        let mut first_buckets = BTreeMap::new();
        let mut rows = Model::new();
        for observation in observations {
            let bucket = step.start(step.index(observation.exchange.time()));
            let client = observation.identity.id;
            let is_new = *first_buckets.entry(client).or_insert(bucket) == bucket;
            for dimension in Dimension::ALL {
                let value = dimension.value(observation).into_owned();
                let (exchanges, clients, new) = rows.entry((bucket, dimension, value)).or_default();
                *exchanges += 1;
                clients.insert(client);
                new.extend(is_new.then_some(client));
            }
        }
        rows
    }

    proptest! {
        #[test]
        fn the_lean_timeline_equals_the_naive_one(
            mut observations in prop::collection::vec(any_observation(), 0..60), seconds in prop::sample::select(&["1s", "7s", "1m"]),
        ) {
            observations.sort_by_key(|observation| observation.exchange.time());
            let rows = table(step(seconds), &observations);
            let lean: Vec<_> = rows
                .iter()
                .filter(|row| row.exchanges > 0)
                .map(|row| ((row.bucket, row.dimension, row.value.clone()), [row.exchanges, row.clients, row.new_clients]))
                .collect();
            prop_assert!(lean.is_sorted_by_key(|((bucket, dimension, _), _)| (*bucket, *dimension)));
            let naive = naive(step(seconds), &observations);
            prop_assert_eq!(lean.len(), naive.len());
            let naive: BTreeMap<_, _> =
                naive.into_iter().map(|(key, (n, all, new))| (key, [n, all.len() as u64, new.len() as u64])).collect();
            prop_assert_eq!(lean.into_iter().collect::<BTreeMap<_, _>>(), naive);
        }

        #[test]
        fn the_rows_of_a_value_add_up_to_its_row_of_the_population(
            mut observations in prop::collection::vec(any_observation(), 0..60),
        ) {
            observations.sort_by_key(|observation| observation.exchange.time());
            let rows = table(step("5s"), &observations);
            let mut population = Population::default();
            for observation in &observations {
                population.push(observation);
            }
            for value in population.rows() {
                let of = || rows.iter().filter(|row| (row.dimension, &row.value) == (value.dimension, &value.value));
                prop_assert_eq!(of().map(|row| row.exchanges).sum::<u64>(), value.exchanges);
                prop_assert!(of().map(|row| row.clients).sum::<u64>() >= value.clients);
                let new = of().map(|row| row.new_clients).sum::<u64>();
                prop_assert!(new <= value.clients && (value.dimension != Dimension::Total || new == value.clients));
            }
        }

        #[test]
        fn what_there_is_no_room_for_makes_counts_too_low_and_is_told(
            mut observations in prop::collection::vec(any_observation(), 0..60),
            entities in 0_usize..8,
            values in 0_usize..30,
        ) {
            observations.sort_by_key(|observation| observation.exchange.time());
            let room = Room { entities, values };
            let (mut population, mut timeline) = (Population::within(room), TimelineCounter::within(room, step("5s")));
            for observation in &observations {
                population.push(observation);
                timeline.push(observation);
            }
            let timeline = timeline.finish();
            let rows: Vec<_> = timeline.rows(&population.rows()).collect();
            let exact = table(step("5s"), &observations);
            prop_assert!(timeline.is_full() || rows == exact);
            let total = |rows: &[TimelineRow]| -> u64 {
                rows.iter().filter(|row| row.dimension == Dimension::Total).map(|row| row.exchanges).sum()
            };
            prop_assert_eq!(total(&rows), observations.len() as u64);
            for row in rows.iter().filter(|row| row.value != b"(others)") {
                let is_same = |other: &&TimelineRow| {
                    (other.bucket, other.dimension, &other.value) == (row.bucket, row.dimension, &row.value)
                };
                let whole = exact.iter().find(is_same).unwrap();
                prop_assert!(row.exchanges <= whole.exchanges && row.clients <= whole.clients, "{:?}", row);
                prop_assert!(row.new_clients <= whole.new_clients, "{:?}", row);
            }
        }
    }
}
