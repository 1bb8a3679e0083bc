//! The attacks. Each makes a capture whose length grows with its size.

use std::net::SocketAddr;

use msncensus::run::Findings;

use crate::support::LOGIN;
use crate::support::capture_file::{ByteOrder, Pcapng, Variant, pcap};
use crate::support::frame::{Frame, datagram, frame};
use crate::support::link::Link;
use crate::support::packet::{Side, Tag, TestPacket};
use crate::support::script::Script;
use crate::support::tunnel::Tunnel;

/// An attack.
pub(super) struct Shape {
    pub(super) name: &'static str,
    /// How many of its parts the manual campaign sends; CI sends a hundredth.
    pub(super) size: usize,
    pub(super) recover: bool,
    /// Whether the packets of connections with exchanges are saved, on a second reading.
    pub(super) save: bool,
    pub(super) memory_max: Option<usize>,
    /// A capture of so many parts.
    pub(super) capture: fn(usize) -> Vec<u8>,
    /// Whether it did what it is for.
    pub(super) proof: fn(&Findings) -> bool,
}

/// Floods of connections are measured under a bound that bites from the first tenth on. Under the usual one they would fill
/// more and more of the memory, from the processor's caches to far beyond them, and only then cost the same for each.
const BOUND: Option<usize> = Some(16 << 20);

const PLAIN: Shape = Shape {
    name: "",
    size: 100_000,
    recover: false,
    save: false,
    memory_max: None,
    capture: |_| Vec::new(),
    proof: |_| true,
};

pub(super) const SHAPES: &[Shape] = &[
    Shape { name: "SYN flood", size: 1_000_000, capture: syns, proof: |f| f.stats.streams.followed == 0, ..PLAIN },
    Shape {
        name: "candidate flood",
        memory_max: BOUND,
        capture: candidates,
        proof: |f| f.stats.streams.followed > 900,
        ..PLAIN
    },
    Shape {
        name: "logins half seen",
        size: 50_000,
        memory_max: BOUND,
        capture: half_seen,
        proof: |f| f.exchanges >= 490,
        ..PLAIN
    },
    Shape {
        name: "logins of MSNP7",
        size: 50_000,
        memory_max: BOUND,
        capture: old_logins,
        proof: |f| f.exchanges >= 490,
        ..PLAIN
    },
    Shape { name: "logins", size: 50_000, memory_max: BOUND, capture: logins, proof: |f| f.exchanges >= 490, ..PLAIN },
    Shape { name: "hole flood", size: 500_000, capture: holes, proof: |f| f.stats.streams.gaps > 0, ..PLAIN },
    Shape { name: "holes in many, no memory", memory_max: Some(1 << 16), capture: half_open, ..PLAIN },
    Shape { name: "one-byte segments", size: 500_000, capture: bytes_in_order, ..PLAIN },
    Shape { name: "one-byte segments backwards", size: 500_000, capture: bytes_backwards, ..PLAIN },
    Shape {
        name: "overlaps that differ",
        capture: overlaps,
        proof: |f| f.stats.streams.conflicting_bytes > 0,
        ..PLAIN
    },
    Shape {
        name: "fragment flood",
        size: 500_000,
        capture: fragments,
        proof: |f| f.stats.fragments.met > 900,
        ..PLAIN
    },
    Shape {
        name: "fragment flood, saved",
        save: true,
        capture: saved_fragments,
        proof: |f| f.exchanges == 1 && f.stats.fragments.met > 900,
        ..PLAIN
    },
    Shape { name: "holes in one datagram", size: 500_000, capture: comb, ..PLAIN },
    Shape { name: "nested tunnels", capture: nested, proof: |f| f.stats.packets.too_many_layers > 0, ..PLAIN },
    Shape { name: "interface flood", size: 400_000, capture: interfaces, ..PLAIN },
    Shape { name: "huge blocks", size: 1_000, capture: blocks, ..PLAIN },
    Shape { name: "gz bomb", size: 2_000_000, capture: bomb, proof: |f| f.stats.packets.packets >= 20_000, ..PLAIN },
    Shape { name: "lines without end", capture: endless, proof: |f| f.stats.lines.too_long > 0, ..PLAIN },
    Shape {
        name: "gateway opens, no answer",
        memory_max: BOUND,
        capture: opens,
        proof: |f| f.stats.gateway.requests > 900,
        ..PLAIN
    },
    Shape { name: "gateway sessions", capture: sessions, proof: |f| f.stats.gateway.sessions > 900, ..PLAIN },
    Shape {
        name: "gateway bombs",
        size: 10_000,
        capture: bombs,
        proof: |f| f.stats.gateway.unreadable_bodies > 90,
        ..PLAIN
    },
    Shape { name: "heads without end", capture: heads, proof: |f| f.stats.gateway.bad > 0, ..PLAIN },
    Shape { name: "many VLANs", memory_max: BOUND, capture: vlans, proof: |f| f.stats.streams.followed > 900, ..PLAIN },
    Shape {
        name: "requests without reply",
        memory_max: BOUND,
        capture: unpaired,
        proof: |f| f.exchanges >= 990,
        ..PLAIN
    },
    Shape { name: "errors flood", capture: errors, proof: |f| f.stats.lines.lines > 900, ..PLAIN },
    Shape { name: "many clients", memory_max: BOUND, capture: clients, proof: |f| f.exchanges >= 990, ..PLAIN },
    Shape { name: "copies of one exchange", memory_max: BOUND, capture: copies, proof: |f| f.exchanges > 0, ..PLAIN },
    Shape { name: "garbage, recovered", size: 20_000, recover: true, capture: garbage, ..PLAIN },
    Shape { name: "headers that lead nowhere", size: 200_000, recover: true, capture: near_records, ..PLAIN },
];

