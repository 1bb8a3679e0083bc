//! What is told of a run while it goes on, to who watches it from outside: counters and gauges for Prometheus.
//!
//! * **Takes** the numbers of a moment ([`Metrics`]), and those of the process.
//! * **Gives** them as text, in either of the formats that Prometheus reads ([`Exposition`]).
//! * **Keeps** nothing but the [`Tally`] of exchanges.
//! * **Leaves out** everything that was captured: the labels are words of this program, and the name of the interface.
//!   The series are the same from the first moment to the last.
//!
//! Names follow Prometheus (<https://prometheus.io/docs/practices/naming/>). Of what happened last the time is told, not
//! how long ago it was: that is for the reader to find out, whose clock goes on.

mod exposition;
mod families;
mod tally;

use crate::packet::Timestamp;
use crate::stats::Stats;
pub use exposition::Exposition;
pub use tally::Tally;

/// A run at one moment.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    /// What was counted, of all inputs together.
    pub stats: Stats,
    /// Bytes read: those of packets from an interface, or of files.
    pub bytes: u64,
    /// Connections that are followed.
    pub connections: usize,
    /// Bytes of memory that conversations take, roughly.
    pub memory: usize,
    /// When the last packet was captured.
    pub last_packet: Option<Timestamp>,
    /// The exchanges that were told.
    pub tally: Tally,
    /// Different clients in the tables so far, as far as they are told apart.
    pub clients: usize,
    /// Different passports.
    pub passports: usize,
    /// Whether there were more.
    pub is_full: bool,
    /// The interface that is listened to, if one is.
    pub interface: Option<InterfaceMetrics>,
}

/// What is known of an interface.
#[derive(Clone, Debug, Default)]
pub struct InterfaceMetrics {
    /// Its name.
    pub name: String,
    /// Whether its link is up.
    pub is_up: bool,
    /// Packets that the kernel received for the program.
    pub received: u64,
    /// Packets that the kernel had no room for.
    pub dropped: u64,
    /// Packets that the network card had no room for.
    pub interface_dropped: u64,
    /// Packets that came while everything was full of those before them.
    pub overload: u64,
}

/// What is known of the process.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessMetrics {
    /// When it began.
    pub started: Timestamp,
    /// Bytes of memory that it takes, if the system tells.
    pub resident: Option<u64>,
}

impl Metrics {
    /// The text of all metrics.
    pub fn text(&self, process: ProcessMetrics, exposition: Exposition) -> String {
        exposition.text(families::families(self, process))
    }
}

#[cfg(test)]
mod tests;
