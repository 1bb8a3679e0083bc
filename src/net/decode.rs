//! One packet, from its link header to its TCP payload.
//!
//! This is where the layers meet: `link` finds the datagram, `ip` opens it, and what it carries is told apart here, by
//! its protocol. A tunnel, once it is opened, re-enters at `ip` or `link` from here. Inside, a packet that holds no
//! segment leaves by `?`, with its fate as the error.

use etherparse::err::tcp::HeaderSliceError;
use etherparse::{TcpHeaderSlice, ip_number};

use super::ip::{self, Datagram};
use super::{EncapsulationId, Endpoint, Segment, SeqNumber, TcpFlags, link};
use crate::packet::{Packet, Stamp};
use crate::stats::Fate;

/// What a packet turned out to hold.
#[derive(Clone, Copy, Debug)]
pub enum Decoded<'a> {
    /// A TCP segment.
    Segment(Segment<'a>),
    /// Something else; never [`Fate::Segment`].
    Other(Fate),
}

/// Decodes `packet`. Cannot fail: what is not a TCP segment has another fate.
pub fn decode<'a>(packet: &Packet<'a>) -> Decoded<'a> {
    match open(packet) {
        Ok(segment) => Decoded::Segment(segment),
        Err(fate) => Decoded::Other(fate),
    }
}

fn open<'a>(packet: &Packet<'a>) -> Result<Segment<'a>, Fate> {
    let frame = link::open(packet)?;
    let datagram = ip::open(frame.datagram, frame.version)?;
    match datagram.protocol {
        ip_number::TCP => segment(packet.stamp, frame.encapsulation, &datagram),
        ip_number::ENCAPSULATING_SECURITY_PAYLOAD => Err(Fate::Encrypted),
        _ => Err(Fate::NotTcp),
    }
}

/// Reads the TCP header (RFC 9293, 3.1). Options are skipped unread: they may be malformed, the data offset rules.
fn segment<'a>(stamp: Stamp, encapsulation: EncapsulationId, datagram: &Datagram<'a>) -> Result<Segment<'a>, Fate> {
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
        encapsulation,
        seq: SeqNumber(header.sequence_number()),
        ack: SeqNumber(header.acknowledgment_number()),
        flags: TcpFlags { syn: header.syn(), fin: header.fin(), rst: header.rst(), ack: header.ack() },
        payload: payload.captured(),
        // Lengths come from 32-bit fields, or from bytes in memory.
        payload_len: u32::try_from(payload.len()).unwrap_or(u32::MAX),
        bytes: whole.captured(),
    })
}

#[cfg(test)]
mod tests;
