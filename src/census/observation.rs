//! One exchange with all that is made of it: a row of the `exchanges` table.

use super::Verdict;
use crate::cvr::Exchange;
use crate::flags::Flags;
use crate::profile::Profile;

/// What tells clients apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Passport of the request, else the handle of the session, else the client's address; a name in lower case.
    pub text: String,
    /// A number made from `text` alone: equal identities have equal numbers in every run.
    pub id: u64,
}

/// An exchange and its meaning.
#[derive(Clone, Debug)]
pub struct Observation {
    /// What the wire said.
    pub exchange: Exchange,
    /// What the request means; `None` if it was not captured.
    pub profile: Option<Profile>,
    /// What the reply means.
    pub verdict: Verdict,
    /// Whether the reply only repeats the client's version: such a server has no policy.
    pub echo: bool,
    /// Who asked.
    pub identity: Identity,
    /// Every doubt.
    pub flags: Flags,
}
