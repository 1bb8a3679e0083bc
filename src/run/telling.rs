//! The end of a run: every exchange in the order of time, once, with what is made of it; and what is missing.

use super::anomalies::Noted;
use super::reading::Reading;
use super::{Findings, News, Run, anomalies, warnings};
use crate::census::{Clients, Observer, Population, Step, TimelineCounter, Upgrades};
use crate::cvr::{Exchange, Folding};
use crate::flags::Flag;
use crate::packet::{InputId, Stamp};
use crate::report::Context;

impl Run {
    /// Ends all conversations, tells the rows, and gives the rest.
    pub(super) fn findings(&mut self, tell: &mut dyn FnMut(News<'_>)) -> Findings {
        let Self { dissector, pairing, exchanges, spool, .. } = self;
        dissector.finish(|event| {
            pairing.push(event, exchanges);
            spool.append(exchanges);
        });
        let doubts = pairing.finish(exchanges);
        spool.append(exchanges);

        let fitting = || self.spool.period().map(|(first, last)| Step::fitting(first, last)).unwrap_or_default();
        let step = self.step.unwrap_or_else(fitting);
        let mut telling = Telling::new(&self.readings, step, tell);
        let mut folding = Folding::default();
        let spooled = std::mem::take(&mut self.spool).give(|mut exchange| {
            doubts.raise_on(&mut exchange);
            folding.push(exchange, |exchange| telling.tell(exchange));
        });
        folding.finish(|exchange| telling.tell(exchange));
        let Telling { context, exchanges, clients, population, upgrades, timeline, .. } = telling;

        let (timeline, interrupted) = (timeline.finish(), self.interrupted);
        let mut found =
            Findings { clients, population, upgrades, timeline, context, interrupted, ..Findings::default() };
        found.spool_error = spooled.err();
        found.exchanges = exchanges.iter().sum();
        let ledger = self.dissector.ledger();
        let stats: Vec<_> = (0..).zip(&self.readings).map(|(number, _)| ledger.of(InputId(number))).collect();
        let noted = Noted::of(&stats);
        for (((number, reading), stats), exchanges) in (0..).zip(&self.readings).zip(&stats).zip(exchanges) {
            found.doubtful |= reading.is_doubtful();
            found.inputs.push(reading.row(stats, exchanges));
            found.anomalies.extend(anomalies::of_input(InputId(number), reading, stats, &noted));
        }
        found.stats = ledger.total();
        let losses = warnings::of_counters(&found.stats);
        found.doubtful |= !losses.is_empty() || found.interrupted;
        found.warnings = warnings::of_inputs(&self.readings, ledger);
        found.warnings.extend(losses);
        found
    }
}

/// Takes each exchange once, in the order of time, tells it and counts it.
struct Telling<'a> {
    readings: &'a [Reading],
    tell: &'a mut dyn FnMut(News<'_>),
    context: Context,
    /// How many exchanges began in each input.
    exchanges: Vec<u64>,
    observer: Observer,
    clients: Clients,
    population: Population,
    upgrades: Upgrades,
    timeline: TimelineCounter,
}

impl<'a> Telling<'a> {
    fn new(readings: &'a [Reading], step: Step, tell: &'a mut dyn FnMut(News<'_>)) -> Self {
        let context = Context { inputs: readings.iter().map(|reading| reading.name.clone()).collect() };
        Self {
            readings,
            tell,
            context,
            exchanges: vec![0; readings.len()],
            observer: Observer::default(),
            clients: Clients::default(),
            population: Population::default(),
            upgrades: Upgrades::default(),
            timeline: TimelineCounter::new(step),
        }
    }

    fn tell(&mut self, mut exchange: Exchange) {
        exchange.flags.raise_if(self.is_recovered(&exchange), Flag::FromRecoveredRecord);
        let observation = self.observer.observe(exchange);
        self.clients.push(&observation);
        self.population.push(&observation);
        self.upgrades.push(&observation);
        self.timeline.push(&observation);
        let input = usize::try_from(observation.exchange.stamp().input.0).unwrap_or(usize::MAX);
        if let Some(count) = self.exchanges.get_mut(input) {
            *count += 1;
        }
        (self.tell)(News::Row(&observation, &self.context));
    }

    /// Whether a half was found behind damage, where it may be none: a capture can hold the bytes of another.
    fn is_recovered(&self, exchange: &Exchange) -> bool {
        let is_recovered = |stamp: Stamp| {
            let reading = usize::try_from(stamp.input.0).ok().and_then(|at| self.readings.get(at));
            let facts = reading.and_then(|reading| reading.facts.as_ref());
            facts.is_some_and(|facts| facts.recovery.covers(stamp.frame))
        };
        let request = exchange.request.as_ref().map(|request| request.provenance.completed());
        let reply = exchange.reply.as_ref().map(|reply| reply.provenance.completed());
        request.into_iter().chain(reply).any(is_recovered)
    }
}
