//! A thread that makes things for another one, which takes them.
//!
//! It takes what makes them, one after the other; gives them in the same order, whoever makes them; keeps [`BATCHES_MAX`] batches
//! of [`BATCH_LEN`]; and leaves out which of the two is slower: it waits for the other.
//!
//! ```text
//! spool ─► rows, counted ── batch ─► batch ──►  written, by the thread that the run was begun by
//! ```

use std::sync::mpsc::sync_channel;
use std::{mem, thread};

/// Things that are handed over at once: few enough to stay in the processor's cache until they are taken.
const BATCH_LEN: usize = 128;

/// Batches that wait, so that neither thread has to wait for a moment of the other.
const BATCHES_MAX: usize = 4;

/// Gives all that `make` makes to `take`: at once, or by a thread of its own, if it is to be `beside` this one.
pub(super) fn make_beside<T: Send>(
    beside: bool,
    make: impl FnOnce(&mut dyn FnMut(T)) + Send,
    mut take: impl FnMut(&T),
) {
    if !beside {
        return make(&mut |thing| take(&thing));
    }
    let (sender, receiver) = sync_channel(BATCHES_MAX);
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut batch = Vec::with_capacity(BATCH_LEN);
            make(&mut |thing| {
                batch.push(thing);
                if batch.len() == BATCH_LEN {
                    // Nobody takes it if the other thread has panicked, which is told by that thread.
                    sender.send(mem::replace(&mut batch, Vec::with_capacity(BATCH_LEN))).unwrap_or_default();
                }
            });
            sender.send(batch).unwrap_or_default();
        });
        for batch in receiver {
            batch.iter().for_each(&mut take);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_makes_them_they_come_in_the_order_of_making() {
        for len in [0, 1, BATCH_LEN, 10 * BATCH_LEN * BATCHES_MAX + 1] {
            for beside in [false, true] {
                let here = thread::current().id();
                let mut taken = Vec::new();
                let make = |give: &mut dyn FnMut(_)| (0..len).for_each(|number| give((number, thread::current().id())));
                make_beside(beside, make, |thing| taken.push(*thing));
                assert!(taken.iter().map(|(number, _)| *number).eq(0..len));
                assert!(taken.iter().all(|(_, maker)| (*maker != here) == beside));
            }
        }
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_of_the_maker_is_not_waited_for() {
        make_beside(true, |_: &mut dyn FnMut(u8)| panic!("made nothing"), |_| {});
    }

    #[test]
    #[should_panic(expected = "took nothing")]
    fn a_panic_of_the_taker_is_not_waited_for() {
        let make = |give: &mut dyn FnMut(_)| (0..10 * BATCH_LEN * BATCHES_MAX).for_each(give);
        make_beside(true, make, |_| panic!("took nothing"));
    }
}
