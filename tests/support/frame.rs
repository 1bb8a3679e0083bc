//! From a TCP packet to the bytes that a capture holds of it. TCP of RFC 9293, IP of RFC 791 and RFC 8200, by hand.

use std::net::{IpAddr, SocketAddr};

use super::packet::{Checksum, TestPacket};

/// The protocol number of TCP.
const TCP: u8 = 6;
const WINDOW: u16 = 17_520;

/// A captured packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Nanoseconds since 1970.
    pub(crate) time: i64,
    /// LINKTYPE number.
    pub(crate) link: u16,
    /// Name of the interface in a pcapng; empty for none.
    pub(crate) interface: String,
    pub(crate) data: Vec<u8>,
    /// Length on the wire in bytes; more than `data.len()` if the packet was cut.
    pub(crate) original_len: usize,
}

/// The captured packets in the order given.
pub(crate) fn frames(packets: &[TestPacket]) -> Vec<Frame> {
    packets.iter().map(frame).collect()
}

/// The captured bytes of one packet.
pub(crate) fn frame(packet: &TestPacket) -> Frame {
    let envelope = &packet.envelope;
    let ipv6 = packet.source.is_ipv6();
    let mut data = envelope.link.wrap(&envelope.tags, packet.side, ipv6, &datagram(packet));
    let original_len = data.len();
    if envelope.snap_len > 0 {
        data.truncate(envelope.snap_len);
    }
    Frame { time: packet.time, link: envelope.link.number(), interface: envelope.interface.clone(), data, original_len }
}

/// The IP datagram that carries the packet.
pub(crate) fn datagram(packet: &TestPacket) -> Vec<u8> {
    let segment = segment(packet);
    match (packet.source.ip(), packet.destination.ip()) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let len = u16::try_from(20 + segment.len()).expect("a datagram of at most 65,535 bytes");
            let mut header = vec![0x45, 0];
            header.extend(len.to_be_bytes());
            header.extend(packet.id.to_be_bytes());
            header.extend([0x40, 0, packet.ttl, TCP, 0, 0]);
            header.extend(source.octets());
            header.extend(destination.octets());
            let sum = internet_checksum(&header);
            header[10..12].copy_from_slice(&sum.to_be_bytes());
            [header, segment].concat()
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            // Hop-by-hop options: TCP follows, no more than these eight bytes, and four bytes of padding (PadN).
            let options: &[u8] = if packet.envelope.hop_by_hop { &[TCP, 0, 1, 4, 0, 0, 0, 0] } else { &[] };
            let len = u16::try_from(options.len() + segment.len()).expect("a payload of at most 65,535 bytes");
            let mut header = vec![0x60, 0, 0, 0];
            header.extend(len.to_be_bytes());
            header.extend([if options.is_empty() { TCP } else { 0 }, packet.ttl]);
            header.extend(source.octets());
            header.extend(destination.octets());
            [header.as_slice(), options, segment.as_slice()].concat()
        }
        (source, destination) => panic!("{source} and {destination} speak different versions of IP"),
    }
}

/// The TCP segment: header, options, payload.
fn segment(packet: &TestPacket) -> Vec<u8> {
    let header_len = 20 + packet.options.len();
    assert!(header_len.is_multiple_of(4) && header_len <= 60, "TCP options of {} bytes", packet.options.len());
    let words = u8::try_from(header_len / 4).expect("at most fifteen words");
    let mut bytes = Vec::with_capacity(header_len + packet.payload.len());
    bytes.extend(packet.source.port().to_be_bytes());
    bytes.extend(packet.destination.port().to_be_bytes());
    bytes.extend(packet.seq.to_be_bytes());
    bytes.extend(packet.ack.to_be_bytes());
    bytes.extend([words << 4, packet.flags]);
    bytes.extend(WINDOW.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(&packet.options);
    bytes.extend(&packet.payload);
    let pseudo = pseudo_header_sum(packet.source, packet.destination, bytes.len());
    let valid = !fold(pseudo + sum(&bytes));
    let checksum = match packet.envelope.checksum {
        Checksum::Valid => valid,
        Checksum::Zero => 0,
        Checksum::PseudoOnly => fold(pseudo),
        // Not by chance what is left to a network card: zero, or the sum over the pseudo header with or without a length.
        Checksum::Wrong => {
            let left = [0, fold(pseudo), fold(pseudo - bytes.len() as u64)];
            let wrong = [0x5555, 0xaaaa, 0x1111, 0x2222].map(|bits| valid ^ bits);
            wrong.into_iter().find(|wrong| !left.contains(wrong)).expect("four differ from three")
        }
    };
    bytes[16..18].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

fn pseudo_header_sum(source: SocketAddr, destination: SocketAddr, len: usize) -> u64 {
    let addresses: u64 = [source, destination]
        .into_iter()
        .map(|address| match address.ip() {
            IpAddr::V4(address) => sum(&address.octets()),
            IpAddr::V6(address) => sum(&address.octets()),
        })
        .sum();
    addresses + u64::from(TCP) + len as u64
}

/// The checksum of RFC 1071 over `bytes`, in which its field must be zero.
pub(crate) fn internet_checksum(bytes: &[u8]) -> u16 {
    !fold(sum(bytes))
}

/// The sum of 16-bit words of RFC 1071, not yet folded.
fn sum(bytes: &[u8]) -> u64 {
    bytes.chunks(2).map(|pair| u64::from(pair[0]) << 8 | u64::from(pair.get(1).copied().unwrap_or(0))).sum()
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).expect("folded")
}

#[cfg(test)]
mod tests {
    use super::super::LOGIN;
    use super::super::script::Script;
    use super::*;

    #[test]
    fn a_checksum_adds_up_to_all_ones() {
        // The example of RFC 1071, section 3.
        assert_eq!(fold(sum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7])), 0xddf2);
        let packet = &Script::parse(LOGIN).unwrap().packets()[3];
        let bytes = datagram(packet);
        assert_eq!(fold(sum(&bytes[..20])), 0xffff);
        let pseudo = pseudo_header_sum(packet.source, packet.destination, bytes.len() - 20);
        assert_eq!(fold(pseudo + sum(&bytes[20..])), 0xffff);
    }

    #[test]
    fn only_a_valid_checksum_is_valid() {
        let mut packet = Script::parse(LOGIN).unwrap().packets().remove(3);
        let valid = datagram(&packet);
        for form in [Checksum::Zero, Checksum::PseudoOnly, Checksum::Wrong] {
            packet.envelope.checksum = form;
            let other = datagram(&packet);
            assert_ne!(other[36..38], valid[36..38], "{form:?}");
            assert_eq!((&other[..36], &other[38..]), (&valid[..36], &valid[38..]));
        }
    }

    #[test]
    fn a_cut_packet_tells_its_true_length() {
        let mut packet = Script::parse(LOGIN).unwrap().packets().remove(3);
        let whole = frame(&packet);
        packet.envelope.snap_len = 60;
        let cut = frame(&packet);
        assert_eq!((cut.data.as_slice(), cut.original_len), (&whole.data[..60], whole.data.len()));
    }
}
