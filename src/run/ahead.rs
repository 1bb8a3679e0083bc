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
    let crew = Arc::new(Crew {
        stream: Mutex::new(stream),
        begun: AtomicU64::new(0),
        blocks: Mutex::new(Blocks { spare: (0..=helpers).map(|_| Block::default()).collect(), ..Blocks::default() }),
        changed: Condvar::new(),
    });
    for _ in 0..helpers {
        let crew = Arc::clone(&crew);
        thread::spawn(move || crew.help());
    }
    let mut asker = Asker { crew, next: 0 };
    Box::new(move |block| asker.exchange(block))
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
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
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
