use std::net::IpAddr;

use proptest::prelude::*;

use super::*;
use crate::limits::{EXTENSION_HEADERS_MAX, LAYERS_MAX};
use crate::net::Checksum;
use crate::net::EncapsulationId;
use crate::net::craft::{
    CLIENT_V4, CLIENT_V6, IPV4, IPV6, PAYLOAD, SERVER_V4, SERVER_V6, TCP, after, ethernet, ethernet_llc, ipv4, ipv4_of,
    ipv6, ipv6_of, joined, length, login, packet, pppoe, sll, sll2, snap, tcp, vlan,
};
use crate::packet::LinkType;

/// Every link type that has a decoder.
const LINK_TYPES: [LinkType; 14] = [
    LinkType::NULL,
    LinkType::ETHERNET,
    LinkType::PPP,
    LinkType::RAW_BSD,
    LinkType::RAW_OPENBSD,
    LinkType::PPP_HDLC,
    LinkType::PPP_ETHER,
    LinkType::RAW,
    LinkType::C_HDLC,
    LinkType::LOOP,
    LinkType::LINUX_SLL,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::LINUX_SLL2,
];

fn segment_of<'a>(packet: &Packet<'a>) -> Segment<'a> {
    match decode(packet) {
        Decoded::Segment(segment) => segment,
        other => panic!("{:?}: {:02x?}", other.fate(), packet.data),
    }
}

fn fate(link_type: LinkType, data: &[u8]) -> Fate {
    fate_of(&packet(link_type, data))
}

fn fate_of(packet: &Packet<'_>) -> Fate {
    let decoded = decode(packet);
    if let Decoded::Other(fate) = decoded {
        assert!(!matches!(fate, Fate::Segment | Fate::Fragment));
    }
    decoded.fate()
}

/// Asserts that `data` holds the login, in IPv4 or IPv6, in the VLANs that `encapsulation` names.
fn assert_login(link_type: LinkType, data: &[u8], encapsulation: u32) {
    let segment = segment_of(&packet(link_type, data));
    assert_eq!(segment.payload, PAYLOAD, "{link_type}: {data:02x?}");
    assert_eq!(segment.payload_len as usize, PAYLOAD.len());
    assert_eq!(segment.bytes, login());
    let (client, server): (IpAddr, IpAddr) = match segment.source.addr {
        IpAddr::V4(_) => (CLIENT_V4.into(), SERVER_V4.into()),
        IpAddr::V6(_) => (CLIENT_V6.into(), SERVER_V6.into()),
    };
    assert_eq!(segment.source, Endpoint::new(client, 1042));
    assert_eq!(segment.destination, Endpoint::new(server, 1863));
    assert_eq!((segment.seq, segment.ack), (SeqNumber(100), SeqNumber(200)));
    assert_eq!(segment.flags, TcpFlags { ack: true, ..TcpFlags::default() });
    assert_eq!(segment.encapsulation, EncapsulationId(encapsulation), "{link_type}: {data:02x?}");
}

