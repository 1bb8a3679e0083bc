//! IEEE 802.11 data frames, with or without what the receiver noted about them.
//!
//! Only what is neither encrypted nor cut up is opened: frames that an access point passes on in several pieces, or
//! several in one (A-MSDU), are rare where nothing is encrypted.
//!
//! ```text
//! radiotap, Prism, AVS, PPI ─ frame control ─ addresses, quality of service ─ LLC, SNAP ─ IP ─ check sequence
//! ```
//!
//! Formats: <https://www.radiotap.org>, <https://www.tcpdump.org/linktypes.html>, and IEEE 802.11-2020, 9.2 and 9.3.2.

use super::super::extent::Extent;
use super::{Layer, ethernet, llc};
use crate::packet::{LinkType, Packet};
use crate::stats::Fate;

/// Length in bytes of the check sequence at the end of a frame.
const FCS_LEN: usize = 4;

// The first byte of the frame control field: version (2 bits), type (2), subtype (4).
const VERSION_AND_TYPE_MASK: u8 = 0x0f;
const DATA: u8 = 0x08;
/// Set in the subtypes that carry nothing.
const NO_DATA: u8 = 0x40;
/// Set in the subtypes that have a quality of service field.
const QOS: u8 = 0x80;

// The second byte.
const TO_AND_FROM_DS: u8 = 0x03;
const MORE_FRAGMENTS: u8 = 0x04;
const PROTECTED: u8 = 0x40;
/// In a frame with such a field: an HT control field follows.
const ORDER: u8 = 0x80;

/// The bit of that field that says that the frame holds several.
const A_MSDU: u8 = 0x80;

/// What a receiver noted about a frame.
#[derive(Clone, Copy, Debug, Default)]
struct Notes {
    has_fcs: bool,
    /// The header is padded to a multiple of four bytes.
    is_padded: bool,
}

/// Opens a frame, and what stands before it.
pub(super) fn open<'a>(packet: &Packet<'a>, bytes: Extent<'a>) -> Result<Layer<'a>, Fate> {
    let (notes, frame) = match packet.link_type {
        LinkType::IEEE802_11_RADIOTAP => radiotap(bytes)?,
        LinkType::IEEE802_11_PRISM | LinkType::IEEE802_11_AVS => (Notes::default(), prism_or_avs(bytes)?),
        LinkType::PPI => return ppi(bytes),
        _ => (Notes::default(), bytes),
    };
    // A file that tells of the check sequence itself had it taken off already.
    let takes_off = notes.has_fcs && packet.fcs_len == 0;
    let frame = if takes_off { frame.limited(frame.len().saturating_sub(FCS_LEN)) } else { frame };
    data_frame(frame, notes.is_padded)
}

/// Frame control, duration (2 bytes each), three addresses (6 each), sequence (2); then, as the flags say, a fourth
/// address (6), quality of service (2), more control (4).
fn data_frame(bytes: Extent<'_>, is_padded: bool) -> Result<Layer<'_>, Fate> {
    let ([kind, flags, ..], rest) = bytes.split_header::<2>()?;
    if kind & VERSION_AND_TYPE_MASK != DATA || kind & NO_DATA != 0 {
        return Err(Fate::NotIp);
    }
    if flags & PROTECTED != 0 {
        return Err(Fate::Encrypted);
    }
    let (fixed, rest) = rest.split_header::<22>()?;
    let [.., sequence, _] = fixed;
    // The lower four bits number the pieces of a frame.
    if flags & MORE_FRAGMENTS != 0 || sequence & 0x0f != 0 {
        return Err(Fate::NotIp);
    }
    let four_addresses = flags & TO_AND_FROM_DS == TO_AND_FROM_DS;
    let rest = if four_addresses { rest.after(6)? } else { rest };
    let mut header_len = if four_addresses { 30 } else { 24 };
    let mut body = rest;
    if kind & QOS != 0 {
        let ([qos, _], after) = rest.split_header()?;
        if qos & A_MSDU != 0 {
            return Err(Fate::NotIp);
        }
        let control_len = if flags & ORDER == 0 { 0 } else { 4 };
        body = after.after(control_len)?;
        header_len += 2 + control_len;
    }
    let padding_len = if is_padded { header_len.next_multiple_of(4) - header_len } else { 0 };
    llc(body.after(padding_len)?)
}

/// Version and padding (1 byte each), length (2), and words of bits that say which fields follow, each bit 31 that
/// another word does; little-endian. The first two fields are a time (8, aligned) and flags (1).
fn radiotap(bytes: Extent<'_>) -> Result<(Notes, Extent<'_>), Fate> {
    const MORE_WORDS: u32 = 1 << 31;
    const HAS_TIME: u32 = 1;
    const HAS_FLAGS: u32 = 2;
    let ([version, _, len_0, len_1], _) = bytes.split_header()?;
    if *version != 0 {
        return Err(Fate::NotIp);
    }
    let len = usize::from(u16::from_le_bytes([*len_0, *len_1]));
    let frame = bytes.after(len)?;
    let header = bytes.captured().get(..len).unwrap_or_default();
    let word = |at: usize| header.get(at..)?.first_chunk().map(|word| u32::from_le_bytes(*word));
    let Some(fields) = word(4) else { return Ok((Notes::default(), frame)) };
    let words = (4..).step_by(4).take_while(|at| word(*at).is_some_and(|word| word & MORE_WORDS != 0)).count();
    let mut at = 8 + 4 * words;
    if fields & HAS_TIME != 0 {
        at = at.next_multiple_of(8) + 8;
    }
    let flags = if fields & HAS_FLAGS == 0 { 0 } else { header.get(at).copied().unwrap_or(0) };
    Ok((Notes { has_fcs: flags & 0x10 != 0, is_padded: flags & 0x20 != 0 }, frame))
}

/// AVS: magic number, length (4 bytes each, big-endian). Prism: message code, length (4 each, in the order of the
/// machine that captured; a length is a small number). Either may stand under either link type.
fn prism_or_avs(bytes: Extent<'_>) -> Result<Extent<'_>, Fate> {
    let ([magic @ .., a, b, c, d], _) = bytes.split_header::<8>()?;
    let len = u32::from_be_bytes([*a, *b, *c, *d]);
    let is_avs = matches!(magic, [0x80, 0x21, 0x10, 0x01 | 0x02]);
    let len = if is_avs || len <= 0xffff { len } else { len.swap_bytes() };
    bytes.after(usize::try_from(len).unwrap_or(usize::MAX))
}

/// Version and flags (1 byte each), length (2), the link type of what follows (4); little-endian.
fn ppi(bytes: Extent<'_>) -> Result<Layer<'_>, Fate> {
    let ([version, _, len_0, len_1, link_type @ ..], _) = bytes.split_header::<8>()?;
    let frame = bytes.after(u16::from_le_bytes([*len_0, *len_1]).into())?;
    match (version, u16::try_from(u32::from_le_bytes(*link_type)).map(LinkType)) {
        (0, Ok(LinkType::IEEE802_11)) => data_frame(frame, false),
        (0, Ok(LinkType::ETHERNET)) => ethernet(frame),
        _ => Err(Fate::UnsupportedLink),
    }
}
