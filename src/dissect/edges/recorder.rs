//! Keeps the packets, as they come, of conversations that may cross an edge.

mod sweeping;

use std::sync::Arc;

use foldhash::fast::RandomState;
use hashlink::LinkedHashMap;
use smallvec::{SmallVec, smallvec};

use self::sweeping::SWEEP_MIN;
use super::head::{Head, looks_like_text};
use super::record::Record;
use super::waiting::Waiting;
use super::{Arrival, Cut, Greeting, KeptPacket};
use crate::dissect::conversation::Conversation;
use crate::dissect::sessions::Sessions;
use crate::gateway::{Name, News, What};
use crate::limits::{
    CLOCK_JUMP_PACKETS, EDGE_BYTES_MAX, EDGE_CONNECTION_BYTES_MAX, EDGE_CUTS_MAX, EDGE_HEAD_BYTES_MAX, SYN_CACHE_LEN,
};
use crate::net::{DatagramId, FlowKey, Segment};
use crate::packet::{Packet, Stamp, Timestamp};
use crate::tcp::{Handshake, Look, Met, Table};

/// Where there is no room, it is looked again after so many packets.
const PACKETS_PER_SWEEP: u32 = 4_096;

/// Keeps the packets of conversations that may cross an edge.
#[derive(Clone, Debug)]
pub(in crate::dissect) struct Recorder {
    times: Option<(Timestamp, Timestamp)>,
    /// How many packets came, as far as a clock counts.
    packets: u32,
    head: Head,
    /// Connections that go on. The seed is random: the keys come from strangers.
    open: LinkedHashMap<FlowKey, Record, RandomState>,
    /// How many of them are not followed.
    strangers: usize,
    /// The first handshakes.
    greetings: Vec<Greeting>,
    /// Those that are over, and still matter.
    kept: Vec<Record>,
    fragments: Waiting,
    /// Which sessions were heard of on which connections since the last segment.
    news: Vec<(FlowKey, Arc<Name>, bool)>,
    /// Sessions of the gateway that were begun before, with the bytes that were said in them on connections that are over.
    begun_before: LinkedHashMap<Arc<Name>, usize, RandomState>,
    cuts: Vec<Cut>,
    bytes: usize,
    /// Those of them that are heads'.
    head_bytes: usize,
    /// When to look what can go.
    sweep_at: usize,
    /// Packets since it was looked last.
    unswept: u32,
    is_cut: bool,
}

/// What the layers below know.
#[derive(Clone, Copy)]
pub(in crate::dissect) struct World<'a> {
    pub(in crate::dissect) table: &'a Table<Conversation>,
    pub(in crate::dissect) sessions: &'a Sessions,
}

/// What a segment came in.
#[derive(Clone, Copy)]
pub(in crate::dissect) enum Source<'a> {
    Packet(&'a Packet<'a>),
    Fragments(DatagramId),
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            times: None,
            packets: 0,
            head: Head::none(),
            open: LinkedHashMap::default(),
            strangers: 0,
            greetings: Vec::new(),
            kept: Vec::new(),
            fragments: Waiting::default(),
            news: Vec::new(),
            begun_before: LinkedHashMap::default(),
            cuts: Vec::new(),
            bytes: 0,
            head_bytes: 0,
            sweep_at: SWEEP_MIN,
            unswept: 0,
            is_cut: false,
        }
    }
}

impl Recorder {
    /// It is `now`, and a packet comes.
    pub(in crate::dissect) fn count(&mut self, now: Timestamp) {
        if let Some((_, last)) = &mut self.times {
            *last = now;
        } else {
            self.times = Some((now, now));
            self.head = Head::of(now);
        }
        self.packets = self.packets.saturating_add(1);
    }

