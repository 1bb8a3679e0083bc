//! What a client tells a proxy, and what it answers, before the first byte of the conversation.
//!
//! ```text
//! client  CONNECT host:1863 HTTP/1.0 ... │ VER 1 ..     04 01 port ip user 00 │ VER 1 ..
//! server  HTTP/1.0 200 ...               │ VER 1 ..     00 5a port ip         │ VER 1 ..
//!
//! client  05 n methods [01 user password] 05 01 00 kind address port │ VER 1 ..
//! server  05 method    [01 00]            05 00 00 kind address port │ VER 1 ..
//! ```
//!
//! Each side is read by itself, for either may be captured first, or alone.

use super::head::{self, Framing, Subject};
use super::recognise::Look;
use crate::limits::HEAD_LEN_MAX;
use crate::net::{BySide, Side};
use crate::tcp::Role;

/// The kind of proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// HTTP, by CONNECT.
    Http,
    /// SOCKS 4 and 4A.
    Socks4,
    /// SOCKS 5, without authentication or with name and password.
    Socks5,
}

/// What stands at the front of a side's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The whole prelude of this side, which has so many bytes.
    Through(usize),
    /// More bytes are needed.
    Wait,
    /// No prelude, or one that is refused.
    Ends,
}

/// Longest name in a SOCKS 4 request, in bytes.
const NAME_LEN_MAX: usize = 255;

/// The preludes of both sides of a connection.
#[derive(Debug)]
pub struct Prelude {
    proxy: Proxy,
    client: Side,
    through: BySide<bool>,
}

impl Prelude {
    /// A prelude of which nothing is read yet.
    pub fn new(proxy: Proxy, client: Side) -> Self {
        Self { proxy, client, through: BySide::default() }
    }

    /// Whether what `side` says now belongs to the conversation.
    pub const fn is_through(&self, side: Side) -> bool {
        *self.through.get(side)
    }

    /// What is left of the prelude of `side` is lost.
    pub const fn pass(&mut self, side: Side) {
        *self.through.get_mut(side) = true;
    }

    /// Looks at all bytes of `side` so far.
    pub fn step(&mut self, side: Side, bytes: &[u8]) -> Step {
        let read = match (self.proxy, side == self.client) {
            (Proxy::Http, true) => connect(bytes),
            (Proxy::Http, false) => connected(bytes),
            (Proxy::Socks4, true) => socks4(bytes),
            (Proxy::Socks4, false) => socks4_answer(bytes),
            (Proxy::Socks5, true) => socks5(bytes),
            (Proxy::Socks5, false) => socks5_answer(bytes),
        };
        *self.through.get_mut(side) = matches!(read, Step::Through(_));
        read
    }
}

/// What bytes that begin with 0, 4 or 5 begin.
pub(super) fn look(bytes: &[u8]) -> Look {
    match bytes {
        [4, 1, ..] => Look::Proxy(Proxy::Socks4, Role::Client),
        [0, 0x5a, rest @ ..] if rest.len() <= 6 || socks4_answer(bytes) == Step::Through(8) => {
            Look::Proxy(Proxy::Socks4, Role::Server)
        }
        // `05 02` is the answer of a server, or the beginning of a list of methods, which the next bytes tell.
        [0 | 4 | 5] | [5, 2] | [5, 2, 1] => Look::Unclear,
        [5, 0] | [5, 0, 5, ..] | [5, 2, 1, 0, ..] => Look::Proxy(Proxy::Socks5, Role::Server),
        [5, count @ 1..=255, rest @ ..] => match rest.get(usize::from(*count)) {
            None | Some(1 | 5) => Look::Proxy(Proxy::Socks5, Role::Client),
            Some(_) => Look::Other,
        },
        _ => Look::Other,
    }
}

/// Whether `bytes` are what a client sends to a SOCKS proxy first, no more and no less.
pub(super) fn is_whole_request(bytes: &[u8]) -> bool {
    match bytes {
        [4, ..] => socks4(bytes) == Step::Through(bytes.len()),
        [5, count, methods @ ..] => *count > 0 && usize::from(*count) == methods.len() && methods.is_sorted(),
        _ => false,
    }
}

fn connect(bytes: &[u8]) -> Step {
    if !bytes.starts_with(b"CONNECT ".get(..bytes.len().min(8)).unwrap_or_default()) {
        return Step::Ends;
    }
    match head::find_end(bytes) {
        None if bytes.len() <= HEAD_LEN_MAX => Step::Wait,
        Some(len) if bytes.get(..len).and_then(head::request).is_some() => Step::Through(len),
        _ => Step::Ends,
    }
}

