//! Packets that hold fragments of IP datagrams, until it is known what their datagram holds.

use std::collections::VecDeque;

use super::KeptPacket;
use crate::limits::{EDGE_FRAGMENT_BYTES_MAX, FRAGMENT_AGE_MAX_S};
use crate::net::DatagramId;
use crate::packet::Timestamp;

/// Fragments that wait, in the order of coming.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    packets: VecDeque<(DatagramId, KeptPacket)>,
    /// Those that waited in vain, but whose datagram may have been begun before the capture.
    left: Vec<KeptPacket>,
    bytes: usize,
    /// Whether some had to go for others.
    pub(super) is_cut: bool,
}

impl Waiting {
    /// A fragment of the datagram came, in a capture that began at that time.
    pub(super) fn push(&mut self, datagram: DatagramId, packet: KeptPacket, began: Timestamp) {
        let now = packet.now;
        self.bytes += packet.memory();
        self.packets.push_back((datagram, packet));
        while let Some((_, oldest)) = self.packets.front() {
            let is_old = oldest.now.plus_seconds(FRAGMENT_AGE_MAX_S) < now;
            if !is_old && self.bytes <= EDGE_FRAGMENT_BYTES_MAX {
                break;
            }
            let Some((_, packet)) = self.packets.pop_front() else { break };
            if is_old && packet.now <= began.plus_seconds(FRAGMENT_AGE_MAX_S) {
                self.left.push(packet);
            } else {
                self.bytes -= packet.memory();
                self.is_cut |= !is_old;
            }
        }
    }

    /// The datagram is whole: its packets.
    pub(super) fn take(&mut self, datagram: DatagramId) -> Vec<KeptPacket> {
        let mut taken = Vec::new();
        for (of, packet) in std::mem::take(&mut self.packets) {
            if of == datagram {
                self.bytes -= packet.memory();
                taken.push(packet);
            } else {
                self.packets.push_back((of, packet));
            }
        }
        taken
    }

    /// The datagram is whole, and holds a fragment of another.
    pub(super) fn becomes(&mut self, datagram: DatagramId, other: DatagramId) {
        self.packets.iter_mut().filter(|(of, _)| *of == datagram).for_each(|(of, _)| *of = other);
    }

    /// All that waits, or waited in vain.
    pub(super) fn all(&self) -> impl Iterator<Item = &KeptPacket> {
        self.left.iter().chain(self.packets.iter().map(|(_, packet)| packet))
    }

    /// Nothing is begun before from here on.
    pub(super) fn drop_left(&mut self) {
        for packet in std::mem::take(&mut self.left) {
            self.bytes -= packet.memory();
        }
    }
}
