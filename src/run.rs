//! The loop: pulls packets from the inputs, pushes them through the dissector, and gathers what comes out.
//!
//! Everything that is said about a run is said here: how each input ended, what is missing, and whether any of it makes
//! the tables doubtful. A bad input is a row and a warning, and the run goes on. All threads, once there are any, live
//! in this file.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::capture::{CaptureError, CaptureErrorKind, CaptureFile, Facts, Input, Next, PacketSource, Skip, Source};
use crate::census::{Observation, Population, Upgrades};
use crate::cvr::{Exchange, Pairing};
use crate::dissect::Dissector;
use crate::msnp::Event;
use crate::packet::{InputId, Packet, Timestamp};
use crate::report::{Context, InputRow, InputStatus};
use crate::stats::Stats;

/// Packets between two looks at the stop flag and two reports of progress: a few milliseconds.
const PACKETS_PER_LOOK: u64 = 4096;

/// What is to be read, and how.
pub struct Plan {
    /// The inputs, in the order of reading.
    pub inputs: Vec<Input>,
    /// Which packets to look at.
    #[cfg(feature = "live")]
    pub filter: Option<crate::capture::Filter>,
    /// Bytes that reassembly may keep.
    pub memory_max: usize,
    /// Whether the first damaged input ends the run.
    pub strict: bool,
}

/// How far a run is.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The name of the input that is being read.
    pub input: &'a str,
    /// Bytes read of all inputs.
    pub bytes: u64,
    /// Exchanges found.
    pub exchanges: usize,
}

/// What a run found.
#[derive(Default)]
pub struct Findings {
    /// Every exchange, ordered by time, input and frame.
    pub observations: Vec<Observation>,
    /// Who the clients were.
    pub population: Population,
    /// What servers told them.
    pub upgrades: Upgrades,
    /// How each input ended.
    pub inputs: Vec<InputRow>,
    /// The names that the rows refer to.
    pub context: Context,
    /// The sum of all counters.
    pub stats: Stats,
    /// What a reader must know before trusting the tables, in whole sentences.
    pub warnings: Vec<String>,
    /// Whether data was lost or is doubtful.
    pub doubtful: bool,
    /// Whether the run was stopped before its end.
    pub interrupted: bool,
}

impl Findings {
    /// Whether not one input could be read.
    pub fn nothing_readable(&self) -> bool {
        let useless = |row: &InputRow| {
            row.packets == 0 && !matches!(row.status, InputStatus::Ok | InputStatus::Interrupted | InputStatus::Cut)
        };
        self.inputs.iter().all(useless)
    }
}

