//! What is answered to what was heard: as little of HTTP (RFC 9110, RFC 9112) as a scraper needs.

use httparse::{EMPTY_HEADER, Error, Request, Status};

use crate::limits::{HEAD_LEN_MAX, HEADERS_MAX};
use crate::report::Exposition;

/// What is told, and where.
const PATH: &str = "/metrics";

/// The methods that only read.
const METHODS: [&str; 2] = ["GET", "HEAD"];

/// The answer to the request in `heard`, whose body `tell` makes. `None` if there must be more of it.
pub(super) fn answer(heard: &[u8], tell: impl FnOnce(Exposition) -> String) -> Option<Vec<u8>> {
    let mut headers = [EMPTY_HEADER; HEADERS_MAX];
    let mut request = Request::new(&mut headers);
    match request.parse(heard) {
        Ok(Status::Complete(_)) => {}
        Ok(Status::Partial) if heard.len() < HEAD_LEN_MAX => return None,
        Ok(Status::Partial) | Err(Error::TooManyHeaders) => {
            return Some(refusal("431 Request Header Fields Too Large", ""));
        }
        Err(_) => return Some(refusal("400 Bad Request", "")),
    }
    let (method, target) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
    if path(target) != PATH {
        return Some(refusal("404 Not Found", ""));
    }
    if !METHODS.contains(&method) {
        return Some(refusal("405 Method Not Allowed", &format!("Allow: {}\r\n", METHODS.join(", "))));
    }
    let exposition = exposition(&request);
    let body = tell(exposition);
    let mut answer = head("200 OK", "", exposition.content_type(), body.len());
    if method != "HEAD" {
        answer.push_str(&body);
    }
    Some(answer.into_bytes())
}

/// The path of a target: without the server of a whole address, and without a query.
fn path(target: &str) -> &str {
    let path = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
        None => target,
    };
    path.split('?').next().unwrap_or_default()
}

/// The format that is asked for. Who names `OpenMetrics` at all likes it best: everybody reads the other one.
fn exposition(request: &Request<'_, '_>) -> Exposition {
    let accepted = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("Accept"));
    let mut ranges = accepted.flat_map(|header| header.value.split(|byte| *byte == b','));
    let names_it = |range: &[u8]| {
        let name = range.split(|byte| *byte == b';').next().unwrap_or_default();
        name.trim_ascii().eq_ignore_ascii_case(b"application/openmetrics-text")
    };
    if ranges.any(names_it) { Exposition::OpenMetrics } else { Exposition::Prometheus }
}

fn refusal(status: &str, more: &str) -> Vec<u8> {
    let body = format!("{status}\nThe metrics are at {PATH}\n");
    let head = head(status, more, "text/plain; charset=utf-8", body.len());
    (head + &body).into_bytes()
}

fn head(status: &str, more: &str, content_type: &str, len: usize) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{more}Content-Type: {content_type}\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(request: &str) -> Option<String> {
        let tell = |exposition| format!("{exposition:?}\n");
        answer(request.as_bytes(), tell).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    /// The first line of the answer.
    #[track_caller]
    fn status(request: &str) -> String {
        let answer = answered(request).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("\r\nConnection: close"), "{head}");
        assert!(request.starts_with("HEAD") || head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())));
        head.lines().next().unwrap().to_owned()
    }

    #[test]
    fn who_asks_for_metrics_is_told_them() {
        let told = answered("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        assert_eq!(
            told,
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: 11\r\n\
             Connection: close\r\n\r\nPrometheus\n"
        );
        assert_eq!(answered("GET /metrics HTTP/1.0\r\n\r\n").as_ref(), Some(&told));
        assert_eq!(answered("GET /metrics?name=x HTTP/1.1\nHost: a\n\n").as_ref(), Some(&told));
        assert_eq!(answered("GET http://localhost:9863/metrics HTTP/1.1\r\n\r\n").as_ref(), Some(&told));
    }

    #[test]
    fn who_asks_for_the_head_is_told_how_long_the_rest_would_be() {
        let whole = answered("GET /metrics HTTP/1.1\r\n\r\n").unwrap();
        let head = answered("HEAD /metrics HTTP/1.1\r\n\r\n").unwrap();
        assert_eq!(Some(head.as_str()), whole.strip_suffix("Prometheus\n"));
    }

    #[test]
    fn the_newer_format_is_for_who_asks_for_it() {
        let told = |accept: &str| answered(&format!("GET /metrics HTTP/1.1\r\n{accept}\r\n\r\n")).unwrap();
        // What Prometheus sends.
        let prometheus = "Accept: application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
            application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        for accept in [prometheus, "accept: text/plain, APPLICATION/OpenMetrics-Text"] {
            let told = told(accept);
            assert!(told.contains("openmetrics-text; version=1.0.0; charset=utf-8") && told.ends_with("OpenMetrics\n"));
        }
        for accept in
            ["Accept: */*", "Accept: text/html;x=application/openmetrics-text", "X: application/openmetrics-text"]
        {
            assert!(told(accept).ends_with("Prometheus\n"), "{accept}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for (request, expected) in [
            ("GET / HTTP/1.1\r\n\r\n", "404 Not Found"),
            ("GET /metrics/ HTTP/1.1\r\n\r\n", "404 Not Found"),
            ("GET http://localhost HTTP/1.1\r\n\r\n", "404 Not Found"),
            ("POST / HTTP/1.1\r\n\r\n", "404 Not Found"),
            ("POST /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
            ("get /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
            ("GET /metrics\r\n\r\n", "400 Bad Request"),
            ("GET /metrics HTTP/2.0\r\n\r\n", "400 Bad Request"),
            ("\x16\x03\x01\x02\0\x01\0", "400 Bad Request"),
            ("VER 1 MSNP8 CVR0\r\n", "400 Bad Request"),
        ] {
            assert_eq!(status(request), format!("HTTP/1.1 {expected}"), "{request:?}");
        }
        assert!(answered("PUT /metrics HTTP/1.1\r\n\r\n").unwrap().contains("\r\nAllow: GET, HEAD\r\n"));
    }

    #[test]
    fn a_head_without_end_is_refused_at_last() {
        let begun = "GET /metrics HTTP/1.1\r\nHost: a\r\n";
        assert!((0..begun.len()).all(|len| answered(&begun[..len]).is_none()));
        let long = format!("{begun}X: {}", "x".repeat(HEAD_LEN_MAX));
        assert_eq!(answered(&long[..HEAD_LEN_MAX - 1]), None);
        for endless in [&long[..HEAD_LEN_MAX], &format!("{begun}{}", "A: b\r\n".repeat(HEADERS_MAX))] {
            assert_eq!(status(endless), "HTTP/1.1 431 Request Header Fields Too Large");
        }
    }
}
