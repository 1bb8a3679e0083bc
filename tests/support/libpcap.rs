//! libpcap judges the files made here: it reads the same records.

use std::path::Path;

use super::capture_file::{Block, ByteOrder, Pcapng, Variant, pcap};
use super::frame::{Frame, frames};
use super::tshark::{login, temporary};

/// Time in nanoseconds, bytes, length on the wire.
pub(crate) type Record = (i64, Vec<u8>, usize);

/// The records that libpcap sees in a file, or why it does not read it.
pub(crate) fn records(path: &Path) -> Result<Vec<Record>, String> {
    let told = |error: pcap::Error| error.to_string();
    let mut source = pcap::Capture::from_file_with_precision(path, pcap::Precision::Nano).map_err(told)?;
    let mut records = Vec::new();
    loop {
        match source.next_packet() {
            Ok(packet) => {
                let time = packet.header.ts.tv_sec * 1_000_000_000 + packet.header.ts.tv_usec;
                records.push((time, packet.data.to_vec(), packet.header.len as usize));
            }
            Err(pcap::Error::NoMorePackets) => return Ok(records),
            Err(error) => return Err(error.to_string()),
        }
    }
}

fn records_of(capture: &[u8]) -> Vec<Record> {
    records(temporary(capture).path()).unwrap()
}

fn expected(frames: &[Frame]) -> Vec<Record> {
    frames.iter().map(|frame| (frame.time, frame.data.clone(), frame.original_len)).collect()
}

#[test]
fn libpcap_reads_every_pcap_as_it_was_written() {
    let frames = frames(&login(|packet| packet.envelope.snap_len = 70));
    for order in [ByteOrder::Little, ByteOrder::Big] {
        for variant in [Variant::Microseconds, Variant::Nanoseconds, Variant::Kuznetzov] {
            assert_eq!(records_of(&pcap(&frames, order, variant)), expected(&frames), "{order:?} {variant:?}");
        }
    }
}

#[test]
fn libpcap_reads_every_pcapng_as_it_was_written() {
    let frames = frames(&login(|packet| packet.envelope.interface = "dial-up".into()));
    for order in [ByteOrder::Little, ByteOrder::Big] {
        for (resolution, block, sections) in [(6, Block::Enhanced, 1), (9, Block::Enhanced, 3), (9, Block::Obsolete, 1)]
        {
            let form = Pcapng { order, resolution, block, sections };
            assert_eq!(records_of(&form.write(&frames)), expected(&frames), "{form:?}");
        }
    }
}

#[test]
fn libpcap_reads_simple_packet_blocks() {
    let frames = frames(&login(|_| ()));
    let form = Pcapng { block: Block::Simple, ..Pcapng::default() };
    let untimed: Vec<_> = expected(&frames).into_iter().map(|(_, data, len)| (0, data, len)).collect();
    assert_eq!(records_of(&form.write(&frames)), untimed);
}

#[test]
fn libpcap_reads_binary_fractions_of_a_second() {
    let frames = frames(&login(|_| ()));
    let form = Pcapng { resolution: 0x80 + 20, ..Pcapng::default() };
    for ((time, ..), frame) in records_of(&form.write(&frames)).iter().zip(&frames) {
        assert!((frame.time - time).abs() < 2_000, "within two units of 2^-20 s: {time}");
    }
}
