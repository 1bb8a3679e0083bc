//! Reassembly agrees with a model that has no cleverness: a cell for every byte, first copy wins.
//!
//! Here it is laid beside an assembler, step by step; `reassembly` lays it beside whole connections.

use proptest::prelude::*;

use msncensus::flags::{Flag, Flags};
use msncensus::net::Checksum;
use msncensus::packet::Stamp;
use msncensus::tcp::{Assembler, Origin, Tally};

/// A byte that was captured: what it is, how far it can be believed, where it came from, and whether a copy differs.
#[derive(Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) byte: u8,
    pub(crate) checksum: Checksum,
    pub(crate) frame: u64,
    pub(crate) contradicted: bool,
}

/// A stream from offset 0. All before `start` is given up, all before `taken` is taken, nothing is behind `fin`.
pub(crate) struct Model {
    pub(crate) cells: Vec<Option<Cell>>,
    start: usize,
    taken: usize,
    pub(crate) fin: usize,
    /// Whether the segment that said where the stream ends can be believed.
    fin_is_trusted: bool,
}

impl Model {
    /// A stream of fewer bytes than `cells`, of which nothing is captured yet.
    pub(crate) fn new(cells: usize) -> Self {
        Self { cells: vec![None; cells], start: 0, taken: 0, fin: usize::MAX, fin_is_trusted: false }
    }

    /// First copy wins, unless its checksum is wrong, it was not taken, and a better one comes.
    pub(crate) fn insert(&mut self, at: usize, bytes: &[u8], checksum: Checksum, frame: u64) -> Tally {
        let (end, behind) = (self.end(), self.behind());
        let mut tally = Tally::default();
        // What can be believed goes on behind an end that cannot.
        if checksum > Checksum::Invalid && !self.fin_is_trusted && at + bytes.len() > self.fin {
            self.fin = usize::MAX;
        }
        for (place, byte) in (at..).zip(bytes.iter().copied()) {
            let new = Cell { byte, checksum, frame, contradicted: false };
            if place >= self.fin {
                tally.after_fin += 1;
                continue;
            }
            if place < self.start {
                tally.duplicate += 1;
                continue;
            }
            let Some(cell) = &mut self.cells[place] else {
                self.cells[place] = Some(new);
                continue;
            };
            let replaces = checksum > Checksum::Invalid && cell.checksum == Checksum::Invalid && place >= self.taken;
            let is_probe = bytes.len() == 1 && place + 1 == end && !replaces;
            if cell.byte == byte || is_probe {
                tally.duplicate += 1;
            } else {
                tally.conflicting += 1;
            }
            cell.contradicted |= cell.byte != byte && !is_probe;
            if replaces {
                *cell = new;
            }
        }
        tally.delivered = (self.end() - end) as u64;
        tally.queued = i64::try_from(self.behind()).unwrap() - i64::try_from(behind).unwrap();
        tally
    }

    /// Takes so many bytes more, as far as they are there.
    pub(crate) fn take(&mut self, len: usize) {
        self.taken = self.end().min(self.taken + len);
    }

    /// What is in order and not taken.
    pub(crate) fn unread(&self) -> impl DoubleEndedIterator<Item = &Cell> + ExactSizeIterator {
        self.cells[self.taken..self.end()].iter().map(|cell| cell.as_ref().unwrap())
    }

    /// Gives up the first hole; returns its length, or `None` if nothing is behind it.
    fn skip_hole(&mut self) -> Option<usize> {
        let beyond = self.beyond()?;
        let len = beyond - self.end();
        (self.start, self.taken) = (beyond, beyond);
        Some(len)
    }

    /// The sender ended the stream there. The first word on it that can be believed holds.
    pub(crate) fn finish_at(&mut self, end: usize, checksum: Checksum) {
        let is_trusted = checksum > Checksum::Invalid;
        if self.fin == usize::MAX || (is_trusted && !self.fin_is_trusted) {
            (self.fin, self.fin_is_trusted) = (end, is_trusted);
        }
    }

    /// The first missing byte.
    pub(crate) fn end(&self) -> usize {
        (self.start..self.cells.len()).find(|place| self.cells[*place].is_none()).unwrap()
    }

    /// The first byte behind the first hole.
    fn beyond(&self) -> Option<usize> {
        (self.end()..self.cells.len()).find(|place| self.cells[*place].is_some())
    }

    fn behind(&self) -> usize {
        self.cells[self.end()..].iter().flatten().count()
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// At, bytes, checksum.
    Insert(usize, Vec<u8>, Checksum),
    Take(usize),
    SkipHole,
    /// At, checksum; not before what is in order.
    FinishAt(usize, Checksum),
}

fn step() -> impl Strategy<Value = Step> {
    let checksum =
        || prop_oneof![2 => Just(Checksum::Valid), 1 => Just(Checksum::Unverified), 1 => Just(Checksum::Invalid)];
    // Few values, so that copies often agree in part.
    let bytes = prop::collection::vec(prop_oneof![6 => Just(b'a'), 1 => Just(b'b')], 1..16);
    prop_oneof![
        16 => (0..60_usize, bytes, checksum()).prop_map(|(at, bytes, checksum)| Step::Insert(at, bytes, checksum)),
        3 => (1..12_usize).prop_map(Step::Take),
        1 => Just(Step::SkipHole),
        2 => (20..80_usize, checksum()).prop_map(|(end, checksum)| Step::FinishAt(end, checksum)),
    ]
}

/// The longest stream that a step can make, and one byte that is never captured.
const CELLS: usize = 60 + 16 + 1;

/// One stream in both.
pub(crate) struct Both {
    model: Model,
    assembler: Assembler,
    contradicted: bool,
}

impl Both {
    pub(crate) fn new() -> Self {
        Self { model: Model::new(CELLS), assembler: Assembler::new(0), contradicted: false }
    }

