//! Paths, directories, filters and flags.

use super::{Desk, login, login_pcap, login_with, silent};

#[cfg(not(feature = "live"))]
#[test]
fn without_libpcap_there_is_nothing_to_listen_with() {
    let said = ["error: this program was built without live capture", "hint: build it with the feature \"live\""];
    Desk::with(&[]).run(&["-i", "lo"]).exits(2).says(&said);
    Desk::with(&[]).run(&["-D"]).exits(2).says(&said);
}

#[test]
fn several_inputs_give_one_table_in_the_order_of_time() {
    let later = login_with("12:00:00Z\nclient 192.0.2.10", "13:00:00Z\nclient 192.0.2.11");
    let desk = Desk::with(&[("later.pcapng", &later), ("first.pcap", &login_pcap())]);
    let ran = desk.run(&["later.pcapng", "first.pcap"]).exits(0).says(&[]);
    assert_eq!(ran.cells("input"), ["first.pcap", "later.pcapng"]);
}

#[test]
fn a_directory_is_walked_in_the_order_of_names_and_what_is_no_capture_is_told() {
    let capture = login();
    let desk = Desk::with(&[("d/b.pcap", &capture), ("d/a/z", &login_pcap()), ("d/notes.txt", b"hello, world")]);
    let ran = desk.run(&["-t", "inputs", "d"]).exits(3);
    assert_eq!(ran.cells("input"), ["d/a/z", "d/b.pcap", "d/notes.txt"]);
    assert_eq!(ran.cells("status"), ["ok", "ok", "skipped"]);
    ran.says(&["warning: d/notes.txt: skipped: not a capture (starts with \"hello, w\")"]);
}

#[test]
fn of_many_files_left_out_a_few_are_named_and_the_rest_is_counted() {
    let names: Vec<_> = (0..9).map(|n| format!("d/{n}.txt")).collect();
    let mut files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"text"[..])).collect();
    let capture = login();
    files.push(("d/capture", &capture));
    let desk = Desk::with(&files);
    let ran = desk.run(&["-t", "inputs", "d"]).exits(3);
    assert_eq!(ran.cells("input").len(), 10);
    assert_eq!(ran.err.lines().count(), 4);
    assert!(ran.err.ends_with("\nwarning: 6 more inputs were skipped: the table of inputs names each\n"), "{ran:?}");
}

#[test]
fn standard_input_is_a_dash_with_or_without_a_flag() {
    let desk = Desk::with(&[]);
    for args in [&["-"][..], &["-r", "-"]] {
        let ran = desk.pipe(args, login()).exits(0).says(&[]);
        assert_eq!(ran.cells("input"), ["-"]);
        assert_eq!(ran.cells("client_ver"), ["6.0.0602"]);
    }
}

#[test]
fn the_same_file_by_two_names_is_read_once() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    std::fs::hard_link(desk.path("a.pcap"), desk.path("b.pcap")).unwrap();
    let ran = desk.run(&["a.pcap", "b.pcap"]).exits(0);
    assert_eq!(ran.cells("input"), ["a.pcap"]);
    ran.says(&["warning: b.pcap: skipped: the same as a.pcap, which is read once"]);
}

#[test]
fn what_is_no_input_says_why_also_when_enough_was_read() {
    let desk =
        Desk::with(&[("d/a.pcap", &login_pcap()), ("d/b.pcap", &login_pcap()), ("d/notes.txt", b"hello, world")]);
    std::fs::create_dir(desk.path("d/empty")).unwrap();
    let ran = desk.run(&["-c", "1", "-t", "inputs", "-T", "csv", "d", "missing"]).exits(3);
    assert_eq!(ran.cells("input"), ["d/a.pcap", "d/b.pcap", "d/empty", "d/notes.txt", "missing"]);
    let (statuses, errors) = (ran.cells("status"), ran.cells("error"));
    assert_eq!(statuses, ["ok", "skipped", "skipped", "skipped", "unreadable"]);
    assert_eq!(errors[..3], ["", "not read: what was before it is enough", "an empty directory"]);
    assert!(
        errors[3].starts_with("not a capture ") && errors[4].starts_with("cannot be read: No such file"),
        "{errors:?}"
    );
}

#[test]
fn h22_a_missing_file_among_good_ones_is_told_and_the_rows_are_kept() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    let ran = desk.run(&["missing.pcap", "a.pcap"]).exits(3);
    assert_eq!(ran.cells("input"), ["a.pcap"]);
    ran.says(&["warning: missing.pcap: cannot be read: No such file or directory (os error 2)"]);
}

#[test]
fn a_missing_file_alone_is_the_error_also_for_the_quiet() {
    let desk = Desk::with(&[]);
    for args in [&["missing.pcap"][..], &["-q", "missing.pcap"]] {
        let error = "error: missing.pcap: cannot be read: No such file or directory (os error 2)";
        assert!(desk.run(args).exits(1).says(&[error]).cells("ts").is_empty());
    }
}

#[test]
fn a_directory_without_captures_is_no_result() {
    let desk = Desk::with(&[("d/notes.txt", b"hello, world")]);
    std::fs::create_dir(desk.path("empty")).unwrap();
    desk.run(&["empty"]).exits(1).says(&["error: empty: skipped: an empty directory", "error: no captures found"]);
    desk.run(&["d"])
        .exits(1)
        .says(&["error: d/notes.txt: skipped: not a capture (starts with \"hello, w\")", "error: no captures found"]);
}

