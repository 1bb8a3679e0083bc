//! Decompression: a compressed capture gives the packets of the plain one; cut or flipped, it gives none that are not
//! there; and any bytes may stand behind the magic number of a compression.

#![no_main]

use std::io::Write;

use libfuzzer_sys::fuzz_target;
use msncensus_fuzz::{Bytes, Reading, read};

fn compressed(format: u8, plain: &[u8]) -> Vec<u8> {
    let level = u32::from(format / 8 % 4);
    match format % 8 {
        0 => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
            encoder.write_all(plain).and_then(|()| encoder.finish()).expect("memory")
        }
        1 => zstd::bulk::compress(plain, 1 + i32::from(format / 8 % 4)).expect("memory"),
        2 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(plain).and_then(|()| encoder.finish()).expect("memory")
        }
        3 => {
            let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
            encoder.write_all(plain).and_then(|()| encoder.finish()).expect("memory")
        }
        4 => {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
            encoder.write_all(plain).expect("memory");
            encoder.finish().expect("memory")
        }
        5 => [&[0x1f, 0x8b, 8][..], plain].concat(),
        6 => [&[0x28, 0xb5, 0x2f, 0xfd][..], plain].concat(),
        _ => plain.to_vec(),
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let (format, harm, place, value) = (bytes.byte(), bytes.byte(), bytes.short(), bytes.byte());
    let plain = bytes.0;
    let mut file = compressed(format, plain);
    let at = usize::from(place) % file.len().max(1);
    match harm % 4 {
        0 => file.truncate(at),
        1 => file.get_mut(at).into_iter().for_each(|byte| *byte ^= value),
        // A second member.
        2 => file.extend(compressed(value, plain)),
        _ => {}
    }
    let found = read(&file, usize::MAX, false);
    // How far a decoder has read ahead of what it gave is its own affair.
    let said = |reading: Option<Reading>| reading.map(|reading| (reading.packets, reading.error));
    let in_sips = said(read(&file, 1 + file.len() / 5, false));
    assert_eq!(in_sips, said(read(&file, usize::MAX, false)), "in sips");
    let is_compressed = format % 8 < 5;
    let expected = read(plain, usize::MAX, false);
    if let (3, true, Some(found), Some(expected)) = (harm % 4, is_compressed, &found, &expected) {
        assert_eq!(found.packets, expected.packets);
        assert_eq!(found.error.is_some(), expected.error.is_some());
    }
    if let (0, true, Some(found), Some(expected)) = (harm % 4, is_compressed, &found, &expected) {
        assert!(found.packets.len() <= expected.packets.len(), "a packet that is not there");
        let whole = found.packets.len().saturating_sub(1);
        assert_eq!(found.packets[..whole], expected.packets[..whole]);
    }
});
