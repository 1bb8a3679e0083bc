//! tshark follows the same streams: the bytes of each direction in order, and what is missing between them.
//!
//! Many connections are one capture, because tshark takes a while to start. Each is altered by a seed of its own. What
//! tshark decides otherwise has a test below.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::read;
use super::recorder::{Piece, Streams, hear, ours, text};
use crate::real;
use crate::support::alter::{Overlap, duplicate, lose, overlap, shuffle, snap, strip_handshake};
use crate::support::capture_file::Pcapng;
use crate::support::conversation::Segmentation;
use crate::support::fragment::fragmented_frames;
use crate::support::frame::{Frame, frames};
use crate::support::packet::{Checksum, Side, TestPacket};
use crate::support::random::Random;
use crate::support::script::{Script, samples_dir};
use crate::support::tshark::{temporary, tshark};

/// The streams that tshark puts together; `count` is how many connections there are.
fn theirs(frames: &[Frame], count: usize) -> Streams {
    let follow: Vec<String> = (0..count).map(|stream| format!("follow,tcp,raw,{stream}")).collect();
    let args: Vec<&str> = follow.iter().flat_map(|tap| ["-z", tap.as_str()]).chain(["-q"]).collect();
    let file = temporary(&Pcapng { resolution: 9, ..Pcapng::default() }.write(frames));
    let mut streams = Streams::new();
    let mut nodes = Vec::new();
    for line in tshark(file.path(), &args).lines() {
        if line.starts_with("Follow: ") {
            nodes.clear();
        } else if let Some((_, node)) = line.strip_prefix("Node ").and_then(|rest| rest.split_once(": ")) {
            nodes.push(node.parse::<SocketAddr>().unwrap());
        } else if let (false, Some(bytes)) = (line.is_empty(), unhex(line.trim_start())) {
            let [first, second] = nodes[..] else { panic!("{line}: said by nobody") };
            let ends = if line.starts_with('\t') { (second, first) } else { (first, second) };
            hear(&mut streams, ends, missing(&bytes).map_or(Piece::Said(bytes), Piece::Lost));
        }
    }
    streams
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    text.len().is_multiple_of(2).then(|| text.as_bytes().chunks(2).map(pair).collect())?
}

/// How many bytes tshark says are missing, in the place where they would stand.
fn missing(bytes: &[u8]) -> Option<u64> {
    let text = str::from_utf8(bytes).ok()?;
    text.strip_prefix('[')?.strip_suffix(" bytes missing in capture file]\0")?.parse().ok()
}

/// Both find the same in these connections, each of which has ends of its own. Returns in how many places something is
/// missing.
#[track_caller]
fn assert_same(connections: &[Vec<Frame>]) -> usize {
    let all = connections.concat();
    let (ours, theirs) = (ours(&all), theirs(&all, connections.len()));
    assert!(ours.keys().eq(theirs.keys()), "{:?} and {:?}", ours.keys(), theirs.keys());
    for ((ends, ours), theirs) in ours.iter().zip(theirs.values()) {
        assert_eq!(text(ours), text(theirs), "{ends:?}");
    }
    assert!(ours.len() >= connections.len());
    ours.values().flatten().filter(|piece| matches!(piece, Piece::Lost(_))).count()
}

/// A talk of some kilobytes with numbers, ports and segments of its own.
fn talk(random: &mut Random, port: u16) -> (Vec<TestPacket>, [Vec<u8>; 2]) {
    let chat = |len: usize, word: &str| word.repeat(len / word.len() + 1)[..len].to_owned();
    let turns: Vec<String> = (0..6)
        .flat_map(|turn| {
            let (len, reply) = (random.below(1_500), random.below(700));
            [
                format!("C: MSG {turn} N {len}\n|= {}\n", chat(len, &format!("client {turn} "))),
                format!("S: MSG x y {reply}\n|= {}\n", chat(reply, &format!("server {turn} "))),
            ]
        })
        .collect();
    let body = turns.concat();
    let isns = [random.next() >> 32, u64::from(u32::MAX) - random.next() % 2_000];
    let mut script = Script::parse(&format!(
        "time 2003-09-14T12:00:00Z\nclient 192.0.2.10:{port}\nserver 198.51.100.7:1863\nisn {} {}\nconnect\n{body}close client\n",
        isns[0], isns[1]
    ))
    .unwrap();
    script.segment(&Segmentation::Sizes((0..7).map(|_| 1 + random.below(400)).collect()));
    let streams = [Side::Client, Side::Server].map(|side| script.conversations[0].stream(side));
    (script.packets(), streams)
}

