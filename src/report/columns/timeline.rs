//! The columns of `timeline`.

use super::super::value::{Kind, Value};
use super::{Column, Table};
use crate::census::TimelineRow;

use Kind::{Integer, Text, Time};

/// The table of the timeline.
pub static TIMELINE: Table<TimelineRow> = Table {
    name: "timeline",
    doc: "One row per step of time (`--bucket`) and value that an exchange in it shows, and one of the total for each \
        step that none is in, as long as there are at most 100,000 steps; ordered by time, then as `population` is.",
    columns: &[
        Column::new("bucket", Time, "when the step begins; steps are aligned to 1970 in UTC", |row, _| {
            Value::Time(row.bucket)
        }),
        Column::new("bucket_ns", Integer, "`bucket` in nanoseconds since 1970", |row, _| {
            Value::nanos(Some(row.bucket))
        }),
        Column::new("bucket_s", Integer, "length of the step in seconds", |row, _| Value::count(row.step.seconds())),
        Column::new("dimension", Text, "`total`, or the column of `exchanges` that is counted", |row, _| {
            Value::Word(row.dimension.word())
        }),
        Column::new("value", Text, "the value, as in that column; empty if unknown", |row, _| {
            Value::text(Some(&row.value))
        }),
        Column::new("exchanges", Integer, "exchanges in the step that show the value", |row, _| {
            Value::count(row.exchanges)
        }),
        Column::new("clients", Integer, "different identities behind them", |row, _| Value::count(row.clients)),
        Column::new("new_clients", Integer, "those among them that were not seen in any earlier step", |row, _| {
            Value::count(row.new_clients)
        }),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_in_the_promised_order() {
        let promised = "bucket bucket_ns bucket_s dimension value exchanges clients new_clients";
        let names: Vec<_> = TIMELINE.columns.iter().map(|column| column.name).collect();
        assert_eq!(names.join(" "), promised);
    }
}
