//! Whose names and addresses are told, and whose are not, in whatever is written.

mod canary;

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use super::signals::{interrupt, reading};
use super::{Desk, login};
use crate::support::LOGIN;
use crate::support::capture_file::{Pcapng, records};
use crate::support::fragment::fragmented_frames;
use crate::support::script::Script;
use crate::support::tshark::tshark;
use canary::{ADDRESSES, SHOWN, canary, traces};

const LEVELS: [&str; 3] = ["mask", "pseudonym", "drop"];

const TABLES: [&str; 7] = ["exchanges", "clients", "population", "upgrades", "timeline", "anomalies", "inputs"];

const FORMATS: [&str; 3] = ["csv", "ndjson", "table"];

/// All that a run wrote, by what wrote it and where.
type Outputs = BTreeMap<String, Vec<u8>>;

/// A key that nobody else can read, the capture, and a file that is none.
fn desk() -> Desk {
    let text = canary(0).repeat(4);
    let desk = Desk::with(&[("in/a.pcapng", &canary::capture()), ("in/notes", text.as_bytes()), ("key", &[7; 32])]);
    fs::set_permissions(desk.path("key"), fs::Permissions::from_mode(0o600)).unwrap();
    desk
}

/// Every output at that level, and only those.
fn outputs(desk: &Desk, level: &str) -> Outputs {
    let mut all = Outputs::new();
    let hidden = ["--privacy", level, "--key-file", "key"];
    let hidden = if level == "none" { &hidden[..2] } else { &hidden[..] };
    let mut run = |name: &str, args: &[&str]| {
        let output = desk.command(&[hidden, args].concat()).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{name}: {output:?}");
        all.insert(format!("{name} out"), output.stdout);
        all.insert(format!("{name} err"), output.stderr);
    };
    for format in FORMATS {
        for table in TABLES {
            run(&format!("{table} {format}"), &["-t", table, "-T", format, "in"]);
        }
        let directory = format!("{level}-{format}");
        run(&format!("tables {format}"), &["-v", "--raw", "--verbatim", "-T", format, "-o", &directory, "in"]);
    }
    run("summary", &["-t", "summary", "in"]);
    let packets = format!("{level}.pcapng");
    run("packets", &["-q", "-w", &packets, "--progress", "plain", "in/a.pcapng"]);
    run("no capture", &["in/notes"]);
    run("cannot be followed", &["--follow", "in/notes"]);
    let followed = format!("{level}-followed");
    let child = reading(desk, &[hidden, &["--follow", "--raw", "-v", "-o", &followed, "in/a.pcapng"]].concat());
    std::thread::sleep(Duration::from_millis(500));
    interrupt(&child);
    let ran = child.wait_with_output().unwrap();
    all.insert("follow out".into(), ran.stdout);
    all.insert("follow err".into(), ran.stderr);
    for entry in fs::read_dir(desk.root()).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with(level) {
            take_files(&entry, &name.replacen(level, "", 1), &mut all);
        }
    }
    all
}

fn take_files(path: &Path, name: &str, all: &mut Outputs) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap().map(|entry| entry.unwrap()) {
            take_files(&entry.path(), &format!("{name}/{}", entry.file_name().display()), all);
        }
    } else {
        let bytes = fs::read(path).unwrap();
        // What is compressed can be read all the same: a part is, behind its first line.
        let bytes = if path.ends_with("census.part") {
            let begin = memchr::memchr(b'\n', &bytes).unwrap() + 1;
            zstd::stream::decode_all(&bytes[begin..]).unwrap()
        } else {
            bytes
        };
        all.insert(name.to_owned(), bytes);
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}

/// Whether `text` holds the address and not a longer one.
fn tells(text: &[u8], address: &str) -> bool {
    memchr::memmem::find_iter(text, address).any(|at| {
        let around = [at.checked_sub(1).and_then(|at| text.get(at)), text.get(at + address.len())];
        !around.into_iter().flatten().any(u8::is_ascii_hexdigit)
    })
}

