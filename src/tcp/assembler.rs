//! One direction of a connection, put in order.
//!
//! ```text
//!  base      taken                end                 a hole            extent
//!   ▼          ▼                   ▼              ┌──────────┐            ▼
//!   ├─history──┼──────unread───────┤··············├──piece───┤············
//!   └───────── buffer ─────────────┘   not captured  beyond      known to exist
//! ```
//!
//! The first trusted copy of a byte wins: what was captured first stays, unless its segment has a wrong checksum, the
//! byte was not taken yet, and a better copy comes. Copies that differ raise [`Flag::Conflict`] on just the bytes from
//! the first difference to the last.
//!
//! Positions are 64-bit offsets, so nothing here wraps; `connection` turns sequence numbers into offsets.

use std::ops::{AddAssign, Range};

use super::pieces::{Pieces, split_at_offset};
use super::unread::offset;
use super::{Origin, Span, Unread};
use crate::flags::Flag;
use crate::limits::HISTORY_LEN;
use crate::net::{Checksum, difference};
use crate::packet::Stamp;

/// What became of the bytes of an inserted segment. Every byte is counted once; the bytes that a better copy pushed
/// out are counted in its stead, as they were counted as queued or delivered before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Bytes that now stand in order, those that waited for them included.
    pub delivered: u64,
    /// Change of the number of bytes that wait behind a hole.
    pub queued: i64,
    /// Bytes known before.
    pub duplicate: u64,
    /// Bytes that differ from what is known.
    pub conflicting: u64,
    /// Bytes behind the end of the stream.
    pub after_fin: u64,
}

/// One direction of a connection, put in order.
///
/// ```
/// use msncensus::flags::Flags;
/// use msncensus::packet::Stamp;
/// use msncensus::tcp::{Assembler, Origin};
///
/// let packet = |frame| Origin::of(Stamp { frame, ..Stamp::default() });
/// let mut stream = Assembler::new(0);
/// stream.insert(8, b"0409\r\n", packet(1));
/// assert!(stream.unread().bytes().is_empty(), "what comes before is missing");
/// stream.insert(0, b"CVR 2 0x04", packet(2));
/// assert_eq!(stream.unread().bytes(), b"CVR 2 0x0409\r\n");
/// assert_eq!(stream.unread().provenance(14, Flags::NONE).frames().len(), 2);
/// ```
#[derive(Debug, Default)]
pub struct Assembler {
    base: u64,
    buffer: Vec<u8>,
    taken: usize,
    /// Cover what is unread without a break, and perhaps what was taken before it.
    spans: Vec<Span>,
    beyond: Pieces,
    /// One past the last byte known to exist, captured or not.
    extent: u64,
    fin: Option<Fin>,
    /// Taken bytes that a copy has contradicted, until somebody asks.
    contradicted: Vec<Range<u64>>,
}

/// Where the sender ended the stream.
#[derive(Clone, Copy, Debug)]
struct Fin {
    at: u64,
    /// Whether the segment that said so can be believed. If not, its receiver threw it away, or its sender left the
    /// checksum to its network card; what goes on behind it tells which.
    is_trusted: bool,
}

impl Assembler {
    /// A stream whose first byte has the offset `start`.
    pub fn new(start: u64) -> Self {
        Self { base: start, extent: start, ..Self::default() }
    }

    /// Moves the start of a stream of which nothing is in order yet.
    pub fn start_at(&mut self, start: u64) -> Tally {
        self.base = start;
        self.extent = self.extent.max(start);
        Tally { delivered: self.absorb(), ..Tally::default() }.out_of_queue()
    }

    /// Offset of the first byte that is missing.
    pub fn end(&self) -> u64 {
        self.base + offset(self.buffer.len())
    }

    /// Offset of the first byte behind the first hole.
    pub fn first_beyond(&self) -> Option<u64> {
        self.beyond.first()
    }

    /// The packet that brought the first byte of what is in order.
    pub fn first_stamp(&self) -> Option<Stamp> {
        self.spans.first().map(|span| span.origin.stamp)
    }