/// The proxy's answer. One that wants a password does not end it: the client asks again, which is a prelude in its turn.
fn connected(bytes: &[u8]) -> Step {
    let Some(len) = head::find_end(bytes) else {
        return if bytes.len() <= HEAD_LEN_MAX { Step::Wait } else { Step::Ends };
    };
    let head = bytes.get(..len).and_then(head::response);
    match head.map(|head| (head.subject, head.framing)) {
        Some((Subject::Response { status: 200..=299, .. }, _)) => Step::Through(len),
        Some((Subject::Response { status: 407, .. }, Framing::Length(body))) => {
            let whole = usize::try_from(body).ok().and_then(|body| len.checked_add(body));
            match whole.filter(|whole| *whole <= 2 * HEAD_LEN_MAX) {
                Some(whole) if whole <= bytes.len() => Step::Through(whole),
                Some(_) => Step::Wait,
                None => Step::Ends,
            }
        }
        _ => Step::Ends,
    }
}

fn socks4(bytes: &[u8]) -> Step {
    if !matches!(bytes, [4, 1, ..] | [4] | []) {
        return Step::Ends;
    }
    let Some((head, names)) = bytes.split_first_chunk::<8>() else { return Step::Wait };
    let user = match name_len(names) {
        Ok(len) => len,
        Err(step) => return step,
    };
    // An impossible address says that the host's name follows (4A).
    let [_, _, _, _, 0, 0, 0, 1..=255] = head else { return Step::Through(8 + user) };
    match name_len(names.get(user..).unwrap_or_default()) {
        Ok(host) => Step::Through(8 + user + host),
        Err(step) => step,
    }
}

/// Length of a name and the zero behind it.
fn name_len(bytes: &[u8]) -> Result<usize, Step> {
    match bytes.iter().take(NAME_LEN_MAX + 1).position(|byte| *byte == 0) {
        Some(at) => Ok(at + 1),
        None if bytes.len() <= NAME_LEN_MAX => Err(Step::Wait),
        None => Err(Step::Ends),
    }
}

fn socks4_answer(bytes: &[u8]) -> Step {
    match bytes {
        [0, 0x5a, _, _, _, _, _, _, ..] => Step::Through(8),
        [] | [0] | [0, 0x5a, ..] => Step::Wait,
        _ => Step::Ends,
    }
}

fn socks5(bytes: &[u8]) -> Step {
    let (methods, mut at) = match bytes {
        [5, count @ 1..=255, rest @ ..] => (rest.len(), 2 + usize::from(*count)),
        [] | [5] => return Step::Wait,
        _ => return Step::Ends,
    };
    if methods < at - 2 {
        return Step::Wait;
    }
    // Name and password (RFC 1929), if the server chose them.
    if let Some([1, rest @ ..]) = bytes.get(at..) {
        let Some(user) = rest.first().map(|len| usize::from(*len)) else { return Step::Wait };
        let Some(password) = rest.get(1 + user).map(|len| usize::from(*len)) else { return Step::Wait };
        at += 3 + user + password;
    }
    socks5_address(bytes, at, 1)
}

fn socks5_answer(bytes: &[u8]) -> Step {
    match bytes {
        [5, 0, ..] => socks5_address(bytes, 2, 0),
        [5, 2, 1, 0, ..] => socks5_address(bytes, 4, 0),
        [] | [5] | [5, 2] | [5, 2, 1] => Step::Wait,
        _ => Step::Ends,
    }
}

