//! Classic pcap files: a header, then records until the end.
//!
//! It takes a buffer at the start of the file; gives the place of one packet after another; keeps what the file header
//! said; and leaves out records that make no sense: the first one ends the file.
//!
//! ```text
//! file    magic │ major minor │ zone │ sigfigs │ snap length │ FCS, link type       24 bytes
//! record  seconds │ fraction │ captured length │ original length │ (Kuznetzov: 8)   16 or 24 bytes, then the packet
//! ```
//!
//! The format is draft-ietf-opsawg-pcap; what old versions and variants do is libpcap's `sf-pcap.c`.

use std::mem;

use super::Record;
use super::buffer::Buffer;
use super::chain::{Chain, Judgement, LINK_PROBE_LEN, chain, is_link_layer, is_near};
use super::error::{CaptureErrorKind, Damage, Part};
use super::facts::{Facts, Format};
use super::oddities::Oddity;
use super::order::{ByteOrder, in_memory};
use super::recognise::{PcapMagic, PcapVariant};
use crate::limits::RECORD_LEN_MAX;
use crate::packet::{LinkType, NANOS_PER_SECOND, Timestamp};

pub(super) const FILE_HEADER_LEN: usize = 24;

/// Lengths of record headers: the usual, Kuznetzov's, his with the number of the processor (patch "ss990915"), and with
/// four bytes that Nokia's firewalls add.
const RECORD_HEADER_LEN: usize = 16;
const KUZNETZOV_HEADER_LEN: usize = 24;
const CPU_HEADER_LEN: usize = 28;
const NOKIA_HEADER_LEN: usize = 20;

/// What the header of the file (or of the last file that was joined to it) says about its records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pcap {
    order: ByteOrder,
    record_header_len: usize,
    units_per_second: u32,
    nanos_per_unit: i64,
    lengths: Lengths,
    link_type: LinkType,
    fcs_len: u8,
}

/// In which order a record tells its two lengths: they changed places in version 2.3, and some programs that wrote
/// 2.3 had not noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lengths {
    CapturedFirst,
    OriginalFirst,
    SmallerIsCaptured,
}

/// The part of a record header that all variants share.
#[derive(Clone, Copy, Debug)]
struct RecordHeader {
    seconds: u32,
    fraction: u32,
    captured: u32,
    original: u32,
}

impl RecordHeader {
    /// Whether the time is what a file begins with: a magic of either byte order.
    #[inline]
    const fn seconds_are_magic(self) -> bool {
        matches!(self.seconds, 0xa1b2_c3d4 | 0xa1b2_3c4d | 0xa1b2_cd34 | 0xd4c3_b2a1 | 0x4d3c_b2a1 | 0x34cd_b2a1)
    }
}

impl Pcap {
    /// Reads the file header at the start of the buffer, and begins the facts.
    pub(super) fn open(magic: PcapMagic, buffer: &mut Buffer) -> Result<(Self, Facts), CaptureErrorKind> {
        let mut facts = Facts::new(match magic.variant {
            PcapVariant::Microseconds => Format::Pcap,
            PcapVariant::Nanoseconds => Format::PcapNanoseconds,
            PcapVariant::Kuznetzov => Format::PcapKuznetzov,
        });
        let pcap = Self::file_header(magic, buffer, &mut facts)?;
        Ok((pcap.with_true_headers(magic, buffer, &mut facts), facts))
    }

    /// Finds out how long record headers are, if the first makes no sense: some programs wrote longer ones under a
    /// magic that did not tell (`libpcap.c` of Wireshark's `wiretap` lists them).
    fn with_true_headers(self, magic: PcapMagic, buffer: &mut Buffer, facts: &mut Facts) -> Self {
        const KUZNETZOV: &[usize] = &[CPU_HEADER_LEN];
        const MICROSECONDS: &[usize] = &[KUZNETZOV_HEADER_LEN, NOKIA_HEADER_LEN];
        // The length that makes no sense is none of them.
        let lengths = match magic.variant {
            PcapVariant::Kuznetzov => KUZNETZOV,
            PcapVariant::Microseconds => MICROSECONDS,
            PcapVariant::Nanoseconds => return self,
        };
        let start = buffer.fill(self.record_header_len + LINK_PROBE_LEN);
        if start.is_empty() || !matches!(self.judge(start, None), Judgement::No) {
            return self;
        }
        let with_length = |&record_header_len: &usize| Self { record_header_len, ..self };
        let holds = |pcap: &Self| chain(buffer, None, &|held, near| pcap.judge(held, near)) == Chain::Holds;
        let Some(pcap) = lengths.iter().map(with_length).find(holds) else { return self };
        facts.oddities.add(Oddity::OtherHeaderLength);
        pcap
    }

