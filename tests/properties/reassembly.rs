//! P1 to P6: what a handler hears of a connection is what was said, or exactly what a model says of what is left.
//!
//! | property | the capture | and the handler on the table hears |
//! |---|---|---|
//! | P1 segmentation | two streams, cut anywhere, from any sequence numbers on | the truth: no gap, no flag |
//! | P2 order | in any order, the handshake too | the truth |
//! | P3 duplication | packets captured again | the truth |
//! | P4 consistent overlap | bytes sent again with other boundaries | the truth |
//! | P5 conflicting overlap | copies that differ, bytes behind the end, wrong checksums | the model; a conflict just where copies differ |
//! | P6 loss | packets missing and cut | the model; its gaps and no others |
//!
//! Each builds on those before it, but for P6, in which all copies agree. CI runs a million cases. The campaign runs any number on all cores:
//!
//! ```sh
//! MSNCENSUS_CASES=100000000 cargo test --release --locked -- --ignored campaign_of_p1_to_p6 --nocapture
//! ```
//!
//! A case that fails is made small, and told with its seed and number: `PROPTEST_RNG_SEED=seed MSNCENSUS_CASE=number` and
//! the name of its property run it again.

mod expected;
mod listener;
mod segments;

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use msncensus::flags::{Flag, Flags};
use msncensus::limits::{CONNECTIONS_MAX, MEMORY_MAX};
use msncensus::net::Checksum;
use msncensus::stats::Stats;
use msncensus::tcp::Table;

use self::expected::Expected;
use self::listener::{Heard, HeardByte, HeardStream};
use self::segments::{Case, Mess, captured, index};
use crate::support::engine::reassemble;
use crate::support::packet::{FIN, SYN};
use crate::support::random::{Random, seed};

/// A property, and what it lets happen.
struct Property {
    /// How the name of its test begins.
    name: &'static str,
    mess: Mess,
    /// Its share of a hundred cases.
    share: u64,
}

const CALM: Mess = Mess { order: false, copies: false, overlap: false, conflict: false, loss: false };
const MIXED: Mess = Mess { order: true, copies: true, overlap: true, ..CALM };

const P1: Property = Property { name: "p1_any_segmentation", mess: CALM, share: 10 };
const P2: Property = Property { name: "p2_any_order", mess: Mess { order: true, ..CALM }, share: 10 };
const P3: Property = Property { name: "p3_any_duplication", mess: Mess { copies: true, ..P2.mess }, share: 10 };
const P4: Property = Property { name: "p4_any_consistent_overlap", mess: MIXED, share: 20 };
const P5: Property = Property { name: "p5_a_conflicting_overlap", mess: Mess { conflict: true, ..MIXED }, share: 30 };
const P6: Property = Property { name: "p6_loss", mess: Mess { loss: true, ..MIXED }, share: 20 };

/// Cases of all properties together in CI.
const CASES: u64 = 1_000_000;

#[test]
fn p1_any_segmentation_gives_the_truth() {
    P1.check();
}

#[test]
fn p2_any_order_gives_the_truth() {
    P2.check();
}

#[test]
fn p3_any_duplication_gives_the_truth() {
    P3.check();
}

#[test]
fn p4_any_consistent_overlap_gives_the_truth() {
    P4.check();
}

#[test]
fn p5_a_conflicting_overlap_gives_what_the_model_says_and_a_flag_where_bytes_differ() {
    P5.check();
}

#[test]
fn p6_loss_gives_the_gaps_of_the_model() {
    P6.check();
}

#[test]
#[ignore = "as many cases as MSNCENSUS_CASES says"]
fn campaign_of_p1_to_p6() {
    let cases = std::env::var("MSNCENSUS_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    let (seed, threads) = (seed(), thread::available_parallelism().map_or(1, usize::from));
    for property in [P1, P2, P3, P4, P5, P6] {
        let (start, next, cases) = (Instant::now(), AtomicU64::new(0), cases * property.share / 100);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let number = next.fetch_add(1, Ordering::Relaxed)
                        && number < cases
                    {
                        property.try_case(seed, number);
                    }
                });
            }
        });
        let took = start.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = cases as f64 / took;
        eprintln!("{:<26} {cases:>11} cases {took:>8.1} s {rate:>9.0} a second, seed {seed}", property.name);
    }
}

