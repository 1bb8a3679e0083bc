//! Finds the lines of rows again in the packets that the rows name, without any code that found them.
//!
//! It knows no link types and no tunnels: an IP header is where the addresses of the two parties stand. Lines that came in
//! fragments are not found.

use std::net::{IpAddr, SocketAddr};

use msncensus::census::Observation;

use super::capture_file::records;

/// A TCP payload and the sequence number of its first byte.
type Piece<'a> = (u32, &'a [u8]);

/// Fails unless each line of `row` is found in the packets that it names; `packet` gives one by its frame number.
pub(crate) fn check<'a>(row: &Observation, packet: impl Fn(u64) -> &'a [u8]) {
    let exchange = &row.exchange;
    let (client, server) = (SocketAddr::from(exchange.peers.client), SocketAddr::from(exchange.peers.server));
    let request = exchange.request.as_ref().map(|half| (half.line(), &half.provenance, [client, server]));
    let reply = exchange.reply.as_ref().map(|half| (half.line(), &half.provenance, [server, client]));
    assert!(request.is_some() || reply.is_some());
    for (line, provenance, ends) in request.into_iter().chain(reply) {
        let frames: Vec<u64> = provenance.frames().iter().map(|stamp| stamp.frame).collect();
        let pieces: Vec<Piece<'_>> = frames.iter().filter_map(|frame| segment(packet(*frame), ends)).collect();
        assert_eq!(pieces.len(), frames.len(), "{frames:?} are all of {ends:?}");
        assert!(holds(&pieces, line), "{frames:?} do not hold {:?}", line.escape_ascii().to_string());
    }
}

/// Whether the line stands somewhere in the sequence space that the pieces fill.
fn holds(pieces: &[Piece<'_>], line: &[u8]) -> bool {
    let stands_at = |start: u32| {
        (0..).zip(line).all(|(at, byte): (u32, _)| {
            let said = |(seq, bytes): &Piece<'_>| {
                bytes.get(start.wrapping_add(at).wrapping_sub(*seq) as usize).is_some_and(|said| said == byte)
            };
            pieces.iter().any(said)
        })
    };
    pieces.iter().any(|(seq, bytes)| (0..).zip(*bytes).any(|(at, _)| stands_at(seq.wrapping_add(at))))
}

/// The TCP segment from the first to the second of `ends`, wherever in the packet it begins.
fn segment(packet: &[u8], ends: [SocketAddr; 2]) -> Option<Piece<'_>> {
    (0..packet.len()).find_map(|at| tcp(datagram(&packet[at..], ends)?, ends))
}

/// What an IP header between these addresses carries, if one stands at the front.
fn datagram(bytes: &[u8], ends: [SocketAddr; 2]) -> Option<&[u8]> {
    let be = |at: usize| Some(usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?])));
    match ends.map(|end| end.ip()) {
        [IpAddr::V4(source), IpAddr::V4(destination)] => {
            let addresses = [source.octets(), destination.octets()].concat();
            let is_tcp = bytes.first()? >> 4 == 4 && *bytes.get(9)? == 6;
            let is_it = is_tcp && bytes.get(12..20)? == addresses;
            is_it.then(|| bytes.get(usize::from(bytes[0] & 15) * 4..be(2)?.min(bytes.len()))).flatten()
        }
        [IpAddr::V6(source), IpAddr::V6(destination)] => {
            let addresses = [source.octets(), destination.octets()].concat();
            let is_it = bytes.first()? >> 4 == 6 && bytes.get(8..40)? == addresses;
            // TCP, or hop-by-hop options of eight bytes in front of it.
            let header = 40 + if bytes[6] == 0 { 8 } else { 0 };
            is_it.then(|| bytes.get(header..(40 + be(4)?).min(bytes.len()))).flatten()
        }
        _ => None,
    }
}

fn tcp(bytes: &[u8], ends: [SocketAddr; 2]) -> Option<Piece<'_>> {
    let ports = ends.map(|end| end.port().to_be_bytes()).concat();
    let seq = u32::from_be_bytes(bytes.get(4..8)?.try_into().ok()?);
    let payload = bytes.get(usize::from(*bytes.get(12)? >> 4) * 4..)?;
    let syn = u32::from(*bytes.get(13)? >> 1 & 1);
    (bytes[..4] == ports).then(|| (seq.wrapping_add(syn), payload))
}

/// The packets of a capture file, pcap or pcapng, in order. Interfaces and times are passed over.
pub(crate) fn packets(file: &[u8]) -> Vec<Vec<u8>> {
    records(file).into_iter().map(|record| file[record.data].to_vec()).collect()
}
