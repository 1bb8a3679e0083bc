//! One open capture of either format.
//!
//! It takes a path or standard input; recognises the content; gives packets with their numbers, and puts the place into
//! every error; keeps nothing but the buffer and the format's state. The formats find records, and nothing else:
//! numbering, cut records and the end are told here, once.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::buffer::Buffer;
use super::error::{CaptureError, CaptureErrorKind, Part, Place, Unit};
use super::facts::Facts;
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::recognise::{Content, SNIFF_LEN, recognise};
use super::{Next, PacketSource, Record};
use crate::packet::{InputId, Packet, Stamp};

/// Something to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Standard input.
    Stdin,
    /// A file, a pipe or a device, by its name.
    Path(PathBuf),
}

impl Source {
    /// The name that messages and tables give it: `-` is standard input.
    pub fn name(&self) -> &Path {
        match self {
            Self::Stdin => Path::new("-"),
            Self::Path(path) => path,
        }
    }
}

/// A capture that is being read.
pub struct CaptureFile {
    path: PathBuf,
    input: InputId,
    /// Length of the whole in bytes, where the system knows it.
    size: Option<u64>,
    buffer: Buffer,
    format: Records,
    facts: Facts,
    /// What the next call says instead of reading.
    ending: Option<Ending>,
}

/// The formats.
enum Records {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

/// What is left to say when nothing is left to read.
enum Ending {
    /// The last packet was cut.
    Error(CaptureError),
    /// All has been said.
    Silence,
}

impl CaptureFile {
    /// Opens and recognises a capture. Its packets will carry `input` in their stamps.
    pub fn open(source: &Source, input: InputId) -> Result<Self, CaptureError> {
        let unreadable =
            |error: io::Error| CaptureError { path: source.name().to_owned(), place: None, kind: error.into() };
        match source {
            Source::Stdin => Self::from_read(Box::new(io::stdin()), source.name(), input),
            Source::Path(path) => {
                let file = File::open(path).map_err(unreadable)?;
                // A pipe has no length worth telling.
                let size = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
                let capture = Self::from_read(Box::new(file), path, input)?;
                Ok(Self { size, ..capture })
            }
        }
    }

    /// Recognises what is to be read, which messages will call by `path`.
    pub fn from_read(read: Box<dyn Read + Send>, path: &Path, input: InputId) -> Result<Self, CaptureError> {
        let mut buffer = Buffer::new(read);
        let (format, facts) = recognised(&mut buffer).map_err(|kind| {
            let path = path.to_owned();
            CaptureError { path, place: None, kind }
        })?;
        Ok(Self { path: path.to_owned(), input, size: None, buffer, format, facts, ending: None })
    }

    /// Length of the whole input in bytes, as it was when it was opened; `None` for a pipe. Compare it with
    /// [`Facts::bytes`] for the progress.
    pub const fn size(&self) -> Option<u64> {
        self.size
    }

    /// The error that the file ends within this record.
    #[cold]
    fn cut(&self, record: &Record) -> CaptureError {
        self.error(match self.format {
            Records::Pcap(_) => {
                CaptureErrorKind::cut(Part::Packet, record.len - record.data_at, record.whole_len - record.data_at)
            }
            Records::Pcapng(_) => CaptureErrorKind::cut(Part::Block, record.len, record.whole_len),
        })
    }

