//! What a run is to do.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use super::{Endpoint, Enough};
use crate::capture::{Follow, Input, ReadOptions};
use crate::census::{Room, Step};
use crate::limits::MEMORY_MAX;
use crate::packet::Timestamp;
use crate::privacy::Pseudonyms;

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
    /// The length of the timeline's buckets; `None` chooses one that fits the time in which there were exchanges. Where that
    /// is not known, because rows are told as they are found, it fits the time that the run may take, or is an hour.
    pub step: Option<Step>,
    /// Bytes that conversations may keep.
    pub memory_max: usize,
    /// Up to where clients and what they show are counted exactly.
    pub room: Room,
    /// When the tables are told before the end.
    pub periods: Periods,
    /// How many threads read: one looks at the packets, others read ahead of it. With more than one, another makes the rows in the
    /// end. What is found does not depend on it.
    pub threads: usize,
    /// How files are read.
    pub options: ReadOptions,
    /// Whether the first damaged input ends the run.
    pub strict: bool,
    /// What to read instead of `inputs`, until the run is stopped.
    pub follow: Option<Follow>,
    /// What to listen to instead of all this. Its filter is not that of the plan: the kernel knows it.
    #[cfg(feature = "live")]
    pub live: Option<crate::capture::Live>,
    /// Where to tell how it goes on, while it does.
    pub metrics: Option<Endpoint>,
    /// What ends the run before.
    pub enough: Enough,
    /// Whether to keep what is known of conversations at the edges of the capture, so that another run can be joined to it.
    pub edges: bool,
    /// The pseudonyms under which everybody appears; `None` shows them as captured.
    pub privacy: Option<Pseudonyms>,
    /// Where to write the packets of the connections that carried an exchange. Only what can be read twice is saved: of
    /// `inputs` the files, and nothing of what is followed.
    pub save: Option<Box<dyn Write>>,
}

/// When the tables are told while the run goes on. Only what is followed or listened to goes on for so long.
#[derive(Debug, Default)]
pub struct Periods {
    /// Time from one telling to the next.
    pub every: Option<Duration>,
    /// Set by who wants a period to end: its tables are told, and the next one is counted anew.
    pub ends: Option<Arc<AtomicBool>>,
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
            room: Room::ENDLESS,
            periods: Periods::default(),
            threads: thread::available_parallelism().map_or(1, usize::from),
            options: ReadOptions::default(),
            strict: false,
            follow: None,
            #[cfg(feature = "live")]
            live: None,
            metrics: None,
            enough: Enough::default(),
            edges: false,
            privacy: None,
            save: None,
        }
    }

    /// Whether nothing but a stop, or that it is enough, ends the run. Then rows are told as they are found.
    pub const fn is_endless(&self) -> bool {
        #[cfg(feature = "live")]
        if self.live.is_some() {
            return true;
        }
        self.follow.is_some()
    }
}
