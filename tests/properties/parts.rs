//! P16: what is captured in parts, read apart and joined, gives the tables of one run over all.
//!
//! `inputs` and `anomalies` say of each file what its own reading met: of a conversation that crosses, each part counts what
//! it saw.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use msncensus::capture::{by_first_time, list};
use msncensus::census::Observation;
use msncensus::part::{Part, PartWriter};
use msncensus::report::{
    CLIENTS, Column, Context, CsvOptions, EXCHANGES, Format, POPULATION, RAW, TIMELINE, TableWriter, UPGRADES,
};
use msncensus::run::{Findings, News, Plan, merge, run};

use crate::support::capture_file::Pcapng;
use crate::support::frame::{Frame, frames};
use crate::support::program::Row;
use crate::support::random::{Random, seed};
use crate::support::script::{Script, sample_names};

/// Random cuts of all samples at once.
const CUTS: u64 = 60;

/// A table as it is written.
fn written<T: 'static>(
    columns: impl IntoIterator<Item = &'static Column<T>>,
    rows: impl IntoIterator<Item = T>,
    context: &Context,
) -> String {
    let mut text = Vec::new();
    let mut table = TableWriter::new(columns, Format::Csv(CsvOptions::default()).report(&mut text)).unwrap();
    for row in rows {
        table.push(&row, context).unwrap();
    }
    table.finish().unwrap();
    String::from_utf8(text).unwrap()
}

/// The five tables that are made of exchanges.
fn tables(found: &Findings, rows: Vec<Observation>) -> [String; 5] {
    let context = &found.context;
    let population = found.population.rows();
    let timeline: Vec<_> = found.timeline.rows(&population).collect();
    [
        written(EXCHANGES.columns.iter().chain(&RAW), rows, context),
        written(CLIENTS.columns, found.clients.rows(), context),
        written(POPULATION.columns, found.population.rows(), context),
        written(UPGRADES.columns, found.upgrades.rows(), context),
        written(TIMELINE.columns, timeline, context),
    ]
}

fn plan(paths: &[PathBuf]) -> Plan {
    Plan { edges: true, ..Plan::new(by_first_time(list(paths.iter().map(OsString::from)))) }
}

fn whole(paths: &[PathBuf]) -> [String; 5] {
    let mut rows = Vec::new();
    let found = run(plan(paths), &Arc::default(), &mut |news| rows.extend(row_of(&news)));
    tables(&found, rows)
}

fn row_of(news: &News<'_>) -> Option<Observation> {
    if let News::Row(row, _) = news { Some((*row).clone()) } else { None }
}

/// Reads `paths` in a run of their own and keeps what was found at `part`.
fn keep(paths: &[PathBuf], part: &Path) {
    let mut writer = PartWriter::new(Vec::new()).unwrap();
    let found = run(plan(paths), &Arc::default(), &mut |news| {
        if let Some(row) = row_of(&news) {
            writer.push(&row.exchange).unwrap();
        }
    });
    std::fs::write(part, writer.finish(&found.rest(None)).unwrap()).unwrap();
}

/// The tables of runs over each of the groups, joined.
fn joined(groups: &[Vec<PathBuf>], directory: &Path) -> [String; 5] {
    let parts = groups.iter().enumerate().map(|(number, paths)| {
        let part = directory.join(format!("{number}.part"));
        keep(paths, &part);
        Part::open(&part).unwrap()
    });
    let mut rows = Vec::new();
    let found = merge(parts.collect(), None, None, &mut |news| rows.extend(row_of(&news))).unwrap();
    tables(&found, rows)
}

/// Writes packets into files that begin at these places.
fn files(frames: &[Frame], starts: &[usize], directory: &Path) -> Vec<PathBuf> {
    let ends = starts.iter().skip(1).copied().chain([frames.len()]);
    let write = |(number, (start, end)): (usize, (usize, usize))| {
        let path = directory.join(format!("{number:02}.pcapng"));
        std::fs::write(&path, Pcapng::default().write(&frames[start..end])).unwrap();
        path
    };
    starts.iter().copied().zip(ends).enumerate().map(write).collect()
}

