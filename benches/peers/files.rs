//! The captures as files: made when they are first asked for, and used again.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::captures::{Form, Kind, Size, write_capture};

/// Raise it when what is made changes: what was made before is then left alone.
const REVISION: u32 = 1;
/// Bytes that are read or written at a time.
const BUFFER_LEN: usize = 1024 * 1024;
/// The levels at which gzip and zstd compress unless told otherwise.
const GZIP_LEVEL: u32 = 6;
const ZSTD_LEVEL: i32 = 3;

/// How large a capture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    Whole,
    Tenth,
    /// Four times as long as a tenth, with as many connections at a time.
    LongTenth,
}

impl Scale {
    const fn size(self) -> Size {
        match self {
            Self::Whole => Size { parts: 1, times: 1 },
            Self::Tenth => Size { parts: 10, times: 1 },
            Self::LongTenth => Size { parts: 10, times: 4 },
        }
    }

    /// What distinguishes names of captures of this size.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::Tenth => "-tenth",
            Self::LongTenth => "-long-tenth",
        }
    }
}

/// How the bytes of a capture are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Zstd,
}

/// A capture on disk.
#[derive(Clone, Debug)]
pub(crate) struct CaptureFile {
    pub(crate) path: PathBuf,
    /// The number of packets in the first line, then each exchange in a line.
    truth: PathBuf,
    pub(crate) packets: u64,
}

impl CaptureFile {
    /// The capture of that kind, size and form in `directory`.
    pub(crate) fn of(directory: &Path, kind: Kind, scale: Scale, form: Form) -> io::Result<Self> {
        let directory = directory.join(format!("revision-{REVISION}"));
        fs::create_dir_all(&directory)?;
        let extension = match form {
            Form::Pcap => "pcap",
            Form::Pcapng => "pcapng",
        };
        let path = directory.join(format!("{kind}{}.{extension}", scale.suffix()));
        let truth = directory.join(format!("{kind}{}.{extension}.exchanges", scale.suffix()));
        if !truth.exists() {
            eprintln!("making {}", path.display());
            // The truth last: a capture that lacks it is not whole.
            let mut lines = Vec::new();
            let packets =
                write_capture(kind, scale.size(), form, create(&path)?, |exchange| writeln!(lines, "{exchange}"))?;
            let mut out = create(&truth)?;
            writeln!(out, "{packets}")?;
            out.write_all(&lines)?;
            out.flush()?;
        }
        let mut head = String::new();
        BufReader::new(File::open(&truth)?).read_line(&mut head)?;
        let packets = head.trim_end().parse().map_err(io::Error::other)?;
        Ok(Self { path, truth, packets })
    }

    /// The same, packed.
    pub(crate) fn packed(&self, packing: Packing) -> io::Result<Self> {
        let extension = match packing {
            Packing::Gzip => "gz",
            Packing::Zstd => "zst",
        };
        let path = self.path.with_extension(format!("pcap.{extension}"));
        if !path.exists() {
            eprintln!("making {}", path.display());
            let unfinished = self.path.with_extension(format!("pcap.{extension}.unfinished"));
            let (mut from, to) = (File::open(&self.path)?, create(&unfinished)?);
            match packing {
                Packing::Gzip => {
                    let mut encoder = GzEncoder::new(to, Compression::new(GZIP_LEVEL));
                    io::copy(&mut from, &mut encoder)?;
                    encoder.finish()?.flush()?;
                }
                Packing::Zstd => zstd::stream::copy_encode(from, to, ZSTD_LEVEL)?,
            }
            fs::rename(unfinished, &path)?;
        }
        Ok(Self { path, ..self.clone() })
    }

    /// Its exchanges, sorted, each as [`Exchange`](crate::captures::Exchange) shows it.
    pub(crate) fn exchanges(&self) -> io::Result<Vec<String>> {
        let mut lines: Vec<_> = BufReader::new(File::open(&self.truth)?).lines().skip(1).collect::<Result<_, _>>()?;
        lines.sort_unstable();
        Ok(lines)
    }

    /// Reads the file once, so that it lies in memory.
    pub(crate) fn warm(&self) -> io::Result<()> {
        let (mut file, mut buffer) = (File::open(&self.path)?, vec![0; BUFFER_LEN]);
        while file.read(&mut buffer)? > 0 {}
        Ok(())
    }
}

fn create(path: &Path) -> io::Result<BufWriter<File>> {
    Ok(BufWriter::with_capacity(BUFFER_LEN, File::create(path)?))
}
