//! One connection: sequence numbers to offsets, when to wait, and when it is over.
//!
//! * A stream whose SYN was captured starts there. A connection begun before the capture *settles* first: for a few
//!   seconds of capture time, or 64 KiB, it only collects, so that packets in a wrong order find their place.
//! * A hole is lost when the connection ends, when it is too old, or when too much waits behind it. Never because of
//!   an acknowledgement: the receiver may have got what the capture missed.
//! * A reset ends nothing by itself: it may be forged, or overtaken by data.

use std::cmp::Ordering;

use super::assembler::{Assembler, Origin, Tally};
use super::syn_cache::Handshake;
use super::unread::offset;
use super::{ConnectionId, Interest, Opening, StreamHandler};
use crate::flags::{Flag, Flags};
use crate::limits::{
    HOLE_AGE_MAX_S, IDLE_MAX_S, LINGER_S, REORDER_BYTES_MAX, REORDER_SEGMENTS_MAX, RESET_SILENCE_S, SETTLE_BYTES_MAX,
    SETTLE_S, UNDECIDED_BYTES_MAX, WINDOW_MAX,
};
use crate::net::{BySide, Checksum, Segment, SeqNumber, Side};
use crate::packet::Timestamp;
use crate::stats::{Stats, StreamStats};

/// The offset of the byte at a stream's sequence number of reference. Far from zero, so that earlier bytes, which may
/// still come, have an offset too.
const ORIGIN: u64 = 1 << 40;

/// What is to be done with the connection after a segment or an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Keep,
    /// It never was of interest, or its time is over.
    Forget,
}

/// One connection, followed or finished.
pub(super) struct Connection<H> {
    id: ConnectionId,
    handshake: Handshake,
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

struct Followed<H> {
    handler: H,
    streams: BySide<Stream>,
    /// Until when a connection begun before the capture only collects.
    settling: Option<Timestamp>,
    /// When a reset was seen, until data shows that the connection goes on.
    reset: Option<Timestamp>,
    /// Segments with payload, counted as MSNP once the connection is recognised.
    segments: u64,
    counted: bool,
    gaps: Gaps,
}

/// Holes that were declared lost.
#[derive(Default)]
struct Gaps {
    number: u64,
    bytes: u64,
}

#[derive(Default)]
struct Stream {
    /// The sequence number at [`ORIGIN`]; unknown until the first segment if nothing told it.
    origin: Option<SeqNumber>,
    assembler: Assembler,
    /// Offset at which the stream starts, once that is settled.
    start: Option<u64>,
    /// Whether any payload of this direction was captured.
    seen: bool,
    hole_since: Option<Timestamp>,
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
        let midstream = handshake.is_none();
        let mut handshake = handshake.unwrap_or_default();
        // The first segment acknowledges the other side's first byte, if the handshake did not tell it.
        let other = handshake.starts.get_mut(side.other());
        if segment.flags.ack && other.is_none() {
            *other = Some(segment.ack);
        }
        let streams = BySide::new(|side| Stream::new(handshake.start(side), !midstream));
        let followed = Followed {
            handler: H::open(Opening { id, initiator: handshake.initiator }),
            streams,
            settling: midstream.then(|| now.plus_seconds(SETTLE_S)),
            reset: None,
            segments: 0,
            counted: false,
            gaps: Gaps::default(),
        };
        if midstream {
            handshake = Handshake::default();
        }
        Self { id, handshake, last_seen: now, alarm: None, state: State::Followed(Box::new(followed)) }
    }

    pub(super) const fn id(&self) -> ConnectionId {
        self.id
    }

    /// Bytes of memory held for reassembly, roughly.
    pub(super) fn memory(&self) -> usize {
        match &self.state {
            State::Followed(followed) => {
                Side::BOTH.iter().map(|side| followed.streams.get(*side).assembler.memory()).sum()
            }
            State::Stopped | State::Closed => 0,
        }
    }

    /// Whether a handshake with these numbers belongs to this connection, and not to a later one with the same ends.
    pub(super) fn takes_handshake(&mut self, news: &Handshake) -> bool {
        if self.handshake.initiator.is_some() {
            return self.handshake.agrees_with(news);
        }
        // Begun before the capture, as it seemed: the handshake may come late, just before the first byte seen.
        let State::Followed(followed) = &mut self.state else { return false };
        let fits = Side::BOTH.iter().all(|side| match (news.start(*side), followed.streams.get(*side).origin) {
            (Some(start), Some(origin)) => {
                (0..=i64::try_from(SETTLE_BYTES_MAX).unwrap_or(0)).contains(&i64::from(origin.distance_from(start)))
            }
            _ => true,
        });
        if fits && followed.settling.is_some() {
            self.handshake = *news;
            for side in Side::BOTH {
                followed.streams.get_mut(side).learn_start(news.start(side));
            }
        }
        fits
    }

