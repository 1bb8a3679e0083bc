//! Reading what grows: one file after another, until the run is stopped.
//!
//! A stop is the only end of what is followed, so it interrupts nothing: what is there by then is read, and the run ends
//! like any other. Each file is an input of its own.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::reading::{Ending, Reading};
use super::{End, LOOK_EVERY, News, Run};
use crate::capture::{CaptureError, Follow};
use crate::packet::InputId;

impl Run {
    pub(super) fn follow(
        &mut self,
        mut follow: Follow,
        strict: bool,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(News<'_>),
    ) {
        let followed = follow.name().to_owned();
        let is_directory = followed.is_dir();
        let mut number = 0;
        loop {
            let reading = match follow.open_next(InputId(number)) {
                Ok(true) => self.read(Reading::called(follow.name()), &mut follow, End::WhenIdle, stop, tell),
                Ok(false) if stop.load(Ordering::Relaxed) => return,
                Ok(false) => {
                    thread::sleep(LOOK_EVERY);
                    continue;
                }
                Err(error) => {
                    let is_hopeless = is_hopeless(&error, &followed, is_directory, number);
                    let reading = Reading::called(&error.path).ended(Ending::Failed(error));
                    if is_hopeless {
                        return self.note(reading);
                    }
                    reading
                }
            };
            let is_last = strict && reading.is_damaged() || self.left.is_over(self.found);
            self.bytes_before += reading.facts.as_ref().map_or(0, |facts| facts.bytes);
            self.note(reading);
            number += 1;
            if is_last {
                return;
            }
        }
    }
}

/// Whether nothing can come after an error: the directory is gone, or the file that was named cannot be read, so that it
/// was most likely named by mistake. Its successors may be damaged as they like.
fn is_hopeless(error: &CaptureError, followed: &Path, is_directory: bool, number: u32) -> bool {
    error.path == followed && (is_directory || number == 0)
}
