//! B: the life of a connection.
//!
//! | decided against | because |
//! |---|---|
//! | B2 earlier bytes after the 5 s | lines were given by then, and what is given is not taken back |
//! | B9 an exact reset closes after silence | only a believable one does; data that goes on undoes it |
//! | B23 a stub for silent connections | the silence allowed is a day, and state is small |
//! | B24 `eof_open` | the end of a capture is no doubt about lines that ended before it |
//!
//! B21 and B22 are tested beside `cvr::copies` and on a real capture, B16 to B18 beside `cvr::pairing` too.

use super::{
    ASK, ASK_CVR, ASK_VER, SYN, SYN_ACK, TELL, TELL_CVR, TELL_VER, delayed, flags_of_same, halves, inserted, login,
    replaced, script, segment, talk,
};
use crate::support::alter::{duplicate, only, reorder, skew, strip_handshake};
use crate::support::engine::analyse;
use crate::support::packet::{ACK, Checksum, FIN, RST, SYN as SYN_FLAG, Side, Tag, TestPacket};

const BEGUN_EARLIER: &str = "midstream;inferred_line_start";

fn pair() -> String {
    format!("{ASK} | {TELL}")
}

#[test]
fn b1_a_connection_begun_before_the_capture_says_so() {
    assert_eq!(flags_of_same(&strip_handshake(login())), BEGUN_EARLIER);
    let bare = login()[ASK_CVR..].to_vec();
    let found = analyse(&bare);
    assert_eq!((found.halves(), found.flags().as_str()), (vec![pair()], BEGUN_EARLIER));
}

#[test]
fn b2_earlier_bytes_may_arrive_later() {
    for order in [[5, 6, 3, 4], [6, 5, 4, 3], [4, 5, 6, 3], [6, 4, 5, 3], [5, 3, 6, 4]] {
        let packets = reorder(&login(), &order);
        assert_eq!(flags_of_same(&packets), BEGUN_EARLIER, "{order:?}");
    }
}

/// The first bytes seen are not the stream's first, and a hole lies between: positions before the first bytes seen must
/// be told from their own neighbourhood.
#[test]
fn b2_a_hole_behind_late_bytes_keeps_its_place() {
    let packets = talk(
        "midstream\nC: VER 1 MSNP7\nC: PNG\nC: PNG\nC: ASK\nS: TELL\nwait 10s\nC: PNG\nC: CVR 3 0x0409 win 4.10 i386 MSMSGS 2.0\nclose client",
    );
    let places = |text: &[u8]| packets.iter().position(|packet| packet.payload.starts_with(text)).unwrap();
    let (ver, png, ask) = (places(b"VER"), places(b"PNG"), places(b"CVR 2"));
    let mut order: Vec<usize> = (0..packets.len()).filter(|at| ![ver, png, ask].contains(at)).collect();
    // The request comes first, then the greeting; what was said between them is lost.
    order.insert(0, ver);
    order.insert(0, ask);
    let found = analyse(&reorder(&packets, &order));
    let halves = [pair(), "CVR 3 0x0409 win 4.10 i386 MSMSGS 2.0 | -".to_owned()];
    assert_eq!(
        (found.halves(), found.stats.streams.gaps, found.stats.streams.conflicting_bytes),
        (halves.to_vec(), 1, 0)
    );
}

/// What was said before the first bytes seen is waited for until 64 KiB are there.
#[test]
fn b2_earlier_bytes_may_arrive_behind_64_kib() {
    let before = ASK.len() + 2 + "MSG 3 N 65000\r\n".len();
    for (waiting, is_heard) in [(65_535, true), (65_536, false)] {
        let len = waiting - before;
        let packets = talk(&format!("midstream\nC: VER 1 MSNP7\nC: ASK\nC: MSG 3 N {len}\n|= {}", "x".repeat(len)));
        let said: Vec<usize> =
            (0..packets.len()).filter(|index| *index > 0 && packets[*index].side == Side::Client).collect();
        let found = analyse(&reorder(&packets, &[&said[..], &[0]].concat()));
        assert_eq!(found.halves(), [format!("{ASK} | -")], "{waiting} bytes");
        assert_eq!(found.messages.len(), 1 + usize::from(is_heard), "{waiting} bytes");
    }
}

