//! Joins requests and replies by transaction id within a session.
//!
//! ```text
//! client   VER 1 ...   CVR 2 ...   USR 3 TWN I user@example.com
//!                         ├──────────── the request and the reply with its number
//! server   VER 1 MSNP8 CVR 2 ...
//! ```
//!
//! * **Takes** the events of all sessions. Within one direction of a session the order is that of the stream; the two
//!   directions may be interleaved in any way, since taps are skewed and a reply may be captured before its request.
//! * **Gives** each exchange once: when both halves are there, and, if the request names no account, the session's
//!   sign-in (USR) has named one; or at the end of the session with what there is. Nothing that is given depends on
//!   the interleaving: whatever is taken from the session is what stands in front of a half in its own direction, or
//!   what the whole direction said.
//! * **Keeps**, for each open session, at most [`UNPAIRED_MAX`] requests, as many replies and as many errors; beyond
//!   that the oldest comes out as it is, and an error is forgotten; and of all sessions together the bytes of
//!   [`MEMORY_PARTS`]. Only these bounds make the interleaving matter.
//! * **Doubts** that come late, of lines given long ago, are kept to the end, and raised where `finish` finds their lines.
//! * **Leaves out** connections that end in a redirection and go on elsewhere: each session is told alone. That both are
//!   one client is seen by their names (`census::Identity`).
//!
//! The verb of the reply does not matter: the official client takes CVQ for CVR (hypothetic.org). Equal transaction
//! ids pair in order. An error answers any command, so it is part of an exchange only where a request has its number.

use std::collections::{BTreeMap, VecDeque};

use smallvec::smallvec;

use super::doubts::Doubts;
use super::{Dialect, Exchange, Reply, Request};
use crate::flags::{Flag, Flags};
use crate::limits::{ALLOCATION_LEN, MEMORY_MAX, MEMORY_PARTS, UNPAIRED_MAX};
use crate::msnp::{Command, Event, Message, Peers, SessionId, Verb, Via};
use crate::tcp::{ConnectionId, Position, Provenance, Role};

/// Everything that waits for its other half. Ordered by session, so that the end of a run has one order too.
#[derive(Debug)]
pub struct Pairing {
    sessions: BTreeMap<SessionId, Session>,
    doubts: Doubts,
    /// Bytes that all sessions keep, roughly.
    memory: usize,
    memory_max: usize,
}

/// What one session has said and not yet given.
#[derive(Debug, Default)]
struct Session {
    /// The client's first offer and the server's first choice of dialects.
    dialect: Dialect,
    /// The handle of the client's latest sign-in.
    handle: Option<Box<[u8]>>,
    /// The handle that the server confirmed first: it speaks where the client's sign-in was not captured.
    confirmed: Option<Box<[u8]>>,
    /// In the order of the client's stream.
    requests: VecDeque<Asked>,
    /// In the order of the server's stream: replies without request.
    replies: VecDeque<Answered>,
}

/// A request, and the reply if it is there.
#[derive(Debug)]
struct Asked {
    request: Request,
    at: Place,
    /// The account's handle, where the request names no account and a sign-in did.
    handle: Option<Box<[u8]>>,
    answer: Option<Box<Answered>>,
}

#[derive(Debug)]
struct Answered {
    reply: Reply,
    at: Place,
}

/// What a session takes in the map, whose nodes are a little more than half full.
const SESSION_LEN: usize = 2 * (size_of::<SessionId>() + size_of::<Session>());

/// Where in its session a half was said.
#[derive(Clone, Copy, Debug)]
struct Place {
    connection: ConnectionId,
    peers: Peers,
    via: Via,
    /// Whether a VER stood in front of it in its own direction.
    behind_ver: bool,
}

impl Default for Pairing {
    fn default() -> Self {
        Self::with_memory(MEMORY_MAX / MEMORY_PARTS)
    }
}

impl Pairing {
    /// A pairing that keeps at most about `memory_max` bytes. Then halves of the session that asks for more come out alone.
    pub fn with_memory(memory_max: usize) -> Self {
        Self { sessions: BTreeMap::new(), doubts: Doubts::default(), memory: 0, memory_max }
    }

    /// Takes `event` and appends to `exchanges` what it completes.
    pub fn push(&mut self, event: Event, exchanges: &mut Vec<Exchange>) {
        match event {
            Event::Message(message) => self.take(*message, exchanges),
            Event::Doubt { session, sender, position, flags } => {
                // Who takes the doubts before the end does not see what still waits.
                if let Some(waiting) = self.sessions.get_mut(&session) {
                    waiting.doubt(sender, position, flags);
                }
                self.doubts.note(session, sender, position, flags);
            }
            Event::Closed { session: id, flags } => {
                if let Some(mut session) = self.sessions.remove(&id) {
                    self.memory -= session.memory();
                    session.end(id, flags, exchanges);
                }
            }
        }
    }

