//! Cases D1 to D12, D17, D18 and F10. Decided otherwise than written there:
//!
//! | case | here | why |
//! |---|---|---|
//! | D4 | an exact copy of IPv6 fragments is a duplicate, not an overlap | RFC 8200, 4.5 allows it; F10 needs it |
//! | D8 | the IPv6 key has no protocol | RFC 8200, 4.5: fragments may differ in it, the first one's counts |
//! | D8 | a datagram that is whole is succeeded at once by what contradicts it | its receiver has forgotten the id |
//! | D9 | after a second the same id begins anew, even if it was spoiled | else one bad fragment blocks an id for a minute |

use std::net::IpAddr;

use proptest::prelude::*;

use super::*;
use crate::clock::Clock;
use crate::limits::{FRAGMENT_HOLES_MAX, LAYERS_MAX};
use crate::net::craft::{PAYLOAD, TCP, ip, ipv4_of, ipv6_of, joined, login, packet, tcp, tcp_summed, udp};
use crate::net::{Decoded, decode};
use crate::packet::{LinkType, NANOS_PER_SECOND, Packet};

/// One part of a payload: its offset, the frame that carried it, whether it is doubtful.
type SeenPart = (usize, u64, bool);

/// A segment that came out.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    payload: Vec<u8>,
    parts: Vec<SeenPart>,
}

/// A bench on which packets are numbered from 1, as they come.
#[derive(Default)]
struct Bench {
    clock: Clock,
    fragments: Fragments,
    ledger: Ledger,
    frame: u64,
    seconds: i64,
    seen: Vec<Seen>,
}

impl Bench {
    fn bounded(datagrams_max: usize, memory_max: usize) -> Self {
        Self { fragments: Fragments::with_bounds(datagrams_max, memory_max), ..Self::default() }
    }

    fn push(&mut self, datagram: &[u8]) {
        self.push_packet(&packet(LinkType::RAW, datagram));
    }

    fn push_all<'a>(&mut self, datagrams: impl IntoIterator<Item = &'a Vec<u8>>) {
        for datagram in datagrams {
            self.push(datagram);
        }
    }

    fn push_packet(&mut self, packet: &Packet<'_>) {
        self.frame += 1;
        let time = Timestamp::from_nanos(self.seconds * NANOS_PER_SECOND);
        let stamp = Stamp { input: InputId(0), frame: self.frame, time };
        self.fragments.advance(self.clock.moment(time).now, &mut self.ledger);
        let decoded = decode(&Packet { stamp, ..*packet });
        self.take(&decoded);
        let memory: usize = [&self.fragments.waiting, &self.fragments.whole]
            .iter()
            .flat_map(|entries| entries.values().map(Entry::memory))
            .sum();
        assert_eq!(self.fragments.memory, memory);
    }

    fn take(&mut self, decoded: &Decoded<'_>) {
        match decoded {
            Decoded::Segment(segment) => {
                let parts: Vec<Part<'_>> = segment.parts().collect();
                let joined: Vec<u8> = parts.iter().flat_map(|part| part.bytes.to_vec()).collect();
                assert_eq!(joined, segment.payload);
                let parts = parts.iter().map(|part| (part.offset, part.stamp.frame, part.conflict)).collect();
                self.seen.push(Seen { payload: segment.payload.to_vec(), parts });
            }
            Decoded::Fragment(fragment) => {
                let whole = self.fragments.push(fragment, &mut self.ledger);
                assert_eq!(self.ledger.total().broken_law(), None);
                if let Some(whole) = whole {
                    self.take(&whole.open());
                }
            }
            Decoded::Other(_) => {}
        }
    }

    fn stats(&self) -> FragmentStats {
        self.ledger.total().fragments
    }

    /// Ends the run; gives what was seen and the counters.
    fn end(mut self) -> (Vec<Seen>, FragmentStats) {
        self.fragments.finish(&mut self.ledger);
        assert_eq!(self.ledger.total().broken_law_at_end(), None);
        assert_eq!(self.fragments.memory, 0);
        let stats = self.stats();
        (self.seen, stats)
    }
}

