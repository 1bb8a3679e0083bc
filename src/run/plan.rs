//! What a run is to do.

use std::io::Write;
use std::thread;

use crate::capture::{Follow, Input, ReadOptions};
use crate::census::Step;
use crate::limits::MEMORY_MAX;
use crate::packet::Timestamp;

/// What is to be read, and how.
pub struct Plan {
    /// The inputs, in the order of reading.
    pub inputs: Vec<Input>,
    /// Which packets to look at.
    #[cfg(feature = "live")]
    pub filter: Option<crate::capture::Filter>,
    /// Packets that were captured earlier are not looked at.
    pub since: Option<Timestamp>,
    /// Packets that were captured then or later are not looked at.
    pub until: Option<Timestamp>,
    /// The length of the timeline's buckets; `None` chooses one that fits the time in which there were exchanges.
    pub step: Option<Step>,
    /// Bytes that conversations may keep.
    pub memory_max: usize,
    /// How many threads read: one looks at the packets, others read ahead of it. What is found does not depend on it.
    pub threads: usize,
    /// How files are read.
    pub options: ReadOptions,
    /// Whether the first damaged input ends the run.
    pub strict: bool,
    /// What to read instead of `inputs`, until the run is stopped.
    pub follow: Option<Follow>,
    /// Where to write the packets of the connections that carried an exchange. Only what can be read twice is saved: of
    /// `inputs` the files, and nothing of what is followed.
    pub save: Option<Box<dyn Write>>,
}

impl Plan {
    /// Everything in `inputs`, within the usual bounds.
    pub fn new(inputs: Vec<Input>) -> Self {
        Self {
            inputs,
            #[cfg(feature = "live")]
            filter: None,
            since: None,
            until: None,
            step: None,
            memory_max: MEMORY_MAX,
            threads: thread::available_parallelism().map_or(1, usize::from),
            options: ReadOptions { recover: false },
            strict: false,
            follow: None,
            save: None,
        }
    }
}