    /// A session is heard of; `is_unknown` says that it is not known yet.
    pub(in crate::dissect) fn hear(&mut self, news: &News, is_unknown: bool) {
        let is_begun_before = is_unknown && matches!(news.what, What::Begins { opens: false });
        let key = news.carrier.connection.key;
        let is_said = |(of, name, begun): &(FlowKey, Arc<Name>, bool)| {
            *of == key && *name == news.session && *begun == is_begun_before
        };
        if !self.news.last().is_some_and(is_said) {
            self.news.push((key, Arc::clone(&news.session), is_begun_before));
        }
    }

    /// A fragment comes.
    pub(in crate::dissect) fn wait(&mut self, datagram: DatagramId, packet: &Packet<'_>) {
        let (began, now) = self.times.unwrap_or_default();
        self.fragments.push(datagram, KeptPacket::of(packet, now, self.before()), began);
    }

    /// The datagram is whole, and holds a fragment of another.
    pub(in crate::dissect) fn becomes(&mut self, datagram: DatagramId, other: DatagramId) {
        self.fragments.becomes(datagram, other);
    }

    /// A segment came, and met something.
    #[inline]
    pub(in crate::dissect) fn note(&mut self, source: Source<'_>, segment: &Segment<'_>, met: Met, world: World<'_>) {
        let is_idle = match met {
            Met::Nothing => true,
            Met::Greeting { is_new } => self.open.is_empty() && !(is_new && self.has_room_for_greetings()),
            Met::Refused if self.has_room_for_fates() => false,
            Met::Stranger | Met::Refused => !self.head.takes_strangers() && self.strangers == 0,
            Met::Followed => false,
        };
        if !is_idle || !self.news.is_empty() {
            self.take(source, segment, met, world);
        } else if let Source::Fragments(datagram) = source {
            self.fragments.take(datagram);
        }
    }

    #[inline(never)]
    fn take(&mut self, source: Source<'_>, segment: &Segment<'_>, met: Met, world: World<'_>) {
        let (key, side) = FlowKey::new(segment.source, segment.destination, segment.encapsulation);
        let (_, now) = self.times.unwrap_or_default();
        if self.head.ends(now) {
            self.cut_strangers(segment.stamp);
        }
        match met {
            Met::Greeting { is_new: true } if self.has_room_for_greetings() => {
                self.note_greeting(key, Some(Handshake::told_by(segment, side)), segment.stamp);
            }
            Met::Refused | Met::Followed if self.has_room_for_fates() && !self.is_followed(&key) => {
                self.note_greeting(key, None, segment.stamp);
            }
            _ => {}
        }
        let mut is_over = false;
        match met {
            Met::Nothing => {}
            Met::Greeting { .. } => self.greet(&key, source, segment.stamp),
            Met::Followed => {
                let look = world.table.look(&key);
                self.follow(key, source, segment, look, world);
                is_over = !look.is_some_and(|look| look.is_followed);
            }
            Met::Refused if !self.open.contains_key(&key) => self.head.know(&key),
            Met::Refused | Met::Stranger => self.pass(key, source, segment, world),
        }
        if let Source::Fragments(datagram) = source {
            self.fragments.take(datagram);
        }
        if !self.news.is_empty() {
            self.name_sessions(now);
        }
        if is_over {
            self.retire(&key);
        }
        self.unswept = self.unswept.saturating_add(1);
        if self.bytes > self.sweep_at && self.unswept >= PACKETS_PER_SWEEP {
            self.sweep(world);
        }
    }

    /// A SYN or SYN/ACK: of another connection than was followed so far, or, late, of one whose bytes were captured before.
    fn greet(&mut self, key: &FlowKey, source: Source<'_>, stamp: Stamp) {
        let was_followed = self.open.get(key).map(|record| record.followed.is_some());
        self.push(key, source, stamp, 0);
        if was_followed == Some(true) {
            self.retire(key);
        }
    }

    /// A segment of a connection that is followed, or was until this came: then `look` finds it no more.
    fn follow(
        &mut self,
        key: FlowKey,
        source: Source<'_>,
        segment: &Segment<'_>,
        look: Option<Look>,
        world: World<'_>,
    ) {
        let followed = self.open.get(&key).map(|record| record.followed);
        match look {
            None if followed.is_none() => return self.pass(key, source, segment, world),
            Some(look) if followed != Some(Some(look.first)) => self.begin_to_follow(key, look),
            _ => {}
        }
        self.push(&key, source, segment.stamp, segment.payload.len());
    }

