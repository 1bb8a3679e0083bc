//! A network interface, by libpcap.
//!
//! * **Takes** the name of an interface and how to listen to it.
//! * **Gives** the packets that are at hand, with what the kernel counts, and whether the link is up.
//! * **Keeps** the kernel's ring of packets, as large as it was asked to be, and nothing else.
//! * **Leaves out** waiting: who reads decides what to do while nothing comes. It says nothing of the interface's
//!   names and addresses either, which [`devices`] lists.
//!
//! The ring is Linux's `TPACKET_V3`: blocks that hold packets of any length, which the kernel hands over when they are
//! full or after [`HAND_OVER_MS`]. The older kind hands over each packet at once, but has as much room for each as for
//! the longest one: measured at 490,000 small packets a second, it lost two in three, and this one none.

mod device;
mod error;
mod link;

use std::ffi::c_int;
use std::path::{Path, PathBuf};

use pcap::{Active, Capture, Linktype, PacketHeader, Precision, Stat};

pub use device::{Device, devices};
pub use error::{LiveError, LiveErrorKind};
pub use link::LinkState;

use super::error::{CaptureError, CaptureErrorKind};
use super::filter::{Filter, FilterError, message};
use crate::packet::{LinkType, NANOS_PER_SECOND, Timestamp};
use link::Link;

/// Milliseconds after which the kernel hands over a block that is not full.
pub const HAND_OVER_MS: u16 = 10;

/// The pseudo-device that hears all interfaces.
const ANY: &str = "any";

/// The interface by which a machine speaks to itself.
const LOOPBACK: &str = "lo";

/// A filter that lets nothing through.
const NOTHING: &str = "less 0";

/// What to listen to, and how.
#[derive(Clone, Debug)]
pub struct LiveOptions {
    /// The name of the interface.
    pub interface: String,
    /// Which packets to hear.
    pub filter: Option<String>,
    /// Bytes of a packet that are kept at most.
    pub snap_len: u32,
    /// Whether to hear what is sent to others, too.
    pub promiscuous: bool,
    /// Bytes of the kernel's ring.
    pub buffer_len: u32,
}

/// An interface that is listened to.
pub struct Live {
    name: String,
    handle: Capture<Active>,
    link_type: LinkType,
    snap_len: u32,
    /// What the kernel is to let through; `None` is everything.
    filter: Option<String>,
    /// Whether it does so. Before that it lets nothing through.
    is_admitting: bool,
    counted: Counted,
    link: Link,
}

/// A packet as it arrives.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// When the kernel saw it.
    pub time: Timestamp,
    /// The bytes that were captured.
    pub data: &'a [u8],
    /// Its length on the wire in bytes.
    pub original_len: u32,
}

/// What the kernel counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KernelCounters {
    /// Packets that the filter let through; `None` where the number means nothing: on the loopback interface the
    /// kernel counts each packet as it goes and as it comes, and libpcap gives it once.
    pub received: Option<u64>,
    /// Of these, packets that found no room in the ring.
    pub dropped: u64,
    /// Packets that the network card had no room for.
    pub interface_dropped: u64,
}

impl Live {
    /// Opens an interface. Unless [`admit`](Self::admit) is called, nothing is heard where there is a filter.
    pub fn open(options: &LiveOptions) -> Result<Self, LiveError> {
        let LiveOptions { interface, filter, snap_len, promiscuous, buffer_len } = options;
        // A filter that is none shall not depend on the permission to listen.
        filter.as_deref().map(Filter::new).transpose().map_err(|error| LiveError::filter(interface, error))?;
        let failed = |error| LiveError::opening(interface, error);
        let in_range = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let mut handle = Capture::from_device(interface.as_str())
            .map_err(failed)?
            .snaplen(in_range(*snap_len))
            .buffer_size(in_range(*buffer_len))
            // All interfaces together have no such mode, and libpcap fails where it should only warn.
            .promisc(*promiscuous && interface != ANY)
            .timeout(HAND_OVER_MS.into())
            .precision(Precision::Nano)
            .open()
            .and_then(Capture::setnonblock)
            .map_err(failed)?;
        // It tells the interface of each packet; where it is not known, the first version must do.
        if interface == ANY {
            handle.set_datalink(Linktype(LinkType::LINUX_SLL2.0.into())).ok();
        }
        let link_type = LinkType(u16::try_from(handle.get_datalink().0).unwrap_or(u16::MAX));
        let filter = wanted(&handle, interface, filter.as_deref(), link_type)?;
        if filter.is_some() {
            handle.filter(NOTHING, true).map_err(failed)?;
        }
        let is_admitting = filter.is_none();
        let (name, link) = (interface.clone(), Link::of(interface));
        let snap_len = *snap_len;
        Ok(Self { name, handle, link_type, snap_len, filter, is_admitting, counted: Counted::default(), link })
    }

    /// Begins to hear what the filter lets through, and nothing that came before. To be called [`HAND_OVER_MS`] after
    /// opening at the earliest: what came before there was a filter has been handed over then, and is not counted.
    pub fn admit(&mut self) -> Result<(), LiveError> {
        let Some(filter) = self.filter.as_deref().filter(|_| !self.is_admitting) else { return Ok(()) };
        let failed = |error| LiveError::opening(&self.name, error);
        while self.handle.dispatch(None, |_| {}).map_err(failed)? > 0 {}
        self.counted.begin(self.handle.stats().map_err(failed)?);
        self.handle.filter(filter, true).map_err(failed)?;
        self.is_admitting = true;
        Ok(())
    }