    /// Whether the buffer can hold all of the next record, or at least as much as shows that it makes no sense.
    fn is_whole(&self, buffer: &mut Buffer) -> bool {
        let Some(header) = self.record_header(buffer.fill(self.record_header_len)) else { return false };
        let captured = in_memory(header.captured).min(in_memory(RECORD_LEN_MAX));
        let len = self.record_header_len + captured;
        let len = if header.seconds_are_magic() { len.max(FILE_HEADER_LEN) } else { len };
        buffer.fill(len).len() >= len
    }

    /// What the bytes after damage look like.
    pub(super) fn judge(&self, held: &[u8], near: Option<Timestamp>) -> Judgement {
        let Some(header) = self.record_header(held) else {
            return Judgement::Wants(self.record_header_len);
        };
        let RecordHeader { fraction, captured, original, .. } = header;
        let time = self.time(header);
        if captured > original || original > RECORD_LEN_MAX || fraction >= self.units_per_second || !is_near(time, near)
        {
            return Judgement::No;
        }
        let captured = in_memory(captured);
        let probe = self.record_header_len..self.record_header_len + captured.min(LINK_PROBE_LEN);
        match held.get(probe.clone()) {
            None => Judgement::Wants(probe.end),
            Some(start) if is_link_layer(self.link_type, original, captured, start) => {
                Judgement::Plausible { len: self.record_header_len + captured, time: Some(time) }
            }
            Some(_) => Judgement::No,
        }
    }

    /// The record that these bytes begin with, if it is there whole and there is nothing odd about it.
    #[inline]
    pub(super) fn usual_record(&self, held: &[u8]) -> Option<Record> {
        let header = self.record_header(held)?;
        let is_usual = matches!(header.captured, 1..=RECORD_LEN_MAX)
            && header.captured <= header.original
            && header.fraction < self.units_per_second
            && !header.seconds_are_magic();
        if !is_usual {
            return None;
        }
        // Any other length might not fit into 32 bits with its header.
        let len = self.record_header_len + in_memory(header.captured);
        (len <= held.len()).then(|| self.record(header, len, len))
    }

    /// Where the next packet lies, or `None` at the end: of the file, or of the records that a growing file has whole.
    pub(super) fn next_record(
        &mut self,
        buffer: &mut Buffer,
        facts: &mut Facts,
    ) -> Result<Option<Record>, CaptureErrorKind> {
        let header = loop {
            let held = buffer.fill(self.record_header_len);
            if held.is_empty() || (buffer.grows() && !self.is_whole(buffer)) {
                return Ok(None);
            }
            let held = buffer.held();
            let Some(header) = self.record_header(held) else {
                return Err(CaptureErrorKind::cut(Part::RecordHeader, held.len(), self.record_header_len));
            };
            if (header.seconds_are_magic() || header.captured == 0 && header.original == 0)
                && self.is_joined_file(buffer, facts)?
            {
                continue;
            }
            break header;
        };
        if header.captured > RECORD_LEN_MAX {
            return Err(Damage::PacketLength(header.captured).into());
        }
        let wanted = self.record_header_len + in_memory(header.captured);
        let present = buffer.fill(wanted).len().min(wanted);
        if header.captured > header.original {
            facts.oddities.add(Oddity::CapturedOverOriginal);
        }
        if header.fraction >= self.units_per_second {
            facts.oddities.add(Oddity::SubsecondOverflow);
        }
        Ok(Some(self.record(header, present, wanted)))
    }

    /// The record that `header` begins: `len` bytes of it, of `whole_len`.
    #[inline]
    fn record(&self, header: RecordHeader, len: usize, whole_len: usize) -> Record {
        Record {
            len,
            whole_len,
            data_at: self.record_header_len,
            data_end: len,
            time: self.time(header),
            link_type: self.link_type,
            original_len: header.original.max(header.captured),
            fcs_len: self.fcs_len,
        }
    }