    /// The packet that brought the last byte of what is in order.
    pub fn last_stamp(&self) -> Option<Stamp> {
        self.spans.last().map(|span| span.origin.stamp)
    }

    /// Segments and bytes that wait behind a hole.
    pub fn waiting(&self) -> (usize, usize) {
        (self.beyond.len(), self.beyond.bytes())
    }

    /// Bytes of memory held, roughly.
    pub fn memory(&self) -> usize {
        self.buffer.capacity() + self.spans.capacity() * size_of::<Span>() + self.beyond.memory()
    }

    /// Whether all bytes up to the sender's end stand in order.
    pub fn is_complete(&self) -> bool {
        self.fin.is_some_and(|fin| fin.at == self.end())
    }

    /// Notes that the stream has bytes up to `end`, captured or not.
    pub fn reaches(&mut self, end: u64) {
        self.extent = self.extent.max(end);
    }

    /// Whether the sender may go on, or end, at `position`: no byte before it is missing that could still come, or it
    /// is the end of what is known to exist. A FIN takes a number itself.
    pub fn goes_on_at(&self, position: u64) -> bool {
        (self.end()..=self.extent.max(self.end()) + 1).contains(&position)
    }

    /// Notes that the sender ended the stream at `end`, by a segment with that `checksum`. The first word on it that
    /// can be believed holds. An end before what is in order is none: the receiver had more by then, and did not
    /// believe it either (RFC 9293, 3.10.7.4).
    pub fn finish_at(&mut self, end: u64, checksum: Checksum) {
        let is_trusted = checksum != Checksum::Invalid;
        if end < self.end() || self.fin.is_some_and(|fin| fin.is_trusted || !is_trusted) {
            return;
        }
        self.fin = Some(Fin { at: end, is_trusted });
        self.reaches(end);
    }

    /// Bytes that are known to be missing behind all that was captured.
    pub fn missing_at_end(&self) -> u64 {
        self.fin.map_or(self.extent, |fin| fin.at).saturating_sub(self.end())
    }

