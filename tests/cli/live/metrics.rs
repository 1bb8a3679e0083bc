//! `--metrics` of an interface, as a scraper sees it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use super::lab::{ADDRESS_HERE, HERE, Lab};
use super::{ANSWERED, ASKED, Turn, file, say_and_hear, stop};
use crate::cli::metrics::{address, awaited, scrape};
use crate::cli::{cells, login_pcap};

const UP: &str = "msncensus_interface_up{interface=\"here\"}";

#[test]
fn what_is_scraped_is_what_the_tables_tell_in_the_end() {
    let Some(lab) = Lab::new() else { return };
    let out = tempfile::tempdir().unwrap();
    let server = lab.server(1863, 1, &ANSWERED);
    let args = ["-i", HERE, "--metrics", "127.0.0.1:0", "-o", out.path().to_str().unwrap(), "tcp", "port", "1863"];
    let mut child = lab.listening(&args);
    let address = address(&mut child);
    let connect = || lab.visitor(address);
    assert_eq!(scrape(connect())["msncensus_exchanges_total{status=\"ok\"}"], "0");

    let client = lab.client(1863);
    say_and_hear(client.try_clone().unwrap(), &ASKED, Turn::First);
    let during = awaited(connect, "msncensus_exchanges_total{status=\"ok\"}", "1");
    assert_eq!(during["msncensus_followed_connections"], "1");
    assert_eq!((during["msncensus_connections_total"].as_str(), during[UP].as_str()), ("1", "1"));
    let memory = |name: &str| during[name].parse::<u64>().unwrap();
    assert!(memory("msncensus_conversations_memory_bytes") > 0);
    assert!(memory("process_resident_memory_bytes") > 1 << 20);
    let seconds = |name: &str| during[name].parse::<f64>().unwrap();
    let (exchange, packet) =
        (seconds("msncensus_last_exchange_timestamp_seconds"), seconds("msncensus_last_packet_timestamp_seconds"));
    assert!(seconds("process_start_time_seconds") <= exchange && exchange <= packet);
    drop(client);
    server.join().unwrap();

    // The counters of the kernel are read every second, and all of them are told as often.
    thread::sleep(Duration::from_millis(2_500));
    let last = scrape(connect());
    stop(child).exits(0);
    let table = |name: &str| fs::read_to_string(out.path().join(name).with_extension("csv")).unwrap();
    let (inputs, population, exchanges) = (table("inputs"), table("population"), table("exchanges"));
    let packets: u64 = last
        .iter()
        .filter(|(series, _)| series.starts_with("msncensus_packets_total{"))
        .map(|(_, count)| count.parse::<u64>().unwrap())
        .sum();
    assert!(packets > 8, "{last:#?}");
    assert_eq!(cells(&inputs, "packets"), [packets.to_string()]);
    for (column, series) in [
        ("kernel_received", "msncensus_kernel_received_packets_total"),
        ("kernel_dropped", "msncensus_kernel_dropped_packets_total"),
        ("interface_dropped", "msncensus_interface_dropped_packets_total"),
        ("overload_dropped", "msncensus_overload_dropped_packets_total"),
        ("connections_msn", "msncensus_msn_connections_total"),
        ("gaps", "msncensus_msn_gaps_total"),
        ("bytes", "msncensus_read_bytes_total"),
    ] {
        assert_eq!(cells(&inputs, column), [last[series].as_str()], "{column}");
    }
    for (column, series) in [("clients", "msncensus_clients"), ("passports", "msncensus_passports")] {
        assert_eq!(cells(&population, column)[0], last[series], "{column}");
    }
    let verdict = format!("msncensus_verdicts_total{{verdict=\"{}\"}}", cells(&exchanges, "verdict")[0]);
    assert_eq!(last[&verdict], "1");
    let carried = (&cells(&exchanges, "verb")[0], &cells(&exchanges, "via")[0]);
    assert_eq!(
        last[&format!("msncensus_exchanges_carried_total{{verb=\"{}\",via=\"{}\"}}", carried.0, carried.1)],
        "1"
    );
}

/// Another user, in the sandbox, at an address that other machines reach, in a crowd that wants nothing good.
#[test]
fn whoever_asks_however_badly_the_run_goes_on() {
    let Some(lab) = Lab::new() else { return };
    let (_directory, path) = file(&login_pcap());
    let there = format!("{ADDRESS_HERE}:9863");
    let args = ["-i", HERE, "-Z", "nobody", "--metrics", &there, "-t", "exchanges", "-T", "csv", "tcp", "port", "1863"];
    let mut child = lab.listening(&args);
    assert_eq!(address(&mut child).to_string(), there);
    let mut crowd = Vec::new();
    for number in 0..60 {
        let mut stream = lab.client(9863);
        match number % 4 {
            0 => {}
            1 => stream.write_all(b"GET /met").unwrap(),
            2 => stream.write_all(&vec![b'x'; 1 << 20]).unwrap_or_default(),
            _ => stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap(),
        }
        crowd.push(stream);
    }
    let mut rows = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    lab.replay(&path, &["--topspeed"]);
    let replayed = Instant::now();
    assert!(rows.any(|row| row.contains("6.0.0602")));
    assert!(replayed.elapsed() < Duration::from_secs(1), "{:?}", replayed.elapsed());
    let asked = Instant::now();
    awaited(|| lab.client(9863), "msncensus_exchanges_total{status=\"ok\"}", "1");
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    stop(child)
        .exits(0)
        .says(&[&format!("note: whoever reaches {there} can read them; 127.0.0.1 is for this machine alone")]);
}

#[test]
fn a_link_that_is_down_is_told() {
    let Some(lab) = Lab::new() else { return };
    // The state of a new link is told late.
    thread::sleep(Duration::from_secs(2));
    let mut child = lab.listening(&["-i", HERE, "--metrics", "127.0.0.1:0", "-t", "inputs"]);
    let address = address(&mut child);
    let connect = || -> TcpStream { lab.visitor(address) };
    for (state, told) in [("up", "1"), ("down", "0"), ("up", "1")] {
        lab.link(&["set", HERE, state]);
        awaited(connect, UP, told);
    }
    stop(child).exits(0);
}
