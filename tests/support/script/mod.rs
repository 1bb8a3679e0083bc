//! Scripts: a capture told in the protocol's own notation.
//!
//! ```text
//! # MSN Messenger 6.0 asks, the server has nothing newer.
//! time 2003-09-14T12:00:00Z
//! client 192.0.2.10:1056
//! server 198.51.100.7:1863
//! connect
//! C: VER 1 MSNP9 MSNP8 CVR0
//! S: VER 1 MSNP9 MSNP8 CVR0
//! C: CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS user@example.com
//! wait 250ms
//! S: CVR 2 6.0.0602 6.0.0602 6.0.0268 http://... http://...
//! close client
//! ```
//!
//! What is said:
//!
//! | line | says |
//! |---|---|
//! | `C: text`, `S: text` | the line and CRLF, in segments of its own |
//! | `C+ text`, `S+ text` | the same, in one segment with what that side said just before |
//! | `C= text`, `S= text` | these bytes alone; `\r \n \t \\ \xNN` are escapes |
//! | `\| text` | a line of the payload that the command above announces, and CRLF |
//! | `\|= text` | bytes of that payload, escapes as above |
//!
//! A payload goes into the segment of its command and must be as long as the command says. An empty line is nothing;
//! `#` begins a comment at the beginning of a line only.
//!
//! What happens, in time:
//!
//! | directive | does |
//! |---|---|
//! | `connect`, `midstream` | begins a connection, with or without its handshake in the capture |
//! | `close client`, `reset server` | ends it with FIN or RST; without either it is open at the end |
//! | `wait 2s`, `wait 250ms` | time until the next step, in place of 90 ms |
//!
//! What holds from there on:
//!
//! | directive | sets |
//! |---|---|
//! | `time 2003-09-14T12:00:00Z` | when the first connection begins (once) |
//! | `client 192.0.2.10:1056`, `server [2001:db8::7]:1863` | addresses and ports of the next connection |
//! | `isn 4294967290 17` | initial sequence numbers of client and server of the next connection |
//! | `record client`, `record server`, `record both` | which side of the next connection was captured |
//! | `link ethernet` | the link layer; the words are those of `Link::ALL` |
//! | `vlan 10`, `vlan 0x88a8:100 0x8100:10`, `vlan none` | VLAN tags, outermost first |
//! | `interface eth0` | the interface's name in the pcapng |
//! | `hop-by-hop on` | an extension header before TCP, if IPv6 |
//! | `checksum valid`, `zero`, `pseudo`, `wrong` | the TCP checksum; `checksum pseudo client` of one side alone |
//! | `segment 512`, `segment 3,1,40` | the greatest length of a segment, or lengths in turn |
//! | `snap 96`, `snap 0` | captured bytes of a packet at most |
//! | `via connect`, `socks4`, `socks4a`, `socks5`, `socks5 password` | what carries the next conversation, on `server`'s port |
//! | `via gateway`, `via gateway silent poll origin requests 3` | the same: opened without a word, answers in later polls, paths for URIs, requests on one connection |
//! | `file big-endian resolution 9 sections 2 obsolete` | the form of the pcapng (once; each word may be left out) |

mod parse;
mod words;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use super::capture_file::Pcapng;
use super::conversation::{Conversation, Segmentation};
use super::frame::frames;
use super::packet::TestPacket;
use super::tcp;

/// A parsed script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    /// When the first connection begins: nanoseconds since 1970.
    pub(crate) start: i64,
    pub(crate) conversations: Vec<Conversation>,
    /// The form of its capture file.
    pub(crate) form: Pcapng,
}

