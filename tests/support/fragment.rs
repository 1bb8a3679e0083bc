//! What a small MTU does to datagrams: fragments of RFC 791, 3.2 and RFC 8200, 4.5.

use super::frame::{Frame, datagram, internet_checksum};
use super::packet::TestPacket;

/// The captured packets, each datagram that carries more than `len` bytes in fragments that carry `len` (a multiple
/// of eight) each. They come a microsecond apart.
pub(crate) fn fragmented_frames(packets: &[TestPacket], len: usize) -> Vec<Frame> {
    let mut all = Vec::new();
    for packet in packets {
        let ipv6 = packet.source.is_ipv6();
        for (number, fragment) in (0..).zip(fragments(&datagram(packet), packet.id, len)) {
            let link = packet.envelope.link;
            let data = link.wrap(&packet.envelope.tags, packet.side, ipv6, &fragment);
            let interface = packet.envelope.interface.clone();
            let original_len = data.len();
            all.push(Frame { time: packet.time + 1_000 * number, link: link.number(), interface, data, original_len });
        }
    }
    all
}

/// The fragments of a datagram in order; the datagram itself if it is short enough. IPv6 extension headers are
/// fragmented with the rest, and take `id` as their identification.
pub(crate) fn fragments(datagram: &[u8], id: u16, len: usize) -> Vec<Vec<u8>> {
    assert!(len > 0 && len.is_multiple_of(8), "fragments of {len} bytes");
    let is_v4 = datagram[0] >> 4 == 4;
    let (header, payload) = datagram.split_at(if is_v4 { usize::from(datagram[0] & 0x0f) * 4 } else { 40 });
    if payload.len() <= len {
        return vec![datagram.to_vec()];
    }
    let count = payload.len().div_ceil(len);
    let one = |(index, bytes): (usize, &[u8])| {
        let offset = u16::try_from(index * len).expect("an offset within a datagram");
        let more = u16::from(index + 1 < count);
        if is_v4 { fragment_v4(header, offset, more, bytes) } else { fragment_v6(header, id, offset, more, bytes) }
    };
    payload.chunks(len).enumerate().map(one).collect()
}

fn fragment_v4(header: &[u8], offset: u16, more: u16, bytes: &[u8]) -> Vec<u8> {
    let mut header = header.to_vec();
    let len = u16::try_from(header.len() + bytes.len()).expect("a datagram of at most 65,535 bytes");
    header[2..4].copy_from_slice(&len.to_be_bytes());
    header[6..8].copy_from_slice(&((offset / 8) | (more << 13)).to_be_bytes());
    header[10..12].fill(0);
    let sum = internet_checksum(&header);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    [&header, bytes].concat()
}

fn fragment_v6(header: &[u8], id: u16, offset: u16, more: u16, bytes: &[u8]) -> Vec<u8> {
    const FRAGMENT: u8 = 44;
    let mut header = header.to_vec();
    let len = u16::try_from(8 + bytes.len()).expect("a payload of at most 65,535 bytes");
    header[4..6].copy_from_slice(&len.to_be_bytes());
    let next = std::mem::replace(&mut header[6], FRAGMENT);
    header.extend([next, 0]);
    header.extend((offset | more).to_be_bytes());
    header.extend(u32::from(id).to_be_bytes());
    [&header, bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::super::LOGIN;
    use super::super::script::Script;
    use super::*;

    #[test]
    fn fragments_carry_all_of_a_datagram_once() {
        let packet = &Script::parse(LOGIN).unwrap().packets()[5];
        let whole = datagram(packet);
        let fragments = fragments(&whole, packet.id, 40);
        let joined: Vec<u8> = fragments.iter().flat_map(|fragment| fragment[20..].to_vec()).collect();
        assert_eq!(joined, whole[20..]);
        assert_eq!(fragments[0][6..8], [0x20, 0]);
        assert_eq!(fragments[1][6..8], [0x20, 5]);
        assert_eq!(fragments.last().unwrap()[6] & 0x20, 0);
    }
}
