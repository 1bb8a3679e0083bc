//! What MSNP lines look like: which begin a conversation, which are strict enough to be believed out of context, and
//! which are followed by a payload.
//!
//! Sources: draft-movva-msn-messenger-protocol-00 (1999) and the public descriptions of MSNP8 to MSNP21.

use super::Command;
use super::command::decimal;
use crate::limits::PAYLOAD_LEN_MAX;
use crate::tcp::Role;

/// The port that IANA assigned to MSNP.
pub(super) const SERVICE_PORT: u16 = 1863;

/// First words of a client's first line: to the notification server, and to the switchboard (`USR`, `ANS`).
const CLIENT_BEGINNINGS: [&[u8]; 6] = [b"VER ", b"CVR ", b"CVQ ", b"USR ", b"ANS ", b"INF "];

/// Commands that are followed by a payload whose length is their last word, with the least number of words that such
/// a line has. Shorter ones are other forms of the command, as the server's bare `QRY 5`.
const PAYLOAD_COMMANDS: [(&[u8], usize); 22] = [
    (b"MSG", 4), // MSG trid type len; MSG passport nick len
    (b"NOT", 2), // NOT len
    (b"PAG", 3),
    (b"IPG", 2),
    (b"SDC", 9), // invitation by e-mail, MSNP5
    (b"QRY", 4), // QRY trid client-id 32
    (b"UUX", 3),
    (b"UBX", 3),
    (b"GCF", 3),
    (b"FQY", 3),
    (b"ADL", 3),
    (b"RML", 3),
    (b"UUN", 4),
    (b"UBN", 4),
    (b"UUM", 5),
    (b"UBM", 5),
    (b"PUT", 3),
    (b"DEL", 3),
    (b"NFY", 3),
    (b"SDG", 3),
    (b"DAT", 3),
    (b"SHA", 3),
];

/// Whether a stream that begins with `first` could be MSNP; a shorter beginning of such a line counts.
pub(super) fn could_begin(first: &[u8]) -> bool {
    CLIENT_BEGINNINGS.iter().any(|word| first.starts_with(word) || (!first.is_empty() && word.starts_with(first)))
}

/// Whether bytes from the middle of a connection begin with a line that a census needs, or with its first words.
pub(super) fn could_resume(bytes: &[u8]) -> bool {
    let Some((word, rest)) = bytes.split_at_checked(4) else { return false };
    matches!(word, b"VER " | b"CVR " | b"CVQ " | b"USR ") && rest.first().is_some_and(u8::is_ascii_digit)
}

/// Whether an unfinished line may yet become a strict one.
pub(super) fn could_become_strict(bytes: &[u8]) -> bool {
    let words: [&[u8]; 5] = [b"VER ", b"CVR ", b"CVQ ", b"USR ", b"XFR "];
    words.iter().any(|word| bytes.starts_with(word) || word.starts_with(bytes))
        || bytes.iter().take(3).all(u8::is_ascii_digit)
}

/// The length of the payload that follows `command`, if any does.
pub(super) fn payload_len(command: &Command) -> Option<u64> {
    let (_, words_min) = PAYLOAD_COMMANDS.iter().find(|(name, _)| *name == command.name())?;
    if command.word_count() < *words_min {
        return None;
    }
    decimal(command.last_word()?).filter(|len| *len <= PAYLOAD_LEN_MAX).map(u64::from)
}

/// The code of an error line: `420 3`.
pub(super) fn error_code(command: &Command) -> Option<u16> {
    let name = command.name();
    (name.len() == 3).then(|| decimal(name)).flatten().and_then(|code| u16::try_from(code).ok())
}

/// Whether `command` has so exactly the form of a line that a census needs that it is believed where nothing proves
/// that a line begins there.
pub(super) fn is_strict(command: &Command) -> bool {
    if command.trid().is_none() {
        return false;
    }
    match command.name() {
        b"VER" => is_version_line(command),
        b"CVR" | b"CVQ" => sender_of_cvr(command).is_some(),
        b"USR" | b"XFR" => command.word_count() >= 4,
        _ => error_code(command).is_some() && command.word_count() == 2,
    }
}

/// Whether `command` begins as every MSNP command does: with three capital letters or digits.
pub(super) fn looks_like_command(command: &Command) -> bool {
    let name = command.name();
    name.len() == 3 && name.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Whether `command` begins a conversation with the switchboard: a client's `USR trid passport key` or `ANS ...`.
pub(super) fn is_switchboard(command: &Command) -> bool {
    match command.name() {
        b"ANS" => true,
        b"USR" => command.args().len() == 2 && command.arg(0).is_some_and(|passport| passport.contains(&b'@')),
        _ => false,
    }
}

/// Whether a VER line names dialects of MSNP: `VER MSNFTP` is another protocol.
pub(super) fn is_version_line(command: &Command) -> bool {
    command.trid().is_some() && command.args().any(|word| word == b"0" || is_dialect(word))
}

/// Whether `word` names a dialect: `MSNP` and a number, or `CVR0`. The draft does not care for capitals in these names
/// (7.1), though nobody was seen without.
pub(super) fn is_dialect(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"CVR0") || msnp_number(word).is_some()
}

