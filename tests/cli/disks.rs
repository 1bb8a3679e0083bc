//! Disks that are full or fail, places that are somebody else's, runs that are killed.
//!
//! Three things hold through all of it: a file under its final name is whole; no run that wrote less than all ends with 0; and
//! what a killed run leaves has a name that begins with `.msncensus-`.
#![cfg(target_os = "linux")]

mod writers;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Desk, Ran, login, login_with, signals};
use crate::support::random::{Random, seed};

/// All that one run can write.
const ALL: [&str; 6] = ["-o", "out", "--html", "page.html", "-w", "saved.pcapng"];

/// The formats of tables.
const FORMATS: &[&str] =
    if cfg!(feature = "parquet") { &["csv", "ndjson", "table", "parquet"] } else { &["csv", "ndjson", "table"] };

/// Runs that are killed, and how long that may take.
const KILLS: usize = 100;
const KILLING_MAX: Duration = Duration::from_secs(10);

/// Some clients, so that files are longer than a page of the disk.
fn crowd() -> Vec<u8> {
    (2_000..2_040).flat_map(|port| login_with(":1056", &format!(":{port}"))).collect()
}

/// Every file that a whole run writes, by its path, but for the manifest, which tells the time.
type Whole = BTreeMap<String, Vec<u8>>;

/// The paths of what is there of `ALL`, unfinished files included.
fn paths(desk: &Desk) -> Vec<String> {
    let in_directory = if desk.path("out").exists() { desk.names("out") } else { Vec::new() };
    let in_directory = in_directory.into_iter().map(|name| format!("out/{name}"));
    let beside = desk.names(".").into_iter().filter(|name| !["a.pcapng", "out"].contains(&name.as_str()));
    in_directory.chain(beside).collect()
}

fn remove(desk: &Desk) {
    for path in paths(desk) {
        fs::remove_file(desk.path(&path)).unwrap();
    }
    fs::remove_dir(desk.path("out")).ok();
}

/// What a run with these arguments writes when nothing fails; then it is removed.
fn whole(desk: &Desk, args: &[&str]) -> Whole {
    desk.run(&[args, &["a.pcapng"]].concat()).exits(0);
    let mut whole: Whole =
        paths(desk).into_iter().map(|path| (path.clone(), fs::read(desk.path(&path)).unwrap())).collect();
    assert!(whole.len() >= 10 && whole.remove("out/manifest.json").is_some(), "{:?}", whole.keys());
    remove(desk);
    whole
}

/// Fails unless every file that is there is one of a whole run, or has the name of an unfinished one. Says how many there are
/// of each.
#[track_caller]
fn assert_whole(desk: &Desk, whole: &Whole, when: &str) -> (usize, usize) {
    let (mut finished, mut unfinished) = (0, 0);
    for path in paths(desk) {
        if path.trim_start_matches("out/").starts_with(".msncensus-") {
            unfinished += 1;
            continue;
        }
        finished += 1;
        let written = fs::read(desk.path(&path)).unwrap();
        if path == "out/manifest.json" {
            let manifest: serde_json::Value = serde_json::from_slice(&written).unwrap();
            for file in manifest["files"].as_array().unwrap() {
                assert!(desk.path("out").join(file["path"].as_str().unwrap()).exists(), "{when}: {file}");
            }
        } else {
            assert!(Some(&written) == whole.get(&path), "{when}: {path} is not whole: {} bytes", written.len());
        }
    }
    (finished, unfinished)
}

