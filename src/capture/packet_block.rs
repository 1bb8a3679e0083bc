//! The blocks of a pcapng file that hold packets.
//!
//! They take the bytes of one block, the last of which the end of the file may have taken; give where the packet is;
//! keep nothing; and leave out a packet whose block cannot hold it or whose interface is not known.
//!
//! ```text
//!      8           12           16          20                28
//! EPB  interface │ time, high │ time, low │ captured length │ original length │ packet │ options    section 4.3
//! PB   interface, drops │ the same                                                                  A.1, obsolete
//! SPB  original length │ packet       of the first interface, without a time                        4.4
//! ```

use super::Record;
use super::error::Damage;
use super::facts::Facts;
use super::interface::Interface;
use super::oddities::Oddity;
use super::options::{Options, put, u32_of, u64_of};
use super::order::{ByteOrder, in_memory};
use super::pcapng::BLOCK_END_LEN;
use crate::limits::RECORD_LEN_MAX;
use crate::packet::Timestamp;

/// Where the packet begins, counted from the start of the block.
const DATA_AT: usize = 28;
const SIMPLE_DATA_AT: usize = 12;

/// Options of a packet; the obsolete block shares the first.
const EPB_FLAGS: u16 = 2;
const EPB_DROP_COUNT: u16 = 4;

/// The bits of `epb_flags` that tell the length of the frame check sequence, and those that tell errors.
const FLAGS_FCS_SHIFT: u32 = 5;
const FLAGS_FCS_MASK: u32 = 0x0f;
const FLAGS_ERRORS: u32 = 0xffff_0000;

/// A drop count of the obsolete block that is not known.
const DROPS_UNKNOWN: u16 = u16::MAX;

/// A block that holds a packet.
pub(super) struct PacketBlock<'a> {
    pub(super) order: ByteOrder,
    /// How long the block should be.
    pub(super) len: usize,
    /// What is there of it.
    pub(super) held: &'a [u8],
}

/// Why a packet block gives no packet.
pub(super) enum PacketFault {
    /// It is passed over and counted, and the file goes on.
    Passed(Oddity),
    /// The file ends here.
    Damage(Damage),
}

impl From<Oddity> for PacketFault {
    fn from(oddity: Oddity) -> Self {
        Self::Passed(oddity)
    }
}

