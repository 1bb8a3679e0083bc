//! What is said, to whom, in which colours.

use super::{Desk, PROGRAM, login, login_with};

const ESCAPE: char = '\u{1b}';

#[test]
fn help_is_one_screen_with_examples() {
    let desk = Desk::with(&[]);
    let help = desk.run(&["-h"]).exits(0).says(&[]).out;
    let lines = help.lines().count();
    assert!((24..=50).contains(&lines), "{lines} lines");
    let widest = help.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 100, "{widest} columns");
    for word in ["--read", "--filter", "--output", "--table", "--interface", "Examples:\n  msncensus ", "Exit: 0 "] {
        assert!(help.contains(word), "{word}");
    }
    let all = desk.run(&["--help"]).exits(0).out;
    for word in ["--read", "--strict", "--snaplen", "--color", "Examples:\n  msncensus ", "Exit: 0 "] {
        assert!(all.contains(word), "{word}");
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let ran = Desk::with(&[]).run(&["--version"]).exits(0);
    assert_eq!(ran.out, format!("msncensus {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_quiet_hear_no_warnings_and_the_curious_hear_the_counters() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    desk.run(&["-q", "a.pcap", "missing.pcap"]).exits(3).says(&[]);
    let ran = desk.run(&["-v", "a.pcap"]).exits(0);
    let counted = |name: &str, count: &str| {
        let mut lines = ran.err.lines().filter_map(|line| line.strip_prefix("counted: "));
        lines.any(|line| line.split_whitespace().eq(name.split_whitespace().chain([count])))
    };
    assert!(counted("packets", "12") && counted("connections msn", "1"), "{ran:?}");
    assert!(!ran.err.contains(" 0\n"), "what was not met is not told");
}

/// A notice: what was read is there, and each row says for itself what it is made of.
#[test]
fn f5_many_wrong_checksums_are_told_once_and_change_no_exit_code() {
    let offloaded = login_with("connect\n", "checksum wrong client\nconnect\n");
    let desk = Desk::with(&[("a.pcap", &offloaded), ("b.pcap", &login())]);
    let told = "checksum offload assumed: wrong TCP checksums: 2 of the first 4";
    let ran = desk.run(&["a.pcap", "b.pcap"]).exits(0).says(&[&format!("warning: a.pcap: {told}")]);
    assert_eq!(ran.cells("flags"), ["bad_checksum"]);
    let ran = desk.run(&["-q", "-t", "anomalies", "a.pcap", "b.pcap"]).exits(0);
    let row = ran.out.lines().filter(|line| line.contains("checksum_offload")).collect::<Vec<_>>();
    assert_eq!(row, [format!(",,info,checksum_offload,a.pcap,,,,,,,,{told}")]);
}

#[test]
fn f7_wrong_ip_header_checksums_are_shown() {
    let mut capture = login();
    // The greeting of the client: its header checksum stands eight bytes behind the identification.
    let greeting = capture.windows(4).position(|bytes| bytes == b"VER ").unwrap();
    capture[greeting - 20 - 10] ^= 0x55;
    let desk = Desk::with(&[("a.pcap", &capture)]);
    let ran = desk.run(&["-t", "anomalies", "a.pcap"]).exits(0).says(&[]);
    assert!(ran.out.contains(",info,ip_checksum_bad,a.pcap,"), "{ran:?}");
    assert_eq!(desk.run(&["a.pcap"]).exits(0).cells("flags"), [""]);
}

#[test]
fn pipes_get_no_colours_unless_asked() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    let args = ["-t", "summary", "a.pcap", "missing.pcap"];
    let colours = |args: &[&str], variables: &[(&str, &str)]| {
        let output = desk.command(args).envs(variables.iter().copied()).output().unwrap();
        let ran = super::Ran::of(&output).exits(3);
        (ran.out.contains(ESCAPE), ran.err.contains(ESCAPE))
    };
    let with = |flag| [&["--color", flag], &args[..]].concat();
    assert_eq!(colours(&args, &[]), (false, false));
    assert_eq!(colours(&args, &[("CLICOLOR_FORCE", "1")]), (true, true));
    assert_eq!(colours(&with("always"), &[]), (true, true));
    assert_eq!(colours(&with("always"), &[("NO_COLOR", "1")]), (true, true));
    assert_eq!(colours(&with("never"), &[("CLICOLOR_FORCE", "1")]), (false, false));
}

#[test]
fn tables_have_no_colours_at_all() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    for format in ["csv", "ndjson", "table"] {
        let ran = desk.run(&["--color", "always", "-t", "population", "-T", format, "a.pcap"]).exits(0);
        assert!(!ran.out.contains(ESCAPE), "{format}");
    }
}

#[test]
fn l15_progress_is_not_for_logs() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    for how in ["auto", "plain", "none"] {
        desk.run(&["--progress", how, "a.pcap"]).exits(0).says(&[]);
    }
}

#[cfg(target_os = "linux")]
mod terminal {
    use super::*;

    /// What a terminal of 80 columns shows of a run; `None` on a machine without `script`, which makes terminals.
    fn shown(desk: &Desk, words: &str, variables: &[(&str, &str)]) -> Option<String> {
        let line = format!("stty cols 80 rows 40; exec '{PROGRAM}' {words}");
        let mut script = std::process::Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).current_dir(desk.root()).stdin(std::process::Stdio::null());
        for name in super::super::ENVIRONMENT {
            script.env_remove(name);
        }
        let output = script.env("TERM", "xterm").env("LC_ALL", "C.UTF-8").envs(variables.iter().copied()).output();
        match output {
            Ok(output) => Some(String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n")),
            Err(error) => {
                eprintln!("skipped: script: {error}");
                None
            }
        }
    }

    #[test]
    fn a_person_sees_the_summary_in_colours_and_each_warning_once() {
        let desk = Desk::with(&[("a.pcap", &login())]);
        let Some(screen) = shown(&desk, "--progress none a.pcap missing.pcap", &[]) else { return };
        assert!(screen.contains("Client versions") && screen.contains(ESCAPE), "{screen}");
        assert_eq!(screen.matches("No such file").count(), 1, "{screen}");
        let Some(plain) = shown(&desk, "--progress none a.pcap missing.pcap", &[("NO_COLOR", "1")]) else { return };
        assert!(!plain.contains(ESCAPE), "{plain}");
        assert!(plain.lines().all(|line| line.chars().count() <= 80), "{plain}");
        assert!(plain.ends_with("Write everything: msncensus -o DIR a.pcap missing.pcap\n"), "{plain}");
    }

    #[test]
    fn a_person_without_result_sees_the_reason_alone() {
        let desk = Desk::with(&[]);
        let Some(screen) = shown(&desk, "--progress none --color never missing.pcap", &[]) else { return };
        assert_eq!(screen, "error: missing.pcap: cannot be read: No such file or directory (os error 2)\n");
    }

    #[test]
    fn a_terminal_is_not_read() {
        let desk = Desk::with(&[]);
        let Some(screen) = shown(&desk, "--color never -", &[]) else { return };
        assert!(screen.starts_with("error: standard input is a terminal\nhint: "), "{screen}");
    }
}
