//! Reads a script line by line: settings change what the next connection or step will be like.

use std::net::SocketAddr;

use super::super::capture_file::Pcapng;
use super::super::conversation::{Action, Conversation, Opening, PACE, Recorded, Segmentation, Step};
use super::super::packet::{Envelope, Side};
use super::super::transport::{self, Transport};
use super::{Script, ScriptError, words};

pub(super) fn parse(text: &str) -> Result<Script, ScriptError> {
    let mut parser = Parser::default();
    for (index, line) in text.lines().enumerate() {
        parser.line(index + 1, line)?;
    }
    parser.end_payload()?;
    let start = parser.start.unwrap_or_default();
    let carry = |(conversation, transport): (Conversation, Option<Transport>)| match transport {
        Some(transport) => transport::carried(&conversation, &transport),
        None => vec![conversation],
    };
    let conversations = parser.conversations.into_iter().zip(parser.transports).flat_map(carry).collect();
    Ok(Script { start, conversations, form: parser.form })
}

/// A command whose payload may follow.
struct Announced {
    line: usize,
    len: Option<usize>,
    seen: Option<usize>,
}

struct Parser {
    start: Option<i64>,
    client: Option<SocketAddr>,
    server: Option<SocketAddr>,
    isns: [u32; 2],
    recorded: Recorded,
    envelope: Envelope,
    segmentation: Segmentation,
    form: Pcapng,
    wait: Option<i64>,
    announced: Option<Announced>,
    conversations: Vec<Conversation>,
    /// How each conversation is carried; `None` is directly.
    transports: Vec<Option<Transport>>,
    transport: Option<Transport>,
}

impl Default for Parser {
    fn default() -> Self {
        Self {
            start: None,
            client: None,
            server: None,
            // Small numbers, as Windows 98 chose them.
            isns: [41_000, 2_954_417_300],
            recorded: Recorded::default(),
            envelope: Envelope::default(),
            segmentation: Segmentation::default(),
            form: Pcapng::default(),
            wait: None,
            announced: None,
            conversations: Vec::new(),
            transports: Vec::new(),
            transport: None,
        }
    }
}

impl Parser {
    fn line(&mut self, number: usize, line: &str) -> Result<(), ScriptError> {
        let payload = match line.split_at_checked(2) {
            Some(("|=", text)) => Some(words::escaped(text.strip_prefix(' ').unwrap_or(text))),
            _ if line == "|" => Some(Ok(b"\r\n".to_vec())),
            Some(("| ", text)) => Some(Ok(format!("{text}\r\n").into_bytes())),
            _ => None,
        };
        if let Some(payload) = payload {
            return payload.and_then(|bytes| self.payload(&bytes)).map_err(|what| ScriptError { line: number, what });
        }
        if line.trim().is_empty() || line.starts_with('#') {
            return Ok(());
        }
        self.end_payload()?;
        let result = match line.split_at_checked(2) {
            Some((mark @ ("C:" | "C+" | "C="), text)) => self.say(number, Side::Client, mark, text),
            Some((mark @ ("S:" | "S+" | "S="), text)) => self.say(number, Side::Server, mark, text),
            _ => self.directive(line),
        };
        result.map_err(|what| ScriptError { line: number, what })
    }

    fn say(&mut self, line: usize, side: Side, mark: &str, text: &str) -> Result<(), String> {
        let text = text.strip_prefix(' ').unwrap_or(text);
        let bytes = if mark.ends_with('=') { words::escaped(text)? } else { format!("{text}\r\n").into_bytes() };
        if mark.ends_with('+') {
            self.said(side)?.extend(bytes);
        } else {
            self.step(Action::Say(side, bytes))?;
        }
        let len = text.rsplit(' ').next().and_then(|word| word.parse().ok());
        self.announced = Some(Announced { line, len, seen: None });
        Ok(())
    }

    /// What was said in the last step, if it was that side that spoke.
    fn said(&mut self, side: Side) -> Result<&mut Vec<u8>, String> {
        match self.conversations.last_mut().and_then(|conversation| conversation.steps.last_mut()) {
            Some(Step { action: Action::Say(speaker, bytes), .. }) if *speaker == side => Ok(bytes),
            _ => Err("nothing to join".into()),
        }
    }

