//! What the beginning of a stream, or of a segment, is: a request or a response of the gateway, or the prelude of a proxy.
//!
//! Every first segment of every stranger is asked about, so a look costs a comparison of a few bytes.

use memchr::memchr_iter;

use super::head::{self, Framing, GATEWAY_HEADER, GATEWAY_PATH, Subject};
use super::prelude::{self, Proxy};
use crate::limits::{HEAD_LEN_MAX, INTERIM_RESPONSES_MAX};
use crate::tcp::Role;

/// Longest beginning of a URI, up to its path, in bytes: a scheme and a host name.
const AUTHORITY_LEN_MAX: usize = 512;

/// Bytes of a first segment that are searched for the gateway's header.
const SEARCHED_LEN: usize = 2_048;

/// A first segment that is shorter and does not end a head may be the beginning of one that tells more.
const SHORT_SEGMENT: usize = 256;

/// What bytes begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A message of the gateway, from that party.
    Gateway(Role),
    /// What a proxy is told, or says.
    Proxy(Proxy, Role),
    /// More bytes are needed.
    Unclear,
    /// Other HTTP.
    Stranger,
    /// None of these.
    Other,
}

/// Whether a stream whose first bytes are `first` could be of interest.
pub fn could_begin(first: &[u8]) -> bool {
    match look(first) {
        Look::Gateway(_) | Look::Proxy(..) => true,
        // Of a response, most first segments hold all of the head, or at least the header that is looked for.
        Look::Unclear => !first.starts_with(b"HTTP/1.") || first.len() < SHORT_SEGMENT || names_gateway(first),
        Look::Stranger | Look::Other => false,
    }
}

/// The same for bytes from the middle of a connection: only what is unmistakable counts.
pub fn could_resume(bytes: &[u8]) -> bool {
    match bytes.first() {
        Some(b'P' | b'O') => look(bytes) == Look::Gateway(Role::Client),
        Some(b'H') => bytes.starts_with(b"HTTP/1.") && names_gateway(bytes),
        Some(b'C') => bytes.starts_with(b"CONNECT ") && look(bytes) == Look::Proxy(Proxy::Http, Role::Client),
        Some(4 | 5) => prelude::is_whole_request(bytes),
        _ => false,
    }
}

/// What `bytes`, with which a stream or a segment begins, are.
pub fn look(bytes: &[u8]) -> Look {
    match bytes.first() {
        Some(b'P') => request(bytes, b"POST "),
        // A browser asks first whether it may send the gateway what it wants to.
        Some(b'O') => request(bytes, b"OPTIONS "),
        Some(b'C') => match begins_with(bytes, b"CONNECT ") {
            Some(true) => Look::Proxy(Proxy::Http, Role::Client),
            Some(false) => Look::Other,
            None => Look::Unclear,
        },
        Some(b'H') if begins_with(bytes, b"HTTP/1.") != Some(false) => response(bytes),
        Some(0 | 4 | 5) => prelude::look(bytes),
        _ => Look::Other,
    }
}

/// Whether bytes that follow a gap begin as a request or a response does. `None` if more are needed.
pub(super) fn looks_like_head(bytes: &[u8], role: Role) -> Option<bool> {
    let words: &[&[u8]] = match role {
        Role::Client => &[b"POST ", b"GET ", b"HEAD ", b"OPTIONS ", b"PUT "],
        Role::Server => &[b"HTTP/1."],
    };
    let looks = words.iter().map(|word| begins_with(bytes, word));
    looks.reduce(|one, other| if one == Some(false) { other } else { one }).flatten()
}

/// A request with this method: for the gateway or not.
fn request(bytes: &[u8], method: &[u8]) -> Look {
    match begins_with(bytes, method) {
        Some(true) => {}
        Some(false) => return Look::Other,
        None => return Look::Unclear,
    }
    let uri = bytes.get(method.len()..).unwrap_or_default();
    let Some(path) = head::path_of(uri) else {
        return if uri.len() > AUTHORITY_LEN_MAX { Look::Stranger } else { Look::Unclear };
    };
    // The beginning of a scheme is no path yet.
    if !path.starts_with(b"/") && path.len() < b"http://".len() {
        return Look::Unclear;
    }
    let (path, behind) = path.split_at(path.len().min(GATEWAY_PATH.len()));
    let same = GATEWAY_PATH.get(..path.len()).is_some_and(|known| known.eq_ignore_ascii_case(path));
    match behind.first() {
        None if same => Look::Unclear,
        Some(b'?' | b' ') if same => Look::Gateway(Role::Client),
        _ => Look::Stranger,
    }
}

