//! One MSNP line, cut into words.
//!
//! ```text
//! CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS user@example.com
//! ─┬─ ┬ ──┬─── ──┬── ...
//! name │ arg 0  arg 1
//!    trid
//! ```
//!
//! Words are separated by runs of blanks (draft-movva-msn-messenger-protocol-00, 5.2), so an empty argument leaves no
//! trace here: who reads the arguments goes by their number and their look.

use std::borrow::Cow;

use memchr::memchr2;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::SmallVec;

use crate::limits::ALLOCATION_LEN;

/// Words that need no memory of their own: as many as the longest request has.
const WORDS: usize = 12;

/// A line without its line ending: the bytes as sent, and where its words are. Holds any bytes.
///
/// ```
/// use msncensus::msnp::Command;
///
/// let command = Command::parse(b"CVR 2 0x0409  winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS user@example.com");
/// assert_eq!((command.name(), command.trid()), (&b"CVR"[..], Some(2)));
/// assert_eq!(command.arg(1), Some(&b"winnt"[..]));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    line: Box<[u8]>,
    /// Start and end of each word. 16 bits do: a captured line is much shorter than [`Command::CUT_LEN_MAX`].
    words: SmallVec<[(u16, u16); WORDS]>,
}

impl Command {
    /// The number of the word that is the first argument.
    pub const ARGS_AT: usize = 2;

    /// Longest line of which every word is told, in bytes.
    pub const CUT_LEN_MAX: usize = u16::MAX as usize;

    /// Cuts `line`, which must not hold its line ending. Bytes beyond [`CUT_LEN_MAX`](Self::CUT_LEN_MAX) stand in no word.
    pub fn parse(line: &[u8]) -> Self {
        Self::cut(line.into())
    }

    fn cut(line: Box<[u8]>) -> Self {
        let mut words = SmallVec::new();
        let cuttable = line.get(..Self::CUT_LEN_MAX).unwrap_or(&line);
        // Every place is within what is cut, and so fits.
        let place = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        let mut start = 0;
        while let Some(rest) = cuttable.get(start..).filter(|rest| !rest.is_empty()) {
            let len = memchr2(b' ', b'\t', rest).unwrap_or(rest.len());
            if len > 0 {
                words.push((place(start), place(start + len)));
            }
            start += len + 1;
        }
        Self { line, words }
    }

    /// The line as sent, without its line ending.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// The first word; empty if the line is blank.
    pub fn name(&self) -> &[u8] {
        self.word(0).unwrap_or_default()
    }

    /// The transaction id: the second word, where it is a decimal number below 2^32.
    pub fn trid(&self) -> Option<u32> {
        decimal(self.word(1)?)
    }

    /// The argument at `index` after the transaction id.
    pub fn arg(&self, index: usize) -> Option<&[u8]> {
        self.word(index.checked_add(Self::ARGS_AT)?)
    }

    /// The arguments after the transaction id.
    pub fn args(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.words.get(Self::ARGS_AT..).unwrap_or_default().iter().map(|range| self.slice(*range))
    }

    /// The argument at `index` and the one behind it as one text, with one blank between them.
    pub fn two_args(&self, index: usize) -> Option<Cow<'_, [u8]>> {
        let first = index.checked_add(Self::ARGS_AT)?;
        let [(start, end), (next_start, next_end)] = *self.words.get(first..)?.first_chunk()?;
        let as_sent = self.slice((start, next_end));
        let is_joined = self.slice((end, next_start)) == b" ";
        Some(if is_joined {
            Cow::Borrowed(as_sent)
        } else {
            Cow::Owned([self.slice((start, end)), self.slice((next_start, next_end))].join(&b' '))
        })
    }

    /// The word at `index`, the first word being 0.
    pub fn word(&self, index: usize) -> Option<&[u8]> {
        self.words.get(index).map(|range| self.slice(*range))
    }

    /// The last word.
    pub fn last_word(&self) -> Option<&[u8]> {
        self.words.last().map(|range| self.slice(*range))
    }

    /// How many words there are, the name included.
    pub fn word_count(&self) -> usize {
        self.words.len()
    }

    /// The same line with the words that `replace` gives for those with their numbers; `None` if it gives none.
    pub fn replaced(&self, mut replace: impl FnMut(usize, &[u8]) -> Option<Vec<u8>>) -> Option<Self> {
        let mut line = Vec::new();
        let mut copied = 0;
        for (at, range) in self.words.iter().enumerate() {
            let Some(word) = replace(at, self.slice(*range)) else { continue };
            line.extend_from_slice(self.slice((copied, range.0)));
            line.extend_from_slice(&word);
            copied = range.1;
        }
        (copied > 0).then(|| {
            line.extend_from_slice(self.line.get(usize::from(copied)..).unwrap_or_default());
            Self::parse(&line)
        })
    }

    /// Bytes of memory held beyond its own size, roughly.
    pub(super) fn memory(&self) -> usize {
        let spilled = if self.words.spilled() { size_of_val(&*self.words) + ALLOCATION_LEN } else { 0 };
        self.line.len() + ALLOCATION_LEN + spilled
    }

    fn slice(&self, (start, end): (u16, u16)) -> &[u8] {
        self.line.get(usize::from(start)..usize::from(end)).unwrap_or_default()
    }
}

