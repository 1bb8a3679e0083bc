//! Cases E3, E11 and E15 of the links that are not in `decode`'s table. Decided otherwise than written there:
//!
//! | case | here | why |
//! |---|---|---|
//! | E11 | USER0 (147) stays unsupported | its contents are private to whoever wrote the capture: nothing says what they are |
//! | E11 | PPI, Prism and AVS headers are skipped too | they are a length and a link type |
//! | E15 | the header's word is taken: a frame decrypted by the driver, but still marked, is `encrypted` | no mark tells it |

use proptest::prelude::*;

use crate::net::craft::{IPV4, IPV6, PAYLOAD, after, ethernet, ipv4, ipv6, joined, login, packet, snap, tcp};
use crate::net::{Decoded, decode};
use crate::packet::{LinkType, Packet};
use crate::stats::Fate;

const DATA: u8 = 0x08;
const QOS_DATA: u8 = 0x88;

/// A frame from its control field to its addresses and sequence number, and what follows.
fn wireless(kind: u8, flags: u8, rest: &[u8]) -> Vec<u8> {
    joined(&[&[kind, flags, 0, 0], &[2; 18], &[0x10, 0], rest])
}

fn body() -> Vec<u8> {
    snap(IPV4, &ipv4(&login()))
}

/// A radiotap header with those bits in its first word, and those fields.
fn radiotap(present: u32, fields: &[u8], frame: &[u8]) -> Vec<u8> {
    let len = u16::try_from(8 + fields.len()).unwrap();
    joined(&[&[0, 0], &len.to_le_bytes(), &present.to_le_bytes(), fields, frame])
}

#[track_caller]
fn assert_login(link_type: LinkType, data: &[u8]) {
    assert_login_in(&packet(link_type, data));
}

#[track_caller]
fn assert_login_in(packet: &Packet<'_>) {
    match decode(packet) {
        Decoded::Segment(segment) => {
            assert_eq!((segment.payload, segment.payload_len as usize), (PAYLOAD, PAYLOAD.len()));
        }
        other => panic!("{:?}: {:02x?}", other.fate(), packet.data),
    }
}

fn fate(link_type: LinkType, data: &[u8]) -> Fate {
    decode(&packet(link_type, data)).fate()
}

#[test]
fn e11_data_frames_of_every_shape() {
    for (kind, flags, extra) in [
        (DATA, 0x00, &[][..]),
        (DATA, 0x01, &[]),
        (DATA, 0x02, &[]),
        (DATA, 0x03, &[2; 6]),
        (QOS_DATA, 0x01, &[0x06, 0]),
        (QOS_DATA, 0x81, &[0, 0, 1, 2, 3, 4]),
        (QOS_DATA, 0x03, &[2, 2, 2, 2, 2, 2, 0, 0]),
        (0x18, 0x01, &[]),
        (DATA, 0x19, &[]),
    ] {
        assert_login(LinkType::IEEE802_11, &wireless(kind, flags, &after(extra, &body())));
        let v6 = snap(IPV6, &ipv6(&login()));
        assert_login(LinkType::IEEE802_11, &wireless(kind, flags, &after(extra, &v6)));
    }
}

#[test]
fn e11_frames_without_data_or_in_pieces_are_not_ip() {
    for (kind, flags, rest) in [
        (0x80, 0, vec![0; 40]),
        (0xd4, 0, vec![]),
        (0x48, 0, vec![]),
        (0xc8, 0, vec![0, 0]),
        (DATA, 0x04, body()),
        (QOS_DATA, 0, after(&[0x80, 0], &body())),
    ] {
        assert_eq!(fate(LinkType::IEEE802_11, &wireless(kind, flags, &rest)), Fate::NotIp, "{kind:02x} {flags:02x}");
    }
    let mut second_piece = wireless(DATA, 0, &body());
    second_piece[22] |= 1;
    assert_eq!(fate(LinkType::IEEE802_11, &second_piece), Fate::NotIp);
}

#[test]
fn e15_a_protected_frame_is_encrypted() {
    assert_eq!(fate(LinkType::IEEE802_11, &wireless(DATA, 0x41, &[0; 60])), Fate::Encrypted);
    assert_eq!(fate(LinkType::IEEE802_11, &wireless(QOS_DATA, 0x42, &[0; 60])), Fate::Encrypted);
}