/// All that the server says lies behind a forged FIN: nothing waits for the start of its stream, which never comes.
#[test]
fn b2_a_stream_that_settles_with_nothing_in_it_is_left_in_peace() {
    let packets = login()[ASK_VER..=ASK_CVR].to_vec();
    let fin = TestPacket { flags: FIN | ACK, ..segment(&packets[1], 0, b"") };
    let found = analyse(&delayed(inserted(&packets, 1, &fin), 3, 10));
    assert_eq!((found.halves(), found.stats.streams.after_fin_bytes), (vec![format!("{ASK} | -")], 24));
}

#[test]
fn b3_any_part_of_the_handshake_may_be_missing() {
    for kept in 0..8 {
        let packets: Vec<_> =
            login().into_iter().enumerate().filter(|(at, _)| *at > 2 || kept & (1 << at) != 0).collect();
        let packets: Vec<_> = packets.into_iter().map(|(_, packet)| packet).collect();
        let expected = if matches!(kept, 0 | 4) { BEGUN_EARLIER } else { "" };
        assert_eq!(flags_of_same(&packets), expected, "{kept:03b}");
    }
}

/// The server's first bytes are missing, and no SYN/ACK tells that: what begins the stream may be the end of a line.
#[test]
fn b3_a_start_that_nothing_proves_is_doubtful() {
    let packets = login();
    let kept = [SYN, ASK_CVR, TELL_CVR].map(|index| packets[index].clone());
    let found = analyse(&kept);
    assert_eq!((found.halves(), found.flags().as_str()), (vec![pair()], "after_gap;inferred_line_start"));
    let row = &found.observations[0].exchange;
    assert!(!row.reply.as_ref().unwrap().provenance.flags.is_empty());
}

/// Without SYN/ACK the server's stream begins somewhere: not where the first segment seen, which came late, says.
#[test]
fn b3_without_a_syn_ack_the_servers_bytes_may_come_in_any_order() {
    for order in [[0, 2, 5, 4, 3, 6], [0, 2, 6, 5, 4, 3], [0, 2, 4, 6, 3, 5], [0, 6, 4, 5, 3, 2], [0, 5, 6, 3, 4, 1]] {
        let packets = reorder(&login(), &order);
        let found = analyse(&packets);
        assert_eq!(found.fields(), analyse(&login()).fields(), "{order:?}");
    }
}

#[test]
fn b4_the_handshake_may_come_in_any_order_and_late() {
    assert_eq!(flags_of_same(&reorder(&login(), &[1, 0, 2, 3, 4, 5, 6])), "");
    assert_eq!(flags_of_same(&reorder(&login(), &[2, 1, 0, 3, 4, 5, 6])), "");
    assert_eq!(flags_of_same(&reorder(&login(), &[0, 3, 1, 2, 4, 5, 6])), "");
    for order in [
        [3, 0, 1, 2, 4, 5, 6],
        [3, 4, 5, 6, 0, 1, 2],
        [5, 0, 1, 2, 3, 4, 6],
        [4, 1, 0, 5, 6, 3, 2],
        [5, 3, 0, 4, 6, 1, 2],
        [6, 5, 1, 4, 3, 0, 2],
    ] {
        assert_eq!(flags_of_same(&reorder(&login(), &order)), BEGUN_EARLIER, "{order:?}");
    }
}

/// A SYN whose number lies behind bytes that were captured already is not theirs, or was forged.
#[test]
fn b4_a_late_syn_that_lies_within_the_data_takes_nothing_away() {
    let packets = login();
    for within in [5, 20, 24, 30] {
        let syn = TestPacket { seq: packets[SYN].seq.wrapping_add(within), ..packets[SYN].clone() };
        let altered = [
            &[packets[ASK_CVR].clone(), packets[ASK_VER].clone(), syn],
            &packets[TELL_VER..ASK_CVR],
            &packets[TELL_CVR..],
        ];
        let found = analyse(&altered.concat());
        assert!(found.halves().iter().any(|row| row.starts_with(ASK)), "{within}: {:?}", found.halves());
    }
}