/// A fragment of TCP; `place` is its offset, with `+` behind it if more follow.
fn piece(v6: bool, id: u8, place: &str, bytes: &[u8]) -> Vec<u8> {
    let (offset, more) = place.strip_suffix('+').map_or((place, 0), |offset| (offset, 1));
    let offset: u16 = offset.parse().unwrap();
    assert!(offset.is_multiple_of(8));
    if v6 {
        ipv6_of(44, &joined(&[&[TCP, 0], &(offset | more).to_be_bytes(), &[0, 0, 0, id], bytes]))
    } else {
        let mut data = ipv4_of(TCP, bytes);
        data[4..6].copy_from_slice(&[0, id]);
        data[6..8].copy_from_slice(&((offset / 8) | (more << 13)).to_be_bytes());
        data
    }
}

/// The payload of a datagram in pieces of at most `len` bytes.
fn pieces(v6: bool, id: u8, payload: &[u8], len: usize) -> Vec<Vec<u8>> {
    let count = payload.len().div_ceil(len);
    let place = |index: usize| format!("{}{}", index * len, if index + 1 < count { "+" } else { "" });
    payload.chunks(len).enumerate().map(|(index, chunk)| piece(v6, id, &place(index), chunk)).collect()
}

/// What comes of datagrams that are captured in the same second.
fn outcome<'a>(datagrams: impl IntoIterator<Item = &'a Vec<u8>>) -> (Vec<Seen>, FragmentStats) {
    let mut bench = Bench::default();
    bench.push_all(datagrams);
    bench.end()
}

fn seen_login(parts: &[SeenPart]) -> Vec<Seen> {
    vec![Seen { payload: PAYLOAD.to_vec(), parts: parts.to_vec() }]
}

const BOTH: [bool; 2] = [false, true];

#[test]
fn d1_fragments_in_any_order_make_one_datagram() {
    for v6 in BOTH {
        let [a, b, c] = pieces(v6, 1, &login(), 40).try_into().unwrap();
        assert_eq!(outcome([&a, &b, &c]).0, seen_login(&[(0, 1, false), (20, 2, false), (60, 3, false)]));
        assert_eq!(outcome([&c, &b, &a]).0, seen_login(&[(0, 3, false), (20, 2, false), (60, 1, false)]));
        let (seen, stats) = outcome([&b, &c, &b, &a]);
        assert_eq!(seen, seen_login(&[(0, 4, false), (20, 1, false), (60, 2, false)]));
        let expected = FragmentStats { met: 4, used: 3, duplicates: 1, datagrams: 1, ..FragmentStats::default() };
        assert_eq!(stats, expected);
    }
}

#[test]
fn d2_overlap_with_the_same_bytes_is_used_once() {
    let login = login();
    let (seen, stats) = outcome([
        &piece(false, 1, "0+", &login[..40]),
        &piece(false, 1, "24+", &login[24..56]),
        &piece(false, 1, "32", &login[32..]),
    ]);
    assert_eq!(seen, seen_login(&[(0, 1, false), (20, 2, false), (36, 3, false)]));
    assert_eq!((stats.used, stats.conflicts), (3, 0));
}

#[test]
fn d3_the_first_copy_wins_and_only_what_differs_is_doubtful() {
    let login = login();
    let mut other = login[32..64].to_vec();
    other[3] ^= 1;
    other[5] ^= 1;
    let (seen, stats) = outcome([
        &piece(false, 1, "0+", &login[..64]),
        &piece(false, 1, "32+", &other),
        &piece(false, 1, "64", &login[64..]),
    ]);
    let parts = [(0, 1, false), (15, 1, true), (18, 1, false), (44, 3, false)];
    assert_eq!(seen, seen_login(&parts));
    assert_eq!((stats.used, stats.duplicates, stats.conflicts), (2, 1, 1));
}

