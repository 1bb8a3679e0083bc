//! Tiny bounds, and floods against them: every law holds, what is kept stays within the bound, and an exchange that
//! nobody attacks is still found. The laws themselves are asserted by the engine of `support` after every packet.

use std::sync::Arc;

use msncensus::capture::list;
use msncensus::census::Room;
use msncensus::dissect::Dissector;
use msncensus::msnp::{Event, Session};
use msncensus::net::{Decoded, decode};
use msncensus::run::{Findings, Plan, run};
use msncensus::stats::{Ledger, Stats};
use msncensus::tcp::Table;

use crate::support::LOGIN;
use crate::support::alter::shuffle;
use crate::support::conversation::Segmentation;
use crate::support::engine::{Engine, analyse, as_packet, reassemble};
use crate::support::frame::frame;
use crate::support::packet::TestPacket;
use crate::support::script::Script;

fn login() -> Vec<TestPacket> {
    Script::parse(LOGIN).unwrap().packets()
}

/// The login from client port `port`, at the time of packet `at` of a flood of one packet a millisecond.
fn candidate(port: u16, at: i64, packet: &TestPacket) -> TestPacket {
    let mut packet = packet.clone();
    if packet.source.port() == 1863 {
        packet.destination.set_port(port);
    } else {
        packet.source.set_port(port);
    }
    TestPacket { time: login()[0].time + at * 1_000_000, ..packet }
}

/// What a table of these bounds makes of these packets: the events and the counters.
fn table(memory_max: usize, connections_max: usize, packets: &[TestPacket]) -> (Vec<Event>, Stats) {
    reassemble(Table::<Session>::with_bounds(memory_max, connections_max), packets)
}

fn messages(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Message(_))).count()
}

#[test]
fn one_connection_at_a_time_is_enough_for_one_login() {
    for memory_max in [0, 1, 500, 100_000] {
        let (events, stats) = table(memory_max, 1, &login());
        assert_eq!((messages(&events), stats.streams.evicted), (4, 0), "{memory_max}");
    }
    // Without any place each line is a conversation of its own, which ends at once.
    let (events, stats) = table(1 << 20, 0, &login());
    assert_eq!((messages(&events), stats.streams.evicted), (4, 4));
}

#[test]
fn a_login_in_order_needs_next_to_no_memory() {
    for size in [1, 7, 1460] {
        let mut script = Script::parse(LOGIN).unwrap();
        script.segment(&Segmentation::Max(size));
        let mut engine = Engine::over(Dissector::with_memory(16_000));
        script.packets().iter().for_each(|packet| engine.push(&frame(packet)));
        assert_eq!(engine.finish().fields(), analyse(&login()).fields(), "segments of {size}");
    }
}

#[test]
fn a_tiny_memory_gives_up_holes_and_keeps_the_laws() {
    let mut script = Script::parse(LOGIN).unwrap();
    script.segment(&Segmentation::Max(2));
    let packets = script.packets();
    for memory_max in [0, 1, 200, 1_000, 5_000, 20_000] {
        for seed in 0..20 {
            let mut engine = Engine::over(Dissector::with_memory(memory_max));
            let shuffled = shuffle(&packets, 30, seed);
            for packet in &shuffled {
                engine.push(&frame(packet));
            }
            let found = engine.finish();
            assert!(found.observations.len() <= 2);
            if memory_max == 0 {
                assert!(found.stats.streams.memory_bound > 0);
            }
        }
    }
}

/// Half-open conversations that all hold bytes behind a hole: memory is given back, the newest conversation is read.
#[test]
fn a_flood_of_half_open_conversations_stays_within_the_memory() {
    const MEMORY_MAX: usize = 64 * 1024;
    let login = login();
    let mut engine = Engine::over(Dissector::with_memory(MEMORY_MAX));
    let mut most = 0;
    for port in 2_000..6_000 {
        let at = i64::from(port);
        engine.push(&frame(&candidate(port, at, &login[0])));
        // The first line is missing, so the request waits for it.
        engine.push(&frame(&candidate(port, at, &login[5])));
        most = most.max(engine.waiting());
    }
    for packet in &login {
        engine.push(&frame(&candidate(1056, 7_000, packet)));
    }
    let found = engine.finish();
    assert!(most > 0 && most <= MEMORY_MAX as u64, "{most} bytes waited");
    assert!(found.stats.streams.memory_bound > 1_000, "{}", found.stats.streams.memory_bound);
    assert_eq!(found.halves().iter().filter(|row| !row.ends_with("| -")).count(), 1);
}

/// As many conversations as ports, and place for a hundred: the longest silent go, one that is alive stays.
#[test]
fn a_flood_of_conversations_pushes_out_the_longest_silent() {
    let login = login();
    let mut packets = Vec::new();
    let mut lively = login.iter().map(|packet| candidate(1056, 0, packet));
    packets.extend(lively.by_ref().take(4));
    for port in 2_000..4_000 {
        packets.push(candidate(port, i64::from(port), &login[0]));
        packets.push(candidate(port, i64::from(port), &login[3]));
        if port % 50 == 0 {
            // A repeated segment shows that the connection is alive.
            packets.push(candidate(1056, i64::from(port), &login[3]));
        }
    }
    packets.extend(lively.map(|packet| TestPacket { time: login[0].time + 5_000_000_000, ..packet }));
    let (events, stats) = table(1 << 20, 100, &packets);
    assert_eq!(stats.streams.evicted, 1_901);
    let replies = events
        .iter()
        .filter(|event| matches!(event, Event::Message(message) if message.command.line().starts_with(b"CVR 2 6.0")));
    assert_eq!(replies.count(), 1);
    let evicted = events
        .iter()
        .filter(|event| matches!(event, Event::Closed { flags, .. } if flags.to_string().contains("evicted")));
    assert_eq!(evicted.count(), 1_901);
}

