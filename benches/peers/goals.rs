//! What is wanted, beside what is.

use std::fmt;

use crate::captures::Kind;
use crate::files::Scale;
use crate::race::{BASE, OURS, OURS_ALONE, Outcome};

/// Times the time of `dd`, at most.
const TIMES_BASE: [(Kind, &str, f64); 6] = [
    (Kind::Mixed, OURS, 0.8),
    (Kind::Small, OURS, 2.5),
    (Kind::Census, OURS, 10.0),
    (Kind::Mixed, OURS_ALONE, 1.3),
    (Kind::Small, OURS_ALONE, 3.5),
    (Kind::Census, OURS_ALONE, 10.0),
];
/// Captures on which the program is to be faster than tcpdump with its filter.
const FASTER_THAN_TCPDUMP: [Kind; 2] = [Kind::Mixed, Kind::Small];
/// Times the speed of tshark, at least.
const TIMES_TSHARK: f64 = 100.0;
/// Times the time of the same in another form, at most: heat, this program or another, limit.
const TIMES_OTHER: [(&str, &str, &str, f64); 3] =
    [("pcapng", "msncensus pcapng", "msncensus pcap", 1.1), ("gz", OURS, "gzip", 0.6), ("zst", OURS, "zstd", 1.2)];
/// Peak memory in MiB, at most.
const PEAK_MIB: [(Kind, f64); 2] = [(Kind::Mixed, 16.0), (Kind::Small, 16.0)];
/// A capture four times as long may take so many MiB more, and so many times the time for each packet.
const GROWTH_MIB: f64 = 1.0;
const GROWTH_OF_TIME: f64 = 1.1;

/// A figure and its limit.
#[derive(Debug)]
pub(crate) struct Goal {
    what: String,
    figure: f64,
    limit: f64,
    at_least: bool,
}

impl fmt::Display for Goal {
    /// A row of a Markdown table.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, figure, limit, at_least } = self;
        let (sign, met) = if *at_least { ("at least", figure >= limit) } else { ("at most", figure <= limit) };
        write!(f, "| {what} | {figure:.2} | {sign} {limit} | {} |", if met { "met" } else { "**missed**" })
    }
}

/// Every goal of which the figures are there.
pub(crate) fn goals(outcomes: &[Outcome]) -> Vec<Goal> {
    let outcomes = Outcomes(outcomes);
    let mut goals = Vec::new();
    for (kind, ours, limit) in TIMES_BASE {
        let heat = kind.to_string();
        goals.extend(
            outcomes
                .times(&heat, ours, BASE)
                .map(|figure| at_most(format!("{heat}: time of `{ours}` / `{BASE}`"), figure, limit)),
        );
    }
    for (kind, ours) in FASTER_THAN_TCPDUMP.iter().flat_map(|kind| [(kind, OURS), (kind, OURS_ALONE)]) {
        let figure = outcomes.times(&kind.to_string(), ours, "tcpdump");
        goals.extend(figure.map(|figure| at_most(format!("{kind}: time of `{ours}` / `tcpdump`"), figure, 1.0)));
    }
    for kind in Kind::ALL {
        let figure = outcomes.times(&kind.to_string(), "tshark", OURS);
        let what = format!("{kind}: time of `tshark` / `{OURS}`");
        goals.extend(figure.map(|figure| Goal { at_least: true, ..at_most(what, figure, TIMES_TSHARK) }));
    }
    for (heat, ours, other, limit) in TIMES_OTHER {
        let figure = outcomes.times(heat, ours, other);
        goals.extend(figure.map(|figure| at_most(format!("{heat}: time of `{ours}` / `{other}`"), figure, limit)));
    }
    for (kind, limit) in PEAK_MIB {
        let peak = outcomes.find(&kind.to_string(), OURS).map(|outcome| outcome.usage.peak_kib / 1024.0);
        goals.extend(peak.map(|peak| at_most(format!("{kind}: peak MiB of `{OURS}`"), peak, limit)));
    }
    goals.extend(outcomes.growth());
    goals
}

/// What ran.
struct Outcomes<'a>(&'a [Outcome]);

impl<'a> Outcomes<'a> {
    fn find(&self, heat: &str, name: &str) -> Option<&'a Outcome> {
        self.0.iter().find(|outcome| outcome.heat == heat && outcome.name == name)
    }

    /// The time of one program in times of another, packet by packet.
    fn times(&self, heat: &str, name: &str, other: &str) -> Option<f64> {
        Some(self.find(heat, name)?.pace() / self.find(heat, other)?.pace())
    }

    /// What a capture four times as long takes more.
    fn growth(&self) -> Vec<Goal> {
        let mut goals = Vec::new();
        for kind in [Kind::Mixed, Kind::Small] {
            let [short, long] =
                [Scale::Tenth, Scale::LongTenth].map(|scale| self.find("growth", &format!("{kind}{}", scale.suffix())));
            let (Some(short), Some(long)) = (short, long) else { continue };
            let more_mib = (long.usage.peak_kib - short.usage.peak_kib) / 1024.0;
            goals.push(at_most(format!("{kind}: MiB more for four times the length"), more_mib, GROWTH_MIB));
            let times = long.pace() / short.pace();
            goals.push(at_most(
                format!("{kind}: time of four times the length / four times the time"),
                times,
                GROWTH_OF_TIME,
            ));
        }
        goals
    }
}

fn at_most(what: String, figure: f64, limit: f64) -> Goal {
    Goal { what, figure, limit, at_least: false }
}
