//! Compressed captures, decompressed as they are read.
//!
//! It takes the bytes of a file that one of five programs compressed; gives the bytes that were compressed, all members
//! or frames one after another; keeps the state of one decoder, which takes
//! [`DECOMPRESSION_BYTES_MAX`] at most, whatever the data claims; and leaves out files that were compressed twice, and
//! whatever stands behind the last member.
//!
//! ```text
//! file     member │ member │ ... │ trailing garbage (told, not read)
//! member   begins with its magic, knows its end, carries a checksum
//! ```
//!
//! The formats: RFC 1952 (gzip), RFC 8878 (zstd), `lz4_Frame_format.md`, `xz-file-format.txt`, and bzip2, which has no
//! specification but its source. All decoding is done by crates; here it is decided what comes next, and what an error
//! means.

use std::io::{self, BufRead, ErrorKind, Read};
use std::mem;

use bzip2::bufread::BzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use liblzma::bufread::XzDecoder;
use liblzma::stream::{Error as XzError, Stream as XzStream};
use lz4_flex::frame::FrameDecoder as Lz4Decoder;
use zstd::stream::raw::{DParameter, Decoder as ZstdDecoder, Operation};

use super::buffer::Buffer;
use super::error::{CaptureErrorKind, Damage, Unsupported};
use super::facts::Compression;
use super::order::{ByteOrder, in_file};
use super::recognise::{is_skippable_frame, starts_member};
use crate::limits::{DECOMPRESSION_BYTES_MAX, DECOMPRESSION_WINDOW_LOG};

/// What zstd says of a window that is too large (`ZSTD_error_frameParameter_windowTooLarge`); its number is not told.
const ZSTD_WINDOW_TOO_LARGE: &str = "Frame requires too much memory for decoding";

/// The largest window of deflate as a power of two (RFC 1951, 3.2.5).
const GZIP_WINDOW_LOG: u8 = 15;

/// Bytes that tell zstd what it wants next (`ZSTD_FRAMEHEADERSIZE_MIN`).
const ZSTD_START_LEN: usize = 5;

/// Bytes that are decompressed at once: what a call decompresses before it finds an error is lost. Larger steps are no
/// faster.
const STEP_LEN: usize = 32 * 1024;

/// Streams of xz may have zeros between them, in fours (`xz-file-format.txt`, section 2.2).
const XZ_PADDING: [u8; 4] = [0; 4];

/// Decompresses a file.
pub(super) struct Decompressor {
    compression: Compression,
    state: State,
    /// Bytes of the file that the last decoder left behind, which are told when there is no decoder.
    consumed: u64,
    has_trailing_garbage: bool,
}

enum State {
    /// In front of a member.
    Between(Buffer),
    /// Within one.
    Within(Member),
    /// Behind the last bytes that could be decompressed, with what is to be said then.
    Failed(CaptureErrorKind),
    /// There is nothing more to read, or nothing that makes sense.
    Over,
}

/// The decoder of one member.
enum Member {
    Gzip(Box<Gzip>),
    Zstd(Box<Zstd>),
    Lz4(Box<Lz4Decoder<Feed>>),
    Xz(Box<XzDecoder<Feed>>),
    Bzip2(Box<BzDecoder<Feed>>),
}

/// The decoder of a gzip member.
struct Gzip {
    decoder: Decompress,
    feed: Feed,
    is_over: bool,
}

impl Read for Gzip {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while !self.is_over {
            let held = self.feed.fill_buf()?;
            let at_end = held.is_empty();
            let (taken, given) = (self.decoder.total_in(), self.decoder.total_out());
            let status = self.decoder.decompress(held, to, FlushDecompress::None);
            self.feed.consume(bytes_since(taken, self.decoder.total_in()));
            self.is_over = status? == Status::StreamEnd;
            match bytes_since(given, self.decoder.total_out()) {
                0 if at_end && !self.is_over => return Err(ErrorKind::UnexpectedEof.into()),
                0 => {}
                len => return Ok(len),
            }
        }
        Ok(0)
    }
}