#[test]
fn d3_what_differs_up_to_the_end_of_a_fragment_leaves_the_next_one_as_it_is() {
    let login = login();
    let mut other = login[40..64].to_vec();
    other[23] ^= 1;
    let (seen, stats) = outcome([
        &piece(false, 1, "0+", &login[..64]),
        &piece(false, 1, "64+", &login[64..80]),
        &piece(false, 1, "40+", &other),
        &piece(false, 1, "80", &login[80..]),
    ]);
    assert_eq!(seen, seen_login(&[(0, 1, false), (43, 1, true), (44, 2, false), (60, 4, false)]));
    assert_eq!((stats.used, stats.duplicates, stats.conflicts), (3, 1, 1));
}

#[test]
fn d3_a_conflict_in_the_tcp_header_makes_all_of_it_doubtful() {
    let login = login();
    let mut other = login[..16].to_vec();
    other[4] ^= 1;
    let (seen, _) = outcome([
        &piece(false, 1, "0+", &login[..64]),
        &piece(false, 1, "0+", &other),
        &piece(false, 1, "64", &login[64..]),
    ]);
    assert_eq!(seen, seen_login(&[(0, 1, true), (44, 3, true)]));
}

#[test]
fn d4_overlap_in_ipv6_drops_the_datagram_and_nothing_else() {
    let login = login();
    let overlapping = [("0+", 0..40), ("32+", 32..64), ("40+", 40..64), ("64", 64..88), ("0+", 0..40)];
    let mut datagrams: Vec<_> = overlapping.map(|(place, range)| piece(true, 1, place, &login[range])).into();
    datagrams.extend(pieces(true, 2, &login, 40));
    let (seen, stats) = outcome(&datagrams);
    assert_eq!(seen, seen_login(&[(0, 6, false), (20, 7, false), (60, 8, false)]));
    assert_eq!((stats.used, stats.bad), (3, 5));
}

/// A copy of a part of a fragment is no exact copy, wherever in the fragment it lies.
#[test]
fn d4_a_copy_of_less_than_a_fragment_overlaps_it_in_ipv6() {
    let login = login();
    for (at, place) in [(0, "0+"), (8, "8+"), (16, "16+"), (32, "32+")] {
        let mut datagrams = pieces(true, 1, &login, 40);
        datagrams.insert(1, piece(true, 1, place, &login[at..at + 8]));
        let (seen, stats) = outcome(&datagrams);
        assert_eq!((seen.len(), stats.bad), (0, 4), "at {at}");
        // Behind a fragment that differs from none, IPv4 reads on.
        datagrams = pieces(false, 1, &login, 40);
        datagrams.insert(1, piece(false, 1, place, &login[at..at + 8]));
        assert_eq!(outcome(&datagrams).0, seen_login(&[(0, 1, false), (20, 3, false), (60, 4, false)]));
    }
}

#[test]
fn d5_tiny_fragments_may_split_the_tcp_header() {
    for v6 in BOTH {
        let (seen, stats) = outcome(&pieces(v6, 1, &login(), 8));
        assert_eq!(seen[0].payload, PAYLOAD);
        assert_eq!(seen[0].parts.first(), Some(&(0, 3, false)), "the first two hold the header alone");
        assert_eq!(stats.used, 11);
    }
}

#[test]
fn d6_d7_what_stays_incomplete_times_out() {
    for v6 in BOTH {
        for missing in 0..3 {
            let mut bench = Bench::default();
            let mut datagrams = pieces(v6, 1, &login(), 40);
            datagrams.remove(missing);
            bench.push_all(&datagrams);
            bench.seconds = 60;
            bench.push(&ipv4_of(1, &[]));
            assert_eq!((bench.stats().pending, bench.stats().timed_out), (2, 0));
            bench.seconds = 61;
            bench.push(&ipv4_of(1, &[]));
            assert_eq!((bench.stats().pending, bench.stats().timed_out), (0, 2));
            assert_eq!(bench.fragments.memory, 0);
            assert!(bench.end().0.is_empty());
        }
    }
}

#[test]
fn d6_a_clock_that_jumps_for_one_packet_times_nothing_out() {
    let mut bench = Bench::default();
    let [a, b, c] = pieces(false, 1, &login(), 40).try_into().unwrap();
    bench.push(&a);
    bench.push(&b);
    bench.seconds = 1_000_000;
    bench.push(&ipv4_of(1, &[]));
    bench.seconds = 1;
    bench.push(&c);
    assert_eq!(bench.end().0.len(), 1);
}

