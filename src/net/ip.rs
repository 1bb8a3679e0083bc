//! IP headers, from the first byte of a datagram to the first byte of what it carries.
//!
//! * **Takes** the bytes of a datagram, padding included, and the version that the layer below names.
//! * **Gives** addresses, protocol and payload, ended where IP says that it ends, and which part of a datagram that is;
//!   or the fate of a datagram that contradicts itself or is cut in its headers.
//! * **Keeps** nothing; walks at most [`EXTENSION_HEADERS_MAX`] extension headers, in any order.
//! * **Leaves out** what the header checksum says (a wrong one changes nothing, and is counted where a connection is
//!   followed: case F7), and source routes: a packet on its way to an intermediate router is shown with that router as
//!   its destination.

use std::net::IpAddr;

use etherparse::err::{LenError, ip_auth, ipv4, ipv6};
use etherparse::{
    IpAuthHeaderSlice, IpFragOffset, IpNumber, Ipv4Header, Ipv4HeaderSlice, Ipv6FragmentHeaderSlice, Ipv6Header,
    Ipv6HeaderSlice, Ipv6RawExtHeaderSlice, ip_number,
};

use super::extent::Extent;
use crate::limits::EXTENSION_HEADERS_MAX;
use crate::stats::Fate;

/// The least that an Ethernet frame carries, in bytes: a shorter datagram is padded to it (RFC 894).
const ETHERNET_PAYLOAD_LEN_MIN: usize = 46;

/// The hop-by-hop option that holds the length of a jumbogram (RFC 2675, 2).
const OPTION_JUMBO: u8 = 0xc2;
/// The hop-by-hop option that is one byte long, without a length (RFC 8200, 4.2).
const OPTION_PAD1: u8 = 0;

/// A version of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// RFC 791.
    V4,
    /// RFC 8200.
    V6,
}

/// Where a fragment belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// What all fragments of a datagram have in common: 16 bits in IPv4, 32 in IPv6.
    pub(super) id: u32,
    /// How many bytes of the datagram's payload come before.
    pub(super) offset: u32,
    /// Whether more come after.
    pub(super) more: bool,
}

/// An IP datagram, or a fragment of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datagram<'a> {
    /// Who sent it.
    pub(super) source: IpAddr,
    /// Whom it is for.
    pub(super) destination: IpAddr,
    /// What the payload is, behind all extension headers; in a fragment, behind those that are not fragmented.
    pub(super) protocol: IpNumber,
    /// What it carries.
    pub(super) payload: Extent<'a>,
    /// Its IPv4 header; empty in IPv6, which has no header checksum, and behind what is opened apart from its header.
    pub(super) header_v4: &'a [u8],
    /// Where the payload belongs, if this is a fragment.
    pub(super) place: Option<Place>,
    /// The datagram does not say how long it is, and is so short that the payload's end may be Ethernet padding.
    pub(super) may_end_in_padding: bool,
}

