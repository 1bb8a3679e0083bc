//! What one run found, kept so that several can be joined as if they had been one.
//!
//! ```text
//! run of Monday's captures ──► part: exchanges, edges, inputs ┐
//! run of Tuesday's captures ─► part                           ├─► run::merge ──► the tables of one run over all
//! run on another machine ────► part                           ┘
//! ```
//!
//! ```
//! use std::sync::Arc;
//!
//! use msncensus::capture::list;
//! use msncensus::part::{Part, PartWriter};
//! use msncensus::run::{News, Plan, merge, run};
//!
//! let directory = tempfile::tempdir()?;
//! let mut parts = Vec::new();
//! for sample in ["samples/msn-5.0-recommended.pcapng", "samples/msn-6.0-required.pcapng"] {
//!     let plan = Plan { edges: true, ..Plan::new(list([sample.into()])) };
//!     let mut writer = PartWriter::new(Vec::new())?;
//!     let mut written = Ok(());
//!     let found = run(plan, &Arc::default(), &mut |news| match news {
//!         News::Row(row, _) if written.is_ok() => written = writer.push(&row.exchange),
//!         _ => {}
//!     });
//!     written?;
//!     let path = directory.path().join(format!("{}.part", parts.len()));
//!     std::fs::write(&path, writer.finish(&found.rest(None))?)?;
//!     parts.push(Part::open(&path)?);
//! }
//! assert_eq!(merge(parts, None, None, &mut |_| {})?.exchanges, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The tables would not do: they are made for readers, and a row of theirs no longer has the line that it was read from. And
//! a conversation that crosses from one capture into the next leaves half of itself in each.
//!
//! * **Takes** every [`Exchange`](crate::cvr::Exchange) of a run, and its [`Edges`](crate::dissect::Edges): the packets of
//!   conversations that may cross into it or out of it.
//! * **Gives** a file with all of it, and reads it again. And of the edges of several parts what they tell together
//!   ([`Joining`]). What was joined has the edges of all its parts, and can be joined again.
//! * **Keeps** nothing else; what the edges may take is bounded where they are made.
//! * **Leaves out** edges where names are hidden, for packets would tell them: a conversation is then not joined. And what
//!   memory runs short of: of a conversation that says more than the edges hold, the rows stay as the parts tell them, which
//!   is said.

mod file;
mod joining;

pub use file::{Part, PartError, PartWriter, Remarks, Rest};
pub use joining::{Joining, counted};
