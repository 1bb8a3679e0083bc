//! What a table hands on where one capture ends and a later one of the same network begins.
//!
//! Connections that are read cannot be handed on: who goes on with them reads their packets again. Of all others
//! little is left, and that is here.

use serde::{Deserialize, Serialize};

use super::connection::{Connection, Finished, Standing};
use super::syn_cache::Handshake;
use super::{Look, StreamHandler, Table};
use crate::flags::Flags;
use crate::net::FlowKey;
use crate::packet::{InputId, Renumbering};
use crate::stats::Ledger;

/// What is left of connections that are not read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Remains {
    /// Those that are over, or of which nothing of interest can follow; the longest silent first.
    finished: Vec<Finished>,
    /// The recent handshakes: slot, tag, and what it told.
    handshakes: Vec<(u32, u32, Handshake)>,
}

impl Remains {
    /// Gives the inputs that they refer to other numbers.
    pub fn renumber(&mut self, numbers: &Renumbering) {
        for finished in &mut self.finished {
            numbers.renumber(&mut finished.first.input);
        }
    }
}

impl<H: StreamHandler> Table<H> {
    /// What is left of connections that are not read.
    pub fn remains(&self) -> Remains {
        let finished = self.connections.iter().filter_map(|(key, connection)| connection.finished(*key));
        Remains { finished: finished.collect(), handshakes: self.syns.entries() }
    }

    /// Goes on with what is left of an earlier table. What is known of a connection here holds, unless another one with
    /// the same ends was begun since.
    pub fn take_up(&mut self, remains: &Remains, ledger: &mut Ledger, out: &mut Vec<H::Output>) {
        for finished in &remains.finished {
            let key = &finished.key;
            if let Some(known) = self.connections.get(key) {
                let same = finished.handshake.initiator.is_none() || known.first() == finished.first;
                if same {
                    continue;
                }
                self.give_up(key, ledger, out);
            }
            self.connections.insert(*key, Connection::of_finished(finished));
            self.settle_accounts(key, 0, Standing::Keep, ledger, out);
        }
        self.syns.take_up(&remains.handshakes);
    }

    /// Whether a handshake of the connection is remembered, and nothing else.
    pub fn is_greeted(&self, key: &FlowKey) -> bool {
        self.syns.knows(key)
    }

    /// What is known of the connection, if it is in the table.
    pub fn look(&self, key: &FlowKey) -> Option<Look> {
        self.connections.get(key).map(Connection::look)
    }

    /// What is known of each connection.
    pub fn looks(&self) -> impl Iterator<Item = Look> {
        self.connections.values().map(Connection::look)
    }

    /// A handshake of the connection was captured in `input`, as if its packets came again.
    pub fn greet(
        &mut self,
        key: &FlowKey,
        handshake: Handshake,
        input: InputId,
        ledger: &mut Ledger,
        out: &mut Vec<H::Output>,
    ) {
        self.shake_hands(key, handshake, input, ledger, out);
    }

    /// Forgets the handshake of a connection: it is followed, or is nothing of ours.
    pub fn forget_handshake(&mut self, key: &FlowKey) {
        self.syns.forget(key);
    }

    /// Forgets what is known of the connection: its packets are missing from here on. What waits comes out.
    pub fn give_up(&mut self, key: &FlowKey, ledger: &mut Ledger, out: &mut Vec<H::Output>) {
        self.syns.forget(key);
        let Some(connection) = self.connections.get_mut(key) else { return };
        let held = connection.memory();
        connection.close(Flags::NONE, ledger.at(connection.first().input), out);
        self.settle_accounts(key, held, Standing::Forget, ledger, out);
    }
}

#[cfg(test)]
mod tests {
    use super::super::script::{Bench, key, segment, syn};
    use crate::limits::SETTLE_S;
    use crate::packet::{InputId, Renumbering};

    impl Bench {
        fn take_up(&mut self, earlier: &Self) {
            self.table.take_up(&earlier.table.remains(), &mut self.ledger, &mut self.out);
        }
    }

    #[test]
    fn connections_that_are_not_read_are_handed_on_and_handshakes() {
        let earlier = Bench::after([segment(1, 1, 0, b"read"), syn(2, 1, 0), segment(2, 1, 1, b"over."), syn(3, 1, 0)]);
        let finished = earlier.table.remains().finished;
        assert_eq!(finished.iter().map(|finished| finished.key).collect::<Vec<_>>(), [key(2)]);

        let mut later = Bench::after([]);
        later.take_up(&earlier);
        assert_eq!([1, 2, 3].map(|port| later.reads(port)), [None, Some(false), None]);
        assert_eq!([1, 2, 3].map(|port| later.table.is_greeted(&key(port))), [false, false, true]);
        later.push(&segment(2, 2, 6, b"more"));
        assert!(later.out.is_empty(), "nothing of interest can follow: {:?}", later.out);
    }

    #[test]
    fn what_is_handed_on_goes_by_the_new_numbers_of_the_inputs() {
        let earlier = Bench::after([syn(2, 1, 0), segment(2, 1, 1, b"over.")]);
        let mut remains = earlier.table.remains();
        remains.renumber(&Renumbering(vec![InputId(5)]));
        let mut later = Bench::after([]);
        later.table.take_up(&remains, &mut later.ledger, &mut later.out);
        assert_eq!(later.table.look(&key(2)).map(|look| look.first.input), Some(InputId(5)));
    }

    #[test]
    fn every_connection_in_the_table_is_looked_at() {
        let bench = Bench::after([syn(1, 1, 0), segment(1, 2, 1, b"read!?"), syn(2, 3, 0), segment(2, 4, 1, b"over.")]);
        let looks = bench.table.looks().map(|look| (look.first.frame, look.is_followed, look.awaits_answer));
        assert_eq!(looks.collect::<Vec<_>>(), [(2, true, true), (4, false, false)]);
    }

    #[test]
    fn of_what_is_given_up_nothing_is_known_and_what_waits_comes_out() {
        let waits = [syn(1, 1, 0), segment(1, 2, 1, b"a"), segment(1, 3, 9, b"b")];
        let mut bench = Bench::after(waits.into_iter().chain([syn(2, 4, 0), syn(3, 5, 0)]));
        for port in [1, 2] {
            bench.table.give_up(&key(port), &mut bench.ledger, &mut bench.out);
        }
        assert_eq!(bench.out, ["a", "b"]);
        assert_eq!([1, 2, 3].map(|port| bench.reads(port)), [None; 3]);
        assert_eq!([1, 2, 3].map(|port| bench.table.is_greeted(&key(port))), [false, false, true]);
        assert_eq!(bench.table.memory(), 0);
    }

    #[test]
    fn what_is_known_of_a_connection_holds_unless_another_was_begun() {
        let mut without_handshake = Bench::after([segment(1, 1, 1, b"over.")]);
        without_handshake.advance(1 + SETTLE_S);
        assert_eq!(without_handshake.reads(1), Some(false));
        let with_handshake = Bench::after([syn(1, 1, 0), segment(1, 2, 1, b"over.")]);
        let known = || Bench::after([syn(1, 1, 0), segment(1, 2, 1, b"read")]);
        let other = || Bench::after([syn(1, 5, 700), segment(1, 6, 701, b"read")]);
        for (mut later, earlier, is_read) in [
            (known(), &without_handshake, true),
            (other(), &without_handshake, true),
            (known(), &with_handshake, true),
            (other(), &with_handshake, false),
        ] {
            later.take_up(earlier);
            assert_eq!(later.reads(1), Some(is_read));
        }
    }
}
