//! The columns of `inputs`.

use super::super::inputs::InputRow;
use super::super::value::{Kind, Value};
use super::{Column, Table, source};

use Kind::{Decimal, Integer, Text, Time};

/// The table of inputs.
pub static INPUTS: Table<InputRow> = Table {
    name: "inputs",
    doc: "One row per file or interface; nothing is skipped without a row that says so.",
    columns: &[
        Column::new("input", Text, "path, `-` for standard input, or interface", |row, _| source(&row.input)),
        Column::new(
            "status",
            Text,
            "`ok`, `cut`, `damaged`, `skipped`, `unreadable`, `interrupted`, or `running` while it is still being read",
            |row, _| Value::Word(row.status.word()),
        ),
        Column::new("error", Text, "what went wrong, and where", |row, _| text(&row.error)),
        Column::new("format", Text, "`pcap`, `pcap-ns`, `pcap-kuznetzov`, `pcapng` or `live`", |row, _| {
            text(&row.format)
        }),
        Column::new("compression", Text, "what the file was packed with", |row, _| text(&row.compression)),
        Column::new("link_types", Text, "link types, joined by `;`", |row, _| text(&row.link_types)),
        Column::new("snaplen", Integer, "bytes of a packet that the capture kept at most", |row, _| {
            Value::maybe(row.snaplen)
        }),
        Column::new("bytes", Integer, "bytes read", |row, _| Value::count(row.bytes)),
        Column::new("bytes_raw", Integer, "bytes after unpacking", |row, _| Value::count(row.bytes_raw)),
        Column::new("packets", Integer, "packets", |row, _| Value::count(row.packets)),
        Column::new("packets_ip", Integer, "packets that hold IP", |row, _| Value::count(row.packets_ip)),
        Column::new("packets_tcp", Integer, "packets that hold a TCP segment", |row, _| Value::count(row.packets_tcp)),
        Column::new("packets_msn", Integer, "packets of MSNP connections", |row, _| Value::count(row.packets_msn)),
        Column::new("first_seen", Time, "when the first packet was captured", |row, _| Value::time(row.first_seen)),
        Column::new("last_seen", Time, "when the last packet was captured", |row, _| Value::time(row.last_seen)),
        Column::new("first_seen_ns", Integer, "`first_seen` in nanoseconds since 1970", |row, _| {
            Value::nanos(row.first_seen)
        }),
        Column::new("last_seen_ns", Integer, "`last_seen` in nanoseconds since 1970", |row, _| {
            Value::nanos(row.last_seen)
        }),
        Column::new("duration_s", Decimal(9), "seconds from the first packet to the last", |row, _| {
            match (row.first_seen, row.last_seen) {
                (Some(first), Some(last)) => Value::Decimal { units: last.nanos_since(first), decimals: 9 },
                _ => Value::Absent,
            }
        }),
        Column::new("connections", Integer, "connections whose opening was captured", |row, _| {
            Value::count(row.connections)
        }),
        Column::new("connections_msn", Integer, "connections that spoke MSNP", |row, _| {
            Value::count(row.connections_msn)
        }),
        Column::new("connections_midstream", Integer, "of these, open when the capture began", |row, _| {
            Value::count(row.connections_midstream)
        }),
        Column::new("gaps", Integer, "gaps in MSNP streams", |row, _| Value::count(row.gaps)),
        Column::new("gap_bytes", Integer, "bytes missing in them", |row, _| Value::count(row.gap_bytes)),
        Column::new("fragments", Integer, "fragments of IP datagrams", |row, _| Value::count(row.fragments)),
        Column::new("packets_cut", Integer, "packets that the capture cut", |row, _| Value::count(row.packets_cut)),
        Column::new("checksum_bad", Integer, "segments with a wrong checksum", |row, _| Value::count(row.checksum_bad)),
        Column::new("duplicates", Integer, "segments that brought nothing new", |row, _| Value::count(row.duplicates)),
        Column::new("kernel_received", Integer, "packets that the kernel saw, if known", |row, _| {
            Value::maybe(row.kernel_received)
        }),
        Column::new("kernel_dropped", Integer, "packets that the kernel lost, if known", |row, _| {
            Value::maybe(row.kernel_dropped)
        }),
        Column::new("exchanges", Integer, "exchanges found", |row, _| Value::count(row.exchanges)),
        Column::new("sha256", Text, "SHA-256 of the input as it lies on disk, if computed", |row, _| text(&row.sha256)),
        Column::new("interface_dropped", Integer, "packets that the network card lost, live", |row, _| {
            Value::maybe(row.interface_dropped)
        }),
        Column::new(
            "overload_dropped",
            Integer,
            "packets that came faster than they could be looked at, live",
            |row, _| Value::maybe(row.overload_dropped),
        ),
    ],
};

fn text(text: &str) -> Value<'_> {
    Value::text(Some(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Timestamp;
    use crate::report::columns::Context;

    #[test]
    fn columns_stand_in_the_promised_order() {
        let promised = "input status error format compression link_types snaplen bytes bytes_raw packets packets_ip \
            packets_tcp packets_msn first_seen last_seen first_seen_ns last_seen_ns duration_s connections \
            connections_msn connections_midstream gaps gap_bytes fragments packets_cut checksum_bad duplicates \
            kernel_received kernel_dropped exchanges sha256 interface_dropped overload_dropped";
        let names: Vec<_> = INPUTS.columns.iter().map(|column| column.name).collect();
        assert_eq!(names.join(" "), promised);
    }

    #[test]
    fn an_input_that_could_not_be_read_is_a_row() {
        let row = InputRow { input: "a.pcap".into(), error: "no such file".into(), ..InputRow::default() };
        let context = Context::default();
        let cells: Vec<_> = INPUTS.columns.iter().map(|column| (column.value)(&row, &context).to_string()).collect();
        assert_eq!(cells.join(","), "a.pcap,ok,no such file,,,,,0,0,0,0,0,0,,,,,,0,0,0,0,0,0,0,0,0,,,0,,,");
    }

    #[test]
    fn a_duration_is_exact() {
        let row = InputRow {
            first_seen: Some(Timestamp::from_nanos(5)),
            last_seen: Some(Timestamp::from_nanos(1_500_000_006)),
            ..InputRow::default()
        };
        let column = INPUTS.columns.iter().find(|column| column.name == "duration_s").unwrap();
        assert_eq!((column.value)(&row, &Context::default()).to_string(), "1.500000001");
    }
}