/// A response: of the gateway, of a proxy that has connected, or another. Interim ones in front of it (`100 Continue`) say that
/// it comes later.
fn response(bytes: &[u8]) -> Look {
    let mut rest = bytes;
    for _ in 0..=INTERIM_RESPONSES_MAX {
        match begins_with(rest, b"HTTP/1.") {
            Some(true) => {}
            Some(false) => return Look::Stranger,
            None => return Look::Unclear,
        }
        let Some((head, behind)) = head::find_end(rest).and_then(|len| rest.split_at_checked(len)) else {
            return if rest.len() > HEAD_LEN_MAX { Look::Stranger } else { Look::Unclear };
        };
        match head::response(head).map(|head| (head.subject, head.framing)) {
            Some((Subject::Response { of_gateway: true, .. }, _)) => return Look::Gateway(Role::Server),
            Some((Subject::Response { status: 100..=199, .. }, _)) => rest = behind,
            // A connection is all that such a response is about: it has no body. Or the proxy wants a password first.
            Some(
                (Subject::Response { status: 200, .. }, Framing::UntilClose)
                | (Subject::Response { status: 407, .. }, _),
            ) => return Look::Proxy(Proxy::Http, Role::Server),
            _ => return Look::Stranger,
        }
    }
    Look::Stranger
}

/// Whether a line of the first bytes is the gateway's header.
fn names_gateway(bytes: &[u8]) -> bool {
    let searched = bytes.get(..SEARCHED_LEN).unwrap_or(bytes);
    let is_it = |at: usize| {
        let name = searched.get(at + 1..).and_then(|line| line.get(..=GATEWAY_HEADER.len()));
        name.and_then(|name| name.split_last())
            .is_some_and(|(end, name)| matches!(end, b':' | b' ') && name.eq_ignore_ascii_case(GATEWAY_HEADER))
    };
    memchr_iter(b'\n', searched).any(is_it)
}

/// `None` if `bytes` end within `word`.
fn begins_with(bytes: &[u8], word: &[u8]) -> Option<bool> {
    if bytes.len() < word.len() {
        return if word.starts_with(bytes) { None } else { Some(false) };
    }
    Some(bytes.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::RECORD_LEN_MAX;

    const POST: &str = "POST http://gateway.messenger.hotmail.com/gateway/gateway.dll?Action=open HTTP/1.1\r\n";

    #[test]
    fn a_request_of_the_gateway_is_known_as_soon_as_its_path_is_there() {
        let enough = POST.find('?').unwrap() + 1;
        for len in 1..POST.len() {
            let expected = if len < enough { Look::Unclear } else { Look::Gateway(Role::Client) };
            assert_eq!(look(&POST.as_bytes()[..len]), expected, "{len}");
        }
        assert_eq!(look(b"POST /gateway/gateway.dll?SessionID=1 HTTP/1.0"), Look::Gateway(Role::Client));
        assert_eq!(look(b"POST /Gateway/Gateway.dll HTTP/1.0"), Look::Gateway(Role::Client));
        let options = b"OPTIONS /gateway/gateway.dll?Action=open HTTP/1.1";
        assert!(look(options) == Look::Gateway(Role::Client) && could_begin(options) && could_resume(options));
    }

    #[test]
    fn another_request_is_a_stranger_as_soon_as_its_path_differs() {
        for text in [
            "POST /gateway/x",
            "POST /a",
            "POST http://example.com/x",
            "POST * HTTP/1.1",
            "OPTIONS /x",
            "POST /gateway/gateway.dlll",
        ] {
            assert_eq!(look(text.as_bytes()), Look::Stranger, "{text}");
            assert!(!could_begin(text.as_bytes()) && !could_resume(text.as_bytes()), "{text}");
        }
        for text in ["GET / HTTP/1.1", "PUT /", "PROPFIND", "CVR 2", "VER 1", "\x16\x03\x01", ""] {
            assert_eq!(look(text.as_bytes()), Look::Other, "{text}");
        }
        assert_eq!(look(&[&b"POST http://"[..], &[b'a'; 600]].concat()), Look::Stranger);
    }

    #[test]
    fn a_response_is_known_by_its_header() {
        let of_gateway =
            b"HTTP/1.1 200 OK\r\nServer: x\r\nx-msn-messenger: SessionID=1.2\r\nContent-Length: 3\r\n\r\nVER";
        assert_eq!(look(of_gateway), Look::Gateway(Role::Server));
        assert!(could_resume(of_gateway) && could_resume(&of_gateway[..60]) && could_begin(&of_gateway[..5]));
        let of_proxy = b"HTTP/1.0 200 Connection established\r\n\r\n";
        assert_eq!(look(of_proxy), Look::Proxy(Proxy::Http, Role::Server));
        let other = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(look(other), Look::Stranger);
        assert!(!could_begin(other) && !could_resume(other) && !could_resume(of_proxy));
        let interim = b"HTTP/1.1 100 Continue\r\n\r\n";
        assert_eq!(look(interim), Look::Unclear);
        assert_eq!(look(&[&interim[..], of_gateway].concat()), Look::Gateway(Role::Server));
        assert_eq!(look(&[&interim[..], other].concat()), Look::Stranger);
    }

    #[test]
    fn interim_responses_without_end_are_a_stranger() {
        let many = b"HTTP/1.1 100\r\n\r\n".repeat(RECORD_LEN_MAX as usize / 16);
        assert_eq!(look(&many), Look::Stranger);
        assert!(!could_begin(&many) && !could_resume(&many));
    }
}
