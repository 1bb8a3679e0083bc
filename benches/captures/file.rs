//! The bytes of a capture file, written as its packets come.

use std::io::{self, Write};

/// Form of a capture file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Pcap,
    Pcapng,
}

/// The link type Ethernet.
const ETHERNET: u16 = 1;
/// Snap length in a pcap header: tcpdump's default.
const SNAP_LEN: u32 = 262_144;
/// Type of an enhanced packet block.
const ENHANCED_PACKET: u32 = 6;
/// Bytes of an enhanced packet block beside the packet and its filling.
const ENHANCED_PACKET_LEN: u32 = 32;

/// Writes packets of Ethernet with times in microseconds, little-endian: as tcpdump and dumpcap do.
pub(super) struct CaptureWriter<W> {
    form: Form,
    out: W,
}

impl<W: Write> CaptureWriter<W> {
    /// Begins a file.
    pub(super) fn new(form: Form, out: W) -> io::Result<Self> {
        let mut writer = Self { form, out };
        match form {
            Form::Pcap => {
                writer.numbers(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, SNAP_LEN, ETHERNET.into()])?;
            }
            Form::Pcapng => {
                // Version 1.0, length of the section not told; one interface without options.
                writer.numbers(&[0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28])?;
                writer.numbers(&[1, 20, ETHERNET.into(), 0, 20])?;
            }
        }
        Ok(writer)
    }

    /// Adds a packet, captured `time_us` microseconds after 1970.
    pub(super) fn write(&mut self, time_us: u64, packet: &[u8]) -> io::Result<()> {
        let len = u32::try_from(packet.len()).expect("a packet");
        match self.form {
            Form::Pcap => {
                let [seconds, fraction] = [time_us / 1_000_000, time_us % 1_000_000].map(low_half);
                self.numbers(&[seconds, fraction, len, len])?;
                self.out.write_all(packet)
            }
            Form::Pcapng => {
                let filled = len.next_multiple_of(4);
                let block_len = ENHANCED_PACKET_LEN + filled;
                let [high, low] = [time_us >> 32, time_us].map(low_half);
                self.numbers(&[ENHANCED_PACKET, block_len, 0, high, low, len, len])?;
                self.out.write_all(packet)?;
                self.out.write_all(&[0; 3][..(filled - len) as usize])?;
                self.numbers(&[block_len])
            }
        }
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn numbers(&mut self, numbers: &[u32]) -> io::Result<()> {
        numbers.iter().try_for_each(|number| self.out.write_all(&number.to_le_bytes()))
    }
}

fn low_half(number: u64) -> u32 {
    u32::try_from(number & 0xffff_ffff).expect("32 bits")
}
