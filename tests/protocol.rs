//! Every line of the protocol that is known to have been sent, from packets to the cells of its row.
//!
//! `requests` and `replies` are the tables, of lines; `dialects`, `payloads` and `gateway` are those of what stands around
//! the lines, and `strangers` is the table of what looks like all this and is none of it. What a line should give stands in the line itself: its words are in the
//! order of the columns, so a row that gives the line back, absent fields included, has been read right.

mod dialects;
mod gateway;
mod payloads;
mod replies;
mod requests;
mod strangers;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use msncensus::profile::CATALOGUE;

use crate::support::capture_file::Pcapng;
use crate::support::engine::analyse;
use crate::support::frame::frames;
use crate::support::script::{Script, sample_names};
use crate::support::tshark::{temporary, tshark};
use replies::{ERRORS, REPLIES};
use requests::REQUESTS;

/// The columns of a request's words, in their order.
const OF_REQUEST: [&str; 10] =
    ["verb", "trid", "locale_id", "os_type", "os_ver", "arch", "library_name", "client_ver", "client_name", "passport"];
/// The columns of a reply's words, in their order.
const OF_REPLY: [&str; 7] = ["verb", "trid", "rec_ver", "rec_ver2", "min_ver", "dl_url", "info_url"];

/// A row by the names of its columns.
type Row = BTreeMap<&'static str, String>;

/// What a client asks, where it does not matter what.
const ASK: &str = "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com";
/// What a server answers to it.
const TELL: &str = "CVR 2 6.0.0602 6.0.0602 6.0.0268 http://a.example.com http://b.example.com";

/// A connection with this body, in June of `year`; `ASK` and `TELL` stand for the lines above.
fn script(year: i16, body: &str) -> Script {
    let head = format!("time {year}-06-15T12:00:00Z\nclient 192.0.2.10:1056\nserver 198.51.100.7:1863\n");
    let body = body.replace("ASK", ASK).replace("TELL", TELL);
    Script::parse(&format!("{head}{body}\n")).unwrap_or_else(|error| panic!("{body}: {error}"))
}

/// The rows of that connection.
fn rows(year: i16, body: &str) -> Vec<Row> {
    analyse(&script(year, body).packets()).rows()
}

/// The only row of a conversation in which these lines are said. Where no offer is known, the capture began after it.
fn row(year: i16, offer: &str, request: Option<&str>, reply: Option<&str>) -> Row {
    let mut body = match offer {
        "" => "midstream\n".to_owned(),
        _ => format!("connect\nC: VER 1 {offer}\n"),
    };
    for (side, line) in [('C', request), ('S', reply)] {
        if let Some(line) = line {
            writeln!(body, "{side}: {line}").unwrap();
        }
    }
    let mut rows = rows(year, &body);
    assert_eq!(rows.len(), 1, "{request:?} {reply:?}");
    rows.remove(0)
}

/// The line on the wire: without the words that are absent, and with a blank alone for those that are empty.
fn wire(line: &str) -> String {
    let words = line.split(' ').filter(|word| *word != "-");
    words.map(|word| if word == "_" { "" } else { word }).collect::<Vec<_>>().join(" ")
}

/// Compares cells with what they should hold; `-` and `_` are nothing.
fn assert_cells<'a>(row: &Row, expected: impl IntoIterator<Item = (&'a str, &'a str)>, line: &str) {
    for (column, expected) in expected {
        let expected = if matches!(expected, "-" | "_") { "" } else { expected };
        assert_eq!(row[column], expected, "{column} of {line}");
    }
}

#[test]
fn every_request_gives_its_fields_and_their_meaning() {
    for (number, year, offer, line, meaning) in REQUESTS {
        let line_of = format!("#{number}: {line}");
        let row = row(*year, offer, Some(&wire(line)), None);
        let words: Vec<&str> = line.split(' ').collect();
        assert!(words.len() >= OF_REQUEST.len(), "{line_of}");
        assert_cells(&row, OF_REQUEST.into_iter().zip(words.iter().copied()), &line_of);
        let meaning: Vec<&str> = meaning.split(" | ").collect();
        let extra = meaning.get(3).copied().unwrap_or_default();
        let os = words[3..5].join(" ");
        let params = words[2..].iter().filter(|word| !matches!(**word, "-" | "_")).count().to_string();
        let cells = [
            ("locale", meaning[0]),
            ("os_name", meaning[1]),
            ("product", meaning[2]),
            ("extra", extra),
            ("os", &os),
            ("params", &params),
            ("msnp_offered", offer),
            // Nobody has chosen: neither the first offer nor the number of parameters is a choice.
            ("msnp", "-"),
            ("status", "no_reply"),
        ];
        assert_cells(&row, cells, &line_of);
        assert_eq!(row["flags"].contains("locale_unknown"), meaning[0] == "-", "{line_of}");
        assert!(!row["flags"].contains("malformed"), "{line_of}");
        assert!(row["community_id"].starts_with("1:"), "{line_of}");
    }
}

#[test]
fn no_request_of_the_reference_is_left_out() {
    for number in 1..=82 {
        let mut lines = REQUESTS.iter().filter(|(known, ..)| *known == number).peekable();
        assert!(lines.peek().is_some(), "#{number}");
        assert!(lines.all(|(.., meaning)| !meaning.ends_with(" | -")), "#{number} has a product");
    }
}

