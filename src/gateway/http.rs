//! One HTTP message after the other out of one direction of a connection.
//!
//! ```text
//!        ┌──────────── the body's end ────────────┐
//!        ▼                                        │
//!       Head ── whole ──► Length, Chunk.., UntilClose
//!        │                     │            │
//!        └──── gap, no head ───┴► Lost ◄────┘ gap beyond the body's end
//!                                 └─ a segment begins with a request or a status line ─► Head
//! ```

use httparse::{Status, parse_chunk_size};
use memchr::memchr;

use super::head::{self, Framing, Head};
use super::recognise::looks_like_head;
use crate::limits::HEAD_LEN_MAX;
use crate::tcp::{Role, Unread};

/// Longest line between chunks, in bytes: a number and extensions that nobody uses.
const CHUNK_LINE_LEN_MAX: usize = 1_024;

/// What was found at the front of the unread bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A head, and the body that it announces begins.
    Head { head: Head, taken: usize },
    /// The next bytes of the body.
    Body { len: usize },
    /// The body is whole.
    End,
    /// Bytes that belong to no body.
    Skip { taken: usize },
    /// What should be a head, or the length of a chunk, is none.
    Bad { taken: usize },
    /// More bytes are needed.
    Wait,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    Length(u64),
    ChunkSize,
    ChunkData(u64),
    ChunkEnd,
    Trailer,
    UntilClose,
    Lost,
}

/// What a gap did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hit {
    /// It lies within a body whose end is known still.
    Body,
    /// It took the end of a body, or heads and whole messages.
    Messages,
}

/// Reads one direction.
#[derive(Debug)]
pub(super) struct Reader {
    role: Role,
    state: State,
}

impl Reader {
    /// What `role` sends; `lost` says that nothing proves that a message begins with the next byte.
    pub(super) const fn new(role: Role, lost: bool) -> Self {
        Self { role, state: if lost { State::Lost } else { State::Head } }
    }

    /// Looks at the front of the bytes that are unread.
    pub(super) fn step(&mut self, unread: Unread<'_>) -> Step {
        let bytes = unread.bytes();
        match self.state {
            State::Length(0) => self.end(),
            _ if bytes.is_empty() => Step::Wait,
            State::Head => self.head(bytes),
            State::Length(left) => self.part(bytes, left, State::Length),
            State::ChunkSize => self.chunk_size(bytes),
            State::ChunkData(left) => self.part(bytes, left, State::ChunkData),
            State::ChunkEnd => self.chunk_end(bytes),
            State::Trailer => self.trailer(bytes),
            State::UntilClose => Step::Body { len: bytes.len() },
            State::Lost => self.resume(unread),
        }
    }

    /// The response whose head was just given has no body.
    pub(super) const fn without_body(&mut self) {
        self.state = State::Length(0);
    }

    /// The next `len` bytes were not captured.
    pub(super) const fn gap(&mut self, len: u64) -> Hit {
        self.state = match self.state {
            State::Length(left) if len <= left => State::Length(left - len),
            State::ChunkData(left) if len == left => State::ChunkEnd,
            State::ChunkData(left) if len < left => State::ChunkData(left - len),
            State::UntilClose => State::UntilClose,
            _ => {
                self.state = State::Lost;
                return Hit::Messages;
            }
        };
        Hit::Body
    }

    /// Whether a message may begin with the next byte.
    pub(super) const fn is_between(&self) -> bool {
        matches!(self.state, State::Head)
    }

    /// Whether the body that is being read is whole if the stream ends here.
    pub(super) const fn is_whole_at_end(&self) -> bool {
        matches!(self.state, State::UntilClose | State::Length(0))
    }

    fn head(&mut self, bytes: &[u8]) -> Step {
        let Some(len) = head::find_end(bytes) else {
            return if bytes.len() > HEAD_LEN_MAX { self.bad_head() } else { Step::Wait };
        };
        let whole = bytes.get(..len).filter(|_| len <= HEAD_LEN_MAX);
        let read = if self.role == Role::Client { head::request } else { head::response };
        let Some(head) = whole.and_then(read) else { return self.bad_head() };
        self.state = match head.framing {
            Framing::Length(len) => State::Length(len),
            Framing::Chunked => State::ChunkSize,
            Framing::UntilClose => State::UntilClose,
        };
        Step::Head { head, taken: len }
    }

    fn part(&mut self, bytes: &[u8], left: u64, state: impl Fn(u64) -> State) -> Step {
        let len = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
        let left = left.saturating_sub(u64::try_from(len).unwrap_or(left));
        self.state = state(left);
        if self.state == State::ChunkData(0) {
            self.state = State::ChunkEnd;
        }
        Step::Body { len }
    }

