//! Exchanges in the order of time, however many there are.
//!
//! They are found in the order in which they end, and the tables have them in the order in which they began. So many as
//! [`SPOOL_LEN`] holds are sorted in memory, each as it is written. Of more, sorted parts wait in a temporary file that
//! has no name, and are merged in the end:
//!
//! ```text
//! found   ───►  held, up to SPOOL_LEN  ─── sorted ──►  part │ part │ part        file
//!                        └──────── sorted, the last part ────────┴──────┴──► merged
//! ```
//!
//! Where no temporary file can be made, all are held in memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::Arc;

use crate::cvr::Exchange;
use crate::limits::SPOOL_LEN;
use crate::msnp::SessionId;
use crate::packet::{InputId, Timestamp};

/// Bytes that are read of a part at once.
const PART_READ_LEN: usize = 8 * 1024;

/// Bytes of a part that are written at once.
const PART_WRITE_LEN: usize = 64 * 1024;

/// What the rows of the `exchanges` table are ordered by; of one session, the order of finding decides.
type Key = (Timestamp, InputId, u64, SessionId);

fn key(exchange: &Exchange) -> Key {
    let stamp = exchange.stamp();
    (stamp.time, stamp.input, stamp.frame, exchange.session)
}

/// Takes exchanges in any order.
#[derive(Default)]
pub(super) struct Spool {
    held: Held,
    parts: Vec<Part>,
    file: Option<File>,
    /// Whether there can be no file.
    stays_in_memory: bool,
    spilled: usize,
    /// The times of the earliest and the latest exchange.
    period: Option<(Timestamp, Timestamp)>,
}

/// Exchanges in memory, as they are written: they take a quarter of their room so, and are written sooner or later.
#[derive(Default)]
struct Held {
    bytes: Vec<u8>,
    /// Where each of them stands in `bytes`.
    places: Vec<(Key, Range<usize>)>,
}

impl Held {
    fn push(&mut self, exchange: &Exchange) {
        let start = self.bytes.len();
        postcard::to_io(exchange, &mut self.bytes).expect("memory takes what is written");
        self.places.push((key(exchange), start..self.bytes.len()));
    }

    fn sort(&mut self) {
        self.places.sort_by_key(|(key, _)| *key);
    }

    /// Each of them, in order.
    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.places.iter().map(|(_, place)| self.bytes.get(place.clone()).unwrap_or_default())
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
    }
}

/// Where one part stands in the file.
#[derive(Clone, Copy)]
struct Part {
    offset: u64,
    exchanges: usize,
}

impl Spool {
    /// How many exchanges there are.
    pub(super) fn len(&self) -> usize {
        self.spilled + self.held.places.len()
    }

    /// The times of the earliest and the latest exchange.
    pub(super) const fn period(&self) -> Option<(Timestamp, Timestamp)> {
        self.period
    }

    /// Takes the exchanges in `found`, in the order of finding.
    pub(super) fn append(&mut self, found: &mut Vec<Exchange>) {
        for exchange in found.drain(..) {
            let time = exchange.time();
            let (first, last) = self.period.unwrap_or((time, time));
            self.period = Some((first.min(time), last.max(time)));
            self.held.push(&exchange);
            if self.held.bytes.len() >= SPOOL_LEN && !self.stays_in_memory {
                self.stays_in_memory = self.spill().is_err();
            }
        }
    }

    /// Writes what is held as a part of its own. After an error all of it is still held.
    fn spill(&mut self) -> io::Result<()> {
        let mut file = match &self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile()?),
        };
        let offset = file.seek(SeekFrom::End(0))?;
        self.held.sort();
        let mut to = BufWriter::with_capacity(PART_WRITE_LEN, &mut file);
        for exchange in self.held.iter() {
            let len = u32::try_from(exchange.len()).map_err(io::Error::other)?;
            to.write_all(&len.to_le_bytes())?;
            to.write_all(exchange)?;
        }
        to.flush()?;
        drop(to);
        let exchanges = self.held.places.len();
        self.parts.push(Part { offset, exchanges });
        self.spilled += exchanges;
        self.held.clear();
        Ok(())
    }

    /// Gives all exchanges in the order of time. The error is that of the temporary file.
    pub(super) fn give(mut self, mut take: impl FnMut(Exchange)) -> io::Result<()> {
        self.held.sort();
        let file = self.file.map(Arc::new);
        let from_file =
            file.iter().flat_map(|file| self.parts.iter().map(|part| Source::part(Arc::clone(file), *part)));
        let mut sources: Vec<Source> = from_file.chain([Source::held(self.held)]).collect();
        // The earliest exchange of each source; of equals, that of the earlier part, which was found earlier.
        let mut heads: Vec<Option<Exchange>> = sources.iter_mut().map(Source::next).collect::<io::Result<_>>()?;
        let of = |(at, head): (usize, &Option<Exchange>)| head.as_ref().map(|head| Reverse((key(head), at)));
        let mut order: BinaryHeap<_> = heads.iter().enumerate().filter_map(of).collect();
        while let Some(Reverse((_, at))) = order.pop() {
            let (Some(head), Some(source)) = (heads.get_mut(at), sources.get_mut(at)) else { continue };
            let following = source.next()?;
            order.extend(following.as_ref().map(|following| Reverse((key(following), at))));
            if let Some(exchange) = std::mem::replace(head, following) {
                take(exchange);
            }
        }
        Ok(())
    }
}

