//! Columns, and formats that programs load.

use super::{Desk, cells, login, login_with};

#[test]
fn columns_are_written_in_the_order_that_is_asked_for() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    let chosen = desk.run(&["-e", "client_ver,status,client_ver", "-e", "trid", "a.pcap"]).exits(0).says(&[]);
    assert_eq!(chosen.out, "client_ver,status,trid\n6.0.0602,ok,2\n");
    let others = desk.run(&["-t", "inputs", "--columns", "packets,input", "-T", "ndjson", "a.pcap"]).exits(0);
    assert_eq!(others.out, "{\"packets\":12,\"input\":\"a.pcap\"}\n");
    let raw = desk.run(&["--raw", "-e", "raw_request", "a.pcap"]).exits(0);
    assert!(raw.out.starts_with("raw_request\nCVR 2 0x0409 "), "{raw:?}");
}

#[test]
fn a_column_that_is_none_is_told_with_those_that_there_are() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    let all = "bucket bucket_ns bucket_s dimension value exchanges clients new_clients";
    for (args, error, hint) in [
        (
            &["-t", "timeline", "-e", "bucket,client"][..],
            "timeline has no column \"client\"",
            format!("perhaps clients; there are {all}"),
        ),
        (&["-t", "timeline", "-e", "xyz"], "timeline has no column \"xyz\"", format!("there are {all}")),
        (&["-e", "raw_reply"], "exchanges has no column \"raw_reply\"", "--raw adds it".to_owned()),
        (
            &["-o", "out", "-e", "ts"],
            "-e is for one table, and -o writes all of them",
            "choose one table: -t exchanges -e ts,client_ver > exchanges.csv".to_owned(),
        ),
        (
            &["-t", "summary", "-e", "ts"],
            "the summary has no formats and no columns",
            "leave out -T, -e and --excel, or choose a table with -t".to_owned(),
        ),
    ] {
        let ran = desk.run(&[args, &["a.pcap"]].concat()).exits(2);
        assert!(ran.out.is_empty());
        ran.says(&[&format!("error: {error}"), &format!("hint: {hint}")]);
    }
    assert!(!desk.path("out").exists());
}

#[test]
fn excel_reads_what_is_written_for_it() {
    let desk = Desk::with(&[("a.pcap", &login_with("winnt 5.1 i386", "winnt 5.1 =cmd()"))]);
    let plain = desk.run(&["a.pcap"]).exits(0).out;
    let excel = desk.run(&["--excel", "a.pcap"]).exits(0).out;
    let lines: Vec<_> = excel.strip_prefix('\u{feff}').unwrap().split_terminator("\r\n").collect();
    assert_eq!((lines.len(), lines[0]), (2, plain.lines().next().unwrap()));
    let excel = excel.trim_start_matches('\u{feff}');
    for (column, cell) in [
        ("ts", "2003-09-14 12:00:00.360"),
        ("ts_ns", "'1063540800360200000"),
        ("trid", "2"),
        ("os", "winnt 5.1"),
        ("os_ver", "'5.1"),
        ("arch", "'=cmd()"),
        ("client_ip", "192.0.2.10"),
        ("flags", "guarded"),
    ] {
        assert_eq!(cells(excel, column), [cell], "{column}");
    }
    let verbatim = desk.run(&["--excel", "--verbatim", "a.pcap"]).exits(0).out;
    assert_eq!(cells(verbatim.trim_start_matches('\u{feff}'), "arch"), ["=cmd()"]);
    desk.run(&["--excel", "-T", "ndjson", "a.pcap"])
        .exits(2)
        .says(&["error: --excel is for CSV", "hint: leave out either -T or --excel"]);
}

#[cfg(not(feature = "parquet"))]
#[test]
fn a_program_without_parquet_says_so() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    desk.run(&["-T", "parquet", "a.pcap"])
        .exits(2)
        .says(&["error: this program was built without Parquet", "hint: build it with the feature \"parquet\""]);
}

#[cfg(feature = "parquet")]
mod parquet {
    use std::fs::File;
    use std::path::Path;

    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use ::parquet::record::Field;

    use super::*;

