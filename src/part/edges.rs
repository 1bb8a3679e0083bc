//! What is known of conversations that cross the edges of a capture.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::cvr::OpenSession;
use crate::flags::{Flag, Flags};
use crate::limits::{EDGE_EVENTS_MAX, EDGE_SESSIONS_MAX};
use crate::msnp::{Event, SessionId};
use crate::packet::Renumbering;
use crate::tcp::Ends;

/// The conversations at both edges.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Edges {
    /// What was said in sessions that were open when the capture began, in the order of saying.
    pub begun_before: BTreeMap<SessionId, Vec<Event>>,
    /// What is doubtful about the end of those of them that were open when it ended, too.
    pub ended: BTreeMap<SessionId, Flags>,
    /// Sessions that were open when it ended.
    pub open: Vec<OpenSession>,
    /// Where connections stood when it ended.
    pub ends: Ends,
    /// Those of which more was said than is kept.
    too_long: BTreeSet<SessionId>,
    /// Whether more sessions, or longer ones, were open when it began than are kept.
    pub is_cut: bool,
}

impl Edges {
    /// Notes what is said.
    pub fn note(&mut self, event: &Event) {
        let id = event.session();
        let room = EDGE_SESSIONS_MAX.saturating_sub(self.begun_before.len());
        let said = match self.begun_before.get_mut(&id) {
            Some(said) => said,
            None if !was_begun_before(event) => return,
            None if room == 0 => return self.is_cut = true,
            None => self.begun_before.entry(id).or_default(),
        };
        if said.len() < EDGE_EVENTS_MAX {
            said.push(event.clone());
        } else {
            self.too_long.insert(id);
            self.is_cut = true;
        }
    }

    /// Notes what is said only because the capture ends.
    pub fn note_at_end(&mut self, event: &Event) {
        match event {
            Event::Closed { session, flags } if self.begun_before.contains_key(session) => {
                self.ended.insert(*session, *flags);
            }
            Event::Closed { .. } => {}
            Event::Message(_) | Event::Doubt { .. } => self.note(event),
        }
    }

    /// No more will be noted: what is not known whole is of no use.
    pub fn finish(&mut self) {
        for id in std::mem::take(&mut self.too_long) {
            self.begun_before.remove(&id);
        }
    }

    /// Gives the inputs that it refers to other numbers.
    pub fn renumber(&mut self, numbers: &Renumbering) {
        for (mut id, mut said) in std::mem::take(&mut self.begun_before) {
            id.renumber(numbers);
            for event in &mut said {
                event.renumber(numbers);
            }
            self.begun_before.insert(id, said);
        }
        for (mut id, flags) in std::mem::take(&mut self.ended) {
            id.renumber(numbers);
            self.ended.insert(id, flags);
        }
        self.open.iter_mut().for_each(|open| open.renumber(numbers));
        self.ends.renumber(numbers);
    }
}

/// Whether it is a line of a single connection that was open when the capture began.
fn was_begun_before(event: &Event) -> bool {
    let Event::Message(message) = event else { return false };
    matches!(message.session, SessionId::Connection(_)) && message.provenance.flags.has(Flag::Midstream)
}
