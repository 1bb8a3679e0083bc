//! A connection that a handler reads: both streams, and when they wait, go on and end.

use std::net::SocketAddr;

use super::assembler::Tally;
use super::losses::Losses;
use super::stream::Stream;
use super::syn_cache::Handshake;
use super::syn_data::SynData;
use super::unread::{Origin, offset};
use super::{ConnectionId, Interest, Opening, StreamHandler, Unread};
use crate::anomaly::Kind;
use crate::clock::Moment;
use crate::flags::{Flag, Flags};
use crate::limits::{
    HOLE_AGE_MAX_S, REORDER_BYTES_MAX, REORDER_SEGMENTS_MAX, SETTLE_BYTES_MAX, SETTLE_S, UNDECIDED_BYTES_MAX,
};
use crate::net::{BySide, Checksum, Segment, SeqNumber, Side};
use crate::packet::{Stamp, Timestamp};
use crate::stats::{Stats, StreamStats};

/// A connection that a handler reads.
pub(super) struct Followed<H> {
    opening: Opening,
    pub(super) handler: H,
    pub(super) streams: BySide<Stream>,
    /// When a reset was seen, until data shows that the connection goes on.
    pub(super) reset: Option<Timestamp>,
    /// Segments with payload, counted as MSNP once the connection is recognised.
    segments: u64,
    counted: bool,
    pub(super) losses: Losses,
}

impl<H: StreamHandler> Followed<H> {
    /// Begins to follow the connection that `segment` belongs to.
    pub(super) fn open(id: ConnectionId, side: Side, segment: &Segment<'_>, handshake: &Handshake) -> Self {
        // The first segment acknowledges about the other side's first byte, if the handshake did not tell it.
        let acknowledged = |of: Side| (of != side && segment.flags.ack).then_some(segment.ack);
        let at_once = handshake.start(side) == Some(segment.data_seq());
        let stream = |of: Side| {
            handshake.start(of).map_or_else(|| Stream::unsettled(acknowledged(of), at_once), Stream::starting_at)
        };
        let opening = Opening { id, initiator: handshake.initiator };
        Self {
            opening,
            handler: H::open(opening),
            streams: BySide::new(stream),
            reset: None,
            segments: 0,
            counted: false,
            losses: Losses::default(),
        }
    }

    /// Bytes of memory held, roughly.
    pub(super) fn memory(&self) -> usize {
        let streams: usize = Side::BOTH.iter().map(|side| self.streams.get(*side).memory()).sum();
        size_of::<Self>() + self.handler.memory() + streams + self.losses.memory()
    }

    /// Whether anything waits behind a hole, or for a word of the other side.
    pub(super) fn waits(&self) -> bool {
        Side::BOTH.iter().any(|side| self.streams.get(*side).waits())
    }

    /// Client and server, if the handshake told who is which.
    fn ends(&self) -> Option<[SocketAddr; 2]> {
        let Opening { id, initiator } = self.opening;
        initiator.map(|client| [id.key.endpoint(client).into(), id.key.endpoint(client.other()).into()])
    }

    /// Whether it was begun before the capture.
    const fn is_midstream(&self) -> bool {
        self.opening.initiator.is_none()
    }

    pub(super) fn note_control(&mut self, side: Side, segment: &Segment<'_>, now: Timestamp) {
        let stream = self.streams.get_mut(side);
        // What has a wrong checksum was thrown away by its receiver.
        if segment.flags.rst && stream.believes_reset(segment.seq) && segment.checksum() != Checksum::Invalid {
            self.reset = Some(now);
        }
        if segment.flags.fin
            && !segment.flags.rst
            && let Some(start) = stream.offset_of(segment.data_seq())
        {
            stream.assembler.finish_at(start + u64::from(segment.payload_len), segment.checksum());
        }
    }

