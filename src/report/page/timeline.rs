//! The timeline: how many clients came in each step of time, those that were new among them.
//!
//! The steps are drawn as areas in a plot of their own, one unit wide each, which is stretched to the chart; what is
//! pointed at is told by a column that is not seen. More steps than [`COLUMNS_MAX`] share columns, and a column shows
//! the busiest of them: how many different clients came in several steps is not known from the counts of each.

use std::fmt::Write;

use super::super::summary::seconds;
use super::scale::{round_numbers, round_times};
use super::svg::{Percent, Svg};
use super::words::compact;
use crate::census::{Share, Step, TimelineRow};
use crate::packet::{NANOS_PER_SECOND, Timestamp};
use crate::text::{Grouped, counted};

/// Columns of the chart.
const COLUMNS_MAX: u64 = 240;
/// Height of the chart, and of what is above and below its plot.
const HEIGHT: u64 = 216;
const ABOVE: u64 = 8;
const BELOW: u64 = 18;
/// Units in which heights are told within the plot.
const UNITS: u64 = 1_000;
/// Where the plot begins: before it stand the numbers.
const BEGINS: Percent = Percent(900);
/// Round times on the axis.
const TIMES_MAX: usize = 5;

/// One column: when it begins, and the busiest step in it.
#[derive(Clone, Copy, Debug, Default)]
struct Column {
    begins: Timestamp,
    exchanges: u64,
    clients: u64,
    new_clients: u64,
}

/// A timeline, and what must be said beneath it.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    pub(super) svg: String,
    pub(super) step: String,
    /// Steps that share a column, if they do.
    pub(super) shared: Option<u64>,
}

/// Draws the rows of everyone. Nothing is drawn of nobody.
pub(super) fn timeline(rows: &[TimelineRow]) -> Option<Drawn> {
    let (first, last) = (rows.first()?, rows.last()?);
    let length = nanos(first.step);
    let steps = last.bucket.nanos_since(first.bucket) / length + 1;
    let steps = u64::try_from(steps).unwrap_or(1);
    let shared = steps.div_ceil(COLUMNS_MAX).max(1);
    let columns = columns(rows, first, steps.div_ceil(shared), shared);
    let ends = Timestamp::from_nanos(last.bucket.as_nanos().saturating_add(length));
    let step = length_of(first.step);
    Some(Drawn { svg: draw(&columns, (first.bucket, ends), &step), step, shared: (shared > 1).then_some(shared) })
}

fn nanos(step: Step) -> i64 {
    i64::from(step.seconds()) * NANOS_PER_SECOND
}

/// The length of a step in its largest whole unit, as it is said of each: `hour`, `10 minutes`.
fn length_of(step: Step) -> String {
    let seconds = u64::from(step.seconds());
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let whole = units.into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit));
    let (unit, name) = whole.unwrap_or((1, "second"));
    if seconds == unit { name.to_owned() } else { counted(seconds / unit, name) }
}

fn columns(rows: &[TimelineRow], first: &TimelineRow, count: u64, shared: u64) -> Vec<Column> {
    let width = nanos(first.step).saturating_mul(i64::try_from(shared).unwrap_or(i64::MAX));
    let begins = |at: i64| Timestamp::from_nanos(first.bucket.as_nanos().saturating_add(at.saturating_mul(width)));
    let mut columns: Vec<_> = (0..)
        .map(begins)
        .map(|begins| Column { begins, ..Column::default() })
        .take(usize::try_from(count).unwrap_or(0))
        .collect();
    for row in rows {
        let at = usize::try_from(row.bucket.nanos_since(first.bucket) / width).unwrap_or(0);
        if let Some(column) = columns.get_mut(at)
            && row.clients > column.clients
        {
            let TimelineRow { exchanges, clients, new_clients, .. } = *row;
            *column = Column { exchanges, clients, new_clients, ..*column };
        }
    }
    columns
}

