//! No bytes make the engine or the reader panic or lose count.

use std::ffi::OsString;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;

use msncensus::capture::list;
use msncensus::run::{Findings, Plan, run};

use super::{CONVERSATIONS, mess, wire};
use crate::support::capture_file::{ByteOrder, Pcapng, Variant, pcap};
use crate::support::engine::analyse_frames;
use crate::support::frame::{Frame, frames};
use crate::support::link::Link;
use crate::support::packet::TestPacket;
use crate::support::{LOGIN, script::Script};

/// Words that the grammar knows, and some that it does not.
fn words() -> impl Strategy<Value = Vec<u8>> {
    const KNOWN: [&str; 21] = [
        "VER", "CVR", "CVQ", "USR", "XFR", "MSG", "NOT", "ANS", "420", "911", "MSNP8", "CVR0", "TWN", "I", "OK",
        "0x0409", "1.0.0000", "2", "7", "16777216", "a@b",
    ];
    let word = prop_oneof![
        40 => prop::sample::select(&KNOWN[..]).prop_map(|word| word.as_bytes().to_vec()),
        10 => prop::collection::vec(any::<u8>(), 0..12),
        1 => Just(vec![b'x'; 9_000]),
    ];
    let between = prop_oneof![5 => Just(&b" "[..]), 3 => Just(&b"\r\n"[..]), 1 => Just(&b"\n"[..]), 1 => Just(&b"\r"[..]), 1 => Just(&b""[..])];
    prop::collection::vec((word, between), 0..12)
        .prop_map(|words| words.into_iter().flat_map(|(word, between)| [word, between.to_vec()].concat()).collect())
}

/// The bytes of a capture, read as a file by the run that the program makes.
fn read(bytes: &[u8]) -> Findings {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    let plan = Plan { memory_max: 1 << 20, ..Plan::new(list([OsString::from(file.path())])) };
    let found = run(plan, &Arc::new(AtomicBool::new(false)), &mut |_| {});
    assert_eq!(found.stats.broken_law_at_end(), None);
    found
}

fn flipped(mut bytes: Vec<u8>, flips: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    for (place, bits) in flips.iter().filter(|_| !bytes.is_empty()).collect::<Vec<_>>() {
        let place = place.index(bytes.len());
        bytes[place] ^= bits;
    }
    bytes
}

fn flips() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12_000))]

    #[test]
    fn any_bytes_may_be_a_packet_of_any_link(packets in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 0..120), 0..200_usize, any::<i64>()), 1..8)) {
        let frames: Vec<Frame> = packets.into_iter().map(|(link, data, more, time)| Frame {
            time,
            link: Link::ALL[link.index(Link::ALL.len())].1.number(),
            interface: String::new(),
            original_len: data.len() + more,
            data,
        }).collect();
        analyse_frames(&frames);
    }

    /// Sane headers around anything: flags, numbers near each other, times near each other or far apart.
    #[test]
    fn any_payload_may_be_said_on_the_port(
        packets in prop::collection::vec((any::<bool>(), -300..3_000_i32, any::<u32>(), 0..64_u8, words(), prop_oneof![8 => 0..1_000_i64, 1 => 0..1_000_000_i64]), 1..24),
        isns in any::<[u32; 2]>(),
    ) {
        let model = Script::parse(LOGIN).unwrap().packets();
        let mut time = model[0].time;
        let packets: Vec<TestPacket> = packets.into_iter().map(|(of_client, ahead, ack, flags, payload, millis)| {
            time += millis * 1_000_000;
            // Mostly data, sometimes a flag that opens or ends.
            let flags = if flags < 48 { 0x10 } else { flags & 0x17 };
            let like = if of_client { &model[3] } else { &model[4] };
            let seq = isns[usize::from(!of_client)].wrapping_add_signed(ahead);
            TestPacket { time, seq, ack, flags, payload, ..like.clone() }
        }).collect();
        analyse_frames(&frames(&packets));
    }

    #[test]
    fn flipped_bits_do_no_harm(
        (conversation, wire, mess) in (0..CONVERSATIONS.len(), wire(), mess()),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1..=255_u8), 1..30),
    ) {
        let mut frames = frames(&mess.make(&wire.carry(conversation)));
        for (which, place, bits) in flips {
            let which = which.index(frames.len());
            let place = place.index(frames[which].data.len());
            frames[which].data[place] ^= bits;
        }
        analyse_frames(&frames);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn any_bytes_may_be_a_file(magic in prop::sample::select(vec![0xa1b2_c3d4_u32, 0xa1b2_3c4d, 0xa1b2_cd34, 0x0a0d_0d0a, 0]), bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for magic in [magic.to_le_bytes(), magic.to_be_bytes()] {
            prop_assert!(read(&[&magic, &bytes[..]].concat()).exchanges == 0);
        }
    }

    #[test]
    fn a_damaged_file_does_no_harm(
        (conversation, mut wire, mess) in (0..CONVERSATIONS.len(), wire(), mess()),
        (form, big) in (0..6_usize, any::<bool>()),
        flips in flips(),
    ) {
        wire.sizes.push(100);
        let frames = frames(&mess.make(&wire.carry(conversation)));
        let order = if big { ByteOrder::Big } else { ByteOrder::Little };
        let bytes = match form {
            0 => pcap(&frames, order, Variant::Microseconds),
            1 => pcap(&frames, order, Variant::Nanoseconds),
            2 => pcap(&frames, order, Variant::Kuznetzov),
            sections => Pcapng { order, sections: sections - 2, ..Pcapng::default() }.write(&frames),
        };
        prop_assert_eq!(read(&bytes).exchanges, CONVERSATIONS[conversation].1 as u64);
        read(&flipped(bytes, &flips));
    }
}