#[test]
fn e11_one_login_reads_the_same_in_every_encoding() {
    let v4 = ipv4(&login());
    let v6 = ipv6(&login());
    let encodings: [(LinkType, Vec<u8>, u32); 34] = [
        (LinkType::ETHERNET, ethernet(IPV4, &v4), 0),
        (LinkType::ETHERNET, ethernet(IPV6, &v6), 0),
        (LinkType::ETHERNET, ethernet(0x8100, &vlan(10, IPV4, &v4)), 10),
        (LinkType::ETHERNET, ethernet(0x8100, &vlan(0xe000, IPV6, &v6)), 0),
        (LinkType::ETHERNET, ethernet(0x88a8, &vlan(0x00a, 0x8100, &vlan(0x014, IPV4, &v4))), 0x00a_014),
        (LinkType::ETHERNET, ethernet(0x9100, &vlan(0x00a, 0x9200, &vlan(0x014, IPV4, &v4))), 0x00a_014),
        (LinkType::ETHERNET, ethernet_llc(&snap(IPV4, &v4)), 0),
        (LinkType::ETHERNET, ethernet_llc(&after(&[0xaa, 0xaa, 3, 0, 0, 0xf8, 0x86, 0xdd], &v6)), 0),
        (LinkType::ETHERNET, ethernet_llc(&after(&[6, 6, 3], &v4)), 0),
        (LinkType::ETHERNET, ethernet(0x8100, &vlan(10, 8 + 20 + 20 + 68, &snap(IPV4, &v4))), 10),
        (LinkType::ETHERNET, ethernet(0x8864, &pppoe(&after(&[0, 0x21], &v4))), 0),
        (LinkType::ETHERNET, ethernet(0x8864, &pppoe(&after(&[0, 0x57], &v6))), 0),
        (LinkType::ETHERNET, ethernet(0x8100, &vlan(7, 0x8864, &pppoe(&after(&[0, 0x21], &v4)))), 7),
        (LinkType::PPP_ETHER, pppoe(&after(&[0, 0x21], &v4)), 0),
        (LinkType::PPP, after(&[0, 0x21], &v4), 0),
        (LinkType::PPP, after(&[0x57], &v6), 0),
        (LinkType::PPP, after(&[0xff, 3, 0, 0x57], &v6), 0),
        (LinkType::PPP_HDLC, after(&[0xff, 3, 0, 0x21], &v4), 0),
        (LinkType::PPP_HDLC, after(&[0xff, 3, 0x21], &v4), 0),
        (LinkType::PPP_HDLC, after(&[0x0f, 0, 8, 0], &v4), 0),
        (LinkType::C_HDLC, after(&[0x8f, 0, 0x86, 0xdd], &v6), 0),
        (LinkType::NULL, after(&[2, 0, 0, 0], &v4), 0),
        (LinkType::NULL, after(&[0, 0, 0, 2], &v4), 0),
        (LinkType::LOOP, after(&[0, 0, 0, 24], &v6), 0),
        (LinkType::LINUX_SLL, sll(IPV4, &v4), 0),
        (LinkType::LINUX_SLL, sll(0x8100, &vlan(10, IPV6, &v6)), 10),
        (LinkType::LINUX_SLL, sll(4, &snap(IPV4, &v4)), 0),
        (LinkType::LINUX_SLL2, sll2(IPV6, &v6), 0),
        (LinkType::LINUX_SLL2, sll2(0x8100, &vlan(10, IPV4, &v4)), 10),
        (LinkType::RAW, v4.clone(), 0),
        (LinkType::RAW_BSD, v6.clone(), 0),
        (LinkType::RAW_OPENBSD, v4.clone(), 0),
        (LinkType::IPV4, v4.clone(), 0),
        (LinkType::IPV6, v6.clone(), 0),
    ];
    for (link_type, data, encapsulation) in encodings {
        assert_login(link_type, &data, encapsulation);
    }
}

#[test]
fn e12_every_number_of_the_ipv6_family_in_either_byte_order() {
    for family in [10, 23, 24, 26, 28, 30_u8] {
        for header in [[family, 0, 0, 0], [0, 0, 0, family]] {
            assert_login(LinkType::NULL, &after(&header, &ipv6(&login())), 0);
        }
    }
    assert_eq!(fate(LinkType::NULL, &after(&[7, 0, 0, 0], &ipv4(&login()))), Fate::NotIp);
}

#[test]
fn e4_as_many_tags_as_the_bound_allows_and_no_more() {
    let tagged = |count: u8| {
        let inner = vlan(0, IPV4, &ipv4(&login()));
        ethernet(0x8100, &(1..count).fold(inner, |rest, _| vlan(0, 0x8100, &rest)))
    };
    assert_login(LinkType::ETHERNET, &tagged(LAYERS_MAX), 0);
    assert_eq!(fate(LinkType::ETHERNET, &tagged(LAYERS_MAX + 1)), Fate::TooManyLayers);
}

#[test]
fn e11_a_link_type_without_decoder_is_told() {
    assert_eq!(fate(LinkType(147), &ipv4(&login())), Fate::UnsupportedLink);
}

#[test]
fn e14_what_is_not_ip_is_told() {
    for ether_type in [0x0806, 0x88cc, 0x8863, 0x05dd, 0x05ff] {
        assert_eq!(fate(LinkType::ETHERNET, &ethernet(ether_type, &[0; 46])), Fate::NotIp, "{ether_type:04x}");
    }
    assert_eq!(fate(LinkType::ETHERNET, &ethernet_llc(&[0x42, 0x42, 3, 0, 0, 0])), Fate::NotIp, "spanning tree");
    assert_eq!(fate(LinkType::PPP, &[0xff, 3, 0xc0, 0x21, 9, 1, 0, 8]), Fate::NotIp, "LCP");
    assert_eq!(fate(LinkType::PPP_ETHER, &[0x11, 0x09, 0, 0, 0, 4, 1, 1, 0, 0]), Fate::NotIp, "PPPoE discovery");
    assert_eq!(fate(LinkType::LINUX_SLL, &sll(1, &ipv4(&login()))), Fate::NotIp);
    assert_eq!(fate(LinkType::C_HDLC, &[0x8f, 0, 0x80, 0x35, 0, 0]), Fate::NotIp, "SLARP");
}

