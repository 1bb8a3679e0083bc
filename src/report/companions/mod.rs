//! What lies beside the tables of a directory, so that programs load them with the types that they have.
//!
//! It takes the schemas, made from the one table of columns, and what the files are; gives a script for DuckDB and a Frictionless
//! data package; keeps nothing; and leaves out aligned text, which is for people.

mod datapackage;
mod load_sql;

use super::{CsvOptions, Format, Schema};

pub use datapackage::datapackage;
pub use load_sql::load_sql;

/// A table in a file.
#[derive(Clone, Debug)]
pub struct TableFile {
    /// What is in it.
    pub schema: Schema,
    /// Its name in the directory.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of it, in hexadecimal.
    pub sha256: String,
}

/// How tables are written that a program can load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loadable {
    Csv(CsvOptions),
    Ndjson,
    #[cfg(feature = "parquet")]
    Parquet,
}

impl Loadable {
    const fn of(format: Format) -> Option<Self> {
        match format {
            Format::Table => None,
            Format::Csv(options) => Some(Self::Csv(options)),
            Format::Ndjson => Some(Self::Ndjson),
            #[cfg(feature = "parquet")]
            Format::Parquet => Some(Self::Parquet),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Kind, schemas};

    /// `load.sql` makes each time from its number.
    #[test]
    fn every_time_has_its_number_beside_it() {
        for schema in schemas(true) {
            let has = |name: &str| schema.columns.iter().any(|other| other.name == name && other.kind == Kind::Integer);
            let times = schema.columns.iter().filter(|column| column.kind == Kind::Time);
            for time in times {
                assert!(has(&format!("{}_ns", time.name)), "{}.{}", schema.name, time.name);
            }
        }
    }

    #[test]
    fn aligned_text_is_not_loaded() {
        assert_eq!(load_sql(&[], Format::Table), None);
        assert_eq!(datapackage(&[], Format::Table), None);
    }
}
