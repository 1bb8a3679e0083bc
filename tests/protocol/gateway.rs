//! The HTTP gateway as each client and each server is known to write it.
//!
//! `tests/transports.rs` varies bodies, connections and packing at random; here stand the heads, as they were seen.
//! Source: section 4.2 of the wire reference.

use super::{ASK, Row, TELL, assert_cells, rows};

/// How a client writes its requests, and how it is answered. `ID` stands for the session's id.
struct Form {
    who: &'static str,
    /// The version of HTTP that its requests tell.
    version: &'static str,
    /// What stands in front of the path.
    host: &'static str,
    /// The query that opens the session, the one that goes on with it, and the one that asks what there is to hear.
    queries: [&'static str; 3],
    /// Headers of a request.
    request: &'static [&'static str],
    /// The first line and headers of a response.
    response: &'static [&'static str],
    /// The id; if it ends with a dot, a number follows that changes with each response.
    id: &'static str,
    /// What the client says in each request: `V`, `C` and `U` for VER, CVR and USR.
    bodies: &'static [&'static str],
    /// Whether answers come with the next poll.
    late: bool,
}

const OPEN: &str = "Action=open&Server=NS&IP=messenger.hotmail.com";
const SEND: &str = "SessionID=ID";
const POLL: &str = "Action=poll&SessionID=ID";
const ONE_BY_ONE: &[&str] = &["V", "C", "U"];
const NAMED: &str = "X-MSN-Messenger: SessionID=ID; GW-IP=207.46.110.18";

/// What all forms begin with and most keep.
const OFFICIAL: Form = Form {
    who: "the official client of 2003, behind a proxy of HTTP/1.0",
    version: "HTTP/1.1",
    host: "http://gateway.messenger.hotmail.com",
    queries: [OPEN, SEND, POLL],
    request: &[
        "Accept: */*",
        "Accept-Language: en-us",
        "Accept-Encoding: gzip, deflate",
        "User-Agent: MSMSGS",
        "Host: gateway.messenger.hotmail.com",
        "Proxy-Connection: Keep-Alive",
        "Connection: Keep-Alive",
        "Pragma: no-cache",
        "Content-Type: application/x-msn-messenger",
    ],
    response: &[
        "HTTP/1.0 200 OK",
        "Server: Microsoft-IIS/5.0",
        "Date: Tue, 18 Mar 2003 07:39:53 GMT",
        NAMED,
        "Content-Type: application/x-msn-messenger",
        "X-Cache: MISS from proxy.example.com",
        "Proxy-Connection: keep-alive",
    ],
    id: "954547325.",
    bodies: ONE_BY_ONE,
    late: false,
};

const FORMS: &[Form] = &[
    OFFICIAL,
    Form { who: "the same, which hears its answers in later polls", late: true, ..OFFICIAL },
    Form { who: "a client of HTTP/1.0", version: "HTTP/1.0", ..OFFICIAL },
    Form {
        who: "aMSN, which opens without a word",
        host: "",
        request: &["User-Agent: MSMSGS", "Content-Type: text/xml; charset=utf-8", "Connection: Keep-Alive"],
        bodies: &["", "V", "C", "U"],
        ..OFFICIAL
    },
    Form {
        who: "MSNPSharp, which says all three at once",
        queries: [OPEN, SEND, "Action=poll&Lifespan=3&SessionID=ID"],
        request: &[
            "User-Agent: Mozilla/5.0 (Windows NT 6.1) AppleWebKit/535.11 Chrome/17.0.963.56 Safari/535.11",
            "Content-Type: text/html; charset=UTF-8",
            "X-Requested-Session-Content-Type: text/html",
        ],
        response: &[
            "HTTP/1.1 200 OK",
            "X-MSN-Messenger: SessionID=ID; GW-IP=207.46.110.18; Action=poll",
            "X-MSN-Host: BYMSG1.example.com",
        ],
        bodies: &["VCU"],
        late: true,
        ..OFFICIAL
    },
    Form {
        who: "BitlBee, with an empty id where there is none yet",
        host: "",
        queries: ["SessionID=&Action=open&Server=NS", SEND, "SessionID=ID&Action=poll&Lifespan=60"],
        request: &["Host: gateway.example.com"],
        bodies: &["VCU"],
        late: true,
        ..OFFICIAL
    },
    Form {
        who: "Digsby, in the words of Windows Live Messenger 2009 beta",
        host: "",
        request: &[
            "User-Agent: Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1; Windows Live Messenger BETA 9.0.1407)",
            "Content-Type: text/xml; charset=utf-8",
        ],
        ..OFFICIAL
    },
    Form {
        who: "a client that calls its body a form",
        host: "",
        request: &["User-Agent: Messenger/8.0", "Content-Type: application/x-www-form-urlencoded"],
        ..OFFICIAL
    },
    Form { who: "papyon, which names neither itself nor its content", host: "", request: &["Accept: */*"], ..OFFICIAL },
    Form {
        who: "a server that names its address first and ends the headers' lines oddly",
        response: &["HTTP/1.1 200 OK", "x-msn-messenger:GW-IP=207.46.110.18;SessionID=ID ;Session=open"],
        ..OFFICIAL
    },
    Form {
        who: "Escargot, for a browser, with an id that stays",
        host: "",
        request: &[
            "User-Agent: Mozilla/5.0",
            "Origin: https://m1.example.com",
            "Content-Type: text/plain;charset=UTF-8",
        ],
        response: &[
            "HTTP/1.1 200 OK",
            "Access-Control-Allow-Origin: *",
            "Access-Control-Expose-Headers: X-MSN-Messenger",
            NAMED,
        ],
        id: "0b04cf7c-b88b-498d-8157-ba3fa68406bc",
        ..OFFICIAL
    },
];

