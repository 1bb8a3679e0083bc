//! What can the program still reach?

use std::fs;
use std::io::Read;
use std::net::TcpStream;
use std::path::Path;

use libtest_mimic::Trial;
use nix::libc::SIGSYS;
use tempfile::TempDir;

use crate::confined::{Confined, Ended, after, alone_with_lo, command, ended, said, trial, trial_by_root};

const DENIED: &str = "permission denied";
const DONE: &str = "done";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("no_file_can_be_opened", no_file_can_be_opened),
        trial("files_are_written_in_the_output_directory_alone", files_are_written_in_the_output_directory_alone),
        trial("what_is_readable_is_read_and_not_written", what_is_readable_is_read_and_not_written),
        trial("what_only_an_intruder_does_ends_the_program", what_only_an_intruder_does_ends_the_program),
        trial("what_libraries_try_is_refused", what_libraries_try_is_refused),
        trial("a_program_goes_on_as_before", a_program_goes_on_as_before),
        trial("who_listens_already_is_still_answered", who_listens_already_is_still_answered),
        trial("the_socket_that_captures_sends_nothing", the_socket_that_captures_sends_nothing),
        trial_by_root("libpcap_captures_and_cannot_inject", libpcap_captures_and_cannot_inject),
        trial("threads_that_ran_before_are_told_of", threads_that_ran_before_are_told_of),
        trial("threads_that_start_later_are_confined", threads_that_start_later_are_confined),
        trial("without_landlock_seccomp_still_holds", without_landlock_seccomp_still_holds),
        trial("without_seccomp_landlock_still_holds", without_seccomp_landlock_still_holds),
        trial("what_is_needed_must_be_there", what_is_needed_must_be_there),
        trial("off_is_off", off_is_off),
        trial("the_kernel_says_the_same", the_kernel_says_the_same),
    ]
}

/// A directory with a file, one to write into, and one to read.
fn desk() -> TempDir {
    let desk = tempfile::tempdir().unwrap();
    for directory in ["out", "statistics"] {
        fs::create_dir(desk.path().join(directory)).unwrap();
        fs::write(desk.path().join(directory).join("there"), "there").unwrap();
    }
    fs::write(desk.path().join("there"), "there").unwrap();
    desk
}

/// `WORD=PATH` on the desk.
fn on(desk: &TempDir, word: &str, path: &str) -> String {
    format!("{word}={}", desk.path().join(path).display())
}

/// Each of these tries, after these words and in a sandbox, gives this.
#[track_caller]
fn each(before: &[&str], desk: &TempDir, path: &str, tries: &[&str], told: &str) {
    let words: Vec<_> = tries.iter().map(|word| on(desk, word, path)).collect();
    let expected: Vec<_> = words.iter().map(|word| (word.as_str(), told)).collect();
    after(before, &expected);
}

fn is_as_it_was(path: &Path) -> bool {
    fs::read(path).unwrap() == b"there"
}

fn no_file_can_be_opened() {
    let desk = desk();
    let tries = ["read", "write", "truncate", "create", "remove", "rename", "make-directory", "chmod"];
    for sandbox in ["auto", "strict"] {
        each(&[sandbox], &desk, "there", &tries, DENIED);
    }
    after(&["strict"], &[("read=/proc/self/status", DENIED), ("read=/etc/passwd", DENIED), ("read=/", DENIED)]);
    assert!(is_as_it_was(&desk.path().join("there")));
}

fn files_are_written_in_the_output_directory_alone() {
    let desk = desk();
    let writable = on(&desk, "writable", "out");
    let before = [&*writable, "strict"];
    each(&before, &desk, "out", &["table"], DONE);
    assert_eq!(fs::read(desk.path().join("out/table.csv")).unwrap(), b"table");
    each(&before, &desk, "out/there", &["read", "write", "rename"], DONE);
    each(&before, &desk, "out/more", &["make-directory"], DONE);
    each(&before, &desk, "there", &["read", "write", "truncate", "remove", "rename", "chmod"], DENIED);
    each(&before, &desk, "out/../there", &["read", "write"], DENIED);
    each(&before, &desk, "elsewhere", &["create", "make-directory"], DENIED);
    assert!(is_as_it_was(&desk.path().join("there")));
}

fn what_is_readable_is_read_and_not_written() {
    let desk = desk();
    let readable = on(&desk, "readable", "statistics");
    let before = [&*readable, "readable=/nowhere", "strict"];
    each(&before, &desk, "statistics/there", &["read"], DONE);
    each(&before, &desk, "statistics/there", &["write", "truncate", "remove", "rename", "chmod"], DENIED);
    each(&before, &desk, "there", &["read", "write"], DENIED);
    each(&before, &desk, "statistics/more", &["create", "make-directory"], DENIED);
}

fn what_only_an_intruder_does_ends_the_program() {
    for word in ["socket", "connect", "drop"] {
        let Ended { said, signal } = ended(&["auto", word]);
        assert_eq!((said.len(), signal), (1, Some(SIGSYS)), "{word}: {said:?}");
    }
}

