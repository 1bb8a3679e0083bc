//! A capture with canaries in it: names and addresses in every place that captured text can come from.

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::alter::{Overlap, lose, overlap};
use crate::support::capture_file::Pcapng;
use crate::support::frame::{Frame, frames};
use crate::support::packet::TestPacket;
use crate::support::script::Script;

/// What every name begins with.
pub(super) const CANARY: &str = "canary-";

/// Names that a table shows if nothing is hidden, by their numbers.
pub(super) const SHOWN: std::ops::Range<u32> = 0..27;

/// Addresses of clients and servers, all of which some table shows.
pub(super) const ADDRESSES: [&str; 12] = [
    "203.0.113.177",
    "198.51.100.199",
    "2001:db8:cafe:1::1777",
    "2001:db8:beef:2::1999",
    "203.0.113.178",
    "203.0.113.179",
    "203.0.113.180",
    "203.0.113.181",
    "203.0.113.182",
    "203.0.113.183",
    "203.0.113.184",
    "203.0.113.185",
];

/// The name with that number.
pub(super) fn canary(number: u32) -> String {
    format!("{CANARY}{number:02}@bird.example")
}

/// A connection that says `lines`.
fn said(client: &str, lines: &str) -> Vec<TestPacket> {
    let server = if client.contains(':') { ADDRESSES[3] } else { ADDRESSES[1] };
    let end = |addr: &str, port| SocketAddr::new(addr.parse().unwrap(), port);
    let head = format!("time 2003-09-14T12:00:00Z\nclient {}\nserver {}\n", end(client, 1056), end(server, 1863));
    let head = format!("{head}interface {}\nconnect\n", canary(90));
    Script::parse(&format!("{head}{lines}")).unwrap().packets()
}

/// Every field of a request and its reply.
fn every_field() -> Vec<TestPacket> {
    let name = canary;
    // In base64 a name looks different from the first, second and third byte of a group on.
    let data = STANDARD.encode(format!("Version: 1\r\nA: {0}\r\nBC: {0}\r\nDE: {0}\r\n", name(9)));
    let encoded = name(14).replace('@', "%40");
    let (offer, choice) = (format!("VER 1 MSNP9 {} CVR0", name(0)), format!("VER 1 {}", name(89)));
    let ask = format!(
        "CVR 2 0x0409 {} {} i386 {} {} {} {} {} {data}",
        name(2),
        name(3),
        name(4),
        name(5),
        name(6),
        name(7),
        name(8)
    );
    let answer = format!(
        "CVR 2 {} {} {} http://{}:secret@host.example/?u={encoded} http://host.example/{} {}",
        name(10),
        name(11),
        name(12),
        name(13),
        name(15),
        name(16)
    );
    said(ADDRESSES[0], &format!("C: {offer}\nS: {choice}\nC: {ask}\nS: {answer}\nclose client\n"))
}

/// Halves that are alone, malformed, refused, or named by a sign-in, one connection each; the last is of IPv6.
fn odd_ones() -> Vec<TestPacket> {
    let ask = "CVR 2 0x0409 win 4.10 i386 MSMSGS 4.6.0083 MSMSGS";
    let tell = "CVR 2 6.0.0602 6.0.0602 1.0.0000";
    let ver = "C: VER 1 MSNP7\nS: VER 1 MSNP7\n";
    let lines = [
        format!("{ver}C: {ask}\nS: {tell} {}\nC: USR 3 MD5 I {}\n", canary(17), canary(18)),
        format!("{ver}C: CVQ 2 spaghetti {}\nS: 731 2 {}\n", canary(19), canary(20)),
        format!("{ver}S: CVR 2 {} {}\n", canary(21), canary(22)),
    ];
    let clients = [ADDRESSES[4], ADDRESSES[5], ADDRESSES[6]];
    let mut packets: Vec<_> = clients.iter().zip(lines).flat_map(|(client, lines)| said(client, &lines)).collect();
    packets.extend(said(
        ADDRESSES[2],
        &format!(
            "{ver}C: {ask}\nS: {tell} http://host.example/ {}\nC: USR 3 OK {}\nS: USR 3 OK {}\n",
            canary(23),
            canary(91),
            canary(24)
        ),
    ));
    packets
}