fn octets(address: &str) -> Vec<u8> {
    match address.parse().unwrap() {
        IpAddr::V4(addr) => addr.octets().to_vec(),
        IpAddr::V6(addr) => addr.octets().to_vec(),
    }
}

#[test]
fn every_canary_is_shown_where_nothing_is_hidden() {
    let all = outputs(&desk(), "none");
    for format in FORMATS {
        let table = &all[&format!("-{format}/exchanges.{}", format.replace("table", "txt"))];
        // Redirection data is shown decoded, in a column of its own.
        let is_shown = |name: String| [name.replace('@', "%40"), name].iter().any(|name| holds(table, name.as_bytes()));
        let missing: Vec<_> = SHOWN.filter(|number| !is_shown(canary(*number))).collect();
        assert!(missing.is_empty(), "{format}: {missing:?}");
    }
    let is_shown =
        |address: &&str| tells(&all["-csv/exchanges.csv"], address) && holds(&all[".pcapng"], &octets(address));
    let missing: Vec<_> = ADDRESSES.iter().filter(|address| !is_shown(address)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(tells(&all["-csv/anomalies.csv"], ADDRESSES[10]) && tells(&all["-csv/anomalies.csv"], ADDRESSES[11]));
    assert!(holds(&all["inputs csv out"], b"canary-0") && holds(&all["no capture err"], b"canary-0"));
    assert!(holds(&all["cannot be followed err"], b"canary-0") && holds(&all["follow err"], b"counted"));
    assert!(holds(&all["-followed/exchanges.csv"], canary(7).as_bytes()));
    for trace in traces() {
        assert!(all.values().any(|bytes| holds(bytes, &trace)), "{}", trace.escape_ascii());
    }
}

#[test]
fn no_canary_is_in_any_output_where_names_are_hidden() {
    let desk = desk();
    let shown = outputs(&desk, "none");
    for level in LEVELS {
        let all = outputs(&desk, level);
        assert!(all.keys().eq(shown.keys()), "{level}");
        let traces: Vec<_> = traces().into_iter().chain([b"secret".to_vec()]).collect();
        let told: Vec<_> = all
            .iter()
            .flat_map(|(name, bytes)| {
                let lower = bytes.to_ascii_lowercase();
                let names = traces.iter().filter(move |trace| holds(&lower, &trace.to_ascii_lowercase()));
                let is_told = |address: &&str| {
                    tells(bytes, address) || name.ends_with(".pcapng") && holds(bytes, &octets(address))
                };
                let addresses = ADDRESSES.into_iter().filter(is_told);
                let told = names.map(|trace| trace.escape_ascii().to_string()).chain(addresses.map(str::to_owned));
                told.map(move |told| (name, told)).collect::<Vec<_>>()
            })
            .collect();
        assert!(told.is_empty(), "{level}: {told:?}");
    }
}

/// Columns that count, or tell what was said, and no name.
const NAMELESS: [&str; 19] = [
    "ts_ns",
    "exchanges",
    "clients",
    "connections",
    "passports",
    "ips",
    "versions",
    "new_clients",
    "params",
    "verdict",
    "status",
    "flags",
    "severity",
    "kind",
    "packets",
    "servers",
    "dimension",
    "lcid",
    "product",
];

/// The rows of a table as far as they name nobody, in no order: that of some depends on names.
fn nameless(table: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let wanted: Vec<_> = (0..headers.len()).filter(|at| NAMELESS.contains(&&headers[*at])).collect();
    assert!(wanted.len() > 1, "{headers:?}");
    let row = |record: csv::StringRecord| wanted.iter().map(|at| record[*at].to_owned()).collect();
    let mut rows: Vec<_> = reader.records().map(|record| row(record.unwrap())).collect();
    rows.sort();
    rows
}

/// Whatever is hidden, there is as much of it.
#[test]
fn every_table_counts_the_same_at_every_level() {
    let desk = desk();
    for table in TABLES {
        let rows = |level: &str| nameless(&desk.run(&["-q", "--privacy", level, "-t", table, "in"]).out);
        let shown = rows("none");
        for level in LEVELS {
            assert_eq!(rows(level), shown, "{table} {level}");
        }
    }
}

#[test]
fn each_level_shows_as_much_as_it_says() {
    let desk = Desk::with(&[("a.pcap", &login()), ("key", &[7; 32])]);
    fs::set_permissions(desk.path("key"), fs::Permissions::from_mode(0o600)).unwrap();
    let columns = ["passport", "identity", "client_ip", "server_ip", "client_port", "community_id", "client_id"];
    let shown = |level: &str| {
        let ran = desk.run(&["--privacy", level, "--key-file", "key", "a.pcap"]).exits(0).says(&[]);
        columns.map(|column| ran.cells(column).concat())
    };
    let [alias, identity, client_ip, server_ip, port, community_id, id] = shown("pseudonym");
    assert!(alias.len() == 17 + "@example.com".len() && alias.starts_with('p') && alias.ends_with("@example.com"));
    assert_eq!((&*identity, &*port), (&*alias, "1056"));
    assert!(community_id.starts_with("1:") && !client_ip.is_empty() && client_ip != "192.0.2.10");
    assert!(!server_ip.is_empty() && server_ip != "198.51.100.7");
    assert_eq!(shown("mask"), ["***@example.com", "***@example.com", "192.0.2.0", "198.51.100.0", "1056", "", &id]);
    assert_eq!(shown("drop"), ["", "", "", "", "1056", "", &id]);
    let named = desk.run(&["a.pcap"]).exits(0).cells("client_id").concat();
    assert_ne!(named, id);
}

/// A client without a name is told by its address.
#[test]
fn an_address_that_tells_a_client_is_hidden_like_any_other() {
    let nameless = LOGIN.replace(" user@example.com", "");
    let desk = Desk::with(&[("a.pcapng", &Script::parse(&nameless).unwrap().capture())]);
    for (level, identity) in [("none", "192.0.2.10"), ("mask", "192.0.2.0"), ("drop", "")] {
        for table in ["exchanges", "clients"] {
            let ran = desk.run(&["--privacy", level, "-t", table, "a.pcapng"]).exits(0);
            assert_eq!(ran.cells("identity"), [identity], "{level} {table}");
        }
    }
}

#[test]
fn one_key_gives_the_same_names_in_every_run_and_no_key_gives_others() {
    let desk = desk();
    let run = |args: &[&str]| desk.run(&[args, &["-q", "--privacy", "pseudonym", "in/a.pcapng"]].concat()).out;
    assert_eq!(run(&["--key-file", "key"]), run(&["--key-file", "key"]));
    let (one, other) = (run(&[]), run(&[]));
    assert_ne!(one, other);
    assert_eq!(one.lines().count(), other.lines().count());
    assert!(one != run(&["--key-file", "key"]));
}

#[test]
fn a_key_that_is_no_good_is_refused_before_anything_is_read() {
    let desk = Desk::with(&[("short", b"fifteen bytes!!"), ("a.pcap", &login())]);
    let with = |args: &[&str]| desk.run(&[args, &["a.pcap"]].concat());
    with(&["--key-file", "short"]).exits(2).says(&[
        "error: --key-file without --privacy",
        "hint: a key makes pseudonyms: add --privacy pseudonym, mask or drop",
    ]);
    with(&["--privacy", "mask", "--key-file", "short"]).exits(2).says(&[
        "error: short: a key has 16 bytes at least, this one has 15",
        "hint: make one: head -c 32 /dev/urandom > key; chmod 600 key",
    ]);
    with(&["--privacy", "mask", "--key-file", "missing"])
        .exits(1)
        .says(&["error: missing: the key cannot be read: No such file or directory (os error 2)"]);
}

#[test]
fn a_key_that_others_can_read_is_told() {
    let desk = Desk::with(&[("key", &[7; 32]), ("a.pcap", &login())]);
    for (mode, told) in [(0o600, &[][..]), (0o640, &["warning: key: others can read the key: chmod 600 key"])] {
        fs::set_permissions(desk.path("key"), fs::Permissions::from_mode(mode)).unwrap();
        desk.run(&["--privacy", "drop", "--key-file", "key", "a.pcap"]).exits(0).says(told);
    }
}

/// Headers without payload, which tshark and the program itself can read.
#[test]
fn saved_packets_are_headers_of_pseudonyms() {
    let v6 = LOGIN.replace("192.0.2.10:", "[2001:db8::10]:").replace("198.51.100.7:", "[2001:db8::7]:");
    for (script, level) in [(LOGIN, "mask"), (LOGIN, "pseudonym"), (LOGIN, "drop"), (&v6, "pseudonym")] {
        let (protocols, headers_len) = if script == LOGIN { ("raw:ip:tcp", 40) } else { ("raw:ipv6:tcp", 60) };
        let desk = Desk::with(&[("a.pcapng", &Script::parse(script).unwrap().capture())]);
        let saved = format!("{level}.pcapng");
        desk.run(&["-q", "--privacy", level, "-w", &saved, "a.pcapng"]).exits(0);
        let fields = [
            "frame.protocols",
            "frame.len",
            "frame.cap_len",
            "tcp.srcport",
            "tcp.seq_raw",
            "tcp.window_size_value",
            "tcp.flags",
        ];
        let read = |name: &str| {
            let mut args = vec!["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-T", "fields"];
            args.extend(fields.iter().flat_map(|field| ["-e", field]));
            args.extend(["-e", "_ws.malformed", "-e", "tcp.checksum.status", "-e", "frame.comment"]);
            let lines = tshark(&desk.path(name), &args);
            lines.lines().map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        let (captured, saved_rows) = (read("a.pcapng"), read(&saved));
        assert_eq!(captured.len(), saved_rows.len());
        for (captured, saved) in captured.iter().zip(&saved_rows) {
            assert_eq!(captured[3..7], saved[3..7], "{level}");
            assert!(saved[0].starts_with(protocols) && saved[7].is_empty(), "{saved:?}");
            // Without the link header, and without payload.
            let lens = [&captured[1], &saved[1], &saved[2]].map(|len| len.parse::<usize>().unwrap());
            assert!(lens[1] + 14 <= lens[0] && lens[2] == headers_len, "{saved:?}");
            // Good where there is no payload, and else not verified.
            assert_eq!(saved[8], if lens[1] == headers_len { "1" } else { "2" }, "{saved:?}");
        }
        let remarks: Vec<_> =
            saved_rows.iter().map(|row| row[9].as_str()).filter(|remark| !remark.is_empty()).collect();
        assert_eq!(
            remarks,
            [
                "CVR request 2: MSNMSGR 6.0.0602, winnt 5.1, 0x0409",
                "CVR reply 2: recommended 6.0.0602, minimum 6.0.0268: up_to_date"
            ]
        );
        let inputs = desk.run(&["-q", "-t", "inputs", &saved]).exits(3);
        assert_eq!((inputs.cells("packets"), inputs.cells("packets_tcp")), (vec!["12".into()], vec!["12".into()]));
        assert_eq!((inputs.cells("link_types"), inputs.cells("packets_cut")), (vec!["RAW".into()], vec!["4".into()]));
    }
}

/// What came in fragments is one packet, with all that was said of them.
#[test]
fn fragments_are_saved_as_the_segment_that_they_carried() {
    let packets = Script::parse(LOGIN).unwrap().packets();
    for len in [8, 24, 64] {
        let desk = Desk::with(&[("a.pcapng", &Pcapng::default().write(&fragmented_frames(&packets, len)))]);
        desk.run(&["--privacy", "pseudonym", "-w", "saved.pcapng", "a.pcapng"])
            .exits(0)
            .says(&["note: saved.pcapng: wrote the packets of connections with exchanges"]);
        let saved = fs::read(desk.path("saved.pcapng")).unwrap();
        assert_eq!(records(&saved).len(), packets.len(), "{len}");
        assert_eq!(memchr::memmem::find_iter(&saved, "CVR re").count(), 2, "{len}");
    }
}
