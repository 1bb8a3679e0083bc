//! A filter in the language of tcpdump, for packets from files as from an interface.
//!
//! It takes an expression; gives yes or no for a packet; keeps one compiled program for each link type that it met, at
//! most 65,536; and leaves out the language, which is libpcap's (`pcap-filter(7)`).
//!
//! A program is compiled for a DLT number, and files hold LINKTYPE numbers, which differ where systems disagreed:
//! <https://www.tcpdump.org/linktypes.html>, and `pcap-common.c` of libpcap.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use foldhash::fast::RandomState;
use pcap::{BpfProgram, Capture, Linktype};
use thiserror::Error;

use crate::packet::{LinkType, Packet};

/// Link types that a new filter is tried with, until one will have it: `ether host` has no meaning on raw IP,
/// `inbound` none on Ethernet.
const TRIED: [LinkType; 6] = [
    LinkType::ETHERNET,
    LinkType::RAW,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
    LinkType::NULL,
    LinkType::IEEE802_11,
];

/// A BPF filter, compiled for each link type when its first packet comes.
///
/// It judges the bytes that were captured: `len`, `less` and `greater` see the captured length, also where the packet
/// was longer on the wire, because the `pcap` crate passes one length for both.
pub struct Filter {
    expression: String,
    /// Asked, never walked.
    programs: HashMap<LinkType, Result<BpfProgram, FilterError>, RandomState>,
}

/// libpcap does not accept a filter.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("filter \"{expression}\" for link type {link_type}: {message}")]
pub struct FilterError {
    /// The filter as it was given.
    pub expression: String,
    /// For which packets.
    pub link_type: LinkType,
    /// What libpcap says.
    pub message: String,
}

impl Filter {
    /// Checks that the expression is a filter at least for one usual link type. The error is the one for Ethernet.
    pub fn new(expression: &str) -> Result<Self, FilterError> {
        let mut first_error = None;
        for link_type in TRIED {
            match compile(expression, link_type) {
                Ok(program) => {
                    let programs = HashMap::from_iter([(link_type, Ok(program))]);
                    return Ok(Self { expression: expression.to_owned(), programs });
                }
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.unwrap_or_else(|| refused(expression, LinkType::ETHERNET, String::new())))
    }

    /// Whether the filter lets the packet through; an error if it has no meaning for packets of this link type, the
    /// same one for each of them.
    pub fn matches(&mut self, packet: &Packet<'_>) -> Result<bool, FilterError> {
        let program = match self.programs.entry(packet.link_type) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(compile(&self.expression, packet.link_type)),
        };
        match program {
            Ok(program) => Ok(program.filter(packet.data)),
            Err(error) => Err(error.clone()),
        }
    }
}

fn compile(expression: &str, link_type: LinkType) -> Result<BpfProgram, FilterError> {
    Capture::dead(dlt(link_type))
        .and_then(|capture| capture.compile(expression, true))
        .map_err(|error| refused(expression, link_type, message(error)))
}

fn refused(expression: &str, link_type: LinkType, message: String) -> FilterError {
    FilterError { expression: expression.to_owned(), link_type, message }
}

/// What libpcap says, without the crate's words around it.
pub(super) fn message(error: pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(message) => message,
        other => other.to_string(),
    }
}

/// The number that libpcap on this machine has for a link type of a file (`linktype_to_dlt` in `pcap-common.c`).
fn dlt(link_type: LinkType) -> Linktype {
    // DLT_RAW is 14 on OpenBSD and 12 elsewhere; files by old programs hold either.
    const DLT_RAW: i32 = if cfg!(target_os = "openbsd") { 14 } else { 12 };
    Linktype(match link_type {
        LinkType::RAW | LinkType::RAW_BSD | LinkType::RAW_OPENBSD => DLT_RAW,
        // ATM RFC 1483, SLIP and PPP of BSD/OS, classical IP over ATM.
        LinkType(100) => 11,
        LinkType(102) => 15,
        LinkType(103) => 16,
        LinkType(106) => 19,
        LinkType(number) => i32::from(number),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Stamp;

    /// An IPv4 header that says TCP, and ports 40000 and 1863.
    const IP: [u8; 24] = [0x45, 0, 0, 24, 0, 0, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 0x9c, 0x40, 0x07, 0x47];

    fn packet(link_type: LinkType, data: &[u8]) -> Packet<'_> {
        Packet { stamp: Stamp::default(), link_type, data, original_len: 1500, fcs_len: 0 }
    }

    fn ethernet() -> Vec<u8> {
        [&[0; 12][..], &[8, 0], &IP].concat()
    }

    #[test]
    fn one_filter_serves_every_link_type() {
        let mut filter = Filter::new("tcp port 1863").unwrap();
        let linux = [&[0; 14][..], &[8, 0], &IP].concat();
        for (link_type, data) in [
            (LinkType::ETHERNET, ethernet()),
            (LinkType::RAW, IP.to_vec()),
            (LinkType::RAW_OPENBSD, IP.to_vec()),
            (LinkType::LINUX_SLL, linux),
        ] {
            assert_eq!(filter.matches(&packet(link_type, &data)), Ok(true), "{link_type}");
        }
        assert_eq!(Filter::new("udp").unwrap().matches(&packet(LinkType::ETHERNET, &ethernet())), Ok(false));
    }

    #[test]
    fn k12_a_bad_filter_is_told_in_the_words_of_libpcap() {
        let error = Filter::new("tcp prot 1863").err().unwrap();
        assert!(error.message.contains("syntax error"), "{error}");
        assert!(error.to_string().starts_with("filter \"tcp prot 1863\" for link type EN10MB: "), "{error}");
        assert!(Filter::new("tcp\0").is_err());
    }

    #[test]
    fn a_filter_without_meaning_for_a_link_type_says_so_each_time() {
        let mut filter = Filter::new("ether host 00:00:5e:00:53:01").unwrap();
        let first = filter.matches(&packet(LinkType::RAW, &IP)).unwrap_err();
        assert_eq!(filter.matches(&packet(LinkType::RAW, &IP)), Err(first));
        assert_eq!(filter.matches(&packet(LinkType::ETHERNET, &ethernet())), Ok(false));
    }

    #[test]
    fn a_filter_on_the_length_sees_the_captured_length() {
        let mut filter = Filter::new("greater 100").unwrap();
        assert_eq!(filter.matches(&packet(LinkType::ETHERNET, &ethernet())), Ok(false));
    }
}
