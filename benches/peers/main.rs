//! msncensus against `dd`, tcpdump, tcpflow and tshark, on captures that are made for it.
//!
//! ```sh
//! cargo bench --bench peers                              # everything, in full size: 10 GB of disk
//! cargo bench --bench peers -- --tenth mixed             # a tenth of one capture
//! cargo bench --bench peers -- --instructions            # instructions for each packet, against those last accepted
//! ```
//!
//! It never fails because something is slow, but for instructions: times are for the reader. It fails if an exchange is
//! missed or invented, or if the number of threads changes a byte of the tables.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a measurement is printed, and stops at what it does not expect; its numbers are far below 2^52"
)]

#[path = "../captures/mod.rs"]
mod captures;
mod files;
mod goals;
mod instructions;
mod race;
#[expect(dead_code, reason = "only tests take their seeds from the environment")]
#[path = "../../tests/support/random.rs"]
mod random;
mod truth;
mod usage;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use captures::{Form, Kind};
use files::{CaptureFile, Packing, Scale};
use instructions::Verdict;
use race::{BASE, OURS, OURS_ALONE, Outcome, Runner, compare_tables, heat};

/// Heats by their names on the command line.
const HEATS: [&str; 7] = ["mixed", "small", "census", "pcapng", "gz", "zst", "growth"];

/// Measures msncensus against other programs.
#[derive(Debug, Parser)]
struct Options {
    /// Heats; all if none is named
    #[arg(value_parser = HEATS)]
    names: Vec<String>,
    /// Captures of a tenth of the size
    #[arg(long)]
    tenth: bool,
    /// Runs of which the median is told
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    runs: u16,
    /// Where captures are made, and found if they are there
    #[arg(long, default_value = concat!(env!("CARGO_TARGET_TMPDIR"), "/captures"))]
    captures: PathBuf,
    /// Count instructions instead: fail if they have become more, or accept them as they are
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "check")]
    instructions: Option<Verdict>,
    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    fn scale(&self) -> Scale {
        if self.tenth { Scale::Tenth } else { Scale::Whole }
    }

    fn file(&self, kind: Kind, scale: Scale, form: Form) -> Result<CaptureFile> {
        Ok(CaptureFile::of(&self.captures, kind, scale, form)?)
    }

    /// The programs that take turns in a heat; they may write into `output`.
    fn runners(&self, name: &str, output: &Path) -> Result<Vec<Runner>> {
        let packed = |packing, unpacker| -> Result<Vec<Runner>> {
            // A tenth tells as much as the whole.
            let file = self.file(Kind::Mixed, Scale::Tenth, Form::Pcap)?.packed(packing)?;
            Ok(vec![Runner::unpacker(unpacker, &file), Runner::ours(OURS, &file, output)])
        };
        match name {
            "pcapng" => {
                let [pcap, pcapng] = [Form::Pcap, Form::Pcapng].map(|form| self.file(Kind::Small, self.scale(), form));
                Ok(vec![
                    Runner::ours("msncensus pcap", &pcap?, output),
                    Runner::ours("msncensus pcapng", &pcapng?, output),
                ])
            }
            "gz" => packed(Packing::Gzip, "gzip"),
            "zst" => packed(Packing::Zstd, "zstd"),
            "growth" => {
                let sizes =
                    [Kind::Mixed, Kind::Small].map(|kind| [Scale::Tenth, Scale::LongTenth].map(|scale| (kind, scale)));
                let runner = |(kind, scale): (Kind, Scale)| {
                    let file = self.file(kind, scale, Form::Pcap)?;
                    Ok(Runner::ours(&format!("{kind}{}", scale.suffix()), &file, output))
                };
                sizes.into_iter().flatten().map(runner).collect()
            }
            _ => self.against_peers(name, output),
        }
    }

    fn against_peers(&self, name: &str, output: &Path) -> Result<Vec<Runner>> {
        let kind = Kind::ALL.into_iter().find(|kind| kind.to_string() == name).expect("a name that clap lets in");
        let file = self.file(kind, self.scale(), Form::Pcap)?;
        let tenth = self.file(kind, Scale::Tenth, Form::Pcap)?;
        Ok(vec![
            Runner::base(&file),
            Runner::ours(OURS, &file, output),
            Runner::ours(OURS_ALONE, &file, output),
            Runner::tcpdump(&file),
            Runner::tcpflow(&tenth, output),
            Runner::tshark(&file),
        ])
    }
}

fn main() -> Result<ExitCode> {
    if let Some(code) = usage::serve() {
        return Ok(code);
    }
    let options = Options::parse();
    if let Some(verdict) = options.instructions {
        instructions::gate(&options.captures, verdict)?;
        return Ok(ExitCode::SUCCESS);
    }
    let names = if options.names.is_empty() { HEATS.map(String::from).into() } else { options.names.clone() };
    println!(
        "| capture | program | seconds | x `{BASE}` | processor seconds | x `{BASE}` | million packets a second | peak MiB |"
    );
    println!("|---|---|--:|--:|--:|--:|--:|--:|");
    let mut outcomes = Vec::new();
    for name in &names {
        let output = tempfile::tempdir()?;
        let done = heat(name, options.runners(name, output.path())?, options.runs.into())?;
        compare_tables(output.path())?;
        print(&done);
        outcomes.extend(done);
    }
    println!("\n| goal | is | wanted | |\n|---|--:|--:|---|");
    for goal in goals::goals(&outcomes) {
        println!("{goal}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints what was measured in a heat, as rows of a table for the README.
fn print(outcomes: &[Outcome]) {
    let base = outcomes.iter().find(|outcome| outcome.name == BASE);
    for outcome in outcomes {
        let Outcome { heat, name, usage, .. } = outcome;
        let times = |pace: fn(&Outcome) -> f64| {
            base.map(|base| format!("{:.2}", pace(outcome) / pace(base))).unwrap_or_default()
        };
        println!(
            "| {heat} | `{name}` | {:.3} | {} | {:.3} | {} | {:.2} | {:.1} |",
            usage.seconds,
            times(Outcome::pace),
            usage.processor_seconds,
            times(Outcome::processor_pace),
            1e-6 / outcome.pace(),
            usage.peak_kib / 1024.0,
        );
    }
}
