//! What the client said: the request line and where its fields are.
//!
//! ```text
//! CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 15.4.3502.0922 MSNMSGR user@example.com VmVyc2lv...
//!       locale osType osVer arch library version     name    passport         extra
//!       ────────────── MSNP2, 3 ──────────────┘         │       │                │
//!       ──────────────── MSNP4 to 7 ────────────────────┘       │                │
//!       ──────────────── MSNP8 to 18 ───────────────────────────┘                │
//!       ──────────────── MSNP21 ─────────────────────────────────────────────────┘
//! ```
//!
//! An empty parameter is only a blank more on the wire, so a field's place is decided by number and look together:
//!
//! * the architecture is missing where the library stands in its place and the version is one word early
//!   (`0x0409 mac 8.0.0 macfire 1.0 msms`);
//! * the passport is the first word with `@` behind the version; if it follows the version at once, the client's
//!   name is missing;
//! * without any `@`, the word behind the client's name is the passport as sent (gtmess 0.8.1 writes `null`), unless it
//!   looks like redirection data, which is an extra.
//!
//! Where neither the usual places nor those without architecture are borne out by what stands in them, the line is
//! malformed: its fields are empty and the line itself stays.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::msnp::{Command, Verb};
use crate::tcp::Provenance;

/// Fewest parameters of a request: locale, type, version, architecture, library, version.
const PARAMS_MIN: usize = 6;

/// Base64 of `Version: `, with which the redirection data of MSNP21 begins.
const REDIRECTION_DATA: &[u8] = b"VmVyc2lvbjog";

/// Architectures by name: those seen in requests, and their siblings in Windows and `uname -m`.
const ARCHITECTURES: &[&str] = &[
    "i386", "1386", "i486", "i586", "i686", "x86", "x64", "x86_64", "amd64", "ia64", "alpha", "arm", "arm64",
    "aarch64", "mips", "ppc", "ppc64", "powerpc", "sh3", "sparc", "sparc64",
];

/// A CVR or CVQ request as sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    verb: Verb,
    command: Command,
    shape: Option<Shape>,
    /// The packets that carried the line, and doubts.
    pub provenance: Provenance,
}

/// Which of the optional parameters are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Shape {
    arch: bool,
    client_name: bool,
    /// Its place among the parameters.
    passport: Option<usize>,
}

