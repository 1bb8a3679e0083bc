//! From what is said to TCP packets: handshake, sequence numbers, acknowledgements, closing.
//!
//! ```text
//! client                     server
//!   │ SYN ─────────────────────► │   isn
//!   │ ◄───────────────── SYN,ACK │   isn
//!   │ ACK ─────────────────────► │
//!   │ PSH,ACK  "VER 1 ..." ────► │   isn + 1
//!   │ ◄──── PSH,ACK  "VER 1 ..." │
//! ```
//! An answer acknowledges what it answers; where no answer follows, an empty segment does.

use super::conversation::{Action, Conversation, Opening, PACE, Recorded, Segmentation};
use super::packet::{ACK, Checksum, Envelope, FIN, PSH, RST, SYN, Side, TestPacket};

/// Nanoseconds between the segments of one step, and from a segment to its bare acknowledgement.
const SEGMENT_INTERVAL: i64 = 200_000;
/// Maximum segment size 1460, two fillers, selective acknowledgement permitted: the options of Windows 98 and XP.
const SYN_OPTIONS: [u8; 8] = [2, 4, 0x05, 0xb4, 1, 1, 4, 2];
/// The first IPv4 identification of client and server.
const FIRST_IDS: [u16; 2] = [0x0100, 0x4d53];
/// Windows begins at 128 and has no hop behind it; the server's packets have crossed fourteen routers.
const TTLS: [u8; 2] = [128, 114];

/// The packets of conversations that follow one another; the first begins at `start`.
pub(crate) fn packets(start: i64, conversations: &[Conversation]) -> Vec<TestPacket> {
    let mut all = Vec::new();
    let mut time = start;
    for (index, conversation) in conversations.iter().enumerate() {
        time += conversation.after;
        let mut wire = Wire::new(index, conversation, time);
        wire.run();
        time = wire.time;
        all.extend(wire.packets.into_iter().filter(|packet| match conversation.recorded {
            Recorded::Both => true,
            Recorded::Only(side) => packet.side == side,
        }));
    }
    all
}

/// A connection as it goes on: the state of both sides, and the packets so far.
struct Wire<'a> {
    index: usize,
    conversation: &'a Conversation,
    time: i64,
    next_seqs: [u32; 2],
    next_ids: [u16; 2],
    /// Segments cut by `Segmentation::Sizes` so far.
    cuts: usize,
    packets: Vec<TestPacket>,
}

impl<'a> Wire<'a> {
    fn new(index: usize, conversation: &'a Conversation, time: i64) -> Self {
        let next_seqs = conversation.isns;
        Self { index, conversation, time, next_seqs, next_ids: FIRST_IDS, cuts: 0, packets: Vec::new() }
    }

    fn run(&mut self) {
        let conversation = self.conversation;
        match conversation.opening {
            Opening::Handshake => self.shake_hands(&conversation.envelope),
            Opening::Midstream => self.next_seqs = self.next_seqs.map(|isn| isn.wrapping_add(1)),
        }
        for (index, step) in conversation.steps.iter().enumerate() {
            self.time += step.after;
            match &step.action {
                Action::Say(side, bytes) => {
                    self.say(*side, bytes, &step.segmentation, &step.envelope);
                    let next = conversation.steps.get(index + 1).map(|step| &step.action);
                    let answered = matches!(next, Some(Action::Say(speaker, _)) if *speaker != *side);
                    if !answered {
                        self.later(side.other(), ACK, &step.envelope);
                    }
                }
                Action::Close(side) => self.close(*side, &step.envelope),
                Action::Reset(side) => self.send(*side, RST | ACK, &[], &step.envelope),
            }
        }
    }

    fn shake_hands(&mut self, envelope: &Envelope) {
        self.send(Side::Client, SYN, &[], envelope);
        self.time += PACE;
        self.send(Side::Server, SYN | ACK, &[], envelope);
        self.later(Side::Client, ACK, envelope);
    }