    /// Bytes of memory held for open sessions, roughly.
    pub const fn memory(&self) -> usize {
        self.memory
    }

    fn take(&mut self, message: Message, exchanges: &mut Vec<Exchange>) {
        let mut held = 0;
        let session = self.sessions.entry(message.session).and_modify(|known| held = known.memory()).or_default();
        let id = message.session;
        session.take(message, exchanges);
        self.memory = self.memory - held + session.memory();
        if self.memory > self.memory_max {
            self.memory -= session.memory();
            session.end(id, Flag::Evicted.into(), exchanges);
            self.memory += session.memory();
        }
    }

    /// Ends every session: lone halves come out, session by session, each in the order of capture. Returns the doubts that
    /// came late; they concern every exchange that was ever given.
    pub fn finish(&mut self, exchanges: &mut Vec<Exchange>) -> Doubts {
        for (id, mut session) in std::mem::take(&mut self.sessions) {
            self.memory -= session.memory();
            session.end(id, Flags::NONE, exchanges);
        }
        debug_assert_eq!(self.memory, 0, "all memory was given back");
        self.take_doubts()
    }

    /// The doubts that came late so far, for who cannot wait until the end.
    pub fn take_doubts(&mut self) -> Doubts {
        std::mem::take(&mut self.doubts)
    }
}

impl Session {
    fn take(&mut self, message: Message, exchanges: &mut Vec<Exchange>) {
        let Message { session: id, connection, peers, via, sender, verb, command, provenance } = message;
        let behind_ver = match sender {
            Role::Client => self.dialect.offered.is_some(),
            Role::Server => self.dialect.chosen.is_some(),
        };
        let at = Place { connection, peers, via, behind_ver };
        match (sender, verb) {
            (Role::Client, Verb::Ver) => keep_first(&mut self.dialect.offered, offer(&command)),
            (Role::Server, Verb::Ver) => keep_first(&mut self.dialect.chosen, command.arg(0).map(Box::from)),
            (Role::Client, Verb::Usr) => self.sign_in(id, &command, exchanges),
            (Role::Server, Verb::Usr) => keep_first(&mut self.confirmed, confirmed_handle(&command)),
            (Role::Client, Verb::Cvr | Verb::Cvq) => {
                self.ask(id, Asked::new(Request::new(verb, command, provenance), at), exchanges);
            }
            (Role::Server, Verb::Cvr | Verb::Cvq | Verb::Error(_)) => {
                self.answer(id, Answered { reply: Reply::new(verb, command, provenance), at }, exchanges);
            }
            (Role::Client, Verb::Error(_)) | (_, Verb::Xfr) => {}
        }
    }

    fn ask(&mut self, id: SessionId, mut asked: Asked, exchanges: &mut Vec<Exchange>) {
        asked.answer = asked.request.trid().and_then(|trid| {
            let place = self.replies.iter().position(|waiting| waiting.reply.trid() == Some(trid))?;
            self.replies.remove(place).map(Box::new)
        });
        if asked.request.account().is_none() {
            asked.handle.clone_from(&self.handle);
        }
        if asked.is_ready() {
            exchanges.push(self.joined(id, asked));
            return;
        }
        // Most sessions ask once, and a list begins with room for four.
        if self.requests.capacity() == 0 {
            self.requests.reserve_exact(1);
        }
        self.requests.push_back(asked);
        if self.requests.len() > UNPAIRED_MAX
            && let Some(oldest) = self.requests.pop_front()
        {
            exchanges.push(self.joined(id, oldest));
        }
    }

    fn answer(&mut self, id: SessionId, answered: Answered, exchanges: &mut Vec<Exchange>) {
        let trid = answered.reply.trid();
        let asked = trid.and_then(|trid| {
            let unanswered = |asked: &Asked| asked.answer.is_none() && asked.request.trid() == Some(trid);
            self.requests.iter().position(unanswered)
        });
        let Some(place) = asked else {
            self.wait_for_request(id, answered, exchanges);
            return;
        };
        let Some(asked) = self.requests.get_mut(place) else { return };
        asked.answer = Some(Box::new(answered));
        if asked.is_ready()
            && let Some(asked) = self.requests.remove(place)
        {
            exchanges.push(self.joined(id, asked));
        }
    }

