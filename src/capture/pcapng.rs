//! pcapng files: sections of blocks, which describe interfaces and hold packets.
//!
//! It takes a buffer at the start of the file; gives the place of one packet after another; keeps the interfaces of the
//! present section, at most [`INTERFACES_MAX`]; and leaves out names, comments, secrets and whatever else a block can
//! hold: such blocks are passed without being held in memory.
//!
//! ```text
//! section    header ─ interface 0 ─ interface 1 ─ packet ─ packet ─ interface 2 ─ ... ─ statistics
//! block      type │ length │ ... │ options │ length       every part padded to four bytes
//! ```
//!
//! The format is draft-ietf-opsawg-pcapng, whose section numbers stand with the constants.

use super::Record;
use super::buffer::Buffer;
use super::chain::{Judgement, is_near};
use super::error::{CaptureErrorKind, Damage, Part, Unsupported};
use super::facts::{Facts, Format};
use super::interface::Interface;
use super::oddities::Oddity;
use super::order::{ByteOrder, in_file, in_memory};
use super::packet_block::{PacketBlock, PacketFault};
use super::statistics::Statistics;
use crate::limits::{BLOCK_LEN_MAX, CHAIN_BLOCK_LEN_MAX, INTERFACES_MAX};
use crate::packet::Timestamp;

/// Types of blocks (section 11.1), and the least that they are long.
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const SECTION_HEADER_LEN: u32 = 28;
const INTERFACE_DESCRIPTION: u32 = 1;
const INTERFACE_DESCRIPTION_LEN: u32 = 20;
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const NAME_RESOLUTION: u32 = 4;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
const SYSTEMD_JOURNAL: u32 = 9;
const DECRYPTION_SECRETS: u32 = 10;
const CUSTOM: u32 = 0x0bad;
const CUSTOM_NOT_COPIED: u32 = 0x4000_0bad;

/// Type and length in front of a block, and the length behind it.
const BLOCK_START_LEN: usize = 8;
pub(super) const BLOCK_END_LEN: usize = 4;

/// What the section so far says about its blocks.
#[derive(Debug)]
pub(super) struct Pcapng {
    order: ByteOrder,
    interfaces: Vec<Interface>,
    statistics: Statistics,
    /// The time of the last packet that had one, for those that have none.
    last_time: Timestamp,
    /// Blocks passed.
    blocks: u64,
    /// Where the present block begins.
    block_offset: u64,
}

/// The start of a block whose length is plausible.
#[derive(Clone, Copy, Debug)]
struct Block {
    block_type: u32,
    len: usize,
}

impl Pcapng {
    /// Begins in front of the first section header. The byte order is a guess until that is read.
    pub(super) fn open() -> (Self, Facts) {
        let pcapng = Self {
            order: ByteOrder::Little,
            interfaces: Vec::new(),
            statistics: Statistics::default(),
            last_time: Timestamp::default(),
            blocks: 0,
            block_offset: 0,
        };
        (pcapng, Facts::new(Format::Pcapng))
    }

    /// 1-based number of the present block.
    pub(super) const fn block_number(&self) -> u64 {
        self.blocks
    }

    /// Bytes in front of the present block.
    pub(super) const fn block_offset(&self) -> u64 {
        self.block_offset
    }

    /// The record that these bytes begin with, if it is there whole and there is nothing odd about it. Where it stands is not
    /// noted: nobody asks for the place of what is not odd.
    #[inline]
    pub(super) fn usual_record(&mut self, held: &[u8]) -> Option<Record> {
        let len = in_memory(self.order.u32_at(held, 4)?);
        let held = held.get(..len)?;
        if self.order.u32_at(held, 0) != Some(ENHANCED_PACKET) || !len.is_multiple_of(4) {
            return None;
        }
        let record = PacketBlock { order: self.order, len, held }.usual(&self.interfaces)?;
        self.blocks += 1;
        self.last_time = record.time;
        Some(record)
    }

