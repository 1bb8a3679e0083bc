//! Hides who it was: accounts and addresses become pseudonyms, or less.
//!
//! ```text
//! cvr ──► Exchange ──► disguise ──► census ──► rows ──► cells ──► less of the pseudonyms
//!                      (mask, pseudonym, drop)                    (mask, drop)
//! ```
//!
//! * **Takes** exchanges, before anybody counts them, the ends of connections, and the cells of tables.
//! * **Gives** the same under pseudonyms, and of a cell what its [`Level`] shows. Equal names have equal pseudonyms and different names
//!   different ones, so that everything is counted as if nothing were hidden, and tables that were made with one [`Key`] can be joined.
//!   What an exchange means stays, with one exception: a word with an `@` in the place of a version is taken for an account, and
//!   then it is no number any more.
//! * **Keeps** the pseudonyms of [`PSEUDONYMS_REMEMBERED_MAX`](crate::limits::PSEUDONYMS_REMEMBERED_MAX) addresses.
//! * **Leaves out** what can be concluded without a name: when somebody came, from where in a network that is known by other means, a
//!   version or a domain that nobody else has, who else is in the same network. Whoever can send exchanges past the capture learns the
//!   pseudonyms of names of his choice; whoever has the key, those of all.
//!
//! ```
//! use std::sync::Arc;
//!
//! use msncensus::capture::list;
//! use msncensus::privacy::{Key, Level, Pseudonyms};
//! use msncensus::run::{News, Plan, run};
//!
//! let key = Key::of(b"many random bytes, kept in a safe place").expect("it is long enough");
//! let plan = Plan::new(list(["samples/msn-6.0-required.pcapng".into()]));
//! let plan = Plan { privacy: Pseudonyms::new(Level::Pseudonym, &key), ..plan };
//! run(plan, &Arc::default(), &mut |news| {
//!     if let News::Row(row, _) = news {
//!         assert!(row.identity.text.starts_with('p') && row.identity.text.ends_with("@example.com"));
//!         assert_eq!(Level::Mask.text(row.identity.text.as_bytes()), &b"***@example.com"[..]);
//!     }
//! });
//! ```
//!
//! Captured text leaves the program in these places, and nowhere else:
//!
//! | place | what it holds | what is done |
//! |---|---|---|
//! | tables, in every format, and what is made of them (`report`) | fields, lines, addresses | pseudonyms where exchanges are told (`run`), then [`Level`] by cell |
//! | `clients`, `population`, `upgrades`, `timeline`, summary, page, screen | fields | made of disguised exchanges |
//! | `anomalies` | ends of connections; why an input could not be read | pseudonyms; see messages |
//! | messages on standard error, `inputs.error` | how a file begins that is no capture | left out |
//! | packets that are saved (`-w`) | everything | headers made anew, no payload; remarks made of disguised exchanges |
//! | the part beside the tables (`part`) | exchanges, conversations at the edges of the capture | disguised exchanges, and no edges |
//! | metrics | no captured text | |
//! | the temporary file in which exchanges wait for their order | everything, as captured | it has no name, and is gone with the program |
//!
//! Names of inputs, filters and whatever else was typed is not captured, and stays. Comments, names and descriptions in captures are
//! not read. Of damaged files the length or the type of a block is told, as a number.

mod accounts;
mod addresses;
mod key;
mod level;
mod pseudonyms;

pub use key::{KEY_LEN_MIN, Key};
pub use level::Level;
pub use pseudonyms::Pseudonyms;

#[cfg(test)]
mod tests;