#[test]
fn d8_an_id_used_again_after_a_loss_does_not_mix() {
    for v6 in BOTH {
        for lost in 0..3 {
            let mut bench = Bench::default();
            let mut first = pieces(v6, 1, &tcp_summed(v6, &[b'x'; 100]), 40);
            first.remove(lost);
            bench.push_all(&first);
            bench.seconds = 30;
            bench.push_all(&pieces(v6, 1, &tcp_summed(v6, PAYLOAD), 40));
            let (seen, stats) = bench.end();
            assert_eq!(seen, seen_login(&[(0, 3, false), (20, 4, false), (60, 5, false)]), "{v6} {lost}");
            assert_eq!(stats.timed_out, 2);
        }
    }
}

#[test]
fn d8_fragments_that_are_late_and_belong_together_are_used() {
    for v6 in BOTH {
        let mut bench = Bench::default();
        for datagram in pieces(v6, 1, &tcp_summed(v6, PAYLOAD), 40) {
            bench.push(&datagram);
            bench.seconds += 20;
        }
        assert_eq!(bench.end().0.len(), 1);
    }
}

#[test]
fn d8_an_id_used_again_after_a_whole_datagram_does_not_mix() {
    for (v6, seconds) in [(false, 0), (true, 0), (false, 1), (true, 30)] {
        let mut bench = Bench::default();
        bench.push_all(&pieces(v6, 1, &tcp(&[b'x'; 100]), 40));
        bench.seconds = seconds;
        bench.push_all(&pieces(v6, 1, &login(), 40));
        let (seen, stats) = bench.end();
        assert_eq!(seen[1..], seen_login(&[(0, 4, false), (20, 5, false), (60, 6, false)]));
        assert_eq!((stats.used, stats.conflicts), (6, 0));
    }
}

#[test]
fn d8_fragments_of_other_hosts_protocols_and_networks_do_not_mix() {
    let [a, b] = pieces(false, 1, &login(), 48).try_into().unwrap();
    let mut other_host = b.clone();
    other_host[15] ^= 1;
    let mut other_protocol = b.clone();
    other_protocol[9] = 17;
    let (seen, stats) = outcome([&a, &other_host, &other_protocol]);
    assert_eq!((seen.len(), stats.timed_out), (0, 3));
    let mut bench = Bench::default();
    let tagged = |vlan: u8, datagram: &[u8]| joined(&[&[2; 12], &[0x81, 0, 0, vlan, 8, 0], datagram]);
    for data in [tagged(10, &a), tagged(20, &b), tagged(10, &b)] {
        bench.push_packet(&packet(LinkType::ETHERNET, &data));
    }
    assert_eq!(bench.end().0, seen_login(&[(0, 1, false), (28, 3, false)]));
}

#[test]
fn d9_ends_that_contradict_drop_the_datagram() {
    let login = login();
    let contradictions: [&[(&str, &[u8])]; 6] = [
        &[("0+", &login[..40]), ("80", &login[80..]), ("80", &login[80..84])],
        &[("0+", &login[..40]), ("48", &login[48..64]), ("64+", &login[64..80])],
        &[("0+", &login[..40]), ("48+", &login[48..64]), ("40", &login[40..48])],
        &[("0+", &login[..40]), ("80", &[])],
        &[("0+", &login[..40]), ("40+", &[])],
        &[("0+", &login[..40]), ("65528", &[0; 8])],
    ];
    for v6 in BOTH {
        for places in contradictions {
            let mut bench = Bench::default();
            for (place, bytes) in places {
                bench.push(&piece(v6, 1, place, bytes));
            }
            // What would have completed it comes too late.
            bench.push_all(&pieces(v6, 1, &login, 40)[1..]);
            bench.push_all(&pieces(v6, 2, &login, 40));
            let (seen, stats) = bench.end();
            assert_eq!(seen.len(), 1, "{v6} {places:?}");
            assert_eq!((stats.used, stats.bad), (3, 2 + u64::try_from(places.len()).unwrap()));
        }
    }
}

