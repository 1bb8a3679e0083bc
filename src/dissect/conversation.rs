//! What sits on a connection: MSNP, requests for the gateway, or a proxy's prelude with something behind it.
//!
//! ```text
//!            ┌───────────────────────────────── MSNP
//! connection ┼─ prelude ─ decide again ─┬────── MSNP
//!            │                          ├────── the gateway
//!            │                          └────── another prelude
//!            └───────────────────────────────── the gateway
//! ```
//!
//! Every connection is taken for MSNP, until its first bytes show that it is something else; or, as long as nothing was
//! recognised, the first bytes of a later segment.

use std::ops::Range;

use super::Found;
use crate::flags::Flags;
use crate::gateway::{self, Look, News, Prelude, Proxy, Step};
use crate::limits::PRELUDES_MAX;
use crate::msnp::{Event, Session, Via};
use crate::net::{BySide, Side};
use crate::stats::{LineStats, Stats};
use crate::tcp::{Interest, Opening, Role, StreamHandler, Taken, Unread};

/// What sits on a connection.
pub(super) struct Conversation {
    /// The side that sent the SYN, if the handshake was captured.
    initiator: Option<Side>,
    /// The sides of which nothing was taken and nothing is missing.
    fresh: BySide<bool>,
    /// The sides of which bytes are missing.
    gapped: BySide<bool>,
    /// The prelude in front of it.
    behind: Option<Behind>,
    kind: Kind,
    /// What was counted while it was taken for something else.
    lines: Option<Box<LineStats>>,
}

#[expect(clippy::large_enum_variant, reason = "nearly all connections are of the largest kind")]
enum Kind {
    Msnp(Session),
    Gateway(Box<gateway::Connection>),
    Proxy(Box<Proxied>),
}

/// A prelude, and what stands behind it.
struct Proxied {
    prelude: Prelude,
    inner: Conversation,
}

/// What stands in front of a conversation.
#[derive(Clone, Copy)]
struct Behind {
    /// How many preludes.
    depth: u8,
    /// Who told them.
    client: Side,
}

/// What the first bytes of a conversation say.
#[expect(clippy::large_enum_variant, reason = "it lives for a moment")]
enum Decision {
    Stay,
    Wait,
    Become(Kind),
    Stranger,
}

impl StreamHandler for Conversation {
    type Output = Found;

    fn could_begin(first: &[u8]) -> bool {
        Session::could_begin(first) || gateway::could_begin(first)
    }

    fn could_resume(bytes: &[u8]) -> bool {
        Session::could_resume(bytes) || gateway::could_resume(bytes)
    }

    fn open(opening: Opening) -> Self {
        Self::new(opening.initiator, None, Session::open(opening))
    }

    fn data(&mut self, side: Side, unread: Unread<'_>, out: &mut Vec<Found>) -> Taken {
        match self.decide(side, unread) {
            Decision::Stay => {}
            Decision::Wait => return Taken { bytes: 0, interest: Interest::More },
            Decision::Stranger => return Taken { bytes: 0, interest: Interest::Stranger },
            Decision::Become(kind) => self.become_another(kind, out),
        }
        let taken = match &mut self.kind {
            Kind::Msnp(session) => telling(out, |events| session.data(side, unread, events)),
            Kind::Gateway(connection) => {
                let bytes = telling(out, |news| connection.data(side, unread, news));
                Taken { bytes, interest: Interest::More }
            }
            Kind::Proxy(proxied) => proxied.data(side, unread, out),
        };
        *self.fresh.get_mut(side) &= taken.bytes == 0;
        taken
    }

    fn gap(&mut self, side: Side, unread: Unread<'_>, len: u64, out: &mut Vec<Found>) -> Interest {
        *self.fresh.get_mut(side) = false;
        *self.gapped.get_mut(side) = true;
        match &mut self.kind {
            Kind::Msnp(session) => telling(out, |events| session.gap(side, unread, len, events)),
            Kind::Gateway(connection) => {
                telling(out, |news| connection.gap(side, unread, len, news));
                Interest::More
            }
            Kind::Proxy(proxied) => {
                proxied.prelude.pass(side);
                proxied.inner.gap(side, unread, len, out)
            }
        }
    }

