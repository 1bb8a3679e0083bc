//! From exchanges to the tables of the census.
//!
//! * **Takes** [`Exchange`](crate::cvr::Exchange)s.
//! * **Gives** an [`Observation`] of each (what its fields mean, what the server told the client, who asked), and the
//!   rows of the tables that count them, in an order that depends on nothing but their content.
//! * **Keeps** what some thousand different requests and answers mean; a few numbers for each distinct client, passport,
//!   address and connection, for each distinct value, and for each value in each step of time.
//! * **Leaves out** how the rows are written: that is [`report`](crate::report). What the wire said is never changed here.
//!
//! A run counts every exchange. Who wants some of them only counts the rows that it tells:
//!
//! ```
//! use std::sync::Arc;
//!
//! use msncensus::capture::list;
//! use msncensus::census::{Upgrades, Verdict};
//! use msncensus::run::{News, Plan, run};
//!
//! let inputs = list(["samples/msn-6.0-required.pcapng".into(), "samples/msn-5.0-recommended.pcapng".into()]);
//! let mut required = Upgrades::default();
//! run(Plan::new(inputs), &Arc::default(), &mut |news| match news {
//!     News::Row(row, _) if row.verdict == Verdict::Required => required.push(row),
//!     _ => {}
//! });
//! let [row] = &required.rows()[..] else { panic!("one version was turned away") };
//! assert_eq!((&row.client_ver[..], &row.min_ver[..]), (&b"6.0.0602"[..], &b"6.1.0155"[..]));
//! ```

mod clients;
mod dimension;
mod distinct;
mod observation;
mod observer;
mod population;
mod room;
mod servers;
mod share;
mod sort_key;
mod step;
#[cfg(test)]
pub(crate) mod synthetic;
mod tables;
mod timeline;
mod upgrades;
mod values;
mod verdict;

pub use clients::{ClientRow, Clients};
pub use dimension::Dimension;
pub use observation::{Identity, Observation};
pub use observer::Observer;
pub use population::{Pair, Population, PopulationRow};
pub use room::Room;
pub use servers::{SERVERS, Server};
pub use share::Share;
pub use step::Step;
pub use tables::Census;
pub use timeline::{Timeline, TimelineCounter, TimelineRow};
pub use upgrades::{UpgradeRow, Upgrades};
pub use verdict::Verdict;