    #[inline]
    fn time(&self, header: RecordHeader) -> Timestamp {
        // 2^32 seconds and 2^32 microseconds are half of what 64 bits hold in nanoseconds.
        let nanos = i64::from(header.seconds) * NANOS_PER_SECOND + i64::from(header.fraction) * self.nanos_per_unit;
        Timestamp::from_nanos(nanos)
    }

    /// The header at the start of these bytes, if it is there whole.
    #[inline]
    fn record_header(&self, held: &[u8]) -> Option<RecordHeader> {
        let bytes = held.get(..self.record_header_len)?;
        let [seconds, fraction, captured, original] = self.order.u32s(bytes.first_chunk()?);
        let mut header = RecordHeader { seconds, fraction, captured, original };
        let swapped = match self.lengths {
            Lengths::CapturedFirst => false,
            Lengths::OriginalFirst => true,
            Lengths::SmallerIsCaptured => header.captured > header.original,
        };
        if swapped {
            mem::swap(&mut header.captured, &mut header.original);
        }
        Some(header)
    }

    /// Looks at a record without lengths, or with a magic for its time: the header of another file that was joined to
    /// this one (`cat a b`) reads so. Its time zone and sigfigs, usually zero, stand where the lengths are. Reads that
    /// header, if it is one.
    #[cold]
    fn is_joined_file(&mut self, buffer: &mut Buffer, facts: &mut Facts) -> Result<bool, CaptureErrorKind> {
        let held = buffer.held();
        if held.iter().take(self.record_header_len).all(|&byte| byte == 0) {
            return Err(Damage::Zeros.into());
        }
        let Some(magic) = PcapMagic::read(held) else { return Ok(false) };
        if magic.order.u16_at(held, 4) != Some(2) || magic.order.u16_at(held, 6) > Some(4) {
            return Ok(false);
        }
        facts.oddities.add(Oddity::JoinedFile);
        *self = Self::file_header(magic, buffer, facts)?;
        Ok(true)
    }

    fn file_header(magic: PcapMagic, buffer: &mut Buffer, facts: &mut Facts) -> Result<Self, CaptureErrorKind> {
        let held = buffer.fill(FILE_HEADER_LEN);
        let pcap = Self::parse_file_header(magic, held, facts)
            .ok_or_else(|| CaptureErrorKind::cut(Part::FileHeader, held.len(), FILE_HEADER_LEN))?;
        buffer.take(FILE_HEADER_LEN);
        Ok(pcap)
    }

    fn parse_file_header(magic: PcapMagic, held: &[u8], facts: &mut Facts) -> Option<Self> {
        let PcapMagic { order, variant } = magic;
        let bytes = held.get(..FILE_HEADER_LEN)?;
        let lengths = match (order.u16_at(bytes, 4)?, order.u16_at(bytes, 6)?) {
            // 543.0 was written by tcpdump on DG/UX.
            (2, 0..=2) | (543, 0) => Lengths::OriginalFirst,
            (2, 3) => Lengths::SmallerIsCaptured,
            (2, 4) => Lengths::CapturedFirst,
            _ => {
                facts.oddities.add(Oddity::UnknownVersion);
                Lengths::CapturedFirst
            }
        };
        if order.u32_at(bytes, 8)? != 0 {
            facts.oddities.add(Oddity::TimeZone);
        }
        let LinkField { link_type, fcs_len, reserved } = LinkField::new(order.u32_at(bytes, 20)?);
        if reserved {
            facts.oddities.add(Oddity::ReservedBits);
        }
        facts.interface(link_type, order.u32_at(bytes, 16)?);
        let (units_per_second, nanos_per_unit) = match variant {
            PcapVariant::Nanoseconds => (1_000_000_000, 1),
            PcapVariant::Microseconds | PcapVariant::Kuznetzov => (1_000_000, 1_000),
        };
        let record_header_len =
            if variant == PcapVariant::Kuznetzov { KUZNETZOV_HEADER_LEN } else { RECORD_HEADER_LEN };
        Some(Self { order, record_header_len, units_per_second, nanos_per_unit, lengths, link_type, fcs_len })
    }
}