    fn chunk_size(&mut self, bytes: &[u8]) -> Step {
        match parse_chunk_size(bytes) {
            Ok(Status::Complete((taken, size))) => {
                self.state = if size == 0 { State::Trailer } else { State::ChunkData(size) };
                Step::Skip { taken }
            }
            Ok(Status::Partial) if bytes.len() <= CHUNK_LINE_LEN_MAX => Step::Wait,
            _ => self.bad(),
        }
    }

    fn chunk_end(&mut self, bytes: &[u8]) -> Step {
        let taken = match bytes {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            [b'\r'] => return Step::Wait,
            _ => return self.bad(),
        };
        self.state = State::ChunkSize;
        Step::Skip { taken }
    }

    /// Headers behind the last chunk, up to an empty line.
    fn trailer(&mut self, bytes: &[u8]) -> Step {
        match memchr(b'\n', bytes) {
            Some(at) => {
                let is_empty = bytes.get(..at).is_some_and(|line| line.trim_ascii().is_empty());
                if is_empty {
                    self.state = State::Length(0);
                }
                Step::Skip { taken: at + 1 }
            }
            None if bytes.len() <= HEAD_LEN_MAX => Step::Wait,
            None => self.bad(),
        }
    }

    const fn end(&mut self) -> Step {
        self.state = State::Head;
        Step::End
    }

    const fn bad(&mut self) -> Step {
        self.state = State::Lost;
        Step::Bad { taken: 0 }
    }

    /// The same of what begins as a head does: it must not be believed again.
    const fn bad_head(&mut self) -> Step {
        self.state = State::Lost;
        Step::Bad { taken: 1 }
    }

    /// Where no message is known to begin: believes a segment that begins as one does.
    fn resume(&mut self, unread: Unread<'_>) -> Step {
        let bytes = unread.bytes();
        if unread.at_boundary() {
            match looks_like_head(bytes, self.role) {
                Some(true) => {
                    self.state = State::Head;
                    return self.head(bytes);
                }
                Some(false) => {}
                None => return Step::Wait,
            }
        }
        Step::Skip { taken: unread.next_boundary().unwrap_or(bytes.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Stamp;
    use crate::tcp::{Origin, Span};

    /// What a server's stream of one segment holds: bodies, `|` for the end of each, `~` for what is bad, `?` for the rest.
    fn read(bytes: &[u8]) -> String {
        let spans = [Span { start: 0, is_head: true, origin: Origin::of(Stamp::default()) }];
        let unread = Unread::new(bytes, 0, &spans);
        let mut reader = Reader::new(Role::Server, false);
        let (mut text, mut at) = (String::new(), 0);
        loop {
            at += match reader.step(unread.after(at)) {
                Step::Wait => break,
                Step::Head { taken, .. } | Step::Skip { taken } => taken,
                Step::Body { len } => {
                    text.push_str(str::from_utf8(&bytes[at..at + len]).unwrap());
                    len
                }
                Step::End => {
                    text.push('|');
                    0
                }
                Step::Bad { taken } => {
                    text.push('~');
                    taken
                }
            };
        }
        text.push_str(if at < bytes.len() { "?" } else { "" });
        text
    }

    const HEAD: &str = "HTTP/1.1 200 OK\r\n";

    #[test]
    fn bodies_follow_each_other() {
        let two = format!("{HEAD}Content-Length: 3\r\n\r\nabc\r\n{HEAD}Content-Length: 0\r\n\r\n{HEAD}\r\nxyz");
        assert_eq!(read(two.as_bytes()), "abc||xyz");
        let chunked =
            format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nab\r\n1\r\nc\r\n0\r\nX: y\r\n\r\n{HEAD}");
        assert_eq!(read(chunked.as_bytes()), "abc|?");
    }

    #[test]
    fn what_is_no_head_and_no_chunk_is_told_once() {
        assert_eq!(read(format!("{HEAD}Content-Length: x\r\n\r\nabc").as_bytes()), "~");
        assert_eq!(read(format!("{HEAD}{}", "X: y\r\n".repeat(2_000)).as_bytes()), "~");
        let chunked = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n");
        assert_eq!(read(chunked.as_bytes()), "ab~");
        assert_eq!(read(format!("{HEAD}Transfer-Encoding: chunked\r\n\r\nxyz\r\n").as_bytes()), "~");
    }

    #[test]
    fn a_gap_ends_with_the_body_or_loses_messages() {
        for (state, len, hit) in [
            (State::Length(7), 7, Hit::Body),
            (State::Length(7), 8, Hit::Messages),
            (State::ChunkData(7), 7, Hit::Body),
            (State::ChunkData(7), 8, Hit::Messages),
            (State::UntilClose, 99, Hit::Body),
            (State::Head, 1, Hit::Messages),
            (State::Length(7), u64::MAX, Hit::Messages),
        ] {
            let mut reader = Reader { role: Role::Server, state };
            assert_eq!(reader.gap(len), hit, "{state:?} {len}");
            assert_eq!(reader.state == State::Lost, hit == Hit::Messages);
        }
    }
}
