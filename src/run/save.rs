//! The second reading of `-w`: of every packet, whether it belongs to a connection that carried an exchange.
//!
//! Which connections did is known when all inputs were read. Then the same files are read once more, and this
//!
//! * **takes** their packets, in the same order, and the observations of the first reading;
//! * **gives** those of the connections to a [`PacketWriter`], in the order of reading, with remarks;
//! * **keeps** the ends of these connections, the packets that their lines came in, and at most
//!   [`SAVE_BYTES_WAITING_MAX`] bytes of packets of which it is not known yet;
//! * **leaves out** copies that the tables left out, as far as the remark goes: they are saved without one.
//!
//! Ports are used again, so the ends alone do not name a connection. A SYN with a number of its own begins another one,
//! which is wanted from its first packet if one of the packets that the tables know comes before the next such SYN:
//!
//! ```text
//! SYN  SYN/ACK  ACK  CVR  CVR  FIN    SYN  SYN/ACK  GET  FIN
//! └────────── wait ┘  └ known, so       └───────────────────── wait, until a third SYN, the bound or the end
//!                       all is saved
//! ```
//!
//! Where everybody has a pseudonym, nothing is copied: of each segment new headers are written (`anew`), of one that came in
//! fragments with the last of them.
//!
//! A packet that waits lets the later ones wait too, for their order. Networks are not told apart: a connection that is
//! seen in two VLANs is saved twice, as it was captured. Fragments wait for their datagram.

mod anew;
mod wanted;

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use super::reading::Reading;
use super::{Findings, News, PACKETS_PER_LOOK, Run};
use crate::capture::{CaptureFile, Next, PacketSource, ReadOptions, Source};
use crate::clock::Clock;
use crate::limits::{FRAGMENTED_DATAGRAMS_MAX, SAVE_BYTES_WAITING_MAX};
use crate::net::{
    DatagramId, Decoded, EncapsulationId, FlowKey, Fragment, Fragments, Segment, SeqNumber, Side, decode,
};
use crate::packet::{InputId, LinkType, Packet, Stamp};
use crate::privacy::Pseudonyms;
use crate::report::PacketWriter;
use crate::stats::Ledger;
use crate::text::counted;
use anew::Headers;
use wanted::{Decision, Fate, Flow, SEPARATOR, Wanted};