    /// The directory that libpcap looks into for what the network card dropped, each time it is asked for counters.
    pub fn statistics_dir(&self) -> PathBuf {
        Path::new("/sys/class/net").join(&self.name).join("statistics")
    }

    /// The descriptor of the socket that captures, on systems that have such.
    pub fn descriptor(&self) -> Option<c_int> {
        #[cfg(unix)]
        return Some(std::os::fd::AsRawFd::as_raw_fd(&self.handle));
        #[cfg(not(unix))]
        None
    }

    /// The name of the interface.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its packets begin with.
    pub const fn link_type(&self) -> LinkType {
        self.link_type
    }

    /// Bytes of a packet that are kept at most.
    pub const fn snap_len(&self) -> u32 {
        self.snap_len
    }

    /// Gives at most so many of the packets that are at hand, and says how many. Where the link is down there are none.
    pub fn read(&mut self, packets_max: usize, mut take: impl FnMut(Arrival<'_>)) -> Result<usize, CaptureError> {
        let read = self.handle.dispatch(Some(packets_max), |packet| take(arrival(packet.header, packet.data)));
        match read {
            Ok(count) => Ok(count),
            // libpcap tells of either in the same words.
            Err(_) if self.link.state() == LinkState::Down => Ok(0),
            Err(_) if self.link.state() == LinkState::Gone => Err(self.gone()),
            Err(error) => Err(self.failure(CaptureErrorKind::Unreadable(std::io::Error::other(message(error))))),
        }
    }

    /// What the kernel has counted so far.
    pub fn counters(&mut self) -> KernelCounters {
        if let Ok(stat) = self.handle.stats() {
            self.counted.take(stat);
        }
        let received = self.counted.sum.received.filter(|_| self.name != LOOPBACK);
        KernelCounters { received, ..self.counted.sum }
    }

    /// Whether packets can come.
    pub fn link_state(&mut self) -> LinkState {
        self.link.state()
    }

    /// The error that the interface is gone.
    pub fn gone(&self) -> CaptureError {
        self.failure(CaptureErrorKind::Gone)
    }

    fn failure(&self, kind: CaptureErrorKind) -> CaptureError {
        CaptureError { path: PathBuf::from(&self.name), place: None, kind }
    }
}

/// What the kernel is to let through: what was asked for, and of all interfaces together, but one copy of what this
/// machine says to itself. The kernel would count two, and libpcap leave one out.
fn wanted(
    handle: &Capture<Active>,
    interface: &str,
    filter: Option<&str>,
    link_type: LinkType,
) -> Result<Option<String>, LiveError> {
    let compiles = |expression: &str| handle.compile(expression, true);
    if let Some(expression) = filter {
        let refused = |error| FilterError { expression: expression.to_owned(), link_type, message: message(error) };
        compiles(expression).map_err(|error| LiveError::filter(interface, refused(error)))?;
    }
    let once = (interface == ANY).then_some("not (outbound and ifindex 1)").filter(|once| compiles(once).is_ok());
    Ok(match (filter, once) {
        (Some(filter), Some(once)) => Some(format!("({filter}) and {once}")),
        (filter, once) => filter.or(once).map(str::to_owned),
    })
}

fn arrival<'a>(header: &PacketHeader, data: &'a [u8]) -> Arrival<'a> {
    // Elsewhere libpcap counts microseconds, whatever was asked for.
    let per_unit = if cfg!(target_os = "linux") { 1 } else { 1_000 };
    #[allow(clippy::useless_conversion, reason = "it has 32 bits on some systems")]
    let fraction = i64::from(header.ts.tv_usec) * per_unit;
    let time = Timestamp::from_nanos(header.ts.tv_sec.saturating_mul(NANOS_PER_SECOND).saturating_add(fraction));
    Arrival { time, data, original_len: header.len }
}

/// Adds up counters that have 32 bits and begin anew when these are full.
#[derive(Default)]
struct Counted {
    last: Option<Stat>,
    sum: KernelCounters,
}

impl Counted {
    /// Counts from here on.
    const fn begin(&mut self, from: Stat) {
        self.last = Some(from);
    }

    fn take(&mut self, now: Stat) {
        let last = self.last.replace(now).unwrap_or(Stat { received: 0, dropped: 0, if_dropped: 0 });
        let more = |now: u32, last: u32| u64::from(now.wrapping_sub(last));
        *self.sum.received.get_or_insert(0) += more(now.received, last.received);
        self.sum.dropped += more(now.dropped, last.dropped);
        self.sum.interface_dropped += more(now.if_dropped, last.if_dropped);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k5_counters_of_32_bits_go_on_when_they_are_full() {
        let stat = |received, dropped, if_dropped| Stat { received, dropped, if_dropped };
        let mut counted = Counted::default();
        counted.begin(stat(u32::MAX - 9, 5, 1));
        counted.take(stat(u32::MAX, 5, 2));
        counted.take(stat(4, 7, 4));
        assert_eq!(counted.sum, KernelCounters { received: Some(14), dropped: 2, interface_dropped: 3 });
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_time_of_a_packet_is_taken_to_the_nanosecond() {
        let ts = libc::timeval { tv_sec: 1_063_540_800, tv_usec: 123_456_789 };
        let header = PacketHeader { ts, caplen: 3, len: 5 };
        let Arrival { time, data, original_len } = arrival(&header, b"abc");
        assert_eq!(time, Timestamp::from_nanos(1_063_540_800_123_456_789));
        assert_eq!((data, original_len), (&b"abc"[..], 5));
    }
}
