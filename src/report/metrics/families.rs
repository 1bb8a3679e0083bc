//! Names and meanings of all metrics.

use std::borrow::Cow;
use std::time::Duration;

use super::exposition::{Family, Kind, Series, Value};
use super::{InterfaceMetrics, Metrics, ProcessMetrics};
use crate::packet::Timestamp;

/// Counters that are none: what waits now.
const WAITING: [&str; 2] = ["fragments_pending", "pending_bytes"];

/// Every family, always in this order.
pub(super) fn families(metrics: &Metrics, process: ProcessMetrics) -> Vec<Family> {
    let mut families = vec![by_label(
        "msncensus_packets",
        "Packets read, by what became of them.",
        "fate",
        metrics.stats.packets.fates(),
    )];
    families.extend(counters(metrics));
    families.extend(traffic(metrics));
    families.extend(exchanges(metrics));
    families.extend(metrics.interface.iter().flat_map(interface));
    families.extend(program(process));
    families
}

/// The counters of the run that are not told by label, whatever they are.
fn counters(metrics: &Metrics) -> impl Iterator<Item = Family> {
    let told: Vec<_> = metrics.stats.packets.fates().map(|(name, _)| name).chain(["packets"]).collect();
    let others = metrics.stats.described().filter(move |(name, ..)| !told.contains(name));
    others.map(|(name, help, count)| {
        let kind = if WAITING.contains(&name) { Kind::Gauge } else { Kind::Counter };
        // The unit stands last.
        let name = name.strip_suffix("_msn").map_or_else(|| name.into(), |name| Cow::from(format!("msn_{name}")));
        one(kind, format!("msncensus_{name}"), help, Value::Whole(count))
    })
}

fn traffic(metrics: &Metrics) -> [Family; 4] {
    let Metrics { bytes, connections, memory, last_packet, .. } = metrics;
    [
        one(Kind::Counter, "msncensus_read_bytes", "Bytes read, of packets or of files.", Value::Whole(*bytes)),
        gauge("msncensus_followed_connections", "Connections that are followed now.", count(*connections)),
        gauge("msncensus_conversations_memory_bytes", "Memory that conversations take, roughly.", count(*memory)),
        gauge(
            "msncensus_last_packet_timestamp_seconds",
            "When the last packet was captured; 0 if none was.",
            seconds(*last_packet),
        ),
    ]
}

fn exchanges(metrics: &Metrics) -> [Family; 7] {
    let Metrics { tally, clients, passports, is_full, .. } = metrics;
    let carried = tally.carried().map(|(verb, via, number)| Series {
        labels: vec![("verb", verb.into()), ("via", via.into())],
        value: Value::Whole(number),
    });
    [
        by_label("msncensus_exchanges", "Client-version exchanges, by how they ended.", "status", tally.statuses()),
        by_label("msncensus_verdicts", "The same, by what the server said.", "verdict", tally.verdicts()),
        Family {
            name: "msncensus_exchanges_carried".into(),
            help: "The same, by the command and by how the conversation was carried.",
            kind: Kind::Counter,
            series: carried.collect(),
        },
        gauge("msncensus_clients", "Different clients in the tables so far.", count(*clients)),
        gauge("msncensus_passports", "Different passports in the tables so far.", count(*passports)),
        gauge(
            "msncensus_distinct_full",
            "Whether there were more than the tables tell apart.",
            Value::Whole(u64::from(*is_full)),
        ),
        gauge(
            "msncensus_last_exchange_timestamp_seconds",
            "When the last exchange began; 0 if there was none.",
            seconds(tally.last()),
        ),
    ]
}

fn interface(interface: &InterfaceMetrics) -> [Family; 5] {
    let counter = |name, help, count| one(Kind::Counter, name, help, Value::Whole(count));
    let labels = vec![("interface", Cow::from(interface.name.clone()))];
    [
        Family {
            name: "msncensus_interface_up".into(),
            help: "Whether the link is up.",
            kind: Kind::Gauge,
            series: vec![Series { labels, value: Value::Whole(u64::from(interface.is_up)) }],
        },
        counter(
            "msncensus_kernel_received_packets",
            "Packets that the kernel received for the program.",
            interface.received,
        ),
        counter("msncensus_kernel_dropped_packets", "Packets that the kernel had no room for.", interface.dropped),
        counter(
            "msncensus_interface_dropped_packets",
            "Packets that the network card had no room for.",
            interface.interface_dropped,
        ),
        counter(
            "msncensus_overload_dropped_packets",
            "Packets for which the program was too slow.",
            interface.overload,
        ),
    ]
}

fn program(process: ProcessMetrics) -> impl Iterator<Item = Family> {
    let version = ("version", env!("CARGO_PKG_VERSION").into());
    let build = Family {
        name: "msncensus_build_info".into(),
        help: "The program.",
        kind: Kind::Gauge,
        series: vec![Series { labels: vec![version], value: Value::Whole(1) }],
    };
    // These two names are those of all programs.
    let started = gauge("process_start_time_seconds", "When the program began.", seconds(Some(process.started)));
    let resident = process
        .resident
        .map(|bytes| gauge("process_resident_memory_bytes", "Memory that the program takes.", Value::Whole(bytes)));
    [build, started].into_iter().chain(resident)
}

fn one(kind: Kind, name: impl Into<Cow<'static, str>>, help: &'static str, value: Value) -> Family {
    Family { name: name.into(), help, kind, series: vec![Series { labels: Vec::new(), value }] }
}

fn gauge(name: &'static str, help: &'static str, value: Value) -> Family {
    one(Kind::Gauge, name, help, value)
}

/// A counter for each word of a label.
fn by_label(
    name: &'static str,
    help: &'static str,
    label: &'static str,
    counts: impl Iterator<Item = (&'static str, u64)>,
) -> Family {
    let series = counts.map(|(word, count)| Series { labels: vec![(label, word.into())], value: Value::Whole(count) });
    Family { name: name.into(), help, kind: Kind::Counter, series: series.collect() }
}

fn count(count: usize) -> Value {
    Value::Whole(u64::try_from(count).unwrap_or(u64::MAX))
}

fn seconds(time: Option<Timestamp>) -> Value {
    let nanos = time.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(0));
    Value::Seconds(Duration::from_nanos(nanos).as_secs_f64())
}
