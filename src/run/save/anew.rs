//! Packets made anew for a capture that shows nobody: headers without what they carried.
//!
//! ```text
//! captured    Ethernet │ VLAN │ IP │ TCP, options │ CVR 2 ... alice@example.com      in one packet or in fragments
//! anew                          IP │ TCP                                             as if the rest had been cut
//! ```
//!
//! * **Takes** segments.
//! * **Gives** an IP datagram with pseudonyms for addresses, and ports, sequence numbers, flags and window as captured, of which the
//!   payload was cut: its lengths tell how long it was.
//! * **Leaves out** everything around and behind these headers: link addresses, networks, IP and TCP options, identification, hops.

use std::net::IpAddr;

use etherparse::{IpNumber, Ipv4Header, Ipv6Header, TcpHeader};

use crate::net::{Endpoint, Segment};
use crate::packet::{LinkType, Packet, Stamp};

/// Hops that a datagram has left: what Windows begins with.
const HOPS: u8 = 128;

/// The headers of one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Headers {
    stamp: Stamp,
    data: Vec<u8>,
    original_len: u32,
}

impl Headers {
    /// The headers of `segment`, as if `source` had sent it to `destination`.
    pub(super) fn of(segment: &Segment<'_>, source: Endpoint, destination: Endpoint) -> Self {
        let mut tcp = TcpHeader::new(source.port, destination.port, segment.seq.0, window(segment));
        tcp.acknowledgment_number = segment.ack.0;
        let flags = segment.bytes.get(13).copied().unwrap_or_default();
        let has = |bit: u8| flags >> bit & 1 == 1;
        (tcp.fin, tcp.syn, tcp.rst, tcp.psh) = (has(0), has(1), has(2), has(3));
        (tcp.ack, tcp.urg, tcp.ece, tcp.cwr) = (has(4), has(5), has(6), has(7));
        let has_payload = segment.payload_len > 0;
        // What the network card cut or put together can be longer than a header can say.
        let payload_len = u16::try_from(segment.payload_len).unwrap_or(u16::MAX);
        let len = payload_len.saturating_add(tcp.header_len_u16());
        let mut data = match (source.addr, destination.addr) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let (source, destination) = (source.octets(), destination.octets());
                let mut ip = Ipv4Header::new(0, HOPS, IpNumber::TCP, source, destination).unwrap_or_default();
                ip.total_len = len.saturating_add(Ipv4Header::MIN_LEN_U16);
                ip.header_checksum = ip.calc_header_checksum();
                tcp.checksum = tcp.calc_checksum_ipv4_raw(source, destination, &[]).unwrap_or_default();
                ip.to_bytes().to_vec()
            }
            (source, destination) => {
                let [source, destination] = [source, destination].map(octets_v6);
                tcp.checksum = tcp.calc_checksum_ipv6_raw(source, destination, &[]).unwrap_or_default();
                let next_header = IpNumber::TCP;
                let ip = Ipv6Header {
                    payload_length: len,
                    next_header,
                    hop_limit: HOPS,
                    source,
                    destination,
                    ..Ipv6Header::default()
                };
                ip.to_bytes().to_vec()
            }
        };
        if has_payload {
            // The sum over what is not there cannot be told. Zero is what a network card would fill in.
            tcp.checksum = 0;
        }
        data.extend_from_slice(&tcp.to_bytes());
        let headers_len = u32::try_from(data.len()).unwrap_or(u32::MAX);
        Self { stamp: segment.stamp, data, original_len: headers_len.saturating_add(segment.payload_len) }
    }

    /// The packet that carries them.
    pub(super) fn packet(&self) -> Packet<'_> {
        let Self { stamp, ref data, original_len } = *self;
        Packet { stamp, link_type: LinkType::RAW, data, original_len, fcs_len: 0 }
    }
}

fn window(segment: &Segment<'_>) -> u16 {
    segment.bytes.get(14..).and_then(|rest| rest.first_chunk()).copied().map(u16::from_be_bytes).unwrap_or_default()
}

fn octets_v6(addr: IpAddr) -> [u8; 16] {
    match addr {
        IpAddr::V4(addr) => addr.to_ipv6_mapped().octets(),
        IpAddr::V6(addr) => addr.octets(),
    }
}
