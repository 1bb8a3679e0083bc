//! What a network and a bad capture do to packets: order, copies, loss, overlap, skewed clocks, cut packets.
//!
//! Times belong to the capture: whatever the order, the first packet keeps the first time. The one exception is `skew`,
//! which moves one direction in time.

use super::packet::{Side, TestPacket};
use super::random::Random;

/// What one side sends is captured that many nanoseconds later (or earlier), as by two taps with different clocks.
pub(crate) fn skew(mut packets: Vec<TestPacket>, side: Side, nanos: i64) -> Vec<TestPacket> {
    for packet in packets.iter_mut().filter(|packet| packet.side == side) {
        packet.time += nanos;
    }
    packets.sort_by_key(|packet| packet.time);
    packets
}

/// The packets in another order: `order[0]` names the packet that comes first. Names may be missing (loss) or stand
/// twice (duplication).
pub(crate) fn reorder(packets: &[TestPacket], order: &[usize]) -> Vec<TestPacket> {
    let mut times: Vec<i64> = packets.iter().map(|packet| packet.time).collect();
    times.sort_unstable();
    // Copies beyond the number of packets come a microsecond apart at the end.
    while times.len() < order.len() {
        times.push(times.last().map_or(0, |time| time + 1_000));
    }
    let chosen = order.iter().map(|&index| packets[index].clone());
    chosen.zip(times).map(|(packet, time)| TestPacket { time, ..packet }).collect()
}

/// A random order in which no packet strays further than `distance` places from its own.
pub(crate) fn shuffle(packets: &[TestPacket], distance: usize, seed: u64) -> Vec<TestPacket> {
    let mut random = Random::new(seed);
    let mut keyed: Vec<(usize, usize)> =
        (0..packets.len()).map(|index| (index + random.below(distance + 1), index)).collect();
    keyed.sort_unstable();
    let order: Vec<usize> = keyed.into_iter().map(|(_, index)| index).collect();
    reorder(packets, &order)
}

/// Packet `index` comes again, `distance` places after itself.
pub(crate) fn duplicate(packets: &[TestPacket], index: usize, distance: usize) -> Vec<TestPacket> {
    let mut order: Vec<usize> = (0..packets.len()).collect();
    order.insert((index + distance).min(packets.len() - 1) + 1, index);
    reorder(packets, &order)
}

/// Packet `index` is lost.
pub(crate) fn lose(mut packets: Vec<TestPacket>, index: usize) -> Vec<TestPacket> {
    packets.remove(index);
    packets
}

/// The capture saw one direction only.
pub(crate) fn only(mut packets: Vec<TestPacket>, side: Side) -> Vec<TestPacket> {
    packets.retain(|packet| packet.side == side);
    packets
}

/// The capture began after the connections.
pub(crate) fn strip_handshake(mut packets: Vec<TestPacket>) -> Vec<TestPacket> {
    packets.retain(|packet| !packet.is_handshake());
    packets
}

/// No more than `snap_len` bytes of each packet were captured.
pub(crate) fn snap(mut packets: Vec<TestPacket>, snap_len: usize) -> Vec<TestPacket> {
    for packet in &mut packets {
        packet.envelope.snap_len = snap_len;
    }
    packets
}

/// A segment sent again with other boundaries: the bytes `from..from + bytes.len()` of the stream that packet `like`
/// belongs to, captured just before packet `at`. The bytes need not be those that were sent first.
#[derive(Clone, Debug)]
pub(crate) struct Overlap<'a> {
    pub(crate) like: usize,
    /// Stream offset of the first byte, counted from the first payload byte of the direction.
    pub(crate) from: u32,
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
}

