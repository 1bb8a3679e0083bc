//! The engine of msncensus, driven from made packets: the one place in this directory that uses its code.
//!
//! It checks the laws of conservation after every packet and at the end, so that no test has to remember them.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

use msncensus::capture::{CaptureError, CaptureFile, Facts, Next, PacketSource, ReadOptions};
use msncensus::census::Observation;
use msncensus::clock::Clock;
use msncensus::cvr::{Exchange, Pairing, Reply, Request};
use msncensus::dissect::Dissector;
use msncensus::msnp::{Event, Message};
use msncensus::net::{Decoded, decode};
use msncensus::packet::{InputId, LinkType, Packet, Stamp, Timestamp};
use msncensus::report::{Column, Context, EXCHANGES, RAW};
use msncensus::stats::{Fate, Ledger, Stats};
use msncensus::tcp::{Role, StreamHandler, Table};

use super::frame::{Frame, frame};
use super::packet::TestPacket;

/// Columns that tell when and where a row was captured, and how well: they may differ between two captures of one
/// conversation. All others may not.
pub(crate) const OF_THE_CAPTURE: [&str; 8] =
    ["ts", "ts_ns", "rtt_ms", "input", "frame_request", "frame_reply", "flags", "connection_id"];

/// Columns that tell how a conversation was carried: they may differ too between two ways of carrying it.
pub(crate) const OF_THE_TRANSPORT: [&str; 5] = ["client_port", "server_ip", "server_port", "via", "community_id"];

/// What was found in a capture.
pub(crate) struct Found {
    pub(crate) messages: Vec<Message>,
    pub(crate) observations: Vec<Observation>,
    pub(crate) stats: Stats,
}

/// What was found so far.
pub(crate) struct Engine {
    dissector: Dissector,
    pairing: Pairing,
    frame: u64,
    events: Vec<Event>,
    exchanges: Vec<Exchange>,
    found: Found,
}

impl Default for Engine {
    fn default() -> Self {
        Self::over(Dissector::default())
    }
}

impl Engine {
    /// An engine around a dissector of any bounds.
    pub(crate) fn over(dissector: Dissector) -> Self {
        Self {
            dissector,
            pairing: Pairing::default(),
            frame: 0,
            events: Vec::new(),
            exchanges: Vec::new(),
            found: Found { messages: Vec::new(), observations: Vec::new(), stats: Stats::default() },
        }
    }

    /// Takes the next packet of the first input.
    pub(crate) fn push(&mut self, frame: &Frame) {
        self.push_of(0, frame);
    }

    /// Takes the next packet, which is one of `input`.
    pub(crate) fn push_of(&mut self, input: u32, frame: &Frame) {
        self.frame += 1;
        self.dissector.push(&as_packet(input, self.frame, frame), &mut self.events);
        assert_eq!(self.dissector.ledger().total().broken_law(), None, "after packet {}", self.frame);
        self.hear();
    }

    /// Bytes that wait behind holes.
    pub(crate) fn waiting(&self) -> u64 {
        self.dissector.ledger().total().streams.pending_bytes
    }

    /// Ends all conversations.
    pub(crate) fn finish(mut self) -> Found {
        self.dissector.finish(|event| self.events.push(event));
        self.found.stats = self.dissector.ledger().total();
        assert_eq!(self.found.stats.broken_law_at_end(), None);
        self.hear();
        let doubts = self.pairing.finish(&mut self.exchanges);
        self.exchanges.iter_mut().for_each(|exchange| doubts.raise_on(exchange));
        self.found.observations.extend(self.exchanges.into_iter().map(Observation::of));
        self.found
    }

    fn hear(&mut self) {
        for event in self.events.drain(..) {
            if let Event::Message(message) = &event {
                self.found.messages.push(Message::clone(message));
            }
            self.pairing.push(event, &mut self.exchanges);
        }
    }
}

/// What is found in a capture of these packets.
pub(crate) fn analyse(packets: &[TestPacket]) -> Found {
    let mut engine = Engine::default();
    for packet in packets {
        engine.push(&frame(packet));
    }
    engine.finish()
}

/// What is found in a capture of these frames.
pub(crate) fn analyse_frames(frames: &[Frame]) -> Found {
    let mut engine = Engine::default();
    for frame in frames {
        engine.push(frame);
    }
    engine.finish()
}

/// What the handlers on a table make of these packets, each of which is a segment, and the counters.
pub(crate) fn reassemble<H: StreamHandler>(mut table: Table<H>, packets: &[TestPacket]) -> (Vec<H::Output>, Stats) {
    let (mut clock, mut ledger, mut heard) = (Clock::default(), Ledger::default(), Vec::new());
    for (number, packet) in (1..).zip(packets) {
        let frame = frame(packet);
        let packet = as_packet(0, number, &frame);
        let Decoded::Segment(segment) = decode(&packet) else { panic!("packet {number} is no segment") };
        ledger.at(InputId(0)).count(Fate::Segment);
        let moment = clock.moment(segment.stamp.time);
        table.advance(moment.now, &mut ledger, &mut heard);
        table.push(&segment, moment, &mut ledger, &mut heard);
        assert_eq!(ledger.total().broken_law(), None, "after packet {number}");
    }
    table.finish(&mut ledger, &mut heard);
    let stats = ledger.total();
    assert_eq!(stats.broken_law_at_end(), None);
    (heard, stats)
}

