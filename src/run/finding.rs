//! What a run found, in the end or as far as it has come.

use std::mem;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::anomalies::Noted;
use super::plan::Periods;
use super::reading::{Ending, Reading};
use super::{Findings, News, Run, anomalies, warnings};
use crate::capture::Facts;
use crate::census::Census;
use crate::net::Endpoint;
use crate::packet::{InputId, Stamp};
use crate::part::Remarks;
use crate::privacy::Pseudonyms;
use crate::stats::Ledger;

/// When the tables are told while the run goes on.
pub(super) struct Due {
    periods: Periods,
    next: Option<Instant>,
}

/// Why the tables are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// It is time for them.
    Checkpoint,
    /// A period ends: what comes is counted anew.
    PeriodEnds,
}

impl Due {
    pub(super) fn of(periods: Periods) -> Self {
        let next = periods.every.and_then(|every| Instant::now().checked_add(every));
        Self { periods, next }
    }

    /// Whether they are to be told now.
    fn look(&mut self) -> Option<Occasion> {
        if self.periods.ends.as_ref().is_some_and(|ends| ends.swap(false, Ordering::Relaxed)) {
            return Some(Occasion::PeriodEnds);
        }
        let now = Instant::now();
        self.next.filter(|next| *next <= now)?;
        // Of times that were missed none is made up for.
        self.next = self.periods.every.and_then(|every| now.checked_add(every));
        Some(Occasion::Checkpoint)
    }
}

impl Run {
    /// Tells the tables so far, if it is time, while `reading` goes on, of which `facts` are known.
    pub(super) fn tell_tables(&mut self, reading: &Reading, facts: &Facts, tell: &mut dyn FnMut(News<'_>)) {
        let Some(occasion) = self.due.look() else { return };
        // To count along time ends that counting.
        let timeline = self.telling.census.timeline.clone();
        self.edges = self.dissector.edges();
        self.readings.push(reading.so_far(facts));
        let found = self.findings();
        self.readings.pop();
        tell(News::Tables(&found, occasion));
        if occasion == Occasion::PeriodEnds {
            self.telling.begin_anew(self.new_census());
            self.dissector.begin_anew();
        } else {
            let Findings { clients, population, upgrades, .. } = found;
            self.telling.census = Census { clients, population, upgrades, timeline };
        }
    }

    /// Everything but the rows. What the tables are made of is moved into it.
    pub(super) fn findings(&mut self) -> Findings {
        let telling = &mut self.telling;
        let Census { clients, population, upgrades, timeline } = mem::take(&mut telling.census);
        let timeline = timeline.finish();
        let is_full = clients.is_full() || population.is_full() || upgrades.is_full() || timeline.is_full();
        let mut found = Findings {
            exchanges: telling.exchanges.iter().sum(),
            clients,
            population,
            upgrades,
            timeline,
            context: telling.context.clone(),
            interrupted: self.interrupted,
            edges: self.edges.take().into_iter().collect(),
            spool_error: self.spool_error.take(),
            ..Findings::default()
        };
        let facts = |stamp: Stamp| self.readings.get(usize::try_from(stamp.input.0).ok()?)?.facts.as_ref();
        for edges in &mut found.edges {
            edges.note_recovered(|stamp| facts(stamp).is_some_and(|facts| facts.recovery.covers(stamp.frame)));
        }
        let ledger = self.dissector.ledger();
        let exchanges = telling.exchanges.iter().copied().chain(std::iter::repeat(0));
        found.inputs = self.readings.iter().zip(exchanges).map(|(reading, exchanges)| reading.row(exchanges)).collect();
        let remarks = Remarks {
            anomalies: self.readings.iter().map(anomalies::of_reading).collect(),
            warnings: warnings::of_inputs(&self.readings, ledger),
            doubtful: self.readings.iter().any(Reading::is_doubtful),
        };
        found.count(remarks, ledger.clone(), telling.privacy.as_mut());
        if is_full {
            found.anomalies.push(anomalies::of_full_census(self.room));
            found.warnings.push(warnings::full_census(self.room));
            found.doubtful = true;
        }
        found
    }

    /// A census of a period in which nothing happened yet.
    pub(super) fn new_census(&self) -> Census {
        Census::within(self.room, self.step.unwrap_or_else(|| self.enough.step()))
    }
}

impl Findings {
    /// Tells what readings met, and what the counters say of the inputs, under the pseudonyms of `privacy`, if there are any.
    pub(super) fn count(&mut self, remarks: Remarks, mut ledger: Ledger, privacy: Option<&mut Pseudonyms>) {
        if let Some(privacy) = privacy {
            for end in ledger.anomalies_mut().filter_map(|anomaly| anomaly.ends.as_mut()).flatten() {
                *end = privacy.endpoint(Endpoint::new(end.ip(), end.port())).into();
            }
        }
        let noted = Noted::of(&ledger);
        for ((input, row), of_reading) in (0..).map(InputId).zip(&mut self.inputs).zip(&remarks.anomalies) {
            let stats = ledger.of(input);
            row.count(&stats);
            self.anomalies.extend_from_slice(of_reading);
            self.anomalies.extend(anomalies::of_stats(input, &row.input, &stats, &noted));
        }
        self.stats = ledger.total();
        let losses = warnings::of_counters(&self.stats);
        self.doubtful = remarks.doubtful || self.interrupted || !losses.is_empty();
        self.warnings = remarks.warnings.iter().cloned().chain(losses).collect();
        (self.remarks, self.ledger) = (remarks, ledger);
    }

    /// Says that something is missing, whatever the counters say.
    pub(super) fn warn(&mut self, sentence: String) {
        self.remarks.warnings.push(sentence.clone());
        self.remarks.doubtful = true;
        self.warnings.push(sentence);
        self.doubtful = true;
    }
}

impl Reading {
    /// What is known of it while it goes on.
    fn so_far(&self, facts: &Facts) -> Self {
        Self {
            name: self.name.clone(),
            facts: Some(facts.clone()),
            ending: Some(Ending::GoesOn),
            times: self.times,
            filter_error: self.filter_error.clone(),
        }
    }
}
