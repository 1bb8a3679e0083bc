//! P9 and P10: how packets lie in files changes no row.
//!
//! Tables are those that the program writes, cell for cell. What tells the place of a packet is other in other files, by
//! nature: `input`, `frame` and its like. It must name the same packet. Of `inputs`, and of the counters in `anomalies`,
//! the sums over all files must be the same.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use msncensus::capture::{Compression, by_first_time, list};
use msncensus::census::Observation;
use msncensus::report::{
    ANOMALIES, Column, Context, CsvOptions, EXCHANGES, Format, INPUTS, POPULATION, RAW, TableWriter, UPGRADES,
};
use msncensus::run::{Findings, News, Plan, run};

use crate::support::capture_file::{Block, ByteOrder, Pcapng, Variant, pcap};
use crate::support::conversation::Segmentation;
use crate::support::frame::{Frame, frames};
use crate::support::program::Row;
use crate::support::random::{Random, seed};
use crate::support::script::{Script, sample_names};

/// Cuts tried in CI.
const CUTS: u64 = 150;
/// Files at most.
const FILES_MAX: usize = 20;
const MICROSECOND: i64 = 1_000;
/// Columns of `inputs` that count what happened, so that files can be added up.
const SUMS: [&str; 14] = [
    "packets",
    "packets_ip",
    "packets_tcp",
    "packets_msn",
    "connections",
    "connections_msn",
    "connections_midstream",
    "gaps",
    "gap_bytes",
    "fragments",
    "packets_cut",
    "checksum_bad",
    "duplicates",
    "exchanges",
];

/// The five tables of a run, as rows of cells.
#[derive(Debug, PartialEq, Eq)]
struct Tables {
    exchanges: Vec<Row>,
    population: Vec<Row>,
    upgrades: Vec<Row>,
    anomalies: Vec<Row>,
    inputs: Vec<Row>,
}

impl Tables {
    fn of(found: &Findings, observations: &[Observation]) -> Self {
        let context = &found.context;
        Self {
            exchanges: rows(EXCHANGES.columns.iter().chain(&RAW), observations, context),
            population: rows(POPULATION.columns, &found.population.rows(), context),
            upgrades: rows(UPGRADES.columns, &found.upgrades.rows(), context),
            anomalies: rows(ANOMALIES.columns, &found.anomalies, context),
            inputs: rows(INPUTS.columns, &found.inputs, context),
        }
    }
}

/// A table as CSV, read again.
fn rows<T: 'static>(columns: impl IntoIterator<Item = &'static Column<T>>, rows: &[T], context: &Context) -> Vec<Row> {
    let mut text = Vec::new();
    let mut table = TableWriter::new(columns, Format::Csv(CsvOptions::default()).report(&mut text)).unwrap();
    for row in rows {
        table.push(row, context).unwrap();
    }
    table.finish().unwrap();
    csv::Reader::from_reader(&text[..]).deserialize().collect::<Result<_, _>>().unwrap()
}

/// The tables that the program makes of these files, in the order of their first packets.
fn tables(paths: &[PathBuf]) -> Tables {
    let inputs = by_first_time(list(paths.iter().map(OsString::from)));
    let mut observations = Vec::new();
    let found = run(Plan::new(inputs), &Arc::default(), &mut |news| {
        if let News::Row(row, _) = news {
            observations.push(row.clone());
        }
    });
    assert_eq!(found.stats.broken_law_at_end(), None);
    Tables::of(&found, &observations)
}

/// The conversations of all samples at once, in small segments, with packets that are lost, captured twice and altered.
/// No two packets have the same time.
fn everybody(random: &mut Random) -> Vec<Frame> {
    let mut all = Vec::new();
    let mut start = None;
    for name in sample_names("script") {
        let mut script = Script::sample(&name);
        script.segment(&Segmentation::Max(40));
        let mut frames = frames(&script.packets());
        let shift = *start.get_or_insert(script.start) - script.start;
        for frame in &mut frames {
            frame.time += shift;
        }
        all.extend(frames);
    }
    all.retain(|_| !random.one_in(60));
    for _ in 0..20 {
        let copy = all[random.below(all.len())].clone();
        let last = copy.data.len() - 1;
        all.push(copy.clone());
        all.push(copy);
        let altered = all.last_mut().unwrap();
        altered.data[last] ^= 1;
    }
    all.sort_by_key(|frame| frame.time);
    let mut last = 0;
    for frame in &mut all {
        frame.time = frame.time.max(last + MICROSECOND);
        last = frame.time;
    }
    all
}

