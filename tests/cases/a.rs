//! A: sequence space and delivery.
//!
//! | decided against | because |
//! |---|---|
//! | A25 `keepalive_guess` | a lone byte begins no line of strict form, so it is left out without a word |
//! | A27 flag `urgent` | inline is where the byte stands in sequence space; no row was ever seen to depend on it |
//! | A29 `odd_flags` | flags of a segment with data say nothing of its bytes |
//! | A32, A33 age and hops of a copy | no receiver is imitated: where a copy differs, A6 and A7 hold |
//! | A6 behind the last line of interest | the stream is let go there, its history too |
//!
//! A30 and A31 are tested beside the decoder too, the parts of A5, A8 and A34 beside the assembler.

use super::{
    ASK, ASK_CVR, ASK_VER, CLIENT_FIN, SERVER_FIN, SYN, SYN_ACK, TELL, TELL_CVR, TELL_VER, delayed, flags_of_same,
    halves, inserted, login, replaced, script, segment, talk,
};
use crate::support::alter::{Overlap, duplicate, lose, overlap, reorder, shuffle};
use crate::support::conversation::Segmentation;
use crate::support::engine::{analyse, analyse_frames};
use crate::support::frame::frames;
use crate::support::packet::{ACK, Checksum, FIN, PSH, Side, TestPacket};

/// Keeps the handshake where it is and takes the rest in this order.
fn behind_handshake(packets: &[TestPacket], order: &[usize]) -> Vec<TestPacket> {
    reorder(packets, &[&[0, 1, 2], order].concat())
}

#[test]
fn a1_in_order_is_exact() {
    let found = analyse(&login());
    assert_eq!(found.halves(), [format!("{ASK} | {TELL}")]);
    assert_eq!((found.flags(), found.stats.streams.gaps, found.stats.streams.duplicates), (String::new(), 0, 0));
}

#[test]
fn a2_order_does_not_matter() {
    for order in [[11, 10, 9, 8, 7, 6, 5, 4, 3], [6, 5, 4, 3, 8, 7, 10, 9, 11], [8, 3, 10, 4, 6, 5, 7, 9, 11]] {
        assert_eq!(flags_of_same(&behind_handshake(&login(), &order)), "", "{order:?}");
    }
}

#[test]
fn a3_a_retransmission_is_counted_and_not_delivered_twice() {
    for index in ASK_VER..=TELL_CVR {
        let packets = duplicate(&login(), index, 2);
        assert_eq!(flags_of_same(&packets), "");
        let streams = analyse(&packets).stats.streams;
        assert_eq!((streams.duplicates, streams.duplicate_bytes), (1, login()[index].payload.len() as u64));
    }
}

#[test]
fn a4_a_longer_retransmission_brings_its_tail() {
    let packets = login();
    let [head, _] = halves(&packets[ASK_CVR], 11);
    let packets = inserted(&packets, ASK_CVR, &head);
    assert_eq!(flags_of_same(&packets), "");
    assert_eq!(analyse(&packets).stats.streams.duplicate_bytes, 11);
}

#[test]
fn a5_a_retransmission_over_old_data_and_several_holes_fills_them_all() {
    let packets = login();
    let piece = |from: usize, to: usize| {
        segment(&packets[ASK_CVR], u32::try_from(from).unwrap(), &packets[ASK_CVR].payload[from..to])
    };
    let pieces = [piece(0, 5), piece(10, 15), piece(20, 30), piece(40, 50), piece(2, 60), piece(55, ASK.len() + 2)];
    assert_eq!(flags_of_same(&replaced(&packets, ASK_CVR, &pieces)), "");
}

#[test]
fn a6_of_two_copies_the_first_stays_and_the_other_is_a_doubt() {
    let packets = login();
    let other = ASK.replace("6.0.0602", "9.9.9999") + "\r\n";
    let packets = overlap(&packets, &Overlap { like: ASK_CVR, from: 24, bytes: other.as_bytes(), at: TELL_CVR + 1 });
    assert_eq!(flags_of_same(&packets), "conflict");
    let streams = analyse(&packets).stats.streams;
    assert_eq!((streams.conflicting_bytes_msn, streams.conflicting_bytes), (6, 6));
}

