//! Every exchange once, with what is made of it.
//!
//! Of files, they come when all were read, in the order of time. Of what goes on until it is stopped they come as they are
//! found, at most [`HELD`] and a look later; what an exchange turns out to be doubtful for after that is only counted.

use std::io;
use std::time::{Duration, Instant};

use super::beside::make_beside;
use super::reading::Reading;
use super::spool::Spool;
use super::{News, Run};
use crate::capture::Facts;
use crate::census::{Census, Observation, Observer, Step};
use crate::cvr::{Doubts, Exchange, Folding};
use crate::flags::Flag;
use crate::packet::Stamp;
use crate::privacy::Pseudonyms;
use crate::report::{Context, Tally};

/// How long an exchange waits for its copies, which are captured within milliseconds, before it is told at once. It may be
/// twice as long.
const HELD: Duration = Duration::from_millis(100);

/// Fewer exchanges than this are told before another thread could begin to make rows of them.
const BESIDE_MIN: usize = 256;

/// Takes a row, with the names that it refers to.
type Give<'a> = dyn FnMut(Observation, &Context) + 'a;

impl Run {
    /// Tells the exchanges that were found since the last look; those of the input that is being read are in `facts`.
    pub(super) fn tell_found(&mut self, name: &str, facts: &Facts, tell: &mut dyn FnMut(News<'_>)) {
        let Self { telling, pairing, exchanges, readings, .. } = self;
        let inputs = Inputs { readings, current: Some((name, facts)) };
        telling.doubt(&pairing.take_doubts(), exchanges);
        let give: &mut Give<'_> = &mut |row, context| tell(News::Row(&row, context));
        for exchange in exchanges.drain(..) {
            telling.push(exchange, inputs, give);
        }
        telling.release(inputs, give);
    }

    /// Ends all conversations, and tells everything that was not told yet.
    pub(super) fn tell_rest(&mut self, tell: &mut dyn FnMut(News<'_>)) {
        self.edges = self.dissector.last_edges();
        let Self { dissector, pairing, exchanges, spool, telling, readings, .. } = self;
        dissector.finish(|event| {
            pairing.push(event, exchanges);
            spool.append(exchanges);
        });
        let doubts = pairing.finish(exchanges);
        spool.append(exchanges);
        if !self.tells_at_once {
            let fitting = || spool.period().map(|(first, last)| Step::fitting(first, last)).unwrap_or_default();
            telling.census = Census::within(self.room, self.step.unwrap_or_else(fitting));
        }
        let inputs = Inputs { readings, current: None };
        // A program that listens was confined to the threads that it had.
        let beside = self.threads > 1 && !self.tells_at_once && spool.len() >= BESIDE_MIN;
        self.spool_error = telling.tell_all(std::mem::take(spool), &doubts, inputs, beside, tell).err();
    }
}

/// What is known of the inputs.
#[derive(Clone, Copy, Default)]
pub(super) struct Inputs<'a> {
    /// Those that were read.
    readings: &'a [Reading],
    /// The name of the one that is being read, and what is known of it.
    current: Option<(&'a str, &'a Facts)>,
}

impl Inputs<'_> {
    /// Whether a half was found behind damage, where it may be none: a capture can hold the bytes of another.
    fn recovered(self, exchange: &Exchange) -> bool {
        let is_recovered = |stamp: Stamp| {
            let of = |at: usize| match self.readings.get(at) {
                Some(reading) => reading.facts.as_ref(),
                None => self.current.map(|(_, facts)| facts),
            };
            let facts = usize::try_from(stamp.input.0).ok().and_then(of);
            facts.is_some_and(|facts| facts.recovery.covers(stamp.frame))
        };
        let request = exchange.request.as_ref().map(|request| request.provenance.completed());
        let reply = exchange.reply.as_ref().map(|reply| reply.provenance.completed());
        request.into_iter().chain(reply).any(is_recovered)
    }
}