    fn contradicted(&mut self, side: Side, range: Range<u64>, out: &mut Vec<Found>) {
        match &mut self.kind {
            Kind::Msnp(session) => telling(out, |events| session.contradicted(side, range, events)),
            Kind::Gateway(connection) => telling(out, |news| connection.contradicted(side, &range, news)),
            Kind::Proxy(proxied) => proxied.inner.contradicted(side, range, out),
        }
    }

    fn end(&mut self, side: Side, unread: Unread<'_>, finished: bool, out: &mut Vec<Found>) {
        match &mut self.kind {
            Kind::Msnp(session) => telling(out, |events| session.end(side, unread, finished, events)),
            Kind::Gateway(connection) => telling(out, |news| connection.end(side, unread, finished, news)),
            Kind::Proxy(proxied) if !proxied.prelude.is_through(side) => {}
            Kind::Proxy(proxied) => proxied.inner.end(side, unread, finished, out),
        }
    }

    fn close(&mut self, flags: Flags, out: &mut Vec<Found>) {
        match &mut self.kind {
            Kind::Msnp(session) => telling(out, |events| session.close(flags, events)),
            Kind::Gateway(connection) => telling(out, |news| connection.close(flags, news)),
            Kind::Proxy(proxied) => proxied.inner.close(flags, out),
        }
    }

    fn recognised(&self) -> bool {
        match &self.kind {
            Kind::Msnp(session) => session.recognised(),
            Kind::Gateway(_) => true,
            Kind::Proxy(proxied) => proxied.inner.recognised(),
        }
    }

    fn awaits_other(&self, side: Side) -> bool {
        match &self.kind {
            Kind::Msnp(_) => false,
            Kind::Gateway(connection) => connection.awaits_other(side),
            Kind::Proxy(proxied) => proxied.inner.awaits_other(side),
        }
    }

    fn awaits_answer(&self) -> bool {
        match &self.kind {
            Kind::Msnp(session) => session.awaits_answer(),
            Kind::Gateway(_) => false,
            Kind::Proxy(proxied) => proxied.inner.awaits_answer(),
        }
    }

    fn memory(&self) -> usize {
        let kind = match &self.kind {
            Kind::Msnp(session) => session.memory(),
            Kind::Gateway(connection) => size_of::<gateway::Connection>() + connection.memory(),
            Kind::Proxy(proxied) => size_of::<Proxied>() + proxied.inner.memory(),
        };
        kind + self.lines.as_ref().map_or(0, |_| size_of::<LineStats>())
    }

    fn relieve(&mut self, out: &mut Vec<Found>) {
        match &mut self.kind {
            Kind::Msnp(_) => {}
            Kind::Gateway(connection) => telling(out, |news| connection.relieve(news)),
            Kind::Proxy(proxied) => proxied.inner.relieve(out),
        }
    }

    fn account(&mut self, stats: &mut Stats) {
        if let Some(lines) = self.lines.take() {
            stats.lines.add(&lines);
        }
        match &mut self.kind {
            Kind::Msnp(session) => session.account(stats),
            Kind::Gateway(connection) => connection.account(&mut stats.gateway),
            Kind::Proxy(proxied) => proxied.inner.account(stats),
        }
    }
}

impl Conversation {
    fn new(initiator: Option<Side>, behind: Option<Behind>, session: Session) -> Self {
        let (fresh, gapped) = (BySide::new(|_| true), BySide::default());
        Self { initiator, fresh, gapped, behind, kind: Kind::Msnp(session), lines: None }
    }

