use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::census::synthetic::{REPLY, REQUEST, observation};

/// Every number another one, and nothing zero.
fn metrics() -> Metrics {
    let mut metrics = Metrics {
        bytes: 11,
        connections: 12,
        memory: 13,
        last_packet: Some(Timestamp::from_nanos(1_063_540_800_250_000_000)),
        clients: 14,
        passports: 15,
        is_full: true,
        interface: Some(InterfaceMetrics {
            name: "eth\"0".into(),
            is_up: true,
            received: 16,
            dropped: 17,
            interface_dropped: 18,
            overload: 19,
        }),
        ..Metrics::default()
    };
    for (at, (_, count)) in (100..).zip(metrics.stats.counters_mut()) {
        *count = at;
    }
    for request in [REQUEST, b"", b"CVQ 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS"] {
        metrics.tally.push(&observation(1, 7, request, REPLY));
    }
    metrics
}

const PROCESS: ProcessMetrics = ProcessMetrics { started: Timestamp::from_nanos(1_500_000_000), resident: Some(4_096) };

fn text(metrics: &Metrics) -> String {
    metrics.text(PROCESS, Exposition::Prometheus)
}

/// The samples by series.
fn samples(text: &str) -> BTreeMap<&str, &str> {
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let samples: BTreeMap<_, _> = lines.iter().map(|line| line.rsplit_once(' ').unwrap()).collect();
    assert_eq!(samples.len(), lines.len(), "no series twice");
    samples
}

#[test]
fn numbers_are_told_by_name_and_label() {
    let metrics = metrics();
    let text = text(&metrics);
    let samples = samples(&text);
    let number = |name: &str| metrics.stats.counters().find(|(counter, _)| *counter == name).unwrap().1.to_string();
    for (series, value) in [
        ("msncensus_packets_total{fate=\"segments\"}", number("segments").as_str()),
        ("msncensus_packets_total{fate=\"filtered\"}", &number("filtered")),
        ("msncensus_cut_total", &number("cut")),
        ("msncensus_gap_bytes_total", &number("gap_bytes")),
        ("msncensus_msn_gap_bytes_total", &number("gap_bytes_msn")),
        ("msncensus_gateway_sessions_total", &number("gateway_sessions")),
        ("msncensus_pending_bytes", &number("pending_bytes")),
        ("msncensus_read_bytes_total", "11"),
        ("msncensus_followed_connections", "12"),
        ("msncensus_conversations_memory_bytes", "13"),
        ("msncensus_last_packet_timestamp_seconds", "1063540800.25"),
        ("msncensus_exchanges_total{status=\"ok\"}", "2"),
        ("msncensus_exchanges_total{status=\"reply_only\"}", "1"),
        ("msncensus_exchanges_total{status=\"error\"}", "0"),
        ("msncensus_verdicts_total{verdict=\"required\"}", "2"),
        ("msncensus_verdicts_total{verdict=\"undetermined\"}", "1"),
        ("msncensus_exchanges_carried_total{verb=\"CVR\",via=\"direct\"}", "2"),
        ("msncensus_exchanges_carried_total{verb=\"CVQ\",via=\"direct\"}", "1"),
        ("msncensus_exchanges_carried_total{verb=\"none\",via=\"socks\"}", "0"),
        ("msncensus_clients", "14"),
        ("msncensus_passports", "15"),
        ("msncensus_distinct_full", "1"),
        ("msncensus_interface_up{interface=\"eth\\\"0\"}", "1"),
        ("msncensus_kernel_received_packets_total", "16"),
        ("msncensus_kernel_dropped_packets_total", "17"),
        ("msncensus_interface_dropped_packets_total", "18"),
        ("msncensus_overload_dropped_packets_total", "19"),
        ("process_start_time_seconds", "1.5"),
        ("process_resident_memory_bytes", "4096"),
    ] {
        assert_eq!(samples.get(series), Some(&value), "{series}\n{text}");
    }
    assert!(text.contains("# HELP msncensus_gaps_total Holes in streams that were declared lost.\n"), "{text}");
}

/// Each counter of the run has its series, also those that will be added.
#[test]
fn every_counter_is_told() {
    let metrics = metrics();
    let text = text(&metrics);
    let told: BTreeSet<_> = samples(&text).into_values().collect();
    for (name, count) in metrics.stats.counters().filter(|(name, _)| *name != "packets") {
        assert!(told.contains(count.to_string().as_str()), "{name}");
    }
}

/// By the rules of Prometheus's documentation, and by those of `promtool check metrics`.
#[test]
fn every_name_is_valid_and_says_what_it_is() {
    let text = text(&metrics());
    let mut types = BTreeMap::new();
    let mut helped = BTreeSet::new();
    for line in text.lines() {
        match line.splitn(4, ' ').collect::<Vec<_>>()[..] {
            ["#", "HELP", name, help] => {
                assert!(helped.insert(name) && help.ends_with('.') && !help.contains('\\'), "{line}");
            }
            ["#", "TYPE", name, kind] => assert!(types.insert(name, kind).is_none(), "{line}"),
            [..] => {
                let name = line.split(['{', ' ']).next().unwrap();
                let kind = types.get(name).expect(line);
                assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{line}");
                assert!(name.starts_with("msncensus_") || name.starts_with("process_"), "{line}");
                assert_eq!(name.ends_with("_total"), *kind == "counter", "{line}");
            }
        }
    }
    assert_eq!(types.len(), helped.len());
}

/// A series that comes late, or goes, cannot be told from one that was reset.
#[test]
fn the_series_are_those_of_the_first_moment() {
    let busy = metrics();
    let quiet = Metrics {
        interface: Some(InterfaceMetrics { name: "eth\"0".into(), ..InterfaceMetrics::default() }),
        ..Metrics::default()
    };
    for exposition in [Exposition::Prometheus, Exposition::OpenMetrics] {
        let texts = [&busy, &quiet].map(|metrics| metrics.text(PROCESS, exposition));
        let [busy, quiet] = texts.each_ref().map(|text| samples(text).into_keys().collect::<Vec<_>>());
        assert_eq!(busy, quiet);
    }
    let [once, again] = [text(&quiet), text(&quiet)];
    assert_eq!(once, again);
}

#[test]
fn both_formats_tell_the_same() {
    let metrics = metrics();
    let [prometheus, open] =
        [Exposition::Prometheus, Exposition::OpenMetrics].map(|exposition| metrics.text(PROCESS, exposition));
    assert_eq!(samples(&prometheus), samples(&open));
    assert!(prometheus.contains("# TYPE msncensus_cut_total counter\n") && !prometheus.contains("# EOF"));
    assert!(open.contains("# TYPE msncensus_cut counter\nmsncensus_cut_total ") && open.ends_with("\n# EOF\n"));
}

#[test]
fn the_largest_numbers_can_be_told() {
    let mut metrics = metrics();
    metrics.stats.counters_mut().for_each(|(_, count)| *count = u64::MAX);
    metrics.last_packet = Some(Timestamp::from_nanos(i64::MIN));
    let text = text(&metrics);
    assert_eq!(samples(&text)["msncensus_last_packet_timestamp_seconds"], "0.0");
    assert_eq!(samples(&text)["msncensus_gaps_total"], i64::MAX.to_string());
}

/// What was captured is told to nobody: the rows are the same but for who asked what.
#[test]
fn nothing_of_the_traffic_is_told() {
    let text = text(&metrics());
    for word in ["example", "@", "192.0.2", "winnt", "6.0.0602", "0x0409"] {
        assert!(!text.contains(word), "{word}");
    }
}
