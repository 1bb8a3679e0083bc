//! From exchanges to the tables of the census.

mod observation;
mod verdict;

pub use observation::{Identity, Observation};
pub use verdict::Verdict;
