//! `datapackage.json`: what the tables are, for whatever reads Frictionless data packages (specs.frictionlessdata.io, version 1).

use serde::Serialize;

use super::super::{CsvOptions, Format, Heading, Kind};
use super::{Loadable, TableFile};
use crate::anomaly::Severity;
use crate::census::Verdict;

/// The data package of these files, which are in `format`; `None` if nothing can load that.
pub fn datapackage(files: &[TableFile], format: Format) -> Option<String> {
    let format = Loadable::of(format)?;
    let resources = files.iter().map(|file| Resource::of(file, format)).collect();
    let package =
        Package { name: "msncensus", title: "A census of MSN Messenger clients", profile: "data-package", resources };
    // Nothing in it can fail to be JSON.
    serde_json::to_string_pretty(&package).ok().map(|json| json + "\n")
}

#[derive(Serialize)]
struct Package<'a> {
    name: &'static str,
    title: &'static str,
    profile: &'static str,
    resources: Vec<Resource<'a>>,
}

#[derive(Serialize)]
struct Resource<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    profile: &'static str,
    description: &'a str,
    path: &'a str,
    scheme: &'static str,
    format: &'static str,
    mediatype: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
    bytes: u64,
    hash: String,
    schema: TableSchema<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TableSchema<'a> {
    fields: Vec<Field<'a>>,
    missing_values: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_key: Option<&'static str>,
}

#[derive(Serialize)]
struct Field<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static str>,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    constraints: Option<Constraints>,
}

/// What a column can hold.
#[derive(Serialize)]
struct Constraints {
    #[serde(rename = "enum")]
    words: Vec<&'static str>,
}

impl<'a> Resource<'a> {
    fn of(file: &'a TableFile, format: Loadable) -> Self {
        let schema = &file.schema;
        let (kind, mediatype, encoding) = match format {
            Loadable::Csv(_) => ("csv", "text/csv", Some("utf-8")),
            Loadable::Ndjson => ("ndjson", "application/x-ndjson", Some("utf-8")),
            #[cfg(feature = "parquet")]
            Loadable::Parquet => ("parquet", "application/vnd.apache.parquet", None),
        };
        let columns = schema.columns.iter();
        Self {
            name: schema.name,
            kind: "table",
            profile: "tabular-data-resource",
            description: schema.doc,
            path: &file.name,
            scheme: "file",
            format: kind,
            mediatype,
            encoding,
            bytes: file.bytes,
            hash: format!("sha256:{}", file.sha256),
            schema: TableSchema {
                fields: columns.map(|column| Field::of(schema.name, column, format)).collect(),
                missing_values: [""],
                primary_key: (schema.name == "clients").then_some("client_id"),
            },
        }
    }
}

impl<'a> Field<'a> {
    fn of(table: &str, column: &'a Heading, format: Loadable) -> Self {
        let is_excel = matches!(format, Loadable::Csv(CsvOptions { excel: true, .. }));
        let (kind, pattern) = match column.kind {
            Kind::Text => ("string", None),
            // Those that are too long for Excel are text.
            Kind::Integer if is_excel && column.name.ends_with("_ns") => ("string", None),
            Kind::Integer => ("integer", None),
            Kind::Decimal(_) => ("number", None),
            Kind::Boolean => ("boolean", None),
            Kind::Time if is_excel => ("datetime", Some("%Y-%m-%d %H:%M:%S.%f")),
            // RFC 3339, with more decimals than the default format has.
            Kind::Time => ("datetime", Some("any")),
        };
        let words = words(table, column.name);
        let constraints = (!words.is_empty()).then_some(Constraints { words });
        Self { name: column.name, kind, format: pattern, description: column.doc, constraints }
    }
}

/// The words that a column has no others than; none if it may hold anything.
fn words(table: &str, column: &str) -> Vec<&'static str> {
    match (table, column) {
        (_, "verdict") => Verdict::ALL.map(Verdict::word).into(),
        ("anomalies", "severity") => Severity::ALL.iter().map(|severity| severity.word()).collect(),
        _ => Vec::new(),
    }
}