/// What carries a conversation names somebody, too.
fn carried() -> Vec<TestPacket> {
    let ask = |number| format!("CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS {}", canary(number));
    let (ver, tell) = ("VER 1 MSNP9 CVR0", "CVR 2 6.0.0602 6.0.0602 1.0.0000");
    let body = |line: &str| format!("Content-Length: {}\r\n\r\n{ver}\r\n{line}\r\n", ver.len() + line.len() + 4);
    let post = format!(
        "POST http://gateway.example/gateway/gateway.dll?Action=open&Server=NS&IP={} HTTP/1.1\r\nHost: {}\r\n\
         User-Agent: {}\r\n{}",
        canary(92),
        canary(93),
        canary(94),
        body(&ask(26))
    );
    let response = format!("HTTP/1.1 200 OK\r\nX-MSN-Messenger: SessionID=1.2; GW-IP={}\r\n{}", canary(95), body(tell));
    let socks = format!("\x04\x01\x07\x47\\xc6\x33\x64\x07{}\0", canary(96));
    let granted = "\0\x5a\x07\x47\\xc6\x33\x64\x07";
    let basic = STANDARD.encode(format!("{}:secret", canary(98)));
    let connect = format!("CONNECT {}:1863 HTTP/1.0\r\nProxy-Authorization: Basic {basic}\r\n\r\n", canary(97));
    let login = |number| format!("C: {ver}\nS: {ver}\nC: {}\nS: {tell}\n", ask(number));
    let bytes = |text: &str| text.replace('\r', "\\r").replace('\n', "\\n");
    [
        said(ADDRESSES[7], &format!("C= {}\nS= {}\n", bytes(&post), bytes(&response))),
        said(ADDRESSES[8], &format!("C= {socks}\nS= {granted}\n{}", login(25))),
        said(ADDRESSES[9], &format!("C= {}\nS= HTTP/1.0 200 OK\\r\\n\\r\\n\n{}", bytes(&connect), login(1))),
    ]
    .concat()
}

/// A login with a hole in it, and one of which two copies differ: both are anomalies.
fn torn() -> Vec<TestPacket> {
    let lines = format!(
        "C: VER 1 MSNP9 CVR0\nS: VER 1 MSNP9 CVR0\nC: CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS {}\n\
         S: CVR 2 6.0.0602 6.0.0602 1.0.0000\nC: USR 3 TWN I {}\n",
        canary(99),
        canary(99)
    );
    let whole = said(ADDRESSES[10], &lines);
    let mut packets = lose(whole, 4);
    let whole = said(ADDRESSES[11], &lines);
    packets.extend(overlap(&whole, &Overlap { like: 5, from: 0, bytes: b"CVR 3 canary-99@bird.ex", at: 6 }));
    packets
}

/// The capture.
pub(super) fn capture() -> Vec<u8> {
    let conversations = [every_field(), odd_ones(), carried(), torn()];
    let all: Vec<Frame> = (0..).zip(conversations).flat_map(|(hour, packets)| later(frames(&packets), hour)).collect();
    let mut bytes = Pcapng::default().write(&all);
    bytes.extend(comments());
    bytes
}

/// The same some hours later: ports are used again.
fn later(frames: Vec<Frame>, hours: i64) -> impl Iterator<Item = Frame> {
    frames.into_iter().map(move |frame| Frame { time: frame.time + hours * 3_600_000_000_000, ..frame })
}

/// A section that is all comment: of itself, an interface, its name and description, a packet, and names of hosts.
fn comments() -> Vec<u8> {
    let options = |codes: &[u16]| {
        let option = |code: &u16| {
            let text = canary(100 + u32::from(*code));
            let head = [code.to_le_bytes(), u16::try_from(text.len()).unwrap().to_le_bytes()].concat();
            padded([head, text.into_bytes()].concat())
        };
        [codes.iter().flat_map(option).collect::<Vec<_>>(), vec![0; 4]].concat()
    };
    let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8], &options(&[1, 2, 3, 4])].concat();
    let interface = [&[1, 0, 0, 0, 0, 0, 0, 0][..], &options(&[1, 2, 3, 12, 15])].concat();
    let packet = [&[0; 12][..], &[4, 0, 0, 0, 4, 0, 0, 0], &[0; 4], &options(&[1])].concat();
    let host = [&[203, 0, 113, 177][..], canary(110).as_bytes(), b"\0"].concat();
    let record = [1_u16.to_le_bytes(), u16::try_from(host.len()).unwrap().to_le_bytes()].concat();
    let names = [padded([record, host].concat()), vec![0; 4], options(&[1])].concat();
    [block(0x0a0d_0d0a, &section), block(1, &interface), block(6, &packet), block(4, &names)].concat()
}

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
    [&kind.to_le_bytes()[..], &len, body, &len].concat()
}

fn padded(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// How a name can stand in a text: as it is, or in base64 from the first, second or third byte of a group on.
pub(super) fn traces() -> Vec<Vec<u8>> {
    let encoded = (0..3).map(|shift| {
        let text = [&b"xx"[..shift], CANARY.as_bytes()].concat();
        // Only letters that hold nothing else.
        let (from, to) = ((shift * 4).div_ceil(3), text.len() / 3 * 4);
        STANDARD.encode(&text).into_bytes()[from..to].to_vec()
    });
    encoded.chain([CANARY.as_bytes().to_vec()]).collect()
}
