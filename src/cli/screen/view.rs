//! From what is known to what is drawn.
//!
//! ```text
//! eth0: listening, 1,204 packets/s, run for 12 min 31 s       2003-09-14 12:00:00 UTC
//! Clients now 12  in the last hour 45  today 1,203+   exchanges 3,456
//! 12,345 packets, 0 lost, 0 gaps in MSNP streams   memory 23 MB
//! Logins    ▁▂▃▅▂▁ ...                                                   peak 12 a minute
//! Versions of today's clients ...     the rest of the height, lists as long as there is room
//! Last exchanges ...                  eleven lines, if there are as many
//! q end  p pause  tab next list  ? help
//! ```
//!
//! 80 columns and 24 lines show all of it. In fewer, what matters least goes first, and nothing is drawn outside.

use msncensus::report::Look;
use msncensus::text::{Grouped, counted, duration};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::symbols::bar;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Sparkline};
use unicode_width::UnicodeWidthStr;

use super::clients::{Count, Window};
use super::keys::Chosen;
use super::lists::{LAST_LINES, exchanges, groups};
use super::minutes::MINUTES;
use super::paint::Paint;
use super::state::Picture;

/// Lines of the chart of logins.
const CHART_LINES: u16 = 2;

/// Columns before the chart.
const CHART_INDENT: u16 = 8;

/// The chart where there is nothing but ASCII.
const ASCII_BARS: bar::Set = bar::Set {
    full: "#",
    seven_eighths: "#",
    three_quarters: "*",
    five_eighths: "*",
    half: "+",
    three_eighths: "-",
    one_quarter: "-",
    one_eighth: ".",
    empty: " ",
};

const HELP: [(&str, &str); 9] = [
    ("q  Esc  Ctrl-C", "end; all rows are written"),
    ("p  space", "pause the screen, not the capture"),
    ("tab", "by version, by product, by locale"),
    ("up down  k j", "scroll the list"),
    ("PgUp PgDn", "scroll it faster"),
    ("Home End", "to its beginning, to its end"),
    ("?", "this help; any key closes it"),
    ("", ""),
    ("N+", "at least N: there were too many to count"),
];

/// Draws everything; `news` is what was said last, if that is still new. Gives how many lines of the list can be scrolled out.
pub(super) fn draw(frame: &mut Frame<'_>, picture: &Picture, chosen: Chosen, news: Option<&str>, look: Look) -> usize {
    let area = frame.area();
    let lines = Lines::of(area.height);
    let heights = [lines.title, lines.clients, lines.lost, lines.chart, lines.groups, lines.exchanges, lines.bottom];
    let [title_area, clients_area, lost_area, chart_area, groups_area, exchanges_area, bottom_area] =
        Layout::vertical(heights.map(Constraint::Length)).areas(area);
    let paint = Paint::new(look);
    title(frame, title_area, picture, paint);
    frame.render_widget(clients(picture, clients_area.width, paint), clients_area);
    frame.render_widget(lost(picture, lost_area.width, paint), lost_area);
    chart(frame, chart_area, picture, paint);
    let scroll_max = groups(frame, groups_area, picture, chosen, paint);
    exchanges(frame, exchanges_area, picture, paint);
    bottom(frame, bottom_area, chosen, news, paint);
    if chosen.is_helping {
        help(frame, area, paint);
    }
    scroll_max
}

/// How many lines each part has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lines {
    title: u16,
    clients: u16,
    lost: u16,
    chart: u16,
    groups: u16,
    exchanges: u16,
    bottom: u16,
}

impl Lines {
    fn of(height: u16) -> Self {
        let mut lines = Self::default();
        let mut left = height;
        let mut take = |wanted: u16, from: u16| {
            let taken = if height >= from { wanted.min(left) } else { 0 };
            left -= taken;
            taken
        };
        lines.title = take(1, 1);
        lines.clients = take(1, 2);
        lines.bottom = take(1, 4);
        lines.lost = take(1, 6);
        lines.chart = take(CHART_LINES, 18);
        // A list without a line under its heading says nothing.
        lines.exchanges = if left < 4 { 0 } else { LAST_LINES.min(left / 2 + left / 8) };
        lines.groups = left - lines.exchanges;
        lines
    }
}

fn title(frame: &mut Frame<'_>, area: Rect, picture: &Picture, paint: Paint) {
    let run = &picture.run;
    let state = match (run.is_down, run.is_live) {
        (true, _) => "link down",
        (false, true) => "listening",
        (false, false) => "following",
    };
    let elapsed = duration(i64::try_from(run.elapsed.as_nanos()).unwrap_or(i64::MAX));
    let time = run.time.map(|time| time.to_string());
    let time = time.as_deref().and_then(|time| time.get(..19)).map(|time| format!("{} UTC", time.replace('T', " ")));
    let input = paint.text(&run.input);
    let rate = Grouped(run.rate);
    let time = time.unwrap_or_default();
    let width = usize::from(area.width);
    let long = format!("{input}: {state}, {rate} packets/s, run for {elapsed}");
    let middle = format!("{input}: {state}, {rate}/s, {elapsed}");
    let left = paint.first_fitting(&[&long, &middle, &format!("{input}: {rate}/s")], width);
    let room = width.saturating_sub(left.width() + 2);
    let time = if time.len() <= room { time } else { String::new() };
    let shown = u16::try_from(time.len()).unwrap_or_default();
    let style = paint.heading();
    frame.render_widget(Paragraph::new(Span::styled(left, style)), area);
    frame.render_widget(Line::raw(time).right_aligned(), Rect { x: area.right() - shown, width: shown, ..area });
}

