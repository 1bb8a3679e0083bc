//! One packet, from its link header to its TCP payload.
//!
//! This is where the layers meet: `link` finds the datagram, `ip` opens it, and what it carries is told apart here, by
//! its protocol. What `tunnel` finds in it re-enters at `link`, and what `fragments` put together re-enters behind
//! `ip`. Inside, a packet that holds no segment leaves by `?`, with its fate as the error.

use etherparse::err::tcp::HeaderSliceError;
use etherparse::{TcpHeaderSlice, ip_number};

use super::around::Around;
use super::carriers::Carriers;
use super::extent::Extent;
use super::fragments::{Fragment, Whole};
use super::ip::{self, Datagram, Place};
use super::link::{self, Layer};
use super::{Endpoint, Segment, SeqNumber, TcpFlags, tunnel};
use crate::packet::{Packet, Stamp};
use crate::stats::Fate;

/// What a packet, or a datagram put together of fragments, turned out to hold.
#[derive(Clone, Copy, Debug)]
pub enum Decoded<'a> {
    /// A TCP segment.
    Segment(Segment<'a>),
    /// A fragment of an IP datagram, for [`Fragments`](super::Fragments) to put together.
    Fragment(Fragment<'a>),
    /// Something else; never [`Fate::Segment`] or [`Fate::Fragment`].
    Other(Fate),
}

impl Decoded<'_> {
    /// What a packet that holds this is counted as.
    pub const fn fate(&self) -> Fate {
        match self {
            Self::Segment(_) => Fate::Segment,
            Self::Fragment(_) => Fate::Fragment,
            Self::Other(fate) => *fate,
        }
    }
}

/// The segment in `packet`, if there is nothing but IPv4 between it and Ethernet, as it mostly is. `None` says nothing
/// of what there may be: that is for [`decode`] to find out.
///
/// Whoever asks for every packet gets no call and no header that travels through memory: it would take three times as
/// long.
#[inline(always)]
#[expect(clippy::inline_always, reason = "see above")]
pub fn usual_segment<'a>(packet: &Packet<'a>) -> Option<Segment<'a>> {
    let datagram = ip::open_v4(link::ipv4_in_ethernet(packet)?).ok()?;
    let holds_segment = datagram.protocol == ip_number::TCP && datagram.place.is_none();
    if holds_segment { segment(packet.stamp, Around::first_ip(), &datagram).ok() } else { None }
}

/// Decodes `packet`. Cannot fail: what is neither a TCP segment nor a fragment has another fate.
#[inline(never)]
pub fn decode<'a>(packet: &Packet<'a>) -> Decoded<'a> {
    match link::open(packet).and_then(|layer| datagram(layer, Around::default())) {
        Ok((datagram, around)) => carried(packet.stamp, datagram, around),
        Err(fate) => Decoded::Other(fate),
    }
}

impl Whole {
    /// Decodes what the fragments carried together.
    pub fn open(&self) -> Decoded<'_> {
        let carriers = |bytes| Carriers::of(bytes, &self.bytes, &self.carriers);
        match self.datagram().map(|(datagram, around)| carried(self.stamp, datagram, around)) {
            Ok(Decoded::Segment(segment)) => {
                Decoded::Segment(Segment { carriers: carriers(segment.payload), ..segment })
            }
            Ok(Decoded::Fragment(fragment)) => {
                Decoded::Fragment(Fragment { carriers: carriers(fragment.payload.captured()), ..fragment })
            }
            Ok(Decoded::Other(fate)) | Err(fate) => Decoded::Other(fate),
        }
    }

    fn datagram(&self) -> Result<(Datagram<'_>, Around), Fate> {
        let mut around = self.around;
        around.enter_layer()?;
        let datagram = ip::reopen(self.source, self.destination, self.protocol, Extent::whole(&self.bytes))?;
        Ok((datagram, around))
    }
}

/// The first datagram in `layer`, and what lies around what it carries.
fn datagram(layer: Layer<'_>, mut around: Around) -> Result<(Datagram<'_>, Around), Fate> {
    let (version, bytes) = link::descend(layer, &mut around)?;
    around.enter_ip()?;
    Ok((ip::open(bytes, version)?, around))
}

