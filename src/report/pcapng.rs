//! Packets written as pcapng: what `-w` saves.
//!
//! It takes packets of any inputs and link types with a comment where there is something to say; gives one section of
//! little-endian blocks (draft-ietf-opsawg-pcapng), with nanoseconds, so that no time is rounded; keeps the list of
//! interfaces; and leaves out what was around the packets in their own files: names, statistics, other blocks.
//!
//! ```text
//! section header │ interface 0 │ packet of 0 │ packet of 0 │ interface 1 │ packet of 1 │ packet of 0 │ ...
//! ```
//!
//! An interface stands in front of its first packet. There is one for each input and link type, and one more where some
//! packets of these end in a frame check sequence and some do not, because only the interface can say that.

use std::collections::HashMap;
use std::io::{self, Write};

use crate::packet::{InputId, LinkType, Packet};
use crate::text::printable;

// Block types (section 4 of the draft) and the codes of options (sections 3.5, 4.1, 4.2).
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
const OPT_END: u16 = 0;
const OPT_COMMENT: u16 = 1;
const SHB_USERAPPL: u16 = 4;
const IF_DESCRIPTION: u16 = 3;
const IF_TSRESOL: u16 = 9;
const IF_FCSLEN: u16 = 13;

/// Ten to the power of minus nine: the resolution of times.
const NANOSECONDS: u8 = 9;

/// Longest text of an option, in bytes: what a person will read. An option could hold 65,535.
const TEXT_LEN_MAX: usize = 4_096;

/// What tells interfaces apart.
type Interface = (InputId, LinkType, u8);

/// Writes packets into one section.
///
/// ```
/// use std::io::Cursor;
/// use std::path::Path;
///
/// use msncensus::capture::{CaptureFile, Next, PacketSource, ReadOptions};
/// use msncensus::packet::{InputId, LinkType, Packet, Stamp};
/// use msncensus::report::PacketWriter;
///
/// let mut capture = Vec::new();
/// let mut writer = PacketWriter::new(&mut capture)?;
/// let packet = Packet { stamp: Stamp::default(), link_type: LinkType::RAW, data: b"E", original_len: 40, fcs_len: 0 };
/// writer.push(&packet, "eth0", "the first byte of an IP datagram")?;
/// writer.finish()?;
///
/// let capture = Box::new(Cursor::new(capture));
/// let mut read = CaptureFile::from_read(capture, Path::new("-"), InputId(0), ReadOptions::default())?;
/// let Next::Packet(packet) = read.next()? else { panic!("no packet") };
/// assert_eq!((packet.data, packet.original_len), (&b"E"[..], 40));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PacketWriter<W> {
    output: W,
    /// By number. It is asked, never walked.
    interfaces: HashMap<Interface, u32>,
    /// The block that is being made, kept for its memory.
    block: Vec<u8>,
}

impl<W: Write> PacketWriter<W> {
    /// Begins the section. `output` is written in small pieces: give it a buffer.
    pub fn new(output: W) -> io::Result<Self> {
        let mut writer = Self { output, interfaces: HashMap::new(), block: Vec::new() };
        writer.put(&BYTE_ORDER_MAGIC.to_le_bytes());
        // Version 1.0 of the format, and a length that is not known beforehand.
        writer.put(&1_u16.to_le_bytes());
        writer.put(&0_u16.to_le_bytes());
        writer.put(&u64::MAX.to_le_bytes());
        writer.option(SHB_USERAPPL, concat!("msncensus ", env!("CARGO_PKG_VERSION")).as_bytes());
        writer.end_options();
        writer.end_block(SECTION_HEADER)?;
        Ok(writer)
    }

    /// Writes a packet of the input called `input`, with `comment` unless it is empty.
    pub fn push(&mut self, packet: &Packet<'_>, input: &str, comment: &str) -> io::Result<()> {
        let interface = self.interface(packet, input)?;
        // A moment before 1970 has no place in the format.
        let nanos = u64::try_from(packet.stamp.time.as_nanos()).unwrap_or(0);
        let [a, b, c, d, low @ ..] = nanos.to_be_bytes();
        let captured_len = length(packet.data.len())?;
        self.put(&interface.to_le_bytes());
        self.put(&u32::from_be_bytes([a, b, c, d]).to_le_bytes());
        self.put(&u32::from_be_bytes(low).to_le_bytes());
        self.put(&captured_len.to_le_bytes());
        // Some files say that a packet was shorter than what was captured of it, which readers refuse.
        self.put(&packet.original_len.max(captured_len).to_le_bytes());
        self.put(packet.data);
        self.pad();
        if !comment.is_empty() {
            self.option(OPT_COMMENT, comment.as_bytes());
            self.end_options();
        }
        self.end_block(ENHANCED_PACKET)
    }

    /// Ends the section, and gives every error of writing.
    pub fn finish(mut self) -> io::Result<()> {
        self.output.flush()
    }

