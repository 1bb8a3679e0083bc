//! Inputs in the order of time, so that connections go on from one rotated file to the next.
//!
//! It takes the list of inputs; gives the same in the order of the first packets' times; keeps no file open; and
//! leaves out what cannot be asked twice: pipes and standard input are never touched.

use std::fs;

use super::file::{CaptureFile, ReadOptions};
use super::inputs::Input;
use super::source::Source;
use super::{Next, Oddity, PacketSource};
use crate::packet::{InputId, Timestamp};

/// Sorts the files among the inputs by the times of their first packets; files with the same time stay in their order.
/// An input that has no such time keeps its place in the list: a pipe, standard input, a file without packets or
/// whose first packet has no time, and what is not read.
///
/// Each file is opened and read up to its first packet.
pub fn by_first_time(inputs: Vec<Input>) -> Vec<Input> {
    let times: Vec<_> = inputs.iter().map(first_time).collect();
    let mut inputs: Vec<_> = inputs.into_iter().map(Some).collect();
    order_of(&times).into_iter().filter_map(|from| inputs.get_mut(from).and_then(Option::take)).collect()
}

/// The places of inputs with these times, in the order of time; one without a time keeps its place.
pub fn order_of(times: &[Option<Timestamp>]) -> Vec<usize> {
    let mut known: Vec<_> =
        times.iter().enumerate().filter_map(|(place, time)| time.map(|time| (time, place))).collect();
    known.sort_unstable();
    let mut sorted = known.into_iter().map(|(_, place)| place);
    let next = |(place, time): (usize, &Option<Timestamp>)| time.and_then(|_| sorted.next()).unwrap_or(place);
    times.iter().enumerate().map(next).collect()
}

/// When the first packet of a file was captured, if the input is a file and has one.
fn first_time(input: &Input) -> Option<Timestamp> {
    let Input::Ready(source @ Source::Path(path)) = input else { return None };
    if !fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return None;
    }
    // What is wrong with it will be told when it is read.
    let mut capture = CaptureFile::open(source, InputId::default(), ReadOptions::default()).ok()?;
    let Ok(Next::Packet(packet)) = capture.next() else { return None };
    let time = packet.stamp.time;
    (capture.facts().oddities.count(Oddity::NoTimestamp) == 0).then_some(time)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::capture::order::ByteOrder::Big;
    use crate::capture::samples::{Pcap, Pcapng, Seen, compress, drain};
    use crate::capture::{Compression, list};

    fn pcap_at(seconds: u32) -> Vec<u8> {
        Pcap::default().record([seconds, 0, 1, 1], b"a").bytes()
    }

    fn names(inputs: &[Input]) -> Vec<String> {
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        inputs
            .iter()
            .map(|input| match input {
                Input::Ready(source) => name(source.name()),
                Input::Skipped { path, .. } => name(path),
                Input::Failed(error) => name(&error.path),
            })
            .collect()
    }

    #[test]
    fn g4_files_are_read_in_the_order_of_their_first_packets() {
        let directory = tempfile::tempdir().unwrap();
        let pcapng = Pcapng::new(Big).interface(1, 0, &[]);
        let files: [(&str, Vec<u8>); 7] = [
            ("a", pcap_at(30)),
            ("b", pcap_at(20)),
            ("c", Pcap::default().bytes()),
            ("d", compress(Compression::Zstd, &pcapng.clone().enhanced(0, 10_000_000, 1, b"a").bytes)),
            ("e", pcap_at(20)),
            ("f", b"no capture at all".to_vec()),
            ("g", pcapng.simple(1, b"a").bytes),
        ];
        for (name, bytes) in &files {
            fs::write(directory.path().join(name), bytes).unwrap();
        }
        let words = files.iter().map(|(name, _)| directory.path().join(name).into_os_string());
        let words = words.chain(["-".into(), directory.path().join("none").into_os_string()]);
        let inputs = by_first_time(list(words));
        assert_eq!(names(&inputs), ["d", "b", "c", "e", "a", "f", "g", "-", "none"]);
    }

    #[test]
    fn h21_a_named_pipe_is_not_touched() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let inputs = by_first_time(vec![Input::Ready(Source::Path(pipe))]);
        assert_eq!(names(&inputs), ["pipe"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn g5_a_capture_cut_into_files_gives_the_same_packets_in_any_order_of_names(
            packets in prop::collection::vec((0..3_u32, prop::collection::vec(any::<u8>(), 0..40)), 1..60),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..19),
            names in Just((0..20).collect::<Vec<_>>()).prop_shuffle(),
            kinds in prop::collection::vec(0..4_usize, 20),
        ) {
            let mut time = 1;
            let packets: Vec<_> = packets.into_iter().map(|(pause, data)| {
                time += pause + 1;
                (time, data)
            }).collect();
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(packets.len())).filter(|&cut| cut > 0).collect();
            cuts.extend([0, packets.len()]);
            cuts.sort_unstable();
            cuts.dedup();
            let directory = tempfile::tempdir().unwrap();
            for ((cut, name), kind) in cuts.windows(2).zip(names).zip(kinds) {
                let file = Pcap::default();
                let file = packets[cut[0]..cut[1]].iter().fold(file, |file, (time, data)| {
                    let len = u32::try_from(data.len()).unwrap();
                    file.record([*time, 0, len, len], data)
                });
                let bytes = file.bytes();
                let bytes = match kind {
                    0 => compress(Compression::Gzip, &bytes),
                    1 => compress(Compression::Lz4, &bytes),
                    _ => bytes,
                };
                fs::write(directory.path().join(format!("{name:02}")), bytes).unwrap();
            }
            let mut seen: Vec<Seen> = Vec::new();
            for input in by_first_time(list([directory.path().as_os_str().to_owned()])) {
                let Input::Ready(source) = input else { panic!("{input:?}") };
                seen.extend(drain(CaptureFile::open(&source, InputId(0), ReadOptions::default()).unwrap()).packets);
            }
            let seen: Vec<_> = seen.into_iter().map(|packet| (packet.nanos, packet.data)).collect();
            let wanted: Vec<_> =
                packets.into_iter().map(|(time, data)| (i64::from(time) * 1_000_000_000, data)).collect();
            prop_assert_eq!(seen, wanted);
        }
    }
}
