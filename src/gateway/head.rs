//! Heads of HTTP messages: of a hundred things that they say, the few that matter here.

use httparse::{EMPTY_HEADER, Header, ParserConfig, Request as RawRequest, Response as RawResponse, Status};
use memchr::memchr_iter;

use crate::limits::{HEADERS_MAX, SESSION_ID_LEN_MAX};

/// The path that makes a request one for the gateway.
pub(super) const GATEWAY_PATH: &[u8] = b"/gateway/gateway.dll";
/// The header that makes a response one of the gateway: `X-MSN-Messenger: SessionID=954547325.13160; GW-IP=...`.
pub(super) const GATEWAY_HEADER: &[u8] = b"X-MSN-Messenger";

/// How the length of a body is told (RFC 9112, 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Identity,
    Gzip,
    /// zlib's format by the letter, a bare deflate stream by the habit of many servers.
    Deflate,
    /// Several codings, or one that no messenger offers.
    Other,
}

/// What a request asks of whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The gateway, for the session with that id; for a new one if there is none.
    Gateway(Option<Box<[u8]>>),
    Other,
}

/// A request, or the status of a response, and how its body comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) subject: Subject,
    pub(super) framing: Framing,
    pub(super) coding: Coding,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Request {
        target: Target,
        /// Whether its response has no body, whatever it says of its length.
        asks_for_head: bool,
    },
    Response {
        status: u16,
        /// Of the gateway's header.
        session: Option<Box<[u8]>>,
        /// Whether that header ends the session.
        closes: bool,
        /// Whether the gateway's header is there at all.
        of_gateway: bool,
    },
}

/// Length of the head at the front, its empty line included; `None` if it does not end here. Empty lines before the head
/// are part of it.
pub(super) fn find_end(bytes: &[u8]) -> Option<usize> {
    let begins = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
    let lines = memchr_iter(b'\n', bytes).filter(|at| *at > begins);
    lines.map(|at| at + 1).find_map(|next| match bytes.get(next..)? {
        [b'\n', ..] => Some(next + 1),
        [b'\r', b'\n', ..] => Some(next + 2),
        _ => None,
    })
}

/// Reads the head that `bytes` are, whole. `None` if it is none.
pub(super) fn request(bytes: &[u8]) -> Option<Head> {
    let mut headers = [EMPTY_HEADER; HEADERS_MAX];
    let mut raw = RawRequest::new(&mut headers);
    if !matches!(config().parse_request(&mut raw, bytes), Ok(Status::Complete(_))) {
        return None;
    }
    let (method, path) = (raw.method?, raw.path?.as_bytes());
    let target = if method == "POST" { target(path) } else { Target::Other };
    let (framing, coding) = body(raw.headers)?;
    // What tells no length has no body (RFC 9112, 6.3).
    let framing = framing.unwrap_or(Framing::Length(0));
    Some(Head { subject: Subject::Request { target, asks_for_head: method == "HEAD" }, framing, coding })
}

/// The same for a response.
pub(super) fn response(bytes: &[u8]) -> Option<Head> {
    let mut headers = [EMPTY_HEADER; HEADERS_MAX];
    let mut raw = RawResponse::new(&mut headers);
    if !matches!(config().parse_response(&mut raw, bytes), Ok(Status::Complete(_))) {
        return None;
    }
    let status = raw.code?;
    let (framing, coding) = body(raw.headers)?;
    let framing = match status {
        100..=199 | 204 | 304 => Framing::Length(0),
        _ => framing.unwrap_or(Framing::UntilClose),
    };
    let told = raw.headers.iter().find(|header| header.name.as_bytes().eq_ignore_ascii_case(GATEWAY_HEADER));
    let mut session = None;
    let mut closes = false;
    for (name, value) in told.iter().flat_map(|header| parameters(header.value, b';')) {
        if name.eq_ignore_ascii_case(b"SessionID") {
            session = session_id(value);
        }
        closes |= name.eq_ignore_ascii_case(b"Session") && value.eq_ignore_ascii_case(b"close");
    }
    Some(Head { subject: Subject::Response { status, session, closes, of_gateway: told.is_some() }, framing, coding })
}

