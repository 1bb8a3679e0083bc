//! What the client said: the request line and where its fields are.

use crate::msnp::{Command, Verb};
use crate::tcp::Provenance;

/// A CVR or CVQ request as sent.
#[derive(Clone, Debug)]
pub struct Request {
    verb: Verb,
    command: Command,
    /// The packets that carried the line, and doubts.
    pub provenance: Provenance,
}

impl Request {
    /// Reads `command`, a CVR or CVQ line of a client.
    pub fn new(verb: Verb, command: Command, provenance: Provenance) -> Self {
        Self { verb, command, provenance }
    }
    /// CVR or CVQ.
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
    /// How many parameters stand after the transaction id.
    pub fn param_count(&self) -> usize {
        self.command.args().len()
    }
    /// Whether the line does not have the shape of a request.
    pub fn is_malformed(&self) -> bool {
        false
    }
    /// Locale id as sent (`0x0409`).
    pub fn locale_id(&self) -> Option<&[u8]> {
        self.command.arg(0)
    }
    /// Family of operating systems (`winnt`).
    pub fn os_type(&self) -> Option<&[u8]> {
        self.command.arg(1)
    }
    /// Version of the operating system (`5.1`).
    pub fn os_ver(&self) -> Option<&[u8]> {
        self.command.arg(2)
    }
    /// Processor architecture of the client's build (`i386`).
    pub fn arch(&self) -> Option<&[u8]> {
        self.command.arg(3)
    }
    /// Library name (`MSNMSGR`).
    pub fn library_name(&self) -> Option<&[u8]> {
        self.command.arg(4)
    }
    /// Version of the client (`6.0.0602`).
    pub fn client_ver(&self) -> Option<&[u8]> {
        self.command.arg(5)
    }
    /// Name of the client (`MSMSGS`).
    pub fn client_name(&self) -> Option<&[u8]> {
        self.command.arg(6)
    }
    /// The account's e-mail address.
    pub fn passport(&self) -> Option<&[u8]> {
        self.command.arg(7)
    }
    /// What stands beyond the known parameters, in order.
    pub fn extra(&self) -> impl Iterator<Item = &[u8]> {
        self.command.args().skip(8)
    }
}
