//! Every line of a row is found again, byte for byte, in the packets that the row names, by a reader that shares no code
//! with the program.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use msncensus::capture::list;
use msncensus::run::{News, Plan, run};

use crate::support::script::samples_dir;
use crate::support::soundness::{check, packets};

/// How many rows the capture gives; each is checked.
fn checked(path: &Path) -> usize {
    let plan = Plan::new(list([OsString::from(path)]));
    let packets = packets(&fs::read(path).unwrap());
    let mut rows = 0;
    run(plan, &Arc::new(AtomicBool::new(false)), &mut |news| {
        if let News::Row(row, _) = news {
            check(row, |frame| &packets[usize::try_from(frame).unwrap() - 1]);
            rows += 1;
        }
    });
    rows
}

fn all_in(directory: &Path) -> usize {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let is_capture =
        |path: &&std::path::PathBuf| path.extension().is_some_and(|kind| kind == "pcap" || kind == "pcapng");
    files.collect::<Vec<_>>().iter().filter(is_capture).map(|path| checked(path)).sum()
}

#[test]
fn the_samples_hold_what_their_rows_say() {
    assert!(all_in(&samples_dir()) > 15);
}

#[test]
fn the_real_captures_hold_what_their_rows_say() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures");
    if directory.is_dir() {
        assert!(all_in(&directory) > 20);
    } else {
        eprintln!("NOT TESTED: no real captures in {}", directory.display());
    }
}
