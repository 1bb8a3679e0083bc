//! What is said of a packet in one line, beside it in a capture: the comments of `-w`.
//!
//! ```text
//! CVR request 2: MSNMSGR 6.0.0602, winnt 5.1, 0x0409
//! CVR reply 2: recommended 6.1.0211, minimum 6.1.0155: required
//! CVR reply 2: error 731: rejected
//! ```
//!
//! It takes an observation, and how much is shown of whom; gives a text for the packet that completed each half; and leaves
//! out accounts, which the packet itself shows to whom may see it. Captured text is made printable.

use std::borrow::Cow;

use crate::census::Observation;
use crate::cvr::{Reply, Request};
use crate::msnp::Verb;
use crate::packet::Stamp;
use crate::privacy::Level;
use crate::text::printable;

/// The packets that completed the halves of `observation`, each with what it is.
pub fn remarks(observation: &Observation, level: Level) -> impl Iterator<Item = (Stamp, String)> {
    let exchange = &observation.exchange;
    let verb = match exchange.verb() {
        Verb::Cvq => "CVQ",
        _ => "CVR",
    };
    let request = exchange.request.as_ref().map(|request| {
        let text = format!("{verb} request{}: {}", number(request.trid()), asked(request));
        (request.provenance.completed(), text)
    });
    let reply = exchange.reply.as_ref().map(|reply| {
        let verdict = observation.verdict.word();
        let text = format!("{verb} reply{}: {}: {verdict}", number(reply.trid()), answered(reply));
        (reply.provenance.completed(), text)
    });
    let less = move |text: String| match level.text(text.as_bytes()) {
        Cow::Borrowed(_) => text,
        Cow::Owned(shown) => printable(&shown).into_owned(),
    };
    request.into_iter().chain(reply).map(move |(stamp, text)| (stamp, less(text)))
}

fn number(trid: Option<u32>) -> String {
    trid.map(|trid| format!(" {trid}")).unwrap_or_default()
}

fn asked(request: &Request) -> String {
    if request.is_malformed() {
        return "malformed".to_owned();
    }
    let client = [shown(request.library_name()), shown(request.client_ver())].join(" ");
    let system = [shown(request.os_type()), shown(request.os_ver())].join(" ");
    format!("{client}, {system}, {}", shown(request.locale_id()))
}

fn answered(reply: &Reply) -> String {
    match reply.error_code() {
        Some(code) => format!("error {code}"),
        None if reply.is_malformed() => "malformed".to_owned(),
        None => format!("recommended {}, minimum {}", shown(reply.rec_ver()), shown(reply.min_ver())),
    }
}

fn shown(field: Option<&[u8]>) -> Cow<'_, str> {
    printable(field.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::census::synthetic::observation;

    fn said(request: &[u8], reply: &[u8]) -> Vec<String> {
        remarks(&observation(7, 3, request, reply), Level::None).map(|(_, text)| text).collect()
    }

    #[test]
    fn a_request_says_who_asks_and_a_reply_what_it_means() {
        assert_eq!(
            said(
                b"CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS user@example.com",
                b"CVR 2 6.1.0211 6.1.0211 6.1.0155 http://example.com/a http://example.com/b"
            ),
            [
                "CVR request 2: MSNMSGR 6.0.0602, winnt 5.1, 0x0409",
                "CVR reply 2: recommended 6.1.0211, minimum 6.1.0155: required"
            ]
        );
    }

    #[test]
    fn captured_text_is_made_printable() {
        let said = said(b"CVR 2 0x0409 win\x1b[2J 4.10 i386 MSMSGS 4.6.0083 MSMSGS", b"CVR 2 1 1 1");
        assert_eq!(said[0], r"CVR request 2: MSMSGS 4.6.0083, win\x1B[2J 4.10, 0x0409");
    }
}
