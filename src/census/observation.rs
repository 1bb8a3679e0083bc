//! One exchange with all that is made of it: a row of the `exchanges` table.
//!
//! * **Takes** an [`Exchange`].
//! * **Gives** the same beside its profile, its verdict, who asked, and every doubt.
//! * **Leaves out** that one account may be used by several people, and one address by several accounts: an identity
//!   tells apart what the wire tells apart.
//!
//! A dispatch server sends the client on (XFR) to a notification server, where it asks again: two exchanges and two
//! connections of one client, and one identity without any look at the redirection. For XFR answers the USR that named the
//! account, and the client repeats that USR behind its second request; where neither connection names anybody, both
//! fall back to the same address. Only where the capture lost the sign-in of one of them, and its request names no
//! account either, a named and an unnamed client remain, as the wire shows them.

use std::hash::Hasher;
use std::sync::Arc;

use siphasher::sip::SipHasher24;

use super::observer::Kinds;
use super::{Verdict, servers};
use crate::cvr::{Exchange, Reply, Request};
use crate::flags::{Flag, Flags};
use crate::profile::Profile;
use crate::text::printable;

/// Key of the identity's number, SipHash-2-4 over one byte for the kind (`n` name, `a` address) and the text. It is fixed and
/// public, so that numbers are equal in every run and no secret is thought to be in them: a number can be found again
/// by trying names. Who must hide names uses `--privacy`.
const IDENTITY_KEY: &[u8; 16] = b"msncensusclients";

/// What tells clients apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Passport of the request, else the handle of the session, else the client's address; a name in lower case.
    pub text: String,
    /// A number made from `text` and from whether it is an account or an address: equal identities have equal numbers
    /// in every run.
    pub id: u64,
}

/// An exchange and its meaning.
#[derive(Clone, Debug)]
pub struct Observation {
    /// What the wire said.
    pub exchange: Exchange,
    /// What the request means; `None` if it was not captured. Equal requests share it.
    pub profile: Option<Arc<Profile>>,
    /// What the reply means.
    pub verdict: Verdict,
    /// Whether the server only repeats the client's version: it has no policy.
    pub echo: bool,
    /// Who asked.
    pub identity: Identity,
    /// Every doubt.
    pub flags: Flags,
    /// What it has in common with others that one observer saw.
    pub(crate) kinds: Kinds,
}

/// What an answer means for the version that asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judgement {
    verdict: Verdict,
    echo: bool,
    flags: Flags,
}

impl Observation {
    /// Makes of `exchange`, by itself, what can be made of it.
    pub fn of(exchange: Exchange) -> Self {
        let profile = Profile::of(&exchange).map(Arc::new);
        let judgement = Judgement::of(&exchange);
        Self::new(exchange, profile, judgement, Kinds::default())
    }

    /// Adds to what is common to many exchanges what is that of `exchange` alone.
    pub(super) fn new(exchange: Exchange, profile: Option<Arc<Profile>>, judgement: Judgement, kinds: Kinds) -> Self {
        let Judgement { verdict, echo, flags } = judgement;
        let mut flags = exchange.flags | flags;
        flags.raise_if(is_malformed(&exchange), Flag::Malformed);
        flags.raise_if(locale_is_unknown(&exchange, profile.as_deref()), Flag::LocaleUnknown);
        Self { identity: Identity::of(&exchange), exchange, profile, verdict, echo, flags, kinds }
    }
}

impl Judgement {
    /// What the answer in `exchange` means.
    pub(super) fn of(exchange: &Exchange) -> Self {
        let (verdict, flags) = Verdict::of(exchange);
        Self { verdict, echo: servers::is_echo(exchange), flags }
    }
}

impl Identity {
    /// Who asked in `exchange`.
    pub fn of(exchange: &Exchange) -> Self {
        let account = exchange.request.as_ref().and_then(|request| request.account());
        match account.or(exchange.handle.as_deref()) {
            Some(name) => Self::new(b'n', printable(&name.to_ascii_lowercase()).into_owned()),
            None => Self::new(b'a', exchange.peers.client.addr.to_string()),
        }
    }

    /// The kind keeps a name apart from an address that is written like it.
    fn new(kind: u8, text: String) -> Self {
        let mut hasher = SipHasher24::new_with_key(IDENTITY_KEY);
        hasher.write(&[kind]);
        hasher.write(text.as_bytes());
        Self { id: hasher.finish(), text }
    }
}

fn is_malformed(exchange: &Exchange) -> bool {
    exchange.request.as_ref().is_some_and(Request::is_malformed)
        || exchange.reply.as_ref().is_some_and(Reply::is_malformed)
}

