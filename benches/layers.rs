//! What each layer takes alone: `cargo bench --bench layers`, or one of them by its name, as in `... -- table`.
//!
//! Traffic is that of the captures in small, in memory. Everything is told for one packet, byte or line.

#![expect(clippy::unwrap_used, reason = "a measurement that meets what it does not expect should stop, and say so")]

#[path = "captures/mod.rs"]
mod captures;
#[expect(dead_code, reason = "only tests take their seeds from the environment")]
#[path = "../tests/support/random.rs"]
mod random;

use std::path::Path;
use std::sync::LazyLock;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use msncensus::capture::{CaptureFile, Next, PacketSource, ReadOptions};
use msncensus::net::{Decoded, Segment, decode};
use msncensus::packet::{InputId, LinkType, Packet, Stamp};

use captures::{Form, Kind, Size, write_capture};

/// A hundredth of the full size.
const SIZE: Size = Size { parts: 100, times: 1 };

fn main() {
    divan::main();
}

/// A capture in memory.
fn capture(kind: Kind, form: Form) -> &'static [u8] {
    static CAPTURES: LazyLock<Vec<(Kind, Form, Vec<u8>)>> = LazyLock::new(|| {
        let all = Kind::ALL.into_iter().flat_map(|kind| [Form::Pcap, Form::Pcapng].map(|form| (kind, form)));
        let make = |(kind, form)| {
            let mut bytes = Vec::new();
            write_capture(kind, SIZE, form, &mut bytes, |_| Ok(())).unwrap();
            (kind, form, bytes)
        };
        all.map(make).collect()
    });
    let (_, _, bytes) = CAPTURES.iter().find(|(k, f, _)| (*k, *f) == (kind, form)).unwrap();
    bytes
}

/// Reads all packets of a capture. Returns their number.
fn read(bytes: &'static [u8], mut each: impl FnMut(&Packet<'_>)) -> usize {
    let mut source =
        CaptureFile::from_read(Box::new(bytes), Path::new("made"), InputId(0), ReadOptions::default()).unwrap();
    let mut count = 0;
    while let Next::Packet(packet) = source.next().unwrap() {
        each(&packet);
        count += 1;
    }
    count
}

/// A packet of Ethernet that borrows from nobody.
struct Owned {
    stamp: Stamp,
    data: Vec<u8>,
}

impl Owned {
    fn borrow(&self) -> Packet<'_> {
        let original_len = u32::try_from(self.data.len()).unwrap();
        Packet { stamp: self.stamp, link_type: LinkType::ETHERNET, data: &self.data, original_len, fcs_len: 0 }
    }
}

fn packets(kind: Kind) -> Vec<Owned> {
    let mut packets = Vec::new();
    read(capture(kind, Form::Pcap), |packet| packets.push(Owned { stamp: packet.stamp, data: packet.data.to_vec() }));
    packets
}

fn segments(packets: &[Owned]) -> Vec<Segment<'_>> {
    packets.iter().map(segment).collect()
}

fn segment(packet: &Owned) -> Segment<'_> {
    match decode(&packet.borrow()) {
        Decoded::Segment(segment) => segment,
        other => panic!("{other:?}"),
    }
}

/// Finding records.
mod records {
    use divan::Bencher;

    use super::{Form, Kind, measure_reading};

    #[divan::bench(args = Kind::ALL)]
    fn pcap(bencher: Bencher<'_, '_>, kind: Kind) {
        measure_reading(bencher, kind, Form::Pcap);
    }

    #[divan::bench(args = Kind::ALL)]
    fn pcapng(bencher: Bencher<'_, '_>, kind: Kind) {
        measure_reading(bencher, kind, Form::Pcapng);
    }
}

fn measure_reading(bencher: Bencher<'_, '_>, kind: Kind, form: Form) {
    let bytes = capture(kind, form);
    let count = read(bytes, |_| {});
    bencher.counter(ItemsCount::new(count)).bench(|| read(bytes, |packet| _ = black_box(packet)));
}

/// From link header to segment.
#[divan::bench(args = Kind::ALL)]
fn decoding(bencher: Bencher<'_, '_>, kind: Kind) {
    let packets = packets(kind);
    let bench = bencher.counter(ItemsCount::new(packets.len()));
    bench.bench(|| packets.iter().for_each(|packet| _ = black_box(decode(&packet.borrow()))));
}

mod table {
    use std::net::Ipv4Addr;

    use divan::counter::ItemsCount;
    use divan::{Bencher, black_box};
    use etherparse::PacketBuilder;
    use msncensus::clock::Clock;
    use msncensus::msnp::Session;
    use msncensus::net::Segment;
    use msncensus::packet::{InputId, Stamp, Timestamp};
    use msncensus::stats::Ledger;
    use msncensus::tcp::Table;

    use super::{Kind, Owned, packets, segments};