/// Puts an overlapping segment into the capture.
pub(crate) fn overlap(packets: &[TestPacket], segment: &Overlap<'_>) -> Vec<TestPacket> {
    let model = &packets[segment.like];
    let base = first_byte(packets, model);
    let copy = TestPacket { seq: base.wrapping_add(segment.from), payload: segment.bytes.to_vec(), ..model.clone() };
    let mut all = packets.to_vec();
    all.push(copy);
    let mut order: Vec<usize> = (0..packets.len()).collect();
    order.insert(segment.at, packets.len());
    reorder(&all, &order)
}

/// Sequence number of the first payload byte of the direction of `model`, taken from its earliest packet by time.
fn first_byte(packets: &[TestPacket], model: &TestPacket) -> u32 {
    let same = |packet: &&TestPacket| packet.conversation == model.conversation && packet.side == model.side;
    let first = packets.iter().filter(same).min_by_key(|packet| packet.time).expect("the model itself");
    first.seq.wrapping_add(u32::from(first.is_handshake()))
}

#[cfg(test)]
mod tests {
    use super::super::LOGIN;
    use super::super::script::Script;
    use super::*;

    fn login() -> Vec<TestPacket> {
        Script::parse(LOGIN).unwrap().packets()
    }

    /// The numbers of the packets in the untouched capture.
    fn places(packets: &[TestPacket]) -> Vec<usize> {
        let key = |packet: &TestPacket| (packet.side == Side::Client, packet.id);
        let original = login();
        packets.iter().map(|packet| original.iter().position(|known| key(known) == key(packet)).unwrap()).collect()
    }

    #[test]
    fn packets_change_places_and_times_do_not() {
        let packets = reorder(&login(), &[2, 0, 1]);
        assert_eq!(places(&packets), [2, 0, 1]);
        assert!(packets.is_sorted_by_key(|packet| packet.time));
        assert_eq!(packets[0].time, login()[0].time);
    }

    #[test]
    fn a_bounded_shuffle_moves_no_packet_further_than_its_bound() {
        for seed in 0..200 {
            let shuffled = places(&shuffle(&login(), 3, seed));
            assert!(shuffled.iter().enumerate().all(|(place, &from)| place.abs_diff(from) <= 3), "{shuffled:?}");
        }
        assert_eq!(shuffle(&login(), 0, 7), login());
        assert!((0..20).any(|seed| !places(&shuffle(&login(), 3, seed)).is_sorted()));
    }

    #[test]
    fn copies_and_losses_change_only_what_they_name() {
        assert_eq!(places(&duplicate(&login(), 3, 2))[..8], [0, 1, 2, 3, 4, 5, 3, 6]);
        assert_eq!(places(&duplicate(&login(), 3, 99)).last(), Some(&3));
        assert_eq!(places(&lose(login(), 1))[..3], [0, 2, 3]);
    }

    #[test]
    fn one_direction_can_be_late_or_missing() {
        let skewed = skew(login(), Side::Client, 2_000_000_000);
        assert_eq!(skewed[0].side, Side::Server);
        assert!(skewed.is_sorted_by_key(|packet| packet.time));
        assert!(only(login(), Side::Server).iter().all(|packet| packet.side == Side::Server));
    }

    #[test]
    fn a_capture_can_begin_late_and_cut_its_packets() {
        let stripped = strip_handshake(login());
        assert_eq!(places(&stripped)[..2], [2, 3]);
        let cut = snap(login(), 60);
        assert!(super::super::frame::frames(&cut).iter().all(|frame| frame.data.len() <= 60));
    }

    #[test]
    fn an_overlap_lies_where_it_says() {
        let packets = login();
        let altered = overlap(&packets, &Overlap { like: 5, from: 20, bytes: b"R0\r\nCVQ", at: 5 });
        let copy = &altered[5];
        assert_eq!((copy.seq, copy.side), (packets[3].seq.wrapping_add(20), Side::Client));
        assert_eq!((altered.len(), &altered[6].payload), (packets.len() + 1, &packets[5].payload));
        assert!(altered.is_sorted_by_key(|packet| packet.time));
    }
}