#[test]
fn e14_ip_without_tcp_is_told() {
    assert_eq!(fate(LinkType::RAW, &ipv4_of(17, &[0; 8])), Fate::NotTcp);
    assert_eq!(fate(LinkType::RAW, &ipv6_of(58, &[0; 8])), Fate::NotTcp);
    assert_eq!(fate(LinkType::RAW, &ipv6_of(59, &[])), Fate::NotTcp, "no next header");
}

#[test]
fn d14_esp_is_encrypted() {
    assert_eq!(fate(LinkType::RAW, &ipv4_of(50, &[0; 24])), Fate::Encrypted);
    assert_eq!(fate(LinkType::RAW, &ipv6_of(50, &[0; 24])), Fate::Encrypted);
}

#[test]
fn e2_padding_after_the_datagram_is_not_payload() {
    let frame = |segment: &[u8]| after(&ethernet(IPV4, &ipv4(segment)), &[0; 6]);
    assert_login(LinkType::ETHERNET, &frame(&login()), 0);
    let acknowledgement = frame(&tcp(&[]));
    assert_eq!(acknowledgement.len(), 60);
    let segment = segment_of(&packet(LinkType::ETHERNET, &acknowledgement));
    assert_eq!((segment.payload, segment.payload_len, segment.bytes.len()), (&[][..], 0, 20));
    assert_login(LinkType::ETHERNET, &after(&ethernet(IPV6, &ipv6(&login())), &[0; 9]), 0);
}

#[test]
fn e2_the_lengths_of_802_3_and_pppoe_end_a_datagram_that_has_none() {
    let mut endless = ipv4(&login());
    endless[2..4].fill(0);
    assert_login(LinkType::ETHERNET, &after(&ethernet_llc(&snap(IPV4, &endless)), &[0; 9]), 0);
    let pppoe = pppoe(&after(&[0, 0x21], &endless));
    assert_login(LinkType::ETHERNET, &after(&ethernet(0x8864, &pppoe), &[0; 9]), 0);
}

#[test]
fn e3_a_frame_check_sequence_is_never_payload() {
    let mut data = after(&ethernet(IPV4, &ipv4(&login())), &[0xfc; 4]);
    for total_len in [length(&ipv4(&login())), [0, 0]] {
        data[16..18].copy_from_slice(&total_len);
        let packet = Packet { fcs_len: 4, ..packet(LinkType::ETHERNET, &data) };
        assert_eq!(segment_of(&packet).payload, PAYLOAD);
        // Cut within the check sequence, the payload is still whole.
        let cut = Packet { data: &data[..data.len() - 2], ..packet };
        let segment = segment_of(&cut);
        assert_eq!((segment.payload, segment.payload_len as usize), (PAYLOAD, PAYLOAD.len()));
    }
}

#[test]
fn e16_a_runt_is_a_truncated_header() {
    assert_eq!(fate(LinkType::ETHERNET, &[0; 13]), Fate::TruncatedHeader);
    assert_eq!(fate(LinkType::ETHERNET, &ethernet(IPV4, &[0x45; 19])), Fate::TruncatedHeader);
    assert_eq!(fate(LinkType::ETHERNET, &ethernet(IPV6, &[0x60; 39])), Fate::TruncatedHeader);
    for link_type in LINK_TYPES {
        assert_eq!(fate(link_type, &[]), Fate::TruncatedHeader, "{link_type}");
    }
}

#[test]
fn c12_a_cut_segment_keeps_its_true_length() {
    let whole = ethernet(IPV4, &ipv4(&login()));
    let packet = Packet { data: &whole[..68], ..packet(LinkType::ETHERNET, &whole) };
    let segment = segment_of(&packet);
    assert_eq!(segment.payload, &PAYLOAD[..14]);
    assert_eq!(segment.payload_len as usize, PAYLOAD.len());
    assert_eq!(segment.checksum(), Checksum::Unverified);
}

