//! Threads that read a file, and decompress it, ahead of the one that looks at its packets.
//!
//! They take the stream of a file; give its blocks in the order of the file, whoever read them; keep as many blocks as there
//! are threads, and two more; and leave out what is in the blocks: packets are looked at by one thread, in their order, so
//! that nothing can depend on how many read.
//!
//! ```text
//! stream ─┬─ block 4 ─ helper ──┐
//!         ├─ block 3 ─ helper ──┼─ ready ─ block 2 ─ the run
//!         └─ block 5 ─ the run ─┘   ^
//!            (if nobody has begun it when it is wanted)
//! ```

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::capture::{Block, Reader, Stream};

/// Begins to read `stream` by so many `helpers`, beside the thread that asks for the blocks.
pub(super) fn read_ahead(stream: Stream, helpers: usize) -> Reader {
    Asker::new(stream, helpers).into_reader()
}

/// What the threads share.
struct Crew {
    stream: Mutex<Stream>,
    /// The number of the next block that nobody has begun to read. It changes while `stream` is held.
    begun: AtomicU64,
    blocks: Mutex<Blocks>,
    /// Blocks came or went.
    changed: Condvar,
}

#[derive(Default)]
struct Blocks {
    /// Those that were read, by their numbers.
    ready: BTreeMap<u64, Block>,
    /// Those that are to be used again.
    spare: Vec<Block>,
    /// Nobody wants any more.
    is_over: bool,
    /// A helper panicked: the block that it had begun will never be ready.
    is_broken: bool,
}

/// The thread that wants the blocks, in their order.
struct Asker {
    crew: Arc<Crew>,
    next: u64,
}

impl Asker {
    fn new(stream: Stream, helpers: usize) -> Self {
        let spare = (0..=helpers).map(|_| Block::default()).collect();
        let crew = Arc::new(Crew {
            stream: Mutex::new(stream),
            begun: AtomicU64::new(0),
            blocks: Mutex::new(Blocks { spare, ..Blocks::default() }),
            changed: Condvar::new(),
        });
        for _ in 0..helpers {
            let crew = Arc::clone(&crew);
            thread::spawn(move || crew.help());
        }
        Self { crew, next: 0 }
    }

    fn into_reader(mut self) -> Reader {
        Box::new(move |block| self.exchange(block))
    }

    /// Takes a block that was used, and leaves the next one in its place.
    fn exchange(&mut self, block: &mut Block) {
        let number = self.next;
        self.next += 1;
        // Nobody has begun it, so it is read here, into the room that is free.
        if self.crew.begun.load(Ordering::Acquire) <= number && self.crew.read(block, Some(number)).is_some() {
            return;
        }
        let mut blocks = self.crew.blocks();
        loop {
            if let Some(ready) = blocks.ready.remove(&number) {
                blocks.spare.push(std::mem::replace(block, ready));
                self.crew.changed.notify_all();
                return;
            }
            assert!(!blocks.is_broken, "a thread that reads ahead has panicked");
            blocks = self.crew.changed.wait(blocks).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        self.crew.blocks().is_over = true;
        self.crew.changed.notify_all();
    }
}

/// Tells the others of a panic.
struct Watch<'a>(&'a Crew);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.blocks().is_broken = true;
            self.0.changed.notify_all();
        }
    }
}

impl Crew {
    /// Reads blocks until nobody wants any more.
    fn help(&self) {
        let _watch = Watch(self);
        while let Some(mut block) = self.spare() {
            let Some(number) = self.read(&mut block, None) else { return };
            let is_last = block.is_last();
            self.blocks().ready.insert(number, block);
            self.changed.notify_all();
            if is_last {
                return;
            }
        }
    }