/// What the catalogue says of an official client's dialects is what that client offered. Line 12 is no official client's,
/// by its other words.
#[test]
fn official_clients_offer_the_dialects_of_the_catalogue() {
    let mut compared = 0;
    for (number, _, offer, line, meaning) in REQUESTS.iter().filter(|(number, ..)| (1..=25).contains(number)) {
        let product = meaning.split(" | ").nth(2).unwrap();
        let dialects = CATALOGUE.iter().find(|row| row.product == product && !row.dialects.is_empty());
        let Some(row) = dialects.filter(|_| *number != 12) else { continue };
        let mut offered = offer.split(' ').filter_map(|dialect| dialect.strip_prefix("MSNP"));
        assert!(offered.all(|dialect| row.dialects.split(' ').any(|known| known == dialect)), "#{number}: {line}");
        compared += 1;
    }
    assert_eq!(compared, 23, "but for Windows Messenger 5.0, BitlBee and the custom client");
}

#[test]
fn every_reply_gives_its_fields_and_its_verdict() {
    for (client, line, meaning) in REPLIES {
        let (verb, trid) = (&line[..3], line.split(' ').nth(1).unwrap());
        let request = format!("{verb} {trid} 0x0409 winnt 5.1 i386 MSNMSGR {client} MSMSGS u@example.com");
        let row = row(2008, "MSNP8 CVR0", Some(&request), Some(&wire(line)));
        let words: Vec<&str> = line.split(' ').filter(|word| *word != "_").collect();
        assert_eq!(words.len(), OF_REPLY.len(), "{line}");
        assert_cells(&row, OF_REPLY.into_iter().zip(words), line);
        let (meaning, echo) = meaning.strip_suffix(" echo").map_or((*meaning, "false"), |meaning| (meaning, "true"));
        let (verdict, flags) = meaning.split_once(' ').unwrap_or((meaning, ""));
        assert_cells(&row, [("verdict", verdict), ("echo", echo), ("flags", flags), ("status", "ok")], line);
    }
}

#[test]
fn every_error_gives_its_code() {
    for (request, error, code) in ERRORS {
        let row = row(2005, "MSNP8 CVR0", Some(request), Some(error));
        let cells = [("code", *code), ("verdict", "rejected"), ("status", "error"), ("echo", ""), ("rec_ver", "")];
        assert_cells(&row, cells, request);
        assert_eq!(row["locale_id"].is_empty(), request.contains("spaghetti"), "{request}");
    }
}

/// Some servers' errors have no transaction id: whom they answer nobody knows.
#[test]
fn an_error_without_a_number_answers_nobody() {
    for error in ["600", "715", "911 server is busy"] {
        let row = row(2005, "MSNP8 CVR0", Some(ASK), Some(error));
        assert_cells(&row, [("status", "no_reply"), ("code", ""), ("verdict", "undetermined")], error);
    }
}

/// A server is known that ends no reply to CVR. What it says next runs into the last address, and into nothing else.
#[test]
fn a_reply_without_an_end_keeps_its_versions() {
    let body =
        "connect\nC: VER 1 MSNP9\nS: VER 1 MSNP9\nC: ASK\nS= TELL\nC: USR 3 TWN I u@example.com\nS: USR 3 TWN S x";
    let rows = rows(2020, body);
    assert_eq!(rows.len(), 1);
    let cells =
        [("status", "ok"), ("verdict", "up_to_date"), ("min_ver", "6.0.0268"), ("dl_url", "http://a.example.com")];
    assert_cells(&rows[0], cells, "the reply");
    assert_eq!(rows[0]["info_url"], "http://b.example.comUSR");
}

/// The account's name has 129 bytes at most by the draft; no more, and no fewer, are kept of a longer one.
#[test]
fn an_account_is_kept_whole_however_long() {
    for len in [129, 130, 400] {
        let account = format!("{}@example.com", "u".repeat(len - "@example.com".len()));
        let row = row(2005, "MSNP8", Some(&ASK.replace("u@example.com", &account)), None);
        assert_cells(&row, [("passport", account.as_str()), ("identity", &account)], "a long name");
    }
}

/// Lines that a strict reader of the dialects' offer would stumble over: no `CVR0`, or one with a letter O (`Net::MSN`).
#[test]
fn an_odd_offer_is_kept_as_sent() {
    for offer in ["MSNP9 MSNP8 CVRO", "MSNP12", "MSNP13 CVR0"] {
        let row = row(2005, offer, Some(ASK), None);
        assert_eq!((&*row["msnp_offered"], &*row["client_ver"]), (offer, "6.0.0602"));
    }
}

/// The conversation at a server that only echoes is told as such from the server's side alone, too.
#[test]
fn a_lone_reply_of_a_known_server_is_an_echo() {
    let addresses = "https://escargot.log1p.xyz https://escargot.log1p.xyz";
    let row = row(2019, "", None, Some(&format!("CVR 2 6.0.0602 6.0.0602 6.0.0602 {addresses}")));
    assert_cells(&row, [("status", "reply_only"), ("echo", "true"), ("verdict", "undetermined")], "the reply");
}

/// Over all links, VLANs and versions of IP of the samples, in both directions and with either half missing.
#[test]
fn each_row_has_the_community_id_that_tshark_gives_its_packets() {
    let packets: Vec<_> = sample_names("script").iter().flat_map(|name| Script::sample(name).packets()).collect();
    let capture = Pcapng::default().write(&frames(&packets));
    let args = ["--enable-protocol", "communityid", "-T", "fields", "-e", "communityid"];
    let said = tshark(temporary(&capture).path(), &args);
    let ids: Vec<&str> = said.lines().collect();
    assert_eq!(ids.len(), packets.len());
    let rows = analyse(&packets).rows();
    assert!(rows.len() >= sample_names("script").len());
    for row in rows {
        for frame in [&row["frame_request"], &row["frame_reply"]].into_iter().filter(|frame| !frame.is_empty()) {
            assert_eq!(row["community_id"], ids[frame.parse::<usize>().unwrap() - 1], "packet {frame}: {row:?}");
        }
    }
}
