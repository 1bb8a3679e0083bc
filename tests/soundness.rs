//! Every line of a row is found again, byte for byte, in the packets that the row names, by a reader that shares no code
//! with the program.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use msncensus::capture::list;
use msncensus::run::{News, Plan, run};

use crate::support::LOGIN;
use crate::support::conversation::Segmentation;
use crate::support::engine::analyse_frames;
use crate::support::fragment::{fragmented_frames, fragments};
use crate::support::frame::{Frame, datagram};
use crate::support::script::{Script, samples_dir};
use crate::support::soundness::{fault, packets};
use crate::support::tunnel::Tunnel;

/// How many rows the capture gives; each is checked.
fn checked(path: &Path) -> usize {
    let plan = Plan::new(list([OsString::from(path)]));
    let packets = packets(&fs::read(path).unwrap());
    let count = u64::try_from(packets.len()).unwrap();
    let mut rows = 0;
    run(plan, &Arc::new(AtomicBool::new(false)), &mut |news| {
        if let News::Row(row, _) = news {
            let fault = fault(row, |frame| &packets[usize::try_from(frame).unwrap() - 1], count);
            assert_eq!(fault, None, "{}", path.display());
            rows += 1;
        }
    });
    rows
}

fn all_in(directory: &Path) -> usize {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let is_capture =
        |path: &&std::path::PathBuf| path.extension().is_some_and(|kind| kind == "pcap" || kind == "pcapng");
    files.collect::<Vec<_>>().iter().filter(is_capture).map(|path| checked(path)).sum()
}

#[test]
fn the_samples_hold_what_their_rows_say() {
    assert!(all_in(&samples_dir()) > 15);
}

#[test]
fn the_real_captures_hold_what_their_rows_say() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures");
    if directory.is_dir() {
        assert!(all_in(&directory) > 20);
    } else {
        eprintln!("NOT TESTED: no real captures in {}", directory.display());
    }
}

/// What is wrong with the only row of these frames, if `shown` are the packets that one sees.
fn fault_of(frames: &[Frame], shown: &[Frame]) -> Option<String> {
    let found = analyse_frames(frames);
    assert_eq!(found.observations.len(), 1);
    let count = u64::try_from(shown.len()).unwrap();
    fault(&found.observations[0], |frame| &shown[usize::try_from(frame).unwrap() - 1].data, count)
}

/// Logins of either version of IP, with segments of a line or less, by a name for the message.
fn logins() -> Vec<(String, Script)> {
    let ipv6 =
        LOGIN.replace("192.0.2.10:1056", "[2001:db8::10]:1056").replace("198.51.100.7:1863", "[2001:db8::7]:1863");
    let options = ipv6.replace("connect\n", "hop-by-hop on\nconnect\n");
    let mut all = Vec::new();
    for (version, text) in [("IPv4", LOGIN), ("IPv6", &ipv6), ("IPv6 with options", &options)] {
        for max in [1_460, 70, 30] {
            let mut script = Script::parse(text).unwrap();
            script.segment(&Segmentation::Max(max));
            all.push((format!("{version} in segments of {max}"), script));
        }
    }
    all
}

#[test]
fn what_comes_in_fragments_holds_what_the_row_says() {
    for (name, script) in logins() {
        for len in [8, 16, 24, 40, 104] {
            let frames = fragmented_frames(&script.packets(), len);
            assert_eq!(fault_of(&frames, &frames), None, "{name}, fragments of {len}");
            // Each twice, those of a datagram backwards.
            let mut altered: Vec<Frame> = frames.iter().flat_map(|frame| [frame.clone(), frame.clone()]).collect();
            altered.sort_by_key(|frame| (frame.time / 100_000, std::cmp::Reverse(frame.time)));
            assert_eq!(fault_of(&altered, &altered), None, "{name}, fragments of {len}, altered");
        }
    }
}

#[test]
fn what_comes_in_fragments_in_tunnels_holds_what_the_row_says() {
    for (name, script) in logins() {
        let ipv6 = !name.starts_with("IPv4");
        for tunnel in Tunnel::ALL.into_iter().filter(|tunnel| tunnel.carries(ipv6)) {
            let mut all = Vec::new();
            for packet in script.packets() {
                for fragment in fragments(&datagram(&packet), packet.id, 24) {
                    let data = tunnel.wrap(packet.side, ipv6, &fragment);
                    let interface = String::new();
                    all.push(Frame { time: packet.time, link: 1, interface, original_len: data.len(), data });
                }
            }
            assert_eq!(fault_of(&all, &all), None, "{name}, {tunnel:?}");
        }
    }
}

/// The judge can find fault: with another byte in any packet that carries one of a line, and with packets one too early.
#[test]
fn a_line_that_is_not_in_the_fragments_is_missed() {
    let frames = fragmented_frames(&Script::parse(LOGIN).unwrap().packets(), 24);
    let found = analyse_frames(&frames);
    let request = found.observations[0].exchange.request.as_ref().unwrap();
    assert!(request.provenance.frames().len() > 2);
    for stamp in request.provenance.frames() {
        let mut shown = frames.clone();
        let data = &mut shown[usize::try_from(stamp.frame).unwrap() - 1].data;
        let is_first = u16::from_be_bytes([data[20], data[21]]) << 3 == 0;
        data[14 + 20 + if is_first { 20 } else { 0 }] ^= 1;
        assert!(fault_of(&frames, &shown).is_some(), "{stamp:?}");
    }
    let mut early = frames.clone();
    early.rotate_left(1);
    assert!(fault_of(&frames, &early).is_some());
}