fn clients(picture: &Picture, width: u16, paint: Paint) -> Line<'static> {
    let count = |window: Window| {
        let found = Window::ALL.into_iter().zip(picture.clients).find(|(of, _)| *of == window);
        let Count { clients, is_least } = found.map(|(_, count)| count).unwrap_or_default();
        format!("{}{}", Grouped(clients), if is_least { "+" } else { "" })
    };
    let [now, hour, today] = Window::ALL.map(count);
    let exchanges = Grouped(picture.run.exchanges).to_string();
    let long =
        [("Clients now ", &now), ("  in the last hour ", &hour), ("  today ", &today), ("   exchanges ", &exchanges)];
    let middle = [("Clients now ", &now), ("  hour ", &hour), ("  today ", &today)];
    let short = [("now ", &now), (" ", &hour), (" ", &today)];
    paint.first_fitting_line(&[&long, &middle, &short], width)
}

fn lost(picture: &Picture, width: u16, paint: Paint) -> Line<'static> {
    let run = &picture.run;
    let memory = picture.memory.map(|bytes| format!("   memory {} MB", Grouped(bytes >> 20))).unwrap_or_default();
    let (packets, lost, gaps) = (counted(run.packets, "packet"), Grouped(run.lost), counted(run.gaps, "gap"));
    let long = format!("{packets}, {lost} lost, {gaps} in MSNP streams{memory}");
    let lost = paint.first_fitting(
        &[&long, &format!("{packets}, {lost} lost, {gaps}"), &format!("{lost} lost, {gaps}")],
        usize::from(width),
    );
    let style = if run.lost + run.gaps > 0 || run.is_down { paint.warning() } else { Style::new() };
    Line::styled(lost, style)
}

fn chart(frame: &mut Frame<'_>, area: Rect, picture: &Picture, paint: Paint) {
    if area.is_empty() {
        return;
    }
    let label = Rect { width: CHART_INDENT.min(area.width), ..area };
    frame.render_widget(Paragraph::new(Span::styled("Logins", paint.heading())), label);
    let room = area.width.saturating_sub(CHART_INDENT);
    let shown = usize::from(room).min(MINUTES).min(picture.logins.len());
    let latest = picture.logins.get(picture.logins.len() - shown..).unwrap_or_default();
    let most = latest.iter().max().copied().unwrap_or_default();
    let bars = if paint.look.unicode { bar::NINE_LEVELS } else { ASCII_BARS };
    let width = u16::try_from(shown).unwrap_or(room);
    let place = Rect { x: area.x + CHART_INDENT.min(area.width), width, ..area };
    frame.render_widget(Sparkline::default().data(latest).max(most.max(1)).bar_set(bars).style(paint.chart()), place);
    let note = Rect { x: place.right(), width: area.right() - place.right(), ..area };
    if note.width >= 12 {
        let lines = [format!(" peak {}", Grouped(most)), " a minute".to_owned()];
        frame.render_widget(Paragraph::new(lines.map(Line::from).to_vec()).style(paint.faint()), note);
    }
}

fn bottom(frame: &mut Frame<'_>, area: Rect, chosen: Chosen, news: Option<&str>, paint: Paint) {
    let width = usize::from(area.width);
    let keys = || {
        let arrows = if paint.look.unicode { "↑↓" } else { "j k" };
        let pause = if chosen.is_paused { "p go on" } else { "p pause" };
        let long = format!("q end  {pause}  tab next list  {arrows} scroll  ? help");
        Line::styled(paint.first_fitting(&[&long, "q end  ? help", "q ?"], width), paint.faint())
    };
    let line = news.map_or_else(keys, |news| Line::styled(paint.fit(news, width), paint.warning()));
    frame.render_widget(line, area);
    if chosen.is_paused {
        let paused = Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED);
        let text = " PAUSED ";
        let right = Rect { x: area.right().saturating_sub(8).max(area.x), width: area.width.min(8), ..area };
        frame.render_widget(Paragraph::new(Span::styled(text, paused)), right);
    }
}

fn help(frame: &mut Frame<'_>, area: Rect, paint: Paint) {
    let lines: Vec<_> = HELP.iter().map(|(key, what)| Line::from(format!(" {key:<16}{what} "))).collect();
    let width = lines.iter().map(Line::width).max().unwrap_or_default() + 2;
    let (width, height) =
        (u16::try_from(width).unwrap_or(u16::MAX), u16::try_from(lines.len() + 2).unwrap_or(u16::MAX));
    let (width, height) = (width.min(area.width), height.min(area.height));
    let place = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    let border = if paint.look.unicode { ratatui::symbols::border::PLAIN } else { ASCII_BORDER };
    // Whole lines: half a wide character beside the help would stand in its border.
    frame.render_widget(Clear, Rect { x: area.x, width: area.width, ..place });
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().border_set(border).title(" msncensus ")), place);
}

const ASCII_BORDER: ratatui::symbols::border::Set = ratatui::symbols::border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

#[cfg(test)]
mod tests;
