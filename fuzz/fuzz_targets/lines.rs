//! MSNP lines: anything said on one connection, in order, again, ahead or torn. The laws must hold.
//!
//! That honest conversations read the same in segments of any size is a property of the project's tests. Here it cannot be
//! asked: a stranger is forgotten with the segment that gives it away, and may be met again in the next one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msncensus::packet::LinkType;
use msncensus_fuzz::{Bytes, Engine, ipv4, tcp};

/// One connection, seen without its addresses: the ports alone tell the sides apart.
struct Wire {
    engine: Engine,
    next: [u32; 2],
    time: i64,
}

impl Wire {
    fn new(memory_max: usize, with_handshake: bool) -> Self {
        let mut wire = Self { engine: Engine::new(memory_max), next: [1_000, 9_000], time: 0 };
        if with_handshake {
            wire.send(0, 1_000, 2, &[]);
            wire.send(1, 9_000, 0x12, &[]);
            wire.next = [1_001, 9_001];
        }
        wire
    }

    fn send(&mut self, side: usize, seq: u32, flags: u8, payload: &[u8]) {
        let ends = if side == 0 { [1056, 1863] } else { [1863, 1056] };
        let mut data = ipv4(0, 0, 6, &tcp(ends, seq, self.next[1 - side], flags, payload));
        if side == 1 {
            data[12..20].rotate_left(4);
        }
        self.time += 1_000_000;
        self.engine.push(LinkType::RAW, &data, data.len(), self.time);
    }

    /// Says `payload` next, in segments of at most `size` bytes.
    fn say(&mut self, side: usize, payload: &[u8], size: usize) {
        for part in payload.chunks(size) {
            self.send(side, self.next[side], 0x18, part);
            self.next[side] = self.next[side].wrapping_add(part.len() as u32);
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let how = bytes.byte();
    let memory_max = if how & 4 == 0 { 1 << 20 } else { usize::from(how) * 8 };
    let with_handshake = how & 1 == 0;
    let mut wire = Wire::new(memory_max, with_handshake);
    let in_order = how & 2 == 0;
    while !bytes.is_empty() {
        let (form, len) = (bytes.byte(), usize::from(bytes.byte()));
        let side = usize::from(form & 1);
        if in_order {
            let payload = bytes.take(len);
            wire.say(side, payload, 1 + usize::from(form / 2 % 64));
            continue;
        }
        match form / 2 % 8 {
            0..=3 => {
                let payload = bytes.take(len);
                wire.say(side, payload, usize::MAX);
            }
            // Lost.
            4 => wire.next[side] = wire.next[side].wrapping_add(len as u32),
            // Again, or ahead.
            5 | 6 => {
                let seq = wire.next[side].wrapping_add(u32::from(bytes.byte())).wrapping_sub(128);
                let payload = bytes.take(len);
                wire.send(side, seq, 0x10, payload);
            }
            _ => {
                let flags = bytes.byte() & 0x17;
                let payload = bytes.take(len % 8);
                wire.send(side, wire.next[side], flags, payload);
                wire.time += i64::from(form) * 1_000_000_000;
            }
        }
    }
    wire.engine.finish();
});
