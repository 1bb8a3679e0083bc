//! Carries a direct conversation as the HTTP gateway and proxies do: the same words in other bytes.
//!
//! The forms of requests and responses are those of the official client of 2003 (hypothetic.org) and of real captures.

use std::io::Write;
use std::net::IpAddr;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::conversation::{Action, Conversation, Opening, PACE, Step};
use super::packet::Side;
use super::script::Script;

/// How a conversation is carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Gateway(Gateway),
    /// HTTP CONNECT; `refused_first` says that the proxy wants a password before.
    Connect {
        refused_first: bool,
    },
    Socks4,
    /// The proxy looks up the name.
    Socks4a,
    Socks5 {
        password: bool,
    },
}

/// How bodies are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Zlib,
    /// Deflate without zlib's header, as some servers send it.
    Deflate,
}

/// How the gateway carries it. The default is what clients do: everything that is said at once in one body, the answer in
/// the response, one connection.
#[expect(clippy::struct_excessive_bools, reason = "each is something that a client or a server does or does not")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gateway {
    /// The part of the session's id before the dot.
    pub(crate) id: String,
    /// Whether the part behind the dot is there at all.
    pub(crate) dotted: bool,
    /// Greatest lengths of bodies, in turn.
    pub(crate) bodies: Vec<usize>,
    /// How much of what the server has to say goes into each response, in turn, in percent. The rest comes later.
    pub(crate) shares: Vec<usize>,
    /// Whether the client asks for the rest after each command.
    pub(crate) polls: bool,
    /// Whether the session is opened without a word.
    pub(crate) opens_silently: bool,
    pub(crate) absolute: bool,
    /// Greatest length of a chunk.
    pub(crate) chunk: Option<usize>,
    pub(crate) packing: Packing,
    /// Whether the client waits for `100 Continue`.
    pub(crate) continues: bool,
    /// Requests on one connection.
    pub(crate) requests: usize,
    /// Whether the end of the connection is the end of a response: HTTP/1.0. Then each request has its own.
    pub(crate) until_close: bool,
    /// Whether the last response ends the session.
    pub(crate) closes: bool,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            id: "954547325".into(),
            dotted: true,
            bodies: vec![usize::MAX],
            shares: vec![100],
            polls: false,
            opens_silently: false,
            absolute: true,
            chunk: None,
            packing: Packing::Plain,
            continues: false,
            requests: usize::MAX,
            until_close: false,
            closes: false,
        }
    }
}

impl Script {
    /// The same words, carried so.
    pub(crate) fn carried(&self, transport: &Transport) -> Self {
        let mut script = self.clone();
        script.conversations = self.conversations.iter().flat_map(|one| carried(one, transport)).collect();
        script
    }
}