/// The number of a dialect: 8 for `MSNP8`.
pub(super) fn msnp_number(word: &[u8]) -> Option<u32> {
    let (name, number) = word.split_first_chunk::<4>()?;
    if name.eq_ignore_ascii_case(b"MSNP") { decimal(number) } else { None }
}

/// Who sends a CVR or CVQ line, by its arguments: a client's begins with a locale id and has six at least, a
/// server's with three versions.
pub(super) fn sender_of_cvr(command: &Command) -> Option<Role> {
    let first = command.arg(0)?;
    if (first.starts_with(b"0x") || first.starts_with(b"0X")) && command.args().len() >= 6 {
        return Some(Role::Client);
    }
    let is_reply = command.args().len() >= 3 && command.args().take(3).all(looks_like_version);
    is_reply.then_some(Role::Server)
}

fn looks_like_version(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_digit) && word.contains(&b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str) -> Command {
        Command::parse(line.as_bytes())
    }

    #[test]
    fn beginnings_and_their_beginnings_are_let_in() {
        for first in ["V", "VE", "VER", "VER ", "VER 1 MSNP8 CVR0\r\n", "USR 1 a@example.com 17262740.1050826919.32308"]
        {
            assert!(could_begin(first.as_bytes()), "{first}");
        }
        for first in ["", "GET / HTTP/1.1", "VERY", "ver 1", "\x16\x03\x01"] {
            assert!(!could_begin(first.as_bytes()), "{first}");
        }
    }

    #[test]
    fn payloads_are_told_by_the_last_word() {
        assert_eq!(payload_len(&command("MSG 5 N 133")), Some(133));
        assert_eq!(payload_len(&command("MSG alice@example.com Alice 54")), Some(54));
        assert_eq!(payload_len(&command("QRY 1049 PROD0038W!61ZTF9 32")), Some(32));
        assert_eq!(payload_len(&command("QRY 1049")), None);
        assert_eq!(payload_len(&command("ADL 8 OK")), None);
        assert_eq!(payload_len(&command("UUX 8 0")), Some(0));
        assert_eq!(payload_len(&command("CVR 2 0x0409 win 4.10 i386 MSMSGS 1.0")), None);
    }

    #[test]
    fn c8_an_absurd_payload_length_is_none() {
        assert_eq!(payload_len(&command("MSG 5 N 16777217")), None);
        assert_eq!(payload_len(&command("MSG 5 N -1")), None);
        assert_eq!(payload_len(&command("MSG 5 N x")), None);
    }

    #[test]
    fn strict_lines_are_complete_lines() {
        for line in [
            "VER 1 MSNP8 CVR0",
            "VER 1 0",
            "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com",
            "CVQ 2 5.0.0537 5.0.0537 1.0.0863 http://example.com/a http://example.com/b",
            "420 3",
            "USR 3 TWN I u@example.com",
        ] {
            assert!(is_strict(&command(line)), "{line}");
        }
        for line in [
            "VER MSNFTP",
            "VER 1 QQP11",
            "CVR 2 0x0409 winnt",
            "CVR x 0x0409 a b c d e f",
            "CVQ 2 5 5 1",
            "CVQ 2 a.b c.d e.f",
            "420 3 4",
            "PNG",
            "",
        ] {
            assert!(!is_strict(&command(line)), "{line}");
        }
    }

    #[test]
    fn a_switchboard_is_told_who_comes_and_by_which_key() {
        for line in ["ANS 1 u@example.com 17262740.1050826919.32308 1", "USR 1 u@example.com 17262740.1050826919.32308"]
        {
            assert!(is_switchboard(&command(line)), "{line}");
        }
        for line in ["USR 3 TWN I u@example.com", "USR 4 OK alice", "USR 5 u@example.com 1 2", "VER 1 MSNP8 CVR0"] {
            assert!(!is_switchboard(&command(line)), "{line}");
        }
    }

    #[test]
    fn a_connection_begun_before_is_taken_up_at_a_line_with_a_number() {
        for bytes in ["VER 1", "CVR 2 0x0409", "CVQ 3", "USR 4 TWN I u@example.com\r\n"] {
            assert!(could_resume(bytes.as_bytes()), "{bytes}");
        }
        for bytes in ["", "VER", "VER ", "VER x", "XFR 1", "PNG 1", "1234567"] {
            assert!(!could_resume(bytes.as_bytes()), "{bytes}");
        }
    }

    #[test]
    fn an_unfinished_line_may_become_strict_while_its_first_word_may() {
        for bytes in ["", "V", "VER", "VER ", "XFR 1 N", "4", "42", "420", "420 3"] {
            assert!(could_become_strict(bytes.as_bytes()), "{bytes}");
        }
        for bytes in ["x", "VEX", "VERY", "PNG\r", "42x", "hello"] {
            assert!(!could_become_strict(bytes.as_bytes()), "{bytes}");
        }
    }
}
