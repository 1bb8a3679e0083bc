//! seccomp: which calls to the kernel are answered otherwise than asked.
//!
//! It is a list of what is denied, not of what is allowed. What a libc calls changes with its version and its kernel,
//! and a list of what is allowed that is one call short ends a run of months. What must not be is known and small:
//! to reach other files, machines, programs, processes and users, and parts of the kernel that are for others.
//!
//! | answer | to what | why |
//! |---|---|---|
//! | the end, by SIGSYS | what this program never does | somebody else is at work; the kernel logs it, and a service manager tells it |
//! | "not permitted" | what libraries try in passing, or do at times | they can do without, and say so |
//! | "no such call" | what has an older form that can be judged | a filter sees no memory, where these keep their arguments; libc takes the older form |

mod calls;

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use libc::{
    CLONE_THREAD, ENOSYS, EPERM, F_DUPFD, F_DUPFD_CLOEXEC, O_ACCMODE, O_CREAT, O_RDWR, O_TRUNC, O_WRONLY,
    PR_SET_DUMPABLE, PROT_EXEC,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter_all_threads,
};

use super::Needs;

/// The requests of `ioctl_tty(2)` that put words into a terminal, where the shell reads them later. Their type in libc is
/// not the same everywhere.
const TIOCSTI: u64 = 0x5412;
const TIOCLINUX: u64 = 0x541c;

/// Calls, each with the cases that are denied: any of them; all if there is none.
type Calls = BTreeMap<i64, Vec<SeccompRule>>;

/// Restricts all threads, those that run and those that will.
pub(super) fn restrict(needs: &Needs) -> Result<()> {
    for program in programs(needs)? {
        apply_filter_all_threads(&program)?;
    }
    Ok(())
}

/// The filters, one for each answer. Of what they answer the strictest holds.
fn programs(needs: &Needs) -> Result<[BpfProgram; 3]> {
    Ok([
        program(SeccompAction::Errno(ENOSYS.unsigned_abs()), always(calls::IN_MEMORY))?,
        program(SeccompAction::Errno(EPERM.unsigned_abs()), refused(needs)?)?,
        program(SeccompAction::KillProcess, ended()?)?,
    ])
}

fn program(action: SeccompAction, calls: Calls) -> Result<BpfProgram> {
    let processor = std::env::consts::ARCH.try_into()?;
    let filter = SeccompFilter::new(calls::in_every_form(calls), SeccompAction::Allow, action, processor)?;
    Ok(filter.try_into()?)
}

fn always(calls: &[i64]) -> Calls {
    calls.iter().map(|call| (*call, Vec::new())).collect()
}

/// What ends the program.
fn ended() -> Result<Calls> {
    let mut calls = always(calls::NEVER);
    calls.extend(always(calls::NEVER_OLD));
    // A process of its own, not a thread.
    calls.insert(libc::SYS_clone, vec![case(&[(0, masked(CLONE_THREAD), 0)])?]);
    Ok(calls)
}

/// What is not permitted.
fn refused(needs: &Needs) -> Result<Calls> {
    let mut calls = always(calls::REFUSED);
    calls.extend(always(calls::REFUSED_OLD));
    if needs.writable.is_empty() {
        calls.extend(always(calls::NAMES));
        calls.extend(always(calls::NAMES_OLD));
        let opening = if needs.readable.is_empty() { Vec::new() } else { writing()? };
        calls.insert(libc::SYS_openat, opening);
        calls.extend(always(calls::OPEN_OLD));
    }
    let own = u64::from(std::process::id());
    for call in [libc::SYS_kill, libc::SYS_tgkill] {
        calls.insert(call, vec![case(&[(0, Op::Ne, own)])?]);
    }
    // No new code: memory is written or run.
    for call in [libc::SYS_mmap, libc::SYS_mprotect, libc::SYS_pkey_mprotect] {
        calls.insert(call, vec![case(&[(2, masked(PROT_EXEC), bits(PROT_EXEC))])?]);
    }
    // To type into the terminal, as if the user had.
    calls.insert(libc::SYS_ioctl, vec![case(&[(1, Op::Eq, TIOCSTI)])?, case(&[(1, Op::Eq, TIOCLINUX)])?]);
    calls.insert(libc::SYS_prctl, vec![case(&[(0, Op::Eq, bits(PR_SET_DUMPABLE))])?]);
    // To an address; a connection that was accepted needs none.
    calls.insert(libc::SYS_sendto, vec![SeccompRule::new(vec![SeccompCondition::new(4, Len::Qword, Op::Ne, 0)?])?]);
    if let Some(socket) = needs.receive_only {
        refuse_sending(bits(socket), &mut calls)?;
    }
    Ok(calls)
}

/// Nothing is sent by this socket, nor by another number for it.
fn refuse_sending(socket: u64, calls: &mut Calls) -> Result<()> {
    let by_first = [
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_pwrite64,
        libc::SYS_pwritev,
        libc::SYS_pwritev2,
        libc::SYS_sendto,
        libc::SYS_sendfile,
        libc::SYS_dup,
        libc::SYS_dup3,
    ];
    for call in by_first.iter().chain(calls::DUP_OLD) {
        calls.entry(*call).or_default().push(case(&[(0, Op::Eq, socket)])?);
    }
    calls.entry(libc::SYS_splice).or_default().push(case(&[(2, Op::Eq, socket)])?);
    for command in [F_DUPFD, F_DUPFD_CLOEXEC] {
        calls.entry(libc::SYS_fcntl).or_default().push(case(&[(0, Op::Eq, socket), (1, Op::Eq, bits(command))])?);
    }
    Ok(())
}

/// Opening in order to write, or so that a file changes.
fn writing() -> Result<Vec<SeccompRule>> {
    let cases =
        [(O_ACCMODE, O_WRONLY), (O_ACCMODE, O_RDWR), (O_ACCMODE, O_ACCMODE), (O_CREAT, O_CREAT), (O_TRUNC, O_TRUNC)];
    cases.iter().map(|(mask, value)| case(&[(2, masked(*mask), bits(*value))])).collect()
}

/// A case: arguments by number, and what all of them must be. The kernel looks at 32 bits of each of these.
fn case(conditions: &[(u8, Op, u64)]) -> Result<SeccompRule> {
    let condition =
        |(argument, op, value): &(u8, Op, u64)| SeccompCondition::new(*argument, Len::Dword, op.clone(), *value);
    let conditions: Result<Vec<_>, _> = conditions.iter().map(condition).collect();
    SeccompRule::new(conditions?).context("a filter cannot be made")
}

fn masked(mask: i32) -> Op {
    Op::MaskedEq(bits(mask))
}

fn bits(value: i32) -> u64 {
    value.cast_unsigned().into()
}

#[cfg(test)]
mod tests;