fn draw(columns: &[Column], (first, ends): (Timestamp, Timestamp), step: &str) -> String {
    let busiest = columns.iter().max_by_key(|column| column.clients).copied().unwrap_or_default();
    let described = format!(
        "From {} to {} UTC. Most at {}: {}, {} of them new.",
        seconds(first),
        seconds(ends),
        seconds(busiest.begins),
        counted(busiest.clients, "client"),
        Grouped(busiest.new_clients)
    );
    let mut svg = Svg::chart(HEIGHT, &format!("Clients in each {step}"), &described);
    let numbers = round_numbers(busiest.clients);
    let top = numbers.last().copied().unwrap_or(1);
    plot(&mut svg, columns, top);
    for number in numbers {
        let y = bottom() - Share { part: number, whole: top }.per(bottom() - ABOVE);
        svg.mark("line", &[("class", &"rule"), ("x1", &BEGINS), ("x2", &"100%"), ("y1", &y), ("y2", &y)]);
        let place = Percent(BEGINS.0 - 100);
        svg.put("text", &[("class", &"axis number"), ("x", &place), ("y", &(y + 4))], &compact(number));
    }
    let whole = u64::try_from(ends.nanos_since(first)).unwrap_or(u64::MAX);
    for (time, name) in round_times(first, ends, TIMES_MAX) {
        let part = u64::try_from(time.nanos_since(first)).unwrap_or(0);
        let at = BEGINS.toward(Percent::ALL, Share { part, whole });
        svg.mark("line", &[("class", &"tick"), ("x1", &at), ("x2", &at), ("y1", &bottom()), ("y2", &(bottom() + 4))]);
        let class = match at {
            Percent(..1_200) => "axis",
            Percent(..9_400) => "axis middle",
            Percent(_) => "axis number",
        };
        svg.put("text", &[("class", &class), ("x", &at), ("y", &(HEIGHT - 3))], &name);
    }
    svg.finish()
}

const fn bottom() -> u64 {
    HEIGHT - BELOW
}

/// The areas, and the columns that tell what is pointed at.
fn plot(svg: &mut Svg, columns: &[Column], top: u64) {
    let view = format!("0 0 {} {UNITS}", columns.len());
    svg.open(
        "svg",
        &[
            ("x", &BEGINS),
            ("y", &ABOVE),
            ("width", &Percent::ALL.since(BEGINS)),
            ("height", &(bottom() - ABOVE)),
            ("viewBox", &view),
            ("preserveAspectRatio", &"none"),
        ],
    );
    svg.mark("path", &[("class", &"seen"), ("d", &area(columns, top, |column| column.clients))]);
    svg.mark("path", &[("class", &"new"), ("d", &area(columns, top, |column| column.new_clients))]);
    for (at, column) in columns.iter().enumerate().filter(|(_, column)| column.exchanges > 0) {
        svg.open_titled(&format!(
            "{}: {}, {} new, in {}",
            seconds(column.begins),
            counted(column.clients, "client"),
            Grouped(column.new_clients),
            counted(column.exchanges, "exchange")
        ));
        svg.mark("rect", &[("class", &"hit"), ("x", &at), ("width", &1), ("height", &UNITS)]);
        svg.close("g");
    }
    svg.close("svg");
}

/// Steps from the left to the right, closed along the bottom.
fn area(columns: &[Column], top: u64, number: impl Fn(&Column) -> u64) -> String {
    let mut path = format!("M0 {UNITS}");
    let mut before = None;
    for (at, column) in columns.iter().enumerate() {
        let y = UNITS - Share { part: number(column), whole: top }.per(UNITS);
        if before != Some(y) {
            // Writing to a string cannot fail.
            write!(path, "H{at}V{y}").unwrap_or_default();
        }
        before = Some(y);
    }
    write!(path, "H{}V{UNITS}Z", columns.len()).unwrap_or_default();
    path
}

#[cfg(test)]
mod tests {
    use super::super::svg::lines;
    use super::*;
    use crate::census::Dimension;
    use crate::census::synthetic::NOON;

    fn rows(clients: &[(i64, u64, u64)], step: &str) -> Vec<TimelineRow> {
        let step = Step::parse(step).unwrap();
        let row = |(at, clients, new_clients): &(i64, u64, u64)| TimelineRow {
            bucket: Timestamp::from_nanos(NOON + at * nanos(step)),
            step,
            dimension: Dimension::Total,
            value: b"all".into(),
            exchanges: 2 * clients,
            clients: *clients,
            new_clients: *new_clients,
        };
        clients.iter().map(row).collect()
    }

