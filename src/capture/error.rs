//! Why a capture could not be read, or not to its end.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::facts::Compression;
use super::order::in_file;
use crate::limits::{DECOMPRESSION_BYTES_MAX, INTERFACES_MAX, RECORD_LEN_MAX};
use crate::text::{Grouped, printable};

/// Why reading an input stopped. Prints as what, where, why, and what now:
/// `2004/jan.pcap: record 17 at byte 4,711: cut short: 60 of 1,514 bytes of the packet are there`.
#[derive(Debug, Error)]
#[error("{}: {}{kind}", Printable(path), Prefix(*place))]
pub struct CaptureError {
    /// The input, as it was named.
    pub path: PathBuf,
    /// Where in it; `None` if not even its header could be read.
    pub place: Option<Place>,
    /// Why.
    pub kind: CaptureErrorKind,
}

/// A record or block of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What the format is made of.
    pub unit: Unit,
    /// 1-based number of the record or block.
    pub number: u64,
    /// Bytes in front of it: of the input, or of what was decompressed from it.
    pub offset: u64,
    /// Whether the offset counts decompressed bytes.
    pub is_decompressed: bool,
}

/// What a capture format is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Of a pcap file: every one holds a packet.
    Record,
    /// Of a pcapng file: some hold packets.
    Block,
}

/// What kind of failure it was.
#[derive(Debug, Error)]
pub enum CaptureErrorKind {
    /// The system would not open it or read on.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It begins like no capture.
    #[error("not a capture ({})", Beginning(start.as_deref(), *what))]
    NotACapture {
        /// Its first bytes, at most eight; `None` if nobody is to see them.
        start: Option<Vec<u8>>,
        /// What a file that begins so is, where that is known.
        what: Option<&'static str>,
    },
    /// It is a capture, but of a kind that is not read.
    #[error("{0}")]
    Unsupported(#[from] Unsupported),
    /// The input ends within a record. What was there of its packet has been given.
    #[error("cut short: {} of {} bytes of the {part} are there", Grouped(*present), Grouped(*wanted))]
    Cut {
        /// What the end cuts.
        part: Part,
        /// Bytes of it that are there.
        present: u64,
        /// Bytes that it should have.
        wanted: u64,
    },
    /// The compressed data ends within what it should hold. What could be decompressed has been given.
    #[error("cut short: the {0} data ends early")]
    CompressedCut(Compression),
    /// The bytes make no sense from here on, and nothing after them was read.
    #[error("damaged: {0}; nothing from here on was read")]
    Damaged(#[from] Damage),
    /// The interface went away while it was listened to.
    #[error("the interface is gone: nothing more could be captured")]
    Gone,
}

impl CaptureErrorKind {
    pub(super) fn cut(part: Part, present: usize, wanted: usize) -> Self {
        Self::Cut { part, present: in_file(present), wanted: in_file(wanted) }
    }

    /// Leaves out what it quotes of the input.
    pub fn hide_bytes(&mut self) {
        // How a kind of file begins that is known says nothing about this one.
        if let Self::NotACapture { start, what: None } = self {
            start.take_if(|start| !start.is_empty());
        }
    }
}

/// A capture of a kind that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unsupported {
    /// A file compressed in a way that is not read, which may hold a capture.
    #[error("compressed with {0}: decompress it first ({0} -d)")]
    Compressed(&'static str),
    /// A compressed file within a compressed file.
    #[error("compressed twice, with {inner} and then with {outer}: decompress it once first ({outer} -d)")]
    CompressedTwice {
        /// What was decompressed.
        outer: Compression,
        /// What was found in it.
        inner: Compression,
    },
    /// A file that cannot be decompressed within [`DECOMPRESSION_BYTES_MAX`].
    #[error(
        "decompressing the {0} data takes more than {mib} MiB of memory: decompress it first ({0} -d)",
        mib = DECOMPRESSION_BYTES_MAX >> 20
    )]
    DecompressionMemory(Compression),
    /// A compressed file that is to be followed.
    #[error("compressed with {0}: only files that are not compressed can be followed")]
    FollowedCompressed(Compression),
    /// The format of another program.
    #[error("{0}: not read; convert it first (editcap -F pcap)")]
    Foreign(&'static str),
    /// A pipe or a device that is to be followed.
    #[error("only files and directories can be followed")]
    FollowedPipe,
    /// A pcapng section of a version that is not known.
    #[error("pcapng version {0}.{1}: not known (1.0 and 1.2 are)")]
    PcapngVersion(u16, u16),
}

/// What the end of an input can cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The header of the whole file.
    FileHeader,
    /// The header of one packet.
    RecordHeader,
    /// A packet's bytes.
    Packet,
    /// A block of a pcapng file.
    Block,
}