    pub(crate) fn step(&mut self, step: &Step, frame: u64) -> Result<(), TestCaseError> {
        let Self { model, assembler, .. } = self;
        match step {
            Step::Insert(at, bytes, checksum) => {
                let stamp = Stamp { frame, ..Stamp::default() };
                let origin = Origin { checksum: *checksum, ..Origin::of(stamp) };
                let expected = model.insert(*at, bytes, *checksum, frame);
                prop_assert_eq!(assembler.insert(*at as u64, bytes, origin), expected);
                self.contradicted |= expected.conflicting > 0;
                prop_assert!(self.contradicted || contradictions(assembler).is_empty(), "all copies agree");
            }
            Step::Take(len) => {
                model.take(*len);
                assembler.take(*len);
            }
            Step::SkipHole => {
                let hole = model.skip_hole();
                let skipped = assembler.skip_hole();
                prop_assert_eq!(skipped.map(|(len, _)| len), hole.map(|len| len as u64));
                if let Some((_, tally)) = skipped {
                    let moved = model.end() - model.start;
                    prop_assert_eq!((tally.delivered, tally.queued), (moved as u64, -i64::try_from(moved).unwrap()));
                }
            }
            Step::FinishAt(end, checksum) => {
                if *end >= model.end() {
                    model.finish_at(*end, *checksum);
                }
                assembler.finish_at(*end as u64, *checksum);
            }
        }
        self.agree()
    }

    fn agree(&self) -> Result<(), TestCaseError> {
        let Self { model, assembler, .. } = self;
        let end = model.end();
        prop_assert_eq!(assembler.end(), end as u64);
        prop_assert_eq!(assembler.first_beyond(), model.beyond().map(|place| place as u64));
        prop_assert_eq!(assembler.waiting().1, model.behind());
        prop_assert_eq!(assembler.is_complete(), model.fin == end);
        let unread = assembler.unread();
        let cells: Vec<&Cell> = model.unread().collect();
        prop_assert_eq!(unread.bytes(), cells.iter().map(|cell| cell.byte).collect::<Vec<_>>());
        for (at, cell) in cells.iter().enumerate() {
            let provenance = unread.after(at).provenance(1, Flags::NONE);
            prop_assert_eq!(provenance.completed().frame, cell.frame, "byte {} of the unread", at);
            // From the first difference of a copy to its last, all is doubtful: more may be flagged, never less.
            prop_assert!(provenance.flags.has(Flag::Conflict) || !cell.contradicted, "byte {} of the unread", at);
        }
        Ok(())
    }
}

/// The unread offsets that are flagged.
fn contradictions(assembler: &Assembler) -> std::collections::BTreeSet<u64> {
    let unread = assembler.unread();
    let start = assembler.end() - unread.bytes().len() as u64;
    let flagged = |at: &usize| unread.after(*at).provenance(1, Flags::NONE).flags.has(Flag::Conflict);
    (0..unread.bytes().len()).filter(flagged).map(|at| start + at as u64).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn p5_an_assembler_agrees_with_the_model_step_by_step(steps in prop::collection::vec(step(), 1..40)) {
        let mut both = Both::new();
        for (frame, step) in (1..).zip(&steps) {
            both.step(step, frame)?;
        }
    }

    /// Where no copy lies, the flag stands exactly on the bytes that differ, if those are one run.
    #[test]
    fn p5_a_contradiction_is_flagged_exactly_where_copies_differ(
        cuts in prop::collection::vec(1..12_usize, 1..8),
        (from, len) in (0..40_usize, 1..20_usize),
        (backwards, bad) in (any::<bool>(), any::<bool>()),
    ) {
        let checksum = if bad { Checksum::Invalid } else { Checksum::Valid };
        let origin = |frame, checksum| Origin { checksum, ..Origin::of(Stamp { frame, ..Stamp::default() }) };
        let mut assembler = Assembler::new(0);
        let mut pieces: Vec<(u64, usize)> = Vec::new();
        for len in cuts {
            let at = pieces.last().map_or(0, |(at, len)| at + *len as u64);
            pieces.push((at, len));
        }
        let end = pieces.last().map_or(0, |(at, len)| at + *len as u64);
        // The first byte comes last, so that all is compared behind a hole; or first, so that all is in order.
        if backwards { pieces.reverse() }
        let (held, now) = if backwards { pieces.split_at(pieces.len() - 1) } else { pieces.split_at(pieces.len()) };
        for (frame, (at, len)) in (1..).zip(held) {
            assembler.insert(*at, &vec![b'a'; *len], origin(frame, Checksum::Valid));
        }
        // A whole copy of what is there, with one run that differs.
        let first = if backwards { now[0].1 as u64 } else { 0 };
        let copy: Vec<u8> = (first..end).map(|at| {
            let differs = (from as u64..(from + len) as u64).contains(&at);
            if differs { b'b' } else { b'a' }
        }).collect();
        if copy.len() > 1 {
            assembler.insert(first, &copy, origin(98, checksum));
        }
        for (at, len) in now {
            assembler.insert(*at, &vec![b'a'; *len], origin(99, Checksum::Valid));
        }
        let differing: std::collections::BTreeSet<u64> = (first..end).filter(|at| copy.len() > 1 && (from as u64..(from + len) as u64).contains(at)).collect();
        prop_assert_eq!(contradictions(&assembler), differing);
        prop_assert!(assembler.unread().bytes().iter().all(|byte| *byte == b'a'));
    }
}
