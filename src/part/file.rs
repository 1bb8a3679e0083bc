//! The file of a part.
//!
//! ```text
//! "msncensus part 4\n"   then frames of zstd, which hold records: length, postcard
//!                        Exchange  Exchange  Exchange  ...  Rest
//! ```
//!
//! The rest stands last, since it is known last; a file without it is not complete. What was written so far is complete with
//! one more frame. Numbers of inputs are those of the run.
//!
//! Of an input its counters are kept, and what its reading met; what the tables say of the counters is said anew when it is
//! known what was counted in the packets at the edges, read again together.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use postcard::ser_flavors::Size;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zstd::stream::read::Decoder;
use zstd::stream::write::Encoder;

use crate::cvr::Exchange;
use crate::dissect::Edges;
use crate::limits::PART_RECORD_LEN_MAX;
use crate::packet::{InputId, Renumbering};
use crate::privacy::Level;
use crate::report::{AnomalyRow, InputRow};
use crate::stats::Ledger;

/// What a file begins with; the number counts up with every change of what follows.
const MAGIC: &[u8] = b"msncensus part 4\n";

/// Ten times faster than the usual level, and a quarter of what was there.
const LEVEL: i32 = 1;

/// How far back it looks for what it writes again, as a power of two: exchanges are short, and all look alike.
const WINDOW_LOG: u32 = 17;

/// Bytes of records that become one frame: large enough to be compressed well.
const FRAME_LEN: usize = 256 * 1024;

/// Bytes of a record's length.
const LEN_LEN: usize = 4;

/// All that one part counts, added up, is less: bytes that no disk holds. So the sums over thousands of parts cannot overflow.
const COUNTED_MAX: u64 = 1 << 52;

/// All that a run found besides its exchanges.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Rest<'a> {
    /// How each input ended.
    pub inputs: Vec<InputRow>,
    /// What its readings met besides.
    pub remarks: Remarks,
    /// All counters.
    pub ledger: Ledger,
    /// Whether the run was stopped before its end.
    pub interrupted: bool,
    /// How much its tables show of whom.
    pub level: Level,
    /// The fingerprint of the key that the pseudonyms were made with, if there are any.
    pub key: Option<String>,
    /// The conversations at its edges, and at those of all that was joined in it.
    pub edges: Cow<'a, [Edges]>,
}

/// What readings met, whatever their packets say: that is told by counters, which the packets before and behind may change.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Remarks {
    /// What went wrong, by input.
    pub anomalies: Vec<Vec<AnomalyRow>>,
    /// What a reader must know, in whole sentences.
    pub warnings: Vec<String>,
    /// Whether data was lost or is doubtful.
    pub doubtful: bool,
}

#[derive(Serialize, Deserialize)]
enum Record<E, R> {
    Exchange(E),
    Rest(R),
}

/// Writes a part.
#[derive(Debug)]
pub struct PartWriter<W> {
    to: W,
    /// Records that wait to be a frame.
    waiting: Vec<u8>,
}

impl<W: Write> PartWriter<W> {
    /// Begins a part.
    pub fn new(mut to: W) -> io::Result<Self> {
        to.write_all(MAGIC)?;
        Ok(Self { to, waiting: Vec::new() })
    }

    /// Adds an exchange.
    pub fn push(&mut self, exchange: &Exchange) -> io::Result<()> {
        put(&Record::<_, ()>::Exchange(exchange), &mut self.waiting)?;
        if self.waiting.len() < FRAME_LEN { Ok(()) } else { self.write_waiting() }
    }

    /// Hands on all exchanges so far, and gives what makes them a complete part.
    pub fn so_far(&mut self, rest: &Rest<'_>) -> io::Result<Vec<u8>> {
        self.write_waiting()?;
        self.to.flush()?;
        frame(Vec::new(), |to| put(&Record::<(), _>::Rest(rest), to))
    }