/// The decoder of a zstd frame, which is given one header or block at a time: what it decodes before it finds an error
/// is lost with the call.
struct Zstd {
    decoder: ZstdDecoder<'static>,
    feed: Feed,
    /// Bytes of the next header or block; 0 at the end of the frame.
    wanted: usize,
}

impl Read for Zstd {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.wanted > 0 {
            let held = self.feed.fill_buf()?;
            let is_over = held.is_empty();
            let status = self.decoder.run_on_buffers(held.get(..self.wanted).unwrap_or(held), to)?;
            self.feed.consume(status.bytes_read);
            self.wanted = status.remaining;
            if status.bytes_written > 0 {
                return Ok(status.bytes_written);
            }
            if is_over && self.wanted > 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(0)
    }
}

/// What decoders read: the file. If that fails, it looks like the end to them.
struct Feed {
    file: Buffer,
    /// Whether a decoder asked for more than there is.
    is_over: bool,
}

impl BufRead for Feed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let held = self.file.fill(1);
        self.is_over |= held.is_empty();
        Ok(held)
    }

    fn consume(&mut self, len: usize) {
        self.file.take(len);
    }
}

impl Read for Feed {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let len = self.fill_buf()?.read(to)?;
        self.consume(len);
        Ok(len)
    }
}

/// How many bytes a decoder went on from `before` to `after` in one call.
fn bytes_since(before: u64, after: u64) -> usize {
    usize::try_from(after - before).unwrap_or(0)
}

impl Decompressor {
    /// Begins at the start of a file, which is compressed like that.
    pub(super) fn new(compression: Compression, file: Buffer) -> Self {
        Self { compression, state: State::Between(file), consumed: 0, has_trailing_garbage: false }
    }

    /// Bytes of the file that are behind.
    pub(super) fn consumed(&self) -> u64 {
        match &self.state {
            State::Between(file) => file.offset(),
            State::Within(member) => member.file().offset(),
            State::Failed(_) | State::Over => self.consumed,
        }
    }

    /// Whether something stands behind the last member.
    pub(super) const fn has_trailing_garbage(&self) -> bool {
        self.has_trailing_garbage
    }

    /// Decompresses some bytes, none only at the end.
    pub(super) fn read(&mut self, to: &mut [u8]) -> Result<usize, CaptureErrorKind> {
        loop {
            match mem::replace(&mut self.state, State::Over) {
                State::Over => return Ok(0),
                State::Failed(failure) => return Err(failure),
                State::Between(file) => {
                    let Some(member) = self.next_member(file)? else { return Ok(0) };
                    self.state = State::Within(member);
                }
                State::Within(mut member) => {
                    let before = member.total_out();
                    match member.read(to) {
                        Ok(0) => self.state = State::Between(member.into_file()),
                        Ok(len) => {
                            self.state = State::Within(member);
                            return Ok(len);
                        }
                        Err(error) => {
                            let good =
                                before.zip(member.total_out()).map_or(0, |(before, after)| bytes_since(before, after));
                            self.consumed = member.file().offset();
                            self.state = State::Failed(self.fault(&error, member.into_file()));
                            // What was decompressed before the error is good; the error is told next time.
                            if good > 0 {
                                return Ok(good);
                            }
                        }
                    }
                }
            }
        }
    }

    /// Begins the next member, if there is one.
    fn next_member(&mut self, mut file: Buffer) -> Result<Option<Member>, CaptureErrorKind> {
        let passed = self.pass_between(&mut file);
        self.consumed = file.offset();
        passed?;
        if starts_member(self.compression, file.held()) {
            let member = Member::begin(self.compression, file);
            return member.map(Some).map_err(CaptureErrorKind::Unreadable);
        }
        self.has_trailing_garbage = !file.held().is_empty();
        file.failure().map_or(Ok(None), Err)
    }

