//! Landlock: which paths may be opened, and no TCP, no signals to others.
//!
//! Everything that Landlock can rule is ruled, and only what is needed is allowed. Descriptors that are open stay open:
//! a socket that listens still accepts.

use ::landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, LandlockStatus, PathBeneath, PathFd, RestrictionStatus, Ruleset,
    RulesetAttr as _, RulesetCreatedAttr as _, RulesetStatus, Scope, make_bitflags,
};
use anyhow::{Context, Result};

use super::Needs;

/// The version of Landlock whose rights are asked for. Later ones add no right that matters here: seccomp keeps the
/// program from every socket that they rule.
const ASKED: ABI = ABI::V6;

/// What each version added (landlock(7)), and where it is missing, cannot be ruled.
const ADDED: [(u32, &str); 4] = [(3, "truncation"), (4, "TCP"), (5, "devices"), (6, "signals and abstract sockets")];

/// What may be done with files and directories where output is written: everything but to run them, and to make what
/// is neither.
fn writing() -> BitFlags<AccessFs> {
    make_bitflags!(AccessFs::{
        ReadFile | WriteFile | Truncate | ReadDir | RemoveFile | RemoveDir | MakeReg | MakeDir | Refer
    })
}

/// How much of it is in force.
pub(super) struct Landlock {
    pub(super) abi: u32,
    /// What this version cannot rule yet.
    pub(super) missing: Vec<&'static str>,
}

/// Restricts this thread and those that it will start. `None` if the kernel has no Landlock.
pub(super) fn restrict(needs: &Needs) -> Result<Option<Landlock>> {
    let mut ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(ASKED))
        .and_then(|ruleset| ruleset.handle_access(AccessNet::from_all(ASKED)))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(ASKED)))
        .and_then(Ruleset::create)
        .context("Landlock")?;
    for path in &needs.writable {
        ruleset = ruleset.add_rule(PathBeneath::new(PathFd::new(path)?, writing())).context("Landlock")?;
    }
    for path in needs.readable.iter().filter(|path| path.exists()) {
        let reading = make_bitflags!(AccessFs::{ReadFile | ReadDir});
        ruleset = ruleset.add_rule(PathBeneath::new(PathFd::new(path)?, reading)).context("Landlock")?;
    }
    Ok(enforced(&ruleset.restrict_self().context("Landlock")?))
}

fn enforced(status: &RestrictionStatus) -> Option<Landlock> {
    let LandlockStatus::Available { effective_abi, kernel_abi } = status.landlock else { return None };
    if status.ruleset == RulesetStatus::NotEnforced {
        return None;
    }
    let known = effective_abi as u32;
    let missing = ADDED.iter().filter(|(since, _)| known < *since).map(|(_, what)| *what).collect();
    Some(Landlock { abi: kernel_abi.and_then(|abi| abi.try_into().ok()).unwrap_or(known), missing })
}
