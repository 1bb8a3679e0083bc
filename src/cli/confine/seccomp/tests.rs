//! The filters, run as the kernel runs them: what it cannot be asked without `unsafe`, and on what else a rule depends.

use std::path::PathBuf;

use libc::{
    CLONE_THREAD, CLONE_VM, F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, O_CLOEXEC, O_RDONLY, PR_SET_DUMPABLE, PR_SET_NAME,
    PROT_READ, PROT_WRITE,
};
use seccompiler::BpfProgramRef;

use super::*;

/// The number of a processor, as the kernel tells it to a filter (linux/audit.h).
const PROCESSOR: u32 = if cfg!(target_arch = "x86_64") {
    0xc000_003e
} else if cfg!(target_arch = "aarch64") {
    0xc000_00b7
} else {
    0xc000_00f3
};
const I386: u32 = 0x4000_0003;
const SOCKET: i32 = 7;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Ended,
    Refused,
    Unknown,
    Allowed,
}
use Answer::{Allowed, Ended, Refused, Unknown};

/// What a filter returns (seccomp(2)) for a call, as 32-bit words: number, processor, address, arguments.
fn returned(program: BpfProgramRef, data: &[u32; 16]) -> u32 {
    let (mut value, mut next) = (0, 0);
    loop {
        let instruction = &program[next];
        let k = instruction.k;
        next += 1;
        let holds = match instruction.code {
            // Load, and, jump, return.
            0x20 => {
                value = data[k as usize / 4];
                continue;
            }
            0x54 => {
                value &= k;
                continue;
            }
            0x05 => {
                next += k as usize;
                continue;
            }
            0x06 => return k,
            // Jump if equal, if greater, if not less.
            0x15 => value == k,
            0x25 => value > k,
            0x35 => value >= k,
            other => panic!("{other:#x}: not an instruction of a filter"),
        };
        next += usize::from(if holds { instruction.jt } else { instruction.jf });
    }
}

fn answer_on(processor: u32, needs: &Needs, call: i64, arguments: [u64; 6]) -> Answer {
    let mut data = [0; 16];
    (data[0], data[1]) = (u32::try_from(call).unwrap(), processor);
    for (at, argument) in arguments.iter().enumerate() {
        let [low, high] = [argument & u64::from(u32::MAX), argument >> 32].map(|half| u32::try_from(half).unwrap());
        (data[4 + 2 * at], data[5 + 2 * at]) = (low, high);
    }
    let answers = programs(needs).unwrap().map(|program| match returned(&program, &data) {
        0x8000_0000 => Ended,
        0x0005_0001 => Refused,
        0x0005_0026 => Unknown,
        0x7fff_0000 => Allowed,
        other => panic!("{other:#x}: not an answer"),
    });
    [Ended, Refused, Unknown].into_iter().find(|answer| answers.contains(answer)).unwrap_or(Allowed)
}

fn answer(needs: &Needs, call: i64, arguments: [u64; 6]) -> Answer {
    answer_on(PROCESSOR, needs, call, arguments)
}

/// The arguments: what is not told is zero.
fn with(told: &[(usize, u64)]) -> [u64; 6] {
    let mut arguments = [0; 6];
    for (at, argument) in told {
        arguments[*at] = *argument;
    }
    arguments
}

fn writes() -> Needs {
    Needs { writable: vec![PathBuf::from("out")], ..Needs::default() }
}

fn reads() -> Needs {
    Needs { readable: vec![PathBuf::from("statistics")], ..Needs::default() }
}

