//! The integration tests of msncensus, in one binary so that they link once.
//!
//! | module | asks |
//! |---|---|
//! | `support` | nothing of msncensus: makes captures out of scripts, and tests itself against libpcap and tshark |
//! | `golden` | does each sample still give its capture and its table? |
//! | `layering` | does `src/` keep to its layers? |
//! | `layers` | does a login read the same in tunnels and in fragments? |

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that meets what it does not expect should stop, and say so"
)]

mod golden;
mod layering;
mod layers;
mod support;
