//! Which columns of a table are written, and in which order.

use msncensus::report::{Column, Schema};

/// Names that are so much alike that one may have been meant for the other, by Jaro and Winkler: what is taken for near elsewhere
/// on the command line.
const NEAR: f64 = 0.7;

/// The columns that were asked for; all of them if none was.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    names: Vec<String>,
}

/// A name that no column of the table has.
pub(crate) struct UnknownColumn {
    pub(crate) name: String,
    /// The column that was most likely meant.
    pub(crate) near: Option<&'static str>,
}

impl Columns {
    /// Those of `names`, each once, if the table has them.
    pub(crate) fn of(names: &[String], schema: &Schema) -> Result<Self, UnknownColumn> {
        let mut columns = Self::default();
        for name in names {
            if schema.columns.iter().all(|column| column.name != name) {
                return Err(UnknownColumn { name: name.clone(), near: nearest(name, schema) });
            }
            if !columns.names.contains(name) {
                columns.names.push(name.clone());
            }
        }
        Ok(columns)
    }

    /// Those of all columns of a table that are to be written.
    pub(super) fn choose<Row>(&self, all: impl IntoIterator<Item = &'static Column<Row>>) -> Vec<&'static Column<Row>> {
        let all: Vec<_> = all.into_iter().collect();
        if self.names.is_empty() {
            return all;
        }
        self.names.iter().filter_map(|name| all.iter().find(|column| column.name == name).copied()).collect()
    }
}

fn nearest(name: &str, schema: &Schema) -> Option<&'static str> {
    let likeness = |column: &str| strsim::jaro_winkler(name, column);
    let names = schema.columns.iter().map(|column| column.name);
    let near = names.max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    (likeness(near) > NEAR).then_some(near)
}
