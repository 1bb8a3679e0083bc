//! Completions and manual pages.

use std::process::Command;

use super::Desk;

/// The long flags of a help text.
fn flags(help: &str) -> Vec<&str> {
    let words = help.lines().filter_map(|line| line.trim_start().split_once("--"));
    words.filter_map(|(_, rest)| rest.split([' ', ',', '[', '.']).next()).filter(|flag| flag.len() > 1).collect()
}

#[test]
fn the_manual_tells_every_flag_of_the_help() {
    let desk = Desk::with(&[]);
    for command in [&[][..], &["merge"]] {
        let help = desk.run(&[command, &["--help"]].concat()).exits(0).out;
        let manual = desk.run(&[&["man"], command].concat()).exits(0).says(&[]).out;
        let flags = flags(&help);
        assert!(flags.len() > 10, "{flags:?}");
        for flag in flags {
            let flag = format!("\\-\\-{}", flag.replace('-', "\\-"));
            assert!(manual.contains(&flag), "{command:?}: {flag}");
        }
    }
}

#[test]
fn the_manual_names_the_pages_that_are_there_and_shows_examples_and_exit_codes() {
    let desk = Desk::with(&[]);
    let manual = desk.run(&["man"]).exits(0).out;
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "\"EXIT STATUS\""] {
        let section = section.trim_matches('"');
        assert!(manual.lines().any(|line| line.trim_matches('"') == format!(".SH {section}")), "{section}: {manual}");
    }
    assert!(manual.contains("msncensus\\-merge(1)"), "{manual}");
    assert!(!manual.contains("msncensus\\-man(1)"), "{manual}");
    assert!(manual.contains("\n3 data lost or doubtful\n"), "{manual}");
    desk.run(&["man", "nothing"]).exits(2);
}

/// What bash offers for the last of these words.
fn offered(script: &str, words: &[&str]) -> String {
    let asked = "source /dev/stdin; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMPREPLY=();
        _msncensus msncensus \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"; echo \"${COMPREPLY[@]}\"";
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("completions");
    std::fs::write(&path, script).unwrap();
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", asked, "bash"]).args(words).stdin(std::fs::File::open(path).unwrap());
    String::from_utf8(bash.output().unwrap().stdout).unwrap()
}

#[test]
fn bash_completes_flags_and_their_values() {
    let script = Desk::with(&[]).run(&["completions", "bash"]).exits(0).says(&[]).out;
    assert_eq!(offered(&script, &["msncensus", "--priv"]), "--privacy\n");
    assert_eq!(offered(&script, &["msncensus", "--privacy", "ps"]), "pseudonym\n");
    assert_eq!(offered(&script, &["msncensus", "mer"]), "merge\n");
    assert_eq!(offered(&script, &["msncensus", "merge", "--html", "a", "--by", "total", "--forc"]), "--force\n");
}

#[test]
fn other_shells_have_completions_and_unknown_ones_have_none() {
    let desk = Desk::with(&[]);
    for (shell, begin) in [("zsh", "#compdef msncensus"), ("fish", "# Print an optspec"), ("powershell", "\nusing")] {
        let script = desk.run(&["completions", shell]).exits(0).says(&[]).out;
        assert!(script.starts_with(begin), "{shell}: {}", &script[..80]);
        assert!(script.contains("no-promiscuous"), "{shell}");
    }
    desk.run(&["completions", "csh"]).exits(2);
}
