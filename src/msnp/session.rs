//! One MSNP conversation, on a TCP connection or in the gateway, from recognition to the last line of interest.
//!
//! MSNP is recognised by what is said, on any port. Who is the client is told by the handshake, else by the service's
//! port, else by the first line that only one party can have said.

use std::collections::VecDeque;
use std::ops::Range;

use super::framer::{Framer, Line, Step};
use super::grammar::{self, SERVICE_PORT, sender_of_cvr};
use super::greeting::Greeting;
use super::{Command, Event, Message, Peers, SessionId, Verb, Via};
use crate::flags::{Flag, Flags};
use crate::limits::{LINES_DOUBTED_MAX, UNDECIDED_BYTES_MAX, UNPAIRED_MAX};
use crate::net::{BySide, Side};
use crate::stats::Stats;
use crate::tcp::{ConnectionId, Interest, Opening, Position, Role, StreamHandler, Taken, Unread};

/// A conversation.
#[derive(Debug)]
pub struct Session {
    id: SessionId,
    via: Via,
    /// What carries it now, where that is not the connection that names it.
    carrier: Option<Box<Carrier>>,
    client: Option<Side>,
    /// Doubts that all lines share.
    flags: Flags,
    framers: BySide<Framer>,
    recognised: bool,
    /// Bytes read while nothing was recognised.
    undecided_bytes: usize,
    /// Lines heard before it was known who is the client.
    unattributed: Vec<(Side, Verb, Line)>,
    greeting: Greeting,
    messages: u64,
    /// The latest lines that an exchange is made of: a late copy may contradict them.
    given: VecDeque<Given>,
}

/// A connection that carries the gateway's bodies, and its side that is the client.
#[derive(Clone, Copy, Debug)]
struct Carrier {
    connection: ConnectionId,
    client: Side,
}

/// A line that was given.
#[derive(Debug)]
struct Given {
    side: Side,
    /// Where it stands in its stream.
    range: Range<u64>,
    sender: Role,
    position: Position,
}

impl StreamHandler for Session {
    type Output = Event;

    fn could_begin(first: &[u8]) -> bool {
        grammar::could_begin(first)
    }

    fn could_resume(bytes: &[u8]) -> bool {
        grammar::could_resume(bytes)
    }

    fn open(opening: Opening) -> Self {
        let midstream = opening.initiator.is_none();
        let key = opening.id.key;
        let is_service = |side: &Side| key.endpoint(*side).port == SERVICE_PORT;
        let by_port = match Side::BOTH.map(|side| is_service(&side)) {
            [true, false] => Some(Side::High),
            [false, true] => Some(Side::Low),
            _ => None,
        };
        let client = opening.initiator.or(by_port);
        Self::new(SessionId::Connection(opening.id), client, midstream)
    }

    fn data(&mut self, side: Side, unread: Unread<'_>, out: &mut Vec<Event>) -> Taken {
        let mut bytes = 0;
        loop {
            let taken = match self.framers.get_mut(side).step(unread.after(bytes)) {
                Step::Wait => break,
                Step::Skip { taken } => taken,
                Step::Line { line, taken } => {
                    let interest = self.hear(side, line, out);
                    if interest != Interest::More {
                        return Taken { bytes: bytes + taken, interest };
                    }
                    taken
                }
            };
            bytes += taken;
        }
        if !self.recognised {
            self.undecided_bytes += bytes;
            if self.undecided_bytes > UNDECIDED_BYTES_MAX {
                return Taken { bytes, interest: Interest::Stranger };
            }
        }
        Taken { bytes, interest: Interest::More }
    }

    fn gap(&mut self, side: Side, unread: Unread<'_>, len: u64, _out: &mut Vec<Event>) -> Interest {
        self.framers.get_mut(side).gap(unread, len);
        Interest::More
    }

    fn contradicted(&mut self, side: Side, range: Range<u64>, out: &mut Vec<Event>) {
        let overlaps = |line: &Range<u64>| line.start < range.end && range.start < line.end;
        for (_, _, line) in self.unattributed.iter_mut().filter(|(of, _, line)| *of == side && overlaps(&line.range)) {
            line.provenance.flags.raise(Flag::Conflict);
        }
        let session = self.id;
        // Once a line is doubted, nothing more can be said of it.
        self.given.retain(|line| {
            let is_doubted = line.side == side && overlaps(&line.range);
            if is_doubted {
                let Given { sender, position, .. } = *line;
                out.push(Event::Doubt { session, sender, position, flags: Flag::Conflict.into() });
            }
            !is_doubted
        });
    }