#[test]
fn b5_f11_a_repeated_syn_is_the_same_connection() {
    for (index, distance) in [(SYN, 1), (SYN, 4), (SYN_ACK, 1), (SYN_ACK, 6), (SYN, 11)] {
        let packets = duplicate(&login(), index, distance);
        assert_eq!(flags_of_same(&packets), "");
        assert_eq!(analyse(&packets).stats.streams.connections, 1);
    }
}

#[test]
fn b6_the_syn_that_is_answered_counts() {
    let packets = login();
    for other in [1, 77, 1 << 31, u32::MAX] {
        let syn = TestPacket { seq: packets[SYN].seq.wrapping_add(other), ..packets[SYN].clone() };
        assert_eq!(flags_of_same(&inserted(&packets, SYN, &syn)), "");
        assert_eq!(flags_of_same(&inserted(&packets, SYN_ACK, &syn)), "");
    }
}

/// Two logins on the same ports; the second one's numbers are `ahead` of the first one's.
fn reused(end: &str, ahead: u32) -> Vec<TestPacket> {
    let second = ASK.replace("user@", "other@");
    let body = format!(
        "isn 4000000000 100\nconnect\nC: VER 1 MSNP9\nS: VER 1 MSNP9\nC: ASK\nS: TELL\n{end}\nwait 20s\nisn {} {}\nconnect\n\
        C: VER 1 MSNP9\nS: VER 1 MSNP9\nC: {second}\nS: TELL\nclose client",
        4_000_000_000_u32.wrapping_add(ahead),
        100_u32.wrapping_add(ahead)
    );
    talk(&body)
}

#[test]
fn b7_b8_c21_ports_may_be_used_again() {
    let both = [pair(), format!("{} | {TELL}", ASK.replace("user@", "other@"))];
    for end in ["close client", "close server", "reset server", ""] {
        for ahead in [50, 5_000, 1 << 20, 1 << 30, 1 << 31, 0_u32.wrapping_sub(50), 0_u32.wrapping_sub(1 << 25)] {
            let found = analyse(&reused(end, ahead));
            assert_eq!(found.halves(), both, "{end}, {ahead} ahead");
            assert!(found.observations.iter().all(|row| row.flags.is_empty()), "{end}, {ahead} ahead");
        }
    }
}

/// A reset ends nothing by itself: it may be forged, or overtaken.
#[test]
fn b9_data_after_a_reset_is_read() {
    let packets = login();
    for index in ASK_VER..=TELL_CVR {
        for (side, skip) in [(SYN, 1), (SYN_ACK, 1), (SYN, 500_000), (SYN, 0x9000_0000)] {
            let reset = TestPacket { flags: RST | ACK, options: Vec::new(), ..segment(&packets[side], skip, b"") };
            assert_eq!(flags_of_same(&inserted(&packets, index, &reset)), "");
        }
    }
}

/// A reset with a number that its receiver would not believe (RFC 9293, 3.10.7.4) ends nothing, however long the
/// silence behind it.
#[test]
fn b9_a_reset_out_of_window_and_a_silence_end_nothing() {
    let packets = login();
    for skip in [0x5000_0000, 0x9000_0000, u32::MAX - 5_000_000] {
        let reset = TestPacket { flags: RST, options: Vec::new(), ..segment(&packets[SYN], skip, b"") };
        let altered = delayed(inserted(&packets, ASK_CVR, &reset), ASK_CVR + 1, 60);
        assert_eq!(flags_of_same(&altered), "", "{skip:x}");
    }
}

#[test]
fn b9_a_reset_and_silence_end_a_connection() {
    let body = "connect\nC: VER 1 MSNP9\nS: VER 1 MSNP9\nC: ASK\nreset server\nwait 10s\nclient 192.0.2.11:1056\nconnect\nC: VER 1 MSNP8";
    let found = analyse(&talk(body));
    assert_eq!(found.halves(), [format!("{ASK} | -")]);
}