    /// A block that is free; waits for one.
    fn spare(&self) -> Option<Block> {
        let mut blocks = self.blocks();
        while !blocks.is_over {
            if let Some(block) = blocks.spare.pop() {
                return Some(block);
            }
            blocks = self.changed.wait(blocks).unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    /// Reads the next block, if it is the `wanted` one. Gives its number.
    fn read(&self, block: &mut Block, wanted: Option<u64>) -> Option<u64> {
        // What a panic left of a stream may look like its end.
        let mut stream = self.stream.lock().expect("no thread that reads ahead has panicked");
        let number = self.begun.load(Ordering::Acquire);
        if wanted.is_some_and(|wanted| wanted != number) {
            return None;
        }
        let part = stream.next(block);
        self.begun.store(number + 1, Ordering::Release);
        drop(stream);
        if let Some(part) = part {
            part.read(block);
        }
        Some(number)
    }

    fn blocks(&self) -> MutexGuard<'_, Blocks> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Cursor, Read, Write};
    use std::path::Path;

    use super::*;
    use crate::capture::{CaptureFile, Next, PacketSource, ReadOptions, Source};
    use crate::packet::InputId;

    /// A capture of some megabytes, whose packets are of any length.
    fn capture() -> Vec<u8> {
        let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];
        for number in 1..4_000_u32 {
            let len = number.wrapping_mul(2_654_435_761) >> 21;
            for word in [number, 0, len, len] {
                bytes.extend(word.to_le_bytes());
            }
            bytes.extend(number.to_le_bytes().iter().cycle().take(usize::try_from(len).unwrap()));
        }
        bytes
    }

    /// The packets of a capture, until there are no more or there is an error.
    fn packets(mut file: CaptureFile) -> (Vec<Vec<u8>>, u64, Option<String>) {
        let mut packets = Vec::new();
        let error = loop {
            match file.next() {
                Ok(Next::Packet(packet)) => packets.push(packet.data.to_vec()),
                Ok(_) => break None,
                Err(error) => break Some(error.to_string()),
            }
        };
        (packets, file.facts().bytes, error)
    }

    fn open(path: &Path) -> CaptureFile {
        CaptureFile::open(&Source::Path(path.to_owned()), InputId(0), ReadOptions::default()).unwrap()
    }

    #[test]
    fn whoever_reads_the_packets_are_the_same() {
        let plain = capture();
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&plain).unwrap();
        let packed = encoder.finish().unwrap();
        let cut = &packed[..packed.len() / 2];
        for bytes in [&plain[..], &plain[..plain.len() - 3], &packed, cut] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), bytes).unwrap();
            let alone = packets(open(file.path()));
            assert!(alone.0.len() > 1_000);
            for helpers in 1..=3 {
                let mut file = open(file.path());
                file.read_by(|stream| read_ahead(stream, helpers));
                assert!(packets(file) == alone, "{helpers} helpers");
            }
        }
    }

    #[test]
    fn helpers_leave_when_nobody_wants_any_more() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), capture()).unwrap();
        let mut capture = open(file.path());
        let mut crew = None;
        capture.read_by(|stream| {
            let asker = Asker::new(stream, 2);
            crew = Some(Arc::downgrade(&asker.crew));
            asker.into_reader()
        });
        assert!(matches!(capture.next(), Ok(Next::Packet(_))));
        drop(capture);
        let crew = crew.unwrap();
        // Each helper holds on to the crew until it has left.
        while crew.strong_count() > 0 {
            thread::yield_now();
        }
    }

    #[test]
    fn a_helper_reads_block_after_block_and_leaves_at_the_last_one() {
        let bytes = capture()[..100_000].to_vec();
        let begin = || {
            let read = Box::new(Cursor::new(bytes.clone()));
            CaptureFile::from_read(read, Path::new("x"), InputId(0), ReadOptions::default()).unwrap()
        };
        let mut file = begin();
        file.read_by(|stream| {
            let asker = Asker::new(stream, 1);
            while Arc::strong_count(&asker.crew) > 1 {
                thread::yield_now();
            }
            // The bytes, and the end behind them.
            assert_eq!(asker.crew.blocks().ready.len(), 2);
            asker.into_reader()
        });
        assert!(packets(file) == packets(begin()));
    }

    #[test]
    #[should_panic(expected = "thread that reads ahead has panicked")]
    fn a_panic_of_a_helper_is_not_waited_for() {
        struct Panics(Cursor<Vec<u8>>, thread::ThreadId);
        impl Read for Panics {
            fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
                assert!(thread::current().id() == self.1, "only a helper panics");
                // Time for the helper to begin.
                if self.0.position() > 0 {
                    thread::sleep(std::time::Duration::from_millis(1));
                }
                self.0.read(to)
            }
        }
        let source = Panics(Cursor::new(capture()), thread::current().id());
        let mut file =
            CaptureFile::from_read(Box::new(source), Path::new("x"), InputId(0), ReadOptions::default()).unwrap();
        file.read_by(|stream| read_ahead(stream, 1));
        packets(file);
    }
}
