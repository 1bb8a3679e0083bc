//! What the template is given: every word and number of the page, ready to be set.

use serde::Serialize;

use super::super::answers::Answers;
use super::super::inputs::Trouble;
use super::super::summary::seconds;
use super::super::{InputRow, Verdicts};
use super::Sources;
use super::bars::{Bar, bars, stacked};
use super::colour::{Told, legend, told};
use super::finds::{Address, Anomalies, Input, Shown, addresses, anomalies, inputs};
use super::heat_map::heat_map;
use super::svg::{Percent, Svg};
use super::timeline::timeline;
use super::upgrade_map::upgrade_map;
use super::words::{Word, and_more, days, percent};
use crate::census::{Dimension, PopulationRow, Share, TimelineRow, UpgradeRow};
use crate::packet::Timestamp;
use crate::text::{Grouped, counted, duration};

/// Client versions and locales that have a bar.
const VERSIONS_MAX: usize = 12;
const LOCALES_MAX: usize = 12;
/// Columns of text of their names.
const VERSION_COLUMNS: usize = 16;
const LOCALE_COLUMNS: usize = 26;
/// Doubts at the top of the page, and among all.
const DOUBTS_FIRST: usize = 2;
const DOUBTS_MAX: usize = 40;
/// Columns of text of a doubt and of the command.
const DOUBT_COLUMNS: usize = 400;
const COMMAND_COLUMNS: usize = 4_000;

/// The page, as the template sees it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct View {
    title: String,
    period: String,
    read: String,
    lead: Vec<String>,
    doubts: Doubts,
    /// Whether any exchange was found.
    is_found: bool,
    counts: Vec<Count>,
    strip: String,
    verdicts: Vec<Told>,
    echoes: Option<String>,
    versions: Figure,
    locales: Figure,
    timeline: Figure,
    heat_map: Option<String>,
    upgrade_map: Option<String>,
    downloads: Shown<Address>,
    anomalies: Anomalies,
    inputs: Shown<Input>,
    heard: Vec<Count>,
    command: String,
}

/// A chart, and what is said beneath it.
#[derive(Clone, Debug, Default, Serialize)]
struct Figure {
    svg: String,
    /// How finely it counts, where that is chosen.
    step: String,
    note: String,
}

/// A number, what it counts, and what that means.
#[derive(Clone, Debug, Serialize)]
struct Count {
    number: String,
    noun: &'static str,
    meaning: &'static str,
}

impl Count {
    fn of(number: u64, one: &'static str, many: &'static str, meaning: &'static str) -> Self {
        Self { number: Grouped(number).to_string(), noun: if number == 1 { one } else { many }, meaning }
    }
}

/// What a reader must know: the first things at the top, all of them below.
#[derive(Clone, Debug, Default, Serialize)]
struct Doubts {
    first: Vec<Word>,
    more_than_first: usize,
    all: Vec<Word>,
    more: Option<String>,
}

impl View {
    pub(super) fn of(sources: &Sources<'_>) -> Self {
        let population = sources.population.rows();
        let upgrades = sources.upgrades.rows();
        let everyone = population.iter().find(|row| row.dimension == Dimension::Total);
        let answers = Answers::of(&upgrades);
        let verdicts = answers.of_all(everyone.map_or(0, |row| row.exchanges));
        let period = InputRow::period(sources.inputs).or_else(|| everyone.map(|row| (row.first_seen, row.last_seen)));
        let total: Vec<_> = everyone.cloned().into_iter().collect();
        let steps: Vec<_> = sources.timeline.rows(&total).collect();
        Self {
            title: title(period),
            period: period.map(told_period).unwrap_or_default(),
            read: read(sources.inputs),
            lead: lead(&population, &verdicts),
            doubts: doubts(sources.warnings),
            is_found: everyone.is_some(),
            counts: everyone.map(counts).unwrap_or_default(),
            strip: strip(&verdicts),
            verdicts: legend(&verdicts),
            echoes: echoes(&upgrades),
            versions: versions(&population, &answers),
            locales: locales(&population),
            timeline: along_time(&steps),
            heat_map: heat_map(&population, &sources.population.pairs([Dimension::Os, Dimension::ClientVer])),
            upgrade_map: upgrade_map(sources.upgrades, &upgrades),
            downloads: addresses(sources.upgrades, &upgrades),
            anomalies: anomalies(sources.anomalies),
            inputs: inputs(sources.inputs),
            heard: heard(sources.inputs),
            command: Word::told(sources.command, COMMAND_COLUMNS).text,
        }
    }
}

