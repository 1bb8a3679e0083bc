//! From exchanges to the tables of the census.
//!
//! * **Takes** [`Observation`]s: an exchange, its meaning and its verdict.
//! * **Gives** the rows of the tables that count them, in an order that depends on nothing but their content.
//! * **Leaves out** how the rows are written: that is `report`.

mod dimension;
mod distinct;
mod observation;
mod population;
mod share;
mod sort_key;
#[cfg(test)]
pub(crate) mod synthetic;
mod upgrades;
mod verdict;

pub use dimension::Dimension;
pub use observation::{Identity, Observation};
pub use population::{Population, PopulationRow};
pub use share::Share;
pub use upgrades::{UpgradeRow, Upgrades};
pub use verdict::Verdict;