fn assert_equal(whole: &[String; 5], joined: &[String; 5], told: &str) {
    for (name, (whole, joined)) in
        ["exchanges", "clients", "population", "upgrades", "timeline"].into_iter().zip(whole.iter().zip(joined))
    {
        assert_eq!(whole, joined, "{name}: {told}");
    }
}

/// Samples that cannot be joined at every packet: what the earlier part knew is needed to read the later one.
const ELSEWHERE: [&str; 7] = [
    // Sessions of the gateway, and the prelude of a proxy.
    "gateway-msn-6.1",
    "amsn-connect",
    "windows-messenger-socks5",
    // Lines that lie in several packets.
    "bitlbee-small-segments",
    // What stands between the lines of interest, and behind the cut, belongs to no conversation that is known there.
    "msn-3.6-two-components",
    "msn-tv",
    // Error lines, by which nobody knows MSNP.
    "cvq-errors",
];

/// Conversations whose every line is in one packet, on connections of their own.
fn direct() -> Vec<(String, Vec<Frame>)> {
    let names = sample_names("script").into_iter().filter(|name| !ELSEWHERE.contains(&name.as_str()));
    let read = |name: String| {
        let frames = frames(&Script::sample(&name).packets());
        (name, frames)
    };
    names.map(read).collect()
}

#[test]
fn p16_a_conversation_that_is_cut_between_two_packets_is_joined_again() {
    let directory = tempfile::tempdir().unwrap();
    for (name, frames) in direct() {
        for cut in 1..frames.len() {
            let files = files(&frames, &[0, cut], directory.path());
            let whole = whole(&files);
            let joined = joined(&[vec![files[0].clone()], vec![files[1].clone()]], directory.path());
            assert_equal(&whole, &joined, &format!("{name} cut behind packet {cut} of {}", frames.len()));
        }
    }
}

/// What stands between the cut and the next line of interest is not read: the conversation is the same, and doubtful.
#[test]
fn p16_where_the_seam_does_not_show_a_conversation_goes_on_with_its_doubts() {
    let directory = tempfile::tempdir().unwrap();
    let frames = frames(&Script::sample("msn-3.6-two-components").packets());
    let files = files(&frames, &[0, 5], directory.path());
    let joined = joined(&[vec![files[0].clone()], vec![files[1].clone()]], directory.path());
    let rows: Vec<Row> = csv::Reader::from_reader(joined[0].as_bytes()).deserialize().map(Result::unwrap).collect();
    let told: Vec<_> = rows.iter().map(|row| (&*row["status"], &*row["msnp"], &*row["flags"])).collect();
    assert_eq!(told[0], ("ok", "MSNP5", "midstream;inferred_line_start"));
}

#[test]
fn p16_runs_over_any_part_of_the_files_are_joined_to_the_run_over_all() {
    let seed = seed();
    let directory = tempfile::tempdir().unwrap();
    let all = everybody();
    for case in 0..CUTS {
        let mut random = Random::new(seed.wrapping_add(case));
        let mut starts: Vec<_> = (0..=random.below(6)).map(|_| random.below(all.len())).chain([0]).collect();
        starts.sort_unstable();
        starts.dedup();
        let files = files(&all, &starts, directory.path());
        let mut groups: Vec<Vec<PathBuf>> = Vec::new();
        for file in &files {
            match groups.last_mut() {
                Some(group) if random.one_in(2) => group.push(file.clone()),
                _ => groups.push(vec![file.clone()]),
            }
        }
        let joined = joined(&groups, directory.path());
        assert_equal(&whole(&files), &joined, &format!("seed {seed}, case {case}: files begin at {starts:?}"));
    }
}

/// All of them at once.
fn everybody() -> Vec<Frame> {
    let mut start = None;
    let mut all = Vec::new();
    for (_, mut frames) in direct() {
        let shift = *start.get_or_insert(frames[0].time) - frames[0].time;
        for frame in &mut frames {
            frame.time += shift;
        }
        all.extend(frames);
    }
    all.sort_by_key(|frame| frame.time);
    all
}