    /// Puts a name and a place to what went wrong. Nothing may have been taken from the buffer since, except within
    /// the block that is at fault.
    fn error(&self, kind: CaptureErrorKind) -> CaptureError {
        let place = match &self.format {
            Records::Pcap(_) => {
                Place { unit: Unit::Record, number: self.facts.packets + 1, offset: self.buffer.offset() }
            }
            Records::Pcapng(pcapng) => {
                Place { unit: Unit::Block, number: pcapng.block_number(), offset: pcapng.block_offset() }
            }
        };
        CaptureError { path: self.path.clone(), place: Some(place), kind }
    }
}

impl PacketSource for CaptureFile {
    fn next(&mut self) -> Result<Next<'_>, CaptureError> {
        if self.ending.is_some() {
            return match self.ending.replace(Ending::Silence) {
                Some(Ending::Error(error)) => Err(error),
                _ => Ok(Next::End),
            };
        }
        let record = match &mut self.format {
            Records::Pcap(pcap) => pcap.next_record(&mut self.buffer, &mut self.facts),
            Records::Pcapng(pcapng) => pcapng.next_record(&mut self.buffer, &mut self.facts),
        };
        let record = match record {
            Ok(Some(record)) => record,
            Ok(None) => {
                self.ending = Some(Ending::Silence);
                self.facts.bytes = self.buffer.offset();
                return Ok(Next::End);
            }
            Err(kind) => {
                self.ending = Some(Ending::Silence);
                self.facts.bytes = self.buffer.offset();
                return Err(self.error(kind));
            }
        };
        if record.len < record.whole_len {
            self.ending = Some(Ending::Error(self.cut(&record)));
        }
        self.facts.packets += 1;
        self.facts.bytes = self.buffer.offset() + u64::try_from(record.len).unwrap_or(u64::MAX);
        let bytes = self.buffer.take(record.len);
        Ok(Next::Packet(Packet {
            stamp: Stamp { input: self.input, frame: self.facts.packets, time: record.time },
            link_type: record.link_type,
            data: bytes.get(record.data_at..record.data_end).unwrap_or_default(),
            original_len: record.original_len,
            fcs_len: record.fcs_len,
        }))
    }

    fn facts(&self) -> &Facts {
        &self.facts
    }
}

