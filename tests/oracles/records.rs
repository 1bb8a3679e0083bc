//! libpcap reads the same records: times, lengths and bytes of every sample, and of a capture in every form.
//!
//! Files of any content, and the real captures, are compared beside `capture`.

use std::path::Path;

use super::read;
use crate::support::LOGIN;
use crate::support::alter::snap;
use crate::support::capture_file::{Block, ByteOrder, Pcapng, Variant, pcap};
use crate::support::fragment::fragmented_frames;
use crate::support::frame::{Frame, frames};
use crate::support::libpcap::{Record, records};
use crate::support::link::Link;
use crate::support::script::{Script, samples_dir};
use crate::support::tshark::temporary;
use crate::support::tunnel::{Tunnel, tunnelled_frames};

/// The records that msncensus sees.
fn ours(path: &Path) -> Vec<Record> {
    read(path).into_iter().map(|frame| (frame.time, frame.data, frame.original_len)).collect()
}

/// How many records both read of a file; `None` if libpcap refuses it because its interfaces differ.
#[track_caller]
fn compared(path: &Path) -> Option<usize> {
    match records(path) {
        Ok(theirs) => {
            assert!(ours(path) == theirs, "{}: {:?} and {theirs:?}", path.display(), ours(path));
            Some(theirs.len())
        }
        Err(error) => {
            assert!(error.contains("different from"), "{}: {error}", path.display());
            None
        }
    }
}

#[track_caller]
fn agree(bytes: &[u8], count: usize) {
    let file = temporary(bytes);
    assert_eq!(compared(file.path()), Some(count), "{:?}", records(file.path()).err());
}

/// The login in each link layer, cut, in fragments and in tunnels: one link type each.
fn captures() -> Vec<Vec<Frame>> {
    let login = Script::parse(LOGIN).unwrap().packets();
    let over = |link| {
        let mut packets = login.clone();
        for packet in &mut packets {
            packet.envelope.link = link;
        }
        packets
    };
    let links = Link::ALL.into_iter().filter(|(_, link)| link.carries(false));
    let mut all: Vec<_> = links.map(|(_, link)| frames(&over(link))).collect();
    all.extend([20, 60, 100].map(|len| frames(&snap(login.clone(), len))));
    all.extend([8, 64].map(|len| fragmented_frames(&login, len)));
    all.extend([Tunnel::Vxlan, Tunnel::GreFull].map(|tunnel| tunnelled_frames(&login, tunnel)));
    all
}

#[test]
fn every_sample_gives_libpcaps_records() {
    let paths = std::fs::read_dir(samples_dir()).unwrap().map(|entry| entry.unwrap().path());
    let captures = paths.filter(|path| path.extension().is_some_and(|extension| extension == "pcapng"));
    let read = captures.filter_map(|path| compared(&path)).filter(|count| *count > 0).count();
    assert!(read >= 18, "libpcap reads {read} of the samples");
}

#[test]
fn every_pcap_gives_libpcaps_records() {
    for frames in captures() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            for variant in [Variant::Microseconds, Variant::Nanoseconds, Variant::Kuznetzov] {
                agree(&pcap(&frames, order, variant), frames.len());
            }
        }
    }
}

#[test]
fn every_pcapng_gives_libpcaps_records() {
    for frames in captures() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            for (resolution, sections) in [(6, 1), (9, 3), (3, 2), (0x80 + 20, 1), (0x80 + 30, 1)] {
                // libpcap has its own number for raw IP, with which it compares those of all interfaces but the first.
                if sections > 1 && frames[0].link == Link::Raw.number() {
                    continue;
                }
                for block in [Block::Enhanced, Block::Obsolete] {
                    agree(&Pcapng { order, resolution, block, sections }.write(&frames), frames.len());
                }
            }
        }
    }
}

/// A simple block has no time: libpcap gives it zero, msncensus that of the packet before, which is zero here too.
#[test]
fn simple_blocks_give_libpcaps_records() {
    let frames = frames(&Script::parse(LOGIN).unwrap().packets());
    agree(&Pcapng { block: Block::Simple, ..Pcapng::default() }.write(&frames), frames.len());
}