    /// Takes a segment of this connection.
    pub(super) fn push(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        now: Timestamp,
        stats: &mut Stats,
        out: &mut Vec<H::Output>,
    ) -> Fate {
        self.last_seen = now;
        let State::Followed(followed) = &mut self.state else {
            stats.streams.stopped_bytes += offset(segment.payload.len());
            if segment.flags.fin || segment.flags.rst {
                self.state = State::Closed;
            }
            return Fate::Keep;
        };
        followed.note_control(side, segment, now);
        let mut interest = Interest::More;
        if segment.payload_len > 0 && !segment.flags.rst {
            followed.reset = None;
            followed.insert(side, segment, &mut stats.streams);
            interest = followed.advance(side, now, stats, out);
        } else {
            stats.streams.out_of_window_bytes += offset(segment.payload.len());
        }
        self.conclude(interest, stats, out)
    }

    /// Looks at what the passing of time means. `Forget` if the connection's time is over.
    pub(super) fn tick(&mut self, now: Timestamp, stats: &mut Stats, out: &mut Vec<H::Output>) -> Fate {
        let due = |since: Timestamp, seconds: i64| since.plus_seconds(seconds) <= now;
        match &mut self.state {
            State::Closed if due(self.last_seen, LINGER_S) => Fate::Forget,
            State::Stopped if due(self.last_seen, IDLE_MAX_S) => Fate::Forget,
            State::Closed | State::Stopped => Fate::Keep,
            State::Followed(followed) => {
                if due(self.last_seen, IDLE_MAX_S) || followed.reset.is_some_and(|reset| due(reset, RESET_SILENCE_S)) {
                    self.close(Flags::NONE, stats, out);
                    return Fate::Keep;
                }
                let mut interest = Interest::More;
                for side in Side::BOTH {
                    if interest == Interest::More {
                        interest = followed.advance(side, now, stats, out);
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
                let holes = Side::BOTH.iter().filter_map(|side| followed.streams.get(*side).hole_since);
                let holes = holes.map(|since| since.plus_seconds(HOLE_AGE_MAX_S));
                holes.chain(reset).chain(followed.settling).fold(idle, Timestamp::min)
            }
        }
    }

    /// Gives up all holes of the connection, to free memory.
    pub(super) fn relieve(&mut self, stats: &mut Stats, out: &mut Vec<H::Output>) -> Fate {
        let State::Followed(followed) = &mut self.state else { return Fate::Keep };
        stats.streams.memory_bound += 1;
        followed.settling = None;
        let interest = followed.drain(stats, out);
        self.conclude(interest, stats, out)
    }

    /// Ends the connection: what waits comes out, with what is missing declared lost.
    pub(super) fn close(&mut self, flags: Flags, stats: &mut Stats, out: &mut Vec<H::Output>) {
        if let State::Followed(mut followed) = std::mem::replace(&mut self.state, State::Closed) {
            followed.settling = None;
            let interest = followed.drain(stats, out);
            followed.finish(interest, flags, stats, out);
        }
    }

    fn conclude(&mut self, interest: Interest, stats: &mut Stats, out: &mut Vec<H::Output>) -> Fate {
        let State::Followed(followed) = &mut self.state else { return Fate::Keep };
        followed.count_recognised(&mut stats.streams);
        match interest {
            Interest::More if followed.is_complete() => {
                self.close(Flags::NONE, stats, out);
                Fate::Keep
            }
            Interest::More => Fate::Keep,
            Interest::Stop | Interest::Stranger => {
                if let State::Followed(mut followed) = std::mem::replace(&mut self.state, State::Stopped) {
                    followed.finish(interest, Flags::NONE, stats, out);
                }
                if interest == Interest::Stranger { Fate::Forget } else { Fate::Keep }
            }
        }
    }
}

impl<H: StreamHandler> Followed<H> {
    fn note_control(&mut self, side: Side, segment: &Segment<'_>, now: Timestamp) {
        if segment.flags.rst {
            self.reset = Some(now);
        }
        if segment.flags.fin && !segment.flags.rst {
            let stream = self.streams.get_mut(side);
            if let Some(start) = stream.offset_of(segment.data_seq()) {
                stream.assembler.finish_at(start + u64::from(segment.payload_len));
            }
        }
    }

    fn insert(&mut self, side: Side, segment: &Segment<'_>, stats: &mut StreamStats) {
        self.segments += 1;
        if self.counted {
            stats.segments_msn += 1;
        }
        let stream = self.streams.get_mut(side);
        let Some(start) = stream.offset_of(segment.data_seq()) else {
            stats.out_of_window_bytes += offset(segment.payload.len());
            return;
        };
        stream.seen = true;
        let checksum = segment.checksum();
        let mut flags = Flags::NONE;
        flags.raise_if(checksum == Checksum::Invalid, Flag::BadChecksum);
        flags.raise_if(offset(segment.payload.len()) < u64::from(segment.payload_len), Flag::Truncated);
        stats.checksum_bad += u64::from(checksum == Checksum::Invalid);
        let tally = stream.assembler.insert(start, segment.payload, Origin { stamp: segment.stamp, checksum, flags });
        if tally.after_fin == 0 {
            stream.assembler.reaches(start + u64::from(segment.payload_len));
        }
        stats.duplicates += u64::from(tally.delivered == 0 && tally.queued == 0);
        stats.take(tally);
    }

    /// Gives the handler what is in order, and gives up holes that have waited long enough.
    fn advance(&mut self, side: Side, now: Timestamp, stats: &mut Stats, out: &mut Vec<H::Output>) -> Interest {
        if !self.settle(now, &mut stats.streams) {
            return Interest::More;
        }
        loop {
            let interest = self.deliver(side, out);
            let stream = self.streams.get_mut(side);
            let (segments, bytes) = stream.assembler.waiting();
            if segments == 0 {
                stream.hole_since = None;
            }
            if interest != Interest::More || segments == 0 {
                return interest;
            }
            let since = *stream.hole_since.get_or_insert(now);
            let undecided = !self.handler.recognised();
            let bytes_max = if undecided { UNDECIDED_BYTES_MAX } else { REORDER_BYTES_MAX };
            let full = bytes > bytes_max || segments > REORDER_SEGMENTS_MAX;
            if !full && since.plus_seconds(HOLE_AGE_MAX_S) > now {
                return Interest::More;
            }
            stats.streams.reorder_bound += u64::from(full);
            let interest = self.skip_hole(side, &mut stats.streams, out);
            if interest != Interest::More {
                return interest;
            }
        }
    }

    /// Whether the streams' starts are known, or have to be taken as they are by now.
    fn settle(&mut self, now: Timestamp, stats: &mut StreamStats) -> bool {
        if let Some(until) = self.settling {
            let waiting: usize = Side::BOTH.iter().map(|side| self.streams.get(*side).assembler.waiting().1).sum();
            if now < until && offset(waiting) < SETTLE_BYTES_MAX {
                return false;
            }
            self.settling = None;
        }
        for side in Side::BOTH {
            stats.take(self.streams.get_mut(side).settle());
        }
        true
    }

    fn deliver(&mut self, side: Side, out: &mut Vec<H::Output>) -> Interest {
        let stream = self.streams.get_mut(side);
        loop {
            let unread = stream.assembler.unread();
            if unread.bytes().is_empty() {
                return Interest::More;
            }
            let taken = self.handler.data(side, unread, out);
            stream.assembler.take(taken.bytes);
            if taken.interest != Interest::More || taken.bytes == 0 {
                return taken.interest;
            }
        }
    }

    fn skip_hole(&mut self, side: Side, stats: &mut StreamStats, out: &mut Vec<H::Output>) -> Interest {
        let stream = self.streams.get_mut(side);
        let lost = stream.assembler.first_beyond().map_or(0, |beyond| beyond - stream.assembler.end());
        let interest = self.handler.gap(side, stream.assembler.unread(), lost, out);
        self.gaps.count(lost, stats);
        stream.hole_since = None;
        if let Some((_, tally)) = stream.assembler.skip_hole() {
            stats.take(tally);
        }
        interest
    }

    /// Gives the handler all that there is, with every hole given up.
    fn drain(&mut self, stats: &mut Stats, out: &mut Vec<H::Output>) -> Interest {
        for side in Side::BOTH {
            stats.streams.take(self.streams.get_mut(side).settle());
            loop {
                let mut interest = self.deliver(side, out);
                if interest == Interest::More && self.streams.get(side).assembler.waiting().0 > 0 {
                    interest = self.skip_hole(side, &mut stats.streams, out);
                } else if interest == Interest::More {
                    break;
                }
                if interest != Interest::More {
                    return interest;
                }
            }
        }
        Interest::More
    }

    /// Takes leave of the handler.
    fn finish(&mut self, interest: Interest, mut flags: Flags, stats: &mut Stats, out: &mut Vec<H::Output>) {
        for side in Side::BOTH {
            let stream = self.streams.get_mut(side);
            if interest == Interest::More {
                let mut unread = stream.assembler.unread();
                let missing = stream.assembler.missing_at_end();
                if missing > 0 && stream.start.is_some() {
                    self.handler.gap(side, unread, missing, out);
                    unread = unread.after(unread.bytes().len());
                    self.gaps.count(missing, &mut stats.streams);
                    stats.streams.span_bytes += missing;
                }
                self.handler.end(side, unread, stream.assembler.is_complete(), out);
            }
            let dropped = stream.assembler.drop_waiting();
            stats.streams.evicted_bytes += dropped;
            stats.streams.pending_bytes -= dropped;
            stats.streams.span_bytes += stream.start.map_or(0, |start| stream.assembler.end() - start);
        }
        let sides_seen = Side::BOTH.iter().filter(|side| self.streams.get(**side).seen).count();
        flags.raise_if(sides_seen == 1, Flag::OneSided);
        self.handler.close(flags, out);
        self.count_recognised(&mut stats.streams);
        self.handler.account(&mut stats.lines);
        if self.handler.recognised() {
            stats.streams.gaps_msn += self.gaps.number;
            stats.streams.gap_bytes_msn += self.gaps.bytes;
        }
    }

    fn is_complete(&self) -> bool {
        Side::BOTH.iter().all(|side| self.streams.get(*side).assembler.is_complete())
    }

    fn count_recognised(&mut self, stats: &mut StreamStats) {
        if !self.counted && self.handler.recognised() {
            self.counted = true;
            stats.connections_msn += 1;
            stats.segments_msn += self.segments;
        }
    }
}

impl Gaps {
    fn count(&mut self, bytes: u64, stats: &mut StreamStats) {
        self.number += 1;
        self.bytes += bytes;
        stats.gaps += 1;
        stats.gap_bytes += bytes;
    }
}

impl Stream {
    /// A stream whose first byte is at `start`; `certain` if a handshake told so.
    fn new(start: Option<SeqNumber>, certain: bool) -> Self {
        let mut stream = Self { origin: start, ..Self::default() };
        if certain && start.is_some() {
            stream.begin(ORIGIN);
        }
        stream
    }

    fn begin(&mut self, start: u64) -> Tally {
        self.start = Some(start);
        self.assembler.start_at(start)
    }

    /// A handshake that came late tells where the stream starts.
    fn learn_start(&mut self, start: Option<SeqNumber>) {
        if let (Some(start), None) = (start, self.start)
            && let Some(at) = self.offset_of(start)
        {
            self.begin(at);
        }
    }

    /// Fixes the start of a stream that no handshake told: its first byte seen, or the one that the other side's
    /// first acknowledgement named, if that is not far before.
    fn settle(&mut self) -> Tally {
        if self.start.is_some() {
            return Tally::default();
        }
        let Some(first) = self.assembler.first_beyond() else {
            return Tally::default();
        };
        let acknowledged = self.origin.map(|_| ORIGIN);
        let start = acknowledged.filter(|at| *at <= first && first - at <= SETTLE_BYTES_MAX).unwrap_or(first);
        self.begin(start)
    }

    /// The offset of a sequence number, or `None` if it is too far from the rest of the stream to belong to it.
    fn offset_of(&mut self, seq: SeqNumber) -> Option<u64> {
        let origin = *self.origin.get_or_insert(seq);
        // Sequence numbers wrap: the distance is taken from near where the stream is by now.
        let near = if self.start.is_some() { self.assembler.end() } else { ORIGIN };
        let wrapped = u32::try_from((near - ORIGIN.min(near)) % (1 << 32)).unwrap_or(0);
        let distance = i64::from(seq.distance_from(origin.plus(wrapped)));
        if distance.abs() > WINDOW_MAX {
            return None;
        }
        match distance.cmp(&0) {
            Ordering::Less => near.checked_sub(distance.unsigned_abs()),
            Ordering::Equal | Ordering::Greater => near.checked_add(distance.unsigned_abs()),
        }
    }
}

impl StreamStats {
    fn take(&mut self, tally: Tally) {
        self.delivered_bytes += tally.delivered;
        self.duplicate_bytes += tally.duplicate;
        self.conflicting_bytes += tally.conflicting;
        self.after_fin_bytes += tally.after_fin;
        self.pending_bytes = self.pending_bytes.saturating_add_signed(tally.queued);
    }
}