/// A request or reply at `at`: `05`, what it says, `00`, and an address.
fn socks5_address(bytes: &[u8], at: usize, says: u8) -> Step {
    let rest = bytes.get(at..).unwrap_or_default();
    let beginning = [5, says, 0];
    if rest.iter().zip(beginning).any(|(byte, expected)| *byte != expected) {
        return Step::Ends;
    }
    let address = match rest.get(3..) {
        Some([1, ..]) => 4,
        Some([3, len, ..]) => 1 + usize::from(*len),
        Some([4, ..]) => 16,
        Some([3] | []) | None => return Step::Wait,
        Some(_) => return Step::Ends,
    };
    let whole = at + 4 + address + 2;
    if bytes.len() < whole { Step::Wait } else { Step::Through(whole) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every beginning waits, the whole is through, and what follows does not matter.
    fn assert_through(proxy: Proxy, of_client: bool, prelude: &[u8]) {
        let side = if of_client { Side::Low } else { Side::High };
        for len in 0..prelude.len() {
            let step = Prelude::new(proxy, Side::Low).step(side, &prelude[..len]);
            assert_eq!(step, Step::Wait, "{proxy:?} {len}");
        }
        for behind in [&b""[..], b"VER 1 MSNP8\r\n"] {
            let mut read = Prelude::new(proxy, Side::Low);
            assert_eq!(read.step(side, &[prelude, behind].concat()), Step::Through(prelude.len()), "{proxy:?}");
            assert!(read.is_through(side) && !read.is_through(side.other()));
        }
    }

    #[test]
    fn every_prelude_is_read_to_its_end() {
        let connect = b"CONNECT messenger.example.com:1863 HTTP/1.0\r\nUser-Agent: x\r\nProxy-Authorization: y\r\n\r\n";
        assert_through(Proxy::Http, true, connect);
        assert_through(Proxy::Http, false, b"HTTP/1.0 200 Connection established\r\nVia: x\r\n\r\n");
        assert_through(Proxy::Http, false, b"HTTP/1.1 407 No\r\nContent-Length: 4\r\n\r\nlog!");
        assert_through(Proxy::Socks4, true, b"\x04\x01\x07\x47\xc6\x33\x64\x07\0");
        assert_through(Proxy::Socks4, true, b"\x04\x01\x07\x47\xc6\x33\x64\x07user\0");
        assert_through(Proxy::Socks4, true, b"\x04\x01\x07\x47\0\0\0\x01user\0messenger.example.com\0");
        assert_through(Proxy::Socks4, false, b"\0\x5a\x07\x47\xc6\x33\x64\x07");
        assert_through(Proxy::Socks5, true, b"\x05\x01\0\x05\x01\0\x01\xc6\x33\x64\x07\x07\x47");
        assert_through(Proxy::Socks5, true, b"\x05\x02\0\x02\x01\x04user\x02pw\x05\x01\0\x03\x05a.com\x07\x47");
        assert_through(Proxy::Socks5, false, b"\x05\0\x05\0\0\x01\xc6\x33\x64\x07\x07\x47");
        assert_through(Proxy::Socks5, false, b"\x05\x02\x01\0\x05\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x07\x47");
    }

    #[test]
    fn a_refusal_ends_it() {
        let refused = |proxy, bytes: &[u8]| Prelude::new(proxy, Side::Low).step(Side::High, bytes) == Step::Ends;
        assert!(refused(Proxy::Http, b"HTTP/1.0 403 Forbidden\r\n\r\n"));
        assert!(refused(Proxy::Http, b"HTTP/1.0 407 No\r\n\r\n"));
        assert!(refused(Proxy::Socks4, b"\0\x5b\0\0\0\0\0\0"));
        assert!(refused(Proxy::Socks5, b"\x05\xff"));
        assert!(refused(Proxy::Socks5, b"\x05\x01"));
        assert!(refused(Proxy::Socks5, b"\x05\x02\x01\x01"));
        assert!(refused(Proxy::Socks5, b"\x05\0\x05\x05\0\x01\0\0\0\0\0\0"));
    }

    #[test]
    fn either_party_is_known_by_its_first_bytes() {
        let looks = |bytes: &[u8]| look(bytes);
        assert_eq!(looks(b"\x04\x01"), Look::Proxy(Proxy::Socks4, Role::Client));
        assert_eq!(looks(b"\0\x5a\x07"), Look::Proxy(Proxy::Socks4, Role::Server));
        assert_eq!(looks(b"\x05\x01"), Look::Proxy(Proxy::Socks5, Role::Client));
        assert_eq!(looks(b"\x05\x02\0\x02"), Look::Proxy(Proxy::Socks5, Role::Client));
        assert_eq!(looks(b"\x05\0"), Look::Proxy(Proxy::Socks5, Role::Server));
        assert_eq!(looks(b"\x05\x02\x01\0"), Look::Proxy(Proxy::Socks5, Role::Server));
        assert_eq!(looks(b"\x05\x02"), Look::Unclear);
        assert_eq!(looks(b"\x05\x02\x01"), Look::Unclear);
        assert_eq!(looks(b"\x05\x01\0\x16\x03"), Look::Other);
        assert_eq!(looks(b"\0\0\0\x90"), Look::Other);
    }
}
