//! The file of a part.
//!
//! ```text
//! "msncensus part 1\n"   then, compressed by zstd, records: length, postcard
//!                        Exchange  Exchange  Exchange  ...  Rest
//! ```
//!
//! The rest stands last, since it is known last; a file without it is not complete. Numbers of inputs are those of the run.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use zstd::stream::{read::Decoder, write::Encoder};

use super::Edges;
use crate::cvr::Exchange;
use crate::report::{AnomalyRow, InputRow};
use crate::stats::Stats;

/// What a file begins with; the number counts up with every change of what follows.
const MAGIC: &[u8] = b"msncensus part 1\n";

/// Ten times faster than the usual level, and a quarter of what was there.
const LEVEL: i32 = 1;

/// Bytes of one record, many times the longest line and all that is said about it; the rest of a large run may be long.
const RECORD_LEN_MAX: usize = 1 << 30;

/// All that a run found besides its exchanges.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Rest {
    /// How each input ended.
    pub inputs: Vec<InputRow>,
    /// What went wrong.
    pub anomalies: Vec<AnomalyRow>,
    /// What a reader must know, in whole sentences.
    pub warnings: Vec<String>,
    /// The sum of all counters.
    pub stats: Stats,
    /// Whether data was lost or is doubtful.
    pub doubtful: bool,
    /// Whether the run was stopped before its end.
    pub interrupted: bool,
    /// The conversations at its edges.
    pub edges: Edges,
}

#[derive(Serialize, Deserialize)]
enum Record<E, R> {
    Exchange(E),
    Rest(R),
}

/// Writes a part.
pub struct PartWriter<W: Write> {
    to: Encoder<'static, W>,
    record: Vec<u8>,
}

impl<W: Write> PartWriter<W> {
    /// Begins a part.
    pub fn new(mut to: W) -> io::Result<Self> {
        to.write_all(MAGIC)?;
        Ok(Self { to: Encoder::new(to, LEVEL)?, record: Vec::new() })
    }

    /// Adds an exchange.
    pub fn push(&mut self, exchange: &Exchange) -> io::Result<()> {
        self.put(&Record::<_, ()>::Exchange(exchange))
    }

    /// Adds the rest and completes the part.
    pub fn finish(mut self, rest: &Rest) -> io::Result<W> {
        self.put(&Record::<(), _>::Rest(rest))?;
        let mut to = self.to.finish()?;
        to.flush()?;
        Ok(to)
    }

    fn put(&mut self, record: &impl Serialize) -> io::Result<()> {
        self.record.clear();
        self.record = postcard::to_extend(record, std::mem::take(&mut self.record)).map_err(io::Error::other)?;
        let len = u32::try_from(self.record.len()).map_err(io::Error::other)?;
        self.to.write_all(&len.to_le_bytes())?;
        self.to.write_all(&self.record)
    }
}

/// A part that was written before.
#[derive(Debug)]
pub struct Part {
    path: PathBuf,
    /// All that it holds besides the exchanges.
    pub rest: Rest,
}

/// Why a part cannot be read.
#[derive(Debug, Error)]
pub enum PartError {
    /// The file cannot be opened or read.
    #[error("{}: cannot be read: {error}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is not a part, or one of another version.
    #[error("{}: not a part that this version can read", path.display())]
    Unknown {
        /// Which file.
        path: PathBuf,
    },
    /// It ends before its end, or holds what nobody wrote.
    #[error("{}: damaged behind {records} records", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// How many records could be read.
        records: u64,
    },
}

impl Part {
    /// Reads the part at `path`; its exchanges are only looked through.
    pub fn open(path: &Path) -> Result<Self, PartError> {
        let mut rest = None;
        read(path, &mut |record| match record {
            Record::Exchange(_) => {}
            Record::Rest(found) => rest = Some(found),
        })?;
        let damaged = || PartError::Damaged { path: path.to_owned(), records: 0 };
        Ok(Self { path: path.to_owned(), rest: rest.ok_or_else(damaged)? })
    }

    /// Gives its exchanges, in the order in which they were added.
    pub fn exchanges(&self, take: &mut dyn FnMut(Exchange)) -> Result<(), PartError> {
        read(&self.path, &mut |record| {
            if let Record::Exchange(exchange) = record {
                take(exchange);
            }
        })
    }
}

/// Reads all records up to the rest, which must be there.
fn read(path: &Path, take: &mut dyn FnMut(Record<Exchange, Rest>)) -> Result<(), PartError> {
    let failed = |error| PartError::Io { path: path.to_owned(), error };
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let mut magic = [0; MAGIC.len()];
    if file.read_exact(&mut magic).is_err() || magic != MAGIC {
        return Err(PartError::Unknown { path: path.to_owned() });
    }
    let mut from = Decoder::with_buffer(file).map_err(failed)?;
    let mut bytes = Vec::new();
    let mut records = 0;
    loop {
        let record = next(&mut from, &mut bytes);
        let Some(record) = record else { return Err(PartError::Damaged { path: path.to_owned(), records }) };
        let is_last = matches!(record, Record::Rest(_));
        take(record);
        if is_last {
            return Ok(());
        }
        records += 1;
    }
}

/// The next record; `None` if there is none that can be read.
fn next(from: &mut impl Read, bytes: &mut Vec<u8>) -> Option<Record<Exchange, Rest>> {
    let mut len = [0; 4];
    from.read_exact(&mut len).ok()?;
    let len = usize::try_from(u32::from_le_bytes(len)).ok().filter(|len| *len <= RECORD_LEN_MAX)?;
    bytes.clear();
    let taken = from.by_ref().take(u64::try_from(len).ok()?).read_to_end(bytes).ok()?;
    (taken == len).then(|| postcard::from_bytes(bytes).ok())?
}
