//! The loop: pulls packets from a source, and pushes them through until the source ends, the run is stopped, or it is enough.
//!
//! Now and then it looks up from the packets ([`Run::look`]): every few thousand of them, when nothing is there for now, and
//! when an exchange was found that is to be told at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::pipe::Pipe;
use super::reading::{Ending, Reading};
use super::{LOOK_EVERY, News, PACKETS_PER_LOOK, Progress, Run};
use crate::capture::{CaptureError, CaptureErrorKind, Facts, Next, PacketSource};
use crate::packet::Packet;

/// How a source ends that does not end by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At once, by a stop.
    AtOnce,
    /// By a stop when nothing is there for now.
    WhenIdle,
    /// It hears the stop by itself.
    BySource,
}

impl Run {
    /// Reads `source` to its end, or until it is enough.
    pub(super) fn read(
        &mut self,
        mut reading: Reading,
        source: &mut impl PacketSource,
        end: End,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(News<'_>),
    ) -> Reading {
        // Since the last look; the first packet is worth one.
        let mut packets = 0;
        self.look_at = 1;
        loop {
            if packets < self.look_at {
                source.at_hand(|packet| {
                    self.push(packet, &mut reading);
                    packets += 1;
                    packets < self.look_at
                });
            }
            if packets >= self.look_at {
                if self.look(std::mem::take(&mut packets), &reading, source.facts(), tell) {
                    reading.ending = Some(Ending::Enough);
                    break;
                }
                if end == End::AtOnce && stop.load(Ordering::Relaxed) {
                    self.interrupted = true;
                    reading.ending = Some(Ending::Interrupted);
                    break;
                }
            }
            match source.next() {
                Ok(Next::Packet(packet)) => {
                    self.push(&packet, &mut reading);
                    packets += 1;
                }
                Ok(Next::Idle) => {
                    #[cfg(feature = "live")]
                    if end == End::BySource {
                        self.let_time_pass();
                    }
                    if self.look(std::mem::take(&mut packets), &reading, source.facts(), tell) {
                        reading.ending = Some(Ending::Enough);
                        break;
                    }
                    if end == End::WhenIdle {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        thread::sleep(LOOK_EVERY);
                    }
                }
                Ok(Next::End) => break,
                Err(error) => {
                    reading.ending = Some(self.failure(error));
                    break;
                }
            }
        }
        reading.facts = Some(source.facts().clone());
        reading
    }

    /// Tells how far the run is, so many packets after the last look, and says whether it is enough.
    fn look(&mut self, packets: u64, reading: &Reading, facts: &Facts, tell: &mut dyn FnMut(News<'_>)) -> bool {
        let name = &reading.name;
        self.left.spend(packets);
        self.look_at = self.left.packets(PACKETS_PER_LOOK);
        if self.tells_at_once {
            self.tell_found(name, facts, tell);
            self.watching.look(name, facts, tell);
            self.tell_tables(reading, facts, tell);
        }
        self.leave_metrics(reading, facts);
        let bytes = self.bytes_before + facts.bytes;
        let (exchanges, time, ledger) = (self.found, self.dissector.now(), self.dissector.ledger());
        tell(News::Progress(Progress { input: name, bytes, exchanges, time, facts, ledger }));
        self.left.is_over(self.found)
    }

    /// How an input ended that could not be read on.
    pub(super) fn failure(&mut self, error: CaptureError) -> Ending {
        match error.kind {
            CaptureErrorKind::Unreadable(cause) if Pipe::gave_up(&cause) => {
                self.interrupted = true;
                Ending::Interrupted
            }
            kind => Ending::Failed(CaptureError { kind, ..error }),
        }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "so that a packet at hand does not travel through memory")]
    fn push(&mut self, packet: &Packet<'_>, reading: &mut Reading) {
        reading.note_time(packet.stamp.time);
        if !self.is_selective || self.lets_through(packet, reading) {
            self.dissector.push(packet, &mut self.events);
            if !self.events.is_empty() {
                self.pair();
            }
        } else {
            let packets = &mut self.dissector.ledger_mut().at(packet.stamp.input).packets;
            packets.packets += 1;
            packets.filtered += 1;
        }
    }

    /// Whether filter and time window let the packet through.
    pub(super) fn lets_through(&mut self, packet: &Packet<'_>, reading: &mut Reading) -> bool {
        let time = packet.stamp.time;
        let is_in_time = self.since.is_none_or(|since| since <= time) && self.until.is_none_or(|until| time < until);
        is_in_time && self.matches_filter(packet, reading)
    }

    #[cfg(feature = "live")]
    fn matches_filter(&mut self, packet: &Packet<'_>, reading: &mut Reading) -> bool {
        let Some(filter) = &mut self.filter else { return true };
        filter.matches(packet).unwrap_or_else(|error| {
            reading.filter_error.get_or_insert_with(|| error.to_string());
            false
        })
    }

    #[cfg(not(feature = "live"))]
    #[expect(clippy::unused_self, reason = "filters need libpcap")]
    fn matches_filter(&mut self, _: &Packet<'_>, _: &mut Reading) -> bool {
        true
    }

    /// Takes what was said to the half that it belongs to.
    pub(super) fn pair(&mut self) {
        for event in self.events.drain(..) {
            self.pairing.push(event, &mut self.exchanges);
        }
        self.dissector.leave_room(self.pairing.memory());
        if self.exchanges.is_empty() {
            return;
        }
        self.found += u64::try_from(self.exchanges.len()).unwrap_or(u64::MAX);
        if self.tells_at_once || self.left.counts_exchanges() {
            self.look_at = 0;
        }
        if !self.tells_at_once {
            self.spool.append(&mut self.exchanges);
        }
    }
}
