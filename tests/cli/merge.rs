//! What several runs wrote with `-o`, joined.

use std::fs;

use super::{Desk, login, login_with};
use crate::support::LOGIN;
use crate::support::capture_file::Pcapng;
use crate::support::frame::frames;
use crate::support::script::Script;

const TABLES: [&str; 7] =
    ["exchanges.csv", "clients.csv", "population.csv", "upgrades.csv", "timeline.csv", "anomalies.csv", "inputs.csv"];

/// The login, a later one of another client, and one of a third.
fn three() -> Desk {
    let other = login_with("192.0.2.10", "192.0.2.11");
    let third = Script::parse(&LOGIN.replace("12:00", "13:00").replace("user@example.com", "third@example.com"));
    Desk::with(&[("a.pcapng", &login()), ("b.pcapng", &other), ("c.pcapng", &third.unwrap().capture())])
}

#[track_caller]
fn assert_same(desk: &Desk, a: &str, b: &str, tables: &[&str]) {
    for table in tables {
        let read = |directory: &str| fs::read_to_string(desk.path(&format!("{directory}/{table}"))).unwrap();
        assert_eq!(read(a), read(b), "{table}");
    }
}

#[test]
fn the_tables_of_the_parts_are_those_of_one_run_over_all() {
    let desk = three();
    desk.run(&["-o", "one", "a.pcapng", "b.pcapng"]).exits(0);
    desk.run(&["-o", "two", "c.pcapng"]).exits(0);
    desk.run(&["-o", "all", "a.pcapng", "b.pcapng", "c.pcapng"]).exits(0);
    let merged = desk.run(&["merge", "-o", "merged", "two", "one"]).exits(0);
    assert!(merged.err.starts_with("note: merged: wrote exchanges.csv, clients.csv"), "{}", merged.err);
    assert_same(&desk, "all", "merged", &TABLES);
    // What was joined can be joined again.
    desk.run(&["merge", "-o", "again", "merged"]).exits(0);
    assert_same(&desk, "all", "again", &TABLES);
}

#[test]
fn one_table_or_the_page_alone_can_be_had() {
    let desk = three();
    desk.run(&["-o", "one", "a.pcapng"]).exits(0);
    desk.run(&["-o", "two", "c.pcapng"]).exits(0);
    let clients = desk.run(&["merge", "one", "two", "-t", "clients", "-e", "identity"]).exits(0);
    assert_eq!(clients.out, "identity\nuser@example.com\nthird@example.com\n");
    assert_eq!(desk.run(&["merge", "one", "two"]).exits(0).out.lines().count(), 3);
    desk.run(&["merge", "one", "two", "--html", "page.html", "-t", "summary"]).exits(0);
    assert!(fs::read_to_string(desk.path("page.html")).unwrap().ends_with("</html>\n"));
}

#[test]
fn a_conversation_that_is_cut_between_request_and_reply_is_whole_again() {
    let frames = frames(&Script::parse(LOGIN).unwrap().packets());
    let lone_request = (1..frames.len()).find(|cut| {
        let desk = Desk::with(&[("a.pcapng", &Pcapng::default().write(&frames[..*cut]))]);
        desk.run(&["a.pcapng"]).cells("status") == ["no_reply"]
    });
    let (first, second) = frames.split_at(lone_request.unwrap());
    let parts = [Pcapng::default().write(first), Pcapng::default().write(second)];
    let desk = Desk::with(&[("a.pcapng", &parts[0]), ("b.pcapng", &parts[1])]);
    desk.run(&["-o", "one", "a.pcapng"]).exits(0);
    desk.run(&["-o", "two", "b.pcapng"]).exits(0);
    desk.run(&["-o", "all", "a.pcapng", "b.pcapng"]).exits(0);
    desk.run(&["merge", "one", "two", "-o", "merged"]).exits(0);
    assert_same(&desk, "all", "merged", &TABLES);
    let joined = desk.run(&["merge", "one", "two"]);
    assert_eq!((joined.cells("status"), joined.cells("flags")), (vec!["ok".to_owned()], vec![String::new()]));
    let apart = fs::read_to_string(desk.path("two/exchanges.csv")).unwrap();
    assert!(apart.contains("reply_only") && apart.contains("midstream"), "{apart}");
}

