//! The page as a file. What is on it is tested where it is made.

use std::fs;

use super::{Desk, login, silent};

const TOLD: &str = "note: census.html: wrote the page";

fn page(desk: &Desk, path: &str) -> String {
    fs::read_to_string(desk.path(path)).unwrap()
}

#[test]
fn the_page_is_written_beside_whatever_else_is_asked_for() {
    let desk = Desk::with(&[("a.pcapng", &login())]);
    let ran = desk.run(&["--html", "census.html", "a.pcapng"]).exits(0);
    assert_eq!(ran.cells("client_ver"), ["6.0.0602"]);
    ran.says(&[TOLD]);
    let written = page(&desk, "census.html");
    assert!(written.starts_with("<!DOCTYPE html>\n") && written.ends_with("</html>\n"), "{written}");
    for told in ["6.0.0602", "14 September 2003", "<bdi>msncensus --html census.html a.pcapng</bdi>"] {
        assert!(written.contains(told), "{told}: {written}");
    }
    assert_eq!(desk.names("."), ["a.pcapng", "census.html"]);
}

#[test]
fn no_account_and_no_address_of_a_client_is_on_it() {
    let desk = Desk::with(&[("a.pcapng", &login())]);
    let rows = desk.run(&["--raw", "--html", "census.html", "a.pcapng"]).exits(0);
    let written = page(&desk, "census.html");
    for column in ["passport", "client_ip", "client_id"] {
        let cell = rows.cells(column).concat();
        assert!(!cell.is_empty() && !written.contains(&cell), "{column}: {cell}");
    }
}

#[test]
fn nothing_found_is_a_page_that_says_so() {
    let desk = Desk::with(&[("a.pcapng", &silent())]);
    desk.run(&["-q", "--html", "census.html", "a.pcapng"]).exits(0);
    assert!(page(&desk, "census.html").contains("No client-version exchange was found."));
}

#[test]
fn a_page_that_is_there_is_only_written_over_by_force() {
    let desk = Desk::with(&[("a.pcapng", &login()), ("census.html", b"mine")]);
    desk.run(&["--html", "census.html", "a.pcapng"])
        .exits(1)
        .says(&["error: census.html: is there already (--force writes over it)"]);
    assert_eq!(page(&desk, "census.html"), "mine");
    desk.run(&["--force", "--html", "census.html", "a.pcapng"]).exits(0).says(&[TOLD]);
    assert!(page(&desk, "census.html").starts_with("<!DOCTYPE html>"));
    assert_eq!(desk.names("."), ["a.pcapng", "census.html"]);
}

#[test]
fn a_place_that_cannot_be_written_is_told_before_anything_is_read() {
    let desk = Desk::with(&[("a.pcapng", &login()), ("file", b""), ("d/x", b"")]);
    let ran = desk.run(&["--html", "file/census.html", "a.pcapng"]).exits(1);
    assert!(ran.out.is_empty() && ran.err.starts_with("error: file: cannot write there: "), "{ran:?}");
    desk.run(&["--force", "--html", "d", "a.pcapng"])
        .exits(1)
        .says(&["error: d: is a directory: name a file for the page"]);
    let ran = desk.run(&["--html", "-", "a.pcapng"]).exits(2);
    assert!(ran.err.starts_with("error: --html writes a file, not standard output\n"), "{ran:?}");
}

#[test]
fn what_is_read_is_never_written_over() {
    let capture = login();
    let desk = Desk::with(&[("a.pcapng", &capture)]);
    for args in [
        ["--force", "--html", "./a.pcapng", "a.pcapng"].as_slice(),
        &["--follow", "--force", "--html", "a.pcapng", "a.pcapng"],
    ] {
        let ran = desk.run(args).exits(2);
        assert!(ran.err.contains("a.pcapng: --html would overwrite what is to be read\n"), "{ran:?}");
    }
    assert_eq!(fs::read(desk.path("a.pcapng")).unwrap(), capture);
}