/// The last word of the file header: `FFFF R P 0000000000 LLLLLLLLLLLLLLLL`. If P is set, F is the length of the frame
/// check sequence in units of two bytes (draft-ietf-opsawg-pcap, section 4).
struct LinkField {
    link_type: LinkType,
    fcs_len: u8,
    reserved: bool,
}

impl LinkField {
    fn new(word: u32) -> Self {
        const FCS_PRESENT: u32 = 0x0400_0000;
        const RESERVED: u32 = 0x0bff_0000;
        let [high, _, low @ ..] = word.to_be_bytes();
        let fcs_len = if word & FCS_PRESENT == 0 { 0 } else { (high >> 4) * 2 };
        Self { link_type: LinkType(u16::from_be_bytes(low)), fcs_len, reserved: word & RESERVED != 0 }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read, Result, Write};
    use std::path::Path;

    use crate::capture::buffer::Buffer;
    use crate::capture::chain::Judgement;
    use crate::capture::order::ByteOrder::{Big, Little};
    use crate::capture::recognise::PcapMagic;
    use crate::capture::samples::{Pcap, Trickle, read, read_from};
    use crate::capture::stream::Stream;
    use crate::capture::{CaptureFile, Next, PacketSource, ReadOptions, Source};
    use crate::limits::RECORD_LEN_MAX;
    use crate::packet::{InputId, Timestamp};

    const NANOS: u32 = 0xa1b2_3c4d;
    const KUZNETZOV: u32 = 0xa1b2_cd34;

    #[test]
    fn h1_h2_every_magic_in_both_orders_reads_the_same_packets() {
        for (magic, nanos) in [(0xa1b2_c3d4, 5_000_007_000), (NANOS, 5_000_000_007), (KUZNETZOV, 5_000_007_000)] {
            for order in [Little, Big] {
                let file = Pcap { order, magic, ..Pcap::default() };
                let outcome = read(&file.record([5, 7, 3, 60], b"abc").record([6, 0, 1, 1], b"d").bytes());
                assert_eq!(outcome.ending, "end");
                assert_eq!(outcome.data(), [&b"abc"[..], b"d"]);
                assert_eq!(outcome.nanos(), [nanos, 6_000_000_000]);
                assert_eq!((outcome.packets[0].frame, outcome.packets[0].original_len), (1, 60));
                assert_eq!(outcome.oddities, []);
            }
        }
    }

    #[test]
    fn h2_record_headers_are_as_long_as_they_are_whatever_the_magic_says() {
        let packet = [&[2; 12][..], &[8, 0], &[0x45; 40]].concat();
        for (magic, filler) in [(0xa1b2_c3d4, 8), (0xa1b2_c3d4, 4), (KUZNETZOV, 4)] {
            for order in [Little, Big] {
                let file = Pcap { order, magic, ..Pcap::default() };
                let data = [&vec![9; filler][..], &packet].concat();
                let record = |file: Pcap, seconds: u32| file.record([1_063_540_800 + seconds, 0, 54, 54], &data);
                let mut bytes = (0..4).fold(file, record).bytes();
                let outcome = read(&bytes);
                assert_eq!(outcome.data(), [&packet; 4], "{magic:#x} {filler}");
                assert_eq!((outcome.ending.as_str(), outcome.oddities), ("end", vec![("other_header_length", 1)]));
                // The same one byte at a time, and cut.
                bytes.pop();
                let outcome = read_from(Trickle::new(bytes, vec![1]));
                assert_eq!((outcome.packets.len(), outcome.oddities), (4, vec![("other_header_length", 1)]));
            }
        }
    }

    #[test]
    fn h2_strange_packets_do_not_change_the_length_of_record_headers() {
        let file = Pcap::default().packets(&[&[0xff; 60], &[0xee; 60], b"x"]);
        assert_eq!((read(&file.bytes()).packets.len(), read(&file.bytes()).oddities), (3, vec![]));
    }