    /// Lets a table see all segments.
    fn follow(segments: &[Segment<'_>]) {
        let (mut clock, mut table) = (Clock::default(), Table::<Session>::default());
        let (mut ledger, mut out) = (Ledger::default(), Vec::new());
        for segment in segments {
            let moment = clock.moment(segment.stamp.time);
            table.advance(moment.now, &mut ledger, &mut out);
            table.push(segment, moment, &mut ledger, &mut out);
            out.clear();
        }
        black_box(ledger);
    }

    /// Connections that are hardly ever of interest.
    #[divan::bench(args = [Kind::Mixed, Kind::Small])]
    fn strangers(bencher: Bencher<'_, '_>, kind: Kind) {
        let packets = packets(kind);
        let segments = segments(&packets);
        bencher.counter(ItemsCount::new(segments.len())).bench(|| follow(&segments));
    }

    /// Connections that are followed, from the handshake to the end.
    #[divan::bench]
    fn candidates(bencher: Bencher<'_, '_>) {
        let packets = packets(Kind::Census);
        let segments = segments(&packets);
        bencher.counter(ItemsCount::new(segments.len())).bench(|| follow(&segments));
    }

    /// Whose addresses open connections.
    #[derive(Clone, Copy, Debug)]
    enum Addresses {
        /// Anybody's.
        Scattered,
        /// Alike in the low bits, which is where a hash that multiplies without a seed would put all together.
        Crafted,
    }

    /// So many connections at a time.
    const ATTACKERS: u32 = 10_000;

    /// Connections that are opened and never end. An attack may cost at most 1.3 times what chance does.
    #[divan::bench(args = [Addresses::Scattered, Addresses::Crafted])]
    fn openings(bencher: Bencher<'_, '_>, addresses: Addresses) {
        let packets: Vec<_> = (0..ATTACKERS).map(|number| attack(number, addresses)).collect();
        let segments = segments(&packets);
        bencher.counter(ItemsCount::new(segments.len())).bench(|| follow(&segments));
    }

    fn attack(number: u32, addresses: Addresses) -> Owned {
        let address = match addresses {
            // Knuth's factor: each number once, without pattern.
            Addresses::Scattered => number.wrapping_mul(2_654_435_761),
            Addresses::Crafted => number.rotate_left(16),
        };
        let mut data = Vec::new();
        PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
            .ipv4(Ipv4Addr::from_bits(address).octets(), [203, 0, 113, 5], 64)
            .tcp(1_056, 1_863, 1, 64_240)
            .ack(1)
            .write(&mut data, b"VER 1 MSNP8 CVR0\r\n")
            .unwrap();
        let stamp = Stamp { input: InputId(0), frame: u64::from(number) + 1, time: Timestamp::default() };
        Owned { stamp, data }
    }
}

mod assembler {
    use divan::counter::ItemsCount;
    use divan::{Bencher, black_box};
    use msncensus::packet::Stamp;
    use msncensus::tcp::{Assembler, Origin};

    /// Bytes of a segment, and segments of a stream.
    const SEGMENT_LEN: usize = 1_460;
    const SEGMENTS: u64 = 500;

    /// Inserts segments in the order of `places`, and takes what is in order at once.
    fn assemble(places: impl Iterator<Item = u64>) {
        let bytes = [b'a'; SEGMENT_LEN];
        let mut assembler = Assembler::new(0);
        for place in places {
            black_box(assembler.insert(place * SEGMENT_LEN as u64, &bytes, Origin::of(Stamp::default())));
            let ready = assembler.unread().bytes().len();
            assembler.take(ready);
        }
        assert!(assembler.is_complete() || assembler.waiting() == (0, 0));
    }

    #[divan::bench]
    fn in_order(bencher: Bencher<'_, '_>) {
        bencher.counter(ItemsCount::new(SEGMENTS)).bench(|| assemble(0..SEGMENTS));
    }

    /// Every two change places.
    #[divan::bench]
    fn swapped(bencher: Bencher<'_, '_>) {
        bencher.counter(ItemsCount::new(SEGMENTS)).bench(|| assemble((0..SEGMENTS).map(|place| place ^ 1)));
    }

    /// The first comes last.
    #[divan::bench]
    fn behind_a_hole(bencher: Bencher<'_, '_>) {
        bencher.counter(ItemsCount::new(SEGMENTS)).bench(|| assemble((1..SEGMENTS).chain([0])));
    }
}

mod framing {
    use std::net::Ipv4Addr;

    use divan::Bencher;
    use divan::counter::BytesCount;
    use msncensus::msnp::Session;
    use msncensus::net::{EncapsulationId, Endpoint, FlowKey};
    use msncensus::packet::Stamp;
    use msncensus::tcp::{Assembler, ConnectionId, Opening, Origin, StreamHandler};

    /// Repetitions of what the server says.
    const REPEATED: usize = 1_000;

    /// A sign-in in a dialect that may tell its version late, so that all is read; then `said`, again and again.
    fn frame(bencher: Bencher<'_, '_>, said: &str) {
        let repeated = said.repeat(REPEATED);
        let [greeting, said] = [b"VER 1 MSNP7 CVR0\r\n", repeated.as_bytes()].map(|said| {
            let mut assembler = Assembler::new(0);
            assembler.insert(0, said, Origin::of(Stamp::default()));
            assembler
        });
        let [client, server] = [40_000, 1_863].map(|port| Endpoint::new(Ipv4Addr::new(192, 0, 2, 1).into(), port));
        let (key, side) = FlowKey::new(client, server, EncapsulationId::default());
        let id = ConnectionId { key, first: Stamp::default() };
        bencher.counter(BytesCount::new(repeated.len())).bench(|| {
            let (mut session, mut out) = (Session::open(Opening { id, initiator: Some(side) }), Vec::new());
            for (side, stream) in [(side, &greeting), (side.other(), &greeting), (side.other(), &said)] {
                let taken = session.data(side, stream.unread(), &mut out);
                assert_eq!(taken.bytes, stream.unread().bytes().len());
            }
            out
        });
    }

    /// Short lines.
    #[divan::bench]
    fn lines(bencher: Bencher<'_, '_>) {
        frame(bencher, "NLN NLN alice@example.com Alice\r\n");
    }

    /// Lines with payloads.
    #[divan::bench]
    fn payloads(bencher: Bencher<'_, '_>) {
        frame(bencher, &format!("MSG Hotmail Hotmail 400\r\n{}", "x".repeat(400)));
    }
}