    fn end(&mut self, side: Side, unread: Unread<'_>, finished: bool, out: &mut Vec<Event>) {
        if let Some(line) = self.framers.get_mut(side).end(unread, finished) {
            self.hear(side, line, out);
        }
    }

    fn close(&mut self, flags: Flags, out: &mut Vec<Event>) {
        if self.messages > 0 {
            out.push(Event::Closed { session: self.id, flags });
        }
    }

    fn recognised(&self) -> bool {
        self.recognised
    }

    fn awaits_answer(&self) -> bool {
        self.greeting.awaits_answer()
    }

    fn memory(&self) -> usize {
        let lines: usize = self.unattributed.iter().map(|(_, _, line)| line.memory()).sum();
        lines
            + self.unattributed.capacity() * size_of::<(Side, Verb, Line)>()
            + self.given.capacity() * size_of::<Given>()
            + self.greeting.memory()
            + self.carrier.as_ref().map_or(0, |_| size_of::<Carrier>())
    }

    fn account(&mut self, stats: &mut Stats) {
        for side in Side::BOTH {
            stats.lines.add(&std::mem::take(&mut self.framers.get_mut(side).stats));
        }
        stats.lines.messages += std::mem::take(&mut self.messages);
    }
}

impl Session {
    /// The side on which a conversation in the gateway has its client: the ends of its connections differ.
    pub const GATEWAY_CLIENT: Side = Side::Low;

    fn new(id: SessionId, client: Option<Side>, midstream: bool) -> Self {
        Self {
            id,
            via: Via::Direct,
            carrier: None,
            client,
            flags: Flags::NONE,
            framers: BySide::new(|_| Framer::new(midstream)),
            recognised: false,
            undecided_bytes: 0,
            unattributed: Vec::new(),
            greeting: Greeting::default(),
            messages: 0,
            given: VecDeque::new(),
        }
    }

    /// A conversation behind the prelude of a proxy, which `client` told.
    pub fn behind_a_proxy(opening: Opening, client: Side, via: Via) -> Self {
        let midstream = opening.initiator.is_none();
        Self::new(SessionId::Connection(opening.id), Some(client), midstream).via(via)
    }

    /// A conversation in the gateway, which is heard from its first byte on or was begun before.
    pub fn in_gateway(id: SessionId, midstream: bool) -> Self {
        Self::new(id, Some(Self::GATEWAY_CLIENT), midstream).via(Via::Gateway)
    }

    /// The same conversation, carried in that way.
    fn via(self, via: Via) -> Self {
        Self { via, ..self }
    }

    /// What the gateway's client, at the side `client` of `connection`, and its server say next comes over that connection.
    pub fn carried_by(&mut self, connection: ConnectionId, client: Side) {
        let carrier = Carrier { connection, client };
        match &mut self.carrier {
            Some(known) => **known = carrier,
            None => self.carrier = Some(Box::new(carrier)),
        }
    }

    /// The connection that names the session.
    pub const fn connection(&self) -> ConnectionId {
        self.id.connection()
    }

    /// Takes a whole line of `side`.
    fn hear(&mut self, side: Side, line: Line, out: &mut Vec<Event>) -> Interest {
        let role = self.client.map(|client| if client == side { Role::Client } else { Role::Server });
        if !self.recognised {
            if grammar::is_switchboard(&line.command) {
                // Chat is held elsewhere than sign-in, and never tells a version.
                self.recognised = true;
                return Interest::Stop;
            }
            if !grammar::is_strict(&line.command) && !line.provenance.flags.has(Flag::AfterGap) {
                return Interest::Stranger;
            }
            if grammar::error_code(&line.command).is_some() {
                // Two numbers are too little to recognise MSNP by: FTP and SMTP answer like that.
                return Interest::More;
            }
            self.recognised = grammar::is_strict(&line.command);
        }
        let Some(verb) = Verb::of(&line.command, role) else { return Interest::More };
        let Some(role) = role else {
            return self.attribute(side, verb, line, out);
        };
        self.say(role, verb, line, out)
    }