/// The connections that carry a conversation.
pub(crate) fn carried(conversation: &Conversation, transport: &Transport) -> Vec<Conversation> {
    let target = conversation.server;
    let port = target.port().to_be_bytes();
    let address = match target.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let kind = if target.is_ipv4() { 1 } else { 4 };
    let name = "messenger.example.com";
    let prelude: Vec<(Side, Vec<u8>)> = match transport {
        Transport::Gateway(gateway) => return gateway.connections(conversation, turns(conversation, gateway)),
        Transport::Connect { refused_first } => {
            let head = format!("CONNECT {name}:{} HTTP/1.0\r\nUser-Agent: MSMSGS\r\n", target.port());
            let refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\
                Content-Length: 9\r\n\r\nVER 1 no\n";
            let mut steps = Vec::new();
            if *refused_first {
                steps.push((Side::Client, format!("{head}\r\n").into_bytes()));
                steps.push((Side::Server, refusal.to_vec()));
            }
            steps.push((Side::Client, format!("{head}Proxy-Authorization: Basic eDp5\r\n\r\n").into_bytes()));
            steps.push((Side::Server, b"HTTP/1.0 200 Connection established\r\nVia: 1.0 x\r\n\r\n".to_vec()));
            steps
        }
        Transport::Socks4 => {
            let request = [&[4, 1], &port[..], &[198, 51, 100, 7], b"user\0"].concat();
            vec![(Side::Client, request), (Side::Server, [&[0, 0x5a], &port[..], &[198, 51, 100, 7]].concat())]
        }
        Transport::Socks4a => {
            let request = [&[4, 1], &port[..], &[0, 0, 0, 1], b"\0", name.as_bytes(), b"\0"].concat();
            vec![(Side::Client, request), (Side::Server, vec![0, 0x5a, 0, 0, 0, 0, 0, 0])]
        }
        Transport::Socks5 { password: false } => vec![
            (Side::Client, vec![5, 2, 0, 2]),
            (Side::Server, vec![5, 0]),
            (Side::Client, [&[5, 1, 0, kind], &address[..], &port].concat()),
            (Side::Server, vec![5, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
        ],
        Transport::Socks5 { password: true } => vec![
            (Side::Client, vec![5, 1, 2]),
            (Side::Server, vec![5, 2]),
            (Side::Client, b"\x01\x04user\x06secret".to_vec()),
            (Side::Server, vec![1, 0]),
            (Side::Client, [&[5, 1, 0, 3, 21], name.as_bytes(), &port].concat()),
            (Side::Server, [&[5, 0, 0, kind], &address[..], &port].concat()),
        ],
    };
    let mut carried = conversation.clone();
    let like = conversation.steps.first().cloned();
    let said = |(side, bytes)| Step { after: PACE, action: Action::Say(side, bytes), ..like.clone().unwrap() };
    carried.steps = prelude.into_iter().map(said).chain(conversation.steps.iter().cloned()).collect();
    vec![carried]
}

/// Several conversations through one connection of the gateway, a request of each in turn, on the ends of the first.
pub(crate) fn shared(conversations: &[Conversation], gateway: &Gateway) -> Vec<Conversation> {
    let mut all: Vec<_> = (0..)
        .zip(conversations)
        .map(|(number, conversation)| {
            let id = format!("{}{number}", gateway.id);
            turns(conversation, &Gateway { id, ..gateway.clone() }).into_iter()
        })
        .collect();
    let mut together = Vec::new();
    loop {
        let round: Vec<Turn> = all.iter_mut().filter_map(Iterator::next).collect();
        if round.is_empty() {
            return gateway.connections(&conversations[0], together);
        }
        together.extend(round);
    }
}

/// A request and its response: who says what, the way in which the step that caused it is captured, and when.
struct Turn {
    said: Vec<(Side, Vec<u8>)>,
    like: Step,
}

/// The requests and responses of a conversation.
fn turns(conversation: &Conversation, gateway: &Gateway) -> Vec<Turn> {
    let mut made = Made { gateway, turns: Vec::new(), waiting: Vec::new(), bodies: 0, ends: false };
    let mut steps = conversation.steps.iter().peekable();
    if let Some(first) = steps.peek().filter(|_| gateway.opens_silently) {
        made.turn(b"", first, false);
    }
    while let Some(step) = steps.next() {
        match &step.action {
            Action::Say(Side::Client, bytes) => {
                let mut rest = bytes.as_slice();
                while !rest.is_empty() {
                    let len = gateway.bodies[made.bodies % gateway.bodies.len()].clamp(1, rest.len());
                    made.bodies += 1;
                    let (body, behind) = rest.split_at(len);
                    rest = behind;
                    // The answer is there before the response to the last body.
                    while rest.is_empty()
                        && let Some(Action::Say(Side::Server, bytes)) = steps.peek().map(|step| &step.action)
                    {
                        made.waiting.extend(bytes);
                        steps.next();
                    }
                    made.turn(body, step, false);
                }
                if gateway.polls {
                    made.turn(b"", step, true);
                }
            }
            Action::Say(Side::Server, bytes) => {
                made.waiting.extend(bytes);
                made.turn(b"", step, false);
            }
            Action::Close(_) | Action::Reset(_) => {}
        }
    }
    let last = conversation.steps.last().expect("a conversation with a step");
    while !made.waiting.is_empty() {
        made.turn(b"", last, true);
    }
    if gateway.closes {
        made.ends = true;
        made.turn(b"", last, true);
    }
    made.turns
}

struct Made<'a> {
    gateway: &'a Gateway,
    turns: Vec<Turn>,
    /// What the server has to say.
    waiting: Vec<u8>,
    bodies: usize,
    /// Whether the next response ends the session.
    ends: bool,
}

impl Made<'_> {
    /// A request that carries `body`, and its response, which holds a share of what waits, or all.
    fn turn(&mut self, body: &[u8], like: &Step, all: bool) {
        let number = self.turns.len();
        let share = self.gateway.shares[number % self.gateway.shares.len()];
        let len = if all { self.waiting.len() } else { self.waiting.len() * share / 100 };
        let answer: Vec<u8> = self.waiting.drain(..len).collect();
        let (head, body) = self.gateway.request(body, number);
        let response = self.gateway.response(&answer, number, self.ends);
        let said = if self.gateway.continues {
            let go_on = b"HTTP/1.1 100 Continue\r\n\r\n".to_vec();
            vec![(Side::Client, head), (Side::Server, go_on), (Side::Client, body), (Side::Server, response)]
        } else {
            vec![(Side::Client, [head, body].concat()), (Side::Server, response)]
        };
        self.turns.push(Turn { said, like: like.clone() });
    }
}

impl Gateway {
    fn session(&self, number: usize) -> String {
        if self.dotted { format!("{}.{}", self.id, number * 7919 % 32768) } else { self.id.clone() }
    }

