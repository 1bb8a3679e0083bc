//! Who was seen lately: each client once, with when and by what it was last seen.
//!
//! * **Takes** logins, in any order of time.
//! * **Gives** how many clients there were in a window of time that ends now, and those of today by what they are.
//! * **Keeps** [`CLIENTS_MAX`] clients and [`VALUES_MAX`] values of each dimension: some 5 MB. Who was not seen for longer than
//!   any window is forgotten, at most once a minute. Where the bound bites, the counts say "at least".
//! * **Leaves out** what a client was before: it counts as what it said last.

use std::collections::HashMap;

use msncensus::census::Verdict;
use msncensus::packet::{NANOS_PER_SECOND, Timestamp};
use msncensus::report::Verdicts;

use super::login::{BY, Login};

/// Clients that are remembered: more than the busiest revival server has in a day.
const CLIENTS_MAX: usize = 50_000;

/// Values of a dimension that are told apart; what comes when there are so many counts as [`OTHERS`].
const VALUES_MAX: usize = 1_000;

/// What stands for the values that are not told apart.
const OTHERS: &str = "(others)";

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 60 * MINUTE_S;
const DAY_S: i64 = 24 * HOUR_S;

/// A client that comes back sooner goes on with the same login: a dispatch server sends it on to another, where it asks again.
const LOGIN_S: i64 = 30;

/// A window of time that ends now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Window {
    /// The last five minutes.
    Now,
    /// The last hour.
    Hour,
    /// Since midnight, UTC.
    Today,
}

impl Window {
    pub(super) const ALL: [Self; 3] = [Self::Now, Self::Hour, Self::Today];

    /// When it begins.
    fn since(self, now: Timestamp) -> Timestamp {
        let seconds = now.as_nanos().div_euclid(NANOS_PER_SECOND);
        match self {
            Self::Now => now.plus_seconds(-5 * MINUTE_S),
            Self::Hour => now.plus_seconds(-HOUR_S),
            Self::Today => {
                Timestamp::from_nanos((seconds - seconds.rem_euclid(DAY_S)).saturating_mul(NANOS_PER_SECOND))
            }
        }
    }
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) clients: u64,
    /// Whether there may be more.
    pub(super) is_least: bool,
}

/// The clients of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) clients: u64,
    /// What they were told last.
    pub(super) verdicts: Verdicts,
}

#[derive(Debug)]
pub(super) struct Clients {
    seen: HashMap<u64, Seen>,
    values: [Values; BY.len()],
    /// When one was seen last for whom there was no room.
    missed: Option<Timestamp>,
    /// The minute in which was forgotten last.
    forgot: i64,
    room: usize,
}

/// How a client was last seen.
#[derive(Clone, Copy, Debug)]
struct Seen {
    time: Timestamp,
    values: [u16; BY.len()],
    verdict: Verdict,
}

impl Default for Clients {
    fn default() -> Self {
        Self::with_room(CLIENTS_MAX)
    }
}

impl Clients {
    fn with_room(room: usize) -> Self {
        Self { seen: HashMap::new(), values: Default::default(), missed: None, forgot: i64::MIN, room }
    }

    /// Takes a login, and says whether the client was not here just before.
    pub(super) fn push(&mut self, login: &Login, now: Timestamp) -> bool {
        let before = self.seen.get(&login.id).map(|seen| seen.time);
        if before.is_none() && self.seen.len() >= self.room {
            self.forget(now);
            if self.seen.len() >= self.room {
                self.missed = self.missed.max(Some(login.time));
                return true;
            }
        }
        if before.is_none_or(|before| before <= login.time) {
            let mut numbers = self.values.iter_mut().zip(&login.values).map(|(values, value)| values.number(value));
            let values = std::array::from_fn(|_| numbers.next().unwrap_or_default());
            self.seen.insert(login.id, Seen { time: login.time, values, verdict: login.verdict });
        }
        before.is_none_or(|before| login.time.nanos_since(before) > LOGIN_S * NANOS_PER_SECOND)
    }

    /// The clients of a window.
    pub(super) fn count(&self, window: Window, now: Timestamp) -> Count {
        let since = window.since(now);
        let clients = self.seen.values().filter(|seen| seen.time >= since).count();
        Count { clients: clients as u64, is_least: self.missed.is_some_and(|missed| missed >= since) }
    }

    /// The clients of today by one of [`BY`], the largest group first.
    pub(super) fn groups(&self, by: usize, now: Timestamp) -> Vec<Group> {
        let since = Window::Today.since(now);
        let Some(values) = self.values.get(by) else { return Vec::new() };
        let group = |name: &String| Group { name: name.clone(), clients: 0, verdicts: Verdicts::default() };
        let mut groups: Vec<_> = values.names.iter().map(group).collect();
        self.seen.values().filter(|seen| seen.time >= since).for_each(|seen| {
            let number = seen.values.get(by).copied().unwrap_or_default();
            let Some(group) = groups.get_mut(usize::from(number)) else { return };
            group.clients += 1;
            for (count, verdict) in group.verdicts.iter_mut().zip(Verdict::ALL) {
                *count += u64::from(verdict == seen.verdict);
            }
        });
        groups.retain(|group| group.clients > 0);
        groups.sort_by(|a, b| b.clients.cmp(&a.clients).then_with(|| a.name.cmp(&b.name)));
        groups
    }

