//! Several runs as if they had been one.
//!
//! The parts stand in the order of time, and so do their inputs, which get new numbers. Conversations that cross from one
//! part into the next are told again; all other exchanges stand as they are. Everything is then told and counted as in a
//! run over files.
//!
//! ```text
//! counters of an input = the part's own − those of its edges, read for themselves + those of all edges, read as one
//! ```

use std::collections::BTreeMap;
use std::mem;

use super::spool::Spool;
use super::telling::{Inputs, Telling};
use super::{Findings, News};
use crate::capture::order_of;
use crate::census::{Census, Room, Step};
use crate::cvr::Doubts;
use crate::packet::{InputId, Renumbering, Timestamp};
use crate::part::{Joining, Part, PartError, Remarks, Rest, counted};
use crate::privacy::{Level, Pseudonyms};
use crate::report::{AnomalyRow, InputRow};
use crate::stats::Ledger;

/// What is said where a conversation that crosses says more than its parts keep.
const CUT: &str = "more was said where the parts meet than they keep: some conversations stay cut";

/// Joins `parts`, tells the rows, and gives the rest. `step` is that of the timeline, or one that fits; `privacy` are the
/// pseudonyms under which everybody is to appear who does not do so already.
///
/// ```
/// use std::fs::File;
/// use std::sync::Arc;
///
/// use msncensus::capture::list;
/// use msncensus::part::{Part, PartWriter};
/// use msncensus::run::{News, Plan, merge, run};
///
/// let directory = tempfile::tempdir()?;
/// let mut parts = Vec::new();
/// for name in ["msn-6.0-required", "msn-6.1-cvq-required"] {
///     let path = directory.path().join(name);
///     let mut part = PartWriter::new(File::create(&path)?)?;
///     // With its edges, what crosses into the next capture can be joined.
///     let plan = Plan { edges: true, ..Plan::new(list([format!("samples/{name}.pcapng").into()])) };
///     let mut written = Ok(());
///     let found = run(plan, &Arc::default(), &mut |news| {
///         if let (News::Row(row, _), Ok(())) = (news, &written) {
///             written = part.push(&row.exchange);
///         }
///     });
///     written?;
///     part.finish(&found.rest(None))?;
///     parts.push(Part::open(&path)?);
/// }
/// let all = merge(parts, None, None, &mut |_| {})?;
/// assert_eq!((all.exchanges, all.inputs.len()), (2, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn merge(
    mut parts: Vec<Part>,
    step: Option<Step>,
    privacy: Option<Pseudonyms>,
    tell: &mut dyn FnMut(News<'_>),
) -> Result<Findings, PartError> {
    parts.sort_by_key(|part| begin(&part.rest));
    let hidden = |part: &Part| (part.rest.level, part.rest.key.clone());
    let first = parts.first().map(hidden).unwrap_or_default();
    if let Some(other) = parts.iter().find(|part| hidden(part) != first) {
        return Err(PartError::HiddenOtherwise { path: other.path().to_owned() });
    }
    let numbers = numbers(&parts);
    let (mut edges, mut ledger, mut alone) = (Vec::new(), Ledger::default(), Ledger::default());
    for (Part { rest, .. }, numbers) in parts.iter_mut().zip(&numbers) {
        alone.adopt(counted(&rest.edges), numbers);
        ledger.adopt(mem::take(&mut rest.ledger), numbers);
        let mut own = mem::take(&mut rest.edges).into_owned();
        for edges in &mut own {
            edges.renumber(numbers);
        }
        edges.append(&mut own);
    }
    edges.sort_by_key(|edges| (edges.begin().is_none(), edges.begin()));
    let mut joining = Joining::of(&edges);
    ledger.replace(&alone, joining.ledger());
    let mut spool = Spool::default();
    for (part, numbers) in parts.iter().zip(&numbers) {
        take(part, numbers, &mut joining, &mut spool)?;
    }
    let (mut joined, is_doubtful) = joining.finish();
    spool.append(&mut joined);
    // Packets show what pseudonyms hide.
    let edges = if privacy.is_none() { edges } else { Vec::new() };
    let mut found = told(spool, (&parts, &numbers, ledger), step, privacy, tell);
    found.edges = edges;
    if is_doubtful {
        found.warn(CUT.into());
    }
    Ok(found)
}

