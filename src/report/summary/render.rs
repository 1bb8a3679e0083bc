//! The screen's layout.

use std::fmt::Display;
use std::iter::repeat_n;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::look::{FAINT, Verdicts, cut};
use super::{InputLine, Line, Look, Shown, Summary, VersionLine};
use crate::census::{PopulationRow, Share, Verdict};
use crate::packet::Timestamp;
use crate::report::InputStatus;
use crate::text::{Grouped, counted, duration};

/// Columns of the screen: the narrowest terminal in use.
const WIDTH: usize = 80;
/// Columns of a client version or a verdict.
const NAME_WIDTH: usize = 17;
/// Columns of the longest bar.
const BAR_WIDTH: usize = 24;
/// Columns of an input's name.
const INPUT_WIDTH: usize = 24;
/// Columns of a count: up to 99,999,999.
const COUNT_WIDTH: usize = 10;
/// Columns of one of the two lists that stand side by side.
const HALF_WIDTH: usize = 38;

const HEADING: Style = Style::new().bold();
const WARNING: Style = AnsiColor::Yellow.on_default();

/// The screen that says `summary`.
pub(super) fn render(summary: &Summary, look: Look) -> String {
    let mut screen = Screen { text: String::new(), look };
    screen.period(summary);
    screen.inputs(summary);
    match &summary.total {
        Some(total) => {
            screen.counts(total);
            screen.versions(&summary.versions);
            screen.verdicts(&summary.verdicts, summary.echoes);
            screen.side_by_side(("Locales", &summary.locales), ("Systems", &summary.systems));
        }
        None => screen.line("\nNo client-version exchange was found."),
    }
    screen.warnings(&summary.warnings);
    if !summary.command.is_empty() {
        screen.line("");
        // Not wrapped, whatever its length: it is there to be copied.
        let heading = screen.paint(HEADING, "Write everything:");
        screen.line(format!("{heading} {}", screen.look.plain(&summary.command)));
    }
    screen.text
}

struct Screen {
    text: String,
    look: Look,
}

impl Screen {
    fn line(&mut self, line: impl AsRef<str>) {
        self.text.push_str(line.as_ref().trim_end());
        self.text.push('\n');
    }

    fn heading(&mut self, heading: &str, note: &str) {
        let line = format!("{}{}", self.paint(HEADING, heading), self.paint(FAINT, note));
        self.line("");
        self.line(line);
    }

    fn paint(&self, style: Style, text: impl Display) -> String {
        if self.look.colour { format!("{style}{text}{style:#}") } else { text.to_string() }
    }

    fn period(&mut self, summary: &Summary) {
        let Some((first, last)) = summary.period else { return };
        let span = duration(last.nanos_since(first));
        let heading = self.paint(HEADING, format!("{} to {} UTC", seconds(first), seconds(last)));
        self.line(format!("{heading}  {}", self.paint(FAINT, span)));
    }

    fn inputs(&mut self, summary: &Summary) {
        let Shown { lines, more } = &summary.inputs;
        let count = lines.len() + more;
        if count == 0 {
            return;
        }
        let packets = counted(summary.packets, "packet");
        let bad = match summary.inputs_bad {
            0 => String::new(),
            bad => self.paint(WARNING, format!(", {} not read whole", Grouped(bad as u64))),
        };
        let skipped = match summary.inputs_skipped {
            0 => String::new(),
            skipped => format!(", {} skipped", Grouped(skipped as u64)),
        };
        self.line(format!("{}, {packets}{bad}{skipped}", counted(count as u64, "input")));
        for line in lines {
            let line = self.input(line);
            self.line(line);
        }
        self.more(*more);
    }

    fn input(&self, line: &InputLine) -> String {
        let status = match line.status {
            InputStatus::Ok => String::new(),
            status => self.paint(WARNING, status.word()),
        };
        let name = self.fit_end(&line.name, INPUT_WIDTH);
        let (packets, exchanges) = (within(line.packets, 13), within(line.exchanges, 9));
        let packet = if line.packets == 1 { "packet" } else { "packets" };
        let exchange = if line.exchanges == 1 { "exchange" } else { "exchanges" };
        format!("  {name} {packets} {packet:<7} {exchanges} {exchange:<9} {status}")
    }

    fn more(&mut self, more: usize) {
        if more > 0 {
            let line = self.paint(FAINT, format!("  and {} more", Grouped(more as u64)));
            self.line(line);
        }
    }

    /// What was counted, each with what it is: none of them is the number of people.
    fn counts(&mut self, total: &PopulationRow) {
        let counts = [
            (total.exchanges, "exchange", "exchanges", "a version request and its answer, or either alone"),
            (total.connections, "connection", "connections", "carried them; a login may take two"),
            (total.clients, "client", "clients", "told apart by passport, else handle, else address"),
            (total.passports, "passport", "passports", "accounts; one may be shared, a person may have several"),
            (total.ips, "address", "addresses", "one may hide many clients, a client may move"),
        ];
        self.line("");
        for (count, one, many, definition) in counts {
            let noun = if count == 1 { one } else { many };
            let count = self.paint(HEADING, within(count, COUNT_WIDTH));
            let definition = self.paint(FAINT, definition);
            self.line(format!("{count} {noun:<12} {definition}"));
        }
    }