    /// Forgets who is in no window any more, and values that nobody has.
    fn forget(&mut self, now: Timestamp) {
        let minute = now.as_nanos().div_euclid(MINUTE_S * NANOS_PER_SECOND);
        if minute == self.forgot {
            return;
        }
        self.forgot = minute;
        let since = Window::Today.since(now).min(Window::Hour.since(now));
        self.seen.retain(|_, seen| seen.time >= since);
        for (by, values) in self.values.iter_mut().enumerate() {
            let before = std::mem::take(values);
            self.seen.values_mut().for_each(|seen| {
                let Some(number) = seen.values.get_mut(by) else { return };
                *number = before.names.get(usize::from(*number)).map_or(0, |name| values.number(name));
            });
        }
    }
}

/// Values by number. That of [`OTHERS`] is 0.
#[derive(Debug)]
struct Values {
    numbers: HashMap<String, u16>,
    names: Vec<String>,
}

impl Default for Values {
    fn default() -> Self {
        Self { numbers: HashMap::from([(OTHERS.to_owned(), 0)]), names: vec![OTHERS.to_owned()] }
    }
}

impl Values {
    fn number(&mut self, name: &str) -> u16 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let Ok(number) = u16::try_from(self.names.len()) else { return 0 };
        if self.names.len() >= VALUES_MAX {
            return 0;
        }
        self.numbers.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        number
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::tests::{NOON, at, login};
    use super::*;

    fn counts(clients: &Clients, now: Timestamp) -> [u64; 3] {
        Window::ALL.map(|window| clients.count(window, now).clients)
    }

    #[test]
    fn each_client_counts_once_in_each_window_that_it_was_seen_in() {
        let mut clients = Clients::default();
        for (id, minutes) in [(1, -721), (2, -720), (3, -61), (4, -60), (5, -6), (6, -5), (6, -4), (7, 0)] {
            clients.push(&login(id, minutes * 60, "6.0.0602"), NOON);
        }
        assert_eq!(counts(&clients, NOON), [2, 4, 6]);
        assert_eq!(counts(&clients, at(60 * 60)), [0, 1, 6]);
        assert_eq!(counts(&clients, at(12 * 60 * 60)), [0, 0, 0]);
        // Just after midnight, the hour reaches further back than the day.
        clients.push(&login(8, 12 * 60 * 60 - 1, "6.0.0602"), at(12 * 60 * 60));
        assert_eq!(counts(&clients, at(12 * 60 * 60)), [1, 1, 0]);
    }

    #[test]
    fn an_old_row_that_comes_late_does_not_make_a_client_older() {
        let mut clients = Clients::default();
        clients.push(&login(1, 0, "6.0.0602"), NOON);
        clients.push(&login(1, -3_600, "5.0.0544"), NOON);
        assert_eq!(counts(&clients, NOON), [1, 1, 1]);
        assert_eq!(clients.groups(0, NOON)[0].name, "6.0.0602");
    }

    #[test]
    fn the_second_exchange_of_a_redirected_client_is_no_second_login() {
        let mut clients = Clients::default();
        let pushed = [(1, 0), (1, 2), (2, 2), (1, 40)].map(|(id, time)| clients.push(&login(id, time, "6"), NOON));
        assert_eq!(pushed, [true, false, true, true]);
    }

    #[test]
    fn where_the_bound_bites_the_counts_say_at_least() {
        let mut clients = Clients::with_room(10);
        for id in 0..20 {
            clients.push(&login(id, 0, "6.0.0602"), NOON);
        }
        assert_eq!(clients.count(Window::Now, NOON), Count { clients: 10, is_least: true });
        assert_eq!(clients.count(Window::Now, at(301)), Count { clients: 0, is_least: false });
        assert!(clients.count(Window::Hour, at(301)).is_least);
        // The next day there is room again.
        let tomorrow = 24 * 60 * 60;
        clients.push(&login(30, tomorrow, "6.0.0602"), at(tomorrow));
        assert_eq!(clients.count(Window::Today, at(tomorrow)), Count { clients: 1, is_least: false });
    }

    #[test]
    fn values_are_bounded_and_room_is_made_for_new_ones() {
        let mut clients = Clients::with_room(2 * VALUES_MAX);
        for id in 0..2 * VALUES_MAX as u64 {
            clients.push(&login(id, 0, &id.to_string()), NOON);
        }
        let groups = clients.groups(0, NOON);
        assert_eq!((groups.len(), &*groups[0].name, groups[0].clients), (VALUES_MAX, OTHERS, VALUES_MAX as u64 + 1));
        let tomorrow = 24 * 60 * 60;
        clients.push(&login(9_999, tomorrow, "new"), at(tomorrow));
        let names: Vec<_> = clients.groups(0, at(tomorrow)).into_iter().map(|group| group.name).collect();
        assert_eq!(names, ["new"]);
    }

    #[test]
    fn groups_are_ordered_by_size_and_split_by_the_last_verdict() {
        let mut clients = Clients::default();
        for (id, version) in [(1, "b"), (2, "a"), (3, "c"), (4, "c")] {
            clients.push(&login(id, 0, version), NOON);
        }
        clients.push(&Login { verdict: Verdict::UpToDate, ..login(4, 1, "c") }, NOON);
        let groups = clients.groups(0, NOON);
        assert_eq!(groups.iter().map(|group| &*group.name).collect::<Vec<_>>(), ["c", "a", "b"]);
        assert_eq!(groups[0].verdicts, [1, 0, 1, 0, 0, 0]);
    }
}
