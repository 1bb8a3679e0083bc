//! What lies beside the tables of a directory: the manifest, and the hashes in it.

use std::fs;
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::{Desk, login, login_pcap, sha256};

fn manifest(directory: &Path) -> Value {
    serde_json::from_slice(&fs::read(directory.join("manifest.json")).unwrap()).unwrap()
}

/// The hashes of the inputs, as the table tells them.
fn hashes(desk: &Desk, args: &[&str]) -> Vec<String> {
    desk.run(&[&["-q", "-t", "inputs"], args].concat()).cells("sha256")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_file_that_the_manifest_names_has_the_hash_that_it_says() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    for format in ["csv", "ndjson", "table", "parquet"] {
        if format == "parquet" && !cfg!(feature = "parquet") {
            continue;
        }
        desk.run(&["-q", "-T", format, "-o", format, "a.pcap"]).exits(0);
        let manifest = manifest(&desk.path(format));
        let files = manifest["files"].as_array().unwrap();
        let mut named: Vec<_> = files.iter().map(|file| file["path"].as_str().unwrap().to_owned()).collect();
        for file in files {
            let written = fs::read(desk.path(format).join(file["path"].as_str().unwrap())).unwrap();
            assert_eq!(file["sha256"], sha256(&written), "{file}");
            assert_eq!(file["bytes"], written.len(), "{file}");
            if format == "ndjson" && !file["rows"].is_null() {
                assert_eq!(file["rows"], written.split(|byte| *byte == b'\n').count() - 1, "{file}");
            }
        }
        named.push("manifest.json".to_owned());
        named.sort();
        assert_eq!(named, desk.names(format), "the manifest names all but itself");
        // Aligned text is for people.
        assert_eq!(named.len(), if format == "table" { 10 } else { 12 });
    }
}

#[test]
fn the_manifest_tells_what_was_run_and_how_it_ended() {
    let desk = Desk::with(&[("a.pcap", &login_pcap()), ("b.pcap", &login_pcap()[..100])]);
    let until = "2003-09-14T13:00:00Z";
    desk.run(&["-o", "out", "--until", until, "a.pcap", "b.pcap"]).exits(3);
    let mut manifest = manifest(&desk.path("out"));
    let inputs = manifest["inputs"].take();
    assert_eq!(inputs[0]["first_seen"], "2003-09-14T12:00:00.000000000Z");
    assert_eq!(inputs[0]["sha256"], sha256(&login_pcap()));
    assert_eq!((&inputs[1]["path"], &inputs[1]["status"]), (&json!("b.pcap"), &json!("cut")));
    assert!(inputs[1]["error"].as_str().unwrap().starts_with("record 1 "), "{inputs}");
    assert_eq!(
        manifest["counters"]["packets"],
        inputs[0]["packets"].as_u64().unwrap() + inputs[1]["packets"].as_u64().unwrap()
    );
    assert!(manifest["warnings"][0].as_str().unwrap().starts_with("b.pcap: record 1 "), "{manifest}");
    for time in ["started", "written"] {
        let told = manifest[time].take();
        assert!(told.as_str().unwrap().ends_with('Z') && told.as_str().unwrap().starts_with("20"), "{told}");
    }
    for already_told in ["counters", "warnings", "files"] {
        manifest[already_told].take();
    }
    assert_eq!(
        manifest,
        json!({
            "schema_version": 1,
            "program": "msncensus",
            "version": env!("CARGO_PKG_VERSION"),
            "command": ["msncensus", "-o", "out", "--until", until, "a.pcap", "b.pcap"],
            "until": "2003-09-14T13:00:00.000000000Z",
            "privacy": "none",
            "started": null,
            "written": null,
            "state": "ended",
            "exit_code": 3,
            "interrupted": false,
            "doubtful": true,
            "exchanges": 1,
            "warnings": null,
            "inputs": null,
            "counters": null,
            "files": null,
        })
    );
}