fn login() -> Vec<TestPacket> {
    Script::parse(LOGIN).unwrap().packets()
}

fn written(frames: &[Frame]) -> Vec<u8> {
    pcap(frames, ByteOrder::Little, Variant::Nanoseconds)
}

/// `size` packets, a microsecond apart.
fn flood(size: usize, packet: impl FnMut(u32) -> TestPacket) -> Vec<u8> {
    written(&later((0..u32::try_from(size).unwrap()).map(packet).collect()))
}

fn later(packets: Vec<TestPacket>) -> Vec<Frame> {
    let at = |(number, packet): (i64, TestPacket)| frame(&TestPacket { time: packet.time + number * 1_000, ..packet });
    (0..).zip(packets).map(at).collect()
}

/// An address and a port for each number, of the network for benchmarks (RFC 2544).
fn client(number: u32) -> SocketAddr {
    let [_, _, high, low] = (number / 50_000).to_be_bytes();
    SocketAddr::from(([198, 18, high, low], u16::try_from(1_024 + number % 50_000).unwrap()))
}

/// The packets of a handshake, and then what the client says at each place.
fn conversation(said: impl Iterator<Item = (u32, Vec<u8>)>) -> Vec<u8> {
    let login = login();
    let first = login[3].seq;
    let greeting = u32::try_from(login[3].payload.len()).unwrap();
    let mut packets = login[..4].to_vec();
    let model = &login[3];
    let seq = |at: u32| first.wrapping_add(greeting).wrapping_add(at);
    packets.extend(said.map(|(at, payload)| TestPacket { seq: seq(at), payload, ..model.clone() }));
    written(&later(packets))
}

fn count(size: usize) -> std::ops::Range<u32> {
    0..u32::try_from(size).unwrap()
}

/// The packets of a handshake, and then what the client says in order.
fn requests(said: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let login = login();
    let model = &login[3];
    let mut next = model.seq;
    let mut packets = login[..3].to_vec();
    packets.extend(said.map(|payload| {
        let seq = next;
        next = next.wrapping_add(u32::try_from(payload.len()).unwrap());
        TestPacket { seq, payload, ..model.clone() }
    }));
    written(&later(packets))
}

fn post(query: &str, headers: &str) -> Vec<u8> {
    format!("POST /gateway/gateway.dll?{query} HTTP/1.1\r\n{headers}\r\n").into_bytes()
}

fn opens(size: usize) -> Vec<u8> {
    let model = login().remove(3);
    let payload = [&post("Action=open", "Content-Length: 900\r\n")[..], b"VER 1 MSNP8\r\n"].concat();
    flood(size, |number| TestPacket { source: client(number), seq: number, payload: payload.clone(), ..model.clone() })
}

fn sessions(size: usize) -> Vec<u8> {
    requests(count(size).map(|number| {
        [&post(&format!("SessionID={number}"), "Content-Length: 13\r\n")[..], b"VER 1 MSNP8\r\n"].concat()
    }))
}

fn bombs(size: usize) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &vec![0; 1 << 20]).unwrap();
    let bomb = encoder.finish().unwrap();
    let headers = format!("Content-Encoding: gzip\r\nContent-Length: {}\r\n", bomb.len());
    let request = [&post("SessionID=1", &headers)[..], &bomb].concat();
    requests(count(size).map(|_| request.clone()))
}

