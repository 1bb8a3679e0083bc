//! The cases of captures, files and time that the design lists, and where each is shown.
//!
//! A case has a test whose name carries its number (`h18_joined_files_are_read_as_one`), in whatever file of this layer it
//! belongs to, or a line here that says why not.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Letters of the lists, and their lengths.
const LISTS: [(char, u32); 3] = [('h', 24), ('i', 24), ('j', 8)];

/// Single cases of another list that belong to this layer.
const SINGLE: [&str; 4] = ["g4", "g5", "g6", "g9"];

/// Parts of cases that are decided against, and why.
const DECIDED_AGAINST: [(&str, &str); 9] = [
    ("h3", "Navtel's, Mesquita's and IXIA's variants are named, not read: no capture of the time is known in one"),
    (
        "h17",
        "a wrong length that is no longer than 262,144 is believed: nothing in the file contradicts it before the next record, \
      and the records that it swallows are not looked for",
    ),
    ("h18", "pcap joined with pcapng, either way round, is damage: no program writes it, and the error says where"),
    (
        "h23",
        "without --follow the last record of a growing file is cut (h16): what is there when the end is met counts",
    ),
    (
        "i6",
        "a packet without a time is counted, not flagged: no row depends on the difference, since its connection's order does \
      not come from times, and `no_timestamp` on the input says that its times are borrowed",
    ),
    (
        "i13",
        "a block whose length at its end differs is kept and counted, not a reason to search: libpcap does the same",
    ),
    (
        "i17",
        "epb_packetid is ignored: copies of a packet are told by their bytes in reassembly, which works without it too, and \
      remembering ids has no bound",
    ),
    ("i17", "epb_hash and epb_verdict are ignored: they say nothing that changes a row"),
    (
        "j7",
        "legacy lz4, lzip and compress are named with the program that decompresses them: they have no checksum or no reader \
      that is bounded",
    ),
];

/// Names of the tests in the files of this layer.
fn tests() -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/capture");
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let functions = text.split("    fn ").skip(1).filter_map(|rest| rest.split('(').next());
        names.extend(functions.map(str::to_owned));
    }
    names
}

#[test]
fn every_case_has_a_test_with_its_number() {
    let shown: BTreeSet<String> =
        tests().iter().flat_map(|name| name.split('_').map(str::to_owned).collect::<Vec<_>>()).collect();
    let numbers = LISTS.iter().flat_map(|&(letter, last)| (1..=last).map(move |number| format!("{letter}{number}")));
    let missing: Vec<_> = numbers.chain(SINGLE.map(str::to_owned)).filter(|number| !shown.contains(number)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn what_is_decided_against_is_a_case() {
    for (case, reason) in DECIDED_AGAINST {
        let (letter, number) = case.split_at(1);
        let known =
            LISTS.iter().any(|&(list, last)| letter.starts_with(list) && number.parse::<u32>().unwrap() <= last);
        assert!(known && reason.len() > 20, "{case}");
    }
}
