//! A part is a file like any other: whoever made it by hand, it is joined or refused.

use std::fs;
use std::path::Path;

use super::*;

/// Parts of which bytes are others.
const HANDMADE: u64 = 1_500;

/// The first line of a part, and its records.
fn opened(part: &Path) -> (Vec<u8>, Vec<u8>) {
    let mut magic = fs::read(part).unwrap();
    let frames = magic.split_off(magic.iter().position(|byte| *byte == b'\n').unwrap() + 1);
    (magic, zstd::decode_all(&frames[..]).unwrap())
}

/// Where records begin behind their lengths, and where they end.
fn bodies(records: &[u8]) -> Vec<(usize, usize)> {
    let mut bodies = Vec::new();
    let mut at = 0;
    while let Some(len) = records.get(at..).and_then(|rest| rest.first_chunk()) {
        let start = at + size_of::<u32>();
        at = start + usize::try_from(u32::from_le_bytes(*len)).unwrap();
        bodies.push((start, at));
    }
    assert_eq!(at, records.len(), "records up to the end");
    bodies
}

/// Puts other bytes in the place of some, so that numbers, lengths and kinds are others, some of them as large as can be.
fn alter(records: &mut [u8], random: &mut Random) {
    let bodies = bodies(records);
    for _ in 0..=random.below(3) {
        // The last one holds most kinds of things.
        let last = bodies.len() - 1;
        let (start, end) = bodies[if random.one_in(2) { last } else { random.below(bodies.len()) }];
        let at = start + random.below(end - start);
        match random.below(4) {
            0 => records[at] ^= 1 << random.below(8),
            1 => records[at] = random.next().to_le_bytes()[0],
            // A number that takes as many bytes as one can, and more.
            2 => records[at..end.min(at + 1 + random.below(10))].fill(0xff),
            _ => {
                let from = start + random.below(end - start);
                let len = random.below(1 + 16.min(end - at.max(from)));
                records.copy_within(from..from + len, at);
            }
        }
    }
}

#[test]
fn p16_a_part_made_by_hand_is_joined_or_refused() {
    let directory = tempfile::tempdir().unwrap();
    let frames = everybody();
    let files = files(&frames, &[0, frames.len() / 3, 2 * frames.len() / 3], directory.path());
    let groups: Vec<_> = files.into_iter().map(|file| vec![file]).collect();
    let honest = parts(&groups, directory.path());
    let (magic, records) = opened(honest[1].path());
    let handmade = directory.path().join("handmade.part");
    let seed = seed();
    let (mut joined, mut refused) = (0, 0);
    for case in 0..HANDMADE {
        let mut random = Random::of_case(seed, case);
        let mut records = records.clone();
        alter(&mut records, &mut random);
        let frame = zstd::encode_all(&records[..], 1).unwrap();
        fs::write(&handmade, [&magic[..], &frame].concat()).unwrap();
        let Ok(part) = Part::open(&handmade) else {
            refused += 1;
            continue;
        };
        joined += 1;
        let mut parts = reopened(&honest);
        parts[1] = part;
        let mut rows = Vec::new();
        if let Ok(found) = merge(parts, None, None, &mut |news| rows.extend(row_of(&news))) {
            tables(&found, rows);
        }
    }
    assert!(joined > HANDMADE / 10 && refused > HANDMADE / 10, "seed {seed}: {joined} joined, {refused} refused");
}
