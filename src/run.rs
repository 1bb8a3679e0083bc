//! The loop: pulls packets from the inputs, pushes them through the dissector, and gathers what comes out.
//!
//! ```text
//! Plan ─► inputs, one by one ─► Dissector ─► Pairing ─► spool ─► telling ─► News::Row    each exchange
//!         or what is followed       │                              └──────► Findings     tables, inputs, anomalies,
//!         or listened to            └─ now and then ──────────────────────► News::...    warnings; how far it is
//! ```
//!
//! * **Takes** a [`Plan`]: what to read, which packets of it, when it is enough; and a flag by which it can be stopped.
//! * **Gives** [`News`] on the way, and [`Findings`] in the end. What was found in files waits for the end of the reading
//!   (`spool`) and is told in the order of time; what was found in anything that goes on until it is stopped is told at
//!   once (`telling`). [`merge`] makes the findings of several runs those of one.
//! * **Keeps** the census, a row for each input, and some thousand exchanges: the others wait in a temporary file.
//! * **Leaves out** every output but the packets that are saved: who called decides what to write, and where.
//!
//! Everything that is said about a run is said here: how each input ended (`reading`), what is missing, and whether any
//! of it makes the tables doubtful (`warnings`). A bad input is a row and a warning, and the run goes on.
//!
//! All threads and all sleeping live here: threads that read a file ahead (`ahead`), one that makes the rows that another
//! one writes (`beside`), one that reads a pipe (`pipe`), one that listens to an interface (`listening`), and one that
//! tells how it goes on to who asks over HTTP (`serving`). What grows is followed without one (`following`), and what is to
//! be saved is read a second time (`save`).

mod ahead;
mod anomalies;
mod beside;
mod enough;
mod finding;
mod following;
#[cfg(feature = "live")]
mod listening;
mod memory;
mod merging;
mod pipe;
mod plan;
mod pulling;
mod reading;
mod save;
mod serving;
mod spool;
mod telling;
mod warnings;
mod watching;

use std::io;
use std::mem;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[cfg(feature = "live")]
use crate::capture::Live;
use crate::capture::{CaptureError, CaptureFile, Facts, Input, PacketSource, ReadOptions, Source};
use crate::census::{Clients, Observation, Population, Room, Step, Timeline, Upgrades};
use crate::cvr::{Exchange, Pairing};
use crate::dissect::{Dissector, Edges};
use crate::limits::{HELPERS_MAX, MEMORY_PARTS};
use crate::msnp::Event;
use crate::packet::{InputId, Timestamp};
use crate::part::Remarks;
use crate::report::{AnomalyRow, Context, InputRow, InputStatus};
use crate::stats::{Ledger, Stats};
pub use enough::Enough;
use enough::Left;
use finding::Due;
pub use finding::Occasion;
#[cfg(feature = "live")]
pub use listening::open as open_live;
pub use memory::ProcessMemory;
pub use merging::merge;
use pipe::Pipe;
pub use plan::{Periods, Plan};
use pulling::End;
use reading::{Ending, Reading};
pub use serving::Endpoint;
use serving::Serving;
use spool::Spool;
use telling::Telling;
use watching::Watching;

/// Time between two looks at the stop flag while nothing comes: shorter than a person notices.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A file that is shorter than this, in bytes, is read before another thread could begin to.
const READ_AHEAD_MIN: u64 = 1024 * 1024;

/// Packets between two looks at the stop flag and two reports of progress: a few milliseconds.
const PACKETS_PER_LOOK: u64 = 4096;

/// How far a run is.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The name of the input that is being read.
    pub input: &'a str,
    /// Bytes read of all inputs.
    pub bytes: u64,
    /// Exchanges found.
    pub exchanges: u64,
    /// The capture's time, once there is a packet to tell it.
    pub time: Option<Timestamp>,
    /// What is known of the input.
    pub facts: &'a Facts,
    /// What was counted.
    pub ledger: &'a Ledger,
}

