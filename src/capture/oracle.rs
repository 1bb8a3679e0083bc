//! The second opinion: on every valid file, libpcap must see the same records.
//!
//! Left out is what libpcap does not read (several link types in one file) or reads otherwise on purpose: times after
//! 2038, which it takes for times before 1970; packets longer than the snap length, which it shortens; frames of a CAN bus in
//! the cooked captures of the other byte order, whose identifiers it turns round.

use std::path::Path;

use pcap::{Capture, Precision};
use proptest::prelude::*;

use super::order::ByteOrder;
use super::samples::{Pcap, Pcapng, Seen, drain, real_captures};
use super::{CaptureFile, ReadOptions, Source};
use crate::packet::InputId;

/// Time in nanoseconds, original length, bytes.
type Record = (i64, u32, Vec<u8>);

fn by_libpcap(path: &Path) -> Result<Vec<Record>, pcap::Error> {
    let mut capture = Capture::from_file_with_precision(path, Precision::Nano)?;
    let mut records = Vec::new();
    loop {
        match capture.next_packet() {
            Ok(packet) => {
                let header = packet.header;
                assert_eq!(usize::try_from(header.caplen).unwrap(), packet.data.len());
                let nanos = header.ts.tv_sec * 1_000_000_000 + header.ts.tv_usec;
                records.push((nanos, header.len, packet.data.to_vec()));
            }
            Err(pcap::Error::NoMorePackets) => return Ok(records),
            Err(error) => return Err(error),
        }
    }
}

fn by_us(path: &Path) -> (Vec<Record>, String) {
    let outcome = drain(CaptureFile::open(&Source::Path(path.to_owned()), InputId(0), ReadOptions::default()).unwrap());
    let record = |packet: Seen| (packet.nanos, packet.original_len, packet.data);
    (outcome.packets.into_iter().map(record).collect(), outcome.ending)
}

fn agree(bytes: &[u8]) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    assert_eq!(by_us(file.path()), (by_libpcap(file.path()).unwrap(), "end".to_owned()));
}

fn order() -> impl Strategy<Value = ByteOrder> {
    prop::sample::select(vec![ByteOrder::Little, ByteOrder::Big])
}

/// Seconds, a fraction below a million, bytes, and how many more there were.
fn packets() -> impl Strategy<Value = Vec<(u32, u32, Vec<u8>, u32)>> {
    let data = prop::collection::vec(any::<u8>(), 1..200);
    prop::collection::vec((1..0x7fff_ffff_u32, 0..1_000_000_u32, data, 0..2000_u32), 0..15)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn libpcap_sees_the_same_in_pcap(
        order in order(),
        magic in prop::sample::select(vec![0xa1b2_c3d4, 0xa1b2_3c4d, 0xa1b2_cd34]),
        version in prop::sample::select(vec![(2, 4), (2, 3), (2, 2), (543, 0)]),
        link in prop::sample::select(vec![1, 101, 113, 276, 0x2400_0001]),
        packets in packets(),
    ) {
        let file = Pcap { order, magic, version, link, ..Pcap::default() };
        let protocol_at = [(113, 14), (276, 0)].into_iter().find(|(cooked, _)| *cooked == link).map(|(_, at)| at);
        let file = packets.into_iter().fold(file, |file, (seconds, fraction, mut data, more)| {
            if let Some(high_byte) = protocol_at.and_then(|at: usize| data.get_mut(at)) {
                *high_byte |= 8;
            }
            let captured = u32::try_from(data.len()).unwrap();
            let mut lengths = [captured, captured + more];
            if version != (2, 4) {
                lengths.reverse();
            }
            file.record([seconds, fraction, lengths[0], lengths[1]], &data)
        });
        agree(&file.bytes());
    }

    #[test]
    fn libpcap_sees_the_same_in_pcapng(
        order in order(),
        resolution in prop::sample::select(vec![3_u8, 6, 7, 9, 0x8a, 0x94, 0x9e]),
        offset in prop::option::of(0..1_000_000_u64),
        kinds in prop::collection::vec(0..4_u8, 15),
        packets in packets(),
    ) {
        let offset = offset.map(|offset| match order {
            ByteOrder::Little => offset.to_le_bytes(),
            ByteOrder::Big => offset.to_be_bytes(),
        });
        let resolution_option = (9, &[resolution][..]);
        let options: Vec<_> = [resolution_option].into_iter().chain(offset.iter().map(|o| (14, &o[..]))).collect();
        let file = Pcapng::new(order).interface(1, 262_144, &options);
        let file = packets.into_iter().zip(kinds).fold(file, |file, ((seconds, fraction, data, more), kind)| {
            let units = if resolution < 0x80 { 10_u64.pow(resolution.into()) } else { 1 << (resolution & 0x7f) };
            let ticks = u64::from(seconds) * units + u64::from(fraction) % units;
            let captured = u32::try_from(data.len()).unwrap();
            match kind {
                0 => file.obsolete(0, 0, ticks, &data),
                1 => file.block(4, &data).enhanced(0, ticks, captured, &data),
                2 => file.enhanced_with(0, ticks, captured + more, &data, &[(1, b"a comment"), (0, &[])]),
                _ => file.enhanced(0, ticks, captured + more, &data),
            }
        });
        agree(&file.bytes);
    }
}

#[test]
fn libpcap_sees_the_same_in_real_captures() {
    for path in real_captures() {
        match by_libpcap(&path) {
            Ok(records) => assert_eq!(by_us(&path), (records, "end".to_owned()), "{}", path.display()),
            // The one thing that libpcap does not read of these.
            Err(error) => assert!(error.to_string().contains("different from"), "{}: {error}", path.display()),
        }
    }
}