    /// The connection is followed from here on; what was kept of it before may be of another one.
    fn begin_to_follow(&mut self, key: FlowKey, look: Look) {
        let (_, now) = self.times.unwrap_or_default();
        // What came before a connection was followed came before its handshake was believed, too.
        let is_another = |record: &Record| record.followed.is_some() || look.handshake.is_some();
        if self.open.get(&key).is_some_and(is_another) {
            self.retire(&key);
        }
        if !self.open.contains_key(&key) {
            self.strangers += 1;
            self.open.insert(key, Record { handshake: look.handshake, ..Record::new(key) });
        }
        let is_head = self.head.may_hold(look.handshake.is_some(), now);
        if let Some(record) = self.open.get_mut(&key) {
            self.strangers -= 1;
            record.followed = Some(look.first);
            if is_head && !record.is_head {
                record.is_head = true;
                self.head_bytes += record.bytes;
            }
        }
    }

    /// A segment of a connection that is not followed.
    fn pass(&mut self, key: FlowKey, source: Source<'_>, segment: &Segment<'_>, world: World<'_>) {
        if self.is_followed(&key) {
            self.retire(&key);
        }
        let is_known = self.open.contains_key(&key);
        if !is_known && (!self.head.takes_strangers() || self.head.knows(&key)) {
            return;
        }
        let is_text = looks_like_text(segment.payload);
        let binary = if is_text { 0 } else { segment.payload.len() };
        if let Some(record) = self.open.get_mut(&key) {
            record.binary += binary;
            return self.push(&key, source, segment.stamp, segment.payload.len());
        }
        // A reset alone ends nothing, and what a connection says that never said a word is known.
        let ends = || segment.flags.fin && !world.table.is_greeted(&key);
        if !segment.payload.is_empty() || ends() {
            self.strangers += 1;
            self.open.insert(key, Record { is_head: true, is_text, binary, ..Record::new(key) });
            self.push(&key, source, segment.stamp, segment.payload.len());
        }
    }

    /// Keeps what the segment `stamp` came in, with so many bytes of payload, if there is room.
    fn push(&mut self, key: &FlowKey, source: Source<'_>, stamp: Stamp, payload: usize) {
        let (_, now) = self.times.unwrap_or_default();
        let before = self.before();
        let Some(record) = self.open.get_mut(key).filter(|record| !record.is_cut) else { return };
        let packets: SmallVec<[KeptPacket; 1]> = match source {
            Source::Packet(packet) => smallvec![KeptPacket::of(packet, now, before)],
            Source::Fragments(datagram) => self.fragments.take(datagram).into(),
        };
        let own = if record.packets.is_empty() { Record::ENTRY_LEN } else { 0 };
        let bytes = own + packets.iter().map(KeptPacket::memory).sum::<usize>();
        let is_head_full = record.is_head && self.head_bytes + bytes > EDGE_HEAD_BYTES_MAX;
        if record.has_room(payload) && !is_head_full && self.bytes + bytes <= EDGE_BYTES_MAX {
            record.push(packets, payload, bytes);
            self.bytes += bytes;
            self.head_bytes += if record.is_head { bytes } else { 0 };
            return;
        }
        self.cut(key, stamp);
        if is_head_full {
            self.head.close();
            // Of no stranger more is kept, and so none need be looked for whenever one says a word.
            self.cut_strangers(stamp);
        }
    }

