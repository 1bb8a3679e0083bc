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
use flate2::bufread::GzDecoder;
use liblzma::bufread::XzDecoder;
use liblzma::stream::{Error as XzError, Stream as XzStream};
use lz4_flex::frame::FrameDecoder as Lz4Decoder;
use zstd::stream::read::Decoder as ZstdDecoder;

use super::buffer::Buffer;
use super::error::{CaptureErrorKind, Damage, Unsupported};
use super::facts::Compression;
use super::order::{ByteOrder, in_file, in_memory};
use super::recognise::{is_skippable_frame, starts_member};
use crate::limits::{DECOMPRESSION_BYTES_MAX, DECOMPRESSION_WINDOW_LOG};

/// What zstd says of a window that is too large (`ZSTD_error_frameParameter_windowTooLarge`); its number is not told.
const ZSTD_WINDOW_TOO_LARGE: &str = "Frame requires too much memory for decoding";

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
    /// There is nothing more to read, or nothing that makes sense.
    Over,
}

/// The decoder of one member.
enum Member {
    Gzip(Box<GzDecoder<Feed>>),
    Zstd(Box<ZstdDecoder<'static, Feed>>),
    Lz4(Box<Lz4Decoder<Feed>>),
    Xz(Box<XzDecoder<Feed>>),
    Bzip2(Box<BzDecoder<Feed>>),
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

impl Decompressor {
    /// Begins at the start of a file, which is compressed like that.
    pub(super) fn new(compression: Compression, file: Buffer) -> Self {
        Self { compression, state: State::Between(file), consumed: 0, has_trailing_garbage: false }
    }

    /// How the file is compressed.
    pub(super) const fn compression(&self) -> Compression {
        self.compression
    }

    /// Bytes of the file that are behind.
    pub(super) fn consumed(&self) -> u64 {
        match &self.state {
            State::Between(file) => file.offset(),
            State::Within(member) => member.file().offset(),
            State::Over => self.consumed,
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
                State::Between(file) => {
                    let Some(member) = self.next_member(file)? else { return Ok(0) };
                    self.state = State::Within(member);
                }
                State::Within(mut member) => match member.read(to) {
                    Ok(0) => self.state = State::Between(member.into_file()),
                    Ok(len) => {
                        self.state = State::Within(member);
                        return Ok(len);
                    }
                    Err(error) => {
                        self.consumed = member.file().offset();
                        return Err(self.fault(&error, member.into_file()));
                    }
                },
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
                Compression::Xz if !is_start && held.starts_with(&XZ_PADDING) => XZ_PADDING.len(),
                Compression::Zstd | Compression::Lz4 if is_skippable_frame(held) => {
                    let Some(len) = ByteOrder::Little.u32_at(held, 4) else {
                        return Err(CaptureErrorKind::CompressedCut(self.compression));
                    };
                    8 + in_memory(len)
                }
                _ => return Ok(()),
            };
            let skipped = in_file(skipped);
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
            Compression::Gzip => Self::Gzip(Box::new(GzDecoder::new(file))),
            Compression::Zstd => {
                let mut decoder = ZstdDecoder::with_buffer(file)?.single_frame();
                decoder.window_log_max(DECOMPRESSION_WINDOW_LOG)?;
                Self::Zstd(Box::new(decoder))
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

    fn file(&self) -> &Buffer {
        let feed = match self {
            Self::Gzip(decoder) => decoder.get_ref(),
            Self::Zstd(decoder) => decoder.get_ref(),
            Self::Lz4(decoder) => decoder.get_ref(),
            Self::Xz(decoder) => decoder.get_ref(),
            Self::Bzip2(decoder) => decoder.get_ref(),
        };
        &feed.file
    }

    fn into_file(self) -> Buffer {
        let feed = match self {
            Self::Gzip(decoder) => decoder.into_inner(),
            Self::Zstd(decoder) => decoder.finish(),
            Self::Lz4(decoder) => decoder.into_inner(),
            Self::Xz(decoder) => decoder.into_inner(),
            Self::Bzip2(decoder) => decoder.into_inner(),
        };
        feed.file
    }
}