#[test]
fn d9_a_spoiled_id_can_be_used_again_a_second_later() {
    let mut bench = Bench::default();
    bench.push(&piece(false, 1, "0+", &[]));
    bench.seconds = 2;
    bench.push_all(&pieces(false, 1, &login(), 40));
    let (seen, stats) = bench.end();
    assert_eq!((seen.len(), stats.bad), (1, 1));
}

/// The second counts from the first fragment, not from the one that spoiled it.
#[test]
fn d9_a_datagram_that_is_spoiled_late_blocks_its_id_no_longer() {
    let mut bench = Bench::default();
    bench.push(&piece(false, 1, "80", &login()[80..]));
    bench.seconds = 1;
    bench.push(&piece(false, 1, "80", &login()[80..84]));
    bench.seconds = 2;
    bench.push_all(&pieces(false, 1, &login(), 40));
    let (seen, stats) = bench.end();
    assert_eq!((seen.len(), stats.bad), (1, 2));
}

#[test]
fn d10_a_middle_fragment_of_odd_length_is_dropped_alone() {
    for v6 in BOTH {
        let login = login();
        let mut datagrams = pieces(v6, 1, &login, 40);
        datagrams.insert(1, piece(v6, 1, "40+", &login[40..77]));
        let (seen, stats) = outcome(&datagrams);
        assert_eq!(seen, seen_login(&[(0, 1, false), (20, 3, false), (60, 4, false)]));
        assert_eq!((stats.used, stats.bad), (3, 1));
    }
}

#[test]
fn d11_an_atomic_fragment_mixes_with_no_other() {
    let login = login();
    let [a, b] = pieces(true, 1, &login, 48).try_into().unwrap();
    let (seen, stats) = outcome([&a, &piece(true, 1, "0", &tcp(b"VER 1 MSNP8\r\n")), &b]);
    assert_eq!(seen[0], Seen { payload: b"VER 1 MSNP8\r\n".to_vec(), parts: vec![(0, 2, false)] });
    assert_eq!(seen[1..], seen_login(&[(0, 1, false), (28, 3, false)]));
    assert_eq!(stats.met, 2);
}

#[test]
fn d12_a_cut_fragment_is_not_put_in_and_a_whole_copy_is() {
    let [a, b] = pieces(false, 1, &login(), 48).try_into().unwrap();
    let mut bench = Bench::default();
    bench.push(&a);
    bench.push_packet(&Packet { data: &b[..30], ..packet(LinkType::RAW, &b) });
    assert_eq!((bench.stats().bad, bench.seen.len()), (1, 0));
    bench.push(&b);
    assert_eq!(bench.end().0, seen_login(&[(0, 1, false), (28, 3, false)]));
}

#[test]
fn d15_a_fragment_without_a_length_is_bad() {
    let mut data = piece(false, 1, "0+", &login()[..40]);
    data[2..4].fill(0);
    assert!(matches!(decode(&packet(LinkType::RAW, &data)), Decoded::Other(crate::stats::Fate::BadIp)));
}

#[test]
fn d17_a_flood_of_datagrams_pushes_out_the_oldest() {
    let mut bench = Bench::bounded(4, usize::MAX);
    let login = login();
    let first = |id| piece(false, id, "0+", &login[..40]);
    let last = |id| piece(false, id, "40", &login[40..]);
    (0..9).for_each(|id| bench.push(&first(id)));
    assert_eq!((bench.stats().pending, bench.stats().evicted), (4, 5));
    (0..9).for_each(|id| bench.push(&last(id)));
    let (seen, stats) = bench.end();
    // The last fragments of those that were pushed out push out the others in turn.
    assert!(seen.len() < 5 && stats.datagrams == u64::try_from(seen.len()).unwrap());
}

#[test]
fn d17_a_flood_of_bytes_keeps_to_the_bound() {
    const MEMORY_MAX: usize = 1 << 20;
    let mut bench = Bench::bounded(usize::MAX, MEMORY_MAX);
    for round in 0..4_000_u32 {
        let [id, low] = u16::try_from(round).unwrap().to_be_bytes();
        let mut data = piece(false, low, "8+", &[1; 1480]);
        data[4] = id;
        bench.push(&data);
        assert!(bench.fragments.memory <= MEMORY_MAX);
    }
    assert!(bench.stats().evicted > 3_000 && bench.stats().pending > 400);
    bench.end();
}