/// What `datagram` carries.
fn carried(stamp: Stamp, datagram: Datagram<'_>, around: Around) -> Decoded<'_> {
    if datagram.protocol != ip_number::TCP || datagram.place.is_some() {
        return beside_segment(stamp, datagram, around);
    }
    match segment(stamp, around, &datagram) {
        Ok(segment) => Decoded::Segment(segment),
        Err(fate) => Decoded::Other(fate),
    }
}

/// What `datagram` carries, if not a segment.
fn beside_segment(stamp: Stamp, datagram: Datagram<'_>, around: Around) -> Decoded<'_> {
    if let Some(place) = datagram.place {
        return fragment(stamp, &datagram, place, around);
    }
    if datagram.protocol == ip_number::ENCAPSULATING_SECURITY_PAYLOAD {
        return Decoded::Other(Fate::Encrypted);
    }
    let inside = match inside(&datagram, around) {
        Ok((inner, around)) => carried(stamp, inner, around),
        Err(fate) => Decoded::Other(fate),
    };
    let Decoded::Other(fate) = inside else { return inside };
    Decoded::Other(match fate {
        // It was IP after all.
        Fate::NotIp => Fate::NotTcp,
        Fate::Encrypted | Fate::TooManyLayers => fate,
        // A port is only a hint: what does not read as a tunnel to the end is left as UDP (case E9).
        _ if datagram.protocol == ip_number::UDP => Fate::NotTcp,
        fate => fate,
    })
}

/// The datagram in the tunnel that `outer` carries. An authentication header is not a tunnel, but met as rarely.
fn inside<'a>(outer: &Datagram<'a>, mut around: Around) -> Result<(Datagram<'a>, Around), Fate> {
    if outer.protocol == ip_number::AUTH {
        around.enter_layer()?;
        return Ok((ip::reopen(outer.source, outer.destination, outer.protocol, outer.payload)?, around));
    }
    let layer = tunnel::open(outer, &mut around)?;
    datagram(layer, around)
}

/// A fragment, if what it is part of may hold TCP.
fn fragment<'a>(stamp: Stamp, datagram: &Datagram<'a>, place: Place, around: Around) -> Decoded<'a> {
    let &Datagram { source, destination, protocol, payload, .. } = datagram;
    if tunnel::is_one(protocol) || protocol == ip_number::TCP || ip::is_extension(protocol) {
        let carriers = Carriers::default();
        Decoded::Fragment(Fragment { stamp, around, source, destination, protocol, place, payload, carriers })
    } else if protocol == ip_number::ENCAPSULATING_SECURITY_PAYLOAD {
        Decoded::Other(Fate::Encrypted)
    } else {
        Decoded::Other(Fate::NotTcp)
    }
}

/// Reads the TCP header (RFC 9293, 3.1). Options are skipped unread: they may be malformed, the data offset rules.
#[inline(always)]
#[expect(clippy::inline_always, reason = "see `usual_segment`")]
fn segment<'a>(stamp: Stamp, around: Around, datagram: &Datagram<'a>) -> Result<Segment<'a>, Fate> {
    let whole = datagram.payload;
    let header = TcpHeaderSlice::from_slice(whole.captured()).map_err(|error| match error {
        HeaderSliceError::Content(_) => Fate::BadTcp,
        HeaderSliceError::Len(error) => ip::unfit(&error, whole, Fate::BadTcp),
    })?;
    let header_len = header.slice().len();
    // Up to six bytes of payload of unknown length are more likely padding: a card is not asked to segment so little.
    let whole = if datagram.may_end_in_padding { whole.limited(header_len) } else { whole };
    let payload = whole.after(header_len)?;
    Ok(Segment {
        stamp,
        source: Endpoint::new(datagram.source, header.source_port()),
        destination: Endpoint::new(datagram.destination, header.destination_port()),
        encapsulation: around.encapsulation,
        seq: SeqNumber(header.sequence_number()),
        ack: SeqNumber(header.acknowledgment_number()),
        flags: TcpFlags { syn: header.syn(), fin: header.fin(), rst: header.rst(), ack: header.ack() },
        payload: payload.captured(),
        // Lengths come from 32-bit fields, or from bytes in memory.
        payload_len: u32::try_from(payload.len()).unwrap_or(u32::MAX),
        bytes: whole.captured(),
        header_v4: datagram.header_v4,
        carriers: Carriers::default(),
    })
}

#[cfg(test)]
mod tests;