/// How a capture is read.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) packets: Vec<Frame>,
    pub(crate) error: Option<CaptureError>,
    /// What is known of a capture that could be opened.
    pub(crate) facts: Option<Facts>,
}

impl Reading {
    /// Whether anything unusual is told of the capture.
    pub(crate) fn is_told(&self) -> bool {
        let is_odd = |facts: &Facts| facts.recovery.times > 0 || facts.oddities.met().next().is_some();
        self.error.is_some() || self.facts.as_ref().is_some_and(is_odd)
    }
}

/// Reads a capture to its end.
pub(crate) fn read(bytes: &[u8], options: ReadOptions) -> Reading {
    let mut reading = Reading::default();
    let bytes = Box::new(Cursor::new(bytes.to_vec()));
    let mut file = match CaptureFile::from_read(bytes, Path::new("capture"), InputId(0), options) {
        Ok(file) => file,
        Err(error) => return Reading { error: Some(error), ..reading },
    };
    loop {
        match file.next() {
            Ok(Next::Packet(Packet { stamp, link_type, data, original_len, .. })) => reading.packets.push(Frame {
                time: stamp.time.as_nanos(),
                link: link_type.0,
                interface: String::new(),
                data: data.to_vec(),
                original_len: usize::try_from(original_len).unwrap(),
            }),
            Ok(Next::End) => break,
            Ok(Next::Idle) => panic!("nobody follows this file"),
            Err(error) => {
                reading.error = Some(error);
                break;
            }
        }
    }
    reading.facts = Some(file.facts().clone());
    reading
}

/// A frame as the packet of that number.
pub(crate) fn as_packet(input: u32, number: u64, frame: &Frame) -> Packet<'_> {
    Packet {
        stamp: Stamp { input: InputId(input), frame: number, time: Timestamp::from_nanos(frame.time) },
        link_type: LinkType(frame.link),
        data: &frame.data,
        original_len: u32::try_from(frame.original_len).unwrap(),
        fcs_len: 0,
    }
}

impl Found {
    /// The lines that either party of each conversation said, in order.
    pub(crate) fn lines(&self) -> BTreeMap<(String, bool), Vec<String>> {
        let mut lines: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for message in &self.messages {
            let party = (message.peers.client.to_string(), message.sender == Role::Client);
            lines.entry(party).or_default().push(message.command.line().escape_ascii().to_string());
        }
        lines
    }

    /// The rows of the table of exchanges, each by the names of its columns.
    pub(crate) fn rows(&self) -> Vec<BTreeMap<&'static str, String>> {
        let context = Context::default();
        let cell = |row, column: &Column<Observation>| (column.name, (column.value)(row, &context).to_string());
        self.observations.iter().map(|row| EXCHANGES.columns.iter().map(|column| cell(row, column)).collect()).collect()
    }

    /// The rows without the columns that belong to the capture, sorted: two captures of one conversation agree in them.
    pub(crate) fn fields(&self) -> Vec<String> {
        let mut rows: Vec<String> = self.observations.iter().map(fields).collect();
        rows.sort_unstable();
        rows
    }

    /// The same without the columns that belong to what carried it, and with the flags.
    pub(crate) fn said(&self) -> Vec<String> {
        let said = |row| format!("{} flags={}", fields_but(row, &OF_THE_TRANSPORT), row.flags);
        let mut rows: Vec<String> = self.observations.iter().map(said).collect();
        rows.sort_unstable();
        rows
    }

    /// The `flags` column of the only row.
    pub(crate) fn flags(&self) -> String {
        let [only] = &self.observations[..] else { panic!("{} rows: {:#?}", self.observations.len(), self.halves()) };
        only.flags.to_string()
    }

    /// `request | reply` of each row, as sent, in the order of finding; `-` for a missing half.
    pub(crate) fn halves(&self) -> Vec<String> {
        let text = |half: Option<&[u8]>| half.map_or("-".to_owned(), |line| line.escape_ascii().to_string());
        let halves = self.observations.iter().map(|row| {
            let request = row.exchange.request.as_ref().map(Request::line);
            let reply = row.exchange.reply.as_ref().map(Reply::line);
            format!("{} | {}", text(request), text(reply))
        });
        halves.collect()
    }
}

/// One row as `name=value`, without absent cells and without the columns that belong to the capture.
pub(crate) fn fields(row: &Observation) -> String {
    fields_but(row, &[])
}

/// The same without those of `others`.
fn fields_but(row: &Observation, others: &[&str]) -> String {
    let context = Context::default();
    let is_left_out = |name: &str| OF_THE_CAPTURE.contains(&name) || others.contains(&name);
    let columns = EXCHANGES.columns.iter().chain(&RAW).filter(|column| !is_left_out(column.name));
    let cells = columns.map(|column| format!("{}={}", column.name, (column.value)(row, &context)));
    cells.filter(|cell| !cell.ends_with('=')).collect::<Vec<_>>().join(" ")
}