impl Request {
    /// Reads `command`, a CVR or CVQ line of a client.
    pub fn new(verb: Verb, command: Command, provenance: Provenance) -> Self {
        let shape = Shape::of(&command);
        Self { verb, command, shape, provenance }
    }
    /// CVR or CVQ.
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
        self.shape = Shape::of(&command);
        self.command = command;
    }
    /// The transaction id, if it is one.
    pub fn trid(&self) -> Option<u32> {
        self.command.trid()
    }
    /// How many parameters stand after the transaction id.
    pub fn param_count(&self) -> usize {
        self.command.args().len()
    }
    /// Whether the line does not have the shape of a request: no transaction id, fewer than six parameters, or
    /// parameters whose places are not proven. Every field is then empty.
    pub fn is_malformed(&self) -> bool {
        self.shape.is_none()
    }
    /// Locale id as sent (`0x0409`).
    pub fn locale_id(&self) -> Option<&[u8]> {
        self.shape.and_then(|_| self.command.arg(0))
    }
    /// Family of operating systems (`winnt`).
    pub fn os_type(&self) -> Option<&[u8]> {
        self.shape.and_then(|_| self.command.arg(1))
    }
    /// Version of the operating system (`5.1`).
    pub fn os_ver(&self) -> Option<&[u8]> {
        self.shape.and_then(|_| self.command.arg(2))
    }
    /// Family and version of the operating system, joined by one blank, so that no program reads `4.10` as 4.1.
    pub fn os(&self) -> Option<Cow<'_, [u8]>> {
        self.shape.and_then(|_| self.command.two_args(1))
    }
    /// Processor architecture of the client's build (`i386`).
    pub fn arch(&self) -> Option<&[u8]> {
        self.shape.filter(|shape| shape.arch).and_then(|_| self.command.arg(3))
    }
    /// Library name (`MSNMSGR`).
    pub fn library_name(&self) -> Option<&[u8]> {
        self.shape.and_then(|shape| self.command.arg(shape.library_at()))
    }
    /// Version of the client (`6.0.0602`).
    pub fn client_ver(&self) -> Option<&[u8]> {
        self.shape.and_then(|shape| self.command.arg(shape.library_at() + 1))
    }
    /// Name of the client (`MSMSGS`).
    pub fn client_name(&self) -> Option<&[u8]> {
        self.shape.filter(|shape| shape.client_name).and_then(|shape| self.command.arg(shape.behind_version()))
    }
    /// The account's e-mail address as sent: text of any kind, `null` too. [`account`](Self::account) says whom it names.
    pub fn passport(&self) -> Option<&[u8]> {
        self.shape.and_then(|shape| self.command.arg(shape.passport?))
    }
    /// The place of the passport among the parameters.
    pub fn passport_place(&self) -> Option<usize> {
        self.shape.and_then(|shape| shape.passport)
    }
    /// The passport where it names an account, that is, where it holds an `@`.
    pub fn account(&self) -> Option<&[u8]> {
        self.passport().filter(|passport| holds_at(passport))
    }
    /// What stands beyond the known parameters, in order.
    pub fn extra(&self) -> impl Iterator<Item = &[u8]> {
        let (first, passport) = match self.shape {
            Some(shape) => (shape.behind_version() + usize::from(shape.client_name), shape.passport),
            None => (usize::MAX, None),
        };
        self.command.args().enumerate().skip(first).filter(move |(i, _)| Some(*i) != passport).map(|(_, arg)| arg)
    }
}

impl Shape {
    /// The shape of `command`, or `None` if nothing proves it.
    fn of(command: &Command) -> Option<Self> {
        command.trid()?;
        if command.args().len() < PARAMS_MIN {
            return None;
        }
        let arch = arch_is_there(command)?;
        let bare = Self { arch, client_name: false, passport: None };
        let at = bare.behind_version();
        let named = command.args().enumerate().skip(at).find(|(_, arg)| holds_at(arg)).map(|(i, _)| i);
        let nameless = || {
            let next = at + 1;
            command.arg(next).filter(|word| !is_redirection_data(word)).map(|_| next)
        };
        Some(Self {
            client_name: named != Some(at) && command.arg(at).is_some(),
            passport: named.or_else(nameless),
            ..bare
        })
    }

    const fn library_at(self) -> usize {
        if self.arch { 4 } else { 3 }
    }

    const fn behind_version(self) -> usize {
        self.library_at() + 2
    }
}

/// Whether the architecture is there (`Some(true)`) or left out (`Some(false)`); `None` if the words fit neither.
fn arch_is_there(command: &Command) -> Option<bool> {
    let word = |index| command.arg(index).unwrap_or_default();
    let locale = is_locale(word(0));
    let arch = is_arch(word(3));
    let version = is_version(word(5));
    // A locale id that is not hexadecimal (a translated or a named one) is let in if all else is in its place.
    let usual = if locale { arch || version || holds_at(word(7)) } else { arch && version };
    let without_arch = locale && !arch && is_version(word(2)) && is_version(word(4));
    if usual { Some(true) } else { without_arch.then_some(false) }
}

/// Hexadecimal digits, with or without `0x`.
fn is_locale(word: &[u8]) -> bool {
    let digits = word.strip_prefix(b"0x").or_else(|| word.strip_prefix(b"0X")).unwrap_or(word);
    (1..=8).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit)
}

fn is_arch(word: &[u8]) -> bool {
    ARCHITECTURES.iter().any(|arch| arch.as_bytes().eq_ignore_ascii_case(word))
}

