//! Commands as they were typed, or could be.

use std::ffi::{OsStr, OsString};

/// The words with spaces between them, whatever they are.
pub(super) fn join(words: &[impl AsRef<OsStr>]) -> String {
    words.iter().map(AsRef::as_ref).map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// The whole command, as it was typed or could have been.
pub(super) fn typed(words: &[OsString]) -> String {
    let words = words.iter().map(|word| quoted(word));
    std::iter::once("msncensus".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// The words as they would be typed. Those that choose one table or its columns, how to talk or how many threads, are left
/// out.
pub(super) fn shell_words(words: &[OsString]) -> String {
    const WITH_VALUE: [&str; 11] =
        ["-t", "--table", "-e", "--columns", "-o", "--output", "-w", "--html", "-j", "--color", "--progress"];
    const ALONE: [&str; 6] = ["-q", "--quiet", "-v", "--verbose", "--force", "--tui"];
    let mut typed = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.to_str() {
            Some(word) if ALONE.contains(&word) => {}
            Some(word) if WITH_VALUE.contains(&word) => drop(words.next()),
            Some(word) if WITH_VALUE.iter().any(|flag| is_joined(word, flag)) => {}
            _ => typed.push(quoted(word)),
        }
    }
    typed.join(" ")
}

/// The longest command that is shown in full: three lines of a terminal. A shell's pattern can become thousands of names.
const COMMAND_LEN_MAX: usize = 240;

/// A command that is not too long to be shown.
pub(super) fn abridged(mut command: String) -> String {
    if command.len() > COMMAND_LEN_MAX {
        let end = command.char_indices().map(|(at, _)| at).take_while(|at| *at <= COMMAND_LEN_MAX);
        let end = end.filter(|at| command.get(*at..).is_some_and(|rest| rest.starts_with(' '))).last();
        command.truncate(end.unwrap_or_default());
        command.push_str(" ...");
    }
    command
}

/// Whether `word` is `flag` and its value in one: `-tsummary`, `--table=summary`.
fn is_joined(word: &str, flag: &str) -> bool {
    let value = word.strip_prefix(flag);
    value.is_some_and(|value| !flag.starts_with("--") || value.starts_with('='))
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let is_plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_of_the_summary_can_be_typed() {
        let words = ["-t", "summary", "-q", "-ets,os", "-j2", "a b.pcap", "--raw", "it's.pcap", "--color=never"]
            .map(OsString::from);
        assert_eq!(shell_words(&words), r"'a b.pcap' --raw 'it'\''s.pcap'");
    }

    #[test]
    fn a_long_command_ends_with_a_whole_word() {
        assert_eq!(abridged("a b".into()), "a b");
        let long = abridged("capture.pcap ".repeat(1_000));
        assert!(long.ends_with(" capture.pcap ...") && long.len() <= COMMAND_LEN_MAX + 4, "{long}");
        assert_eq!(abridged("é".repeat(1_000)), " ...");
    }
}
