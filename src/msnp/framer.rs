//! Where MSNP lines begin and end in one direction of a conversation.
//!
//! A line ends with LF, and a CR before it belongs to the ending. Some commands are followed by a payload whose length
//! is their last word: chat, notifications, lists. Payloads are skipped by their length, so that what people write can
//! never be taken for a command.
//!
//! ```text
//!             ┌───────────────── line, command without payload ───────────────┐
//!             ▼                                                               │
//!          Aligned ── line of a payload command ──► Payload ── all skipped ───┤
//!             │                                        │                      │
//!            gap                             gap that reaches beyond          │
//!             └────────────────► Lost ◄────────────────┘                      │
//!                                 └─ a strict command where a segment begins, or after the next LF ─┘
//! ```
//!
//! After a gap, and where a capture begins in the middle, nothing proves where a line begins: from there on only lines
//! of strict form are given, and they say so ([`Flag::InferredLineStart`]). The first of them proves enough for payloads
//! to be skipped again.

use std::ops::Range;

use memchr::memchr;

use super::Command;
use super::grammar::{could_become_strict, is_strict, looks_like_command, payload_len};
use crate::flags::{Flag, Flags};
use crate::limits::LINE_LEN_MAX;
use crate::stats::LineStats;
use crate::tcp::{Provenance, Unread};

/// A whole line and where it came from.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) command: Command,
    pub(super) provenance: Provenance,
    /// Where it stands in the stream, its ending included.
    pub(super) range: Range<u64>,
}

impl Line {
    /// Bytes of memory held beyond its own size, roughly.
    pub(super) fn memory(&self) -> usize {
        self.command.memory() + self.provenance.memory()
    }
}

/// What the framer found at the front of the unread bytes.
#[derive(Debug)]
pub(super) enum Step {
    /// A line; its bytes, ending included, number `taken`.
    Line { line: Line, taken: usize },
    /// Bytes that hold no line.
    Skip { taken: usize },
    /// More bytes are needed.
    Wait,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Aligned,
    /// So many bytes of a payload are left.
    Payload(u64),
    /// Within a line that is too long.
    Overlong,
    /// Nothing tells where the next line begins.
    Lost,
}

/// Cuts one direction into lines.
#[derive(Debug)]
pub(super) struct Framer {
    state: State,
    /// Whether a strict line has shown, since nothing told where lines begin, that they begin here.
    confirmed: bool,
    /// Doubts that all further lines share.
    flags: Flags,
    pub(super) stats: LineStats,
}

impl Framer {
    /// A direction that is read from its first byte on, or one that was begun before the capture.
    pub(super) fn new(midstream: bool) -> Self {
        let mut flags = Flags::NONE;
        flags.raise_if(midstream, Flag::Midstream);
        let state = if midstream { State::Lost } else { State::Aligned };
        Self { state, confirmed: false, flags, stats: LineStats::default() }
    }

    /// Looks at the front of the bytes that are unread.
    pub(super) fn step(&mut self, unread: Unread<'_>) -> Step {
        match self.state {
            State::Aligned => self.line(unread),
            State::Payload(left) => self.payload(left, unread),
            State::Overlong => self.overlong(unread),
            State::Lost => self.resume(unread),
        }
    }

    /// The next `len` bytes were not captured.
    pub(super) fn gap(&mut self, unread: Unread<'_>, len: u64) {
        self.flags.raise(Flag::AfterGap);
        match self.state {
            // The payload's end is known, however little of it was captured.
            State::Payload(left) if len <= left => self.enter_payload(left - len),
            State::Aligned | State::Payload(_) | State::Overlong | State::Lost => {
                self.stats.lost_to_gap += u64::from(self.state == State::Aligned && !unread.bytes().is_empty());
                self.lose();
            }
        }
    }

    /// The stream ends here. Gives a last line that lacks its ending, if `finished` proves that it is whole.
    pub(super) fn end(&mut self, unread: Unread<'_>, finished: bool) -> Option<Line> {
        if unread.bytes().is_empty() || self.state != State::Aligned {
            return None;
        }
        let command = Command::parse(trim(unread.bytes()));
        if finished && is_strict(&command) {
            return Some(self.give(unread, unread.bytes().len(), command, Flag::NoEol.into()));
        }
        self.stats.unfinished += 1;
        None
    }

