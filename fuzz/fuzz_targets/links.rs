//! Link decoding: any bytes as packets of any link type, cut or whole; what is decoded lies within the packet.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msncensus::net::{Decoded, decode};
use msncensus::packet::{LinkType, Packet, Stamp};
use msncensus_fuzz::{Bytes, Engine};

const LINKS: [u16; 20] = [1, 0, 9, 12, 14, 50, 51, 101, 104, 105, 108, 113, 119, 127, 163, 192, 226, 228, 229, 276];

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let mut engine = Engine::new(1 << 20);
    let mut time = 0;
    while !bytes.is_empty() {
        let link = LinkType(LINKS[usize::from(bytes.byte()) % LINKS.len()]);
        let (more, fcs_len) = (usize::from(bytes.byte()), bytes.byte() % 9);
        let len = usize::from(bytes.byte()) * 4;
        let data = bytes.take(len);
        let original_len = data.len() + more.saturating_sub(128);
        let packet =
            Packet { stamp: Stamp::default(), link_type: link, data, original_len: original_len as u32, fcs_len };
        if let Decoded::Segment(segment) = decode(&packet) {
            assert!(segment.payload.len() <= data.len() && segment.payload.len() <= segment.payload_len as usize);
            let parts: Vec<u8> = segment.parts().flat_map(|part| part.bytes.to_vec()).collect();
            assert_eq!(parts, segment.payload);
        }
        time += i64::from(bytes.byte()) * 10_000_000;
        engine.push(link, data, original_len, time);
    }
    engine.finish();
});