    /// What `side` says shows what this is, unless that is known.
    fn decide(&self, side: Side, unread: Unread<'_>) -> Decision {
        let is_fresh = *self.fresh.get(side);
        let Kind::Msnp(session) = &self.kind else { return Decision::Stay };
        // Of one side, a lost head may leave a line that looks like MSNP on its own: the other side still tells.
        if !is_fresh && (session.recognised() || !unread.at_boundary()) {
            return Decision::Stay;
        }
        let bytes = unread.bytes();
        if !is_fresh && !gateway::could_resume(bytes) {
            return Decision::Stay;
        }
        let opening = Opening { id: session.connection(), initiator: self.initiator };
        match gateway::look(bytes) {
            Look::Other | Look::Stranger if session.recognised() => Decision::Stay,
            Look::Other if self.is_strange_behind_a_prelude(side, bytes) => Decision::Stranger,
            Look::Other => Decision::Stay,
            Look::Unclear => Decision::Wait,
            Look::Stranger => Decision::Stranger,
            Look::Gateway(role) => self.become_from(side, role, |client| Some(self.gateway(opening, client))),
            Look::Proxy(proxy, role) => self.become_from(side, role, |client| self.proxied(opening, proxy, client)),
        }
    }

    /// It is of another kind than it was taken for.
    fn become_another(&mut self, kind: Kind, out: &mut Vec<Found>) {
        if let Kind::Msnp(mut session) = std::mem::replace(&mut self.kind, kind) {
            telling(out, |events| session.close(Flags::NONE, events));
            let mut stats = Stats::default();
            session.account(&mut stats);
            self.lines.get_or_insert_default().add(&stats.lines);
        }
    }

    /// A tunnel may carry anything: what a client says first in it tells whether to go on.
    fn is_strange_behind_a_prelude(&self, side: Side, bytes: &[u8]) -> bool {
        let is_first_of_client = |behind: Behind| behind.client == side && *self.fresh.get(side);
        self.behind.is_some_and(is_first_of_client) && !Session::could_begin(bytes)
    }

    /// What `make` makes if `side`, which plays the `role`, can play it.
    fn become_from(&self, side: Side, role: Role, make: impl FnOnce(Side) -> Option<Kind>) -> Decision {
        let client = if role == Role::Client { side } else { side.other() };
        if self.initiator.is_some_and(|initiator| initiator != client) {
            return Decision::Stranger;
        }
        make(client).map_or(Decision::Stranger, Decision::Become)
    }

    fn gateway(&self, opening: Opening, client: Side) -> Kind {
        let side_of = |role| if role == Role::Client { client } else { client.other() };
        let lost = |role| *self.gapped.get(side_of(role));
        Kind::Gateway(Box::new(gateway::Connection::open(opening, client, lost)))
    }

    fn proxied(&self, opening: Opening, proxy: Proxy, client: Side) -> Option<Kind> {
        let depth = self.behind.map_or(1, |behind| behind.depth + 1);
        let via = match proxy {
            Proxy::Http => Via::Proxy,
            Proxy::Socks4 | Proxy::Socks5 => Via::Socks,
        };
        let session = Session::behind_a_proxy(opening, client, via);
        let inner = Self::new(opening.initiator, Some(Behind { depth, client }), session);
        let proxied = Proxied { prelude: Prelude::new(proxy, client), inner };
        (depth <= PRELUDES_MAX).then(|| Kind::Proxy(Box::new(proxied)))
    }
}

impl Proxied {
    fn data(&mut self, side: Side, unread: Unread<'_>, out: &mut Vec<Found>) -> Taken {
        if self.prelude.is_through(side) {
            return self.inner.data(side, unread, out);
        }
        let (bytes, interest) = match self.prelude.step(side, unread.bytes()) {
            Step::Through(len) => (len, Interest::More),
            Step::Wait => (0, Interest::More),
            Step::Ends => (0, Interest::Stranger),
        };
        Taken { bytes, interest }
    }
}

/// What `act` finds is appended to `out`.
fn telling<T: Into<Found>, R>(out: &mut Vec<Found>, act: impl FnOnce(&mut Vec<T>) -> R) -> R {
    // Most bytes tell nothing, and an empty list takes no memory.
    let mut found = Vec::new();
    let result = act(&mut found);
    out.extend(found.into_iter().map(Into::into));
    result
}

impl From<Event> for Found {
    fn from(event: Event) -> Self {
        Self::Event(event)
    }
}

impl From<News> for Found {
    fn from(news: News) -> Self {
        Self::News(news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_sits_on_a_connection_is_larger_than_it_need_be() {
        assert!(size_of::<Conversation>() <= 416, "{} bytes", size_of::<Conversation>());
    }
}