    /// Where the next packet lies, or `None` at the end: of the file, or of the blocks that a growing file has whole.
    pub(super) fn next_record(
        &mut self,
        buffer: &mut Buffer,
        facts: &mut Facts,
    ) -> Result<Option<Record>, CaptureErrorKind> {
        loop {
            self.block_offset = buffer.offset();
            if buffer.fill(BLOCK_START_LEN).is_empty() || (buffer.grows() && !self.is_whole(buffer)) {
                return Ok(None);
            }
            self.blocks += 1;
            let block = self.block_start(buffer)?;
            match block.block_type {
                SECTION_HEADER => self.section(block, buffer, facts)?,
                INTERFACE_DESCRIPTION => self.interface(block, buffer, facts)?,
                INTERFACE_STATISTICS => self.statistics(block, buffer, facts)?,
                ENHANCED_PACKET | PACKET | SIMPLE_PACKET => {
                    if let Some(record) = self.packet(block, buffer, facts)? {
                        return Ok(Some(record));
                    }
                }
                other => {
                    if !is_passed(other) {
                        facts.oddities.add(Oddity::UnknownBlock);
                    }
                    self.pass(block, buffer, facts)?;
                }
            }
        }
    }

    /// Whether the buffer can hold all of the next block, or at least as much as shows that it makes no sense.
    fn is_whole(&self, buffer: &mut Buffer) -> bool {
        let held = buffer.fill(BLOCK_START_LEN + 4);
        if held.len() < BLOCK_START_LEN + 4 {
            return false;
        }
        let order = if starts_section(held) { section_order(held) } else { Some(self.order) };
        let len =
            order.and_then(|order| order.u32_at(held, 4)).filter(|&len| len <= BLOCK_LEN_MAX).map_or(0, in_memory);
        buffer.fill(len).len() >= len
    }

    /// What the bytes after damage look like.
    pub(super) fn judge(&self, held: &[u8], near: Option<Timestamp>) -> Judgement {
        if held.len() < BLOCK_START_LEN + 4 {
            return Judgement::Wants(BLOCK_START_LEN + 4);
        }
        let is_section = starts_section(held);
        let Some(order) = (if is_section { section_order(held) } else { Some(self.order) }) else {
            return Judgement::No;
        };
        let (Some(block_type), Some(len)) = (order.u32_at(held, 0), order.u32_at(held, 4)) else {
            return Judgement::No;
        };
        if !is_known(block_type) || len > CHAIN_BLOCK_LEN_MAX || !is_block_len(block_type, len) {
            return Judgement::No;
        }
        let block_len = in_memory(len);
        let Some(held) = held.get(..block_len) else { return Judgement::Wants(block_len) };
        if order.u32_at(held, block_len - BLOCK_END_LEN) != Some(len) {
            return Judgement::No;
        }
        let packet = PacketBlock { order, len: block_len, held };
        match block_type {
            SECTION_HEADER => Judgement::Certain,
            ENHANCED_PACKET | PACKET => match packet.time(block_type == PACKET, &self.interfaces) {
                Some(time) if is_near(time, near) => Judgement::Plausible { len: block_len, time: Some(time) },
                _ => Judgement::No,
            },
            _ => Judgement::Plausible { len: block_len, time: None },
        }
    }

    /// Reads a block's type and length, which the buffer holds if the file does; of a section header also the byte
    /// order, in which they are written.
    fn block_start(&mut self, buffer: &mut Buffer) -> Result<Block, CaptureErrorKind> {
        let held = buffer.held();
        if starts_section(held) {
            let held = buffer.fill(BLOCK_START_LEN + 4);
            if held.len() < BLOCK_START_LEN + 4 {
                return Err(CaptureErrorKind::cut(Part::Block, held.len(), BLOCK_START_LEN + 4));
            }
            self.order = section_order(held).ok_or(Damage::ByteOrder)?;
        }
        let held = buffer.held();
        let (Some(block_type), Some(len)) = (self.order.u32_at(held, 0), self.order.u32_at(held, 4)) else {
            return Err(CaptureErrorKind::cut(Part::Block, held.len(), BLOCK_START_LEN));
        };
        if len > BLOCK_LEN_MAX || !is_block_len(block_type, len) {
            return Err(Damage::BlockLength { block_type, len }.into());
        }
        Ok(Block { block_type, len: in_memory(len) })
    }

