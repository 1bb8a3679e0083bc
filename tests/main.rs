//! The integration tests of msncensus, in one binary so that they link once.
//!
//! | module | asks |
//! |---|---|
//! | `support` | nothing of msncensus: makes captures out of scripts, and tests itself against libpcap and tshark |
//! | `cli` | does the program do what its interface promises: words, files, exit codes, messages? |
//! | `golden` | does each sample still give its capture and its table? |
//! | `layering` | does `src/` keep to its layers? |
//! | `readme` | does the README tell the truth? |

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that meets what it does not expect should stop, and say so"
)]

mod cli;
mod golden;
mod layering;
mod readme;
mod support;