/// A digit first, or a `v` and a digit as node.js writes its own version.
fn is_version(word: &[u8]) -> bool {
    let number = word.strip_prefix(b"v").unwrap_or(word);
    number.first().is_some_and(u8::is_ascii_digit) && !holds_at(word)
}

fn is_redirection_data(word: &[u8]) -> bool {
    word == b"0" || word.starts_with(REDIRECTION_DATA)
}

fn holds_at(word: &[u8]) -> bool {
    word.contains(&b'@')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cvr::script::{provenance, request, request_fields, text};

    /// Each case is a line and its fields in order, `-` for an absent one; extras come last.
    #[test]
    fn every_shape_gives_its_fields() {
        for (line, fields) in SHAPES {
            assert_eq!(request_fields(&request(line)), *fields, "{line}");
        }
    }

    const SHAPES: &[(&str, &str)] = &[
        ("CVR 9 0x0409 win 4.10 i386 MSMSGS 1.0.0863", "0x0409 win 4.10 i386 MSMSGS 1.0.0863 - -"),
        ("CVQ 2 0x0409 win 4.10 i386 MSMSGS 1.0.0863 ", "0x0409 win 4.10 i386 MSMSGS 1.0.0863 - -"),
        ("CVQ 1 0x0409 win 4.10 i386 MSMSGS 1.0.0863 MSMSGS", "0x0409 win 4.10 i386 MSMSGS 1.0.0863 MSMSGS -"),
        (
            "CVR 2  0x0409   winnt 5.1 i386\tMSNMSGR 6.0.0602 MSMSGS  a@example.com ",
            "0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS a@example.com",
        ),
        (
            "CVQ 2 0x0409 win 4.10 i386 MSMSGS 1.0.0863  a@example.com",
            "0x0409 win 4.10 i386 MSMSGS 1.0.0863 - a@example.com",
        ),
        ("CVR 2 0x0409 linux 2.2.4 i386 GTMESS 0.8.1 MSMSGS null", "0x0409 linux 2.2.4 i386 GTMESS 0.8.1 MSMSGS null"),
        ("CVR 2 0x0409 mac 8.0.0 macfire 1.0 msms ", "0x0409 mac 8.0.0 - macfire 1.0 msms -"),
        (
            "CVQ 5 0x1111 winnt 5.1 MSNMSGR 6.0.0602 MSMSGS example@hotmail.com",
            "0x1111 winnt 5.1 - MSNMSGR 6.0.0602 MSMSGS example@hotmail.com",
        ),
        (
            "CVR 2 0x0409 winnt 6.1.0 i386 MSNMSGR 15.4.3502.0922 MSNMSGR a@example.com VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDENCg==",
            "0x0409 winnt 6.1.0 i386 MSNMSGR 15.4.3502.0922 MSNMSGR a@example.com VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDENCg==",
        ),
        (
            "CVR 2 0x040c winnt 6.1.1 i386 MSNMSGR 15.4.3538.0513 MSNMSGR a@example.com 0",
            "0x040c winnt 6.1.1 i386 MSNMSGR 15.4.3538.0513 MSNMSGR a@example.com 0",
        ),
        // The passport left out of an MSNP21 request: what follows the name is no account.
        (
            "CVR 2 0x0409 winnt 6.1.0 i386 MSNMSGR 15.4.3502 MSNMSGR 0",
            "0x0409 winnt 6.1.0 i386 MSNMSGR 15.4.3502 MSNMSGR - 0",
        ),
        // An account that is no e-mail address stays in its place.
        (
            "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS alice",
            "0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS alice",
        ),
        // A blank in the client's name: the passport is still the word with the @.
        (
            "CVR 2 0x0409 winnt 5.1 i386 MSMSGS 4.7.3001 Windows Messenger a@example.com",
            "0x0409 winnt 5.1 i386 MSMSGS 4.7.3001 Windows a@example.com Messenger",
        ),
        // Names that decide where the version's look does not.
        ("CVR 2 0x0409 linux 2.6.13 amd64 WXMSN alpha1", "0x0409 linux 2.6.13 amd64 WXMSN alpha1 - -"),
        ("CVR 2 0x0409 Plan9 4e 486dx X beta Y a@example.com", "0x0409 Plan9 4e 486dx X beta Y a@example.com"),
        ("CVR 2 en-us winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS", "en-us winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS -"),
        ("CVR 2 409 winnt 5.1 i386 MSNMSGR 6.0.0602", "409 winnt 5.1 i386 MSNMSGR 6.0.0602 - -"),
    ];

    #[test]
    fn c19_fields_that_are_not_proven_are_empty_and_the_line_stays() {
        for line in [
            "CVQ 6 spaghetti",
            "CVR",
            "CVR 2",
            "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR",
            "CVR 2 a b c d e f",
            // A locale that is no number is proven by all the rest only, and the version is a name.
            "CVR 2 en-us winnt 5.1 i386 MSNMSGR beta MSMSGS a@example.com",
            "CVR 2 english winnt 5.1 z80 MSNMSGR 6.0.0602 MSMSGS a@example.com",
            "CVR 2 0x winnt 5.1 z80 MSNMSGR 6.0.0602 MSMSGS a@example.com",
            "CVR 2 0x123456789 winnt 5.1 z80 MSNMSGR 6.0.0602 MSMSGS a@example.com",
            // The locale, the type or the architecture's place slipped.
            "CVR 2 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS a@example.com",
            "CVR 2 0x0409 5.1 i386 MSNMSGR 6.0.0602 MSMSGS a@example.com",
            "CVR 2 0x0409 winnt 5.1 SP2 i386 MSNMSGR 6.0.0602 MSMSGS a@example.com",
        ] {
            let request = request(line);
            assert!(request.is_malformed(), "{line}");
            assert_eq!(request_fields(&request), "- - - - - - - -", "{line}");
            assert_eq!(text(request.line()), line);
        }
    }

    #[test]
    fn c20_a_transaction_id_that_is_no_number_proves_nothing() {
        for trid in ["x", "-1", "4294967296"] {
            let request = request(&format!("CVR {trid} 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS a@example.com"));
            assert!(request.is_malformed() && request.trid().is_none(), "{trid}");
        }
        assert!(request("CVR 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS a@example.com").is_malformed());
    }

    #[test]
    fn null_is_kept_but_names_no_account() {
        let null = request("CVR 2 0x0409 linux 2.2.4 i386 GTMESS 0.8.1 MSMSGS null");
        assert_eq!(null.passport(), Some(&b"null"[..]));
        assert_eq!(null.account(), None);
        let named = request("CVR 2 0x0409 linux 2.2.4 i386 GTMESS 0.9 MSMSGS a@example.com");
        assert_eq!(named.account(), Some(&b"a@example.com"[..]));
    }

    #[test]
    fn parameters_are_counted_as_words() {
        assert_eq!(request("CVR 2 0x0409 mac 8.0.0 macfire 1.0 msms ").param_count(), 6);
        assert_eq!(request("CVQ 6 spaghetti").param_count(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn any_bytes_are_a_request_of_some_kind(line in any::<Vec<u8>>()) {
            let request = Request::new(Verb::Cvr, Command::parse(&line), provenance(1));
            prop_assert_eq!(request.line(), &line[..]);
        }

        /// Every parameter of a proven request is in exactly one field.
        #[test]
        fn no_parameter_is_lost_or_doubled(params in proptest::collection::vec(
            "0x0409|winnt|5\\.1|i386|MSNMSGR|6\\.0\\.0602|null|0|a@example\\.com|VmVyc2lvbjogMQ", 0..12,
        )) {
            let request = request(&format!("CVR 2 {}", params.join(" ")));
            if !request.is_malformed() {
                let fields = request_fields(&request);
                let mut found: Vec<&str> = fields.split(' ').filter(|field| *field != "-").collect();
                let mut sent: Vec<&str> = params.iter().map(String::as_str).collect();
                found.sort_unstable();
                sent.sort_unstable();
                prop_assert_eq!(found, sent);
            }
        }
    }
}
