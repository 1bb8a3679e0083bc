//! What servers told the clients, by verdict: of each client version, and of all.

use std::collections::BTreeMap;

use super::Verdicts;
use crate::census::{PopulationRow, UpgradeRow, Verdict};

/// The exchanges of the `upgrades` table by verdict.
pub(super) struct Answers<'a> {
    versions: BTreeMap<&'a [u8], Verdicts>,
    all: Verdicts,
}

impl<'a> Answers<'a> {
    pub(super) fn of(upgrades: &'a [UpgradeRow]) -> Self {
        let mut answers = Self { versions: BTreeMap::new(), all: Verdicts::default() };
        for row in upgrades {
            add(answers.versions.entry(&row.client_ver).or_default(), row);
            add(&mut answers.all, row);
        }
        answers
    }

    /// What the clients of that version were told.
    pub(super) fn of_version(&self, row: &PopulationRow) -> Verdicts {
        let answered = self.versions.get(row.value.as_slice()).copied().unwrap_or_default();
        with_unanswered(answered, row.exchanges)
    }

    /// What all clients were told, in so many exchanges.
    pub(super) fn of_all(&self, exchanges: u64) -> Verdicts {
        with_unanswered(self.all, exchanges)
    }
}

/// Adds the exchanges of `row` to those of its verdict.
pub(super) fn add(verdicts: &mut Verdicts, row: &UpgradeRow) {
    for (count, verdict) in verdicts.iter_mut().zip(Verdict::ALL) {
        *count += if verdict == row.verdict { row.exchanges } else { 0 };
    }
}

/// An exchange without an answer stands in no row of `upgrades`: nothing was determined.
fn with_unanswered(mut verdicts: Verdicts, exchanges: u64) -> Verdicts {
    let answered: u64 = verdicts.iter().sum();
    if let Some(undetermined) = verdicts.last_mut() {
        *undetermined += exchanges.saturating_sub(answered);
    }
    verdicts
}
