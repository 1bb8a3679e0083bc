//! Others judge: the records that libpcap reads, and the streams that tshark follows, are those of msncensus.
//!
//! Where they differ on purpose, a test says in what, and shows that the other does what is said of it.

mod follow;
#[cfg(feature = "live")]
mod records;