    /// The rows of a file: what is text or a whole number, by its column, and nothing else.
    fn rows(path: &Path) -> Vec<Vec<(String, String)>> {
        let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
        let told = |field: &Field| match field {
            Field::Str(text) => Some(text.clone()),
            Field::Long(number) => Some(number.to_string()),
            _ => None,
        };
        let row = |row: ::parquet::record::Row| {
            row.get_column_iter().filter_map(|(name, field)| Some((name.clone(), told(field)?))).collect()
        };
        reader.get_row_iter(None).unwrap().map(|read| row(read.unwrap())).collect()
    }

    fn cell<'a>(row: &'a [(String, String)], column: &str) -> Option<&'a str> {
        row.iter().find(|(name, _)| name == column).map(|(_, cell)| cell.as_str())
    }

    #[test]
    fn every_table_can_be_written() {
        let desk = Desk::with(&[("a.pcap", &login())]);
        desk.run(&["-q", "-T", "parquet", "-o", "out", "a.pcap"]).exits(0).says(&[]);
        for table in ["exchanges", "clients", "population", "upgrades", "timeline", "anomalies", "inputs"] {
            let name = format!("{table}.parquet");
            let written = rows(&desk.path(&format!("out/{name}")));
            let lines = desk.run(&["-t", table, "-T", "ndjson", "a.pcap"]).exits(0).out;
            assert_eq!(written.len(), lines.lines().count(), "{table}");
            for (row, line) in written.iter().zip(lines.lines()) {
                let cells: serde_json::Value = serde_json::from_str(line).unwrap();
                for (name, cell) in row {
                    let told = &cells[name];
                    let is_time = told.as_str().is_some_and(|_| cells.get(format!("{name}_ns")).is_some());
                    let told = if is_time { &cells[format!("{name}_ns")] } else { told };
                    let told = told.as_str().map_or_else(|| told.to_string(), str::to_owned);
                    assert_eq!(*cell, told, "{table}.{name}");
                }
            }
            let piped = desk.command(&["-t", table, "-T", "parquet", "a.pcap"]).output().unwrap().stdout;
            assert!(piped == std::fs::read(desk.path(&format!("out/{name}"))).unwrap(), "{table}");
        }
        let exchanges = rows(&desk.path("out/exchanges.parquet"));
        assert_eq!(cell(&exchanges[0], "client_ver"), Some("6.0.0602"));
    }

    #[test]
    fn what_cannot_be_read_before_its_end_is_not_handed_on() {
        let desk = Desk::with(&[("a.pcap", &login())]);
        desk.run(&["--follow", "-T", "parquet", "a.pcap"]).exits(2).says(&[
            "error: -T parquet: rows cannot be handed on as they are found",
            "hint: write NDJSON, or all tables into a directory (-o DIR)",
        ]);
        desk.run(&["--follow", "-T", "parquet", "-o", "out", "--checkpoint", "1", "a.pcap"]).exits(2).says(&[
            "error: -T parquet: a table cannot be written again and again as it grows",
            "hint: write CSV or NDJSON, or let periods end (SIGHUP)",
        ]);
    }

    /// The rows of each period are a file, although those of the next one are being written.
    #[cfg(target_os = "linux")]
    #[test]
    fn k7_a_period_ends_with_whole_tables() {
        use crate::cli::signals::{interrupt, reading, signal};
        let desk = Desk::with(&[("a.pcapng", &login())]);
        let child = reading(&desk, &["--follow", "a.pcapng", "-o", "out", "-T", "parquet"]);
        // The first look is at what is there.
        std::thread::sleep(std::time::Duration::from_secs(1));
        assert!(signal(&child, "HUP"));
        let begun = std::time::Instant::now();
        let period = || desk.names("out").into_iter().find(|name| name.starts_with("20"));
        while period().is_none() {
            assert!(begun.elapsed() < std::time::Duration::from_secs(30), "no period");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        interrupt(&child);
        crate::cli::Ran::of(&child.wait_with_output().unwrap()).exits(0);
        assert_eq!(rows(&desk.path(&format!("out/{}/exchanges.parquet", period().unwrap()))).len(), 1);
        assert_eq!(rows(&desk.path("out/exchanges.parquet")).len(), 0);
        assert_eq!(rows(&desk.path("out/clients.parquet")).len(), 0);
    }
}
