//! The columns of `clients`.

use super::super::value::{Kind, Value};
use super::{Column, Table};
use crate::census::ClientRow;

use Kind::{Boolean, Integer, Text, Time};

/// What stands between the versions of a path. No version holds a space.
const FOLLOWED_BY: &[u8] = b" > ";

/// What stands for the versions that a path has no room for.
const CUT: &[u8] = b"...";

/// The table of clients.
pub static CLIENTS: Table<ClientRow> = Table {
    name: "clients",
    doc: "One row per identity; ordered by `first_seen`, then `client_id`.",
    columns: &[
        Column::new("client_id", Text, "`c` and 16 hex digits made from the identity alone", |row, _| {
            Value::Identity(row.id)
        }),
        Column::new(
            "identity",
            Text,
            "what tells clients apart: passport, else the handle of the session's sign-in, else address",
            |row, context| context.identity(&row.identity),
        ),
        Column::new("passport", Text, "the same, if a request gave it as its account's e-mail address", |row, _| {
            Value::text(Some(row.identity.as_bytes()).filter(|_| row.has_passport))
        }),
        Column::new("ips", Integer, "different client addresses", |row, _| Value::count(row.ips)),
        Column::new("exchanges", Integer, "exchanges", |row, _| Value::count(row.exchanges)),
        Column::new("connections", Integer, "connections that carried them", |row, _| Value::count(row.connections)),
        Column::new("first_seen", Time, "when the first of the exchanges began", |row, _| Value::Time(row.first_seen)),
        Column::new("last_seen", Time, "when the last of them began", |row, _| Value::Time(row.last_seen)),
        Column::new("first_seen_ns", Integer, "`first_seen` in nanoseconds since 1970", |row, _| {
            Value::nanos(Some(row.first_seen))
        }),
        Column::new("last_seen_ns", Integer, "`last_seen` in nanoseconds since 1970", |row, _| {
            Value::nanos(Some(row.last_seen))
        }),
        Column::new("versions", Integer, "different client versions, as sent", |row, _| Value::count(row.versions)),
        Column::new("first_ver", Text, "the first client version", |row, _| Value::text(Some(&row.first_ver))),
        Column::new("last_ver", Text, "the last client version", |row, _| Value::text(Some(&row.last_ver))),
        Column::new(
            "version_path",
            Text,
            "the client versions in the order of time, joined by ` > `, without repetitions of the same; `...` stands \
             for those behind the sixteenth",
            |row, _| Value::bytes(path(row).into()),
        ),
        Column::new(
            "upgraded",
            Boolean,
            "the last version is above the first, by number; empty if the numbers do not tell",
            |row, _| boolean(row.upgraded),
        ),
        Column::new(
            "reached_rec",
            Boolean,
            "seen with a version after a server had told it to take that one; empty if none ever told it to take a \
             version above its own",
            |row, _| boolean(row.reached_rec),
        ),
        Column::new("locale", Text, "the latest `locale` that is known", |row, _| Value::text(Some(&row.locale))),
        Column::new("os", Text, "the latest `os` that is known", |row, _| Value::text(Some(&row.os))),
        Column::new("arch", Text, "the latest `arch` that is known", |row, _| Value::text(Some(&row.arch))),
        Column::new("msnp", Text, "the latest `msnp` that is known", |row, _| Value::text(Some(&row.msnp))),
    ],
};

fn path(row: &ClientRow) -> Vec<u8> {
    let cut = Some(CUT).filter(|_| row.path_cut);
    let words: Vec<_> = row.path.iter().map(Vec::as_slice).chain(cut).collect();
    words.join(FOLLOWED_BY)
}

fn boolean(truth: Option<bool>) -> Value<'static> {
    truth.map_or(Value::Absent, Value::Boolean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::census::Clients;
    use crate::census::synthetic::{REPLY, REQUEST, observation};
    use crate::limits::PATH_LEN_MAX;
    use crate::report::Context;

    #[test]
    fn columns_stand_in_the_promised_order() {
        let promised = "client_id identity passport ips exchanges connections first_seen last_seen first_seen_ns \
            last_seen_ns versions first_ver last_ver version_path upgraded reached_rec locale os arch msnp";
        let names: Vec<_> = CLIENTS.columns.iter().map(|column| column.name).collect();
        assert_eq!(names.join(" "), promised);
    }

    /// The cells of the only client, by name.
    fn cell(clients: &Clients, name: &str) -> String {
        let row = clients.rows().next().unwrap();
        let column = CLIENTS.columns.iter().find(|column| column.name == name).unwrap();
        (column.value)(&row, &Context::default()).to_string()
    }

    #[test]
    fn a_path_says_where_it_was_cut() {
        let mut clients = Clients::default();
        for number in 0..=PATH_LEN_MAX as u64 {
            let request = format!("CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.{number} MSMSGS user@example.com");
            clients.push(&observation(1, number, request.as_bytes(), REPLY));
            if number == 1 {
                assert_eq!(cell(&clients, "version_path"), "6.0 > 6.1");
            }
        }
        assert_eq!(PATH_LEN_MAX, 16, "the reference says so");
        assert!(cell(&clients, "version_path").ends_with(" > 6.15 > ..."));
    }

    #[test]
    fn what_names_no_account_is_no_passport() {
        let mut named = Clients::default();
        named.push(&observation(1, 1, REQUEST, REPLY));
        assert_eq!([cell(&named, "identity"), cell(&named, "passport")], ["user@example.com"; 2]);
        let mut nameless = Clients::default();
        nameless.push(&observation(1, 1, b"", REPLY));
        let cells = ["identity", "passport", "version_path", "upgraded", "reached_rec"];
        assert_eq!(cells.map(|name| cell(&nameless, name)), ["192.0.2.1", "", "", "", ""]);
    }
}