#[test]
fn d17_a_riddled_datagram_is_given_up() {
    let mut bench = Bench::default();
    for hole in 0..=FRAGMENT_HOLES_MAX {
        assert_eq!(bench.stats().evicted, 0);
        bench.push(&piece(false, 1, &format!("{}+", 16 * hole), &[0; 8]));
    }
    assert_eq!(bench.stats().evicted, u64::try_from(FRAGMENT_HOLES_MAX).unwrap() + 1);
    assert_eq!(bench.fragments.memory, 0);
}

#[test]
fn d17_a_datagram_in_8190_fragments_is_no_flood() {
    let payload = vec![b'a'; 65_500];
    let datagrams = pieces(false, 1, &tcp(&payload[20..]), 8);
    for (seen, stats) in [outcome(&datagrams), outcome(datagrams.iter().rev())] {
        assert_eq!((seen[0].payload.len(), stats.used), (65_480, 8_188));
    }
}

#[test]
fn d18_fragments_within_fragments() {
    // The inner datagram in two fragments, each of which crosses a tunnel in two fragments.
    let inner = pieces(true, 1, &login(), 48);
    let outer: Vec<Vec<Vec<u8>>> = inner
        .iter()
        .zip([7, 8])
        .map(|(inner, id)| {
            let mut datagrams = pieces(false, id, inner, 64);
            for datagram in &mut datagrams {
                datagram[9] = 41;
            }
            datagrams
        })
        .collect();
    let (seen, stats) = outcome([&outer[1][0], &outer[0][1], &outer[0][0], &outer[1][1]]);
    assert_eq!(seen, seen_login(&[(0, 2, false), (28, 1, false), (44, 4, false)]));
    assert_eq!((stats.met, stats.used, stats.datagrams), (6, 6, 3));
}

#[test]
fn d17_what_just_fits_into_the_bound_stays() {
    let fragments = [1, 2].map(|id| piece(false, id, "8+", &[1; 64]));
    let mut bench = Bench::default();
    bench.push_all(&fragments);
    let needed = bench.fragments.memory;
    let least = 2 * (64 + size_of::<Key>() + size_of::<Entry>());
    assert!((least..2 * least).contains(&needed), "{needed} bytes for {least}");
    for (memory_max, evicted) in [(needed, 0), (needed - 1, 1)] {
        let mut bench = Bench::bounded(usize::MAX, memory_max);
        bench.push_all(&fragments);
        assert_eq!(bench.stats().evicted, evicted);
    }
}

#[test]
fn d18_fragment_headers_within_each_other_are_bounded() {
    let mut bench = Bench::default();
    // Each header says that more follows, so that each needs its own last fragment.
    let mut payload = login();
    for level in 0..u8::MAX {
        let next = if level == 0 { TCP } else { 44 };
        payload = joined(&[&[next, 0, 0, 1, 0, 0, 0, level], &payload]);
        assert!(payload.len().is_multiple_of(8));
    }
    bench.push(&ipv6_of(44, &payload));
    for level in (0..u8::MAX).rev() {
        let offset = 88 + 8 * usize::from(level);
        bench.push(&piece(true, level, &offset.to_string(), b"\r\n\r\n\r\n\r\n"));
    }
    let (seen, stats) = bench.end();
    assert!(seen.is_empty());
    assert!(stats.datagrams <= u64::from(LAYERS_MAX) + 1, "{stats:?}");
}

#[test]
fn f10_copies_of_fragments_begin_nothing_new() {
    for v6 in BOTH {
        let datagrams = pieces(v6, 1, &login(), 40);
        let mut bench = Bench::default();
        bench.push_all(datagrams.iter().flat_map(|datagram| [datagram, datagram]));
        bench.seconds = 1;
        bench.push_all(&datagrams);
        let (seen, stats) = bench.end();
        assert_eq!(seen, seen_login(&[(0, 1, false), (20, 3, false), (60, 5, false)]));
        assert_eq!((stats.used, stats.duplicates, stats.timed_out), (3, 6, 0));
    }
}