/// Finds out what the buffer holds, and reads as much as is needed to begin.
fn recognised(buffer: &mut Buffer) -> Result<(Records, Facts), CaptureErrorKind> {
    match recognise(buffer.fill(SNIFF_LEN)?) {
        Content::Pcap(magic) => Pcap::open(magic, buffer).map(|(pcap, facts)| (Records::Pcap(pcap), facts)),
        Content::Pcapng => {
            let (pcapng, facts) = Pcapng::open();
            Ok((Records::Pcapng(pcapng), facts))
        }
        Content::Other(kind) => Err(kind),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::capture::order::ByteOrder;
    use crate::capture::samples::{self, Trickle, drain, read, read_from};

    fn source_of(bytes: &[u8]) -> (tempfile::NamedTempFile, Source) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let source = Source::Path(file.path().to_owned());
        (file, source)
    }

    #[test]
    fn a_file_knows_its_size_and_how_far_it_is() {
        let bytes = samples::Pcap::default().packets(&[b"abc", b"def"]).bytes();
        let (_file, source) = source_of(&bytes);
        let mut capture = CaptureFile::open(&source, InputId(3)).unwrap();
        assert_eq!(capture.size(), Some(62));
        match capture.next().unwrap() {
            Next::Packet(packet) => assert_eq!((packet.stamp.input, packet.stamp.frame), (InputId(3), 1)),
            other => panic!("{other:?}"),
        }
        assert_eq!(capture.facts().bytes, 43);
        assert_eq!(drain_rest(capture), 62);
    }

    fn drain_rest(mut capture: CaptureFile) -> u64 {
        while matches!(capture.next(), Ok(Next::Packet(_))) {}
        capture.facts().bytes
    }

    #[test]
    fn h22_a_directory_and_a_missing_file_are_errors_with_their_names() {
        let directory = tempfile::tempdir().unwrap();
        for path in [directory.path().to_owned(), directory.path().join("missing.pcap")] {
            let error = CaptureFile::open(&Source::Path(path.clone()), InputId(0)).err().unwrap();
            assert!(matches!(error.kind, CaptureErrorKind::Unreadable(_)));
            assert!(error.to_string().starts_with(&format!("{}: cannot be read: ", path.display())), "{error}");
        }
    }

    #[test]
    fn what_was_read_before_a_read_fails_is_given() {
        struct Failing(Trickle);
        impl Read for Failing {
            fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
                match self.0.read(to)? {
                    0 => Err(io::Error::other("the disk is gone")),
                    len => Ok(len),
                }
            }
        }
        let bytes = samples::Pcap::default().packets(&[b"abc"]).bytes();
        let outcome = read_from(Failing(Trickle::new(bytes, vec![1000])));
        assert_eq!(outcome.data(), [b"abc"]);
        assert_eq!(outcome.ending, "x: record 2 at byte 43: cannot be read: the disk is gone");
    }

    /// A capture of either format that is valid but for its last bytes, which may be missing.
    fn capture() -> impl Strategy<Value = Vec<u8>> {
        let packet = prop::collection::vec(any::<u8>(), 0..300);
        let packets = prop::collection::vec((packet, any::<u32>(), 0..4_u8), 0..20);
        (packets, any::<bool>(), any::<bool>(), 0..3_usize).prop_map(|(packets, pcapng, little, missing)| {
            let order = if little { ByteOrder::Little } else { ByteOrder::Big };
            let mut bytes = if pcapng { pcapng_of(&packets, order) } else { pcap_of(&packets, order) };
            bytes.truncate(bytes.len() - missing);
            bytes
        })
    }

    fn pcap_of(packets: &[(Vec<u8>, u32, u8)], order: ByteOrder) -> Vec<u8> {
        let file = samples::Pcap { order, ..samples::Pcap::default() };
        let file = packets.iter().fold(file, |file, (data, time, more)| {
            let len = u32::try_from(data.len()).unwrap();
            file.record([*time, *time % 1_000_000, len, len + u32::from(*more)], data)
        });
        file.bytes()
    }

    fn pcapng_of(packets: &[(Vec<u8>, u32, u8)], order: ByteOrder) -> Vec<u8> {
        let file = samples::Pcapng::new(order).interface(1, 0, &[(9, &[9])]);
        let file = packets.iter().fold(file, |file, (data, time, kind)| {
            let len = u32::try_from(data.len()).unwrap();
            match kind {
                0 => file.simple(len, data),
                1 => file.obsolete(0, 0, u64::from(*time), data),
                2 => file.block(*time | 16, data),
                _ => file.enhanced(0, u64::from(*time), len, data),
            }
        });
        file.bytes
    }

    proptest! {
        #[test]
        fn any_split_into_reads_gives_the_same(
            bytes in capture(),
            sizes in prop::collection::vec(1..70_usize, 1..20),
        ) {
            let (whole, parts) = (read(&bytes), read_from(Trickle::new(bytes, sizes)));
            prop_assert_eq!(whole.packets, parts.packets);
            prop_assert_eq!(whole.ending, parts.ending);
            prop_assert_eq!(whole.oddities, parts.oddities);
            prop_assert_eq!(whole.bytes, parts.bytes);
        }

        #[test]
        fn any_bytes_come_to_an_end(
            bytes in prop::collection::vec(any::<u8>(), 0..2000),
            magic in prop::sample::select(vec![
                vec![], vec![0xd4, 0xc3, 0xb2, 0xa1], vec![0xa1, 0xb2, 0x3c, 0x4d], vec![0x34, 0xcd, 0xb2, 0xa1],
                vec![0x0a, 0x0d, 0x0d, 0x0a], samples::Pcap::default().bytes(),
                samples::Pcapng::new(ByteOrder::Big).interface(1, 0, &[]).bytes,
            ]),
        ) {
            let outcome = read(&[magic, bytes].concat());
            prop_assert!(outcome.packets.len() < 200);
        }

        #[test]
        fn a_capture_with_a_few_wrong_bytes_comes_to_an_end(
            mut bytes in capture(),
            wrong in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        ) {
            if !bytes.is_empty() {
                for (at, byte) in wrong {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
            }
            let len = bytes.len();
            let outcome = read(&bytes);
            prop_assert!(outcome.bytes <= u64::try_from(len).unwrap());
            prop_assert!(outcome.packets.len() <= len / 12);
        }
    }

    #[test]
    fn every_shared_capture_is_read_to_its_end() {
        let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures");
        let Ok(entries) = std::fs::read_dir(captures) else { return };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.extension().is_some_and(|extension| extension == "pcap" || extension == "pcapng") {
                let outcome = drain(CaptureFile::open(&Source::Path(path), InputId(0)).unwrap());
                assert_eq!(outcome.ending, "end");
            }
        }
    }
}
