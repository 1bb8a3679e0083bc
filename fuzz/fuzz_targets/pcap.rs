//! The pcap reader: any bytes behind a magic number, read whole and in sips, with and without recovery.

#![no_main]

use libfuzzer_sys::fuzz_target;
use msncensus_fuzz::read_in_every_way;

const MAGICS: [u32; 8] =
    [0xa1b2_c3d4, 0xd4c3_b2a1, 0xa1b2_3c4d, 0x4d3c_b2a1, 0xa1b2_cd34, 0x34cd_b2a1, 0xa1e2_cb12, 0x12cb_e2a1];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let magic = MAGICS[usize::from(*first) % MAGICS.len()];
    read_in_every_way(&[&magic.to_le_bytes(), rest].concat());
});