/// Whichever line a late copy contradicts is doubtful, and no other: before the other half came or after.
#[test]
fn a6_a_late_copy_makes_just_its_own_line_doubtful() {
    let packets = login();
    for (of, places, expected) in [
        (ASK_VER, ASK_VER + 1..=TELL_CVR + 1, ["", ""]),
        (ASK_CVR, ASK_CVR + 1..=TELL_CVR + 1, ["conflict", ""]),
        (TELL_CVR, TELL_CVR + 1..=TELL_CVR + 1, ["", "conflict"]),
    ] {
        for place in places {
            let mut forged = packets[of].clone();
            forged.payload[4..8].copy_from_slice(b"####");
            let found = analyse(&inserted(&packets, place, &forged));
            let row = &found.observations[0].exchange;
            let halves = [&row.request.as_ref().unwrap().provenance, &row.reply.as_ref().unwrap().provenance];
            assert_eq!(halves.map(|half| half.flags.to_string()), expected, "of {of} at {place}");
            assert_eq!(found.fields(), analyse(&packets).fields());
        }
    }
}

#[test]
fn a7_two_copies_behind_a_hole_leave_the_first_and_a_flag() {
    let packets = login();
    let [head, tail] = halves(&packets[ASK_CVR], 40);
    let other: Vec<u8> = tail.payload.iter().map(|byte| if *byte == b'6' { b'9' } else { *byte }).collect();
    let forged = TestPacket { payload: other, ..tail.clone() };
    let packets = replaced(&packets, ASK_CVR, &[tail, forged, head]);
    assert_eq!(flags_of_same(&packets), "conflict");
}

#[test]
fn a8_a_copy_with_a_right_checksum_takes_the_place_of_one_with_a_wrong_one() {
    let packets = login();
    let [head, tail] = halves(&packets[ASK_CVR], 40);
    let mut damaged = TestPacket { payload: tail.payload.iter().map(|byte| byte ^ 0x15).collect(), ..tail.clone() };
    damaged.envelope.checksum = Checksum::Wrong;
    for order in
        [[&damaged, &tail, &head], [&damaged, &head, &tail], [&head, &damaged, &tail], [&tail, &damaged, &head]]
    {
        let altered = replaced(&packets, ASK_CVR, &order.map(Clone::clone));
        let flags = flags_of_same(&altered);
        assert!(flags.is_empty() || (order[0].payload == tail.payload && flags == "conflict"), "{flags}");
    }
}

/// The end of the line is known only from the better copy, and was looked for before it came.
#[test]
fn a8_a_line_end_that_a_better_copy_brings_is_seen() {
    let packets = talk("connect\nC: VER 1 MSNP7\nS: VER 1 MSNP7\nC: ASK\nS: TELL\nC: PNG\nclose client");
    let [head, tail] = halves(&packets[ASK_CVR], 70);
    let mut damaged = TestPacket { payload: vec![b'.'; tail.payload.len()], ..tail.clone() };
    damaged.envelope.checksum = Checksum::Wrong;
    let found = analyse(&replaced(&packets, ASK_CVR, &[head, damaged, tail]));
    assert_eq!((found.halves(), found.flags().as_str()), (vec![format!("{ASK} | {TELL}")], ""));
}

#[test]
fn a9_of_two_bad_copies_the_first_stays() {
    let mut packets = login();
    packets[ASK_CVR].envelope.checksum = Checksum::Wrong;
    assert_eq!(flags_of_same(&packets), "bad_checksum");
    assert_eq!(flags_of_same(&duplicate(&packets, ASK_CVR, 1)), "bad_checksum");
}

#[test]
fn a10_a11_a12_sequence_numbers_may_wrap_anywhere() {
    for before in 0..120 {
        let mut script =
            script("connect\nC: VER 1 MSNP9 MSNP8 CVR0\nS: VER 1 MSNP9 MSNP8 CVR0\nC: ASK\nS: TELL\nclose client");
        script.conversations[0].isns = [u32::MAX - before, u32::MAX - before / 2];
        assert_eq!(flags_of_same(&script.packets()), "", "{before} before the wrap");
        script.segment(&Segmentation::Max(16));
        let packets = script.packets();
        let shuffled = [&packets[..3], &shuffle(&packets[3..], 6, u64::from(before))].concat();
        assert_eq!(flags_of_same(&shuffled), "", "{before} before the wrap, in pieces");
    }
}

