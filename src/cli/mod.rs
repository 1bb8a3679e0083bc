//! The command line: words to a plan, findings to outputs, failures to messages and exit codes.
//!
//! Standard output is data, standard error is talk. Nothing is written to disk unless asked.

mod args;
#[cfg(feature = "live")]
mod confine;
mod filters;
mod generated;
#[cfg(feature = "live")]
mod interfaces;
mod merge;
mod output;
mod privacy;
mod progress;
#[cfg_attr(not(all(feature = "tui", unix)), path = "no_screen.rs")]
mod screen;
mod talk;
mod typed;
mod values;

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Error, Result};
use clap::Parser;
#[cfg(feature = "live")]
use msncensus::capture::Live;
use msncensus::report::{InputRow, InputStatus};
use msncensus::run::{Endpoint, Findings, News, Periods, Plan, run};
use signal_hook::consts::{SIGINT, SIGTERM};

use args::{Args, Command, Talking, UsageError};
#[cfg(feature = "live")]
use confine::{Confinement, Needs};
use output::{Choice, Output};
use progress::Watch;
use screen::Terminal;
use talk::Talk;

/// How the program ends: a promise to scripts (interface.md, "exit").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// Every input was read to its end.
    Whole = 0,
    /// No usable result.
    Failed = 1,
    /// Bad command line or filter.
    Usage = 2,
    /// Finished, but data was lost or is doubtful.
    Doubtful = 3,
    /// Stopped by the user while reading.
    Interrupted = 130,
}

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let args = Args::parse();
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let Talking { color, quiet, .. } = match &args.command {
        Some(Command::Merge(merge)) => &merge.talking,
        _ => &args.talking,
    };
    let talk = Talk::new((*color).into(), *quiet);
    let exit = match &args.command {
        Some(Command::Merge(args)) => merge::run(args, &words, &talk),
        Some(Command::Completions(args)) => generated::completions(args).map(|()| Exit::Whole).map_err(Error::from),
        Some(Command::Man(args)) => generated::man(args).map(|()| Exit::Whole).map_err(Error::from),
        None => census(&args, &words, &talk),
    };
    let exit = exit.unwrap_or_else(|error| {
        if is_closed_pipe(&error) {
            return Exit::Whole;
        }
        talk.error(&error);
        if error.is::<UsageError>() { Exit::Usage } else { Exit::Failed }
    });
    ExitCode::from(exit as u8)
}

fn census(args: &Args, words: &[OsString], talk: &Talk) -> Result<Exit> {
    #[cfg(feature = "live")]
    if args.list_interfaces {
        interfaces::write(&mut io::stdout())?;
        return Ok(Exit::Whole);
    }
    let (mut plan, choice) = args.plan(words)?;
    if let Some(endpoint) = &plan.metrics {
        announce(endpoint, talk);
    }
    if let Some(told) = args.writing.key_file.as_deref().and_then(privacy::exposed) {
        talk.warnings(&[told]);
    }
    // Before anything is given up that it takes to open one.
    let terminal = args.tui.then(Terminal::open).transpose()?;
    // Before the first packet: an output that cannot be written should cost no reading.
    let mut output = prepare(args, &plan, choice, talk)?;
    plan.save = output.packets()?;
    plan.periods = periods(args, &plan)?;
    let asked = asked_flag()?;
    // A screen hears the signals itself: the second one must find the terminal as it was.
    let stop = if terminal.is_some() { Arc::default() } else { stop_flag()? };
    let mut watch = Watch::new(args, &plan, terminal, &stop)?;
    if watch.is_screen() {
        talk.hold();
    }
    let asks = Asks { stop: &stop, counters: &asked, is_endless: plan.is_endless() };
    let found = run(plan, &stop, &mut |news| hear(&news, &mut output, &mut watch, talk, &asks));
    watch.finish();
    talk.release();
    tell(found, output, talk, args.talking.verbose)
}

/// Writes what was found, and says how it ended.
fn tell(found: Findings, output: Output, talk: &Talk, verbose: bool) -> Result<Exit> {
    if verbose {
        talk.counters(&found.stats);
    }
    let exit = judge(&found);
    match exit {
        Exit::Failed => talk.errors(&found.warnings),
        // A person who sees the summary sees them there.
        _ if output.shows_summary() => {}
        _ => talk.warnings(&found.warnings),
    }
    if let Some(error) = found.spool_error {
        return Err(Error::new(error).context("exchanges that waited in a temporary file cannot be read again"));
    }
    // A screen that says that there is nothing adds nothing to the reasons.
    let is_idle = exit == Exit::Failed && output.shows_summary();
    if !is_idle {
        for written in output.write(&found, exit)? {
            talk.note(&written);
        }
    }
    conclude(exit, &found, talk);
    Ok(exit)
}

/// Says where metrics are, and to whom.
fn announce(endpoint: &Endpoint, talk: &Talk) {
    let address = endpoint.address();
    talk.note(&format!("metrics are at http://{address}/metrics"));
    if endpoint.is_reachable() {
        talk.note(&format!("whoever reaches {address} can read them; 127.0.0.1 is for this machine alone"));
    }
}

