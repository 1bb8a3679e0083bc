//! The pcapng reader: any bytes behind a section header, read whole and in sips, with and without recovery.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msncensus_fuzz::read_in_every_way;

fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) {
        return read_in_every_way(bytes);
    }
    let Some((first, rest)) = bytes.split_first() else { return };
    let number = |number: u32| if first % 2 == 0 { number.to_le_bytes() } else { number.to_be_bytes() };
    let version = if first % 2 == 0 { [1, 0, 0, 0] } else { [0, 1, 0, 0] };
    let header = [0x0a0d_0d0a_u32.to_le_bytes(), number(28), number(0x1a2b_3c4d), version];
    read_in_every_way(&[&header.concat()[..], &[0xff; 8], &number(28), rest].concat());
});