/// A message of HTTP as a line of a script.
fn said(side: char, head: &[&str], body: &str) -> String {
    let message = format!("{}\r\nContent-Length: {}\r\n\r\n{body}", head.join("\r\n"), body.len());
    format!("{side}= {}\n", message.replace('\\', "\\\\").replace("\r\n", "\\r\\n"))
}

/// What the client says, or the server answers, in one body.
fn lines(words: &str, of_client: bool) -> String {
    let line = |word| match (word, of_client) {
        ('V', true) => "VER 1 MSNP9 MSNP8 CVR0",
        ('V', false) => "VER 1 MSNP9",
        ('C', true) => ASK,
        ('C', false) => TELL,
        (_, true) => "USR 3 TWN I u@example.com",
        (_, false) => "USR 3 TWN S lc=1033,id=507",
    };
    words.chars().flat_map(|word| [line(word), "\r\n"]).collect()
}

impl Form {
    /// The text with the id that the response of this number gave.
    fn named(&self, text: &str, number: usize) -> String {
        let changing =
            if self.id.ends_with('.') { (13_160 + number * 7_919 % 17_000).to_string() } else { String::new() };
        text.replace("SessionID=ID", &format!("SessionID={}{changing}", self.id))
    }

    /// A request and its response.
    fn turn(&self, number: usize, query: &str, body: &str, answer: &str) -> String {
        let first = format!("POST {}/gateway/gateway.dll?{query} {}", self.host, self.version);
        let first = self.named(&first, number.saturating_sub(1));
        let request = [&[first.as_str()], self.request].concat();
        let response: Vec<String> = self.response.iter().map(|line| self.named(line, number)).collect();
        let response: Vec<&str> = response.iter().map(String::as_str).collect();
        said('C', &request, body) + &said('S', &response, answer)
    }

    /// All requests and responses of the session.
    fn turns(&self) -> Vec<String> {
        let mut turns = Vec::new();
        for words in self.bodies {
            let query = self.queries[usize::from(!turns.is_empty())];
            let told = lines(words, false);
            turns.push(self.turn(turns.len(), query, &lines(words, true), if self.late { "" } else { &told }));
            if self.late {
                turns.push(self.turn(turns.len(), self.queries[2], "", &told));
            }
        }
        turns
    }

    /// The only row of this session.
    fn row(&self, body: &str) -> Row {
        let mut rows = rows(2008, body);
        assert_eq!(rows.len(), 1, "{}: {rows:?}", self.who);
        rows.remove(0)
    }
}

