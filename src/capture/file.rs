//! One open capture of either format.
//!
//! It takes a path or standard input; recognises the content, and what is in it if it is compressed; gives packets with
//! their numbers, and puts the place into every error; keeps nothing but the buffer and the format's state. The formats
//! find records, and nothing else: numbering, cut records, what comes after damage and the end are told here, once.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::buffer::Buffer;
use super::compressed::Decompressor;
use super::error::{CaptureError, CaptureErrorKind, Part, Place, Unit, Unsupported};
use super::facts::{Facts, Skipped};
use super::hashed::{Digest, hashed};
use super::oddities::Oddity;
use super::order::in_file;
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::recognise::{Content, SNIFF_LEN, recognise};
use super::recover::{Search, search};
use super::source::Source;
use super::stream::{Reader, Stream};
use super::{Next, PacketSource, Record};
use crate::packet::{InputId, Packet, Stamp, Timestamp};

/// How captures are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Whether to look for the next plausible record after damage, instead of ending there. A capture of a capture
    /// holds records that are none, so what comes after damage is doubtful: see [`Recovery`](super::Recovery).
    pub recover: bool,
    /// Whether to hash what is read, for [`Facts::sha256`].
    pub hash: bool,
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
    reading: ReadOptions,
    /// The hash of what is read.
    digest: Option<Digest>,
    /// When the last packet was captured.
    last_time: Option<Timestamp>,
    /// Damage behind which nothing was found yet.
    damage: Option<Skipped>,
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
    pub fn open(source: &Source, input: InputId, reading: ReadOptions) -> Result<Self, CaptureError> {
        let unreadable =
            |error: io::Error| CaptureError { path: source.name().to_owned(), place: None, kind: error.into() };
        match source {
            Source::Stdin => Self::from_read(Box::new(io::stdin()), source.name(), input, reading),
            Source::Path(path) => {
                let file = File::open(path).map_err(unreadable)?;
                // A pipe has no length worth telling.
                let size = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
                let capture = if size.is_none() || reading.hash {
                    Self::from_read(Box::new(file), path, input, reading)?
                } else {
                    Self::from_buffer(Buffer::new(Stream::of_file(file)), path, input, reading)?
                };
                Ok(Self { size, ..capture })
            }
        }
    }

    /// Recognises what is to be read, which messages will call by `path`.
    ///
    /// ```
    /// # use std::path::Path;
    /// # use msncensus::capture::{CaptureFile, ReadOptions};
    /// # use msncensus::packet::InputId;
    /// let zip = Box::new(&b"PK\x03\x04..."[..]);
    /// let error = CaptureFile::from_read(zip, Path::new("jan.pcap"), InputId(0), ReadOptions::default()).err().unwrap();
    /// assert_eq!(error.to_string(), r#"jan.pcap: not a capture (starts with "PK": a zip archive)"#);
    /// ```
    pub fn from_read(
        read: Box<dyn Read + Send>,
        path: &Path,
        input: InputId,
        reading: ReadOptions,
    ) -> Result<Self, CaptureError> {
        Self::in_order(read, false, path, input, reading)
    }

    /// The same for a file that grows: at its end it is [idle](Next::Idle), and a record is read once it is whole.
    pub(super) fn growing(file: File, path: &Path, input: InputId, reading: ReadOptions) -> Result<Self, CaptureError> {
        Self::in_order(Box::new(file), true, path, input, reading)
    }

    /// The same for anything that is to be read in its order, as what is hashed is.
    fn in_order(
        read: Box<dyn Read + Send>,
        grows: bool,
        path: &Path,
        input: InputId,
        reading: ReadOptions,
    ) -> Result<Self, CaptureError> {
        let (stream, digest) = if reading.hash {
            let (read, digest) = hashed(read);
            (Stream::of_read(Box::new(read)), Some(digest))
        } else {
            (Stream::of_read(read), None)
        };
        let mut buffer = Buffer::new(stream);
        buffer.set_grows(grows);
        let capture = Self::from_buffer(buffer, path, input, reading)?;
        Ok(Self { digest, ..capture })
    }

    fn from_buffer(buffer: Buffer, path: &Path, input: InputId, reading: ReadOptions) -> Result<Self, CaptureError> {
        let (buffer, format, facts) =
            recognised(buffer).map_err(|kind| CaptureError { path: path.to_owned(), place: None, kind })?;
        Ok(Self {
            path: path.to_owned(),
            input,
            size: None,
            buffer,
            format,
            facts,
            reading,
            digest: None,
            last_time: None,
            damage: None,
            ending: None,
        })
    }

    /// What is there of a growing file is all that there will be, perhaps for a reason that is worth telling: it is
    /// read to its end.
    pub(super) fn complete(&mut self, oddity: Option<Oddity>) {
        if let Some(oddity) = oddity.filter(|_| self.buffer.grows()) {
            self.facts.oddities.add(oddity);
        }
        self.buffer.set_grows(false);
    }

    /// Bytes of the file that were asked for so far.
    pub(super) fn bytes_held(&self) -> u64 {
        self.buffer.offset() + in_file(self.buffer.held().len())
    }

    /// Nothing more is to be read, for that reason.
    pub(super) fn abandon(&mut self, oddity: Oddity) {
        self.facts.oddities.add(oddity);
        self.digest = None;
        self.ending = Some(Ending::Silence);
    }

    /// Hashes a part of what nobody has read, because it stands behind damage or behind the last packet, and says
    /// whether there may be more. Of a pipe nothing is read.
    pub fn hash_on(&mut self) -> bool {
        self.size.is_some() && self.digest.as_ref().is_some_and(Digest::read_on)
    }

    /// Length of the whole input in bytes, as it was when it was opened; `None` for a pipe. Compare it with
    /// [`Facts::bytes`] for the progress.
    pub const fn size(&self) -> Option<u64> {
        self.size
    }

    /// From here on, what `make` makes of the stream reads the file: ahead of what is asked for, perhaps.
    pub fn read_by(&mut self, make: impl FnOnce(Stream) -> Reader) {
        self.buffer.read_by(make);
    }

    /// Where the next packet lies; `None` at the end, and where a growing file ends for now.
    fn next_record(&mut self) -> Result<Option<Record>, CaptureError> {
        loop {
            if self.damage.is_some() && !self.search()? {
                return Ok(None);
            }
            let record = match &mut self.format {
                Records::Pcap(pcap) => pcap.next_record(&mut self.buffer, &mut self.facts),
                Records::Pcapng(pcapng) => pcapng.next_record(&mut self.buffer, &mut self.facts),
            };
            match record {
                Ok(Some(record)) => return Ok(Some(record)),
                Ok(None) => return self.buffer.failure().map_or(Ok(None), |failure| Err(self.error(failure))),
                Err(kind) => self.stumble(kind)?,
            }
        }
    }

    /// Moves past a record, to give its packet.
    fn packet(&mut self, record: &Record) -> Packet<'_> {
        self.facts.packets += 1;
        self.last_time = Some(record.time);
        let stamp = Stamp { input: self.input, frame: self.facts.packets, time: record.time };
        record.packet(stamp, self.buffer.take(record.len))
    }

    /// Decides what to do about an error: begin to search, or tell it.
    #[cold]
    fn stumble(&mut self, kind: CaptureErrorKind) -> Result<(), CaptureError> {
        match kind {
            CaptureErrorKind::Damaged(damage) if self.reading.recover => {
                self.damage = Some(Skipped { place: self.place(), damage, bytes: 0 });
                self.buffer.take(1);
                Ok(())
            }
            // What cuts a compressed file is seldom the end of what was compressed.
            CaptureErrorKind::Cut { .. } => {
                let kind = self.buffer.failure().unwrap_or(kind);
                Err(self.error(kind))
            }
            kind => Err(self.error(kind)),
        }
    }

    /// Searches the next record behind damage. Says whether it was found; not to find it is the damage's error, unless
    /// the bytes behind it could not be read.
    #[cold]
    fn search(&mut self) -> Result<bool, CaptureError> {
        let (buffer, near) = (&mut self.buffer, self.last_time);
        let found = match &self.format {
            Records::Pcap(pcap) => search(buffer, near, |held, near| pcap.judge(held, near)),
            Records::Pcapng(pcapng) => search(buffer, near, |held, near| pcapng.judge(held, near)),
        };
        if found == Search::NotYet {
            return Ok(false);
        }
        let Some(Skipped { place, damage, .. }) = self.damage.take() else { return Ok(true) };
        let failure = if found == Search::Ended { self.buffer.failure() } else { None };
        if found == Search::Ended && failure.is_none() {
            let kind = damage.into();
            return Err(CaptureError { path: self.path.clone(), place: Some(place), kind });
        }
        let bytes = self.buffer.offset() - place.offset;
        self.facts.recovery.note(Skipped { place, damage, bytes }, self.facts.packets + 1);
        failure.map_or(Ok(true), |failure| Err(self.error(failure)))
    }

    /// Notes that nothing comes any more.
    #[cold]
    fn end(&mut self) {
        self.ending = Some(Ending::Silence);
        if self.buffer.last_block().has_trailing_garbage {
            self.facts.oddities.add(Oddity::TrailingGarbage);
        }
    }

    /// The error that the file ends within this record.
    #[cold]
    fn cut(&mut self, record: &Record) -> CaptureError {
        let cut = match self.format {
            Records::Pcap(_) => {
                CaptureErrorKind::cut(Part::Packet, record.len - record.data_at, record.whole_len - record.data_at)
            }
            Records::Pcapng(_) => CaptureErrorKind::cut(Part::Block, record.len, record.whole_len),
        };
        let kind = self.buffer.failure().unwrap_or(cut);
        self.error(kind)
    }

    /// Puts a name and a place to what went wrong.
    fn error(&self, kind: CaptureErrorKind) -> CaptureError {
        CaptureError { path: self.path.clone(), place: Some(self.place()), kind }
    }

    /// Where reading is. Nothing may have been taken from the buffer since what is meant was begun, except within the
    /// block that is meant.
    fn place(&self) -> Place {
        let is_decompressed = self.facts.compression.is_some();
        let (unit, number, offset) = match &self.format {
            Records::Pcap(_) => (Unit::Record, self.facts.packets + 1, self.buffer.offset()),
            Records::Pcapng(pcapng) => (Unit::Block, pcapng.block_number(), pcapng.block_offset()),
        };
        Place { unit, number, offset, is_decompressed }
    }
}

