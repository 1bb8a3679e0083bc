//! Reads the edges of several captures as if they had been one.
//!
//! ```text
//! capture 1 ......... tail ┊              what is left of the rest: handshakes, ends
//!                          ┊ head ...... tail ┊
//!                          ┊                  ┊ head ...... capture 3
//! ```
//!
//! Between two packets of a conversation lie those of all others, which are not here. So each packet brings the time that was
//! believed when it came, except that the first ones behind a long pause do not move a clock ([`Clock`](crate::clock::Clock)).

use super::{Arrival, Edges, Greeting, KeptPacket};
use crate::clock::{Clock, Moment};
use crate::dissect::Dissector;
use crate::limits::{CLOCK_JUMP_MAX_S, CLOCK_JUMP_PACKETS};
use crate::msnp::Event;
use crate::net::FlowKey;
use crate::packet::{Stamp, Timestamp};
use crate::stats::Ledger;
use crate::tcp::Handshake;

/// Reads the edges of captures, each of which ended before the next began.
#[derive(Default)]
pub struct Replay {
    dissector: Dissector,
    /// When the last capture ended, as far as its clock was believed.
    end: Option<Timestamp>,
    /// Packets since then that were too few to be believed.
    beyond_jump: u32,
    events: Vec<Event>,
    /// Whether more was said than is kept, where it may have been of interest.
    is_cut_short: bool,
}

/// What happens at a packet, in this order.
enum Step<'a> {
    /// A handshake of a connection, or what is known of it when the connection is first followed.
    Greet(FlowKey, Handshake, Arrival),
    Packet(&'a KeptPacket),
    /// The handshake of a connection that is followed, or is nothing of ours, is not remembered any more.
    Forget(FlowKey),
    /// No more is kept of a connection.
    Cut(FlowKey),
}

impl Step<'_> {
    const fn order(&self) -> u8 {
        match self {
            Self::Greet(..) => 0,
            Self::Packet(_) => 1,
            Self::Forget(_) | Self::Cut(_) => 2,
        }
    }
}

impl Replay {
    /// Reads the edges of the next capture; what is said in conversations is given to `take`.
    pub fn read(&mut self, edges: &Edges, take: &mut impl FnMut(Event)) {
        let lag = self.end.filter(|end| {
            let jump = end.plus_seconds(CLOCK_JUMP_MAX_S);
            edges.begin().is_some_and(|begin| jump < begin)
        });
        let (end, beyond_jump) = (self.end, self.beyond_jump);
        let moment = |Arrival { stamp, now, before }: Arrival| {
            let is_early = beyond_jump.saturating_add(before).saturating_add(1) < CLOCK_JUMP_PACKETS;
            let believed = lag.filter(|_| is_early).unwrap_or(now);
            let now = end.map_or(believed, |end| end.max(believed));
            Moment { now, seen: now.max(stamp.time) }
        };
        let steps = steps(edges);
        let begin = steps.first().map_or(Stamp::default(), |(first, _)| *first);
        for (_, step) in steps {
            match step {
                Step::Greet(key, handshake, first) => {
                    // What is over by then is another connection.
                    self.dissector.advance(moment(first), &mut self.events);
                    self.dissector.greet(&key, handshake, first.stamp.input);
                }
                Step::Packet(packet) => {
                    let moment = moment(packet.arrival);
                    self.dissector.clock = Clock::at(moment.now);
                    self.dissector.push_at(&packet.packet(), moment, &mut self.events);
                }
                Step::Forget(key) => self.dissector.table.forget_handshake(&key),
                Step::Cut(key) => self.is_cut_short |= self.dissector.give_up(&key, begin),
            }
            self.dissector.tell_found(&mut self.events);
            self.events.drain(..).for_each(&mut *take);
        }
        self.is_cut_short |= edges.is_head_full && self.dissector.awaits_answer_since_before(begin);
        let packets = beyond_jump.saturating_add(edges.packets);
        if lag.is_some() && packets < CLOCK_JUMP_PACKETS {
            self.beyond_jump = packets;
        } else {
            self.beyond_jump = 0;
            self.end = self.end.max(edges.times.map(|(_, last)| last));
        }
        if let Some(end) = self.end {
            // Packets that are not here came until then.
            self.dissector.advance(end.into(), &mut self.events);
            self.dissector.tell_found(&mut self.events);
        }
        self.dissector.take_up(&edges.remains, &edges.over, &mut self.events);
        self.events.drain(..).for_each(&mut *take);
    }

    /// Whether more was said than is kept, where it may have been of interest.
    pub const fn is_cut_short(&self) -> bool {
        self.is_cut_short
    }

    /// The last capture is over. Returns the counters.
    pub fn finish(mut self, take: impl FnMut(Event)) -> Ledger {
        self.dissector.finish(take);
        self.dissector.ledger
    }
}

/// All that happens in a capture's edges, in its order.
fn steps(edges: &Edges) -> Vec<(Stamp, Step<'_>)> {
    let greets = edges.talks.iter().filter_map(|talk| {
        let first = talk.packets.first()?;
        Some((first.arrival.stamp, Step::Greet(talk.key, talk.handshake?, first.arrival)))
    });
    let greetings = edges.greetings.iter().map(|greeting| {
        let &Greeting { key, handshake, arrival } = greeting;
        (arrival.stamp, handshake.map_or(Step::Forget(key), |handshake| Step::Greet(key, handshake, arrival)))
    });
    let packets = edges.kept().map(|packet| (packet.arrival.stamp, Step::Packet(packet)));
    let cuts = edges.cuts.iter().map(|cut| (cut.stamp, Step::Cut(cut.key)));
    let mut steps: Vec<_> = greetings.chain(greets).chain(packets).chain(cuts).collect();
    steps.sort_by_key(|(stamp, step)| (*stamp, step.order()));
    steps
}
