//! A sign-in: what is said, and the exchanges in it.
//!
//! From MSNP8 on the version is told before signing in, earlier after it; clients of the oldest dialects agree with the
//! server on nothing but CVR0 and ask by CVQ. A dispatch server sends the client on, and it asks again there.

use std::net::SocketAddrV4;

use super::Exchange;
use super::connection::Side::{Client, Server};
use super::connection::{Connection, Side};
use super::dialogue::Dialogue;
use super::people::{Person, Shape};

/// Where the server lets download what it recommends; and what else it has to say.
const URLS: &str = "http://download.microsoft.com/download/8/3/C/83C4B2DB-AC1C-4B56-8144-4472C0982F21/SetupDl.exe \
                    http://messenger.msn.com";
/// One server in so many repeats what the client said, as revived ones do.
const ONE_ECHO_IN: usize = 40;
/// One request in so many is refused, and one in so many is not answered.
const ONE_REFUSED_IN: usize = 200;
/// What the client tells after one redirection: `Version: 1`, `XfrCount: 2` in base64.
const REDIRECTED: &str = "VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDINCg==";
/// And before any.
const NOT_REDIRECTED: &str = "VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDENCg==";
/// Microseconds that people and servers take, on average.
const PAUSE_US: u32 = 1_500_000;

/// Where a person signs in, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leg {
    pub(super) client: SocketAddrV4,
    pub(super) server: SocketAddrV4,
    /// The server to which this one sends its clients on, if they know what a dispatch server is.
    pub(super) onward: Option<SocketAddrV4>,
    /// The first transaction id: it goes on from server to server.
    pub(super) first_trid: u32,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Answered,
    Refused,
    Ignored,
}

/// A sign-in in the making.
pub(super) struct Login<'a> {
    dialogue: Dialogue<'a>,
    person: &'a Person,
    leg: Leg,
    text: Vec<u8>,
    trid: u32,
    /// Where the server sent the client.
    redirected: Option<SocketAddrV4>,
    exchanges: &'a mut Vec<Exchange>,
}

impl<'a> Login<'a> {
    pub(super) fn new(dialogue: Dialogue<'a>, person: &'a Person, leg: Leg, exchanges: &'a mut Vec<Exchange>) -> Self {
        Self { dialogue, person, leg, text: Vec::new(), trid: leg.first_trid, redirected: None, exchanges }
    }

    /// The whole connection, and the server to which the client was sent on.
    pub(super) fn connection(mut self) -> (Connection, Option<SocketAddrV4>) {
        match self.person.client.shape {
            Shape::Fallback => self.fall_back(),
            Shape::Late => self.tell_late(),
            Shape::Early => self.tell_early(),
            Shape::Pipelined => self.tell_at_once(),
        }
        (Connection::new(self.leg.client, self.leg.server, self.dialogue.segments(), self.text), self.redirected)
    }

    fn fall_back(&mut self) {
        let offer = self.person.client.offer;
        let trid = self.next_trid();
        self.ask(&format!("VER {trid} {offer}\r\n"), &format!("VER {trid} CVR0\r\n"));
        self.exchange("CVQ");
        self.dialogue.acknowledge(Client);
        self.dialogue.close(Server);
    }

    fn tell_late(&mut self) {
        self.agree();
        let (trid, passport) = (self.next_trid(), &self.person.passport);
        self.ask(&format!("USR {trid} MD5 I {passport}\r\n"), &format!("USR {trid} MD5 S 1013928519.693957190\r\n"));
        self.dialogue.think(PAUSE_US);
        self.sign_in("MD5 S 23e54a439a6a17d15025f4c6cbd0f6b5");
        if self.exchange("CVR") == Fate::Answered {
            self.leave();
        } else {
            self.dialogue.close(Server);
        }
    }

    fn tell_early(&mut self) {
        self.agree();
        if self.exchange("CVR") != Fate::Answered {
            self.dialogue.close(Server);
            return;
        }
        let (trid, passport) = (self.next_trid(), &self.person.passport);
        let first = format!("USR {trid} TWN I {passport}\r\n");
        if let Some(onward) = self.leg.onward {
            self.say(Client, &first);
            self.dialogue.travel();
            self.redirect(&format!("XFR {trid} NS {onward} 0 {}\r\n", self.leg.server));
        } else {
            self.ask(
                &first,
                &format!("USR {trid} TWN S ct=1075830330,rver=1,wp=FS_40SEC_0_COMPACT,lc=1033,id=507\r\n"),
            );
            self.dialogue.think(PAUSE_US);
            self.sign_in("TWN S t=5Lw7Aom3KYz0DkYmHyl0tQXC9qYhcQFc&p=5gxhQJGlUbgvHcSgVqXRYjXK");
            self.leave();
        }
    }

