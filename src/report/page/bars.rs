//! Bars: one line for each value, its length a number of clients, its colours what servers told them.
//!
//! ```text
//! 6.1.0211   ███████████▓▓▓▓▒▒▒▒      1,204  ▲ 67%
//! 6.0.0602   ████                       310  ● 81%
//! ```

use super::super::{Look, Verdicts};
use super::colour::{class, mark, told};
use super::svg::{Percent, Svg};
use super::words::{Word, percent, said};
use crate::census::{Share, Verdict};
use crate::text::{Grouped, counted};

/// Height of a line.
const LINE: u64 = 18;

/// One value.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    pub(super) name: Word,
    pub(super) clients: Share,
    /// What its clients were told, where that is shown.
    pub(super) verdicts: Option<Verdicts>,
}

/// Where the parts of a line are.
struct Places {
    name_ends: Percent,
    bar_begins: Percent,
    bar_ends: Percent,
    number_ends: Percent,
}

impl Places {
    const WITH_VERDICTS: Self = Self {
        name_ends: Percent(2_700),
        bar_begins: Percent(2_800),
        bar_ends: Percent(6_900),
        number_ends: Percent(8_350),
    };
    const PLAIN: Self = Self {
        name_ends: Percent(6_000),
        bar_begins: Percent(6_100),
        bar_ends: Percent(8_200),
        number_ends: Percent::ALL,
    };
}

/// The chart of `bars`, which say what `label` says.
pub(super) fn bars(label: &str, bars: &[Bar]) -> String {
    let described: Vec<_> =
        bars.iter().map(|bar| format!("{}: {}", bar.name.text, counted(bar.clients.part, "client"))).collect();
    let height = LINE * bars.len() as u64;
    let mut svg = Svg::chart(height, label, &described.join("; "));
    let longest = bars.iter().map(|bar| bar.clients.part).max().unwrap_or_default();
    for (at, bar) in (0..).zip(bars) {
        line(&mut svg, at * LINE, bar, Share { part: bar.clients.part, whole: longest });
    }
    svg.finish()
}

fn line(svg: &mut Svg, top: u64, bar: &Bar, length: Share) {
    let clients = counted(bar.clients.part, "client");
    let exchanges = bar.verdicts.map(|verdicts| format!("; of its exchanges: {}", told(&verdicts)));
    let share = percent(bar.clients);
    svg.open_titled(&format!("{}: {clients}, {share} of all{}", bar.name.full, exchanges.unwrap_or_default()));
    svg.mark("rect", &[("class", &"hit"), ("y", &top), ("width", &"100%"), ("height", &LINE)]);
    let places = if bar.verdicts.is_some() { Places::WITH_VERDICTS } else { Places::PLAIN };
    name(svg, top, places.name_ends, LINE, &bar.name.text);
    let ends = places.bar_begins.toward(places.bar_ends, length);
    let (bar_top, height) = (top + 3, LINE - 6);
    if let Some(verdicts) = &bar.verdicts {
        stacked(svg, (bar_top, height), (places.bar_begins, ends), verdicts);
        commonest(svg, top, verdicts);
    } else {
        let (x, width) = (places.bar_begins, ends.since(places.bar_begins));
        svg.mark("rect", &[("class", &"plain"), ("x", &x), ("y", &bar_top), ("width", &width), ("height", &height)]);
    }
    let number = if bar.verdicts.is_some() { Grouped(bar.clients.part).to_string() } else { share };
    svg.put("text", &[("class", &"number"), ("x", &places.number_ends), ("y", &(top + 13))], &number);
    svg.close("g");
}

/// A name, from the left to where its place ends: whatever is longer is not drawn.
pub(super) fn name(svg: &mut Svg, top: u64, ends: Percent, height: u64, text: &str) {
    svg.open("svg", &[("y", &top), ("width", &ends), ("height", &height)]);
    svg.put("text", &[("y", &13)], text);
    svg.close("svg");
}

/// A bar that is split as the verdicts are, at that height and within these places.
pub(super) fn stacked(svg: &mut Svg, (top, height): (u64, u64), (from, to): (Percent, Percent), verdicts: &Verdicts) {
    let whole = verdicts.iter().sum();
    let (mut sum, mut begins) = (0, from);
    for (verdict, count) in Verdict::ALL.into_iter().zip(verdicts) {
        sum += count;
        let ends = from.toward(to, Share { part: sum, whole });
        if ends > begins {
            let width = ends.since(begins);
            svg.mark(
                "rect",
                &[("class", &class(verdict)), ("x", &begins), ("y", &top), ("width", &width), ("height", &height)],
            );
        }
        begins = ends;
    }
}

/// The commonest verdict at the end of a line, by its shape, and how common it is.
fn commonest(svg: &mut Svg, top: u64, verdicts: &Verdicts) {
    let (verdict, share) = Look::commonest(verdicts);
    let place = [("width", &10 as &dyn std::fmt::Display), ("height", &10)];
    let href = mark(verdict);
    let [width, height] = place;
    svg.mark("use", &[("href", &href), ("x", &"86%"), ("y", &(top + 4)), width, height]);
    let text = format!("{}%", share.per(100));
    svg.put("text", &[("class", &"number"), ("x", &"100%"), ("y", &(top + 13)), ("aria-label", &said(verdict))], &text);
}

#[cfg(test)]
mod tests {
    use super::super::svg::lines;
    use super::*;

    #[test]
    fn two_bars() {
        let bar = |name: &str, part, verdicts| Bar {
            name: Word::captured(name.as_bytes(), 16),
            clients: Share { part, whole: 4 },
            verdicts,
        };
        let versions = bars("Client versions", &[bar("6.0.0602", 3, Some([1, 0, 3, 0, 0, 0]))]);
        insta::assert_snapshot!(lines(&versions), @r##"
        <svg role="img" aria-label="Client versions" width="100%" height="18">
        <desc>6.0.0602: 3 clients</desc>
        <g>
        <title>6.0.0602: 3 clients, 75.0% of all; of its exchanges: required 25.0%, up to date 75.0%</title>
        <rect class="hit" y="0" width="100%" height="18"/>
        <svg y="0" width="27%" height="18">
        <text y="13">6.0.0602</text>
        </svg>
        <rect class="v-required" x="28%" y="3" width="10.25%" height="12"/>
        <rect class="v-up-to-date" x="38.25%" y="3" width="30.75%" height="12"/>
        <use href="#v-up-to-date" x="86%" y="4" width="10" height="10"/>
        <text class="number" x="100%" y="13" aria-label="up to date">75%</text>
        <text class="number" x="83.50%" y="13">3</text>
        </g>
        </svg>
        "##);
        let locales = bars("Locales", &[bar("<b>", 1, None)]);
        insta::assert_snapshot!(lines(&locales), @r##"
        <svg role="img" aria-label="Locales" width="100%" height="18">
        <desc>&#60;b&#62;: 1 client</desc>
        <g>
        <title>&#60;b&#62;: 1 client, 25.0% of all</title>
        <rect class="hit" y="0" width="100%" height="18"/>
        <svg y="0" width="60%" height="18">
        <text y="13">&#60;b&#62;</text>
        </svg>
        <rect class="plain" x="61%" y="3" width="21%" height="12"/>
        <text class="number" x="100%" y="13">25.0%</text>
        </g>
        </svg>
        "##);
    }
}
