//! Whether records follow one another: how a place is believed where no header vouches for it.
//!
//! It takes the bytes from some place on, and a format's judgement of single records; gives whether [`CHAIN_LEN`]
//! records stand there, each beginning where the one before ends; keeps nothing; and leaves out certainty: a capture
//! of a capture holds records that are none.

use super::buffer::Buffer;
use super::order::ByteOrder;
use crate::limits::CHAIN_LEN;
use crate::packet::{LinkType, NANOS_PER_SECOND, Timestamp};

/// How far apart the times of neighbours may be, in nanoseconds.
const DAY: i64 = 24 * 3600 * NANOS_PER_SECOND;

/// Bytes of a packet that show whether it begins with its link layer: SLL2's header is the longest that is looked at.
pub(super) const LINK_PROBE_LEN: usize = 20;

/// What a format thinks of the bytes at some place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// They are no record.
    No,
    /// That many bytes are needed to tell.
    Wants(usize),
    /// They could be a record of that length in bytes, captured then if it tells.
    Plausible { len: usize, time: Option<Timestamp> },
    /// They are one, and nothing need follow.
    Certain,
}

/// Whether records follow one another from the start of the buffer on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chain {
    /// They do: enough of them, or fewer that end exactly where the file ends.
    Holds,
    /// They do not.
    Breaks,
    /// It cannot be told before the file has grown.
    NotYet,
}

/// Judges one record after another. `near` is the time of the last packet that was read.
pub(super) fn chain(
    buffer: &mut Buffer,
    near: Option<Timestamp>,
    judge: &impl Fn(&[u8], Option<Timestamp>) -> Judgement,
) -> Chain {
    let (mut at, mut near) = (0, near);
    for number in 0..CHAIN_LEN {
        let mut wanted = at + 1;
        let (len, time) = loop {
            let held = buffer.fill(wanted);
            let (is_short, is_at_end) = (held.len() < wanted, held.len() == at);
            match judge(held.get(at..).unwrap_or_default(), near) {
                _ if is_short && buffer.grows() => return Chain::NotYet,
                _ if is_at_end && number > 0 => return Chain::Holds,
                Judgement::Wants(len) if !is_short => wanted = at + len,
                Judgement::No | Judgement::Wants(_) => return Chain::Breaks,
                Judgement::Plausible { len, time } => break (len, time),
                Judgement::Certain => return Chain::Holds,
            }
        };
        at += len;
        near = time.or(near);
    }
    Chain::Holds
}

/// Whether a packet may have been captured then, the last one before it at `near`.
#[inline]
pub(super) fn is_near(time: Timestamp, near: Option<Timestamp>) -> bool {
    near.is_none_or(|near| time.nanos_since(near).saturating_abs() <= DAY)
}

/// Whether a packet of that length, of which that much was captured, may begin so.
pub(super) fn is_link_layer(link_type: LinkType, original: u32, captured: usize, start: &[u8]) -> bool {
    let word = |at| ByteOrder::Big.u16_at(start, at);
    let first = start.first().copied().unwrap_or(0);
    match link_type {
        LinkType::ETHERNET => {
            // Where 802.3 has a length, the header of LLC, of three bytes, is the least that it counts.
            let is_len = |number| number >= 3 && u32::from(number) + 14 <= original.min(1514);
            captured >= 14 && word(12).is_some_and(|number| is_ether_type(number) || is_len(number))
        }
        LinkType::LINUX_SLL => captured >= 16 && word(0).is_some_and(|direction| direction <= 4),
        LinkType::LINUX_SLL2 => captured >= 20 && word(0).is_some_and(|number| number <= 4 || is_ether_type(number)),
        LinkType::RAW | LinkType::RAW_BSD | LinkType::RAW_OPENBSD => captured >= 20 && matches!(first >> 4, 4 | 6),
        LinkType::IPV4 => captured >= 20 && first >> 4 == 4,
        LinkType::IPV6 => captured >= 40 && first >> 4 == 6,
        LinkType::NULL | LinkType::LOOP => {
            let family =
                |order: ByteOrder| order.u32_at(start, 0).is_some_and(|family| matches!(family, 2 | 10 | 23..=30));
            captured >= 4 && (family(ByteOrder::Little) || family(ByteOrder::Big))
        }
        _ => captured > 0,
    }
}