/// Takes each exchange once, tells it and counts it.
#[derive(Default)]
pub(super) struct Telling {
    pub(super) context: Context,
    /// How many exchanges began in each input.
    pub(super) exchanges: Vec<u64>,
    pub(super) census: Census,
    /// Under which pseudonyms, if under any.
    pub(super) privacy: Option<Pseudonyms>,
    /// All that it tells, whatever is counted anew.
    pub(super) tally: Tally,
    observer: Observer,
    folding: Folding,
    /// How many exchanges had come at some moment, and when that was.
    mark: Option<(usize, Instant)>,
}

impl Telling {
    /// Counts what it tells in `census`, under the pseudonyms of `privacy`, if there are any.
    pub(super) fn counting(census: Census, privacy: Option<Pseudonyms>) -> Self {
        let level = privacy.as_ref().map(Pseudonyms::level).unwrap_or_default();
        Self { census, privacy, context: Context { level, ..Context::default() }, ..Self::default() }
    }

    /// Counts anew from here on.
    pub(super) fn begin_anew(&mut self, census: Census) {
        self.census = census;
        self.exchanges.fill(0);
    }

    /// Tells all that waits in `spool`, and then nothing more; by one thread, or by another one `beside` this one, which makes the
    /// rows that this one tells.
    pub(super) fn tell_all(
        &mut self,
        spool: Spool,
        doubts: &Doubts,
        inputs: Inputs<'_>,
        beside: bool,
        tell: &mut dyn FnMut(News<'_>),
    ) -> io::Result<()> {
        self.name(inputs);
        let context = self.context.clone();
        let mut spooled = Ok(());
        let make = |row: &mut dyn FnMut(Observation)| {
            let give: &mut Give<'_> = &mut |observation, _| row(observation);
            spooled = spool.give(|mut exchange| {
                doubts.raise_on(&mut exchange);
                self.push(exchange, inputs, give);
            });
            while let Some(exchange) = self.folding.release(usize::MAX) {
                self.tell(exchange, inputs, give);
            }
        };
        make_beside(beside, make, |row| tell(News::Row(row, &context)));
        spooled
    }

    fn push(&mut self, exchange: Exchange, inputs: Inputs<'_>, give: &mut Give<'_>) {
        let mut folding = std::mem::take(&mut self.folding);
        folding.push(exchange, |exchange| self.tell(exchange, inputs, give));
        self.folding = folding;
    }

    /// Raises on what was not told yet the doubts that came late.
    fn doubt(&mut self, doubts: &Doubts, found: &mut [Exchange]) {
        self.folding.held().chain(found).for_each(|exchange| doubts.raise_on(exchange));
    }

    /// Tells those that waited long enough.
    fn release(&mut self, inputs: Inputs<'_>, give: &mut Give<'_>) {
        let (mark, since) = *self.mark.get_or_insert_with(|| (self.folding.taken(), Instant::now()));
        if since.elapsed() >= HELD {
            while let Some(exchange) = self.folding.release(mark) {
                self.tell(exchange, inputs, give);
            }
            self.mark = Some((self.folding.taken(), Instant::now()));
        }
    }

    fn tell(&mut self, mut exchange: Exchange, inputs: Inputs<'_>, give: &mut Give<'_>) {
        self.name(inputs);
        exchange.flags.raise_if(inputs.recovered(&exchange), Flag::FromRecoveredRecord);
        // Nothing behind this knows who it was.
        if let Some(privacy) = &mut self.privacy {
            privacy.disguise(&mut exchange);
        }
        let observation = self.observer.observe(exchange);
        self.tally.push(&observation);
        self.census.push(&observation);
        let input = usize::try_from(observation.exchange.stamp().input.0).unwrap_or(usize::MAX);
        if let Some(count) = self.exchanges.get_mut(input) {
            *count += 1;
        }
        give(observation, &self.context);
    }

    /// Learns the names of the inputs, as far as they have come.
    fn name(&mut self, inputs: Inputs<'_>) {
        let names = &mut self.context.inputs;
        let known = names.len();
        names.extend(inputs.readings.iter().skip(known).map(|reading| reading.name.clone()));
        if names.len() == inputs.readings.len() {
            names.extend(inputs.current.map(|(name, _)| name.to_owned()));
        }
        self.exchanges.resize(names.len(), 0);
    }
}
