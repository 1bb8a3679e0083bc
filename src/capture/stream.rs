//! Where the bytes of a capture come from, one block after another.
//!
//! It takes a file, whatever else can be read, or a decompressor; gives blocks, in order; keeps nothing of them; and
//! leaves out who reads: whoever uses the blocks, or others ahead of it. For these, what must be done in turn (to say
//! which part of a file comes next) is apart from what need not (to read it), so that several can read one file at a
//! time.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::mem;
use std::ops::Range;
use std::sync::Arc;

use super::compressed::Decompressor;
use super::error::CaptureErrorKind;
use super::order::in_file;
use crate::limits::{FIRST_READ_LEN, READ_LEN};

/// Room in front of a block for what is left of the one before it: seldom more than half a packet.
const HEADROOM: usize = 64 * 1024;
/// The kernel copies pages nearly twice as fast to where pages begin: a fifth of the time that a large capture takes.
const PAGE_LEN: usize = 4096;
/// What a block takes.
pub(super) const ROOM_LEN: usize = HEADROOM + PAGE_LEN + READ_LEN;

/// Who reads a [`Stream`] for those that use it: takes a block that was used, and leaves the next one in its place.
pub type Reader = Box<dyn FnMut(&mut Block) + Send>;

/// Some bytes of a stream.
#[derive(Debug, Default)]
pub struct Block {
    /// Room for what is left of the block before, and then the bytes.
    room: Vec<u8>,
    /// Where the bytes are.
    filled: Range<usize>,
    /// Bytes of the file behind the reader when these were read: not as many as were given, if it is compressed.
    pub(super) consumed: u64,
    /// Whether the stream ends behind these bytes.
    pub(super) is_last: bool,
    /// Why it ends before its end.
    pub(super) failure: Option<CaptureErrorKind>,
    /// Whether there is something behind all that could be decompressed.
    pub(super) has_trailing_garbage: bool,
}

impl Block {
    /// Whether the stream ends behind it.
    pub const fn is_last(&self) -> bool {
        self.is_last
    }

    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        self.room.get(self.filled.clone()).unwrap_or_default()
    }

    /// Joins the bytes to those that are `left` in `room`, and exchanges `room` for the one in which all of them stand
    /// now. Says where, or does nothing if what is left is too long.
    pub(super) fn join(&mut self, left: Range<usize>, room: &mut Vec<u8>) -> Option<Range<usize>> {
        let start = self.filled.start.checked_sub(left.len())?;
        self.room.get_mut(start..self.filled.start)?.copy_from_slice(room.get(left)?);
        mem::swap(&mut self.room, room);
        Some(start..self.filled.end)
    }

    /// Takes what `read` gives until there are `wanted` bytes, or once if it is to be `once`: who waits for a pipe
    /// wants what is there. Nothing means the end.
    fn fill(&mut self, wanted: usize, once: bool, mut read: impl FnMut(&mut [u8]) -> Result<usize, CaptureErrorKind>) {
        // A room that grew for a long record shrinks again.
        if self.room.len() != ROOM_LEN {
            self.room = vec![0; ROOM_LEN];
        }
        let start = HEADROOM + self.room.as_ptr().align_offset(PAGE_LEN) % PAGE_LEN;
        let wanted = start + wanted;
        (self.filled, self.is_last, self.failure) = (start..start, false, None);
        while self.filled.end < wanted && !self.is_last {
            let free = self.room.get_mut(self.filled.end..wanted).unwrap_or_default();
            match read(free) {
                Ok(0) => self.is_last = true,
                Ok(len) => self.filled.end += len.min(free.len()),
                Err(failure) => (self.is_last, self.failure) = (true, Some(failure)),
            }
            if once {
                return;
            }
        }
    }
}

/// What blocks are read from.
pub struct Stream {
    source: Source,
    is_begun: bool,
}

enum Source {
    /// A regular file, and how far it was read.
    File(Arc<File>, u64),
    /// Anything else.
    Read(Box<dyn Read + Send>),
    Compressed(Box<Decompressor>),
}

/// Part of a file that is still to be read into a block.
pub struct FilePart {
    file: Arc<File>,
    offset: u64,
    len: usize,
}

impl Stream {
    /// A regular file.
    pub(super) fn of_file(file: File) -> Self {
        Self::of(Source::File(Arc::new(file), 0))
    }

    /// Anything that is to be read in order.
    pub(super) fn of_read(read: Box<dyn Read + Send>) -> Self {
        Self::of(Source::Read(read))
    }

    /// What `decompressor` gives.
    pub(super) fn decompressing(decompressor: Decompressor) -> Self {
        Self::of(Source::Compressed(Box::new(decompressor)))
    }

    const fn of(source: Source) -> Self {
        Self { source, is_begun: false }
    }

    /// Takes the next bytes into `block`, all but what may be done by anyone at any time: that is left to the caller.
    pub fn next(&mut self, block: &mut Block) -> Option<FilePart> {
        // The first look at a file is often the last one.
        let len = if mem::replace(&mut self.is_begun, true) { READ_LEN } else { FIRST_READ_LEN };
        match &mut self.source {
            Source::File(file, at) => {
                let offset = *at;
                *at += in_file(len);
                return Some(FilePart { file: Arc::clone(file), offset, len });
            }
            Source::Read(read) => block.fill(len, true, |to| uninterrupted(|| read.read(to))),
            Source::Compressed(decompressor) => {
                block.fill(len, false, |to| decompressor.read(to));
                block.consumed = decompressor.consumed();
                block.has_trailing_garbage = decompressor.has_trailing_garbage();
            }
        }
        None
    }

    /// Reads the next bytes into `block`.
    pub(super) fn read(&mut self, block: &mut Block) {
        if let Some(part) = self.next(block) {
            part.read(block);
        }
    }
}

impl FilePart {
    /// Reads it into `block`.
    pub fn read(self, block: &mut Block) {
        let mut offset = self.offset;
        block.fill(self.len, false, |to| {
            let len = uninterrupted(|| read_at(&self.file, to, offset))?;
            offset += in_file(len);
            Ok(len)
        });
    }
}

/// Reads again as often as a signal interrupts it.
fn uninterrupted(mut read: impl FnMut() -> io::Result<usize>) -> Result<usize, CaptureErrorKind> {
    loop {
        match read() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result.map_err(CaptureErrorKind::Unreadable),
        }
    }
}

#[cfg(unix)]
fn read_at(file: &File, to: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, to, offset)
}

#[cfg(windows)]
fn read_at(file: &File, to: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, to, offset)
}