    fn payload(&mut self, body: &[u8]) -> Result<(), String> {
        let announced = self.announced.as_mut().ok_or("a payload without its command")?;
        *announced.seen.get_or_insert(0) += body.len();
        let step = self.conversations.last_mut().and_then(|conversation| conversation.steps.last_mut());
        if let Some(Step { action: Action::Say(_, bytes), .. }) = step {
            bytes.extend(body);
        }
        Ok(())
    }

    /// A payload is over: it must be as long as its command said.
    fn end_payload(&mut self) -> Result<(), ScriptError> {
        let Some(Announced { line, len, seen: Some(seen) }) = self.announced.take() else { return Ok(()) };
        let Some(len) = len else {
            return Err(ScriptError { line, what: "the command announces no payload".into() });
        };
        if len == seen {
            return Ok(());
        }
        Err(ScriptError { line, what: format!("the command announces {len} bytes, its payload has {seen}") })
    }

    fn directive(&mut self, line: &str) -> Result<(), String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        match word {
            "connect" => self.connect(Opening::Handshake)?,
            "midstream" => self.connect(Opening::Midstream)?,
            "close" => self.step(Action::Close(words::side(rest)?))?,
            "reset" => self.step(Action::Reset(words::side(rest)?))?,
            "wait" => self.wait = Some(words::duration(rest)?),
            "time" => self.start = Some(words::time(rest)?),
            "client" => self.client = Some(words::address(rest)?),
            "server" => self.server = Some(words::address(rest)?),
            "isn" => self.isns = words::isns(rest)?,
            "record" => self.recorded = words::recorded(rest)?,
            "link" => self.envelope.link = words::link(rest)?,
            "vlan" => self.envelope.tags = words::tags(rest)?,
            "interface" => rest.clone_into(&mut self.envelope.interface),
            "hop-by-hop" => self.envelope.hop_by_hop = words::switch(rest)?,
            "checksum" => (self.envelope.checksum, self.envelope.checksum_of) = words::checksum(rest)?,
            "snap" => self.envelope.snap_len = words::number(rest)?,
            "segment" => self.segmentation = words::segmentation(rest)?,
            "via" => self.transport = words::transport(rest)?,
            "file" => self.form = words::form(rest)?,
            _ => return Err(format!("unknown word `{word}`")),
        }
        Ok(())
    }

    fn connect(&mut self, opening: Opening) -> Result<(), String> {
        let (Some(_), Some(client), Some(server)) = (self.start, self.client, self.server) else {
            return Err("`time`, `client` and `server` come before the first connection".into());
        };
        if client.is_ipv6() != server.is_ipv6() {
            return Err("client and server speak different versions of IP".into());
        }
        self.check_envelope(client.is_ipv6())?;
        // The first connection begins at the time of the script.
        let pace = if self.conversations.is_empty() { 0 } else { PACE };
        self.transports.push(self.transport.clone());
        self.conversations.push(Conversation {
            client,
            server,
            isns: self.isns,
            opening,
            recorded: self.recorded,
            after: self.wait.take().unwrap_or(pace),
            envelope: self.envelope.clone(),
            steps: Vec::new(),
        });
        Ok(())
    }

    fn step(&mut self, action: Action) -> Result<(), String> {
        let ipv6 = self.conversations.last().ok_or("nobody is connected")?.client.is_ipv6();
        self.check_envelope(ipv6)?;
        let step = Step {
            after: self.wait.take().unwrap_or(PACE),
            action,
            segmentation: self.segmentation.clone(),
            envelope: self.envelope.clone(),
        };
        self.conversations.last_mut().expect("checked above").steps.push(step);
        Ok(())
    }

    fn check_envelope(&self, ipv6: bool) -> Result<(), String> {
        let Envelope { link, tags, .. } = &self.envelope;
        if !link.carries(ipv6) {
            return Err("the link layer does not carry that version of IP".into());
        }
        if !tags.is_empty() && !link.takes_tags() {
            return Err("the link layer has no room for VLAN tags".into());
        }
        Ok(())
    }
}
