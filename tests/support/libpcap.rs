//! libpcap judges the files made here: it reads the same records.

use super::capture_file::{Block, ByteOrder, Pcapng, Variant, pcap};
use super::frame::{Frame, frames};
use super::tshark::{login, temporary};

/// The records that libpcap sees: time in nanoseconds, bytes, length on the wire.
fn records(capture: &[u8]) -> Vec<(i64, Vec<u8>, usize)> {
    let file = temporary(capture);
    let mut source = pcap::Capture::from_file_with_precision(file.path(), pcap::Precision::Nano).unwrap();
    let mut records = Vec::new();
    loop {
        match source.next_packet() {
            Ok(packet) => {
                let time = packet.header.ts.tv_sec * 1_000_000_000 + packet.header.ts.tv_usec;
                records.push((time, packet.data.to_vec(), packet.header.len as usize));
            }
            Err(pcap::Error::NoMorePackets) => return records,
            Err(error) => panic!("libpcap: {error}"),
        }
    }
}

fn expected(frames: &[Frame]) -> Vec<(i64, Vec<u8>, usize)> {
    frames.iter().map(|frame| (frame.time, frame.data.clone(), frame.original_len)).collect()
}

#[test]
fn libpcap_reads_every_pcap_as_it_was_written() {
    let frames = frames(&login(|packet| packet.envelope.snap_len = 70));
    for order in [ByteOrder::Little, ByteOrder::Big] {
        for variant in [Variant::Microseconds, Variant::Nanoseconds, Variant::Kuznetzov] {
            assert_eq!(records(&pcap(&frames, order, variant)), expected(&frames), "{order:?} {variant:?}");
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
            assert_eq!(records(&form.write(&frames)), expected(&frames), "{form:?}");
        }
    }
}

#[test]
fn libpcap_reads_simple_packet_blocks() {
    let frames = frames(&login(|_| ()));
    let form = Pcapng { block: Block::Simple, ..Pcapng::default() };
    let untimed: Vec<_> = expected(&frames).into_iter().map(|(_, data, len)| (0, data, len)).collect();
    assert_eq!(records(&form.write(&frames)), untimed);
}

#[test]
fn libpcap_reads_binary_fractions_of_a_second() {
    let frames = frames(&login(|_| ()));
    let form = Pcapng { resolution: 0x80 + 20, ..Pcapng::default() };
    for ((time, ..), frame) in records(&form.write(&frames)).iter().zip(&frames) {
        assert!((frame.time - time).abs() < 2_000, "within two units of 2^-20 s: {time}");
    }
}
