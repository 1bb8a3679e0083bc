//! Whether a segment's TCP checksum is right, and that of the IPv4 header in front of it.
//!
//! Computed when asked, not while decoding: it reads every byte, and only few connections are worth it.
//!
//! The sum runs over a pseudo header (addresses, protocol, length) and the whole segment (RFC 9293, 3.1; RFC 8200,
//! 8.1). A machine that leaves it to its network card captures its own segments before they have one. Linux
//! (`CHECKSUM_PARTIAL`) and Windows ("Offloading Checksum Tasks" in the driver documentation) then put the pseudo
//! header's sum into the field, Windows without the length if the card is to cut the segment up as well ("Offloading
//! the Segmentation of Large TCP Packets"); other stacks put zero. None of these says anything about the bytes.

use std::net::IpAddr;

use etherparse::checksum::Sum16BitWords;
use etherparse::ip_number;

use super::{Checksum, Segment};

/// Where the TCP header keeps the checksum (RFC 9293, 3.1).
const FIELD_OFFSET: usize = 16;
/// Where the IPv4 header keeps its own (RFC 791, 3.1).
const FIELD_OFFSET_V4: usize = 10;

impl Segment<'_> {
    /// Checks the TCP checksum. Reads every byte: about 100 ns for a segment of 1500, several times what decoding took.
    pub fn checksum(&self) -> Checksum {
        let field = self.bytes.get(FIELD_OFFSET..).and_then(<[u8]>::first_chunk);
        let (Some(field), Ok(len)) = (field, u32::try_from(self.bytes.len())) else { return Checksum::Unverified };
        if u32::try_from(self.payload.len()).is_ok_and(|captured_len| captured_len < self.payload_len) {
            return Checksum::Unverified;
        }
        let field = u16::from_be_bytes(*field);
        let without_len = self.pseudo_header_sum();
        let with_len = without_len.clone().add_4bytes(len.to_be_bytes());
        // A sum that includes its own complement is all ones, whose complement is zero.
        if with_len.clone().add_slice(self.bytes).ones_complement() == 0 {
            Checksum::Valid
        } else if field == 0 || field == folded(&with_len) || field == folded(&without_len) {
            Checksum::Unverified
        } else {
            Checksum::Invalid
        }
    }

    /// Whether the checksum of the IPv4 header is wrong, and not zero: that is left to the network card. The packet is
    /// used all the same: what damaged the header may be the capture.
    pub fn has_bad_header_checksum(&self) -> bool {
        let field = self.header_v4.get(FIELD_OFFSET_V4..).and_then(<[u8]>::first_chunk);
        field.is_some_and(|field| {
            *field != [0, 0] && Sum16BitWords::new().add_slice(self.header_v4).ones_complement() != 0
        })
    }

    fn pseudo_header_sum(&self) -> Sum16BitWords {
        let sum = Sum16BitWords::new().add_2bytes([0, ip_number::TCP.0]);
        [self.source.addr, self.destination.addr].into_iter().fold(sum, |mut sum, addr| match addr {
            IpAddr::V4(addr) => sum.add_4bytes(addr.octets()),
            IpAddr::V6(addr) => sum.add_16bytes(addr.octets()),
        })
    }
}

