//! P16: what is captured in parts, read apart and joined, gives the tables of one run over all; or it is said that more was
//! said where they meet than they keep.
//!
//! Not looked at is what bounds take from `inputs` and `anomalies`: a handshake that comes again behind more connections than
//! are noted, or more anomalies of one kind than are.

mod handmade;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use msncensus::capture::{by_first_time, list};
use msncensus::census::Observation;
use msncensus::flags::Flag;
use msncensus::limits::{EDGE_BYTES_MAX, SYN_CACHE_LEN};
use msncensus::part::{Part, PartWriter};
use msncensus::report::{
    ANOMALIES, CLIENTS, Column, Context, CsvOptions, EXCHANGES, Format, INPUTS, POPULATION, RAW, TIMELINE, TableWriter,
    UPGRADES,
};
use msncensus::run::{Findings, News, Plan, merge, run};

use crate::oracles;
use crate::real;
use crate::support::LOGIN;
use crate::support::alter::{duplicate, lose, shuffle};
use crate::support::capture_file::Pcapng;
use crate::support::conversation::Segmentation;
use crate::support::fragment::fragmented_frames;
use crate::support::frame::{Frame, frames};
use crate::support::random::{Random, seed};
use crate::support::script::{Script, sample_names};
use crate::support::transport::{Gateway, Packing, Transport};

/// Random cuts of all samples at once.
const CUTS: u64 = 40;

/// Samples that are cut in every way.
const MANGLED: u64 = 600;

/// Random cuts of each real capture.
const REAL_CUTS: u64 = 12;

/// All tables.
const TABLES: usize = 7;

/// Those that are made of exchanges.
const OF_EXCHANGES: usize = 5;

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

/// All tables.
fn tables(found: &Findings, rows: Vec<Observation>) -> [String; TABLES] {
    let context = &found.context;
    let population = found.population.rows();
    let timeline: Vec<_> = found.timeline.rows(&population).collect();
    [
        written(EXCHANGES.columns.iter().chain(&RAW), rows, context),
        written(CLIENTS.columns, found.clients.rows(), context),
        written(POPULATION.columns, found.population.rows(), context),
        written(UPGRADES.columns, found.upgrades.rows(), context),
        written(TIMELINE.columns, timeline, context),
        written(INPUTS.columns, found.inputs.iter().cloned(), context),
        written(ANOMALIES.columns, found.anomalies.iter().cloned(), context),
    ]
}

fn plan(paths: &[PathBuf]) -> Plan {
    Plan { edges: true, ..Plan::new(by_first_time(list(paths.iter().map(OsString::from)))) }
}

fn whole(paths: &[PathBuf]) -> [String; TABLES] {
    let mut rows = Vec::new();
    let found = run(plan(paths), &Arc::default(), &mut |news| rows.extend(row_of(&news)));
    tables(&found, rows)
}

fn row_of(news: &News<'_>) -> Option<Observation> {
    if let News::Row(row, _) = news { Some((*row).clone()) } else { None }
}

/// Reads `paths` in a run of their own and keeps what was found at `part`.
fn keep(paths: &[PathBuf], part: &Path) -> Part {
    written_at(part, |tell| run(plan(paths), &Arc::default(), tell))
}

/// Joins `parts` and keeps what they are together at `part`.
fn keep_joined(parts: Vec<Part>, part: &Path) -> Part {
    written_at(part, |tell| merge(parts, None, None, tell).unwrap())
}