    fn say(&mut self, side: Side, bytes: &[u8], segmentation: &Segmentation, envelope: &Envelope) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let len = match segmentation {
                Segmentation::Max(len) => *len,
                Segmentation::Sizes(sizes) => sizes[self.cuts % sizes.len()],
            };
            self.cuts += 1;
            let (segment, behind) = rest.split_at(len.clamp(1, rest.len()));
            self.send(side, PSH | ACK, segment, envelope);
            rest = behind;
            if !rest.is_empty() {
                self.time += SEGMENT_INTERVAL;
            }
        }
    }

    fn close(&mut self, side: Side, envelope: &Envelope) {
        self.send(side, FIN | ACK, &[], envelope);
        self.time += PACE;
        self.send(side.other(), ACK, &[], envelope);
        self.later(side.other(), FIN | ACK, envelope);
        self.later(side, ACK, envelope);
    }

    /// Sends an empty segment a moment after the last one.
    fn later(&mut self, side: Side, flags: u8, envelope: &Envelope) {
        self.time += SEGMENT_INTERVAL;
        self.send(side, flags, &[], envelope);
    }

    fn send(&mut self, side: Side, flags: u8, payload: &[u8], envelope: &Envelope) {
        let (own, peer) = match side {
            Side::Client => (0, 1),
            Side::Server => (1, 0),
        };
        let mut envelope = envelope.clone();
        if envelope.checksum_of.is_some_and(|of| of != side) {
            envelope.checksum = Checksum::Valid;
        }
        self.packets.push(TestPacket {
            time: self.time,
            conversation: self.index,
            side,
            source: self.conversation.address(side),
            destination: self.conversation.address(side.other()),
            seq: self.next_seqs[own],
            ack: if flags & ACK == 0 { 0 } else { self.next_seqs[peer] },
            flags,
            options: if flags & SYN == 0 { Vec::new() } else { SYN_OPTIONS.to_vec() },
            payload: payload.to_vec(),
            id: self.next_ids[own],
            ttl: TTLS[own],
            envelope,
        });
        let taken = payload.len() + usize::from(flags & (SYN | FIN) != 0);
        let taken = u32::try_from(taken).expect("a segment of at most 65,535 bytes");
        self.next_seqs[own] = self.next_seqs[own].wrapping_add(taken);
        self.next_ids[own] = self.next_ids[own].wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::super::LOGIN;
    use super::super::script::Script;
    use super::*;

    fn login() -> Script {
        Script::parse(LOGIN).unwrap()
    }

    #[test]
    fn a_connection_opens_talks_and_closes() {
        let flags: Vec<_> = login().packets().iter().map(|packet| (packet.side, packet.flags)).collect();
        let (client, server) = (Side::Client, Side::Server);
        let opening = [(client, SYN), (server, SYN | ACK), (client, ACK)];
        let talk = [(client, PSH | ACK), (server, PSH | ACK), (client, PSH | ACK), (server, PSH | ACK), (client, ACK)];
        let closing = [(client, FIN | ACK), (server, ACK), (server, FIN | ACK), (client, ACK)];
        assert_eq!(flags, [&opening[..], &talk, &closing].concat());
    }

    #[test]
    fn sequence_numbers_wrap_and_acknowledge_each_other() {
        let mut script = login();
        script.conversations[0].isns = [u32::MAX - 10, u32::MAX];
        let packets = script.packets();
        let greeting = b"VER 1 MSNP9 MSNP8 CVR0\r\n";
        assert_eq!((packets[3].seq, packets[3].ack), (u32::MAX - 9, 0));
        assert_eq!(packets[3].payload, greeting);
        assert_eq!((packets[4].seq, packets[4].ack), (0, 24 - 10));
        assert_eq!((packets[5].seq, packets[5].ack), (14, 24));
        let last = packets.last().unwrap();
        assert_eq!(last.ack, packets[10].seq.wrapping_add(1), "the FIN takes one number");
    }

    #[test]
    fn however_a_stream_is_cut_it_says_the_same() {
        for segmentation in [Segmentation::Max(1), Segmentation::Max(7), Segmentation::Sizes(vec![5, 0, 90])] {
            let mut script = login();
            script.segment(&segmentation);
            for side in [Side::Client, Side::Server] {
                let said: Vec<u8> =
                    script.packets().iter().filter(|p| p.side == side).flat_map(|p| p.payload.clone()).collect();
                assert_eq!(said, script.conversations[0].stream(side), "{segmentation:?}");
            }
        }
    }

    #[test]
    fn a_capture_of_one_side_keeps_its_numbers() {
        let mut script = login();
        let both = script.packets();
        script.conversations[0].recorded = Recorded::Only(Side::Server);
        let only: Vec<_> = both.into_iter().filter(|packet| packet.side == Side::Server).collect();
        assert_eq!(script.packets(), only);
    }

    #[test]
    fn a_connection_begun_earlier_has_no_handshake() {
        let mut script = login();
        let whole = script.packets();
        script.conversations[0].opening = Opening::Midstream;
        let packets = script.packets();
        assert_eq!(packets.len(), whole.len() - 3);
        assert_eq!((packets[0].seq, packets[0].ack), (whole[3].seq, whole[3].ack));
    }
}