    /// The halves that wait and began there are more doubtful than they said.
    fn doubt(&mut self, sender: Role, position: Position, flags: Flags) {
        let asked = self.requests.iter_mut().flat_map(|asked| {
            let answer = asked.answer.as_deref_mut().map(|answer| (Role::Server, &mut answer.reply.provenance));
            std::iter::once((Role::Client, &mut asked.request.provenance)).chain(answer)
        });
        let alone = self.replies.iter_mut().map(|alone| (Role::Server, &mut alone.reply.provenance));
        for (of, provenance) in asked.chain(alone) {
            if of == sender && provenance.position == position {
                provenance.flags |= flags;
            }
        }
    }

    /// Errors and replies are bounded apart: the errors of a long conversation must not push out a reply.
    fn wait_for_request(&mut self, id: SessionId, answered: Answered, exchanges: &mut Vec<Exchange>) {
        let is_error = answered.is_error();
        self.replies.push_back(answered);
        if self.replies.iter().filter(|waiting| waiting.is_error() == is_error).count() <= UNPAIRED_MAX {
            return;
        }
        let oldest = self.replies.iter().position(|waiting| waiting.is_error() == is_error);
        if let Some(oldest) = oldest.and_then(|place| self.replies.remove(place))
            && !is_error
        {
            exchanges.push(self.reply_alone(id, oldest));
        }
    }

    /// The client signs in: every request that names no account and waits for a handle has it now.
    fn sign_in(&mut self, id: SessionId, command: &Command, exchanges: &mut Vec<Exchange>) {
        // TWN, SSO, MD5, CTP: `I` is the initial step of every scheme, and the handle follows it.
        let handle = command.arg(1).filter(|step| *step == b"I").and_then(|_| command.arg(2));
        let Some(handle) = handle else { return };
        self.handle = Some(handle.into());
        for mut asked in std::mem::take(&mut self.requests) {
            if asked.request.account().is_none() && asked.handle.is_none() {
                asked.handle = Some(handle.into());
            }
            if asked.is_ready() {
                exchanges.push(self.joined(id, asked));
            } else {
                self.requests.push_back(asked);
            }
        }
    }

    /// All that waits comes out as it is; `flags` say what is doubtful about that, and a missing half shares them.
    fn end(&mut self, id: SessionId, flags: Flags, exchanges: &mut Vec<Exchange>) {
        let mut rest = Vec::with_capacity(self.requests.len());
        for mut asked in std::mem::take(&mut self.requests) {
            if asked.request.account().is_none() && asked.handle.is_none() {
                asked.handle.clone_from(&self.confirmed);
            }
            rest.push(self.joined(id, asked));
        }
        for alone in std::mem::take(&mut self.replies) {
            if !alone.is_error() {
                rest.push(self.reply_alone(id, alone));
            }
        }
        for alone in rest.iter_mut().filter(|exchange| exchange.request.is_none() || exchange.reply.is_none()) {
            alone.flags |= flags;
        }
        rest.sort_by_key(Exchange::stamp);
        exchanges.append(&mut rest);
    }

    /// Bytes of memory held, roughly.
    fn memory(&self) -> usize {
        let Self { dialect: Dialect { offered, chosen }, handle, confirmed, requests, replies } = self;
        let texts = [offered, chosen, handle, confirmed].into_iter().flatten().map(|text| text.len());
        let requests_held = requests.iter().map(|asked| {
            let answer = asked.answer.as_ref().map_or(0, |answer| size_of::<Answered>() + answer.memory());
            half_memory(asked.request.line(), &asked.request.provenance) + answer
        });
        let replies_held = replies.iter().map(Answered::memory);
        SESSION_LEN
            + requests.capacity() * size_of::<Asked>()
            + replies.capacity() * size_of::<Answered>()
            + texts.chain(requests_held).chain(replies_held).sum::<usize>()
    }

    /// What `asked` is worth now. A half that is there knows the dialect only from the VER in front of it; for one that
    /// is missing, the direction's VER speaks wherever it stands.
    fn joined(&self, session: SessionId, asked: Asked) -> Exchange {
        let Asked { request, at, handle, answer } = asked;
        let mut flags = request.provenance.flags;
        let mut chosen_known = true;
        let mut answered_on = None;
        if let Some(Answered { reply, at }) = answer.as_deref() {
            flags |= reply.provenance.flags;
            flags.raise_if(reply.error_code().is_none() && reply.verb() != request.verb(), Flag::VerbDiffers);
            chosen_known = at.behind_ver;
            answered_on = Some(at.connection);
        }
        let reply = answer.map(|answer| answer.reply);
        let mut exchange =
            self.exchange(session, at, (at.behind_ver, chosen_known), handle, (Some(request), reply), flags);
        exchange.connections.extend(answered_on.filter(|connection| *connection != at.connection));
        exchange
    }