#[test]
fn some_calls_depend_on_what_is_asked() {
    let needs = Needs { receive_only: Some(SOCKET), ..Needs::default() };
    let (socket, other) = (bits(SOCKET), bits(SOCKET) + 1);
    let own = u64::from(std::process::id());
    // What stands above the 32 bits that the kernel looks at changes nothing.
    let hidden = 1 << 40;
    let cases = [
        (libc::SYS_clone, with(&[(0, bits(CLONE_VM | CLONE_THREAD))]), Allowed),
        (libc::SYS_clone, with(&[(0, bits(CLONE_VM))]), Ended),
        (libc::SYS_clone3, with(&[]), Unknown),
        (libc::SYS_mmap, with(&[(2, bits(PROT_READ | PROT_WRITE))]), Allowed),
        (libc::SYS_mmap, with(&[(2, bits(PROT_READ | PROT_EXEC))]), Refused),
        (libc::SYS_mprotect, with(&[(2, bits(PROT_EXEC))]), Refused),
        (libc::SYS_ioctl, with(&[(1, TIOCSTI + 1)]), Allowed),
        (libc::SYS_ioctl, with(&[(1, TIOCSTI)]), Refused),
        (libc::SYS_ioctl, with(&[(1, TIOCSTI | hidden)]), Refused),
        (libc::SYS_ioctl, with(&[(1, TIOCLINUX)]), Refused),
        (libc::SYS_prctl, with(&[(0, bits(PR_SET_NAME))]), Allowed),
        (libc::SYS_prctl, with(&[(0, bits(PR_SET_DUMPABLE)), (1, 1)]), Refused),
        (libc::SYS_tgkill, with(&[(0, own)]), Allowed),
        (libc::SYS_tgkill, with(&[(0, own + 1)]), Refused),
        (libc::SYS_kill, with(&[(0, u64::MAX)]), Refused),
        (libc::SYS_sendto, with(&[(0, other)]), Allowed),
        (libc::SYS_sendto, with(&[(0, other), (4, hidden)]), Refused),
        (libc::SYS_sendto, with(&[(0, socket)]), Refused),
        (libc::SYS_write, with(&[(0, other)]), Allowed),
        (libc::SYS_write, with(&[(0, socket)]), Refused),
        (libc::SYS_write, with(&[(0, socket | hidden)]), Refused),
        (libc::SYS_splice, with(&[(0, other), (2, socket)]), Refused),
        (libc::SYS_dup3, with(&[(0, socket)]), Refused),
        (libc::SYS_fcntl, with(&[(0, socket), (1, bits(F_GETFD))]), Allowed),
        (libc::SYS_fcntl, with(&[(0, other), (1, bits(F_DUPFD_CLOEXEC))]), Allowed),
        (libc::SYS_fcntl, with(&[(0, socket), (1, bits(F_DUPFD))]), Refused),
        (libc::SYS_fcntl, with(&[(0, socket), (1, bits(F_DUPFD_CLOEXEC))]), Refused),
        (libc::SYS_recvfrom, with(&[(0, socket)]), Allowed),
        (libc::SYS_accept4, with(&[]), Allowed),
        (libc::SYS_ptrace, with(&[]), Ended),
        (libc::SYS_finit_module, with(&[]), Ended),
        (libc::SYS_io_uring_setup, with(&[]), Unknown),
    ];
    for (call, arguments, expected) in cases {
        assert_eq!(answer(&needs, call, arguments), expected, "call {call}, {arguments:x?}");
    }
}

#[test]
fn files_are_opened_as_far_as_they_are_needed() {
    let flags = |flags: i32| with(&[(2, bits(flags))]);
    let [read, write, both] = [O_RDONLY | O_CLOEXEC, O_WRONLY, O_RDWR].map(flags);
    let [create, truncate, neither] = [O_RDONLY | O_CREAT, O_RDONLY | O_TRUNC, O_ACCMODE].map(flags);
    for arguments in [read, write, both, create, truncate, neither] {
        assert_eq!(answer(&Needs::default(), libc::SYS_openat, arguments), Refused);
        let expected = if arguments == read { Allowed } else { Refused };
        assert_eq!(answer(&reads(), libc::SYS_openat, arguments), expected, "{arguments:x?}");
        assert_eq!(answer(&writes(), libc::SYS_openat, arguments), Allowed);
    }
    for (needs, expected) in [(Needs::default(), Refused), (reads(), Refused), (writes(), Allowed)] {
        assert_eq!(answer(&needs, libc::SYS_renameat2, with(&[])), expected);
        assert_eq!(answer(&needs, libc::SYS_unlinkat, with(&[])), expected);
        assert_eq!(answer(&needs, libc::SYS_openat2, with(&[])), Unknown);
        assert_eq!(answer(&needs, libc::SYS_fchmodat, with(&[])), Refused);
    }
}

#[test]
fn there_is_no_other_way_to_call() {
    assert_eq!(answer_on(I386, &writes(), libc::SYS_write, with(&[])), Ended);
    if cfg!(target_arch = "x86_64") {
        let x32 = |call| 0x4000_0000 | call;
        // 520 is execve there.
        for (call, expected) in [(libc::SYS_socket, Ended), (520, Ended), (libc::SYS_mmap, Refused)] {
            assert_eq!(answer(&writes(), x32(call), with(&[])), expected, "{call}");
        }
    }
}