/// The same as if nobody had acknowledged anything but the handshake.
fn unacknowledged(mut packets: Vec<TestPacket>) -> Vec<TestPacket> {
    let isns = [packets[0].seq, packets[1].seq];
    for packet in &mut packets[2..] {
        let of_other = if packet.side == Side::Client { isns[1] } else { isns[0] };
        packet.ack = of_other.wrapping_add(1);
    }
    packets
}

/// Packets behind the handshake that carry something.
fn data(packets: &[TestPacket]) -> Vec<usize> {
    (3..packets.len()).filter(|index| !packets[*index].payload.is_empty()).collect()
}

/// Copies of packets, copies with other borders, and any order.
fn disturbed(packets: Vec<TestPacket>, streams: &[Vec<u8>; 2], random: &mut Random) -> Vec<TestPacket> {
    let mut packets = unacknowledged(packets);
    for _ in 0..random.below(8) {
        let data = data(&packets);
        packets = duplicate(&packets, data[random.below(data.len())], 1 + random.below(9));
    }
    for _ in 0..random.below(12) {
        let like = data(&packets)[random.below(10)];
        let stream = &streams[usize::from(packets[like].side == Side::Server)];
        let from = random.below(stream.len());
        let bytes = &stream[from..(from + 1 + random.below(900)).min(stream.len())];
        let at = 3 + random.below(packets.len() - 3);
        packets = overlap(&packets, &Overlap { like, from: u32::try_from(from).unwrap(), bytes, at });
    }
    let distance = random.below(10);
    [&packets[..3], &shuffle(&packets[3..], distance, random.next())].concat()
}

/// Connections from different ports, by their numbers.
fn connections(count: u16, make: impl Fn(u16, &mut Random) -> Vec<Frame>) -> Vec<Vec<Frame>> {
    (0..count).map(|number| make(10_000 + number, &mut Random::new(number.into()))).collect()
}

#[test]
fn the_streams_of_the_samples_are_those_that_tshark_follows() {
    let names = std::fs::read_dir(samples_dir()).unwrap().map(|entry| entry.unwrap().path());
    let scripts = names.filter(|path| path.extension().is_some_and(|extension| extension == "script"));
    let mut names: Vec<_> = scripts.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    let mut all = Vec::new();
    for name in &names {
        let packets = Script::sample(name).packets();
        let last = packets.last().unwrap().conversation;
        let of = |number| packets.iter().filter(|packet| packet.conversation == number).cloned().collect::<Vec<_>>();
        all.extend((0..=last).map(|number| frames(&of(number))));
    }
    assert!(all.len() > names.len());
    assert_eq!(assert_same(&all), 0);
}

#[test]
fn segments_copies_overlaps_and_any_order_give_tsharks_streams() {
    let missing = assert_same(&connections(40, |port, random| {
        let (packets, streams) = talk(random, port);
        frames(&disturbed(packets, &streams, random))
    }));
    assert_eq!(missing, 0);
}

#[test]
fn fragments_give_tsharks_streams() {
    let missing = assert_same(&connections(8, |port, random| {
        let (mut packets, _) = talk(random, port);
        // tshark keeps no two datagrams with one identification apart.
        for (id, packet) in (0..).zip(&mut packets) {
            packet.id = (port - 10_000) * 1_000 + id;
        }
        fragmented_frames(&packets, 8 * (1 + random.below(12)))
    }));
    assert_eq!(missing, 0);
}

/// What is lost is missing in both, in the same place and length; but what is lost at the end of a stream, see below.
#[test]
fn loss_gives_tsharks_streams() {
    let missing = assert_same(&connections(40, |port, random| {
        let (mut packets, _) = talk(random, port);
        for _ in 0..=random.below(6) {
            let data = data(&packets);
            // Neither the first nor the last words of either side.
            packets = lose(packets, data[8 + random.below(data.len() - 16)]);
        }
        frames(&packets)
    }));
    assert!(missing > 80, "{missing} places");
}

