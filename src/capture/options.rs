//! The options of a pcapng block: `code │ length │ value`, the value padded to four bytes, until code 0 or the end
//! (draft-ietf-opsawg-pcapng, section 3.5).

use super::facts::Facts;
use super::oddities::Oddity;
use super::order::{ByteOrder, in_memory};

/// Ends the list; so does the end of the block.
const END: u16 = 0;

/// Walks the options in some bytes.
pub(super) struct Options<'a> {
    order: ByteOrder,
    rest: &'a [u8],
}

impl<'a> Options<'a> {
    pub(super) const fn new(order: ByteOrder, bytes: &'a [u8]) -> Self {
        Self { order, rest: bytes }
    }

    /// The next code and value. An option that reaches beyond the block is counted, and nothing comes after it.
    pub(super) fn next(&mut self, facts: &mut Facts) -> Option<(u16, &'a [u8])> {
        if self.rest.is_empty() {
            return None;
        }
        let option = self.split();
        if option.is_none() {
            facts.oddities.add(Oddity::OptionOverrun);
            self.rest = &[];
        }
        option.filter(|&(code, _)| code != END)
    }

    fn split(&mut self) -> Option<(u16, &'a [u8])> {
        let (code, len) = (self.order.u16_at(self.rest, 0)?, in_memory(u32::from(self.order.u16_at(self.rest, 2)?)));
        let (value, rest) = self.rest.get(4..)?.split_at_checked(len)?;
        let padding = len.next_multiple_of(4) - len;
        self.rest = if code == END { &[] } else { rest.get(padding..).unwrap_or_default() };
        Some((code, value))
    }
}

/// Puts the value of an option that can stand once into its place. A length that it cannot have (`None`) and a second
/// one are counted.
pub(super) fn put<T>(place: &mut Option<T>, value: Option<T>, facts: &mut Facts) {
    match (&place, value) {
        (_, None) => facts.oddities.add(Oddity::BadOption),
        (Some(_), Some(_)) => facts.oddities.add(Oddity::RepeatedOption),
        (None, value) => *place = value,
    }
}

/// The value of an option that is a 32-bit number.
pub(super) fn u32_of(order: ByteOrder, value: &[u8]) -> Option<u32> {
    order.u32_at(value, 0).filter(|_| value.len() == 4)
}

/// The value of an option that is a 64-bit number.
pub(super) fn u64_of(order: ByteOrder, value: &[u8]) -> Option<u64> {
    order.u64_at(value, 0).filter(|_| value.len() == 8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Format;

    fn walk(bytes: &[u8]) -> (Vec<(u16, Vec<u8>)>, u64) {
        let mut facts = Facts::new(Format::Pcapng);
        let mut options = Options::new(ByteOrder::Big, bytes);
        let mut seen = Vec::new();
        while let Some((code, value)) = options.next(&mut facts) {
            seen.push((code, value.to_vec()));
        }
        (seen, facts.oddities.count(Oddity::OptionOverrun))
    }

    #[test]
    fn values_are_padded_and_zero_ends() {
        let bytes = [0, 2, 0, 3, 7, 8, 9, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0];
        assert_eq!(walk(&bytes), (vec![(2, vec![7, 8, 9]), (4, vec![])], 0));
    }

    #[test]
    fn i10_a_missing_end_is_fine_and_an_overrun_ends_the_list() {
        assert_eq!(walk(&[0, 2, 0, 1, 7, 0, 0, 0]), (vec![(2, vec![7])], 0));
        assert_eq!(walk(&[0, 2, 0, 1, 7, 0, 0, 0, 0, 3, 0, 9, 1, 1, 1, 1]), (vec![(2, vec![7])], 1));
        assert_eq!(walk(&[0, 2, 0]), (vec![], 1));
    }

    #[test]
    fn i10_the_first_of_two_holds() {
        let mut facts = Facts::new(Format::Pcapng);
        let mut place = None;
        put(&mut place, Some(1), &mut facts);
        put(&mut place, Some(2), &mut facts);
        put(&mut place, None, &mut facts);
        assert_eq!(place, Some(1));
        assert_eq!(facts.oddities.count(Oddity::RepeatedOption), 1);
        assert_eq!(facts.oddities.count(Oddity::BadOption), 1);
    }
}
