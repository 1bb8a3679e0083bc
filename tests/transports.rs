//! One conversation gives the same rows however it is carried: directly, through the HTTP gateway, through proxies.
//!
//! The conversations are those of the samples. What the gateway's bodies, chunks, polls and connections are is random.

use proptest::prelude::*;

use msncensus::cvr::{Reply, Request};
use msncensus::flags::Flag;
use msncensus::msnp::Via;

use crate::support::LOGIN;
use crate::support::alter::{lose, shuffle};
use crate::support::conversation::{Action, Recorded, Segmentation};
use crate::support::engine::{Found, analyse};
use crate::support::packet::{Side, TestPacket};
use crate::support::script::Script;
use crate::support::transport::{Gateway, Packing, Transport, shared};

/// Samples with two sides, the last of which quotes lines in a chat: one dialect after the other, components, errors, a chat, a dispatch server.
const SAMPLES: [&str; 8] = [
    "msn-6.0-required",
    "msn-1.0-cvq-fallback",
    "msn-3.6-two-components",
    "cvq-errors",
    "libpurple-dispatch",
    "wlm-2011-dispatch",
    "msn-tv",
    "gaim-chat",
];

/// Those without the chat: a quoted line whose own command is missing is believed, with a doubt.
const WITHOUT_CHAT: usize = SAMPLES.len() - 1;

/// A sample as Ethernet carries it.
fn sample(index: usize) -> Script {
    Script::sample(SAMPLES[index])
}

fn gateway() -> impl Strategy<Value = Gateway> {
    let bodies = prop::collection::vec(prop_oneof![3 => Just(usize::MAX), 1 => 1..60_usize], 1..4);
    let shares = prop::collection::vec(prop_oneof![2 => Just(100), 1 => Just(0), 1 => 0..100_usize], 1..4);
    let packing = prop_oneof![3 => Just(Packing::Plain), 1 => Just(Packing::Gzip), 1 => Just(Packing::Zlib), 1 => Just(Packing::Deflate)];
    let chunk = prop_oneof![2 => Just(None), 1 => (1..80_usize).prop_map(Some)];
    let requests = prop_oneof![2 => Just(usize::MAX), 1 => 1..5_usize];
    let switches = prop::collection::vec(any::<bool>(), 7);
    (bodies, shares, packing, chunk, requests, switches).prop_map(|(bodies, shares, packing, chunk, requests, on)| {
        Gateway {
            id: if on[0] { "954547325".into() } else { "0b04cf7c-b88b-498d-8157-ba3fa68406bc".into() },
            dotted: on[0],
            bodies,
            shares,
            polls: on[6],
            opens_silently: on[1],
            absolute: on[2],
            chunk,
            packing,
            continues: on[3],
            requests,
            until_close: on[4] && on[5],
            closes: on[5],
        }
    })
}

fn transport() -> impl Strategy<Value = Transport> {
    prop_oneof![
        4 => gateway().prop_map(Transport::Gateway),
        1 => any::<bool>().prop_map(|refused_first| Transport::Connect { refused_first }),
        1 => Just(Transport::Socks4),
        1 => Just(Transport::Socks4a),
        1 => any::<bool>().prop_map(|password| Transport::Socks5 { password }),
    ]
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(prop_oneof![1..4_usize, 1..60_usize, 1..1460_usize], 1..6)
}

fn via(transport: &Transport) -> Via {
    match transport {
        Transport::Gateway(_) => Via::Gateway,
        Transport::Connect { .. } => Via::Proxy,
        Transport::Socks4 | Transport::Socks4a | Transport::Socks5 { .. } => Via::Socks,
    }
}

/// Every row was carried so.
fn assert_via(found: &Found, via: Via) -> Result<(), TestCaseError> {
    for row in &found.observations {
        prop_assert_eq!(row.exchange.via, via);
    }
    Ok(())
}