    #[test]
    fn three_steps() {
        let drawn = timeline(&rows(&[(0, 1, 1), (1, 0, 0), (2, 3, 1)], "1h")).unwrap();
        insta::assert_snapshot!(lines(&drawn.svg), @r##"
        <svg role="img" aria-label="Clients in each hour" width="100%" height="216">
        <desc>From 2003-09-14 12:00:00 to 2003-09-14 15:00:00 UTC. Most at 2003-09-14 14:00:00: 3 clients, 1 of them new.</desc>
        <svg x="9%" y="8" width="91%" height="190" viewBox="0 0 3 1000" preserveAspectRatio="none">
        <path class="seen" d="M0 1000H0V667H1V1000H2V0H3V1000Z"/>
        <path class="new" d="M0 1000H0V667H1V1000H2V667H3V1000Z"/>
        <g>
        <title>2003-09-14 12:00:00: 1 client, 1 new, in 2 exchanges</title>
        <rect class="hit" x="0" width="1" height="1000"/>
        </g>
        <g>
        <title>2003-09-14 14:00:00: 3 clients, 1 new, in 6 exchanges</title>
        <rect class="hit" x="2" width="1" height="1000"/>
        </g>
        </svg>
        <line class="rule" x1="9%" x2="100%" y1="198" y2="198"/>
        <text class="axis number" x="8%" y="202">0</text>
        <line class="rule" x1="9%" x2="100%" y1="135" y2="135"/>
        <text class="axis number" x="8%" y="139">1</text>
        <line class="rule" x1="9%" x2="100%" y1="71" y2="71"/>
        <text class="axis number" x="8%" y="75">2</text>
        <line class="rule" x1="9%" x2="100%" y1="8" y2="8"/>
        <text class="axis number" x="8%" y="12">3</text>
        <line class="tick" x1="9%" x2="9%" y1="198" y2="202"/>
        <text class="axis" x="9%" y="213">12:00</text>
        <line class="tick" x1="39.33%" x2="39.33%" y1="198" y2="202"/>
        <text class="axis middle" x="39.33%" y="213">13:00</text>
        <line class="tick" x1="69.67%" x2="69.67%" y1="198" y2="202"/>
        <text class="axis middle" x="69.67%" y="213">14:00</text>
        <line class="tick" x1="100%" x2="100%" y1="198" y2="202"/>
        <text class="axis number" x="100%" y="213">15:00</text>
        </svg>
        "##);
    }

    #[test]
    fn nobody_is_nothing() {
        assert!(timeline(&[]).is_none());
    }

    #[test]
    fn a_step_is_told_in_its_largest_unit() {
        let told = ["1s", "90s", "10m", "1h", "24h", "28d"].map(|step| length_of(Step::parse(step).unwrap()));
        assert_eq!(told, ["second", "90 seconds", "10 minutes", "hour", "day", "28 days"]);
    }

    #[test]
    fn many_steps_share_columns_and_the_busiest_is_shown() {
        let steps: Vec<_> = (0..100_000).map(|at| (at, u64::try_from(at % 7).unwrap(), 0)).collect();
        let drawn = timeline(&rows(&steps, "1s")).unwrap();
        assert_eq!(drawn.shared, Some(417));
        assert!(drawn.svg.matches("<title>").count() <= 240 && drawn.svg.len() < 64 * 1024, "{}", drawn.svg.len());
        assert!(drawn.svg.contains(": 6 clients, 0 new, in 12 exchanges"));
    }

    #[test]
    fn a_gap_is_as_wide_as_it_was_long() {
        let drawn = timeline(&rows(&[(0, 1, 1), (9, 1, 0)], "1d")).unwrap();
        assert!(drawn.svg.contains("viewBox=\"0 0 10 1000\""));
        assert!(drawn.svg.contains("M0 1000H0V0H1V1000H9V0H10V1000Z"), "{}", drawn.svg);
    }
}
