//! Packets that hold fragments of IP datagrams, until it is known what their datagram holds.

use foldhash::fast::RandomState;
use hashlink::LinkedHashMap;

use super::KeptPacket;
use crate::limits::{EDGE_FRAGMENT_BYTES_MAX, FRAGMENT_AGE_MAX_S};
use crate::net::DatagramId;
use crate::packet::Timestamp;

/// Fragments that wait.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    /// In the order of their first fragments. The seed is random: the keys come from strangers.
    datagrams: LinkedHashMap<DatagramId, Vec<KeptPacket>, RandomState>,
    /// Those that waited in vain, but whose datagram may have been begun before the capture.
    left: Vec<KeptPacket>,
    bytes: usize,
    /// Whether some had to go for others.
    pub(super) is_cut: bool,
}

impl Waiting {
    /// A fragment of the datagram came, in a capture that began at that time.
    pub(super) fn push(&mut self, datagram: DatagramId, packet: KeptPacket, began: Timestamp) {
        let now = packet.arrival.now;
        self.bytes += packet.memory();
        self.datagrams.entry(datagram).or_insert_with(Vec::new).push(packet);
        let is_old = |packets: &Vec<KeptPacket>| {
            packets.first().is_none_or(|first| first.arrival.now.plus_seconds(FRAGMENT_AGE_MAX_S) < now)
        };
        while let Some((_, oldest)) = self.datagrams.front() {
            let is_old = is_old(oldest);
            if !is_old && self.bytes <= EDGE_FRAGMENT_BYTES_MAX {
                break;
            }
            let Some((_, packets)) = self.datagrams.pop_front() else { break };
            let may_go_on = |packet: &KeptPacket| packet.arrival.now <= began.plus_seconds(FRAGMENT_AGE_MAX_S);
            if is_old && packets.iter().all(may_go_on) {
                self.left.extend(packets);
            } else {
                self.bytes -= memory(&packets);
                self.is_cut |= !is_old;
            }
        }
    }

    /// The datagram is whole: its packets.
    pub(super) fn take(&mut self, datagram: DatagramId) -> Vec<KeptPacket> {
        let packets = self.datagrams.remove(&datagram).unwrap_or_default();
        self.bytes -= memory(&packets);
        packets
    }

    /// The datagram is whole, and holds a fragment of another.
    pub(super) fn becomes(&mut self, datagram: DatagramId, other: DatagramId) {
        let packets = self.datagrams.remove(&datagram).unwrap_or_default();
        self.datagrams.entry(other).or_insert_with(Vec::new).extend(packets);
    }

    /// All that waits, or waited in vain.
    pub(super) fn into_packets(self) -> Vec<KeptPacket> {
        let Self { mut left, datagrams, .. } = self;
        left.extend(datagrams.into_iter().flat_map(|(_, packets)| packets));
        left
    }

    /// Nothing is begun before from here on.
    pub(super) fn drop_left(&mut self) {
        self.bytes -= memory(&std::mem::take(&mut self.left));
    }
}

fn memory(packets: &[KeptPacket]) -> usize {
    packets.iter().map(KeptPacket::memory).sum()
}
