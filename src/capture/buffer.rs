//! A window that moves over a stream of bytes.
//!
//! It takes the blocks of a [`Stream`], however short they are; gives contiguous bytes to parse in place; keeps one
//! block and the next, which grow to the longest stretch that was asked for (callers ask for no more than a bound of
//! [`limits`](crate::limits)); and never seeks, so that pipes and files read alike.
//!
//! ```text
//! stream   ....gone....|--------- held ---------|....to come....
//! bytes                ^ start                  ^ end
//! ```
//!
//! A stream that fails ends there: what came before is parsed first, then the [failure](Buffer::failure) is told.

use super::error::CaptureErrorKind;
use super::order::in_file;
use super::stream::{Block, Reader, Stream};

/// The part of a stream that is in memory.
pub(super) struct Buffer {
    supply: Supply,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes of the stream before `start`.
    offset: u64,
    /// The last block that came, whose bytes stand in `bytes`.
    block: Block,
    /// The end is not the last word: the file is being written.
    grows: bool,
}

/// Who reads.
enum Supply {
    Stream(Stream),
    Reader(Reader),
}

impl Buffer {
    /// In front of what is to be read.
    pub(super) fn new(stream: Stream) -> Self {
        Self {
            supply: Supply::Stream(stream),
            bytes: Vec::new(),
            start: 0,
            end: 0,
            offset: 0,
            block: Block::default(),
            grows: false,
        }
    }

    /// From here on, what `make` makes of the stream reads it.
    pub(super) fn read_by(&mut self, make: impl FnOnce(Stream) -> Reader) {
        let nothing = Supply::Reader(Box::new(|_| {}));
        self.supply = match std::mem::replace(&mut self.supply, nothing) {
            Supply::Stream(stream) => Supply::Reader(make(stream)),
            reader @ Supply::Reader(_) => reader,
        };
    }

    /// How many bytes of the stream are behind.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// What was last read of it.
    pub(super) const fn last_block(&self) -> &Block {
        &self.block
    }

    /// Why the stream is over before its end, if it is, and if nobody has asked before.
    pub(super) fn failure(&mut self) -> Option<CaptureErrorKind> {
        self.block.failure.take()
    }

    /// Whether the end is not the last word.
    pub(super) const fn grows(&self) -> bool {
        self.grows
    }

    /// Says whether the end is the last word. If it is not, the stream is asked again after it.
    pub(super) fn set_grows(&mut self, grows: bool) {
        self.grows = grows;
        self.block.is_last = false;
    }

    /// All bytes held, without waiting for more.
    #[inline]
    pub(super) fn held(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// At least `wanted` bytes; fewer only where the stream ends.
    #[inline]
    pub(super) fn fill(&mut self, wanted: usize) -> &[u8] {
        if self.end - self.start < wanted {
            self.refill(wanted);
        }
        self.held()
    }

    /// Makes room for that many bytes, so that less is moved where long stretches are looked at from every byte on.
    pub(super) fn reserve(&mut self, len: usize) {
        self.bytes.resize(len.max(self.bytes.len()), 0);
    }

    /// The first `len` bytes held, or what there is of them, and moves past them.
    #[inline]
    pub(super) fn take(&mut self, len: usize) -> &[u8] {
        let from = self.start;
        let len = len.min(self.end - from);
        self.start += len;
        self.offset += in_file(len);
        self.bytes.get(from..self.start).unwrap_or_default()
    }

    /// Moves past `len` bytes without holding them. Gives how many there were: fewer only where the stream ends.
    pub(super) fn skip(&mut self, len: u64) -> u64 {
        let before = self.offset;
        let skipped = |buffer: &Self| buffer.offset - before;
        while skipped(self) < len && !self.fill(1).is_empty() {
            self.take(usize::try_from(len - skipped(self)).unwrap_or(usize::MAX));
        }
        skipped(self)
    }

    /// Bytes that it takes.
    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        self.bytes.capacity()
    }

    #[cold]
    fn refill(&mut self, wanted: usize) {
        while self.end - self.start < wanted && !self.block.is_last {
            match &mut self.supply {
                Supply::Stream(stream) => stream.read(&mut self.block),
                Supply::Reader(read) => read(&mut self.block),
            }
            self.append();
        }
    }

