//! One connection: sequence numbers to offsets, when to wait, and when it is over.
//!
//! * A stream whose SYN was captured, or acknowledged by one, starts there. Any other *settles* first: for a few
//!   seconds of capture time, or 64 KiB, it only collects, so that packets in a wrong order find their place.
//! * A hole is lost when the connection ends, when it is too old, or when too much waits behind it. Never because of
//!   an acknowledgement: the receiver may have got what the capture missed.
//! * A reset ends nothing by itself: it may be forged, or overtaken by data.

use serde::{Deserialize, Serialize};

use super::followed::Followed;
use super::syn_cache::Handshake;
use super::unread::offset;
use super::{ConnectionId, Interest, Look, StreamHandler};
use crate::anomaly::Kind;
use crate::clock::Moment;
use crate::flags::Flags;
use crate::limits::{HOLE_AGE_MAX_S, IDLE_MAX_S, LINGER_S, RESET_SILENCE_S};
use crate::net::{BySide, FlowKey, Segment, SeqNumber, Side};
use crate::packet::{Stamp, Timestamp};
use crate::stats::Stats;

/// What is to be done with the connection after a segment or an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Keep,
    /// It never was of interest, or its time is over.
    Forget,
}

/// How much is lost if a connection is given up, from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Worth {
    /// Nothing was found on it yet.
    Unknown,
    /// Late copies of its segments may be taken for a new connection.
    Finished,
    /// It carries what is looked for.
    Recognised,
    /// What is looked for was seen, but half of it.
    HalfSeen,
}

/// What is left of a connection of which nothing more is read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Finished {
    pub(super) key: FlowKey,
    pub(super) first: Stamp,
    pub(super) handshake: Handshake,
    syn_data_lens: BySide<u32>,
    last_seen: Timestamp,
    is_closed: bool,
}

/// One connection, followed or finished.
pub(super) struct Connection<H> {
    /// The first packet of it that was followed.
    first: Stamp,
    handshake: Handshake,
    /// How much each side's SYN carried.
    syn_data_lens: BySide<u32>,
    last_seen: Timestamp,
    /// When the connection wants to be looked at again; kept by the table.
    pub(super) alarm: Option<Timestamp>,
    state: State<H>,
}

enum State<H> {
    Followed(Box<Followed<H>>),
    /// Nothing of interest can follow on it.
    Stopped,
    /// It is over; late copies of its segments may still come.
    Closed,
}

impl<H: StreamHandler> Connection<H> {
    /// Begins to follow the connection that `segment` belongs to. Without a handshake it was begun before the capture.
    pub(super) fn open(
        id: ConnectionId,
        side: Side,
        segment: &Segment<'_>,
        handshake: Option<Handshake>,
        now: Timestamp,
    ) -> Self {
        let handshake = handshake.unwrap_or_default();
        let followed = Followed::open(id, side, segment, &handshake);
        Self {
            first: id.first,
            handshake,
            syn_data_lens: BySide::default(),
            last_seen: now,
            alarm: None,
            state: State::Followed(Box::new(followed)),
        }
    }

    /// The first packet of it that was followed.
    pub(super) const fn first(&self) -> Stamp {
        self.first
    }

    /// Whether a handler reads it.
    pub(super) const fn is_followed(&self) -> bool {
        matches!(self.state, State::Followed(_))
    }

    /// What can be seen of it from outside.
    pub(super) fn look(&self) -> Look {
        let handshake = self.handshake.initiator.map(|_| self.handshake);
        let awaits_answer = self.worth() == Worth::HalfSeen;
        Look { first: self.first, handshake, is_followed: self.is_followed(), awaits_answer }
    }

    /// What is left of it, unless it is still read.
    pub(super) fn finished(&self, key: FlowKey) -> Option<Finished> {
        let &Self { first, handshake, syn_data_lens, last_seen, .. } = self;
        let is_closed = matches!(self.state, State::Closed);
        (!self.is_followed()).then_some(Finished { key, first, handshake, syn_data_lens, last_seen, is_closed })
    }

    /// The connection of which `finished` is left.
    pub(super) const fn of_finished(finished: &Finished) -> Self {
        let &Finished { first, handshake, syn_data_lens, last_seen, is_closed, .. } = finished;
        let state = if is_closed { State::Closed } else { State::Stopped };
        Self { first, handshake, syn_data_lens, last_seen, alarm: None, state }
    }

    /// Bytes of memory held beyond its own size, roughly.
    pub(super) fn memory(&self) -> usize {
        match &self.state {
            State::Followed(followed) => followed.memory(),
            State::Stopped | State::Closed => 0,
        }
    }

    /// How much is lost if it is given up.
    pub(super) fn worth(&self) -> Worth {
        match &self.state {
            State::Followed(followed) if !followed.handler.recognised() => Worth::Unknown,
            State::Followed(followed) if followed.handler.awaits_answer() => Worth::HalfSeen,
            State::Followed(_) => Worth::Recognised,
            State::Stopped | State::Closed => Worth::Finished,
        }
    }