fn heads(size: usize) -> Vec<u8> {
    let endless = count(size).map(|_| b"X-Header: x\r\n".repeat(90));
    requests(std::iter::once(post("Action=open", "").split_last().unwrap().1.to_vec()).chain(endless))
}

fn syns(size: usize) -> Vec<u8> {
    let syn = login().remove(0);
    flood(size, |number| TestPacket { source: client(number), seq: number, ..syn.clone() })
}

fn candidates(size: usize) -> Vec<u8> {
    let greeting = login().remove(3);
    flood(size, |number| TestPacket { source: client(number), seq: number, ..greeting.clone() })
}

/// Of each client the first packets of a login.
fn logins_of(size: usize, script: &str, packets: usize) -> Vec<u8> {
    let login = Script::parse(script).unwrap().packets();
    let of = |number| {
        login.iter().take(packets).map(move |packet| {
            let mut packet = packet.clone();
            let place = if packet.side == Side::Client { &mut packet.source } else { &mut packet.destination };
            *place = client(number);
            packet
        })
    };
    written(&later(count(size).flat_map(of).collect()))
}

/// Each client has asked, and no answer was captured.
fn half_seen(size: usize) -> Vec<u8> {
    logins_of(size, LOGIN, 6)
}

/// Clients that may tell their version again at any time are followed for as long as they stay.
fn old_logins(size: usize) -> Vec<u8> {
    logins_of(size, &LOGIN.replace("MSNP9 MSNP8", "MSNP7 MSNP6"), 7)
}

fn logins(size: usize) -> Vec<u8> {
    logins_of(size, LOGIN, usize::MAX)
}

fn holes(size: usize) -> Vec<u8> {
    conversation(count(size).map(|number| (1 + 2 * number, b"x".to_vec())))
}

fn half_open(size: usize) -> Vec<u8> {
    let login = login();
    flood(size, |number| {
        let packet = if number % 2 == 0 { &login[0] } else { &login[5] };
        TestPacket { source: client(number / 2), ..packet.clone() }
    })
}

fn bytes_in_order(size: usize) -> Vec<u8> {
    let line = b"PNG \r\n";
    conversation(count(size).map(|number| (number, vec![line[number as usize % line.len()]])))
}

fn bytes_backwards(size: usize) -> Vec<u8> {
    conversation(count(size).rev().map(|number| (1 + number, b"x".to_vec())))
}

fn overlaps(size: usize) -> Vec<u8> {
    conversation(count(size).map(|number| (8 + number % 50_000, [b'a', b'b', b'c'][number as usize % 3..].repeat(100))))
}

/// A fragment of IPv4: the datagram's header with another place in the whole, and eight bytes.
fn fragment(id: u16, place: u16, more: bool, number: u32) -> Frame {
    let packet = login().remove(3);
    let mut bytes = datagram(&packet)[..28].to_vec();
    bytes[2..4].copy_from_slice(&28_u16.to_be_bytes());
    bytes[4..6].copy_from_slice(&id.to_be_bytes());
    bytes[6..8].copy_from_slice(&(place | u16::from(more) << 13).to_be_bytes());
    bytes[14..16].copy_from_slice(&u16::try_from(number / 60_000).unwrap().to_be_bytes());
    let (link, time) = (Link::Raw.number(), packet.time + i64::from(number) * 1_000);
    Frame { time, link, interface: String::new(), original_len: bytes.len(), data: bytes }
}

fn fragments(size: usize) -> Vec<u8> {
    written(&beginnings(size).collect::<Vec<_>>())
}

/// The first fragment of each of so many datagrams.
fn beginnings(size: usize) -> impl Iterator<Item = Frame> {
    count(size).map(|n| fragment(u16::try_from(n % 60_000).unwrap(), 0, true, n))
}

/// The same behind a sign-in, whose packets are worth saving.
fn saved_fragments(size: usize) -> Vec<u8> {
    let whole = |packet: &TestPacket| {
        let (link, data) = (Link::Raw.number(), datagram(packet));
        Frame { link, original_len: data.len(), data, ..frame(packet) }
    };
    written(&login().iter().map(whole).chain(beginnings(size)).collect::<Vec<_>>())
}

fn comb(size: usize) -> Vec<u8> {
    let tooth = |n: u32| fragment(u16::try_from(n / 4_000).unwrap(), u16::try_from(n % 4_000 * 2).unwrap(), true, 0);
    written(&count(size).map(tooth).collect::<Vec<_>>())
}

