//! `load.sql`: makes every table in DuckDB, with exact types.
//!
//! Times are made from their numbers: read as times some would be rounded to microseconds. What has no types of its own is read
//! with their names, because a column whose every version looks like a date would become dates.

use super::super::value::DECIMAL_DIGITS;
use super::super::{CsvOptions, Format, Heading, Kind, Schema};
use super::{Loadable, TableFile};

/// The script that makes tables in DuckDB of these files, which are in `format`; `None` if nothing can load that.
pub fn load_sql(files: &[TableFile], format: Format) -> Option<String> {
    let format = Loadable::of(format)?;
    let head = "-- Makes the tables of this directory in DuckDB, with their types. Within it: duckdb census.db < load.sql\n\
        -- Times are in UTC.\n";
    Some(std::iter::once(head.to_owned()).chain(files.iter().map(|file| table(file, format))).collect())
}

fn table(file: &TableFile, format: Loadable) -> String {
    let Schema { name, doc, columns } = &file.schema;
    let path = text(&file.name);
    let source = match format {
        #[cfg(feature = "parquet")]
        Loadable::Parquet => format!("read_parquet({path})"),
        Loadable::Ndjson => format!("read_json({path}, format = 'newline_delimited', {})", types(columns, format)),
        Loadable::Csv(_) => {
            let written = "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', nullstr = ''";
            format!("read_csv({path}, {written}, {})", types(columns, format))
        }
    };
    let made = |column: &Heading| Some(format!("    {} AS {}", made(column, format)?, quoted(column.name)));
    let made = columns.iter().filter_map(made).collect::<Vec<_>>().join(",\n");
    format!("\n-- {doc}\nCREATE OR REPLACE TABLE {name} AS SELECT * REPLACE (\n{made}\n) FROM {source};\n")
}

/// What a column is made of, where it is not what was read.
fn made(column: &Heading, format: Loadable) -> Option<String> {
    let is_excel = matches!(format, Loadable::Csv(CsvOptions { excel: true, .. }));
    let number = |name: &str| {
        let name = quoted(name);
        if is_excel { format!("CAST(ltrim({name}, '''') AS BIGINT)") } else { name }
    };
    match column.kind {
        Kind::Time => Some(format!("make_timestamp_ns({})", number(&format!("{}_ns", column.name)))),
        Kind::Integer if is_excel => Some(number(column.name)),
        // What looks like a number has an apostrophe more than it had.
        Kind::Text if is_excel => {
            Some(format!(r"regexp_replace({}, '^''(''*[0-9][-0-9.,:/ %eE]*)$', '\1')", quoted(column.name)))
        }
        Kind::Integer | Kind::Text | Kind::Decimal(_) | Kind::Boolean => None,
    }
}

/// The types by which the columns of a file are read.
fn types(columns: &[Heading], format: Loadable) -> String {
    let typed = |column: &Heading| format!("    {}: {}", text(column.name), text(&read_as(column.kind, format)));
    format!("columns = {{\n{}\n}}", columns.iter().map(typed).collect::<Vec<_>>().join(",\n"))
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
fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        CREATE OR REPLACE TABLE exchanges AS SELECT * REPLACE (
            make_timestamp_ns("ts_ns") AS "ts"
        ) FROM read_csv('exchanges.csv', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '', columns = {
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
