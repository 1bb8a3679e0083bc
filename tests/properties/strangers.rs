//! Conversations among strangers are all found, and strangers give no rows.

use proptest::prelude::*;

use super::{CONVERSATIONS, in_time, in_turns, truth};
use crate::support::alter::shuffle;
use crate::support::conversation::{Action, Segmentation, Step};
use crate::support::engine::analyse;
use crate::support::packet::{Envelope, Side};
use crate::support::script::Script;

/// A connection on the same hosts: of the port, the sizes of its segments and, for a stranger, what it carries.
#[derive(Clone, Debug)]
struct Party {
    conversation: usize,
    port: u16,
    sizes: Vec<usize>,
    /// What strangers say; nobody strange says nothing.
    strange: Vec<(bool, Vec<u8>)>,
}

/// Bytes of another protocol: its first byte begins no line of MSNP.
fn strange_bytes() -> impl Strategy<Value = Vec<u8>> {
    let binary = prop::collection::vec(any::<u8>(), 1..300).prop_map(|mut bytes| {
        bytes[0] |= 0x80;
        bytes
    });
    let text =
        "(GET|POST|HELO|PASS|SSH-2.0-x|HTTP/1.1|220|VERY|cvr|CVT 2) [ -~]{0,80}\r\n(CVR [0-9] [ -~]{0,60}\r\n){0,2}";
    prop_oneof![binary, text.prop_map(String::into_bytes)]
}

fn party() -> impl Strategy<Value = Party> {
    let sizes = prop::collection::vec(prop_oneof![1..5_usize, 1..200_usize], 1..4);
    let port = prop_oneof![Just(1863_u16), Just(80), 1..u16::MAX];
    let strange = prop_oneof![Just(Vec::new()), prop::collection::vec((any::<bool>(), strange_bytes()), 1..6)];
    (0..CONVERSATIONS.len(), port, sizes, strange).prop_map(|(conversation, port, sizes, strange)| Party {
        conversation,
        port,
        sizes,
        strange,
    })
}

impl Party {
    fn script(&self, client_port: u16) -> Script {
        let mut script = Script::parse(CONVERSATIONS[self.conversation].0).unwrap();
        let conversation = &mut script.conversations[0];
        conversation.client.set_ip([192, 0, 2, 1].into());
        conversation.client.set_port(client_port);
        conversation.server.set_ip([198, 51, 100, 1].into());
        conversation.server.set_port(self.port);
        if !self.strange.is_empty() {
            let say = |(of_client, bytes): &(bool, Vec<u8>)| Step {
                after: 1_000,
                action: Action::Say(if *of_client { Side::Client } else { Side::Server }, bytes.clone()),
                segmentation: Segmentation::default(),
                envelope: Envelope::default(),
            };
            conversation.steps = self.strange.iter().map(say).collect();
        }
        script.segment(&Segmentation::Sizes(self.sizes.clone()));
        script
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn conversations_are_found_among_strangers(
        parties in prop::collection::vec(party(), 1..7),
        turns in prop::collection::vec(0..7_usize, 0..600),
        (distance, seed) in (0..6_usize, any::<u64>()),
    ) {
        let scripts: Vec<Script> = parties.iter().zip(2_000..).map(|(party, port)| party.script(port)).collect();
        // Each connection is mixed up in itself, behind its handshake; then they take turns.
        let queues: Vec<_> = scripts.iter().map(|script| {
            let packets = script.packets();
            [&packets[..3], &shuffle(&packets[3..], distance, seed)].concat()
        }).collect();
        let found = analyse(&in_time(in_turns(queues, &turns)));
        let (mut lines, mut exchanges, mut conversations) = (std::collections::BTreeMap::new(), 0, 0);
        for (party, script) in parties.iter().zip(&scripts).filter(|(party, _)| party.strange.is_empty()) {
            lines.extend(truth(script));
            exchanges += CONVERSATIONS[party.conversation].1;
            conversations += 1;
        }
        prop_assert_eq!(found.lines(), lines);
        prop_assert_eq!(found.observations.len(), exchanges);
        prop_assert_eq!(found.stats.streams.connections_msn, conversations);
        prop_assert!(found.observations.iter().all(|row| !row.flags.to_string().contains("gap")));
    }
}
