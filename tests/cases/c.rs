//! C: lines, gaps and finding the way back.
//!
//! | decided against | because |
//! |---|---|
//! | C17 loss that the system reports, tied to rows | a count has no place; gaps say where; the summary tells both |
//! | C22 `unpaired_reason` | the `status` column says which half is missing |
//!
//! C13 is tested beside the decoder too, C20 and C22 beside `cvr::pairing`, C21 with B7.

use super::{
    ASK, ASK_CVR, ASK_VER, TELL, TELL_CVR, flags_of_same, halves, inserted, login, replaced, script, segment, talk,
};
use crate::support::alter::{lose, snap};
use crate::support::conversation::Segmentation;
use crate::support::engine::{Found, analyse};
use crate::support::packet::TestPacket;

fn pair() -> String {
    format!("{ASK} | {TELL}")
}

/// Loses the packet whose payload begins with `text`.
fn without(packets: Vec<TestPacket>, text: &str) -> Vec<TestPacket> {
    let index = packets.iter().position(|packet| packet.payload.starts_with(text.as_bytes())).unwrap();
    lose(packets, index)
}

/// A session of MSNP7 in which `lines` are said before the exchange.
fn late(lines: &str) -> Vec<TestPacket> {
    talk(&format!("connect\nC: VER 1 MSNP7\nS: VER 1 MSNP7\n{lines}\nC: ASK\nS: TELL\nC: OUT\nclose client"))
}

fn found_one(packets: &[TestPacket]) -> (String, Found) {
    let found = analyse(packets);
    assert_eq!(found.halves(), [pair()]);
    (found.flags(), found)
}

#[test]
fn c1_a_line_that_a_gap_tears_is_no_row() {
    let packets = login();
    for cut in [1, 20, 40, ASK.len() + 1] {
        let [head, tail] = halves(&packets[ASK_CVR], cut);
        for half in [head, tail] {
            let found = analyse(&replaced(&packets, ASK_CVR, &[half]));
            assert_eq!(found.halves(), [format!("- | {TELL}")], "cut at {cut}");
            assert_eq!(found.stats.streams.gaps_msn, 1);
        }
    }
    let [head, _] = halves(&packets[ASK_CVR], 40);
    assert_eq!(analyse(&replaced(&packets, ASK_CVR, &[head])).stats.lines.lost_to_gap, 1);
}

#[test]
fn c1_c2_the_next_line_is_found_and_says_that_its_start_is_inferred() {
    let packets = late("C: PNG\nC: PNG\nC: PNG 123456");
    let (flags, found) = found_one(&without(packets.clone(), "PNG 1"));
    assert_eq!((flags.as_str(), found.stats.streams.gaps), ("after_gap;inferred_line_start", 1));
    let torn = packets.iter().position(|packet| packet.payload.starts_with(b"PNG 1")).unwrap();
    let [_, tail] = halves(&packets[torn], 5);
    let (flags, _) = found_one(&replaced(&packets, torn, &[tail]));
    assert_eq!(flags, "after_gap;inferred_line_start");
}

#[test]
fn c3_a_whole_request_behind_a_lost_segment_is_a_row() {
    let found = analyse(&lose(login(), ASK_VER));
    assert_eq!((found.halves(), found.flags().as_str()), (vec![pair()], "after_gap;inferred_line_start"));
}

/// The end of a torn line looks like a command, but no packet begins with it.
#[test]
fn c4_the_end_of_a_torn_line_is_no_command() {
    let forged = "CVR 9 0x0409 win 4.10 i386 MSMSGS 2.0";
    let packets = late(&format!("C: CHG 5 NLN {forged}"));
    let chat = packets.iter().position(|packet| packet.payload.starts_with(b"CHG")).unwrap();
    let [_, tail] = halves(&packets[chat], 3);
    assert!(tail.payload.ends_with(b"2.0\r\n"));
    found_one(&replaced(&packets, chat, &[tail]));
}

#[test]
fn c5_the_end_of_a_payload_is_known_whatever_was_lost_of_it() {
    let forged = format!("CVR 9 {}", &ASK[6..]);
    let packets = late(&format!("C: MSG 3 N 150\n| {}\n| {forged}\n|= {}", "y".repeat(40), "z".repeat(38)));
    let chat = packets.iter().position(|packet| packet.payload.starts_with(b"MSG")).unwrap();
    let header_len = "MSG 3 N 150\r\n".len();
    let [header, body] = halves(&packets[chat], header_len);
    // A segment begins just where the text looks like a command.
    let [lost, rest] = halves(&body, 42);
    assert!(rest.payload.starts_with(b"CVR 9"));
    let (flags, _) = found_one(&replaced(&packets, chat, &[header.clone(), rest]));
    assert_eq!(flags, "after_gap");
    let (flags, _) = found_one(&replaced(&packets, chat, &[header.clone(), lost]));
    assert_eq!(flags, "after_gap");
    let (flags, _) = found_one(&replaced(&packets, chat, &[header]));
    assert_eq!(flags, "after_gap");
}

