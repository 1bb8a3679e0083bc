//! The program itself: is it confined while it listens, and does it still do its work?

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, chown};
use std::process::{Child, Command, Stdio};

use libtest_mimic::Trial;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Gid, Pid, Uid};

use crate::confined::{NOBODY, alone_with_lo, status, trial, trial_by_root};

const PROGRAM: &str = env!("CARGO_BIN_EXE_msncensus");

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial_by_root("it_listens_and_writes_rows_in_the_sandbox", it_listens_and_writes_rows_in_the_sandbox),
        trial_by_root("tables_are_those_of_the_user", tables_are_those_of_the_user),
        trial_by_root("what_the_user_cannot_write_is_told_at_once", what_the_user_cannot_write_is_told_at_once),
        trial("a_user_who_is_not_there_is_told_first", a_user_who_is_not_there_is_told_first),
        trial("who_reads_files_is_not_confined", who_reads_files_is_not_confined),
    ]
}

/// The program, listening to an interface that nobody else knows.
struct Listening {
    program: Child,
    /// What it said before it began.
    said: [String; 2],
}

impl Listening {
    fn start(args: &[&str]) -> Self {
        let mut command = alone_with_lo(PROGRAM);
        command.args(["-v", "-i", "lo"]).args(args).env_remove("SUDO_UID").env_remove("SUDO_GID");
        let mut program = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut errors = BufReader::new(program.stderr.take().unwrap());
        let said = [(), ()].map(|()| {
            let mut line = String::new();
            errors.read_line(&mut line).unwrap();
            line.trim_end().to_owned()
        });
        // Whoever cannot speak any more would end.
        program.stderr = Some(errors.into_inner());
        Self { program, said }
    }

    /// Lets somebody sign in where it listens.
    fn hear_a_login(&self) {
        let net = format!("--net=/proc/{}/ns/net", self.program.id());
        let mut login = Command::new("nsenter");
        login.arg(net).arg(std::env::current_exe().unwrap()).args(["child", "login"]);
        assert_eq!(login.output().unwrap().stdout, b"login: done\n");
    }

    /// Ctrl-C.
    fn end(mut self) -> Option<i32> {
        kill(Pid::from_raw(self.program.id().try_into().unwrap()), Signal::SIGINT).unwrap();
        let mut said = String::new();
        self.program.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let code = self.program.wait().unwrap().code();
        assert_ne!(code, None, "{said}");
        code
    }
}

fn it_listens_and_writes_rows_in_the_sandbox() {
    let mut listening = Listening::start(&["-Z", "nobody", "--sandbox", "strict", "-t", "exchanges"]);
    assert_eq!(listening.said[0], "note: privileges: dropped to nobody, no capabilities");
    assert!(listening.said[1].starts_with("note: sandbox: Landlock ABI "), "{:?}", listening.said);
    listening.hear_a_login();
    let mut rows = BufReader::new(listening.program.stdout.take().unwrap()).lines();
    let row = rows.nth(1).unwrap().unwrap();
    assert!(row.contains("6.0.0602"), "{row}");
    // Whoever listens and whoever looks at what is heard.
    let threads = fs::read_dir(format!("/proc/{}/task", listening.program.id())).unwrap();
    let threads: Vec<_> = threads.map(|thread| status(&thread.unwrap().path())).collect();
    assert!(threads.len() >= 2);
    for thread in threads {
        assert_eq!(thread["Uid"], [NOBODY; 4].join(" "));
        assert_eq!((&*thread["Groups"], &*thread["CapPrm"]), (NOBODY, "0000000000000000"));
        assert_eq!((&*thread["NoNewPrivs"], &*thread["Seccomp"], &*thread["Seccomp_filters"]), ("1", "2", "3"));
    }
    assert_eq!(listening.end(), Some(0));
}

fn tables_are_those_of_the_user() {
    let desk = tempfile::tempdir().unwrap();
    fs::set_permissions(desk.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let nobody = NOBODY.parse().unwrap();
    let [out, pages] = ["out", "pages"].map(|name| desk.path().join(name));
    for directory in [&out, &pages] {
        fs::create_dir(directory).unwrap();
        chown(directory, Some(Uid::from_raw(nobody).as_raw()), Some(Gid::from_raw(nobody).as_raw())).unwrap();
    }
    let page = pages.join("census.html");
    let [tables, html] = [&out, &page].map(|path| path.to_str().unwrap());
    let listening = Listening::start(&["-Z", "nobody", "--sandbox", "strict", "-o", tables, "--html", html]);
    listening.hear_a_login();
    assert_eq!(listening.end(), Some(0));
    let exchanges = out.join("exchanges.csv");
    assert_eq!(fs::metadata(&exchanges).unwrap().uid(), nobody);
    assert!(fs::read_to_string(&exchanges).unwrap().contains("6.0.0602"));
    assert_eq!(fs::read_dir(&out).unwrap().count(), 12);
    assert_eq!(fs::metadata(&page).unwrap().uid(), nobody);
    assert!(fs::read_to_string(&page).unwrap().contains("<b>1</b> exchange"));
}

fn what_the_user_cannot_write_is_told_at_once() {
    let desk = tempfile::tempdir().unwrap();
    let mut command = alone_with_lo(PROGRAM);
    let output = command.args(["-i", "lo", "-Z", "nobody", "-o"]).arg(desk.path()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error: as nobody: ") && said.contains("Permission denied"), "{said}");
    assert_eq!(output.status.code(), Some(1));
}

fn a_user_who_is_not_there_is_told_first() {
    let output = Command::new(PROGRAM).args(["-i", "no-such-interface", "-Z", "no-such-user"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("error: invalid value 'no-such-user' for '-Z <USER>': no such user"), "{said}");
    assert_eq!(output.status.code(), Some(2));
}

fn who_reads_files_is_not_confined() {
    for words in [&["-Z", "root", "a.pcap"][..], &["--sandbox", "strict", "a.pcap"]] {
        let output = Command::new(PROGRAM).args(words).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("--interface <IF>"), "{said}");
        assert_eq!(output.status.code(), Some(2));
    }
}
