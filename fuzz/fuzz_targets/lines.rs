//! MSNP lines: anything said on one connection, in order, again, ahead or torn. The laws must hold.
//!
//! That honest conversations read the same in segments of any size is a property of the project's tests. Here it cannot be
//! asked: a stranger is forgotten with the segment that gives it away, and may be met again in the next one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msncensus_fuzz::{Bytes, Engine, Wire};

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let how = bytes.byte();
    let memory_max = if how & 4 == 0 { 1 << 20 } else { usize::from(how) * 8 };
    let with_handshake = how & 1 == 0;
    let mut engine = Engine::new(memory_max);
    let mut wire = Wire::new([1056, 1863], with_handshake, &mut engine);
    let in_order = how & 2 == 0;
    while !bytes.is_empty() {
        let (form, len) = (bytes.byte(), usize::from(bytes.byte()));
        let side = usize::from(form & 1);
        if in_order {
            let payload = bytes.take(len);
            wire.say(side, payload, 1 + usize::from(form / 2 % 64), &mut engine);
            continue;
        }
        match form / 2 % 8 {
            0..=3 => {
                let payload = bytes.take(len);
                wire.say(side, payload, usize::MAX, &mut engine);
            }
            // Lost.
            4 => wire.next[side] = wire.next[side].wrapping_add(len as u32),
            // Again, or ahead.
            5 | 6 => {
                let seq = wire.next[side].wrapping_add(u32::from(bytes.byte())).wrapping_sub(128);
                let payload = bytes.take(len);
                wire.send(side, seq, 0x10, payload, &mut engine);
            }
            _ => {
                let flags = bytes.byte() & 0x17;
                let payload = bytes.take(len % 8);
                wire.send(side, wire.next[side], flags, payload, &mut engine);
                engine.time += i64::from(form) * 1_000_000_000;
            }
        }
    }
    engine.finish();
});
