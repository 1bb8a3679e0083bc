//! Text and colours as the terminal can show them.

use msncensus::census::Verdict;
use msncensus::report::Look;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

/// How a terminal is drawn on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    pub(super) look: Look,
}

impl Paint {
    pub(super) const fn new(look: Look) -> Self {
        Self { look }
    }

    /// `text` as this terminal can show it.
    pub(super) fn text(self, text: &str) -> String {
        self.look.plain(text)
    }

    /// `text` in exactly `width` columns.
    pub(super) fn fit(self, text: &str, width: usize) -> String {
        self.look.fit(text, width)
    }

    /// The first of these texts that fits, else as much of the last as does.
    pub(super) fn first_fitting(self, texts: &[&str], width: usize) -> String {
        let fitting = texts.iter().find(|text| text.width() <= width).map(|text| (*text).to_owned());
        fitting.unwrap_or_else(|| self.fit(texts.last().copied().unwrap_or_default(), width))
    }

    /// The same of lines, which are words and numbers in turn.
    pub(super) fn first_fitting_line(self, lines: &[&[(&str, &String)]], width: u16) -> Line<'static> {
        let line = |parts: &[(&str, &String)]| {
            let spans = parts.iter().flat_map(|(word, number)| {
                [Span::raw((*word).to_owned()), Span::styled((*number).clone(), self.heading())]
            });
            Line::from(spans.collect::<Vec<_>>())
        };
        let mut lines = lines.iter().map(|parts| line(parts)).rev();
        let shortest = lines.next().unwrap_or_default();
        lines.rfind(|line| line.width() <= usize::from(width)).unwrap_or(shortest)
    }

    #[expect(clippy::unused_self, reason = "bold needs no colours, as everything else here does")]
    pub(super) fn heading(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn faint(self) -> Style {
        self.coloured(Style::new().add_modifier(Modifier::DIM))
    }

    pub(super) fn warning(self) -> Style {
        self.coloured(Style::new().fg(Color::Yellow))
    }

    pub(super) fn chart(self) -> Style {
        self.coloured(Style::new().fg(Color::Cyan))
    }

    /// The colour that the summary gives a verdict.
    pub(super) fn verdict(self, verdict: Verdict) -> Style {
        self.coloured(style(Look::style(verdict)))
    }

    fn coloured(self, style: Style) -> Style {
        if self.look.colour { style } else { Style::new() }
    }
}

/// A style of the summary as one of the screen.
fn style(of: anstyle::Style) -> Style {
    let color = match of.get_fg_color() {
        Some(anstyle::Color::Ansi(color)) => Color::Indexed(anstyle::Ansi256Color::from_ansi(color).index()),
        _ => Color::Reset,
    };
    let faint = of.get_effects().contains(anstyle::Effects::DIMMED);
    let modifier = if faint { Modifier::DIM } else { Modifier::empty() };
    Style::new().fg(color).add_modifier(modifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_have_the_colours_of_the_summary_where_there_are_any() {
        let colours = Paint::new(Look { unicode: true, colour: true });
        assert_eq!(colours.verdict(Verdict::Required).fg, Some(Color::Indexed(1)));
        assert_eq!(colours.verdict(Verdict::UpToDate).fg, Some(Color::Indexed(2)));
        assert!(colours.verdict(Verdict::Undetermined).add_modifier.contains(Modifier::DIM));
        let none = Paint::new(Look { unicode: true, colour: false });
        assert!(Verdict::ALL.iter().all(|verdict| none.verdict(*verdict) == Style::new()));
    }

    #[test]
    fn the_longest_text_that_fits_is_shown() {
        let paint = Paint::new(Look { unicode: true, colour: false });
        let shown = |width| paint.first_fitting(&["a long text", "a text", "text"], width);
        assert_eq!([11, 10, 5, 3].map(shown), ["a long text", "a text", "text", "te…"]);
    }
}
