//! The words of a script: durations, sides, tags, escapes.

use std::net::SocketAddr;
use std::str::FromStr;

use super::super::capture_file::{Block, ByteOrder, Pcapng};
use super::super::conversation::{Recorded, Segmentation};
use super::super::link::Link;
use super::super::packet::{Checksum, Side, Tag};
use super::super::transport::{Gateway, Transport};

/// What is wrong with a word; the parser adds the line.
type Result<T> = std::result::Result<T, String>;

pub(super) fn time(word: &str) -> Result<i64> {
    let time: jiff::Timestamp =
        word.parse().map_err(|_| format!("`{word}` is no time such as 2003-09-14T12:00:00Z"))?;
    i64::try_from(time.as_nanosecond()).map_err(|_| format!("`{word}` is out of range"))
}

pub(super) fn address(word: &str) -> Result<SocketAddr> {
    word.parse().map_err(|_| format!("`{word}` is no address with a port"))
}

pub(super) fn side(word: &str) -> Result<Side> {
    match word {
        "client" => Ok(Side::Client),
        "server" => Ok(Side::Server),
        _ => Err(format!("`{word}` is neither client nor server")),
    }
}

pub(super) fn recorded(word: &str) -> Result<Recorded> {
    if word == "both" { Ok(Recorded::Both) } else { side(word).map(Recorded::Only) }
}

/// Nanoseconds.
pub(super) fn duration(word: &str) -> Result<i64> {
    let units = [("ms", 1_000_000), ("s", 1_000_000_000)];
    let parsed =
        units.iter().find_map(|(unit, nanos)| word.strip_suffix(unit)?.parse::<i64>().ok()?.checked_mul(*nanos));
    parsed.ok_or_else(|| format!("`{word}` is no duration such as 2s or 250ms"))
}

pub(super) fn number<T: FromStr>(word: &str) -> Result<T> {
    word.parse().map_err(|_| format!("`{word}` is no number that fits"))
}

pub(super) fn link(word: &str) -> Result<Link> {
    let known = Link::ALL.iter().find(|(name, _)| *name == word);
    known.map(|(_, link)| *link).ok_or_else(|| format!("unknown link layer `{word}`"))
}

pub(super) fn tags(words: &str) -> Result<Vec<Tag>> {
    if words == "none" {
        return Ok(Vec::new());
    }
    words.split_whitespace().map(tag).collect()
}

fn tag(word: &str) -> Result<Tag> {
    let (protocol, vlan) = word.split_once(':').unwrap_or(("0x8100", word));
    let protocol = protocol.strip_prefix("0x").and_then(|hex| u16::from_str_radix(hex, 16).ok());
    let protocol = protocol.ok_or_else(|| format!("`{word}` is no VLAN tag such as 10 or 0x88a8:100"))?;
    Ok(Tag { protocol, vlan: number(vlan)? })
}

pub(super) fn switch(word: &str) -> Result<bool> {
    match word {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(format!("`{word}` is neither on nor off")),
    }
}

/// A form, and whose packets have it: `pseudo client`.
pub(super) fn checksum(words: &str) -> Result<(Checksum, Option<Side>)> {
    let (form, of) = words.split_once(' ').map_or((words, None), |(form, of)| (form, Some(of)));
    let form = match form {
        "valid" => Checksum::Valid,
        "zero" => Checksum::Zero,
        "pseudo" => Checksum::PseudoOnly,
        "wrong" => Checksum::Wrong,
        _ => return Err(format!("unknown checksum `{form}`")),
    };
    Ok((form, of.map(side).transpose()?))
}

pub(super) fn segmentation(word: &str) -> Result<Segmentation> {
    if word.contains(',') {
        let sizes: Result<Vec<usize>> = word.split(',').map(number).collect();
        return sizes.map(Segmentation::Sizes);
    }
    number(word).map(Segmentation::Max)
}

pub(super) fn isns(words: &str) -> Result<[u32; 2]> {
    let (client, server) = words.split_once(' ').ok_or("two sequence numbers, please: client and server")?;
    Ok([number(client)?, number(server)?])
}

pub(super) fn form(words: &str) -> Result<Pcapng> {
    let mut form = Pcapng::default();
    let mut words = words.split_whitespace();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("`{word}` wants a number"));
        match word {
            "little-endian" => form.order = ByteOrder::Little,
            "big-endian" => form.order = ByteOrder::Big,
            "resolution" => form.resolution = number(value()?)?,
            "sections" => form.sections = number(value()?)?,
            "simple" => form.block = Block::Simple,
            "obsolete" => form.block = Block::Obsolete,
            _ => return Err(format!("unknown form `{word}`")),
        }
    }
    Ok(form)
}

/// `direct`, a proxy, or the gateway with what it does otherwise than usual.
pub(super) fn transport(words: &str) -> Result<Option<Transport>> {
    let mut words = words.split_whitespace();
    let transport = match words.next() {
        Some("direct") => return Ok(None),
        Some("connect") => Transport::Connect { refused_first: false },
        Some("socks4") => Transport::Socks4,
        Some("socks4a") => Transport::Socks4a,
        Some("socks5") => Transport::Socks5 { password: words.next() == Some("password") },
        Some("gateway") => {
            let mut gateway = Gateway::default();
            while let Some(word) = words.next() {
                match word {
                    "silent" => gateway.opens_silently = true,
                    "poll" => (gateway.shares, gateway.polls) = (vec![0], true),
                    "origin" => gateway.absolute = false,
                    "requests" => gateway.requests = number(words.next().unwrap_or_default())?,
                    _ => return Err(format!("unknown gateway `{word}`")),
                }
            }
            Transport::Gateway(gateway)
        }
        other => return Err(format!("unknown carrier `{}`", other.unwrap_or_default())),
    };
    Ok(Some(transport))
}

/// Bytes with `\r \n \t \\ \xNN`.
pub(super) fn escaped(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        bytes.extend(plain.as_bytes());
        let kind = escape.chars().next().map_or(0, char::len_utf8);
        let (kind, behind) = escape.split_at(kind);
        rest = behind;
        match kind {
            "r" => bytes.push(b'\r'),
            "n" => bytes.push(b'\n'),
            "t" => bytes.push(b'\t'),
            "\\" => bytes.push(b'\\'),
            "x" => {
                let byte = rest.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
                bytes.push(byte.ok_or_else(|| format!("`\\x{rest}` lacks two hexadecimal digits"))?);
                rest = &rest[2..];
            }
            _ => return Err(format!("unknown escape `\\{kind}`")),
        }
    }
    bytes.extend(rest.as_bytes());
    Ok(bytes)
}
