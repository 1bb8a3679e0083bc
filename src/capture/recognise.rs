//! What a file is, by its first bytes and never by its name.
//!
//! The magics: draft-ietf-opsawg-pcap section 4, draft-ietf-opsawg-pcapng section 4.1, libpcap `sf-pcap.c` for the
//! variants, Wireshark `wiretap/` for other programs' captures, and the specification of each compression.

use super::error::{CaptureErrorKind, Unsupported};
use super::facts::Compression;
use super::order::ByteOrder;

/// As many bytes tell everything that is recognised. Every capture is longer.
pub(super) const SNIFF_LEN: usize = 16;

/// Bytes of an unknown file that a message shows.
const SHOWN_LEN: usize = 8;

/// The type of a pcapng section header block, the same in both byte orders.
const SECTION_HEADER: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// What a file holds.
#[derive(Debug)]
pub(super) enum Content {
    /// Classic pcap.
    Pcap(PcapMagic),
    /// pcapng.
    Pcapng,
    /// A compressed file.
    Compressed(Compression),
    /// Something that is not read.
    Other(CaptureErrorKind),
}

/// What the first four bytes of a pcap file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PcapMagic {
    pub(super) order: ByteOrder,
    pub(super) variant: PcapVariant,
}

/// How the records of a pcap file look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PcapVariant {
    /// Seconds and microseconds, captured length, original length.
    Microseconds,
    /// The same with nanoseconds.
    Nanoseconds,
    /// Microseconds; interface, protocol and packet type stand behind the lengths. Old Red Hat and `SuSE` wrote it.
    Kuznetzov,
}

impl PcapMagic {
    /// Reads the magic of a pcap file that is read.
    pub(super) fn read(start: &[u8]) -> Option<Self> {
        [ByteOrder::Little, ByteOrder::Big].into_iter().find_map(|order| {
            let variant = match order.u32_at(start, 0)? {
                0xa1b2_c3d4 => PcapVariant::Microseconds,
                0xa1b2_3c4d => PcapVariant::Nanoseconds,
                0xa1b2_cd34 => PcapVariant::Kuznetzov,
                _ => return None,
            };
            Some(Self { order, variant })
        })
    }
}

/// Tells what a file is whose first [`SNIFF_LEN`] bytes (or all that it has) are these.
pub(super) fn recognise(start: &[u8]) -> Content {
    if let Some(magic) = PcapMagic::read(start) {
        return Content::Pcap(magic);
    }
    if start.starts_with(&SECTION_HEADER) {
        return Content::Pcapng;
    }
    if let Some(compression) = compression(start) {
        return Content::Compressed(compression);
    }
    if let Some(unsupported) = foreign(start) {
        return Content::Other(unsupported.into());
    }
    let named = NOT_CAPTURES.iter().find(|(magic, _)| start.starts_with(magic));
    let shown = named.map_or(SHOWN_LEN, |(magic, _)| magic.len());
    Content::Other(CaptureErrorKind::NotACapture {
        start: Some(start.iter().copied().take(shown).collect()),
        what: named.map(|&(_, what)| what),
    })
}

/// How a file is compressed that begins so. Frames to be skipped stand first in what some zstd programs write.
fn compression(start: &[u8]) -> Option<Compression> {
    let by_magic = Compression::ALL.iter().copied().find(|&compression| starts_member(compression, start));
    by_magic.or_else(|| is_skippable_frame(start).then_some(Compression::Zstd))
}

/// Whether a member or frame of that compression begins so.
pub(super) fn starts_member(compression: Compression, start: &[u8]) -> bool {
    start.starts_with(match compression {
        Compression::Gzip => &[0x1f, 0x8b],
        Compression::Zstd => &[0x28, 0xb5, 0x2f, 0xfd],
        Compression::Lz4 => &[0x04, 0x22, 0x4d, 0x18],
        Compression::Xz => &[0xfd, b'7', b'z', b'X', b'Z', 0],
        Compression::Bzip2 => b"BZh",
    })
}

/// Whether a frame of foreign data begins so, which decoders of zstd and lz4 skip: its magic and its length, eight
/// bytes (RFC 8878, section 3.1.2).
pub(super) fn is_skippable_frame(start: &[u8]) -> bool {
    ByteOrder::Little.u32_at(start, 0).is_some_and(|magic| magic & !0x0f == 0x184d_2a50)
}