/// What is asked of a run while it goes on.
struct Asks<'a> {
    stop: &'a AtomicBool,
    counters: &'a AtomicBool,
    /// Whether it only ends when it is stopped.
    is_endless: bool,
}

/// Hands on what a run tells.
fn hear(news: &News<'_>, output: &mut Output, watch: &mut Watch, talk: &Talk, asks: &Asks<'_>) {
    match news {
        News::Progress(progress) => {
            watch.show(*progress);
            if asks.counters.swap(false, Ordering::Relaxed) {
                talk.progress(*progress);
            }
            // Nobody reads the rows any more, or they have no place: nothing is left to do, unless a file is to tell of inputs
            // that end by themselves.
            if !output.hand_on() && (asks.is_endless || !output.writes_more()) {
                asks.stop.store(true, Ordering::Relaxed);
            }
        }
        News::Row(row, context) => {
            output.row(row, context);
            watch.row(row, context.level);
        }
        News::Tables(found, occasion) => match output.write_so_far(found, *occasion) {
            Ok(told) => told.iter().for_each(|told| talk.note(told)),
            // There may be room for those that come later.
            Err(error) => {
                let told = format!("{error:#}");
                talk.warnings(std::slice::from_ref(&told));
                watch.say(&told);
            }
        },
        News::Note(text) => {
            talk.note(text);
            watch.say(text);
        }
        News::Warning(text) => {
            talk.warnings(&[(*text).to_owned()]);
            watch.say(text);
        }
    }
}

/// Prepares the outputs; of a program that listens between the steps by which it is confined.
#[cfg(feature = "live")]
fn prepare(args: &Args, plan: &Plan, choice: Choice, talk: &Talk) -> Result<Output> {
    if let Some(live) = &plan.live {
        return confine(&args.confinement, live, choice, &|told| {
            if args.talking.verbose {
                talk.note(told);
            }
        });
    }
    Output::prepare(choice)
}

#[cfg(not(feature = "live"))]
fn prepare(_: &Args, _: &Plan, choice: Choice, _: &Talk) -> Result<Output> {
    Output::prepare(choice)
}

#[cfg(feature = "live")]
fn confine(confinement: &Confinement, live: &Live, choice: Choice, tell: &dyn Fn(&str)) -> Result<Output> {
    let privileges = confinement.drop_privileges()?;
    tell(&privileges.to_string());
    let writable = choice.directories();
    let output = Output::prepare(choice).with_context(|| format!("as {}", privileges.user))?;
    let readable = vec![live.statistics_dir()];
    tell(&confinement.enter_sandbox(&Needs { writable, readable, receive_only: live.descriptor() })?);
    Ok(output)
}

/// The exit code that the findings deserve.
fn judge(found: &Findings) -> Exit {
    if found.interrupted {
        Exit::Interrupted
    } else if found.nothing_readable() {
        Exit::Failed
    } else if found.doubtful {
        Exit::Doubtful
    } else {
        Exit::Whole
    }
}

/// Says in one sentence how the run ended, if that is not plain from what was said before.
fn conclude(exit: Exit, found: &Findings, talk: &Talk) {
    let is_skipped = |row: &InputRow| row.status == InputStatus::Skipped;
    match exit {
        Exit::Interrupted => talk.note("interrupted: the tables hold what was found until then"),
        Exit::Failed if found.inputs.iter().all(is_skipped) => talk.error(&Error::msg("no captures found")),
        Exit::Failed if found.inputs.len() > 1 => talk.error(&Error::msg("no input could be read")),
        Exit::Whole | Exit::Doubtful if found.exchanges == 0 => {
            talk.note("no client-version exchange found");
        }
        _ => {}
    }
}

/// A flag that the first Ctrl-C sets; the second one ends the program at once.
fn stop_flag() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        let again = i32::from(Exit::Interrupted as u8);
        signal_hook::flag::register_conditional_shutdown(signal, again, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
            .context("cannot listen to signals")?;
    }
    Ok(stop)
}

/// A flag that is set by who wants to know what was counted so far (SIGUSR1).
fn asked_flag() -> Result<Arc<AtomicBool>> {
    let asked = Arc::new(AtomicBool::new(false));
    #[cfg(unix)]
    signal_hook::flag::register(signal_hook::consts::SIGUSR1, Arc::clone(&asked))
        .context("cannot listen to signals")?;
    Ok(asked)
}

/// When to write the tables before the end. Whoever asks for new files (SIGHUP) ends a period; where there are none, and
/// where there is an end, that signal keeps its usual meaning.
fn periods(args: &Args, plan: &Plan) -> Result<Periods> {
    let mut periods = Periods { every: args.checkpoint.map(Duration::from_secs), ends: None };
    #[cfg(unix)]
    if plan.is_endless() && args.writing.output.is_some() {
        let ends = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(signal_hook::consts::SIGHUP, Arc::clone(&ends))
            .context("cannot listen to signals")?;
        periods.ends = Some(ends);
    }
    Ok(periods)
}

/// Whether whoever read standard output has had enough.
fn is_closed_pipe(error: &Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}

/// Whether a person sees standard output.
fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}
