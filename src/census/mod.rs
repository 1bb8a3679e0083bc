//! From exchanges to the tables of the census.
//!
//! * **Takes** [`Exchange`](crate::cvr::Exchange)s.
//! * **Gives** an [`Observation`] of each: what its fields mean, what the server told the client, and who asked.
//! * **Keeps** nothing.
//! * **Leaves out** how a table is written: that is the reports' work. What the wire said is never changed here.

mod observation;
mod verdict;

pub use observation::{Identity, Observation};
pub use verdict::Verdict;
