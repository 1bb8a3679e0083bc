//! What a disguise keeps, whatever was said.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;

use super::{Key, Level, Pseudonyms};
use crate::cvr::script::{exchanges, text};
use crate::cvr::{Exchange, Reply, Request, Status};
use crate::flags::Flags;
use crate::msnp::{Command, SessionId};
use crate::net::{EncapsulationId, Endpoint, FlowKey};
use crate::profile::{Profile, redirection};

const LEVELS: [Level; 3] = [Level::Mask, Level::Pseudonym, Level::Drop];

const ASK: &str = "0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS";

fn pseudonyms(level: Level, key: u8) -> Pseudonyms {
    Pseudonyms::new(level, &Key::of(&[key; 32]).unwrap()).unwrap()
}

fn disguised(level: Level, mut exchange: Exchange) -> Exchange {
    pseudonyms(level, 1).disguise(&mut exchange);
    exchange
}

/// The only exchange of a script, disguised, as its lines, dialects and handle.
fn said(script: &str) -> Vec<String> {
    let all = exchanges(&script.replace("ASK", ASK));
    assert_eq!(all.len(), 1, "{script}");
    let exchange = disguised(Level::Pseudonym, all.into_iter().next().unwrap());
    let lines = [exchange.request.as_ref().map(Request::line), exchange.reply.as_ref().map(Reply::line)];
    let words = [exchange.dialect.offered.as_deref(), exchange.dialect.chosen.as_deref(), exchange.handle.as_deref()];
    lines.into_iter().chain(words).flatten().map(text).collect()
}

