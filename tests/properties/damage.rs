//! P13 and P14: what is cut off and what is flipped costs what it touches, and nothing else.
//!
//! A flipped byte touches
//!
//! * in a packet: that packet, the connection that it was a part of, and the one that it now seems to be a part of. All other
//!   packets are read as they were, all other connections give the same rows;
//! * in the header of a packet's record or block: that packet and all behind it. With `--recover` it touches none behind
//!   it, unless it is the length that is flipped, which may cover some of them, or seem to be cut at the end of the file;
//! * anywhere else, in a header of the file, a section or an interface: all behind it.
//!
//! In all cases the packets before it are read as they were, and every row that they give is still there. If the packet now
//! seems to be another copy of what was said before, it may contradict that (case A6): the row says so, and tells no more what
//! is not certain any longer.

use std::fs;
use std::net::SocketAddr;
use std::ops::Range;

use msncensus::capture::ReadOptions;
use msncensus::census::Observation;
use msncensus::cvr::{Reply, Request};
use msncensus::flags::Flag;
use msncensus::net::{Decoded, decode};
use msncensus::tcp::Provenance;

use super::loss::{assert_left, is_left_of};
use crate::support::capture_file::{Block, ByteOrder, Pcapng, Record, Variant, pcap, records};
use crate::support::engine::{Found, Reading, analyse_frames, as_packet, fields, read};
use crate::support::frame::{Frame, frames};
use crate::support::random::{Random, seed};
use crate::support::script::{Script, sample_names, samples_dir};

/// Flips in CI.
const FLIPS: u64 = 100_000;
const PLAIN: ReadOptions = ReadOptions { recover: false, hash: false };

/// A capture, and all that it holds.
struct Whole {
    name: String,
    bytes: Vec<u8>,
    records: Vec<Record>,
    packets: Vec<Frame>,
    found: Found,
}

impl Whole {
    fn of(name: String, bytes: Vec<u8>) -> Self {
        let Reading { packets, error, .. } = read(&bytes, PLAIN);
        assert!(error.is_none(), "{name}: {error:?}");
        let records = records(&bytes);
        assert_eq!(records.len(), packets.len(), "{name}");
        let found = analyse_frames(&packets);
        Self { name, bytes, records, packets, found }
    }

    /// Where a record says how long it is.
    fn len_of(&self, record: &Record) -> Range<usize> {
        let at = record.all.start + if self.bytes[0] == 0x0a { 4 } else { 8 };
        at..at + 4
    }

    /// The rows that are made of the first `packets` packets alone.
    fn rows_before(&self, packets: usize) -> impl Iterator<Item = &Observation> {
        let is_before = move |row: &&Observation| last_frame(row) <= packets as u64;
        self.found.observations.iter().filter(is_before)
    }

    /// Asserts that these rows are among those of `found`, unchanged unless they are contradicted.
    fn assert_kept<'a>(&self, rows: impl Iterator<Item = &'a Observation>, found: &Found, what: &str) {
        for row in rows {
            let is_contradicted =
                |other: &Observation| other.flags.has(Flag::Conflict) && !row.flags.has(Flag::Conflict);
            let is_row =
                |other: &Observation| is_left_of(row, other) || is_contradicted(other) && is_left_of(other, row);
            let is_kept = found.observations.iter().any(is_row);
            assert!(is_kept, "{} {what}: {:?} is not among {:?}", self.name, row.exchange, found.halves());
        }
    }
}

/// The packet that completed the row.
fn last_frame(row: &Observation) -> u64 {
    let request = row.exchange.request.as_ref().map(|Request { provenance, .. }| provenance);
    let reply = row.exchange.reply.as_ref().map(|Reply { provenance, .. }| provenance);
    request.into_iter().chain(reply).map(Provenance::completed).map(|stamp| stamp.frame).max().unwrap()
}

/// Fifty captures: the samples, each as pcap too in one variant or another, and some as pcapng of other forms.
fn fifty() -> Vec<Whole> {
    let mut wholes = Vec::new();
    for (number, name) in sample_names("script").iter().enumerate() {
        let frames = frames(&Script::sample(name).packets());
        let order = [ByteOrder::Little, ByteOrder::Big][number % 2];
        let variant = [Variant::Microseconds, Variant::Nanoseconds, Variant::Kuznetzov][number % 3];
        let block = [Block::Enhanced, Block::Obsolete][number / 2 % 2];
        let pcapng = Pcapng { order, block, sections: 1 + number % 3, ..Pcapng::default() };
        let sample = fs::read(samples_dir().join(format!("{name}.pcapng"))).unwrap();
        wholes.push(Whole::of(format!("{name}.pcapng"), sample));
        if frames.iter().all(|frame| frame.link == frames[0].link) {
            wholes.push(Whole::of(format!("{name} as pcap, {variant:?} {order:?}"), pcap(&frames, order, variant)));
        }
        wholes.push(Whole::of(format!("{name} as {pcapng:?}"), pcapng.write(&frames)));
    }
    wholes.truncate(50);
    assert_eq!(wholes.len(), 50);
    wholes
}

