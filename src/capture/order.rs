//! Numbers in the byte order of the machine that wrote them.

/// Which byte of a number stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    /// The lowest.
    Little,
    /// The highest.
    Big,
}

impl ByteOrder {
    /// The 16-bit number at that byte, if it is there whole.
    #[inline]
    pub(super) fn u16_at(self, bytes: &[u8], at: usize) -> Option<u16> {
        let number = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(number),
            Self::Big => u16::from_be_bytes(number),
        })
    }

    /// The 32-bit number at that byte, if it is there whole.
    #[inline]
    pub(super) fn u32_at(self, bytes: &[u8], at: usize) -> Option<u32> {
        let number = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(number),
            Self::Big => u32::from_be_bytes(number),
        })
    }

    /// Four 32-bit numbers.
    #[inline]
    pub(super) fn u32s(self, bytes: &[u8; 16]) -> [u32; 4] {
        let (numbers, _) = bytes.as_chunks();
        let numbers = <[_; 4]>::try_from(numbers).expect("four times four bytes");
        numbers.map(|number| match self {
            Self::Little => u32::from_le_bytes(number),
            Self::Big => u32::from_be_bytes(number),
        })
    }

    /// The 64-bit number at that byte, if it is there whole.
    #[inline]
    pub(super) fn u64_at(self, bytes: &[u8], at: usize) -> Option<u64> {
        let number = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u64::from_le_bytes(number),
            Self::Big => u64::from_be_bytes(number),
        })
    }
}

/// A length from a file as a length in memory. Machines of 16 bits get one that nothing is long enough for.
#[inline]
pub(super) fn in_memory(len: u32) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}

/// A length in memory as a length in a file.
#[inline]
pub(super) fn in_file(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_read_the_same_number() {
        assert_eq!(ByteOrder::Little.u32_at(&[0, 4, 3, 2, 1], 1), Some(0x0102_0304));
        assert_eq!(ByteOrder::Big.u32_at(&[0, 1, 2, 3, 4], 1), Some(0x0102_0304));
        assert_eq!(ByteOrder::Big.u16_at(&[1, 2], 0), Some(0x0102));
        assert_eq!(ByteOrder::Little.u64_at(&[1, 0, 0, 0, 0, 0, 0, 0], 0), Some(1));
    }

    #[test]
    fn a_number_that_is_not_there_whole_is_none() {
        assert_eq!(ByteOrder::Little.u32_at(&[1, 2, 3, 4], 1), None);
        assert_eq!(ByteOrder::Little.u16_at(&[1, 2, 3, 4], 9), None);
    }
}
