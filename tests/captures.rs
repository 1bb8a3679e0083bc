//! The captures that speed is measured on are what they claim to be: small ones of each kind, made in memory.

#[path = "../benches/captures/mod.rs"]
mod made;

use std::collections::BTreeSet;

use crate::support::program::{Row, exchanges_of};
use crate::support::random;
use made::{Form, Kind, Size, write_capture};

/// A small part of the full size.
const SIZE: Size = Size { parts: 500, times: 1 };

/// A capture, its exchanges as lines, and its packets.
fn made(kind: Kind, form: Form) -> (Vec<u8>, BTreeSet<String>, u64) {
    let (mut bytes, mut truth) = (Vec::new(), BTreeSet::new());
    let packets = write_capture(kind, SIZE, form, &mut bytes, |exchange| {
        assert!(truth.insert(exchange.to_string()), "{exchange} twice");
        Ok(())
    });
    (bytes, truth, packets.unwrap())
}

fn line(row: &Row) -> String {
    let [client, server] = [["client_ip", "client_port"], ["server_ip", "server_port"]]
        .map(|[address, port]| format!("{}:{}", row[address], row[port]));
    format!("{client}\t{server}\t{}\t{}\t{}", row["trid"], row["raw_request"], row["raw_reply"])
}

#[test]
fn made_captures_hold_the_exchanges_that_they_claim() {
    for kind in Kind::ALL {
        for form in [Form::Pcap, Form::Pcapng] {
            let (bytes, truth, _) = made(kind, form);
            let run = exchanges_of(&bytes);
            assert_eq!(run.exit, 0, "{kind} {form:?}: {}", run.said);
            let found: BTreeSet<_> = run.rows.iter().map(line).collect();
            assert!(truth.len() >= 4, "{kind}: {truth:?}");
            assert_eq!(found, truth, "{kind} {form:?}");
            assert_eq!(run.rows.len(), truth.len(), "{kind} {form:?}: rows twice");
        }
    }
}

#[test]
fn made_captures_have_the_sizes_that_goals_are_set_for() {
    for (kind, lens, least) in
        [(Kind::Mixed, 680..780, 11_000), (Kind::Small, 60..100, 22_000), (Kind::Census, 80..120, 13_200)]
    {
        let (bytes, _, packets) = made(kind, Form::Pcap);
        let mean_len = bytes.len() as u64 / packets - 16;
        assert!(lens.contains(&mean_len), "{kind}: {mean_len} bytes");
        assert!((least..least + least / 8).contains(&packets), "{kind}: {packets} packets");
    }
}

#[test]
fn a_capture_is_made_the_same_again() {
    assert!(made(Kind::Mixed, Form::Pcap) == made(Kind::Mixed, Form::Pcap));
}