/// Opens the datagram at the start of `bytes`.
pub(super) fn open(bytes: Extent<'_>, version: Version) -> Result<Datagram<'_>, Fate> {
    match version {
        Version::V4 => open_v4(bytes),
        Version::V6 => open_v6(bytes),
    }
}

/// Opens an IPv4 datagram. An authentication header (RFC 4302) is left for [`reopen`]: hardly any has one.
#[inline(always)]
#[expect(clippy::inline_always, reason = "see `usual_segment`")]
pub(super) fn open_v4(bytes: Extent<'_>) -> Result<Datagram<'_>, Fate> {
    let header = Ipv4HeaderSlice::from_slice(bytes.captured()).map_err(|error| match error {
        ipv4::HeaderSliceError::Content(_) => Fate::BadIp,
        // A frame too short for any IP header is a runt, not a contradiction (case E16).
        ipv4::HeaderSliceError::Len(error) if error.required_len <= Ipv4Header::MIN_LEN => fate_by_version(bytes, 4),
        ipv4::HeaderSliceError::Len(error) => unfit(&error, bytes, Fate::BadIp),
    })?;
    let header_len = header.slice().len();
    let datagram = match usize::from(header.total_len()) {
        // Segmentation is left to the card, which will fill the length in (case F1).
        0 => bytes,
        total_len if total_len < header_len || total_len > bytes.len() => return Err(Fate::BadIp),
        total_len => bytes.limited(total_len),
    };
    let payload = datagram.after(header_len)?;
    let place = header.is_fragmenting_payload().then(|| Place {
        id: header.identification().into(),
        offset: byte_offset(header.fragments_offset()),
        more: header.more_fragments(),
    });
    if place.is_some() && header.total_len() == 0 {
        // Nothing says where it ends: padding must not become part of a datagram.
        return Err(Fate::BadIp);
    }
    Ok(Datagram {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        protocol: header.protocol(),
        payload,
        header_v4: header.slice(),
        place,
        may_end_in_padding: header.total_len() == 0 && bytes.len() <= ETHERNET_PAYLOAD_LEN_MIN,
    })
}

fn open_v6(bytes: Extent<'_>) -> Result<Datagram<'_>, Fate> {
    let header = Ipv6HeaderSlice::from_slice(bytes.captured()).map_err(|error| match error {
        ipv6::HeaderSliceError::Content(_) => Fate::BadIp,
        ipv6::HeaderSliceError::Len(_) => fate_by_version(bytes, 6),
    })?;
    let body = bytes.after(Ipv6Header::LEN)?;
    let payload_len = match usize::from(header.payload_length()) {
        // A jumbogram; without its option, segmentation is left to the card as in IPv4 (case D19).
        0 => jumbo_len(header.next_header(), body).unwrap_or(body.len()),
        payload_len => payload_len,
    };
    if payload_len > body.len() {
        return Err(Fate::BadIp);
    }
    let (protocol, payload, place) = walk_extensions(header.next_header(), body.limited(payload_len))?;
    Ok(Datagram {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        protocol,
        payload,
        header_v4: &[],
        place,
        // IPv6 and TCP headers alone are longer than the shortest frame.
        may_end_in_padding: false,
    })
}

/// Opens what fragments carried together, or what lies behind an authentication header: `payload`, which begins with
/// `protocol`.
pub(super) fn reopen(
    source: IpAddr,
    destination: IpAddr,
    protocol: IpNumber,
    payload: Extent<'_>,
) -> Result<Datagram<'_>, Fate> {
    let (protocol, payload, place) = walk_extensions(protocol, payload)?;
    Ok(Datagram { source, destination, protocol, payload, header_v4: &[], place, may_end_in_padding: false })
}

/// Skips extension headers from `protocol` on; gives the first protocol that is none, and its bytes. Those of a
/// fragment are not walked any further.
///
/// The headers that have the common layout of RFC 8200, 4 and RFC 7045, 4 are skipped whatever they say.
fn walk_extensions(
    mut protocol: IpNumber,
    mut rest: Extent<'_>,
) -> Result<(IpNumber, Extent<'_>, Option<Place>), Fate> {
    // Once more than there may be headers: the last round is for what they carry.
    for _ in 0..=EXTENSION_HEADERS_MAX {
        let header_len;
        (protocol, header_len) = match protocol {
            ip_number::IPV6_HEADER_HOP_BY_HOP
            | ip_number::IPV6_DEST_OPTIONS
            | ip_number::IPV6_ROUTE
            | ip_number::MOBILITY_HEADER
            | ip_number::HIP
            | ip_number::SHIM6 => {
                let header =
                    Ipv6RawExtHeaderSlice::from_slice(rest.captured()).map_err(|e| unfit(&e, rest, Fate::BadIp))?;
                (header.next_header(), header.slice().len())
            }
            ip_number::AUTH => {
                let header = IpAuthHeaderSlice::from_slice(rest.captured()).map_err(|error| match error {
                    ip_auth::HeaderSliceError::Content(_) => Fate::BadIp,
                    ip_auth::HeaderSliceError::Len(error) => unfit(&error, rest, Fate::BadIp),
                })?;
                (header.next_header(), header.slice().len())
            }
            ip_number::IPV6_FRAGMENTATION_HEADER => {
                let header =
                    Ipv6FragmentHeaderSlice::from_slice(rest.captured()).map_err(|e| unfit(&e, rest, Fate::BadIp))?;
                // Offset 0 and no more to come is a whole datagram (RFC 6946).
                if header.is_fragmenting_payload() {
                    let id = header.identification();
                    let place =
                        Place { id, offset: byte_offset(header.fragment_offset()), more: header.more_fragments() };
                    return Ok((header.next_header(), rest.after(header.slice().len())?, Some(place)));
                }
                (header.next_header(), header.slice().len())
            }
            _ => return Ok((protocol, rest, None)),
        };
        rest = rest.after(header_len)?;
    }
    Err(Fate::TooManyLayers)
}

/// Whether `protocol` is a header between IP and what it carries, of those that are walked.
pub(super) const fn is_extension(protocol: IpNumber) -> bool {
    matches!(
        protocol,
        ip_number::IPV6_HEADER_HOP_BY_HOP
            | ip_number::IPV6_DEST_OPTIONS
            | ip_number::IPV6_ROUTE
            | ip_number::IPV6_FRAGMENTATION_HEADER
            | ip_number::MOBILITY_HEADER
            | ip_number::HIP
            | ip_number::SHIM6
            | ip_number::AUTH
    )
}

/// Offsets of fragments are counted in units of eight bytes (RFC 791, 3.1; RFC 8200, 4.5).
fn byte_offset(offset: IpFragOffset) -> u32 {
    u32::from(offset.value()) * 8
}

/// The payload length that the hop-by-hop options at the start of `body` give, if there are any and they do.
fn jumbo_len(next_header: IpNumber, body: Extent<'_>) -> Option<usize> {
    if next_header != ip_number::IPV6_HEADER_HOP_BY_HOP {
        return None;
    }
    let header = Ipv6RawExtHeaderSlice::from_slice(body.captured()).ok()?;
    let mut options = header.payload();
    loop {
        options = match options {
            [OPTION_PAD1, rest @ ..] => rest,
            [OPTION_JUMBO, 4, rest @ ..] => {
                return rest.first_chunk().and_then(|len| u32::from_be_bytes(*len).try_into().ok());
            }
            [_, len, rest @ ..] => rest.get(usize::from(*len)..)?,
            _ => return None,
        };
    }
}

/// The fate of bytes that hold no whole header: cut or a runt, unless the one byte that is there contradicts `version`.
fn fate_by_version(bytes: Extent<'_>, version: u8) -> Fate {
    match bytes.captured().first() {
        Some(first) if first >> 4 != version => Fate::BadIp,
        _ => Fate::TruncatedHeader,
    }
}

/// The fate of a packet whose header does not fit into what was captured of `bytes`: cut, or `contradiction` if the
/// header would not have fitted into the whole of them either.
pub(super) fn unfit(error: &LenError, bytes: Extent<'_>, contradiction: Fate) -> Fate {
    if error.required_len > bytes.len() { contradiction } else { Fate::TruncatedHeader }
}
