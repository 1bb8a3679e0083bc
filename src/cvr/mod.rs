//! From MSNP lines to exchanges: a request and its reply, or either alone.
//!
//! * **Takes** the [`Event`](crate::msnp::Event)s of all sessions.
//! * **Gives** [`Exchange`]s, whose [`Request`] and [`Reply`] hold what the wire said, byte for byte.
//!   [`Pairing`] joins the halves, [`Folding`] the copies of one exchange, and [`Doubts`] tells what came to be doubtful later.
//! * **Keeps** what waits for its other half or for a copy, within bounds that each of these names.
//! * **Leaves out** what the fields mean: that is [`profile`](crate::profile) and [`census`](crate::census).
//!
//! Which field a word is in depends on the dialect and on what the client left out; a line by itself is enough to tell:
//!
//! ```
//! use msncensus::cvr::Request;
//! use msncensus::flags::Flags;
//! use msncensus::msnp::{Command, Verb};
//! use msncensus::packet::Stamp;
//! use msncensus::tcp::Provenance;
//!
//! let line = b"CVQ 5 0x0409 mac 10.2.0 macmsgs 3.5.1 macmsgs user@example.com";
//! let origin = Provenance::new(Stamp::default(), &[], Flags::NONE);
//! let request = Request::new(Verb::Cvq, Command::parse(line), origin);
//! assert_eq!(request.arch(), None);
//! assert_eq!(request.client_ver(), Some(&b"3.5.1"[..]));
//! assert_eq!(request.account(), Some(&b"user@example.com"[..]));
//! ```

mod copies;
mod doubts;
mod exchange;
mod pairing;
mod reply;
mod request;
#[cfg(test)]
pub(crate) mod script;
mod version;

pub use copies::Folding;
pub use doubts::Doubts;
pub use exchange::{Dialect, Exchange, Status};
pub use pairing::Pairing;
pub use reply::Reply;
pub use request::Request;
pub use version::{Version, sort_key};