    /// Appends the block: what is held goes in front of it, or, if that is longer, it goes behind what is held.
    fn append(&mut self) {
        let held = self.start..self.end;
        let is_shorter = held.len() <= self.block.bytes().len();
        if let Some(held) = is_shorter.then(|| self.block.join(held, &mut self.bytes)).flatten() {
            (self.start, self.end) = (held.start, held.end);
            return;
        }
        let bytes = self.block.bytes();
        if self.end + bytes.len() > self.bytes.len() {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let end = self.end + bytes.len();
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        if let Some(free) = self.bytes.get_mut(self.end..end) {
            free.copy_from_slice(bytes);
        }
        self.end = end;
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Cursor, Error, ErrorKind, Read};

    use super::*;
    use crate::capture::samples::Trickle;
    use crate::capture::stream::ROOM_LEN;
    use crate::limits::READ_LEN;

    fn numbers(len: usize) -> Vec<u8> {
        (0..=u8::MAX).cycle().take(len).collect()
    }

    #[test]
    fn what_is_asked_for_is_contiguous_however_little_a_read_gives() {
        let bytes = numbers(1000);
        let mut buffer = Buffer::new(Stream::of_read(Box::new(Trickle::new(bytes.clone(), vec![1]))));
        for chunk in bytes.chunks(7) {
            assert_eq!(&buffer.fill(chunk.len())[..chunk.len()], chunk);
            assert_eq!(buffer.take(chunk.len()), chunk);
        }
        assert!(buffer.fill(1).is_empty());
        assert_eq!(buffer.offset(), 1000);
    }

    #[test]
    fn it_grows_for_a_long_stretch_and_gives_less_only_at_the_end() {
        let bytes = numbers(READ_LEN * 3);
        let mut buffer = Buffer::new(Stream::of_read(Box::new(Cursor::new(bytes.clone()))));
        buffer.fill(10);
        buffer.take(10);
        assert_eq!(&buffer.fill(READ_LEN * 2)[..READ_LEN * 2], &bytes[10..READ_LEN * 2 + 10]);
        buffer.take(READ_LEN * 2);
        assert_eq!(buffer.fill(READ_LEN * 2).len(), READ_LEN - 10);
    }

    #[test]
    fn a_skip_holds_nothing_and_says_how_far_it_came() {
        let mut buffer = Buffer::new(Stream::of_read(Box::new(Cursor::new(numbers(READ_LEN * 4)))));
        let len = u64::try_from(READ_LEN).unwrap();
        assert_eq!(buffer.skip(len * 3 + 5), len * 3 + 5);
        assert_eq!(buffer.bytes.len(), ROOM_LEN);
        assert_eq!(buffer.skip(len * 3), len - 5);
        assert_eq!(buffer.offset(), len * 4);
    }

    #[test]
    fn room_is_made_once_and_never_taken_back() {
        let bytes = numbers(10);
        let mut buffer = Buffer::new(Stream::of_read(Box::new(Cursor::new(bytes.clone()))));
        buffer.fill(10);
        for len in [ROOM_LEN * 3, 1] {
            buffer.reserve(len);
            assert_eq!((buffer.bytes.len(), buffer.held()), (ROOM_LEN * 3, &bytes[..]));
        }
    }

    #[test]
    fn it_takes_no_more_room_where_more_is_held_than_a_read_gives() {
        let bytes = numbers(READ_LEN * 2);
        for len in [1, 200_000] {
            let mut buffer = Buffer::new(Stream::of_read(Box::new(Trickle::new(bytes.clone(), vec![len]))));
            for chunk in bytes.chunks(len) {
                buffer.fill(len * 2 + 1);
                assert_eq!(buffer.take(len), chunk);
                assert_eq!(buffer.bytes.len(), ROOM_LEN);
            }
        }
    }

    #[test]
    fn an_interrupted_read_is_read_again_and_any_other_error_is_told() {
        struct Interrupted(u32);
        impl Read for Interrupted {
            fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                match self.0 {
                    1 | 3 => Err(Error::from(ErrorKind::Interrupted)),
                    2 | 4 => {
                        to[0] = 7;
                        Ok(1)
                    }
                    _ => Err(Error::from(ErrorKind::BrokenPipe)),
                }
            }
        }
        let mut buffer = Buffer::new(Stream::of_read(Box::new(Interrupted(0))));
        assert_eq!(buffer.fill(2), [7, 7]);
        assert!(buffer.failure().is_none());
        assert_eq!(buffer.fill(3), [7, 7]);
        assert!(
            matches!(buffer.failure(), Some(CaptureErrorKind::Unreadable(error)) if error.kind() == ErrorKind::BrokenPipe)
        );
    }
}
