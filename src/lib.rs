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
//! All of it together:
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
//! # Where to read
//!
//! Each module is a layer, and can be used without those behind it. Its front page says what it takes, gives, keeps
//! and leaves out. In the order of the picture:
//!
//! | module | question |
//! |---|---|
//! | [`capture`] | Where do packets come from, and what was wrong with the file? |
//! | [`net`] | Which TCP segment is in a packet, whatever is around it? |
//! | [`tcp`] | What did each side of a connection say, in order, and what of it was not captured? |
//! | [`gateway`] | What if the conversation goes through HTTP, or through a proxy? |
//! | [`msnp`] | Which of its lines does a census need? |
//! | [`dissect`] | These four wired together: how does one packet after another become lines? |
//! | [`cvr`] | What do request and reply say, and which belong together? |
//! | [`profile`] | What does a request mean: which language, system and client? |
//! | [`census`] | Who were they all, and what were they told? |
//! | [`privacy`] | How much of who they were may be shown? |
//! | [`report`] | How is that written? |
//! | [`run`] | How does it all go on, from the first input to the last row? |
//! | [`part`] | How do the findings of several runs become one? |
//!
//! Everybody uses the words of [`packet`], counts in [`stats`], raises [`flags`], names places in [`anomaly`], takes
//! the time from a [`clock`] that is set by packets, and shows captured text by [`text`].
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
