//! How much memory the program takes, as the system tells it.

use std::fs::File;
use std::io::{Read, Seek};

/// Where Linux tells it.
const STATUS: &str = "/proc/self/status";

/// Longer than that file is.
const STATUS_LEN_MAX: u64 = 16 * 1024;

/// What the system tells of the program. It is open from its making on: what a confined program could not open any more,
/// it has.
#[derive(Debug)]
pub struct ProcessMemory(File);

impl ProcessMemory {
    /// `None` where the system tells nothing.
    pub fn open() -> Option<Self> {
        File::open(STATUS).ok().map(Self)
    }

    /// Bytes of memory that the program takes at this moment: `VmRSS:     1234 kB`.
    pub fn resident(&mut self) -> Option<u64> {
        let Self(status) = self;
        let mut text = String::new();
        status.rewind().ok()?;
        status.take(STATUS_LEN_MAX).read_to_string(&mut text).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix("kB")?.trim_end().parse::<u64>().ok()?.checked_mul(1_024)
    }
}