#[test]
fn c6_text_behind_a_lost_header_is_never_an_unflagged_row() {
    let forged = format!("CVR 9 {}", &ASK[6..]);
    let packets = late(&format!("C: MSG 3 N 150\n| {}\n| {forged}\n|= {}", "y".repeat(40), "z".repeat(38)));
    let chat = packets.iter().position(|packet| packet.payload.starts_with(b"MSG")).unwrap();
    for cut in [5, 13, 20, 55, 60] {
        let [_, rest] = halves(&packets[chat], cut);
        let found = analyse(&replaced(&packets, chat, &[rest]));
        assert!(found.halves().contains(&pair()), "{cut}: {:?}", found.halves());
        for row in &found.observations {
            assert!(row.flags.to_string().contains("inferred_line_start"), "{cut}: {:?}", found.halves());
        }
    }
}

#[test]
fn c7_a_line_in_a_chat_is_no_row() {
    let said = format!("{ASK}\r\n{TELL}\r\n420 2\r\n");
    let len = said.len();
    let body = format!(
        "C: MSG 3 N {len}\n| {ASK}\n| {TELL}\n| 420 2\nS: MSG a@example.com A {len}\n| {TELL}\n| {ASK}\n| 420 2"
    );
    for segmentation in [Segmentation::Max(1460), Segmentation::Max(1), Segmentation::Sizes(vec![14, 30, 3])] {
        let mut script =
            script(&format!("connect\nC: VER 1 MSNP7\nS: VER 1 MSNP7\n{body}\nC: ASK\nS: TELL\nclose client"));
        script.segment(&segmentation);
        assert_eq!(found_one(&script.packets()).0, "");
    }
}

#[test]
fn c8_an_absurd_payload_length_is_no_length() {
    for len in ["99999999999", "16777217", "-5", "x"] {
        assert_eq!(found_one(&late(&format!("C: MSG 3 N {len}"))).0, "");
    }
}

#[test]
fn c9_a_line_that_is_too_long_is_left_out() {
    for (len, too_long) in [(8_190, 0), (8_191, 1), (8_192, 1), (20_000, 1)] {
        let (flags, found) = found_one(&late(&format!("C: {}", "p".repeat(len))));
        assert_eq!((flags.as_str(), found.stats.lines.too_long), ("", too_long), "{len}");
    }
}

#[test]
fn c10_a_line_ends_with_lf_and_one_cr_before_it_is_no_part() {
    for (ending, rest) in [(r"\n", ""), (r"\r\n", ""), (r"\r\r\n", "\\r")] {
        let body =
            format!("connect\nC: VER 1 MSNP9\nS: VER 1 MSNP9\nC= {ASK}{ending}\nS= {TELL}{ending}\nclose client");
        let found = analyse(&talk(&body));
        assert_eq!(found.halves(), [format!("{ASK}{rest} | {TELL}{rest}")], "{ending}");
    }
    let packets = login();
    for cut in [ASK.len(), ASK.len() + 1] {
        assert_eq!(flags_of_same(&replaced(&packets, ASK_CVR, &halves(&packets[ASK_CVR], cut))), "");
    }
    let found = analyse(&talk(
        r"connect
C: VER 1 MSNP9
C= CVR 2 0x0409 win\x00nt 5.1 i386 MSN\rMSGR 6.0 MSMSGS u@example.com\r\n",
    ));
    assert_eq!(found.halves(), [r"CVR 2 0x0409 win\x00nt 5.1 i386 MSN\rMSGR 6.0 MSMSGS u@example.com | -"]);
}

#[test]
fn c11_a_last_line_without_its_end_is_a_row_only_before_a_fin() {
    let body = format!("connect\nC: VER 1 MSNP9\nS: VER 1 MSNP9\nC: ASK\nS= {TELL}\n");
    let (flags, _) = found_one(&talk(&format!("{body}close server")));
    assert_eq!(flags, "no_eol");
    for end in ["", "reset server"] {
        let found = analyse(&talk(&format!("{body}{end}")));
        assert_eq!((found.halves(), found.stats.lines.unfinished), (vec![format!("{ASK} | -")], 1), "{end}");
    }
    let torn = talk("connect\nC: VER 1 MSNP9\nS: VER 1 MSNP9\nC= CVR 2 0x0409 winnt 5.1\nclose client");
    assert_eq!(analyse(&torn).halves().len(), 0);
}