#[test]
fn p13_a_cut_at_any_byte_takes_only_what_is_behind_it() {
    for whole in fifty() {
        let known: Vec<Found> = (0..=whole.packets.len()).map(|len| analyse_frames(&whole.packets[..len])).collect();
        for cut in 0..=whole.bytes.len() {
            let what = format!("{} cut at {cut}", whole.name);
            let Reading { packets, error, .. } = read(&whole.bytes[..cut], PLAIN);
            let before = whole.records.iter().take_while(|record| record.all.end <= cut).count();
            assert_eq!(packets.get(..before), Some(&whole.packets[..before]), "{what}");
            let is_torn = whole.records.get(before).is_some_and(|record| record.all.start < cut);
            assert!(error.is_some() || !is_torn, "{what}: nobody is told");
            let found = match &packets[before..] {
                [] => &known[before],
                // What is there of the packet that is cut is looked at (case H16).
                [cut] => {
                    let whole = &whole.packets[before];
                    assert!(whole.data.starts_with(&cut.data) && whole.original_len == cut.original_len, "{what}");
                    &analyse_frames(&packets)
                }
                more => panic!("{what}: {} packets too many", more.len()),
            };
            assert_left(found, &whole.found).unwrap_or_else(|error| panic!("{what}: {error}"));
            whole.assert_kept(whole.rows_before(before), found, &what);
        }
    }
}

#[test]
fn p14_a_flipped_byte_takes_only_what_it_touches() {
    let (wholes, seed) = (fifty(), seed());
    for number in 0..FLIPS {
        let mut random = Random::of_case(seed, number);
        let whole = &wholes[random.below(wholes.len())];
        let place = random.below(whole.bytes.len());
        let mut bytes = whole.bytes.clone();
        bytes[place] ^= u8::try_from(1 + random.below(255)).unwrap();
        let what = format!("flip {number} of {seed} at {place}");
        check_flip(whole, &bytes, place, &what);
    }
}

fn check_flip(whole: &Whole, bytes: &[u8], place: usize, what: &str) {
    let before = whole.records.iter().take_while(|record| record.all.end <= place).count();
    let record = whole.records.get(before).filter(|record| record.all.contains(&place));
    let is_in_packet = record.is_some_and(|record| record.data.contains(&place));
    // A packet that turns into the description of an interface takes the number of the next one: no reader can tell.
    let is_interface = |record: &Record| {
        let block_type = bytes[record.all.start..].first_chunk();
        block_type.is_some_and(|bytes| [u32::from_be_bytes(*bytes), u32::from_le_bytes(*bytes)].contains(&1))
    };
    let is_recoverable = record.is_some_and(|record| !whole.len_of(record).contains(&place) && !is_interface(record));
    for recover in [false, true] {
        let reading = read(bytes, ReadOptions { recover, ..PLAIN });
        let Reading { packets, error, .. } = &reading;
        // The header of the file is in front of all packets.
        assert_eq!(packets.get(..before), Some(&whole.packets[..before]), "{} {what}", whole.name);
        let found = analyse_frames(packets);
        whole.assert_kept(whole.rows_before(before), &found, what);
        // The type of a block may become that of another, which holds no packet.
        if record.is_some_and(|record| record.all.start + 4 <= place) {
            // What is cut off a packet may look like another one, whose bytes are those behind it.
            let is_told = reading.is_told() || packets.len() >= whole.packets.len();
            assert!(is_told, "{} {what}: packets are missing, and nobody is told", whole.name);
        }
        if is_recoverable && recover {
            assert!(packets.ends_with(&whole.packets[before + 1..]), "{} {what}: {error:?}", whole.name);
        }
        if is_in_packet {
            assert!(error.is_none() && packets.len() == whole.packets.len(), "{} {what}: {error:?}", whole.name);
            assert_eq!(packets[before + 1..], whole.packets[before + 1..], "{} {what}", whole.name);
            let touched = [&whole.packets[before], &packets[before]].map(connection);
            let others = |found: &Found| {
                let untouched = found.observations.iter().filter(|row| !touched.contains(&Some(ends(row))));
                untouched.map(fields).collect::<Vec<_>>()
            };
            assert_eq!(others(&found), others(&whole.found), "{} {what}", whole.name);
        }
    }
}

/// The connection that a packet belongs to, if it is not a fragment: the samples have none.
fn connection(frame: &Frame) -> Option<[SocketAddr; 2]> {
    match decode(&as_packet(0, 1, frame)) {
        Decoded::Segment(segment) => Some(sorted([segment.source.into(), segment.destination.into()])),
        Decoded::Fragment(_) | Decoded::Other(_) => None,
    }
}

fn ends(row: &Observation) -> [SocketAddr; 2] {
    sorted([row.exchange.peers.client.into(), row.exchange.peers.server.into()])
}

fn sorted(mut ends: [SocketAddr; 2]) -> [SocketAddr; 2] {
    ends.sort_unstable();
    ends
}
