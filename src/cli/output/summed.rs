//! What was written into a file: how many bytes, and their hash.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use msncensus::text::hex;
use sha2::{Digest as _, Sha256};

/// The sum of what was written.
#[derive(Clone, Default)]
pub(super) struct Sum {
    pub(super) bytes: u64,
    hash: Sha256,
}

impl Sum {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.hash.update(bytes);
    }

    /// SHA-256 so far, in hexadecimal.
    pub(super) fn sha256(&self) -> String {
        hex(&self.hash.clone().finalize())
    }
}

/// The sum of what is being written, for who wants to know it later.
pub(super) type SharedSum = Rc<RefCell<Sum>>;

/// Writes, and sums up what was written.
pub(super) struct Summed<W> {
    output: W,
    sum: SharedSum,
}

impl<W> Summed<W> {
    pub(super) const fn new(output: W, sum: SharedSum) -> Self {
        Self { output, sum }
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = self.output.write(bytes)?;
        self.sum.borrow_mut().add(bytes.get(..len).unwrap_or_default());
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
