//! A pipe whose other end may fall silent, read by a thread of its own, so that the run hears a stop while nothing comes.
//!
//! It takes a pipe or whatever else is no regular file; gives its bytes in order; keeps at most [`CHUNKS_MAX`] chunks;
//! and leaves the thread behind when it is given up: a blocked read cannot be called back, and ends with the process.
//!
//! After a stop the other end has [`LAST_WORDS`] to end by itself. A `tcpdump` in front of the pipe hears the same
//! Ctrl-C, and only then writes the packets that it still holds.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::LOOK_EVERY;
use crate::capture::Source;

/// Bytes read at once: what a pipe of Linux holds.
const CHUNK_LEN: usize = 64 * 1024;

/// Chunks that wait to be used; so 1 MiB at most.
const CHUNKS_MAX: usize = 16;

/// How long the other end may go on after a stop. A person who pressed Ctrl-C waits a second without pressing it again.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Why a pipe is not read on: the run was stopped. No system says this; a file on another machine may well time out.
#[derive(Debug, Error)]
#[error("the run was stopped")]
struct GivenUp;

/// What comes out of a pipe.
pub(super) struct Pipe {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: io::Cursor<Vec<u8>>,
    stop: Arc<AtomicBool>,
    /// When the other end must be done; `None` before a stop.
    until: Option<Instant>,
    /// How many of the chunks that had come by then are still taken.
    left: usize,
}

impl Pipe {
    /// Begins to read `source`. Opening a named pipe waits for its other end, so that also is left to the thread.
    pub(super) fn open(source: Source, stop: Arc<AtomicBool>) -> Self {
        let (sender, chunks) = sync_channel(CHUNKS_MAX);
        thread::spawn(move || match source {
            Source::Stdin => pump(io::stdin(), &sender),
            Source::Path(path) => match File::open(path) {
                Ok(file) => pump(file, &sender),
                // Whoever would hear of it may be gone.
                Err(error) => drop(sender.send(Err(error))),
            },
        });
        Self { chunks, chunk: io::Cursor::default(), stop, until: None, left: CHUNKS_MAX }
    }

    /// Whether a read failed because the run was stopped.
    pub(super) fn gave_up(error: &io::Error) -> bool {
        matches!(error.get_ref(), Some(inner) if inner.is::<GivenUp>())
    }

    /// Time left to wait for the next look at the stop flag; `None` if the run was stopped long enough ago.
    fn patience(&mut self) -> Option<Duration> {
        if !self.stop.load(Ordering::Relaxed) {
            return Some(LOOK_EVERY);
        }
        let until = *self.until.get_or_insert_with(|| Instant::now() + LAST_WORDS);
        let left = until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left.min(LOOK_EVERY))
    }
}

impl Read for Pipe {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            let len = self.chunk.read(to)?;
            if len > 0 || to.is_empty() {
                return Ok(len);
            }
            let patience = self.patience();
            if patience.is_none() {
                // What came in time is not lost because this thread was late; whoever never ends is not heard for ever.
                let Some(left) = self.left.checked_sub(1) else { return Err(io::Error::other(GivenUp)) };
                self.left = left;
            }
            match self.chunks.recv_timeout(patience.unwrap_or_default()) {
                Ok(chunk) => self.chunk = io::Cursor::new(chunk?),
                Err(RecvTimeoutError::Timeout) if patience.is_none() => return Err(io::Error::other(GivenUp)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
            }
        }
    }
}

/// Sends what `source` gives until it ends, fails, or nobody wants more.
fn pump(mut source: impl Read, sender: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut chunk = vec![0; CHUNK_LEN];
        let sent = match source.read(&mut chunk) {
            Ok(0) => return,
            Ok(len) => {
                chunk.truncate(len);
                sender.send(Ok(chunk))
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return drop(sender.send(Err(error))),
        };
        if sent.is_err() {
            return;
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::io::Write;
    use std::path::PathBuf;
    use std::process::Command;

    use super::*;

    /// A named pipe in a directory of its own.
    fn fifo() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        (directory, path)
    }

    #[test]
    fn bytes_come_in_order_and_the_end_is_the_end() {
        let (_directory, path) = fifo();
        let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(CHUNK_LEN * 5 / 2).collect();
        let (sent, to) = (bytes.clone(), path.clone());
        let writer = thread::spawn(move || std::fs::write(to, sent).unwrap());
        let mut read = Vec::new();
        Pipe::open(Source::Path(path), Arc::default()).read_to_end(&mut read).unwrap();
        writer.join().unwrap();
        assert!(read == bytes);
    }

    #[test]
    fn a_stop_is_heard_while_nobody_opens_the_other_end() {
        let (_directory, path) = fifo();
        let mut pipe = Pipe::open(Source::Path(path), Arc::new(AtomicBool::new(true)));
        assert!(Pipe::gave_up(&pipe.read(&mut [0; 8]).unwrap_err()));
    }

    /// As a file on another machine does that is gone.
    #[test]
    fn a_file_that_cannot_be_reached_was_not_stopped() {
        assert!(!Pipe::gave_up(&ErrorKind::TimedOut.into()));
    }

    #[test]
    fn after_a_stop_the_last_words_are_heard() {
        let (_directory, path) = fifo();
        let stop = Arc::new(AtomicBool::new(false));
        let mut pipe = Pipe::open(Source::Path(path.clone()), Arc::clone(&stop));
        let mut writer = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        stop.store(true, Ordering::Relaxed);
        writer.write_all(b"bye").unwrap();
        let mut read = [0; 8];
        assert_eq!(pipe.read(&mut read).unwrap(), 3);
        drop(writer);
        assert_eq!(pipe.read(&mut read).unwrap(), 0);
    }

    /// A pipe whose time is over when it is first looked at.
    fn late(chunks: Receiver<io::Result<Vec<u8>>>) -> Pipe {
        let (stop, until) = (Arc::new(AtomicBool::new(true)), Some(Instant::now()));
        Pipe { chunks, chunk: io::Cursor::default(), stop, until, left: CHUNKS_MAX }
    }

    #[test]
    fn what_came_in_time_is_heard_by_who_is_late() {
        let (sender, chunks) = sync_channel(CHUNKS_MAX);
        for _ in 0..3 {
            sender.send(Ok(b"bye".to_vec())).unwrap();
        }
        let (mut pipe, mut read) = (late(chunks), Vec::new());
        assert!(Pipe::gave_up(&pipe.read_to_end(&mut read).unwrap_err()));
        assert_eq!(read, b"byebyebye");
    }

    #[test]
    fn whoever_never_ends_is_not_heard_for_ever() {
        let (sender, chunks) = sync_channel(CHUNKS_MAX);
        let talker = thread::spawn(move || while sender.send(Ok(b"and".to_vec())).is_ok() {});
        let mut pipe = late(chunks);
        assert!(Pipe::gave_up(&pipe.read_to_end(&mut Vec::new()).unwrap_err()));
        drop(pipe);
        talker.join().unwrap();
    }
}
