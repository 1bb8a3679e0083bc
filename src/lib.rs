//! msncensus takes a census of MSN Messenger clients from network captures.
//!
//! When a client of the MSN Messenger service signs in, it tells its language, operating system and version (`CVR`, or
//! `CVQ` where no dialect is agreed on), and the server answers which version it recommends and which it demands. This
//! crate finds these exchanges in captures, decodes them, and counts who the clients were and what they were told.
//!
//! ```text
//!   bytes      packets     segments      bytes and gaps   lines          exchanges     rows
//! capture ───► net ──────► tcp ────┬───► msnp ──────────► cvr ────┬────► census ─────► report
//!  files,       link, IP,   order,  │  ▲  framing, who     request │▲     meaning       CSV, NDJSON,
//!  pipes        TCP         holes   ▼  │  speaks           reply   ▼│     (profile)     screen
//!                                 gateway                  joined privacy
//!                           HTTP bodies, proxies                  pseudonyms, if wanted
//!
//! └───────────────────── dissect: no I/O, no threads, no clock ──────────────────────┘
//! └────────────────────────────────────── run: the loop ───────────────────────────────────────┘
//! ```
//!
//! Packets are pulled at the left and pushed through to the line in one call; what comes out is rare and owned. Bad
//! traffic is counted, never an error: see [`stats`] for what becomes of every packet and byte, and [`limits`] for what
//! is given up under attack. [`flags`] are the doubts that a row carries.
//!
//! ```
//! use std::sync::Arc;
//!
//! use msncensus::capture::list;
//! use msncensus::run::{News, Plan, run};
//!
//! let inputs = list(["samples/msn-6.0-required.pcapng".into()]);
//! let mut rows = Vec::new();
//! let found = run(Plan::new(inputs), &Arc::default(), &mut |news| {
//!     if let News::Row(row, _) = news {
//!         rows.push(row.clone());
//!     }
//! });
//! assert_eq!(found.exchanges, 1);
//! assert_eq!(rows[0].profile.as_ref().unwrap().client.product, Some("MSN Messenger 6.0"));
//! assert_eq!(rows[0].verdict.word(), "required");
//! ```
//!
//! # Where to begin
//!
//! * To read captures and to know what was found: [`run`], as above. To write it, as a table in any format, as a page or as
//!   a screen: [`report`], whose columns are the one list that all of them are made from.
//! * To look at packets that come from elsewhere: [`dissect::Dissector`], and [`cvr::Pairing`] for what it tells.
//! * To know what a line means: [`cvr::Request`] and [`cvr::Reply`] as sent, [`profile::Profile`] and [`census::Verdict`] as
//!   understood.
//! * To make one census of several runs: [`part`] and [`run::merge`]. To hide who it was: [`privacy`].
//!
//! # Features
//!
//! | feature | gives | needs |
//! |---|---|---|
//! | `live` (default) | interfaces to listen to, and filters in the language of tcpdump | libpcap |
//! | `tui` (default) | the screen of the program; nothing of the library | |
//! | `parquet` | tables as Parquet | |

pub mod anomaly;
pub mod capture;
pub mod census;
pub mod clock;
pub mod cvr;
pub mod dissect;
pub mod flags;
pub mod gateway;
pub mod limits;
pub mod msnp;
pub mod net;
pub mod packet;
pub mod part;
pub mod privacy;
pub mod profile;
pub mod report;
pub mod run;
pub mod stats;
pub mod tcp;
pub mod text;
mod words;
