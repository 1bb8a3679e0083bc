//! Reassembly: any steps leave the assembler where they leave the model of `tests/properties/model.rs`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{Both, Step};
use msncensus::net::Checksum;
use msncensus_fuzz::Bytes;

#[path = "../../tests/properties/model.rs"]
#[allow(dead_code, reason = "the model is shared with the properties, which ask more of it")]
mod model;

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let mut both = Both::new();
    let mut frame = 0;
    while !bytes.is_empty() && frame < 200 {
        frame += 1;
        let (what, at) = (bytes.byte(), usize::from(bytes.byte()));
        let checksum = [Checksum::Valid, Checksum::Unverified, Checksum::Invalid][usize::from(what / 8) % 3];
        let step = match what % 8 {
            0 => Step::Take(1 + at % 12),
            1 if at % 4 == 0 => Step::SkipHole,
            2 if at % 4 == 0 => Step::FinishAt(40 + at / 4 % 40, checksum),
            _ => {
                // Few values, so that copies often agree in part.
                let differing = bytes.short();
                let len = 1 + usize::from(what / 24) * 7 % 15;
                let said = (0..len).map(|bit| if differing >> bit & 1 == 0 { b'a' } else { b'b' }).collect();
                Step::Insert(at % 60, said, checksum)
            }
        };
        if let Err(error) = both.step(&step, frame) {
            panic!("{step:?}: {error}");
        }
    }
});