fn title(period: Option<(Timestamp, Timestamp)>) -> String {
    let days = period.map(|(first, last)| format!(", {}", days(first, last)));
    format!("MSN Messenger clients{}", days.unwrap_or_default())
}

fn told_period((first, last): (Timestamp, Timestamp)) -> String {
    format!("{} to {} UTC, {}", seconds(first), seconds(last), duration(last.nanos_since(first)))
}

/// What was read, in a few words.
fn read(inputs: &[InputRow]) -> String {
    let with = |trouble: Trouble| inputs.iter().filter(|input| input.status.trouble() == trouble).count() as u64;
    let packets = inputs.iter().map(|input| input.packets).sum();
    let mut told = vec![counted(inputs.len() as u64, "input"), counted(packets, "packet")];
    let (lost, skipped) = (with(Trouble::Lost), with(Trouble::Skipped));
    told.extend((lost > 0).then(|| format!("{} not read whole", Grouped(lost))));
    told.extend((skipped > 0).then(|| format!("{} skipped", Grouped(skipped))));
    told.join(", ")
}

/// What there is to say first, in two sentences.
fn lead(population: &[PopulationRow], verdicts: &Verdicts) -> Vec<String> {
    let is_version = |row: &&PopulationRow| row.dimension == Dimension::ClientVer && !row.value.is_empty();
    let commonest = population.iter().find(is_version).map(|row| {
        let version = Word::captured(&row.label, VERSION_COLUMNS).text;
        let of = counted(row.share_clients.whole, "client");
        format!("Version {version} is the commonest: {} of {of} told it.", percent(row.share_clients))
    });
    let [required, recommended, up_to_date, ..] = *verdicts;
    let share = |part| percent(Share { part, whole: verdicts.iter().sum() });
    let answered = match (required, recommended, up_to_date) {
        (0, 0, 0) => None,
        (0, 0, found) => Some(format!("found the client up to date in {} of all exchanges", share(found))),
        (0, few, _) => Some(format!("recommended an upgrade in {} of all exchanges, and demanded none", share(few))),
        (few, 0, _) => Some(format!("demanded an upgrade in {} of all exchanges", share(few))),
        (one, other, _) => Some(format!(
            "demanded an upgrade in {} of all exchanges, and recommended one in {}",
            share(one),
            share(other)
        )),
    };
    commonest.into_iter().chain(answered.map(|answered| format!("Servers {answered}."))).collect()
}

fn doubts(warnings: &[String]) -> Doubts {
    let told = |warning: &String| Word::told(warning, DOUBT_COLUMNS);
    let more = warnings.len().saturating_sub(DOUBTS_MAX);
    Doubts {
        first: warnings.iter().take(DOUBTS_FIRST).map(told).collect(),
        more_than_first: warnings.len().saturating_sub(DOUBTS_FIRST),
        all: warnings.iter().take(DOUBTS_MAX).map(told).collect(),
        more: (more > 0).then(|| and_more(more, ["of which the table of anomalies tells"; 2])),
    }
}