/// A capture in several files.
struct Cut {
    paths: Vec<PathBuf>,
    /// How many packets stand in front of each file.
    starts: Vec<usize>,
}

impl Cut {
    fn random(random: &mut Random, frames: &[Frame], directory: &Path) -> Self {
        let files = 1 + random.below(FILES_MAX);
        // Some files are empty.
        let mut starts: Vec<usize> = (1..files).map(|_| random.below(frames.len() + 1)).collect();
        starts.push(0);
        starts.sort_unstable();
        let ends = starts.iter().skip(1).copied().chain([frames.len()]);
        let write = |(number, (start, end)): (usize, (&usize, usize))| {
            let path = directory.join(format!("{number:02}"));
            let bytes = match &frames[*start..end] {
                [] => pcap(&[], ByteOrder::Little, Variant::Microseconds),
                frames => Pcapng::default().write(frames),
            };
            fs::write(&path, bytes).unwrap();
            path
        };
        let paths = starts.iter().zip(ends).enumerate().map(write).collect();
        Self { paths, starts }
    }

    /// The files in another order. One without packets has no time, and keeps its place.
    fn shuffled(&self, random: &mut Random, packets: usize) -> Vec<PathBuf> {
        let ends = self.starts.iter().skip(1).chain([&packets]);
        let full: Vec<usize> = self
            .starts
            .iter()
            .zip(ends)
            .enumerate()
            .filter(|(_, (start, end))| start < end)
            .map(|(file, _)| file)
            .collect();
        let mut paths = self.paths.clone();
        for place in (1..full.len()).rev() {
            paths.swap(full[place], full[random.below(place + 1)]);
        }
        paths
    }

    /// The file, and the number in it, of the packet that has this number in the uncut capture.
    fn place(&self, frame: &str) -> (String, String) {
        let number: usize = frame.parse().unwrap();
        let file = self.starts.partition_point(|start| *start < number) - 1;
        (self.paths[file].to_str().unwrap().to_owned(), (number - self.starts[file]).to_string())
    }

    /// A row of the uncut capture as it must stand when it is cut: `frames` are the columns that hold packet numbers, of
    /// which the first that is there tells the file.
    fn row(&self, row: &Row, frames: &[&str]) -> Row {
        let mut row = row.clone();
        let mut inputs = Vec::new();
        for column in frames.iter().filter(|column| !row[**column].is_empty()).collect::<Vec<_>>() {
            let (input, frame) = self.place(&row[*column]);
            row.insert((*column).to_owned(), frame);
            inputs.push(input);
        }
        row.insert("input".to_owned(), inputs.swap_remove(0));
        row
    }
}

/// The rows that name a packet, and the sums of those that count by kind. What the first checksums of a file say is said
/// of that file.
fn noted_and_counted(rows: &[Row]) -> (Vec<Row>, BTreeMap<(String, String), u64>) {
    let mut counted = BTreeMap::new();
    let (noted, counters): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| !row["frame"].is_empty());
    for row in counters.into_iter().filter(|row| row["kind"] != "checksum_offload") {
        let count: u64 = row["detail"].replace(',', "").parse().unwrap();
        *counted.entry((row["severity"].clone(), row["kind"].clone())).or_default() += count;
    }
    (sorted(noted.into_iter().cloned()), counted)
}

/// The rows without the names of their connections, which are made of the places of packets.
fn without_names(rows: &[Row]) -> Vec<Row> {
    let mut rows = rows.to_vec();
    for row in &mut rows {
        row.remove("connection_id");
    }
    rows
}

/// Of each row, which is the first that has the same connection.
fn by_connection(rows: &[Row]) -> Vec<Option<usize>> {
    let first = |row: &Row| rows.iter().position(|other| other["connection_id"] == row["connection_id"]);
    rows.iter().map(first).collect()
}

fn sorted(rows: impl Iterator<Item = Row>) -> Vec<Row> {
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_unstable();
    rows
}

fn sum(rows: &[Row], column: &str) -> u64 {
    rows.iter().map(|row| row[column].parse::<u64>().unwrap()).sum()
}

