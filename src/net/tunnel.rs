//! Tunnels: IP datagrams that carry another packet.
//!
//! * **Takes** a datagram whose protocol is a tunnel's, or UDP.
//! * **Gives** what it carries, as [`link`](super::link) would: an Ethernet type and the bytes after it; and says which
//!   network that is, in [`Around`].
//! * **Keeps** nothing.
//! * **Leaves out** tunnels that encrypt, and those that need what was agreed on before: L2TP, `OpenVPN`, IP over DNS.
//!
//! Two tunnels may carry connections with equal addresses, so each tunnel is a network of its own; and both directions
//! of a tunnel must be the same network, so that only what they have in common may name it:
//!
//! | tunnel | is named by | and not by |
//! |---|---|---|
//! | IP in IP, 6in4, 4in6, 6in6 | its two ends | |
//! | 6to4, Teredo | nothing: the addresses inside are unique, and come back by another relay | its ends |
//! | GRE | its two ends and its key | the sequence number |
//! | NVGRE | its subnet id | its ends: a subnet has many |
//! | PPTP | its two ends | the call id: each side has its own |
//! | ERSPAN | the VLAN: it is a mirror, not a network | the session: each direction may have one |
//! | VXLAN, Geneve | its network id | its ends: a network has many |
//! | GTP-U | its two ends | the tunnel id: each side has its own |
//! | MPLS | nothing | labels: each direction has its own |

mod gre;
mod udp;

use etherparse::{IpNumber, ip_number};

use super::around::Around;
use super::ip::Datagram;
use super::link::{Layer, TYPE_IPV4, TYPE_IPV6};
use crate::stats::Fate;

/// An Ethernet type for Ethernet itself (RFC 1701).
const TYPE_ETHERNET: u16 = 0x6558;

/// Numbers for kinds of tunnels, so that equal ids in two of them are two networks.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
enum Kind {
    Gre = 1,
    Nvgre,
    Vxlan,
    Geneve,
}

/// Whether `protocol` may be a tunnel.
pub(super) const fn is_one(protocol: IpNumber) -> bool {
    matches!(protocol, ip_number::IPV4 | ip_number::IPV6 | ip_number::GRE | ip_number::UDP)
}

/// Opens the tunnel that `datagram` carries.
pub(super) fn open<'a>(datagram: &Datagram<'a>, around: &mut Around) -> Result<Layer<'a>, Fate> {
    let rest = datagram.payload;
    match datagram.protocol {
        ip_number::IPV4 => {
            between_ends(datagram, around);
            Ok(Layer { ether_type: TYPE_IPV4, rest })
        }
        ip_number::IPV6 => {
            if !is_6to4(rest.captured()) {
                between_ends(datagram, around);
            }
            Ok(Layer { ether_type: TYPE_IPV6, rest })
        }
        ip_number::GRE => {
            around.enter_layer()?;
            gre::open(datagram, around)
        }
        ip_number::UDP => {
            let layer = udp::open(datagram, around)?;
            around.enter_layer()?;
            Ok(layer)
        }
        _ => Err(Fate::NotTcp),
    }
}

/// Names the network by the ends of the tunnel.
fn between_ends(datagram: &Datagram<'_>, around: &mut Around) {
    around.encapsulation = around.encapsulation.between(datagram.source, datagram.destination);
}

/// Names the network by a number.
fn numbered(kind: Kind, id: u32, around: &mut Around) {
    around.encapsulation = around.encapsulation.inside_tunnel(kind as u32, id);
}

/// Whether an IPv6 datagram has an address that holds the IPv4 address of its tunnel's end (RFC 3056, 2).
fn is_6to4(bytes: &[u8]) -> bool {
    [8, 24].iter().any(|at| bytes.get(*at..).is_some_and(|addr| addr.starts_with(&[0x20, 0x02])))
}

#[cfg(test)]
mod tests;
