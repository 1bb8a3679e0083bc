//! Where reading can go on after damage.
//!
//! It takes a buffer behind the place that made no sense; moves it to the next place from which records
//! [follow one another](super::chain); keeps nothing; and leaves out what the skipped bytes held. It looks at every
//! byte, since what is missing need not be a multiple of anything. The work grows with the bytes skipped: a place that
//! looks like a record costs three looks, whatever the bytes say.

use super::buffer::Buffer;
use super::chain::{Chain, Judgement, chain};
use crate::limits::RECOVERY_LEN;
use crate::packet::Timestamp;

/// What a search came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// The buffer stands in front of a record.
    Found,
    /// There is none until the end.
    Ended,
    /// There is none so far, and the file grows.
    NotYet,
}

/// Goes to the next place where records follow one another.
pub(super) fn search(
    buffer: &mut Buffer,
    near: Option<Timestamp>,
    judge: impl Fn(&[u8], Option<Timestamp>) -> Judgement,
) -> Search {
    buffer.reserve(RECOVERY_LEN);
    loop {
        let held = buffer.fill(1);
        if held.is_empty() {
            return if buffer.grows() { Search::NotYet } else { Search::Ended };
        }
        let could_be = |at: &usize| !matches!(judge(held.get(*at..).unwrap_or_default(), near), Judgement::No);
        let candidate = (0..held.len()).find(could_be).unwrap_or(held.len());
        buffer.take(candidate);
        if buffer.held().is_empty() {
            continue;
        }
        match chain(buffer, near, &judge) {
            Chain::Holds => return Search::Found,
            Chain::NotYet => return Search::NotYet,
            Chain::Breaks => {
                buffer.take(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use crate::capture::order::ByteOrder::{self, Big, Little};
    use crate::capture::samples::{Failing, Outcome, Pcap, Pcapng, Trickle, read, read_with};
    use crate::capture::{Damage, ReadOptions, Unit};
    use crate::limits::SKIPPED_MAX;

    const TIME: u32 = 1_063_540_800;
    const RECOVER: ReadOptions = ReadOptions { recover: true, hash: false };

    /// An Ethernet packet with that number in it.
    fn packet(number: u8) -> Vec<u8> {
        [&[2; 12][..], &[8, 0, 0x45, number]].concat()
    }

    fn pcap_records(order: ByteOrder, numbers: std::ops::Range<u8>) -> Vec<u8> {
        let file = Pcap { order, ..Pcap::default() };
        numbers.fold(file, |file, number| file.record([TIME + u32::from(number), 0, 16, 60], &packet(number))).records
    }

    fn pcap_header(order: ByteOrder) -> Vec<u8> {
        Pcap { order, ..Pcap::default() }.bytes()
    }

    fn pcapng_packets(order: ByteOrder, numbers: std::ops::Range<u8>) -> Vec<u8> {
        let ticks = |number| u64::from(TIME) * 1_000_000 + u64::from(number);
        numbers.fold(Pcapng::new(order), |file, number| file.enhanced(0, ticks(number), 60, &packet(number))).bytes
            [28..]
            .to_vec()
    }

    fn recovered(bytes: &[u8]) -> Outcome {
        read_with(Cursor::new(bytes.to_vec()), RECOVER)
    }

    fn numbers(outcome: &Outcome) -> Vec<u8> {
        outcome.packets.iter().map(|packet| packet.data[15]).collect()
    }

    #[test]
    fn h17_records_behind_damage_are_found_and_told() {
        for order in [Little, Big] {
            let (before, after) = (pcap_records(order, 0..2), pcap_records(order, 2..6));
            let bytes = [pcap_header(order), before, vec![0xee; 777], after].concat();
            assert_eq!(numbers(&read(&bytes)), [0, 1]);
            let outcome = recovered(&bytes);
            assert_eq!((numbers(&outcome), outcome.ending.as_str()), (vec![0, 1, 2, 3, 4, 5], "end"));
            let facts = outcome.facts.unwrap();
            assert_eq!((facts.recovery.first_frame, facts.packets_recovered()), (Some(3), 4));
            assert!(!facts.recovery.covers(2) && facts.recovery.covers(3) && facts.recovery.covers(6));
            assert_eq!((facts.recovery.times, facts.recovery.bytes), (1, 777));
            let [skipped] = facts.recovery.skipped[..] else { panic!("{facts:?}") };
            assert_eq!((skipped.place.unit, skipped.place.number, skipped.place.offset), (Unit::Record, 3, 88));
            assert_eq!(skipped.damage, Damage::PacketLength(0xeeee_eeee));
            assert_eq!(
                skipped.to_string(),
                "record 3 at byte 88: a packet of 4,008,636,142 bytes, and none is longer than 262,144; 777 bytes were \
                 skipped"
            );
        }
    }

    #[test]
    fn h17_without_the_switch_nothing_is_searched() {
        let bytes = [pcap_header(Little), vec![0xee; 50], pcap_records(Little, 0..4)].concat();
        let outcome = read(&bytes);
        assert!(outcome.packets.is_empty() && outcome.ending.contains("damaged"));
        assert_eq!(outcome.facts.unwrap().recovery.times, 0);
    }

    #[test]
    fn h17_two_records_are_believed_only_at_the_end_of_the_file() {
        let damaged = [pcap_header(Little), pcap_records(Little, 0..1), vec![0xee; 50]].concat();
        let outcome = recovered(&[damaged.clone(), pcap_records(Little, 1..3)].concat());
        assert_eq!(numbers(&outcome), [0, 1, 2]);
        let outcome = recovered(&[damaged, pcap_records(Little, 1..3), vec![0xee; 50]].concat());
        assert_eq!(numbers(&outcome), [0]);
        assert!(outcome.ending.starts_with("x: record 2 at byte 56: damaged: a packet of"), "{}", outcome.ending);
    }

    #[test]
    fn a_read_that_fails_behind_damage_is_told_as_what_it_is() {
        let bytes = [pcap_header(Little), pcap_records(Little, 0..1), vec![0xee; 50]].concat();
        let outcome = read_with(Failing(Trickle::new(bytes, vec![1000])), RECOVER);
        assert_eq!(outcome.ending, "x: record 2 at byte 106: cannot be read: the disk is gone");
        assert_eq!(outcome.facts.unwrap().recovery.bytes, 50);
    }

    #[test]
    fn h17_records_of_another_time_are_not_believed() {
        let other = |number| Pcap::default().record([TIME + 100_000 + number, 0, 16, 16], &packet(9)).records;
        let far = (0..5).flat_map(other).collect();
        let bytes = [pcap_header(Little), pcap_records(Little, 0..1), vec![0xee; 50], far, pcap_records(Little, 1..4)];
        assert_eq!(numbers(&recovered(&bytes.concat())), [0, 1, 2, 3]);
    }

    #[test]
    fn h17_damage_before_the_first_record_and_many_times_is_skipped() {
        let pieces = (0..120).flat_map(|_| [vec![0xee; 30], pcap_records(Little, 0..3)].concat());
        let bytes: Vec<u8> = pcap_header(Little).into_iter().chain(pieces).collect();
        let outcome = recovered(&bytes);
        assert_eq!((outcome.packets.len(), outcome.ending.as_str()), (360, "end"));
        let recovery = outcome.facts.unwrap().recovery;
        assert_eq!((recovery.times, recovery.bytes, recovery.skipped.len()), (120, 3600, SKIPPED_MAX));
        assert_eq!(recovery.first_frame, Some(1));
    }

    #[test]
    fn h19_zeros_within_a_file_are_skipped() {
        let bytes =
            [pcap_header(Little), pcap_records(Little, 0..2), vec![0; 4096], pcap_records(Little, 2..5)].concat();
        assert_eq!(numbers(&recovered(&bytes)), [0, 1, 2, 3, 4]);
        let tail = [pcap_header(Little), pcap_records(Little, 0..2), vec![0; 4096]].concat();
        assert!(recovered(&tail).ending.contains("damaged: zeros where a record should begin"));
    }

    #[test]
    fn i13_blocks_behind_damage_are_found() {
        for order in [Little, Big] {
            let start = Pcapng::new(order).interface(1, 0, &[]).bytes;
            let damage = vec![0xee; 101];
            let bytes = [start, pcapng_packets(order, 0..2), damage, pcapng_packets(order, 2..5)].concat();
            assert_eq!(numbers(&read(&bytes)), [0, 1]);
            let outcome = recovered(&bytes);
            assert_eq!((numbers(&outcome), outcome.ending.as_str()), (vec![0, 1, 2, 3, 4], "end"));
            let recovery = outcome.facts.unwrap().recovery;
            assert_eq!((recovery.first_frame, recovery.times, recovery.bytes), (Some(3), 1, 101));
        }
    }

    #[test]
    fn i13_i21_a_section_behind_damage_begins_anew() {
        let start = Pcapng::new(Little).interface(1, 0, &[]).bytes;
        // A section header without its byte order is the damage.
        let broken = [&[0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0][..], &[0; 31]].concat();
        let section = [Pcapng::new(Big).interface(1, 0, &[]).bytes, pcapng_packets(Big, 1..2)].concat();
        let outcome = recovered(&[start, pcapng_packets(Little, 0..1), broken, section].concat());
        assert_eq!((numbers(&outcome), outcome.ending.as_str()), (vec![0, 1], "end"));
        assert_eq!(outcome.facts.unwrap().recovery.bytes, 39);
    }

    #[test]
    fn many_places_that_look_like_records_cost_little() {
        // Every fourth byte begins a header of a long packet, and no three follow one another.
        let header: Vec<u8> = [TIME, 0, 200_000, 200_000].into_iter().flat_map(u32::to_le_bytes).collect();
        let bait = [header, packet(0)].concat().repeat(60_000);
        let bytes = [pcap_header(Little), vec![0xee; 40], bait, vec![0xee; 600_000]].concat();
        let outcome = recovered(&bytes);
        assert!(outcome.packets.len() < 20, "{}", outcome.packets.len());
    }

    proptest! {
        #[test]
        fn any_damage_between_good_records_is_survived(
            pcapng in any::<bool>(),
            damage in prop::collection::vec(any::<u8>(), 0..400),
            sizes in prop::collection::vec(1..90_usize, 1..6),
        ) {
            let bytes = if pcapng {
                let start = Pcapng::new(Little).interface(1, 0, &[]).bytes;
                [start, pcapng_packets(Little, 0..3), damage, pcapng_packets(Little, 3..9)].concat()
            } else {
                [pcap_header(Little), pcap_records(Little, 0..3), damage, pcap_records(Little, 3..9)].concat()
            };
            let outcome = recovered(&bytes);
            prop_assert!(numbers_of_whole(&outcome).starts_with(&[0, 1, 2]));
            let parts = read_with(Trickle::new(bytes, sizes), RECOVER);
            prop_assert_eq!(outcome.packets, parts.packets);
            prop_assert_eq!(outcome.ending, parts.ending);
        }

        #[test]
        fn any_bytes_come_to_an_end_with_the_switch(
            bytes in prop::collection::vec(prop::sample::select(vec![0, 1, 6, 12, 28, 32, 0x0a, 0x0d, 0x2b, 255]), 0..2000),
            pcapng in any::<bool>(),
        ) {
            let start =
                if pcapng { Pcapng::new(Little).interface(1, 0, &[]).bytes } else { pcap_header(Little) };
            let len = start.len() + bytes.len();
            let outcome = recovered(&[start, bytes].concat());
            prop_assert!(outcome.packets.len() <= len / 12);
        }
    }

    fn numbers_of_whole(outcome: &Outcome) -> Vec<u8> {
        outcome.packets.iter().filter_map(|packet| packet.data.get(15).copied()).collect()
    }
}