/// The lines of the rows: request and reply.
fn lines(found: &Found) -> Vec<Vec<u8>> {
    let requests = found.observations.iter().filter_map(|row| row.exchange.request.as_ref().map(Request::line));
    let replies = found.observations.iter().filter_map(|row| row.exchange.reply.as_ref().map(Reply::line));
    requests.chain(replies).map(<[u8]>::to_vec).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_conversation_reads_the_same_however_it_is_carried(
        index in 0..SAMPLES.len(),
        transport in transport(),
        sizes in sizes(),
        port in prop_oneof![Just(80), Just(1080), Just(1863), Just(1865), Just(3128), Just(8080), 1..u16::MAX],
    ) {
        let direct = sample(index);
        let mut carried = direct.carried(&transport);
        carried.conversations.iter_mut().for_each(|conversation| conversation.server.set_port(port));
        carried.segment(&Segmentation::Sizes(sizes));
        let found = analyse(&carried.packets());
        prop_assert_eq!(found.said(), analyse(&direct.packets()).said());
        assert_via(&found, via(&transport))?;
        prop_assert_eq!((found.stats.gateway.bad, found.stats.gateway.unreadable_bodies), (0, 0));
    }

    #[test]
    fn the_gateway_behind_a_proxy_is_the_gateway(
        index in 0..SAMPLES.len(),
        gateway in gateway(),
        proxies in prop::collection::vec(transport().prop_filter("a proxy", |t| !matches!(t, Transport::Gateway(_))), 1..3),
        sizes in sizes(),
    ) {
        let direct = sample(index);
        let mut carried = direct.carried(&Transport::Gateway(gateway));
        for proxy in &proxies {
            carried = carried.carried(proxy);
        }
        carried.segment(&Segmentation::Sizes(sizes));
        let found = analyse(&carried.packets());
        prop_assert_eq!(found.said(), analyse(&direct.packets()).said());
        assert_via(&found, Via::Gateway)?;
    }

    #[test]
    fn sessions_that_share_a_connection_are_told_apart(
        indices in prop::collection::vec(0..SAMPLES.len(), 2..4),
        gateway in gateway(),
        sizes in sizes(),
    ) {
        let mut together = sample(0);
        let mut apart: Vec<String> = Vec::new();
        let mut conversations = Vec::new();
        for index in &indices {
            let mut direct = sample(*index);
            // All ask from one address, as behind a proxy.
            for conversation in &mut direct.conversations {
                (conversation.client, conversation.server) =
                    ("192.0.2.77:1077".parse().unwrap(), "198.51.100.7:80".parse().unwrap());
            }
            direct.conversations.truncate(1);
            apart.extend(analyse(&direct.packets()).said());
            conversations.append(&mut direct.conversations);
        }
        together.conversations = shared(&conversations, &gateway);
        together.segment(&Segmentation::Sizes(sizes));
        let found = analyse(&together.packets());
        apart.sort_unstable();
        prop_assert_eq!(found.said(), apart);
    }

    #[test]
    fn packets_in_another_order_change_nothing(
        index in 0..SAMPLES.len(),
        transport in transport(),
        sizes in sizes(),
        distance in 0..12_usize,
        seed in any::<u64>(),
    ) {
        let mut direct = sample(index);
        direct.conversations.truncate(1);
        let transport = match transport {
            Transport::Gateway(gateway) => {
                Transport::Gateway(Gateway { requests: usize::MAX, until_close: false, ..gateway })
            }
            proxy => proxy,
        };
        let mut carried = direct.carried(&transport);
        carried.segment(&Segmentation::Sizes(sizes));
        let packets = carried.packets();
        let (handshake, rest) = packets.split_at(3);
        let mixed = [handshake, &shuffle(rest, distance, seed)].concat();
        let found = analyse(&mixed);
        prop_assert_eq!(found.said(), analyse(&direct.packets()).said());
        assert_via(&found, via(&transport))?;
    }

    #[test]
    fn loss_takes_away_and_invents_nothing(
        index in 0..WITHOUT_CHAT,
        transport in transport(),
        sizes in sizes(),
        lost in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
    ) {
        let direct = sample(index);
        // That a whole connection is missing, nothing tells: then what stands on both sides of it must be whole lines, as
        // it is in truth.
        let transport = match transport {
            Transport::Gateway(gateway) => Transport::Gateway(Gateway {
                bodies: vec![usize::MAX],
                shares: gateway.shares.iter().map(|share| if *share < 100 { 0 } else { 100 }).collect(),
                ..gateway
            }),
            proxy => proxy,
        };
        let mut carried = direct.carried(&transport);
        carried.segment(&Segmentation::Sizes(sizes));
        let mut packets = carried.packets();
        for lost in &lost {
            let at = lost.index(packets.len());
            packets = lose(packets, at);
        }
        let whole = lines(&analyse(&direct.packets()));
        let mut found = analyse(&packets);
        // A body whose head is lost, where nothing else shows a gateway, looks like a connection that carries MSNP directly.
        let is_gateway = matches!(transport, Transport::Gateway(_));
        found.observations.retain(|row| {
            !(is_gateway && row.exchange.via == Via::Direct && row.flags.has(Flag::InferredLineStart))
        });
        let mut told = Vec::new();
        for line in lines(&found) {
            prop_assert!(whole.contains(&line), "invented: {}", line.escape_ascii());
            prop_assert!(!told.contains(&line) || whole.iter().filter(|known| **known == line).count() > 1, "told twice");
            told.push(line);
        }
    }

    #[test]
    fn one_side_gives_its_halves(index in 0..WITHOUT_CHAT, transport in transport(), of_client in any::<bool>()) {
        let direct = sample(index);
        let side = if of_client { Side::Client } else { Side::Server };
        let one_sided = |script: &Script| {
            let mut script = script.clone();
            for conversation in &mut script.conversations {
                conversation.recorded = Recorded::Only(side);
            }
            analyse(&script.packets())
        };
        let mut expected = lines(&one_sided(&direct));
        let found = one_sided(&direct.carried(&transport));
        let mut told = lines(&found);
        expected.sort();
        told.sort();
        assert_via(&found, via(&transport))?;
        // The client alone says on one connection which session its open began. All else of a session whose beginning is
        // not known must have a strict form.
        let is_whole = match &transport {
            Transport::Gateway(gateway) => of_client && gateway.requests > 4 && !gateway.until_close,
            _ => true,
        };
        if is_whole {
            prop_assert_eq!(told, expected);
        } else {
            prop_assert!(told.iter().all(|line| expected.contains(line)), "{:?}", found.halves());
        }
    }
}