/// The sum itself, not its complement, as a number of network order.
fn folded(sum: &Sum16BitWords) -> u16 {
    !sum.ones_complement().to_be()
}

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;

    use super::*;
    use crate::net::{Decoded, decode};
    use crate::packet::{LinkType, Packet, Stamp};

    const PAYLOAD: &[u8] = b"VER 1 MSNP8 CVR0\r\n!";
    const PORTS_SEQ_WINDOW: (u16, u16, u32, u16) = (1042, 1863, 100, 8192);

    /// A datagram with right checksums, and where its TCP checksum is.
    fn datagram(v6: bool) -> (Vec<u8>, usize) {
        let (source_port, destination_port, seq, window) = PORTS_SEQ_WINDOW;
        let (ip, header_len) = if v6 {
            let addr = |last| [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
            (PacketBuilder::ipv6(addr(1), addr(5), 64), 40)
        } else {
            (PacketBuilder::ipv4([192, 0, 2, 1], [198, 51, 100, 5], 64), 20)
        };
        let mut bytes = Vec::new();
        ip.tcp(source_port, destination_port, seq, window).write(&mut bytes, PAYLOAD).unwrap();
        (bytes, header_len + FIELD_OFFSET)
    }

    fn judged(data: &[u8], original_len: usize) -> Checksum {
        let original_len = u32::try_from(original_len).unwrap();
        let link_type = LinkType::RAW;
        let Decoded::Segment(segment) =
            decode(&Packet { stamp: Stamp::default(), link_type, data, original_len, fcs_len: 0 })
        else {
            panic!("no segment")
        };
        segment.checksum()
    }

    /// The sum of 16-bit words by the book, without complement.
    fn sum(words: impl IntoIterator<Item = u16>) -> u16 {
        words.into_iter().fold(0, |sum: u16, word| {
            let (sum, carry) = sum.overflowing_add(word);
            sum + u16::from(carry)
        })
    }

    fn words(bytes: &[u8]) -> impl Iterator<Item = u16> {
        bytes.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]))
    }

    #[test]
    fn f3_a_right_checksum_is_valid_and_a_wrong_one_is_not() {
        for v6 in [false, true] {
            let (mut data, field) = datagram(v6);
            assert_eq!(judged(&data, data.len()), Checksum::Valid);
            assert_eq!(judged(&[&data[..], &[1; 7]].concat(), data.len() + 7), Checksum::Valid, "padding is no part");
            let last = data.len() - 1;
            data[last] ^= 1;
            assert_eq!(judged(&data, data.len()), Checksum::Invalid);
            data[last] ^= 1;
            data[field] ^= 0x80;
            assert_eq!(judged(&data, data.len()), Checksum::Invalid);
        }
    }

    #[test]
    fn f4_a_checksum_left_to_the_card_is_unverified() {
        for v6 in [false, true] {
            let (mut data, field) = datagram(v6);
            let addrs = if v6 { 8..40 } else { 12..20 };
            let len = u16::try_from(data.len() - addrs.end).unwrap();
            let without_len = sum(words(&data[addrs]).chain([6]));
            for offloaded in [0, without_len, sum([without_len, len])] {
                data[field..field + 2].copy_from_slice(&offloaded.to_be_bytes());
                assert_eq!(judged(&data, data.len()), Checksum::Unverified, "{offloaded:04x}");
            }
        }
    }

    #[test]
    fn f4_a_right_checksum_that_happens_to_be_zero_is_valid() {
        let (mut data, field) = datagram(false);
        // Moving the checksum into two payload bytes of zero leaves zero to be summed.
        let checksum = [data[field], data[field + 1]];
        let payload = data.len() - PAYLOAD.len();
        let old = u16::from_be_bytes([data[payload], data[payload + 1]]);
        let new = sum([old, u16::from_be_bytes(checksum)]);
        data[payload..payload + 2].copy_from_slice(&new.to_be_bytes());
        data[field..field + 2].fill(0);
        assert_eq!(judged(&data, data.len()), Checksum::Valid);
    }

    #[test]
    fn f7_a_wrong_ip_header_checksum_is_told_from_one_left_to_the_card() {
        let is_bad = |data: &[u8]| {
            let original_len = u32::try_from(data.len()).unwrap();
            let packet = Packet { stamp: Stamp::default(), link_type: LinkType::RAW, data, original_len, fcs_len: 0 };
            let Decoded::Segment(segment) = decode(&packet) else { panic!("no segment") };
            segment.has_bad_header_checksum()
        };
        let (data, _) = datagram(false);
        assert!(!is_bad(&data) && !is_bad(&datagram(true).0));
        for (at, bit) in [(8, 0x01), (1, 0x80), (10, 0x10)] {
            let mut other = data.clone();
            other[at] ^= bit;
            assert!(is_bad(&other), "byte {at}");
        }
        let mut offloaded = data.clone();
        offloaded[10..12].fill(0);
        assert!(!is_bad(&offloaded));
    }

    #[test]
    fn f6_a_cut_segment_is_unverified() {
        let (data, _) = datagram(false);
        assert_eq!(judged(&data[..data.len() - 1], data.len()), Checksum::Unverified);
    }
}