/// Servers and proxies of the time were not strict; nor is this.
fn config() -> ParserConfig {
    let mut config = ParserConfig::default();
    config
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_multiple_spaces_in_request_line_delimiters(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .ignore_invalid_headers_in_requests(true)
        .ignore_invalid_headers_in_responses(true);
    config
}

/// How the body comes: `None` within if nothing is said of its length, `None` around if that contradicts itself.
fn body(headers: &[Header<'_>]) -> Option<(Option<Framing>, Coding)> {
    let values = |name: &'static str| {
        let named = headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
        named.flat_map(|header| header.value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
    };
    let mut length = None;
    for value in values("Content-Length") {
        let told: u64 = str::from_utf8(value).ok().filter(|text| !text.starts_with('+'))?.parse().ok()?;
        if length.is_some_and(|length| length != told) {
            return None;
        }
        length = Some(told);
    }
    let is_coding = |value: &&[u8]| !value.is_empty() && !value.eq_ignore_ascii_case(b"identity");
    let transfer: Vec<&[u8]> = values("Transfer-Encoding").filter(is_coding).collect();
    let chunked = transfer.last().is_some_and(|last| last.eq_ignore_ascii_case(b"chunked"));
    let framing = match (chunked, transfer.is_empty()) {
        (true, _) => Some(Framing::Chunked),
        (false, true) => length.map(Framing::Length),
        (false, false) => Some(Framing::UntilClose),
    };
    let packed = transfer.len() - usize::from(chunked);
    let codings: Vec<&[u8]> =
        values("Content-Encoding").filter(is_coding).chain(transfer.iter().take(packed).copied()).collect();
    let coding = match codings[..] {
        [] => Coding::Identity,
        [one] if one.eq_ignore_ascii_case(b"gzip") || one.eq_ignore_ascii_case(b"x-gzip") => Coding::Gzip,
        [one] if one.eq_ignore_ascii_case(b"deflate") => Coding::Deflate,
        _ => Coding::Other,
    };
    Some((framing, coding))
}

/// What a POST for `uri` asks for: `/gateway/gateway.dll?Action=poll&SessionID=954547325.13160`, perhaps with
/// `http://host` before it.
fn target(uri: &[u8]) -> Target {
    let mut parts = uri.splitn(2, |byte| *byte == b'?');
    let path = parts.next().and_then(path_of).unwrap_or_default();
    if !path.eq_ignore_ascii_case(GATEWAY_PATH) {
        return Target::Other;
    }
    let query = parts.next().unwrap_or_default();
    let mut id = None;
    for (name, value) in parameters(query, b'&') {
        if name.eq_ignore_ascii_case(b"SessionID") {
            id = session_id(value).or(id);
        }
    }
    Target::Gateway(id)
}

/// The path of a URI in absolute or in origin form, as far as it is there; `None` if it does not begin yet.
pub(super) fn path_of(uri: &[u8]) -> Option<&[u8]> {
    let Some(rest) = after_scheme(uri) else { return Some(uri) };
    let authority = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b' ' | b'\r' | b'\n'))?;
    rest.get(authority..)
}

fn after_scheme(uri: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = uri.split_at_checked(b"http://".len())?;
    scheme.eq_ignore_ascii_case(b"http://").then_some(rest)
}

/// `name=value` pairs between separators, without the blanks around them.
fn parameters(text: &[u8], separator: u8) -> impl Iterator<Item = (&[u8], &[u8])> {
    text.split(move |byte| *byte == separator).filter_map(|pair| {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        Some((pair.get(..equals)?.trim_ascii(), pair.get(equals + 1..)?.trim_ascii()))
    })
}

