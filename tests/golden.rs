//! Each sample still gives its capture, byte for byte, and the program still gives its table.
//!
//! `MSNCENSUS_BLESS=1 cargo test golden` writes captures and tables anew; read the difference before you keep it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assert_cmd::Command;

use crate::cli::PROGRAM;
use crate::support::script::{Script, sample_names, samples_dir};

/// All samples together may take this many bytes: they travel with every checkout.
const SAMPLES_LEN_MAX: u64 = 300_000;

/// Whether committed files are to be written anew.
pub(crate) fn blessing() -> bool {
    std::env::var_os("MSNCENSUS_BLESS").is_some_and(|value| value == "1")
}

/// Compares bytes with a committed file, or writes it when blessing.
fn assert_same(path: &Path, bytes: &[u8]) {
    if blessing() {
        fs::write(path, bytes).unwrap();
        return;
    }
    let committed = fs::read(path)
        .unwrap_or_else(|error| panic!("{}: {error}: `MSNCENSUS_BLESS=1 cargo test golden` writes it", path.display()));
    if let (Ok(committed), Ok(bytes)) = (str::from_utf8(&committed), str::from_utf8(bytes)) {
        assert_eq!(bytes, committed, "{}", path.display());
    }
    assert!(committed == bytes, "{} is not what is made now: `MSNCENSUS_BLESS=1 cargo test golden`", path.display());
}

#[test]
fn each_script_gives_its_capture() {
    for name in sample_names("script") {
        assert_same(&samples_dir().join(format!("{name}.pcapng")), &Script::sample(&name).capture());
    }
    if !blessing() {
        assert_eq!(sample_names("pcapng"), sample_names("script"), "every capture has its script");
    }
}

#[test]
fn each_capture_gives_its_table() {
    for name in sample_names("script") {
        let input = format!("{name}.pcapng");
        let mut command = Command::new(PROGRAM);
        let run = command.current_dir(samples_dir()).args(["-t", "exchanges", "-T", "csv", &input]).assert();
        assert_same(&samples_dir().join(format!("{name}.csv")), &run.get_output().stdout);
        run.success();
    }
    assert!(sample_names("csv").is_subset(&sample_names("script")), "every table has its script");
}

/// What lies beside the tables of a sample, but for the manifest, which tells when it was written.
#[test]
fn a_directory_has_what_loads_its_tables() {
    let desk = tempfile::tempdir().unwrap();
    let mut command = Command::new(PROGRAM);
    let run =
        command.current_dir(samples_dir()).args(["-q", "msn-6.0-required.pcapng", "-o"]).arg(desk.path()).assert();
    run.success();
    for name in ["load.sql", "datapackage.json"] {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
        assert_same(&golden, &fs::read(desk.path().join(name)).unwrap());
    }
}

/// Years lie between the samples: a clock that jumps must not make a live connection look silent.
#[test]
fn g3_all_captures_in_one_run_give_the_rows_of_each_alone() {
    let names = sample_names("script");
    let inputs = names.iter().map(|name| format!("{name}.pcapng"));
    let mut command = Command::new(PROGRAM);
    let run = command.current_dir(samples_dir()).args(["-q", "-t", "exchanges", "-T", "csv"]).args(inputs).assert();
    let together = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    let alone: Vec<String> =
        names.iter().map(|name| fs::read_to_string(samples_dir().join(format!("{name}.csv"))).unwrap()).collect();
    let rows = |table: &str| table.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    let mut expected: Vec<String> = alone.iter().flat_map(|table| rows(table)).collect();
    let mut found = rows(&together);
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn the_list_of_samples_is_complete() {
    let list = fs::read_to_string(samples_dir().join("README.md")).unwrap();
    let rows: BTreeSet<String> = list
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name.to_owned())
        .collect();
    assert_eq!(rows, sample_names("script"));
    for name in &rows {
        let packets = Script::sample(name).packets().len();
        let row = list.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).unwrap();
        let told = row.split('|').nth(3).map(str::trim);
        assert_eq!(told, Some(packets.to_string().as_str()), "packets of {name}");
        let exchanges = fs::read_to_string(samples_dir().join(format!("{name}.csv"))).unwrap().lines().count() - 1;
        let told = row.split('|').nth(4).map(str::trim);
        assert_eq!(told, Some(exchanges.to_string().as_str()), "exchanges of {name}");
    }
}

#[test]
fn the_samples_stay_small() {
    let sizes = fs::read_dir(samples_dir()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
    let total: u64 = sizes.sum();
    assert!(total <= SAMPLES_LEN_MAX, "{total} bytes of samples");
}

/// Samples name nobody: example accounts and documentation addresses alone (RFC 5737, RFC 3849).
#[test]
fn the_samples_name_nobody() {
    for name in sample_names("script") {
        for conversation in Script::sample(&name).conversations {
            for address in [conversation.client.ip().to_string(), conversation.server.ip().to_string()] {
                let documented = ["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"];
                assert!(documented.iter().any(|prefix| address.starts_with(prefix)), "{name}: {address}");
            }
        }
        let text = fs::read_to_string(samples_dir().join(format!("{name}.script"))).unwrap();
        let accounts = text.split_whitespace().filter(|word| word.contains('@'));
        for account in accounts {
            assert!(account.contains("@example.com"), "{name}: {account}");
        }
    }
}