#[test]
fn a13_a_segment_too_far_ahead_is_left_out_and_counted() {
    let packets = login();
    let far = segment(&packets[ASK_CVR], (1 << 30) + 50_000, b"CVR 2 far away\r\n");
    let found = analyse(&inserted(&packets, ASK_CVR, &far));
    assert_eq!(found.fields(), analyse(&login()).fields());
    assert_eq!((found.flags().as_str(), found.stats.streams.out_of_window_bytes), ("", 16));
}

/// Seven times the greatest distance, each jump a hole that grows too old: sequence numbers come round once and more.
#[test]
fn a13_a_stream_of_more_than_4_gib_goes_on() {
    let packets = talk("connect\nC: VER 1 MSNP7\nS: VER 1 MSNP7\nC: PNG\nC: ASK\nS: TELL");
    let ping = packets.iter().position(|packet| packet.payload.starts_with(b"PNG")).unwrap();
    let mut all = packets[..=ping].to_vec();
    let (mut skip, mut seconds) = (0_u32, 0);
    for _ in 0..7 {
        skip = skip.wrapping_add((1 << 30) - 100);
        seconds += 400;
        let again = segment(&packets[ping], skip, b"PNG\r\n");
        all.push(TestPacket { time: again.time + seconds * 1_000_000_000, ..again });
    }
    for packet in &packets[ping + 1..] {
        let skip = if packet.side == Side::Client { skip } else { 0 };
        let later = segment(packet, skip, &packet.payload);
        all.push(TestPacket { time: later.time + (seconds + 400) * 1_000_000_000, ..later });
    }
    let found = analyse(&all);
    assert_eq!((found.halves(), found.stats.streams.gaps), (vec![format!("{ASK} | {TELL}")], 7));
    assert!(found.stats.streams.gap_bytes > 1 << 32);
}

#[test]
fn a14_one_byte_a_segment() {
    let mut script =
        script("connect\nC: VER 1 MSNP9 MSNP8 CVR0\nS: VER 1 MSNP9 MSNP8 CVR0\nC: ASK\nS: TELL\nclose client");
    script.segment(&Segmentation::Max(1));
    let packets = script.packets();
    assert_eq!(flags_of_same(&packets), "");
    let mut reversed = packets.clone();
    reversed[3..].reverse();
    assert_eq!(flags_of_same(&reversed), "");
}

#[test]
fn a15_segments_without_payload_mean_nothing() {
    let packets = login();
    let mut bare = packets.clone();
    for index in (3..packets.len()).rev() {
        for skip in [0, 1, 99, u32::MAX] {
            let ack = TestPacket { flags: ACK, ..segment(&packets[index], skip, b"") };
            bare = inserted(&bare, index, &ack);
        }
    }
    assert_eq!(flags_of_same(&bare), "");
}

#[test]
fn a17_a19_a_handshake_may_carry_data_that_is_sent_again() {
    for (shake, first) in [(SYN, ASK_VER), (SYN_ACK, TELL_VER)] {
        let mut packets = login();
        packets[shake].payload = packets[first].payload.clone();
        assert_eq!(flags_of_same(&packets), "", "sent again");
        assert_eq!(flags_of_same(&lose(packets, first)), "");
    }
}

/// The SYN carries what the client says first; the SYN/ACK acknowledges it, and may be seen again.
#[test]
fn a16_a_syn_may_carry_data_that_is_accepted() {
    let mut packets = login();
    let first = packets[ASK_VER].payload.clone();
    packets[SYN_ACK].ack = packets[SYN_ACK].ack.wrapping_add(u32::try_from(first.len()).unwrap());
    packets[SYN].payload = first;
    let packets = lose(packets, ASK_VER);
    assert_eq!(flags_of_same(&packets), "");
    for (of, distance) in [(SYN, 1), (SYN, 5), (SYN_ACK, 1), (SYN_ACK, 5), (SYN_ACK, 9)] {
        let again = duplicate(&packets, of, distance);
        assert_eq!((flags_of_same(&again), analyse(&again).stats.streams.connections), (String::new(), 1));
    }
    // A SYN acknowledges nothing: without the SYN/ACK, nothing proves where the server begins.
    assert_eq!(flags_of_same(&lose(packets, SYN_ACK)), "after_gap;inferred_line_start");
}

