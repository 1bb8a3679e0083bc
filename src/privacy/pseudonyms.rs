//! Puts pseudonyms in the places of accounts and addresses.
//!
//! ```text
//! CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS Alice@example.com               192.0.2.10
//! CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS p3c0b6b4a9e2f7d15@example.com   87.21.200.151
//! ```

use std::fmt;

use siphasher::sip::SipHasher24;

use super::accounts::{Account, PSEUDONYM_DIGITS, PSEUDONYM_SIGN, Search};
use super::addresses::Addresses;
use super::{Key, Level};
use crate::cvr::{Exchange, Reply, Request};
use crate::msnp::{Command, Peers, SessionId};
use crate::net::{Endpoint, FlowKey, Side};
use crate::tcp::ConnectionId;

/// What clients write that have no account: it is nobody's name.
const NOBODY: &[u8] = b"null";

/// Places of a request's arguments, from which on one may be redirection data: those in front of them may be a version.
const BEHIND_VERSION: usize = 6;

/// The same of a reply.
const BEHIND_VERSIONS: usize = 3;

/// Gives accounts and addresses pseudonyms that depend on nothing but them and a key.
pub struct Pseudonyms {
    level: Level,
    fingerprint: String,
    names: SipHasher24,
    addresses: Addresses,
}

impl Pseudonyms {
    /// The pseudonyms that `key` gives at that level; none are made where everything is shown.
    pub fn new(level: Level, key: &Key) -> Option<Self> {
        (level != Level::None).then(|| Self {
            level,
            fingerprint: key.fingerprint(),
            names: SipHasher24::new_with_key(&key.names),
            addresses: Addresses::new(&key.addresses, level == Level::Mask),
        })
    }

    /// How much of them is to be shown.
    pub const fn level(&self) -> Level {
        self.level
    }

    /// What tells their key from others.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Replaces whatever identifies a person in `exchange`. What it means, and how often, stays the same.
    pub fn disguise(&mut self, exchange: &mut Exchange) {
        let Peers { client, server } = exchange.peers;
        exchange.peers = Peers { client: self.endpoint(client), server: self.endpoint(server) };
        exchange.session = match exchange.session {
            SessionId::Connection(connection) => SessionId::Connection(self.connection(connection)),
            SessionId::Gateway(connection, number) => SessionId::Gateway(self.connection(connection), number),
        };
        for connection in &mut exchange.connections {
            *connection = self.connection(*connection);
        }
        exchange.handle = exchange.handle.take().map(|handle| self.name(&handle, PSEUDONYM_DIGITS).into());
        for words in [&mut exchange.dialect.offered, &mut exchange.dialect.chosen].into_iter().flatten() {
            if let Some(replaced) = self.text(words) {
                *words = replaced.into();
            }
        }
        if let Some(request) = &mut exchange.request {
            self.disguise_request(request);
        }
        if let Some(reply) = &mut exchange.reply {
            self.disguise_reply(reply);
        }
    }

    /// The same end of a connection under a pseudonym.
    pub fn endpoint(&mut self, Endpoint { addr, port }: Endpoint) -> Endpoint {
        Endpoint::new(self.addresses.pseudonym(addr), port)
    }

    fn connection(&mut self, ConnectionId { key, first }: ConnectionId) -> ConnectionId {
        let [low, high] = Side::BOTH.map(|side| self.endpoint(key.endpoint(side)));
        let (key, _) = FlowKey::new(low, high, self.addresses.network(key.encapsulation()));
        ConnectionId { key, first }
    }

    fn disguise_request(&self, request: &mut Request) {
        let passport = request.passport_place();
        let replaced = self.line(request.command(), |place, word, digits| {
            if Some(place) == passport {
                return Some(self.name(word, digits));
            }
            self.word(word, place >= BEHIND_VERSION, digits)
        });
        if let Some(command) = replaced {
            request.rewrite(command);
        }
    }

    fn disguise_reply(&self, reply: &mut Reply) {
        let replaced =
            self.line(reply.command(), |place, word, digits| self.word(word, place >= BEHIND_VERSIONS, digits));
        if let Some(command) = replaced {
            reply.rewrite(command);
        }
    }

    /// `command` with what `replace` gives for its arguments, by their places; `None` if it gives nothing. A line that would grow too
    /// long to be told by its words shows no digits of pseudonyms.
    fn line(&self, command: &Command, replace: impl Fn(usize, &[u8], usize) -> Option<Vec<u8>>) -> Option<Command> {
        let replaced = |digits| {
            command.replaced(|at, word| match at.checked_sub(Command::ARGS_AT) {
                Some(place) => replace(place, word, digits),
                None => self.word(word, false, digits),
            })
        };
        let long = replaced(PSEUDONYM_DIGITS)?;
        if long.line().len() <= Command::CUT_LEN_MAX { Some(long) } else { replaced(0) }
    }

    /// A word of a line, if it holds an account.
    fn word(&self, word: &[u8], unpacks: bool, digits: usize) -> Option<Vec<u8>> {
        let mut replaced = self.accounts(word, unpacks, digits)?;
        // Where a version may stand, a word counts as one if it begins with a digit and holds no `@`.
        if begins_like_version(word) && !word.contains(&b'@') && !begins_like_version(&replaced) {
            replaced.splice(..0, if word.starts_with(b"v") { &b"v0"[..] } else { b"0" }.iter().copied());
        }
        Some(replaced)
    }

    /// Captured text that is not a line, if it holds an account.
    fn text(&self, text: &[u8]) -> Option<Vec<u8>> {
        self.accounts(text, true, PSEUDONYM_DIGITS)
    }

    fn accounts(&self, text: &[u8], unpacks: bool, digits: usize) -> Option<Vec<u8>> {
        let mut put = |account: Account<'_>, replaced: &mut Vec<u8>| self.put(account, digits, replaced);
        Search { unpacks, knows_pseudonyms: false }.replaced(text, &mut put)
    }

    /// A text that is somebody's name as a whole.
    fn name(&self, name: &[u8], digits: usize) -> Vec<u8> {
        if name == NOBODY {
            return name.to_vec();
        }
        let mut replaced = Vec::new();
        self.put(Account::whole(name), digits, &mut replaced);
        replaced
    }

    /// Puts the pseudonym of `account`, with as many digits.
    fn put(&self, Account { local, at, domain }: Account<'_>, digits: usize, replaced: &mut Vec<u8>) {
        let sign = if at.is_empty() { &b""[..] } else { b"@" };
        let number = self.names.hash(&[local, sign, domain].concat().to_ascii_lowercase());
        replaced.push(PSEUDONYM_SIGN);
        replaced.extend(format!("{number:016x}").bytes().take(digits));
        replaced.extend_from_slice(at);
        replaced.extend_from_slice(domain);
    }
}

impl fmt::Debug for Pseudonyms {
    /// Shows nothing of the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pseudonyms").field("level", &self.level).field("key", &self.fingerprint).finish_non_exhaustive()
    }
}

/// A digit first, or a `v` and a digit.
fn begins_like_version(word: &[u8]) -> bool {
    word.strip_prefix(b"v").unwrap_or(word).first().is_some_and(u8::is_ascii_digit)
}
