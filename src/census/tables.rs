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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::census::synthetic::observation;

    /// Counts clients whose names, libraries and addresses to download from are that long.
    fn full(room: Room, len: usize) -> [bool; 4] {
        let mut census = Census::within(room, Step::default());
        for number in 0..3 {
            let word = |sign: &str| format!("{number}{}", sign.repeat(len));
            let request = format!("CVR 2 0x0409 winnt 5.1 i386 {} 6.0 MSMSGS {}@example.com", word("x"), word("y"));
            let reply = format!("CVR 2 6.1 6.1 6.0 http://example.com/{}", word("z"));
            census.push(&observation(number, number.into(), request.as_bytes(), reply.as_bytes()));
        }
        let Census { clients, population, upgrades, timeline } = census;
        [clients.is_full(), population.is_full(), upgrades.is_full(), timeline.finish().is_full()]
    }

    #[test]
    fn texts_longer_than_honest_ones_have_no_room_where_there_is_a_bound() {
        let room = Room { entities: 1_000, values: 1_000 };
        assert_eq!(full(room, 100), [false; 4]);
        assert_eq!(full(room, 2_000), [true; 4]);
        assert_eq!(full(Room::ENDLESS, 2_000), [false; 4]);
    }
}