    fn reply_alone(&self, session: SessionId, Answered { reply, at }: Answered) -> Exchange {
        let flags = reply.provenance.flags;
        let handle = self.handle.clone().or_else(|| self.confirmed.clone());
        self.exchange(session, at, (true, at.behind_ver), handle, (None, Some(reply)), flags)
    }

    fn exchange(
        &self,
        session: SessionId,
        at: Place,
        (offer_known, choice_known): (bool, bool),
        handle: Option<Box<[u8]>>,
        (request, reply): (Option<Request>, Option<Reply>),
        flags: Flags,
    ) -> Exchange {
        let dialect = Dialect {
            offered: self.dialect.offered.clone().filter(|_| offer_known),
            chosen: self.dialect.chosen.clone().filter(|_| choice_known),
        };
        let Place { connection, peers, via, .. } = at;
        let connections = smallvec![connection];
        Exchange { session, connections, peers, via, dialect, handle, request, reply, flags }
    }
}

impl Asked {
    const fn new(request: Request, at: Place) -> Self {
        Self { request, at, handle: None, answer: None }
    }

    fn is_ready(&self) -> bool {
        self.answer.is_some() && (self.handle.is_some() || self.request.account().is_some())
    }
}

impl Answered {
    /// Bytes of memory held beyond its own size, roughly.
    fn memory(&self) -> usize {
        half_memory(self.reply.line(), &self.reply.provenance)
    }

    fn is_error(&self) -> bool {
        self.reply.error_code().is_some()
    }
}

/// Bytes of memory that a line holds, roughly: its words are told by 4 bytes each, and have 4 or more.
fn half_memory(line: &[u8], provenance: &Provenance) -> usize {
    2 * line.len() + provenance.memory() + 2 * ALLOCATION_LEN
}

fn keep_first(slot: &mut Option<Box<[u8]>>, word: Option<Box<[u8]>>) {
    if slot.is_none() {
        *slot = word;
    }
}

/// The dialects that a client's VER offers, joined by one blank.
fn offer(command: &Command) -> Option<Box<[u8]>> {
    let words: Vec<&[u8]> = command.args().collect();
    if words.is_empty() { None } else { Some(words.join(&b' ').into()) }
}