    /// Begins a section: the interfaces of the one before are gone. Its length is not needed and often wrong.
    fn section(&mut self, block: Block, buffer: &mut Buffer, facts: &mut Facts) -> Result<(), CaptureErrorKind> {
        let held = buffer.fill(16);
        if let (Some(major), Some(minor)) = (self.order.u16_at(held, 12), self.order.u16_at(held, 14)) {
            // 1.2 is to be read as 1.0 (section 4.1).
            if major != 1 || !matches!(minor, 0 | 2) {
                return Err(Unsupported::PcapngVersion(major, minor).into());
            }
        }
        self.interfaces.clear();
        self.statistics.clear();
        self.pass(block, buffer, facts)
    }

    fn interface(&mut self, block: Block, buffer: &mut Buffer, facts: &mut Facts) -> Result<(), CaptureErrorKind> {
        if self.interfaces.len() >= INTERFACES_MAX {
            return Err(Damage::TooManyInterfaces.into());
        }
        let held = whole(block, buffer)?;
        self.note_trailer(block, held, facts);
        let body = held.get(BLOCK_START_LEN..block.len - BLOCK_END_LEN).unwrap_or_default();
        let interface = Interface::read(self.order, body, facts);
        facts.interface(interface.link_type, interface.snap_len);
        self.interfaces.push(interface);
        buffer.take(block.len);
        Ok(())
    }

    /// Reads how many packets an interface saw and lost so far.
    fn statistics(&mut self, block: Block, buffer: &mut Buffer, facts: &mut Facts) -> Result<(), CaptureErrorKind> {
        let held = whole(block, buffer)?;
        self.note_trailer(block, held, facts);
        let body = held.get(BLOCK_START_LEN..block.len - BLOCK_END_LEN).unwrap_or_default();
        self.statistics.read(self.order, body, self.interfaces.len(), facts);
        buffer.take(block.len);
        Ok(())
    }

    /// Finds the packet in a block, or passes the block if it holds none that can be used.
    #[inline]
    fn packet(
        &mut self,
        block: Block,
        buffer: &mut Buffer,
        facts: &mut Facts,
    ) -> Result<Option<Record>, CaptureErrorKind> {
        let held = buffer.fill(block.len);
        let held = held.get(..block.len).unwrap_or(held);
        let packet = PacketBlock { order: self.order, len: block.len, held };
        let record = match block.block_type {
            SIMPLE_PACKET => packet.simple(&self.interfaces, self.last_time, facts),
            PACKET => packet.obsolete(&self.interfaces, facts),
            _ => packet.enhanced(&self.interfaces, facts),
        };
        let present = held.len();
        let whole = present == block.len;
        if whole {
            self.note_trailer(block, held, facts);
        }
        match record {
            Ok(record) => {
                self.last_time = record.time;
                Ok(Some(record))
            }
            Err(PacketFault::Damage(damage)) => Err(damage.into()),
            Err(PacketFault::Passed(oddity)) if whole => {
                facts.oddities.add(oddity);
                buffer.take(block.len);
                Ok(None)
            }
            Err(PacketFault::Passed(_)) => Err(CaptureErrorKind::cut(Part::Block, present, block.len)),
        }
    }

    /// Moves past a block without holding it.
    fn pass(&mut self, block: Block, buffer: &mut Buffer, facts: &mut Facts) -> Result<(), CaptureErrorKind> {
        let body_len = in_file(block.len - BLOCK_END_LEN);
        let mut present = buffer.skip(body_len);
        if present == body_len {
            let held = buffer.fill(BLOCK_END_LEN);
            present += in_file(held.len().min(BLOCK_END_LEN));
            if self.order.u32_at(held, 0).is_some_and(|len| in_memory(len) != block.len) {
                facts.oddities.add(Oddity::TrailerMismatch);
            }
        }
        let wanted = in_file(block.len);
        if present < wanted {
            return Err(CaptureErrorKind::Cut { part: Part::Block, present, wanted });
        }
        buffer.take(BLOCK_END_LEN);
        Ok(())
    }

    #[inline]
    fn note_trailer(&self, block: Block, held: &[u8], facts: &mut Facts) {
        if self.order.u32_at(held, block.len - BLOCK_END_LEN).is_none_or(|len| in_memory(len) != block.len) {
            facts.oddities.add(Oddity::TrailerMismatch);
        }
    }
}

