//! Least privilege: what a program that listens to strangers gives up before it hears the first of them.
//!
//! ```text
//!  arguments          interface, filter     no way back            outputs          no way out         first packet
//!  -Z USER exists ──► opened as root ─────► drop_privileges() ──► prepared as ────► enter_sandbox() ──► threads start
//!                                           user, capabilities     that user        Landlock, seccomp
//! ```
//!
//! Capture needs one privilege, for a moment: to open a socket for raw packets. After that a mistake in libpcap or in
//! this program, met by a packet made for it, should find nothing worth having:
//!
//! * no other user: the one of `-Z`, or the one who called `sudo`, or the present one, for good;
//! * no capability, and no program that could give one back;
//! * no file but those of the output directories and the kernel's counters of the interface ([`Needs`]);
//! * no socket, no connection, no frame sent by the socket that captures;
//! * no program started, no process traced or signalled, no module, mount or namespace.
//!
//! Outputs are prepared between the two steps, as the user who will write them again later. Made by root, they would
//! have to be given away by name, in a directory that somebody else may change meanwhile: that is how root is made to
//! give away files. And a directory that the user cannot write is an error now, not after an hour.
//!
//! Both steps stand before every other thread. Linux keeps capabilities and Landlock for each thread; those that start
//! later inherit them, those that run already do not (seccomp alone can be put upon all).
//!
//! It leaves out what the descriptors that are open already can do: what may be written to standard output still may.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod landlock;
#[cfg(target_os = "linux")]
mod privileges;
#[cfg(target_os = "linux")]
mod sandbox;
#[cfg_attr(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")), path = "no_seccomp.rs")]
#[cfg(target_os = "linux")]
mod seccomp;

use std::ffi::c_int;
use std::fmt;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

#[cfg(not(target_os = "linux"))]
use elsewhere as privileges;
#[cfg(not(target_os = "linux"))]
use elsewhere as sandbox;

pub(crate) use privileges::User;

/// Whether to enter the sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sandbox {
    // Stay outside.
    Off,
    // As much of it as the kernel has.
    #[default]
    Auto,
    // All of it, or do not start.
    Strict,
}

/// What is given up.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Confinement {
    /// Be this user once the interface is open
    #[arg(short = 'Z', value_name = "USER", requires = "interface", hide_short_help = true)]
    pub(crate) user: Option<User>,
    /// Keep out of files, network and other programs
    #[arg(long, value_name = "WHEN", default_value = "auto", requires = "interface", hide_short_help = true)]
    pub(crate) sandbox: Sandbox,
}

/// What is needed all the same.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "nothing is kept out there"))]
#[derive(Clone, Debug, Default)]
pub(crate) struct Needs {
    /// The directories in which files are made, replaced and removed.
    pub(crate) writable: Vec<PathBuf>,
    /// What is read, if it is there. libpcap reads what the interface dropped in `/sys/class/net`.
    pub(crate) readable: Vec<PathBuf>,
    /// The descriptor of the socket that captures: it could send, and must not.
    pub(crate) receive_only: Option<c_int>,
}

impl Confinement {
    /// Becomes the user it is to be, without capabilities, for good. Fails if anything of it is not so.
    pub(crate) fn drop_privileges(&self) -> Result<Privileges> {
        privileges::drop(self.user.as_ref())
    }

    /// Enters the sandbox, and tells what is in force and what is not. Fails if something that is needed is not there,
    /// or if everything was asked for and cannot be had.
    pub(crate) fn enter_sandbox(&self, needs: &Needs) -> Result<String> {
        let told = match self.sandbox {
            Sandbox::Off => "off".to_owned(),
            Sandbox::Auto => sandbox::enter(needs)?.told(),
            Sandbox::Strict => sandbox::enter(needs)?.whole()?,
        };
        Ok(format!("sandbox: {told}"))
    }
}

/// Who the program is from now on.
#[derive(Debug)]
pub(crate) struct Privileges {
    pub(crate) user: String,
    /// How it came to that, and what it can do.
    told: String,
}

impl fmt::Display for Privileges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "privileges: {}", self.told)
    }
}

/// What of the sandbox is in force, and what is not and why.
#[derive(Debug, Default)]
struct Had {
    parts: Vec<String>,
    missing: Vec<String>,
}

impl Had {
    fn told(self) -> String {
        let Self { mut parts, missing } = self;
        if parts.is_empty() {
            parts.push("none".to_owned());
        }
        if missing.is_empty() {
            return parts.join(", ");
        }
        format!("{}; not to be had: {}", parts.join(", "), missing.join(", "))
    }

    fn whole(self) -> Result<String> {
        anyhow::ensure!(
            self.missing.is_empty(),
            "--sandbox strict: not to be had: {} (--sandbox auto takes what there is)",
            self.missing.join(", ")
        );
        Ok(self.told())
    }
}