    /// As MSNP21 does: three commands in one write, three answers.
    fn tell_at_once(&mut self) {
        let offer = self.person.client.offer;
        let [ver, cvr, usr] = [(); 3].map(|()| self.next_trid());
        let request = self.request("CVR", cvr);
        let dialect = offer.split(' ').next().unwrap_or_default();
        let passport = &self.person.passport;
        self.say(Client, &format!("VER {ver} {offer}\r\n{request}\r\nUSR {usr} SSO I {passport}\r\n"));
        self.dialogue.travel();
        self.say(Server, &format!("VER {ver} {dialect}\r\n"));
        let reply = self.reply("CVR", cvr);
        self.say(Server, &format!("{reply}\r\n"));
        self.note(cvr, request, reply);
        if let Some(onward) = self.leg.onward {
            self.redirect(&format!("XFR {usr} NS {onward} U D {REDIRECTED}\r\n"));
        } else {
            self.say(Server, &format!("USR {usr} SSO S MBI_KEY_OLD 8CLhG/xfgYZ7TyRQ/jIAWyDmd/w4R4GF\r\n"));
            self.dialogue.think(PAUSE_US);
            self.sign_in("SSO S t=EwCYAswbAQAUs/6zdVyWwWVhSqAH6kOpwEJZfjQz");
            self.leave();
        }
    }

    /// Client and server agree on a dialect.
    fn agree(&mut self) {
        let (trid, offer) = (self.next_trid(), self.person.client.offer);
        self.ask(&format!("VER {trid} {offer}\r\n"), &format!("VER {trid} {offer}\r\n"));
    }

    fn exchange(&mut self, verb: &str) -> Fate {
        let trid = self.next_trid();
        let request = self.request(verb, trid);
        let fate = match self.dialogue.below(ONE_REFUSED_IN) {
            0 => Fate::Refused,
            1 => Fate::Ignored,
            _ => Fate::Answered,
        };
        let reply = match fate {
            Fate::Answered => self.reply(verb, trid),
            Fate::Refused => format!("420 {trid}"),
            Fate::Ignored => String::new(),
        };
        self.say(Client, &format!("{request}\r\n"));
        self.dialogue.travel();
        if fate != Fate::Ignored {
            self.say(Server, &format!("{reply}\r\n"));
        }
        self.note(trid, request, reply);
        fate
    }

    fn request(&self, verb: &str, trid: u32) -> String {
        let redirection = if self.leg.first_trid == 1 { NOT_REDIRECTED } else { REDIRECTED };
        format!("{verb} {trid} {}", self.person.told(redirection))
    }

    fn reply(&mut self, verb: &str, trid: u32) -> String {
        let own = self.person.version();
        let [recommended, least] = match self.person.client.advice {
            _ if self.dialogue.below(ONE_ECHO_IN) == 0 => [own, own],
            ["", _] => ["1.0.0000", "1.0.0000"],
            advice => advice,
        };
        format!("{verb} {trid} {recommended} {recommended} {least} {URLS}")
    }

    fn note(&mut self, trid: u32, request: String, reply: String) {
        let Leg { client, server, .. } = self.leg;
        self.exchanges.push(Exchange { client, server, trid, request, reply });
    }

    /// The server sends the client on.
    fn redirect(&mut self, line: &str) {
        self.redirected = self.leg.onward;
        self.say(Server, line);
        self.dialogue.acknowledge(Client);
        self.dialogue.close(Server);
    }

    /// The second half of signing in, and what the server sends then.
    fn sign_in(&mut self, proof: &str) {
        let (trid, passport) = (self.next_trid(), &self.person.passport);
        self.ask(&format!("USR {trid} {proof}\r\n"), &format!("USR {trid} OK {passport} 1 0\r\n"));
        let profile = "MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsprofile; charset=UTF-8\r\n\
                       LoginTime: 1075830333\r\n\
                       EmailEnabled: 1\r\nlang_preference: 1033\r\npreferredEmail: \r\n\
                       country: US\r\nGender: U\r\nKid: 0\r\n\
                       ClientPort: 1056\r\nsid: 507\r\n\r\n";
        self.say(Server, &format!("MSG Hotmail Hotmail {}\r\n{profile}", profile.len()));
        self.dialogue.acknowledge(Client);
    }

    /// Contacts, presence, good-bye.
    fn leave(&mut self) {
        let contacts = self.next_trid();
        self.ask(&format!("SYN {contacts} 0\r\n"), &format!("SYN {contacts} 27 2 0\r\nGTC A\r\nBLP AL\r\n"));
        self.say(Server, "LST alice@example.com Alice 11 0\r\nLST bob@example.com Bob 11 0\r\n");
        self.dialogue.acknowledge(Client);
        let presence = self.next_trid();
        self.ask(&format!("CHG {presence} NLN 0\r\n"), &format!("CHG {presence} NLN 0\r\n"));
        self.dialogue.acknowledge(Client);
        self.dialogue.think(2 * PAUSE_US);
        self.say(Client, "OUT\r\n");
        self.dialogue.close(Client);
    }

    fn ask(&mut self, question: &str, answer: &str) {
        self.say(Client, question);
        self.dialogue.travel();
        self.say(Server, answer);
    }

    fn say(&mut self, side: Side, text: &str) {
        let from = self.text.len();
        self.text.extend_from_slice(text.as_bytes());
        self.dialogue.say(side, from, text.len());
    }

    fn next_trid(&mut self) -> u32 {
        let trid = self.trid;
        self.trid += 1;
        trid
    }
}
