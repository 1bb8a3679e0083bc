//! The one table of columns: names, order, types, meanings and values of every table.
//!
//! The CSV header, the JSON keys, the reference in the README and whatever else must agree are made from here. Names
//! and order are a promise to users; a new column comes last.

mod anomalies;
mod clients;
mod exchanges;
mod inputs;
mod population;
mod reference;
mod timeline;
mod upgrades;

use std::net::SocketAddr;

use super::Heading;
use super::community_id::community_id;
use super::value::{Kind, Value};
use crate::packet::InputId;
use crate::privacy::Level;

pub use anomalies::ANOMALIES;
pub use clients::CLIENTS;
pub use exchanges::{EXCHANGES, RAW};
pub use inputs::INPUTS;
pub use population::POPULATION;
pub use reference::reference;
pub use timeline::TIMELINE;
pub use upgrades::UPGRADES;

/// The version of all tables together. It changes when a column goes, or gets another name, place, type or meaning; a new one at the
/// end changes nothing for who reads by name.
pub const SCHEMA_VERSION: u32 = 1;

/// What the rows of a run refer to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Paths or interfaces, by [`InputId`].
    pub inputs: Vec<String>,
    /// How much is shown of whom.
    pub level: Level,
}

impl Context {
    /// The name of `input`; absent if there is none.
    fn input(&self, input: InputId) -> Value<'_> {
        let name = usize::try_from(input.0).ok().and_then(|at| self.inputs.get(at));
        name.map_or(Value::Absent, |name| source(name))
    }

    /// The community ID of the connection between two ends, unless less of them is shown.
    fn community_id(&self, [client, server]: [SocketAddr; 2]) -> Value<'static> {
        if self.level.shows_less() {
            Value::Absent
        } else {
            Value::bytes(community_id(client, server).into_bytes().into())
        }
    }

    /// What a client is told by: a name, or an address.
    fn identity<'a>(&self, text: &'a str) -> Value<'a> {
        let addr = if self.level.shows_less() { text.parse().ok() } else { None };
        addr.map_or_else(|| Value::text(Some(text.as_bytes())), Value::Address)
    }
}

/// The name of an input. `-` is our own word for standard input, and no formula.
fn source(name: &str) -> Value<'_> {
    match name {
        "-" => Value::Word("-"),
        name => Value::text(Some(name.as_bytes())),
    }
}

/// One column of a table whose rows are `Row`s.
#[derive(Debug)]
pub struct Column<Row: 'static> {
    /// Its name, in every format.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// What it holds: a clause for the reference.
    pub doc: &'static str,
    /// The cell of a row.
    pub value: for<'a> fn(&'a Row, &'a Context) -> Value<'a>,
}

impl<Row> Column<Row> {
    const fn new(
        name: &'static str,
        kind: Kind,
        doc: &'static str,
        value: for<'a> fn(&'a Row, &'a Context) -> Value<'a>,
    ) -> Self {
        Self { name, kind, doc, value }
    }

    /// Its head.
    pub const fn heading(&self) -> Heading {
        Heading { name: self.name, kind: self.kind, doc: self.doc }
    }
}

/// A table: its name, what a row is, and its columns in their order.
#[derive(Debug)]
pub struct Table<Row: 'static> {
    /// Its name, for `--table` and as the file's name.
    pub name: &'static str,
    /// What a row is, in one sentence.
    pub doc: &'static str,
    /// The columns in their order.
    pub columns: &'static [Column<Row>],
}

/// A table without its rows: what whoever loads it must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The name of the table.
    pub name: &'static str,
    /// What a row is, in one sentence.
    pub doc: &'static str,
    /// The columns in their order.
    pub columns: Vec<Heading>,
}

impl<Row> Table<Row> {
    fn schema(&self) -> Schema {
        let columns = self.columns.iter().map(Column::heading).collect();
        Schema { name: self.name, doc: self.doc, columns }
    }
}

/// Every table, in the order in which they are told of; with `raw`, the exchanges have the lines as sent.
///
/// ```
/// use msncensus::report::{Kind, schemas};
///
/// // What must be an integer of 64 bits wherever the tables are loaded.
/// for table in schemas(false) {
///     let times = table.columns.iter().filter(|column| column.name.ends_with("_ns"));
///     for column in times {
///         assert_eq!(column.kind, Kind::Integer, "{}.{}: {}", table.name, column.name, column.doc);
///     }
/// }
/// ```
pub fn schemas(raw: bool) -> Vec<Schema> {
    let mut exchanges = EXCHANGES.schema();
    if raw {
        exchanges.columns.extend(RAW.iter().map(Column::heading));
    }
    let others = [
        CLIENTS.schema(),
        POPULATION.schema(),
        UPGRADES.schema(),
        TIMELINE.schema(),
        ANOMALIES.schema(),
        INPUTS.schema(),
    ];
    std::iter::once(exchanges).chain(others).collect()
}
