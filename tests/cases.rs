//! The edge cases by their numbers: sequence space (A), a connection's life (B), lines and gaps (C), IP (D), link layers
//! and tunnels (E), offload, checksums and duplicates (F), time and several files (G), pcap (H), pcapng (I), compression (J).
//!
//! Each test here takes a login apart and puts it together as networks and captures do. What was decided about a case is
//! told by its name; where two captures must agree, "the fields" are all columns but those that belong to the capture.
//! A case of one layer is tested beside that layer, H to J beside `capture`. What was decided against stands in the tables;
//! that no case is without a test or a decision, `list` makes sure.
//!
//! | decided against | because |
//! |---|---|
//! | H3 reading Navtel's, Mesquita's and IXIA's variants | they are named: no capture of the time is known in one |
//! | H17 doubting a wrong length that is possible | nothing contradicts it before the next record; what it swallows is lost |
//! | H18 pcap joined with pcapng, either way round | no program writes it: it is damage, and the error says where |
//! | H23 waiting for the rest of the last record | without --follow, what is there when the end is met counts |
//! | I6 a flag on rows of packets without a time | order does not come from times; `no_timestamp` says it of the input |
//! | I13 searching behind a length that differs at the end | the block is kept and counted, as libpcap does |
//! | I17 epb_packetid | copies are told by their bytes, and remembering ids has no bound |
//! | I17 epb_hash, epb_verdict | they say nothing that changes a row |
//! | J7 legacy lz4, lzip, compress | no checksum, or no reader that is bounded: the program that unpacks them is named |

mod a;
mod b;
mod c;
mod d;
mod e;
mod f;
mod g;
mod list;

use crate::support::LOGIN;
use crate::support::engine::analyse;
use crate::support::packet::TestPacket;
use crate::support::script::Script;

/// The request of [`LOGIN`].
const ASK: &str = "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS user@example.com";
/// The reply of [`LOGIN`].
const TELL: &str =
    "CVR 2 6.0.0602 6.0.0602 6.0.0268 http://messenger.example.com/SetupDl.exe http://messenger.example.com";

/// Where the packets of [`LOGIN`] stand.
const SYN: usize = 0;
const SYN_ACK: usize = 1;
const ASK_VER: usize = 3;
const TELL_VER: usize = 4;
const ASK_CVR: usize = 5;
const TELL_CVR: usize = 6;
const CLIENT_FIN: usize = 8;
const SERVER_FIN: usize = 10;

fn login() -> Vec<TestPacket> {
    Script::parse(LOGIN).unwrap().packets()
}

/// One connection from 192.0.2.10:1056 to port 1863 with this body; `ASK` and `TELL` stand for the lines of [`LOGIN`].
fn script(body: &str) -> Script {
    let body = body.replace("ASK", ASK).replace("TELL", TELL);
    let head = "time 2003-09-14T12:00:00Z\nclient 192.0.2.10:1056\nserver 198.51.100.7:1863\n";
    Script::parse(&format!("{head}{body}\n")).unwrap_or_else(|error| panic!("{error}:\n{body}"))
}

fn talk(body: &str) -> Vec<TestPacket> {
    script(body).packets()
}

/// The `flags` of the only row, whose fields must be those of [`LOGIN`].
fn flags_of_same(packets: &[TestPacket]) -> String {
    let found = analyse(packets);
    assert_eq!(found.fields(), analyse(&login()).fields());
    found.flags()
}

/// `packet` with these bytes in its place, and `skip` bytes later in its stream.
fn segment(packet: &TestPacket, skip: u32, payload: &[u8]) -> TestPacket {
    TestPacket { seq: packet.seq.wrapping_add(skip), payload: payload.to_vec(), ..packet.clone() }
}

/// The packet cut in two after `len` payload bytes.
fn halves(packet: &TestPacket, len: usize) -> [TestPacket; 2] {
    let (head, tail) = packet.payload.split_at(len);
    [segment(packet, 0, head), segment(packet, u32::try_from(len).unwrap(), tail)]
}

/// The packets with `others` in the place of packet `index`, a microsecond apart.
fn replaced(packets: &[TestPacket], index: usize, others: &[TestPacket]) -> Vec<TestPacket> {
    let mut all = packets[..index].to_vec();
    let timed = others
        .iter()
        .zip(0..)
        .map(|(other, at)| TestPacket { time: packets[index].time + at * 1_000, ..other.clone() });
    all.extend(timed);
    all.extend(packets[index + 1..].to_vec());
    all
}

/// The packets with one more in front of packet `index`, at its time.
fn inserted(packets: &[TestPacket], index: usize, other: &TestPacket) -> Vec<TestPacket> {
    replaced(packets, index, &[other.clone(), packets[index].clone()])
}

/// The same, later by so many seconds from packet `index` on.
fn delayed(mut packets: Vec<TestPacket>, index: usize, seconds: i64) -> Vec<TestPacket> {
    for packet in &mut packets[index..] {
        packet.time += seconds * 1_000_000_000;
    }
    packets
}
