//! What came late: doubts about lines whose exchanges were given already.

use std::collections::BTreeMap;

use super::Exchange;
use crate::flags::Flags;
use crate::msnp::SessionId;
use crate::tcp::{Position, Provenance, Role};

/// What came to be doubtful about lines after their exchanges were given: one doubt at most of each line.
#[derive(Debug, Default)]
pub struct Doubts {
    /// By where the line began.
    by_line: BTreeMap<Doubted, Flags>,
}

/// Names a line: session, whether the client said it, sequence number and acknowledgement of its first byte.
type Doubted = (SessionId, bool, u32, u32);

impl Doubts {
    /// Notes that the line which began there is more doubtful than its exchange said.
    pub(super) fn note(&mut self, session: SessionId, sender: Role, position: Position, flags: Flags) {
        *self.by_line.entry(line_of(session, sender, position)).or_default() |= flags;
    }

    /// Of how many lines.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.by_line.len()
    }

    /// Raises on `exchange` what came to be doubtful about either half.
    pub fn raise_on(&self, exchange: &mut Exchange) {
        if self.by_line.is_empty() {
            return;
        }
        let session = exchange.session;
        let request = exchange.request.as_mut().map(|request| (Role::Client, &mut request.provenance));
        let reply = exchange.reply.as_mut().map(|reply| (Role::Server, &mut reply.provenance));
        for (sender, Provenance { position, flags, .. }) in request.into_iter().chain(reply) {
            if let Some(late) = self.by_line.get(&line_of(session, sender, *position)) {
                *flags |= *late;
                exchange.flags |= *late;
            }
        }
    }
}

fn line_of(session: SessionId, sender: Role, Position { seq, ack }: Position) -> Doubted {
    (session, sender == Role::Client, seq.0, ack.0)
}