/// What a run tells before it is over.
pub enum News<'a> {
    /// How far it is. What is followed or listened to is told of ten times a second at least.
    Progress(Progress<'a>),
    /// The next row of the `exchanges` table, with the names that it refers to. Rows come when all inputs were read,
    /// ordered by time, input and frame, so that nobody needs to hold them all. What is followed or listened to gives them
    /// as they are found.
    Row(&'a Observation, &'a Context),
    /// The tables so far, of what is followed or listened to. The rows that they count were all told.
    Tables(&'a Findings, Occasion),
    /// Something happened that changes nothing in the tables.
    Note(&'a str),
    /// Something is being lost.
    Warning(&'a str),
}

/// What a run found, without the rows that it told one by one.
#[derive(Default)]
pub struct Findings {
    /// How many exchanges there are.
    pub exchanges: u64,
    /// Each client by itself.
    pub clients: Clients,
    /// Who the clients were.
    pub population: Population,
    /// What servers told them.
    pub upgrades: Upgrades,
    /// When they came.
    pub timeline: Timeline,
    /// How each input ended.
    pub inputs: Vec<InputRow>,
    /// What went wrong, input by input.
    pub anomalies: Vec<AnomalyRow>,
    /// The names that the rows refer to.
    pub context: Context,
    /// What the readings met, whatever the counters say.
    pub remarks: Remarks,
    /// The counters of each input.
    pub ledger: Ledger,
    /// The sum of all counters.
    pub stats: Stats,
    /// What a reader must know before trusting the tables, in whole sentences.
    pub warnings: Vec<String>,
    /// Whether data was lost or is doubtful.
    pub doubtful: bool,
    /// Whether the run was stopped before its end.
    pub interrupted: bool,
    /// What was listened to. It is still open: the number of its file must not become that of another, for whoever restricted
    /// what can be done with it.
    #[cfg(feature = "live")]
    pub live: Option<Live>,
    /// The conversations at the edges of the capture, if the plan wants them; at those of each, if several were joined.
    pub edges: Vec<Edges>,
    /// Why the packets could not be saved; `None` also if they were not to be.
    pub save_error: Option<io::Error>,
    /// Why the exchanges that waited in a temporary file could not be read again: rows are missing then.
    pub spool_error: Option<io::Error>,
}

impl Findings {
    /// Whether not one input could be read.
    pub fn nothing_readable(&self) -> bool {
        // A capture whose header is there was read, even if nothing follows it.
        let is_read = |row: &InputRow| match row.status {
            InputStatus::Ok => true,
            InputStatus::Cut => !row.format.is_empty(),
            _ => false,
        };
        let is_useless = |row: &InputRow| row.packets == 0 && !is_read(row);
        self.inputs.iter().all(is_useless)
    }
}

/// Reads all inputs of `plan`, and tells how far it is, and then the rows. Ends early once `stop` is set: a file at once, a
/// pipe when its other end has had a moment to end by itself. What is followed ends by it, once all that is there was
/// read.
///
/// ```
/// use std::sync::Arc;
///
/// use msncensus::capture::list;
/// use msncensus::census::Dimension;
/// use msncensus::report::InputStatus;
/// use msncensus::run::{Plan, run};
///
/// let inputs = list(["samples/msn-6.0-required.pcapng".into(), "samples/msn-6.1-cvq-required.pcapng".into()]);
/// let since = "2004-01-01T00:00:00Z".parse::<jiff::Timestamp>()?;
/// let since = msncensus::packet::Timestamp::from_parts(since.as_second(), 0);
/// // Nobody stops it, and the rows are not wanted.
/// let found = run(Plan { since, ..Plan::new(inputs) }, &Arc::default(), &mut |_| {});
/// for row in found.population.rows().iter().filter(|row| row.dimension == Dimension::ClientVer) {
///     println!("{}: {} clients", String::from_utf8_lossy(&row.label), row.clients);
/// }
/// // How far to trust that.
/// assert!(!found.doubtful, "{:?}", found.warnings);
/// assert!(found.inputs.iter().all(|input| input.status == InputStatus::Ok));
/// # Ok::<(), jiff::Error>(())
/// ```
pub fn run(mut plan: Plan, stop: &Arc<AtomicBool>, tell: &mut dyn FnMut(News<'_>)) -> Findings {
    let mut run = Run::begin(&mut plan);
    #[cfg(feature = "live")]
    if let Some(live) = plan.live {
        let live = run.listen(live, stop, tell);
        run.tell_rest(tell);
        return Findings { live, ..run.findings() };
    }
    let sources: Vec<_> = plan.inputs.iter().map(file_of).collect();
    if let Some(follow) = plan.follow {
        run.follow(follow, plan.strict, stop, tell);
    } else {
        run.take_all(plan.inputs, plan.strict, stop, tell);
    }
    if let Some(output) = plan.save {
        return run.tell_and_save(output, &sources, stop, tell);
    }
    run.tell_rest(tell);
    run.findings()
}

struct Run {
    dissector: Dissector,
    pairing: Pairing,
    #[cfg(feature = "live")]
    filter: Option<crate::capture::Filter>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    /// Whether there is a filter or a time window.
    is_selective: bool,
    step: Option<Step>,
    options: ReadOptions,
    threads: usize,
    events: Vec<Event>,
    /// What the packet in hand completes.
    exchanges: Vec<Exchange>,
    /// What the packets before it did, unless it is told at once.
    spool: Spool,
    /// How many exchanges were found.
    found: u64,
    telling: Telling,
    tells_at_once: bool,
    room: Room,
    due: Due,
    enough: Enough,
    /// What is left to be read before it is enough.
    left: Left,
    /// After so many packets, counted from the last look, there is another one.
    look_at: u64,
    watching: Watching,
    serving: Option<Serving>,
    /// The latest packet of all inputs, as far as that was told.
    last_packet: Option<Timestamp>,
    bytes_before: u64,
    readings: Vec<Reading>,
    interrupted: bool,
    /// The conversations at the edges, once they are to be told.
    edges: Option<Edges>,
    spool_error: Option<io::Error>,
}

impl Run {
    /// Takes of `plan` all but what is to be read and saved.
    fn begin(plan: &mut Plan) -> Self {
        let is_selective = plan.since.is_some() || plan.until.is_some();
        #[cfg(feature = "live")]
        let is_selective = is_selective || plan.filter.is_some();
        let dissector = Dissector::with_memory(plan.memory_max);
        let mut run = Self {
            dissector: if plan.edges { dissector.keeping_edges() } else { dissector },
            pairing: Pairing::with_memory(plan.memory_max / MEMORY_PARTS),
            #[cfg(feature = "live")]
            filter: plan.filter.take(),
            since: plan.since,
            until: plan.until,
            is_selective,
            step: plan.step,
            options: plan.options,
            threads: plan.threads,
            events: Vec::new(),
            exchanges: Vec::new(),
            spool: Spool::default(),
            found: 0,
            room: plan.room,
            due: Due::of(mem::take(&mut plan.periods)),
            telling: Telling::default(),
            enough: plan.enough,
            tells_at_once: plan.is_endless(),
            left: plan.enough.begin(),
            look_at: 0,
            watching: Watching::default(),
            serving: plan.metrics.take().map(Serving::at),
            last_packet: None,
            bytes_before: 0,
            readings: Vec::new(),
            interrupted: false,
            edges: None,
            spool_error: None,
        };
        run.telling = Telling::counting(run.new_census(), plan.privacy.take());
        run
    }

    fn take_all(&mut self, inputs: Vec<Input>, strict: bool, stop: &Arc<AtomicBool>, tell: &mut dyn FnMut(News<'_>)) {
        let mut damaged = false;
        for (number, input) in (0..).zip(inputs) {
            let reading = Reading::of(&input);
            let reading = if stop.load(Ordering::Relaxed) {
                self.interrupted = true;
                reading.ended(Ending::NotReached)
            } else if self.left.is_over(self.found) && matches!(input, Input::Ready(_)) {
                // What would not have been read anyway says why.
                reading.ended(Ending::Enough)
            } else if strict && damaged {
                reading.ended(Ending::NotReached)
            } else {
                self.take(reading, input, InputId(number), stop, tell)
            };
            damaged |= reading.is_damaged();
            self.bytes_before += reading.facts.as_ref().map_or(0, |facts| facts.bytes);
            self.note(reading);
        }
    }

    /// Notes how the reading of an input ended.
    fn note(&mut self, mut reading: Reading) {
        if self.telling.privacy.is_some() {
            reading.hide_bytes();
        }
        self.readings.push(reading);
    }

    fn take(
        &mut self,
        reading: Reading,
        input: Input,
        id: InputId,
        stop: &Arc<AtomicBool>,
        tell: &mut dyn FnMut(News<'_>),
    ) -> Reading {
        match input {
            Input::Ready(source) => match open(source, id, self.options, stop) {
                Ok(mut file) => {
                    // A pipe has no length, and hears a stop by itself.
                    let end = if file.size().is_some() { End::AtOnce } else { End::BySource };
                    let helpers = self.threads.saturating_sub(1).min(HELPERS_MAX);
                    if helpers > 0 && file.size().is_some_and(|size| size >= READ_AHEAD_MIN) {
                        file.read_by(|stream| ahead::read_ahead(stream, helpers));
                    }
                    let mut reading = self.read(reading, &mut file, end, stop, tell);
                    if matches!(reading.ending, None | Some(Ending::Failed(_))) {
                        while !stop.load(Ordering::Relaxed) && file.hash_on() {}
                        reading.facts = Some(file.facts().clone());
                    }
                    reading
                }
                Err(error) => reading.ended(self.failure(error)),
            },
            Input::Skipped { reason, .. } => reading.ended(Ending::Skipped(reason)),
            Input::Failed(error) => reading.ended(Ending::Failed(error)),
        }
    }
}

/// The file that can be read again, if that is what an input is.
fn file_of(input: &Input) -> Option<Source> {
    match input {
        Input::Ready(source @ Source::Path(path)) if path.is_file() => Some(source.clone()),
        Input::Ready(_) | Input::Skipped { .. } | Input::Failed(_) => None,
    }
}

/// Opens a file, or begins to wait for a pipe.
fn open(
    source: Source,
    id: InputId,
    options: ReadOptions,
    stop: &Arc<AtomicBool>,
) -> Result<CaptureFile, CaptureError> {
    let is_file = |path: &Path| path.metadata().map_or(true, |metadata| metadata.is_file());
    match &source {
        Source::Path(path) if is_file(path) => CaptureFile::open(&source, id, options),
        Source::Path(_) | Source::Stdin => {
            let name = source.name().to_owned();
            CaptureFile::from_read(Box::new(Pipe::open(source, Arc::clone(stop))), &name, id, options)
        }
    }
}
