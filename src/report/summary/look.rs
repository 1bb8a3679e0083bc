//! What a terminal can show, and how verdicts look on it.

use std::iter::repeat_n;

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::census::{Share, Verdict};

/// A terminal shows the character before it as an emoji: variation selector 16.
const EMOJI_STYLE: char = '\u{fe0f}';

/// Characters without a width of their own that may follow one another: more than any language writes. Whole towers of
/// marks would cover the lines above and below.
const MARKS_MAX: usize = 4;

/// Characters that share one column at most: a letter and its marks.
const CHARS_MAX: usize = MARKS_MAX + 1;

pub(super) const FAINT: Style = Style::new().dimmed();

/// Exchanges, or clients, by verdict, in the order of [`Verdict::ALL`].
pub type Verdicts = [u64; Verdict::ALL.len()];

/// How a terminal shows text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Characters beyond ASCII.
    pub unicode: bool,
    /// ANSI colours.
    pub colour: bool,
}

impl Look {
    /// What a bar is drawn with. Without colours, the glyph alone tells the verdict.
    pub const fn glyph(self, verdict: Verdict) -> char {
        match (self.unicode, self.colour, verdict) {
            (true, true, _) | (true, false, Verdict::Required) => '█',
            (true, false, Verdict::Recommended) => '▓',
            (true, false, Verdict::UpToDate) => '▒',
            (true, false, Verdict::Unrecognised) => '░',
            (false, _, Verdict::Required) => '#',
            (false, _, Verdict::Recommended) => '+',
            (false, _, Verdict::UpToDate) => '=',
            (false, _, Verdict::Unrecognised) => '?',
            (_, _, Verdict::Rejected) => 'x',
            (_, _, Verdict::Undetermined) => '.',
        }
    }

    /// The colour of a verdict, where there are colours.
    pub const fn style(verdict: Verdict) -> Style {
        match verdict {
            Verdict::Required => AnsiColor::Red.on_default(),
            Verdict::Recommended => AnsiColor::Yellow.on_default(),
            Verdict::UpToDate => AnsiColor::Green.on_default(),
            Verdict::Unrecognised => AnsiColor::Cyan.on_default(),
            Verdict::Rejected => AnsiColor::Magenta.on_default(),
            Verdict::Undetermined => FAINT,
        }
    }

    /// A bar of so many columns, split as the verdicts are.
    pub fn bar(self, verdicts: &Verdicts, filled: usize) -> Vec<(Verdict, String)> {
        let whole: u64 = verdicts.iter().sum();
        let (mut sum, mut drawn) = (0, 0);
        let mut parts = Vec::new();
        for (verdict, count) in Verdict::ALL.into_iter().zip(verdicts) {
            sum += count;
            let end = usize::try_from(Share { part: sum, whole }.per(filled as u64)).unwrap_or(filled);
            if end > drawn {
                parts.push((verdict, repeat_n(self.glyph(verdict), end - drawn).collect()));
            }
            drawn = end;
        }
        parts
    }

    /// The commonest verdict, and its share.
    pub fn commonest(verdicts: &Verdicts) -> (Verdict, Share) {
        let whole = verdicts.iter().sum();
        // The first of equals is the most urgent.
        let commonest = Verdict::ALL.into_iter().zip(*verdicts).rev().max_by_key(|(_, count)| *count);
        let (verdict, part) = commonest.unwrap_or((Verdict::Undetermined, 0));
        (verdict, Share { part, whole })
    }

    /// `text` as this terminal can show it.
    pub fn plain(self, text: &str) -> String {
        if self.unicode {
            return few_marks(text);
        }
        text.chars().map(|char| if char.is_ascii() { char } else { '?' }).collect()
    }

    pub(super) const fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// `text` in exactly `width` columns: filled up, or its end cut off.
    pub fn fit(self, text: &str, width: usize) -> String {
        let text = self.plain(text);
        let mut fitted = text.clone();
        if text.width() > width {
            let room = width.saturating_sub(self.ellipsis().width());
            fitted = cut(text.chars(), room).collect();
            fitted.push_str(self.ellipsis());
        }
        let missing = width.saturating_sub(fitted.width());
        fitted.extend(repeat_n(' ', missing));
        fitted
    }
}

/// `text` without the marks that are too many.
pub(in crate::report) fn few_marks(text: &str) -> String {
    let mut marks = 0;
    let is_kept = |char: &char| {
        marks = if char.width() == Some(0) { marks + 1 } else { 0 };
        marks <= MARKS_MAX
    };
    text.chars().filter(is_kept).collect()
}

/// The first characters that fit in `room` columns.
pub(in crate::report) fn cut(chars: impl Iterator<Item = char>, mut room: usize) -> impl Iterator<Item = char> {
    let most = room.saturating_mul(CHARS_MAX);
    chars.take(most).take_while(move |char| {
        // It has no width, and makes what is before it wide.
        let width = if *char == EMOJI_STYLE { 1 } else { char.width().unwrap_or_default() };
        let fits = width <= room;
        room = room.saturating_sub(width);
        fits
    })
}