impl Findings {
    /// What another run needs besides the exchanges to be joined to this one; `key` is the fingerprint of that with which
    /// pseudonyms were made.
    pub fn rest(&self, key: Option<String>) -> Rest<'_> {
        Rest {
            inputs: self.inputs.clone(),
            remarks: self.remarks.clone(),
            ledger: self.ledger.clone(),
            interrupted: self.interrupted,
            level: self.context.level,
            key,
            edges: self.edges.as_slice().into(),
        }
    }
}

/// When the first packet of a part was captured; one without packets comes last.
fn begin(rest: &Rest<'_>) -> (bool, Option<Timestamp>) {
    let first = rest.inputs.iter().filter_map(|input| input.first_seen).min();
    (first.is_none(), first)
}

/// The numbers that the inputs of each part get, as if one run had read all of them.
fn numbers(parts: &[Part]) -> Vec<Renumbering> {
    let times: Vec<_> = parts.iter().flat_map(|part| &part.rest.inputs).map(|input| input.first_seen).collect();
    let mut numbers = vec![InputId::default(); times.len()];
    for (number, place) in (0..).zip(order_of(&times)) {
        if let Some(slot) = numbers.get_mut(place) {
            *slot = InputId(number);
        }
    }
    let mut numbers = numbers.into_iter();
    parts.iter().map(|part| Renumbering(numbers.by_ref().take(part.rest.inputs.len()).collect())).collect()
}

/// Adds what stands of a part's exchanges.
fn take(part: &Part, numbers: &Renumbering, joining: &mut Joining, spool: &mut Spool) -> Result<(), PartError> {
    let mut standing = Vec::new();
    part.exchanges(&mut |mut exchange| {
        exchange.renumber(numbers);
        if joining.stands(&exchange) {
            standing.push(exchange);
            spool.append(&mut standing);
        }
    })
}

/// Tells and counts all exchanges, and puts together what else the parts say.
fn told(
    spool: Spool,
    (parts, numbers, ledger): (&[Part], &[Renumbering], Ledger),
    step: Option<Step>,
    privacy: Option<Pseudonyms>,
    tell: &mut dyn FnMut(News<'_>),
) -> Findings {
    let fitting = || spool.period().map(|(first, last)| Step::fitting(first, last)).unwrap_or_default();
    let mut telling = Telling::counting(Census::within(Room::ENDLESS, step.unwrap_or_else(fitting)), privacy);
    let mut inputs: BTreeMap<InputId, (InputRow, Vec<AnomalyRow>)> = BTreeMap::new();
    let mut remarks = Remarks::default();
    for (Part { rest, .. }, numbers) in parts.iter().zip(numbers) {
        let rows = rest.inputs.iter().cloned().zip(rest.remarks.anomalies.iter().cloned());
        inputs.extend(numbers.0.iter().copied().zip(rows));
        remarks.doubtful |= rest.remarks.doubtful | rest.interrupted;
        let new = rest.remarks.warnings.iter().filter(|warning| !remarks.warnings.contains(warning)).cloned();
        remarks.warnings.extend(new.collect::<Vec<_>>());
    }
    if let Some(hidden) = parts.first().map(|part| part.rest.level).filter(|level| *level != Level::None) {
        telling.context.level = hidden;
    }
    telling.context.inputs = inputs.values().map(|(row, _)| row.input.clone()).collect();
    let spooled = telling.tell_all(spool, &Doubts::default(), Inputs::default(), false, tell);
    let (mut inputs, anomalies): (Vec<_>, Vec<_>) = inputs.into_values().unzip();
    remarks.anomalies = anomalies;
    for (row, exchanges) in inputs.iter_mut().zip(&telling.exchanges) {
        row.exchanges = *exchanges;
    }
    let Telling { context, exchanges, mut privacy, census: Census { clients, population, upgrades, timeline }, .. } =
        telling;
    let mut found = Findings {
        exchanges: exchanges.iter().sum(),
        clients,
        population,
        upgrades,
        timeline: timeline.finish(),
        inputs,
        context,
        spool_error: spooled.err(),
        ..Findings::default()
    };
    found.count(remarks, ledger, privacy.as_mut());
    found
}
