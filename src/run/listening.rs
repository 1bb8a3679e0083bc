//! Listening to an interface, by a thread of its own that waits for nothing but packets.
//!
//! ```text
//! kernel's ring ─► Listener (a thread) ─► queue ─► Listening (a source) ─► the run
//!                       └─── counters, outages, how it ended ───┘
//! ```
//!
//! The thread copies packets out of the ring as long as there are any, whatever the run does meanwhile. What neither the
//! ring nor the queue has room for is counted, the one by the kernel and the other here, so that in the end
//!
//! ```text
//! received by the kernel = looked at + dropped by the kernel + overload + left behind at the end
//! ```
//!
//! Nothing is left behind after a Ctrl-C on a quiet line: what the ring holds by then is read, for [`LAST_WORDS`] at most.

mod queue;

use std::mem;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::reading::Reading;
use super::serving::now;
use super::{End, LOOK_EVERY, News, Run};
use crate::capture::{
    CaptureError, Facts, Format, HAND_OVER_MS, KernelCounters, LinkState, Live, LiveError, LiveOptions, Next, Outage,
    PacketSource,
};
use crate::limits::OUTAGES_MAX;
use crate::packet::{InputId, LinkType, Packet, Stamp};
use queue::{Block, Filler, Taker, queue};

/// How long the thread sleeps when the ring is empty. What comes meanwhile waits there.
const PAUSE: Duration = Duration::from_millis(5);

/// Packets between two looks at everything else.
const PACKETS_AT_ONCE: usize = 4096;

/// Time between two looks at the link.
const LINK_EVERY: Duration = Duration::from_millis(100);

/// Time between two looks at the kernel's counters.
const COUNTERS_EVERY: Duration = Duration::from_secs(1);

/// In this time, and as much again, the kernel hands over what it has.
const HAND_OVER: Duration = Duration::from_millis(2 * HAND_OVER_MS as u64);

/// How long the ring is read after a stop: a person notices nothing of it.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// How far the clock of the packets may be behind that of the system, in seconds: what the ring and the queue hold.
const CLOCK_LAG_S: i64 = 1;

/// Opens an interface; from then on the kernel keeps what comes.
pub fn open(options: &LiveOptions) -> Result<Live, LiveError> {
    let mut live = Live::open(options)?;
    thread::sleep(HAND_OVER);
    live.admit()?;
    Ok(live)
}

impl Run {
    /// Takes what an interface hears, until the run is stopped. Gives the interface back, still open.
    pub(super) fn listen(
        &mut self,
        live: Live,
        stop: &Arc<AtomicBool>,
        tell: &mut dyn FnMut(News<'_>),
    ) -> Option<Live> {
        let reading = Reading::called(Path::new(live.name()));
        let mut source = Listening::begin(live, stop);
        let reading = self.read(reading, &mut source, End::BySource, stop, tell);
        let live = source.halt();
        let facts = Some(source.facts().clone());
        self.readings.push(Reading { facts, ..reading });
        live
    }
}

/// What the thread tells besides packets.
#[derive(Default)]
struct Told {
    counters: KernelCounters,
    overload: u64,
    is_down: bool,
    outages: Vec<Outage>,
    failure: Option<CaptureError>,
}

/// What both threads share.
#[derive(Default)]
struct Shared {
    told: Mutex<Told>,
    /// Nobody wants any more.
    is_over: AtomicBool,
}

impl Shared {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The packets that the thread hears.
struct Listening {
    taker: Taker,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<Live>>,
    link_type: LinkType,
    block: Block,
    /// The next packet in the block.
    at: usize,
    /// Whether the last answer was that there is nothing for now.
    is_idle: bool,
    facts: Facts,
}

impl Listening {
    fn begin(live: Live, stop: &Arc<AtomicBool>) -> Self {
        let (filler, taker) = queue();
        let shared = Arc::new(Shared::default());
        let link_type = live.link_type();
        let mut facts = Facts::new(Format::Live);
        facts.link_types.push(link_type);
        facts.snap_len = live.snap_len();
        let listener = Listener { live, filler, shared: Arc::clone(&shared), stop: Arc::clone(stop) };
        let listener = Some(thread::spawn(move || listener.listen()));
        Self { taker, shared, listener, link_type, block: Block::default(), at: 0, is_idle: false, facts }
    }

    /// Ends the thread, so that its counters are the last.
    fn halt(&mut self) -> Option<Live> {
        self.shared.is_over.store(true, Ordering::Release);
        self.listener.take().map(|listener| listener.join().expect("the thread that listens cannot panic"))
    }

