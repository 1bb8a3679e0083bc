//! An interface of a pcapng section: what its packets begin with, and how its clock counts
//! (draft-ietf-opsawg-pcapng, section 4.2).

use super::facts::Facts;
use super::oddities::Oddity;
use super::options::{Options, put, u64_of};
use super::order::ByteOrder;
use crate::packet::{LinkType, NANOS_PER_SECOND, Timestamp};

/// Codes of the options that matter.
const IF_TSRESOL: u16 = 9;
const IF_FCSLEN: u16 = 13;
const IF_TSOFFSET: u16 = 14;

/// Resolution of a clock that does not tell: microseconds.
const RESOLUTION_DEFAULT: u8 = 6;

/// Set in a resolution that is a power of two.
const POWER_OF_TWO: u8 = 0x80;

/// Finest resolutions that 64-bit ticks make sense with.
const DECIMALS_MAX: u8 = 19;
const BITS_MAX: u8 = 63;

const POWERS_OF_TEN: [u64; 20] = {
    let mut powers = [1; 20];
    let mut exponent = 1;
    while exponent < powers.len() {
        #[expect(clippy::indexing_slicing, reason = "checked when compiled")]
        {
            powers[exponent] = powers[exponent - 1] * 10;
        }
        exponent += 1;
    }
    powers
};

/// One interface. A file can hold a million, so it is 16 bytes small.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interface {
    /// Seconds to add to its times.
    offset_s: i64,
    /// Longest packet that it captures, in bytes; 0 if there is no limit.
    pub(super) snap_len: u32,
    pub(super) link_type: LinkType,
    pub(super) fcs_len: u8,
    /// As `if_tsresol` has it.
    resolution: u8,
}

impl Interface {
    /// Reads the body of an interface description, which has its fixed fields.
    pub(super) fn read(order: ByteOrder, body: &[u8], facts: &mut Facts) -> Self {
        let (mut resolution, mut fcs_len, mut offset_s) = (None, None, None);
        let mut options = Options::new(order, body.get(8..).unwrap_or_default());
        while let Some((code, value)) = options.next(facts) {
            match (code, value) {
                (IF_TSRESOL, &[byte]) => put(&mut resolution, Some(byte), facts),
                (IF_FCSLEN, &[byte]) => put(&mut fcs_len, Some(byte), facts),
                (IF_TSOFFSET, value) => put(&mut offset_s, u64_of(order, value).map(u64::cast_signed), facts),
                (IF_TSRESOL | IF_FCSLEN, _) => facts.oddities.add(Oddity::BadOption),
                _ => {}
            }
        }
        let mut resolution = resolution.unwrap_or(RESOLUTION_DEFAULT);
        let finest = if resolution & POWER_OF_TWO == 0 { DECIMALS_MAX } else { BITS_MAX };
        if resolution & !POWER_OF_TWO > finest {
            facts.oddities.add(Oddity::BadTimeResolution);
            resolution = RESOLUTION_DEFAULT;
        }
        Self {
            offset_s: offset_s.unwrap_or(0),
            snap_len: order.u32_at(body, 4).unwrap_or(0),
            link_type: LinkType(order.u16_at(body, 0).unwrap_or(0)),
            fcs_len: fcs_len.unwrap_or(0),
            resolution,
        }
    }

    /// The time that these ticks tell, rounded down to a nanosecond, and whether a [`Timestamp`] can hold it. If not,
    /// it is the nearest one.
    #[inline]
    pub(super) fn time(&self, ticks: u64) -> (Timestamp, bool) {
        let nanos = self.nanos(ticks) + i128::from(self.offset_s) * i128::from(NANOS_PER_SECOND);
        match i64::try_from(nanos) {
            Ok(nanos) => (Timestamp::from_nanos(nanos), true),
            Err(_) if nanos < 0 => (Timestamp::from_nanos(i64::MIN), false),
            Err(_) => (Timestamp::from_nanos(i64::MAX), false),
        }
    }