    /// Nothing more is kept of the connection. What is kept of a head is good for its first packets, unless it is no text.
    fn cut(&mut self, key: &FlowKey, stamp: Stamp) {
        let Some(record) = self.open.get_mut(key) else { return };
        let Record { followed, is_head, is_text, .. } = *record;
        let is_kept = is_head && (is_text || followed.is_some());
        let stamp = record.packets.first().filter(|_| !is_kept).map_or(stamp, |packet| packet.arrival.stamp);
        record.is_cut = true;
        let full = Record { followed, is_cut: true, sessions: record.sessions.clone(), ..Record::new(*key) };
        let record = std::mem::replace(record, full);
        if is_kept {
            self.kept.push(record);
        } else {
            self.bytes -= record.bytes;
            self.head_bytes -= if is_head { record.bytes } else { 0 };
        }
        self.note_cut(Cut { stamp, key: *key, was_followed: followed.is_some() });
        if followed.is_none() {
            self.head.know(key);
            self.retire(key);
        }
    }

    fn note_cut(&mut self, cut: Cut) {
        if self.cuts.len() < EDGE_CUTS_MAX {
            self.cuts.push(cut);
        } else {
            self.is_cut = true;
        }
    }

    /// The time of heads is over: what strangers say from here on is not kept.
    fn cut_strangers(&mut self, stamp: Stamp) {
        if self.strangers == 0 {
            return;
        }
        let strangers = self.open.iter().filter(|(_, record)| record.followed.is_none());
        let keys: Vec<_> = strangers.map(|(key, _)| *key).collect();
        for key in keys {
            self.cut(&key, stamp);
        }
    }

    /// The connection is over, or is not read any more.
    fn retire(&mut self, key: &FlowKey) {
        let Some(record) = self.open.remove(key) else { return };
        self.strangers -= usize::from(record.followed.is_none());
        for name in &record.sessions {
            if let Some(bytes) = self.begun_before.get_mut(name) {
                *bytes += record.payload;
            }
        }
        if record.is_head || !record.sessions.is_empty() {
            self.kept.push(record);
        } else {
            self.bytes -= record.bytes;
        }
    }

    /// Notes on their connections which sessions were heard of.
    fn name_sessions(&mut self, now: Timestamp) {
        for (key, name, is_begun_before) in std::mem::take(&mut self.news) {
            if is_begun_before && self.head.may_hold_session(now) {
                self.begun_before.insert(Arc::clone(&name), 0);
            }
            // A client that asks for news says nothing of interest any more, as often as it asks.
            let is_head = self.begun_before.get(&name).is_some_and(|bytes| *bytes < EDGE_CONNECTION_BYTES_MAX);
            let mut kept = self.kept.iter_mut().rev();
            let kept = || kept.find(|record| record.key == key);
            let Some(record) = self.open.get_mut(&key).or_else(kept) else { continue };
            if is_head && !record.is_head {
                record.is_head = true;
                self.head_bytes += record.bytes;
            }
            if !record.carries(&name) {
                record.sessions.push(name);
            }
        }
    }

    /// A handshake came, or one that came before has done its duty.
    fn note_greeting(&mut self, key: FlowKey, handshake: Option<Handshake>, stamp: Stamp) {
        let (_, now) = self.times.unwrap_or_default();
        let arrival = Arrival { stamp, now, before: self.before() };
        self.greetings.push(Greeting { key, handshake, arrival });
    }

    /// Whether another handshake may be that of a connection which was met in an earlier capture, and remembered: as long as
    /// those that came here did not push it out.
    const fn has_room_for_greetings(&self) -> bool {
        self.head.is_there() && self.greetings.len() < SYN_CACHE_LEN
    }

    /// Whether a handshake that is remembered no more may be one of these. There is as much room again: what comes much later
    /// between the same ends would look like part of the connection.
    const fn has_room_for_fates(&self) -> bool {
        self.head.is_there() && self.greetings.len() < 2 * SYN_CACHE_LEN
    }

    /// Whether the connection was followed before.
    fn is_followed(&self, key: &FlowKey) -> bool {
        self.open.get(key).is_some_and(|record| record.followed.is_some())
    }

    /// How many packets came before this one, as far as a clock counts.
    fn before(&self) -> u32 {
        self.packets.saturating_sub(1).min(CLOCK_JUMP_PACKETS)
    }
}