#[test]
fn l13_finding_nothing_is_a_header_and_no_failure() {
    let desk = Desk::with(&[("web.pcapng", &silent())]);
    let ran = desk.run(&["web.pcapng"]).exits(0).says(&["note: no client-version exchange found"]);
    assert!(ran.out.starts_with("ts,ts_ns,"));
    assert_eq!(ran.out.lines().count(), 1);
}

#[test]
fn no_words_are_a_question() {
    Desk::with(&[]).run(&[]).exits(2).says(&[
        "error: nothing to read",
        "hint: name captures or directories, or - for standard input; -h tells more",
    ]);
}

#[test]
fn what_does_not_exist_or_go_together_is_refused() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    for args in [
        &["--nosuch", "a.pcap"][..],
        &["-t", "nosuch", "a.pcap"],
        &["-T", "xml", "a.pcap"],
        &["-o", "out", "-t", "inputs", "a.pcap"],
        &["--force", "a.pcap"],
        &["-q", "-v", "a.pcap"],
        &["-t", "summary", "-T", "csv", "a.pcap"],
    ] {
        let ran = desk.run(args).exits(2);
        assert!(ran.out.is_empty() && ran.err.starts_with("error: "), "{args:?} {ran:?}");
    }
    assert!(!desk.path("out").exists());
}

#[test]
fn strict_ends_at_the_first_damage_and_tells_what_was_not_read() {
    let (capture, other) = (login_pcap(), login_with("192.0.2.10", "192.0.2.11"));
    let desk = Desk::with(&[("cut.pcap", &capture[..capture.len() - 1]), ("good.pcap", &other)]);
    let ran = desk.run(&["--strict", "-t", "inputs", "cut.pcap", "good.pcap"]).exits(3);
    assert_eq!(ran.cells("status"), ["cut", "interrupted"]);
    assert_eq!(ran.cells("error")[1], "not read: the run ended before its turn");
    assert_eq!(desk.run(&["cut.pcap", "good.pcap"]).exits(3).cells("input"), ["cut.pcap", "good.pcap"]);
}

#[test]
fn strict_does_not_mind_a_file_that_is_no_capture() {
    let desk = Desk::with(&[("d/a.txt", b"text"), ("d/b.pcap", &login())]);
    assert_eq!(desk.run(&["--strict", "d"]).exits(3).cells("input"), ["d/b.pcap"]);
}

#[cfg(feature = "live")]
mod filters {
    use super::*;

    /// Two clients, of which a filter can choose one.
    fn two() -> Desk {
        let other = login_with("192.0.2.10", "192.0.2.99");
        Desk::with(&[("a.pcap", &login()), ("b.pcap", &other)])
    }

    #[test]
    fn words_behind_a_flag_are_a_filter() {
        let desk = two();
        let ran = desk.run(&["-r", "a.pcap", "-r", "b.pcap", "host", "192.0.2.99"]).exits(0).says(&[]);
        assert_eq!(ran.cells("client_ip"), ["192.0.2.99"]);
        let ran = desk.run(&["-f", "not host 192.0.2.99", "a.pcap", "b.pcap"]).exits(0).says(&[]);
        assert_eq!(ran.cells("client_ip"), ["192.0.2.10"]);
    }

    #[test]
    fn a_filter_that_is_none_is_refused_before_anything_is_read() {
        let desk = two();
        let ran = desk.run(&["-r", "missing.pcap", "tcp", "prt"]).exits(2);
        assert!(ran.err.starts_with("error: filter \"tcp prt\" for link type EN10MB: "), "{ran:?}");
        desk.run(&["-r", "a.pcap", "-f", "tcp", "udp"])
            .exits(2)
            .says(&["error: two filters", "hint: give the filter with -f or as the last words, not both"]);
    }

    #[test]
    fn a_file_among_the_words_of_a_filter_is_told() {
        two().run(&["-r", "a.pcap", "b.pcap"]).exits(2).says(&[
            "error: b.pcap: a file where a filter is expected",
            "hint: with -r, words are a filter: give every capture its own -r, or leave -r out",
        ]);
    }

    #[test]
    fn a_filter_where_files_are_expected_is_told() {
        let error = "error: tcp port 1863: no such file, but it would be a filter";
        two()
            .run(&["tcp", "port", "1863"])
            .exits(2)
            .says(&[error, "hint: name captures with -r in front of a filter: msncensus -r FILE tcp port 1863"]);
        two()
            .run(&["a.pcap", "tcp", "port", "1863"])
            .exits(2)
            .says(&[error, "hint: name captures with -r in front of a filter: msncensus -r a.pcap tcp port 1863"]);
    }

    #[test]
    fn a_filter_without_a_meaning_for_the_link_type_is_told() {
        let script = crate::support::script::Script::sample("windows-messenger-unrecognised");
        let desk = Desk::with(&[("raw.pcapng", &script.capture())]);
        let ran = desk.run(&["-r", "raw.pcapng", "ether", "host", "00:00:5e:00:53:01"]).exits(3);
        assert!(ran.cells("ts").is_empty());
        assert!(ran.err.contains("; packets of that kind were left out\n"), "{ran:?}");
    }
}

#[cfg(not(feature = "live"))]
#[test]
fn a_program_without_filters_says_so() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    desk.run(&["-r", "a.pcap", "tcp"])
        .exits(2)
        .says(&["error: this program was built without filters", "hint: build it with the feature \"live\""]);
}