fn what_libraries_try_is_refused() {
    // A program is started by a new process, which ends or is never made.
    let said = ended(&["auto", "run"]).said;
    assert_ne!(said.get(1).map(String::as_str), Some("run: done"));
    after(&["auto"], &[("pair", DENIED), ("signal", DENIED), ("signal-self", DONE), ("say-to=127.0.0.1:9", DENIED)]);
}

fn a_program_goes_on_as_before() {
    after(&["strict"], &[("memory", DONE), ("new:memory", DONE), ("wait", DONE)]);
}

fn who_listens_already_is_still_answered() {
    let mut child = Confined::start(&mut command(&["strict", "address", "accept"]));
    assert!(child.next().starts_with("strict: sandbox: Landlock"));
    let address = child.next();
    let mut answer = String::new();
    TcpStream::connect(address.strip_prefix("address: ").unwrap()).unwrap().read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "counters");
    assert_eq!(child.end().said, ["accept: done"]);
}

fn the_socket_that_captures_sends_nothing() {
    after(&["strict"], &[("hear", DONE), ("answer", DONE), ("answer-by-copy", DONE)]);
    after(&["receive-only", "strict"], &[("hear", DONE), ("answer", DENIED), ("answer-by-copy", DENIED)]);
}

fn libpcap_captures_and_cannot_inject() {
    let child = || alone_with_lo(std::env::current_exe().unwrap());
    let said = |words: &[&str]| Confined::start(child().arg("child").args(words)).end().said;
    assert_eq!(
        said(&["open-capture=lo", "capture", "inject"]),
        ["open-capture=lo: opened", "capture: done", "inject: done"]
    );
    let confined = said(&["open-capture=lo", "drop=nobody", "strict", "capture", "inject"]);
    assert_eq!(confined[3..], ["capture: done", "inject: libpcap error: send: Operation not permitted"]);
}

fn threads_that_ran_before_are_told_of() {
    let said = said(&["thread", "auto", "old:read=/etc/passwd", "old:pair"]);
    assert!(said[1].ends_with(", seccomp; not to be had: Landlock in threads that ran before (1)"), "{said:?}");
    // seccomp is upon all of them.
    assert_eq!(said[2..], ["old:read=/etc/passwd: permission denied", "old:pair: permission denied"]);
    assert_eq!(ended(&["thread", "auto", "old:socket"]).signal, Some(SIGSYS));
    let strict = ended(&["thread", "strict"]).said;
    assert!(strict[1].starts_with("strict: error: --sandbox strict: not to be had: Landlock in threads"), "{strict:?}");
}

fn threads_that_start_later_are_confined() {
    let desk = desk();
    let writable = on(&desk, "writable", "out");
    let (outside, table) = (on(&desk, "new:read", "there"), on(&desk, "new:table", "out"));
    after(&[&writable, "strict"], &[(&outside, DENIED), (&table, DONE), ("new:pair", DENIED)]);
    assert_eq!(ended(&["strict", "new:socket"]).signal, Some(SIGSYS));
}

fn without_landlock_seccomp_still_holds() {
    let said = said(&["without=landlock", "auto", "read=/etc/passwd"]);
    assert_eq!(said[1], "auto: sandbox: seccomp; not to be had: Landlock, which this kernel lacks or has not enabled");
    assert_eq!(said[2], "read=/etc/passwd: permission denied");
    assert_eq!(ended(&["without=landlock", "auto", "socket"]).signal, Some(SIGSYS));
    let strict = ended(&["without=landlock", "strict"]).said;
    assert_eq!(
        strict[1],
        "strict: error: --sandbox strict: not to be had: Landlock, which this kernel lacks or has not enabled \
         (--sandbox auto takes what there is)"
    );
}

fn without_seccomp_landlock_still_holds() {
    let said = said(&["without=seccomp", "auto"]);
    assert!(said[1].contains("; not to be had: seccomp: "), "{said:?}");
    let denied = [("read=/etc/passwd", DENIED), ("listen", DENIED), ("signal", DENIED)];
    after(&["without=seccomp", "auto"], &denied);
    let strict = ended(&["without=seccomp", "strict"]).said;
    assert!(strict[1].starts_with("strict: error: --sandbox strict: not to be had: seccomp: "), "{strict:?}");
}

fn what_is_needed_must_be_there() {
    let said = said(&["writable=/nowhere", "auto"]);
    assert!(said[1].starts_with("auto: error: ") && said[1].contains("/nowhere"), "{said:?}");
}

fn off_is_off() {
    let said = said(&["off", "read=/etc/passwd", "socket", "run"]);
    assert_eq!(said, ["off: sandbox: off", "read=/etc/passwd: done", "socket: done", "run: done"]);
}

fn the_kernel_says_the_same() {
    let mut child = Confined::start(&mut command(&["strict", "wait"]));
    let told = child.next();
    assert!(told.starts_with("strict: sandbox: Landlock ABI ") && told.ends_with(", seccomp"), "{told}");
    let status = child.status();
    assert_eq!((&*status["Seccomp"], &*status["Seccomp_filters"], &*status["NoNewPrivs"]), ("2", "3", "1"));
}
