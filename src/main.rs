//! `msncensus`: takes a census of MSN Messenger clients from network captures.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
