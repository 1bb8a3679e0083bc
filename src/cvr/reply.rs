//! What the server said: the reply line and where its fields are, or an error.

use crate::msnp::{Command, Verb};
use crate::tcp::Provenance;

/// A reply to a CVR or CVQ request as sent: CVR, CVQ or an error.
#[derive(Clone, Debug)]
pub struct Reply {
    verb: Verb,
    command: Command,
    /// The packets that carried the line, and doubts.
    pub provenance: Provenance,
}

impl Reply {
    /// Reads `command`, a CVR, CVQ or error line of a server.
    pub fn new(verb: Verb, command: Command, provenance: Provenance) -> Self {
        Self { verb, command, provenance }
    }
    /// CVR, CVQ or the error.
    pub fn verb(&self) -> Verb {
        self.verb
    }
    /// The line as sent, without its line ending.
    pub fn line(&self) -> &[u8] {
        self.command.line()
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
    /// Recommended version.
    pub fn rec_ver(&self) -> Option<&[u8]> {
        self.command.arg(0)
    }
    /// Second recommended version.
    pub fn rec_ver2(&self) -> Option<&[u8]> {
        self.command.arg(1)
    }
    /// Minimum version.
    pub fn min_ver(&self) -> Option<&[u8]> {
        self.command.arg(2)
    }
    /// Address to download from.
    pub fn dl_url(&self) -> Option<&[u8]> {
        self.command.arg(3)
    }
    /// Address to read about it.
    pub fn info_url(&self) -> Option<&[u8]> {
        self.command.arg(4)
    }
}
