//! The sandbox: Landlock for paths, seccomp for calls to the kernel.
//!
//! Either would do much of it alone. seccomp sees numbers, not paths: where files are written it must let all opening
//! through, and Landlock says where. Landlock knows nothing of raw sockets or of tracing. Where one is missing, the
//! other still stands.

use std::fs;

use anyhow::{Context, Result};

use super::{Had, Needs, landlock, seccomp};

/// Enters as much of it as the kernel has.
pub(super) fn enter(needs: &Needs) -> Result<Had> {
    let mut had = Had::default();
    // Counted now: afterwards `/proc` is closed.
    let others = other_threads();
    // Landlock first: seccomp would not let it open the directories.
    match landlock::restrict(needs)? {
        Some(landlock) => {
            had.parts.push(format!("Landlock ABI {}", landlock.abi));
            had.missing.extend(landlock.missing.into_iter().map(|missing| format!("Landlock for {missing}")));
            if others > 0 {
                had.missing.push(format!("Landlock in threads that ran before ({others})"));
            }
        }
        None => had.missing.push("Landlock, which this kernel lacks or has not enabled".to_owned()),
    }
    match seccomp::restrict(needs).context("seccomp") {
        Ok(()) => had.parts.push("seccomp".to_owned()),
        Err(error) => had.missing.push(format!("{error:#}")),
    }
    Ok(had)
}

/// How many threads run besides this one, as far as `/proc` tells.
pub(super) fn other_threads() -> usize {
    fs::read_dir("/proc/self/task").map_or(0, |tasks| tasks.count().saturating_sub(1))
}
