//! What is known, fed by rows and by how far the run is. Time is the capture's, but for how long the run has taken.
//!
//! The screen is drawn from a [`Picture`], which does not change while the screen is paused.

use std::collections::VecDeque;
use std::time::Duration;

use msncensus::capture::{Format, Outage};
use msncensus::packet::Timestamp;
use msncensus::run::Progress;
use msncensus::text::printable;

use super::clients::{Clients, Count, Group, Window};
use super::login::{BY, Login};
use super::minutes::Minutes;

/// Exchanges that are shown.
const RECENT: usize = 10;

/// How long packets are counted for one rate: long enough to be read, short enough to be the present.
const RATE_OVER: Duration = Duration::from_secs(2);

/// What is known.
#[derive(Debug, Default)]
pub(super) struct State {
    clients: Clients,
    logins: Minutes,
    recent: VecDeque<Login>,
    run: Running,
    rate: Rate,
    /// What was lost of the inputs before the present one.
    lost_before: u64,
}

/// How far the run is.
#[derive(Clone, Debug, Default)]
pub(super) struct Running {
    /// Its name, made printable.
    pub(super) input: String,
    /// Whether packets come from an interface.
    pub(super) is_live: bool,
    pub(super) is_down: bool,
    pub(super) time: Option<Timestamp>,
    pub(super) elapsed: Duration,
    /// Packets a second.
    pub(super) rate: u64,
    pub(super) packets: u64,
    pub(super) exchanges: u64,
    /// Packets that are missing.
    pub(super) lost: u64,
    /// Gaps in MSNP streams.
    pub(super) gaps: u64,
}

/// What is drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture {
    pub(super) run: Running,
    /// The clients of each [`Window`].
    pub(super) clients: [Count; Window::ALL.len()],
    /// Logins in each minute of the last hour, the present one last.
    pub(super) logins: Vec<u64>,
    /// The clients of today by each of [`BY`].
    pub(super) groups: [Vec<Group>; BY.len()],
    /// The latest exchanges, newest first.
    pub(super) recent: Vec<Login>,
    /// Bytes of memory that the program takes, if the system tells.
    pub(super) memory: Option<u64>,
}

impl State {
    /// Takes a row.
    pub(super) fn row(&mut self, login: Login) {
        let now = self.run.time.unwrap_or(login.time);
        // The time of one packet may be wrong; that of the run is believed.
        let login = Login { time: login.time.min(now), ..login };
        if self.clients.push(&login, now) {
            self.logins.count(login.time);
        }
        self.recent.truncate(RECENT - 1);
        self.recent.push_front(login);
    }

    /// Takes how far the run is, which has taken so long.
    pub(super) fn progress(&mut self, progress: Progress<'_>, elapsed: Duration) {
        let Progress { input, exchanges, time, facts, ledger, .. } = progress;
        let stats = ledger.total();
        let input = printable(input.as_bytes());
        if input != self.run.input {
            self.lost_before = self.run.lost;
        }
        let packets = stats.packets.packets;
        self.run = Running {
            input: input.into_owned(),
            is_live: facts.format == Format::Live,
            is_down: matches!(facts.outages.last(), Some(Outage { to: None, .. })),
            time,
            elapsed,
            rate: self.rate.of(packets, elapsed),
            packets,
            exchanges,
            lost: self.lost_before.saturating_add(facts.lost()),
            gaps: stats.streams.gaps_msn,
        };
        if let Some(time) = time {
            self.logins.advance(time);
        }
    }

    /// What is known now, when the program takes so many bytes of memory.
    pub(super) fn picture(&self, memory: Option<u64>) -> Picture {
        let now = self.run.time.unwrap_or_default();
        Picture {
            run: self.run.clone(),
            clients: Window::ALL.map(|window| self.clients.count(window, now)),
            logins: self.logins.counts(),
            groups: std::array::from_fn(|by| self.clients.groups(by, now)),
            recent: self.recent.iter().cloned().collect(),
            memory,
        }
    }
}

/// How fast a count grows.
#[derive(Debug, Default)]
struct Rate {
    /// The count at some moment.
    mark: (u64, Duration),
    per_second: u64,
}

impl Rate {
    fn of(&mut self, count: u64, elapsed: Duration) -> u64 {
        let (before, since) = self.mark;
        let passed = elapsed.saturating_sub(since);
        if passed >= RATE_OVER {
            let millis = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX).max(1);
            self.per_second = count.saturating_sub(before).saturating_mul(1_000) / millis;
            self.mark = (count, elapsed);
        }
        self.per_second
    }
}

