//! What the server said: the reply line and where its fields are, or an error.
//!
//! ```text
//! CVR 2 8.5.1302 8.5.1302 8.1.0178 http://...  http://...
//!       rec      rec2     min      dl_url      info_url
//! 420 3
//! ```
//!
//! Three versions come first; the addresses are text of any kind (`localhost`, `about:blank`) and may be missing, one
//! or both; what follows them is kept in the line only. Runs of blanks separate like one blank: Microsoft wrote two
//! between the addresses and one at the end in March 2010.

use serde::{Deserialize, Serialize};

use crate::msnp::{Command, Verb};
use crate::tcp::Provenance;

/// How many versions a reply begins with.
const VERSIONS: usize = 3;

/// A reply to a CVR or CVQ request as sent: CVR, CVQ or an error.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reply {
    verb: Verb,
    command: Command,
    malformed: bool,
    /// The packets that carried the line, and doubts.
    pub provenance: Provenance,
}

impl Reply {
    /// Reads `command`, a CVR, CVQ or error line of a server.
    pub fn new(verb: Verb, command: Command, provenance: Provenance) -> Self {
        let malformed = lacks_its_shape(verb, &command);
        Self { verb, command, malformed, provenance }
    }
    /// CVR, CVQ or the error.
    pub fn verb(&self) -> Verb {
        self.verb
    }
    /// The line as sent, without its line ending.
    pub fn line(&self) -> &[u8] {
        self.command.line()
    }
    /// The line as sent, cut into words.
    pub fn command(&self) -> &Command {
        &self.command
    }
    /// Takes `command` for the line that was sent.
    pub(crate) fn rewrite(&mut self, command: Command) {
        self.malformed = lacks_its_shape(self.verb, &command);
        self.command = command;
    }
    /// The transaction id, if it is one.
    pub fn trid(&self) -> Option<u32> {
        self.command.trid()
    }
    /// The error's code (420, 710, 731), if the reply is an error.
    pub fn error_code(&self) -> Option<u16> {
        match self.verb {
            Verb::Error(code) => Some(code),
            _ => None,
        }
    }
    /// Whether the line lacks a transaction id or, unless it is an error, one of its three versions. Which of the
    /// versions are there is then not proven, so every field is empty; the line stays.
    pub fn is_malformed(&self) -> bool {
        self.malformed
    }
    /// Recommended version.
    pub fn rec_ver(&self) -> Option<&[u8]> {
        self.field(0)
    }
    /// Second recommended version.
    pub fn rec_ver2(&self) -> Option<&[u8]> {
        self.field(1)
    }
    /// Minimum version.
    pub fn min_ver(&self) -> Option<&[u8]> {
        self.field(2)
    }
    /// Address to download from.
    pub fn dl_url(&self) -> Option<&[u8]> {
        self.field(3)
    }
    /// Address to read about it.
    pub fn info_url(&self) -> Option<&[u8]> {
        self.field(4)
    }

    fn field(&self, index: usize) -> Option<&[u8]> {
        if self.malformed || self.error_code().is_some() { None } else { self.command.arg(index) }
    }
}

/// Whether a line lacks a transaction id or, unless it is an error, one of its versions.
fn lacks_its_shape(verb: Verb, command: &Command) -> bool {
    let is_error = matches!(verb, Verb::Error(_));
    let versions = || command.args().take_while(|arg| !is_address(arg)).count();
    command.trid().is_none() || !is_error && versions() < VERSIONS
}

/// Whether `word` is an address and not a version. A version may be any text, since some servers repeat what the
/// client sent; no version holds a colon or a slash.
fn is_address(word: &[u8]) -> bool {
    word == b"localhost" || word.iter().any(|byte| matches!(byte, b':' | b'/'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::cvr::script::{provenance, reply, text};

    /// `rec rec2 min dl info`, with `-` for what is absent.
    fn fields(line: &str) -> String {
        let reply = reply(line);
        let fields = [reply.rec_ver(), reply.rec_ver2(), reply.min_ver(), reply.dl_url(), reply.info_url()];
        fields.map(|field| field.map_or_else(|| "-".to_owned(), text)).join(" ")
    }

    #[test]
    fn addresses_may_be_missing_and_blanks_may_run() {
        assert_eq!(fields("CVR 2 1.0.0000 1.0.0000 7.0.0425"), "1.0.0000 1.0.0000 7.0.0425 - -");
        assert_eq!(fields("CVR 2 1.0 1.0 1.0 http://dl.example.com"), "1.0 1.0 1.0 http://dl.example.com -");
        assert_eq!(
            fields(
                "CVR 2 1.0.0000 1.0.0000 1.0.0000 http://msgr.dlservice.microsoft.com  http://download.live.com/?sku=messenger "
            ),
            "1.0.0000 1.0.0000 1.0.0000 http://msgr.dlservice.microsoft.com http://download.live.com/?sku=messenger"
        );
        // The reference shows this reply of 2002 cut after its third version.
        assert_eq!(fields("CVR 8 1.0.0000 1.0.0000 1.0.0000"), "1.0.0000 1.0.0000 1.0.0000 - -");
    }

    #[test]
    fn what_follows_the_addresses_is_ignored() {
        assert_eq!(fields("CVR 2 1.0 1.1 1.2 a:b c:d more 7.0"), "1.0 1.1 1.2 a:b c:d");
    }

    #[test]
    fn an_error_has_a_code_and_no_fields() {
        for (line, code) in [("420 3", 420), ("710 5", 710), ("731 6", 731), ("500 2 1.0 1.0 1.0", 500)] {
            assert_eq!(reply(line).error_code(), Some(code), "{line}");
            assert_eq!(fields(line), "- - - - -", "{line}");
            assert!(!reply(line).is_malformed(), "{line}");
        }
    }

    #[test]
    fn c19_fewer_than_three_versions_prove_no_field() {
        for line in ["CVR 2", "CVR", "CVR 2 6.0.0602", "CVR 2 6.0.0602 6.0.0602 http://a.example.com", "CVR x 1 1 1"] {
            assert!(reply(line).is_malformed(), "{line}");
            assert_eq!(fields(line), "- - - - -", "{line}");
            assert_eq!(text(reply(line).line()), line);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn any_bytes_are_a_reply_of_some_kind(line in any::<Vec<u8>>()) {
            use super::{Command, Reply, Verb};
            for verb in [Verb::Cvr, Verb::Error(911)] {
                let reply = Reply::new(verb, Command::parse(&line), provenance(1));
                prop_assert_eq!(reply.line(), &line[..]);
                prop_assert!(reply.rec_ver().is_some() == reply.min_ver().is_some());
            }
        }
    }
}