/// A malformed request has no locale id to know.
fn locale_is_unknown(exchange: &Exchange, profile: Option<&Profile>) -> bool {
    let sent = exchange.request.as_ref().and_then(|request| request.locale_id());
    sent.is_some() && profile.is_some_and(|profile| !profile.locale.is_known)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cvr::script::{exchange, exchanges, reply, text};

    const ASK: &str = "0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS";

    fn observe(request: &str, reply: &str) -> Observation {
        Observation::of(exchange(request, reply))
    }

    #[test]
    fn an_observation_holds_the_exchange_and_what_is_made_of_it() {
        let seen = observe(&format!("CVR 2 {ASK} Alice@Example.com"), "CVR 2 6.1.0211 6.1.0211 6.1.0155 a:b c:d");
        assert_eq!(seen.profile.as_ref().and_then(|profile| profile.client.product), Some("MSN Messenger 6.0"));
        assert_eq!(seen.verdict, Verdict::Required);
        assert!(!seen.echo && seen.flags.is_empty());
        assert_eq!(seen.identity.text, "alice@example.com");
        assert_eq!(seen.exchange.request.as_ref().unwrap().passport().map(text), Some("Alice@Example.com".into()));
    }

    #[test]
    fn identity_is_the_passport_else_the_handle_else_the_address() {
        let identity = |script: &str| {
            let all = exchanges(&script.replace("ASK", ASK));
            Observation::of(all.into_iter().next().unwrap()).identity
        };
        let passport = identity("C: CVR 2 ASK U@example.com\nC: USR 3 TWN I other@example.com");
        let handle = identity("C: CVR 2 ASK\nC: USR 3 TWN I u@EXAMPLE.com");
        let null = identity("C: CVR 2 ASK null\nS: USR 3 OK u@example.com nick");
        let address = identity("C: CVR 2 ASK null");
        assert_eq!(passport.text, "u@example.com");
        assert_eq!((&passport, &passport), (&handle, &null));
        assert_eq!(address.text, "192.0.2.1");
        assert_eq!(identity("S: CVR 2 1.0 1.0 1.0"), address);
        assert_ne!(identity("C: CVR 2 ASK\nC: USR 3 MD5 I 192.0.2.1").id, address.id);
    }

    #[test]
    fn both_ends_of_a_redirection_are_one_client_by_name_or_by_address() {
        let dispatch = "C: CVR 2 ASK\nS: CVR 2 1.0 1.0 1.0\nC: USR 3 SSO I u@example.com\nS: XFR 3 NS 203.0.113.5:1863";
        let notification = "C: CVR 5 ASK\nS: CVR 5 1.0 1.0 1.0\nC: USR 6 SSO I U@example.com";
        let identity = |script: &str, named: bool| {
            let lines = script.lines().filter(|line| named || !line.starts_with("C: USR"));
            let script = lines.collect::<Vec<_>>().join("\n").replace("ASK", ASK);
            Observation::of(exchanges(&script).remove(0)).identity
        };
        assert_eq!(identity(dispatch, true), identity(notification, true));
        assert_eq!(identity(dispatch, false), identity(notification, false));
        assert_ne!(identity(dispatch, true), identity(notification, false), "a name is not carried over");
    }

    #[test]
    fn numbers_are_equal_in_every_run() {
        let passport = observe(&format!("CVR 2 {ASK} user@example.com"), "").identity;
        assert_eq!(format!("{:016x}", passport.id), "c2947dfb6e7de648");
    }

    #[test]
    fn names_that_are_not_text_stay_apart() {
        assert_eq!(printable(b"a\xff\x01@b\xc3\xa9\xc2\x85"), "a\\xFF\\x01@b\u{e9}\\xC2\\x85");
    }

    #[test]
    fn doubts_are_flagged() {
        let flags = |request: &str, reply: &str| observe(request, reply).flags.to_string();
        assert_eq!(
            flags("CVQ 5 0x1111 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS a@example.com", "710 5"),
            "locale_unknown"
        );
        assert_eq!(flags("CVR 2 en-us winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS a@example.com", ""), "locale_unknown");
        assert_eq!(flags("CVQ 6 spaghetti", "731 6"), "malformed");
        assert_eq!(flags(&format!("CVR 2 {ASK} a@example.com"), "CVQ 2 6.1.0211"), "malformed;verb_differs");
        assert_eq!(
            flags(&format!("CVR 2 {ASK} a@example.com"), "CVR 2 1.0.0000 1.0.0000 7.0.0425"),
            "min_above_rec;min_above_own"
        );
    }

    #[test]
    fn a_lone_reply_has_no_profile() {
        let mut lone = exchange(&format!("CVR 2 {ASK} a@example.com"), "");
        lone.request = None;
        lone.reply = Some(reply("CVR 2 6.0.0602 6.0.0602 6.0.0602"));
        let seen = Observation::of(lone);
        assert!(seen.profile.is_none() && !seen.echo);
        assert_eq!(seen.verdict, Verdict::Undetermined);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn any_words_are_observed(request in "CVR 2( [ -~]{0,9}){0,10}", answer in "CVR 2( [0-9a-z.,:]{0,9}){0,6}") {
            for exchange in exchanges(&format!("C: {request}\nS: {answer}")) {
                let seen = Observation::of(exchange);
                prop_assert!(!seen.identity.text.is_empty());
                prop_assert_eq!(seen.profile.is_some(), seen.exchange.request.is_some());
            }
        }
    }
}
