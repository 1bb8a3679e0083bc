//! SHA-256 of an input, computed as it is read.
//!
//! It takes whatever can be read; gives the same bytes, and in the end their hash; keeps the state of the hash; and
//! leaves out who reads. It stands below everything else, so the bytes are those that lie on disk, compressed or not.
//!
//! ```text
//! file ─ Hashed ─ stream ─ ...       every byte once, in the order of the file
//!   └─────── Digest                  the rest, which nobody else wants: what is behind damage, or behind all members
//! ```

use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::limits::READ_LEN;

/// Reads, and hashes what was read.
pub(super) struct Hashed(Arc<Mutex<State>>);

/// The hash of what a [`Hashed`] reads.
pub(super) struct Digest(Arc<Mutex<State>>);

struct State {
    read: Box<dyn Read + Send>,
    hash: Sha256,
    /// The last answer was that there is no more.
    is_at_end: bool,
}

/// What reads `read`, and its hash.
pub(super) fn hashed(read: Box<dyn Read + Send>) -> (Hashed, Digest) {
    let state = Arc::new(Mutex::new(State { read, hash: Sha256::new(), is_at_end: false }));
    (Hashed(Arc::clone(&state)), Digest(state))
}

impl Read for Hashed {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        locked(&self.0).read(to)
    }
}

impl Digest {
    /// The hash, if all was read, up to an end that may not be the last one.
    pub(super) fn known(&self) -> Option<[u8; 32]> {
        let state = locked(&self.0);
        state.is_at_end.then(|| state.hash.clone().finalize().into())
    }

    /// Reads a part of what is left, and says whether there may be more.
    pub(super) fn read_on(&self) -> bool {
        let mut state = locked(&self.0);
        if state.is_at_end {
            return false;
        }
        match state.read(&mut vec![0; READ_LEN]) {
            Ok(len) => len > 0,
            Err(error) => error.kind() == io::ErrorKind::Interrupted,
        }
    }
}

impl State {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let len = self.read.read(to)?;
        self.hash.update(to.get(..len).unwrap_or_default());
        self.is_at_end = len == 0 && !to.is_empty();
        Ok(len)
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::text::hex;

    #[test]
    fn the_hash_is_of_every_byte_whoever_reads_it() {
        let (mut read, digest) = hashed(Box::new(Cursor::new(b"abc")));
        let mut byte = [0];
        assert_eq!((read.read(&mut byte).unwrap(), digest.known()), (1, None));
        assert!(digest.read_on());
        assert_eq!(digest.known(), None, "nobody knows that this is all");
        assert!(!digest.read_on());
        // FIPS 180-4's example.
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(&digest.known().unwrap()), known);
    }

    #[test]
    fn what_cannot_be_read_has_no_hash() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
        }
        let (_, digest) = hashed(Box::new(Broken));
        assert!(!digest.read_on());
        assert_eq!(digest.known(), None);
    }
}