    /// Takes a handshake that came when the connection was followed already. Returns whether it belongs to this
    /// connection, and not to a later one with the same ends.
    pub(super) fn takes_handshake(&mut self, news: &Handshake, stats: &mut Stats) -> bool {
        let told = news;
        let news = &self.without_syn_data(news);
        if !self.handshake.agrees_with(news) {
            return false;
        }
        let State::Followed(followed) = &mut self.state else {
            // Where no handshake was captured, nothing says that this one is not a later connection's.
            return self.handshake.initiator.is_some();
        };
        if !followed.could_have_begun_with(news) {
            return false;
        }
        followed.learn_starts(news, &mut stats.streams);
        self.handshake = self.handshake.merged(news);
        if let (Some(opener), [Some(_), Some(_)]) = (told.initiator, Side::BOTH.map(|side| told.start(side)))
            && let Some(ack) = told.start(opener)
        {
            followed.hear_syn_ack(opener, ack, stats);
        }
        true
    }

    /// What a handshake tells of the starts: a SYN/ACK also acknowledges what the SYN carried, if it was taken.
    fn without_syn_data(&self, news: &Handshake) -> Handshake {
        let starts = BySide::new(|side| {
            let (start, told) = (self.handshake.start(side), news.start(side));
            let len = i32::try_from(*self.syn_data_lens.get(side)).unwrap_or(i32::MAX);
            let is_within = |(start, told): (SeqNumber, SeqNumber)| (0..=len).contains(&told.distance_from(start));
            start.filter(|_| start.zip(told).is_some_and(is_within)).or(told)
        });
        Handshake { starts, ..*news }
    }

    /// Takes a segment of this connection.
    pub(super) fn push(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        moment: Moment,
        stats: &mut Stats,
        out: &mut Vec<H::Output>,
    ) -> Standing {
        self.last_seen = moment.seen;
        if segment.flags.syn {
            *self.syn_data_lens.get_mut(side) = segment.payload_len;
        }
        let State::Followed(followed) = &mut self.state else {
            stats.streams.stopped_bytes += offset(segment.payload.len());
            if segment.flags.fin || segment.flags.rst {
                self.state = State::Closed;
            }
            return Standing::Keep;
        };
        followed.note_control(side, segment, moment.seen);
        let mut interest = Interest::More;
        if segment.payload_len > 0 && !segment.flags.rst {
            followed.reset = None;
            followed.insert(side, segment, moment.seen, stats);
            interest = followed.advance(side, moment, stats, out);
        } else {
            stats.streams.out_of_window_bytes += offset(segment.payload.len());
        }
        self.conclude(interest, stats, out)
    }

    /// Looks at what the passing of time means. `Forget` if the connection's time is over.
    pub(super) fn tick(&mut self, now: Timestamp, stats: &mut Stats, out: &mut Vec<H::Output>) -> Standing {
        let due = |since: Timestamp, seconds: i64| since.plus_seconds(seconds) <= now;
        match &mut self.state {
            State::Closed if due(self.last_seen, LINGER_S) => Standing::Forget,
            State::Stopped if due(self.last_seen, IDLE_MAX_S) => Standing::Forget,
            State::Closed | State::Stopped => Standing::Keep,
            State::Followed(followed) => {
                if due(self.last_seen, IDLE_MAX_S) || followed.reset.is_some_and(|reset| due(reset, RESET_SILENCE_S)) {
                    self.close(Flags::NONE, stats, out);
                    return Standing::Keep;
                }
                let mut interest = Interest::More;
                for side in Side::BOTH {
                    if interest == Interest::More {
                        interest = followed.advance(side, now.into(), stats, out);
                    }
                }
                self.conclude(interest, stats, out)
            }
        }
    }

    /// When time alone will change something.
    pub(super) fn deadline(&self) -> Timestamp {
        let idle = self.last_seen.plus_seconds(IDLE_MAX_S);
        match &self.state {
            State::Closed => self.last_seen.plus_seconds(LINGER_S),
            State::Stopped => idle,
            State::Followed(followed) => {
                let reset = followed.reset.map(|reset| reset.plus_seconds(RESET_SILENCE_S));
                let streams = || Side::BOTH.iter().map(|side| followed.streams.get(*side));
                let holes = streams().filter_map(|stream| stream.hole_since);
                let holes = holes.map(|since| since.plus_seconds(HOLE_AGE_MAX_S));
                let settling = streams().filter_map(|stream| stream.settling);
                holes.chain(reset).chain(settling).fold(idle, Timestamp::min)
            }
        }
    }

    /// Gives up all holes of the connection, if it has any: all that is kept takes `held` bytes, which is too much.
    pub(super) fn relieve(&mut self, held: usize, stats: &mut Stats, out: &mut Vec<H::Output>) -> Standing {
        let State::Followed(followed) = &mut self.state else { return Standing::Keep };
        if !followed.waits() {
            return Standing::Keep;
        }
        stats.streams.memory_bound += 1;
        followed.losses.note(Kind::MemoryBound, self.first, offset(held));
        followed.handler.relieve(out);
        let interest = followed.drain(stats, out);
        self.conclude(interest, stats, out)
    }

