//! `--metrics`: what is told of a run while it goes on, where, and to whom.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use super::signals::{interrupt, reading, signal};
use super::{Desk, Ran, login_pcap};

/// Longer than a number waits to be told.
const SOON: Duration = Duration::from_secs(10);

/// The samples of an answer by series, as text.
pub(super) type Samples = BTreeMap<String, String>;

/// Where a run tells its metrics, by the first thing that it says.
pub(super) fn address(child: &mut Child) -> SocketAddr {
    let mut said = BufReader::with_capacity(1, child.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    child.stderr = Some(said.into_inner());
    let address = line.strip_prefix("note: metrics are at http://").and_then(|rest| rest.strip_suffix("/metrics\n"));
    address.expect(&line).parse().unwrap()
}

/// Asks for metrics once.
#[track_caller]
pub(super) fn scrape(mut stream: TcpStream) -> Samples {
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"),
        "{head}"
    );
    assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "{head}");
    let samples = body.lines().filter_map(|line| line.rsplit_once(' ').filter(|_| !line.starts_with('#')));
    samples.map(|(series, value)| (series.to_owned(), value.to_owned())).collect()
}

/// Asks until `series` is `value`, and gives what was told then.
#[track_caller]
pub(super) fn awaited(connect: impl Fn() -> TcpStream, series: &str, value: &str) -> Samples {
    let begun = Instant::now();
    loop {
        let samples = scrape(connect());
        if samples[series] == value {
            return samples;
        }
        assert!(begun.elapsed() < SOON, "{series} is never {value}: {samples:#?}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_is_followed_is_told_too() {
    let desk = Desk::with(&[("a.pcap", &login_pcap())]);
    let mut child = reading(&desk, &["--follow", "--metrics", "127.0.0.1:0", "-t", "population", "a.pcap"]);
    let address = address(&mut child);
    let connect = || TcpStream::connect(address).unwrap();
    let samples = awaited(connect, "msncensus_exchanges_total{status=\"ok\"}", "1");
    assert_eq!(samples["msncensus_clients"], "1");
    assert_eq!(samples["msncensus_read_bytes_total"], login_pcap().len().to_string());
    assert!(!samples.keys().any(|series| series.contains("interface")), "{samples:#?}");
    // The file grows by another login.
    let mut file = fs::OpenOptions::new().append(true).open(desk.path("a.pcap")).unwrap();
    file.write_all(&login_pcap()[24..]).unwrap();
    let again = awaited(connect, "msncensus_packets_total{fate=\"segments\"}", "24");
    assert_eq!(samples.keys().collect::<Vec<_>>(), again.keys().collect::<Vec<_>>());
    interrupt(&child);
    let ran = Ran::of(&child.wait_with_output().unwrap()).exits(0);
    assert_eq!(ran.cells("clients")[0], again["msncensus_clients"]);
    assert!(TcpStream::connect(address).is_err());
}

/// Who watches for months must not see them go back.
#[test]
fn counters_go_on_when_a_period_ends() {
    let desk = Desk::with(&[("a.pcap", &login_pcap())]);
    let mut child = reading(&desk, &["--follow", "--metrics", "127.0.0.1:0", "-o", "out", "a.pcap"]);
    let address = address(&mut child);
    let connect = || TcpStream::connect(address).unwrap();
    let before = awaited(connect, "msncensus_clients", "1");
    assert!(signal(&child, "HUP"));
    let after = awaited(connect, "msncensus_clients", "0");
    for (series, value) in before.iter().filter(|(series, _)| series.contains("_total")) {
        assert_eq!(after[series], *value, "{series}");
    }
    assert_eq!(after["msncensus_exchanges_total{status=\"ok\"}"], "1");
    interrupt(&child);
    Ran::of(&child.wait_with_output().unwrap()).exits(0);
}

#[test]
fn only_what_goes_on_is_told() {
    let desk = Desk::with(&[("a.pcap", &login_pcap())]);
    let ran = desk.run(&["--metrics", "127.0.0.1:0", "a.pcap"]).exits(2);
    assert!(ran.err.contains("--interface <IF>") && ran.err.contains("--follow"), "{ran:?}");
}

#[test]
fn what_is_no_address_is_refused() {
    let desk = Desk::with(&[("a.pcap", &login_pcap())]);
    for text in ["9863", ":9863", "localhost:9863", "127.0.0.1", "127.0.0.1:65536", "http://127.0.0.1:9863"] {
        let ran = desk.run(&["--follow", "--metrics", text, "a.pcap"]).exits(2);
        assert!(ran.err.contains("write it as 127.0.0.1:9863 or [::1]:9863"), "{ran:?}");
    }
}

#[test]
fn an_address_that_cannot_be_had_ends_the_run_before_it_begins() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let desk = Desk::with(&[("a.pcap", &login_pcap())]);
    let told = format!("error: cannot serve metrics at {address}: Address already in use (os error 98)");
    desk.run(&["--follow", "--metrics", &address, "-o", "out", "a.pcap"]).exits(1).says(&[&told]);
    assert!(!desk.path("out").exists());
}