/// Whether a section header begins so: its type reads the same in both byte orders.
fn starts_section(held: &[u8]) -> bool {
    ByteOrder::Little.u32_at(held, 0) == Some(SECTION_HEADER)
}

/// The byte order that a section header tells, if it does.
fn section_order(held: &[u8]) -> Option<ByteOrder> {
    match held.get(BLOCK_START_LEN..)?.first_chunk()? {
        [0x4d, 0x3c, 0x2b, 0x1a] => Some(ByteOrder::Little),
        [0x1a, 0x2b, 0x3c, 0x4d] => Some(ByteOrder::Big),
        _ => None,
    }
}

/// Whether a block can be that long.
fn is_block_len(block_type: u32, len: u32) -> bool {
    let least = match block_type {
        SECTION_HEADER => SECTION_HEADER_LEN,
        // A description that is passed over would shift the numbers of all that follow.
        INTERFACE_DESCRIPTION => INTERFACE_DESCRIPTION_LEN,
        _ => 12,
    };
    len >= least && len.is_multiple_of(4)
}

/// Whether a block has a type that is known.
fn is_known(block_type: u32) -> bool {
    let is_named = matches!(block_type, SECTION_HEADER | INTERFACE_DESCRIPTION..=ENHANCED_PACKET);
    is_named || is_passed(block_type)
}

/// Whether a block has a type that is known and not read.
fn is_passed(block_type: u32) -> bool {
    matches!(block_type, NAME_RESOLUTION | SYSTEMD_JOURNAL | DECRYPTION_SECRETS | CUSTOM | CUSTOM_NOT_COPIED)
}