/// Of the connections of other programs, too. In a capture that cut its packets, what is missing is left out on both sides:
/// tshark does not tell it, see below.
#[test]
fn the_streams_of_real_captures_are_those_that_tshark_follows() {
    let Some(directory) = real::directory() else { return };
    for path in real::captures(&directory) {
        let frames = read(&path);
        let numbers = tshark(&path, &["-T", "fields", "-e", "tcp.stream"]);
        let last = numbers.lines().filter_map(|numbers| numbers.split(',').next_back()?.parse::<usize>().ok()).max();
        let is_cut = frames.iter().any(|frame| frame.data.len() < frame.original_len);
        let shown = |streams: Streams| -> BTreeMap<_, String> {
            let said = |pieces: Vec<Piece>| {
                pieces.into_iter().filter(|piece| !is_cut || matches!(piece, Piece::Said(_))).collect::<Vec<_>>()
            };
            streams.into_iter().map(|(ends, pieces)| (ends, text(&said(pieces)))).collect()
        };
        let theirs = theirs(&frames, last.map_or(0, |last| last + 1));
        assert_eq!(shown(ours(&frames)), shown(theirs), "{}", path.display());
    }
}

/// The rest of the tests: where both differ, and how.
fn both(packets: &[TestPacket]) -> [BTreeMap<(SocketAddr, SocketAddr), String>; 2] {
    let frames = frames(packets);
    [ours(&frames), theirs(&frames, 1)]
        .map(|streams| streams.into_iter().map(|(ends, pieces)| (ends, text(&pieces))).collect())
}

fn of_client(packets: &[TestPacket]) -> [String; 2] {
    let first = &packets[0];
    let ends =
        if first.side == Side::Client { (first.source, first.destination) } else { (first.destination, first.source) };
    both(packets).map(|streams| streams.get(&ends).cloned().unwrap_or_default())
}

/// A short talk: the client's words are in packets 3, 5 and 7.
fn short() -> Vec<TestPacket> {
    let body = "C: one\nS: I\nC: two\nS: II\nC: three\nclose client\n";
    let head = "time 2003-09-14T12:00:00Z\nclient 192.0.2.10:1056\nserver 198.51.100.7:1863\nconnect\n";
    Script::parse(&format!("{head}{body}")).unwrap().packets()
}

/// An acknowledgement that overtakes what it acknowledges, as with two taps, is for tshark a proof that it is missing.
#[test]
fn tshark_gives_up_what_is_acknowledged_and_comes_late() {
    let mut packets = short();
    packets[5..9].rotate_left(2);
    let words: Vec<_> = packets[5..9].iter().map(|packet| packet.payload.as_slice()).collect();
    assert_eq!(words, [&b"three\r\n"[..], b"", b"two\r\n", b"II\r\n"]);
    assert_eq!(of_client(&packets), [r"one\r\ntwo\r\nthree\r\n", r"one\r\n<5 lost>three\r\n"]);
}

/// Only a FIN tells that the last words are missing; tshark shows what is missing before other words alone.
#[test]
fn tshark_does_not_tell_what_is_lost_at_the_end() {
    assert_eq!(of_client(&lose(short(), 7)), [r"one\r\ntwo\r\n<7 lost>", r"one\r\ntwo\r\n"]);
}

/// Of a connection begun before the capture, what comes late and stands before the first words seen is left out by tshark.
#[test]
fn tshark_leaves_out_what_comes_before_the_first_bytes_seen() {
    let mut packets = strip_handshake(short());
    // Not even the acknowledgement of the handshake, which has the number of the first byte.
    packets.remove(0);
    let first = packets.iter().position(|packet| packet.payload == b"one\r\n").unwrap();
    let second = packets.iter().position(|packet| packet.payload == b"two\r\n").unwrap();
    packets.swap(first, second);
    assert_eq!(of_client(&packets), [r"one\r\ntwo\r\nthree\r\n", r"two\r\nthree\r\n"]);
}

/// Of two copies that differ tshark takes the first, whatever its checksum says.
#[test]
fn tshark_does_not_prefer_a_right_checksum() {
    let mut packets = unacknowledged(short());
    let mut damaged = TestPacket { payload: b"tow\r\n".to_vec(), ..packets[5].clone() };
    damaged.envelope.checksum = Checksum::Wrong;
    // Both are there when what stands before them comes.
    let right = packets.remove(5);
    packets.splice(3..3, [damaged, right]);
    assert_eq!(of_client(&packets), [r"one\r\ntwo\r\nthree\r\n", r"one\r\ntow\r\nthree\r\n"]);
}

/// What a cut packet lacks is for tshark no part of the stream.
#[test]
fn tshark_does_not_tell_what_packets_were_cut_of() {
    let cut = snap(short(), 14 + 20 + 20 + 2);
    // The SYN has options, and its header is cut: it is not needed.
    assert_eq!(of_client(&cut[2..]), [r"on<3 lost>tw<3 lost>th<5 lost>", r"ontwth"]);
}