    /// The next packet of the block.
    #[inline]
    fn in_block(&mut self) -> Option<Packet<'_>> {
        let arrival = self.block.get(self.at)?;
        self.at += 1;
        self.facts.packets += 1;
        self.facts.bytes += u64::try_from(arrival.data.len()).unwrap_or(u64::MAX);
        let stamp = Stamp { input: InputId(0), frame: self.facts.packets, time: arrival.time };
        let (link_type, original_len) = (self.link_type, arrival.original_len);
        Some(Packet { stamp, link_type, data: arrival.data, original_len, fcs_len: 0 })
    }
}

impl PacketSource for Listening {
    #[inline]
    fn at_hand(&mut self, mut take: impl FnMut(&Packet<'_>) -> bool) {
        while let Some(packet) = self.in_block()
            && take(&packet)
        {}
    }

    fn next(&mut self) -> Result<Next<'_>, CaptureError> {
        if self.block.get(self.at).is_none() {
            // Who asks has a look around when the queue is empty, and only then waits.
            let patience = if mem::take(&mut self.is_idle) { LOOK_EVERY } else { Duration::ZERO };
            match self.taker.exchange(&mut self.block, patience) {
                Ok(true) => self.at = 0,
                Ok(false) => {
                    self.is_idle = true;
                    return Ok(Next::Idle);
                }
                Err(()) => return self.shared.told().failure.take().map_or(Ok(Next::End), Err),
            }
        }
        Ok(self.in_block().map_or(Next::Idle, Next::Packet))
    }

    fn facts(&mut self) -> &Facts {
        let told = self.shared.told();
        let facts = &mut self.facts;
        facts.bytes_raw = facts.bytes;
        facts.received = told.counters.received;
        facts.dropped_in_total = told.counters.dropped;
        facts.dropped_by_interface = told.counters.interface_dropped;
        facts.overload = told.overload;
        facts.is_down = told.is_down;
        facts.outages.clone_from(&told.outages);
        facts
    }
}

/// The thread.
struct Listener {
    live: Live,
    filler: Filler,
    shared: Arc<Shared>,
    stop: Arc<AtomicBool>,
}

impl Listener {
    fn listen(mut self) -> Live {
        let failure = self.hear().err();
        self.filler.finish();
        self.tell_counters();
        self.shared.told().failure = failure;
        self.live
    }

    /// Fills the queue until the run is stopped, or there is nothing to hear any more.
    fn hear(&mut self) -> Result<(), CaptureError> {
        let (mut link_at, mut counters_at) = (Instant::now(), Instant::now());
        let mut is_up = true;
        while !self.is_over() && !self.stop.load(Ordering::Relaxed) {
            if self.fill()? == 0 {
                self.filler.flush();
                thread::sleep(PAUSE);
            }
            if link_at.elapsed() >= LINK_EVERY {
                link_at = Instant::now();
                is_up = self.look_at_link(is_up)?;
            }
            if counters_at.elapsed() >= COUNTERS_EVERY {
                counters_at = Instant::now();
                self.tell_counters();
            }
        }
        self.hear_last_words()
    }

    /// Fills the queue with what came before the stop.
    fn hear_last_words(&mut self) -> Result<(), CaptureError> {
        let stopped = Instant::now();
        while !self.is_over() && stopped.elapsed() < LAST_WORDS {
            if self.fill()? == 0 {
                if stopped.elapsed() > HAND_OVER {
                    break;
                }
                thread::sleep(PAUSE);
            }
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.shared.is_over.load(Ordering::Acquire)
    }

    /// Moves packets from the ring to the queue, and says how many.
    fn fill(&mut self) -> Result<usize, CaptureError> {
        let Self { live, filler, .. } = self;
        live.read(PACKETS_AT_ONCE, |arrival| filler.push(arrival))
    }

    /// Notes whether the link is down, or up again, and says whether it is up.
    fn look_at_link(&mut self, was_up: bool) -> Result<bool, CaptureError> {
        let is_up = match self.live.link_state() {
            LinkState::Up => true,
            LinkState::Down => false,
            LinkState::Gone => return Err(self.live.gone()),
        };
        let mut told = self.shared.told();
        told.is_down = !is_up;
        let outages = &mut told.outages;
        match (was_up, is_up) {
            (true, false) if outages.len() < OUTAGES_MAX => outages.push(Outage { from: now(), to: None }),
            (false, true) => {
                if let Some(outage) = outages.last_mut() {
                    outage.to.get_or_insert_with(now);
                }
            }
            _ => {}
        }
        Ok(is_up)
    }

    fn tell_counters(&mut self) {
        let counters = self.live.counters();
        let mut told = self.shared.told();
        told.counters = counters;
        told.overload = self.filler.overload;
    }
}

impl Run {
    /// Lets the time go by in which nothing came: what waits for it to pass shall not wait for the next packet.
    pub(super) fn let_time_pass(&mut self) {
        self.dissector.let_time_pass(now().plus_seconds(-CLOCK_LAG_S), &mut self.events);
        self.pair();
    }
}