    /// The number of the packet's interface, which is described if it is new.
    fn interface(&mut self, packet: &Packet<'_>, input: &str) -> io::Result<u32> {
        let key = (packet.stamp.input, packet.link_type, packet.fcs_len);
        if let Some(number) = self.interfaces.get(&key) {
            return Ok(*number);
        }
        let number = length(self.interfaces.len())?;
        self.interfaces.insert(key, number);
        self.put(&packet.link_type.0.to_le_bytes());
        self.put(&0_u16.to_le_bytes());
        // Packets of any length.
        self.put(&0_u32.to_le_bytes());
        self.option(IF_DESCRIPTION, printable(input.as_bytes()).as_bytes());
        self.option(IF_TSRESOL, &[NANOSECONDS]);
        if packet.fcs_len > 0 {
            self.option(IF_FCSLEN, &[packet.fcs_len]);
        }
        self.end_options();
        self.end_block(INTERFACE_DESCRIPTION)?;
        Ok(number)
    }

    fn put(&mut self, bytes: &[u8]) {
        self.block.extend_from_slice(bytes);
    }

    /// Fills up to the next multiple of four bytes, where everything begins.
    fn pad(&mut self) {
        self.block.resize(self.block.len().next_multiple_of(4), 0);
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        let value = value.get(..TEXT_LEN_MAX).map_or(value, whole_characters);
        self.put(&code.to_le_bytes());
        self.put(&u16::try_from(value.len()).unwrap_or(0).to_le_bytes());
        self.put(value);
        self.pad();
    }

    fn end_options(&mut self) {
        self.put(&OPT_END.to_le_bytes());
        self.put(&0_u16.to_le_bytes());
    }

    /// Writes what was put, as a block of that kind.
    fn end_block(&mut self, kind: u32) -> io::Result<()> {
        // The kind, and the length before and after.
        let len = length(self.block.len() + 12)?.to_le_bytes();
        self.output.write_all(&kind.to_le_bytes())?;
        self.output.write_all(&len)?;
        self.output.write_all(&self.block)?;
        self.output.write_all(&len)?;
        self.block.clear();
        Ok(())
    }
}

/// Text that was cut anywhere, without the character that the cut may have torn.
fn whole_characters(cut: &[u8]) -> &[u8] {
    cut.utf8_chunks().next().map_or(cut, |chunk| chunk.valid().as_bytes())
}

/// A length as the format writes it. Nothing that long is ever read.
fn length(len: usize) -> io::Result<u32> {
    u32::try_from(len).map_err(|_| io::ErrorKind::FileTooLarge.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{Stamp, Timestamp};

    fn packet(input: u32, link_type: LinkType, data: &[u8]) -> Packet<'_> {
        let stamp = Stamp { input: InputId(input), frame: 1, time: Timestamp::from_nanos(1_063_540_800_250_000_001) };
        Packet { stamp, link_type, data, original_len: 60, fcs_len: 0 }
    }

    /// The kinds of blocks in a section, whose lengths must agree.
    fn kinds(mut bytes: &[u8]) -> Vec<u32> {
        let word = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let mut kinds = Vec::new();
        while !bytes.is_empty() {
            let len = usize::try_from(word(bytes, 4)).unwrap();
            assert!(len.is_multiple_of(4) && word(bytes, len - 4) == word(bytes, 4));
            kinds.push(word(bytes, 0));
            bytes = &bytes[len..];
        }
        kinds
    }

    fn written(packets: &[(Packet<'_>, &str)]) -> Vec<u8> {
        let mut output = Vec::new();
        let mut writer = PacketWriter::new(&mut output).unwrap();
        for (packet, comment) in packets {
            writer.push(packet, "a.pcap", comment).unwrap();
        }
        writer.finish().unwrap();
        output
    }

    #[test]
    fn each_input_and_link_type_is_an_interface_in_front_of_its_first_packet() {
        let (a, b) = (packet(0, LinkType::ETHERNET, b"abcde"), packet(1, LinkType::ETHERNET, b"x"));
        let c = packet(0, LinkType::RAW, b"");
        let fcs = Packet { fcs_len: 4, ..a };
        let all = [(a, ""), (a, "said"), (b, ""), (a, ""), (c, ""), (fcs, "")];
        assert_eq!(kinds(&written(&all)), [SECTION_HEADER, 1, 6, 6, 1, 6, 6, 1, 6, 1, 6]);
    }

    #[test]
    fn a_packet_keeps_its_time_to_the_nanosecond_and_its_lengths() {
        let bytes = written(&[(packet(0, LinkType::ETHERNET, b"abcde"), "said")]);
        let mut block = vec![0, 0, 0, 0];
        let nanos = 1_063_540_800_250_000_001_u64;
        block.extend(u32::try_from(nanos >> 32).unwrap().to_le_bytes());
        block.extend(u32::try_from(nanos & 0xffff_ffff).unwrap().to_le_bytes());
        block.extend([5, 0, 0, 0, 60, 0, 0, 0]);
        block.extend(b"abcde\0\0\0\x01\0\x04\0said\0\0\0\0");
        assert_eq!(bytes[bytes.len() - block.len() - 4..bytes.len() - 4], block);
    }

    #[test]
    fn a_long_comment_ends_with_a_whole_character() {
        let comment = format!("a{}", "é".repeat(TEXT_LEN_MAX));
        let bytes = written(&[(packet(0, LinkType::ETHERNET, b""), &comment)]);
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains(&"é".repeat(TEXT_LEN_MAX / 2 - 1)) && !text.contains(&"é".repeat(TEXT_LEN_MAX / 2)));
        assert_eq!(kinds(&bytes), [SECTION_HEADER, 1, 6]);
    }

    #[test]
    fn no_packets_are_a_section_without_any() {
        assert_eq!(kinds(&written(&[])), [SECTION_HEADER]);
    }
}
