//! SVG, written element by element. Whatever is put in is escaped here, once.
//!
//! A chart is as wide as there is room and as high as it says: places along the width are [percentages](Percent), so that
//! bars stretch and text stays the size it is read at, on a wide screen as on a phone.

use std::fmt::{self, Display, Write};

use crate::census::Share;

/// A place or a length along the width of a chart, in hundredths of a per cent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Percent(pub(super) u64);

impl Percent {
    /// The whole width.
    pub(super) const ALL: Self = Self(10_000);

    /// The place that `share` of the way from `self` to `to` is.
    pub(super) fn toward(self, to: Self, share: Share) -> Self {
        Self(self.0 + share.per(to.0.saturating_sub(self.0)))
    }

    /// The length from `from` to here.
    pub(super) const fn since(self, from: Self) -> Self {
        Self(self.0.saturating_sub(from.0))
    }
}

impl Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(hundredths) = self;
        match hundredths % 100 {
            0 => write!(f, "{}%", hundredths / 100),
            rest => write!(f, "{}.{rest:02}%", hundredths / 100),
        }
    }
}

/// An attribute: its name, and its value before it is escaped.
pub(super) type Attribute<'a> = (&'a str, &'a dyn Display);

/// A chart that is being written.
#[derive(Debug)]
pub(super) struct Svg {
    text: String,
}

impl Svg {
    /// A chart of that height in pixels. `label` says what it shows, `description` what one would read from it.
    pub(super) fn chart(height: u64, label: &str, description: &str) -> Self {
        let mut chart = Self { text: String::new() };
        chart.open("svg", &[("role", &"img"), ("aria-label", &label), ("width", &"100%"), ("height", &height)]);
        chart.put("desc", &[], description);
        chart
    }

    /// Begins an element.
    pub(super) fn open(&mut self, tag: &str, attributes: &[Attribute<'_>]) {
        self.begin(tag, attributes);
        self.text.push('>');
    }

    /// Ends an element.
    pub(super) fn close(&mut self, tag: &str) {
        self.text.extend(["</", tag, ">"]);
    }

    /// An element without content.
    pub(super) fn mark(&mut self, tag: &str, attributes: &[Attribute<'_>]) {
        self.begin(tag, attributes);
        self.text.push_str("/>");
    }

    /// An element that holds text.
    pub(super) fn put(&mut self, tag: &str, attributes: &[Attribute<'_>], text: &str) {
        self.open(tag, attributes);
        escape(&mut self.text, text);
        self.close(tag);
    }

    /// Begins a group that shows `title` where it is pointed at.
    pub(super) fn open_titled(&mut self, title: &str) {
        self.open("g", &[]);
        self.put("title", &[], title);
    }

    /// The chart.
    pub(super) fn finish(mut self) -> String {
        self.close("svg");
        self.text
    }

    fn begin(&mut self, tag: &str, attributes: &[Attribute<'_>]) {
        self.text.extend(["<", tag]);
        for (name, value) in attributes {
            self.text.extend([" ", name, "=\""]);
            escape(&mut self.text, &value.to_string());
            self.text.push('"');
        }
    }
}

/// Appends `text` so that it can be nothing but text, in an element and in an attribute.
fn escape(output: &mut String, text: &str) {
    for char in text.chars() {
        // Writing to a string cannot fail.
        match char {
            '&' | '<' | '>' | '"' | '\'' => write!(output, "&#{};", u32::from(char)).unwrap_or_default(),
            _ => output.push(char),
        }
    }
}

/// A chart as a test shows it: an element a line.
#[cfg(test)]
pub(super) fn lines(svg: &str) -> String {
    svg.replace("><", ">\n<")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_text() {
        let mut chart = Svg::chart(9, "\"><script>", "a & b");
        chart.put("text", &[("class", &"' onload='x")], "</text><script>");
        assert_eq!(
            chart.finish(),
            "<svg role=\"img\" aria-label=\"&#34;&#62;&#60;script&#62;\" width=\"100%\" height=\"9\"><desc>a &#38; b</desc>\
             <text class=\"&#39; onload=&#39;x\">&#60;/text&#62;&#60;script&#62;</text></svg>"
        );
    }

    #[test]
    fn places_are_percentages() {
        let half = Share { part: 1, whole: 2 };
        assert_eq!(Percent(2_000).toward(Percent(9_001), half).to_string(), "55.01%");
        assert_eq!(Percent::ALL.since(Percent(4_000)).to_string(), "60%");
    }
}