impl PacketBlock<'_> {
    /// The packet of an enhanced packet block, if there is nothing odd about the block, nothing missing, and no option.
    #[inline]
    pub(super) fn usual(&self, interfaces: &[Interface]) -> Option<Record> {
        let interface = self.order.u32_at(self.held, 8)?;
        let mut is_odd = self.order.u32_at(self.held, self.len - BLOCK_END_LEN).map(in_memory) != Some(self.len);
        let (record, options) = self.timed(interface, interfaces, |_| is_odd = true).ok()?;
        (!is_odd && options.is_empty()).then_some(record)
    }

    /// The packet of an enhanced packet block.
    #[inline]
    pub(super) fn enhanced(&self, interfaces: &[Interface], facts: &mut Facts) -> Result<Record, PacketFault> {
        let interface = self.order.u32_at(self.held, 8).ok_or(Oddity::ShortBlock)?;
        let (mut record, options) = self.timed(interface, interfaces, |oddity| facts.oddities.add(oddity))?;
        if !options.is_empty() {
            let drops = self.options(options, &mut record, facts);
            facts.dropped_between = facts.dropped_between.saturating_add(drops);
        }
        Ok(record)
    }

    /// The packet of an obsolete packet block.
    pub(super) fn obsolete(&self, interfaces: &[Interface], facts: &mut Facts) -> Result<Record, PacketFault> {
        let interface = self.order.u16_at(self.held, 8).ok_or(Oddity::ShortBlock)?;
        let drops = self.order.u16_at(self.held, 10).filter(|&drops| drops != DROPS_UNKNOWN);
        let (mut record, options) =
            self.timed(u32::from(interface), interfaces, |oddity| facts.oddities.add(oddity))?;
        // Its losses stand in a field, and no option tells them again.
        self.options(options, &mut record, facts);
        facts.dropped_between = facts.dropped_between.saturating_add(u64::from(drops.unwrap_or(0)));
        Ok(record)
    }

    /// The packet of a simple packet block: as long as the snap length lets it be, where there is one.
    pub(super) fn simple(
        &self,
        interfaces: &[Interface],
        last_time: Timestamp,
        facts: &mut Facts,
    ) -> Result<Record, PacketFault> {
        let original_len = self.order.u32_at(self.held, 8).ok_or(Oddity::ShortBlock)?;
        let interface = interfaces.first().ok_or(Oddity::UnknownInterface)?;
        let captured = if interface.snap_len == 0 { original_len } else { original_len.min(interface.snap_len) };
        let data_end = self.data_end(SIMPLE_DATA_AT, captured)?;
        facts.oddities.add(Oddity::NoTimestamp);
        Ok(self.record(SIMPLE_DATA_AT, data_end, last_time, original_len, interface))
    }

    /// When the packet was captured, if the block is whole and can hold it.
    pub(super) fn time(&self, is_obsolete: bool, interfaces: &[Interface]) -> Option<Timestamp> {
        let fields = self.held.first_chunk::<DATA_AT>()?;
        let number =
            if is_obsolete { u32::from(self.order.u16_at(fields, 8)?) } else { self.order.u32_at(fields, 8)? };
        let field = |at| self.order.u32_at(fields, at);
        let (high, low, captured, original) = (field(12)?, field(16)?, field(20)?, field(24)?);
        self.data_end(DATA_AT, captured).ok().filter(|_| captured <= original)?;
        Some(interfaces.get(in_memory(number))?.time(u64::from(high) << 32 | u64::from(low)).0)
    }

    /// What the two blocks with a time share, with what is odd noted, and the bytes of the options: none if the file
    /// ends within the block.
    #[inline]
    fn timed(
        &self,
        interface: u32,
        interfaces: &[Interface],
        mut note: impl FnMut(Oddity),
    ) -> Result<(Record, &[u8]), PacketFault> {
        let fields = self.held.first_chunk::<DATA_AT>().ok_or(Oddity::ShortBlock)?;
        let field = |at| self.order.u32_at(fields, at).ok_or(Oddity::ShortBlock);
        let (high, low, captured, original) = (field(12)?, field(16)?, field(20)?, field(24)?);
        let interface = interfaces.get(in_memory(interface)).ok_or(Oddity::UnknownInterface)?;
        let data_end = self.data_end(DATA_AT, captured)?;
        let (time, in_range) = interface.time(u64::from(high) << 32 | u64::from(low));
        if !in_range {
            note(Oddity::TimeOutOfRange);
        }
        if captured > original {
            note(Oddity::CapturedOverOriginal);
        }
        let options =
            if self.held.len() < self.len { 0..0 } else { data_end.next_multiple_of(4)..self.len - BLOCK_END_LEN };
        let record = self.record(DATA_AT, data_end, time, original.max(captured), interface);
        Ok((record, self.held.get(options).unwrap_or_default()))
    }

    #[inline]
    fn record(
        &self,
        data_at: usize,
        data_end: usize,
        time: Timestamp,
        original_len: u32,
        interface: &Interface,
    ) -> Record {
        Record {
            len: self.held.len(),
            whole_len: self.len,
            data_at,
            data_end: data_end.min(self.held.len()),
            time,
            link_type: interface.link_type,
            original_len,
            fcs_len: interface.fcs_len,
        }
    }

    /// Where the packet ends in its block, which must have room for it.
    #[inline]
    fn data_end(&self, data_at: usize, captured: u32) -> Result<usize, PacketFault> {
        let room = self.len.checked_sub(data_at + BLOCK_END_LEN).ok_or(Oddity::ShortBlock)?;
        if in_memory(captured) > room {
            return Err(Oddity::ShortBlock.into());
        }
        if captured > RECORD_LEN_MAX {
            return Err(PacketFault::Damage(Damage::PacketLength(captured)));
        }
        Ok(data_at + in_memory(captured))
    }

    /// Reads the options, and gives the number of packets that an enhanced block says were lost before its own.
    fn options(&self, bytes: &[u8], record: &mut Record, facts: &mut Facts) -> u64 {
        let (mut flags, mut drops) = (None, None);
        let mut options = Options::new(self.order, bytes);
        while let Some((code, value)) = options.next(facts) {
            match code {
                EPB_FLAGS => put(&mut flags, u32_of(self.order, value), facts),
                EPB_DROP_COUNT => put(&mut drops, u64_of(self.order, value), facts),
                _ => {}
            }
        }
        let flags = flags.unwrap_or(0);
        // A length of zero means that the flags do not tell it.
        if let Ok(fcs_len @ 1..) = u8::try_from(flags >> FLAGS_FCS_SHIFT & FLAGS_FCS_MASK) {
            record.fcs_len = fcs_len;
        }
        if flags & FLAGS_ERRORS != 0 {
            facts.oddities.add(Oddity::LinkErrors);
        }
        drops.unwrap_or(0)
    }
}