    /// The bytes that are in order and not taken.
    pub fn unread(&self) -> Unread<'_> {
        let bytes = self.buffer.get(self.taken..).unwrap_or_default();
        Unread::new(bytes, self.base + offset(self.taken), &self.spans)
    }

    /// Takes `len` unread bytes. They stay a while as history, to notice copies that contradict them.
    pub fn take(&mut self, len: usize) {
        self.taken = (self.taken + len).min(self.buffer.len());
        // Trimmed in batches, so that the cost of moving the rest is spread over many bytes.
        if self.taken > 2 * HISTORY_LEN {
            let gone = self.taken - HISTORY_LEN;
            self.buffer.drain(..gone);
            self.taken -= gone;
            self.base += offset(gone);
            let covering = self.spans.partition_point(|span| span.start <= self.base).saturating_sub(1);
            self.spans.drain(..covering);
        }
    }

    /// Gives up the first hole: the bytes behind it come in order. Returns the hole's length and how many bytes
    /// came, or `None` if nothing waits behind a hole. What was unread before the hole is dropped.
    pub fn skip_hole(&mut self) -> Option<(u64, Tally)> {
        let start = self.first_beyond()?;
        let hole = start - self.end();
        self.buffer.clear();
        self.spans.clear();
        self.taken = 0;
        self.base = start;
        Some((hole, Tally { delivered: self.absorb(), ..Tally::default() }.out_of_queue()))
    }

    /// Drops everything that waits behind a hole; returns how many bytes that were.
    pub fn drop_waiting(&mut self) -> u64 {
        offset(std::mem::take(&mut self.beyond).bytes())
    }

    /// The ranges of taken bytes that copies have contradicted since this was asked last: from the first difference of
    /// each copy to its last.
    pub fn contradicted(&mut self) -> Vec<Range<u64>> {
        std::mem::take(&mut self.contradicted)
    }

    /// Inserts `bytes` at `start`, with which a segment begins.
    pub fn insert(&mut self, start: u64, bytes: &[u8], origin: Origin) -> Tally {
        self.insert_part(start, bytes, true, origin)
    }

    /// Inserts `bytes` at `start`; `is_head` says that a segment begins with them.
    pub fn insert_part(&mut self, start: u64, bytes: &[u8], is_head: bool, origin: Origin) -> Tally {
        let mut tally = Tally::default();
        let is_probe = bytes.len() == 1;
        let bytes = self.before_fin(start, bytes, origin, &mut tally);
        if !bytes.is_empty() {
            self.reaches(start + offset(bytes.len()));
        }
        let waiting = self.beyond.bytes();

        let (old, rest) = split_at_offset(start, bytes, self.base);
        tally.duplicate += offset(old.len());
        let start = start + offset(old.len());
        let (known, fresh) = split_at_offset(start, rest, self.end());
        if !known.is_empty() {
            self.compare_with_buffer(start, known, is_probe, origin, &mut tally);
        }
        if !fresh.is_empty() {
            self.insert_fresh(
                start + offset(known.len()),
                fresh,
                is_head && old.is_empty() && known.is_empty(),
                origin,
                &mut tally,
            );
        }
        tally.delivered += self.absorb();
        tally.queued = signed(self.beyond.bytes()) - signed(waiting);
        tally
    }

    /// What stands before the end of the stream; an end that is not trusted is forgotten if trusted bytes go on behind
    /// it.
    fn before_fin<'a>(&mut self, start: u64, bytes: &'a [u8], origin: Origin, tally: &mut Tally) -> &'a [u8] {
        let Some(fin) = self.fin else { return bytes };
        let (before, after) = split_at_offset(start, bytes, fin.at);
        if !fin.is_trusted && !after.is_empty() && origin.checksum != Checksum::Invalid {
            self.fin = None;
            return bytes;
        }
        tally.after_fin = offset(after.len());
        before
    }

    /// Compares a copy with bytes that are in order already. A keep-alive is a probe of one byte: it resends the byte
    /// before the next one, with anything in it (RFC 9293, 3.8.4).
    fn compare_with_buffer(&mut self, start: u64, copy: &[u8], is_probe: bool, origin: Origin, tally: &mut Tally) {
        let from = usize::try_from(start - self.base).unwrap_or(usize::MAX);
        let range = from..from.saturating_add(copy.len());
        let Some(known) = self.buffer.get(range.clone()) else { return };
        let Some(differing) = difference(known, copy) else {
            tally.duplicate += offset(copy.len());
            self.replace_untrusted(range, copy, origin);
            return;
        };
        let count = known.iter().zip(copy).filter(|(a, b)| a != b).count();
        let late = |len: usize| difference(known.get(..len)?, copy.get(..len)?);
        let late = late(self.taken.saturating_sub(from).min(copy.len()));
        let replaced = self.replace_untrusted(range, copy, origin);
        if is_probe && !replaced && start + 1 == self.end() {
            tally.duplicate += 1;
            return;
        }
        tally.conflicting += offset(count);
        tally.duplicate += offset(copy.len() - count);
        self.contradicted.extend(late.map(|late| start + offset(late.start)..start + offset(late.end)));
        let differing = start + offset(differing.start)..start + offset(differing.end);
        if replaced {
            // What could not be replaced still contradicts the copy.
            self.flag_spans(differing, |span| {
                span.origin.checksum != Checksum::Invalid && span.origin.stamp != origin.stamp
            });
        } else {
            self.flag_spans(differing, |_| true);
        }
    }

    /// Puts `copy` in the place of unread bytes that a segment with a wrong checksum brought, if it is better.
    fn replace_untrusted(&mut self, range: Range<usize>, copy: &[u8], origin: Origin) -> bool {
        if origin.checksum == Checksum::Invalid {
            return false;
        }
        let first = range.start.max(self.taken);
        let (from, to) = (self.base + offset(first), self.base + offset(range.end));
        let untrusted = |span: &Span| span.origin.checksum == Checksum::Invalid;
        if from >= to || !self.spans_within(from..to).iter().any(untrusted) {
            return false;
        }
        self.split_span(from);
        self.split_span(to);
        let ends: Vec<u64> = self.spans_within(from..to).iter().skip(1).map(|span| span.start).chain([to]).collect();
        for (index, end) in (self.spans.partition_point(|span| span.start < from)..).zip(ends) {
            let Some(span) = self.spans.get_mut(index).filter(|span| untrusted(span)) else { continue };
            span.origin = origin;
            let at = |position: u64| usize::try_from(position - self.base).unwrap_or(usize::MAX);
            let (start, end) = (at(span.start), at(end));
            if let (Some(old), Some(new)) =
                (self.buffer.get_mut(start..end), copy.get(start - range.start..end - range.start))
            {
                old.copy_from_slice(new);
            }
        }
        true
    }

    fn flag_spans(&mut self, range: Range<u64>, doubtful: impl Fn(&Span) -> bool) {
        self.split_span(range.start);
        self.split_span(range.end);
        for span in &mut self.spans {
            if range.contains(&span.start) && doubtful(span) {
                span.origin.flags.raise(Flag::Conflict);
            }
        }
    }

    /// The spans that overlap `range`.
    fn spans_within(&self, range: Range<u64>) -> &[Span] {
        let from = self.spans.partition_point(|span| span.start <= range.start).saturating_sub(1);
        let to = self.spans.partition_point(|span| span.start < range.end);
        self.spans.get(from..to).unwrap_or_default()
    }

    /// Makes a span begin at `position`, if one covers it.
    fn split_span(&mut self, position: u64) {
        let next = self.spans.partition_point(|span| span.start <= position);
        if let Some(covering) = next.checked_sub(1).and_then(|index| self.spans.get(index)).copied()
            && covering.start < position
            && position < self.end()
        {
            self.spans.insert(next, Span { start: position, is_head: false, origin: covering.origin });
        }
    }

    /// Inserts bytes that begin at or behind the end of the buffer.
    fn insert_fresh(&mut self, start: u64, bytes: &[u8], is_head: bool, origin: Origin, tally: &mut Tally) {
        let end = start + offset(bytes.len());
        if start == self.end() && self.beyond.first().is_none_or(|beyond| beyond >= end) {
            self.append(bytes, is_head, origin);
            tally.delivered += offset(bytes.len());
        } else {
            self.beyond.insert(start, bytes, is_head, origin, tally);
        }
    }

    fn append(&mut self, bytes: &[u8], is_head: bool, origin: Origin) {
        if self.taken == self.buffer.len() {
            // Nobody asks where bytes came from that were taken.
            self.spans.clear();
            // Most lines come in one segment, and a list begins with room for four.
            self.spans.reserve_exact(1);
        }
        self.spans.push(Span { start: self.end(), is_head, origin });
        self.buffer.extend_from_slice(bytes);
    }

    /// Moves pieces that have become adjacent into the buffer; returns how many bytes that were.
    fn absorb(&mut self) -> u64 {
        let mut moved = 0;
        while let Some(piece) = self.beyond.take_at(self.end()) {
            moved += offset(piece.bytes.len());
            self.append(&piece.bytes, piece.is_head, piece.origin);
        }
        moved
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.delivered += other.delivered;
        self.queued += other.queued;
        self.duplicate += other.duplicate;
        self.conflicting += other.conflicting;
        self.after_fin += other.after_fin;
    }
}

