//! What a table must make of packets, by the model: no sequence number is compared, no bound bites.

use super::super::model::{Cell, Model};
use super::segments::{BEYOND_MAX, Case, captured, index};
use super::word_len;
use crate::support::packet::{self, FIN, SYN, Side, TestPacket};
use msncensus::net::Checksum;

/// Two streams, and what becomes of bytes.
pub(super) struct Expected {
    pub(super) streams: [Stream; 2],
    /// Whether there is a connection at all: a segment with payload.
    pub(super) opened: bool,
    /// Whether both streams were whole, so that nothing more was looked at.
    closed: bool,
    pub(super) stopped: u64,
    pub(super) duplicate: u64,
    pub(super) conflicting: u64,
    pub(super) after_fin: u64,
}

/// One direction.
pub(super) struct Stream {
    model: Model,
    /// Where a copy lies whose differences lie around, so that the byte may be flagged.
    pub(super) doubted: Vec<bool>,
    /// Whether the handshake has told where it starts.
    started: bool,
    /// Whether any of its payload was captured.
    pub(super) seen: bool,
    /// One past the last byte known to exist.
    extent: usize,
}

impl Expected {
    /// What is expected of the packets of `case`.
    pub(super) fn of(case: &Case) -> Self {
        let mut expected = Self {
            streams: [0, 1].map(|side| Stream::new(case.streams[side].len())),
            opened: false,
            closed: false,
            stopped: 0,
            duplicate: 0,
            conflicting: 0,
            after_fin: 0,
        };
        for (frame, packet) in (1..).zip(&case.packets) {
            expected.push(case, packet, frame);
        }
        expected
    }

    fn push(&mut self, case: &Case, packet: &TestPacket, frame: u64) {
        if packet.flags & SYN != 0 {
            self.streams[index(packet.side)].started = true;
            // What is acknowledged tells where the other side starts.
            self.streams[index(packet.side.other())].started |= packet.side == Side::Server;
            return;
        }
        if packet.payload.is_empty() && packet.flags & FIN == 0 {
            return;
        }
        self.opened |= !packet.payload.is_empty();
        if self.closed || !self.opened {
            self.stopped += captured(packet).len() as u64;
            return;
        }
        let isn = case.isns[index(packet.side)];
        let at = packet.seq.wrapping_sub(isn).wrapping_sub(1) as usize;
        let stream = &mut self.streams[index(packet.side)];
        let checksum = match packet.envelope.checksum {
            // Of a cut packet nobody can tell.
            packet::Checksum::Wrong if captured(packet).len() == packet.payload.len() => Checksum::Invalid,
            _ => Checksum::Valid,
        };
        if packet.flags & FIN != 0 {
            stream.finish_at(at + packet.payload.len(), checksum);
        }
        if !packet.payload.is_empty() {
            stream.doubt(at, captured(packet));
            let tally = stream.model.insert(at, captured(packet), checksum, frame);
            self.duplicate += tally.duplicate;
            self.conflicting += tally.conflicting;
            self.after_fin += tally.after_fin;
            if tally.after_fin == 0 {
                stream.extent = stream.extent.max(at + packet.payload.len());
            } else {
                stream.extent = stream.extent.max(stream.model.fin);
            }
            stream.seen = true;
            stream.read();
        }
        self.closed = self.streams.iter().all(|stream| stream.started && stream.is_whole());
    }
}

impl Stream {
    fn new(len: usize) -> Self {
        let cells = len + BEYOND_MAX + 1;
        Self { model: Model::new(cells), doubted: vec![false; cells], started: false, seen: false, extent: 0 }
    }

    fn finish_at(&mut self, end: usize, checksum: Checksum) {
        // Before what is in order nothing can end; where that begins must be known for it.
        if !self.started || end >= self.model.end() {
            self.model.finish_at(end, checksum);
            self.extent = self.extent.max(end);
        }
    }

    fn doubt(&mut self, at: usize, bytes: &[u8]) {
        let cells = self.model.cells[at..].iter().zip(bytes);
        let differs: Vec<bool> = cells.map(|(cell, byte)| cell.is_some_and(|cell| cell.byte != *byte)).collect();
        let first = differs.iter().position(|differs| *differs);
        let last = differs.iter().rposition(|differs| *differs);
        if let (Some(first), Some(last)) = (first, last) {
            self.doubted[at + first..=at + last].fill(true);
        }
    }

    /// Takes all whole words, as the listener does.
    fn read(&mut self) {
        if self.started {
            let len = word_len(self.model.unread().map(|cell| cell.byte));
            self.model.take(len);
        }
    }

    /// Whether all is there up to the sender's end.
    fn is_whole(&self) -> bool {
        self.model.fin == self.model.end()
    }

    /// The stream as far as it is known to go.
    pub(super) fn cells(&self) -> &[Option<Cell>] {
        let captured = self.model.cells.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        let end = if self.model.fin == usize::MAX { self.extent } else { self.model.fin };
        &self.model.cells[..end.max(captured)]
    }

    /// Whether the sender's end is there, with the byte before it.
    pub(super) fn is_finished(&self) -> bool {
        let cells = self.cells();
        self.model.fin == cells.len() && cells.last().is_none_or(Option::is_some)
    }
}