    /// Passes what may stand between members: zeros for xz, frames of foreign data for zstd and lz4.
    fn pass_between(&self, file: &mut Buffer) -> Result<(), CaptureErrorKind> {
        loop {
            let is_start = file.offset() == 0;
            let held = file.fill(8);
            let skipped = match self.compression {
                Compression::Xz if !is_start && held.starts_with(&XZ_PADDING) => in_file(XZ_PADDING.len()),
                Compression::Zstd | Compression::Lz4 if is_skippable_frame(held) => {
                    let Some(len) = ByteOrder::Little.u32_at(held, 4) else {
                        return Err(CaptureErrorKind::CompressedCut(self.compression));
                    };
                    8 + u64::from(len)
                }
                _ => return Ok(()),
            };
            if file.skip(skipped) < skipped {
                return Err(file.failure().unwrap_or(CaptureErrorKind::CompressedCut(self.compression)));
            }
        }
    }

    /// What an error of a decoder means. A failure to read the file is told by the file.
    fn fault(&self, error: &io::Error, mut file: Buffer) -> CaptureErrorKind {
        if let Some(failure) = file.failure() {
            return failure;
        }
        let xz_memory = error.get_ref().and_then(|inner| inner.downcast_ref()) == Some(&XzError::MemLimit);
        if xz_memory || error.to_string() == ZSTD_WINDOW_TOO_LARGE {
            return Unsupported::DecompressionMemory(self.compression).into();
        }
        match error.kind() {
            ErrorKind::UnexpectedEof => CaptureErrorKind::CompressedCut(self.compression),
            _ => Damage::Compressed(self.compression).into(),
        }
    }
}