impl PacketSource for CaptureFile {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "so that what is at hand does not travel through memory")]
    fn at_hand(&mut self, mut take: impl FnMut(&Packet<'_>) -> bool) {
        if self.ending.is_some() || self.damage.is_some() {
            return;
        }
        let held = self.buffer.held();
        let (mut rest, mut frame) = (held, self.facts.packets);
        loop {
            let record = match &mut self.format {
                Records::Pcap(pcap) => pcap.usual_record(rest),
                Records::Pcapng(pcapng) => pcapng.usual_record(rest),
            };
            let Some((record, behind)) = record.and_then(|record| Some((record, rest.get(record.len..)?))) else {
                break;
            };
            frame += 1;
            self.last_time = Some(record.time);
            let packet = record.packet(Stamp { input: self.input, frame, time: record.time }, rest);
            rest = behind;
            if !take(&packet) {
                break;
            }
        }
        self.facts.packets = frame;
        let len = held.len() - rest.len();
        self.buffer.take(len);
    }

    fn next(&mut self) -> Result<Next<'_>, CaptureError> {
        if self.ending.is_some() {
            return match self.ending.replace(Ending::Silence) {
                Some(Ending::Error(error)) => Err(error),
                _ => Ok(Next::End),
            };
        }
        let record = match self.next_record() {
            Ok(Some(record)) => record,
            Ok(None) if self.buffer.grows() => {
                // The next call looks for more.
                self.buffer.set_grows(true);
                return Ok(Next::Idle);
            }
            Ok(None) => {
                self.end();
                return Ok(Next::End);
            }
            Err(error) => {
                self.end();
                return Err(error);
            }
        };
        if record.len < record.whole_len {
            let cut = self.cut(&record);
            self.end();
            self.ending = Some(Ending::Error(cut));
        }
        Ok(Next::Packet(self.packet(&record)))
    }

    fn facts(&mut self) -> &Facts {
        self.facts.bytes_raw = self.buffer.offset();
        self.facts.bytes = match self.facts.compression {
            None => self.facts.bytes_raw,
            Some(_) => self.buffer.last_block().consumed,
        };
        self.facts.sha256 = self.digest.as_ref().and_then(Digest::known);
        &self.facts
    }
}

