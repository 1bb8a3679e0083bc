//! What of all that was kept is needed: while the capture goes on, and where it ends.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::head::Head;
use super::super::record::Record;
use super::super::{Edges, Talk};
use super::{Recorder, World};
use crate::gateway::Name;
use crate::limits::{CLOCK_JUMP_PACKETS, EDGE_BYTES_MAX};
use crate::packet::Stamp;
use crate::tcp::Look;

/// Bytes that are kept before it is looked for the first time what of them can go.
pub(super) const SWEEP_MIN: usize = 256 * 1024;

impl Recorder {
    /// Looks what can go: connections that are over, unless they, or a session that they carry, may cross an edge.
    pub(super) fn sweep(&mut self, World { table, sessions }: World<'_>) {
        let over =
            self.open.iter().filter(|(key, record)| record.followed.is_some() && is_over(record, table.look(key)));
        let over: Vec<_> = over.map(|(key, _)| *key).collect();
        for key in &over {
            self.retire(key);
        }
        let mut needed: HashSet<Arc<Name>> = self.open.values().flat_map(|record| record.sessions.clone()).collect();
        let is_needed = |record: &Record, needed: &HashSet<Arc<Name>>| {
            record.is_head || record.sessions.iter().any(|name| sessions.is_live(name) || needed.contains(name))
        };
        // What one session needs may carry another, which is read again, too, and so needs all that carried it.
        let mut known = usize::MAX;
        while needed.len() != known {
            known = needed.len();
            for record in &self.kept {
                if is_needed(record, &needed) {
                    needed.extend(record.sessions.iter().cloned());
                }
            }
        }
        self.kept.retain(|record| {
            let is_needed = is_needed(record, &needed);
            self.bytes -= if is_needed { 0 } else { record.bytes };
            is_needed
        });
        self.begun_before.retain(|name, _| sessions.is_live(name));
        self.sweep_at = (2 * self.bytes).clamp(SWEEP_MIN, EDGE_BYTES_MAX / 4 * 3);
        self.unswept = 0;
    }

    /// The edges, if the capture ends here.
    pub(in crate::dissect) fn edges(&mut self, world: World<'_>) -> Edges {
        // What can go need not be copied.
        self.tidy(world);
        self.clone().into_edges(world)
    }

    /// The edges, where the capture ends here.
    pub(in crate::dissect) fn last_edges(mut self, world: World<'_>) -> Edges {
        self.tidy(world);
        self.into_edges(world)
    }

    /// The edges, of what is needed and nothing else.
    fn into_edges(self, world: World<'_>) -> Edges {
        let awaits_answer = |record: &Record| {
            // Of one that was begun before, nobody knows whether anything more is to come.
            let is_open = |name: &Arc<Name>| world.sessions.is_live(name) && !self.begun_before.contains_key(name);
            record.sessions.iter().any(is_open) || world.table.look(&record.key).is_some_and(|look| look.awaits_answer)
        };
        let is_cut_short = self.open.values().any(|record| record.is_cut && awaits_answer(record));
        let records = self.kept.into_iter().chain(self.open.into_iter().map(|(_, record)| record));
        let mut talks: Vec<Talk> = records.filter(|record| !record.packets.is_empty()).map(Record::into_talk).collect();
        talks.sort_by_key(|talk| talk.packets.first().map(|packet| packet.arrival.stamp));
        Edges {
            times: self.times,
            packets: self.packets.min(CLOCK_JUMP_PACKETS),
            talks,
            is_cut: is_cut_short || self.is_cut || self.fragments.is_cut,
            fragments: self.fragments.into_packets(),
            greetings: self.greetings,
            cuts: self.cuts,
            is_head_full: self.head.is_full(),
            remains: world.table.remains(),
            over: world.sessions.over(),
            recovered: Vec::new(),
        }
    }

    /// Takes up what was heard last, and looks what can go.
    fn tidy(&mut self, world: World<'_>) {
        let (_, now) = self.times.unwrap_or_default();
        self.name_sessions(now);
        self.sweep(world);
    }

    /// Begins anew, with nothing begun before that is not known.
    pub(in crate::dissect) fn begin_anew(&mut self) {
        let (_, now) = self.times.unwrap_or_default();
        self.times = Some((now, now));
        self.head = Head::none();
        self.greetings = Vec::new();
        self.cut_strangers(Stamp::default());
        self.cuts.retain(|cut| self.open.get(&cut.key).is_some_and(|record| record.is_cut));
        self.fragments.drop_left();
        self.begun_before.clear();
        self.kept.iter_mut().for_each(|record| record.is_head = false);
        self.open.values_mut().for_each(|record| record.is_head = false);
        self.head_bytes = 0;
        self.is_cut = false;
    }
}

/// Whether what is known of the connection by now says that it is not read any more.
fn is_over(record: &Record, look: Option<Look>) -> bool {
    !look.is_some_and(|look| look.is_followed && record.followed == Some(look.first))
}