/// Cut packets tell their true length: the bytes that are there are used, the others are a gap.
#[test]
fn c12_a_cut_packet_is_a_gap() {
    let headers = 14 + 20 + 20;
    let second = "C: ASK\nC+ PNG 1234567890123456789012345678901234567890\nC: PNG\nS: TELL\nS+ QNG 1234567890";
    let packets = talk(&format!("connect\nC: VER 1 MSNP7\nS: VER 1 MSNP7\n{second}\nclose client"));
    // Wide enough for both lines, not for what follows them.
    let found = analyse(&snap(packets, headers + TELL.len() + 4));
    assert_eq!(found.halves(), [pair()]);
    assert_eq!(found.flags(), "truncated");
    let cut = analyse(&snap(login(), headers + 40));
    assert_eq!((cut.halves().len(), cut.stats.packets.cut), (0, 2));
    assert_eq!(cut.stats.streams.gaps_msn, 2);
}

#[test]
fn c13_a_packet_cut_in_its_headers_is_counted() {
    for snap_len in [1, 13, 14, 20, 33, 34, 40, 53] {
        let found = analyse(&snap(login(), snap_len));
        assert_eq!((found.halves().len(), found.stats.packets.truncated_header), (0, 12), "{snap_len}");
    }
}

#[test]
fn c14_a_whole_copy_fills_what_was_cut() {
    let packets = login();
    let mut cut = packets[ASK_CVR].clone();
    cut.envelope.snap_len = 100;
    for order in [[&cut, &packets[ASK_CVR]], [&packets[ASK_CVR], &cut]] {
        let flags = flags_of_same(&replaced(&packets, ASK_CVR, &order.map(Clone::clone)));
        assert!(flags.is_empty() || flags == "truncated", "{flags}");
    }
    let copy = TestPacket { time: packets[TELL_CVR].time, ..packets[ASK_CVR].clone() };
    let late = replaced(&inserted(&packets, TELL_CVR, &copy), ASK_CVR, &[cut]);
    assert_eq!(flags_of_same(&late), "truncated");
}

#[test]
fn c15_the_length_of_a_gap_does_not_matter() {
    let packets = late("C: PNG 123456");
    for skip in [1, 1 << 20, (1 << 30) - 500] {
        let moved: Vec<_> = packets
            .iter()
            .map(|packet| {
                let behind = packet.payload.starts_with(b"CVR 2 0x") || packet.payload.starts_with(b"OUT");
                if behind { segment(packet, skip, &packet.payload) } else { packet.clone() }
            })
            .collect();
        let (flags, found) = found_one(&moved[..moved.len() - 4]);
        assert_eq!((flags.as_str(), found.stats.streams.gap_bytes), ("after_gap;inferred_line_start", u64::from(skip)));
    }
}

#[test]
fn c16_a_gap_in_one_direction_leaves_the_other_alone() {
    let found = analyse(&lose(login(), 4));
    let row = &found.observations[0].exchange;
    assert_eq!(row.request.as_ref().unwrap().provenance.flags.to_string(), "");
    assert_eq!(row.reply.as_ref().unwrap().provenance.flags.to_string(), "after_gap;inferred_line_start");
}

#[test]
fn c18_any_bytes_are_kept() {
    let line = r"CVR 2 0x0409 \xff\xfe 5.1 i386 %20 \xef\xbb\xbf6.0 \x01\x7f \xe9@example.com";
    let found = analyse(&talk(&format!("connect\nC: VER 1 MSNP9\nC= {line}\\r\\n")));
    assert_eq!(found.halves(), [format!("{line} | -")]);
}

#[test]
fn c19_odd_shapes_keep_their_line() {
    for line in ["CVR 2 0x0409", "CVR 2", "CVR  2   0x0409 a  b c d e f", "CVR 2 0x0409 a b c d e f g h i j k l"] {
        let found = analyse(&talk(&format!("connect\nC: VER 1 MSNP9\nC: {line}\nclose client")));
        assert_eq!(found.halves(), [format!("{line} | -")]);
    }
    let found = analyse(&talk("connect\nC: VER 1 MSNP9\nC: cvr 2 0x0409 a b c d e f\nclose client"));
    assert_eq!(found.halves().len(), 0);
}

#[test]
fn c20_c22_halves_that_do_not_fit_stay_apart() {
    let body = "connect\nC: VER 1 MSNP9\nS: VER 1 MSNP9\nC: CVR x 0x0409 a b c d e f\nC: CVR 4294967296 0x0409 a b c d e f\nC: ASK\nS: CVR 3 1.0 1.0 1.0\nclose client";
    let found = analyse(&talk(body));
    assert_eq!(found.halves().iter().filter(|row| row.ends_with("| -")).count(), 3);
    assert_eq!(found.halves().iter().filter(|row| row.starts_with("- |")).count(), 1);
}

/// A command and its payload, cut at every place: length and text come in pieces.
#[test]
fn a_payload_length_may_be_split_over_segments() {
    let packets = late("C: MSG 3 N 12\n|= CVR 1 2 3 4\\n\nC: UUX 9 0");
    let chat = packets.iter().position(|packet| packet.payload.starts_with(b"MSG")).unwrap();
    for len in 1..packets[chat].payload.len() {
        assert_eq!(found_one(&replaced(&packets, chat, &halves(&packets[chat], len))).0, "", "{len}");
    }
}
