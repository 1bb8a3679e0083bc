//! `load.sql`: makes every table in DuckDB, with exact types.
//!
//! Times are made from their numbers: read as times they would be rounded to microseconds, or become text. What is read must be
//! named with its type, because a column whose every version looks like a date would become dates.

use super::super::{CsvOptions, Format, Heading, Kind};
use super::{Loadable, TableFile};

/// How many decimal digits a number of 64 bits can have.
const DECIMAL_DIGITS: u8 = 19;

/// The script that makes tables in DuckDB of these files, which are in `format`; `None` if nothing can load that.
pub fn load_sql(files: &[TableFile], format: Format) -> Option<String> {
    let format = Loadable::of(format)?;
    let mut script = "-- Makes the tables of this directory in DuckDB, with their types. In the directory: duckdb census.db < load.sql\n\
        -- Times are in UTC.\n"
        .to_owned();
    for file in files {
        script.push_str(&table(file, format));
    }
    Some(script)
}

fn table(file: &TableFile, format: Loadable) -> String {
    let columns = &file.schema.columns;
    let typed = columns.iter().map(|column| format!("    {} AS {}", expression(column, format), name(column)));
    let source = match format {
        Loadable::Parquet => format!("read_parquet({})", text(&file.name)),
        Loadable::Ndjson => {
            format!("read_json({}, format = 'newline_delimited', {})", text(&file.name), read(columns, format))
        }
        Loadable::Csv(_) => {
            let as_written =
                "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', nullstr = ''";
            format!("read_csv({}, {as_written}, {})", text(&file.name), read(columns, format))
        }
    };
    let typed = typed.collect::<Vec<_>>().join(",\n");
    format!(
        "\n-- {}\nCREATE OR REPLACE TABLE {} AS SELECT\n{typed}\nFROM {source};\n",
        file.schema.doc, file.schema.name
    )
}

/// What a column is made of.
fn expression(column: &Heading, format: Loadable) -> String {
    let bare = |column: &str| match format {
        Loadable::Csv(CsvOptions { excel: true, .. }) => format!("CAST(ltrim({column}, '''') AS BIGINT)"),
        _ => column.to_owned(),
    };
    match column.kind {
        Kind::Time => format!("make_timestamp_ns({})", bare(&format!("\"{}_ns\"", column.name))),
        Kind::Integer => bare(&name(column)),
        Kind::Text | Kind::Decimal(_) | Kind::Boolean => name(column),
    }
}

/// The types by which the columns of a file are read.
fn read(columns: &[Heading], format: Loadable) -> String {
    let columns: Vec<_> = columns
        .iter()
        .map(|column| format!("    {}: {}", text(column.name), text(&read_as(column.kind, format))))
        .collect();
    format!("columns = {{\n{}\n}}", columns.join(",\n"))
}

fn read_as(kind: Kind, format: Loadable) -> String {
    match (kind, format) {
        // Of Excel's numbers some are text.
        (Kind::Integer, Loadable::Csv(CsvOptions { excel: true, .. })) | (Kind::Text | Kind::Time, _) => {
            "VARCHAR".into()
        }
        (Kind::Integer, _) => "BIGINT".into(),
        (Kind::Decimal(decimals), _) => format!("DECIMAL({DECIMAL_DIGITS}, {decimals})"),
        (Kind::Boolean, _) => "BOOLEAN".into(),
    }
}

/// A name: some are words of SQL.
fn name(column: &Heading) -> String {
    format!("\"{}\"", column.name)
}

fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Schema;

    fn script(format: Format) -> String {
        let heading = |name, kind| Heading { name, kind, doc: "" };
        let columns =
            vec![heading("ts", Kind::Time), heading("ts_ns", Kind::Integer), heading("rtt", Kind::Decimal(6))];
        let schema = Schema { name: "exchanges", doc: "A row.", columns };
        let file = TableFile { schema, name: "exchanges.csv".into(), bytes: 1, sha256: String::new() };
        let script = load_sql(&[file], format).unwrap();
        script.split_once("\n\n").unwrap().1.to_owned()
    }

    #[test]
    fn columns_are_named_with_their_types() {
        insta::assert_snapshot!(script(Format::Csv(CsvOptions::default())), @r#"
        -- A row.
        CREATE OR REPLACE TABLE exchanges AS SELECT
            make_timestamp_ns("ts_ns") AS "ts",
            "ts_ns" AS "ts_ns",
            "rtt" AS "rtt"
        FROM read_csv('exchanges.csv', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', columns = {
            'ts': 'VARCHAR',
            'ts_ns': 'BIGINT',
            'rtt': 'DECIMAL(19, 6)'
        });
        "#);
    }

    #[test]
    fn what_excel_got_as_text_is_a_number_again() {
        let script = script(Format::Csv(CsvOptions { excel: true, verbatim: false }));
        assert!(
            script.contains("    make_timestamp_ns(CAST(ltrim(\"ts_ns\", '''') AS BIGINT)) AS \"ts\",\n"),
            "{script}"
        );
        assert!(script.contains("    'ts_ns': 'VARCHAR',\n"), "{script}");
    }
}