/// The login through the gateway, with its answers in the responses.
fn through_the_gateway(gateway: Gateway) -> Script {
    Script::parse(LOGIN).unwrap().carried(&Transport::Gateway(gateway))
}

/// The place of the packet of `side` that holds `text`.
fn place(packets: &[TestPacket], side: Side, text: &str) -> usize {
    let holds = |packet: &TestPacket| {
        packet.side == side && packet.payload.windows(text.len()).any(|part| part == text.as_bytes())
    };
    packets.iter().position(holds).unwrap_or_else(|| panic!("no packet holds {text}"))
}

#[test]
fn a_gap_within_a_body_ends_with_the_body() {
    let script = through_the_gateway(Gateway::default());
    let whole = analyse(&script.packets());
    assert_eq!(whole.flags(), "");
    let mut cut = script.clone();
    // The head and the beginning of the body, then bytes of the line's middle, which are lost.
    let head = script.conversations[0].steps.iter().find_map(|step| match &step.action {
        Action::Say(Side::Server, bytes) => bytes.windows(4).position(|part| part == b"VER "),
        _ => None,
    });
    cut.segment(&Segmentation::Sizes(vec![head.unwrap() + 4, 3, 1460]));
    let packets = cut.packets();
    let lost = packets.iter().position(|packet| packet.side == Side::Server && packet.payload.len() == 3).unwrap();
    let found = analyse(&lose(packets, lost));
    // The next body is read, and says what is missing before it.
    assert_eq!(found.halves(), whole.halves());
    assert_eq!(found.flags(), "after_gap;inferred_line_start");
    assert_eq!(found.stats.lines.lost_to_gap, 1);
}

#[test]
fn a_lost_head_loses_its_message_alone() {
    let packets = through_the_gateway(Gateway::default()).packets();
    let answer = place(&packets, Side::Server, "VER 1");
    let found = analyse(&lose(packets.clone(), answer));
    assert_eq!(found.halves().len(), 1);
    assert!(found.flags().contains("after_gap"), "{}", found.flags());
    let request = place(&packets, Side::Client, "Action=open");
    let found = analyse(&lose(packets, request));
    assert_eq!(found.observations.len(), 1, "{:?}", found.halves());
    assert!(found.flags().contains("after_gap"), "{}", found.flags());
}

/// The first request's head is lost, and what it carried looks like MSNP: the server's first bytes still tell.
#[test]
fn a_lost_head_does_not_make_the_gateway_direct() {
    let mut script = through_the_gateway(Gateway { chunk: Some(11), polls: true, ..Gateway::default() });
    script.segment(&Segmentation::Sizes(vec![1, 274]));
    let packets = script.packets();
    let head = packets.iter().position(|packet| packet.payload.len() == 274).unwrap();
    let found = analyse(&lose(lose(packets, head), 1));
    assert!(found.observations.iter().all(|row| row.exchange.via == Via::Gateway), "{:?}", found.halves());
    assert!(!found.observations.is_empty());
}