/// Reads all inputs of `plan`. Ends early once `stop` is set; tells `watch` how far it is.
pub fn run(plan: Plan, stop: &AtomicBool, watch: &mut dyn FnMut(Progress<'_>)) -> Findings {
    let mut run = Run {
        dissector: Dissector::with_memory(plan.memory_max),
        pairing: Pairing::default(),
        #[cfg(feature = "live")]
        filter: plan.filter,
        events: Vec::new(),
        exchanges: Vec::new(),
        bytes_before: 0,
        readings: Vec::new(),
        interrupted: false,
    };
    for (number, input) in (0..).zip(plan.inputs) {
        let reading = run.take(input, InputId(number), stop, watch);
        let damaged = reading.ending.is_some();
        run.bytes_before += reading.facts.as_ref().map_or(0, |facts| facts.bytes);
        run.readings.push(reading);
        if run.interrupted || (plan.strict && damaged) {
            break;
        }
    }
    run.findings()
}

struct Run {
    dissector: Dissector,
    pairing: Pairing,
    #[cfg(feature = "live")]
    filter: Option<crate::capture::Filter>,
    events: Vec<Event>,
    exchanges: Vec<Exchange>,
    bytes_before: u64,
    readings: Vec<Reading>,
    interrupted: bool,
}

/// What is known of one input when its reading is over.
#[derive(Default)]
struct Reading {
    name: String,
    facts: Option<Facts>,
    ending: Option<Ending>,
    times: Option<(Timestamp, Timestamp)>,
    filter_error: Option<String>,
}

/// Why an input was not read, or not to its end.
enum Ending {
    Failed(CaptureError),
    Skipped(Skip),
    Interrupted,
}

impl Run {
    fn take(&mut self, input: Input, id: InputId, stop: &AtomicBool, watch: &mut dyn FnMut(Progress<'_>)) -> Reading {
        match input {
            Input::Ready(source) => self.read(&source, id, stop, watch),
            Input::Skipped { path, reason } => Reading {
                name: path.to_string_lossy().into_owned(),
                ending: Some(Ending::Skipped(reason)),
                ..Reading::default()
            },
            Input::Failed(error) => Reading {
                name: error.path.to_string_lossy().into_owned(),
                ending: Some(Ending::Failed(error)),
                ..Reading::default()
            },
        }
    }

    fn read(
        &mut self,
        source: &Source,
        id: InputId,
        stop: &AtomicBool,
        watch: &mut dyn FnMut(Progress<'_>),
    ) -> Reading {
        let mut reading = Reading { name: source.name().to_string_lossy().into_owned(), ..Reading::default() };
        let mut file = match CaptureFile::open(source, id, crate::capture::Reading::default()) {
            Ok(file) => file,
            Err(error) => return Reading { ending: Some(Ending::Failed(error)), ..reading },
        };
        loop {
            match file.next() {
                Ok(Next::Packet(packet)) => {
                    reading.note_time(packet.stamp.time);
                    let frame = packet.stamp.frame;
                    self.push(&packet, &mut reading);
                    if frame.is_multiple_of(PACKETS_PER_LOOK) {
                        let bytes = self.bytes_before + file.facts().bytes;
                        watch(Progress { input: &reading.name, bytes, exchanges: self.exchanges.len() });
                        if stop.load(Ordering::Relaxed) {
                            self.interrupted = true;
                            reading.ending = Some(Ending::Interrupted);
                            break;
                        }
                    }
                }
                Ok(Next::Idle) => {}
                Ok(Next::End) => break,
                Err(error) => {
                    reading.ending = Some(Ending::Failed(error));
                    break;
                }
            }
        }
        reading.facts = Some(file.facts().clone());
        reading
    }

    fn push(&mut self, packet: &Packet<'_>, reading: &mut Reading) {
        if self.lets_through(packet, reading) {
            self.dissector.push(packet, &mut self.events);
            self.pair();
        } else {
            let packets = &mut self.dissector.ledger_mut().at(packet.stamp.input).packets;
            packets.packets += 1;
            packets.filtered += 1;
        }
    }

    #[cfg(feature = "live")]
    fn lets_through(&mut self, packet: &Packet<'_>, reading: &mut Reading) -> bool {
        let Some(filter) = &mut self.filter else { return true };
        filter.matches(packet).unwrap_or_else(|error| {
            reading.filter_error.get_or_insert_with(|| error.to_string());
            false
        })
    }

    #[cfg(not(feature = "live"))]
    #[expect(clippy::unused_self, reason = "filters need libpcap")]
    fn lets_through(&mut self, _: &Packet<'_>, _: &mut Reading) -> bool {
        true
    }

    fn pair(&mut self) {
        for event in self.events.drain(..) {
            self.pairing.push(event, &mut self.exchanges);
        }
    }

    fn findings(mut self) -> Findings {
        self.dissector.finish(&mut self.events);
        self.pair();
        self.pairing.finish(&mut self.exchanges);
        let mut found = Findings { interrupted: self.interrupted, ..Findings::default() };
        found.observations = self.exchanges.drain(..).map(Observation::of).collect();
        found.observations.sort_by_cached_key(|observation| {
            let stamp = observation.exchange.stamp();
            (stamp.time, stamp.input, stamp.frame, observation.exchange.session)
        });
        for observation in &found.observations {
            found.population.push(observation);
            found.upgrades.push(observation);
        }
        let ledger = self.dissector.ledger();
        for (number, reading) in (0..).zip(&self.readings) {
            let id = InputId(number);
            let exchanges = found.observations.iter().filter(|row| row.exchange.stamp().input == id).count();
            let row = reading.row(&ledger.of(id), exchanges);
            found.doubtful |= reading.is_doubtful();
            found.warnings.extend(reading.warnings());
            found.context.inputs.push(reading.name.clone());
            found.inputs.push(row);
        }
        found.stats = ledger.total();
        let losses = losses(&found.stats);
        found.doubtful |= !losses.is_empty() || found.interrupted;
        found.warnings.extend(losses);
        found
    }
}

impl Reading {
    fn note_time(&mut self, time: Timestamp) {
        let (first, last) = self.times.unwrap_or((time, time));
        self.times = Some((first.min(time), last.max(time)));
    }

    fn status(&self) -> InputStatus {
        match &self.ending {
            None => InputStatus::Ok,
            Some(Ending::Skipped(_)) => InputStatus::Skipped,
            Some(Ending::Interrupted) => InputStatus::Interrupted,
            Some(Ending::Failed(error)) => match &error.kind {
                CaptureErrorKind::Cut { .. } | CaptureErrorKind::CompressedCut(_) => InputStatus::Cut,
                CaptureErrorKind::Damaged(_) => InputStatus::Damaged,
                CaptureErrorKind::Unreadable(_)
                | CaptureErrorKind::NotACapture { .. }
                | CaptureErrorKind::Unsupported(_) => InputStatus::Unreadable,
            },
        }
    }

    /// Why the input was not read whole, without its name; empty if it was.
    fn error(&self) -> String {
        match &self.ending {
            Some(Ending::Failed(CaptureError { place: Some(place), kind, .. })) => format!("{place}: {kind}"),
            Some(Ending::Failed(error)) => error.kind.to_string(),
            Some(Ending::Skipped(reason)) => reason.to_string(),
            Some(Ending::Interrupted) => "interrupted".to_owned(),
            None => self.filter_error.clone().unwrap_or_default(),
        }
    }

    /// Whether packets of this input may be missing from the tables. A file that was read under another name is not.
    fn is_doubtful(&self) -> bool {
        let lost = match &self.ending {
            None | Some(Ending::Skipped(Skip::Repeated { .. } | Skip::EmptyDirectory)) => false,
            Some(Ending::Skipped(_) | Ending::Failed(_) | Ending::Interrupted) => true,
        };
        lost || self.filter_error.is_some() || self.facts.as_ref().is_some_and(|facts| facts.dropped() > 0)
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let error = self.error();
        if !error.is_empty() {
            let status = self.status().word();
            warnings.push(format!("{}: {status}: {error}", self.name));
        }
        if let Some(facts) = &self.facts {
            let dropped = facts.dropped();
            if dropped > 0 {
                warnings.push(format!("{}: the capture says that it lost {dropped} packets", self.name));
            }
            for (oddity, count) in facts.oddities.met() {
                warnings.push(format!("{}: {} ({count} times)", self.name, oddity.meaning()));
            }
        }
        warnings
    }

    fn row(&self, stats: &Stats, exchanges: usize) -> InputRow {
        let Stats { packets, streams, .. } = stats;
        let mut row = InputRow {
            input: self.name.clone(),
            status: self.status(),
            error: self.error(),
            packets: packets.packets,
            packets_ip: packets.segments + packets.not_tcp + packets.fragments + packets.encrypted + packets.bad_tcp,
            packets_tcp: packets.segments,
            packets_msn: streams.segments_msn,
            first_seen: self.times.map(|(first, _)| first),
            last_seen: self.times.map(|(_, last)| last),
            connections: streams.connections,
            connections_msn: streams.connections_msn,
            connections_midstream: streams.midstream_msn,
            gaps: streams.gaps_msn,
            gap_bytes: streams.gap_bytes_msn,
            fragments: packets.fragments,
            packets_cut: packets.cut,
            checksum_bad: streams.checksum_bad,
            duplicates: streams.duplicates,
            exchanges: u64::try_from(exchanges).unwrap_or(u64::MAX),
            ..InputRow::default()
        };
        if let Some(facts) = &self.facts {
            row.format = facts.format.to_string();
            row.compression = facts.compression.map(|compression| compression.to_string()).unwrap_or_default();
            row.link_types = facts.link_types.iter().map(ToString::to_string).collect::<Vec<_>>().join(";");
            row.snaplen = (facts.snap_len > 0).then_some(u64::from(facts.snap_len));
            row.bytes = facts.bytes;
            row.bytes_raw = facts.bytes_raw;
            row.kernel_dropped = (facts.dropped() > 0).then_some(facts.dropped());
        }
        row
    }
}

/// What the counters say is missing or doubtful.
fn losses(stats: &Stats) -> Vec<String> {
    let Stats { packets, streams, lines } = stats;
    let told = [
        (packets.cut, "packets are cut: what was said in the missing bytes cannot be known"),
        (streams.gaps_msn, "gaps in MSNP connections: packets are missing from the capture"),
        (lines.lost_to_gap, "MSNP lines were torn by gaps and left out"),
        (lines.too_long, "MSNP lines were too long and left out"),
        (streams.conflicting_bytes_msn, "bytes of MSNP connections were captured twice with different contents"),
        (packets.fragments, "IP fragments were not put together"),
        (packets.unsupported_link, "packets have a link type that is not decoded"),
        (packets.truncated_header, "packets are cut inside their headers"),
        (packets.too_many_layers, "packets have more headers than are followed"),
        (packets.bad_ip, "packets have an IP header that contradicts itself"),
        (packets.bad_tcp, "packets have a TCP header that contradicts itself"),
        (streams.reorder_bound, "gaps were given up because too much waited behind them"),
        (streams.memory_bound, "times reassembly reached its memory bound and gave up gaps"),
        (streams.evicted, "connections were given up because too many were open"),
    ];
    told.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect()
}