/// `USR 5 OK user@example.com ...`.
fn confirmed_handle(command: &Command) -> Option<Box<[u8]>> {
    command.arg(0).filter(|word| *word == b"OK").and_then(|_| command.arg(1)).map(Box::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cvr::script::{exchanges, message, provenance, session, text};
    use crate::net::SeqNumber;

    const ASK: &str = "0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS";
    const TELL: &str = "6.1.0211 6.1.0211 6.1.0155";

    /// `CVR 2 + CVQ 2`: the beginnings of both halves, `-` for a missing one; then the flags, if any.
    fn pairs(script: &str) -> Vec<String> {
        exchanges(&script.replace("ASK", ASK).replace("TELL", TELL)).iter().map(pair).collect()
    }

    fn pair(exchange: &Exchange) -> String {
        let head = |line: &[u8]| text(line).split(' ').take(2).collect::<Vec<_>>().join(" ");
        let request = exchange.request.as_ref().map_or("-".to_owned(), |half| head(half.line()));
        let reply = exchange.reply.as_ref().map_or("-".to_owned(), |half| head(half.line()));
        format!("{request} + {reply} {}", exchange.flags).trim_end().to_owned()
    }

    #[test]
    fn beyond_its_memory_what_a_session_waits_with_comes_out_alone() {
        let ask = |port| Event::Message(Box::new(message(port, &format!("C: CVR 2 {ASK} user@example.com"), 1)));
        let (mut pairing, mut given) = (Pairing::with_memory(4_000), Vec::new());
        (1..=20).for_each(|port| pairing.push(ask(port), &mut given));
        let alone = given.iter().map(pair).filter(|pair| pair == "CVR 2 + - evicted").count();
        assert!((1..19).contains(&alone) && alone == given.len(), "{alone}: {given:?}");
        assert!(pairing.memory() > 0);
        let doubts = pairing.finish(&mut given);
        assert_eq!((given.len(), pairing.memory(), doubts.len()), (20, 0, 0));
    }

    /// `offer > choice, handle` of the only exchange.
    fn context(script: &str) -> String {
        let all = exchanges(&script.replace("ASK", ASK).replace("TELL", TELL));
        let [one] = &all[..] else { panic!("{} exchanges", all.len()) };
        let say = |word: &Option<Box<[u8]>>| word.as_deref().map_or("-".to_owned(), text);
        format!("{} > {}, {}", say(&one.dialect.offered), say(&one.dialect.chosen), say(&one.handle))
    }

    #[test]
    fn a_request_and_its_reply_are_one_exchange() {
        assert_eq!(pairs("C: CVR 2 ASK a@example.com\nS: CVR 2 TELL"), ["CVR 2 + CVR 2"]);
    }

    #[test]
    fn b16_a_reply_captured_before_its_request_is_its_reply() {
        let both = exchanges(&format!("S: CVR 2 {TELL}\nC: CVR 2 {ASK} a@example.com"));
        assert_eq!(both.iter().map(pair).collect::<Vec<_>>(), ["CVR 2 + CVR 2"]);
        assert_eq!(both[0].round_trip_nanos(), Some(-1_000_000));
    }

    #[test]
    fn b18_equal_transaction_ids_pair_in_order() {
        let script =
            "C: CVR 2 ASK a@example.com\nC: CVQ 2 ASK b@example.com\nS: CVR 2 TELL\nS: CVQ 2 TELL\nS: CVR 2 TELL";
        assert_eq!(pairs(script), ["CVR 2 + CVR 2", "CVQ 2 + CVQ 2", "- + CVR 2"]);
    }

    #[test]
    fn replies_may_come_in_any_order() {
        // MSN Messenger 3.6 asks twice in a row, for two libraries.
        let script = "C: CVR 7 ASK a@example.com\nC: CVR 8 ASK a@example.com\nS: CVR 8 TELL\nS: CVR 7 TELL";
        assert_eq!(pairs(script), ["CVR 8 + CVR 8", "CVR 7 + CVR 7"]);
    }

    #[test]
    fn a_reply_with_the_other_verb_is_flagged() {
        assert_eq!(pairs("C: CVR 2 ASK a@example.com\nS: CVQ 2 TELL"), ["CVR 2 + CVQ 2 verb_differs"]);
        assert_eq!(pairs("C: CVQ 2 ASK a@example.com\nS: 420 2"), ["CVQ 2 + 420 2"]);
    }

    #[test]
    fn c22_halves_that_have_no_other_come_out_alone() {
        assert_eq!(pairs("C: CVR 2 ASK a@example.com\nS: CVR 3 TELL"), ["CVR 2 + -", "- + CVR 3"]);
    }

    #[test]
    fn an_error_is_part_of_an_exchange_only_with_its_request() {
        assert_eq!(pairs("S: 911 3\nS: 420\n"), Vec::<String>::new());
        assert_eq!(pairs("S: 911 3\nS: 731 6\nC: CVQ 6 spaghetti"), ["CVQ 6 + 731 6"]);
    }

    #[test]
    fn c20_a_transaction_id_that_is_no_number_pairs_with_nothing() {
        assert_eq!(pairs("C: CVR x ASK a@example.com\nS: CVR x TELL"), ["CVR x + -", "- + CVR x"]);
    }

    #[test]
    fn the_dialect_is_the_offer_as_sent_and_the_first_word_of_the_answer() {
        let login = "C: CVR 2 ASK a@example.com\nS: CVR 2 TELL";
        assert_eq!(
            context(&format!("C: VER 1 MSNP9  MSNP8 CVR0\nS: VER 1 MSNP8\n{login}")),
            "MSNP9 MSNP8 CVR0 > MSNP8, -"
        );
        assert_eq!(context(&format!("C: VER 0 MSNP9 CVRO\nS: VER 0 MSNP9 CVR0\n{login}")), "MSNP9 CVRO > MSNP9, -");
        assert_eq!(context(&format!("C: VER 1 MSNP2 CVR0\nS: VER 1 0 MSNP8\n{login}")), "MSNP2 CVR0 > 0, -");
        assert_eq!(context(login), "- > -, -");
    }

    #[test]
    fn a_lone_half_has_the_dialect_of_both_directions() {
        assert_eq!(context("C: VER 1 MSNP8\nC: CVR 2 ASK a@example.com\nS: VER 1 MSNP8 CVR0"), "MSNP8 > MSNP8, -");
        assert_eq!(context("S: VER 1 MSNP8\nS: CVR 2 TELL\nC: VER 1 MSNP8"), "MSNP8 > MSNP8, -");
    }

    #[test]
    fn a_request_without_account_takes_the_handle_of_the_sign_in() {
        let asked = "C: CVR 2 ASK\nS: CVR 2 TELL";
        for scheme in ["TWN", "SSO", "MD5", "CTP"] {
            assert_eq!(context(&format!("{asked}\nC: USR 3 {scheme} I u@example.com")), "- > -, u@example.com");
        }
        assert_eq!(context(&format!("C: USR 3 MD5 I u@example.com\n{asked}")), "- > -, u@example.com");
        assert_eq!(context(&format!("{asked} \nC: USR 3 TWN S t=ticket")), "- > -, -");
        // Where the client's own sign-in is missing, the server's word counts.
        assert_eq!(context(&format!("{asked}\nS: USR 3 OK u@example.com nick")), "- > -, u@example.com");
        assert_eq!(context("S: CVR 2 TELL\nS: USR 3 OK u@example.com nick"), "- > -, u@example.com");
        assert_eq!(context("C: USR 3 TWN I u@example.com\nC: CVR 2 ASK null"), "- > -, u@example.com");
    }

    #[test]
    fn a_request_that_waits_keeps_the_handle_of_the_first_sign_in_behind_it() {
        let sign_ins = "C: USR 3 TWN I u@example.com\nC: USR 4 TWN I other@example.com";
        assert_eq!(context(&format!("C: CVR 2 ASK\n{sign_ins}\nS: CVR 2 TELL")), "- > -, u@example.com");
    }

    #[test]
    fn a_request_with_account_needs_no_handle() {
        assert_eq!(context("C: USR 1 TWN I u@example.com\nC: CVR 2 ASK a@example.com\nS: CVR 2 TELL"), "- > -, -");
        assert_eq!(context("C: CVR 2 ASK a@example.com\nC: USR 3 TWN I u@example.com\nS: CVR 2 TELL"), "- > -, -");
    }

    /// What comes out of each line, then at the end.
    #[test]
    fn an_exchange_comes_out_as_soon_as_it_is_known() {
        let steps = [
            ("C: CVR 1 ASK a@example.com", 0),
            ("S: CVR 1 TELL", 1),
            ("C: CVR 2 ASK", 0),
            ("S: CVR 2 TELL", 0),
            ("S: USR 3 OK u@example.com", 0),
            ("C: USR 3 TWN I u@example.com", 1),
            ("C: CVR 4 ASK", 0),
            ("S: CVR 4 TELL", 1),
        ];
        let mut pairing = Pairing::default();
        for (frame, (line, count)) in (1..).zip(steps) {
            let mut out = Vec::new();
            let line = line.replace("ASK", ASK).replace("TELL", TELL);
            pairing.push(Event::Message(Box::new(message(1, &line, frame))), &mut out);
            assert_eq!(out.len(), count, "{line}");
        }
    }

    #[test]
    fn flags_of_both_halves_are_joined() {
        let mut asked = message(1, &format!("C: CVR 2 {ASK} a@example.com"), 1);
        asked.provenance.flags.raise(Flag::Midstream);
        let mut told = message(1, &format!("S: CVR 2 {TELL}"), 2);
        told.provenance.flags.raise(Flag::NoEol);
        let (mut pairing, mut out) = (Pairing::default(), Vec::new());
        pairing.push(Event::Message(Box::new(asked)), &mut out);
        pairing.push(Event::Message(Box::new(told)), &mut out);
        assert_eq!(out[0].flags.to_string(), "midstream;no_eol");
    }

    #[test]
    fn an_exchange_names_the_connection_of_its_reply_where_that_is_another() {
        for (port, connections) in [(1, vec![1]), (2, vec![1, 2])] {
            let asked = message(1, &format!("C: CVR 2 {ASK} a@example.com"), 1);
            let mut told = message(1, &format!("S: CVR 2 {TELL}"), 2);
            told.connection = session(port).connection();
            let (mut pairing, mut out) = (Pairing::default(), Vec::new());
            pairing.push(Event::Message(Box::new(asked)), &mut out);
            pairing.push(Event::Message(Box::new(told)), &mut out);
            let expected: Vec<ConnectionId> = connections.iter().map(|port| session(*port).connection()).collect();
            assert_eq!(out[0].connections.to_vec(), expected);
        }
    }

    #[test]
    fn memory_is_that_of_the_lines_that_wait_and_their_places() {
        let long = "x".repeat(4_000);
        // A line is kept with where its words are.
        let least_of = |lines: &[String]| {
            let places = size_of::<Asked>().min(size_of::<Answered>());
            SESSION_LEN + lines.iter().map(|line| 2 * line.len() + 2 * ALLOCATION_LEN + places).sum::<usize>()
        };
        let requests: Vec<String> = (0..10).map(|trid| format!("C: CVR {trid} {ASK} {long}@example.com")).collect();
        let replies: Vec<String> = (0..10).map(|trid| format!("S: CVR {trid} {TELL} {long}")).collect();
        let small: Vec<String> = (0..10).map(|trid| format!("S: 911 {trid}")).collect();
        let pairs = vec![format!("C: CVR 1 {ASK}"), replies[1].clone()];
        for lines in [requests, replies, small, pairs] {
            let (mut pairing, mut out) = (Pairing::default(), Vec::new());
            for line in &lines {
                pairing.push(Event::Message(Box::new(message(1, line, 1))), &mut out);
            }
            assert!(out.is_empty());
            let (told, least) = (pairing.memory(), least_of(&lines));
            assert!((least..2 * least).contains(&(told + 2 * "C: ".len() * lines.len())), "{told} for {least}");
        }
        assert_eq!(half_memory(b"", &provenance(1)), 2 * ALLOCATION_LEN, "the line, and where its words are");
    }

    /// Who cannot wait until the end takes the doubts while the other half is awaited.
    #[test]
    fn a_half_that_waits_is_doubted_at_once() {
        let lines = [format!("C: CVR 2 {ASK} a@example.com"), format!("S: CVR 2 {TELL}")];
        for [first, second] in [[0, 1], [1, 0]] {
            let (mut pairing, mut out) = (Pairing::default(), Vec::new());
            let waiting = message(1, &lines[first], 1);
            let (session, sender, position) = (waiting.session, waiting.sender, waiting.provenance.position);
            pairing.push(Event::Message(Box::new(waiting)), &mut out);
            pairing.push(Event::Doubt { session, sender, position, flags: Flag::Conflict.into() }, &mut out);
            pairing.take_doubts();
            pairing.push(Event::Message(Box::new(message(1, &lines[second], 2))), &mut out);
            assert_eq!(out.iter().map(pair).collect::<Vec<_>>(), ["CVR 2 + CVR 2 conflict"]);
        }
    }

    #[test]
    fn a_doubt_concerns_no_half_but_the_one_that_its_sender_began_there() {
        let elsewhere = Position { seq: SeqNumber(700), ..Position::default() };
        for half in ["C: CVR 2 ASK a@example.com", "S: CVR 2 TELL"] {
            let waiting = message(1, &half.replace("ASK", ASK).replace("TELL", TELL), 1);
            let Message { session, sender, provenance: Provenance { position, .. }, .. } = waiting;
            let doubted = |sender, position| {
                let (mut pairing, mut out) = (Pairing::default(), Vec::new());
                pairing.push(Event::Message(Box::new(waiting.clone())), &mut out);
                pairing.push(Event::Doubt { session, sender, position, flags: Flag::Conflict.into() }, &mut out);
                pairing.finish(&mut out);
                out[0].flags.has(Flag::Conflict)
            };
            assert!(doubted(sender, position), "{half}");
            assert!(!doubted(sender, elsewhere), "{half}: another line of its sender");
            assert!(!doubted(sender.other(), position), "{half}: a line of the other party");
        }
    }

    #[test]
    fn beyond_the_bound_the_oldest_comes_out_and_errors_yield_to_nobody_else() {
        let (mut pairing, mut out) = (Pairing::default(), Vec::new());
        for trid in 0..200 {
            for line in [format!("C: CVR {trid} {ASK} a@example.com"), format!("S: CVR {} {TELL}", trid + 1000)] {
                pairing.push(Event::Message(Box::new(message(1, &line, trid + 1))), &mut out);
            }
            pairing.push(Event::Message(Box::new(message(1, &format!("S: 911 {}", trid + 5000), trid + 1))), &mut out);
        }
        assert_eq!(out.len(), 2 * (200 - UNPAIRED_MAX));
        assert_eq!([&out[0], &out[1]].map(pair), ["CVR 0 + -", "- + CVR 1000"]);
        assert_eq!(pairing.sessions.values().map(|session| session.replies.len()).sum::<usize>(), 2 * UNPAIRED_MAX);
        pairing.push(Event::Closed { session: session(1), flags: Flags::NONE }, &mut out);
        assert_eq!(out.len(), 400);
        assert!(pairing.sessions.is_empty());
    }

    #[test]
    fn the_end_gives_session_by_session_in_the_order_of_capture() {
        let (mut pairing, mut out) = (Pairing::default(), Vec::new());
        let lines =
            [(9, "C: CVR 2 ASK a@example.com"), (7, "S: CVR 3 TELL"), (9, "S: CVR 4 TELL"), (7, "C: CVR 1 ASK")];
        for (frame, (port, line)) in (1..).zip(lines) {
            let line = line.replace("ASK", ASK).replace("TELL", TELL);
            pairing.push(Event::Message(Box::new(message(port, &line, frame))), &mut out);
        }
        pairing.finish(&mut out);
        assert_eq!(out.iter().map(pair).collect::<Vec<_>>(), ["- + CVR 3", "CVR 1 + -", "CVR 2 + -", "- + CVR 4"]);
        pairing.finish(&mut out);
        assert_eq!(out.len(), 4);
    }

    fn client_line() -> impl Strategy<Value = String> {
        prop_oneof![
            2 => "C: CV[RQ] [0-2] ASK( null| a@example\\.com| b@example\\.com)?",
            1 => "C: USR 3 TWN (I [uvw]@example\\.com|S t=1)",
            1 => "C: VER 1 MSNP[89] CVR0",
            1 => "C: CVR x ASK",
        ]
    }

    fn server_line() -> impl Strategy<Value = String> {
        prop_oneof![
            3 => "S: CV[RQ] [0-2] TELL",
            1 => "S: (420|911) [0-2]",
            1 => "S: USR 3 OK [uvw]@example\\.com",
            1 => "S: VER 1 MSNP[89]",
        ]
    }

    /// The exchanges that the two streams give if `turns` says whose line is seen next, with all that they hold.
    fn told(client: &[String], server: &[String], turns: &[bool]) -> Vec<String> {
        let (mut pairing, mut out) = (Pairing::default(), Vec::new());
        let mut client = (1..).zip(client);
        let mut server = (1001..).zip(server);
        for turn in turns.iter().copied().chain(std::iter::repeat_n(true, 20)).chain(std::iter::repeat_n(false, 20)) {
            if let Some((frame, line)) = if turn { client.next() } else { server.next() } {
                let line = line.replace("ASK", ASK).replace("TELL", TELL);
                pairing.push(Event::Message(Box::new(message(1, &line, frame))), &mut out);
            }
        }
        pairing.finish(&mut out);
        out.sort_by_key(Exchange::stamp);
        out.iter().map(|exchange| format!("{exchange:?}")).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn b17_the_interleaving_of_the_directions_does_not_matter(
            client in proptest::collection::vec(client_line(), 0..12),
            server in proptest::collection::vec(server_line(), 0..12),
            turns in proptest::collection::vec(any::<bool>(), 0..24),
        ) {
            let first_the_client = told(&client, &server, &[]);
            prop_assert_eq!(told(&client, &server, &turns), first_the_client);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn every_half_comes_out_once(
            client in proptest::collection::vec(client_line(), 0..100),
            server in proptest::collection::vec(server_line(), 0..100),
        ) {
            let (mut pairing, mut out) = (Pairing::default(), Vec::new());
            for (frame, line) in (1..).zip(client.iter().chain(&server)) {
                pairing.push(Event::Message(Box::new(message(1, line, frame))), &mut out);
            }
            pairing.finish(&mut out);
            let asked = client.iter().filter(|line| line.starts_with("C: CV")).count();
            let told = server.iter().filter(|line| line.starts_with("S: CV")).count();
            prop_assert_eq!(out.iter().filter(|exchange| exchange.request.is_some()).count(), asked);
            let replies = out.iter().filter_map(|exchange| exchange.reply.as_ref());
            prop_assert_eq!(replies.filter(|reply| reply.error_code().is_none()).count(), told);
        }

        #[test]
        fn any_bytes_are_taken(lines in proptest::collection::vec((any::<bool>(), any::<Vec<u8>>()), 0..20)) {
            let (mut pairing, mut out) = (Pairing::default(), Vec::new());
            for (sender, line) in lines {
                for verb in [Verb::Ver, Verb::Cvr, Verb::Cvq, Verb::Usr, Verb::Xfr, Verb::Error(420)] {
                    let mut message = message(1, "C: CVR 1", 1);
                    message.sender = if sender { Role::Client } else { Role::Server };
                    message.verb = verb;
                    message.command = Command::parse(&line);
                    message.provenance = provenance(1);
                    pairing.push(Event::Message(Box::new(message)), &mut out);
                }
            }
            pairing.finish(&mut out);
        }
    }
}
