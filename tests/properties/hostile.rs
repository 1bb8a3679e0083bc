//! P17: text that strangers chose comes back from every output as it was sent, or stands there without effect.
//!
//! | output | its text | and besides |
//! |---|---|---|
//! | CSV, for Excel, verbatim, both | comes back | one line a row; no cell runs as a formula; a row says so |
//! | NDJSON, Parquet | comes back | |
//! | aligned text | comes back | one line a row |
//! | the `exchanges` table | lines come back whole | through the engine, from packets |
//! | the page | stands as text | well-formed; nothing in it runs, loads or leads elsewhere |
//! | the summary | stands as text | no colour but its own |
//! | remarks on packets | stand as text | the capture reads back |
//!
//! None of them but Parquet, which is no text, holds a control character, half a character, or what turns the direction of
//! writing. What lies beside the tables is asked of the program, in `cli::companions`.
//!
//! CI tries some ten thousand texts. The campaign tries any number on all cores:
//!
//! ```sh
//! MSNCENSUS_CASES=62500 cargo test --release --locked --all-features -- --ignored campaign_of_p17 --nocapture
//! ```
//!
//! A case is sixteen texts. One that fails is told with its seed and number: `PROPTEST_RNG_SEED=seed MSNCENSUS_CASE=number` and
//! the name of the property run it again.

mod outputs;
mod texts;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use self::outputs::OUTPUTS;
use crate::support::random::{Random, seed};

/// Texts of one case: so many rows of so many cells.
const ROWS: usize = 4;
const COLUMNS: usize = 4;

/// Cases in CI.
const CASES: u64 = 1_500;

/// The texts of one case.
type Texts = [[Vec<u8>; COLUMNS]; ROWS];

#[test]
fn p17_hostile_text_comes_back_from_every_output_or_has_no_effect() {
    let seed = seed();
    match std::env::var("MSNCENSUS_CASE") {
        Ok(number) => try_case(seed, number.parse().unwrap()),
        Err(_) => (0..CASES).for_each(|number| try_case(seed, number)),
    }
}

#[test]
#[ignore = "as many cases as MSNCENSUS_CASES says"]
fn campaign_of_p17() {
    let cases = std::env::var("MSNCENSUS_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    let (seed, threads) = (seed(), thread::available_parallelism().map_or(1, usize::from));
    let (start, next) = (Instant::now(), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let number = next.fetch_add(1, Ordering::Relaxed)
                    && number < cases
                {
                    try_case(seed, number);
                }
            });
        }
    });
    let texts = cases * (ROWS * COLUMNS) as u64;
    eprintln!("p17: {texts} texts in {} outputs, seed {seed}, {:.0?}", OUTPUTS.len(), start.elapsed());
}

/// Panics if any output does anything with the texts of case `number` that it must not.
fn try_case(seed: u64, number: u64) {
    let mut random = Random::of_case(seed, number);
    let texts: Texts = std::array::from_fn(|_| std::array::from_fn(|_| texts::text(&mut random)));
    for (name, fault_of) in OUTPUTS {
        let fault = catch_unwind(AssertUnwindSafe(|| fault_of(&texts)));
        let fault = fault.unwrap_or_else(|_| Err("a panic".to_owned()));
        assert_eq!(fault, Ok(()), "PROPTEST_RNG_SEED={seed} MSNCENSUS_CASE={number}: {name}");
    }
}