#[test]
fn a_connection_begun_before_the_capture_is_picked_up() {
    let packets = through_the_gateway(Gateway::default()).packets();
    let from = place(&packets, Side::Client, "CVR 2");
    let found = analyse(&packets[from..]);
    assert_eq!(found.observations.len(), 1);
    assert_eq!(found.observations[0].exchange.via, Via::Gateway);
    assert!(found.flags().starts_with("midstream"), "{}", found.flags());
    assert_eq!(found.stats.streams.midstream_msn, 1);
}

/// A response that was captured before its request waits for it, and is not lost if something is missing behind it.
#[test]
fn a_response_that_waits_survives_a_gap_behind_it() {
    let packets = through_the_gateway(Gateway::default()).packets();
    let [request, response] = [place(&packets, Side::Client, "CVR 2"), place(&packets, Side::Server, "CVR 2")];
    let mut lost = packets.clone();
    // The request never comes; the server says something more, of which the beginning is missing.
    let payload = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec();
    let more = TestPacket { seq: packets[response].seq.wrapping_add(5_000), payload, ..packets[response].clone() };
    lost.insert(response + 1, more);
    lost.remove(request);
    let found = analyse(&lost);
    assert_eq!(found.halves().len(), 1, "{:?}", found.halves());
    assert!(found.halves()[0].starts_with("- | CVR 2"), "{:?}", found.halves());
}

/// A body that is packed comes from all its packets, and one that contradicts any of them makes it doubtful.
#[test]
fn a_packed_body_names_all_its_packets() {
    let mut script = through_the_gateway(Gateway { packing: Packing::Gzip, ..Gateway::default() });
    script.segment(&Segmentation::Sizes(vec![40]));
    let packets = script.packets();
    let found = analyse(&packets);
    let request = found.observations[0].exchange.request.as_ref().unwrap();
    let frames: Vec<u64> = request.provenance.frames().iter().map(|stamp| stamp.frame).collect();
    assert!(frames.len() >= 2 && frames.is_sorted(), "{frames:?}");
    let mut copies = packets.clone();
    let mut copy = packets[usize::try_from(frames[1]).unwrap() - 1].clone();
    copy.payload.iter_mut().for_each(|byte| *byte ^= 1);
    copies.insert(usize::try_from(*frames.last().unwrap()).unwrap() + 1, copy);
    let found = analyse(&copies);
    assert!(found.observations[0].flags.has(Flag::Conflict), "{}", found.flags());
}

#[test]
fn a_late_copy_that_differs_makes_a_line_doubtful() {
    for gateway in [Gateway::default(), Gateway { chunk: Some(30), ..Gateway::default() }] {
        let mut packets = through_the_gateway(gateway).packets();
        let at = place(&packets, Side::Client, "CVR 2");
        let mut copy = packets[at].clone();
        let byte = copy.payload.windows(5).position(|part| part == b"winnt").unwrap();
        copy.payload[byte] = b'W';
        let behind = packets.len() - 4;
        packets.insert(behind, copy);
        let found = analyse(&packets);
        assert_eq!(found.flags(), "conflict");
    }
}

#[test]
fn other_requests_on_the_connection_are_passed_over() {
    let mut script = through_the_gateway(Gateway::default());
    let steps = &mut script.conversations[0].steps;
    let like = steps[0].clone();
    let chat = "CVR 9 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS chat@example.com\r\n";
    let said = [
        (Side::Client, format!("POST /upload HTTP/1.1\r\nContent-Length: {}\r\n\r\n{chat}", chat.len())),
        (Side::Server, format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{chat}", chat.len())),
        (Side::Client, "HEAD / HTTP/1.1\r\n\r\n".to_owned()),
        (Side::Server, "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n".to_owned()),
    ];
    for (place, (side, text)) in (2..).zip(said) {
        let action = Action::Say(side, text.into_bytes());
        steps.insert(place, crate::support::conversation::Step { action, ..like.clone() });
    }
    let found = analyse(&script.packets());
    assert_eq!(found.said(), analyse(&Script::parse(LOGIN).unwrap().packets()).said());
}

#[test]
fn a_refused_tunnel_gives_nothing() {
    for refusal in [&b"\x05\xff"[..], b"\x05\0\x05\x05\0\x01\0\0\0\0\0\0"] {
        let mut script = Script::parse(LOGIN).unwrap().carried(&Transport::Socks5 { password: false });
        script.conversations[0].steps[1].action = Action::Say(Side::Server, refusal.to_vec());
        let found = analyse(&script.packets());
        assert!(found.observations.iter().all(|row| row.exchange.via == Via::Direct), "{:?}", found.halves());
    }
}
