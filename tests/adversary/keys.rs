//! Connections whose keys somebody has chosen so that they collide in a hash that he knows: they cost no more than others.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use msncensus::msnp::Session;
use msncensus::net::{Decoded, decode};
use msncensus::stats::Ledger;
use msncensus::tcp::Table;

use super::processor_time;
use crate::support::LOGIN;
use crate::support::engine::as_packet;
use crate::support::frame::{Frame, frame};
use crate::support::packet::TestPacket;
use crate::support::random::Random;
use crate::support::script::Script;

const KEYS: u32 = 200_000;

/// How much more than others they may cost.
const RATIO_MAX: f64 = 1.3;

/// The factor of `FxHash`, and what FNV has.
const FX: u64 = 0x517c_c1b7_2722_0a95;
const FNV: u64 = 0x0000_0100_0000_01b3;
const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// Both addresses, and both ports, of connection `number`: the words that a hash is fed with.
type Words = fn(u32) -> (u64, u32);

/// All differ, without order.
fn at_random(number: u32) -> (u64, u32) {
    (Random::of_case(1863, number.into()).next(), number)
}

/// The addresses undo what the ports did to `FxHash`: half of all keys, those whose ends are in order as they are, share
/// one hash.
fn by_fx(number: u32) -> (u64, u32) {
    ((u64::from(number) << 32).wrapping_mul(FX).rotate_left(5) ^ 0x1863, number)
}

/// The same for FNV-1a over words.
fn by_fnv(number: u32) -> (u64, u32) {
    ((FNV_BASIS ^ u64::from(number) << 32).wrapping_mul(FNV) ^ 0x1863, number)
}

/// All differ in the upper bits of each address only: a table that goes by the lower bits of a key has one place for them.
fn by_low_bits(number: u32) -> (u64, u32) {
    let [high, low] = [number / 512, number % 512].map(|part| u64::from(part) << 23);
    (high << 32 | low, 0x0747_0400)
}

fn frames(words: Words) -> Vec<Frame> {
    let greeting = Script::parse(LOGIN).unwrap().packets().remove(3);
    let end = |addresses: u64, ports: u32| {
        let address = Ipv4Addr::from_bits(u32::try_from(addresses >> 32).unwrap());
        SocketAddr::from((address, u16::try_from(ports >> 16).unwrap()))
    };
    let packets = (0..KEYS).map(|number| {
        let (addresses, ports) = words(number);
        let (source, destination) = (end(addresses, ports), end(addresses << 32, ports << 16));
        frame(&TestPacket { source, destination, ..greeting.clone() })
    });
    packets.collect()
}

/// What the connections cost, and how many there are: the best of five rounds.
fn cost(words: Words) -> (Duration, usize) {
    let frames = frames(words);
    let round = || {
        let mut table = Table::<Session>::with_bounds(usize::MAX, usize::MAX);
        let (mut ledger, mut events) = (Ledger::default(), Vec::new());
        let start = processor_time();
        for (number, frame) in (1..).zip(&frames) {
            if let Decoded::Segment(segment) = decode(&as_packet(0, number, frame)) {
                let moment = segment.stamp.time.into();
                table.push(&segment, moment, &mut ledger, &mut events);
            }
        }
        let took = processor_time().saturating_sub(start);
        (took, usize::try_from(ledger.total().streams.followed).unwrap())
    };
    (0..5).map(|_| round()).min().unwrap()
}

#[test]
#[ignore = "its figure is that of a release"]
fn adversary_chosen_keys_cost_no_more_than_others() {
    let (usual, count) = cost(at_random);
    eprintln!("{count} connections at random: {usual:?}");
    for (name, words) in [("FxHash", by_fx as Words), ("FNV", by_fnv), ("low bits", by_low_bits)] {
        let (took, count) = cost(words);
        let ratio = took.as_secs_f64() / usual.as_secs_f64();
        eprintln!("{count} connections that collide by {name}: {took:?}, {ratio:.2} times as long");
        assert!(count > usize::try_from(KEYS).unwrap() * 9 / 10, "{name}: only {count} connections");
        assert!(ratio < RATIO_MAX, "{name}: {ratio:.2} times as long");
    }
}
