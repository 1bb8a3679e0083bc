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
//! To read it as a book:
//!
//! 1. The vocabulary: [`packet`], [`flags`] (the doubts that a row carries), [`limits`], [`clock`], [`text`].
//! 2. From bytes to lines: [`capture`], [`net`], [`tcp`], [`gateway`], [`msnp`]; wired together in [`dissect`].
//! 3. From lines to rows: [`cvr`], [`profile`], [`census`], [`privacy`], [`report`].
//! 4. The whole: [`mod@run`], and [`part`], by which several runs become one.
//! 5. What is missing, and where: [`stats`], [`anomaly`].
//!
//! Packets are pulled at the left and pushed through to the line in one call; what comes out is rare and owned. Bad
//! traffic is counted, never an error: see [`stats`] for what becomes of every packet and byte, and [`limits`] for what
//! is given up under attack.
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