/// Its receiver threw it away (RFC 9293, 3.10.7.4): data that goes on after the silence is read.
#[test]
fn b9_a_reset_with_a_wrong_checksum_and_a_silence_end_nothing() {
    let packets = login();
    let mut reset = TestPacket { flags: RST | ACK, ..segment(&packets[ASK_CVR], 0, b"") };
    reset.envelope.checksum = Checksum::Wrong;
    let altered = delayed(inserted(&packets, ASK_CVR, &reset), ASK_CVR + 1, 60);
    assert_eq!(flags_of_same(&altered), "");
}

#[test]
fn b10_the_text_of_a_reset_is_not_part_of_the_stream() {
    let packets = login();
    let text =
        TestPacket { flags: RST | ACK, ..segment(&packets[ASK_CVR], 0, b"CVR 7 0x0409 a b c d e f g@example.com\r\n") };
    assert_eq!(flags_of_same(&inserted(&packets, ASK_CVR, &text)), "");
    // Even where nothing was said before, and where the connection began before the capture.
    assert_eq!(
        flags_of_same(&inserted(&packets, ASK_VER, &TestPacket { seq: packets[ASK_VER].seq, ..text.clone() })),
        ""
    );
    let found = analyse(&[text]);
    assert_eq!((found.halves().len(), found.stats.streams.followed), (0, 0));
}

#[test]
fn b11_one_direction_may_end_long_before_the_other() {
    let packets = login();
    let mut fin = packets[super::CLIENT_FIN].clone();
    fin.time = packets[ASK_CVR].time;
    let altered = delayed(inserted(&packets[..super::CLIENT_FIN], TELL_CVR, &fin), TELL_CVR + 1, 3 * 3600 - 10);
    assert_eq!(flags_of_same(&altered), "");
}

#[test]
fn b12_both_sides_may_open() {
    let mut packets = login();
    // The SYN/ACK of a split handshake: a bare SYN of the server, each side's SYN acknowledged by a bare ACK.
    packets[SYN_ACK].flags = SYN_FLAG;
    packets[SYN_ACK].ack = 0;
    assert_eq!(flags_of_same(&packets), "");
}

#[test]
fn b13_b14_one_direction_is_a_half() {
    for (side, half) in [(Side::Client, format!("{ASK} | -")), (Side::Server, format!("- | {TELL}"))] {
        let found = analyse(&only(login(), side));
        assert_eq!((found.halves(), found.flags().as_str()), (vec![half.clone()], "one_sided"));
        let late = analyse(&strip_handshake(only(login(), side)));
        assert_eq!((late.halves(), late.flags().as_str()), (vec![half], "midstream;inferred_line_start;one_sided"));
        // The client is the client, although only the server's packets are there.
        assert_eq!(found.observations[0].exchange.peers.client.to_string(), "192.0.2.10:1056");
    }
}

#[test]
fn b15_without_handshake_and_port_the_words_tell_who_is_who() {
    for (client, server) in [(40_000, 50_000), (50_000, 40_000)] {
        let body = format!(
            "client 192.0.2.10:{client}\nserver 198.51.100.7:{server}\nmidstream\nC: VER 1 MSNP9\nS: VER 1 MSNP9\nC: ASK\nS: TELL"
        );
        let found = analyse(&talk(&body));
        assert_eq!(found.halves(), [pair()]);
        assert_eq!(found.flags(), "midstream;inferred_line_start;direction_inferred");
        assert_eq!(u32::from(found.observations[0].exchange.peers.client.port), client);
        for side in [Side::Client, Side::Server] {
            let half = analyse(&only(talk(&body), side));
            assert_eq!(u32::from(half.observations[0].exchange.peers.client.port), client);
        }
    }
}

#[test]
fn b16_b17_one_direction_may_be_late() {
    for side in [Side::Client, Side::Server] {
        for nanos in [-2_000_000_000, 100_000_000, 2_000_000_000] {
            assert_eq!(flags_of_same(&skew(login(), side, nanos)), "");
        }
    }
}

#[test]
fn b18_b19_commands_may_be_joined_and_repeated() {
    let packets = talk(
        "connect\nC: VER 1 MSNP7\nS: VER 1 MSNP7\nC: ASK\nC+ CVR 3 0x0409 win 4.10 i386 MSMSGS 2.0\nC+ ASK\n\
        S: TELL\nS+ 420 3\nS+ TELL\nclose client",
    );
    assert_eq!(analyse(&packets).halves().len(), 3);
    assert!(analyse(&packets).halves()[1..].iter().any(|row| row.ends_with("| 420 3")));
}