impl Tally {
    /// The bytes that were delivered had waited before.
    fn out_of_queue(self) -> Self {
        Self { queued: -i64::try_from(self.delivered).unwrap_or(i64::MAX), ..self }
    }
}

fn signed(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::Flags;
    use crate::packet::{InputId, Timestamp};

    /// Inserts segments given as `offset:bytes`, one frame each; `!` after the offset marks a wrong checksum.
    fn stream(segments: &str) -> (Assembler, Tally) {
        let mut assembler = Assembler::new(0);
        let mut total = Tally::default();
        for (frame, segment) in (1..).zip(segments.split_whitespace()) {
            let (at, bytes) = segment.split_once(':').unwrap();
            let (at, checksum) = match at.strip_suffix('!') {
                Some(at) => (at, Checksum::Invalid),
                None => (at, Checksum::Valid),
            };
            let stamp = Stamp { input: InputId(0), frame, time: Timestamp::from_nanos(0) };
            let origin = Origin { checksum, ..Origin::of(stamp) };
            total += assembler.insert(at.parse().unwrap(), bytes.as_bytes(), origin);
        }
        (assembler, total)
    }

    fn text(segments: &str) -> String {
        let (assembler, total) = stream(segments);
        let seen: usize = segments.split_whitespace().map(|s| s.split_once(':').unwrap().1.len()).sum();
        let fates = total.delivered + total.duplicate + total.conflicting + total.after_fin;
        assert_eq!(
            offset(seen),
            fates.checked_add_signed(total.queued).unwrap(),
            "every byte has one fate: {segments}"
        );
        String::from_utf8(assembler.unread().bytes().to_vec()).unwrap()
    }

    /// Frames and flags of the first `len` bytes.
    fn origin(segments: &str, len: usize) -> (Vec<u64>, String) {
        let provenance = stream(segments).0.unread().provenance(len, Flags::NONE);
        (provenance.frames().iter().map(|stamp| stamp.frame).collect(), provenance.flags.to_string())
    }

    #[test]
    fn a1_a2_order_does_not_matter() {
        for segments in ["0:abc 3:def 6:ghi", "6:ghi 3:def 0:abc", "3:def 0:abc 6:ghi", "6:ghi 0:abc 3:def"] {
            assert_eq!(text(segments), "abcdefghi", "{segments}");
        }
    }

    #[test]
    fn a3_a_retransmission_is_not_delivered_twice() {
        assert_eq!(text("0:abc 0:abc 3:def 0:abcdef"), "abcdef");
    }

    #[test]
    fn a4_a_longer_retransmission_brings_its_tail() {
        assert_eq!(text("0:abc 0:abcdef"), "abcdef");
        assert_eq!(text("0:abc 1:bcdef"), "abcdef");
    }

    #[test]
    fn a5_a_segment_over_several_holes_fills_them_all() {
        assert_eq!(text("2:c 5:fg 9:j 1:bcdefghijk 0:a"), "abcdefghijk");
        assert_eq!(text("3:def 0:abcdefgh"), "abcdefgh");
    }

    #[test]
    fn a7_the_first_copy_wins_and_the_difference_is_flagged() {
        assert_eq!(text("3:def 0:abcdXXgh"), "abcdefgh");
        assert_eq!(origin("3:def 0:abcdXXgh", 4).1, "");
        assert_eq!(origin("3:def 0:abcdXXgh", 5).1, "conflict");
        assert_eq!(text("0:abc 0:aXc"), "abc");
        assert_eq!(origin("0:abc 0:aXc", 1).1, "");
        assert_eq!(origin("0:abc 0:aXc", 2).1, "conflict");
    }

    #[test]
    fn a8_a_better_copy_replaces_one_with_a_wrong_checksum() {
        assert_eq!(text("0!:abX 0:abc 3:d"), "abcd");
        assert_eq!(origin("0!:abX 0:abc 3:d", 4), (vec![2, 3], String::new()));
        assert_eq!(text("3!:dXf 3:def 0:abc"), "abcdef");
        assert_eq!(text("2!:XXX 3:d 0:ab"), "abXdX");
        assert_eq!(origin("3!:dXf 3:def 0:abc", 6), (vec![2, 3], String::new()));
    }

    #[test]
    fn a8_a_worse_copy_replaces_nothing() {
        assert_eq!(text("0:abc 0!:abX"), "abc");
        assert_eq!(text("3:def 3!:dXf 0:abc"), "abcdef");
    }

    #[test]
    fn a9_of_two_bad_copies_the_first_stays() {
        assert_eq!(text("0!:abc 0!:abX"), "abc");
    }

    #[test]
    fn a14_one_byte_segments_in_any_order() {
        assert_eq!(text("4:e 3:d 2:c 1:b 0:a"), "abcde");
    }

    #[test]
    fn a6_what_contradicts_taken_bytes_is_told_once() {
        let (mut assembler, _) = stream("0:abcdefgh");
        assembler.take(6);
        let origin = |frame| Origin::of(Stamp { frame, ..Stamp::default() });
        assembler.insert(0, b"aXcdXf", origin(2));
        assembler.insert(4, b"efgX", origin(3));
        assembler.insert(5, b"XgX", origin(4));
        assert_eq!(assembler.contradicted(), [1..5, 5..6]);
        assembler.insert(7, b"\0", origin(5));
        assembler.insert(0, b"abcdefgh", origin(6));
        assert_eq!(assembler.contradicted(), []);
    }

    #[test]
    fn a23_a_keep_alive_byte_is_no_conflict() {
        assert_eq!(text("0:abc 2:\0"), "abc");
        assert_eq!(origin("0:abc 2:\0", 3).1, "");
    }

    #[test]
    fn a34_a_segment_adjacent_on_both_sides_closes_the_hole() {
        assert_eq!(text("0:ab 4:ef 2:cd"), "abcdef");
    }

    #[test]
    fn provenance_names_just_the_frames_of_the_bytes() {
        assert_eq!(origin("0:abc 3:def 6:ghi", 3), (vec![1], String::new()));
        assert_eq!(origin("0:abc 3:def 6:ghi", 4), (vec![1, 2], String::new()));
        assert_eq!(origin("6:ghi 3:def 0:abc", 9), (vec![1, 2, 3], String::new()));
    }

    #[test]
    fn the_packets_at_both_ends_of_what_is_in_order_are_known() {
        let (mut assembler, _) = stream("0:ab 2:cd 7:hi");
        let frames = |assembler: &Assembler| {
            [assembler.first_stamp(), assembler.last_stamp()].map(|stamp| stamp.map(|stamp| stamp.frame))
        };
        assert_eq!(frames(&assembler), [Some(1), Some(2)]);
        assembler.skip_hole();
        assert_eq!(frames(&assembler), [Some(3), Some(3)]);
        assert_eq!(frames(&Assembler::default()), [None, None]);
    }

    #[test]
    fn a_given_up_hole_is_measured_and_what_follows_comes() {
        let (mut assembler, _) = stream("0:ab 5:fg");
        let (hole, tally) = assembler.skip_hole().unwrap();
        assert_eq!((hole, tally.delivered, tally.queued), (3, 2, -2));
        assert_eq!(assembler.unread().bytes(), b"fg");
        assert!(assembler.unread().at_boundary());
    }

    #[test]
    fn a22_bytes_behind_the_end_are_left_out() {
        let (mut assembler, _) = stream("0:abc");
        assembler.finish_at(4, Checksum::Valid);
        assert_eq!(assembler.missing_at_end(), 1);
        let stamp = Stamp { input: InputId(0), frame: 9, time: Timestamp::from_nanos(0) };
        let tally = assembler.insert(3, b"dXX", Origin::of(stamp));
        assert_eq!((tally.delivered, tally.after_fin), (1, 2));
        assert!(assembler.is_complete());
    }

    #[test]
    fn the_first_end_that_can_be_believed_holds() {
        for (words, end) in [
            ([(4, Checksum::Valid), (6, Checksum::Valid)], 4),
            ([(4, Checksum::Valid), (6, Checksum::Invalid)], 4),
            ([(4, Checksum::Invalid), (6, Checksum::Valid)], 6),
            ([(4, Checksum::Invalid), (6, Checksum::Invalid)], 4),
        ] {
            let mut assembler = Assembler::new(0);
            for (at, checksum) in words {
                assembler.finish_at(at, checksum);
            }
            assert_eq!(assembler.missing_at_end(), end, "{words:?}");
        }
    }

    #[test]
    fn an_end_that_cannot_be_believed_holds_until_bytes_that_can_go_on_behind_it() {
        for (checksum, bytes, read) in
            [(Checksum::Valid, "cd", "abcd"), (Checksum::Valid, "cdXX", "abcdXX"), (Checksum::Invalid, "cdXX", "abcd")]
        {
            let (mut assembler, _) = stream("0:ab");
            assembler.finish_at(4, Checksum::Invalid);
            assembler.insert(2, bytes.as_bytes(), Origin { checksum, ..Origin::of(Stamp::default()) });
            assert_eq!(assembler.unread().bytes(), read.as_bytes(), "{bytes}, {checksum:?}");
            assert_eq!(assembler.is_complete(), read == "abcd", "{bytes}, {checksum:?}");
        }
    }

    #[test]
    fn history_is_bounded_and_still_contradicts() {
        let mut assembler = Assembler::new(0);
        let origin = |frame| Origin::of(Stamp { frame, ..Stamp::default() });
        for at in 0..100_u64 {
            assembler.insert(at * 1000, &[b'a'; 1000], origin(at));
            assembler.take(1000);
        }
        assert!(assembler.memory() < 4 * HISTORY_LEN, "{}", assembler.memory());
        let recent = assembler.insert(99_000, &[b'b'; 1000], origin(200));
        assert_eq!((recent.conflicting, recent.duplicate), (1000, 0));
        let ancient = assembler.insert(0, &[b'b'; 1000], origin(201));
        assert_eq!((ancient.conflicting, ancient.duplicate), (0, 1000));
    }

    #[test]
    fn a_sender_goes_on_where_its_stream_ends_or_behind_its_end() {
        let goes_on = |segments: &str| {
            let (assembler, _) = stream(segments);
            (0..10).filter(|at| assembler.goes_on_at(*at)).collect::<Vec<u64>>()
        };
        assert_eq!(goes_on(""), [0, 1]);
        assert_eq!(goes_on("0:ab"), [2, 3]);
        assert_eq!(goes_on("0:ab 4:ef"), [2, 3, 4, 5, 6, 7], "up to all that is known to exist");
    }

    #[test]
    fn history_goes_in_batches() {
        for (taken, left) in [(2 * HISTORY_LEN, 2 * HISTORY_LEN), (2 * HISTORY_LEN + 1, HISTORY_LEN)] {
            let mut assembler = Assembler::new(0);
            assembler.insert(0, &vec![b'a'; taken], Origin::of(Stamp::default()));
            assembler.take(taken);
            let copy = assembler.insert(0, &vec![b'b'; taken], Origin::of(Stamp::default()));
            assert_eq!((copy.conflicting, copy.duplicate), (offset(left), offset(taken - left)));
        }
    }

    #[test]
    fn of_history_only_the_spans_are_kept_that_cover_what_is_left() {
        let mut assembler = Assembler::new(0);
        for frame in 0..100 {
            let origin = Origin::of(Stamp { frame, ..Stamp::default() });
            assembler.insert(frame * 1000, &[b'a'; 1000], origin);
            // One byte stays, so that there is always something that is not taken.
            assembler.take(if frame == 0 { 999 } else { 1000 });
            assert!(assembler.spans.len() <= 2 * HISTORY_LEN / 1000 + 2, "{} spans", assembler.spans.len());
            let provenance = assembler.unread().provenance(1, Flags::NONE);
            assert_eq!(provenance.frames().iter().map(|stamp| stamp.frame).collect::<Vec<_>>(), [frame]);
        }
        let differs = assembler.insert(96_000, &[b'b'; 1000], Origin::of(Stamp::default()));
        assert_eq!(differs.conflicting, 1000);
    }

    #[test]
    fn memory_is_that_of_the_bytes_their_spans_and_what_waits() {
        assert_eq!(Assembler::default().memory(), 0);
        let (mut assembler, _) = stream("0:abcdefgh");
        let ordered = 8 + size_of::<Span>();
        assert!((ordered..2 * ordered).contains(&assembler.memory()), "{} bytes", assembler.memory());
        let before = assembler.memory();
        assembler.insert(20, b"xyz", Origin::of(Stamp::default()));
        assert_eq!(assembler.memory(), before + assembler.beyond.memory());
    }
}