    /// Nanoseconds in that many ticks: at most 2^64 seconds, which is below 2^94 nanoseconds.
    #[inline]
    fn nanos(&self, ticks: u64) -> i128 {
        if self.resolution & POWER_OF_TWO != 0 {
            return (i128::from(ticks) * i128::from(NANOS_PER_SECOND)) >> (self.resolution & !POWER_OF_TWO);
        }
        let factor = |decimals: u8| i128::from(POWERS_OF_TEN.get(usize::from(decimals)).copied().unwrap_or(1));
        match self.resolution.checked_sub(9) {
            Some(finer) => i128::from(ticks) / factor(finer),
            None => i128::from(ticks) * factor(9 - self.resolution),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Format;

    fn interface(options: &[u8]) -> (Interface, Facts) {
        let mut facts = Facts::new(Format::Pcapng);
        let body = [&[0, 1, 0, 0, 0, 0, 1, 0], options].concat();
        (Interface::read(ByteOrder::Big, &body, &mut facts), facts)
    }

    fn nanos(resolution: u8, ticks: u64) -> (i64, bool) {
        let (interface, _) = interface(&[0, 9, 0, 1, resolution, 0, 0, 0]);
        let (time, in_range) = interface.time(ticks);
        (time.as_nanos(), in_range)
    }

    #[test]
    fn i5_a_million_interfaces_are_16_bytes_each() {
        assert_eq!(size_of::<Interface>(), 16);
    }

    #[test]
    fn g9_i7_every_resolution_becomes_nanoseconds_rounded_down() {
        assert_eq!(nanos(0, 3), (3_000_000_000, true));
        assert_eq!(nanos(3, 1_500), (1_500_000_000, true));
        assert_eq!(nanos(6, 1_063_540_800_250_000), (1_063_540_800_250_000_000, true));
        assert_eq!(nanos(9, 7), (7, true));
        assert_eq!(nanos(12, 7_999), (7, true));
        assert_eq!(nanos(19, u64::MAX), (1_844_674_407, true));
        assert_eq!(nanos(0x80 | 1, 3), (1_500_000_000, true));
        assert_eq!(nanos(0x80 | 32, 1 << 31), (500_000_000, true));
        assert_eq!(nanos(0x80 | 63, 1 << 62), (500_000_000, true));
    }

    #[test]
    fn i7_a_resolution_that_no_clock_has_is_counted_and_taken_for_microseconds() {
        for resolution in [20, 127, 0x80 | 64, 255] {
            let (interface, facts) = interface(&[0, 9, 0, 1, resolution, 0, 0, 0]);
            assert_eq!(interface.time(5).0.as_nanos(), 5_000);
            assert_eq!(facts.oddities.count(Oddity::BadTimeResolution), 1);
        }
    }

    #[test]
    fn g9_a_time_out_of_range_is_the_nearest() {
        assert_eq!(nanos(0, u64::MAX), (i64::MAX, false));
        assert_eq!(nanos(9, u64::MAX), (i64::MAX, false));
        let (interface, _) = interface(&[0, 14, 0, 8, 0x80, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(interface.time(u64::MAX), (Timestamp::from_nanos(i64::MIN), false));
    }

    #[test]
    fn i8_an_offset_is_signed_seconds() {
        let (interface, _) = interface(&[0, 14, 0, 8, 255, 255, 255, 255, 255, 255, 255, 254]);
        assert_eq!(interface.time(1_000_000), (Timestamp::from_nanos(-1_000_000_000), true));
    }

    #[test]
    fn i9_a_frame_check_sequence_is_told_in_bytes() {
        assert_eq!(interface(&[0, 13, 0, 1, 4, 0, 0, 0]).0.fcs_len, 4);
    }

    #[test]
    fn i10_an_option_of_the_wrong_length_is_ignored() {
        let (interface, facts) = interface(&[0, 9, 0, 2, 9, 9, 0, 0, 0, 14, 0, 4, 1, 1, 1, 1]);
        assert_eq!(interface.time(5).0.as_nanos(), 5_000);
        assert_eq!(facts.oddities.count(Oddity::BadOption), 2);
    }
}
