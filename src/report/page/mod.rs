//! The page: a census as one HTML file that can be read anywhere, for ever.
//!
//! ```text
//! Sources ─► bars, timeline, heat map, upgrade map (SVG) ┐
//!         ─► finds: addresses, anomalies, inputs         ├─► View ─► page.html, page.css ─► any io::Write
//!         ─► words: titles, counts, doubts               ┘
//! ```
//!
//! * **Takes** what was counted, the inputs, what went wrong, the doubts, and the command.
//! * **Gives** one file without a script, that loads nothing and says so to the browser (a content security policy with the
//!   hash of its only style sheet). The same bytes for the same census.
//! * **Keeps** the commonest of everything; what is left out is summed and said. A page is as large for a million clients as
//!   for fifty thousand.
//! * **Leaves out** every handle and every address of a client, as the summary screen does. Addresses that servers sent are
//!   text, never links.
//!
//! Captured text reaches the page as a `Word`, and is escaped when it is written: in charts by `svg`, elsewhere by the
//! template engine.

mod bars;
mod colour;
mod finds;
mod grid;
mod heat_map;
mod scale;
mod svg;
mod timeline;
mod upgrade_map;
mod view;
mod words;

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use sha2::{Digest as _, Sha256};

use super::{AnomalyRow, InputRow};
use crate::census::{Population, Timeline, Upgrades};
use view::View;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// What the page is made of.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// Who the clients are.
    pub population: &'a Population,
    /// What servers told them.
    pub upgrades: &'a Upgrades,
    /// When they came.
    pub timeline: &'a Timeline,
    /// What was read.
    pub inputs: &'a [InputRow],
    /// What went wrong.
    pub anomalies: &'a [AnomalyRow],
    /// What a reader must know first, in whole sentences without handles.
    pub warnings: &'a [String],
    /// The command that made the page.
    pub command: &'a str,
}

/// A census as a page.
#[derive(Clone, Debug)]
pub struct Page {
    view: View,
}

impl Page {
    /// The page of these.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use msncensus::capture::list;
    /// use msncensus::report::{Page, Sources};
    /// use msncensus::run::{Plan, run};
    ///
    /// let plan = Plan::new(list(["samples/msn-6.0-required.pcapng".into()]));
    /// let found = run(plan, &Arc::default(), &mut |_| {});
    /// let page = Page::new(&Sources {
    ///     population: &found.population,
    ///     upgrades: &found.upgrades,
    ///     timeline: &found.timeline,
    ///     inputs: &found.inputs,
    ///     anomalies: &found.anomalies,
    ///     warnings: &found.warnings,
    ///     command: "made by an example",
    /// });
    /// let mut html = Vec::new();
    /// page.write(&mut html)?;
    /// assert!(html.starts_with(b"<!DOCTYPE html>"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new(sources: &Sources<'_>) -> Self {
        Self { view: View::of(sources) }
    }

    /// Writes the page.
    pub fn write(&self, output: &mut impl io::Write) -> io::Result<()> {
        // The template engine takes the last line break away.
        writeln!(output, "{}", self.render().map_err(io::Error::other)?)
    }

    fn render(&self) -> Result<String, minijinja::Error> {
        let mut engine = Environment::new();
        engine.set_auto_escape_callback(|_| AutoEscape::Html);
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        engine.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        engine.add_global("style", Value::from_safe_string(STYLE.to_owned()));
        engine.add_global("style_hash", STANDARD.encode(Sha256::digest(STYLE)));
        engine.add_global("version", env!("CARGO_PKG_VERSION"));
        engine.render_str(TEMPLATE, Value::from(Serde(&self.view)))
    }
}

#[cfg(test)]
mod tests;
