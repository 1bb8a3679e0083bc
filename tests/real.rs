//! Real captures give exactly the exchanges that are known to be in them.
//!
//! The captures are too large to travel with the project. Where they are, `expected.jsonl` beside them holds every CVR
//! line that they carry, each checked against `tshark -z follow`; a request and the reply with its transaction id are
//! one exchange. Where they are not, nothing is tested, and that is said.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::program::{Row, Run, exchanges};

/// The one ninth parameter in the captures that is not told as sent.
const REDIRECTED: &str = "VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDINCklzR2VvWGZyOiB0cnVlDQo=";

/// What each client is told as, by the beginning of the capture's name. Where it sends the words of an official client and
/// nothing gives it away, that is what it claims: aMSN's Windows NT 6.0 does so only before there was one.
const PRODUCTS: [(&str, &str); 8] = [
    ("amsn", "MSN Messenger 6.0"),
    ("bitlbee", "BitlBee"),
    ("libpurple", "libpurple"),
    ("msnp11sdk", "msnp11-sdk"),
    ("msnpsharp", "MSNPSharp"),
    ("perl-net-msn", "Net::MSN"),
    ("poe-client-msn", "MSN Messenger 6.0"),
    ("twisted-words-msn", "MSN Messenger 5.0"),
];

/// The line that one party said, as `expected.jsonl` tells it.
#[derive(Clone, Debug)]
struct Line {
    source: String,
    destination: String,
    frame: String,
    time_ns: i64,
    text: String,
}

/// What a row must say: the columns that the capture decides, and the lines that decide the others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Expected {
    ts_ns: String,
    client: String,
    server: String,
    frame_request: String,
    frame_reply: String,
    rtt_ms: String,
    raw_request: String,
    raw_reply: String,
    status: String,
}

/// Where the captures are, or `None`, which is told.
pub(crate) fn directory() -> Option<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures");
    if directory.is_dir() {
        return Some(directory);
    }
    eprintln!("NOT TESTED: no real captures in {}", directory.display());
    None
}

/// The captures there, in the order of their names.
pub(crate) fn captures(directory: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let is_capture = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "pcap" || kind == "pcapng");
    let mut captures: Vec<PathBuf> = files.filter(is_capture).collect();
    captures.sort();
    assert!(captures.len() > 20, "{} captures in {}", captures.len(), directory.display());
    captures
}

/// MSNP inside HTTP.
fn is_gateway(name: &str) -> bool {
    name.contains("httpgw") || name.contains("_gw_")
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// Seconds with nine decimals as nanoseconds.
fn nanos(seconds: &str) -> i64 {
    let (whole, fraction) = seconds.split_once('.').unwrap();
    assert_eq!(fraction.len(), 9, "{seconds}");
    whole.parse::<i64>().unwrap() * 1_000_000_000 + fraction.parse::<i64>().unwrap()
}

/// Requests and replies of a capture, without the lines that are cut.
fn lines(all: &str, capture: &str) -> (Vec<Line>, Vec<Line>) {
    let (mut requests, mut replies) = (Vec::new(), Vec::new());
    for object in all.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        if object["file"] != capture || object["cut"] == true {
            continue;
        }
        let text = |key: &str| object[key].as_str().unwrap().to_owned();
        let line = Line {
            source: text("src"),
            destination: text("dst"),
            frame: object["complete_frame"].to_string(),
            time_ns: nanos(&text("complete_time")),
            text: text("line"),
        };
        if object["kind"] == "request" { requests.push(line) } else { replies.push(line) }
    }
    (requests, replies)
}

fn trid(line: &Line) -> &str {
    line.text.split(' ').nth(1).unwrap()
}

/// Joins requests and replies: the same ends, the same transaction id.
fn expected((requests, mut replies): (Vec<Line>, Vec<Line>)) -> Vec<Expected> {
    let mut rows = Vec::new();
    for request in requests {
        let answers = |reply: &Line| reply.destination == request.source && trid(reply) == trid(&request);
        let place = replies.iter().position(answers);
        let reply = place.map(|place| replies.remove(place));
        rows.push(row(Some(&request), reply.as_ref()));
    }
    rows.extend(replies.iter().map(|reply| row(None, Some(reply))));
    rows.sort();
    rows
}

