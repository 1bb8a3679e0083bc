//! From captured packets to the bytes of a capture file, in every form that msncensus reads.
//!
//! pcap is draft-ietf-opsawg-pcap with Kuznetzov's variant as libpcap's `sf-pcap.c` reads it; pcapng is
//! draft-ietf-opsawg-pcapng, its obsolete packet block included.

use std::ops::Range;

use super::frame::Frame;

/// The byte order of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    #[default]
    Little,
    Big,
}

/// The variants of pcap, each of which exists in both byte orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variant {
    Microseconds,
    Nanoseconds,
    /// Alexey Kuznetzov's: eight bytes more in each record.
    Kuznetzov,
}

/// Snap length in a pcap header: tcpdump's default.
const SNAP_LEN: u32 = 262_144;

/// A pcap of these packets, which must have one link type.
pub(crate) fn pcap(frames: &[Frame], order: ByteOrder, variant: Variant) -> Vec<u8> {
    let link = frames.first().map_or(1, |frame| frame.link);
    let (magic, unit) = match variant {
        Variant::Microseconds => (0xa1b2_c3d4, 1_000),
        Variant::Nanoseconds => (0xa1b2_3c4d, 1),
        Variant::Kuznetzov => (0xa1b2_cd34, 1_000),
    };
    let mut out = Writer { order, bytes: Vec::new() };
    out.u32(magic).u16(2).u16(4).u32(0).u32(0).u32(SNAP_LEN).u32(u32::from(link));
    for frame in frames {
        assert_eq!(frame.link, link, "a pcap has one link type");
        let seconds = frame.time.div_euclid(1_000_000_000);
        let fraction = frame.time.rem_euclid(1_000_000_000) / unit;
        out.u32(u32::try_from(seconds).expect("1970 to 2106")).u32(u32::try_from(fraction).expect("under a second"));
        out.len(frame.data.len()).len(frame.original_len);
        if variant == Variant::Kuznetzov {
            // Interface index, protocol, packet type, filler.
            out.u32(2).u16(0x0800).bytes(&[0, 0]);
        }
        out.bytes(&frame.data);
    }
    out.bytes
}

/// The block in which a pcapng holds a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Block {
    #[default]
    Enhanced,
    /// Without time or interface: everything belongs to the first interface.
    Simple,
    /// The packet block of the earliest drafts.
    Obsolete,
}

/// The form of a pcapng. Packets of the same link type and interface name share an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pcapng {
    pub(crate) order: ByteOrder,
    /// `if_tsresol` as it is written: 6 is microseconds, 9 nanoseconds, 0x80 + n is 2^-n seconds.
    pub(crate) resolution: u8,
    pub(crate) block: Block,
    /// In how many sections the packets lie, each with interfaces of its own.
    pub(crate) sections: usize,
}

impl Default for Pcapng {
    fn default() -> Self {
        Self { order: ByteOrder::Little, resolution: 6, block: Block::Enhanced, sections: 1 }
    }
}

impl Pcapng {
    /// The bytes of the file.
    pub(crate) fn write(&self, frames: &[Frame]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let share = frames.len().div_ceil(self.sections.max(1)).max(1);
        for section in frames.chunks(share) {
            bytes.extend(self.section(section));
        }
        bytes
    }

    fn section(&self, frames: &[Frame]) -> Vec<u8> {
        let mut out = Writer { order: self.order, bytes: Vec::new() };
        out.block(0x0a0d_0d0a, |body| {
            // Byte order, version 1.0, length of the section not told.
            body.u32(0x1a2b_3c4d).u16(1).u16(0).u32(u32::MAX).u32(u32::MAX);
        });
        let mut interfaces: Vec<(u16, &str)> = Vec::new();
        for frame in frames {
            let interface = (frame.link, frame.interface.as_str());
            let id = interfaces.iter().position(|known| *known == interface).unwrap_or_else(|| {
                out.block(1, |body| self.interface(body, interface));
                interfaces.push(interface);
                interfaces.len() - 1
            });
            self.packet(&mut out, id, frame);
        }
        out.bytes
    }

    fn interface(&self, body: &mut Writer, (link, name): (u16, &str)) {
        body.u16(link).u16(0).u32(0);
        if !name.is_empty() {
            body.option(2, name.as_bytes());
        }
        // Microseconds need no telling.
        if self.resolution != 6 {
            body.option(9, &[self.resolution]);
        }
        if !name.is_empty() || self.resolution != 6 {
            body.option(0, &[]);
        }
    }

