//! What the statistics of a pcapng section say about its interfaces (draft-ietf-opsawg-pcapng, section 4.6).
//!
//! It takes statistics blocks; gives into the [`Facts`] how many packets interfaces saw and lost; and keeps the last
//! word of each interface, since its counters only grow and may be told many times.

use super::facts::Facts;
use super::oddities::Oddity;
use super::options::{Options, put, u64_of};
use super::order::{ByteOrder, in_memory};

/// Options of the statistics.
const ISB_IF_RECEIVED: u16 = 4;
const ISB_IF_DROP: u16 = 5;
const ISB_OS_DROP: u16 = 7;

/// The last word of every interface of a section that has one, by its number.
#[derive(Debug, Default)]
pub(super) struct Statistics(Vec<Counters>);

#[derive(Clone, Copy, Debug, Default)]
struct Counters {
    received: u64,
    dropped: u64,
}

impl Statistics {
    /// Forgets the section.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Reads the body of a statistics block of a section that has that many interfaces.
    pub(super) fn read(&mut self, order: ByteOrder, body: &[u8], interfaces: usize, facts: &mut Facts) {
        let (mut received, mut by_interface, mut by_system) = (None, None, None);
        let mut options = Options::new(order, body.get(12..).unwrap_or_default());
        while let Some((code, value)) = options.next(facts) {
            let place = match code {
                ISB_IF_RECEIVED => &mut received,
                ISB_IF_DROP => &mut by_interface,
                ISB_OS_DROP => &mut by_system,
                _ => continue,
            };
            put(place, u64_of(order, value), facts);
        }
        let Some(number) = order.u32_at(body, 0).map(in_memory).filter(|_| body.len() >= 12) else {
            return facts.oddities.add(Oddity::ShortBlock);
        };
        if number >= interfaces {
            return facts.oddities.add(Oddity::UnknownInterface);
        }
        if self.0.len() <= number {
            self.0.resize(number + 1, Counters::default());
        }
        let Some(counters) = self.0.get_mut(number) else { return };
        let dropped = by_interface.unwrap_or(0_u64).saturating_add(by_system.unwrap_or(0));
        facts.dropped_in_total = facts.dropped_in_total.saturating_add(raise(&mut counters.dropped, dropped));
        if let Some(received) = received {
            let more = raise(&mut counters.received, received);
            facts.received = Some(facts.received.unwrap_or(0).saturating_add(more));
        }
    }
}

/// Raises a counter, and gives by how much.
fn raise(counter: &mut u64, to: u64) -> u64 {
    let more = to.saturating_sub(*counter);
    *counter += more;
    more
}
