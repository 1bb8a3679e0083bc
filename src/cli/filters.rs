//! Filters among the words of the command line.

#[cfg(feature = "live")]
use super::args::UsageError;

/// Words with which a filter can begin (pcap-filter(7)). libpcap takes any other word for the name of a host, and would
/// ask the network for a file that is missing.
#[cfg(feature = "live")]
const FILTER_WORDS: [&str; 36] = [
    "arp",
    "broadcast",
    "decnet",
    "dst",
    "ether",
    "gateway",
    "geneve",
    "greater",
    "host",
    "icmp",
    "icmp6",
    "ifname",
    "igmp",
    "inbound",
    "ip",
    "ip6",
    "iso",
    "len",
    "less",
    "mpls",
    "multicast",
    "net",
    "not",
    "outbound",
    "port",
    "portrange",
    "pppoed",
    "pppoes",
    "proto",
    "rarp",
    "sctp",
    "src",
    "tcp",
    "udp",
    "vlan",
    "wlan",
];

#[cfg(feature = "live")]
pub(super) fn is_filter(expression: &str) -> bool {
    let bare = expression.trim_start_matches(['(', '!', ' ']);
    let first = bare.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    FILTER_WORDS.contains(&first) && msncensus::capture::Filter::new(expression).is_ok()
}

#[cfg(not(feature = "live"))]
pub(super) const fn is_filter(_: &str) -> bool {
    false
}

#[cfg(feature = "live")]
pub(super) fn compile(expression: &str) -> Result<msncensus::capture::Filter, UsageError> {
    msncensus::capture::Filter::new(expression).map_err(|error| UsageError { what: error.to_string(), hint: None })
}

#[cfg(test)]
#[cfg(feature = "live")]
mod tests {
    use super::*;

    #[test]
    fn only_what_begins_like_a_filter_is_tried_as_one() {
        for filter in ["tcp", "not port 80", "(host 192.0.2.1)", "!arp", "tcp[13] & 2 != 0"] {
            assert!(is_filter(filter), "{filter}");
        }
        for path in ["", "capture.pcap", "localhost", "tcp.pcap", "net/trace"] {
            assert!(!is_filter(path), "{path}");
        }
    }
}