    pub(super) fn insert(&mut self, side: Side, segment: &Segment<'_>, now: Timestamp, stats: &mut Stats) {
        self.segments += 1;
        if self.counted {
            stats.streams.segments_msn += 1;
        }
        if segment.flags.ack {
            self.hear_answer(side.other(), segment.ack, stats);
        }
        let stream = self.streams.get_mut(side);
        let Some(start) = stream.offset_of(segment.data_seq()) else {
            stats.streams.out_of_window_bytes += offset(segment.payload.len());
            return;
        };
        stream.seen = true;
        if stream.start.is_none() {
            stream.settling.get_or_insert(now.plus_seconds(SETTLE_S));
        }
        let checksum = segment.checksum();
        let mut flags = Flags::NONE;
        flags.raise_if(checksum == Checksum::Invalid, Flag::BadChecksum);
        flags.raise_if(offset(segment.payload.len()) < u64::from(segment.payload_len), Flag::Truncated);
        stats.streams.checksum_bad += u64::from(checksum == Checksum::Invalid);
        stats.streams.ip_checksum_bad += u64::from(segment.has_bad_header_checksum());
        if checksum != Checksum::Unverified {
            stats.checksums.note(checksum == Checksum::Invalid);
        }
        let mut tally = Tally::default();
        // What a SYN/ACK carries is not held: its sender speaks to one who waits for it.
        let is_offer = segment.flags.syn && !segment.flags.ack;
        if is_offer && stream.syn_data.as_ref().is_some_and(|held| held.is_copy(segment.payload)) {
            stats.streams.duplicates += 1;
            stats.streams.duplicate_bytes += offset(segment.payload.len());
            return;
        }
        let mut held = (is_offer && stream.can_hold_at(start)).then(|| SynData::at(start));
        for part in segment.parts() {
            let whole = Origin::of(part.stamp);
            let mut origin = Origin { zero: stream.zero(), ack: segment.ack, checksum, flags, ..whole };
            origin.flags.raise_if(part.conflict, Flag::Conflict);
            if let Some(held) = &mut held {
                held.hold(&part, origin);
                continue;
            }
            let start = start + offset(part.offset);
            tally += stream.assembler.insert_part(start, part.bytes, part.offset == 0, origin);
        }
        if let Some(held) = held {
            tally.queued = i64::try_from(held.len()).unwrap_or(i64::MAX);
            stream.syn_data = Some(Box::new(held));
        } else if tally.after_fin == 0 {
            stream.assembler.reaches(start + u64::from(segment.payload_len));
        }
        stats.streams.duplicates += u64::from(tally.delivered == 0 && tally.queued == 0);
        self.count(tally, segment.stamp, stats);
    }

    /// Counts what became of the bytes that the packet `at` brought.
    fn count(&mut self, tally: Tally, at: Stamp, stats: &mut Stats) {
        stats.streams.take(tally);
        if tally.conflicting > 0 {
            self.losses.conflict(tally.conflicting, at);
        }
    }

    /// The other side acknowledged all before `ack` of what `side` said.
    fn hear_answer(&mut self, side: Side, ack: SeqNumber, stats: &mut Stats) {
        let stream = self.streams.get_mut(side);
        if stream.syn_data.is_some()
            && let Some(ack) = stream.offset_of(ack)
            && stream.syn_data.as_ref().is_some_and(|held| held.is_taken(ack))
        {
            self.release_syn_data(side, stats);
        }
    }

    /// A SYN/ACK acknowledged all before `ack` of what the SYN of `side` began.
    pub(super) fn hear_syn_ack(&mut self, side: Side, ack: SeqNumber, stats: &mut Stats) {
        let stream = self.streams.get_mut(side);
        let at = stream.offset_of(ack);
        if let Some((held, at)) = stream.syn_data.as_mut().zip(at) {
            held.answer(at);
        }
        self.hear_answer(side, ack, stats);
    }

    /// What the SYN of `side` carried stands as a copy beside what else is there.
    fn release_syn_data(&mut self, side: Side, stats: &mut Stats) {
        let stream = self.streams.get_mut(side);
        let Some(held) = stream.syn_data.take() else { return };
        let stamp = held.stamp();
        let tally = held.release(&mut stream.assembler);
        self.count(tally, stamp, stats);
    }

