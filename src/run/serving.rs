//! The metrics of a run over HTTP, by a thread of its own: nobody who asks, or only pretends to, holds up the run.
//!
//! ```text
//! run ─► Metrics ─► Place ◄── Server (a thread) ◄── Visitor ... (a scraper each)
//! ```
//!
//! Once a second the run leaves its numbers in a place, if nobody stands in it; the thread makes text of them when it is
//! asked. It never waits for a visitor: each is heard and told as much as is there, many times a second, for
//! [`VISIT_MAX`] at most, and when there are too many the one that came first is sent away.

mod answer;
mod visitor;

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use super::reading::Reading;
use super::{LOOK_EVERY, ProcessMemory, Run};
use crate::capture::{Facts, Format};
use crate::census::Census;
use crate::limits::VISITORS_MAX;
use crate::packet::Timestamp;
use crate::report::{InterfaceMetrics, Metrics, ProcessMetrics};
use visitor::Visitor;

/// Time between two numbers of the run. Scrapers come every few seconds at most.
const LEAVE_EVERY: Duration = Duration::from_secs(1);

/// Time between two looks at visitors, while there are any.
const VISITORS_EVERY: Duration = Duration::from_millis(5);

/// How long a visit may take. Who asks by a bad line has an answer within this.
const VISIT_MAX: Duration = Duration::from_secs(5);

/// Where metrics are asked for. It is open from its making on: what a confined program could not open any more, it has.
#[derive(Debug)]
pub struct Endpoint {
    listener: TcpListener,
    address: SocketAddr,
    memory: Option<ProcessMemory>,
    started: Timestamp,
}

impl Endpoint {
    /// Listens at `address`; port 0 stands for one that is free.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self { address: listener.local_addr()?, listener, memory: ProcessMemory::open(), started: now() })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether other machines may reach it.
    pub const fn is_reachable(&self) -> bool {
        !self.address.ip().to_canonical().is_loopback()
    }

    fn process(&mut self) -> ProcessMetrics {
        ProcessMetrics { started: self.started, resident: self.memory.as_mut().and_then(ProcessMemory::resident) }
    }
}

/// The time by the system's clock.
pub(super) fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since_1970.as_nanos()).unwrap_or(i64::MAX))
}

impl Run {
    /// Leaves the numbers of the moment for who asks for them, if it is time and somebody may.
    pub(super) fn leave_metrics(&mut self, reading: &Reading, facts: &Facts) {
        let Some(serving) = self.serving.as_mut().filter(|serving| serving.is_due()) else { return };
        let Census { clients, population, .. } = &self.telling.census;
        let interface = || InterfaceMetrics {
            name: reading.name.clone(),
            is_up: !facts.is_down,
            received: facts.received.unwrap_or(0),
            dropped: facts.dropped(),
            interface_dropped: facts.dropped_by_interface,
            overload: facts.overload,
        };
        let last = reading.times.map(|(_, last)| last);
        self.last_packet = self.last_packet.max(last);
        serving.leave(Metrics {
            stats: self.dissector.ledger().total(),
            bytes: self.bytes_before + facts.bytes,
            connections: self.dissector.connections(),
            memory: self.dissector.memory(),
            last_packet: self.last_packet,
            tally: self.telling.tally,
            clients: population.clients(),
            passports: population.passports(),
            is_full: population.is_full() || clients.is_full(),
            interface: (facts.format == Format::Live).then(interface),
        });
    }
}

/// The run's end of it.
pub(super) struct Serving {
    /// Until there is something to tell.
    endpoint: Option<Endpoint>,
    place: Arc<Place>,
    server: Option<JoinHandle<()>>,
    left: Option<Instant>,
}

/// Where the run leaves its numbers.
#[derive(Default)]
struct Place {
    metrics: Mutex<Arc<Metrics>>,
    /// Nobody wants any more.
    is_over: AtomicBool,
}

impl Serving {
    pub(super) fn at(endpoint: Endpoint) -> Self {
        Self { endpoint: Some(endpoint), place: Arc::default(), server: None, left: None }
    }

    fn is_due(&self) -> bool {
        self.left.is_none_or(|left| left.elapsed() >= LEAVE_EVERY)
    }

    /// Leaves numbers; the first ones begin the serving.
    fn leave(&mut self, metrics: Metrics) {
        // Whoever stands in the place is gone before the next look.
        let Ok(mut place) = self.place.metrics.try_lock() else { return };
        *place = Arc::new(metrics);
        self.left = Some(Instant::now());
        if let Some(endpoint) = self.endpoint.take() {
            let place = Arc::clone(&self.place);
            let server = Server { endpoint, place, visitors: VecDeque::new() };
            self.server = Some(thread::spawn(move || server.serve()));
        }
    }
}

impl Drop for Serving {
    /// Ends the thread, which sends its visitors away.
    fn drop(&mut self) {
        self.place.is_over.store(true, Ordering::Release);
        if let Some(server) = self.server.take() {
            server.thread().unpark();
            server.join().expect("the thread that serves cannot panic");
        }
    }
}

/// The thread.
struct Server {
    endpoint: Endpoint,
    place: Arc<Place>,
    /// In the order of their coming.
    visitors: VecDeque<Visitor>,
}

impl Server {
    fn serve(mut self) {
        while !self.place.is_over.load(Ordering::Acquire) {
            self.welcome();
            self.attend();
            thread::park_timeout(if self.visitors.is_empty() { LOOK_EVERY } else { VISITORS_EVERY });
        }
    }

    /// Lets in those who wait. Not more at once than there is room for: each has been heard before it must go.
    fn welcome(&mut self) {
        for _ in 0..VISITORS_MAX {
            // That there are no descriptors left passes, as everything else does.
            let Ok((stream, _)) = self.endpoint.listener.accept() else { return };
            let Ok(visitor) = Visitor::on(stream, VISIT_MAX) else { continue };
            if self.visitors.len() == VISITORS_MAX {
                self.visitors.pop_front();
            }
            self.visitors.push_back(visitor);
        }
    }

    /// Hears and tells what can be heard and told now.
    fn attend(&mut self) {
        let Self { endpoint, place, visitors } = self;
        visitors.retain_mut(|visitor| {
            visitor.attend(|exposition| {
                let metrics = Arc::clone(&place.metrics.lock().unwrap_or_else(PoisonError::into_inner));
                metrics.text(endpoint.process(), exposition)
            })
        });
    }
}

#[cfg(test)]
mod tests;