    #[test]
    fn h4_old_versions_tell_the_lengths_the_other_way_round() {
        for (version, numbers) in [
            ((2, 0), [1, 0, 60, 3]),
            ((2, 2), [1, 0, 60, 3]),
            ((543, 0), [1, 0, 60, 3]),
            ((2, 3), [1, 0, 60, 3]),
            ((2, 3), [1, 0, 3, 60]),
            ((2, 4), [1, 0, 3, 60]),
        ] {
            let outcome = read(&Pcap { version, ..Pcap::default() }.record(numbers, b"abc").bytes());
            assert_eq!(outcome.data(), [b"abc"], "{version:?}");
            assert_eq!(outcome.packets[0].original_len, 60);
            assert_eq!(outcome.oddities, []);
        }
    }

    #[test]
    fn h5_an_unknown_version_is_read_and_counted() {
        let outcome = read(&Pcap { version: (2, 5), ..Pcap::default() }.packets(&[b"abc"]).bytes());
        assert_eq!(outcome.data(), [b"abc"]);
        assert_eq!(outcome.oddities, [("unknown_version", 1)]);
    }

    #[test]
    fn h6_the_snap_length_decides_nothing() {
        for snap_len in [0, 1, u32::MAX] {
            assert_eq!(read(&Pcap { snap_len, ..Pcap::default() }.packets(&[b"abc"]).bytes()).data(), [b"abc"]);
        }
    }

    #[test]
    fn h7_h17_a_record_that_is_too_long_ends_the_file_where_it_begins() {
        let outcome = read(&Pcap::default().packets(&[b"abc"]).record([2, 0, 262_145, 262_145], b"x").bytes());
        assert_eq!(outcome.data(), [b"abc"]);
        assert_eq!(
            outcome.ending,
            "x: record 2 at byte 43: damaged: a packet of 262,145 bytes, and none is longer than 262,144; nothing from \
             here on was read"
        );
        assert_eq!(outcome.bytes, 43);
    }

    #[test]
    fn h7_a_record_that_with_its_header_is_longer_than_32_bits_tell_ends_the_file() {
        let outcome = read(&Pcap::default().packets(&[b"abc"]).record([2, 0, u32::MAX, u32::MAX], b"x").bytes());
        assert!(outcome.ending.contains("damaged: a packet of 4,294,967,295 bytes"), "{}", outcome.ending);
    }

    #[test]
    fn the_longest_record_is_read() {
        let long = vec![7; 262_144];
        assert_eq!(read(&Pcap::default().packets(&[&long, &long]).bytes()).data(), [&long, &long]);
    }

    #[test]
    fn h8_a_packet_is_never_shorter_than_what_was_captured() {
        let outcome = read(&Pcap::default().record([1, 0, 3, 2], b"abc").bytes());
        assert_eq!((outcome.packets[0].original_len, outcome.data()), (3, vec![&b"abc"[..]]));
        assert_eq!(outcome.oddities, [("captured_over_original", 1)]);
    }

    #[test]
    fn h9_a_packet_of_which_nothing_was_captured_is_a_packet() {
        let outcome = read(&Pcap::default().record([1, 0, 0, 60], b"").record([2, 0, 0, 0], b"").bytes());
        assert_eq!(outcome.packets.iter().map(|packet| packet.original_len).collect::<Vec<_>>(), [60, 0]);
    }

    #[test]
    fn h10_too_many_microseconds_are_carried_and_counted() {
        let outcome = read(&Pcap::default().record([1, 1_500_000, 1, 1], b"a").bytes());
        assert_eq!(outcome.nanos(), [2_500_000_000]);
        assert_eq!(outcome.oddities, [("subsecond_overflow", 1)]);
    }

    #[test]
    fn g9_the_seconds_are_unsigned_and_their_last_is_in_2106() {
        let outcome =
            read(&Pcap { magic: NANOS, ..Pcap::default() }.record([u32::MAX, 999_999_999, 1, 1], b"a").bytes());
        assert_eq!(outcome.nanos(), [4_294_967_295_999_999_999]);
    }

    #[test]
    fn h11_the_link_type_has_neighbours() {
        for (link, fcs_len, oddities) in
            [(0x2400_0001, 4, vec![]), (0x2000_0001, 0, vec![]), (0x0801_0001, 0, vec![("reserved_bits", 1)])]
        {
            let outcome = read(&Pcap { link, ..Pcap::default() }.packets(&[b"abc"]).bytes());
            assert_eq!((outcome.packets[0].link_type, outcome.packets[0].fcs_len), (1, fcs_len));
            assert_eq!(outcome.oddities, oddities);
        }
    }

