//! Who is the program afterwards, and what may it still do?

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;
use tempfile::TempDir;

use crate::confined::{Confined, NOBODY, command, said, trial, trial_by_root};

const CAPABILITIES: [&str; 4] = ["CapInh", "CapPrm", "CapEff", "CapAmb"];
const NONE: &str = "0000000000000000";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial_by_root("root_becomes_the_user_of_z", root_becomes_the_user_of_z),
        trial_by_root("root_by_sudo_becomes_who_called_it", root_by_sudo_becomes_who_called_it),
        trial_by_root("root_without_sudo_stays_root_and_can_nothing", root_without_sudo_stays_root_and_can_nothing),
        trial_by_root("capabilities_of_the_file_are_given_up", capabilities_of_the_file_are_given_up),
        trial_by_root("a_set_uid_program_is_its_caller", a_set_uid_program_is_its_caller),
        trial_by_root("other_processes_of_the_user_are_kept_out", other_processes_of_the_user_are_kept_out),
        trial_by_root("who_is_not_root_becomes_nobody_else", who_is_not_root_becomes_nobody_else),
        trial_by_root("what_root_may_read_is_out_of_reach", what_root_may_read_is_out_of_reach),
        trial("privileges_are_dropped_before_threads_start", privileges_are_dropped_before_threads_start),
    ]
}

/// What it says of `drop`, and what the kernel then says of it.
fn dropped(command: &mut Command) -> (String, BTreeMap<String, String>) {
    let mut child = Confined::start_as_it_is(command.arg("wait"));
    let told = child.next();
    (told, child.status())
}

#[track_caller]
fn is(status: &BTreeMap<String, String>, uid: &str, gid: &str, groups: &str) {
    let four = |id: &str| [id; 4].join(" ");
    assert_eq!((&status["Uid"], &status["Gid"], &*status["Groups"]), (&four(uid), &four(gid), groups));
    for set in CAPABILITIES {
        assert_eq!(status[set], NONE, "{set}");
    }
    assert_eq!(status["NoNewPrivs"], "1");
}

fn root_becomes_the_user_of_z() {
    let (told, status) = dropped(command(&["drop=nobody"]).env("SUDO_UID", "1234").env("SUDO_GID", "1235"));
    assert_eq!(told, "drop=nobody: privileges: dropped to nobody, no capabilities");
    is(&status, NOBODY, NOBODY, NOBODY);
    assert_eq!(status["CapBnd"], NONE);
}

fn root_by_sudo_becomes_who_called_it() {
    let (told, status) = dropped(command(&["drop"]).env("SUDO_UID", "54321").env("SUDO_GID", "54322"));
    assert_eq!(told, "drop: privileges: dropped to 54321, no capabilities");
    is(&status, "54321", "54322", "54322");
}

fn root_without_sudo_stays_root_and_can_nothing() {
    let (told, status) = dropped(command(&["drop"]).env_remove("SUDO_UID"));
    assert_eq!(told, "drop: privileges: still root, no capabilities");
    let groups = status["Groups"].clone();
    is(&status, "0", "0", &groups);
    assert_eq!(status["CapBnd"], NONE);
}

/// A copy of this program that anybody may start, after this was done to it.
fn copy(done: &[&str]) -> TempDir {
    let directory = tempfile::tempdir_in("/var/tmp").unwrap();
    let program = directory.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(Command::new(done[0]).args(&done[1..]).arg(&program).status().unwrap().success(), "{done:?}");
    directory
}

/// The command by which nobody starts a child.
fn by_nobody(program: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]).arg(program).arg("child").args(words);
    command
}

fn capabilities_of_the_file_are_given_up() {
    let copy = copy(&["setcap", "cap_net_raw=eip"]);
    let mut command = by_nobody(&copy.path().join("program"), &["signal-self", "wait", "drop", "wait"]);
    let mut child = Confined::start(&mut command);
    assert_eq!(child.next(), "signal-self: done");
    // CAP_NET_RAW is number 13.
    assert_eq!(child.status()["CapEff"], "0000000000002000");
    child.go_on();
    assert_eq!([child.next(), child.next()], ["wait: done", "drop: privileges: still nobody, no capabilities"]);
    is(&child.status(), NOBODY, NOBODY, "");
}

/// It lets nobody choose who to be, by `-Z` or by what sudo would have left.
fn a_set_uid_program_is_its_caller() {
    let copy = copy(&["chmod", "4755"]);
    let mut command = by_nobody(&copy.path().join("program"), &["drop=daemon", "drop", "wait"]);
    command.env("SUDO_UID", "1").env("SUDO_GID", "1");
    let mut child = Confined::start_as_it_is(&mut command);
    assert_eq!(child.next(), "drop=daemon: error: -Z daemon: only root can become another user");
    assert_eq!(child.next(), "drop: privileges: still nobody, no capabilities");
    is(&child.status(), NOBODY, NOBODY, "");
}

fn other_processes_of_the_user_are_kept_out() {
    for (words, is_open) in [(["off", "wait"], true), (["drop", "wait"], false)] {
        let mut child = Confined::start(&mut by_nobody(&std::env::current_exe().unwrap(), &words));
        child.next();
        assert_eq!(child.is_open_to_others(), is_open, "{words:?}");
    }
}

fn who_is_not_root_becomes_nobody_else() {
    let mut command = by_nobody(&std::env::current_exe().unwrap(), &["drop=root", "drop=nobody"]);
    assert_eq!(
        Confined::start(&mut command).end().said,
        [
            "drop=root: error: -Z root: only root can become another user",
            "drop=nobody: privileges: still nobody, no capabilities",
        ]
    );
}

fn what_root_may_read_is_out_of_reach() {
    let said = said(&["read=/etc/shadow", "drop=nobody", "read=/etc/shadow"]);
    assert_eq!((&*said[0], &*said[2]), ("read=/etc/shadow: done", "read=/etc/shadow: permission denied"));
}

fn privileges_are_dropped_before_threads_start() {
    let said = said(&["thread", "drop"]);
    assert_eq!(said[1], "drop: error: privileges cannot be dropped while other threads run");
}
