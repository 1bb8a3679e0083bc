//! Texts that are made of the command line itself: completions for shells, and manual pages.

use std::io::{self, Write};

use clap::{Command, CommandFactory, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;

use super::args::{Args, EXAMPLES, EXITS};

/// The name under which the program is installed.
const PROGRAM: &str = "msncensus";

/// For which shell.
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Of which command.
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// A command of its own; without one, the program itself
    #[arg(value_name = "COMMAND")]
    command: Option<Page>,
}

/// What has a manual page of its own.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Page {
    /// msncensus-merge(1)
    Merge,
}

/// Writes what completes the words of a command line in that shell.
pub(super) fn completions(args: &CompletionsArgs) -> io::Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), PROGRAM, &mut text);
    io::stdout().write_all(&text)
}

/// Writes a manual page, as roff.
pub(super) fn man(args: &ManArgs) -> io::Result<()> {
    let mut program = Args::command().mut_subcommands(without_page);
    program.build();
    let mut text = Vec::new();
    match args.command {
        None => {
            render(&program, &mut text)?;
            write!(text, "{}", unfilled("EXAMPLES", EXAMPLES))?;
            write!(text, "{}", unfilled("EXIT STATUS", &EXITS.replace(", ", "\n")))?;
        }
        Some(Page::Merge) => program.find_subcommand("merge").map_or(Ok(()), |merge| render(merge, &mut text))?,
    }
    io::stdout().write_all(&text)
}

/// What is no work for people has no page to refer to.
fn without_page(command: Command) -> Command {
    let has_page = Page::value_variants().iter().any(|page| named(*page) == command.get_name());
    command.hide(!has_page)
}

fn named(page: Page) -> &'static str {
    match page {
        Page::Merge => "merge",
    }
}

/// What the command line says of itself.
fn render(command: &Command, text: &mut Vec<u8>) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or(PROGRAM).to_uppercase();
    let page = Man::new(command.clone()).title(name).source(PROGRAM);
    page.render_title(text)?;
    page.render_name_section(text)?;
    page.render_synopsis_section(text)?;
    page.render_description_section(text)?;
    page.render_options_section(text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(text)?;
    }
    Ok(())
}

/// A section of lines that stay as they are.
fn unfilled(heading: &str, lines: &str) -> String {
    format!(".SH {heading}\n.nf\n{}\n.fi\n", lines.replace('-', "\\-"))
}
