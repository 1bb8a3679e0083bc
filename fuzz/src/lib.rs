//! What the fuzz targets share: bytes are cut into steps, packets are made of them, and the laws are asserted.

use std::io::{self, Cursor, Read};
use std::path::Path;

use msncensus::capture::{CaptureFile, Facts, Next, PacketSource, ReadOptions};
use msncensus::cvr::Pairing;
use msncensus::dissect::Dissector;
use msncensus::limits::RECORD_LEN_MAX;
use msncensus::msnp::Event;
use msncensus::packet::{InputId, LinkType, Packet, Stamp, Timestamp};

/// The bytes of an input, taken from the front; zeros once they are used up.
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    /// The next two bytes.
    pub fn short(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    /// At most `len` bytes.
    pub fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

/// A packet as it was read, and how reading ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Reading {
    pub packets: Vec<(Stamp, LinkType, Vec<u8>, u32)>,
    pub error: Option<String>,
    pub bytes: u64,
}

/// Reads a capture to its end; `None` if it is none. More than the first packets are counted, not kept.
pub fn read(bytes: &[u8], sip: usize, recover: bool) -> Option<Reading> {
    const KEPT: usize = 10_000;
    let source = Box::new(Sips { bytes: Cursor::new(bytes.to_vec()), sip });
    let mut file =
        CaptureFile::from_read(source, Path::new("fuzz"), InputId(0), ReadOptions { recover, hash: false }).ok()?;
    let mut reading = Reading { packets: Vec::new(), error: None, bytes: 0 };
    let mut frames = 0;
    loop {
        match file.next() {
            Ok(Next::Packet(packet)) => {
                frames += 1;
                assert_eq!(packet.stamp.frame, frames);
                assert!(packet.data.len() <= RECORD_LEN_MAX as usize);
                if reading.packets.len() < KEPT {
                    let Packet { stamp, link_type, data, original_len, .. } = packet;
                    reading.packets.push((stamp, link_type, data.to_vec(), original_len));
                }
            }
            Ok(Next::Idle) => panic!("nobody follows this file"),
            Ok(Next::End) => break,
            Err(error) => {
                reading.error = Some(error.to_string());
                break;
            }
        }
    }
    assert!(matches!(file.next(), Ok(Next::End)), "an end is the last thing that is said");
    let Facts { bytes, .. } = file.facts();
    reading.bytes = *bytes;
    Some(reading)
}

/// Reads that give few bytes each.
struct Sips {
    bytes: Cursor<Vec<u8>>,
    sip: usize,
}

impl Read for Sips {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len = into.len().min(self.sip);
        self.bytes.read(&mut into[..len])
    }
}

/// A capture is the same however it is read, with and without recovery.
pub fn read_in_every_way(bytes: &[u8]) {
    for recover in [false, true] {
        let whole = read(bytes, usize::MAX, recover);
        let sip = 1 + bytes.len() / 7;
        assert_eq!(read(bytes, sip, recover), whole, "read in sips of {sip}, recover: {recover}");
    }
}

/// Everything from the packet to the exchange. The dissector asserts the laws after every packet, as its debug assertions
/// are on.
pub struct Engine {
    dissector: Dissector,
    pairing: Pairing,
    events: Vec<Event>,
    frame: u64,
    /// When the last packet of a [`Wire`] came.
    pub time: i64,
    /// The lines that came out.
    pub lines: Vec<Vec<u8>>,
    exchanges: usize,
}

impl Engine {
    /// An engine that keeps so much.
    pub fn new(memory_max: usize) -> Self {
        let dissector = Dissector::with_memory(memory_max);
        Self { dissector, pairing: Pairing::default(), events: vec![], frame: 0, time: 0, lines: vec![], exchanges: 0 }
    }

