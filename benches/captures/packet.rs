//! From a segment to the bytes of its packet: Ethernet, IPv4, TCP, with right checksums.

use std::net::SocketAddrV4;

use super::connection::{SYN, Segment, Side};

/// Length of the Ethernet header.
const ETHERNET_LEN: usize = 14;
/// Length of an IPv4 header without options.
const IP_LEN: usize = 20;
/// Ethernet fills shorter packets with zeros (60 bytes and a checksum that is not captured).
const PACKET_LEN_MIN: usize = 60;
/// Maximum segment size 1460, two fillers, selective acknowledgement permitted: the options of Windows 98 and XP.
const SYN_OPTIONS: [u8; 8] = [2, 4, 0x05, 0xb4, 1, 1, 4, 2];
/// Number of TCP in an IP header.
const TCP: u8 = 6;
/// Receive window that both sides announce.
const WINDOW: u16 = 64_240;

/// A segment on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    /// Microseconds since 1970.
    pub(super) time_us: u64,
    pub(super) client: SocketAddrV4,
    pub(super) server: SocketAddrV4,
    pub(super) segment: Segment,
    pub(super) payload: &'a [u8],
}

/// Room for the bytes of one packet after the other.
#[derive(Debug, Default)]
pub(super) struct Frame {
    bytes: Vec<u8>,
    /// IPv4 identification of the next packet.
    id: u16,
}

impl Frame {
    /// The bytes of `packet`.
    pub(super) fn fill(&mut self, packet: &Packet<'_>) -> &[u8] {
        let (source, destination, ttl) = match packet.segment.side {
            // Windows begins at 128 and has no hop behind it; the server's packets have crossed fourteen routers.
            Side::Client => (packet.client, packet.server, 128),
            Side::Server => (packet.server, packet.client, 114),
        };
        let options = if packet.segment.flags & SYN == 0 { &[][..] } else { &SYN_OPTIONS[..] };
        let header_len = 20 + options.len();
        let tcp_len = u16::try_from(header_len + packet.payload.len()).expect("a segment");
        self.id = self.id.wrapping_add(1);

        self.bytes.clear();
        self.ethernet(packet.segment.side);
        self.ip(source, destination, ttl, tcp_len);
        let tcp_at = self.bytes.len();
        self.tcp(source, destination, &packet.segment, header_len);
        self.bytes.extend_from_slice(options);
        self.bytes.extend_from_slice(packet.payload);
        let pseudo = sum(&source.ip().octets()) + sum(&destination.ip().octets());
        let pseudo = pseudo + sum(&[0, TCP]) + sum(&tcp_len.to_be_bytes());
        let checksum = fold(pseudo + sum(&self.bytes[tcp_at..]));
        self.bytes[tcp_at + 16..tcp_at + 18].copy_from_slice(&checksum);
        self.bytes.resize(self.bytes.len().max(PACKET_LEN_MIN), 0);
        &self.bytes
    }

    fn ethernet(&mut self, side: Side) {
        let (inside, outside) = ([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
        let [destination, source] = if side == Side::Client { [outside, inside] } else { [inside, outside] };
        self.bytes.extend_from_slice(&destination);
        self.bytes.extend_from_slice(&source);
        self.bytes.extend_from_slice(&[0x08, 0x00]);
    }

    fn ip(&mut self, source: SocketAddrV4, destination: SocketAddrV4, ttl: u8, payload_len: u16) {
        let [total_high, total_low] = (payload_len + 20).to_be_bytes();
        let [id_high, id_low] = self.id.to_be_bytes();
        // Version 4, five words of header, may not be fragmented.
        self.bytes.extend_from_slice(&[0x45, 0, total_high, total_low, id_high, id_low, 0x40, 0, ttl, TCP, 0, 0]);
        self.bytes.extend_from_slice(&source.ip().octets());
        self.bytes.extend_from_slice(&destination.ip().octets());
        let header = ETHERNET_LEN..ETHERNET_LEN + IP_LEN;
        let checksum = fold(sum(&self.bytes[header]));
        self.bytes[ETHERNET_LEN + 10..ETHERNET_LEN + 12].copy_from_slice(&checksum);
    }

    fn tcp(&mut self, source: SocketAddrV4, destination: SocketAddrV4, segment: &Segment, header_len: usize) {
        self.bytes.extend_from_slice(&source.port().to_be_bytes());
        self.bytes.extend_from_slice(&destination.port().to_be_bytes());
        self.bytes.extend_from_slice(&segment.seq.to_be_bytes());
        self.bytes.extend_from_slice(&segment.ack.to_be_bytes());
        let words = u8::try_from(header_len / 4).expect("at most 15 words");
        self.bytes.extend_from_slice(&[words << 4, segment.flags]);
        self.bytes.extend_from_slice(&WINDOW.to_be_bytes());
        self.bytes.extend_from_slice(&[0; 4]);
    }
}

/// The sum of `bytes` in words of 32 bits as this machine orders them, the last one filled with zeros: RFC 1071, where the
/// order of bytes does not matter until the sum is folded.
fn sum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<4>();
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    words.iter().chain([&last]).map(|word| u64::from(u32::from_ne_bytes(*word))).sum()
}

/// The checksum field that makes the sum right.
fn fold(sum: u64) -> [u8; 2] {
    let mut sum = sum;
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    (!u16::try_from(sum).expect("16 bits")).to_ne_bytes()
}
