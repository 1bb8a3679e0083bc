//! What a run found, as far as it has come.

use super::anomalies::Noted;
use super::{Findings, Run, anomalies, warnings};
use crate::packet::InputId;

impl Run {
    /// Everything but the rows. What the tables are made of is moved into it.
    pub(super) fn findings(&mut self) -> Findings {
        let telling = &mut self.telling;
        let mut found = Findings {
            exchanges: telling.exchanges.iter().sum(),
            clients: std::mem::take(&mut telling.clients),
            population: std::mem::take(&mut telling.population),
            upgrades: std::mem::take(&mut telling.upgrades),
            timeline: telling.take_timeline(),
            context: telling.context.clone(),
            interrupted: self.interrupted,
            spool_error: self.spool_error.take(),
            ..Findings::default()
        };
        let ledger = self.dissector.ledger();
        let stats: Vec<_> = (0..).zip(&self.readings).map(|(number, _)| ledger.of(InputId(number))).collect();
        let noted = Noted::of(&stats);
        let exchanges = telling.exchanges.iter().copied().chain(std::iter::repeat(0));
        for (((number, reading), stats), exchanges) in (0..).zip(&self.readings).zip(&stats).zip(exchanges) {
            found.doubtful |= reading.is_doubtful();
            found.inputs.push(reading.row(stats, exchanges));
            found.anomalies.extend(anomalies::of_input(InputId(number), reading, stats, &noted));
        }
        found.stats = ledger.total();
        let losses = warnings::of_counters(&found.stats);
        found.doubtful |= !losses.is_empty() || found.interrupted;
        found.warnings = warnings::of_inputs(&self.readings, ledger);
        found.warnings.extend(losses);
        found
    }
}