#[test]
fn what_cannot_be_joined_is_told() {
    let desk = three();
    desk.run(&["-o", "one", "a.pcapng"]).exits(0);
    fs::create_dir(desk.path("empty")).unwrap();
    desk.run(&["merge", "one", "empty"])
        .exits(2)
        .says(&["error: empty: no census.part in it", "hint: msncensus -o DIR writes one"]);
    desk.run(&["merge", "one", "-o", "one", "--force"])
        .exits(2)
        .says(&["error: one: -o would overwrite what is to be joined", "hint: give another directory"]);
    let part = fs::read(desk.path("one/census.part")).unwrap();
    for cut in [0, 5, part.len() / 2, part.len() - 1] {
        fs::create_dir_all(desk.path("cut")).unwrap();
        fs::write(desk.path("cut/census.part"), &part[..cut]).unwrap();
        let told = desk.run(&["merge", "cut"]).exits(1);
        assert!(told.err.starts_with("error: cut: cannot be joined: "), "{}", told.err);
        assert_eq!(told.out, "");
    }
    assert_eq!(desk.run(&["merge"]).code, Some(2));
}

#[test]
fn what_is_hidden_stays_hidden_and_is_joined_by_its_key() {
    let desk = three();
    for (key, byte) in [("key", 7), ("other", 8)] {
        fs::write(desk.path(key), [byte; 32]).unwrap();
    }
    let hidden = |directory: &str, file: &str, key: &str| {
        desk.run(&["-q", "-o", directory, file, "--privacy", "pseudonym", "--key-file", key]).exits(0);
    };
    hidden("one", "a.pcapng", "key");
    hidden("two", "c.pcapng", "key");
    hidden("strange", "c.pcapng", "other");
    desk.run(&["-q", "-o", "all", "a.pcapng", "c.pcapng", "--privacy", "pseudonym", "--key-file", "key"]).exits(0);
    desk.run(&["merge", "-q", "one", "two", "-o", "merged"]).exits(0);
    assert_same(&desk, "all", "merged", &TABLES);
    let strangers = desk.run(&["merge", "one", "strange"]).exits(1);
    assert!(strangers.err.contains("hides who it was in another way"), "{}", strangers.err);
    let again = desk.run(&["merge", "one", "--privacy", "mask"]).exits(2);
    assert!(again.err.contains("hides who it was already"), "{}", again.err);
    // Those that hide nothing can be hidden when they are joined.
    desk.run(&["-q", "-o", "open", "a.pcapng"]).exits(0);
    let masked = desk.run(&["merge", "open", "--privacy", "mask"]).exits(0);
    assert_eq!(masked.cells("passport"), ["***@example.com"]);
}

#[test]
fn anomalies_name_nobody_who_is_hidden_when_runs_are_joined() {
    let mut frames = frames(&Script::parse(LOGIN).unwrap().packets());
    let request = frames.iter().position(|frame| frame.data.windows(4).any(|bytes| bytes == b"CVR ")).unwrap();
    frames.remove(request);
    let desk = Desk::with(&[("a.pcapng", &Pcapng::default().write(&frames))]);
    fs::write(desk.path("key"), [7; 32]).unwrap();
    desk.run(&["-q", "-o", "open", "a.pcapng"]).exits(3);
    let anomalies = |directory: &str| fs::read_to_string(desk.path(&format!("{directory}/anomalies.csv"))).unwrap();
    assert!(anomalies("open").contains("192.0.2."), "{}", anomalies("open"));
    let hidden = ["--privacy", "pseudonym", "--key-file", "key"];
    desk.run(&[&["-q", "-o", "all", "a.pcapng"], &hidden[..]].concat()).exits(3);
    desk.run(&[&["merge", "-q", "-o", "merged", "open"], &hidden[..]].concat()).exits(3);
    assert_same(&desk, "all", "merged", &TABLES);
    assert!(!anomalies("merged").contains("192.0.2."), "{}", anomalies("merged"));
}