    /// Takes a packet.
    pub fn push(&mut self, link: LinkType, data: &[u8], original_len: usize, time: i64) {
        self.frame += 1;
        let stamp = Stamp { input: InputId(0), frame: self.frame, time: Timestamp::from_nanos(time) };
        let original_len = u32::try_from(original_len).expect("a short packet");
        let packet = Packet { stamp, link_type: link, data, original_len, fcs_len: 0 };
        self.dissector.push(&packet, &mut self.events);
        self.hear();
    }

    /// Ends it: the lines that came out, and how many connections they were taken for.
    pub fn finish(mut self) -> (Vec<Vec<u8>>, u64) {
        self.dissector.finish(|event| self.events.push(event));
        assert_eq!(self.dissector.ledger().total().broken_law_at_end(), None);
        self.hear();
        let mut exchanges = Vec::new();
        self.pairing.finish(&mut exchanges);
        self.exchanges += exchanges.len();
        assert!(self.exchanges <= self.lines.len(), "a row for which there is no line");
        (self.lines, self.dissector.ledger().total().streams.followed)
    }

    fn hear(&mut self) {
        let mut exchanges = Vec::new();
        for event in self.events.drain(..) {
            if let Event::Message(message) = &event {
                self.lines.push(message.command.line().to_vec());
            }
            self.pairing.push(event, &mut exchanges);
        }
        self.exchanges += exchanges.len();
    }
}

/// One connection, which an [`Engine`] sees. The ports of client and server tell it from others.
pub struct Wire {
    ports: [u16; 2],
    /// The number of each side's next byte.
    pub next: [u32; 2],
}

impl Wire {
    /// A connection that begins, with or without its handshake.
    pub fn new(ports: [u16; 2], with_handshake: bool, engine: &mut Engine) -> Self {
        let mut wire = Self { ports, next: [1_000, 9_000] };
        if with_handshake {
            wire.send(0, 1_000, 2, &[], engine);
            wire.send(1, 9_000, 0x12, &[], engine);
            wire.next = [1_001, 9_001];
        }
        wire
    }

    /// Sends one segment.
    pub fn send(&self, side: usize, seq: u32, flags: u8, payload: &[u8], engine: &mut Engine) {
        let [client, server] = self.ports;
        let ends = if side == 0 { [client, server] } else { [server, client] };
        let mut data = ipv4(0, 0, 6, &tcp(ends, seq, self.next[1 - side], flags, payload));
        if side == 1 {
            data[12..20].rotate_left(4);
        }
        engine.time += 1_000_000;
        engine.push(LinkType::RAW, &data, data.len(), engine.time);
    }

    /// Says `payload` next, in segments of at most `size` bytes.
    pub fn say(&mut self, side: usize, payload: &[u8], size: usize, engine: &mut Engine) {
        for part in payload.chunks(size) {
            self.send(side, self.next[side], 0x18, part, engine);
            self.next[side] = self.next[side].wrapping_add(part.len() as u32);
        }
    }
}

/// An IPv4 datagram; its checksum is zero, which nobody looks at.
pub fn ipv4(id: u16, place: u16, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(20 + payload.len()).expect("a short payload").to_be_bytes();
    let ([id_high, id_low], [place_high, place_low]) = (id.to_be_bytes(), place.to_be_bytes());
    let header = [0x45, 0, len[0], len[1], id_high, id_low, place_high, place_low, 64, protocol, 0, 0];
    [&header[..], &[192, 0, 2, 1, 198, 51, 100, 7], payload].concat()
}

/// An IPv6 datagram.
pub fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len()).expect("a short payload").to_be_bytes();
    let address = |last| [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    [&[0x60, 0, 0, 0, len[0], len[1], next, 64][..], &address(1), &address(2), payload].concat()
}

/// A TCP segment without options; a checksum of zero counts as not known.
pub fn tcp(ports: [u16; 2], seq: u32, ack: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let [source, destination] = ports.map(u16::to_be_bytes);
    let rest = [0x50, flags, 0x44, 0x70, 0, 0, 0, 0];
    [&source[..], &destination, &seq.to_be_bytes(), &ack.to_be_bytes(), &rest, payload].concat()
}
