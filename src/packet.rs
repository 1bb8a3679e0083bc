//! The vocabulary that every layer shares: when a packet was captured, which one it is, and what it holds.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// A moment by the capture's own clock: nanoseconds since 1970-01-01 00:00 UTC, from 1677 to 2262.
///
/// The program never reads a clock of its own to judge traffic, so a capture gives the same answer in any year.
///
/// ```
/// use msncensus::packet::Timestamp;
///
/// let signed_in = Timestamp::from_nanos(1_075_830_330_250_000_000);
/// assert_eq!(signed_in.to_string(), "2004-02-03T17:45:30.250000000Z");
/// assert_eq!(signed_in.plus_seconds(60).nanos_since(signed_in), 60_000_000_000);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(i64);

/// Nanoseconds in a second.
pub const NANOS_PER_SECOND: i64 = 1_000_000_000;

impl Timestamp {
    /// The moment that many nanoseconds after (or before) 1970.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Seconds and nanoseconds since 1970, or `None` outside 1677 to 2262.
    pub fn from_parts(seconds: i64, nanos: i64) -> Option<Self> {
        seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(nanos).map(Self)
    }

    /// Nanoseconds since 1970.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// The moment that many seconds later, or the last one there is.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(NANOS_PER_SECOND)))
    }

    /// The year, in UTC.
    pub fn year(self) -> i16 {
        self.datetime().year()
    }

    /// RFC 3339 in UTC with nine decimals, in ASCII.
    pub fn rfc3339(self) -> [u8; 30] {
        let moment = self.datetime();
        let date = [i64::from(moment.year()), moment.month().into(), moment.day().into()];
        let time = [moment.hour(), moment.minute(), moment.second()].map(i64::from);
        let seconds = date.into_iter().chain(time).fold(0, |digits, part| digits * 100 + part);
        let mut text = *b"0000-00-00T00:00:00.000000000Z";
        let (second, fraction) = text.split_at_mut(SECOND_LEN);
        let mut digits = itoa::Buffer::new();
        put_digits(second, digits.format(seconds).bytes());
        // A digit in front keeps the zeros behind it.
        put_digits(fraction, digits.format(NANOS_PER_SECOND + self.0.rem_euclid(NANOS_PER_SECOND)).bytes().skip(1));
        text
    }

    /// Day and time of day, in UTC, down to the second.
    pub(crate) fn datetime(self) -> DateTime {
        // Every time of this type is one of `jiff`, whose range is wider.
        let second = jiff::Timestamp::from_second(self.0.div_euclid(NANOS_PER_SECOND)).unwrap_or_default();
        Offset::UTC.to_datetime(second)
    }

    /// Nanoseconds from `earlier` to this moment; negative if the clock ran backwards.
    pub const fn nanos_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with nine decimals: `2003-09-14T12:00:00.250000000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.rfc3339()).unwrap_or_default())
    }
}

/// Bytes of a moment as text, down to the second.
const SECOND_LEN: usize = "0000-00-00T00:00:00".len();

/// Puts `digits` over those of `text`.
fn put_digits(text: &mut [u8], digits: impl Iterator<Item = u8>) {
    let places = text.iter_mut().filter(|place| place.is_ascii_digit());
    places.zip(digits).for_each(|(place, digit)| *place = digit);
}

/// Which input of a run: an index into its list of inputs, in the order in which they are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InputId(pub u32);

/// New numbers for the inputs of a run, where those of several runs stand side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renumbering(pub Vec<InputId>);

impl Renumbering {
    /// Gives `input` its new number. One that is not of that run, which nobody wrote, becomes the first: a counter is kept for
    /// every number up to the highest.
    pub fn renumber(&self, input: &mut InputId) {
        let known = usize::try_from(input.0).ok().and_then(|at| self.0.get(at)).or(self.0.first());
        *input = known.copied().unwrap_or_default();
    }
}

/// Names one packet: input, frame number and time. Orders by place, which is the order of reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// The input that holds the packet.
    pub input: InputId,
    /// 1-based number of the packet in that input, as Wireshark shows it.
    pub frame: u64,
    /// When the packet was captured.
    pub time: Timestamp,
}

/// What the first byte of a packet belongs to: a LINKTYPE number of <https://www.tcpdump.org/linktypes.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback: a 4-byte address family in host order.
    pub const NULL: Self = Self(0);
    /// Ethernet II or IEEE 802.3.
    pub const ETHERNET: Self = Self(1);
    /// PPP, with or without address and control bytes.
    pub const PPP: Self = Self(9);
    /// Raw IP as some BSDs number it.
    pub const RAW_BSD: Self = Self(12);
    /// Raw IP as OpenBSD numbers it.
    pub const RAW_OPENBSD: Self = Self(14);
    /// PPP in HDLC-like framing.
    pub const PPP_HDLC: Self = Self(50);
    /// PPP over Ethernet, from the `PPPoE` header on.
    pub const PPP_ETHER: Self = Self(51);
    /// Raw IP, version by its first nibble.
    pub const RAW: Self = Self(101);
    /// Cisco HDLC.
    pub const C_HDLC: Self = Self(104);
    /// IEEE 802.11.
    pub const IEEE802_11: Self = Self(105);
    /// OpenBSD loopback: a 4-byte address family in network order.
    pub const LOOP: Self = Self(108);
    /// Linux "any" device, first version.
    pub const LINUX_SLL: Self = Self(113);
    /// IEEE 802.11 after a Prism header.
    pub const IEEE802_11_PRISM: Self = Self(119);
    /// IEEE 802.11 after a radiotap header.
    pub const IEEE802_11_RADIOTAP: Self = Self(127);
    /// IEEE 802.11 after an AVS header.
    pub const IEEE802_11_AVS: Self = Self(163);
    /// Per-packet information of CACE, which names another link type.
    pub const PPI: Self = Self(192);
    /// IP as Solaris zones exchange it.
    pub const IPNET: Self = Self(226);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux "any" device, second version.
    pub const LINUX_SLL2: Self = Self(276);
}

impl fmt::Display for LinkType {
    /// The name that tcpdump prints without its prefix (`EN10MB`), or the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match *self {
            Self::NULL => "NULL",
            Self::ETHERNET => "EN10MB",
            Self::PPP => "PPP",
            Self::RAW | Self::RAW_BSD | Self::RAW_OPENBSD => "RAW",
            Self::PPP_HDLC => "PPP_SERIAL",
            Self::PPP_ETHER => "PPP_ETHER",
            Self::C_HDLC => "C_HDLC",
            Self::LOOP => "LOOP",
            Self::IEEE802_11 => "IEEE802_11",
            Self::IEEE802_11_PRISM => "PRISM_HEADER",
            Self::IEEE802_11_RADIOTAP => "IEEE802_11_RADIO",
            Self::IEEE802_11_AVS => "IEEE802_11_RADIO_AVS",
            Self::PPI => "PPI",
            Self::IPNET => "IPNET",
            Self::LINUX_SLL => "LINUX_SLL",
            Self::IPV4 => "IPV4",
            Self::IPV6 => "IPV6",
            Self::LINUX_SLL2 => "LINUX_SLL2",
            Self(number) => return write!(f, "{number}"),
        };
        f.write_str(name)
    }
}

/// One captured packet, borrowed from its source until the next one is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Which packet, and when.
    pub stamp: Stamp,
    /// What `data` begins with.
    pub link_type: LinkType,
    /// The bytes that were captured.
    pub data: &'a [u8],
    /// The packet's length on the wire in bytes; more than `data.len()` if it was cut.
    pub original_len: u32,
    /// Length in bytes of a frame check sequence at the end of the packet on the wire; 0 if there is none.
    pub fcs_len: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_prints_with_nine_decimals_in_utc() {
        assert_eq!(Timestamp::from_nanos(0).to_string(), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(Timestamp::from_nanos(1_063_540_800_250_000_000).to_string(), "2003-09-14T12:00:00.250000000Z");
        assert_eq!(Timestamp::from_nanos(-1).to_string(), "1969-12-31T23:59:59.999999999Z");
    }

    #[test]
    fn the_ends_of_time_print() {
        assert!(Timestamp::from_nanos(i64::MAX).to_string().starts_with("2262-"));
        assert!(Timestamp::from_nanos(i64::MIN).to_string().starts_with("1677-"));
    }

    #[test]
    fn a_year_begins_at_midnight_in_utc() {
        let new_year = 1_136_073_600_000_000_000;
        assert_eq!(Timestamp::from_nanos(new_year - 1).year(), 2005);
        assert_eq!(Timestamp::from_nanos(new_year).year(), 2006);
        assert_eq!([i64::MIN, i64::MAX].map(|nanos| Timestamp::from_nanos(nanos).year()), [1677, 2262]);
    }

    #[test]
    fn an_input_that_nobody_wrote_has_no_number_of_its_own() {
        let renumbered = |numbers: &[u32], input| {
            let (numbers, mut input) = (Renumbering(numbers.iter().copied().map(InputId).collect()), InputId(input));
            numbers.renumber(&mut input);
            input.0
        };
        assert_eq!([renumbered(&[5, 3], 1), renumbered(&[5, 3], u32::MAX), renumbered(&[], 7)], [3, 5, 0]);
    }

    #[test]
    fn a_time_out_of_range_is_refused() {
        assert_eq!(Timestamp::from_parts(i64::MAX, 0), None);
        assert_eq!(Timestamp::from_parts(1, 5), Some(Timestamp::from_nanos(1_000_000_005)));
    }
}
