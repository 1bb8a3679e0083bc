//! Observations for tests, written as the two lines that were exchanged.

use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::Observation;
use crate::cvr::{Dialect, Exchange, Reply, Request};
use crate::flags::Flags;
use crate::msnp::{Command, Peers, SessionId, Verb, Via};
use crate::net::{EncapsulationId, Endpoint, FlowKey};
use crate::packet::{InputId, Stamp, Timestamp};
use crate::tcp::{ConnectionId, Provenance};

/// Noon of 14 September 2003.
pub(crate) const NOON: i64 = 1_063_540_800_000_000_000;

/// The exchange of `request` and `reply` (either may be empty) by client number `client`, 0 to 255, in `frame`.
pub(crate) fn observation(client: u8, frame: u64, request: &[u8], reply: &[u8]) -> Observation {
    let peers = Peers {
        client: Endpoint::new(Ipv4Addr::new(192, 0, 2, client).into(), 1042),
        server: Endpoint::new(Ipv4Addr::new(198, 51, 100, 5).into(), 1863),
    };
    let stamp = |frame| Stamp { input: InputId(0), frame, time: time(frame) };
    let half = |line: &[u8], frame| {
        let command = Command::parse(line);
        let provenance = Provenance::new(stamp(frame), &[], Flags::NONE);
        let verb = match (command.name(), command.name().first()) {
            (b"CVQ", _) => Verb::Cvq,
            (code, Some(b'0'..=b'9')) => Verb::Error(str::from_utf8(code).unwrap().parse().unwrap()),
            _ => Verb::Cvr,
        };
        (!line.is_empty()).then_some((verb, command, provenance))
    };
    let (key, _) = FlowKey::new(peers.client, peers.server, EncapsulationId(0));
    let request = half(request, frame).map(|(verb, command, provenance)| Request::new(verb, command, provenance));
    let connection = ConnectionId { key, first: stamp(frame) };
    Observation::of(Exchange {
        session: SessionId::Connection(connection),
        connections: smallvec::smallvec![connection],
        peers,
        via: Via::Direct,
        dialect: Dialect { offered: Some(b"MSNP8 CVR0".as_slice().into()), chosen: Some(b"MSNP8".as_slice().into()) },
        handle: None,
        request,
        reply: half(reply, frame + 1).map(|(verb, command, provenance)| Reply::new(verb, command, provenance)),
        flags: Flags::NONE,
    })
}

/// The time of a frame: a second after the one before, and half a second past.
pub(crate) fn time(frame: u64) -> Timestamp {
    Timestamp::from_nanos(NOON + i64::try_from(frame).unwrap() * 1_000_000_000 + 500_000_000)
}

/// The request of an ordinary client.
pub(crate) const REQUEST: &[u8] = b"CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS user@example.com";

/// The reply of an ordinary server.
pub(crate) const REPLY: &[u8] =
    b"CVR 2 6.1.0211 6.1.0211 6.1.0155 http://download.example.com/SetupDl.exe http://messenger.example.com";

/// An exchange of one of a few clients, with some of a few words in it, within a minute.
pub(crate) fn any_observation() -> impl Strategy<Value = Observation> {
    let word = |words: &'static [&'static str]| prop::sample::select(words);
    let request = (
        word(&["0x0409", "0x040c"]),
        word(&["winnt 5.1", "win 4.10", "linux 2.6"]),
        word(&["MSMSGS", "MSNMSGR"]),
        word(&["6.0.0602", "6.1.0211", "14.0.8117.0416"]),
        word(&["", "null", "a@example.com", "A@example.com", "b@example.com"]),
    )
        .prop_map(|(locale, os, library, version, passport)| {
            format!("CVR 2 {locale} {os} i386 {library} {version} MSMSGS {passport}").into_bytes()
        });
    // A packet begins one connection: no two clients share a first frame.
    (0_u8..4, 0_u64..6, prop::option::weighted(0.8, request)).prop_map(|(client, frame, request)| {
        observation(client, u64::from(client) * 10 + frame, &request.unwrap_or_default(), REPLY)
    })
}