/// The whole block, or the error that the file ends within it.
fn whole(block: Block, buffer: &mut Buffer) -> Result<&[u8], CaptureErrorKind> {
    let held = buffer.fill(block.len);
    held.get(..block.len).ok_or_else(|| CaptureErrorKind::cut(Part::Block, held.len(), block.len))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use crate::capture::buffer::Buffer;
    use crate::capture::chain::Judgement;
    use crate::capture::order::ByteOrder::{Big, Little};
    use crate::capture::order::in_memory;
    use crate::capture::samples::{Pcapng, Trickle, read, read_from};
    use crate::capture::stream::Stream;
    use crate::limits::CHAIN_BLOCK_LEN_MAX;
    use crate::packet::Timestamp;

    /// A section with one Ethernet interface that counts microseconds.
    fn section() -> Pcapng {
        Pcapng::new(Little).interface(1, 0, &[])
    }

    #[test]
    fn i1_both_byte_orders_read_the_same() {
        for order in [Little, Big] {
            let file = Pcapng::new(order).interface(1, 0, &[]).enhanced(0, 1_063_540_800_250_000, 60, b"abc");
            let outcome = read(&file.bytes);
            assert_eq!(outcome.ending, "end");
            assert_eq!(outcome.data(), [b"abc"]);
            assert_eq!(outcome.nanos(), [1_063_540_800_250_000_000]);
            assert_eq!((outcome.packets[0].frame, outcome.packets[0].original_len), (1, 60));
            assert_eq!(outcome.oddities, []);
            assert_eq!(outcome.bytes, u64::try_from(file.bytes.len()).unwrap());
        }
    }

    #[test]
    fn i2_i21_a_new_section_forgets_the_interfaces_and_the_byte_order() {
        let file = section()
            .enhanced(0, 1, 3, b"abc")
            .section(Big, (1, 0))
            .enhanced(0, 2, 3, b"lost")
            .interface(101, 0, &[])
            .enhanced(0, 3, 3, b"def");
        // The same one byte at a time: the byte order stands behind the length.
        for outcome in [read(&file.bytes), read_from(Trickle::new(file.bytes, vec![1]))] {
            assert_eq!(outcome.data(), [b"abc", b"def"]);
            assert_eq!(outcome.packets.iter().map(|packet| packet.link_type).collect::<Vec<_>>(), [1, 101]);
            assert_eq!((outcome.ending.as_str(), outcome.oddities), ("end", vec![("unknown_interface", 1)]));
        }
    }

    #[test]
    fn i4_interfaces_differ_and_may_come_late() {
        let file = section()
            .enhanced(0, 5, 3, b"abc")
            .interface(113, 96, &[(9, &[9]), (13, &[4])])
            .enhanced(1, 5, 3, b"def")
            .enhanced(0, 5, 3, b"ghi");
        let outcome = read(&file.bytes);
        let seen: Vec<_> = outcome.packets.iter().map(|p| (p.link_type, p.nanos, p.fcs_len)).collect();
        assert_eq!(seen, [(1, 5_000, 0), (113, 5, 4), (1, 5_000, 0)]);
    }

    #[test]
    fn i3_the_length_of_a_section_is_not_needed() {
        for len in [[0xff; 8], [0; 8], [4; 8]] {
            let mut file = section().enhanced(0, 7, 3, b"abc");
            file.bytes[16..24].copy_from_slice(&len);
            let outcome = read(&file.bytes);
            assert_eq!((outcome.data(), outcome.ending.as_str()), (vec![&b"abc"[..]], "end"));
            assert_eq!(outcome.oddities, []);
        }
    }

    #[test]
    fn a_block_behind_damage_is_judged_by_its_length_its_end_and_its_time() {
        let reader = |file: Pcapng| {
            let mut buffer = Buffer::new(Stream::of_read(Box::new(Cursor::new(file.bytes))));
            let (mut reader, mut facts) = super::Pcapng::open();
            reader.next_record(&mut buffer, &mut facts).unwrap();
            reader
        };
        let reader = reader(section());
        let judged = |bytes: &[u8]| reader.judge(bytes, None);
        let blocks = |file: Pcapng| file.bytes[section().bytes.len()..].to_vec();
        let plausible = |len, nanos: Option<i64>| Judgement::Plausible { len, time: nanos.map(Timestamp::from_nanos) };
        let enhanced = blocks(section().enhanced(0, 7, 3, b"abc"));
        assert_eq!(judged(&enhanced), plausible(36, Some(7_000)));
        assert_eq!(judged(&blocks(section().obsolete(0, 1, 7, b"abc"))), plausible(36, Some(7_000)));
        let a_day_before = Timestamp::from_nanos(7_000).plus_seconds(-24 * 3600);
        assert_eq!(reader.judge(&enhanced, Some(a_day_before)), plausible(36, Some(7_000)));
        assert_eq!(reader.judge(&enhanced, Some(a_day_before.plus_seconds(-1))), Judgement::No);
        assert_eq!(judged(&blocks(section().enhanced(1, 7, 3, b"abc"))), Judgement::No);
        assert_eq!(judged(&blocks(section().simple(3, b"abc"))), plausible(20, None));
        assert_eq!(judged(&blocks(section().block(0x1234, b"abc"))), Judgement::No);
        assert_eq!(judged(&section().bytes), Judgement::Certain);
        assert_eq!(judged(&enhanced[..11]), Judgement::Wants(12));
        assert_eq!(judged(&enhanced[..35]), Judgement::Wants(36));
        let mut other = enhanced.clone();
        *other.last_mut().unwrap() ^= 1;
        assert_eq!(judged(&other), Judgement::No, "another length behind it");
        let start = |len: u32| [&[6, 0, 0, 0][..], &len.to_le_bytes(), &[0; 4]].concat();
        assert_eq!(judged(&start(CHAIN_BLOCK_LEN_MAX)), Judgement::Wants(in_memory(CHAIN_BLOCK_LEN_MAX)));
        assert_eq!(judged(&start(CHAIN_BLOCK_LEN_MAX + 4)), Judgement::No);
    }

    #[test]
    fn i18_comments_are_not_read() {
        let options: [(u16, &[u8]); 3] = [(1, b"\x1b[2Jhello"), (1, b"again"), (0, &[])];
        let file = Pcapng::new(Little).interface(1, 0, &options).enhanced_with(0, 7, 3, b"abc", &options);
        let outcome = read(&file.bytes[..file.bytes.len() - 1]);
        assert_eq!(outcome.data(), [b"abc"]);
        assert_eq!(outcome.oddities, []);
        assert!(!outcome.ending.contains("hello"));
    }

    #[test]
    fn i5_interfaces_are_bounded() {
        let mut file = Pcapng::new(Little);
        let one = Pcapng::new(Little).interface(1, 0, &[]).bytes[28..].to_vec();
        file.bytes.extend(one.repeat(1_000_001));
        assert_eq!(
            read(&file.bytes).ending,
            "x: block 1,000,002 at byte 20,000,028: damaged: more than 1,000,000 interfaces in one section; nothing \
             from here on was read"
        );
    }

    #[test]
    fn i6_every_packet_block_gives_its_packet_and_the_rest_is_passed() {
        let file = section()
            .block(4, &[1; 10])
            .block(0xabcd, &[2; 100])
            .enhanced(0, 7, 3, b"abc")
            .simple(4, b"defg")
            .obsolete(0, 3, 9, b"hi");
        let outcome = read(&file.bytes);
        assert_eq!(outcome.data(), [&b"abc"[..], b"defg", b"hi"]);
        assert_eq!(outcome.nanos(), [7_000, 7_000, 9_000]);
        assert_eq!(outcome.oddities, [("no_timestamp", 1), ("unknown_block", 1)]);
        assert_eq!(outcome.dropped, 3);
        assert_eq!(read(&section().obsolete(0, u16::MAX, 9, b"hi").bytes).dropped, 0);
    }

    #[test]
    fn i10_the_packet_of_a_block_with_bad_options_is_used() {
        let mut file = section();
        let mut body = Pcapng::new(Little).enhanced(0, 7, 4, b"abcd").bytes[28 + 8..].to_vec();
        body.truncate(24);
        body.extend([2, 0, 200, 0, 1, 2, 3, 4]);
        file = file.block(6, &body).enhanced_with(0, 7, 3, b"abc", &[(2, &[1])]);
        let outcome = read(&file.bytes);
        assert_eq!(outcome.data(), [&b"abcd"[..], b"abc"]);
        assert_eq!(outcome.oddities, [("bad_option", 1), ("option_overrun", 1)]);
    }

    #[test]
    fn i11_a_simple_packet_is_cut_by_the_snap_length() {
        let file = Pcapng::new(Little).interface(1, 4, &[]).simple(60, b"abcd");
        let outcome = read(&file.bytes);
        assert_eq!((outcome.data(), outcome.packets[0].original_len), (vec![&b"abcd"[..]], 60));
        assert_eq!(read(&Pcapng::new(Little).simple(4, b"abcd").bytes).oddities, [("unknown_interface", 1)]);
    }

    #[test]
    fn i12_a_packet_of_an_unknown_interface_is_skipped_and_counted() {
        let outcome = read(&section().enhanced(1, 0, 3, b"abc").enhanced(0, 0, 3, b"def").bytes);
        assert_eq!(outcome.data(), [b"def"]);
        assert_eq!(outcome.packets[0].frame, 1);
        assert_eq!(outcome.oddities, [("unknown_interface", 1)]);
    }

    #[test]
    fn i13_a_length_that_no_block_has_ends_the_file() {
        for len in [0, 4, 8, 13, 16 * 1024 * 1024 + 4] {
            let mut bytes = section().enhanced(0, 0, 3, b"abc").bytes;
            let at = bytes.len();
            bytes.extend(6_u32.to_le_bytes());
            bytes.extend(u32::to_le_bytes(len));
            bytes.extend([0; 64]);
            let outcome = read(&bytes);
            assert_eq!(outcome.data(), [b"abc"]);
            let beginning = format!("x: block 4 at byte {at}: damaged: a block of type 0x00000006 with a length of");
            assert!(outcome.ending.starts_with(&beginning), "{}", outcome.ending);
        }
    }

    #[test]
    fn i13_a_section_or_an_interface_without_room_for_its_fields_ends_the_file() {
        let version = [0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];
        for (block_type, body) in [(0x0a0d_0d0a, &version[..]), (1, &[1, 0, 0, 0][..])] {
            let outcome = read(&section().block(block_type, body).enhanced(0, 0, 3, b"abc").bytes);
            let (at, len) = (section().bytes.len(), 12 + body.len());
            let beginning =
                format!("x: block 3 at byte {at}: damaged: a block of type {block_type:#010x} with a length of {len}");
            assert!(outcome.ending.starts_with(&beginning), "{}", outcome.ending);
            assert_eq!(outcome.packets, []);
        }
    }

    #[test]
    fn i13_a_length_that_differs_at_the_end_is_counted() {
        let mut file = section().enhanced(0, 0, 3, b"abc");
        let at = file.bytes.len() - 1;
        file.bytes[at] = 1;
        file = file.block(4, b"");
        let at = file.bytes.len() - 1;
        file.bytes[at] = 1;
        let outcome = read(&file.enhanced(0, 0, 3, b"def").bytes);
        assert_eq!(outcome.data(), [b"abc", b"def"]);
        assert_eq!(outcome.oddities, [("trailer_mismatch", 2)]);
    }

    #[test]
    fn i14_a_packet_longer_than_its_block_is_skipped_and_counted() {
        let mut file = section().enhanced(0, 0, 3, b"abc");
        let captured_at = file.bytes.len() - 36 + 20;
        file.bytes[captured_at] = 5;
        let outcome = read(&file.block(6, b"short").enhanced(0, 0, 3, b"def").bytes);
        assert_eq!(outcome.data(), [b"def"]);
        assert_eq!(outcome.oddities, [("short_block", 2)]);
    }

    #[test]
    fn a_packet_longer_than_any_ends_the_file() {
        let outcome = read(&section().enhanced(0, 0, 9, &vec![0; 262_145]).bytes);
        assert!(outcome.ending.contains("damaged: a packet of 262,145 bytes"), "{}", outcome.ending);
        assert_eq!(read(&section().enhanced(0, 0, 9, &vec![0; 262_144]).bytes).ending, "end");
    }

    #[test]
    fn i15_a_packet_is_never_shorter_than_what_was_captured() {
        let outcome = read(&section().enhanced(0, 0, 2, b"abc").bytes);
        assert_eq!(outcome.packets[0].original_len, 3);
        assert_eq!(outcome.oddities, [("captured_over_original", 1)]);
    }

    #[test]
    fn i16_the_losses_of_an_interface_are_its_last_word_and_interfaces_add_up() {
        let statistics = |file: Pcapng, interface: u8, by_interface: u8, by_system: u8| {
            let mut body = vec![interface, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            body.extend(file.option(5, &[by_interface, 0, 0, 0, 0, 0, 0, 0]));
            body.extend(file.option(7, &[by_system, 0, 0, 0, 0, 0, 0, 0]));
            file.block(5, &body)
        };
        let file = section().interface(1, 0, &[]);
        let file = statistics(statistics(statistics(file, 0, 1, 2), 0, 2, 5), 1, 10, 0);
        assert_eq!(read(&file.bytes).dropped, 17);
        assert_eq!(read(&statistics(file, 2, 1, 1).bytes).oddities, [("unknown_interface", 1)]);
    }

    #[test]
    fn i16_interfaces_tell_how_many_packets_they_saw() {
        let received = |file: Pcapng, interface: u8, number: u8| {
            let mut body = vec![interface, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            body.extend(file.option(4, &[number, 0, 0, 0, 0, 0, 0, 0]));
            file.block(5, &body)
        };
        let file = section().interface(1, 0, &[]);
        assert_eq!(read(&file.bytes).facts.unwrap().received, None);
        let file = received(received(received(file, 1, 5), 0, 7), 1, 9);
        assert_eq!(read(&file.bytes).facts.unwrap().received, Some(16));
        let file = received(file.section(Big, (1, 0)).section(Little, (1, 0)).interface(1, 0, &[]), 0, 1);
        assert_eq!(read(&file.bytes).facts.unwrap().received, Some(17));
    }

    #[test]
    fn i17_the_options_of_a_packet_tell_losses_errors_and_its_check_sequence() {
        let flags = (4_u32 << 5 | 1 << 24).to_le_bytes();
        let file = section().enhanced_with(0, 0, 3, b"abc", &[(2, &flags), (4, &7_u64.to_le_bytes()), (0, &[])]);
        let outcome = read(&file.enhanced(0, 0, 3, b"def").bytes);
        assert_eq!(outcome.packets.iter().map(|packet| packet.fcs_len).collect::<Vec<_>>(), [4, 0]);
        assert_eq!(outcome.dropped, 7);
        assert_eq!(outcome.oddities, [("link_errors", 1)]);
    }

    #[test]
    fn i20_a_cut_last_block_gives_what_is_there() {
        let bytes = section().enhanced(0, 0, 6, b"abcdef").bytes;
        let at = section().bytes.len();
        for (missing, data) in [(1, "abcdef"), (6, "abcdef"), (7, "abcde"), (12, "")] {
            let outcome = read(&bytes[..bytes.len() - missing]);
            assert_eq!(outcome.data(), [data.as_bytes()]);
            assert_eq!(outcome.packets[0].original_len, 6);
            let ending = format!("x: block 3 at byte {at}: cut short: {} of 40 bytes of the block", 40 - missing);
            assert!(outcome.ending.starts_with(&ending), "{}", outcome.ending);
            assert_eq!(outcome.oddities, []);
        }
        for missing in [13, 35, 39] {
            let outcome = read(&bytes[..bytes.len() - missing]);
            assert_eq!(outcome.packets, []);
            assert!(outcome.ending.contains("cut short"), "{}", outcome.ending);
        }
    }

    #[test]
    fn i20_the_options_of_a_cut_block_are_not_read() {
        let flags = (4_u32 << 5).to_le_bytes();
        let bytes = section().enhanced_with(0, 0, 3, b"abc", &[(2, &flags), (4, &7_u64.to_le_bytes())]).bytes;
        for (missing, fcs_len, dropped) in [(0, 4, 7), (1, 0, 0), (4, 0, 0), (5, 0, 0)] {
            let outcome = read(&bytes[..bytes.len() - missing]);
            assert_eq!((outcome.data(), outcome.dropped), (vec![&b"abc"[..]], dropped));
            assert_eq!((outcome.packets[0].fcs_len, outcome.oddities), (fcs_len, vec![]));
        }
    }

    #[test]
    fn i20_a_cut_block_that_holds_no_packet_is_told() {
        const CUSTOM: u32 = 0x0000_0bad;
        let at = section().bytes.len();
        let bytes = section().block(CUSTOM, &[0; 16]).bytes;
        for missing in [1, 4, 5, 20] {
            let ending = format!("x: block 3 at byte {at}: cut short: {} of 28 bytes of the block", 28 - missing);
            let outcome = read(&bytes[..bytes.len() - missing]);
            assert!(outcome.ending.starts_with(&ending), "{}", outcome.ending);
        }
        assert_eq!(read(&bytes).ending, "end");
        let ending = read(&Pcapng::new(Little).bytes[..12]).ending;
        assert!(ending.contains("cut short: 12 of 28 bytes"), "{ending}");
    }

    #[test]
    fn i22_versions_that_are_not_known_are_named() {
        assert_eq!(read(&section().section(Big, (1, 2)).bytes).ending, "end");
        assert_eq!(
            read(&section().section(Big, (2, 0)).bytes).ending,
            "x: block 3 at byte 48: pcapng version 2.0: not known (1.0 and 1.2 are)"
        );
    }

    #[test]
    fn i23_a_section_without_anything_is_a_capture() {
        assert_eq!(read(&Pcapng::new(Big).bytes).ending, "end");
    }

    #[test]
    fn i24_a_block_of_16_mib_is_passed() {
        let file = section().block(9, &vec![1; 16 * 1024 * 1024 - 12]).enhanced(0, 0, 3, b"abc");
        let outcome = read_from(Trickle::new(file.bytes, vec![100_000]));
        assert_eq!((outcome.data(), outcome.ending.as_str()), (vec![&b"abc"[..]], "end"));
    }

    #[test]
    fn a_section_without_a_byte_order_is_damaged() {
        let mut bytes = section().bytes;
        bytes[8] = 0;
        assert!(read(&bytes).ending.contains("without its byte-order magic"));
        assert!(read(&bytes[..10]).ending.contains("cut short: 10 of 12 bytes"));
    }
}