/// A SYN is sent again before anything answers it: what it carries is known, unless it carries something else.
#[test]
fn a16_what_a_syn_carries_again_is_a_copy_and_counted() {
    let mut packets = login();
    let first = packets[ASK_VER].payload.clone();
    packets[SYN].payload = first.clone();
    let again = duplicate(&packets, SYN, 0);
    assert_eq!((again[0].seq, again[1].payload.len()), (again[1].seq, first.len()));
    assert_eq!(flags_of_same(&again), "");
    let counted = |packets: &[TestPacket]| {
        let streams = analyse(packets).stats.streams;
        (streams.duplicates, streams.duplicate_bytes, streams.conflicting_bytes)
    };
    let (copies, bytes, _) = counted(&packets);
    assert_eq!(counted(&again), (copies + 1, bytes + first.len() as u64, 0));
    let mut other = again.clone();
    other[1].payload[4] ^= 1;
    assert!(counted(&other).2 > 0, "as long, and not the same");
    other[1].payload.truncate(4);
    assert_eq!(counted(&other).2, 0, "shorter, and the same as far as it goes");
    assert_eq!(flags_of_same(&other), "");
}

/// The server took nothing of what the SYN carried: what was sent later in its place is what it heard.
#[test]
fn a18_other_data_in_the_place_of_a_refused_syn_payload_counts() {
    let body = "connect\nC: VER 1 MSNP9 MSNP8 CVR0\nC+ ASK\nS: VER 1 MSNP9 MSNP8 CVR0\nS+ TELL\nclose client";
    let packets = talk(body);
    for place in [3, 4] {
        let mut refused = packets.clone();
        let said = String::from_utf8(packets[ASK_VER].payload.clone()).unwrap();
        refused[SYN].payload = said.replace("6.0.0602", "9.9.9999").into_bytes();
        refused.swap(3, place);
        for cut in [1, 40, 70, said.len() - 1] {
            let cut = replaced(&refused, place, &halves(&packets[ASK_VER], cut));
            assert_eq!(flags_of_same(&cut), "conflict", "in place {place}");
        }
        assert_eq!(flags_of_same(&refused), "conflict", "in place {place}");
        assert_eq!(analyse(&refused).stats.streams.conflicting_bytes_msn, 6);
        refused[SYN].payload = b"GET / HTTP/1.1".to_vec();
        assert_eq!(flags_of_same(&refused), "", "a stranger's words");
    }
}

#[test]
fn a20_a_fin_may_carry_data() {
    let mut packets = login();
    packets[ASK_CVR].flags |= FIN;
    packets[TELL_CVR].flags |= FIN;
    let packets = packets[..=TELL_CVR].to_vec();
    assert_eq!(flags_of_same(&packets), "");
    // The connection is over: what comes now belongs to none.
    let late = segment(&packets[ASK_CVR], 80, b"CVR 3 0x0409 a b c d e f\r\n");
    assert_eq!(flags_of_same(&[packets, vec![late]].concat()), "");
}

#[test]
fn a21_a_fin_before_the_last_data_closes_nothing() {
    for order in [[10, 8, 3, 4, 5, 6, 7, 9, 11], [8, 9, 10, 11, 6, 5, 4, 3, 7]] {
        assert_eq!(flags_of_same(&behind_handshake(&login(), &order)), "");
    }
    let mut packets = login();
    packets.swap(ASK_CVR, CLIENT_FIN);
    packets.swap(TELL_CVR, SERVER_FIN);
    assert_eq!(flags_of_same(&packets), "");
}

#[test]
fn a22_bytes_behind_a_fin_are_counted_and_not_read() {
    let packets = login();
    let after = TestPacket { flags: PSH | ACK, ..segment(&packets[CLIENT_FIN], 1, b"CVR 9 0x0409 a b c d e f\r\n") };
    let packets = inserted(&packets, SERVER_FIN, &after);
    assert_eq!(flags_of_same(&packets), "");
    assert_eq!(analyse(&packets).stats.streams.after_fin_bytes, 26);
}

/// A FIN that its receiver threw away, for its checksum or because it had what stands behind it, hides nothing.
#[test]
fn a22_a_fin_that_its_receiver_did_not_believe_ends_nothing() {
    let packets = login();
    for index in [ASK_VER, ASK_CVR] {
        let mut damaged = TestPacket { flags: FIN | ACK, ..segment(&packets[index], 0, b"") };
        damaged.envelope.checksum = Checksum::Wrong;
        assert_eq!(flags_of_same(&inserted(&packets, index, &damaged)), "", "damaged, before packet {index}");
        let late = TestPacket { flags: FIN | ACK, ..segment(&packets[ASK_VER], 0, b"") };
        assert_eq!(flags_of_same(&inserted(&packets, index + 1, &late)), "", "late, after packet {index}");
    }
}