#[test]
fn what_cannot_hold_tcp_is_not_kept() {
    use crate::stats::Fate;
    for (protocol, expected) in [(1, Fate::NotTcp), (50, Fate::Encrypted), (17, Fate::Fragment), (47, Fate::Fragment)] {
        let mut data = piece(false, 1, "0+", &[0; 40]);
        data[9] = protocol;
        assert_eq!(decode(&packet(LinkType::RAW, &data)).fate(), expected);
    }
}

#[test]
fn a_whole_datagram_of_udp_is_no_segment() {
    let mut datagrams = pieces(false, 1, &udp(53, 53, &[0; 100]), 40);
    for datagram in &mut datagrams {
        datagram[9] = 17;
    }
    let (seen, stats) = outcome(&datagrams);
    assert_eq!((seen.len(), stats.used, stats.segments), (0, 3, 0));
}

/// A payload that tells where each of its bytes belongs.
fn counted(len: usize) -> Vec<u8> {
    (0..len).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_sizes_order_and_copies_give_the_same_segment(
        v6: bool, len in 1..4000_usize, units in 1..=175_usize, order in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        seed: u64,
    ) {
        // The header of TCP is 20 bytes long, so there are two at least.
        let units = units.min((len + 19) / 8);
        let payload = counted(len);
        let datagrams = pieces(v6, 1, &tcp(&payload), 8 * units);
        prop_assert!(datagrams.len() > 1);
        // Some of them first, in any order and more than once; then all, rotated.
        let mut sent: Vec<usize> = order.iter().map(|index| index.index(datagrams.len())).collect();
        let turn = usize::try_from(seed % 1000).unwrap() % datagrams.len();
        sent.extend((0..datagrams.len()).map(|index| (index + turn) % datagrams.len()));
        let (seen, stats) = outcome(sent.iter().map(|index| &datagrams[*index]));
        prop_assert_eq!(seen.len(), 1);
        prop_assert_eq!(&seen[0].payload, &payload);
        prop_assert_eq!((stats.datagrams, stats.conflicts, stats.bad, stats.timed_out), (1, 0, 0, 0));
        for (index, (offset, frame, conflict)) in seen[0].parts.iter().enumerate() {
            prop_assert!(!conflict);
            let number = sent[usize::try_from(*frame - 1).unwrap()];
            let end = seen[0].parts.get(index + 1).map_or(len, |next| next.0);
            // Behind the TCP header, each byte lies in the fragment that is named.
            prop_assert!((number * 8 * units..(number + 1) * 8 * units).contains(&(offset + 20)));
            prop_assert!(end + 20 <= (number + 1) * 8 * units);
        }
    }

    #[test]
    fn any_fragments_keep_the_laws_and_the_bounds(
        fragments in prop::collection::vec((any::<bool>(), 0..3_u8, 0..12_u16, any::<bool>(), 0..40_usize, 0..3_u8, 0..3_i64), 0..60),
    ) {
        let mut bench = Bench::bounded(3, 4_096);
        for (v6, id, unit, more, len, fill, seconds) in fragments {
            bench.seconds += seconds;
            let place = format!("{}{}", 8 * unit, if more { "+" } else { "" });
            bench.push(&piece(v6, id, &place, &vec![fill; len]));
            prop_assert!(bench.fragments.memory <= 4_096);
            prop_assert!(bench.fragments.waiting.len() <= 3 && bench.fragments.whole.len() <= 3);
        }
        bench.end();
    }
}

#[test]
fn an_address_of_another_network_is_another_sender() {
    let [a, b] = pieces(false, 1, &login(), 48).try_into().unwrap();
    let tunnel =
        |last: u8, datagram: &[u8]| ip(IpAddr::from([192, 0, 2, last]), IpAddr::from([192, 0, 2, 99]), 4, datagram);
    let (seen, _) = outcome([&tunnel(1, &a), &tunnel(2, &b), &tunnel(1, &b)]);
    assert_eq!(seen, seen_login(&[(0, 1, false), (28, 3, false)]));
}
