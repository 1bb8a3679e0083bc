//! Others judge: the records that libpcap reads, and the streams that tshark follows, are those of msncensus.
//!
//! Where they differ on purpose, a test says in what, and shows that the other does what is said of it.

mod follow;
mod recorder;
#[cfg(feature = "live")]
mod records;

use std::path::Path;

use msncensus::capture::{CaptureFile, Next, PacketSource, ReadOptions, Source};
use msncensus::packet::InputId;

use crate::support::frame::Frame;

/// The packets of a capture, as msncensus reads them.
pub(crate) fn read(path: &Path) -> Vec<Frame> {
    let source = Source::Path(path.to_owned());
    let mut file = CaptureFile::open(&source, InputId(0), ReadOptions::default()).unwrap();
    let mut frames = Vec::new();
    while let Next::Packet(packet) = file.next().unwrap() {
        frames.push(Frame {
            time: packet.stamp.time.as_nanos(),
            link: packet.link_type.0,
            interface: String::new(),
            data: packet.data.to_vec(),
            original_len: usize::try_from(packet.original_len).unwrap(),
        });
    }
    frames
}