#[test]
fn c13_a_cut_inside_the_headers_is_told() {
    for (link_type, whole) in [
        (LinkType::ETHERNET, ethernet(0x8100, &vlan(10, IPV4, &ipv4(&login())))),
        (LinkType::LINUX_SLL, sll(IPV6, &ipv6_of(0, &after(&[TCP, 0, 1, 4, 0, 0, 0, 0], &login())))),
    ] {
        for len in 0..=whole.len() {
            let packet = Packet { data: &whole[..len], ..packet(link_type, &whole) };
            let headers_len = whole.len() - PAYLOAD.len();
            let expected = if len < headers_len { Fate::TruncatedHeader } else { Fate::Segment };
            assert_eq!(fate_of(&packet), expected, "{link_type} cut to {len} bytes");
        }
    }
}

/// The login in IPv6 behind `count` headers of destination options.
fn behind_options(count: usize) -> Vec<u8> {
    const OPTIONS: u8 = 60;
    let chain =
        (0..count).fold((TCP, login()), |(next, rest), _| (OPTIONS, after(&[next, 0, 1, 4, 0, 0, 0, 0], &rest)));
    ipv6_of(chain.0, &chain.1)
}

#[test]
fn d13_extension_headers_are_skipped_up_to_the_bound() {
    assert_login(LinkType::RAW, &behind_options(1), 0);
    assert_login(LinkType::RAW, &behind_options(EXTENSION_HEADERS_MAX), 0);
    assert_eq!(fate(LinkType::RAW, &behind_options(EXTENSION_HEADERS_MAX + 1)), Fate::TooManyLayers);
    assert_eq!(fate(LinkType::RAW, &behind_options(100)), Fate::TooManyLayers);
}