#[test]
fn e11_radiotap_of_any_length() {
    let frame = wireless(DATA, 1, &body());
    assert_login(LinkType::IEEE802_11_RADIOTAP, &radiotap(0, &[], &frame));
    assert_login(LinkType::IEEE802_11_RADIOTAP, &radiotap(0x0000_482f, &[0; 22], &frame));
    // Two more words of bits, then the time, aligned to eight bytes.
    let more = joined(&[&[0, 0, 0, 0x80], &[0; 4], &[9; 8], &[0]]);
    assert_login(LinkType::IEEE802_11_RADIOTAP, &radiotap(0x8000_0003, &more, &frame));
    assert_eq!(fate(LinkType::IEEE802_11_RADIOTAP, &[1; 60]), Fate::NotIp);
    assert_eq!(fate(LinkType::IEEE802_11_RADIOTAP, &[0, 0, 200, 0, 0, 0, 0, 0]), Fate::TruncatedHeader);
}

#[test]
fn e3_radiotap_tells_of_a_check_sequence_and_of_padding() {
    // Without a length in the IP header, only the frame's end tells where the payload ends.
    let mut endless = ipv4(&login());
    endless[2..4].fill(0);
    let frame = after(&wireless(DATA, 1, &snap(IPV4, &endless)), &[0xfc; 4]);
    let data = radiotap(2, &[0x10], &frame);
    assert_login(LinkType::IEEE802_11_RADIOTAP, &data);
    // The file tells of it too: it is taken off once.
    let told = Packet { fcs_len: 4, ..packet(LinkType::IEEE802_11_RADIOTAP, &data) };
    assert_login_in(&told);
    let timed = radiotap(3, &[7, 7, 7, 7, 7, 7, 7, 7, 0x10], &frame);
    assert_login(LinkType::IEEE802_11_RADIOTAP, &timed);
    let padded = wireless(QOS_DATA, 1, &joined(&[&[0, 0], &[0, 0], &body()]));
    assert_login(LinkType::IEEE802_11_RADIOTAP, &radiotap(2, &[0x20], &padded));
}

#[test]
fn e11_the_other_headers_before_a_wireless_frame() {
    let frame = wireless(DATA, 1, &body());
    let prism = |code: [u8; 4], len: [u8; 4]| joined(&[&code, &len, &[0; 136], &frame]);
    assert_login(LinkType::IEEE802_11_PRISM, &prism([0x44, 0, 0, 0], [144, 0, 0, 0]));
    assert_login(LinkType::IEEE802_11_PRISM, &prism([0, 0, 0, 0x44], [0, 0, 0, 144]));
    let avs = joined(&[&[0x80, 0x21, 0x10, 1], &[0, 0, 0, 64], &[0; 56], &frame]);
    assert_login(LinkType::IEEE802_11_AVS, &avs);
    assert_login(LinkType::IEEE802_11_PRISM, &avs);
    let ppi = |link_type: u8, frame: &[u8]| joined(&[&[0, 0, 12, 0, link_type, 0, 0, 0], &[0; 4], frame]);
    assert_login(LinkType::PPI, &ppi(105, &frame));
    assert_login(LinkType::PPI, &ppi(1, &ethernet(IPV4, &ipv4(&login()))));
    assert_eq!(fate(LinkType::PPI, &ppi(147, &frame)), Fate::UnsupportedLink);
}

#[test]
fn e11_the_zones_of_solaris() {
    let header = |family: u8| joined(&[&[1, family, 0, 1], &[0; 20]]);
    assert_login(LinkType::IPNET, &after(&header(2), &ipv4(&login())));
    assert_login(LinkType::IPNET, &after(&header(26), &ipv6(&login())));
    assert_eq!(fate(LinkType::IPNET, &after(&header(7), &tcp(&[]))), Fate::NotIp);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn any_bytes_on_any_of_these_links_give_an_answer(
        link_type in prop::sample::select(vec![105_u16, 119, 127, 163, 192, 226]),
        start in prop::collection::vec(any::<u8>(), 0..24), fcs_len in 0..=8_u8, real: bool,
    ) {
        let frame = if real { wireless(QOS_DATA, 1, &after(&[0, 0], &body())) } else { Vec::new() };
        let data = [start, frame].concat();
        if let Decoded::Segment(segment) = decode(&Packet { fcs_len, ..packet(LinkType(link_type), &data) }) {
            prop_assert!(segment.payload.len() <= data.len());
        }
    }
}
