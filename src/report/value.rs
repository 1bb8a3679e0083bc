//! One cell of a table, with its type.

use std::borrow::Cow;
use std::fmt;
use std::io::Write;
use std::net::IpAddr;

use crate::census::Share;
use crate::flags::Flags;
use crate::packet::Timestamp;
use crate::privacy::Level;
use crate::text::push_printable;

/// Digits of the largest number of 64 bits: as many as a decimal can have.
pub(super) const DECIMAL_DIGITS: u8 = 19;

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number that fits in 64 bits with sign.
    Integer,
    /// A number with so many decimals.
    Decimal(u8),
    /// `true` or `false`.
    Boolean,
    /// RFC 3339 in UTC with nine decimals.
    Time,
}

impl Kind {
    /// The word in the reference.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Decimal(_) => "decimal",
            Self::Boolean => "boolean",
            Self::Time => "time",
        }
    }
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Nothing: unknown, not sent, not captured.
    Absent,
    /// Captured bytes, which are to be shown as [printable](crate::text::printable) text; a format may have to guard them.
    Text(Cow<'a, [u8]>),
    /// A word of our own.
    Word(&'static str),
    /// An address.
    Address(IpAddr),
    /// The number of an identity, written so that nothing takes it for a number to count with.
    Identity(u64),
    /// The same of a connection.
    Connection(u64),
    /// A whole number.
    Integer(i64),
    /// A number of units of the last of `decimals` decimals: 1500 units and 3 decimals are 1.500.
    Decimal {
        /// The number, as a whole number of the last decimal.
        units: i64,
        /// How many decimals.
        decimals: u8,
    },
    /// True or false.
    Boolean(bool),
    /// A moment.
    Time(Timestamp),
    /// The doubts about the row; a format that guards a cell of the row adds its own.
    Flags(Flags),
}

impl<'a> Value<'a> {
    /// Captured bytes; none, and no bytes, are absent.
    pub fn text(bytes: Option<&'a [u8]>) -> Self {
        Self::bytes(bytes.unwrap_or_default().into())
    }

    /// Captured bytes, borrowed or put together for the row; no bytes are absent.
    pub fn bytes(bytes: Cow<'a, [u8]>) -> Self {
        if bytes.is_empty() { Self::Absent } else { Self::Text(bytes) }
    }

    /// A whole number; one beyond 63 bits, which no capture can count to, shows as the largest.
    pub fn count(number: impl TryInto<i64>) -> Self {
        Self::Integer(number.try_into().unwrap_or(i64::MAX))
    }

    /// A whole number, if there is one.
    pub fn maybe(number: Option<impl TryInto<i64>>) -> Self {
        number.map_or(Self::Absent, Self::count)
    }

    /// A fraction with six decimals.
    pub fn share(share: Share) -> Self {
        Self::Decimal { units: i64::try_from(share.millionths()).unwrap_or(i64::MAX), decimals: 6 }
    }

    /// A moment as people read it, if there is one.
    pub fn time(time: Option<Timestamp>) -> Self {
        time.map_or(Self::Absent, Self::Time)
    }

    /// A moment as programs read it, in nanoseconds since 1970, if there is one.
    pub fn nanos(time: Option<Timestamp>) -> Self {
        time.map_or(Self::Absent, |time| Self::Integer(time.as_nanos()))
    }

    /// Whether a reader finds nothing there: no value, or no doubts.
    pub const fn is_absent(&self) -> bool {
        match self {
            Self::Absent => true,
            Self::Flags(flags) => flags.is_empty(),
            _ => false,
        }
    }

    /// Leaves of the cell what `level` shows.
    pub fn show_less(&mut self, level: Level) {
        let less = match self {
            Self::Text(text) => match level.cell(text) {
                Some(Cow::Borrowed(_)) => return,
                Some(Cow::Owned(shown)) => Self::Text(shown.into()),
                None => Self::Absent,
            },
            Self::Address(addr) => level.address(*addr).map_or(Self::Absent, Self::Address),
            _ => return,
        };
        *self = less;
    }

    /// Appends the cell as CSV and the text table show it: nothing if it is absent.
    ///
    /// A row has dozens of cells: what is in most of them takes no detour over a format string.
    pub fn push_to(&self, line: &mut Vec<u8>) {
        let mut digits = itoa::Buffer::new();
        let written = match self {
            Self::Absent => return,
            Self::Text(captured) => return push_printable(line, captured),
            Self::Word(word) => return line.extend_from_slice(word.as_bytes()),
            Self::Integer(number) => return line.extend_from_slice(digits.format(*number).as_bytes()),
            Self::Boolean(truth) => return line.extend_from_slice(if *truth { b"true" } else { b"false" }),
            Self::Decimal { units, decimals } => return push_decimal(line, *units, usize::from(*decimals)),
            Self::Time(time) => return line.extend_from_slice(&time.rfc3339()),
            Self::Identity(number) => return push_number(line, b'c', *number),
            Self::Connection(number) => return push_number(line, b'k', *number),
            Self::Address(IpAddr::V4(addr)) => {
                for octet in addr.octets() {
                    line.extend_from_slice(digits.format(octet).as_bytes());
                    line.push(b'.');
                }
                line.pop();
                return;
            }
            Self::Address(IpAddr::V6(addr)) => write!(line, "{addr}"),
            Self::Flags(flags) => write!(line, "{flags}"),
        };
        // Writing to memory cannot fail.
        written.unwrap_or_default();
    }
}

fn push_decimal(line: &mut Vec<u8>, units: i64, decimals: usize) {
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(units.unsigned_abs());
    line.extend_from_slice(if units < 0 { b"-" } else { b"" });
    // At least one digit stands in front of the point.
    let zeros = (decimals + 1).saturating_sub(digits.len());
    line.extend(std::iter::repeat_n(b'0', zeros));
    line.extend_from_slice(digits.as_bytes());
    if decimals > 0 {
        line.insert(line.len() - decimals, b'.');
    }
}

fn push_number(line: &mut Vec<u8>, letter: u8, number: u64) {
    line.push(letter);
    for byte in number.to_be_bytes() {
        line.extend([byte >> 4, byte & 0xf].map(|nibble| nibble + if nibble < 10 { b'0' } else { b'a' - 10 }));
    }
}

impl fmt::Display for Value<'_> {
    /// The cell as [`push_to`](Self::push_to) has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Vec::new();
        self.push_to(&mut line);
        f.pad(&String::from_utf8_lossy(&line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        let print = |units, decimals| Value::Decimal { units, decimals }.to_string();
        assert_eq!(print(1_500, 3), "1.500");
        assert_eq!([print(1_500, 0), print(-7, 0)], ["1500", "-7"]);
        assert_eq!(print(-1, 6), "-0.000001");
        assert_eq!(print(i64::MIN, 9), "-9223372036.854775808");
        assert_eq!(Value::share(Share { part: 1, whole: 3 }).to_string(), "0.333333");
    }

    #[test]
    fn no_bytes_are_absent() {
        assert_eq!(Value::text(Some(b"")), Value::Absent);
        assert_eq!(Value::text(None), Value::Absent);
        assert_eq!(Value::bytes(b"".into()), Value::Absent);
        assert_eq!(Value::text(Some(b"a\xff")).to_string(), r"a\xFF");
    }

    #[test]
    fn every_value_has_its_text() {
        for (value, text) in [
            (Value::Absent, ""),
            (Value::Word("ok"), "ok"),
            (Value::Integer(i64::MIN), "-9223372036854775808"),
            (Value::Boolean(true), "true"),
            (Value::Boolean(false), "false"),
            (Value::Address([192, 0, 2, 1].into()), "192.0.2.1"),
            (Value::Address([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into()), "2001:db8::1"),
            (Value::Identity(0x0123_4567_89ab_cdef), "c0123456789abcdef"),
            (Value::Identity(0), "c0000000000000000"),
            (Value::Connection(1), "k0000000000000001"),
            (Value::Time(Timestamp::from_nanos(1)), "1970-01-01T00:00:00.000000001Z"),
        ] {
            assert_eq!(value.to_string(), text);
        }
    }

    #[test]
    fn a_number_too_large_shows_as_the_largest() {
        assert_eq!(Value::count(u64::MAX), Value::Integer(i64::MAX));
        assert_eq!(Value::maybe(None::<u64>), Value::Absent);
    }
}