/// The line says where its words are.
impl Serialize for Command {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_bytes::serialize(&self.line, serializer)
    }
}

impl<'de> Deserialize<'de> for Command {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_bytes::deserialize(deserializer).map(Self::cut)
    }
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Command({})", self.line.escape_ascii())
    }
}

/// Reads a plain decimal number below 2^32: digits only, no sign, at least one.
pub(super) fn decimal(word: &[u8]) -> Option<u32> {
    let append = |number: u32, byte: &u8| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    };
    if word.is_empty() { None } else { word.iter().try_fold(0, append) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        let command = Command::parse(line.as_bytes());
        (0..command.word_count()).map(|i| String::from_utf8_lossy(command.word(i).unwrap()).into_owned()).collect()
    }

    #[test]
    fn words_are_separated_by_runs_of_blanks() {
        assert_eq!(words("CVR 2  a \tb "), ["CVR", "2", "a", "b"]);
        assert_eq!(words(""), Vec::<String>::new());
        assert_eq!(words("  "), Vec::<String>::new());
    }

    #[test]
    fn a_transaction_id_is_a_plain_decimal_below_2_to_the_32() {
        let trid = |line: &str| Command::parse(line.as_bytes()).trid();
        assert_eq!(trid("CVR 4294967295 x"), Some(u32::MAX));
        assert_eq!(trid("CVR 4294967296 x"), None);
        assert_eq!(trid("CVR 00000000002 x"), Some(2));
        assert_eq!(trid("CVR +2 x"), None);
        assert_eq!(trid("CVR"), None);
    }

    #[test]
    fn many_words_need_memory_beside_the_line() {
        let memory = |line: &str| Command::parse(line.as_bytes()).memory();
        assert_eq!(memory("CVR 2 0x0409"), 12 + ALLOCATION_LEN);
        assert_eq!(format!("{:?}", Command::parse(b"CVR 2\t\xff")), r"Command(CVR 2\t\xff)");
        let line = "VER ".repeat(4 * WORDS);
        let least = line.len() + 4 * WORDS * size_of::<(u16, u16)>() + 2 * ALLOCATION_LEN;
        assert!((least..2 * least).contains(&memory(&line)), "{} bytes for {least}", memory(&line));
    }

    #[test]
    fn args_begin_after_the_transaction_id() {
        let command = Command::parse(b"CVR 2 0x0409 winnt");
        assert_eq!(command.args().collect::<Vec<_>>(), [&b"0x0409"[..], b"winnt"]);
        assert_eq!(command.arg(1), Some(&b"winnt"[..]));
        assert_eq!(command.arg(usize::MAX), None);
    }

    #[test]
    fn a_line_of_any_length_is_cut() {
        for len in [65_534, 65_535, 65_536] {
            let line = vec![b'x'; len];
            assert_eq!(Command::parse(&line).name().len(), len.min(65_535));
        }
    }

    #[test]
    fn a_line_that_was_kept_has_the_same_words() {
        for line in ["", " ", "CVR 2  0x0409 winnt\t5.1 ", &"VER ".repeat(2 * WORDS)] {
            let command = Command::parse(line.as_bytes());
            let kept = postcard::to_allocvec(&command).unwrap();
            assert_eq!(postcard::from_bytes::<Command>(&kept).unwrap(), command, "{line}");
        }
    }

    #[test]
    fn words_can_be_replaced_and_the_blanks_stay() {
        let command = Command::parse(b" CVR  2 a\tb ");
        let replaced = command.replaced(|at, word| (at == 2 || at == 3).then(|| [word, b"x"].concat()));
        assert_eq!(replaced.as_ref().map(Command::line), Some(&b" CVR  2 ax\tbx "[..]));
        assert_eq!(command.replaced(|_, _| None), None);
    }

    #[test]
    fn two_arguments_are_joined_by_one_blank_however_they_were_sent() {
        for line in ["CVR 2 winnt 5.1 i386", "CVR 2 winnt \t 5.1", "CVR  2 winnt\t5.1"] {
            assert_eq!(Command::parse(line.as_bytes()).two_args(0).as_deref(), Some(&b"winnt 5.1"[..]), "{line}");
        }
        let command = Command::parse(b"CVR 2 winnt 5.1");
        assert_eq!((command.two_args(1), command.two_args(usize::MAX)), (None, None));
    }
}