#[test]
fn the_manifest_tells_what_was_hidden_and_by_which_key() {
    let key = |bytes: u8| vec![bytes; 32];
    let desk = Desk::with(&[("a.pcap", &login_pcap()), ("key", &key(1)), ("other", &key(2))]);
    let told = |out: &str, args: &[&str]| {
        desk.run(&[args, &["--privacy", "mask", "-o", out, "a.pcap"]].concat()).exits(0);
        let manifest = manifest(&desk.path(out));
        assert_eq!(manifest["privacy"], "mask");
        manifest["privacy_key"].as_str().unwrap().to_owned()
    };
    let same = told("1", &["--key-file", "key"]);
    assert_eq!(same, told("2", &["--key-file", "key"]));
    assert_ne!(same, told("3", &["--key-file", "other"]));
    assert_ne!(told("4", &[]), told("5", &[]), "drawn at random");
}

#[test]
fn the_hash_of_an_input_is_that_of_its_bytes_on_disk() {
    let capture = login();
    let packed = gzip(&capture);
    let behind = [packed.as_slice(), b"garbage behind the last member"].concat();
    let noise = vec![0xff; 600_000];
    let torn = [&packed[..packed.len() / 2], &noise].concat();
    let mut damaged = login_pcap();
    let len = damaged.len();
    damaged.extend(noise);
    for (name, bytes) in [
        ("plain", &capture),
        ("packed", &packed),
        ("garbage behind", &behind),
        ("torn", &torn),
        ("damaged", &damaged),
        ("cut", &damaged[..len - 1].to_vec()),
    ] {
        let desk = Desk::with(&[("a", bytes)]);
        assert_eq!(hashes(&desk, &["a"]), [sha256(bytes)], "{name}");
        assert_eq!(hashes(&desk, &["--no-hash", "a"]), [""], "{name}");
    }
    let desk = Desk::with(&[]);
    assert_eq!(desk.pipe(&["-t", "inputs", "-"], packed.clone()).cells("sha256"), [sha256(&packed)]);
}

/// Several threads read a long file, in whatever order.
#[test]
fn the_hash_does_not_depend_on_threads() {
    let login = login();
    let long: Vec<u8> = login.iter().copied().cycle().take(login.len() * (3_000_000 / login.len())).collect();
    let packed = gzip(&long);
    let desk = Desk::with(&[("a", &long), ("b", &packed)]);
    for threads in ["1", "2", "4"] {
        assert_eq!(hashes(&desk, &["-j", threads, "a", "b"]), [sha256(&long), sha256(&packed)], "{threads}");
    }
}

#[test]
fn what_was_not_read_to_its_end_has_no_hash() {
    let desk = Desk::with(&[("a.pcap", &login()), ("notes.txt", b"hello, world")]);
    assert_eq!(hashes(&desk, &["-c", "3", "a.pcap"]), [""]);
    // Whoever reads ahead may be at its end when the run is over.
    let long: Vec<u8> = login().into_iter().cycle().take(1_100_000).collect();
    fs::write(desk.path("long"), long).unwrap();
    assert_eq!(hashes(&desk, &["-j", "4", "-c", "3", "long"]), [""]);
    assert_eq!(hashes(&desk, &["notes.txt"]), [""]);
    let damaged = [login_pcap(), vec![0xff; 1_000]].concat();
    assert_eq!(
        desk.pipe(&["-q", "-t", "inputs", "-"], damaged).cells("sha256"),
        [""],
        "a pipe is left when it makes no sense"
    );
}

#[test]
fn hostile_names_are_text_in_whatever_lies_beside_the_tables() {
    let name = "=cmd|' /C';DROP TABLE exchanges;--\"<script>\u{1b}[31m\u{202e}.pcapng";
    let desk = Desk::with(&[(name, &login())]);
    desk.run(&["-q", "-o", "out", "--", name]).exits(0);
    let manifest = manifest(&desk.path("out"));
    let shown = "=cmd|' /C';DROP TABLE exchanges;--\"<script>\\x1B[31m\\xE2\\x80\\xAE.pcapng";
    assert_eq!(manifest["inputs"][0]["path"], shown);
    for name in ["manifest.json", "datapackage.json", "load.sql", "report.html"] {
        let text = fs::read_to_string(desk.path("out").join(name)).unwrap();
        assert!(!text.chars().any(|char| char.is_control() && char != '\n' || char == '\u{202e}'), "{name}");
        assert!(!text.contains("<script>") || name == "manifest.json", "{name}");
    }
    let sql = fs::read_to_string(desk.path("out/load.sql")).unwrap();
    assert!(!sql.contains("DROP"), "no name of an input is in it");
}