    /// Adds the rest and completes the part.
    pub fn finish(mut self, rest: &Rest<'_>) -> io::Result<W> {
        let last = self.so_far(rest)?;
        self.to.write_all(&last)?;
        self.to.flush()?;
        Ok(self.to)
    }

    fn write_waiting(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        frame(&mut self.to, |to| to.write_all(&self.waiting))?;
        self.waiting.clear();
        Ok(())
    }
}

/// A frame of what `fill` writes, with a checksum: most damage leaves something that zstd can read.
fn frame<W: Write>(to: W, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<W> {
    let mut encoder = Encoder::new(to, LEVEL)?;
    encoder.include_checksum(true)?;
    encoder.window_log(WINDOW_LOG)?;
    // Records are written some bytes at a time.
    let mut buffered = BufWriter::new(encoder);
    fill(&mut buffered)?;
    buffered.into_inner().map_err(io::IntoInnerError::into_error)?.finish()
}

/// Writes a record, which is not held as a whole: the last one may be long. `to` takes what it is given: postcard does not tell
/// why something could not be written.
fn put(record: &impl Serialize, to: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let len = postcard::serialize_with_flavor(record, Size::default()).map_err(io::Error::other)?;
    to.write_all(&record_len(len)?.to_le_bytes())?;
    postcard::to_io(record, to).map_err(io::Error::other)?;
    Ok(())
}

/// The length of a record as it stands before it, if it can be read again.
fn record_len(len: usize) -> io::Result<u32> {
    let fitting = u32::try_from(len).ok().filter(|len| *len <= PART_RECORD_LEN_MAX);
    fitting.ok_or_else(|| io::Error::other(format!("a record of {len} bytes, more than can be read again")))
}

/// A part that was written before.
#[derive(Debug)]
pub struct Part {
    path: PathBuf,
    /// All that it holds besides the exchanges.
    pub rest: Rest<'static>,
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
    /// It hides other names, or by another key, than the parts that it is to be joined to.
    #[error("{}: hides who it was in another way, or with another key: nobody can tell who is who", path.display())]
    HiddenOtherwise {
        /// Which file.
        path: PathBuf,
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
        let mut rest = rest.filter(|rest| sum_of_counts(rest) <= COUNTED_MAX).ok_or_else(damaged)?;
        // The packets of inputs that are not there, which nobody wrote, become those of the first.
        let inputs = Renumbering((0..).map(InputId).take(rest.inputs.len()).collect());
        rest.edges.to_mut().iter_mut().for_each(|edges| edges.renumber(&inputs));
        Ok(Self { path: path.to_owned(), rest })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
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

/// All counts of a part, added up as far as a number goes.
fn sum_of_counts(rest: &Rest<'_>) -> u64 {
    let of_inputs = rest.inputs.iter().flat_map(InputRow::counts);
    let of_packets = rest.ledger.iter().flat_map(|(_, stats)| {
        let suppressed = stats.anomalies.suppressed().map(|(_, count)| count);
        let sampled = [stats.checksums.checked, stats.checksums.bad];
        stats.counters().map(|(_, count)| count).chain(suppressed).chain(sampled)
    });
    of_packets.chain(of_inputs).fold(0, u64::saturating_add)
}

/// Reads all records up to the rest, which must be there and the last.
fn read(path: &Path, take: &mut dyn FnMut(Record<Exchange, Rest<'static>>)) -> Result<(), PartError> {
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
            // The checksum stands behind it.
            let is_whole = matches!(from.read(&mut [0]), Ok(0));
            return if is_whole { Ok(()) } else { Err(PartError::Damaged { path: path.to_owned(), records }) };
        }
        records += 1;
    }
}

/// The next record; `None` if there is none that can be read.
fn next(from: &mut impl Read, bytes: &mut Vec<u8>) -> Option<Record<Exchange, Rest<'static>>> {
    let mut len = [0; LEN_LEN];
    from.read_exact(&mut len).ok()?;
    let len = Some(u32::from_le_bytes(len)).filter(|len| *len <= PART_RECORD_LEN_MAX)?;
    bytes.clear();
    let taken = from.by_ref().take(len.into()).read_to_end(bytes).ok()?;
    (u32::try_from(taken) == Ok(len)).then(|| postcard::from_bytes(bytes).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::census::synthetic::{REPLY, REQUEST, observation};

    /// A part of so many exchanges.
    fn part(exchanges: u8) -> Vec<u8> {
        let mut writer = PartWriter::new(Vec::new()).unwrap();
        for number in 0..exchanges {
            writer.push(&observation(number, number.into(), REQUEST, REPLY).exchange).unwrap();
        }
        let remarks = Remarks { warnings: vec!["a warning".into()], ..Remarks::default() };
        let rest = Rest { remarks, ..Rest::default() };
        writer.finish(&rest).unwrap()
    }

    fn open(bytes: &[u8]) -> (Result<Part, PartError>, tempfile::NamedTempFile) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        (Part::open(file.path()), file)
    }

    #[test]
    fn a_part_is_read_as_it_was_written() {
        for exchanges in [0, 1, 200] {
            let (read, _file) = open(&part(exchanges));
            let read = read.unwrap();
            assert_eq!(read.rest.remarks.warnings, ["a warning"]);
            let mut found = Vec::new();
            read.exchanges(&mut |exchange| found.push(format!("{exchange:?}"))).unwrap();
            let expected = (0..exchanges).map(|number| observation(number, number.into(), REQUEST, REPLY).exchange);
            assert_eq!(found, expected.map(|exchange| format!("{exchange:?}")).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_part_that_is_cut_anywhere_is_none() {
        let part = part(3);
        for cut in 0..part.len() {
            let (read, _file) = open(&part[..cut]);
            assert!(matches!(read, Err(PartError::Unknown { .. } | PartError::Damaged { .. })), "cut at {cut}");
        }
    }

    /// Some bits of what is compressed say nothing.
    #[test]
    fn a_part_of_which_one_byte_is_another_is_none_or_the_same() {
        let part = part(3);
        let told = |part: &Part| {
            let mut told = vec![format!("{:?}", part.rest)];
            part.exchanges(&mut |exchange| told.push(format!("{exchange:?}"))).unwrap();
            told
        };
        let (whole, _file) = open(&part);
        let whole = told(&whole.unwrap());
        for place in 0..part.len() {
            let mut damaged = part.clone();
            damaged[place] ^= 1;
            match open(&damaged) {
                (Err(PartError::Unknown { .. } | PartError::Damaged { .. }), _) => {}
                (read, _file) => assert_eq!(told(&read.unwrap()), whole, "byte {place}"),
            }
        }
    }

    #[test]
    fn counts_that_nobody_counted_are_damage() {
        let mut rest = Rest::default();
        rest.ledger.at(InputId(0)).packets.packets = u64::MAX;
        let (read, _file) = open(&PartWriter::new(Vec::new()).unwrap().finish(&rest).unwrap());
        assert!(matches!(read, Err(PartError::Damaged { .. })));
    }

    #[test]
    fn no_record_is_written_that_could_not_be_read() {
        assert_eq!(record_len(1 << 30).unwrap(), PART_RECORD_LEN_MAX);
        assert!(record_len((1 << 30) + 1).is_err() && record_len(1 << 32).is_err());
    }

    #[test]
    fn what_is_written_so_far_is_a_part_with_its_end() {
        let mut writer = PartWriter::new(Vec::new()).unwrap();
        writer.push(&observation(1, 1, REQUEST, REPLY).exchange).unwrap();
        let end = writer.so_far(&Rest::default()).unwrap();
        let so_far = [&writer.to[..], &end].concat();
        writer.push(&observation(2, 2, REQUEST, REPLY).exchange).unwrap();
        for (bytes, count) in [(so_far, 1), (writer.finish(&Rest::default()).unwrap(), 2)] {
            let (read, _file) = open(&bytes);
            let mut found = 0;
            read.unwrap().exchanges(&mut |_| found += 1).unwrap();
            assert_eq!(found, count);
        }
    }
}
