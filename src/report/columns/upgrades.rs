//! The columns of `upgrades`.

use super::super::value::{Kind, Value};
use super::{Column, Table};
use crate::census::UpgradeRow;

use Kind::{Boolean, Integer, Text, Time};

/// The table of upgrades.
pub static UPGRADES: Table<UpgradeRow> = Table {
    name: "upgrades",
    doc: "One row per client version, system and answer of a server; exchanges without an answer are not in it.",
    columns: &[
        Column::new("library_name", Text, "library name as sent", |row, _| Value::text(Some(&row.library_name))),
        Column::new("client_ver", Text, "client version as sent", |row, _| Value::text(Some(&row.client_ver))),
        Column::new("sort_key", Text, "sorts client versions by number", |row, _| Value::text(Some(&row.sort_key))),
        Column::new("os_type", Text, "operating system's type as sent", |row, _| Value::text(Some(&row.os_type))),
        Column::new("rec_ver", Text, "recommended version; empty if the answer is an error", |row, _| {
            Value::text(Some(&row.rec_ver))
        }),
        Column::new("rec_ver2", Text, "recommended version, said again", |row, _| Value::text(Some(&row.rec_ver2))),
        Column::new("min_ver", Text, "minimum version", |row, _| Value::text(Some(&row.min_ver))),
        Column::new("dl_url", Text, "address to download from", |row, _| Value::text(Some(&row.dl_url))),
        Column::new("info_url", Text, "address to read about it", |row, _| Value::text(Some(&row.info_url))),
        Column::new("verdict", Text, "what the answer means, as in `exchanges`", |row, _| {
            Value::Word(row.verdict.word())
        }),
        Column::new("echo", Boolean, "the answer only repeats the client's version", |row, _| Value::Boolean(row.echo)),
        Column::new("exchanges", Integer, "exchanges that went like this", |row, _| Value::count(row.exchanges)),
        Column::new("clients", Integer, "different identities that were answered so", |row, _| {
            Value::count(row.clients)
        }),
        Column::new("servers", Integer, "different addresses of servers that answered so", |row, _| {
            Value::count(row.servers)
        }),
        Column::new("first_seen", Time, "when the first of the exchanges began", |row, _| Value::Time(row.first_seen)),
        Column::new("last_seen", Time, "when the last of them began", |row, _| Value::Time(row.last_seen)),
        Column::new("first_seen_ns", Integer, "`first_seen` in nanoseconds since 1970", |row, _| {
            Value::nanos(Some(row.first_seen))
        }),
        Column::new("last_seen_ns", Integer, "`last_seen` in nanoseconds since 1970", |row, _| {
            Value::nanos(Some(row.last_seen))
        }),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_in_the_promised_order() {
        let promised = "library_name client_ver sort_key os_type rec_ver rec_ver2 min_ver dl_url info_url verdict echo \
            exchanges clients servers first_seen last_seen first_seen_ns last_seen_ns";
        let names: Vec<_> = UPGRADES.columns.iter().map(|column| column.name).collect();
        assert_eq!(names.join(" "), promised);
    }
}