fn nested(size: usize) -> Vec<u8> {
    let model = login().remove(3);
    let tunnel = Tunnel::IpInIpv4;
    let mut inner = datagram(&model);
    for _ in 0..20 {
        inner = tunnel.wrap(model.side, false, &inner)[14..].to_vec();
    }
    let data = tunnel.wrap(model.side, false, &inner);
    let link = Link::Ethernet.number();
    let frame = Frame { time: model.time, link, interface: String::new(), original_len: data.len(), data };
    written(&vec![frame; size])
}

fn interfaces(size: usize) -> Vec<u8> {
    let mut file = Pcapng::default().write(&[frame(&login()[3])]);
    let interface = [&1_u32.to_le_bytes()[..], &20_u32.to_le_bytes(), &[1, 0, 0, 0, 0, 0, 0, 0], &20_u32.to_le_bytes()];
    file.extend(interface.concat().repeat(size));
    file
}

fn blocks(size: usize) -> Vec<u8> {
    let mut file = Pcapng::default().write(&[frame(&login()[3])]);
    let len = 64 * 1024_u32;
    let body = vec![0; len as usize - 12];
    let block = [&0x99_u32.to_le_bytes()[..], &len.to_le_bytes(), &body, &len.to_le_bytes()].concat();
    file.extend(block.repeat(size));
    file
}

fn bomb(size: usize) -> Vec<u8> {
    let packet = frame(&login()[3]);
    let plain = written(&vec![packet; 1]);
    let (header, record) = plain.split_at(24);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, header).unwrap();
    for _ in 0..size {
        std::io::Write::write_all(&mut encoder, record).unwrap();
    }
    encoder.finish().unwrap()
}

fn endless(size: usize) -> Vec<u8> {
    conversation(count(size).map(|number| {
        let end = if number % 20 == 19 { b"\n" } else { b"x" };
        (number * 1_000, [&[b'x'; 999][..], end].concat())
    }))
}

fn vlans(size: usize) -> Vec<u8> {
    let greeting = login().remove(3);
    flood(size, |number| {
        let mut packet = greeting.clone();
        let [inner, outer] = [1 + number % 4_000, 1 + number / 4_000].map(|vlan| u16::try_from(vlan).unwrap());
        packet.envelope.tags = vec![Tag { protocol: 0x88a8, vlan: outer }, Tag { protocol: 0x8100, vlan: inner }];
        packet
    })
}

/// What one client says, all of it in order.
fn monologue(size: usize, line: impl Fn(u32) -> String) -> Vec<u8> {
    let mut at = 0;
    conversation(count(size).map(|number| {
        let line = line(number).into_bytes();
        let place = at;
        at += u32::try_from(line.len()).unwrap();
        (place, line)
    }))
}

fn unpaired(size: usize) -> Vec<u8> {
    monologue(size, |n| format!("CVR {} 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS user{n}@example.com\r\n", n + 2))
}

fn errors(size: usize) -> Vec<u8> {
    let login = login();
    let mut packets = login[..5].to_vec();
    let mut seq = login[4].seq.wrapping_add(u32::try_from(login[4].payload.len()).unwrap());
    for number in count(size) {
        let payload = format!("911 {number}\r\n").into_bytes();
        let len = u32::try_from(payload.len()).unwrap();
        packets.push(TestPacket { seq, payload, ..login[4].clone() });
        seq = seq.wrapping_add(len);
    }
    written(&later(packets))
}

fn clients(size: usize) -> Vec<u8> {
    let request = login().remove(5);
    flood(size, |n| {
        let line = format!("CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.{n}.0602 MSMSGS user{n}@example.com\r\n");
        TestPacket { source: client(n), payload: line.into_bytes(), ..request.clone() }
    })
}

fn copies(size: usize) -> Vec<u8> {
    let request = login().remove(5);
    flood(size, |number| {
        let mut packet = request.clone();
        let [inner, outer] = [1 + number % 4_000, 1 + number / 4_000].map(|vlan| u16::try_from(vlan).unwrap());
        packet.envelope.tags = vec![Tag { protocol: 0x88a8, vlan: outer }, Tag { protocol: 0x8100, vlan: inner }];
        packet
    })
}

/// A kilobyte each that is no record.
fn garbage(size: usize) -> Vec<u8> {
    let mut file = written(&[frame(&login()[3])]);
    let mut state = 1_u64;
    file.extend((0..size * 128).flat_map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_le_bytes()
    }));
    file
}

/// Records whose lengths are right but whose chain breaks at every second one.
fn near_records(size: usize) -> Vec<u8> {
    let plain = written(&later(vec![login().remove(3); 2]));
    let mut record = plain[24..].to_vec();
    let at = record.len() - 4;
    record[at..].fill(0xff);
    record.extend([0xff; 24]);
    [&plain[..24], &record.repeat(size)].concat()
}