/// Where every checksum is wrong, a FIN is believed like all else.
#[test]
fn a22_a_fin_with_a_wrong_checksum_ends_what_nothing_goes_on() {
    let mut packets = login();
    let after = TestPacket { flags: PSH | ACK, ..segment(&packets[CLIENT_FIN], 1, b"CVR 9 0x0409 a b c d e f\r\n") };
    packets = inserted(&packets, SERVER_FIN, &after);
    for packet in &mut packets {
        packet.envelope.checksum = Checksum::Wrong;
    }
    assert_eq!(flags_of_same(&packets), "bad_checksum");
    assert_eq!(analyse(&packets).stats.streams.after_fin_bytes, 26);
}

#[test]
fn a23_a24_keep_alives_are_no_data() {
    let packets = login();
    for index in [ASK_VER, ASK_CVR, TELL_CVR, CLIENT_FIN] {
        for payload in [&b""[..], b"\0", b"x"] {
            let probe = TestPacket { flags: ACK, ..segment(&packets[ASK_CVR], 0, payload) };
            let next =
                packets[..index].iter().filter(|packet| packet.side == Side::Client).map(next_seq).next_back().unwrap();
            let probe = TestPacket { seq: next.wrapping_sub(1), ..probe };
            let altered = inserted(&packets, index, &probe);
            assert_eq!(flags_of_same(&altered), "", "{payload:?} before packet {index}");
            assert_eq!(analyse(&altered).stats.streams.conflicting_bytes, 0);
        }
    }
}

fn next_seq(packet: &TestPacket) -> u32 {
    let len = u32::try_from(packet.payload.len()).unwrap() + u32::from(packet.is_handshake());
    packet.seq.wrapping_add(len)
}

/// A longer segment that begins at the byte before the next one is no keep-alive: its first byte contradicts.
#[test]
fn a23_only_a_single_byte_is_a_keep_alive() {
    let packets = login();
    let [head, tail] = halves(&packets[ASK_CVR], 40);
    let forged = TestPacket { payload: [b"#", &tail.payload[..]].concat(), seq: tail.seq.wrapping_sub(1), ..tail };
    let packets = replaced(&packets, ASK_CVR, &[head, forged]);
    assert_eq!(flags_of_same(&packets), "conflict");
    assert_eq!(analyse(&packets).stats.streams.conflicting_bytes, 1);
}

#[test]
fn a25_a_keep_alive_that_begins_the_capture_is_no_data() {
    let packets = login()[3..].to_vec();
    let probe = TestPacket { flags: ACK, ..segment(&packets[2], u32::MAX, b"\0") };
    assert_eq!(flags_of_same(&inserted(&packets, 0, &probe)), "midstream;inferred_line_start");
    assert_eq!(flags_of_same(&inserted(&packets, 2, &probe)), "midstream;inferred_line_start");
    // Whatever the byte is, and where the other direction was seen first.
    for byte in [b"\0", b"x", b"C"] {
        let probe = TestPacket { payload: byte.to_vec(), ..probe.clone() };
        for (from, place) in [(2, 0), (1, 1)] {
            let found = analyse(&inserted(&packets[from..], place, &probe));
            let flags = "midstream;inferred_line_start".to_owned();
            assert_eq!((found.halves(), found.flags()), (vec![format!("{ASK} | {TELL}")], flags));
        }
    }
}

#[test]
fn a26_a_window_probe_may_carry_the_next_byte() {
    let packets = login();
    let probe = segment(&packets[ASK_CVR], 0, b"C");
    assert_eq!(flags_of_same(&inserted(&packets, ASK_CVR, &probe)), "");
}

#[test]
fn a27_a28_a29_odd_flags_change_no_data() {
    // None, all but SYN, FIN and RST, urgent alone, the two of ECN.
    for flags in [0x00, 0xf8, 0x20, 0xc0] {
        let mut packets = login();
        for packet in packets.iter_mut().filter(|packet| !packet.payload.is_empty()) {
            packet.flags = flags;
        }
        assert_eq!(flags_of_same(&packets), "", "{flags:02x}");
    }
}

