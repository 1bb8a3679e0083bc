//! The community ID of a flow, version 1: the name by which Zeek, Suricata and Arkime know the same connection.
//!
//! `1:` and the base64 of the SHA-1 of seed, lower address, higher address, protocol, zero, lower port, higher port,
//! where the lower endpoint is the one with the lower address, or port if the addresses are equal
//! (<https://github.com/corelight/community-id-spec>).

use std::net::{IpAddr, SocketAddr};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// The seed that every tool uses unless told otherwise.
const SEED: u16 = 0;

/// IP's protocol number of TCP.
const TCP: u8 = 6;

/// Bytes of an ID: the version, and base64 of 20 bytes.
const ID_LEN: usize = 2 + 28;

/// The community ID of the TCP connection between `a` and `b`, in either order.
///
/// ```
/// use msncensus::report::community_id;
///
/// let (client, server) = ("128.232.110.120:34855".parse()?, "66.35.250.204:80".parse()?);
/// assert_eq!(community_id(client, server), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
/// assert_eq!(community_id(server, client), community_id(client, server));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
pub fn community_id(a: SocketAddr, b: SocketAddr) -> String {
    let (low, high) = if a <= b { (a, b) } else { (b, a) };
    let mut hash = Sha1::new();
    hash.update(SEED.to_be_bytes());
    for endpoint in [low, high] {
        match endpoint.ip() {
            IpAddr::V4(addr) => hash.update(addr.octets()),
            IpAddr::V6(addr) => hash.update(addr.octets()),
        }
    }
    hash.update([TCP, 0]);
    hash.update(low.port().to_be_bytes());
    hash.update(high.port().to_be_bytes());
    let mut id = String::with_capacity(ID_LEN);
    id.push_str("1:");
    STANDARD.encode_string(hash.finalize(), &mut id);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(a: &str, a_port: u16, b: &str, b_port: u16) -> String {
        community_id(SocketAddr::new(a.parse().unwrap(), a_port), SocketAddr::new(b.parse().unwrap(), b_port))
    }

    #[test]
    fn published_vectors_hold_in_both_directions() {
        for (a, a_port, b, b_port, expected) in [
            // baseline/baseline_deflt.json of the specification, every TCP flow of it.
            ("128.232.110.120", 34855, "66.35.250.204", 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
            (
                "2001:470:e5bf:dead:4957:2174:e82c:4887",
                63943,
                "2607:f8b0:400c:c03::1a",
                25,
                "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=",
            ),
            // tests/communityid_test.py of pycommunityid, the reference implementation.
            ("10.0.0.1", 10, "10.0.0.2", 11569, "1:SXBGMX1lBOwhhoDrZynfROxnhnM="),
            // The test of community_id_v1 in Zeek.
            ("1.2.3.4", 1122, "5.6.7.8", 3344, "1:wCb3OG7yAFWelaUydu0D+125CLM="),
        ] {
            assert_eq!(id(a, a_port, b, b_port), expected);
            assert_eq!(id(b, b_port, a, a_port), expected);
        }
    }

    #[test]
    fn equal_addresses_are_ordered_by_port() {
        assert_eq!(id("127.0.0.1", 1, "127.0.0.1", 2), id("127.0.0.1", 2, "127.0.0.1", 1));
    }
}
