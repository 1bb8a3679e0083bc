//! The columns of `population`.

use super::super::value::{Kind, Value};
use super::{Column, Table};
use crate::census::PopulationRow;

use Kind::{Decimal, Integer, Text, Time};

/// The table of the population.
pub static POPULATION: Table<PopulationRow> = Table {
    name: "population",
    doc: "One row per value of each dimension; an empty value gathers what the capture does not tell.",
    columns: &[
        Column::new("dimension", Text, "`total`, or the column of `exchanges` that is counted", |row, _| {
            Value::Word(row.dimension.word())
        }),
        Column::new("value", Text, "the value, as in that column; empty if unknown", |row, _| {
            Value::text(Some(&row.value))
        }),
        Column::new("label", Text, "the value for people (a locale's or a system's name)", |row, _| {
            Value::text(Some(&row.label))
        }),
        Column::new("sort_key", Text, "sorts the values of a dimension as people count", |row, _| {
            Value::text(Some(&row.sort_key))
        }),
        Column::new("exchanges", Integer, "exchanges that show the value", |row, _| Value::count(row.exchanges)),
        Column::new("connections", Integer, "connections that carried them", |row, _| Value::count(row.connections)),
        Column::new("clients", Integer, "different identities", |row, _| Value::count(row.clients)),
        Column::new("passports", Integer, "different passports, letters' case aside", |row, _| {
            Value::count(row.passports)
        }),
        Column::new("ips", Integer, "different client addresses", |row, _| Value::count(row.ips)),
        Column::new("share_exchanges", Decimal(6), "fraction of all exchanges", |row, _| {
            Value::share(row.share_exchanges)
        }),
        Column::new("share_clients", Decimal(6), "fraction of all clients; a client may show two values", |row, _| {
            Value::share(row.share_clients)
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
        let promised = "dimension value label sort_key exchanges connections clients passports ips share_exchanges \
            share_clients first_seen last_seen first_seen_ns last_seen_ns";
        let names: Vec<_> = POPULATION.columns.iter().map(|column| column.name).collect();
        assert_eq!(names.join(" "), promised);
    }
}