    fn line(&mut self, unread: Unread<'_>) -> Step {
        let bytes = unread.bytes();
        let Some(len) = find_line(bytes) else {
            if bytes.len() > LINE_LEN_MAX {
                self.stats.too_long += 1;
                self.state = State::Overlong;
                return self.overlong(unread);
            }
            return Step::Wait;
        };
        if len > LINE_LEN_MAX {
            self.stats.too_long += 1;
            return Step::Skip { taken: len };
        }
        let command = Command::parse(trim(bytes.get(..len).unwrap_or_default()));
        if self.flags.has(Flag::InferredLineStart) && !is_strict(&command) {
            return self.pass_over(len, &command, unread);
        }
        self.confirmed = true;
        self.stats.lines += 1;
        if let Some(payload) = payload_len(&command) {
            self.enter_payload(payload);
        }
        Step::Line { line: self.give(unread, len, command, Flags::NONE), taken: len }
    }

    /// Passes over a line that cannot be trusted. It may be the end of a chat, which has no line ending of its own: then
    /// a command begins with a later segment, before the LF.
    fn pass_over(&mut self, len: usize, command: &Command, unread: Unread<'_>) -> Step {
        let is_command = self.confirmed && looks_like_command(command);
        if let Some(boundary) = unread.next_boundary().filter(|boundary| *boundary < len && !is_command) {
            self.lose();
            return Step::Skip { taken: boundary };
        }
        self.stats.lines += 1;
        if let Some(payload) = payload_len(command).filter(|_| is_command) {
            self.enter_payload(payload);
        }
        Step::Skip { taken: len }
    }

    fn give(&self, unread: Unread<'_>, len: usize, command: Command, flags: Flags) -> Line {
        let provenance = unread.provenance(len, self.flags | flags);
        let range = unread.range(len);
        Line { command, provenance, range }
    }

    fn enter_payload(&mut self, len: u64) {
        self.state = if len == 0 { State::Aligned } else { State::Payload(len) };
    }

    fn payload(&mut self, left: u64, unread: Unread<'_>) -> Step {
        let here = unread.bytes().len();
        let taken = usize::try_from(left).map_or(here, |left| left.min(here));
        if taken == 0 {
            return Step::Wait;
        }
        self.enter_payload(left.saturating_sub(u64::try_from(taken).unwrap_or(left)));
        Step::Skip { taken }
    }

    /// Where no line start is known: believes a strict command with which a segment begins, else what follows the
    /// next LF.
    fn resume(&mut self, unread: Unread<'_>) -> Step {
        let bytes = unread.bytes();
        let boundary = unread.next_boundary();
        // No further than a line, or this segment, reaches: much may have waited behind the gap.
        let reach = boundary.unwrap_or(bytes.len()).max(LINE_LEN_MAX);
        let line = find_line(bytes.get(..reach).unwrap_or(bytes));
        if unread.at_boundary() {
            match line {
                Some(len) if is_strict(&Command::parse(trim(bytes.get(..len).unwrap_or_default()))) => {
                    self.believe();
                    return self.line(unread);
                }
                None if bytes.len() <= LINE_LEN_MAX && could_become_strict(bytes) => return Step::Wait,
                _ => {}
            }
        }
        // A later segment may begin with a command, even before the next LF.
        match (line, boundary) {
            (Some(len), boundary) if boundary.is_none_or(|boundary| len <= boundary) => {
                self.believe();
                Step::Skip { taken: len }
            }
            (_, Some(boundary)) => Step::Skip { taken: boundary },
            (_, None) if bytes.is_empty() => Step::Wait,
            (_, None) => Step::Skip { taken: bytes.len() },
        }
    }

    /// Within a line that is too long: its end is the next LF, for certain.
    fn overlong(&mut self, unread: Unread<'_>) -> Step {
        let bytes = unread.bytes();
        match memchr(b'\n', bytes) {
            Some(at) => {
                self.state = State::Aligned;
                Step::Skip { taken: at + 1 }
            }
            None if bytes.is_empty() => Step::Wait,
            None => Step::Skip { taken: bytes.len() },
        }
    }

    fn lose(&mut self) {
        self.state = State::Lost;
        self.confirmed = false;
    }

    fn believe(&mut self) {
        self.state = State::Aligned;
        self.flags.raise(Flag::InferredLineStart);
    }
}

