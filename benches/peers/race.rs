//! Who runs against whom: in a heat several programs take turns, so that what else the machine does hits all alike.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::files::CaptureFile;
use crate::truth::check;
use crate::usage::{Usage, measure};

/// The program that all others are compared with: it reads the file and does nothing.
pub(crate) const BASE: &str = "dd";
/// This program as it is by default, and with one thread.
pub(crate) const OURS: &str = "msncensus";
pub(crate) const OURS_ALONE: &str = "msncensus -j 1";

/// The words that make the difference.
pub(crate) const ONE_THREAD: [&str; 2] = ["-j", "1"];

/// The executable that is measured: what cargo has just built.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_msncensus");
/// What the others are asked to look for: the port of the service.
const FILTER: &str = "tcp port 1863";
/// Packets that tshark reads: it would take minutes for millions.
const SLICE_PACKETS: u64 = 100_000;

/// One program on one capture.
#[derive(Debug)]
pub(crate) struct Runner {
    name: String,
    file: CaptureFile,
    words: Vec<OsString>,
    /// Packets that it reads.
    packets: u64,
    /// Runs once, however often the others do: it takes long.
    is_slow: bool,
}

/// What the runs of one program took.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) heat: String,
    pub(crate) name: String,
    pub(crate) packets: u64,
    pub(crate) usage: Usage,
}

impl Outcome {
    /// Seconds for each packet: what those can be compared by who do not read the same number.
    pub(crate) fn pace(&self) -> f64 {
        self.usage.seconds / self.packets as f64
    }

    /// The same in seconds of all processors: what else the machine does changes them less.
    pub(crate) fn processor_pace(&self) -> f64 {
        self.usage.processor_seconds / self.packets as f64
    }
}

impl Runner {
    /// Any program, with the words of its command line.
    pub(crate) fn new<const N: usize>(name: &str, file: &CaptureFile, words: [OsString; N]) -> Self {
        let packets = file.packets;
        Self { name: name.into(), file: file.clone(), words: words.into(), packets, is_slow: false }
    }

    /// `dd`, which only reads.
    pub(crate) fn base(file: &CaptureFile) -> Self {
        let mut input = OsString::from("if=");
        input.push(&file.path);
        Self::new(BASE, file, ["dd".into(), input, "of=/dev/null".into(), "bs=1M".into()])
    }

    /// A program that unpacks what it is given to standard output.
    pub(crate) fn unpacker(program: &str, file: &CaptureFile) -> Self {
        Self::new(program, file, [program.into(), "-dc".into(), file.path.clone().into()])
    }

    /// This program, which writes every table into `output`. It does not hash what it reads, as no other program does.
    pub(crate) fn ours(name: &str, file: &CaptureFile, output: &Path) -> Self {
        let path = file.path.clone().into();
        let mut runner = Self::new(
            name,
            file,
            [PROGRAM.into(), path, "--no-hash".into(), "--force".into(), "-o".into(), output.join(name).into()],
        );
        if name == OURS_ALONE {
            runner.words.extend(ONE_THREAD.map(OsString::from));
        }
        runner
    }

    /// tcpdump with its filter.
    pub(crate) fn tcpdump(file: &CaptureFile) -> Self {
        let path = file.path.clone().into();
        Self::new(
            "tcpdump",
            file,
            ["tcpdump".into(), "-r".into(), path, "-w".into(), "/dev/null".into(), FILTER.into()],
        )
    }

    /// tcpflow with the same filter, which writes streams into `output`: two files for each connection of the service.
    pub(crate) fn tcpflow(file: &CaptureFile, output: &Path) -> Self {
        let (path, output) = (file.path.clone().into(), output.join("tcpflow").into());
        let words = ["tcpflow".into(), "-r".into(), path, "-o".into(), output, FILTER.into()];
        Self { is_slow: true, ..Self::new("tcpflow", file, words) }
    }

    /// tshark with its dissector of MSN Messenger, on the first packets.
    pub(crate) fn tshark(file: &CaptureFile) -> Self {
        let (path, count) = (file.path.clone().into(), SLICE_PACKETS.to_string().into());
        let words = ["tshark".into(), "-n".into(), "-r".into(), path, "-c".into(), count, "-Y".into(), "msnms".into()];
        let packets = SLICE_PACKETS.min(file.packets);
        Self { packets, is_slow: true, ..Self::new("tshark", file, words) }
    }

    /// Whether the program is there: peers need not be.
    fn can_run(&self) -> bool {
        let version =
            self.words.first().map(|program| Command::new(program).arg("--version").stdin(Stdio::null()).output());
        version.is_some_and(|output| output.is_ok())
    }

    fn is_ours(&self) -> bool {
        self.words.first().is_some_and(|program| program == PROGRAM)
    }
}

/// Lets the programs run in turn, `runs` times, each on a file that lies in memory. What this program finds must be what is
/// there, and the same with any number of threads.
pub(crate) fn heat(name: &str, runners: Vec<Runner>, runs: usize) -> Result<Vec<Outcome>> {
    let (runners, absent): (Vec<_>, Vec<_>) = runners.into_iter().partition(Runner::can_run);
    for runner in &absent {
        eprintln!("{name}: {} is not there", runner.name);
    }
    runners.iter().filter(|runner| runner.is_ours()).try_for_each(|runner| check(&runner.file, &runner.name))?;
    let mut usages = vec![Vec::new(); runners.len()];
    for run in 0..runs {
        for (runner, usages) in runners.iter().zip(&mut usages) {
            if run == 0 || !runner.is_slow {
                eprintln!("{name}: {} {}/{runs}", runner.name, run + 1);
                runner.file.warm()?;
                usages.push(measure(&runner.words)?);
            }
        }
    }
    let outcome = |(runner, usages): (&Runner, &Vec<Usage>)| Outcome {
        heat: name.into(),
        name: runner.name.clone(),
        packets: runner.packets,
        usage: Usage::median(usages),
    };
    Ok(runners.iter().zip(&usages).map(outcome).collect())
}

/// Files that differ where the command does.
const TELL_THE_COMMAND: [&str; 2] = ["manifest.json", "report.html"];

/// Fails unless the files that this program wrote into each directory of `output` are the same, byte for byte, but for those that
/// tell when and by which words.
pub(crate) fn compare_tables(output: &Path) -> Result<()> {
    let tables = |name: &str| -> Result<BTreeMap<OsString, Vec<u8>>> {
        let directory = output.join(name);
        let entries = fs::read_dir(&directory).with_context(|| directory.display().to_string())?;
        let files = entries.map(|entry| entry.and_then(|entry| Ok((entry.file_name(), fs::read(entry.path())?))));
        let mut files = files.collect::<Result<BTreeMap<_, _>, _>>()?;
        files.retain(|name, _| !TELL_THE_COMMAND.iter().any(|told| OsStr::new(told) == name));
        Ok(files)
    };
    if !output.join(OURS_ALONE).exists() {
        return Ok(());
    }
    let (one, two) = (tables(OURS)?, tables(OURS_ALONE)?);
    let differing: Vec<_> =
        one.iter().filter(|(name, bytes)| two.get(*name) != Some(*bytes)).map(|(name, _)| name).collect();
    anyhow::ensure!(one.len() == two.len() && differing.is_empty(), "threads change what is written: {differing:?}");
    Ok(())
}