/// IP, ARP, VLANs, MPLS, PPPoE, LLDP and 802.1X.
fn is_ether_type(number: u16) -> bool {
    const KNOWN: [u16; 13] =
        [0x0800, 0x0806, 0x8035, 0x8100, 0x86dd, 0x8847, 0x8848, 0x8863, 0x8864, 0x88a8, 0x88cc, 0x888e, 0x9100];
    KNOWN.contains(&number)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::capture::stream::Stream;

    /// A format whose records are a length and a time of one byte each, and 0 for no record.
    fn judge(held: &[u8], near: Option<Timestamp>) -> Judgement {
        match *held {
            [] | [_] => Judgement::Wants(2),
            [0, _, ..] => Judgement::No,
            [255, ..] => Judgement::Certain,
            [len, time, ..] => {
                let time = Timestamp::default().plus_seconds(i64::from(time) * 3600);
                if is_near(time, near) {
                    Judgement::Plausible { len: usize::from(len), time: Some(time) }
                } else {
                    Judgement::No
                }
            }
        }
    }

    fn chain_of(bytes: &[u8]) -> Chain {
        chain(&mut Buffer::new(Stream::of_read(Box::new(Cursor::new(bytes.to_vec())))), None, &judge)
    }

    #[test]
    fn three_records_hold_and_so_do_fewer_up_to_the_end() {
        assert_eq!(chain_of(&[2, 1, 3, 1, 9, 2, 1]), Chain::Holds);
        assert_eq!(chain_of(&[2, 1]), Chain::Holds);
        assert_eq!(chain_of(&[2, 1, 0, 0]), Chain::Breaks);
        assert_eq!(chain_of(&[3, 1]), Chain::Breaks);
        assert_eq!(chain_of(&[2, 1, 2]), Chain::Breaks);
        assert_eq!(chain_of(&[2, 1, 255, 0]), Chain::Holds);
        assert_eq!(chain_of(&[]), Chain::Breaks);
    }

    #[test]
    fn neighbours_are_within_a_day() {
        assert_eq!(chain_of(&[2, 1, 2, 25, 2, 49]), Chain::Holds);
        assert_eq!(chain_of(&[2, 1, 2, 26, 2, 27]), Chain::Breaks);
    }

    #[test]
    fn a_growing_file_is_not_judged_by_its_end() {
        let mut buffer = Buffer::new(Stream::of_read(Box::new(Cursor::new(vec![2, 1, 2, 1]))));
        buffer.set_grows(true);
        assert_eq!(chain(&mut buffer, None, &judge), Chain::NotYet);
        buffer.set_grows(false);
        assert_eq!(chain(&mut buffer, None, &judge), Chain::Holds);
    }

    #[test]
    fn a_packet_begins_with_its_link_layer() {
        let ethernet = |ether_type: u16| [&[2; 12][..], &ether_type.to_be_bytes()].concat();
        assert!(is_link_layer(LinkType::ETHERNET, 60, 60, &ethernet(0x0800)));
        assert!(is_link_layer(LinkType::ETHERNET, 60, 60, &ethernet(46)));
        assert!(!is_link_layer(LinkType::ETHERNET, 60, 60, &ethernet(47)));
        assert!(!is_link_layer(LinkType::ETHERNET, 60, 60, &ethernet(0)));
        assert!(!is_link_layer(LinkType::ETHERNET, 60, 60, &ethernet(0x1234)));
        assert!(!is_link_layer(LinkType::ETHERNET, 60, 13, &ethernet(0x0800)));
        assert!(is_link_layer(LinkType::RAW, 60, 40, &[0x45]) && !is_link_layer(LinkType::RAW, 60, 40, &[0x55]));
        assert!(is_link_layer(LinkType::IPV4, 60, 20, &[0x46]) && is_link_layer(LinkType::IPV6, 60, 40, &[0x60]));
        assert!(
            is_link_layer(LinkType::NULL, 60, 40, &[2, 0, 0, 0])
                && is_link_layer(LinkType::LOOP, 60, 40, &[0, 0, 0, 24])
        );
        assert!(
            is_link_layer(LinkType::LINUX_SLL, 60, 40, &[0, 4]) && is_link_layer(LinkType::LINUX_SLL2, 60, 40, &[8, 0])
        );
        assert!(is_link_layer(LinkType(147), 60, 1, &[0]) && !is_link_layer(LinkType(147), 60, 0, &[]));
    }

    #[test]
    fn a_packet_holds_the_whole_header_of_its_link_layer() {
        let ethernet = [&[2; 12][..], &[8, 0]].concat();
        let headers: [(LinkType, usize, &[u8]); 10] = [
            (LinkType::ETHERNET, 14, &ethernet),
            (LinkType::LINUX_SLL, 16, &[0, 0]),
            (LinkType::LINUX_SLL2, 20, &[0, 4]),
            (LinkType::RAW, 20, &[0x45]),
            (LinkType::RAW_BSD, 20, &[0x60]),
            (LinkType::RAW_OPENBSD, 20, &[0x45]),
            (LinkType::IPV4, 20, &[0x45]),
            (LinkType::IPV6, 40, &[0x60]),
            (LinkType::NULL, 4, &[30, 0, 0, 0]),
            (LinkType::LOOP, 4, &[0, 0, 0, 2]),
        ];
        for (link_type, least, start) in headers {
            assert!(is_link_layer(link_type, 60, least, start), "{link_type:?}");
            assert!(!is_link_layer(link_type, 60, least - 1, start), "{link_type:?}, cut");
            let other = [&[5; 12][..], &[5, 0xdd, 5, 5]].concat();
            assert!(!is_link_layer(link_type, 60, least, &other), "{link_type:?} begins with something else");
        }
    }

    #[test]
    fn a_length_counts_a_header_of_llc_at_least_and_no_more_than_the_packet() {
        let holds = |original, number: u16| {
            is_link_layer(LinkType::ETHERNET, original, 60, &[&[2; 12][..], &number.to_be_bytes()].concat())
        };
        assert!(!holds(60, 2) && holds(60, 3) && holds(60, 46) && !holds(60, 47));
        assert!(holds(9000, 1500) && !holds(9000, 1501));
    }
}
