//! Attacks, each of any size: the program gets through, keeps the laws, and twice the attack costs twice the
//! time.
//!
//! CI runs them small and asserts what does not depend on the machine. The manual campaign runs them large, by
//! `cargo test --release -- --ignored adversary --nocapture --test-threads=1`, and prints a table of times: doubling any
//! of them may multiply its time by 2.3 at most. `MSNCENSUS_ADVERSARY` writes the captures into a directory instead of
//! forgetting them, for a look at what the program itself takes of them. Times are what the thread had of a processor, so
//! that a busy machine does not change them much.

mod keys;
mod memory;
mod shapes;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use msncensus::capture::{ReadOptions, list};
use msncensus::net::Checksum;
use msncensus::packet::Stamp;
use msncensus::run::{Findings, Plan, run};
use msncensus::tcp::{Assembler, Origin};
use tempfile::TempDir;

use self::shapes::{SHAPES, Shape};

/// All rounds of a measurement take at least this together.
const MEASURED_MIN: Duration = Duration::from_millis(400);

/// How much a doubled attack may multiply the time.
const RATIO_MAX: f64 = 2.3;

/// What this thread had of a processor so far, as Linux tells it.
fn processor_time() -> Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(told.split(' ').next().unwrap().parse().unwrap())
}

/// The capture of an attack, in a file.
struct Capture {
    path: PathBuf,
    len: usize,
    _temporary: TempDir,
}

impl Capture {
    fn of(shape: &Shape, size: usize) -> Self {
        let bytes = (shape.capture)(size);
        let kept = std::env::var_os("MSNCENSUS_ADVERSARY").map(PathBuf::from);
        let temporary = TempDir::new().unwrap();
        let directory = kept.unwrap_or_else(|| temporary.path().to_owned());
        let path = directory.join(format!("{}-{size}", shape.name.replace(' ', "-")));
        fs::write(&path, &bytes).unwrap();
        Self { path, len: bytes.len(), _temporary: temporary }
    }
}

/// The time that it takes to read the capture of `shape`, what was found, and the length of the capture.
fn attack(shape: &Shape, size: usize) -> (Duration, Findings, usize) {
    let capture = Capture::of(shape, size);
    let path = capture.path.clone();
    let options = ReadOptions { recover: shape.recover, hash: false };
    let mut plan = Plan { options, ..Plan::new(list([path.into()])) };
    if let Some(memory_max) = shape.memory_max {
        plan.memory_max = memory_max;
    }
    if shape.save {
        plan.save = Some(Box::new(std::io::sink()));
    }
    let start = processor_time();
    let found = run(plan, &Arc::default(), &mut |_| {});
    let took = processor_time().saturating_sub(start);
    assert_eq!(found.stats.broken_law_at_end(), None, "{}", shape.name);
    (took, found, capture.len)
}

#[test]
fn every_attack_is_survived_and_accounted_for() {
    for shape in SHAPES {
        let (_, found, _) = attack(shape, shape.size / 100);
        assert!((shape.proof)(&found), "{}: {:?}", shape.name, found.stats);
    }
}

/// The time that an attack of this size takes, and the length of its capture: the best of three rounds, as all that
/// disturbs a measurement makes it longer; of a short attack the mean of many, because the system counts a thread's time
/// in steps of some milliseconds.
fn measured(shape: &Shape, size: usize) -> (Duration, usize) {
    let (mut rounds, mut total, mut best, mut len) = (0, Duration::ZERO, Duration::MAX, 0);
    while rounds < 3 || total < MEASURED_MIN {
        let (took, _, capture_len) = attack(shape, size);
        (rounds, total, best, len) = (rounds + 1, total + took, best.min(took), capture_len);
    }
    (if rounds == 3 { best } else { total / rounds }, len)
}

#[test]
#[ignore = "takes minutes"]
fn adversary_twice_the_attack_costs_twice_the_time() {
    let mut slow = Vec::new();
    eprintln!("{:<28} {:>9} {:>8} {:>9} {:>9} {:>6}", "attack", "size", "MB", "once", "doubled", "ratio");
    for shape in SHAPES {
        let ((mut once, len), (mut twice, _)) = (measured(shape, shape.size), measured(shape, 2 * shape.size));
        // What else the machine does can only add to either time.
        for _ in 0..2 {
            if twice.div_duration_f64(once) > RATIO_MAX {
                once = once.min(measured(shape, shape.size).0);
                twice = twice.min(measured(shape, 2 * shape.size).0);
            }
        }
        let ratio = twice.div_duration_f64(once);
        let megabytes = f64::from(u32::try_from(len).unwrap()) / 1e6;
        let name = shape.name;
        eprintln!("{name:<28} {:>9} {megabytes:>8.1} {once:>9.3?} {twice:>9.3?} {ratio:>6.2}", shape.size);
        if ratio > RATIO_MAX {
            slow.push((name, ratio));
        }
    }
    assert!(slow.is_empty(), "{slow:?}");
}

/// Single bytes in descending order, all above a hole, which the last byte fills.
fn descend(segments: u64) -> (Duration, Assembler) {
    let mut assembler = Assembler::new(0);
    let origin = |frame| Origin { checksum: Checksum::Valid, ..Origin::of(Stamp { frame, ..Stamp::default() }) };
    let start = processor_time();
    for place in (1..segments).rev() {
        assembler.insert(place, b"x", origin(segments - place));
    }
    (processor_time().saturating_sub(start), assembler)
}

#[test]
fn bytes_in_descending_order_stay_within_their_bound() {
    let (_, mut assembler) = descend(20_000);
    assert_eq!(assembler.first_beyond(), Some(1));
    assert_eq!(assembler.waiting().1, 19_999);
    let tally = assembler.insert(0, b"x", Origin::of(Stamp::default()));
    assert_eq!((tally.delivered, assembler.end(), assembler.waiting().1), (20_000, 20_000, 0));
    assert_eq!(assembler.unread().bytes().len(), 20_000);
}

#[test]
#[ignore = "its figure is that of a release"]
fn adversary_a_million_bytes_in_descending_order_take_under_a_second() {
    let (took, assembler) = descend(1_000_000);
    eprintln!("a million bytes in descending order: {took:?}, {} bytes of memory", assembler.memory());
    assert!(took < Duration::from_secs(1), "{took:?}");
}
