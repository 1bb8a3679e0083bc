//! msncensus takes a census of MSN Messenger clients from network captures.

pub mod capture;
pub mod census;
pub mod clock;
pub mod cvr;
pub mod dissect;
pub mod flags;
pub mod limits;
pub mod msnp;
pub mod net;
pub mod packet;
pub mod profile;
pub mod report;
pub mod run;
pub mod stats;
pub mod tcp;
pub mod text;
