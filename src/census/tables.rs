//! All that is counted, together.

use super::{Clients, Observation, Population, Room, Step, TimelineCounter, Upgrades};

/// The tables that count, each fed with every exchange.
#[derive(Debug, Default)]
pub struct Census {
    /// Each client by itself.
    pub clients: Clients,
    /// Who the clients are.
    pub population: Population,
    /// What servers tell them.
    pub upgrades: Upgrades,
    /// When they come.
    pub timeline: TimelineCounter,
}

impl Census {
    /// Counts exactly as long as there is room, and along time by that step.
    pub fn within(room: Room, step: Step) -> Self {
        Self {
            clients: Clients::within(room),
            population: Population::within(room),
            upgrades: Upgrades::within(room),
            timeline: TimelineCounter::within(room, step),
        }
    }

    /// Counts `observation`.
    pub fn push(&mut self, observation: &Observation) {
        self.clients.push(observation);
        self.population.push(observation);
        self.upgrades.push(observation);
        self.timeline.push(observation);
    }
}
