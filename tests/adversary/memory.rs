//! What the program takes under attack: 64 MiB, and a quarter more than `--max-memory` at the very most.

use super::Capture;
use super::shapes::{SHAPES, Shape};
use crate::support::program::{Taken, measured};

const MIB: u64 = 1 << 20;

/// What the program takes besides what `--max-memory` bounds.
const FIXED_MAX: u64 = 64 * MIB;

/// The attacks of which each part is a connection, or a session, that stays.
const FLOODS: [&str; 8] = [
    "candidate flood",
    "logins half seen",
    "logins of MSNP7",
    "logins",
    "holes in many, no memory",
    "gateway opens, no answer",
    "gateway sessions",
    "many VLANs",
];

fn named(name: &str) -> &'static Shape {
    SHAPES.iter().find(|shape| shape.name == name).unwrap()
}

/// What the program takes of an attack of this size within `mebibytes`.
fn under_attack(shape: &Shape, size: usize, mebibytes: u64) -> Taken {
    let capture = Capture::of(shape, size);
    let max_memory = mebibytes.to_string();
    let taken = measured(&capture.path, &["--max-memory", &max_memory]);
    let allowed = FIXED_MAX + mebibytes * MIB * 5 / 4;
    let most = taken.memory / MIB;
    eprintln!("{:<28} {size:>9} {mebibytes:>6} MiB allowed, {most:>6} MiB taken, exit {}", shape.name, taken.exit);
    assert!(taken.memory > MIB, "{}: its memory was not measured", shape.name);
    assert!(taken.memory <= allowed, "{}: {most} MiB taken of {}", shape.name, allowed / MIB);
    taken
}

#[test]
fn a_flood_stays_within_the_memory_and_what_goes_is_told() {
    for name in FLOODS {
        let Taken { exit, said, .. } = under_attack(named(name), 40_000, 8);
        let is_told = said.contains("for the memory (--max-memory)") || said.contains("because too much was kept");
        assert!(exit == 3 && is_told, "{name}: exit {exit}: {said}");
    }
}

#[test]
#[ignore = "takes minutes"]
fn adversary_memory_holds_under_every_attack() {
    // Distinct clients are what the program is to tell of: their tables grow with them.
    for shape in SHAPES.iter().filter(|shape| shape.name != "many clients") {
        under_attack(shape, 4 * shape.size, 64);
    }
}

/// What a connection adds to the memory of the program, and its exchange to the census, in bytes.
fn each(name: &str) -> u64 {
    let [few, many] = [10_000, 40_000].map(|size| under_attack(named(name), size, 256).memory);
    (many - few) / 30_000
}

#[test]
fn a_connection_takes_little() {
    for (name, most) in [("logins half seen", 3_100), ("logins of MSNP7", 2_900), ("logins", 560)] {
        let each = each(name);
        assert!(each <= most, "{name}: {each} bytes each");
    }
}

/// A run that goes on until it is stopped counts clients within `--max-memory`; one over a file counts all.
#[test]
fn clients_that_there_is_no_room_for_take_no_memory() {
    let taken = |size: usize, goes_on: bool| {
        let capture = Capture::of(named("many clients"), size);
        let packets = size.to_string();
        let endless = if goes_on { &["--follow", "-c", &packets][..] } else { &[] };
        let taken = measured(&capture.path, &[endless, &["--max-memory", "4"]].concat());
        let is_full = taken.said.contains("more came than can be told apart");
        assert_eq!(is_full, goes_on, "exit {}: {}", taken.exit, taken.said);
        taken.memory
    };
    let more = |goes_on| taken(80_000, goes_on).saturating_sub(taken(20_000, goes_on));
    let (bounded, unbounded) = (more(true), more(false));
    assert!(unbounded > 12 * MIB, "{unbounded} bytes more for 60,000 clients more");
    // Blocks that are read ahead, and what the allocator keeps, come and go.
    assert!(bounded < 3 * MIB, "{bounded} bytes more for 60,000 clients that there was no room for");
}