#[test]
fn b20_the_same_ends_in_two_networks_are_two_connections() {
    let one = login();
    let other: Vec<_> = talk(&format!(
        "isn 7 8\nvlan 20\nconnect\nC: VER 1 MSNP9\nS: VER 1 MSNP9\nC: {}\nS: TELL\nclose client",
        ASK.replace("user@", "other@")
    ));
    let mut both = [one, other].concat();
    both.sort_by_key(|packet| packet.time);
    assert_eq!(both[1].envelope.tags, [Tag { protocol: 0x8100, vlan: 20 }]);
    let found = analyse(&both);
    assert_eq!(found.halves().len(), 2);
    assert!(found.observations.iter().all(|row| row.flags.is_empty()));
}

#[test]
fn b23_a_silence_of_hours_ends_nothing() {
    let packets = talk(
        "connect\nC: VER 1 MSNP7\nS: VER 1 MSNP7\nC: PNG\nS: QNG\nwait 3000s\nC: PNG\nS: QNG\nwait 3500s\nC: ASK\nwait 900s\nS: TELL",
    );
    let found = analyse(&packets);
    assert_eq!((found.halves(), found.flags().as_str()), (vec![pair()], ""));
}

#[test]
fn b24_an_open_connection_ends_with_the_capture() {
    assert_eq!(flags_of_same(&login()[..=TELL_CVR]), "");
    let found = analyse(&login()[..=ASK_CVR]);
    assert_eq!(found.halves(), [format!("{ASK} | -")]);
}

#[test]
fn b25_what_is_said_tells_msnp_not_the_port() {
    for port in [1, 80, 443, 1080, 1863, 65_535] {
        let body = format!(
            "server 198.51.100.7:{port}\nconnect\nC: VER 1 MSNP9\nS: VER 1 MSNP9\nC: ASK\nS: TELL\nclose client"
        );
        let found = analyse(&talk(&body));
        assert_eq!((found.halves(), found.flags().as_str()), (vec![pair()], ""), "{port}");
    }
    let web = talk(
        "server 198.51.100.7:1863\nconnect\nC: GET /?CVR HTTP/1.1\nC+ Host: example.com\nC=\\r\\n\nS: HTTP/1.1 200 OK\nS+ CVR 2 1.0 1.0 1.0",
    );
    let found = analyse(&web);
    assert_eq!((found.halves().len(), found.stats.streams.connections_msn), (0, 0));
}

/// The first byte comes late, so that the connection is followed before it is known what it says.
#[test]
fn b25_the_answers_of_other_services_are_no_errors_of_msnp() {
    let packets = talk("server 198.51.100.7:21\nconnect\nS: 220 0\nC: USER anonymous\nclose client");
    let found =
        analyse(&replaced(&packets, 3, &[halves(&packets[3], 1)[1].clone(), halves(&packets[3], 1)[0].clone()]));
    assert_eq!((found.messages.len(), found.stats.streams.connections_msn), (0, 0));
}

#[test]
fn b26_binary_on_the_port_is_a_stranger() {
    let packets = talk(
        r"connect
C= \x16\x03\x01\x00\x05\x01\x00\x00\x01\n
S= \x16\x03\x01\x00\x05\x02\x00\x00\x01\n
C= VER\x00\x00\x00\n
close client",
    );
    let stats = analyse(&packets).stats;
    assert_eq!((stats.streams.connections_msn, stats.streams.followed, stats.streams.stranger_bytes), (0, 0, 27));
}

#[test]
fn a_first_line_in_two_segments_is_still_a_first_line() {
    let packets = login();
    for len in 1..24 {
        assert_eq!(flags_of_same(&replaced(&packets, ASK_VER, &halves(&packets[ASK_VER], len))), "", "{len}");
    }
    let script = script("connect\nC: VER 1 MSNP9\nclose client");
    assert_eq!(analyse(&script.packets()).stats.streams.connections_msn, 1);
}
