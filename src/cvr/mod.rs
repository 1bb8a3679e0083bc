//! From MSNP lines to exchanges: a request and its reply, or either alone.
//!
//! * **Takes** the [`Event`](crate::msnp::Event)s of all sessions.
//! * **Gives** [`Exchange`]s, whose [`Request`] and [`Reply`] hold what the wire said, byte for byte.
//! * **Leaves out** what the fields mean: that is `profile` and `census`.

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