    /// Gives the handler what is in order, and gives up holes that have waited long enough.
    pub(super) fn advance(
        &mut self,
        side: Side,
        moment: Moment,
        stats: &mut Stats,
        out: &mut Vec<H::Output>,
    ) -> Interest {
        let stream = self.streams.get(side);
        if stream.syn_data.as_ref().is_some_and(|held| held.end() <= stream.assembler.end()) {
            self.release_syn_data(side, stats);
        }
        self.tell_contradictions(side, out);
        let stream = self.streams.get(side);
        let waiting = offset(stream.assembler.waiting().1);
        if stream.settling.is_some_and(|until| moment.now < until && waiting < SETTLE_BYTES_MAX) {
            return Interest::More;
        }
        let interest = self.settle(side, &mut stats.streams, out);
        if interest != Interest::More {
            return interest;
        }
        loop {
            let interest = self.offer(side, out);
            let stream = self.streams.get_mut(side);
            let (segments, bytes) = stream.assembler.waiting();
            if segments == 0 {
                stream.hole_since = None;
            }
            if interest != Interest::More || segments == 0 {
                return interest;
            }
            let since = *stream.hole_since.get_or_insert(moment.seen);
            let undecided = !self.handler.recognised();
            let bytes_max = if undecided { UNDECIDED_BYTES_MAX } else { REORDER_BYTES_MAX };
            let full = bytes > bytes_max || segments > REORDER_SEGMENTS_MAX;
            if !full && since.plus_seconds(HOLE_AGE_MAX_S) > moment.now {
                return Interest::More;
            }
            if stream.syn_data.is_some() {
                self.release_syn_data(side, stats);
                continue;
            }
            if full {
                stats.streams.reorder_bound += 1;
                let stamp = stream.assembler.last_stamp().unwrap_or(self.opening.id.first);
                self.losses.note(Kind::ReorderBound, stamp, offset(bytes));
            }
            let interest = self.skip_hole(side, &mut stats.streams, out);
            if interest != Interest::More {
                return interest;
            }
        }
    }

    /// Takes the stream's start as it is by now, unless it is known.
    fn settle(&mut self, side: Side, stats: &mut StreamStats, out: &mut Vec<H::Output>) -> Interest {
        let is_midstream = self.is_midstream();
        let stream = self.streams.get_mut(side);
        // Whether or not anything waits: a time that has passed must not be waited for again.
        stream.settling = None;
        if stream.start.is_some() {
            return Interest::More;
        }
        stats.take(stream.settle());
        // A handler knows that nothing is certain of a connection begun before the capture.
        if is_midstream || stream.start.is_none() || stream.is_whole() {
            return Interest::More;
        }
        self.handler.gap(side, Unread::default(), 0, out)
    }

    /// Whether a handshake that came late may tell of this connection, where none has told before.
    pub(super) fn could_have_begun_with(&mut self, news: &Handshake) -> bool {
        Side::BOTH
            .iter()
            .all(|side| news.start(*side).is_none_or(|start| self.streams.get_mut(*side).could_start_at(start)))
    }

    /// Learns from a handshake that came late where the streams start.
    pub(super) fn learn_starts(&mut self, news: &Handshake, stats: &mut StreamStats) {
        for side in Side::BOTH {
            if let Some(start) = news.start(side) {
                stats.take(self.streams.get_mut(side).learn_start(start));
            }
        }
    }

    /// Tells the handler which of the bytes that it took a copy has contradicted since.
    fn tell_contradictions(&mut self, side: Side, out: &mut Vec<H::Output>) {
        for range in self.streams.get_mut(side).assembler.contradicted() {
            self.handler.contradicted(side, range, out);
        }
    }

    /// Gives the handler what is in order of `side`, and what the other side has waited with for it.
    fn offer(&mut self, side: Side, out: &mut Vec<H::Output>) -> Interest {
        let interest = self.deliver(side, out);
        if interest == Interest::More && self.handler.awaits_other(side.other()) {
            return self.deliver(side.other(), out);
        }
        interest
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
        stream.hole_since = None;
        if let Some((_, tally)) = stream.assembler.skip_hole() {
            stats.take(tally);
        }
        let behind = stream.assembler.first_stamp().unwrap_or(self.opening.id.first);
        self.losses.gap(lost, behind, stats);
        interest
    }