/// A sorted part, from its start.
enum Source {
    Held { places: std::vec::IntoIter<(Key, Range<usize>)>, bytes: Vec<u8> },
    Part { from: BufReader<FileFrom>, left: usize, bytes: Vec<u8> },
}

impl Source {
    fn held(Held { places, bytes }: Held) -> Self {
        Self::Held { places: places.into_iter(), bytes }
    }

    fn part(file: Arc<File>, Part { offset, exchanges }: Part) -> Self {
        let from = BufReader::with_capacity(PART_READ_LEN, FileFrom { file, offset });
        Self::Part { from, left: exchanges, bytes: Vec::new() }
    }

    fn next(&mut self) -> io::Result<Option<Exchange>> {
        match self {
            Self::Held { places, bytes } => {
                let exchange = places.next().and_then(|(_, place)| bytes.get(place));
                exchange.map(read).transpose()
            }
            Self::Part { left: 0, .. } => Ok(None),
            Self::Part { from, left, bytes } => {
                *left -= 1;
                let mut len = [0; 4];
                from.read_exact(&mut len)?;
                bytes.resize(usize::try_from(u32::from_le_bytes(len)).map_err(io::Error::other)?, 0);
                from.read_exact(bytes)?;
                read(bytes).map(Some)
            }
        }
    }
}

fn read(exchange: &[u8]) -> io::Result<Exchange> {
    postcard::from_bytes(exchange).map_err(io::Error::other)
}

/// A file that several read, each from a place of its own.
struct FileFrom {
    file: Arc<File>,
    offset: u64,
}

impl Read for FileFrom {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        (&*self.file).seek(SeekFrom::Start(self.offset))?;
        let len = (&*self.file).read(to)?;
        self.offset += u64::try_from(len).unwrap_or(0);
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::census::synthetic::{REPLY, REQUEST, observation};

    /// The exchange of client number `client`, which began `second` seconds into the capture.
    fn exchange(client: u8, second: u8) -> Exchange {
        observation(client, second.into(), REQUEST, REPLY).exchange
    }

    fn given(spool: Spool) -> Vec<String> {
        let mut given = Vec::new();
        spool.give(|exchange| given.push(format!("{exchange:?}"))).unwrap();
        given
    }

    #[test]
    fn an_exchange_comes_back_from_the_file_as_it_went() {
        let mut spool = Spool::default();
        spool.append(&mut vec![exchange(1, 2)]);
        spool.spill().unwrap();
        assert_eq!((spool.held.places.len(), spool.len()), (0, 1));
        assert_eq!(given(spool), [format!("{:?}", exchange(1, 2))]);
    }

    #[test]
    fn what_is_more_than_a_spool_holds_waits_in_the_file() {
        let mut spool = Spool::default();
        let mut spilled = Vec::new();
        while spilled.len() < 3 {
            let before = spool.held.bytes.len();
            spool.append(&mut vec![exchange(1, 2)]);
            assert!(spool.held.bytes.len() < SPOOL_LEN);
            if spool.held.places.is_empty() {
                spilled.push(before);
            }
        }
        assert!(spilled.iter().all(|bytes| *bytes > SPOOL_LEN / 100 * 99), "{spilled:?}");
        assert_eq!(spool.parts.len(), 3);
        let exchanges = spool.len();
        assert_eq!(given(spool).len(), exchanges);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn parts_are_merged_as_if_all_had_been_held(seconds in prop::collection::vec(0..20_u8, 0..60), part in 1..20_usize) {
            let (mut whole, mut parted) = (Spool::default(), Spool::default());
            for (client, second) in (0..).zip(seconds) {
                whole.append(&mut vec![exchange(client, second)]);
                parted.append(&mut vec![exchange(client, second)]);
                if parted.held.places.len() == part {
                    parted.spill().unwrap();
                }
            }
            prop_assert_eq!(given(whole), given(parted));
        }
    }
}