impl Property {
    /// Tries this property's share of cases, or the one that is asked for.
    fn check(&self) {
        let seed = seed();
        match std::env::var("MSNCENSUS_CASE") {
            Ok(number) => self.try_case(seed, number.parse().unwrap()),
            Err(_) => (0..CASES * self.share / 100).for_each(|number| self.try_case(seed, number)),
        }
    }

    /// Panics with the smallest case like it if case `number` fails.
    fn try_case(&self, seed: u64, number: u64) {
        let case = Case::random(&mut Random::of_case(seed, number), self.mess);
        if let Some(failure) = self.failure(&case) {
            // What is left out is lost: a smaller case must agree with the model, not with the truth.
            let (small, failure) = P6.shrunk(case, failure);
            let run = format!("PROPTEST_RNG_SEED={seed} MSNCENSUS_CASE={number} {}", self.name);
            panic!("{run}: {failure}\n{}", told(&small));
        }
    }

    /// What is wrong with the case, if anything is.
    fn failure(&self, case: &Case) -> Option<String> {
        let heard = catch_unwind(AssertUnwindSafe(|| heard(case)));
        let Ok((heard, stats)) = heard else { return Some("the table, a law or the contract broke".to_owned()) };
        let Mess { conflict, loss, .. } = self.mess;
        let is_truth = || heard.iter().all(|heard| is_truth(case, heard)) && stats.streams.gaps == 0;
        difference(case, &heard, &stats)
            .or_else(|| (!conflict && !loss && !is_truth()).then(|| format!("not the truth: {heard:02x?}")))
    }

    /// Leaves out one packet after another for as long as the case fails.
    fn shrunk(&self, mut case: Case, mut failure: String) -> (Case, String) {
        let mut at = 0;
        while at < case.packets.len() {
            let mut smaller = case.clone();
            // Without the handshake the model does not know where streams start.
            let is_needed = smaller.packets.remove(at).flags & SYN != 0;
            match Some(&smaller).filter(|_| !is_needed).and_then(|smaller| self.failure(smaller)) {
                Some(other) => (case, failure, at) = (smaller, other, 0),
                None => at += 1,
            }
        }
        (case, failure)
    }
}

/// How many bytes a listener takes of those that are in order: whole words, so that it leaves some and must be told them
/// again.
fn word_len(bytes: impl DoubleEndedIterator<Item = u8> + ExactSizeIterator) -> usize {
    bytes.enumerate().rev().find(|(_, byte)| byte.is_multiple_of(8)).map_or(0, |(at, _)| at + 1)
}

fn heard(case: &Case) -> (Vec<Heard>, Stats) {
    reassemble(Table::<Heard>::with_bounds(MEMORY_MAX, CONNECTIONS_MAX), &case.packets)
}

/// Whether all that was said was heard, and nothing doubted.
fn is_truth(case: &Case, heard: &Heard) -> bool {
    heard.streams.iter().zip(&case.streams).all(|(heard, said)| {
        let certain = |byte: &Option<HeardByte>| byte.filter(|byte| byte.flags.is_empty()).map(|byte| byte.byte);
        heard.bytes.iter().map(certain).eq(said.iter().copied().map(Some))
    })
}

/// Where the table and the model differ, if they do.
fn difference(case: &Case, heard: &[Heard], stats: &Stats) -> Option<String> {
    let expected = Expected::of(case);
    let [heard] = heard else {
        let wrong = expected.opened || !heard.is_empty();
        return wrong.then(|| format!("{} connections", heard.len()));
    };
    for (side, (stream, model)) in heard.streams.iter().zip(&expected.streams).enumerate() {
        if let Some(difference) = difference_of_stream(case, stream, model) {
            return Some(format!("{}: {difference}", ["client", "server"][side]));
        }
    }
    let one_sided = expected.streams.iter().filter(|stream| stream.seen).count() == 1;
    let flags = if one_sided { Flag::OneSided.into() } else { Flags::NONE };
    if heard.flags != flags {
        return Some(format!("closed with {:?}, not {flags:?}", heard.flags));
    }
    counters(&expected, stats)
}