fn row(request: Option<&Line>, reply: Option<&Line>) -> Expected {
    let first = request.or(reply).unwrap();
    let frame = |line: Option<&Line>| line.map_or(String::new(), |line| line.frame.clone());
    let raw = |line: Option<&Line>| line.map_or(String::new(), |line| line.text.clone());
    let rtt_ms = request.zip(reply).map_or(String::new(), |(request, reply)| {
        let nanos = reply.time_ns - request.time_ns;
        assert!(nanos >= 0, "every known reply was captured after its request");
        format!("{}.{:06}", nanos / 1_000_000, nanos % 1_000_000)
    });
    let (client, server) = match request {
        Some(request) => (&request.source, &request.destination),
        None => (&first.destination, &first.source),
    };
    Expected {
        ts_ns: first.time_ns.to_string(),
        client: client.clone(),
        server: server.clone(),
        frame_request: frame(request),
        frame_reply: frame(reply),
        rtt_ms,
        raw_request: raw(request),
        raw_reply: raw(reply),
        status: if request.is_none() {
            "reply_only"
        } else if reply.is_none() {
            "no_reply"
        } else {
            "ok"
        }
        .to_owned(),
    }
}

fn found(rows: &[Row]) -> Vec<Expected> {
    let mut found: Vec<Expected> = rows
        .iter()
        .map(|row| Expected {
            ts_ns: row["ts_ns"].clone(),
            client: format!("{}:{}", row["client_ip"], row["client_port"]),
            server: format!("{}:{}", row["server_ip"], row["server_port"]),
            frame_request: row["frame_request"].clone(),
            frame_reply: row["frame_reply"].clone(),
            rtt_ms: row["rtt_ms"].clone(),
            raw_request: row["raw_request"].clone(),
            raw_reply: row["raw_reply"].clone(),
            status: row["status"].clone(),
        })
        .collect();
    found.sort();
    found
}

/// The fields of a row are the words of its lines. Every known request has eight parameters or nine.
fn assert_fields(row: &Row, capture: &str) {
    let words = |column: &str| row[column].split(' ').map(str::to_owned).collect::<Vec<_>>();
    let request =
        ["verb", "trid", "locale_id", "os_type", "os_ver", "arch", "library_name", "client_ver", "client_name"];
    let reply = ["verb", "trid", "rec_ver", "rec_ver2", "min_ver", "dl_url", "info_url"];
    if !row["raw_request"].is_empty() {
        let said = words("raw_request");
        assert_eq!(request.map(|column| row[column].clone())[..], said[..9], "{capture}");
        let extra = said[10..].join(" ").replace(REDIRECTED, "Version: 1; XfrCount: 2; IsGeoXfr: true");
        assert_eq!((&row["passport"], &row["extra"]), (&said[9], &extra), "{capture}");
        assert_eq!(row["params"], (said.len() - 2).to_string(), "{capture}");
        assert_eq!(row["os"], said[3..5].join(" "), "{capture}");
        let (_, product) = PRODUCTS.iter().find(|(name, _)| capture.starts_with(name)).unwrap();
        assert_eq!(row["product"], *product, "{capture}");
    }
    if !row["raw_reply"].is_empty() {
        let mut said = words("raw_reply");
        said.resize(reply.len(), String::new());
        assert_eq!(reply.map(|column| row[column].clone())[..], said[..], "{capture}");
        assert_eq!(row["echo"], capture.contains("escargot").to_string(), "{capture}");
    }
}

#[test]
fn real_captures_give_exactly_the_exchanges_that_are_in_them() {
    let Some(directory) = directory() else { return };
    let all = fs::read_to_string(directory.join("expected.jsonl")).unwrap();
    let mut exchanges_seen = 0;
    for path in captures(&directory) {
        let capture = name(&path);
        let Run { exit, rows, said } = exchanges(&path);
        assert!(matches!(exit, 0 | 3), "{capture}: exit {exit}: {said}");
        assert_eq!(found(&rows), expected(lines(&all, &capture)), "{capture}");
        for row in &rows {
            assert_fields(row, &capture);
            assert_eq!(row["via"], if is_gateway(&capture) { "gateway" } else { "direct" }, "{capture}");
        }
        exchanges_seen += rows.len();
    }
    assert_eq!(exchanges_seen, 26, "exchanges in all captures");
}

#[test]
fn c12_a_capture_whose_lines_are_cut_gives_no_row_and_says_so() {
    let Some(directory) = directory() else { return };
    let run = exchanges(&directory.join("libpurple2.11_escargot.lo.snap100.pcap"));
    assert_eq!((run.exit, run.rows), (3, vec![]));
    assert!(run.said.contains("packets were cut"), "{}", run.said);
}

#[test]
fn b21_a_connection_seen_on_two_interfaces_is_one_exchange() {
    let Some(directory) = directory() else { return };
    let run = exchanges(&directory.join("libpurple2.11_escargot.twoif_lo_any.pcapng"));
    assert_eq!((run.exit, run.rows.len()), (0, 1), "{}", run.said);
}
