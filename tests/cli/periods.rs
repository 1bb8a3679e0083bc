//! Tables that are written while a run goes on, and periods that end. Signals are sent by the shell's `kill`.
#![cfg(target_os = "linux")]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use super::signals::{interrupt, reading, signal};
use super::{Desk, Ran, cells, login, login_with};

/// Files beside the tables.
const COMPANIONS: usize = 5;

/// Waits until `is_so`, for as long as a slow machine may take.
#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}: never");
        thread::sleep(Duration::from_millis(10));
    }
}

fn table(desk: &Desk, path: &str) -> String {
    fs::read_to_string(desk.path(path)).unwrap_or_default()
}

/// The clients of the exchanges that are written there.
fn clients(desk: &Desk, path: &str) -> Vec<String> {
    let table = table(desk, path);
    if table.is_empty() { Vec::new() } else { cells(&table, "client_ip") }
}

/// A login of another client, as a section that can follow others.
fn other(number: u8) -> Vec<u8> {
    login_with("192.0.2.10", &format!("192.0.2.{number}"))
}

fn append(desk: &Desk, bytes: &[u8]) {
    OpenOptions::new().append(true).open(desk.path("a.pcapng")).unwrap().write_all(bytes).unwrap();
}

fn following(args: &[&str]) -> (Desk, Child) {
    let desk = Desk::with(&[("a.pcapng", &login())]);
    let child = reading(&desk, &[&["--follow", "a.pcapng", "-o", "out"], args].concat());
    (desk, child)
}

#[test]
fn the_page_is_written_anew_at_each_checkpoint_also_without_tables() {
    let desk = Desk::with(&[("a.pcapng", &login())]);
    let child =
        reading(&desk, &["--follow", "a.pcapng", "--html", "census.html", "--checkpoint", "1", "-t", "summary"]);
    wait_until("the first exchange", || table(&desk, "census.html").contains("<b>1</b> exchange"));
    append(&desk, &other(11));
    wait_until("the second exchange", || {
        let page = table(&desk, "census.html");
        assert!(page.ends_with("</html>\n"), "{page}");
        page.contains("<b>2</b> exchanges")
    });
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(desk.names("."), ["a.pcapng", "census.html"]);
}

#[test]
fn l8_what_was_written_at_a_checkpoint_survives_a_kill() {
    let (desk, child) = following(&["--checkpoint", "1"]);
    wait_until("the first exchange", || clients(&desk, "out/exchanges.csv") == ["192.0.2.10"]);
    assert_eq!(cells(&table(&desk, "out/inputs.csv"), "status"), ["running"]);
    assert_eq!(cells(&table(&desk, "out/clients.csv"), "exchanges"), ["1"]);
    append(&desk, &other(11));
    // Whoever reads a table at any time finds a whole one.
    wait_until("the second exchange", || {
        let there = table(&desk, "out/exchanges.csv");
        assert!(there.ends_with('\n') && [2, 3].contains(&there.lines().count()), "{there}");
        clients(&desk, "out/exchanges.csv") == ["192.0.2.10", "192.0.2.11"]
    });
    wait_until("its counts", || cells(&table(&desk, "out/inputs.csv"), "exchanges") == ["2"]);
    assert!(signal(&child, "KILL"));
    assert_eq!(Ran::of(&child.wait_with_output().unwrap()).code, None);
    assert_eq!(clients(&desk, "out/exchanges.csv"), ["192.0.2.10", "192.0.2.11"]);
    let timeline = table(&desk, "out/timeline.csv");
    let of_total = cells(&timeline, "dimension").iter().position(|dimension| dimension == "total").unwrap();
    assert_eq!(cells(&timeline, "exchanges")[of_total], "2");
}

#[test]
fn tables_of_a_run_with_checkpoints_are_those_of_one_without() {
    let mut tables = Vec::new();
    for args in [&["--checkpoint", "1"][..], &[]] {
        let (desk, child) = following(args);
        if !args.is_empty() {
            wait_until("a checkpoint", || !clients(&desk, "out/exchanges.csv").is_empty());
        }
        append(&desk, &other(11));
        thread::sleep(Duration::from_millis(400));
        interrupt(&child);
        Ran::of(&child.wait_with_output().unwrap()).exits(0);
        let names = ["exchanges", "clients", "population", "upgrades", "timeline", "anomalies", "inputs"];
        tables.push(names.map(|name| table(&desk, &format!("out/{name}.csv"))));
        assert_eq!(fs::read_dir(desk.path("out")).unwrap().count(), names.len() + COMPANIONS, "nothing else is left");
    }
    assert_eq!(tables[0], tables[1]);
}

#[test]
fn k7_a_hangup_ends_a_period() {
    let (desk, child) = following(&["--checkpoint", "1"]);
    wait_until("a checkpoint", || !clients(&desk, "out/exchanges.csv").is_empty());
    assert!(signal(&child, "HUP"));
    let period = || {
        let entries = fs::read_dir(desk.path("out")).unwrap().map(|entry| entry.unwrap().file_name());
        entries.map(|name| name.into_string().unwrap()).find(|name| name.starts_with("20"))
    };
    wait_until("the period", || period().is_some());
    let period = period().unwrap();
    assert_eq!(clients(&desk, &format!("out/{period}/exchanges.csv")), ["192.0.2.10"]);
    assert_eq!(cells(&table(&desk, &format!("out/{period}/clients.csv")), "exchanges"), ["1"]);
    assert_eq!(fs::read_dir(desk.path(&format!("out/{period}"))).unwrap().count(), 7 + COMPANIONS);
    append(&desk, &other(11));
    wait_until("the next period", || clients(&desk, "out/exchanges.csv") == ["192.0.2.11"]);
    interrupt(&child);
    let ran = Ran::of(&child.wait_with_output().unwrap()).exits(0);
    assert!(ran.err.contains("wrote the tables of the period that ends here"), "{}", ran.err);
    assert_eq!(clients(&desk, "out/exchanges.csv"), ["192.0.2.11"]);
    assert_eq!(cells(&table(&desk, "out/population.csv"), "exchanges")[0], "1");
    assert_eq!(cells(&table(&desk, "out/inputs.csv"), "exchanges"), ["1"]);
}

#[test]
fn a_checkpoint_that_cannot_be_written_is_told_and_the_next_one_is_tried() {
    let (desk, child) = following(&["--checkpoint", "1"]);
    wait_until("a checkpoint", || !clients(&desk, "out/exchanges.csv").is_empty());
    fs::remove_file(desk.path("out/inputs.csv")).unwrap();
    fs::create_dir(desk.path("out/inputs.csv")).unwrap();
    thread::sleep(Duration::from_millis(1_500));
    fs::remove_dir(desk.path("out/inputs.csv")).unwrap();
    wait_until("the next checkpoint", || !table(&desk, "out/inputs.csv").is_empty());
    interrupt(&child);
    let ran = Ran::of(&child.wait_with_output().unwrap()).exits(0);
    assert!(ran.err.contains("warning: ") && ran.err.contains("inputs.csv: cannot be put in place"), "{}", ran.err);
}

#[test]
fn checkpoints_are_for_what_goes_on() {
    let desk = Desk::with(&[("a.pcapng", &login())]);
    desk.run(&["-o", "out", "--checkpoint", "1", "a.pcapng"])
        .exits(2)
        .says(&["error: --checkpoint without -i or --follow", "hint: the tables of files are written in the end"]);
    desk.run(&["--follow", "--checkpoint", "1", "a.pcapng"]).exits(2);
    desk.run(&["--follow", "-o", "out", "--checkpoint", "0", "a.pcapng"]).exits(2);
}
