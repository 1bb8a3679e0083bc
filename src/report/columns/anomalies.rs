//! The columns of `anomalies`.

use std::net::SocketAddr;

use super::super::anomalies::AnomalyRow;
use super::super::value::{Kind, Value};
use super::{Column, Table, source};

use Kind::{Integer, Text, Time};

/// The table of anomalies.
pub static ANOMALIES: Table<AnomalyRow> = Table {
    name: "anomalies",
    doc: "One row per thing that went wrong or was odd, and one per counter that is not zero and has no column in \
        `inputs`; at most 1,000 rows of a kind in an input, then one row `suppressed` with the number of the others.",
    columns: &[
        Column::new("ts", Time, "when the packet that showed it was captured", |row, _| Value::time(row.time)),
        Column::new("ts_ns", Integer, "`ts` in nanoseconds since 1970", |row, _| Value::nanos(row.time)),
        Column::new("severity", Text, "`info`, `warning` (rows may be missing or doubtful) or `error`", |row, _| {
            Value::Word(row.severity.word())
        }),
        Column::new("kind", Text, "what kind of thing it is", |row, _| Value::text(Some(row.kind.as_bytes()))),
        Column::new("input", Text, "path, `-` for standard input, or interface", |row, _| source(&row.input)),
        Column::new("frame", Integer, "number of the packet in `input`, from 1", |row, _| Value::maybe(row.frame)),
        Column::new("offset", Integer, "where in `input` it was, in bytes", |row, _| Value::maybe(row.offset)),
        Column::new("client_ip", Text, "address of the client", |row, _| address(row, 0)),
        Column::new("client_port", Integer, "TCP port of the client", |row, _| port(row, 0)),
        Column::new("server_ip", Text, "address of the server", |row, _| address(row, 1)),
        Column::new("server_port", Integer, "TCP port of the server", |row, _| port(row, 1)),
        Column::new("community_id", Text, "community ID version 1, seed 0, of the connection", |row, context| {
            row.ends.map_or(Value::Absent, |ends| context.community_id(ends))
        }),
        Column::new("detail", Text, "what happened, in words", |row, _| Value::text(Some(row.detail.as_bytes()))),
    ],
};

fn end(row: &AnomalyRow, which: usize) -> Option<SocketAddr> {
    row.ends.and_then(|ends| ends.get(which).copied())
}

fn address(row: &AnomalyRow, which: usize) -> Value<'static> {
    end(row, which).map_or(Value::Absent, |end| Value::Address(end.ip()))
}

fn port(row: &AnomalyRow, which: usize) -> Value<'static> {
    Value::maybe(end(row, which).map(|end| end.port()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anomaly::Severity;
    use crate::report::Context;

    #[test]
    fn columns_stand_in_the_promised_order() {
        let promised = "ts ts_ns severity kind input frame offset client_ip client_port server_ip server_port \
            community_id detail";
        let names: Vec<_> = ANOMALIES.columns.iter().map(|column| column.name).collect();
        assert_eq!(names.join(" "), promised);
    }

    #[test]
    fn an_input_has_the_name_that_it_has_in_the_other_tables() {
        let column = ANOMALIES.columns.iter().find(|column| column.name == "input").unwrap();
        let cell = |input: &str| {
            let (severity, kind, detail) = (Severity::Info, "cut".into(), String::new());
            let (input, time, frame, offset, ends) = (input.to_owned(), None, None, None, None);
            let row = AnomalyRow { time, severity, kind, input, frame, offset, ends, detail };
            format!("{:?}", (column.value)(&row, &Context::default()))
        };
        assert_eq!(cell("-"), format!("{:?}", Value::Word("-")), "a sign of our own, and no formula");
        assert_eq!(cell("a.pcap"), format!("{:?}", Value::text(Some(b"a.pcap"))));
        assert_eq!(cell(""), format!("{:?}", Value::Absent));
    }
}