    #[test]
    fn h12_h13_h14_a_file_needs_its_header_and_no_more() {
        let bytes = Pcap::default().bytes();
        assert_eq!(read(b"").ending, "x: not a capture (it is empty)");
        assert_eq!(read(&bytes[..20]).ending, "x: cut short: 20 of 24 bytes of the file header are there");
        assert_eq!(read(&bytes).ending, "end");
    }

    #[test]
    fn h15_a_cut_record_header_is_an_error() {
        let bytes = Pcap::default().packets(&[b"abc", b"def"]).bytes();
        let outcome = read(&bytes[..24 + 19 + 15]);
        assert_eq!(outcome.data(), [b"abc"]);
        assert_eq!(outcome.ending, "x: record 2 at byte 43: cut short: 15 of 16 bytes of the record header are there");
    }

    #[test]
    fn h16_a_cut_last_record_gives_what_is_there() {
        let bytes = Pcap::default().packets(&[b"abc", b"defg"]).bytes();
        let outcome = read(&bytes[..bytes.len() - 1]);
        assert_eq!(outcome.data(), [b"abc", b"def"]);
        assert_eq!(outcome.packets[1].original_len, 4);
        assert_eq!(outcome.ending, "x: record 2 at byte 43: cut short: 3 of 4 bytes of the packet are there");
        assert_eq!(outcome.bytes, 62);
        let outcome = read(&bytes[..bytes.len() - 4]);
        assert_eq!(outcome.data(), [&b"abc"[..], b""]);
    }

    #[test]
    fn h18_joined_files_are_read_as_one() {
        let second = Pcap { order: Big, magic: NANOS, link: 101, ..Pcap::default() }.packets(&[b"de"]).bytes();
        let joined = [Pcap::default().packets(&[b"abc"]).bytes(), second].concat();
        let outcome = read(&joined);
        assert_eq!(outcome.data(), [&b"abc"[..], b"de"]);
        assert_eq!(outcome.packets.iter().map(|packet| packet.link_type).collect::<Vec<_>>(), [1, 101]);
        assert_eq!((outcome.ending.as_str(), outcome.packets[1].frame), ("end", 2));
        assert_eq!(outcome.oddities, [("joined_file", 1)]);
        assert!(read(&joined[..43 + 20]).ending.contains("20 of 24 bytes of the file header"));
    }

    #[test]
    fn h18_the_header_of_a_joined_file_may_have_a_zone_and_any_version() {
        for (zone, magic, version) in
            [(3600, 0xa1b2_c3d4, (2, 4)), (u32::MAX - 3599, NANOS, (2, 3)), (1, KUZNETZOV, (2, 0))]
        {
            for (first, second) in [(Little, Little), (Little, Big), (Big, Little), (Big, Big)] {
                let second = Pcap { order: second, magic, version, zone, ..Pcap::default() }.packets(&[b"de", b"f"]);
                let first = Pcap { order: first, ..Pcap::default() }.packets(&[b"abc"]);
                let outcome = read(&[first.bytes(), second.bytes()].concat());
                assert_eq!((outcome.data(), outcome.ending.as_str()), (vec![&b"abc"[..], b"de", b"f"], "end"));
                assert_eq!(outcome.oddities, [("time_zone", 1), ("joined_file", 1)]);
            }
        }
        let empty = Pcap::default().bytes().repeat(3);
        assert_eq!(read(&empty).ending, "end");
    }

    #[test]
    fn h18_a_packet_captured_when_the_magic_was_the_time_is_a_packet() {
        let outcome = read(&Pcap::default().record([0xa1b2_c3d4, 7, 3, 3], b"abc").packets(&[b"d"]).bytes());
        assert_eq!((outcome.packets.len(), outcome.ending.as_str(), outcome.oddities), (2, "end", vec![]));
    }