    /// Gives the handler all that there is, with every hole given up.
    pub(super) fn drain(&mut self, stats: &mut Stats, out: &mut Vec<H::Output>) -> Interest {
        for side in Side::BOTH {
            let interest = self.settle(side, &mut stats.streams, out);
            if interest != Interest::More {
                return interest;
            }
            self.release_syn_data(side, stats);
            self.tell_contradictions(side, out);
            loop {
                let mut interest = self.offer(side, out);
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
    pub(super) fn finish(&mut self, interest: Interest, mut flags: Flags, stats: &mut Stats, out: &mut Vec<H::Output>) {
        for side in Side::BOTH {
            let stream = self.streams.get_mut(side);
            if interest == Interest::More {
                let mut unread = stream.assembler.unread();
                let missing = stream.assembler.missing_at_end();
                if missing > 0 && stream.start.is_some() {
                    self.handler.gap(side, unread, missing, out);
                    unread = unread.after(unread.bytes().len());
                    let before = stream.assembler.last_stamp().unwrap_or(self.opening.id.first);
                    self.losses.gap(missing, before, &mut stats.streams);
                    stats.streams.span_bytes += missing;
                }
                self.handler.end(side, unread, stream.assembler.is_complete(), out);
            }
            let dropped = stream.drop_waiting();
            stats.streams.evicted_bytes += dropped;
            stats.streams.pending_bytes -= dropped;
            stats.streams.span_bytes += stream.start.map_or(0, |start| stream.assembler.end() - start);
        }
        let sides_seen = Side::BOTH.iter().filter(|side| self.streams.get(**side).seen).count();
        flags.raise_if(sides_seen == 1, Flag::OneSided);
        self.handler.close(flags, out);
        self.count_recognised(stats);
        self.handler.account(stats);
    }

    pub(super) fn is_complete(&self) -> bool {
        Side::BOTH.iter().all(|side| self.streams.get(*side).assembler.is_complete())
    }

    /// Counts the connection, and tells its losses, once it is known to be of interest.
    pub(super) fn count_recognised(&mut self, stats: &mut Stats) {
        if !self.handler.recognised() {
            return;
        }
        if !self.counted {
            self.counted = true;
            stats.streams.connections_msn += 1;
            stats.streams.midstream_msn += u64::from(self.is_midstream());
            stats.streams.segments_msn += self.segments;
        }
        self.losses.tell(self.ends(), stats);
    }
}

#[cfg(test)]
mod tests {
    use super::super::script::{Obedient, key, segment, syn};
    use super::*;
    use crate::tcp::Position;

    /// A connection whose handshake told that its client begins with the number 100; and what it said then.
    fn followed(payload: &[u8]) -> Followed<Obedient> {
        let syn = syn(1, 1, 99);
        let side = side_of(&syn);
        let handshake = Handshake::told_by(&syn, side);
        let mut first = segment(1, 2, 100, payload);
        first.ack = SeqNumber(7000);
        let id = ConnectionId { key: key(1), first: first.stamp };
        let mut followed = Followed::open(id, side, &first, &handshake);
        followed.insert(side, &first, first.stamp.time, &mut Stats::default());
        followed
    }

    fn side_of(segment: &Segment<'_>) -> Side {
        crate::net::FlowKey::new(segment.source, segment.destination, segment.encapsulation).1
    }

    #[test]
    fn bytes_stand_at_the_numbers_of_their_segment() {
        let followed = followed(b"VER 1");
        let unread = followed.streams.get(side_of(&segment(1, 2, 0, b""))).assembler.unread();
        assert_eq!(unread.bytes(), b"VER 1");
        let position = |at: usize| unread.after(at).provenance(1, Flags::NONE).position;
        assert_eq!(position(0), Position { seq: SeqNumber(100), ack: SeqNumber(7000) });
        assert_eq!(position(4), Position { seq: SeqNumber(104), ack: SeqNumber(7000) });
    }

    #[test]
    fn memory_is_that_of_the_streams_and_of_what_was_lost() {
        let mut followed = followed(&[b'x'; 10_000]);
        let least = size_of::<Followed<Obedient>>() + 10_000;
        assert!((least..2 * least).contains(&followed.memory()), "{} bytes", followed.memory());
        let before = followed.memory();
        followed.losses.conflict(1, Stamp::default());
        assert!(followed.losses.memory() > 0);
        assert_eq!(followed.memory(), before + followed.losses.memory());
    }
}