    /// Ends the connection: what waits comes out, with what is missing declared lost.
    pub(super) fn close(&mut self, flags: Flags, stats: &mut Stats, out: &mut Vec<H::Output>) {
        if let State::Followed(mut followed) = std::mem::replace(&mut self.state, State::Closed) {
            let interest = followed.drain(stats, out);
            followed.finish(interest, flags, stats, out);
        }
    }

    fn conclude(&mut self, interest: Interest, stats: &mut Stats, out: &mut Vec<H::Output>) -> Standing {
        let State::Followed(followed) = &mut self.state else { return Standing::Keep };
        followed.count_recognised(stats);
        match interest {
            Interest::More if followed.is_complete() => {
                self.close(Flags::NONE, stats, out);
                Standing::Keep
            }
            Interest::More => Standing::Keep,
            Interest::Stop | Interest::Stranger => {
                if let State::Followed(mut followed) = std::mem::replace(&mut self.state, State::Stopped) {
                    followed.finish(interest, Flags::NONE, stats, out);
                }
                if interest == Interest::Stranger { Standing::Forget } else { Standing::Keep }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::script::{Bench, key, segment, syn};
    use crate::limits::{HOLE_AGE_MAX_S, IDLE_MAX_S, LINGER_S, UNDECIDED_BYTES_MAX};

    #[test]
    fn an_answer_is_awaited_where_half_of_what_is_looked_for_was_seen() {
        for (said, awaited) in [("", false), ("?", false), ("!", false), ("!?", true), ("!?.", false)] {
            let bench = Bench::after([syn(1, 1, 0), segment(1, 1, 1, format!("a{said}").as_bytes())]);
            assert_eq!(bench.table.look(&key(1)).map(|look| look.awaits_answer), Some(awaited), "{said:?}");
        }
    }

    /// Whether anything is known, so many seconds later, of a connection of which `last` came last.
    fn is_known(bench: &mut Bench, last: u32, after: i64) -> bool {
        bench.advance(i64::from(last) + after);
        bench.reads(1).is_some()
    }

    #[test]
    fn what_nothing_can_follow_on_is_remembered_until_it_was_silent_for_long() {
        let segments = || [syn(1, 1, 0), segment(1, 1, 1, b"over."), segment(1, 1000, 6, b"more")];
        assert!(is_known(&mut Bench::after(segments()), 1000, IDLE_MAX_S - 1));
        let mut bench = Bench::after(segments());
        assert!(is_known(&mut bench, 1, IDLE_MAX_S), "it is looked at, and was not silent");
        assert!(!is_known(&mut bench, 1000, IDLE_MAX_S));
    }

    #[test]
    fn what_was_ended_is_remembered_for_as_long_as_late_copies_may_come() {
        for (fin, rst, lingers) in [(true, false, true), (false, true, true), (true, true, true), (false, false, false)]
        {
            let mut last = segment(1, 2, 6, b"");
            (last.flags.fin, last.flags.rst) = (fin, rst);
            // Something that does not end it must carry something to be taken at all.
            let last = if fin || rst { last } else { segment(1, 2, 6, b"more") };
            let mut bench = Bench::after([syn(1, 1, 0), segment(1, 1, 1, b"over."), last]);
            assert!(is_known(&mut bench, 2, LINGER_S - 1));
            assert_eq!(is_known(&mut bench, 2, LINGER_S), !lingers, "fin: {fin}, rst: {rst}");
        }
    }

    #[test]
    fn what_waits_behind_a_hole_comes_when_the_hole_is_given_up() {
        let mut bench = Bench::after([syn(1, 1, 0), segment(1, 2, 1, b"a"), segment(1, 3, 9, b"b")]);
        assert_eq!(bench.out, ["a"]);
        bench.advance(2 + HOLE_AGE_MAX_S);
        assert_eq!(bench.out, ["a"]);
        bench.advance(3 + HOLE_AGE_MAX_S);
        assert_eq!(bench.out, ["a", "b"]);
    }

    #[test]
    fn a_hole_is_given_up_when_more_than_the_bound_waits_behind_it() {
        let full = vec![b'x'; UNDECIDED_BYTES_MAX];
        let next = 2 + u32::try_from(full.len()).unwrap();
        let mut bench = Bench::after([syn(1, 1, 0), segment(1, 2, 2, &full)]);
        assert_eq!((bench.out.len(), bench.ledger.total().streams.reorder_bound), (0, 0));
        bench.push(&segment(1, 2, next, b"y"));
        let given: usize = bench.out.iter().map(String::len).sum();
        assert_eq!((given, bench.ledger.total().streams.reorder_bound), (full.len() + 1, 1));
    }
}
