//! Joins requests and replies by transaction id within a session.

use super::Exchange;
use crate::msnp::Event;

/// Everything that waits for its other half.
#[derive(Debug, Default)]
pub struct Pairing {}

impl Pairing {
    /// Takes `event` and appends to `exchanges` what it completes.
    pub fn push(&mut self, _event: Event, _exchanges: &mut Vec<Exchange>) {}
    /// Ends every session: lone halves come out.
    pub fn finish(&mut self, _exchanges: &mut Vec<Exchange>) {}
}
