//! Test support: lines in the protocol's own notation become messages, requests, replies and exchanges.
//!
//! ```text
//! C: VER 1 MSNP8 CVR0
//! S: VER 1 MSNP8
//! C: CVR 2 0x0409 win 4.10 i386 MSNMSGR 5.0.0544 MSMSGS user@example.com
//! S: CVR 2 6.0.0602 6.0.0602 1.0.0000
//! ```

use std::net::Ipv4Addr;

use super::{Exchange, Pairing, Reply, Request};
use crate::flags::Flags;
use crate::msnp::{Command, Event, Message, Peers, SessionId, Verb, Via};
use crate::net::{EncapsulationId, Endpoint, FlowKey};
use crate::packet::{InputId, Stamp, Timestamp};
use crate::tcp::{ConnectionId, Provenance, Role};

/// The packet with this number, captured as many milliseconds after 1970.
pub(crate) fn stamp(frame: u64) -> Stamp {
    let nanos = i64::try_from(frame).unwrap() * 1_000_000;
    Stamp { input: InputId(0), frame, time: Timestamp::from_nanos(nanos) }
}

/// Bytes that came in one packet.
pub(crate) fn provenance(frame: u64) -> Provenance {
    Provenance::new(stamp(frame), &[], Flags::NONE)
}

/// Two ends in the documentation's address ranges; `port` is the client's.
pub(crate) fn peers(port: u16) -> Peers {
    Peers {
        client: Endpoint::new(Ipv4Addr::new(192, 0, 2, 1).into(), port),
        server: Endpoint::new(Ipv4Addr::new(198, 51, 100, 5).into(), 1863),
    }
}

/// The session between [`peers`].
pub(crate) fn session(port: u16) -> SessionId {
    let Peers { client, server } = peers(port);
    let (key, _) = FlowKey::new(client, server, EncapsulationId::default());
    SessionId::Connection(ConnectionId { key, first: stamp(1) })
}

/// What `line` says by its first word.
fn verb(line: &str) -> Verb {
    match line.split(' ').next().unwrap_or_default() {
        "VER" => Verb::Ver,
        "CVQ" => Verb::Cvq,
        "USR" => Verb::Usr,
        "XFR" => Verb::Xfr,
        word => word.parse().map_or(Verb::Cvr, Verb::Error),
    }
}

/// The message that `line` (`C: ...` or `S: ...`) is, in the packet `frame`.
pub(crate) fn message(port: u16, line: &str, frame: u64) -> Message {
    let (sender, said) = line.split_once(": ").unwrap();
    Message {
        session: session(port),
        connection: session(port).connection(),
        peers: peers(port),
        via: Via::Direct,
        sender: if sender == "C" { Role::Client } else { Role::Server },
        verb: verb(said),
        command: Command::parse(said.as_bytes()),
        provenance: provenance(frame),
    }
}

/// The exchanges of one session; its lines come in the packets 1, 2, 3, ..., and it is closed at the end.
pub(crate) fn exchanges(script: &str) -> Vec<Exchange> {
    let (mut pairing, mut out) = (Pairing::default(), Vec::new());
    for (frame, line) in (1..).zip(script.lines().map(str::trim_start).filter(|line| !line.is_empty())) {
        pairing.push(Event::Message(Box::new(message(1042, line, frame))), &mut out);
    }
    pairing.push(Event::Closed { session: session(1042), flags: Flags::NONE }, &mut out);
    out
}

/// The exchange of a request line and, where it is not empty, a reply line.
pub(crate) fn exchange(request: &str, reply: &str) -> Exchange {
    let mut all = exchanges(&match reply {
        "" => format!("C: {request}"),
        _ => format!("C: {request}\nS: {reply}"),
    });
    assert_eq!(all.len(), 1, "{request} / {reply}");
    all.remove(0)
}

/// The request that `line` is.
pub(crate) fn request(line: &str) -> Request {
    Request::new(verb(line), Command::parse(line.as_bytes()), provenance(1))
}

/// The reply that `line` is.
pub(crate) fn reply(line: &str) -> Reply {
    Reply::new(verb(line), Command::parse(line.as_bytes()), provenance(2))
}

/// Bytes as text, for comparison in tests.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The eight fields of a request in order, `-` for an absent one, and its extras.
pub(crate) fn request_fields(request: &Request) -> String {
    let known = [
        request.locale_id(),
        request.os_type(),
        request.os_ver(),
        request.arch(),
        request.library_name(),
        request.client_ver(),
        request.client_name(),
        request.passport(),
    ];
    let words: Vec<String> =
        known.into_iter().chain(request.extra().map(Some)).map(|word| word.map_or("-".to_owned(), text)).collect();
    words.join(" ")
}