/// A run of which no file may be longer than so many bytes.
fn limited(desk: &Desk, bytes: usize, args: &str) -> Ran {
    desk.shell(&format!(r#"trap '' XFSZ; exec prlimit --fsize={bytes}:{bytes} "$0" -q {args} a.pcapng"#))
}

#[test]
fn l4_a_disk_that_takes_no_more_of_a_file_leaves_all_or_nothing() {
    let desk = Desk::with(&[("a.pcapng", &crowd())]);
    for format in FORMATS {
        let args = [&["-q", "-T", format], &ALL[..]].concat();
        let whole = whole(&desk, &args);
        let longest = whole.values().map(Vec::len).max().unwrap();
        let mut failed = 0;
        for bytes in (0..=longest + 4_096).step_by(longest / 12) {
            let ran = limited(&desk, bytes, &args[1..].join(" "));
            let when = format!("{format}, {bytes} bytes: {ran:?}");
            let (finished, unfinished) = assert_whole(&desk, &whole, &when);
            if ran.code == Some(0) {
                assert_eq!(finished, whole.len() + 1, "{when}");
                assert!(bytes >= longest, "{when}");
            } else {
                assert!(ran.code == Some(1) && ran.err.contains("File too large"), "{when}");
                failed += 1;
            }
            assert_eq!(unfinished, 0, "{when}");
            remove(&desk);
        }
        assert!(failed > 8, "{format}: {failed} failed");
    }
}

#[test]
fn l4_a_table_on_standard_output_is_whole_or_the_run_fails() {
    let desk = Desk::with(&[("a.pcapng", &crowd())]);
    for format in FORMATS {
        for table in ["exchanges", "upgrades"] {
            let args = format!("-T {format} -t {table}");
            limited(&desk, 1 << 20, &format!("{args} > whole")).exits(0);
            let whole = fs::read(desk.path("whole")).unwrap();
            for bytes in (0..whole.len()).step_by(whole.len() / 8).chain([whole.len() - 1, whole.len()]) {
                let ran = limited(&desk, bytes, &format!("{args} > part"));
                assert_eq!(ran.code, Some(i32::from(bytes < whole.len())), "{args}, {bytes} bytes: {ran:?}");
                assert!(whole.starts_with(&fs::read(desk.path("part")).unwrap()), "{args}, {bytes} bytes");
            }
        }
    }
}

/// A line of the shell in which `out` is a disk of its own of so many KiB, whose files are in `out` afterwards; `None`, with a
/// line that says so, where the machine does not allow it. Who tests a change must know that nothing was left out, so then it
/// fails.
fn on_disk(desk: &Desk, kibibytes: usize, line: &str) -> Option<Ran> {
    let mount = format!("mkdir out kept && mount -t tmpfs -o size={kibibytes}k tmpfs out");
    let inside = format!("{mount} || exit 99; {line}; code=$?; cp -a out/. kept && exit $code");
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &inside, super::PROGRAM]).current_dir(desk.root());
    let ran = Ran::of(&command.output().unwrap());
    fs::remove_dir(desk.path("out")).ok();
    fs::rename(desk.path("kept"), desk.path("out")).ok();
    if ran.code == Some(99) || !desk.path("out").exists() {
        assert!(std::env::var_os("CI").is_none(), "no disk can be mounted: {ran:?}");
        eprintln!("NOT TESTED: a full disk needs a mount namespace: {}", ran.err.trim());
        return None;
    }
    Some(ran)
}