    fn request(&self, body: &[u8], number: usize) -> (Vec<u8>, Vec<u8>) {
        let query = match number {
            0 => "Action=open&Server=NS&IP=messenger.example.com".to_owned(),
            _ if body.is_empty() => format!("Action=poll&SessionID={}", self.session(number - 1)),
            _ => format!("SessionID={}", self.session(number - 1)),
        };
        let host = if self.absolute { "http://gateway.example.com" } else { "" };
        let (headers, body) = self.body(body);
        let expect = if self.continues { "Expect: 100-continue\r\n" } else { "" };
        let head = format!(
            "POST {host}/gateway/gateway.dll?{query} HTTP/1.1\r\nAccept: */*\r\nAccept-Language: en-us\r\n\
            Accept-Encoding: gzip, deflate\r\nUser-Agent: MSMSGS\r\nHost: gateway.example.com\r\n\
            Proxy-Connection: Keep-Alive\r\nConnection: Keep-Alive\r\nPragma: no-cache\r\n\
            Content-Type: application/x-msn-messenger\r\n{expect}{headers}\r\n"
        );
        (head.into_bytes(), body)
    }

    fn response(&self, body: &[u8], number: usize, ends: bool) -> Vec<u8> {
        let (headers, body) = self.body(body);
        // What the client reads until the connection ends tells no length.
        let headers = if self.until_close && self.chunk.is_none() {
            headers
                .lines()
                .filter(|line| !line.starts_with("Content-Length"))
                .fold(String::new(), |all, line| all + line + "\r\n")
        } else {
            headers
        };
        let end = if ends { "; Session=close" } else { "" };
        let version = if self.until_close { "1.0" } else { "1.1" };
        let head = format!(
            "HTTP/{version} 200 OK\r\nServer: Microsoft-IIS/5.0\r\n\
            X-MSN-Messenger: SessionID={}; GW-IP=198.51.100.7{end}\r\n{headers}\
            Content-Type: application/x-msn-messenger\r\n\r\n",
            self.session(number)
        );
        [head.as_bytes(), &body].concat()
    }

    /// The headers that tell of a body, and its bytes.
    fn body(&self, bytes: &[u8]) -> (String, Vec<u8>) {
        let (coding, packed) = match self.packing {
            Packing::Plain => ("", bytes.to_vec()),
            Packing::Gzip => {
                ("Content-Encoding: gzip\r\n", written(GzEncoder::new(Vec::new(), Compression::best()), bytes))
            }
            Packing::Zlib => {
                ("Content-Encoding: deflate\r\n", written(ZlibEncoder::new(Vec::new(), Compression::best()), bytes))
            }
            Packing::Deflate => {
                ("Content-Encoding: deflate\r\n", written(DeflateEncoder::new(Vec::new(), Compression::best()), bytes))
            }
        };
        let Some(chunk) = self.chunk else {
            return (format!("{coding}Content-Length: {}\r\n", packed.len()), packed);
        };
        let mut chunked = Vec::new();
        for part in packed.chunks(chunk.max(1)) {
            chunked.extend(format!("{:x};x=y\r\n", part.len()).into_bytes());
            chunked.extend(part);
            chunked.extend(b"\r\n");
        }
        chunked.extend(b"0\r\nX-Trailer: VER 1\r\n\r\n");
        (format!("{coding}Transfer-Encoding: chunked\r\n"), chunked)
    }

    /// Connections that carry `turns`, with the ends of `conversation`; the client's port counts on.
    fn connections(&self, conversation: &Conversation, turns: Vec<Turn>) -> Vec<Conversation> {
        let requests = if self.until_close { 1 } else { self.requests.max(1) };
        let end = conversation.steps.iter().find(|step| !matches!(step.action, Action::Say(..)));
        let mut connections: Vec<Conversation> = Vec::new();
        for (number, Turn { said, like }) in turns.into_iter().enumerate() {
            if number % requests == 0 {
                let mut next = Conversation { steps: Vec::new(), ..conversation.clone() };
                let place = u16::try_from(connections.len()).unwrap();
                next.client.set_port(conversation.client.port().wrapping_add(place).max(1));
                if place > 0 {
                    (next.opening, next.after) = (Opening::Handshake, PACE);
                }
                connections.push(next);
            }
            let steps = &mut connections.last_mut().expect("a connection was just made").steps;
            for (place, (side, bytes)) in said.into_iter().enumerate() {
                let after = if place == 0 { like.after } else { PACE };
                steps.push(Step { after, action: Action::Say(side, bytes), ..like.clone() });
            }
            if self.until_close {
                steps.push(Step { after: PACE, action: Action::Close(Side::Server), ..like });
            }
        }
        if let (Some(last), Some(end)) = (connections.last_mut(), end.filter(|_| !self.until_close)) {
            last.steps.push(end.clone());
        }
        connections
    }
}

/// What the encoder makes of `bytes`.
fn written<E: Write + Finish>(mut encoder: E, bytes: &[u8]) -> Vec<u8> {
    encoder.write_all(bytes).unwrap();
    encoder.finished()
}

/// The encoders end alike, but share no trait for it.
trait Finish {
    fn finished(self) -> Vec<u8>;
}

impl Finish for GzEncoder<Vec<u8>> {
    fn finished(self) -> Vec<u8> {
        self.finish().unwrap()
    }
}

impl Finish for ZlibEncoder<Vec<u8>> {
    fn finished(self) -> Vec<u8> {
        self.finish().unwrap()
    }
}

impl Finish for DeflateEncoder<Vec<u8>> {
    fn finished(self) -> Vec<u8> {
        self.finish().unwrap()
    }
}