/// Finds out what the buffer holds, and reads as much as is needed to begin. Gives the buffer that holds the capture,
/// which is another one if it is compressed.
fn recognised(mut buffer: Buffer) -> Result<(Buffer, Records, Facts), CaptureErrorKind> {
    let mut content = recognise(buffer.fill(SNIFF_LEN));
    let mut compressed = None;
    if let Content::Compressed(compression) = content {
        if buffer.grows() {
            return Err(Unsupported::FollowedCompressed(compression).into());
        }
        compressed = Some(compression);
        buffer = Buffer::new(Stream::decompressing(Decompressor::new(compression, buffer)));
        content = recognise(buffer.fill(SNIFF_LEN));
    }
    let begun = match content {
        Content::Pcap(magic) => Pcap::open(magic, &mut buffer).map(|(pcap, facts)| (Records::Pcap(pcap), facts)),
        Content::Pcapng => {
            let (pcapng, facts) = Pcapng::open();
            Ok((Records::Pcapng(pcapng), facts))
        }
        Content::Compressed(inner) => {
            Err(Unsupported::CompressedTwice { outer: compressed.unwrap_or(inner), inner }.into())
        }
        Content::Other(kind) => Err(kind),
    };
    match begun {
        Ok((records, facts)) => Ok((buffer, records, Facts { compression: compressed, ..facts })),
        Err(kind) => Err(buffer.failure().unwrap_or(kind)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;
    use crate::capture::order::ByteOrder;
    use crate::capture::samples::{self, Failing, Trickle, drain, read, read_from};

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
        let mut capture = CaptureFile::open(&source, InputId(3), ReadOptions::default()).unwrap();
        assert_eq!(capture.size(), Some(62));
        match capture.next().unwrap() {
            Next::Packet(packet) => assert_eq!((packet.stamp.input, packet.stamp.frame), (InputId(3), 1)),
            other => panic!("{other:?}"),
        }
        assert_eq!(capture.facts().bytes, 43);
        assert_eq!(drain_rest(capture), 62);
    }

    /// Whether the next packet is at hand, which is taken then.
    fn is_at_hand(capture: &mut CaptureFile) -> bool {
        let mut is_there = false;
        capture.at_hand(|_| {
            is_there = true;
            false
        });
        is_there
    }

    /// Which packets of a file are at hand, the first left out.
    fn at_hand(bytes: Vec<u8>) -> Vec<bool> {
        let read = Box::new(Cursor::new(bytes));
        let mut capture = CaptureFile::from_read(read, Path::new("x"), InputId(0), ReadOptions::default()).unwrap();
        let mut at_hand = Vec::new();
        assert!(matches!(capture.next(), Ok(Next::Packet(_))));
        loop {
            let is_at_hand = is_at_hand(&mut capture);
            if !is_at_hand && !matches!(capture.next(), Ok(Next::Packet(_))) {
                return at_hand;
            }
            at_hand.push(is_at_hand);
        }
    }

    #[test]
    fn a_packet_is_at_hand_where_there_is_nothing_odd_about_it() {
        let usual = || samples::Pcap::default().packets(&[b"abc", b"def", b"ghi"]);
        assert_eq!(at_hand(usual().bytes()), [true, true]);
        for odd in [[1, 0, 0, 3], [1, 0, 3, 2], [1, 1_000_000, 3, 3], [0xa1b2_c3d4, 0, 3, 3]] {
            let data = &b"abc"[..usize::try_from(odd[2]).unwrap()];
            let file = usual().record(odd, data).packets(&[b"abc"]);
            assert_eq!(at_hand(file.bytes()), [true, true, false, true], "{odd:?}");
        }

        let usual = || samples::Pcapng::new(ByteOrder::Little).interface(1, 0, &[]).enhanced(0, 1, 3, b"abc");
        assert_eq!(at_hand(usual().enhanced(0, 2, 3, b"def").bytes), [true]);
        let mut mismatch = usual().enhanced(0, 2, 3, b"def");
        *mismatch.bytes.last_mut().unwrap() = 1;
        let odd = [
            mismatch,
            usual().enhanced_with(0, 2, 3, b"def", &[(1, b"comment")]),
            usual().enhanced(0, 2, 2, b"def"),
            usual().obsolete(0, 0, 2, b"def"),
        ];
        for file in odd {
            assert_eq!(at_hand(file.enhanced(0, 3, 3, b"ghi").bytes), [false, true]);
        }
    }

    #[test]
    fn nothing_is_at_hand_behind_damage_before_enough_records_follow_one_another() {
        let packet = [&[2; 12][..], &[8, 0]].concat();
        let record = |file: samples::Pcap| file.record([1_063_540_800, 0, 14, 14], &packet);
        let records = record(samples::Pcap::default()).records;
        let bytes = [&record(samples::Pcap::default()).bytes(), &[0; 40][..], &records].concat();
        let (file, _) = source_of(&bytes);
        let reading = ReadOptions { recover: true, hash: false };
        let mut capture = CaptureFile::growing(file.reopen().unwrap(), Path::new("x"), InputId(0), reading).unwrap();
        assert!(is_at_hand(&mut capture));
        assert!(matches!(capture.next(), Ok(Next::Idle)));
        assert!(!is_at_hand(&mut capture));
        capture.complete(None);
        assert!(matches!(capture.next(), Ok(Next::Packet(packet)) if packet.stamp.frame == 2));
    }

    #[test]
    fn blocks_are_numbered_alike_whether_their_packets_were_at_hand_or_not() {
        let packets = |file: samples::Pcapng| file.enhanced(0, 1, 3, b"abc").enhanced(0, 2, 3, b"def");
        let file = packets(samples::Pcapng::new(ByteOrder::Little).interface(1, 0, &[])).block(1, b"");
        let ending = read(&file.bytes).ending;
        assert!(ending.starts_with("x: block 5 at byte 120: damaged: "), "{ending}");
        let read = Box::new(Cursor::new(file.bytes));
        let mut capture = CaptureFile::from_read(read, Path::new("x"), InputId(0), ReadOptions::default()).unwrap();
        assert!(matches!(capture.next(), Ok(Next::Packet(_))));
        assert!(is_at_hand(&mut capture));
        assert_eq!(capture.next().unwrap_err().to_string(), ending);
    }

    fn drain_rest(mut capture: CaptureFile) -> u64 {
        while matches!(capture.next(), Ok(Next::Packet(_))) {}
        capture.facts().bytes
    }

    #[test]
    fn h22_a_directory_and_a_missing_file_are_errors_with_their_names() {
        let directory = tempfile::tempdir().unwrap();
        for path in [directory.path().to_owned(), directory.path().join("missing.pcap")] {
            let error =
                CaptureFile::open(&Source::Path(path.clone()), InputId(0), ReadOptions::default()).err().unwrap();
            assert!(matches!(error.kind, CaptureErrorKind::Unreadable(_)));
            assert!(error.to_string().starts_with(&format!("{}: cannot be read: ", path.display())), "{error}");
        }
    }

    #[test]
    fn what_was_read_before_a_read_fails_is_given() {
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

    /// All that a file says, its packets taken as they lie at hand, so many at a time, and one by one between.
    fn said(bytes: &[u8], recover: bool, at_hand: &[usize]) -> Vec<String> {
        let read = Box::new(Cursor::new(bytes.to_vec()));
        let reading = ReadOptions { recover, hash: false };
        let mut capture = match CaptureFile::from_read(read, Path::new("x"), InputId(0), reading) {
            Ok(capture) => capture,
            Err(error) => return vec![error.to_string()],
        };
        let mut said = Vec::new();
        let mut at_hand = at_hand.iter().copied().cycle();
        loop {
            let wanted = said.len() + at_hand.next().unwrap_or(0);
            if wanted > said.len() {
                capture.at_hand(|packet| {
                    said.push(format!("{packet:?}"));
                    said.len() < wanted
                });
            }
            let next = capture.next();
            let is_packet = matches!(next, Ok(Next::Packet(_)));
            said.push(match next {
                Ok(Next::Packet(packet)) => format!("{packet:?}"),
                other => format!("{other:?}"),
            });
            if !is_packet {
                said.push(format!("{:?}", capture.facts()));
                return said;
            }
        }
    }

    proptest! {
        #[test]
        fn packets_at_hand_are_those_that_are_asked_for_one_by_one(
            mut bytes in capture(),
            wrong in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            recover in any::<bool>(),
            at_hand in prop::collection::vec(0..5_usize, 1..4),
        ) {
            for (at, byte) in wrong.into_iter().filter(|_| !bytes.is_empty()).collect::<Vec<_>>() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            prop_assert_eq!(said(&bytes, recover, &at_hand), said(&bytes, recover, &[]));
        }

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
    fn every_real_capture_is_read_to_its_end() {
        for path in samples::real_captures() {
            let outcome = drain(CaptureFile::open(&Source::Path(path), InputId(0), ReadOptions::default()).unwrap());
            assert_eq!(outcome.ending, "end");
        }
    }
}