/// The cells that every form gives.
fn assert_told(row: &Row, what: &str) {
    let cells = [
        ("via", "gateway"),
        ("status", "ok"),
        ("client_ip", "192.0.2.10"),
        ("msnp_offered", "MSNP9 MSNP8 CVR0"),
        ("msnp", "MSNP9"),
        ("passport", "u@example.com"),
        ("client_ver", "6.0.0602"),
        ("min_ver", "6.0.0268"),
        ("flags", ""),
    ];
    assert_cells(row, cells, what);
}

#[test]
fn every_form_of_the_gateway_is_read() {
    for form in FORMS {
        let row = form.row(&format!("server 207.46.110.18:80\nconnect\n{}close client", form.turns().concat()));
        assert_told(&row, form.who);
    }
}

/// Each request on a connection of its own, and, once the gateway has told its address, to that address.
#[test]
fn a_session_goes_on_where_the_gateway_says() {
    for form in FORMS {
        let connection = |(number, turn): (usize, String)| {
            let server = if number == 0 { "203.0.113.80:80" } else { "207.46.110.18:80" };
            format!("client 192.0.2.10:{}\nserver {server}\nconnect\n{turn}close client\n", 1056 + number)
        };
        let row = form.row(&form.turns().into_iter().enumerate().map(connection).collect::<String>());
        assert_told(&row, form.who);
    }
}

/// A browser asks first whether it may ask.
#[test]
fn a_connection_may_begin_with_a_question_about_options() {
    let form = FORMS.last().unwrap();
    let preflight = said(
        'C',
        &["OPTIONS /gateway/gateway.dll?Action=open&Server=NS HTTP/1.1", "Access-Control-Request-Method: POST"],
        "",
    ) + &said('S', &["HTTP/1.1 200 OK", "Access-Control-Allow-Methods: POST"], "");
    assert_told(&form.row(&format!("connect\n{preflight}{}close client", form.turns().concat())), "options");
}

/// A proxy's connection may have been used for something else before: where nothing of it was remembered, the session is
/// picked up with its doubt.
#[test]
fn a_connection_that_began_with_another_request_is_picked_up() {
    let other = said('C', &["GET http://www.example.com/ HTTP/1.1"], "") + &said('S', &["HTTP/1.1 200 OK"], "hello");
    for form in FORMS {
        let row = form.row(&format!("connect\n{other}{}close client", form.turns().concat()));
        assert_cells(&row, [("via", "gateway"), ("status", "ok"), ("flags", "midstream")], form.who);
    }
}

/// A request before the answer to the one before is refused in words for people.
#[test]
fn a_refusal_of_the_gateway_is_no_part_of_the_session() {
    let mut turns = OFFICIAL.turns();
    let poll =
        "POST http://gateway.messenger.hotmail.com/gateway/gateway.dll?Action=poll&SessionID=954547325.1 HTTP/1.1";
    for response in
        [&["HTTP/1.1 400 Bad Request"][..], &["HTTP/1.1 400 Bad Request", "X-MSN-Messenger: SessionID=954547325.1"]]
    {
        let refused = said('C', &[poll], "") + &said('S', response, "CVR 2 7.0.0820 7.0.0820 7.0.0820 a b\r\n");
        turns.insert(1, refused);
    }
    let row = OFFICIAL.row(&format!("connect\n{}close client", turns.concat()));
    assert_told(&row, "refused");
}

/// A session with the switchboard goes through the same gateway, on the same connection, and is never told a version.
#[test]
fn a_chat_in_the_gateway_is_a_session_of_its_own() {
    let chat = Form {
        queries: ["Action=open&Server=SB&IP=207.46.108.37", SEND, POLL],
        id: "77.",
        bodies: &["", "C"],
        ..OFFICIAL
    };
    let mut turns = OFFICIAL.turns();
    let [open, ask] = &chat.turns()[..] else { panic!("two turns") };
    let length = |text: &str| format!("Content-Length: {}\\r\\n\\r\\n{text}\\r\\n", text.len() + 2);
    let open =
        open.replacen("Content-Length: 0\\r\\n\\r\\n", &length("USR 1 u@example.com 17262740.1050826919.32308"), 1);
    turns.insert(1, open);
    turns.insert(2, ask.clone());
    let row = OFFICIAL.row(&format!("connect\n{}close client", turns.concat()));
    assert_told(&row, "beside a chat");
}