    /// Who is the client is not known: perhaps this line tells.
    fn attribute(&mut self, side: Side, verb: Verb, line: Line, out: &mut Vec<Event>) -> Interest {
        let sender = sender_of(verb, &line.command);
        if self.unattributed.len() < UNPAIRED_MAX {
            self.unattributed.push((side, verb, line));
        }
        let Some(sender) = sender else { return Interest::More };
        let client = if sender == Role::Client { side } else { side.other() };
        self.client = Some(client);
        self.flags.raise(Flag::DirectionInferred);
        for (side, verb, line) in std::mem::take(&mut self.unattributed) {
            let role = if side == client { Role::Client } else { Role::Server };
            if self.say(role, verb, line, out) == Interest::Stop {
                return Interest::Stop;
            }
        }
        Interest::More
    }

    fn say(&mut self, sender: Role, verb: Verb, line: Line, out: &mut Vec<Event>) -> Interest {
        let Some(client) = self.client else { return Interest::More };
        self.greeting.note(sender, verb, &line.command);
        let Line { command, mut provenance, range } = line;
        provenance.flags |= self.flags;
        if matches!(verb, Verb::Cvr | Verb::Cvq | Verb::Error(_)) {
            let side = if sender == Role::Client { client } else { client.other() };
            if self.given.is_empty() {
                // A request and its reply are all that most sessions give, and a list begins with room for four.
                self.given.reserve_exact(2);
            }
            self.given.push_back(Given { side, range, sender, position: provenance.position });
            if self.given.len() > LINES_DOUBTED_MAX {
                self.given.pop_front();
            }
        }
        self.messages += 1;
        let Carrier { connection, client } = self.carrier(client);
        let key = connection.key;
        out.push(Event::Message(Box::new(Message {
            session: self.id,
            connection,
            peers: Peers { client: key.endpoint(client), server: key.endpoint(client.other()) },
            via: self.via,
            sender,
            verb,
            command,
            provenance,
        })));
        if self.greeting.is_over() { Interest::Stop } else { Interest::More }
    }

    /// What carries the session now, whose client is at the side `client`.
    fn carrier(&self, client: Side) -> Carrier {
        self.carrier.as_deref().copied().unwrap_or(Carrier { connection: self.id.connection(), client })
    }
}

impl Verb {
    /// What `command` says, if a census needs it. Only a server sends error lines.
    pub(super) fn of(command: &Command, sender: Option<Role>) -> Option<Self> {
        match command.name() {
            b"VER" => grammar::is_version_line(command).then_some(Self::Ver),
            b"CVR" => Some(Self::Cvr),
            b"CVQ" => Some(Self::Cvq),
            b"USR" => Some(Self::Usr),
            b"XFR" => Some(Self::Xfr),
            _ if sender == Some(Role::Client) => None,
            _ => grammar::error_code(command).map(Self::Error),
        }
    }
}

