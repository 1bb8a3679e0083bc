//! Tables in a directory.

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{Desk, login, login_with};

const TABLES: [&str; 7] =
    ["anomalies.csv", "clients.csv", "exchanges.csv", "inputs.csv", "population.csv", "timeline.csv", "upgrades.csv"];

/// What lies beside them.
const COMPANIONS: [&str; 5] = ["census.part", "datapackage.json", "load.sql", "manifest.json", "report.html"];

/// Everything in a directory of tables that end in `ending`.
fn all(ending: &str) -> Vec<String> {
    let tables = TABLES.map(|name| name.replace("csv", ending));
    let mut names: Vec<_> = tables.into_iter().chain(COMPANIONS.map(str::to_owned)).collect();
    names.sort();
    names
}

#[test]
fn a_directory_gets_every_table_and_nothing_else() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    let ran = desk.run(&["-o", "new/out", "a.pcap"]).exits(0);
    assert!(ran.out.is_empty());
    ran.says(&["note: new/out: wrote exchanges.csv, clients.csv, population.csv, upgrades.csv, timeline.csv, \
        anomalies.csv, inputs.csv, load.sql, datapackage.json, report.html, census.part, manifest.json"]);
    assert_eq!(desk.names("new/out"), all("csv"));
    for table in ["exchanges", "clients", "population", "upgrades", "timeline", "inputs"] {
        let written = fs::read_to_string(desk.path(&format!("new/out/{table}.csv"))).unwrap();
        assert_eq!(written, desk.run(&["-t", table, "a.pcap"]).exits(0).out, "{table}");
    }
}

#[test]
fn the_format_is_the_ending_of_the_names() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    desk.run(&["-q", "-o", "out", "-T", "ndjson", "--raw", "a.pcap"]).exits(0).says(&[]);
    assert_eq!(desk.names("out"), all("ndjson"));
    assert!(fs::read_to_string(desk.path("out/exchanges.ndjson")).unwrap().contains("\"raw_request\":\"CVR 2 "));
}

#[test]
fn l5_a_directory_with_something_in_it_is_only_taken_by_force() {
    let desk = Desk::with(&[("a.pcap", &login()), ("out/mine.txt", b"mine"), ("out/inputs.csv", b"old")]);
    desk.run(&["-o", "out", "a.pcap"])
        .exits(1)
        .says(&["error: out: is not empty (--force writes into it all the same)"]);
    assert_eq!(desk.names("out"), ["inputs.csv", "mine.txt"]);
    desk.run(&["-q", "--force", "-o", "out", "a.pcap"]).exits(0).says(&[]);
    assert_eq!(fs::read(desk.path("out/mine.txt")).unwrap(), b"mine");
    assert!(fs::read_to_string(desk.path("out/inputs.csv")).unwrap().starts_with("input,"));
    assert_eq!(desk.names("out").len(), all("csv").len() + 1);
}

/// Standard input stays open: a run that read before it looked at the directory would wait for ever.
#[test]
fn l7_a_directory_that_cannot_be_written_is_told_before_anything_is_read() {
    let desk = Desk::with(&[("file", b"")]);
    let mut waiting = desk.process(&["-o", "file/out", "-"]);
    let mut child = waiting.stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take();
    let ran = super::Ran::of(&child.wait_with_output().unwrap()).exits(1);
    drop(stdin);
    assert!(ran.err.starts_with("error: file/out: cannot be made: "), "{ran:?}");
}

#[cfg(unix)]
#[test]
fn l16_only_the_owner_reads_what_was_written() {
    use std::os::unix::fs::MetadataExt;
    let desk = Desk::with(&[("a.pcap", &login())]);
    desk.run(&["-q", "-o", "out", "a.pcap"]).exits(0);
    for name in all("csv") {
        assert_eq!(fs::metadata(desk.path("out").join(&name)).unwrap().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_run_without_result_still_tells_of_its_inputs() {
    let desk = Desk::with(&[]);
    desk.run(&["-o", "out", "missing.pcap"]).exits(1);
    let inputs = fs::read_to_string(desk.path("out/inputs.csv")).unwrap();
    assert_eq!(super::cells(&inputs, "status"), ["unreadable"]);
}

#[cfg(target_os = "linux")]
#[test]
fn l4_a_write_that_fails_leaves_no_file_that_looks_whole() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    let ran = desk.shell(r#"trap '' XFSZ; ulimit -f 0; exec "$0" -o out a.pcap"#).exits(1);
    assert!(ran.err.starts_with("error: out: cannot write exchanges: File too large"), "{ran:?}");
    assert_eq!(desk.names("out"), [""; 0]);
}

#[cfg(unix)]
#[test]
fn l8_a_killed_run_leaves_no_file_under_a_final_name() {
    let desk = Desk::with(&[]);
    let mut child = desk.process(&["-o", "out", "-"]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(&login()).unwrap();
    let begun = Instant::now();
    while !desk.path("out").exists() || desk.names("out").is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(30), "no temporary file");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(desk.names("out").iter().all(|name| name.starts_with(".msncensus-")), "{:?}", desk.names("out"));
}

/// As many logins as make a file long enough to be read by several threads, plain or packed.
#[test]
fn l12_any_number_of_threads_writes_the_same_bytes() {
    let one = login().len();
    let logins = (0..=(2 << 20) / one).flat_map(|number| {
        let port = 1_025 + number % 60_000;
        login_with(":1056", &format!(":{port}"))
    });
    let plain: Vec<u8> = logins.collect();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(&plain).unwrap();
    let desk = Desk::with(&[("a.pcapng", &plain), ("a.gz", &encoder.finish().unwrap())]);
    for capture in ["a.pcapng", "a.gz"] {
        for threads in ["1", "2", "3", "8"] {
            desk.run(&["-q", "-j", threads, "-o", &format!("{capture}-{threads}"), capture]).exits(0);
        }
        for table in TABLES {
            let written = |threads| fs::read(desk.path(&format!("{capture}-{threads}/{table}"))).unwrap();
            assert!(table == "anomalies.csv" || written(1).len() > 100);
            assert!((2..=3).chain([8]).all(|threads| written(threads) == written(1)), "{capture}: {table}");
        }
    }
    desk.run(&["-j", "0", "a.gz"]).exits(2);
}
