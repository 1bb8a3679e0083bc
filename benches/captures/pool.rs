//! What strangers say: pages of text and of noise that millions of segments are cut from.
//!
//! The pages together are longer than the window of a compressor, so that a compressed capture is not unlike a real one.

use super::random::Random;

/// Pages of text, each an answer of a web server, and as many of noise, each the beginning of an encrypted session.
const PAGES: usize = 256;
/// Length of a page; nobody says more at once.
const PAGE_LEN: usize = 64 * 1024;
/// Text begins here on its page, behind the head.
const HEAD_LEN_MAX: usize = 512;
/// Different requests of web clients.
const REQUESTS: usize = 64;
/// One request of a web client in so many is a POST.
const ONE_POST_IN: usize = 16;

/// Where something stands in the pool, and its length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage {
    pub(super) from: usize,
    pub(super) len: usize,
}

/// Who sends a mail: what client and server say by turns, the server first.
const MAIL: [&str; 9] = [
    "220 mail.example.net ESMTP ready\r\n",
    "EHLO relay.example.org\r\n",
    "250-mail.example.net at your service\r\n250-SIZE 20480000\r\n250 PIPELINING\r\n",
    "MAIL FROM:<alice@example.org>\r\n",
    "250 2.1.0 Sender ok\r\n",
    "RCPT TO:<bob@example.net>\r\n",
    "250 2.1.5 Recipient ok\r\n",
    "DATA\r\n",
    "354 End data with <CR><LF>.<CR><LF>\r\n",
];

/// Words of a page.
const WORDS: [&str; 24] = [
    "<p>",
    "</p>\r\n",
    "<td class=\"cell\">",
    "</td>",
    "<a href=\"/news/archive/",
    "\">",
    "</a> ",
    "the ",
    "of ",
    "and ",
    "summer ",
    "service ",
    "message ",
    "weather ",
    "nothing ",
    "is ",
    "better ",
    "than ",
    "version ",
    "download ",
    "client ",
    "a ",
    "to ",
    "signed ",
];

/// The pool.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) bytes: Vec<u8>,
    requests: Vec<Passage>,
    mail: Vec<Passage>,
}

impl Pool {
    pub(super) fn new(random: &mut Random) -> Self {
        let mut pool = Self { bytes: Vec::with_capacity(2 * PAGES * PAGE_LEN), requests: vec![], mail: vec![] };
        (0..PAGES).for_each(|_| pool.write_answer(random));
        (0..PAGES).for_each(|_| pool.write_noise(random));
        pool.requests = (0..REQUESTS).map(|_| pool.write_request(random)).collect();
        pool.mail = MAIL.iter().map(|line| pool.write(line)).collect();
        pool
    }

    /// A request of a web client.
    pub(super) fn request(&self, pick: usize) -> Passage {
        self.requests[pick % self.requests.len()]
    }

    /// What is said when a mail is sent, up to the mail itself.
    pub(super) fn mail(&self) -> &[Passage] {
        &self.mail
    }

    /// The answer of a web server, of `len` bytes.
    pub(super) fn answer(pick: usize, len: usize) -> Passage {
        Passage { from: pick % PAGES * PAGE_LEN, len: len.min(PAGE_LEN) }
    }

    /// Text without a head.
    pub(super) fn text(pick: usize, len: usize) -> Passage {
        Passage { from: pick % PAGES * PAGE_LEN + HEAD_LEN_MAX, len: len.min(PAGE_LEN - HEAD_LEN_MAX) }
    }

    /// The beginning of an encrypted session.
    pub(super) fn sealed(pick: usize, len: usize) -> Passage {
        Passage { from: (PAGES + pick % PAGES) * PAGE_LEN, len: len.min(PAGE_LEN) }
    }

    /// Noise that begins anyhow.
    pub(super) fn noise(pick: usize, len: usize) -> Passage {
        let len = len.min(PAGE_LEN);
        let last = PAGES * PAGE_LEN - len;
        Passage { from: PAGES * PAGE_LEN + pick % last, len }
    }

    fn write(&mut self, text: &str) -> Passage {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(text.as_bytes());
        Passage { from, len: text.len() }
    }

    fn write_answer(&mut self, random: &mut Random) {
        let end = self.bytes.len() + PAGE_LEN;
        let len = random.below(PAGE_LEN);
        self.write(&format!(
            "HTTP/1.1 200 OK\r\nDate: Tue, 03 Feb 2004 17:45:30 GMT\r\nServer: Apache/1.3.29 (Unix)\r\n\
             Content-Type: text/html; charset=iso-8859-1\r\nContent-Length: {len}\r\n\r\n"
        ));
        while self.bytes.len() < end {
            self.write(WORDS[random.below(WORDS.len())]);
            if random.one_in(8) {
                self.write(&random.below(100_000).to_string());
            }
        }
        self.bytes.truncate(end);
    }

    fn write_noise(&mut self, random: &mut Random) {
        let end = self.bytes.len() + PAGE_LEN;
        // A record of the TLS handshake, version 1.0, 512 bytes: a greeting.
        self.bytes.extend_from_slice(&[0x16, 3, 1, 2, 0, 1]);
        while self.bytes.len() < end {
            self.bytes.extend_from_slice(&random.next().to_le_bytes());
        }
        self.bytes.truncate(end);
    }

    fn write_request(&mut self, random: &mut Random) -> Passage {
        let (verb, page) = (if random.one_in(ONE_POST_IN) { "POST" } else { "GET" }, random.below(10_000));
        let (site, cookie) = (random.below(500), random.next());
        self.write(&format!(
            "{verb} /news/archive/{page}.html HTTP/1.1\r\nHost: www{site}.example.com\r\nAccept: */*\r\n\
             Accept-Language: en-us\r\nAccept-Encoding: gzip, deflate\r\n\
             User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)\r\n\
             Cookie: session={cookie:016x}\r\nConnection: Keep-Alive\r\n\r\n"
        ))
    }
}