/// A length of zero, a length beyond the header, a selective acknowledgement of no length, nothing but unknown options.
#[test]
fn a30_malformed_options_hide_no_data() {
    for options in [&[8, 0, 8, 0][..], &[254, 40, 1, 1], &[5, 1, 0, 0, 30, 4, 0, 0], &[0xff; 40]] {
        let packets: Vec<_> =
            login().into_iter().map(|packet| TestPacket { options: options.to_vec(), ..packet }).collect();
        assert_eq!(flags_of_same(&packets), "", "{options:?}");
    }
}

/// Less than a TCP header, and more than the segment: such a copy is counted, and the other one is as good as ever.
#[test]
fn a31_a_data_offset_that_cannot_be_is_counted_and_has_no_payload() {
    let packets = login();
    for (index, data_offset) in [(ASK_CVR, 0x00), (ASK_CVR, 0x40), (TELL_VER, 0xf0)] {
        let mut all = frames(&packets);
        let mut bad = all[index].clone();
        bad.data[14 + 20 + 12] = data_offset;
        all.insert(index, bad);
        let found = analyse_frames(&all);
        assert_eq!((found.fields(), found.flags()), (analyse(&packets).fields(), String::new()));
        assert_eq!((found.stats.packets.bad_tcp, found.stats.streams.duplicates), (1, 0), "{data_offset:02x}");
    }
}

/// What an attacker inserts so that a monitor sees it and the receiver does not: too old for PAWS (RFC 7323, 5), or with
/// too few hops to live. It is a copy like any other.
#[test]
fn a32_a33_what_was_inserted_is_seen_as_a_conflict() {
    let packets = login();
    let old = [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0].to_vec();
    for inserted_one in
        [TestPacket { options: old, ..packets[ASK_CVR].clone() }, TestPacket { ttl: 1, ..packets[ASK_CVR].clone() }]
    {
        assert_eq!(flags_of_same(&inserted(&packets, TELL_CVR, &inserted_one)), "", "the same bytes");
        let other = ASK.replace("6.0.0602", "9.9.9999") + "\r\n";
        let forged = TestPacket { payload: other.into_bytes(), ..inserted_one };
        assert_eq!(flags_of_same(&inserted(&packets, TELL_CVR, &forged)), "conflict");
        let first = analyse(&inserted(&packets, ASK_CVR, &forged));
        assert_eq!((first.halves().len(), first.flags().as_str()), (1, "conflict"));
    }
}

#[test]
fn a34_a_segment_that_just_fills_a_hole_delivers_all() {
    let packets = login();
    let [head, rest] = halves(&packets[ASK_CVR], 30);
    let [middle, tail] = halves(&rest, 10);
    assert_eq!(flags_of_same(&replaced(&packets, ASK_CVR, &[tail, head, middle])), "");
}

#[test]
fn a35_thousands_of_holes() {
    let body = "x".repeat(4_000);
    let packets = talk(&format!(
        "connect\nC: VER 1 MSNP7\nS: VER 1 MSNP7\nC: MSG 1 N 4002\n| {body}\nC: ASK\nS: TELL\nclose client"
    ));
    let chat = packets.iter().position(|packet| packet.payload.starts_with(b"MSG")).unwrap();
    let singles: Vec<_> =
        (0..).zip(packets[chat].payload.clone()).map(|(at, byte)| segment(&packets[chat], at, &[byte])).collect();
    let order = (1..singles.len()).step_by(2).chain((0..singles.len()).step_by(2));
    let found = analyse(&replaced(&packets, chat, &order.map(|at| singles[at].clone()).collect::<Vec<_>>()));
    assert_eq!((found.halves(), found.flags().as_str()), (vec![format!("{ASK} | {TELL}")], ""));
}

#[test]
fn a36_a_late_copy_opens_no_new_connection() {
    let packets = login();
    let copies = delayed(packets.clone(), 0, 100);
    for from in [0, 3, ASK_CVR] {
        let found = analyse(&[&packets[..], &copies[from..]].concat());
        assert_eq!(found.fields(), analyse(&packets).fields());
        assert_eq!((found.flags().as_str(), found.stats.streams.connections_msn), ("", 1));
    }
}
