//! What one run found, kept so that several can be joined as if they had been one.
//!
//! ```text
//! run of Monday's captures ──► part: exchanges, edges, inputs ┐
//! run of Tuesday's captures ─► part                           ├─► run::merge ──► the tables of one run over all
//! run on another machine ────► part                           ┘
//! ```
//!
//! The tables would not do: they are made for readers, and a row of theirs no longer has the line that it was read from. And
//! a conversation that crosses from one capture into the next leaves half of itself in each.
//!
//! * **Takes** every [`Exchange`](crate::cvr::Exchange) of a run, and what is known of conversations at both of its edges.
//! * **Gives** a file with all of it, and reads it again.
//! * **Keeps** what was said in conversations that were open when the capture began ([`EDGE_SESSIONS_MAX`], each
//!   [`EDGE_EVENTS_MAX`] lines).
//! * **Leaves out** edges where names are hidden: a conversation is then not joined. And bytes: a line that the border itself cuts in two stays in pieces, and so do sessions of the HTTP gateway.
//!
//! [`EDGE_SESSIONS_MAX`]: crate::limits::EDGE_SESSIONS_MAX
//! [`EDGE_EVENTS_MAX`]: crate::limits::EDGE_EVENTS_MAX

mod edges;
mod file;
mod joining;

pub use edges::Edges;
pub use file::{Part, PartError, PartWriter, Rest};
pub use joining::{Joining, Sequel};