/// The pseudonym of an account under the key of [`disguised`].
fn alias(account: &str) -> String {
    let words = said(&format!("C: CVR 2 ASK {account}"));
    words[0].rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn a_pseudonym_is_sixteen_digits_and_keeps_the_domain() {
    let alice = alias("Alice@Example.com");
    let digits = alice.strip_prefix('p').unwrap().strip_suffix("@Example.com").unwrap();
    assert!(digits.len() == 16 && digits.chars().all(|digit| digit.is_ascii_hexdigit()), "{alice}");
    assert_eq!(alice.to_ascii_lowercase(), alias("alice@example.com"));
    assert_ne!(alice, alias("alica@Example.com"));
    assert_eq!(alias("alice").len(), 17);
    assert_eq!(alias("null"), "null");
}

#[test]
fn accounts_are_replaced_in_every_line_and_word() {
    let (alice, bob) = (alias("alice@example.com"), alias("bob@example.com"));
    assert_eq!(
        said(
            "C: VER 1 MSNP9 alice@example.com\nS: VER 1 alice@example.com\nC: CVR 2 ASK bob@example.com alice@example.com\n\
             S: CVR 2 1 1 1 http://e.com/?u=alice@example.com http://e.com/"
        ),
        [
            format!("CVR 2 {ASK} {bob} {alice}"),
            format!("CVR 2 1 1 1 http://e.com/?u={alice} http://e.com/"),
            format!("MSNP9 {alice}"),
            alice.clone(),
        ]
    );
    assert_eq!(said("C: CVR 2 ASK\nC: USR 3 TWN I alice@example.com"), [format!("CVR 2 {ASK}"), alice.clone()]);
    assert_eq!(said("C: CVR 2 what is alice@example.com"), [format!("CVR 2 what is {alice}")]);
    let encoded = alice.replace('@', "%40");
    assert_eq!(
        said("S: CVR 2 1 1 1 http://e.com/alice%40example.com x:alice@example.com"),
        [format!("CVR 2 1 1 1 http://e.com/{} x:{alice}", alias("alice%40example.com"))]
    );
    assert_eq!(alias("alice%40example.com"), encoded);
}

#[test]
fn redirection_data_is_looked_into() {
    // Version: 1, X: alice@example.com
    let lines = said("C: CVR 2 ASK bob@example.com VmVyc2lvbjogMQ0KWDogYWxpY2VAZXhhbXBsZS5jb20NCg==");
    let data = lines[0].rsplit(' ').next().unwrap();
    let block = redirection(data.as_bytes()).unwrap();
    assert_eq!(block, format!("Version: 1; X: {}", alias("alice@example.com")));
}

#[test]
fn a_line_that_grows_too_long_keeps_its_words() {
    let line = format!("CVR 2 {ASK} {}", "a@ ".repeat(4_000));
    let mut exchange = exchanges(&format!("C: {line}")).remove(0);
    let words = |exchange: &Exchange| exchange.request.as_ref().map(|request| request.command().word_count());
    let before = words(&exchange);
    pseudonyms(Level::Pseudonym, 1).disguise(&mut exchange);
    assert_eq!(words(&exchange), before);
    assert!(!text(exchange.request.as_ref().unwrap().line()).contains('a'));
}

#[test]
fn connections_sessions_and_peers_have_the_same_ends() {
    let mut exchange = exchanges(&format!("C: CVR 2 {ASK}")).remove(0);
    let before = exchange.clone();
    pseudonyms(Level::Pseudonym, 1).disguise(&mut exchange);
    let (client, server) = (exchange.peers.client, exchange.peers.server);
    assert!(client.addr != before.peers.client.addr && server.addr != before.peers.server.addr);
    assert_eq!((client.port, server.port), (before.peers.client.port, before.peers.server.port));
    let (key, _) = FlowKey::new(client, server, EncapsulationId::default());
    assert_eq!(exchange.connections[0].key, key);
    assert_eq!(exchange.session, SessionId::Connection(exchange.connections[0]));
}

#[test]
fn nothing_of_the_key_is_shown_and_two_keys_give_two_names() {
    let key = Key::of(&[1; 32]).unwrap();
    let shown = format!("{:?}", pseudonyms(Level::Mask, 1));
    assert_eq!(shown, format!("Pseudonyms {{ level: Mask, key: {:?}, .. }}", key.fingerprint()));
    let of = |key| pseudonyms(Level::Pseudonym, key).endpoint(Endpoint::new(Ipv4Addr::new(192, 0, 2, 1).into(), 1));
    assert_ne!(of(1), of(2));
    assert!(Pseudonyms::new(Level::None, &key).is_none());
}

/// Everything that is made of an exchange, but for its names.
#[derive(Debug, PartialEq)]
struct Meaning {
    profile: Option<String>,
    judged: String,
    flags: Flags,
    status: Status,
    trid: Option<u32>,
    params: Option<usize>,
    has_account: Option<bool>,
    is_named: bool,
    fields: String,
}

fn meaning(exchange: &Exchange) -> Meaning {
    let request = exchange.request.as_ref();
    let (verdict, flags) = crate::census::Verdict::of(exchange);
    let reply = exchange.reply.as_ref();
    let versions = reply.map(|reply| [reply.rec_ver(), reply.rec_ver2(), reply.min_ver()].map(|word| word.map(holds)));
    let addresses = reply.map(|reply| [reply.dl_url(), reply.info_url()].map(|word| word.map(holds)));
    Meaning {
        profile: Profile::of(exchange).map(|Profile { locale, os, client }| {
            // The name of some systems ends with their version, as sent.
            let os = os.name.map(|name| name.split(' ').map(|word| holds(word.as_bytes())).collect::<String>());
            format!("{locale:?} {os:?} {client:?}")
        }),
        judged: format!("{verdict:?} {versions:?} {addresses:?}"),
        flags: flags | exchange.flags,
        status: exchange.status(),
        trid: request.and_then(Request::trid),
        params: request.map(Request::param_count),
        has_account: request.map(|request| request.account().is_some()),
        is_named: exchange.handle.is_some(),
        fields: request.map(fields).unwrap_or_default(),
    }
}

/// The fields in their order, with a mark for each that may hold a name; extras come last.
fn fields(request: &Request) -> String {
    let known = [
        request.locale_id(),
        request.os_type(),
        request.os_ver(),
        request.arch(),
        request.library_name(),
        request.client_ver(),
        request.client_name(),
        request.passport().map(|passport| if passport == b"null" { passport } else { b"@" }),
    ];
    known.into_iter().chain(request.extra().map(Some)).map(|word| word.map_or("- ".to_owned(), holds)).collect()
}

/// A word, or a mark if it may hold a name.
fn holds(word: &[u8]) -> String {
    let may = word.contains(&b'@') || text(word).contains("%40") || word.starts_with(b"VmVyc2lvbjog");
    if may { "%".to_owned() } else { format!("{} ", text(word)) }
}

/// Words that name somebody, or nearly.
const NAMES: &[&str] = &[
    "alice@example.com",
    "bob%40example.com",
    "x@y@z",
    "a/b:c@d",
    "@",
    "null",
    "1%40b",
    "v1%40b",
    "carol",
    "http://a:b@example.com:80/?u=alice@example.com#x",
    "VmVyc2lvbjogMQ0KWDogYWxpY2VAZXhhbXBsZS5jb20NCg==",
    "VmVyc2lvbjogMQ0KWDogYWxpY2VAZXhhbXBsZS5jb20NCg",
];

/// Words of requests and replies, some of which name somebody.
fn word(usual: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(usual).prop_map(str::to_owned),
        1 => prop::sample::select(NAMES).prop_map(str::to_owned),
        1 => "[a-c@%40./:]{1,8}".prop_filter("a version with a name in it is none any more", |word| {
            !word.starts_with(|first: char| first.is_ascii_digit() || first == 'v')
        }),
    ]
}