#[cfg(test)]
pub(super) mod tests {
    use msncensus::capture::Facts;
    use msncensus::census::Verdict;
    use msncensus::packet::InputId;
    use msncensus::stats::Ledger;

    use super::*;

    /// Noon of 14 September 2003.
    pub(crate) const NOON: Timestamp = Timestamp::from_nanos(1_063_540_800_000_000_000);

    /// So many seconds after noon.
    pub(crate) fn at(seconds: i64) -> Timestamp {
        NOON.plus_seconds(seconds)
    }

    /// A login of that client, so many seconds after noon, by that version.
    pub(crate) fn login(id: u64, seconds: i64, version: &str) -> Login {
        Login {
            time: at(seconds),
            id,
            who: format!("u***@{id}.example.com"),
            values: [version, "MSN Messenger 6.0", "en-US"].map(str::to_owned),
            verdict: Verdict::Required,
        }
    }

    /// A state that has heard so many packets by that moment, in so many seconds.
    pub(crate) fn hear(state: &mut State, packets: u64, time: Timestamp, elapsed_s: u64) {
        let (mut facts, mut ledger) = (Facts::new(Format::Live), Ledger::default());
        facts.overload = 7;
        facts.outages = vec![Outage { from: NOON, to: Some(NOON) }];
        ledger.at(InputId(0)).packets.packets = packets;
        ledger.at(InputId(0)).streams.gaps_msn = 3;
        let progress =
            Progress { input: "eth0", bytes: 0, exchanges: 12_345, time: Some(time), facts: &facts, ledger: &ledger };
        state.progress(progress, Duration::from_secs(elapsed_s));
    }

    #[test]
    fn the_last_ten_exchanges_are_kept_newest_first() {
        let mut state = State::default();
        for id in 0..12 {
            state.row(login(id, 0, "6.0.0602"));
        }
        let ids: Vec<_> = state.picture(None).recent.iter().map(|login| login.id).collect();
        assert_eq!(ids, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let mut rate = Rate::default();
        let rates = [(0, 0), (500, 1), (2_000, 2), (9_000, 3), (10_000, 4), (10_000, 6)]
            .map(|(count, seconds)| rate.of(count, Duration::from_secs(seconds)));
        assert_eq!(rates, [0, 0, 1_000, 1_000, 4_000, 0]);
    }

    #[test]
    fn progress_is_shown_and_losses_of_files_before_stay() {
        let mut state = State::default();
        hear(&mut state, 5_000, NOON, 2);
        let run = state.picture(None).run;
        assert_eq!((run.packets, run.rate, run.lost, run.gaps, run.is_down), (5_000, 2_500, 7, 3, false));
        let (mut facts, ledger) = (Facts::new(Format::Pcap), Ledger::default());
        facts.outages = vec![Outage { from: NOON, to: None }];
        for overload in [0, 2] {
            facts.overload = overload;
            let progress =
                Progress { input: "b.pcap", bytes: 0, exchanges: 0, time: None, facts: &facts, ledger: &ledger };
            state.progress(progress, Duration::from_secs(3));
        }
        let run = state.picture(None).run;
        assert_eq!((run.lost, run.is_down), (9, true));
    }

    #[test]
    fn the_name_of_a_file_cannot_turn_the_line_around() {
        let mut state = State::default();
        let (facts, ledger) = (Facts::new(Format::Pcap), Ledger::default());
        let input = "\u{202e}pacp.exe";
        state.progress(
            Progress { input, bytes: 0, exchanges: 0, time: None, facts: &facts, ledger: &ledger },
            Duration::ZERO,
        );
        assert_eq!(state.picture(None).run.input, r"\xE2\x80\xAEpacp.exe");
    }

    #[test]
    fn a_row_from_the_future_moves_no_window() {
        let mut state = State::default();
        hear(&mut state, 1, NOON, 1);
        state.row(login(1, 0, "6.0.0602"));
        state.row(login(2, 60 * 60 * 24 * 365, "6.0.0602"));
        let picture = state.picture(None);
        assert_eq!(picture.clients.map(|count| count.clients), [2, 2, 2]);
        assert_eq!(picture.logins.last(), Some(&2));
    }
}