#[test]
fn d13_headers_of_every_kind_are_skipped() {
    let authentication = |next| joined(&[&[next, 4], &[0; 22]]);
    let routing = [60, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let options = [51, 0, 1, 4, 0, 0, 0, 0];
    let chain = joined(&[&[43, 0, 1, 4, 0, 0, 0, 0], &routing, &options, &authentication(TCP), &login()]);
    assert_login(LinkType::RAW, &ipv6_of(0, &chain), 0);
    assert_login(LinkType::RAW, &ipv4_of(51, &after(&authentication(TCP), &login())), 0);
}

#[test]
fn d13_an_extension_header_beyond_the_datagram_contradicts_it() {
    assert_eq!(fate(LinkType::RAW, &ipv6_of(60, &[TCP, 9, 1, 4, 0, 0, 0, 0])), Fate::BadIp);
    assert_eq!(fate(LinkType::RAW, &ipv6_of(51, &[TCP, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])), Fate::BadIp);
}

#[test]
fn d13_ipv4_options_are_skipped() {
    let mut data = ipv4(&joined(&[&[1; 8], &login()]));
    data[0] = 0x47;
    assert_login(LinkType::IPV4, &data, 0);
}

#[test]
fn d11_an_atomic_fragment_is_a_whole_datagram() {
    let fragment = |offset: u8| ipv6_of(44, &after(&[TCP, 0, 0, offset, 0, 0, 0, 9], &login()));
    assert_login(LinkType::RAW, &fragment(0), 0);
    assert_login(LinkType::RAW, &fragment(0b110), 0);
    assert_eq!(fate(LinkType::RAW, &fragment(0b001)), Fate::Fragment, "more to come");
    assert_eq!(fate(LinkType::RAW, &fragment(0b1000)), Fate::Fragment, "the last one");
}

#[test]
fn d1_ipv4_fragments_are_told() {
    for (flags_and_offset, expected) in
        [([0x20, 0], Fate::Fragment), ([0, 1], Fate::Fragment), ([0x1f, 0], Fate::Fragment), ([0xc0, 0], Fate::Segment)]
    {
        let mut data = ipv4(&login());
        data[6..8].copy_from_slice(&flags_and_offset);
        assert_eq!(fate(LinkType::RAW, &data), expected, "{flags_and_offset:02x?}");
    }
}

#[test]
fn d15_an_ip_header_that_contradicts_itself_is_bad() {
    let with = |position: usize, byte: u8| {
        let mut data = ipv4(&login());
        data[position] = byte;
        fate(LinkType::IPV4, &data)
    };
    assert_eq!(with(0, 0x44), Fate::BadIp, "header shorter than 20 bytes");
    assert_eq!(with(0, 0x65), Fate::BadIp, "version 6 where 4 is announced");
    assert_eq!(with(3, 19), Fate::BadIp, "total length within the header");
    assert_eq!(with(2, 9), Fate::BadIp, "total length beyond the packet");
    assert_eq!(fate(LinkType::RAW, &[0x75; 60]), Fate::BadIp, "neither version");
    assert_eq!(fate(LinkType::ETHERNET, &ethernet(IPV6, &ipv4(&login()))), Fate::BadIp);
    assert_eq!(fate(LinkType::ETHERNET, &ethernet(IPV6, &[0x45])), Fate::BadIp, "told by one byte");
    let mut headers_only = ipv4(&[]);
    headers_only[0] = 0x46;
    assert_eq!(fate(LinkType::RAW, &headers_only), Fate::BadIp, "header longer than the packet");
    let mut long = ipv6(&login());
    long[4] = 9;
    assert_eq!(fate(LinkType::RAW, &long), Fate::BadIp, "IPv6 payload beyond the packet");
}

/// A jumbogram (RFC 2675) of the login, its option announcing `len` bytes of payload.
fn jumbogram(len: u32) -> Vec<u8> {
    let options = joined(&[&[TCP, 1, 1, 2, 0, 0, 0, 0xc2, 4], &len.to_be_bytes(), &[0, 0, 0]]);
    let mut data = ipv6_of(0, &after(&options, &login()));
    data[4..6].fill(0);
    data
}

#[test]
fn d19_a_jumbogram_is_as_long_as_its_option_says() {
    let len = 16 + 20 + u32::try_from(PAYLOAD.len()).unwrap();
    assert_login(LinkType::RAW, &jumbogram(len), 0);
    assert_login(LinkType::RAW, &after(&jumbogram(len), &[0; 9]), 0);
    assert_eq!(fate(LinkType::RAW, &jumbogram(len + 1)), Fate::BadIp);
}

#[test]
fn d19_without_the_option_the_packet_gives_the_length() {
    let mut data = ipv6(&login());
    data[4..6].fill(0);
    assert_login(LinkType::RAW, &data, 0);
    let payload = vec![b'a'; 100_000];
    let mut big = ethernet(IPV4, &ipv4(&tcp(&[])));
    big[16..18].fill(0);
    big.extend_from_slice(&payload);
    assert_eq!(segment_of(&packet(LinkType::ETHERNET, &big)).payload_len, 100_000);
}

#[test]
fn f1_total_length_zero_is_the_captured_length() {
    let mut data = ethernet(IPV4, &ipv4(&login()));
    data[16..18].fill(0);
    assert_login(LinkType::ETHERNET, &data, 0);
}

#[test]
fn f1_total_length_zero_in_the_shortest_frame_is_no_payload() {
    let mut data = after(&ethernet(IPV4, &ipv4(&tcp(&[]))), &[0; 6]);
    data[16..18].fill(0);
    let segment = segment_of(&packet(LinkType::ETHERNET, &data));
    assert_eq!((segment.payload, segment.payload_len, segment.bytes.len()), (&[][..], 0, 20));
    data.push(0);
    assert_eq!(segment_of(&packet(LinkType::ETHERNET, &data)).payload_len, 7);
}

#[test]
fn f7_a_wrong_ip_header_checksum_changes_nothing() {
    let mut data = ipv4(&login());
    data[10..12].copy_from_slice(&[0xde, 0xad]);
    assert_login(LinkType::RAW, &data, 0);
}

#[test]
fn a30_malformed_options_are_skipped() {
    let mut segment = tcp(&[]);
    segment[12] = 0x60;
    segment.extend_from_slice(&[2, 0, 99, 99]);
    segment.extend_from_slice(PAYLOAD);
    assert_eq!(segment_of(&packet(LinkType::RAW, &ipv4(&segment))).payload, PAYLOAD);
}

#[test]
fn a31_a_data_offset_that_cannot_be_is_bad_tcp() {
    for data_offset in [0x00, 0x40] {
        let mut segment = login();
        segment[12] = data_offset;
        assert_eq!(fate(LinkType::RAW, &ipv4(&segment)), Fate::BadTcp);
    }
    let mut segment = tcp(&[1, 2, 3]);
    segment[12] = 0x60;
    let bad = ethernet(IPV4, &ipv4(&segment));
    assert_eq!(fate(LinkType::ETHERNET, &bad), Fate::BadTcp, "beyond the segment");
    assert_eq!(fate(LinkType::ETHERNET, &after(&bad, &[0; 9])), Fate::BadTcp, "padding is not a header");
    assert_eq!(fate(LinkType::RAW, &ipv4(&segment[..19])), Fate::BadTcp, "no room for a header");
}

#[test]
fn a28_every_combination_of_flags_is_a_segment() {
    for bits in 0..=u8::MAX {
        let mut segment = login();
        segment[13] = bits;
        let data = ipv4(&segment);
        let TcpFlags { syn, fin, rst, ack } = segment_of(&packet(LinkType::RAW, &data)).flags;
        let flags = [fin, syn, rst, ack];
        assert_eq!(flags, [1, 2, 4, 16].map(|bit| bits & bit != 0));
    }
}

#[test]
fn d16_a_segment_to_its_own_sender_is_a_segment() {
    let mut data = ipv4(&login());
    data[16..20].copy_from_slice(&CLIENT_V4.octets());
    let segment = segment_of(&packet(LinkType::RAW, &data));
    assert_eq!(segment.source.addr, segment.destination.addr);
}

/// Asserts what holds of any packet: the payload lies at the end of the segment, the segment within the packet, and
/// nothing is longer than the wire.
fn assert_sane(packet: &Packet<'_>) {
    if let Decoded::Segment(segment) = decode(packet) {
        let within = |inner: &[u8], outer: &[u8]| {
            let (inner, outer) = (inner.as_ptr_range(), outer.as_ptr_range());
            outer.start <= inner.start && inner.end <= outer.end
        };
        assert!(within(segment.bytes, packet.data));
        assert!(within(segment.payload, segment.bytes));
        assert!(segment.bytes.ends_with(segment.payload));
        assert!(segment.payload.len() <= segment.payload_len as usize);
        assert!(segment.payload_len <= packet.original_len.max(u32::try_from(packet.data.len()).unwrap()));
        segment.checksum();
    }
}

fn any_link_type() -> impl Strategy<Value = LinkType> {
    prop_oneof![9 => prop::sample::select(&LINK_TYPES[..]), 1 => any::<u16>().prop_map(LinkType)]
}

/// Bytes that often look like headers: runs of noise between pieces of the real thing.
fn likely_bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..24),
        prop::sample::select(vec![
            ethernet(IPV4, &[]),
            ethernet(IPV6, &[]),
            ethernet(0x8100, &vlan(10, IPV4, &[])),
            ethernet(0x8864, &[0x11, 0, 0, 7, 0, 90, 0, 0x21]),
            snap(IPV4, &[]),
            ipv4(&login()),
            ipv6(&login()),
            behind_options(2),
            jumbogram(104),
            login(),
        ]),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn any_bytes_of_any_link_type_give_a_sane_answer(
        data in likely_bytes(), link_type in any_link_type(), lost in 0..100_u32, fcs_len in 0..=15_u8,
    ) {
        let original_len = u32::try_from(data.len()).unwrap() + lost;
        assert_sane(&Packet { stamp: Stamp::default(), link_type, data: &data, original_len, fcs_len });
        // A record that claims to be shorter than it is.
        assert_sane(&Packet { stamp: Stamp::default(), link_type, data: &data, original_len: lost, fcs_len });
    }

    #[test]
    fn c12_a_prefix_of_a_packet_gives_a_prefix_of_its_payload(
        payload in prop::collection::vec(any::<u8>(), 0..200),
        flips in prop::collection::vec((0..54_usize, any::<u8>()), 0..3),
    ) {
        let mut whole = ethernet(IPV4, &ipv4(&tcp(&payload)));
        for (position, byte) in flips {
            whole[position] = byte;
        }
        let packet = packet(LinkType::ETHERNET, &whole);
        let decoded = decode(&packet);
        for len in 0..=whole.len() {
            let cut = Packet { data: &whole[..len], ..packet };
            assert_sane(&cut);
            if let Decoded::Segment(prefix) = decode(&cut) {
                let Decoded::Segment(segment) = decoded else { panic!("only the cut packet holds a segment") };
                assert!(segment.payload.starts_with(prefix.payload));
                assert_eq!(prefix.payload_len, segment.payload_len);
            }
        }
    }
}