/// What is wrong with a script, and in which line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ScriptError {
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// The directory of samples.
pub(crate) fn samples_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// The names of the samples that have a file of that kind.
pub(crate) fn sample_names(extension: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(samples_dir()).unwrap().map(|entry| entry.unwrap().path());
    let of_kind = files.filter(|path| path.extension() == Some(OsStr::new(extension)));
    of_kind.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

impl Script {
    /// Reads a script.
    pub(crate) fn parse(text: &str) -> Result<Self, ScriptError> {
        parse::parse(text)
    }

    /// The script of a sample.
    pub(crate) fn sample(name: &str) -> Self {
        let path = samples_dir().join(format!("{name}.script"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The packets of all connections, in order of time.
    pub(crate) fn packets(&self) -> Vec<TestPacket> {
        tcp::packets(self.start, &self.conversations)
    }

    /// The capture file.
    pub(crate) fn capture(&self) -> Vec<u8> {
        self.form.write(&frames(&self.packets()))
    }

    /// Cuts everything that is said in another way.
    pub(crate) fn segment(&mut self, segmentation: &Segmentation) {
        for step in self.conversations.iter_mut().flat_map(|conversation| &mut conversation.steps) {
            step.segmentation = segmentation.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::LOGIN;
    use super::super::conversation::{Action, PACE};
    use super::super::packet::{Checksum, Side, Tag};
    use super::*;

    /// A script of one connection whose body is `body`.
    fn script(body: &str) -> Result<Script, ScriptError> {
        Script::parse(&format!(
            "time 2003-09-14T12:00:00Z\nclient 192.0.2.1:1025\nserver 198.51.100.7:1863\nconnect\n{body}"
        ))
    }

    fn said(body: &str, side: Side) -> String {
        String::from_utf8(script(body).unwrap().conversations[0].stream(side)).unwrap()
    }

    fn error(text: &str) -> String {
        Script::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_line_is_said_with_its_end() {
        assert_eq!(said("C: VER 1 MSNP2\n\n# answer\nS: VER 1 MSNP2\nC: OUT", Side::Client), "VER 1 MSNP2\r\nOUT\r\n");
        assert_eq!(said(r"C= CVR 2 a\x20\t\\\n", Side::Client), "CVR 2 a \t\\\n");
    }

    #[test]
    fn joined_lines_share_a_step() {
        let script = script("C: VER 1 MSNP21\nC+ CVR 2 0x0409\nC: USR 3\nC= x\nC+ y").unwrap();
        let says: Vec<_> = script.conversations[0].steps.iter().map(|step| &step.action).collect();
        let say = |text: &[u8]| Action::Say(Side::Client, text.to_vec());
        assert_eq!(says, [&say(b"VER 1 MSNP21\r\nCVR 2 0x0409\r\n"), &say(b"USR 3\r\n"), &say(b"xy\r\n")]);
    }

    #[test]
    fn a_payload_follows_its_command() {
        assert_eq!(said("C: MSG 5 N 9\n| one\n|= two!\nC: OUT", Side::Client), "MSG 5 N 9\r\none\r\ntwo!OUT\r\n");
        let wrong = script("C: MSG 5 N 9\n| one\nC: OUT").unwrap_err();
        assert_eq!(wrong.to_string(), "line 5: the command announces 9 bytes, its payload has 5");
        let last = script("C: MSG 5 N 9\n| one").unwrap_err();
        assert_eq!(last.line, 5);
    }

    #[test]
    fn settings_hold_from_where_they_stand() {
        let script = script("vlan 0x88a8:100 10\nC: a\nvlan none\nlink sll2\nwait 2s\nS: b").unwrap();
        let steps = &script.conversations[0].steps;
        let tags = [Tag { protocol: 0x88a8, vlan: 100 }, Tag { protocol: 0x8100, vlan: 10 }];
        assert_eq!((steps[0].envelope.tags.as_slice(), steps[0].after), (&tags[..], PACE));
        assert_eq!((steps[1].envelope.tags.as_slice(), steps[1].after), (&[][..], 2_000_000_000));
        assert_eq!(steps[1].envelope.link.number(), 276);
    }

    #[test]
    fn one_side_can_leave_its_checksums_to_the_network_card() {
        let script = script("checksum pseudo client\nC: a\nS: b\nchecksum wrong\nS: c").unwrap();
        let forms: Vec<_> = script.packets()[3..].iter().map(|packet| packet.envelope.checksum).collect();
        assert_eq!(
            forms,
            [Checksum::PseudoOnly, Checksum::Valid, Checksum::PseudoOnly, Checksum::Wrong, Checksum::Wrong]
        );
    }

    #[test]
    fn connections_follow_one_another() {
        let two = format!("{LOGIN}wait 3s\nserver 198.51.100.8:1863\nconnect\nC: VER 3 MSNP9\n");
        let packets = Script::parse(&two).unwrap().packets();
        let first: Vec<_> = packets.iter().filter(|packet| packet.conversation == 0).collect();
        let second = packets.iter().find(|packet| packet.conversation == 1).unwrap();
        assert_eq!(second.time - first.last().unwrap().time, 3_000_000_000);
        assert!(packets.is_sorted_by_key(|packet| packet.time));
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        assert_eq!(error("\nconect"), "line 2: unknown word `conect`");
        assert_eq!(error("connect"), "line 1: `time`, `client` and `server` come before the first connection");
        assert_eq!(error("C: VER 1"), "line 1: nobody is connected");
        assert_eq!(error("link wlan"), "line 1: unknown link layer `wlan`");
        assert_eq!(error("client 192.0.2.1"), "line 1: `192.0.2.1` is no address with a port");
        assert_eq!(error("wait 5"), "line 1: `5` is no duration such as 2s or 250ms");
        assert_eq!(error("time noon"), "line 1: `noon` is no time such as 2003-09-14T12:00:00Z");
        assert_eq!(error("close both"), "line 1: `both` is neither client nor server");
        assert_eq!(error("via pigeon"), "line 1: unknown carrier `pigeon`");
        assert_eq!(error("via gateway fast"), "line 1: unknown gateway `fast`");
        assert_eq!(error("file triangular"), "line 1: unknown form `triangular`");
        assert_eq!(error("| body"), "line 1: a payload without its command");
        let escape = script(r"C= \q").unwrap_err();
        assert_eq!(escape.to_string(), r"line 5: unknown escape `\q`");
        let joined = script("C: a\nS+ b").unwrap_err();
        assert_eq!(joined.to_string(), "line 6: nothing to join");
        let tags = script("link ppp\nvlan 10\nC: a").unwrap_err();
        assert_eq!(tags.to_string(), "line 7: the link layer has no room for VLAN tags");
    }
}
