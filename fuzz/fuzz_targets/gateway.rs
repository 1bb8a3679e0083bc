//! The HTTP gateway and proxies: requests and responses of any form on three connections, behind any prelude, torn and lost.
//! The laws must hold.
//!
//! A step is a form, a connection, a length and so many bytes:
//!
//! | form | sends |
//! |---|---|
//! | 0 to 3 | a request that carries the bytes: an open, one of session 7 or 8, or one for somebody else |
//! | 4, 5 | a response that carries them, of session 7 or 8 |
//! | 6 | the bytes, by client or server |
//! | 7 | a prelude of the client and its answer |
//! | 8 | nothing: as many bytes are lost |
//! | 9 | the bytes, at another place |

#![no_main]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use msncensus_fuzz::{Bytes, Engine, Wire};

/// Preludes, each with the answer that lets it through.
const PRELUDES: [[&[u8]; 2]; 4] = [
    [b"CONNECT a.example:1863 HTTP/1.0\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n"],
    [b"\x04\x01\x07\x47\xc6\x33\x64\x07\0", b"\0\x5a\0\0\0\0\0\0"],
    [b"\x05\x01\0\x05\x01\0\x03\x01a\x07\x47", b"\x05\0\x05\0\0\x01\0\0\0\0\0\0"],
    [b"\x05\x01\x02\x01\x01a\x01b\x05\x01\0\x01\0\0\0\0\0\0", b"\x05\x02\x01\0\x05\0\0\x01\0\0\0\0\0\0"],
];

/// A head that begins so, and the body: plain, chunked or packed.
fn message(beginning: &str, how: u8, body: &[u8]) -> Vec<u8> {
    let mut packed = body.to_vec();
    let mut head = beginning.to_owned();
    if how & 2 != 0 {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).expect("memory takes it");
        packed = encoder.finish().expect("memory takes it");
        head += "Content-Encoding: gzip\r\n";
    }
    if how & 1 != 0 {
        head += "Transfer-Encoding: chunked\r\n\r\n";
        let chunks =
            packed.chunks(11).map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
        packed = chunks.chain([b"0\r\n\r\n".to_vec()]).flatten().collect();
    } else if how & 4 == 0 {
        head += &format!("Content-Length: {}\r\n\r\n", packed.len());
    } else {
        head += "\r\n";
    }
    [head.as_bytes(), &packed].concat()
}

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let how = bytes.byte();
    let memory_max = if how & 8 == 0 { 1 << 20 } else { usize::from(how) * 8 };
    let mut engine = Engine::new(memory_max);
    let mut wires = [0, 1, 2].map(|number| Wire::new([1056 + number, 80], how >> number & 1 == 0, &mut engine));
    while !bytes.is_empty() {
        let (form, place, len) = (bytes.byte(), bytes.byte(), usize::from(bytes.byte()));
        let wire = &mut wires[usize::from(place % 3)];
        let (how, size) = (form / 16, 1 + 4 * usize::from(place / 3));
        let session = 7 + (form & 1);
        match form % 16 % 10 {
            kind @ 0..=3 => {
                let target = match kind {
                    0 => "/gateway/gateway.dll?Action=open".to_owned(),
                    1 | 2 => format!("http://a.example/gateway/gateway.dll?SessionID={session}.{place}"),
                    _ => "/other".to_owned(),
                };
                let body = bytes.take(len);
                wire.say(0, &message(&format!("POST {target} HTTP/1.1\r\n"), how, body), size, &mut engine);
            }
            4 | 5 => {
                let end = if how & 8 == 0 { "" } else { "; Session=close" };
                let head = format!("HTTP/1.1 200 OK\r\nX-MSN-Messenger: SessionID={session}.{place}{end}\r\n");
                let body = bytes.take(len);
                wire.say(1, &message(&head, how, body), size, &mut engine);
            }
            6 => {
                let said = bytes.take(len);
                wire.say(usize::from(how & 1), said, size, &mut engine);
            }
            7 => {
                for (side, said) in PRELUDES[len % PRELUDES.len()].into_iter().enumerate() {
                    wire.say(side, said, size, &mut engine);
                }
            }
            8 => {
                let next = &mut wire.next[usize::from(how & 1)];
                *next = next.wrapping_add(len as u32);
            }
            _ => {
                let side = usize::from(how & 1);
                let seq = wire.next[side].wrapping_add(u32::from(bytes.byte())).wrapping_sub(128);
                let flags = if how & 2 == 0 { 0x10 } else { 0x11 };
                let said = bytes.take(len);
                wire.send(side, seq, flags, said, &mut engine);
                engine.time += i64::from(how) * 1_000_000_000;
            }
        }
    }
    engine.finish();
});
