//! The two lists of the screen: the clients of today in groups, and the last exchanges.

use msncensus::census::{Share, Verdict};
use msncensus::report::Look;
use msncensus::text::Grouped;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::clients::Group;
use super::keys::Chosen;
use super::login::Login;
use super::paint::Paint;
use super::state::Picture;

/// Lines of the last exchanges with their heading.
pub(super) const LAST_LINES: u16 = 11;

/// Headings of the lists, in the order of `BY`.
const HEADINGS: [&str; 3] = ["Client versions", "Products", "Locales"];

/// Columns of a group besides its bar, from the widest screen to the narrowest: name, count, share, verdict. One that has
/// no columns is left out.
const GROUP_COLUMNS: [[usize; 4]; 5] =
    [[40, 10, 6, 17], [24, 10, 6, 17], [17, 10, 6, 17], [14, 7, 0, 12], [12, 7, 0, 0]];

/// Columns of the longest bar, and of the shortest for which there shall be room.
const BAR_MAX: usize = 60;
const BAR_MIN: usize = 24;

/// Columns of an exchange: time, name, version, product, locale, verdict.
const EXCHANGE_COLUMNS: [[usize; 6]; 5] =
    [[8, 36, 17, 28, 14, 12], [8, 19, 14, 17, 5, 12], [8, 18, 14, 0, 5, 12], [8, 18, 0, 0, 0, 12], [8, 0, 0, 0, 0, 11]];

/// Draws the clients of today by what was chosen, the largest group first. Gives how many lines can be scrolled out.
pub(super) fn groups(frame: &mut Frame<'_>, area: Rect, picture: &Picture, chosen: Chosen, paint: Paint) -> usize {
    let all = picture.groups.get(chosen.by).map(Vec::as_slice).unwrap_or_default();
    let room = usize::from(area.height).saturating_sub(1);
    // The list does not scroll further than its end comes into sight.
    let last = all.len().saturating_sub(room);
    let first = chosen.scroll.min(last);
    let shown = all.get(first..).unwrap_or_default().iter().take(room);
    let width = usize::from(area.width);
    let columns = GROUP_COLUMNS.iter().find(|columns| taken(*columns) + BAR_MIN < width);
    let bar_width = |columns: &[usize]| width.saturating_sub(taken(columns) + 1).min(BAR_MAX);
    // A screen that has no room for a bar still has some for words.
    let narrow = || GROUP_COLUMNS.iter().find(|columns| taken(*columns) <= width).or(GROUP_COLUMNS.last());
    let (columns, bar_width) = match columns {
        Some(columns) => (*columns, bar_width(columns)),
        None => (narrow().copied().unwrap_or_default(), 0),
    };
    let longest = all.first().map(|group| group.clients).unwrap_or_default();
    let whole = all.iter().map(|group| group.clients).sum();
    let mut lines = vec![heading(chosen, first, shown.len(), all.len(), width, paint)];
    for group in shown {
        let shares = [group.clients, longest, whole];
        lines.push(group_line(group, shares, columns, bar_width, paint));
    }
    if all.is_empty() {
        lines.push(Line::styled("  none yet", paint.faint()));
    }
    frame.render_widget(Paragraph::new(lines), area);
    last
}

/// Columns that are taken, each but the first with a space before it.
fn taken(columns: &[usize]) -> usize {
    columns.iter().filter(|columns| **columns > 0).map(|columns| columns + 1).sum::<usize>().saturating_sub(1)
}

fn heading(chosen: Chosen, first: usize, shown: usize, all: usize, width: usize, paint: Paint) -> Line<'static> {
    let name = HEADINGS.get(chosen.by).copied().unwrap_or_default();
    let range = if shown < all { format!(", {} to {} of {all}", first + 1, first + shown) } else { String::new() };
    let long = format!(" of today's clients, by what servers told them{range}");
    let note = paint.first_fitting(&[&long, &format!(" today{range}"), ""], width.saturating_sub(name.len()));
    let name = paint.fit(name, name.len().min(width));
    Line::from(vec![Span::styled(name, paint.heading()), Span::styled(note, paint.faint())])
}

fn group_line(
    group: &Group,
    [clients, longest, whole]: [u64; 3],
    [name, count, share, verdict]: [usize; 4],
    bar_width: usize,
    paint: Paint,
) -> Line<'static> {
    let mut spans = vec![Span::raw(paint.fit(&group.name, name))];
    if bar_width > 0 {
        let filled = Share { part: clients, whole: longest }.columns(bar_width);
        spans.push(Span::raw(" "));
        let parts = paint.look.bar(&group.verdicts, filled);
        spans.extend(parts.into_iter().map(|(verdict, part)| Span::styled(part, paint.verdict(verdict))));
        spans.push(Span::raw(" ".repeat(bar_width - filled)));
    }
    spans.push(Span::raw(format!(" {:>count$}", Grouped(clients))));
    if share > 0 {
        spans.push(Span::raw(format!(" {}", Share { part: clients, whole }.percent())));
    }
    if verdict > 0 {
        let (commonest, part) = Look::commonest(&group.verdicts);
        spans.push(Span::styled(format!(" {}", commonest.word()), paint.verdict(commonest)));
        let percent = format!(" {}%", part.per(100));
        if part.part < part.whole && commonest.word().len() + percent.len() <= verdict {
            spans.push(Span::raw(percent));
        }
    }
    Line::from(spans)
}

/// Draws the last exchanges, newest first.
pub(super) fn exchanges(frame: &mut Frame<'_>, area: Rect, picture: &Picture, paint: Paint) {
    let width = usize::from(area.width);
    let columns = EXCHANGE_COLUMNS.iter().find(|columns| taken(*columns) <= width);
    let columns = columns.or(EXCHANGE_COLUMNS.last()).copied().unwrap_or_default();
    let title = paint.fit("Last exchanges", "Last exchanges".len().min(width));
    let mut lines = vec![Line::styled(title, paint.heading())];
    lines.extend(picture.recent.iter().map(|login| exchange_line(login, columns, paint)));
    if picture.recent.is_empty() {
        lines.push(Line::styled("  none yet", paint.faint()));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn exchange_line(login: &Login, columns: [usize; 6], paint: Paint) -> Line<'static> {
    let time = login.time.to_string();
    let [version, product, locale] = &login.values;
    let cells = [time.get(11..19).unwrap_or_default(), &login.who, version, product, locale];
    let mut spans = Vec::new();
    for (cell, width) in cells.into_iter().zip(columns).filter(|(_, width)| *width > 0) {
        spans.push(Span::raw(format!("{} ", paint.fit(cell, width))));
    }
    let verdict: Verdict = login.verdict;
    spans.push(Span::styled(verdict.word(), paint.verdict(verdict)));
    Line::from(spans)
}