/// A request whose reply is late, though it was silent longest of all, outlives connections of which nothing is known.
#[test]
fn a_half_seen_exchange_outlives_a_flood_of_connections_that_say_nothing() {
    let login = login();
    let mut packets: Vec<_> = login[..6].iter().map(|packet| candidate(1056, 0, packet)).collect();
    for port in 2_000..6_000 {
        packets.push(candidate(port, i64::from(port), &login[0]));
        let beginning = TestPacket { payload: b"VER 1 MS".to_vec(), ..login[3].clone() };
        packets.push(candidate(port, i64::from(port), &beginning));
    }
    packets.extend(login[6..].iter().map(|packet| candidate(1056, 6_000, packet)));
    for (memory_max, connections_max) in [(64 * 1024, 1 << 20), (1 << 30, 50)] {
        let (events, stats) = table(memory_max, connections_max, &packets);
        assert!(stats.streams.evicted > 3_900, "{} evicted", stats.streams.evicted);
        assert_eq!(messages(&events), 4, "within {memory_max} bytes and {connections_max} connections");
        let flags = events.iter().find_map(|event| match event {
            Event::Closed { flags, .. } => Some(flags.to_string()),
            _ => None,
        });
        assert_eq!(flags.unwrap(), "");
    }
}

/// What the table says that it keeps is what the bound is about: it grows by what is followed, and nothing of it stays.
#[test]
fn the_table_counts_what_it_keeps_and_what_others_keep() {
    let login = login();
    let mut table = Table::<Session>::with_bounds(1 << 30, 1 << 20);
    let (mut ledger, mut events) = (Ledger::default(), Vec::new());
    let mut push = |table: &mut Table<Session>, packet: &TestPacket| {
        let frame = frame(packet);
        let Decoded::Segment(segment) = decode(&as_packet(0, 1, &frame)) else { panic!("no segment") };
        let moment = segment.stamp.time.into();
        table.push(&segment, moment, &mut ledger, &mut events);
        table.memory()
    };
    let followed: Vec<usize> = login.iter().map(|packet| push(&mut table, packet)).collect();
    assert!(followed[..3].iter().all(|memory| *memory == 0), "a handshake is not followed: {followed:?}");
    assert!((900..1_600).contains(&followed[5]), "{followed:?}");
    let stub = *followed.last().unwrap();
    assert!((200..300).contains(&stub), "{followed:?}");
    table.leave_room(1_000);
    assert_eq!(table.memory(), stub + 1_000);
    table.finish(&mut ledger, &mut events);
    assert_eq!(table.memory(), 1_000);
}

/// Bytes that never become a line are read up to a bound and then forgotten.
#[test]
fn a_stream_that_never_becomes_msnp_is_given_up() {
    let mut engine = Engine::default();
    let login = login();
    for packet in &login[..3] {
        engine.push(&frame(packet));
    }
    let mut sent: u32 = 0;
    for _ in 0..400 {
        let payload = if sent == 0 { b"VER ".repeat(300) } else { vec![b'x'; 1_200] };
        let packet = TestPacket { seq: login[3].seq.wrapping_add(sent), payload, ..login[3].clone() };
        sent += 1_200;
        engine.push(&frame(&packet));
    }
    let found = engine.finish();
    let streams = found.stats.streams;
    assert_eq!((streams.connections_msn, found.stats.lines.too_long), (0, 1));
    assert!(streams.delivered_bytes < 80_000 && streams.stranger_bytes > 390_000, "{streams:?}");
}

/// A hole before the first line of what may be anything: little is kept before it is known.
#[test]
fn what_waits_before_anything_is_recognised_is_bounded() {
    let mut engine = Engine::default();
    let login = login();
    for packet in &login[..3] {
        engine.push(&frame(packet));
    }
    let mut most = 0;
    for index in 0..2_000 {
        let packet = TestPacket {
            seq: login[3].seq.wrapping_add(100 + index * 50),
            payload: vec![b'x'; 50],
            ..login[3].clone()
        };
        engine.push(&frame(&packet));
        most = most.max(engine.waiting());
    }
    assert!((60_000..=66_000).contains(&most), "{most} bytes waited");
    assert_eq!(engine.finish().stats.streams.reorder_bound, 1);
}

#[test]
fn a_census_that_is_full_says_so() {
    let clients = (10..20).map(|number| LOGIN.replace("192.0.2.10", &format!("192.0.2.{number}")));
    let files: Vec<_> = clients
        .map(|script| {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), Script::parse(&script).unwrap().capture()).unwrap();
            file
        })
        .collect();
    let found = |entities| {
        let inputs = list(files.iter().map(|file| file.path().into()));
        let room = Room { entities, values: usize::MAX };
        run(Plan { room, ..Plan::new(inputs) }, &Arc::default(), &mut |_| {})
    };
    let ips = |found: &Findings| found.population.rows()[0].ips;
    let (whole, full) = (found(1_000), found(3));
    assert_eq!((whole.exchanges, ips(&whole), whole.doubtful), (10, 10, false));
    assert_eq!((full.exchanges, ips(&full), full.doubtful), (10, 3, true));
    let sentence = "more came than can be told apart (3 clients, and as many connections and addresses): exchanges are counted \
                    exactly, all else is at least what the tables say";
    assert_eq!(full.warnings, [sentence]);
    assert!(full.anomalies.iter().any(|anomaly| anomaly.kind == "census_full" && anomaly.detail == sentence));
}
