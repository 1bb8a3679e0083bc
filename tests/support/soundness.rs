//! Finds the lines of rows again in the packets that the rows name, without any code that found them.
//!
//! It knows no link types and no tunnels: an IP header is where the addresses of the two parties stand. A fragment has its
//! ports and its sequence number in other fragments, which are looked for around it. What is not found are lines of a
//! datagram whose addresses came in fragments: a tunnel in fragments.

use std::net::{IpAddr, SocketAddr};

use msncensus::census::Observation;

use super::capture_file::records;

/// A TCP payload and the sequence number of its first byte.
type Piece<'a> = (u32, &'a [u8]);

/// How much of a TCP header tells where its payload stands: ports, numbers, length, flags.
const HEADER_LEN: usize = 14;
/// Protocol numbers.
const TCP: u8 = 6;
const HOP_BY_HOP: u8 = 0;
const FRAGMENT: u8 = 44;

/// Fails unless each line of `row` is found in the packets that it names; `packet` gives one by its frame number. No
/// datagram is in fragments.
pub(crate) fn check<'a>(row: &Observation, packet: impl Fn(u64) -> &'a [u8]) {
    assert_eq!(fault(row, packet, 0), None);
}

/// What is wrong with the lines of `row`, which came in some of `count` packets, whole or in fragments.
pub(crate) fn fault<'a>(row: &Observation, packet: impl Fn(u64) -> &'a [u8], count: u64) -> Option<String> {
    let exchange = &row.exchange;
    let (client, server) = (SocketAddr::from(exchange.peers.client), SocketAddr::from(exchange.peers.server));
    let request = exchange.request.as_ref().map(|half| (half.line(), &half.provenance, [client, server]));
    let reply = exchange.reply.as_ref().map(|half| (half.line(), &half.provenance, [server, client]));
    let mut halves = request.into_iter().chain(reply).peekable();
    if halves.peek().is_none() {
        return Some("a row without a line".to_owned());
    }
    halves.find_map(|(line, provenance, ends)| {
        let frames: Vec<u64> = provenance.frames().iter().map(|stamp| stamp.frame).collect();
        let pieces: Vec<_> = frames.iter().filter_map(|frame| piece(&packet, *frame, count, ends)).collect();
        let line_text = line.escape_ascii();
        if pieces.len() < frames.len() {
            Some(format!("{frames:?} are not all of {ends:?}: {line_text}"))
        } else {
            (!holds(&pieces, line)).then(|| format!("{frames:?} do not hold {line_text}"))
        }
    })
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

/// The part of a TCP payload from the first to the second of `ends` in a packet, wherever in it that begins.
fn piece<'a>(packet: &impl Fn(u64) -> &'a [u8], frame: u64, count: u64, ends: [SocketAddr; 2]) -> Option<Piece<'a>> {
    carried(packet(frame), ends).find_map(|part| {
        let Some(id) = part.id else { return part.piece(part.bytes.get(..HEADER_LEN)?, ends) };
        let mut around: Vec<u64> = (1..=count).collect();
        around.sort_by_key(|number| number.abs_diff(frame));
        let of_same = |number: &u64| carried(packet(*number), ends).find(|other| other.id == Some(id));
        let same: Vec<Part<'_>> = around.iter().filter_map(of_same).collect();
        let byte =
            |at: usize| same.iter().find_map(|part| part.bytes.get((part.tcp_at + at).checked_sub(part.offset)?));
        let header: Option<Vec<u8>> = (0..HEADER_LEN).map(|at| byte(at).copied()).collect();
        part.piece(&header?, ends)
    })
}

/// What a datagram, or a fragment of one, carries.
struct Part<'a> {
    /// The identification, if it is a fragment.
    id: Option<u32>,
    /// Where its bytes stand among those that the datagram carries, and where the TCP header does.
    offset: usize,
    tcp_at: usize,
    bytes: &'a [u8],
}

impl<'a> Part<'a> {
    /// The payload, if it belongs to a segment with this header from the first to the second of `ends`.
    fn piece(&self, header: &[u8], ends: [SocketAddr; 2]) -> Option<Piece<'a>> {
        let ports = ends.map(|end| end.port().to_be_bytes()).concat();
        let seq = u32::from_be_bytes(header.get(4..8)?.try_into().ok()?);
        let syn = u32::from(header.get(13)? >> 1 & 1);
        let payload_at = self.tcp_at + usize::from(header.get(12)? >> 4) * 4;
        let payload = self.bytes.get(payload_at.saturating_sub(self.offset)..)?;
        let skipped = u32::try_from(self.offset.saturating_sub(payload_at)).ok()?;
        (header[..4] == ports).then(|| (seq.wrapping_add(syn + skipped), payload))
    }
}

/// What each IP header in the packet carries that stands before TCP, or a part of it, between these addresses.
fn carried(packet: &[u8], ends: [SocketAddr; 2]) -> impl Iterator<Item = Part<'_>> {
    (0..packet.len()).filter_map(move |at| match ends.map(|end| end.ip()) {
        [IpAddr::V4(source), IpAddr::V4(destination)] => {
            in_ipv4(&packet[at..], &[source.octets(), destination.octets()].concat())
        }
        [IpAddr::V6(source), IpAddr::V6(destination)] => {
            in_ipv6(&packet[at..], &[source.octets(), destination.octets()].concat())
        }
        _ => None,
    })
}

fn in_ipv4<'a>(bytes: &'a [u8], addresses: &[u8]) -> Option<Part<'a>> {
    let is_it = bytes.first()? >> 4 == 4 && *bytes.get(9)? == TCP && bytes.get(12..20)? == addresses;
    let (flags, header_len) = (be(bytes, 6)?, usize::from(bytes[0] & 15) * 4);
    // More fragments, or an offset.
    let id = (flags & 0x3fff != 0).then_some(u32::try_from(be(bytes, 4)?).ok()?);
    let (offset, tcp_at) = ((flags & 0x1fff) * 8, 0);
    is_it.then_some(Part { id, offset, tcp_at, bytes: bytes.get(header_len..be(bytes, 2)?.min(bytes.len()))? })
}

fn in_ipv6<'a>(bytes: &'a [u8], addresses: &[u8]) -> Option<Part<'a>> {
    let is_it = bytes.first()? >> 4 == 6 && bytes.get(8..40)? == addresses;
    let end = (40 + be(bytes, 4)?).min(bytes.len());
    let (mut next, mut at, mut id, mut offset) = (*bytes.get(6)?, 40, None, 0);
    if next == HOP_BY_HOP {
        (next, at) = (*bytes.get(at)?, at + 8);
    }
    if next == FRAGMENT {
        id = Some(u32::from_be_bytes(bytes.get(at + 4..at + 8)?.try_into().ok()?));
        (next, offset, at) = (*bytes.get(at)?, be(bytes, at + 2)? & 0xfff8, at + 8);
    }
    // Hop-by-hop options of eight bytes, cut up with what follows them.
    let tcp_at = if next == HOP_BY_HOP && id.is_some() { 8 } else { 0 };
    (is_it && (next == TCP || tcp_at > 0)).then_some(Part { id, offset, tcp_at, bytes: bytes.get(at..end)? })
}

/// The number of two bytes at `at`.
fn be(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?])))
}

/// The packets of a capture file, pcap or pcapng, in order. Interfaces and times are passed over.
pub(crate) fn packets(file: &[u8]) -> Vec<Vec<u8>> {
    records(file).into_iter().map(|record| file[record.data].to_vec()).collect()
}
