//! One cell of a table, with its type.

use std::borrow::Cow;
use std::fmt;

use crate::census::Share;
use crate::flags::Flags;
use crate::packet::Timestamp;
use crate::text::printable;

/// The type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number that fits in 64 bits with sign.
    Integer,
    /// A number with a fixed number of decimals.
    Decimal,
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
            Self::Decimal => "decimal",
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
    /// Text that was captured, already [`printable`]; a format may have to guard it.
    Text(Cow<'a, str>),
    /// A word of our own.
    Word(&'static str),
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
        match bytes {
            None | Some([]) => Self::Absent,
            Some(bytes) => Self::Text(printable(bytes)),
        }
    }

    /// Captured bytes that were put together for the row; no bytes are absent.
    pub fn joined(bytes: &[u8]) -> Self {
        match Value::text(Some(bytes)) {
            Value::Text(text) => Self::Text(Cow::Owned(text.into_owned())),
            _ => Self::Absent,
        }
    }

    /// Captured bytes, borrowed or put together; no bytes are absent.
    pub fn bytes(bytes: Cow<'a, [u8]>) -> Self {
        match bytes {
            Cow::Borrowed(bytes) => Self::text(Some(bytes)),
            Cow::Owned(bytes) => Self::joined(&bytes),
        }
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
}

impl fmt::Display for Value<'_> {
    /// The cell as CSV and the text table show it; the empty text if it is absent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Word(word) => f.write_str(word),
            Self::Integer(number) => number.fmt(f),
            Self::Boolean(truth) => truth.fmt(f),
            Self::Time(time) => time.fmt(f),
            Self::Flags(flags) => flags.fmt(f),
            Self::Decimal { units, decimals } => {
                let sign = if *units < 0 { "-" } else { "" };
                let one = 10_u64.saturating_pow(u32::from(*decimals));
                let (whole, rest) = (units.unsigned_abs() / one, units.unsigned_abs() % one);
                write!(f, "{sign}{whole}.{rest:0width$}", width = usize::from(*decimals))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        let print = |units, decimals| Value::Decimal { units, decimals }.to_string();
        assert_eq!(print(1_500, 3), "1.500");
        assert_eq!(print(-1, 6), "-0.000001");
        assert_eq!(print(i64::MIN, 9), "-9223372036.854775808");
        assert_eq!(Value::share(Share { part: 1, whole: 3 }).to_string(), "0.333333");
    }

    #[test]
    fn no_bytes_are_absent() {
        assert_eq!(Value::text(Some(b"")), Value::Absent);
        assert_eq!(Value::text(None), Value::Absent);
        assert_eq!(Value::joined(b""), Value::Absent);
        assert_eq!(Value::joined(b"a\xff").to_string(), r"a\xFF");
    }

    #[test]
    fn a_number_too_large_shows_as_the_largest() {
        assert_eq!(Value::count(u64::MAX), Value::Integer(i64::MAX));
        assert_eq!(Value::maybe(None::<u64>), Value::Absent);
    }
}