/// A capture in a format that is not read, or a file compressed in a way that is not, which its program undoes with
/// `-d`.
fn foreign(start: &[u8]) -> Option<Unsupported> {
    const COMPRESSED: [(&[u8], &str); 3] =
        [(&[0x1f, 0x9d], "compress"), (b"LZIP", "lzip"), (&[0x02, 0x21, 0x4c, 0x18], "lz4")];
    const MAGICS: [(&[u8], &str); 3] = [
        (b"snoop\0\0\0", "a capture by Solaris snoop"),
        (b"GMBU", "a capture by Microsoft Network Monitor 2"),
        (b"RTSS", "a capture by Microsoft Network Monitor 1"),
    ];
    if let Some(&(_, program)) = COMPRESSED.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Some(Unsupported::Compressed(program));
    }
    let by_bytes = MAGICS.iter().find(|(magic, _)| start.starts_with(magic)).map(|&(_, what)| what);
    let by_number = || {
        [ByteOrder::Little, ByteOrder::Big].into_iter().find_map(|order| match order.u32_at(start, 0)? {
            0xa12b_3c4d => Some("Navtel's variant of pcap"),
            0xa1b2_34cd => Some("Mesquita's variant of pcap"),
            0x1c00_01ac => Some("IXIA's variant of pcap (hardware)"),
            0x1c00_01ab => Some("IXIA's variant of pcap (software)"),
            _ => None,
        })
    };
    by_bytes.or_else(by_number).map(Unsupported::Foreign)
}

/// Files that are often given by mistake.
const NOT_CAPTURES: [(&[u8], &str); 7] = [
    (b"PK", "a zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"%PDF", "a PDF document"),
    (b"\x7fELF", "a program"),
    (b"<?xml", "XML"),
    (b"SQLite format", "an SQLite database"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(start: &[u8]) -> String {
        match recognise(start) {
            Content::Other(kind) => kind.to_string(),
            content => panic!("{content:?}"),
        }
    }

    #[test]
    fn h1_h2_six_magics_are_pcap() {
        use ByteOrder::{Big, Little};
        use PcapVariant::{Kuznetzov, Microseconds, Nanoseconds};
        for (start, order, variant) in [
            (0xa1b2_c3d4_u32, Big, Microseconds),
            (0xd4c3_b2a1, Little, Microseconds),
            (0xa1b2_3c4d, Big, Nanoseconds),
            (0x4d3c_b2a1, Little, Nanoseconds),
            (0xa1b2_cd34, Big, Kuznetzov),
            (0x34cd_b2a1, Little, Kuznetzov),
        ] {
            assert_eq!(PcapMagic::read(&start.to_be_bytes()), Some(PcapMagic { order, variant }));
        }
    }

    #[test]
    fn h3_variants_that_are_not_read_have_a_name() {
        assert!(refusal(&[0x4d, 0x3c, 0x2b, 0xa1]).starts_with("Navtel's variant of pcap: not read"));
        assert!(refusal(&[0xa1, 0xb2, 0x34, 0xcd]).starts_with("Mesquita's"));
        assert!(refusal(&[0x1c, 0x00, 0x01, 0xac]).starts_with("IXIA's variant of pcap (hardware): not read"));
        assert!(refusal(&[0xab, 0x01, 0x00, 0x1c]).starts_with("IXIA's variant of pcap (software): not read"));
        assert!(refusal(b"snoop\0\0\0\0\0\0\x02").contains("editcap"));
    }

    #[test]
    fn j1_j7_a_compressed_file_is_recognised_or_says_how_to_decompress_it() {
        let recognised = |start: &[u8]| match recognise(start) {
            Content::Compressed(compression) => compression.word(),
            content => panic!("{content:?}"),
        };
        assert_eq!(recognised(&[0x1f, 0x8b, 8, 0]), "gzip");
        assert_eq!(recognised(b"\x28\xb5\x2f\xfd...."), "zstd");
        assert_eq!(recognised(b"\x5d\x2a\x4d\x18...."), "zstd");
        assert_eq!(recognised(b"\xfd7zXZ\0"), "xz");
        assert_eq!(recognised(b"\x04\x22\x4d\x18"), "lz4");
        assert_eq!(recognised(b"BZh91AY"), "bzip2");
        assert_eq!(refusal(&[0x1f, 0x9d, 0x90]), "compressed with compress: decompress it first (compress -d)");
        assert_eq!(refusal(b"LZIP\x01"), "compressed with lzip: decompress it first (lzip -d)");
    }

    #[test]
    fn what_is_no_capture_shows_how_it_begins() {
        assert_eq!(refusal(b"PK\x03\x04"), "not a capture (starts with \"PK\": a zip archive)");
        assert_eq!(refusal(b"ts,ts_ns,rtt_ms"), "not a capture (starts with \"ts,ts_ns\")");
        assert_eq!(refusal(&[0, 1]), "not a capture (starts with \"\\x00\\x01\")");
        assert_eq!(refusal(b""), "not a capture (it is empty)");
    }
}