/// Bytes that make no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Damage {
    /// A packet longer than [`RECORD_LEN_MAX`].
    #[error("a packet of {} bytes, and none is longer than {}", Grouped((*.0).into()), Grouped(RECORD_LEN_MAX.into()))]
    PacketLength(u32),
    /// A record header of nothing but zeros: a file that was laid out before it was filled, or a lost disk block.
    #[error("zeros where a record should begin")]
    Zeros,
    /// A block whose length is below 12, not a multiple of 4, too short for its type, or longer than
    /// [`BLOCK_LEN_MAX`](crate::limits::BLOCK_LEN_MAX).
    #[error("a block of type {block_type:#010x} with a length of {} bytes", Grouped(u64::from(*len)))]
    BlockLength {
        /// The block's type.
        block_type: u32,
        /// The length that it says it has.
        len: u32,
    },
    /// A section that does not tell its byte order.
    #[error("a section header without its byte-order magic")]
    ByteOrder,
    /// Compressed data that cannot be decompressed from here on, or whose checksum differs.
    #[error("the {0} data is corrupt")]
    Compressed(Compression),
    /// A section with more than [`INTERFACES_MAX`] interfaces.
    #[error("more than {} interfaces in one section", Grouped(in_file(INTERFACES_MAX)))]
    TooManyInterfaces,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FileHeader => "file header",
            Self::RecordHeader => "record header",
            Self::Packet => "packet",
            Self::Block => "block",
        })
    }
}

impl fmt::Display for Place {
    /// `record 17 at byte 4,711`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Record => "record",
            Unit::Block => "block",
        };
        write!(f, "{unit} {} at byte {}", Grouped(self.number), Grouped(self.offset))?;
        f.write_str(if self.is_decompressed { " of the decompressed data" } else { "" })
    }
}

/// The place and what parts it from the reason, or nothing.
struct Prefix(Option<Place>);

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(place) => write!(f, "{place}: "),
            None => Ok(()),
        }
    }
}

/// A path of which nothing reaches a terminal that is not to be seen.
pub(super) struct Printable<'a>(pub(super) &'a Path);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(self.0.as_os_str().as_encoded_bytes()))
    }
}

/// How a file begins, in words.
struct Beginning<'a>(Option<&'a [u8]>, Option<&'static str>);

impl fmt::Display for Beginning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(start, what) = *self;
        match start {
            Some([]) => return f.write_str("it is empty"),
            Some(start) => write!(f, "starts with \"{}\"", start.escape_ascii())?,
            None => return f.write_str("how it starts is hidden"),
        }
        what.map_or(Ok(()), |what| write!(f, ": {what}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(path: &str, place: Option<Place>, kind: CaptureErrorKind) -> String {
        CaptureError { path: path.into(), place, kind }.to_string()
    }

    #[test]
    fn an_error_says_what_where_and_why() {
        let place = Some(Place { unit: Unit::Record, number: 17, offset: 4711, is_decompressed: false });
        let zip = || CaptureErrorKind::NotACapture { start: Some(b"PK".into()), what: Some("a zip archive") };
        assert_eq!(
            error("2004/jan.pcap", place, CaptureErrorKind::Cut { part: Part::Packet, present: 60, wanted: 1514 }),
            "2004/jan.pcap: record 17 at byte 4,711: cut short: 60 of 1,514 bytes of the packet are there"
        );
        assert_eq!(error("x.pcap", None, zip()), "x.pcap: not a capture (starts with \"PK\": a zip archive)");
        let hidden = |mut kind: CaptureErrorKind| {
            kind.hide_bytes();
            error("x", None, kind)
        };
        assert_eq!(hidden(zip()), "x: not a capture (starts with \"PK\": a zip archive)");
        let text = |start: &[u8]| CaptureErrorKind::NotACapture { start: Some(start.into()), what: None };
        assert_eq!(hidden(text(b"alice@ex")), "x: not a capture (how it starts is hidden)");
        assert_eq!(hidden(text(b"")), "x: not a capture (it is empty)");
        assert_eq!(
            error("x.pcap.lz", None, Unsupported::Compressed("lzip").into()),
            "x.pcap.lz: compressed with lzip: decompress it first (lzip -d)"
        );
        let place = place.map(|place| Place { is_decompressed: true, ..place });
        assert_eq!(
            error("x.pcap.gz", place, CaptureErrorKind::CompressedCut(Compression::Gzip)),
            "x.pcap.gz: record 17 at byte 4,711 of the decompressed data: cut short: the gzip data ends early"
        );
    }

    #[test]
    fn a_name_cannot_speak_to_the_terminal() {
        let kind = CaptureErrorKind::NotACapture { start: Some(vec![]), what: None };
        let name = "j\u{e4}n\u{1b}[2J'\u{202e}b";
        assert_eq!(error(name, None, kind), "j\u{e4}n\\x1B[2J'\\xE2\\x80\\xAEb: not a capture (it is empty)");
    }
}