    fn versions(&mut self, versions: &Shown<VersionLine>) {
        self.heading("Client versions", " by clients; what servers told them");
        let longest = versions.lines.iter().map(|line| line.clients.part).max().unwrap_or_default();
        for line in &versions.lines {
            let bar = self.bar(&line.verdicts, Share { part: line.clients.part, whole: longest });
            let verdict = self.verdict(&line.verdicts);
            let line = format!("  {} {bar} {} {verdict}", self.look.fit(&line.name, NAME_WIDTH), numbers(line.clients));
            self.line(line);
        }
        self.more(versions.more);
    }

    /// The commonest verdict, and its share if there are others.
    fn verdict(&self, verdicts: &Verdicts) -> String {
        let (verdict, share) = Look::commonest(verdicts);
        let word = self.paint(Look::style(verdict), verdict.word());
        if share.part == share.whole { word } else { format!("{word} {}%", share.per(100)) }
    }

    fn verdicts(&mut self, verdicts: &Verdicts, echoes: u64) {
        self.heading("Verdicts", " by exchanges");
        let whole = verdicts.iter().sum();
        let longest = verdicts.iter().max().copied().unwrap_or_default();
        for (at, (verdict, part)) in Verdict::ALL.into_iter().zip(*verdicts).enumerate() {
            if part == 0 {
                continue;
            }
            let mut only = Verdicts::default();
            only.iter_mut().skip(at).take(1).for_each(|count| *count = part);
            let bar = self.bar(&only, Share { part, whole: longest });
            let line = format!("  {:<NAME_WIDTH$} {bar} {}", verdict.word(), numbers(Share { part, whole }));
            self.line(line);
        }
        if echoes > 0 {
            let (echoes, note) = (Grouped(echoes), "of these only repeat the client's version: no policy");
            self.line(self.paint(FAINT, format!("  {echoes} {note}")));
        }
    }

    /// A bar of [`BAR_WIDTH`] columns, split as the verdicts are.
    fn bar(&self, verdicts: &Verdicts, share: Share) -> String {
        let filled = share.columns(BAR_WIDTH);
        let parts = self.look.bar(verdicts, filled);
        let mut bar: String = parts.into_iter().map(|(verdict, part)| self.paint(Look::style(verdict), part)).collect();
        bar.extend(repeat_n(' ', BAR_WIDTH.saturating_sub(filled)));
        bar
    }

    fn side_by_side(&mut self, left: (&str, &Shown<Line>), right: (&str, &Shown<Line>)) {
        let heading = format!("{:<width$}{}", left.0, right.0, width = HALF_WIDTH + 2);
        self.heading(&heading, "");
        let (left, right) = (self.half(left.1), self.half(right.1));
        let empty = " ".repeat(HALF_WIDTH);
        for at in 0..left.len().max(right.len()) {
            let cell = |half: &[String]| half.get(at).unwrap_or(&empty).clone();
            self.line(format!("{}  {}", cell(&left), cell(&right)));
        }
    }

    fn half(&self, shown: &Shown<Line>) -> Vec<String> {
        let name_width = HALF_WIDTH - 2 - 1 - 6;
        let mut half: Vec<_> = shown
            .lines
            .iter()
            .map(|line| format!("  {} {}", self.look.fit(&line.name, name_width), line.clients.percent()))
            .collect();
        if shown.more > 0 {
            half.push(self.look.fit(&format!("  and {} more", Grouped(shown.more as u64)), HALF_WIDTH));
        }
        half
    }

    fn warnings(&mut self, warnings: &[String]) {
        if !warnings.is_empty() {
            self.line("");
        }
        for warning in warnings {
            let mut mark = "! ";
            for line in wrapped(&self.look.plain(warning), WIDTH - 2) {
                let line = self.paint(WARNING, format!("{mark}{line}"));
                self.line(line);
                mark = "  ";
            }
        }
    }

    /// The same with the beginning cut off: the end of a path tells more.
    fn fit_end(&self, text: &str, width: usize) -> String {
        let text = self.look.plain(text);
        if text.width() <= width {
            return self.look.fit(&text, width);
        }
        let room = width.saturating_sub(self.look.ellipsis().width());
        let mut end: Vec<_> = cut(text.chars().rev(), room).collect();
        end.reverse();
        let end: String = end.into_iter().collect();
        self.look.fit(&format!("{}{end}", self.look.ellipsis()), width)
    }
}

/// A count and its percentage, in fixed columns.
fn numbers(share: Share) -> String {
    format!("{} {}", within(share.part, COUNT_WIDTH), share.percent())
}

/// A number at the right of so many columns; in thousands or more where it would not fit.
fn within(number: u64, width: usize) -> String {
    let units = [(1, ""), (1_000, "k"), (1_000_000, "M"), (1_000_000_000, "G")];
    let numbers = units.map(|(unit, sign)| format!("{}{sign}", Grouped(number / unit)));
    let fits = numbers.iter().find(|number| number.len() <= width).or(numbers.last());
    format!("{:>width$}", fits.map_or("", String::as_str))
}

/// A moment to the second: `2003-09-14 12:00:00`.
pub(in crate::report) fn seconds(time: Timestamp) -> String {
    let text = time.to_string();
    text.get(..19).unwrap_or(&text).replace('T', " ")
}

/// `text` in lines of at most `width` columns, broken at spaces; a word that is longer is cut.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut rest: String = word.to_owned();
        if !line.is_empty() && line.width() + 1 + rest.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        while rest.width() > width {
            let head: String = cut(rest.chars(), width).collect();
            rest = rest.split_off(head.len());
            lines.push(head);
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&rest);
    }
    lines.extend(Some(line).filter(|line| !line.is_empty()));
    lines
}