fn assert_same_but_cut(tables: &Tables, whole: &Tables, cut: &Cut, what: &str) {
    assert_eq!(tables.population, whole.population, "{what}");
    assert_eq!(tables.upgrades, whole.upgrades, "{what}");
    let exchanges: Vec<Row> =
        whole.exchanges.iter().map(|row| cut.row(row, &["frame_request", "frame_reply"])).collect();
    assert_eq!(without_names(&tables.exchanges), without_names(&exchanges), "{what}");
    assert_eq!(by_connection(&tables.exchanges), by_connection(&exchanges), "{what}");
    let (noted, counted) = noted_and_counted(&tables.anomalies);
    let (noted_whole, counted_whole) = noted_and_counted(&whole.anomalies);
    assert_eq!(noted, sorted(noted_whole.iter().map(|row| cut.row(row, &["frame"]))), "{what}");
    assert_eq!(counted, counted_whole, "{what}");
    for column in SUMS {
        assert_eq!(sum(&tables.inputs, column), sum(&whole.inputs, column), "{what}: {column}");
    }
    assert_eq!(tables.inputs.len(), cut.paths.len(), "{what}");
    assert!(tables.inputs.iter().all(|row| row["status"] == "ok"), "{what}");
}

#[test]
fn p9_a_capture_cut_into_files_gives_the_same_tables() {
    let seed = seed();
    let (mut gaps, mut exchanges) = (0, 0);
    for number in 0..CUTS {
        let mut random = Random::of_case(seed, number);
        let directory = tempfile::tempdir().unwrap();
        let frames = everybody(&mut random);
        let whole = directory.path().join("whole");
        fs::write(&whole, Pcapng::default().write(&frames)).unwrap();
        let whole = tables(&[whole]);
        gaps += whole.anomalies.iter().filter(|row| row["kind"] == "gap").count();
        exchanges += whole.exchanges.len();
        let cut = Cut::random(&mut random, &frames, directory.path());
        let what = format!("cut {number} of {seed}");
        let tables_of_cut = tables(&cut.paths);
        assert_same_but_cut(&tables_of_cut, &whole, &cut, &what);
        let shuffled = cut.shuffled(&mut random, frames.len());
        assert_eq!(tables(&shuffled), tables_of_cut, "{what}: {shuffled:?}");
    }
    assert!(gaps > 100 && exchanges > 1_000, "{gaps} gaps, {exchanges} exchanges");
}

#[test]
fn p10_any_container_gives_the_same_tables() {
    let mut frames = everybody(&mut Random::new(seed()));
    frames.retain(|frame| frame.link == 1);
    let mut containers = Vec::new();
    for order in [ByteOrder::Little, ByteOrder::Big] {
        for variant in [Variant::Microseconds, Variant::Nanoseconds, Variant::Kuznetzov] {
            containers.push((format!("pcap {order:?} {variant:?}"), pcap(&frames, order, variant)));
        }
        for (block, resolution, sections) in
            [(Block::Enhanced, 6, 1), (Block::Enhanced, 9, 2), (Block::Obsolete, 6, 3), (Block::Obsolete, 9, 1)]
        {
            let form = Pcapng { order, resolution, block, sections };
            containers.push((format!("{form:?}"), form.write(&frames)));
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("capture");
    let mut first: Option<Tables> = None;
    for (name, bytes) in containers {
        for compression in [None].into_iter().chain(Compression::ALL.iter().copied().map(Some)) {
            fs::write(&path, compression.map_or(bytes.clone(), |compression| compressed(compression, &bytes))).unwrap();
            let mut tables = tables(std::slice::from_ref(&path));
            let what = format!("{name} {compression:?}");
            assert_eq!(tables.inputs[0]["compression"].is_empty(), compression.is_none(), "{what}");
            for column in ["format", "compression", "snaplen", "bytes", "bytes_raw"] {
                tables.inputs[0].remove(column);
            }
            match &first {
                Some(first) => assert_eq!(tables, *first, "{what}"),
                None => first = Some(tables),
            }
        }
    }
    assert!(first.is_some_and(|tables| tables.exchanges.len() > 3));
}

/// Compresses as the program of that name would.
fn compressed(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    fn written<W: Write>(mut encoder: W, bytes: &[u8]) -> W {
        encoder.write_all(bytes).unwrap();
        encoder
    }
    match compression {
        Compression::Gzip => {
            let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            written(encoder, bytes).finish().unwrap()
        }
        Compression::Zstd => {
            written(zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap(), bytes).finish().unwrap()
        }
        Compression::Lz4 => written(lz4_flex::frame::FrameEncoder::new(Vec::new()), bytes).finish().unwrap(),
        Compression::Xz => written(liblzma::write::XzEncoder::new(Vec::new(), 0), bytes).finish().unwrap(),
        Compression::Bzip2 => {
            let encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            written(encoder, bytes).finish().unwrap()
        }
    }
}
