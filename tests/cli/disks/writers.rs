//! A write that fails at any byte, or only when the rest is handed on, is told by whatever writes.

use std::io::{self, Write};

use msncensus::census::{Census, Observation, Room, Step};
use msncensus::part::{PartWriter, Rest};
use msncensus::report::{Context, CsvOptions, EXCHANGES, Format, PacketWriter, Page, Sources, TableWriter};

use crate::support::LOGIN;
use crate::support::engine::{analyse, as_packet};
use crate::support::frame::frames;
use crate::support::script::Script;

/// Has room for so many bytes, and takes a part of what it has no room for.
struct Full {
    room: usize,
    /// Whether it is only known at the end that it has not.
    late: bool,
    written: usize,
}

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = if self.late { bytes.len() } else { bytes.len().min(self.room - self.written) };
        self.written += taken;
        if taken == 0 && !bytes.is_empty() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.written > self.room { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

fn row() -> Observation {
    analyse(&Script::parse(LOGIN).unwrap().packets()).observations.remove(0)
}

fn table(format: Format, output: &mut Full) -> io::Result<()> {
    let row = row();
    let mut table = TableWriter::new(EXCHANGES.columns, format.report(output))?;
    for _ in 0..3 {
        table.push(&row, &Context::default())?;
    }
    table.finish()
}

fn packets(output: &mut Full) -> io::Result<()> {
    let frames = frames(&Script::parse(LOGIN).unwrap().packets());
    let mut writer = PacketWriter::new(output)?;
    for (number, frame) in (1..).zip(&frames[..2]) {
        writer.push(&as_packet(0, number, frame), "a.pcap", "a remark")?;
    }
    writer.finish()
}

fn part(output: &mut Full) -> io::Result<()> {
    let mut part = PartWriter::new(output)?;
    part.push(&row().exchange)?;
    part.finish(&Rest::default()).map(drop)
}

fn page(output: &mut Full) -> io::Result<()> {
    let mut census = Census::within(Room::ENDLESS, Step::parse("1m").unwrap());
    census.push(&row());
    let sources = Sources {
        population: &census.population,
        upgrades: &census.upgrades,
        timeline: &census.timeline.finish(),
        inputs: &[],
        anomalies: &[],
        warnings: &[],
        command: "",
    };
    Page::new(&sources).write(output).and_then(|()| output.flush())
}

/// A writer by its name, and every how many bytes it is to fail.
type Writer = (&'static str, fn(&mut Full) -> io::Result<()>, usize);

const WRITERS: &[Writer] = &[
    ("aligned text", |output| table(Format::Table, output), 1),
    ("CSV", |output| table(Format::Csv(CsvOptions::default()), output), 1),
    ("NDJSON", |output| table(Format::Ndjson, output), 1),
    #[cfg(feature = "parquet")]
    ("Parquet", |output| table(Format::Parquet, output), 7),
    ("packets", packets, 1),
    ("a part", part, 1),
    ("the page", page, 97),
];

#[test]
fn l1_a_write_that_fails_at_any_byte_is_told() {
    for (name, write, step) in WRITERS {
        let mut roomy = Full { room: usize::MAX, late: false, written: 0 };
        write(&mut roomy).unwrap();
        let len = roomy.written;
        assert!(len > 200, "{name}: {len} bytes");
        write(&mut Full { room: len, late: false, written: 0 }).unwrap();
        for room in (0..len).step_by(*step).chain([len - 1]) {
            for late in [false, true] {
                let written = write(&mut Full { room, late, written: 0 });
                let kind = written.expect_err(name).kind();
                assert_eq!(kind, io::ErrorKind::StorageFull, "{name}: {room} of {len} bytes, late: {late}");
            }
        }
    }
}
