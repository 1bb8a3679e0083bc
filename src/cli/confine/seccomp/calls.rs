//! The calls by what they are for. A name that libc lacks for some processor stands with those that x86-64 has had since
//! before there were others.

use super::Calls;

/// What this program never does.
pub(super) const NEVER: &[i64] = &[
    // Other programs.
    libc::SYS_execve,
    libc::SYS_execveat,
    // Other machines. What listens already still accepts.
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    // Other processes, and what they have open.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    // Other users.
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setgroups,
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    libc::SYS_capset,
    // Other views of the system.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_chroot,
    libc::SYS_pivot_root,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_open_by_handle_at,
    OPEN_TREE_ATTR,
    // The kernel itself, and those of its parts in which mistakes are found most often.
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_syslog,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_personality,
    libc::SYS_fanotify_init,
];

/// What is not permitted.
pub(super) const REFUSED: &[i64] = &[
    // Sockets that lead nowhere are made by libraries to wake a thread: before, please. Messages carry addresses.
    libc::SYS_socketpair,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    // Owners, rights and times of files, which Landlock does not rule.
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    FCHMODAT2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    SETXATTRAT,
    REMOVEXATTRAT,
    FILE_SETATTR,
    libc::SYS_utimensat,
    libc::SYS_mknodat,
    // Memory and messages that other processes share.
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_semget,
    libc::SYS_msgget,
    libc::SYS_mq_open,
    // Signals to others. musl raises its own by tkill, and Landlock keeps that to this process.
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_send_signal,
];

/// What changes the names of files.
pub(super) const NAMES: &[i64] = &[
    libc::SYS_renameat2,
    libc::SYS_unlinkat,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_mkdirat,
    libc::SYS_truncate,
];

/// What keeps its arguments in memory.
pub(super) const IN_MEMORY: &[i64] = &[
    libc::SYS_clone3,
    libc::SYS_openat2,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
];

/// These have one number on all processors, and no name in libc.
const FCHMODAT2: i64 = 452;
const SETXATTRAT: i64 = 463;
const REMOVEXATTRAT: i64 = 466;
const OPEN_TREE_ATTR: i64 = 467;
const FILE_SETATTR: i64 = 469;

#[cfg(target_arch = "x86_64")]
pub(super) const NEVER_OLD: &[i64] = &[
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_kexec_file_load,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_uselib,
];
#[cfg(target_arch = "x86_64")]
pub(super) const REFUSED_OLD: &[i64] = &[
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
    libc::SYS_mknod,
];
#[cfg(target_arch = "x86_64")]
pub(super) const NAMES_OLD: &[i64] = &[
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_unlink,
    libc::SYS_link,
    libc::SYS_symlink,
    libc::SYS_mkdir,
    libc::SYS_rmdir,
];
#[cfg(target_arch = "x86_64")]
pub(super) const OPEN_OLD: &[i64] = &[libc::SYS_open, libc::SYS_creat];
#[cfg(target_arch = "x86_64")]
pub(super) const DUP_OLD: &[i64] = &[libc::SYS_dup2];

#[cfg(not(target_arch = "x86_64"))]
pub(super) const NEVER_OLD: &[i64] = &[];
#[cfg(not(target_arch = "x86_64"))]
pub(super) const REFUSED_OLD: &[i64] = &[];
#[cfg(target_arch = "aarch64")]
pub(super) const NAMES_OLD: &[i64] = &[libc::SYS_renameat];
#[cfg(target_arch = "riscv64")]
pub(super) const NAMES_OLD: &[i64] = &[];
#[cfg(not(target_arch = "x86_64"))]
pub(super) const OPEN_OLD: &[i64] = &[];
#[cfg(not(target_arch = "x86_64"))]
pub(super) const DUP_OLD: &[i64] = &[];

/// On x86-64 a kernel may answer each call by a second number, that of the x32 ABI, for which this bit is set; some
/// calls have numbers of their own there, from 512 on. No program of ours calls so.
#[cfg(target_arch = "x86_64")]
pub(super) fn in_every_form(calls: Calls) -> Calls {
    const X32: i64 = 0x4000_0000;
    let second: Vec<_> = calls.keys().copied().chain(512..=547).map(|call| (X32 | call, Vec::new())).collect();
    calls.into_iter().chain(second).collect()
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn in_every_form(calls: Calls) -> Calls {
    calls
}