impl Run {
    /// Tells the rows, and saves the packets of the connections that they name, from the files of `sources`.
    pub(super) fn tell_and_save(
        mut self,
        output: impl Write,
        sources: &[Option<Source>],
        stop: &AtomicBool,
        tell: &mut dyn FnMut(News<'_>),
    ) -> Findings {
        let mut wanted = Wanted::default();
        self.tell_rest(&mut |news| {
            if let News::Row(row, context) = news {
                wanted.note(row, context.level);
            }
            tell(news);
        });
        let mut found = self.findings();
        let saved = self.save(wanted, output, sources, &found.context.inputs, stop);
        found.note_saved(saved);
        found
    }

    /// Reads the files of `sources`, by the numbers of the inputs, once more, as far as they were read, and saves what is
    /// `wanted` of them. Returns how many packets that should be there are not. `names` are the inputs'.
    fn save(
        &mut self,
        wanted: Wanted,
        output: impl Write,
        sources: &[Option<Source>],
        names: &[String],
        stop: &AtomicBool,
    ) -> io::Result<usize> {
        // Nothing is told after this.
        let mut saver = Saver::new(wanted, output, self.telling.privacy.take())?;
        // The hash is known.
        let options = ReadOptions { hash: false, ..self.options };
        // One stop ended the first reading, and what is known is saved. Another one ends this.
        let was_stopped = stop.load(Ordering::Relaxed);
        let all = if saver.flows.is_empty() { &[] } else { sources };
        for (number, source) in (0..).zip(all) {
            let facts = usize::try_from(number).ok().and_then(|at| self.readings.get(at)?.facts.as_ref());
            let (Some(source), Some(packets)) = (source, facts.map(|facts| facts.packets)) else { continue };
            // What went wrong was told when it was read first.
            let Ok(mut file) = CaptureFile::open(source, InputId(number), options) else { continue };
            while let Ok(Next::Packet(packet)) = file.next() {
                let frame = packet.stamp.frame;
                if self.lets_through(&packet, &mut Reading::default()) {
                    saver.push(&packet, names)?;
                }
                if frame.is_multiple_of(PACKETS_PER_LOOK) && !was_stopped && stop.load(Ordering::Relaxed) {
                    return Err(io::ErrorKind::Interrupted.into());
                }
                if frame >= packets {
                    break;
                }
            }
        }
        saver.finish(names)
    }
}

impl Findings {
    /// Notes how the saving ended: with so many packets that could not be read again, or not at all.
    fn note_saved(&mut self, saved: io::Result<usize>) {
        match saved {
            Ok(0) => {}
            Ok(missing) => {
                let packets = counted(u64::try_from(missing).unwrap_or(u64::MAX), "packet");
                self.warn(format!("{packets} to be saved could not be read again: an input has changed"));
            }
            Err(error) => {
                self.interrupted |= error.kind() == io::ErrorKind::Interrupted;
                self.save_error = Some(error);
            }
        }
    }
}

/// Chooses packets, and writes those that are wanted.
struct Saver<W> {
    writer: PacketWriter<W>,
    privacy: Option<Pseudonyms>,
    /// With pseudonyms: the headers of the segment that the packet in hand completes.
    headers: Option<Headers>,
    /// By their ends, without a network. Asked, never walked, like the other maps.
    flows: HashMap<FlowKey, Flow>,
    /// The packets that show that their connection is wanted.
    known: HashSet<Stamp>,
    remarks: HashMap<Stamp, String>,
    clock: Clock,
    fragments: Fragments,
    datagrams: HashMap<DatagramId, Fate>,
    /// With so many of them, those that nobody asks about any more are forgotten.
    datagrams_max: usize,
    ledger: Ledger,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    waiting_bytes_max: usize,
}

/// A packet of which it is not known, or which waits behind one.
struct Waiting {
    stamp: Stamp,
    link_type: LinkType,
    data: Box<[u8]>,
    original_len: u32,
    fcs_len: u8,
    fate: Fate,
}

impl<W: Write> Saver<W> {
    /// Will write the `wanted` connections to `output`, under the pseudonyms of `privacy`, if there are any: then those ends that
    /// are wanted are pseudonyms.
    fn new(Wanted { flows, known, remarks }: Wanted, output: W, privacy: Option<Pseudonyms>) -> io::Result<Self> {
        Ok(Self {
            writer: PacketWriter::new(output)?,
            privacy,
            headers: None,
            flows,
            known,
            remarks,
            clock: Clock::default(),
            fragments: Fragments::default(),
            datagrams: HashMap::new(),
            datagrams_max: FRAGMENTED_DATAGRAMS_MAX,
            ledger: Ledger::default(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            waiting_bytes_max: SAVE_BYTES_WAITING_MAX,
        })
    }

    /// Takes a packet. `inputs` are the names of the inputs, by their numbers.
    fn push(&mut self, packet: &Packet<'_>, inputs: &[String]) -> io::Result<()> {
        let moment = self.clock.moment(packet.stamp.time);
        self.fragments.advance(moment.now, &mut self.ledger);
        let fate = match decode(packet) {
            Decoded::Segment(segment) => self.of_segment(&segment),
            Decoded::Fragment(fragment) => Some(self.of_fragment(&fragment)),
            Decoded::Other(_) => None,
        };
        let headers = self.headers.take();
        let anew = headers.as_ref().map(Headers::packet);
        let packet = if self.privacy.is_some() { anew.as_ref() } else { Some(packet) };
        let (Some(fate), Some(packet)) = (fate, packet) else { return self.settle(inputs) };
        if self.waiting.is_empty() && fate.decision() == Some(true) {
            return self.write(packet, inputs);
        }
        self.waiting_bytes += packet.data.len();
        self.waiting.push_back(Waiting::of(packet, fate));
        self.settle(inputs)
    }

    /// Writes what still waits and is wanted. Returns how many of the packets that should have a remark did not come.
    fn finish(mut self, inputs: &[String]) -> io::Result<usize> {
        self.waiting_bytes_max = usize::MAX;
        while !self.waiting.is_empty() {
            self.settle(inputs)?;
            // Of the first one it is not known, and never will be.
            self.waiting.pop_front();
        }
        self.writer.finish()?;
        Ok(self.remarks.len())
    }

    /// Writes or drops the first packets that wait, up to one of which it is not known. If too many wait behind it, it is
    /// written: one packet too many does no harm.
    fn settle(&mut self, inputs: &[String]) -> io::Result<()> {
        while let Some(first) = self.waiting.front() {
            let decision = first.fate.decision();
            if decision.is_none() && self.waiting_bytes <= self.waiting_bytes_max {
                break;
            }
            let Some(first) = self.waiting.pop_front() else { break };
            self.waiting_bytes -= first.data.len();
            if decision != Some(false) {
                self.write(&first.packet(), inputs)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, packet: &Packet<'_>, inputs: &[String]) -> io::Result<()> {
        let input = usize::try_from(packet.stamp.input.0).ok().and_then(|at| inputs.get(at));
        let remark = self.remarks.remove(&packet.stamp).unwrap_or_default();
        self.writer.push(packet, input.map_or("", String::as_str), &remark)
    }

    /// What becomes of a segment: `None` if its ends are those of no wanted connection.
    fn of_segment(&mut self, segment: &Segment<'_>) -> Option<Fate> {
        let ends = [segment.source, segment.destination];
        let ends = self.privacy.as_mut().map_or(ends, |privacy| ends.map(|end| privacy.endpoint(end)));
        let [source, destination] = ends;
        let (key, side) = FlowKey::new(source, destination, EncapsulationId::default());
        let flow = self.flows.get_mut(&key)?;
        flow.take(side, segment);
        let is_known = |stamp: Stamp| self.known.contains(&stamp);
        if is_known(segment.stamp) || segment.parts().any(|part| is_known(part.stamp)) {
            flow.fate.decide(Decision::Wanted(true));
        }
        let fate = flow.fate.clone();
        if self.privacy.is_some() {
            self.headers = Some(Headers::of(segment, source, destination));
            self.gather_remarks(segment);
        }
        Some(fate)
    }

    /// What is said of the fragments that carried `segment` is said of it.
    fn gather_remarks(&mut self, segment: &Segment<'_>) {
        let remarks: Vec<_> = segment.parts().filter_map(|part| self.remarks.remove(&part.stamp)).collect();
        if !remarks.is_empty() {
            self.remarks.insert(segment.stamp, remarks.join(SEPARATOR));
        }
    }

    /// What becomes of a fragment: the same as of its datagram.
    fn of_fragment(&mut self, fragment: &Fragment<'_>) -> Fate {
        if self.datagrams.len() >= self.datagrams_max {
            self.datagrams.retain(|_, fate| fate.is_shared());
            // As many wait as their bytes let: to look through all of them for each would take for ever.
            self.datagrams_max = FRAGMENTED_DATAGRAMS_MAX.max(2 * self.datagrams.len());
        }
        let id = fragment.datagram();
        let fate = self.datagrams.entry(id).or_default().clone();
        if let Some(whole) = self.fragments.push(fragment, &mut self.ledger) {
            // The next datagram may have the same id.
            self.datagrams.remove(&id);
            let inside = match whole.open() {
                Decoded::Segment(segment) => self.of_segment(&segment),
                Decoded::Fragment(fragment) => Some(self.of_fragment(&fragment)),
                Decoded::Other(_) => None,
            };
            fate.decide(inside.map_or(Decision::Wanted(false), Decision::Like));
        }
        fate
    }
}

impl Flow {
    /// Takes a segment: it may begin another connection between the same ends.
    fn take(&mut self, side: Side, segment: &Segment<'_>) {
        let flags = segment.flags;
        if flags.syn && !flags.rst {
            // A SYN/ACK tells the number of the SYN that it answers.
            let other = flags.ack.then(|| SeqNumber(segment.ack.0.wrapping_sub(1)));
            let own_differs = self.differs(side, segment.seq);
            let other_differs = other.is_some_and(|seq| self.differs(side.other(), seq));
            let is_unheard_of = Side::BOTH.iter().all(|side| self.syns.get(*side).is_none());
            if own_differs || other_differs || (is_unheard_of && self.has_payload) {
                // The one before is over, and nobody knew it.
                if self.fate.decision().is_none() {
                    self.fate.decide(Decision::Wanted(false));
                }
                *self = Self::default();
            }
            *self.syns.get_mut(side) = Some(segment.seq);
            if other.is_some() {
                *self.syns.get_mut(side.other()) = other;
            }
        }
        self.has_payload |= segment.payload_len > 0;
    }

    /// Whether the SYN of `side` is known to have had another number.
    fn differs(&self, side: Side, seq: SeqNumber) -> bool {
        self.syns.get(side).is_some_and(|known| known != seq)
    }
}

impl Waiting {
    fn of(packet: &Packet<'_>, fate: Fate) -> Self {
        let &Packet { stamp, link_type, data, original_len, fcs_len } = packet;
        Self { stamp, link_type, data: data.into(), original_len, fcs_len, fate }
    }

    fn packet(&self) -> Packet<'_> {
        let Self { stamp, link_type, original_len, fcs_len, .. } = *self;
        Packet { stamp, link_type, data: &self.data, original_len, fcs_len }
    }
}
