//! The secret that pseudonyms are made with.
//!
//! ```text
//!               ┌─ "names"        16 bytes   key of the pseudonyms of accounts
//! content ──────┼─ "addresses"    16 bytes   key of those of addresses and networks
//!  SHA-256 with └─ "fingerprint"   8 bytes   public: tells whether two runs had the same key
//! ```
//!
//! Each is the beginning of SHA-256 over its word, a zero byte and the content: none says anything about the others, or about the
//! content, as long as that cannot be guessed.

use std::fmt;

use sha2::{Digest, Sha256};

/// Fewest bytes of content: 128 bits, beyond guessing if they are random.
pub const KEY_LEN_MIN: usize = 16;

/// The keys of two pseudorandom functions, and what tells them from others.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    pub(super) names: [u8; 16],
    pub(super) addresses: [u8; 16],
    fingerprint: [u8; 8],
}

impl Key {
    /// The key made of `content`, which should be random; `None` if it is shorter than [`KEY_LEN_MIN`].
    pub fn of(content: &[u8]) -> Option<Self> {
        (content.len() >= KEY_LEN_MIN).then(|| Self {
            names: derived("names", content),
            addresses: derived("addresses", content),
            fingerprint: derived("fingerprint", content),
        })
    }

    /// Sixteen hexadecimal digits: equal for equal keys, and no secret.
    pub fn fingerprint(&self) -> String {
        format!("{:016x}", u64::from_be_bytes(self.fingerprint))
    }
}

impl fmt::Debug for Key {
    /// Shows the fingerprint alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.fingerprint())
    }
}

/// The first `LEN` bytes, 32 at most, of what becomes of `content` for one purpose.
fn derived<const LEN: usize>(purpose: &str, content: &[u8]) -> [u8; LEN] {
    let mut hash = Sha256::new();
    for part in [b"msncensus ", purpose.as_bytes(), b"\0", content] {
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    *digest.first_chunk().expect("no purpose takes more than 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_of_sixteen_bytes_or_more() {
        assert_eq!(Key::of(&[7; 15]), None);
        assert!(Key::of(&[7; 16]).is_some());
        assert_ne!(Key::of(&[7; 16]), Key::of(&[7; 17]));
    }

    #[test]
    fn only_the_fingerprint_is_shown_and_nothing_of_the_key_is_in_it() {
        let key = Key::of(b"sixteen bytes or more").unwrap();
        assert_eq!(format!("{key:?}"), format!("Key({})", key.fingerprint()));
        // printf 'msncensus fingerprint\0sixteen bytes or more' | sha256sum
        assert_eq!(key.fingerprint(), "89fe4f74357fd396");
        assert!(key.names != key.addresses && !key.names.starts_with(&key.fingerprint));
    }
}