fn written_at(part: &Path, find: impl FnOnce(&mut dyn FnMut(News<'_>)) -> Findings) -> Part {
    let mut writer = PartWriter::new(Vec::new()).unwrap();
    let found = find(&mut |news| {
        if let Some(row) = row_of(&news) {
            writer.push(&row.exchange).unwrap();
        }
    });
    std::fs::write(part, writer.finish(&found.rest(None)).unwrap()).unwrap();
    Part::open(part).unwrap()
}

/// The tables of parts, joined.
fn joined(parts: Vec<Part>, told: &str) -> [String; TABLES] {
    let mut rows = Vec::new();
    let found = merge(parts, None, None, &mut |news| rows.extend(row_of(&news))).unwrap();
    let warnings = &found.warnings;
    assert!(warnings.iter().all(|warning| !warning.contains("where the parts meet")), "{told}: {warnings:?}");
    tables(&found, rows)
}

/// A part of each of the groups.
fn parts(groups: &[Vec<PathBuf>], directory: &Path) -> Vec<Part> {
    let keep = |(number, paths): (usize, &Vec<PathBuf>)| keep(paths, &directory.join(format!("{number}.part")));
    groups.iter().enumerate().map(keep).collect()
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

fn assert_equal(whole: &[String], joined: &[String], told: &str) {
    let names = ["exchanges", "clients", "population", "upgrades", "timeline", "inputs", "anomalies"];
    for (name, (whole, joined)) in names.into_iter().zip(whole.iter().zip(joined)) {
        let differing = whole.lines().zip(joined.lines()).find(|(whole, joined)| whole != joined);
        assert!(whole == joined, "{name}: {told}:\n{differing:#?}");
    }
}

/// All samples.
fn samples() -> Vec<(String, Vec<Frame>)> {
    let read = |name: String| {
        let frames = frames(&Script::sample(&name).packets());
        (name, frames)
    };
    sample_names("script").into_iter().map(read).collect()
}

#[test]
fn p16_a_conversation_that_is_cut_between_two_packets_is_joined_again() {
    let directory = tempfile::tempdir().unwrap();
    for (name, frames) in samples() {
        for cut in 1..frames.len() {
            let files = files(&frames, &[0, cut], directory.path());
            let whole = whole(&files);
            let told = format!("{name} cut behind packet {cut} of {}", frames.len());
            let joined = joined(parts(&[vec![files[0].clone()], vec![files[1].clone()]], directory.path()), &told);
            assert_equal(&whole, &joined, &told);
        }
    }
}

/// Cuts `frames` at random into files, reads some together and some apart, and joins these, some of them first with their
/// neighbours: always the same tables, of which the first so many are looked at.
fn assert_joined(frames: &[Frame], tables: usize, random: &mut Random, told: &str) {
    let directory = tempfile::tempdir().unwrap();
    let mut starts: Vec<_> = (0..=random.below(6)).map(|_| random.below(frames.len())).chain([0]).collect();
    starts.sort_unstable();
    starts.dedup();
    let files = files(frames, &starts, directory.path());
    let mut groups: Vec<Vec<PathBuf>> = Vec::new();
    for file in &files {
        match groups.last_mut() {
            Some(group) if random.one_in(3) => group.push(file.clone()),
            _ => groups.push(vec![file.clone()]),
        }
    }
    let lens: Vec<_> = groups.iter().map(Vec::len).collect();
    let told = format!("{told}, files begin at {starts:?} of {}, read together: {lens:?}", frames.len());
    let whole = &whole(&files)[..tables];
    let mut parts = parts(&groups, directory.path());
    assert_equal(whole, &joined(reopened(&parts), &told)[..tables], &told);
    while parts.len() > 1 {
        let first = random.below(parts.len() - 1);
        let count = 2 + random.below(parts.len() - first - 1);
        let some = parts.splice(first..first + count, []).collect();
        let path = directory.path().join(format!("{}-{first}-{count}.part", parts.len()));
        parts.insert(first, keep_joined(some, &path));
        let told = format!("{told}, {count} from {first} on joined before");
        assert_equal(whole, &joined(reopened(&parts), &told)[..tables], &told);
    }
}

fn reopened(parts: &[Part]) -> Vec<Part> {
    parts.iter().map(|part| Part::open(part.path()).unwrap()).collect()
}

#[test]
fn p16_runs_over_any_part_of_the_files_are_joined_to_the_run_over_all() {
    let seed = seed();
    let all = everybody();
    for case in 0..CUTS {
        let mut random = Random::new(seed.wrapping_add(case));
        assert_joined(&all, TABLES, &mut random, &format!("seed {seed}, case {case}"));
    }
}

/// What a conversation is carried in.
fn transport(random: &mut Random) -> Option<Transport> {
    let gateway = Gateway {
        bodies: vec![1 + random.below(200), 40],
        shares: vec![random.below(101), 100],
        polls: random.one_in(2),
        opens_silently: random.one_in(2),
        chunk: random.one_in(3).then(|| 1 + random.below(60)),
        packing: [Packing::Plain, Packing::Plain, Packing::Gzip, Packing::Zlib][random.below(4)],
        continues: random.one_in(3),
        requests: [1, 2, usize::MAX][random.below(3)],
        ..Gateway::default()
    };
    match random.below(8) {
        0 => Some(Transport::Connect { refused_first: random.one_in(2) }),
        1 => Some(Transport::Socks4a),
        2 => Some(Transport::Socks5 { password: random.one_in(2) }),
        3..6 => Some(Transport::Gateway(gateway)),
        _ => None,
    }
}

/// A sample in pieces of any size, perhaps through a proxy, perhaps not in order, not once, not whole; and how many of its tables
/// are those of one run: a later capture does not know of which datagrams an earlier one had all fragments, and counts a copy as
/// another datagram.
fn mangled(random: &mut Random) -> (String, Vec<Frame>, usize) {
    let names: Vec<String> = sample_names("script").into_iter().collect();
    let name = names[random.below(names.len())].clone();
    let script = Script::sample(&name);
    // What is carried already stays as it is.
    let is_plain = script.conversations.iter().all(|conversation| conversation.server.port() == 1863);
    let mut script = match transport(random).filter(|_| is_plain) {
        Some(transport) => script.carried(&transport),
        None => script,
    };
    let len_max = [24, 80, 800][random.below(3)];
    script.segment(&Segmentation::Sizes((0..3).map(|_| 1 + random.below(len_max)).collect()));
    let mut packets = script.packets();
    // One host numbers its datagrams, whatever connection they belong to.
    (1..).zip(&mut packets).for_each(|(id, packet)| packet.id = id);
    if random.one_in(3) {
        packets = shuffle(&packets, 1 + random.below(4), random.below(1 << 30) as u64);
    }
    let has_copies = random.one_in(3);
    if has_copies {
        packets = duplicate(&packets, random.below(packets.len()), random.below(9));
    }
    if random.one_in(4) {
        let lost = random.below(packets.len());
        packets = lose(packets, lost);
    }
    let is_fragmented = random.one_in(4);
    let mut frames = if is_fragmented { fragmented_frames(&packets, 64) } else { frames(&packets) };
    // A capture tells the time of capture.
    let mut times: Vec<_> = frames.iter().map(|frame| frame.time).collect();
    times.sort_unstable();
    frames.iter_mut().zip(times).for_each(|(frame, time)| frame.time = time);
    (name, frames, if has_copies && is_fragmented { OF_EXCHANGES } else { TABLES })
}

#[test]
fn p16_a_border_may_cut_a_line_a_prelude_a_body_or_a_datagram() {
    let seed = seed();
    for case in 0..MANGLED {
        let mut random = Random::new(seed.wrapping_add(case));
        let (name, frames, tables) = loop {
            let (name, frames, tables) = mangled(&mut random);
            // More packets than are kept of one connection are another test's.
            if frames.len() < 300 {
                break (name, frames, tables);
            }
        };
        assert_joined(&frames, tables, &mut random, &format!("seed {seed}, case {case}: {name}"));
    }
}

#[test]
fn p16_real_captures_are_joined_wherever_they_are_cut() {
    let Some(directory) = real::directory() else { return };
    let seed = seed();
    for capture in real::captures(&directory) {
        let mut frames = oracles::read(&capture);
        // Of two interfaces, one may tell its packets late.
        frames.sort_by_key(|frame| frame.time);
        for case in 0..REAL_CUTS {
            let mut random = Random::new(seed.wrapping_add(case));
            assert_joined(&frames, TABLES, &mut random, &format!("{}, seed {seed}, case {case}", capture.display()));
        }
    }
}

/// The same, sent by a client from another port.
fn from_port(frame: &Frame, port: u16) -> Frame {
    let mut frame = frame.clone();
    // Behind the headers of Ethernet and IPv4.
    frame.data[34..36].copy_from_slice(&port.to_be_bytes());
    frame
}

/// The same words on so many connections whose beginning was not captured.
fn flood(connections: u16) -> Vec<Frame> {
    // So short that no room is left for the line of a conversation.
    let line = "x".repeat(100);
    let begin = "time 2003-09-14T12:00:01Z\nclient 192.0.2.99:1\nserver 198.51.100.9:80\nmidstream";
    let script = format!("{begin}\nC: {line}\nC: {line}\nC: {line}");
    let one = frames(&Script::parse(&script).unwrap().packets());
    let of = |connection: u16| one.iter().map(move |frame| from_port(frame, 1_024 + connection));
    (0..connections).flat_map(of).collect()
}

#[test]
fn p16_what_memory_runs_short_of_is_said_and_no_row_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let login = frames(&Script::parse(LOGIN).unwrap().packets());
    let request = login.iter().position(|frame| frame.data.windows(4).any(|bytes| bytes == b"CVR ")).unwrap();
    let (before, after) = login.split_at(request + 1);
    let strangers = flood(30_000);
    for (strangers, is_enough) in [(&strangers[..100], true), (&strangers[..], false)] {
        let frames = [before, strangers, after].concat();
        let files = files(&frames, &[0, before.len()], directory.path());
        let parts = parts(&[vec![files[0].clone()], vec![files[1].clone()]], directory.path());
        for part in &parts {
            assert!(part.rest.edges.iter().all(|edges| edges.bytes() <= EDGE_BYTES_MAX));
        }
        let mut rows = Vec::new();
        let found = merge(parts, None, None, &mut |news| rows.extend(row_of(&news))).unwrap();
        let is_said = found.warnings.iter().any(|warning| warning.contains("where the parts meet"));
        assert_eq!((is_said, found.doubtful), (!is_enough, !is_enough), "{:?}", found.warnings);
        // The halves are told, and fit each other.
        let row = rows.iter().find(|row| row.exchange.request.is_some() && row.exchange.reply.is_some());
        assert_eq!(row.map(|row| row.flags.has(Flag::Midstream)), Some(!is_enough));
    }
}

#[test]
fn p16_what_becomes_of_a_connection_is_known_also_where_many_were_opened() {
    // What it begins with is nothing of ours, so what follows is read like that of a stranger.
    let refused = LOGIN.replace("connect\n", "connect\nC: x\n");
    let refused = frames(&Script::parse(&refused).unwrap().packets());
    let (handshake, words) = refused.split_at(3);
    let opened: Vec<_> = (2_000..).map(|port| from_port(&handshake[0], port)).take(SYN_CACHE_LEN + 100).collect();
    let (before, after) = opened.split_at(SYN_CACHE_LEN - 10);
    let frames = [before, handshake, after, words].concat();
    let directory = tempfile::tempdir().unwrap();
    let files = files(&frames, &[0, 10], directory.path());
    let whole = whole(&files);
    assert!(whole[0].contains("midstream"), "{}", whole[0]);
    let told = "many opened";
    let parts = parts(&[vec![files[0].clone()], vec![files[1].clone()]], directory.path());
    assert_equal(&whole, &joined(parts, told), told);
}

#[test]
fn p16_a_handshake_counts_once_for_what_comes_between_the_same_ends() {
    let at = |time: &str, begin: &str| {
        let script = LOGIN.replace("12:00:00", time).replace("connect", begin);
        frames(&Script::parse(&script).unwrap().packets())
    };
    // So late that the first conversation cannot cross, and so much later that it is over and forgotten.
    let first = at("12:02:00", "connect");
    let noise = from_port(&at("12:00:00", "connect")[0], 2_000);
    let frames = [vec![noise], first, at("12:10:00", "midstream")].concat();
    let directory = tempfile::tempdir().unwrap();
    let files = files(&frames, &[0], directory.path());
    let whole = whole(&files);
    assert!(whole[0].contains("midstream"), "{}", whole[0]);
    let told = "the same ends";
    assert_equal(&whole, &joined(parts(&[files], directory.path()), told), told);
}

/// All of them at once.
fn everybody() -> Vec<Frame> {
    let mut start = None;
    let mut all = Vec::new();
    for (_, mut frames) in samples() {
        let shift = *start.get_or_insert(frames[0].time) - frames[0].time;
        for frame in &mut frames {
            frame.time += shift;
        }
        all.extend(frames);
    }
    all.sort_by_key(|frame| frame.time);
    all
}
