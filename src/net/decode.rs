//! One packet, from its link header to its TCP payload.
//!
//! This is where the layers meet: `link` finds the datagram, `ip` opens it, and what it carries is told apart here, by
//! its protocol. What `tunnel` finds in it re-enters at `link`, and what `fragments` put together re-enters behind `ip`.
//! Inside, a packet that holds no segment leaves by `?`, with its fate as the error.

use etherparse::err::tcp::HeaderSliceError;
use etherparse::{TcpHeaderSlice, ip_number};

use super::around::Around;
use super::carriers::Carriers;
use super::extent::Extent;
use super::fragments::{Fragment, Whole};
use super::ip::{self, Datagram};
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

/// Decodes `packet`. Cannot fail: what is neither a TCP segment nor a fragment has another fate.
pub fn decode<'a>(packet: &Packet<'a>) -> Decoded<'a> {
    link::open(packet).and_then(|layer| inside(packet.stamp, layer, Around::default())).unwrap_or_else(Decoded::Other)
}

impl Whole {
    /// Decodes what the fragments carried together.
    pub fn open(&self) -> Decoded<'_> {
        self.inside().unwrap_or_else(Decoded::Other)
    }

    fn inside(&self) -> Result<Decoded<'_>, Fate> {
        let mut around = self.around;
        around.enter_layer()?;
        let datagram = ip::reopen(self.source, self.destination, self.protocol, Extent::whole(&self.bytes))?;
        let carriers = |bytes| Carriers::of(bytes, &self.bytes, &self.carriers);
        Ok(match carried(self.stamp, &datagram, around)? {
            Decoded::Segment(segment) => Decoded::Segment(Segment { carriers: carriers(segment.payload), ..segment }),
            Decoded::Fragment(fragment) => {
                Decoded::Fragment(Fragment { carriers: carriers(fragment.payload.captured()), ..fragment })
            }
            Decoded::Other(fate) => Decoded::Other(fate),
        })
    }
}

/// What there is in `layer`, down to TCP or to a fragment.
fn inside(stamp: Stamp, layer: Layer<'_>, mut around: Around) -> Result<Decoded<'_>, Fate> {
    let (version, bytes) = link::descend(layer, &mut around)?;
    around.enter_ip()?;
    carried(stamp, &ip::open(bytes, version)?, around)
}

/// What `datagram` carries.
fn carried<'a>(stamp: Stamp, datagram: &Datagram<'a>, around: Around) -> Result<Decoded<'a>, Fate> {
    if datagram.place.is_some() {
        return fragment(stamp, datagram, around).map(Decoded::Fragment);
    }
    match datagram.protocol {
        ip_number::TCP => segment(stamp, around, datagram).map(Decoded::Segment),
        ip_number::ENCAPSULATING_SECURITY_PAYLOAD => Err(Fate::Encrypted),
        _ => tunnelled(stamp, datagram, around),
    }
}

/// What the tunnel holds that `datagram` carries. Kept apart, for most packets are in none.
#[inline(never)]
fn tunnelled<'a>(stamp: Stamp, datagram: &Datagram<'a>, mut around: Around) -> Result<Decoded<'a>, Fate> {
    let opened = tunnel::open(datagram, &mut around).and_then(|layer| inside(stamp, layer, around));
    opened.map_err(|fate| match fate {
        // It was IP after all.
        Fate::NotIp => Fate::NotTcp,
        Fate::Encrypted | Fate::TooManyLayers => fate,
        // A port is only a hint: what does not read as a tunnel to the end is left as UDP (case E9).
        _ if datagram.protocol == ip_number::UDP => Fate::NotTcp,
        fate => fate,
    })
}

/// A fragment, if what it is part of may hold TCP.
#[inline(never)]
fn fragment<'a>(stamp: Stamp, datagram: &Datagram<'a>, around: Around) -> Result<Fragment<'a>, Fate> {
    let &Datagram { source, destination, protocol, payload, place, .. } = datagram;
    let may_hold_tcp = tunnel::is_one(protocol) || protocol == ip_number::TCP || ip::is_extension(protocol);
    match place {
        Some(place) if may_hold_tcp => {
            let carriers = Carriers::default();
            Ok(Fragment { stamp, around, source, destination, protocol, place, payload, carriers })
        }
        _ if protocol == ip_number::ENCAPSULATING_SECURITY_PAYLOAD => Err(Fate::Encrypted),
        _ => Err(Fate::NotTcp),
    }
}

/// Reads the TCP header (RFC 9293, 3.1). Options are skipped unread: they may be malformed, the data offset rules.
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
        carriers: Carriers::default(),
    })
}

#[cfg(test)]
mod tests;
