//! Captures made byte by byte, for the tests of this layer.

use std::io::{Cursor, Error, Read, Result, Write};
use std::path::{Path, PathBuf};

use super::order::ByteOrder;
use super::{CaptureFile, Compression, Facts, Next, PacketSource, ReadOptions};
use crate::packet::InputId;

/// A reader whose calls give as many bytes as the sizes say, in turn.
pub(super) struct Trickle {
    bytes: Cursor<Vec<u8>>,
    sizes: Vec<usize>,
    calls: usize,
}

impl Trickle {
    pub(super) fn new(bytes: Vec<u8>, sizes: Vec<usize>) -> Self {
        Self { bytes: Cursor::new(bytes), sizes, calls: 0 }
    }
}

impl Read for Trickle {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        let size = self.sizes[self.calls % self.sizes.len()].min(to.len());
        self.calls += 1;
        self.bytes.read(&mut to[..size])
    }
}

/// The same on a disk that fails where the bytes end.
pub(super) struct Failing(pub(super) Trickle);

impl Read for Failing {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        match self.0.read(to)? {
            0 => Err(Error::other("the disk is gone")),
            len => Ok(len),
        }
    }
}

/// Compresses as the program of that name would.
pub(super) fn compress(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    match compression {
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Zstd => {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
            encoder.include_checksum(true).unwrap();
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Lz4 => {
            let info = lz4_flex::frame::FrameInfo::new().content_checksum(true);
            let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Xz => {
            let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Bzip2 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
    }
}

/// Compresses so that a decoder needs a window of `2^window_log` bytes.
pub(super) fn zstd_with_window(window_log: u32, bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(window_log).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The real captures. They are too large to travel with the project: where they are not there are none, and that is
/// said.
pub(super) fn real_captures() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures");
    let Ok(entries) = std::fs::read_dir(&directory) else {
        eprintln!("NOT TESTED: no real captures in {}", directory.display());
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "pcap" || extension == "pcapng"))
        .collect()
}

/// Numbers in a byte order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writer(pub(super) ByteOrder);

impl Writer {
    pub(super) fn u16(self, number: u16) -> Vec<u8> {
        match self.0 {
            ByteOrder::Little => number.to_le_bytes().into(),
            ByteOrder::Big => number.to_be_bytes().into(),
        }
    }

    pub(super) fn u32(self, number: u32) -> Vec<u8> {
        match self.0 {
            ByteOrder::Little => number.to_le_bytes().into(),
            ByteOrder::Big => number.to_be_bytes().into(),
        }
    }

    pub(super) fn u64(self, number: u64) -> Vec<u8> {
        match self.0 {
            ByteOrder::Little => number.to_le_bytes().into(),
            ByteOrder::Big => number.to_be_bytes().into(),
        }
    }
}

/// A pcap file: version 2.4, Ethernet, little-endian microseconds unless told otherwise.
#[derive(Clone, Debug)]
pub(super) struct Pcap {
    pub(super) order: ByteOrder,
    pub(super) magic: u32,
    pub(super) version: (u16, u16),
    pub(super) zone: u32,
    pub(super) snap_len: u32,
    pub(super) link: u32,
    pub(super) records: Vec<u8>,
}

impl Default for Pcap {
    fn default() -> Self {
        Self {
            order: ByteOrder::Little,
            magic: 0xa1b2_c3d4,
            version: (2, 4),
            zone: 0,
            snap_len: 262_144,
            link: 1,
            records: Vec::new(),
        }
    }
}

impl Pcap {
    /// A record with those four numbers and those bytes, whether they fit or not.
    pub(super) fn record(mut self, numbers: [u32; 4], data: &[u8]) -> Self {
        let writer = Writer(self.order);
        self.records.extend(numbers.into_iter().flat_map(|number| writer.u32(number)));
        if self.magic == 0xa1b2_cd34 {
            self.records.extend([9; 8]);
        }
        self.records.extend(data);
        self
    }

    /// Whole packets of these bytes, a second apart.
    pub(super) fn packets(self, packets: &[&[u8]]) -> Self {
        packets.iter().zip(1..).fold(self, |file, (data, seconds)| {
            let len = u32::try_from(data.len()).unwrap();
            file.record([seconds, 0, len, len], data)
        })
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let writer = Writer(self.order);
        [
            writer.u32(self.magic),
            writer.u16(self.version.0),
            writer.u16(self.version.1),
            writer.u32(self.zone),
            writer.u32(0),
            writer.u32(self.snap_len),
            writer.u32(self.link),
            self.records.clone(),
        ]
        .concat()
    }
}

/// The blocks of a pcapng file.
#[derive(Clone, Debug)]
pub(super) struct Pcapng {
    writer: Writer,
    pub(super) bytes: Vec<u8>,
}

impl Pcapng {
    /// A file with the header of its first section.
    pub(super) fn new(order: ByteOrder) -> Self {
        Self { writer: Writer(order), bytes: Vec::new() }.section(order, (1, 0))
    }

    /// Begins a section.
    pub(super) fn section(mut self, order: ByteOrder, (major, minor): (u16, u16)) -> Self {
        self.writer = Writer(order);
        let w = self.writer;
        let body = [w.u32(0x1a2b_3c4d), w.u16(major), w.u16(minor), w.u64(u64::MAX)].concat();
        self.block(0x0a0d_0d0a, &body)
    }

    /// Any block, padded, with its lengths.
    pub(super) fn block(mut self, block_type: u32, body: &[u8]) -> Self {
        let len = u32::try_from(12 + body.len().next_multiple_of(4)).unwrap();
        self.bytes.extend(self.writer.u32(block_type));
        self.bytes.extend(self.writer.u32(len));
        self.bytes.extend(body);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self.bytes.extend(self.writer.u32(len));
        self
    }

    pub(super) fn option(&self, code: u16, value: &[u8]) -> Vec<u8> {
        let len = u16::try_from(value.len()).unwrap();
        let mut bytes = [self.writer.u16(code), self.writer.u16(len), value.to_vec()].concat();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    pub(super) fn interface(self, link_type: u16, snap_len: u32, options: &[(u16, &[u8])]) -> Self {
        let w = self.writer;
        let mut body = [w.u16(link_type), w.u16(0), w.u32(snap_len)].concat();
        body.extend(options.iter().flat_map(|(code, value)| self.option(*code, value)));
        self.block(1, &body)
    }

    /// An enhanced packet block.
    pub(super) fn enhanced(self, interface: u32, ticks: u64, original: u32, data: &[u8]) -> Self {
        self.enhanced_with(interface, ticks, original, data, &[])
    }

    pub(super) fn enhanced_with(
        self,
        interface: u32,
        ticks: u64,
        original: u32,
        data: &[u8],
        options: &[(u16, &[u8])],
    ) -> Self {
        let w = self.writer;
        self.packet(6, w.u32(interface), ticks, original, data, options)
    }

    /// An obsolete packet block.
    pub(super) fn obsolete(self, interface: u16, drops: u16, ticks: u64, data: &[u8]) -> Self {
        let w = self.writer;
        let original = u32::try_from(data.len()).unwrap();
        self.packet(2, [w.u16(interface), w.u16(drops)].concat(), ticks, original, data, &[])
    }

    /// A simple packet block.
    pub(super) fn simple(self, original: u32, data: &[u8]) -> Self {
        let body = [self.writer.u32(original), data.to_vec()].concat();
        self.block(3, &body)
    }

    fn packet(
        self,
        block_type: u32,
        first: Vec<u8>,
        ticks: u64,
        original: u32,
        data: &[u8],
        options: &[(u16, &[u8])],
    ) -> Self {
        let w = self.writer;
        let captured = u32::try_from(data.len()).unwrap();
        let high = u32::try_from(ticks >> 32).unwrap();
        let low = u32::try_from(ticks & u64::from(u32::MAX)).unwrap();
        let mut body = [first, w.u32(high), w.u32(low), w.u32(captured), w.u32(original), data.to_vec()].concat();
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend(options.iter().flat_map(|(code, value)| self.option(*code, value)));
        self.block(block_type, &body)
    }
}

/// A packet that outlives its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) frame: u64,
    pub(super) nanos: i64,
    pub(super) link_type: u16,
    pub(super) original_len: u32,
    pub(super) fcs_len: u8,
    pub(super) data: Vec<u8>,
}

/// Everything that a source said: its packets, then how it ended (`end`, or the error).
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) packets: Vec<Seen>,
    pub(super) ending: String,
    pub(super) oddities: Vec<(&'static str, u64)>,
    pub(super) bytes: u64,
    pub(super) dropped: u64,
    /// Nothing is known of what could not be begun.
    pub(super) facts: Option<Facts>,
}

impl Outcome {
    /// The packets' bytes.
    pub(super) fn data(&self) -> Vec<&[u8]> {
        self.packets.iter().map(|packet| packet.data.as_slice()).collect()
    }

    /// The packets' times in nanoseconds.
    pub(super) fn nanos(&self) -> Vec<i64> {
        self.packets.iter().map(|packet| packet.nanos).collect()
    }
}

/// Reads to the end, and makes sure that it is one.
pub(super) fn drain(mut file: CaptureFile) -> Outcome {
    let mut packets = Vec::new();
    let ending = loop {
        match file.next() {
            Ok(Next::Packet(packet)) => packets.push(Seen {
                frame: packet.stamp.frame,
                nanos: packet.stamp.time.as_nanos(),
                link_type: packet.link_type.0,
                original_len: packet.original_len,
                fcs_len: packet.fcs_len,
                data: packet.data.to_vec(),
            }),
            Ok(Next::Idle) => panic!("a file is never idle"),
            Ok(Next::End) => break "end".to_owned(),
            Err(error) => break error.to_string(),
        }
    };
    assert!(matches!(file.next(), Ok(Next::End)), "nothing comes after the end");
    assert_eq!(file.facts().packets, u64::try_from(packets.len()).unwrap());
    let facts = file.facts();
    let oddities = facts.oddities.met().map(|(oddity, count)| (oddity.word(), count)).collect();
    let (bytes, dropped) = (facts.bytes, facts.dropped());
    Outcome { ending, oddities, bytes, dropped, facts: Some(facts.clone()), packets }
}

/// Reads all of a capture under the name `x`; one that cannot be begun has the error as its ending.
pub(super) fn read_from(read: impl Read + Send + 'static) -> Outcome {
    read_with(read, ReadOptions::default())
}

pub(super) fn read_with(read: impl Read + Send + 'static, reading: ReadOptions) -> Outcome {
    match CaptureFile::from_read(Box::new(read), Path::new("x"), InputId(0), reading) {
        Ok(file) => drain(file),
        Err(error) => {
            Outcome { packets: vec![], ending: error.to_string(), oddities: vec![], bytes: 0, dropped: 0, facts: None }
        }
    }
}

/// Reads all of a capture that is in memory.
pub(super) fn read(bytes: &[u8]) -> Outcome {
    read_from(Cursor::new(bytes.to_vec()))
}