    #[test]
    fn h20_a_file_of_more_than_4_gib_is_read() {
        struct Repeated {
            record: Vec<u8>,
            at: usize,
            times: u32,
        }
        impl Read for Repeated {
            fn read(&mut self, to: &mut [u8]) -> Result<usize> {
                if self.at == self.record.len() && self.times > 0 {
                    self.at = 0;
                    self.times -= 1;
                }
                let len = (&self.record[self.at..]).read(to)?;
                self.at += len;
                Ok(len)
            }
        }
        let header = Pcap::default().bytes();
        let record = Pcap::default().record([1, 0, 262_144, 262_144], &vec![7; 262_144]).records;
        let records = Repeated { at: record.len(), record, times: 16_400 };
        let outcome = last_of(Cursor::new(header).chain(records));
        assert_eq!(outcome, (16_400, 24 + 16_400 * 262_160));
    }

    /// The number of packets and of bytes.
    fn last_of(read: impl Read + Send + 'static) -> (u64, u64) {
        let mut file =
            CaptureFile::from_read(Box::new(read), Path::new("x"), InputId(0), ReadOptions::default()).unwrap();
        while matches!(file.next(), Ok(Next::Packet(_))) {}
        (file.facts().packets, file.facts().bytes)
    }

    #[test]
    fn h24_a_file_that_becomes_shorter_while_it_is_read_is_cut() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let long = vec![7; 200_000];
        file.write_all(&Pcap::default().packets(&[&long, &long, &long, &long]).bytes()).unwrap();
        let source = Source::Path(file.path().to_owned());
        let mut capture = CaptureFile::open(&source, InputId(0), ReadOptions::default()).unwrap();
        assert!(matches!(capture.next(), Ok(Next::Packet(_))));
        file.as_file().set_len(300_000).unwrap();
        let outcome = drain_rest(capture);
        assert!(outcome.ends_with("of 200,000 bytes of the packet are there"), "{outcome}");
    }

    fn drain_rest(mut capture: CaptureFile) -> String {
        loop {
            match capture.next() {
                Ok(Next::Packet(_)) => {}
                Ok(other) => panic!("{other:?}"),
                Err(error) => return error.to_string(),
            }
        }
    }

    #[test]
    fn h19_a_tail_of_zeros_holds_no_packets() {
        let outcome = read(&[Pcap::default().packets(&[b"abc"]).bytes(), vec![0; 4096]].concat());
        assert_eq!(outcome.data(), [b"abc"]);
        assert!(outcome.ending.starts_with("x: record 2 at byte 43: damaged: zeros where"), "{}", outcome.ending);
    }

    #[test]
    fn h21_a_pipe_that_gives_one_byte_at_a_time_is_read() {
        let bytes = Pcap::default().packets(&[b"abc", b"defg"]).bytes();
        let outcome = read_from(Trickle::new(bytes, vec![1]));
        assert_eq!(outcome.data(), [&b"abc"[..], b"defg"]);
    }

    #[test]
    fn a_header_with_a_time_zone_is_read_as_universal_time() {
        let outcome = read(&Pcap { zone: 3600, ..Pcap::default() }.packets(&[b"abc"]).bytes());
        assert_eq!((outcome.nanos(), outcome.oddities), (vec![1_000_000_000], vec![("time_zone", 1)]));
    }

    #[test]
    fn a_record_behind_damage_is_judged_by_its_lengths_and_its_time() {
        // A link type of which nothing is known but that its packets are not empty.
        let file = Pcap { link: 147, ..Pcap::default() };
        let bytes = file.bytes();
        let mut buffer = Buffer::new(Stream::of_read(Box::new(Cursor::new(bytes.clone()))));
        let magic = PcapMagic::read(&bytes).unwrap();
        let (reader, _) = super::Pcap::open(magic, &mut buffer).unwrap();
        let judged = |numbers: [u32; 4]| reader.judge(&file.clone().record(numbers, b"abc").records, None);
        let plausible = Judgement::Plausible { len: 19, time: Some(Timestamp::from_nanos(1_000_002_000)) };
        assert_eq!(judged([1, 2, 3, 3]), plausible);
        assert_eq!(judged([1, 2, 3, RECORD_LEN_MAX]), plausible);
        for numbers in [[1, 2, 3, 2], [1, 2, 3, RECORD_LEN_MAX + 1], [1, 1_000_000, 3, 3], [1, 2, 0, 3]] {
            assert_eq!(judged(numbers), Judgement::No, "{numbers:?}");
        }
        assert_eq!(judged([1, 2, 4, 4]), Judgement::Wants(20));
    }
}