/// Who can have said the line, where only one party can.
fn sender_of(verb: Verb, command: &Command) -> Option<Role> {
    match verb {
        Verb::Cvr | Verb::Cvq => sender_of_cvr(command),
        Verb::Usr if command.arg(0) == Some(b"OK") => Some(Role::Server),
        Verb::Usr if command.arg(1) == Some(b"I") => Some(Role::Client),
        // Two numbers are too little to judge by: after a gap, chat may say as much.
        Verb::Usr | Verb::Ver | Verb::Xfr | Verb::Error(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::net::{EncapsulationId, Endpoint, FlowKey};
    use crate::packet::Stamp;
    use crate::tcp::{Origin, Span};

    const SIGN_IN: &str = "USR 9 TWN I u@example.com\r\n";

    /// A conversation of which nothing tells who is the client, and what was said in it so far.
    struct Bench {
        session: Session,
        said: BySide<usize>,
        out: Vec<Event>,
    }

    impl Bench {
        fn new() -> Self {
            let ends = [1, 2].map(|host| Endpoint::new(Ipv4Addr::new(192, 0, 2, host).into(), 5000));
            let (key, _) = FlowKey::new(ends[0], ends[1], EncapsulationId::default());
            let id = ConnectionId { key, first: Stamp::default() };
            let session = Session::open(Opening { id, initiator: None });
            Self { session, said: BySide::default(), out: Vec::new() }
        }

        /// `side` says a whole line.
        fn say(&mut self, side: Side, line: &str) {
            let said = self.said.get_mut(side);
            let start = u64::try_from(*said).unwrap();
            *said += line.len();
            let spans = [Span { start, is_head: true, origin: Origin::of(Stamp::default()) }];
            self.session.data(side, Unread::new(line.as_bytes(), start, &spans), &mut self.out);
        }

        /// The lines that were given, each with its sender and whether it is doubted by the same word.
        fn given(&self) -> Vec<(Role, Verb, bool)> {
            let messages = self.out.iter().filter_map(|event| match event {
                Event::Message(message) => Some(message),
                _ => None,
            });
            messages
                .map(|message| (message.sender, message.verb, message.provenance.flags.has(Flag::Conflict)))
                .collect()
        }

        fn doubts(&self) -> usize {
            self.out.iter().filter(|event| matches!(event, Event::Doubt { .. })).count()
        }
    }

    #[test]
    fn a_line_is_doubted_that_was_contradicted_before_its_sender_was_known() {
        let version = "VER 1 MSNP9 MSNP8 CVR0\r\n";
        let end = u64::try_from(version.len()).unwrap();
        let doubted = |side, range| {
            let mut bench = Bench::new();
            bench.say(Side::Low, version);
            bench.say(Side::High, version);
            bench.session.contradicted(side, range, &mut bench.out);
            assert_eq!(bench.given(), [], "nobody knows who is the client");
            bench.say(Side::Low, SIGN_IN);
            let [(Role::Client, Verb::Ver, client), (Role::Server, Verb::Ver, server), (_, Verb::Usr, false)] =
                bench.given()[..]
            else {
                panic!("{:?}", bench.given())
            };
            assert_eq!(bench.doubts(), 0, "what was not given cannot be doubted later");
            [client, server]
        };
        assert_eq!(doubted(Side::Low, 4..5), [true, false]);
        assert_eq!(doubted(Side::High, 0..end), [false, true]);
        assert_eq!(doubted(Side::High, end - 1..end + 5), [false, true]);
        assert_eq!(doubted(Side::High, end..end + 5), [false, false], "another line");
    }

    #[test]
    fn an_answer_is_awaited_from_the_request_to_its_reply() {
        let mut bench = Bench::new();
        assert!(!bench.session.awaits_answer());
        bench.say(Side::Low, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS\r\n");
        assert!(bench.session.awaits_answer());
        bench.say(Side::High, "CVR 2 6.1.0211 6.1.0211 6.1.0155\r\n");
        assert!(!bench.session.awaits_answer());
    }

    #[test]
    fn only_the_latest_lines_are_doubted_and_each_once() {
        for (lines, doubts) in [(LINES_DOUBTED_MAX, 1), (LINES_DOUBTED_MAX + 1, 0)] {
            let mut bench = Bench::new();
            for trid in 0..lines {
                bench.say(Side::Low, &format!("CVR {trid} 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS\r\n"));
            }
            assert_eq!(bench.given().len(), lines);
            for _ in 0..2 {
                bench.session.contradicted(Side::Low, 0..1, &mut bench.out);
                assert_eq!(bench.doubts(), doubts, "{lines} lines");
            }
        }
    }

    #[test]
    fn memory_is_that_of_the_lines_that_wait_for_a_client_then_that_of_those_that_were_given() {
        let mut bench = Bench::new();
        assert_eq!(bench.session.memory(), 0);
        let version = "VER 1 MSNP9 MSNP8 CVR0\r\n";
        (0..8).for_each(|_| bench.say(Side::High, version));
        let least = 8 * (version.len() + size_of::<(Side, Verb, Line)>());
        assert!((least..2 * least).contains(&bench.session.memory()), "{} bytes", bench.session.memory());
        bench.say(Side::Low, SIGN_IN);
        assert_eq!(bench.session.memory(), 0);
        bench.say(Side::Low, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS\r\n");
        let least = 2 * size_of::<Given>() + bench.session.greeting.memory();
        assert!(bench.session.greeting.memory() > 0);
        assert_eq!(bench.session.memory(), least);
    }

    #[test]
    fn what_a_line_says_is_told_by_its_first_word_and_an_error_by_no_client() {
        let verb = |line: &str| {
            let command = Command::parse(line.as_bytes());
            [None, Some(Role::Client), Some(Role::Server)].map(|sender| Verb::of(&command, sender))
        };
        for (line, said) in [
            ("VER 1 MSNP8", Some(Verb::Ver)),
            ("VER MSNFTP", None),
            ("CVR 2", Some(Verb::Cvr)),
            ("CVQ 2", Some(Verb::Cvq)),
            ("USR 3 TWN I u@example.com", Some(Verb::Usr)),
            ("XFR 3 NS 192.0.2.7:1863 0 192.0.2.8:1863", Some(Verb::Xfr)),
            ("PNG", None),
        ] {
            assert_eq!(verb(line), [said; 3], "{line}");
        }
        assert_eq!(verb("911 3"), [Some(Verb::Error(911)), None, Some(Verb::Error(911))]);
    }
}
