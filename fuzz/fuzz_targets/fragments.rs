//! Fragments of IPv4 and IPv6 in any order, of few datagrams, under tiny bounds and usual ones. As long as no fragment
//! contradicts another, what is put together is what was sent.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msncensus::net::{Decoded, Fragments, decode};
use msncensus::packet::{LinkType, Packet, Stamp, Timestamp};
use msncensus::stats::Ledger;
use msncensus_fuzz::{Bytes, Engine, ipv4, ipv6, tcp};

/// The payload of datagram `id`, of which each fragment shows a part: a segment, so that its bytes can be read again.
fn truth(id: u16) -> Vec<u8> {
    let payload: Vec<u8> = (0..4_096_u16).map(|at| (at ^ (at >> 8) ^ id.wrapping_mul(31)) as u8).collect();
    tcp([1_000 + id, 1863], 7, 0, 0x10, &payload)
}

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let bounds = bytes.byte();
    let mut fragments = if bounds % 2 == 0 {
        Fragments::default()
    } else {
        Fragments::with_bounds(usize::from(bounds / 2 % 8), usize::from(bounds / 16) * 512)
    };
    let truths = [0, 1, 2, 3].map(truth);
    let mut ledger = Ledger::default();
    let mut engine = Engine::new(1 << 20);
    let (mut honest, mut time, mut frame) = (true, 0, 0);
    while !bytes.is_empty() {
        let (form, at, len, later) = (bytes.byte(), usize::from(bytes.byte()), bytes.byte(), bytes.byte());
        let (id, is_v6) = (u16::from(form & 3), form & 4 != 0);
        let (more, lies, odd) = (form & 8 != 0, form & 0x30 == 0x30, form & 0xc0 == 0xc0);
        let place = at * 8;
        let len = usize::from(len % 64) * 8 + if odd { 3 } else { 0 };
        let whole = &truths[usize::from(id)];
        let mut part = whole[place..whole.len().min(place + len)].to_vec();
        if lies {
            honest = false;
            part.iter_mut().step_by(5).for_each(|byte| *byte ^= 1);
        }
        let more = u16::from(more);
        let data = if is_v6 {
            let [high, low] = (place as u16 | more).to_be_bytes();
            ipv6(44, &[&[6, 0, high, low, 0, 0, 0, id as u8][..], &part].concat())
        } else {
            ipv4(id, at as u16 | more << 13, 6, &part)
        };
        time += i64::from(later) * 50_000_000;
        frame += 1;
        engine.push(LinkType::RAW, &data, data.len(), time);
        let stamp = Stamp { frame, time: Timestamp::from_nanos(time), ..Stamp::default() };
        let original_len = data.len() as u32;
        let packet = Packet { stamp, link_type: LinkType::RAW, data: &data, original_len, fcs_len: 0 };
        fragments.advance(stamp.time, &mut ledger);
        let decoded = decode(&packet);
        ledger.at(stamp.input).count(decoded.fate());
        if let Decoded::Fragment(fragment) = decoded
            && let Some(whole) = fragments.push(&fragment, &mut ledger)
            && let Decoded::Segment(segment) = whole.open()
        {
            let parts: Vec<u8> = segment.parts().flat_map(|part| part.bytes.to_vec()).collect();
            assert_eq!(parts, segment.payload);
            if honest {
                let id = usize::from(segment.source.port) - 1_000;
                assert!(truths[id][20..].starts_with(segment.payload), "bytes that nobody sent");
            }
        }
        assert_eq!(ledger.total().broken_law(), None);
    }
    fragments.finish(&mut ledger);
    assert_eq!(ledger.total().broken_law_at_end(), None);
    engine.finish();
});
