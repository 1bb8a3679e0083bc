//! Unpacks bodies, within bounds.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::head::Coding;
use crate::limits::UNPACKED_LEN_MAX;

/// The body that `packed` is, or `None` if it is damaged, packed in a way that nobody offered, or beyond the bound: a few
/// bytes can be the gigabytes of an attack.
pub(super) fn unpack(coding: Coding, packed: &[u8]) -> Option<Vec<u8>> {
    match coding {
        // What has no bytes needs no unpacking.
        _ if packed.is_empty() => Some(Vec::new()),
        Coding::Identity => Some(packed.to_vec()),
        Coding::Gzip => read(MultiGzDecoder::new(packed)),
        Coding::Deflate => read(ZlibDecoder::new(packed)).or_else(|| read(DeflateDecoder::new(packed))),
        Coding::Other => None,
    }
}

fn read(decoder: impl Read) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    let beyond = u64::try_from(UNPACKED_LEN_MAX).map_or(u64::MAX, |max| max.saturating_add(1));
    decoder.take(beyond).read_to_end(&mut unpacked).ok()?;
    (unpacked.len() <= UNPACKED_LEN_MAX).then_some(unpacked)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const LINE: &[u8] = b"VER 1 MSNP8 CVR0\r\n";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_packing_is_unpacked() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(LINE).unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::fast());
        raw.write_all(LINE).unwrap();
        assert_eq!(unpack(Coding::Gzip, &gzip(LINE)).as_deref(), Some(LINE));
        assert_eq!(unpack(Coding::Deflate, &zlib.finish().unwrap()).as_deref(), Some(LINE));
        assert_eq!(unpack(Coding::Deflate, &raw.finish().unwrap()).as_deref(), Some(LINE));
        assert_eq!(unpack(Coding::Gzip, b""), Some(Vec::new()));
    }

    #[test]
    fn what_is_damaged_cut_or_a_bomb_gives_nothing() {
        let packed = gzip(LINE);
        assert_eq!(unpack(Coding::Gzip, &packed[..packed.len() - 1]), None);
        assert_eq!(unpack(Coding::Gzip, LINE), None);
        assert_eq!(unpack(Coding::Other, LINE), None);
        assert_eq!(unpack(Coding::Gzip, &gzip(&vec![0; UNPACKED_LEN_MAX + 1])), None);
        assert!(unpack(Coding::Gzip, &gzip(&vec![0; UNPACKED_LEN_MAX])).is_some());
    }
}