#[test]
fn l1_a_full_disk_leaves_all_or_nothing() {
    const ARGS: &str = "-q -o out --html out/page.html -w out/saved.pcapng";
    let desk = Desk::with(&[("a.pcapng", &crowd())]);
    let whole = whole(&desk, &ARGS.split(' ').collect::<Vec<_>>());
    let mut failed = 0;
    for kibibytes in (8..).step_by(12) {
        let Some(ran) = on_disk(&desk, kibibytes, &format!(r#""$0" {ARGS} a.pcapng"#)) else { return };
        let when = format!("{kibibytes} KiB: {ran:?}");
        let (finished, unfinished) = assert_whole(&desk, &whole, &when);
        assert_eq!(unfinished, 0, "{when}");
        remove(&desk);
        if ran.code == Some(0) {
            assert_eq!(finished, whole.len() + 1, "{when}");
            break;
        }
        assert!(ran.code == Some(1) && ran.err.contains("No space left on device"), "{when}");
        failed += 1;
    }
    assert!(failed > 5, "{failed} failed");
}

/// Standard input stays open: a run that read before it looked at the disk would wait for ever.
#[test]
fn l7_a_disk_that_is_only_read_is_told_before_anything_is_read() {
    for (args, place) in [("-o out", "out"), ("-o out/new", "out/new"), ("--html out/a", "out"), ("-w out/a", "out")] {
        let desk = Desk::with(&[("a.pcapng", &login())]);
        let input = if args.starts_with("-w") { "a.pcapng" } else { "-" };
        // Nobody writes into the pipe.
        let line = format!(r#"mkfifo in; mount -o remount,ro out && "$0" {args} {input} 0<> in"#);
        let Some(ran) = on_disk(&desk, 64, &line) else { return };
        assert!(ran.out.is_empty() && ran.err.contains(&format!("error: {place}: cannot ")), "{args}: {ran:?}");
    }
}

#[test]
fn l8_a_run_that_is_killed_at_any_moment_leaves_whole_files_or_unfinished_names() {
    let desk = Desk::with(&[("a.pcapng", &crowd())]);
    let args = [&["-q"], &ALL[..], &["a.pcapng"]].concat();
    let begun = Instant::now();
    let whole = whole(&desk, &args[..args.len() - 1]);
    let took = usize::try_from(begun.elapsed().as_micros()).unwrap();
    let (mut random, begun) = (Random::new(seed()), Instant::now());
    let (mut killed, mut left, mut all) = (0, 0, 0);
    for _ in 0..KILLS {
        if begun.elapsed() > KILLING_MAX {
            break;
        }
        let mut process = desk.process(&args);
        let mut child = process.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(random.below(took + took / 4) as u64));
        child.kill().unwrap();
        let is_killed = child.wait().unwrap().code().is_none();
        let (finished, unfinished) = assert_whole(&desk, &whole, "killed");
        assert!(is_killed || (finished, unfinished) == (whole.len() + 1, 0), "{:?}", paths(&desk));
        killed += usize::from(is_killed);
        left += usize::from(unfinished > 0);
        all += usize::from(finished > 0);
        remove(&desk);
    }
    assert!(killed > 10 && left > 3, "{killed} killed, {left} left something unfinished, {all} some files");
}

#[test]
fn l2_a_closed_pipe_keeps_no_file_from_being_written() {
    let desk = Desk::with(&[]);
    let mut process = desk.process(&["--html", "page.html", "-"]);
    let mut child = process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&login()).unwrap();
    stdin.write_all(&login_with("192.0.2.10", "192.0.2.99")).unwrap();
    drop(stdin);
    Ran::of(&child.wait_with_output().unwrap()).exits(0).says(&[]);
    assert_eq!(desk.names("."), ["page.html"]);
    let page = fs::read_to_string(desk.path("page.html")).unwrap();
    assert!(page.contains("<b>2</b> exchanges"), "{page}");
    let desk = Desk::with(&[("a.pcapng", &login())]);
    // What would go on for ever ends when nobody reads it any more.
    let ran = desk.shell(r#"{ timeout 30 "$0" --follow --html page.html a.pcapng; echo "$?" >&2; } | true"#);
    assert_eq!((ran.err.as_str(), desk.names(".")), ("0\n", vec!["a.pcapng".to_owned(), "page.html".to_owned()]));
    fs::remove_file(desk.path("page.html")).unwrap();
    let ran = desk.shell(r#"exec "$0" --html page.html -w saved.pcapng a.pcapng > /dev/full"#).exits(1);
    ran.says(&["error: cannot write to standard output: No space left on device (os error 28)"]);
    assert_eq!(desk.names("."), ["a.pcapng", "page.html", "saved.pcapng"]);
}

/// The input is not even read.
#[track_caller]
fn assert_refused(desk: &Desk, flag: &str, place: &str, input: &str, told: &str) {
    let before = fs::read(desk.path(input)).unwrap();
    desk.run(&["--force", flag, place, input])
        .exits(2)
        .says(&[&format!("error: {told}: {flag} would overwrite what is to be read"), "hint: give another name"]);
    assert!(fs::read(desk.path(input)).unwrap() == before, "{input}");
}

#[test]
fn l6_what_is_read_is_not_written_over_by_any_name_that_it_has() {
    let desk = Desk::with(&[("a.pcapng", &login())]);
    fs::hard_link(desk.path("a.pcapng"), desk.path("hard")).unwrap();
    std::os::unix::fs::symlink("a.pcapng", desk.path("soft")).unwrap();
    for flag in ["-w", "--html"] {
        for name in ["a.pcapng", "../{}/a.pcapng", "hard", "soft"] {
            let name = name.replace("{}", desk.root().file_name().unwrap().to_str().unwrap());
            assert_refused(&desk, flag, &name, "a.pcapng", &name);
        }
        assert_refused(&desk, flag, "a.pcapng", "soft", "a.pcapng");
    }
}

#[test]
fn l6_an_input_that_has_the_name_of_a_table_is_not_written_over() {
    for format in FORMATS {
        let desk = Desk::with(&[("a.pcapng", &login())]);
        desk.run(&["-q", "-T", format, "-o", "out", "a.pcapng"]).exits(0);
        for name in desk.names("out") {
            let path = format!("out/{name}");
            fs::copy(desk.path("a.pcapng"), desk.path(&path)).unwrap();
            let ran = desk.run(&["--force", "-T", format, "-o", "out", &path]).exits(2);
            assert!(ran.err.starts_with(&format!("error: {path}: -o would overwrite what is to be read\n")), "{ran:?}");
            assert!(fs::read(desk.path(&path)).unwrap() == login(), "{path}");
        }
    }
}

/// The first of them waits for its input until the second has ended.
#[test]
fn l14_of_two_runs_with_one_output_the_second_fails_or_the_first_leaves_it_alone() {
    let desk = Desk::with(&[("a.pcapng", &login())]);
    let first = signals::reading(&desk, &["-o", "out", "-"]);
    desk.run(&["-o", "out", "a.pcapng"])
        .exits(1)
        .says(&["error: out: is not empty (--force writes into it all the same)"]);
    let finished = |mut child: std::process::Child| {
        child.stdin.take().unwrap().write_all(&login_with("192.0.2.10", "192.0.2.99")).unwrap();
        Ran::of(&child.wait_with_output().unwrap())
    };
    finished(first).exits(0);
    let first = signals::reading(&desk, &["--html", "page.html", "-"]);
    desk.run(&["-q", "--html", "page.html", "a.pcapng"]).exits(0);
    let written = fs::read(desk.path("page.html")).unwrap();
    let ran = finished(first).exits(1);
    assert!(ran.err.starts_with("error: page.html: cannot be put in place: "), "{ran:?}");
    assert!(fs::read(desk.path("page.html")).unwrap() == written);
    assert_eq!(desk.names("."), ["a.pcapng", "out", "page.html"]);
}

#[test]
fn l18_too_few_files_that_may_be_open_end_in_an_error_or_a_whole_result() {
    let desk = Desk::with(&[("a.pcapng", &crowd())]);
    let args = [&["-q"], &ALL[..]].concat();
    let whole = whole(&desk, &args);
    let (mut failed, mut succeeded) = (0, 0);
    for files in 4..32 {
        let ran = desk.shell(&format!(r#"exec prlimit --nofile={files} "$0" {} a.pcapng"#, args.join(" ")));
        let when = format!("{files} files: {ran:?}");
        if ran.code == Some(0) {
            assert_eq!(assert_whole(&desk, &whole, &when), (whole.len() + 1, 0), "{when}");
            succeeded += 1;
        } else {
            assert!(matches!(ran.code, Some(1 | 127)) && ran.err.contains("Too many open files"), "{when}");
            // A page of a run that could not even open its input tells so.
            if !ran.err.contains("error: a.pcapng: ") {
                assert_eq!(assert_whole(&desk, &whole, &when).1, 0, "{when}");
            }
            failed += 1;
        }
        remove(&desk);
    }
    assert!(failed > 3 && succeeded > 3, "{failed} failed, {succeeded} succeeded");
}