    fn packet(&self, out: &mut Writer, id: usize, frame: &Frame) {
        let ticks = self.ticks(frame.time);
        let (high, low) = ((ticks >> 32) & 0xffff_ffff, ticks & 0xffff_ffff);
        let half = |value: u64| u32::try_from(value).expect("a half");
        match self.block {
            Block::Enhanced => out.block(6, |body| {
                body.len(id).u32(half(high)).u32(half(low));
                body.len(frame.data.len()).len(frame.original_len).bytes(&frame.data);
            }),
            Block::Simple => {
                assert_eq!((id, frame.data.len()), (0, frame.original_len), "a simple block has no room for more");
                out.block(3, |body| {
                    body.len(frame.original_len).bytes(&frame.data);
                });
            }
            Block::Obsolete => out.block(2, |body| {
                // 0xffff: the number of packets lost before this one is not known.
                body.u16(u16::try_from(id).expect("few interfaces")).u16(0xffff).u32(half(high)).u32(half(low));
                body.len(frame.data.len()).len(frame.original_len).bytes(&frame.data);
            }),
        }
    }

    /// The time in units of the resolution, rounded down.
    fn ticks(&self, time: i64) -> u64 {
        let per_second = match self.resolution {
            binary if binary & 0x80 != 0 => 1 << (binary & 0x7f),
            decimal => 10_i128.pow(u32::from(decimal)),
        };
        u64::try_from(i128::from(time) * per_second / 1_000_000_000).expect("a time after 1970")
    }
}

/// Bytes in one order.
struct Writer {
    order: ByteOrder,
    bytes: Vec<u8>,
}

impl Writer {
    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend(bytes);
        self
    }

    fn u16(&mut self, value: u16) -> &mut Self {
        match self.order {
            ByteOrder::Little => self.bytes(&value.to_le_bytes()),
            ByteOrder::Big => self.bytes(&value.to_be_bytes()),
        }
    }

    fn u32(&mut self, value: u32) -> &mut Self {
        match self.order {
            ByteOrder::Little => self.bytes(&value.to_le_bytes()),
            ByteOrder::Big => self.bytes(&value.to_be_bytes()),
        }
    }

    fn len(&mut self, value: usize) -> &mut Self {
        self.u32(u32::try_from(value).expect("a length of 32 bits"))
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        let len = u16::try_from(value.len()).expect("a short option");
        self.u16(code).u16(len).bytes(value).pad();
    }

    /// A block: its type, its length, its body, its length again.
    fn block(&mut self, kind: u32, fill: impl FnOnce(&mut Self)) {
        let mut body = Self { order: self.order, bytes: Vec::new() };
        fill(&mut body);
        body.pad();
        let len = body.bytes.len() + 12;
        self.u32(kind).len(len).bytes(&body.bytes).len(len);
    }
}

/// Where a packet lies in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// The record or block.
    pub(crate) all: Range<usize>,
    pub(crate) data: Range<usize>,
}

/// The packets of a whole pcap or pcapng, in order.
pub(crate) fn records(file: &[u8]) -> Vec<Record> {
    let is_pcapng = file.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]);
    let is_big = if is_pcapng { file[8] == 0x1a } else { file[0] == 0xa1 };
    let is_kuznetzov = [[0xa1, 0xb2, 0xcd, 0x34], [0x34, 0xcd, 0xb2, 0xa1]].iter().any(|magic| file.starts_with(magic));
    let number = |at: usize| {
        let bytes = file[at..at + 4].try_into().unwrap();
        if is_big { u32::from_be_bytes(bytes) as usize } else { u32::from_le_bytes(bytes) as usize }
    };
    let mut records = Vec::new();
    let mut at = if is_pcapng { 0 } else { 24 };
    while at + 12 <= file.len() {
        let (len, data) = if is_pcapng {
            let len = number(at + 4);
            let data = match number(at) {
                2 | 6 => Some((at + 28, number(at + 20))),
                3 => Some((at + 12, number(at + 8).min(len - 16))),
                _ => None,
            };
            (len, data)
        } else {
            let header = if is_kuznetzov { 24 } else { 16 };
            (header + number(at + 8), Some((at + header, number(at + 8))))
        };
        let all = at..(at + len).min(file.len());
        records.extend(data.map(|(head, len)| Record { data: head..(head + len).min(all.end), all: all.clone() }));
        at += len;
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_magics_are_those_of_the_specification() {
        let magics = |order| {
            [Variant::Microseconds, Variant::Nanoseconds, Variant::Kuznetzov].map(|v| pcap(&[], order, v)[..4].to_vec())
        };
        assert_eq!(
            magics(ByteOrder::Big),
            [[0xa1, 0xb2, 0xc3, 0xd4], [0xa1, 0xb2, 0x3c, 0x4d], [0xa1, 0xb2, 0xcd, 0x34]]
        );
        assert_eq!(magics(ByteOrder::Little)[0], [0xd4, 0xc3, 0xb2, 0xa1]);
    }

    #[test]
    fn a_time_is_told_in_units_of_the_resolution() {
        let ticks = |resolution| Pcapng { resolution, ..Pcapng::default() }.ticks(2_500_000_001);
        assert_eq!([0, 3, 6, 9, 0x81, 0x94].map(ticks), [2, 2_500, 2_500_000, 2_500_000_001, 5, 2_621_440]);
    }
}
