//! When a conversation is past the point where a client tells its version.
//!
//! From MSNP8 on the order is VER, CVR, USR: once the version is answered and the client signs in, no further exchange
//! follows on the connection. Clients of MSNP2 to MSNP7 tell their version after signing in, as often and as late as
//! they like, so their connections are followed to the end. So are those that fell back to CVR0: the server closes
//! them itself.

use super::grammar::msnp_number;
use super::{Command, Verb};
use crate::limits::UNPAIRED_MAX;
use crate::tcp::Role;

/// The first dialect in which the version is told before signing in, and only then.
const VERSION_BEFORE_SIGN_IN: u32 = 8;

/// How far the greeting has come.
#[derive(Debug, Default)]
pub(super) struct Greeting {
    /// The number of the dialect that the server chose: 8 for MSNP8.
    dialect: Option<u32>,
    asked: Vec<u32>,
    answered: Vec<u32>,
    signing_in: bool,
}

impl Greeting {
    /// Notes a line.
    pub(super) fn note(&mut self, sender: Role, verb: Verb, command: &Command) {
        match (verb, sender, command.trid()) {
            (Verb::Ver, Role::Server, _) if self.dialect.is_none() => {
                self.dialect = command.arg(0).and_then(msnp_number);
            }
            (Verb::Cvr | Verb::Cvq, Role::Client, Some(trid)) => remember(&mut self.asked, trid),
            (Verb::Cvr | Verb::Cvq | Verb::Error(_), Role::Server, Some(trid)) => remember(&mut self.answered, trid),
            (Verb::Usr, Role::Client, _) => self.signing_in = true,
            _ => {}
        }
    }

    /// Whether a request has no answer yet.
    pub(super) fn awaits_answer(&self) -> bool {
        self.asked.iter().any(|trid| !self.answered.contains(trid))
    }

    /// Bytes of memory held beyond its own size, roughly.
    pub(super) fn memory(&self) -> usize {
        (self.asked.capacity() + self.answered.capacity()) * size_of::<u32>()
    }

    /// Whether no exchange can follow.
    pub(super) fn is_over(&self) -> bool {
        self.signing_in
            && self.dialect.is_some_and(|number| number >= VERSION_BEFORE_SIGN_IN)
            && !self.asked.is_empty()
            && !self.awaits_answer()
    }
}

fn remember(trids: &mut Vec<u32>, trid: u32) {
    if trids.len() < UNPAIRED_MAX {
        trids.push(trid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines as `C: ...` and `S: ...`.
    fn over(lines: &[&str]) -> bool {
        let mut greeting = Greeting::default();
        for line in lines {
            let (sender, line) = line.split_once(": ").unwrap();
            let sender = if sender == "C" { Role::Client } else { Role::Server };
            let command = Command::parse(line.as_bytes());
            let verb = Verb::of(&command, Some(sender)).unwrap();
            greeting.note(sender, verb, &command);
        }
        greeting.is_over()
    }

    const REQUEST: &str = "C: CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com";
    const REPLY: &str = "S: CVR 2 6.1.0211 6.1.0211 6.1.0155 http://example.com http://example.com";

    #[test]
    fn from_msnp8_on_it_ends_with_the_answer_and_the_sign_in() {
        assert!(over(&["S: VER 1 MSNP9", REQUEST, REPLY, "C: USR 3 TWN I u@example.com"]));
        assert!(over(&["S: VER 1 MSNP9 MSNP8 CVR0", REQUEST, "C: USR 3 TWN I u@example.com", REPLY]));
        assert!(!over(&["S: VER 1 MSNP9", REQUEST, "C: USR 3 TWN I u@example.com"]));
        assert!(!over(&["S: VER 1 MSNP9", REQUEST, REPLY]));
    }

    #[test]
    fn before_msnp8_the_version_may_be_told_late() {
        assert!(!over(&["S: VER 1 MSNP7", "C: USR 3 MD5 I u@example.com", REQUEST, REPLY]));
    }

    #[test]
    fn cvr0_leaves_the_end_to_the_server() {
        assert!(!over(&["S: VER 1 CVR0", "C: CVQ 2 0x0409 win 4.10 i386 MSMSGS 1.0.0863", "S: CVQ 2 5.0 5.0 1.0"]));
    }

    #[test]
    fn b16_answers_seen_before_their_questions_count() {
        assert!(over(&["S: VER 1 MSNP18", REPLY, REQUEST, "C: USR 3 SSO I u@example.com"]));
    }

    #[test]
    fn without_a_known_dialect_it_never_ends() {
        assert!(!over(&[REQUEST, REPLY, "C: USR 3 TWN I u@example.com"]));
    }

    #[test]
    fn the_first_dialect_chosen_holds() {
        let sign_in = "C: USR 3 TWN I u@example.com";
        assert!(over(&["S: VER 1 MSNP9", "S: VER 2 MSNP7", REQUEST, REPLY, sign_in]));
        assert!(!over(&["S: VER 1 MSNP7", "S: VER 2 MSNP9", REQUEST, REPLY, sign_in]));
    }

    #[test]
    fn its_memory_grows_with_what_was_asked_and_answered() {
        let mut greeting = Greeting::default();
        assert_eq!(greeting.memory(), 0);
        let command = Command::parse(b"CVR 2");
        for number in 1..=50 {
            greeting.note(Role::Client, Verb::Cvr, &command);
            greeting.note(Role::Server, Verb::Cvr, &command);
            let least = 2 * number * size_of::<u32>();
            assert!((least..=2 * least.max(32)).contains(&greeting.memory()), "{} bytes", greeting.memory());
        }
    }
}