fn any_exchange() -> impl Strategy<Value = Vec<Exchange>> {
    let request = (
        word(&["0x0409", "040c", "x"]),
        word(&["winnt", "win", "linux", "webtv", "Unix"]),
        word(&["5.1", "4.10", "2.6.8", "6.0"]),
        prop::option::weighted(0.9, word(&["i386", "x"])),
        word(&["MSNMSGR", "MSMSGS", "macmsgs"]),
        word(&["6.0.0602", "7.0.0777", "1.0.0000", "alpha"]),
        prop::collection::vec(word(&["MSMSGS", "msmsgs", "0", "alice@example.com", "alice"]), 0..4),
    )
        .prop_map(|(locale, os, os_ver, arch, library, version, rest)| {
            let arch = arch.unwrap_or_default();
            format!("C: CVR 2 {locale} {os} {os_ver} {arch} {library} {version} {}", rest.join(" "))
        });
    let reply = (
        prop::collection::vec(word(&["6.0.0602", "7.0.0777", "1.0.0000", "8.0", "localhost"]), 2..4),
        prop::collection::vec(
            word(&["http://escargot.log1p.xyz", "http://a.dlservice.microsoft.com/x", "http://example.com/?a=b"]),
            0..4,
        ),
    )
        .prop_map(|(versions, rest)| format!("S: CVR 2 {} {}", versions.join(" "), rest.join(" ")));
    let sign_in = word(&["alice@example.com", "alice"]).prop_map(|name| format!("C: USR 3 TWN I {name}"));
    let offer = word(&["MSNP8", "MSNP18 MSNP17 CVR0"]).prop_map(|offer| format!("C: VER 1 {offer}"));
    let maybe = |line| prop::option::weighted(0.7, line);
    (maybe(offer.boxed()), maybe(request.boxed()), maybe(sign_in.boxed()), maybe(reply.boxed())).prop_map(|lines| {
        let (offer, request, sign_in, reply) = lines;
        let lines: Vec<_> = [offer, request, sign_in, reply].into_iter().flatten().collect();
        exchanges(&lines.join("\n"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn what_an_exchange_means_stays_and_its_names_do_not(all in any_exchange(), at in 0..3_usize) {
        for exchange in all {
            let before = meaning(&exchange);
            let hidden = disguised(LEVELS[at], exchange);
            prop_assert_eq!(&meaning(&hidden), &before, "{:?}", hidden);
            let shown = format!("{:?}", (&hidden.request, &hidden.reply, &hidden.dialect)).to_ascii_lowercase();
            for name in ["alice", "bob", "carol"] {
                // Without an `@`, only a passport and a handle are names.
                let is_word = name != "bob" && !before.fields.contains('%');
                prop_assert!(is_word || !shown.contains(&format!("{name}@")) && !shown.contains(&format!("{name}%")), "{}", shown);
            }
        }
    }

    #[test]
    fn equal_names_and_no_others_have_equal_pseudonyms(
        names in prop::collection::vec("[ab]{1,3}(@[ab]{1,2})?", 2..20),
    ) {
        let mut known = BTreeMap::new();
        let mut taken = BTreeMap::new();
        for name in names {
            let pseudonym = alias(&name);
            prop_assert_eq!(known.entry(name.clone()).or_insert_with(|| pseudonym.clone()), &pseudonym);
            prop_assert_eq!(taken.entry(pseudonym).or_insert_with(|| name.clone()), &name);
        }
    }

    #[test]
    fn any_line_is_borne(line in any::<Vec<u8>>(), client in any::<u32>()) {
        let mut exchange = exchanges("C: CVR 2 x\nS: CVR 2 x").remove(0);
        let command = || Command::parse(&[&b"CVR 2 "[..], &line].concat());
        exchange.request.as_mut().unwrap().rewrite(command());
        exchange.reply.as_mut().unwrap().rewrite(command());
        exchange.peers.client.addr = IpAddr::V4(client.into());
        let before = (exchange.status(), exchange.request.as_ref().unwrap().param_count());
        let hidden = disguised(Level::Pseudonym, exchange);
        prop_assert_eq!((hidden.status(), hidden.request.as_ref().unwrap().param_count()), before);
    }
}
