//! Is the program, once it is confined, really kept from everything but what it needs?
//!
//! Whoever confines himself is confined for good, and a test harness has threads. So each test starts this program
//! again, as a child that does what the words of its command line say, and looks at what the child tells, at how it
//! ends, and at what the kernel says of it (`/proc/PID/status`).
//!
//! | word | what the child does |
//! |---|---|
//! | `drop`, `drop=USER` | drops its privileges, with `-Z` |
//! | `writable=DIR`, `readable=DIR`, `receive-only` | notes what it needs |
//! | `off`, `auto`, `strict` | enters the sandbox |
//! | `without=landlock`, `without=seccomp` | makes the kernel one that lacks it |
//! | `thread` | starts a thread that waits |
//! | `old:WORD`, `new:WORD` | lets that thread, or a new one, do it |
//! | `wait` | waits until it may go on |
//! | anything else | tries it, and tells how that went |

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a test that meets what it does not expect should stop, and say so"
)]

#[cfg(target_os = "linux")]
mod attempts;
#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
#[allow(dead_code, unused_imports, reason = "the command line uses the rest")]
#[path = "../../src/cli/confine/mod.rs"]
mod confine;
#[cfg(target_os = "linux")]
mod confined;
#[cfg(target_os = "linux")]
mod privileges;
#[cfg(target_os = "linux")]
mod program;
#[cfg(target_os = "linux")]
mod sandbox;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    let mut words = std::env::args().skip(1).peekable();
    if words.next_if(|word| word == "child").is_some() {
        child::main(words);
        return std::process::ExitCode::SUCCESS;
    }
    let trials = [sandbox::trials(), privileges::trials(), program::trials()].into_iter().flatten().collect();
    libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials).exit_code()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("nothing is confined but on Linux");
}
