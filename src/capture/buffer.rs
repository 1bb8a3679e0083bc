//! A window that moves over a stream of bytes.
//!
//! It takes any [`Read`], however little each call gives; gives contiguous bytes to parse in place; keeps one
//! allocation, which grows to the longest stretch that was asked for (callers ask for no more than a bound of
//! [`limits`](crate::limits)); and never seeks, so that pipes and files read alike.
//!
//! ```text
//! stream   ....gone....|--------- held ---------|....to come....
//! bytes                ^ start                  ^ end
//! ```

use std::io::{ErrorKind, Read, Result};

use crate::limits::READ_LEN;

/// The part of a stream that is in memory.
pub(super) struct Buffer {
    read: Box<dyn Read + Send>,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes of the stream before `start`.
    offset: u64,
    /// The stream has said that it is over; a terminal would go on if asked again.
    ended: bool,
}

impl Buffer {
    pub(super) fn new(read: Box<dyn Read + Send>) -> Self {
        Self { read, bytes: vec![0; READ_LEN], start: 0, end: 0, offset: 0, ended: false }
    }

    /// How many bytes of the stream are behind.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// All bytes held, without waiting for more.
    pub(super) fn held(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// At least `wanted` bytes; fewer only where the stream ends.
    #[inline]
    pub(super) fn fill(&mut self, wanted: usize) -> Result<&[u8]> {
        if self.end - self.start < wanted {
            self.refill(wanted)?;
        }
        Ok(self.held())
    }

    /// The first `len` bytes held, or what there is of them, and moves past them.
    #[inline]
    pub(super) fn take(&mut self, len: usize) -> &[u8] {
        let from = self.start;
        let len = len.min(self.end - from);
        self.start += len;
        self.offset += u64::try_from(len).unwrap_or(u64::MAX);
        self.bytes.get(from..self.start).unwrap_or_default()
    }

    /// Moves past `len` bytes without holding them. Gives how many there were: fewer only where the stream ends.
    pub(super) fn skip(&mut self, len: usize) -> Result<usize> {
        let mut skipped = 0;
        while skipped < len {
            if self.fill(1)?.is_empty() {
                break;
            }
            skipped += self.take(len - skipped).len();
        }
        Ok(skipped)
    }

    #[cold]
    fn refill(&mut self, wanted: usize) -> Result<()> {
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.bytes.len() < wanted {
            self.bytes.resize(wanted, 0);
        }
        while self.end < wanted && !self.ended {
            let free = self.bytes.get_mut(self.end..).unwrap_or_default();
            match self.read.read(free) {
                Ok(0) => self.ended = true,
                Ok(len) => self.end += len.min(free.len()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Error};

    use super::*;
    use crate::capture::samples::Trickle;

    fn numbers(len: usize) -> Vec<u8> {
        (0..=u8::MAX).cycle().take(len).collect()
    }

    #[test]
    fn what_is_asked_for_is_contiguous_however_little_a_read_gives() {
        let bytes = numbers(1000);
        let mut buffer = Buffer::new(Box::new(Trickle::new(bytes.clone(), vec![1])));
        for chunk in bytes.chunks(7) {
            assert_eq!(&buffer.fill(chunk.len()).unwrap()[..chunk.len()], chunk);
            assert_eq!(buffer.take(chunk.len()), chunk);
        }
        assert!(buffer.fill(1).unwrap().is_empty());
        assert_eq!(buffer.offset(), 1000);
    }

    #[test]
    fn it_grows_for_a_long_stretch_and_gives_less_only_at_the_end() {
        let bytes = numbers(READ_LEN * 3);
        let mut buffer = Buffer::new(Box::new(Cursor::new(bytes.clone())));
        buffer.fill(10).unwrap();
        buffer.take(10);
        assert_eq!(&buffer.fill(READ_LEN * 2).unwrap()[..READ_LEN * 2], &bytes[10..READ_LEN * 2 + 10]);
        buffer.take(READ_LEN * 2);
        assert_eq!(buffer.fill(READ_LEN * 2).unwrap().len(), READ_LEN - 10);
    }

    #[test]
    fn a_skip_holds_nothing_and_says_how_far_it_came() {
        let mut buffer = Buffer::new(Box::new(Cursor::new(numbers(READ_LEN * 4))));
        assert_eq!(buffer.skip(READ_LEN * 3 + 5).unwrap(), READ_LEN * 3 + 5);
        assert_eq!(buffer.bytes.len(), READ_LEN);
        assert_eq!(buffer.skip(READ_LEN * 3).unwrap(), READ_LEN - 5);
        assert_eq!(buffer.offset(), u64::try_from(READ_LEN).unwrap() * 4);
    }

    #[test]
    fn an_interrupted_read_is_read_again_and_any_other_error_is_told() {
        struct Interrupted(u32);
        impl Read for Interrupted {
            fn read(&mut self, to: &mut [u8]) -> Result<usize> {
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
        let mut buffer = Buffer::new(Box::new(Interrupted(0)));
        assert_eq!(buffer.fill(2).unwrap(), [7, 7]);
        assert_eq!(buffer.fill(3).unwrap_err().kind(), ErrorKind::BrokenPipe);
    }
}
