use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, TcpStream};

use super::*;
use crate::limits::HEAD_LEN_MAX;

const ASKS: &[u8] = b"GET /metrics HTTP/1.0\r\n\r\n";

/// An endpoint that serves, and where.
fn serving() -> (Serving, SocketAddr) {
    let endpoint = Endpoint::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let address = endpoint.address();
    let mut serving = Serving::at(endpoint);
    serving.leave(Metrics { clients: 7, ..Metrics::default() });
    (serving, address)
}

fn heard(mut stream: &TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn scrape(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(ASKS).unwrap();
    heard(&stream)
}

#[test]
fn who_asks_is_told_what_was_left_last() {
    let (mut serving, address) = serving();
    let told = scrape(address);
    assert!(told.starts_with("HTTP/1.1 200 OK\r\n") && told.contains("\nmsncensus_clients 7\n"), "{told}");
    assert!(!serving.is_due());
    serving.leave(Metrics { clients: 8, ..Metrics::default() });
    assert!(scrape(address).contains("\nmsncensus_clients 8\n"));
}

#[test]
fn who_comes_before_the_first_numbers_waits_for_them() {
    let endpoint = Endpoint::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let mut early = TcpStream::connect(endpoint.address()).unwrap();
    early.write_all(ASKS).unwrap();
    let mut serving = Serving::at(endpoint);
    assert!(serving.is_due());
    serving.leave(Metrics { clients: 9, ..Metrics::default() });
    assert!(heard(&early).contains("\nmsncensus_clients 9\n"));
}

/// The memory of the process is what the system says, and it is read anew each time.
#[cfg(target_os = "linux")]
#[test]
fn memory_and_start_are_those_of_the_process() {
    let mut endpoint = Endpoint::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let before = endpoint.process();
    assert!(now().nanos_since(before.started) < 60 * 1_000_000_000);
    let much = vec![1_u8; 64 << 20];
    let after = endpoint.process().resident.unwrap();
    assert!(after > before.resident.unwrap() + (32 << 20), "{before:?} {after}");
    drop(much);
}

/// More of them than there is room for: silent, slow, endless, deaf.
#[test]
fn nobody_holds_up_the_others() {
    let (serving, address) = serving();
    let mut crowd = Vec::new();
    for number in 0..4 * VISITORS_MAX {
        let mut stream = TcpStream::connect(address).unwrap();
        match number % 4 {
            0 => {}
            1 => stream.write_all(b"GET /met").unwrap(),
            2 => stream.write_all(&vec![b'x'; 100 * HEAD_LEN_MAX]).unwrap_or_default(),
            _ => stream.write_all(ASKS).unwrap(),
        }
        crowd.push(stream);
        let begun = Instant::now();
        assert!(scrape(address).contains("\nmsncensus_clients 7\n"));
        assert!(begun.elapsed() < Duration::from_secs(2), "{number}: {:?}", begun.elapsed());
    }
    let begun = Instant::now();
    drop(serving);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[test]
fn what_comes_in_pieces_is_a_request_all_the_same() {
    let (_serving, address) = serving();
    let mut stream = TcpStream::connect(address).unwrap();
    for piece in ASKS.chunks(9) {
        stream.write_all(piece).unwrap();
        thread::sleep(2 * VISITORS_EVERY);
    }
    assert!(heard(&stream).contains("\nmsncensus_clients 7\n"));
}

/// The answer reaches also who says more than anybody wants to hear.
#[test]
fn who_says_too_much_is_told_so() {
    let (_serving, address) = serving();
    let mut stream = TcpStream::connect(address).unwrap();
    let long = [&b"GET /metrics HTTP/1.1\r\nX: "[..], &vec![b'x'; 3 * HEAD_LEN_MAX]].concat();
    stream.write_all(&long).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert!(heard(&stream).starts_with("HTTP/1.1 431 "));
}

#[test]
fn who_says_nothing_is_sent_away() {
    let (_serving, address) = serving();
    let stream = TcpStream::connect(address).unwrap();
    let begun = Instant::now();
    assert_eq!(heard(&stream), "");
    let visit = VISIT_MAX..VISIT_MAX + Duration::from_secs(2);
    assert!(visit.contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

#[test]
fn only_loopback_is_for_this_machine_alone() {
    let reachable = |address: SocketAddr| Endpoint::bind(address).unwrap().is_reachable();
    assert!(!reachable((Ipv4Addr::LOCALHOST, 0).into()));
    assert!(!reachable((Ipv4Addr::new(127, 0, 0, 2), 0).into()));
    assert!(!reachable((Ipv4Addr::LOCALHOST.to_ipv6_mapped(), 0).into()));
    assert!(reachable((Ipv4Addr::UNSPECIFIED, 0).into()));
    assert!(reachable((Ipv6Addr::UNSPECIFIED, 0).into()));
}