/// The constant part of a session's id: what stands before the dot. What stands after it changes with every response.
fn session_id(value: &[u8]) -> Option<Box<[u8]>> {
    let constant = value.split(|byte| *byte == b'.').next().unwrap_or_default();
    (1..=SESSION_ID_LEN_MAX).contains(&constant.len()).then(|| constant.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing(headers: &str) -> Option<(Framing, Coding)> {
        response(format!("HTTP/1.1 200 OK\r\n{headers}\r\n").as_bytes()).map(|head| (head.framing, head.coding))
    }

    #[test]
    fn a_body_is_told_by_its_head() {
        for (headers, expected) in [
            ("", (Framing::UntilClose, Coding::Identity)),
            ("content-length: 7\r\nContent-Length: 7\r\n", (Framing::Length(7), Coding::Identity)),
            ("Content-Length: 7\r\nTransfer-Encoding: Chunked\r\n", (Framing::Chunked, Coding::Identity)),
            ("Transfer-Encoding: gzip, chunked\r\n", (Framing::Chunked, Coding::Gzip)),
            ("Content-Encoding: x-gzip\r\nContent-Length: 7\r\n", (Framing::Length(7), Coding::Gzip)),
            ("Content-Encoding: identity\r\n", (Framing::UntilClose, Coding::Identity)),
            ("Content-Encoding: br\r\n", (Framing::UntilClose, Coding::Other)),
            ("Content-Encoding: gzip, deflate\r\n", (Framing::UntilClose, Coding::Other)),
        ] {
            assert_eq!(framing(headers), Some(expected), "{headers}");
        }
        for headers in
            ["Content-Length: 7\r\nContent-Length: 8\r\n", "Content-Length: -1\r\n", "Content-Length: 7x\r\n"]
        {
            assert_eq!(framing(headers), None, "{headers}");
        }
        let empty = response(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n").unwrap();
        assert_eq!(empty.framing, Framing::Length(0));
        assert_eq!(request(b"POST / HTTP/1.0\n\n").unwrap().framing, Framing::Length(0));
    }

    #[test]
    fn a_request_names_its_session_by_what_stands_before_the_dot() {
        let session = |uri: &str| target(uri.as_bytes());
        let named = |id: &[u8]| Target::Gateway(Some(id.into()));
        assert_eq!(session("/gateway/gateway.dll?SessionID=954547325.13160"), named(b"954547325"));
        assert_eq!(session("http://a.example:80/gateway/gateway.dll?Action=poll&sessionid=7"), named(b"7"));
        assert_eq!(session("/gateway/gateway.dll?SessionID=7&Action=poll&Lifespan=60"), named(b"7"));
        assert_eq!(session("/gateway/gateway.dll?SessionID=&Action=open&Server=NS"), Target::Gateway(None));
        assert_eq!(session("/gateway/gateway.dll"), Target::Gateway(None));
        assert_eq!(session(&format!("/gateway/gateway.dll?SessionID={}", "7".repeat(200))), Target::Gateway(None));
        for other in ["/", "/gateway/gateway.dlx", "*", "http://a.example", "/x?/gateway/gateway.dll?SessionID=7"] {
            assert_eq!(session(other), Target::Other, "{other}");
        }
    }

    #[test]
    fn a_response_names_its_session_and_its_end() {
        let subject = |value: &str| {
            let head = format!("HTTP/1.0 200 OK\r\nX-MSN-Messenger: {value}\r\n\r\n");
            response(head.as_bytes()).map(|head| head.subject)
        };
        let expected = |id: Option<&[u8]>, closes| {
            Some(Subject::Response { status: 200, session: id.map(Box::from), closes, of_gateway: true })
        };
        assert_eq!(subject("SessionID=9.1; GW-IP=192.0.2.1"), expected(Some(b"9"), false));
        assert_eq!(subject("SessionID=9.1;Session=close ; GW-IP=x"), expected(Some(b"9"), true));
        assert_eq!(subject(""), expected(None, false));
    }

    #[test]
    fn a_head_ends_with_an_empty_line() {
        assert_eq!(find_end(b"A\r\nB\r\n\r\nC"), Some(8));
        assert_eq!(find_end(b"A\nB\n\nC"), Some(5));
        assert_eq!(find_end(b"\r\n\r\nA\r\n\r\n"), Some(9));
        assert_eq!(find_end(b"A\r\nB\r\n"), None);
        assert_eq!(find_end(b"\r\n\r\n"), None);
    }
}