fn difference_of_stream(case: &Case, heard: &HeardStream, model: &expected::Stream) -> Option<String> {
    let cells = model.cells();
    if heard.bytes.len() != cells.len() {
        return Some(format!("{} bytes and not {}", heard.bytes.len(), cells.len()));
    }
    for (at, (heard, cell)) in heard.bytes.iter().zip(cells).enumerate() {
        let (heard, cell) = match (heard, cell) {
            (None, None) => continue,
            (Some(heard), Some(cell)) => (heard, cell),
            (heard, _) => return Some(format!("byte {at} is {}", if heard.is_some() { "there" } else { "a gap" })),
        };
        if (heard.byte, heard.frame) != (cell.byte, cell.frame) {
            return Some(format!("byte {at} is {heard:02x?}, not {:02x} of {}", cell.byte, cell.frame));
        }
        let packet = &case.packets[usize::try_from(cell.frame).unwrap() - 1];
        let conflict = heard.flags.has(Flag::Conflict);
        let mut flags = Flags::NONE;
        flags.raise_if(conflict, Flag::Conflict);
        flags.raise_if(cell.checksum == Checksum::Invalid, Flag::BadChecksum);
        flags.raise_if(captured(packet).len() < packet.payload.len(), Flag::Truncated);
        // All from the first difference of a copy to its last is doubtful.
        let right = if cell.contradicted { conflict } else { !conflict || model.doubted[at] };
        if !right || heard.flags != flags {
            return Some(format!("byte {at} has the flags {:?}", heard.flags));
        }
    }
    (heard.finished != Some(model.is_finished())).then(|| format!("finished: {:?}", heard.finished))
}

/// Every byte is counted as what it became.
fn counters(expected: &Expected, stats: &Stats) -> Option<String> {
    let cells = || expected.streams.iter().map(expected::Stream::cells);
    let delivered = cells().flatten().flatten().count() as u64;
    let missing = cells().flatten().count() as u64 - delivered;
    let gaps: usize = cells()
        .map(|cells| cells.chunk_by(|a, b| a.is_none() == b.is_none()).filter(|run| run[0].is_none()).count())
        .sum();
    let s = &stats.streams;
    let counters = [
        ("delivered", s.delivered_bytes, delivered),
        ("gaps", s.gaps, gaps as u64),
        ("gap bytes", s.gap_bytes, missing),
        ("duplicate", s.duplicate_bytes, expected.duplicate),
        ("conflicting", s.conflicting_bytes, expected.conflicting),
        ("after FIN", s.after_fin_bytes, expected.after_fin),
        ("stopped", s.stopped_bytes, expected.stopped),
    ];
    let wrong = counters.iter().find(|(_, counted, expected)| counted != expected);
    wrong.map(|(name, counted, expected)| format!("{name}: {counted} and not {expected}"))
}

/// The packets of a case, to be read.
fn told(case: &Case) -> String {
    let mut text = String::new();
    for (number, packet) in (1..).zip(&case.packets) {
        let at = packet.seq.wrapping_sub(case.isns[index(packet.side)]).wrapping_sub(1);
        let flag = |flag, word| if packet.flags & flag == 0 { "" } else { word };
        let (syn, fin) = (flag(SYN, " SYN"), flag(FIN, " FIN"));
        let (checksum, len) = (packet.envelope.checksum, packet.payload.len());
        writeln!(
            text,
            "{number:3} {:?}{syn}{fin} at {at}, {len} bytes, {checksum:?}: {:02x?}",
            packet.side,
            captured(packet)
        )
        .unwrap();
    }
    text
}