/// Length of the line at the front, its LF included. Looks from the front each time: a better copy may have changed
/// bytes that were looked at before, and a line is short.
fn find_line(bytes: &[u8]) -> Option<usize> {
    memchr(b'\n', bytes).map(|at| at + 1)
}

/// The line without its ending: LF and at most one CR before it.
fn trim(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Stamp;
    use crate::tcp::{Origin, Span};

    fn unread<'a>(bytes: &'a [u8], spans: &'a [Span]) -> Unread<'a> {
        Unread::new(bytes, 0, spans)
    }

    fn head(start: u64) -> Span {
        Span { start, is_head: true, origin: Origin::of(Stamp::default()) }
    }

    /// The lines in segments of a direction begun before the capture, and how many were counted.
    fn lines(segments: &[&str]) -> (Vec<String>, u64) {
        let bytes = segments.concat();
        let starts =
            segments.iter().scan(0, |next, segment| Some(std::mem::replace(next, *next + segment.len() as u64)));
        let spans: Vec<Span> = starts.map(head).collect();
        let (mut framer, mut left, mut lines) = (Framer::new(true), unread(bytes.as_bytes(), &spans), Vec::new());
        loop {
            let taken = match framer.step(left) {
                Step::Wait => return (lines, framer.stats.lines),
                Step::Skip { taken } => taken,
                Step::Line { line, taken } => {
                    assert!(line.memory() >= line.command.line().len());
                    lines.push(String::from_utf8_lossy(line.command.line()).into_owned());
                    taken
                }
            };
            left = left.after(taken);
        }
    }

    #[test]
    fn a_line_that_is_too_long_ends_with_its_ending() {
        let mut framer = Framer::new(false);
        let spans = [head(0)];
        let long = [b'x'; LINE_LEN_MAX + 1];
        assert!(matches!(framer.step(unread(&long, &spans)), Step::Skip { taken } if taken == long.len()));
        assert!(matches!(framer.step(unread(b"", &spans)), Step::Wait));
        assert!(matches!(framer.step(unread(b"xx", &spans)), Step::Skip { taken: 2 }));
        assert!(matches!(framer.step(unread(b"x\nVER 1 MSNP8\r\n", &spans)), Step::Skip { taken: 2 }));
        assert!(matches!(framer.step(unread(b"VER 1 MSNP8\r\n", &spans)), Step::Line { taken: 13, .. }));
        assert_eq!((framer.stats.too_long, framer.stats.lines), (1, 1));
    }

    #[test]
    fn where_a_line_start_was_inferred_a_segment_cuts_text_and_no_command() {
        let (first, last) = ("VER 1 MSNP8 CVR0\r\n", "VER 2 MSNP9 CVR0\r\n");
        let found = |between: &[&str]| {
            let (lines, counted) = lines(&[&[first][..], between, &[last]].concat());
            assert_eq!(lines, ["VER 1 MSNP8 CVR0", "VER 2 MSNP9 CVR0"], "{between:?}");
            counted
        };
        assert_eq!(found(&["PN", "G\r\n"]), 3, "a command in two segments");
        assert_eq!(found(&["hello\r\n"]), 3, "a line that ends with its segment");
        assert_eq!(found(&["hello"]), 2, "the end of a chat");
    }

    #[test]
    fn a_line_is_too_long_one_byte_behind_the_bound() {
        let (mut framer, spans) = (Framer::new(false), [head(0)]);
        let long = [b'x'; LINE_LEN_MAX + 1];
        assert!(matches!(framer.step(unread(&long[1..], &spans)), Step::Wait));
        assert_eq!(framer.stats.too_long, 0);
        assert!(matches!(framer.step(unread(&long, &spans)), Step::Skip { .. }));
        assert_eq!(framer.stats.too_long, 1);
    }

    #[test]
    fn a_gap_costs_a_line_where_one_had_begun() {
        for (midstream, bytes, lost) in [(false, "VER 1", 1), (false, "", 0), (true, "VER 1", 0), (true, "", 0)] {
            let (mut framer, spans) = (Framer::new(midstream), [head(0)]);
            framer.gap(unread(bytes.as_bytes(), &spans), 9);
            assert_eq!(framer.stats.lost_to_gap, lost, "{midstream} {bytes:?}");
        }
    }
}