fn counts(everyone: &PopulationRow) -> Vec<Count> {
    vec![
        Count::of(everyone.exchanges, "exchange", "exchanges", "a request and its answer, or either alone"),
        Count::of(everyone.connections, "connection", "connections", "carried them; a login may take two"),
        Count::of(everyone.clients, "client", "clients", "by passport, else handle, else address"),
        Count::of(everyone.passports, "passport", "passports", "accounts, shared ones and spare ones"),
        Count::of(everyone.ips, "address", "addresses", "may hide many clients; clients may move"),
    ]
}

/// What was heard of the protocol in all, which tells how much the counts can miss.
fn heard(inputs: &[InputRow]) -> Vec<Count> {
    let sum = |of: fn(&InputRow) -> u64| inputs.iter().map(of).sum();
    vec![
        Count::of(sum(|input| input.connections), "connection", "connections", "were seen to open, of any protocol"),
        Count::of(sum(|input| input.connections_msn), "connection", "connections", "spoke MSNP"),
        Count::of(
            sum(|input| input.connections_midstream),
            "of them was open",
            "of them were open",
            "when the capture began: their version exchange was over",
        ),
        Count::of(sum(|input| input.gaps), "gap", "gaps", "in MSNP conversations: packets that were not captured"),
        Count::of(sum(|input| input.packets_cut), "packet", "packets", "of which the capture kept only the beginning"),
    ]
}

/// All exchanges in one bar, by verdict.
fn strip(verdicts: &Verdicts) -> String {
    let mut svg = Svg::chart(10, "Verdicts of all exchanges", &told(verdicts));
    stacked(&mut svg, (0, 10), (Percent::default(), Percent::ALL), verdicts);
    svg.finish()
}

fn echoes(upgrades: &[UpgradeRow]) -> Option<String> {
    let echoes: u64 = upgrades.iter().filter(|row| row.echo).map(|row| row.exchanges).sum();
    (echoes > 0).then(|| Grouped(echoes).to_string())
}

fn rows_of(population: &[PopulationRow], dimension: Dimension) -> Vec<&PopulationRow> {
    population.iter().filter(|row| row.dimension == dimension).collect()
}

fn versions(population: &[PopulationRow], answers: &Answers<'_>) -> Figure {
    let rows = rows_of(population, Dimension::ClientVer);
    let shown: Vec<_> = rows
        .iter()
        .take(VERSIONS_MAX)
        .map(|row| Bar {
            name: Word::captured(&row.label, VERSION_COLUMNS),
            clients: row.share_clients,
            verdicts: Some(answers.of_version(row)),
        })
        .collect();
    let note = rest(rows.get(shown.len()..).unwrap_or_default(), ["version", "versions"]);
    Figure { svg: bars("Clients by version", &shown), note, ..Figure::default() }
}

fn locales(population: &[PopulationRow]) -> Figure {
    let rows = rows_of(population, Dimension::Locale);
    let bar = |row: &&PopulationRow| Bar {
        name: Word::captured(&row.label, LOCALE_COLUMNS),
        clients: row.share_clients,
        verdicts: None,
    };
    let shown: Vec<_> = rows.iter().take(LOCALES_MAX).map(bar).collect();
    let note = rest(rows.get(shown.len()..).unwrap_or_default(), ["locale", "locales"]);
    Figure { svg: bars("Clients by locale", &shown), note, ..Figure::default() }
}

/// What is not shown. Its clients cannot be summed, for one may be in several rows; its exchanges can.
fn rest(rows: &[&PopulationRow], what: [&str; 2]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let whole = rows.first().map_or(0, |row| row.share_exchanges.whole);
    let part = rows.iter().map(|row| row.exchanges).sum();
    format!("{}, in {} of the exchanges", and_more(rows.len(), what), percent(Share { part, whole }))
}

fn along_time(steps: &[TimelineRow]) -> Figure {
    let Some(drawn) = timeline(steps) else { return Figure::default() };
    let note = drawn.shared.map(|shared| format!("each column is the busiest of {} steps", Grouped(shared)));
    Figure { svg: drawn.svg, step: drawn.step, note: note.unwrap_or_default() }
}
