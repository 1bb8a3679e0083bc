//! The README shows what the program says.
//!
//! * In a `console` block, what follows a line that begins with `$` is the output of that command, run on the samples.
//! * In a `sh` block, each line that begins with `msncensus` must be a command that works.
//! * Between its markers stands the reference that the library makes from its columns.
//!
//! `MSNCENSUS_BLESS=1 cargo test readme` writes outputs and reference anew; read the difference before you keep it.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

use crate::cli::PROGRAM;
use crate::golden::blessing;
use crate::support::script::samples_dir;

const REFERENCE_BEGINS: &str = "<!-- reference: made by msncensus::report::reference() -->";
const REFERENCE_ENDS: &str = "<!-- end of reference -->";

/// What a command of the README does before it runs the program, and how it builds it: both are done here.
const BUILDS: &str = "sh .ci/setup && cargo run --release --locked --";

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn readme() -> String {
    fs::read_to_string(path("README.md")).unwrap()
}

/// A directory with what the README's commands name: the samples, and captures and an archive made of them.
fn desk() -> TempDir {
    let desk = tempfile::tempdir().unwrap();
    for directory in ["samples", "evidence", "archive"] {
        fs::create_dir(desk.path().join(directory)).unwrap();
    }
    for entry in fs::read_dir(samples_dir()).unwrap() {
        let from = entry.unwrap().path();
        let name = from.file_name().unwrap();
        fs::copy(&from, desk.path().join("samples").join(name)).unwrap();
        if from.extension().is_some_and(|extension| extension == "pcapng") {
            fs::copy(&from, desk.path().join("evidence").join(name)).unwrap();
            fs::copy(&from, desk.path().join("archive").join(name)).unwrap();
        }
    }
    fs::copy(samples_dir().join("msn-6.0-required.pcapng"), desk.path().join("capture.pcap")).unwrap();
    desk
}

/// A line of the shell in which `msncensus` is the program; standard error comes with standard output, as one sees it.
fn run(desk: &TempDir, line: &str) -> std::process::Output {
    let bin = Path::new(PROGRAM).parent().unwrap();
    let search = std::env::join_paths(
        [bin.to_owned()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    let mut command = Command::new("sh");
    command.args(["-c", &format!("exec 2>&1; {line}")]).current_dir(desk.path()).env("PATH", search.unwrap());
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "LANG", "LC_CTYPE"] {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C.UTF-8").output().unwrap()
}

/// The README with every output and the reference as they are now.
fn made_anew(readme: &str) -> String {
    let desk = desk();
    let mut lines = Vec::new();
    let (mut in_console, mut in_reference) = (false, false);
    for line in readme.lines() {
        if line == REFERENCE_ENDS {
            in_reference = false;
        }
        if line.starts_with("```") {
            in_console = line == "```console";
        } else if in_reference || (in_console && !line.starts_with("$ ")) {
            continue;
        }
        lines.push(line.to_owned());
        if line == REFERENCE_BEGINS {
            in_reference = true;
            lines.push(format!("\n{}", msncensus::report::reference()));
        }
        if let Some(command) = line.strip_prefix("$ ").filter(|_| in_console) {
            let output = run(&desk, &command.replace(BUILDS, "msncensus"));
            lines.push(String::from_utf8(output.stdout).unwrap().trim_end().to_owned());
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn the_readme_shows_what_the_program_says() {
    let readme = readme();
    assert!(readme.contains(REFERENCE_BEGINS) && readme.contains(REFERENCE_ENDS));
    assert!(readme.contains(&format!("```console\n$ {BUILDS} ")), "one command does everything");
    let anew = made_anew(&readme);
    if blessing() {
        fs::write(path("README.md"), &anew).unwrap();
    } else {
        assert!(anew == readme, "`MSNCENSUS_BLESS=1 cargo test readme` makes it:\n{anew}");
    }
}

#[test]
fn each_command_of_the_readme_works() {
    let desk = desk();
    let readme = readme();
    let blocks = readme.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    let commands: Vec<_> = blocks.flat_map(str::lines).filter(|line| line.starts_with("msncensus ")).collect();
    assert!(commands.len() >= 4, "{commands:?}");
    for command in commands {
        // Without libpcap there are no filters.
        if !cfg!(feature = "live") && command.contains(" -r ") {
            continue;
        }
        let output = run(&desk, command);
        assert_eq!(output.status.code(), Some(0), "{command}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn ci_runs_the_test_command_of_the_readme() {
    let readme = readme();
    let command = readme.lines().find(|line| line.ends_with("cargo test --locked --all-features")).unwrap();
    assert_eq!(command, "sh .ci/setup tests && cargo test --locked --all-features");
    let ci = fs::read_to_string(path(".ci/run")).unwrap();
    assert!(ci.lines().any(|line| line == command), "{ci}");
}
