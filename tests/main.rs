//! The integration tests of msncensus, in one binary so that they link once.
//!
//! | module | asks |
//! |---|---|
//! | `support` | makes captures out of scripts, and tests itself against libpcap and tshark |
//! | `adversary` | does an attack of any kind cost more than its size? |
//! | `cases` | does the engine do in each edge case what was decided? |
//! | `captures` | are the exchanges of the captures that speed is measured on those that they claim? |
//! | `cli` | does the program do what its interface promises: words, files, exit codes, messages? |
//! | `dashboard` | does it ask for what the program tells? |
//! | `golden` | does each sample still give its capture and its table? |
//! | `layering` | does `src/` keep to its layers? |
//! | `limits` | do the bounds hold, and the laws under them? |
//! | `oracles` | do libpcap and tshark find the same records and streams? |
//! | `properties` | P1 to P17: does anything but what was said change what is found, or do harm? |
//! | `protocol` | does every line that is known to have been sent give its fields and their meaning? |
//! | `readme` | does the README tell the truth? |
//! | `real` | are the exchanges of real captures found, field for field? |
//! | `soundness` | are the lines of all rows in the packets that the rows name? |
//! | `transports` | does one conversation read the same through the gateway, CONNECT and SOCKS? |
//! | `variants` | does the program give one login the same fields, however it was captured? |

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that meets what it does not expect should stop, and say so"
)]

mod adversary;
mod captures;
mod cases;
mod cli;
mod dashboard;
mod golden;
mod layering;
mod limits;
mod oracles;
mod properties;
mod protocol;
mod readme;
mod real;
mod soundness;
mod support;
mod transports;
mod variants;