impl Member {
    fn begin(compression: Compression, file: Buffer) -> io::Result<Self> {
        let file = Feed { file, is_over: false };
        Ok(match compression {
            Compression::Gzip => {
                let decoder = Decompress::new_gzip(GZIP_WINDOW_LOG);
                Self::Gzip(Box::new(Gzip { decoder, feed: file, is_over: false }))
            }
            Compression::Zstd => {
                let mut decoder = ZstdDecoder::new()?;
                decoder.set_parameter(DParameter::WindowLogMax(DECOMPRESSION_WINDOW_LOG))?;
                Self::Zstd(Box::new(Zstd { decoder, feed: file, wanted: ZSTD_START_LEN }))
            }
            Compression::Lz4 => Self::Lz4(Box::new(Lz4Decoder::new(file))),
            Compression::Xz => {
                let stream = XzStream::new_stream_decoder(DECOMPRESSION_BYTES_MAX, 0)?;
                Self::Xz(Box::new(XzDecoder::new_stream(file, stream)))
            }
            Compression::Bzip2 => Self::Bzip2(Box::new(BzDecoder::new(file))),
        })
    }

    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let len = to.len().min(STEP_LEN);
        let to = to.get_mut(..len).unwrap_or_default();
        match self {
            Self::Gzip(decoder) => decoder.read(to),
            Self::Zstd(decoder) => decoder.read(to),
            Self::Lz4(decoder) => match decoder.read(to)? {
                // It takes the end of the file for the end of the frame.
                0 if decoder.get_ref().is_over => Err(ErrorKind::UnexpectedEof.into()),
                len => Ok(len),
            },
            Self::Xz(decoder) => decoder.read(to),
            Self::Bzip2(decoder) => decoder.read(to),
        }
    }

    /// Bytes decompressed so far, if the decoder tells.
    fn total_out(&self) -> Option<u64> {
        match self {
            Self::Xz(decoder) => Some(decoder.total_out()),
            Self::Bzip2(decoder) => Some(decoder.total_out()),
            Self::Gzip(decoder) => Some(decoder.decoder.total_out()),
            Self::Zstd(_) | Self::Lz4(_) => None,
        }
    }

    fn file(&self) -> &Buffer {
        let feed = match self {
            Self::Gzip(decoder) => &decoder.feed,
            Self::Zstd(decoder) => &decoder.feed,
            Self::Lz4(decoder) => decoder.get_ref(),
            Self::Xz(decoder) => decoder.get_ref(),
            Self::Bzip2(decoder) => decoder.get_ref(),
        };
        &feed.file
    }

    fn into_file(self) -> Buffer {
        let feed = match self {
            Self::Gzip(decoder) => decoder.feed,
            Self::Zstd(decoder) => decoder.feed,
            Self::Lz4(decoder) => decoder.into_inner(),
            Self::Xz(decoder) => decoder.into_inner(),
            Self::Bzip2(decoder) => decoder.into_inner(),
        };
        feed.file
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;
    use crate::capture::order::ByteOrder::Little;
    use crate::capture::samples::{
        Failing, Outcome, Pcap, Pcapng, Trickle, compress, read, read_from, zstd_with_window,
    };
    use crate::capture::stream::{ROOM_LEN, Stream};

    const ALL: &[Compression] = Compression::ALL;

    fn pcap() -> Vec<u8> {
        Pcap::default().packets(&[b"abc", b"defg", &[7; 5000]]).bytes()
    }

    fn assert_same(plain: &Outcome, packed: &Outcome, compression: Compression) {
        assert_eq!(plain.packets, packed.packets, "{compression}");
        assert_eq!(plain.ending, packed.ending, "{compression}");
        assert_eq!(plain.oddities, packed.oddities, "{compression}");
    }

    #[test]
    fn j1_i19_every_compression_of_either_format_gives_the_same_packets() {
        let pcapng = Pcapng::new(Little).interface(1, 0, &[]).enhanced(0, 7, 3, b"abc").bytes;
        for bytes in [pcap(), pcapng] {
            for &compression in ALL {
                let packed = compress(compression, &bytes);
                let outcome = read(&packed);
                assert_same(&read(&bytes), &outcome, compression);
                let facts = outcome.facts.unwrap();
                assert_eq!(facts.compression, Some(compression));
                assert_eq!([facts.bytes, facts.bytes_raw], [packed.len(), bytes.len()].map(in_file));
            }
        }
    }

    #[test]
    fn j2_a_file_cut_anywhere_gives_what_is_there_and_says_so() {
        let bytes = pcap();
        for &compression in ALL {
            let packed = compress(compression, &bytes);
            let mut most = 0;
            for len in 8..packed.len() {
                let outcome = read(&packed[..len]);
                assert!(
                    outcome.ending.ends_with(&format!("cut short: the {compression} data ends early")),
                    "{outcome:?}"
                );
                assert!(outcome.packets.len() >= most || compression == Compression::Bzip2);
                most = outcome.packets.len();
            }
            assert_eq!(most, 3, "{compression}: all but the checksum is there");
        }
        let packed = compress(Compression::Gzip, &bytes);
        assert_eq!(
            read(&packed[..packed.len() - 8]).ending,
            "x: record 4 at byte 5079 of the decompressed data: cut short: the gzip data ends early"
                .replace("5079", "5,079")
        );
    }

    #[test]
    fn j2_a_record_that_the_end_of_the_data_cuts_is_given_as_far_as_it_goes() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        io::Write::write_all(&mut encoder, &pcap()[..60]).unwrap();
        io::Write::flush(&mut encoder).unwrap();
        let outcome = read(encoder.get_ref());
        assert_eq!(outcome.data(), [&b"abc"[..], b"d"]);
        assert!(outcome.ending.ends_with("the gzip data ends early"), "{}", outcome.ending);
    }

    #[test]
    fn j3_what_was_decompressed_before_corrupt_data_stays() {
        for &compression in ALL {
            let mut packed = compress(compression, &pcap());
            let at = match compression {
                // The length, which is checked too.
                Compression::Gzip => packed.len() - 1,
                // The checksum of all content.
                Compression::Zstd | Compression::Lz4 => packed.len() - 4,
                // The length in the index.
                Compression::Xz => packed.len() - 28,
                Compression::Bzip2 => packed.len() - 5,
            };
            packed[at] ^= 0x10;
            let outcome = read(&packed);
            let ending = format!("damaged: the {compression} data is corrupt; nothing from here on was read");
            assert!(outcome.ending.ends_with(&ending), "{compression}: {}", outcome.ending);
            assert_eq!(outcome.packets.len(), 3, "{compression}");
        }
    }

    /// How many bytes are read at once must not decide how much of a damaged member is seen.
    #[test]
    fn j3_corrupt_data_loses_the_same_however_it_is_read() {
        let bytes = Pcap::default().packets(&[b"abc", b"defg", &[7; 300]]).bytes();
        for &compression in ALL {
            let packed = compress(compression, &bytes);
            for at in 4..packed.len() {
                let mut harmed = packed.clone();
                harmed[at] ^= 0x51;
                let whole = read(&harmed);
                let trickled = read_from(Trickle::new(harmed, vec![7]));
                assert_same(&whole, &trickled, compression);
            }
        }
    }

    #[test]
    fn j3_corrupt_data_loses_little_of_what_stands_before_it() {
        let mut random = 1_u32;
        let packets: Vec<Vec<u8>> = (0..20_000)
            .map(|_| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                [random.to_be_bytes(), random.to_le_bytes()].concat().repeat(4)
            })
            .collect();
        let packets: Vec<_> = packets.iter().map(Vec::as_slice).collect();
        let bytes = Pcap::default().packets(&packets).bytes();
        for &compression in ALL {
            let mut packed = compress(compression, &bytes);
            let at = packed.len() / 4 * 3;
            packed[at..at + 20].fill(0xff);
            let outcome = read(&packed);
            assert!(outcome.ending.contains("is corrupt") || outcome.ending.contains("damaged"), "{}", outcome.ending);
            // A block of bzip2 holds an eighth of them.
            assert!(outcome.packets.len() > 12_000, "{compression}: {}", outcome.packets.len());
        }
    }

    #[test]
    fn j4_members_that_were_joined_are_read_as_one() {
        let second = Pcap { link: 101, ..Pcap::default() }.packets(&[b"hi"]).bytes();
        for &compression in ALL {
            let halves = [compress(compression, &pcap()[..50]), compress(compression, &pcap()[50..])];
            assert_same(&read(&pcap()), &read(&halves.concat()), compression);
            let joined = [compress(compression, &pcap()), compress(compression, &second)].concat();
            assert_same(&read(&[pcap(), second.clone()].concat()), &read(&joined), compression);
            let empty = compress(compression, b"");
            let empty = [empty.clone(), empty.clone(), compress(compression, &pcap()), empty].concat();
            assert_same(&read(&pcap()), &read(&empty), compression);
        }
    }

    #[test]
    fn j4_a_cut_second_member_is_cut() {
        for &compression in ALL {
            let second = compress(compression, &Pcap::default().packets(&[b"hi"]).bytes());
            let joined = [compress(compression, &pcap()), second[..second.len() - 1].to_vec()].concat();
            assert!(read(&joined).ending.ends_with("data ends early"), "{compression}");
        }
    }

    #[test]
    fn j5_garbage_behind_the_data_is_counted_and_ignored() {
        for &compression in ALL {
            for garbage in [&[0_u8; 1][..], &[0; 511], b"garbage", &pcap()] {
                let packed = compress(compression, &pcap());
                let outcome = read(&[&packed, garbage].concat());
                assert_eq!((outcome.packets.len(), outcome.ending.as_str()), (3, "end"), "{compression}");
                assert_eq!(outcome.oddities, [("trailing_garbage", 1)], "{compression}");
            }
        }
    }

    #[test]
    fn frames_of_foreign_data_and_padding_are_passed() {
        let skipped = b"\x5a\x2a\x4d\x18\x03\0\0\0xyz";
        let zstd = compress(Compression::Zstd, &pcap());
        assert_same(&read(&pcap()), &read(&[skipped, &zstd[..], skipped].concat()), Compression::Zstd);
        let lz4 = compress(Compression::Lz4, &pcap());
        assert_same(&read(&pcap()), &read(&[&lz4[..], skipped].concat()), Compression::Lz4);
        assert!(read(&[&lz4[..], &skipped[..9]].concat()).ending.ends_with("the lz4 data ends early"));
        // A length that with its header is more than 32 bits hold.
        let long = b"\x5a\x2a\x4d\x18\xff\xff\xff\xff";
        assert!(read(&[&lz4[..], long].concat()).ending.ends_with("the lz4 data ends early"));
        let xz = compress(Compression::Xz, &pcap());
        assert_same(&read(&pcap()), &read(&[&xz[..], &[0; 8]].concat()), Compression::Xz);
    }

    #[test]
    fn j6_a_bomb_takes_no_memory() {
        let blocks = Pcapng::new(Little).interface(1, 0, &[]).bytes;
        let bomb = Pcapng::new(Little).block(0xbad, &vec![0; 8 * 1024 * 1024]).bytes[28..].to_vec();
        let last = Pcapng::new(Little).interface(1, 0, &[]).enhanced(0, 1, 3, b"abc").bytes;
        let bytes = [blocks, bomb.repeat(8), last].concat();
        for &compression in ALL {
            let packed = compress(compression, &bytes);
            assert!(packed.len() < bytes.len() / 100);
            let file = Buffer::new(Stream::of_read(Box::new(Cursor::new(packed.clone()))));
            let mut buffer = Buffer::new(Stream::decompressing(Decompressor::new(compression, file)));
            assert_eq!(buffer.skip(u64::MAX), in_file(bytes.len()));
            assert_eq!(buffer.allocated(), ROOM_LEN);
            assert_eq!(read(&packed).data(), [b"abc"]);
        }
    }

    #[test]
    fn j7_data_that_takes_too_much_memory_is_refused() {
        let zstd = zstd_with_window(28, &pcap());
        let mut options = liblzma::stream::LzmaOptions::new_preset(0).unwrap();
        options.dict_size(256 << 20);
        let mut filters = liblzma::stream::Filters::new();
        filters.lzma2(&options);
        let stream = XzStream::new_stream_encoder(&filters, liblzma::stream::Check::Crc64).unwrap();
        let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
        io::Write::write_all(&mut encoder, &pcap()).unwrap();
        let xz = encoder.finish().unwrap();
        for (compression, packed) in [(Compression::Zstd, zstd), (Compression::Xz, xz)] {
            assert_eq!(
                read(&packed).ending,
                format!(
                    "x: decompressing the {compression} data takes more than 128 MiB of memory: decompress it first \
                     ({compression} -d)"
                )
            );
        }
    }

    #[test]
    fn j7_windows_up_to_128_mib_are_read() {
        assert_same(&read(&pcap()), &read(&zstd_with_window(27, &pcap())), Compression::Zstd);
    }

    #[test]
    fn j8_a_file_compressed_twice_is_refused() {
        for &outer in ALL {
            for &inner in ALL {
                let ending = read(&compress(outer, &compress(inner, &pcap()))).ending;
                let wanted =
                    format!("x: compressed twice, with {inner} and then with {outer}: decompress it once first");
                assert!(ending.starts_with(&wanted), "{ending}");
            }
            assert_eq!(read(&compress(outer, b"")).ending, "x: not a capture (it is empty)");
            let foreign = read(&compress(outer, b"%PDF-1.4")).ending;
            assert_eq!(foreign, "x: not a capture (starts with \"%PDF\": a PDF document)");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_on_is_not_corrupt() {
        for &compression in ALL {
            let packed = compress(compression, &pcap());
            let outcome = read_from(Failing(Trickle::new(packed[..packed.len() - 9].to_vec(), vec![5])));
            assert!(outcome.ending.ends_with("cannot be read: the disk is gone"), "{compression}: {}", outcome.ending);
        }
    }

    proptest! {
        #[test]
        fn any_wrong_byte_comes_to_an_end(
            compression in prop::sample::select(ALL.to_vec()),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
            sizes in prop::collection::vec(1..40_usize, 1..5),
        ) {
            let mut packed = compress(compression, &pcap());
            let at = at.index(packed.len());
            packed[at] = byte;
            let whole = read(&packed);
            let parts = read_from(Trickle::new(packed, sizes));
            prop_assert!(whole.packets.len() <= 400);
            prop_assert_eq!(&whole.ending.ends_with("end"), &parts.ending.ends_with("end"));
        }

        #[test]
        fn any_bytes_behind_a_magic_come_to_an_end(
            compression in prop::sample::select(ALL.to_vec()),
            bytes in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let start = &compress(compression, &pcap())[..6];
            read(&[start, &bytes].concat());
        }
    }
}
