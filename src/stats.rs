//! Every counter, and the laws that they obey.
//!
//! A packet has exactly one fate, and so has every payload byte: what is missing from the tables is counted here.
//! Counters are kept by input. What happens to a connection is counted for the input in which it was first seen, as long as
//! it is read. Every layer from [`net`](crate::net) to [`dissect`](crate::dissect) counts into a [`Ledger`], and
//! [`Stats::broken_law_at_end`] tells of a run whether anything was lost unseen.

mod checksums;
mod ledger;

use serde::{Deserialize, Serialize};

use crate::anomaly::Anomalies;

pub use checksums::ChecksumSample;
pub use ledger::Ledger;

macro_rules! counters {
    ($(#[$doc:meta])+ $struct:ident $prefix:literal { $($(#[doc = $field_doc:literal])+ $field:ident,)+ }) => {
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $struct { $($(#[doc = $field_doc])+ pub $field: u64,)+ }

        impl $struct {
            /// What each of them counts, in the order of [`iter`](Self::iter).
            const DOCS: &[&str] = &[$(concat!($($field_doc),+)),+];

            /// The names of the counters with their values.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((concat!($prefix, stringify!($field)), self.$field),)+].into_iter()
            }

            #[cfg(test)]
            fn iter_mut(&mut self) -> impl Iterator<Item = (&'static str, &mut u64)> {
                [$((concat!($prefix, stringify!($field)), &mut self.$field),)+].into_iter()
            }

            /// Adds the counters of `other`.
            pub fn add(&mut self, other: &Self) {
                $(self.$field += other.$field;)+
            }

            /// Takes away the counters of `other`.
            pub fn subtract(&mut self, other: &Self) {
                $(self.$field = self.$field.saturating_sub(other.$field);)+
            }
        }
    };
}

counters! {
    /// What became of packets.
    PacketStats "" {
        /// Packets read.
        packets,
        /// Packets that a filter or a time window left out.
        filtered,
        /// Packets that held a TCP segment.
        segments,
        /// Packets without IP.
        not_ip,
        /// IP packets of another protocol.
        not_tcp,
        /// Packets that held a fragment of an IP datagram, which may hold TCP.
        fragments,
        /// Packets encrypted below TCP.
        encrypted,
        /// Packets of a link type that has no decoder.
        unsupported_link,
        /// Packets cut inside their headers.
        truncated_header,
        /// Packets whose IP header contradicts itself.
        bad_ip,
        /// Packets whose TCP header contradicts itself.
        bad_tcp,
        /// Packets with more headers than the program follows.
        too_many_layers,
        /// Packets of which the capture kept less than the wire carried. Not a fate.
        cut,
    }
}

counters! {
    /// What became of fragments of IP datagrams that may hold TCP. One packet can hold several, one inside another: a
    /// datagram that was put together may hold a fragment itself.
    FragmentStats "fragments_" {
        /// Fragments met.
        met,
        /// Fragments that became part of a datagram.
        used,
        /// Fragments that brought nothing new.
        duplicates,
        /// Fragments of datagrams of which others never came.
        timed_out,
        /// Fragments of datagrams that were given up when a bound bit.
        evicted,
        /// Fragments that contradict themselves or others, or were cut by the capture.
        bad,
        /// Fragments that wait for others.
        pending,
        /// Datagrams put together.
        datagrams,
        /// TCP segments found in them.
        segments,
        /// Fragments that contradict the copy seen before, which was kept.
        conflicts,
    }
}

counters! {
    /// What became of TCP payload bytes, and of connections.
    StreamStats "" {
        /// Payload bytes captured.
        payload_bytes,
        /// Bytes of connections that cannot carry MSNP.
        stranger_bytes,
        /// Bytes of MSNP connections after all that a census needs.
        stopped_bytes,
        /// Bytes given in order to the layer above.
        delivered_bytes,
        /// Bytes seen before.
        duplicate_bytes,
        /// Bytes that contradict a copy seen before.
        conflicting_bytes,
        /// Bytes too far from the rest of their stream.
        out_of_window_bytes,
        /// Bytes behind the end of their stream.
        after_fin_bytes,
        /// Bytes given up when a bound bit or nothing could follow.
        evicted_bytes,
        /// Bytes that still wait for those before them.
        pending_bytes,
        /// Bytes of streams between their first and their last, whether captured or not.
        span_bytes,
        /// Holes in streams that were declared lost.
        gaps,
        /// Bytes in those holes.
        gap_bytes,
        /// Connections opened by a SYN.
        connections,
        /// Connections followed.
        followed,
        /// Segments with payload of connections that carry MSNP.
        segments_msn,
        /// Connections that carry MSNP.
        connections_msn,
        /// Connections that carry MSNP and were open before the capture began.
        midstream_msn,
        /// Bytes of MSNP connections that contradict a copy seen before.
        conflicting_bytes_msn,
        /// Holes in streams of MSNP connections that were declared lost.
        gaps_msn,
        /// Bytes in those holes.
        gap_bytes_msn,
        /// Segments whose TCP checksum is wrong, of the connections followed.
        checksum_bad,
        /// Segments whose IPv4 header checksum is wrong, of the connections followed.
        ip_checksum_bad,
        /// Segments that brought nothing new, of the connections followed.
        duplicates,
        /// Holes declared lost because a direction kept too much behind them.
        reorder_bound,
        /// Times that all holes of a connection were declared lost because all connections together kept too much.
        memory_bound,
        /// Connections closed because too many were followed, or kept too much together.
        evicted,
    }
}

counters! {
    /// What became of MSNP lines.
    LineStats "" {
        /// Lines read.
        lines,
        /// Lines that a census needs.
        messages,
        /// Lines that a gap tore apart.
        lost_to_gap,
        /// Lines longer than any real one.
        too_long,
        /// Ends of streams that hold the beginning of a line.
        unfinished,
    }
}

counters! {
    /// What became of HTTP messages of the gateway, and of its sessions.
    GatewayStats "gateway_" {
        /// Requests for the gateway.
        requests,
        /// Responses of the gateway.
        responses,
        /// Sessions met.
        sessions,
        /// Heads, or lengths of chunks, that are none.
        bad,
        /// Packed bodies that are incomplete, damaged, or beyond a bound.
        unreadable_bodies,
        /// Sessions given up because there were too many, or they kept too much.
        evicted,
    }
}

/// What became of a packet. Every packet has exactly one fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It holds a TCP segment.
    Segment,
    /// It holds no IP that is decoded: ARP, LLDP, a control frame, compressed PPP.
    NotIp,
    /// It holds IP, but another protocol than TCP.
    NotTcp,
    /// It holds a fragment of an IP datagram, whatever becomes of the datagram.
    Fragment,
    /// It is encrypted below TCP: ESP, wireless frames, PPP.
    Encrypted,
    /// No decoder for its link type.
    UnsupportedLink,
    /// The capture cut it inside its headers, or it is too short for them (a runt).
    TruncatedHeader,
    /// Its IP header contradicts itself, the link header (another version) or the packet (longer than it).
    BadIp,
    /// Its TCP header contradicts itself, or is longer than the segment.
    BadTcp,
    /// More headers in front of TCP than the program follows.
    TooManyLayers,
}

/// The counters of one input, or of a whole run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Packets.
    pub packets: PacketStats,
    /// Fragments of IP datagrams.
    pub fragments: FragmentStats,
    /// Bytes and connections.
    pub streams: StreamStats,
    /// The HTTP gateway.
    pub gateway: GatewayStats,
    /// MSNP lines.
    pub lines: LineStats,
    /// What went wrong, and where; kept for each input, not added up.
    pub anomalies: Anomalies,
    /// The first TCP checksums; kept for each input, not added up.
    pub checksums: ChecksumSample,
}

impl PacketStats {
    /// The fates by name, each with the packets that met it.
    pub fn fates(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.iter().filter(|(name, _)| !matches!(*name, "packets" | "cut"))
    }
}

impl Stats {
    /// Counts a packet by its fate.
    #[inline]
    pub fn count(&mut self, fate: Fate) {
        let packets = &mut self.packets;
        packets.packets += 1;
        *match fate {
            Fate::Segment => &mut packets.segments,
            Fate::NotIp => &mut packets.not_ip,
            Fate::NotTcp => &mut packets.not_tcp,
            Fate::Fragment => &mut packets.fragments,
            Fate::Encrypted => &mut packets.encrypted,
            Fate::UnsupportedLink => &mut packets.unsupported_link,
            Fate::TruncatedHeader => &mut packets.truncated_header,
            Fate::BadIp => &mut packets.bad_ip,
            Fate::BadTcp => &mut packets.bad_tcp,
            Fate::TooManyLayers => &mut packets.too_many_layers,
        } += 1;
    }

    /// The names of all counters with their values.
    pub fn counters(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let Self { packets, fragments, streams, gateway, lines, .. } = self;
        packets.iter().chain(fragments.iter()).chain(streams.iter()).chain(gateway.iter()).chain(lines.iter())
    }

    /// The same, each with what it counts, in a sentence or two.
    pub fn described(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let docs =
            [PacketStats::DOCS, FragmentStats::DOCS, StreamStats::DOCS, GatewayStats::DOCS, LineStats::DOCS].concat();
        self.counters().zip(docs).map(|((name, count), doc)| (name, doc.trim_start(), count))
    }

    /// The same, to be changed.
    #[cfg(test)]
    pub(crate) fn counters_mut(&mut self) -> impl Iterator<Item = (&'static str, &mut u64)> {
        let Self { packets, fragments, streams, gateway, lines, .. } = self;
        let streams = streams.iter_mut().chain(gateway.iter_mut());
        packets.iter_mut().chain(fragments.iter_mut()).chain(streams).chain(lines.iter_mut())
    }

    /// Adds the counters of `other`.
    pub fn add(&mut self, other: &Self) {
        self.packets.add(&other.packets);
        self.fragments.add(&other.fragments);
        self.streams.add(&other.streams);
        self.gateway.add(&other.gateway);
        self.lines.add(&other.lines);
    }

    /// Puts what was found in the same packets `again` in the place of what was found in them `before`.
    pub fn replace(&mut self, before: &Self, again: &Self) {
        self.add(again);
        self.packets.subtract(&before.packets);
        self.fragments.subtract(&before.fragments);
        self.streams.subtract(&before.streams);
        self.gateway.subtract(&before.gateway);
        self.lines.subtract(&before.lines);
        self.anomalies.replace(&before.anomalies, &again.anomalies);
        self.checksums.replace(before.checksums, again.checksums);
    }

    /// Names the first law of conservation that the counters break. `None` is what every run must end with.
    ///
    /// Laws hold for the sum over all inputs: a connection may cross from one input into another.
    pub fn broken_law(&self) -> Option<String> {
        let fates: u64 = self.packets.fates().map(|(_, count)| count).sum();
        let s = &self.streams;
        let byte_fates = s.stranger_bytes
            + s.stopped_bytes
            + s.delivered_bytes
            + s.duplicate_bytes
            + s.conflicting_bytes
            + s.out_of_window_bytes
            + s.after_fin_bytes
            + s.evicted_bytes
            + s.pending_bytes;
        let f = &self.fragments;
        let fragment_fates = f.used + f.duplicates + f.timed_out + f.evicted + f.bad + f.pending;
        let laws = [
            ("packets = sum of fates", self.packets.packets, fates),
            ("fragments = sum of fates", f.met, fragment_fates),
            ("payload bytes = sum of fates", s.payload_bytes, byte_fates),
        ];
        laws.iter()
            .find(|(_, left, right)| left != right)
            .map(|(law, left, right)| format!("{law}: {left} is not {right}"))
    }

    /// As [`broken_law`](Self::broken_law), for a run that has ended: nothing waits any more, and every stream was
    /// either delivered or declared lost.
    pub fn broken_law_at_end(&self) -> Option<String> {
        let s = &self.streams;
        if s.pending_bytes != 0 {
            return Some(format!("nothing waits at the end: {} bytes do", s.pending_bytes));
        }
        if self.fragments.pending != 0 {
            return Some(format!("nothing waits at the end: {} fragments do", self.fragments.pending));
        }
        if s.delivered_bytes + s.gap_bytes != s.span_bytes {
            let (delivered, gaps, span) = (s.delivered_bytes, s.gap_bytes, s.span_bytes);
            return Some(format!("delivered {delivered} + gaps {gaps} is not the streams' span {span}"));
        }
        self.broken_law()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fate_has_its_counter() {
        let mut stats = Stats::default();
        let fates = [
            Fate::Segment,
            Fate::NotIp,
            Fate::NotTcp,
            Fate::Fragment,
            Fate::Encrypted,
            Fate::UnsupportedLink,
            Fate::TruncatedHeader,
            Fate::BadIp,
            Fate::BadTcp,
            Fate::TooManyLayers,
        ];
        for fate in fates {
            stats.count(fate);
        }
        assert_eq!(stats.packets.packets, 10);
        assert_eq!(stats.broken_law(), None);
    }

    #[test]
    fn every_counter_is_described() {
        let mut stats = Stats::default();
        stats.lines.unfinished = 7;
        let described: Vec<_> = stats.described().collect();
        assert_eq!(described.len(), stats.counters().count());
        assert_eq!(described[1].1, "Packets that a filter or a time window left out.");
        let last = ("unfinished", "Ends of streams that hold the beginning of a line.", 7);
        assert_eq!(described.last(), Some(&last));
    }
}
