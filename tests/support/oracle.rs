//! Others judge the captures made here: libpcap reads the same records, tshark finds the same payload and no fault.

use std::io::Write;
use std::net::SocketAddr;
use std::process::Command;

use super::LOGIN;
use super::capture_file::{Block, ByteOrder, Pcapng, Variant, pcap};
use super::frame::{Frame, frames};
use super::link::Link;
use super::packet::{Checksum, Tag, TestPacket};
use super::script::Script;

/// The packets of the login, in an envelope of one's choice.
fn login(form: impl Fn(&mut TestPacket)) -> Vec<TestPacket> {
    let mut packets = Script::parse(LOGIN).unwrap().packets();
    packets.iter_mut().for_each(form);
    packets
}

/// The same between addresses of version 6.
fn login_ipv6() -> Vec<TestPacket> {
    login(|packet| {
        for end in [&mut packet.source, &mut packet.destination] {
            let host = if end.port() == 1863 { 7 } else { 10 };
            *end = SocketAddr::new([0x2001, 0xdb8, 0, 0, 0, 0, 0, host].into(), end.port());
        }
    })
}

fn temporary(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file.flush().unwrap();
    file
}

/// The records that libpcap sees: time in nanoseconds, bytes, length on the wire.
fn records(capture: &[u8]) -> Vec<(i64, Vec<u8>, usize)> {
    let file = temporary(capture);
    let mut source = pcap::Capture::from_file_with_precision(file.path(), pcap::Precision::Nano).unwrap();
    let mut records = Vec::new();
    loop {
        match source.next_packet() {
            Ok(packet) => {
                let time = packet.header.ts.tv_sec * 1_000_000_000 + packet.header.ts.tv_usec;
                records.push((time, packet.data.to_vec(), packet.header.len as usize));
            }
            Err(pcap::Error::NoMorePackets) => return records,
            Err(error) => panic!("libpcap: {error}"),
        }
    }
}

fn expected(frames: &[Frame]) -> Vec<(i64, Vec<u8>, usize)> {
    frames.iter().map(|frame| (frame.time, frame.data.clone(), frame.original_len)).collect()
}

#[test]
fn libpcap_reads_every_pcap_as_it_was_written() {
    let frames = frames(&login(|packet| packet.envelope.snap_len = 70));
    for order in [ByteOrder::Little, ByteOrder::Big] {
        for variant in [Variant::Microseconds, Variant::Nanoseconds, Variant::Kuznetzov] {
            assert_eq!(records(&pcap(&frames, order, variant)), expected(&frames), "{order:?} {variant:?}");
        }
    }
}

#[test]
fn libpcap_reads_every_pcapng_as_it_was_written() {
    let frames = frames(&login(|packet| packet.envelope.interface = "dial-up".into()));
    for order in [ByteOrder::Little, ByteOrder::Big] {
        for (resolution, block, sections) in [(6, Block::Enhanced, 1), (9, Block::Enhanced, 3), (9, Block::Obsolete, 1)]
        {
            let form = Pcapng { order, resolution, block, sections };
            assert_eq!(records(&form.write(&frames)), expected(&frames), "{form:?}");
        }
    }
}

#[test]
fn libpcap_reads_simple_packet_blocks() {
    let frames = frames(&login(|_| ()));
    let form = Pcapng { block: Block::Simple, ..Pcapng::default() };
    let untimed: Vec<_> = expected(&frames).into_iter().map(|(_, data, len)| (0, data, len)).collect();
    assert_eq!(records(&form.write(&frames)), untimed);
}

#[test]
fn libpcap_reads_binary_fractions_of_a_second() {
    let frames = frames(&login(|_| ()));
    let form = Pcapng { resolution: 0x80 + 20, ..Pcapng::default() };
    for ((time, ..), frame) in records(&form.write(&frames)).iter().zip(&frames) {
        assert!((frame.time - time).abs() < 2_000, "within two units of 2^-20 s: {time}");
    }
}

/// Every way to carry the login, with a name for the message.
fn every_envelope() -> Vec<(String, Vec<TestPacket>)> {
    let mut all = Vec::new();
    let tag = |protocol, vlan| Tag { protocol, vlan };
    let stacks =
        [vec![], vec![tag(0x8100, 10)], vec![tag(0x88a8, 100), tag(0x8100, 10)], vec![tag(0x9100, 7), tag(0x8100, 10)]];
    for (name, link) in Link::ALL {
        for tags in stacks.iter().filter(|tags| tags.is_empty() || link.takes_tags()) {
            for (version, mut packets) in [(4, login(|_| ())), (6, login_ipv6()), (60, login_ipv6())] {
                if !link.carries(version != 4) {
                    continue;
                }
                for packet in &mut packets {
                    packet.envelope.link = link;
                    packet.envelope.tags.clone_from(tags);
                    packet.envelope.hop_by_hop = version == 60;
                }
                all.push((format!("{name} {tags:x?} IP {version}"), packets));
            }
        }
    }
    all
}

/// The TCP payloads that tshark finds, in hexadecimal, with its complaints about each packet; `None` without tshark.
fn tshark(capture: &[u8]) -> Option<Vec<(String, String)>> {
    let file = temporary(capture);
    let output = Command::new("tshark")
        .args(["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-T", "fields"])
        .args(["-e", "tcp.payload", "-e", "_ws.malformed", "-e", "tcp.checksum.status", "-e", "ip.checksum.status"])
        .arg("-r")
        .arg(file.path())
        .output()
        .inspect_err(|error| eprintln!("not compared with tshark: {error}"))
        .ok()?;
    assert!(output.status.success(), "tshark: {}", String::from_utf8_lossy(&output.stderr));
    let split = |line: &str| {
        let (payload, verdict) = line.split_once('\t').expect("four fields");
        (payload.to_owned(), verdict.to_owned())
    };
    Some(String::from_utf8(output.stdout).unwrap().lines().map(split).collect())
}

/// The lines that tshark prints for packets without fault.
fn faultless(packets: &[TestPacket]) -> Vec<(String, String)> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let verdict = |packet: &TestPacket| if packet.source.is_ipv6() { "\t1\t" } else { "\t1\t1" };
    packets.iter().map(|packet| (hex(&packet.payload), verdict(packet).to_owned())).collect()
}

/// Each envelope is an interface of one capture, because tshark takes a second to start.
#[test]
fn tshark_finds_the_payload_in_every_envelope() {
    let envelopes = every_envelope();
    let mut all: Vec<TestPacket> = Vec::new();
    for (index, (name, packets)) in envelopes.iter().enumerate() {
        for packet in packets {
            let mut packet = packet.clone();
            packet.envelope.interface = format!("{index} {name}");
            all.push(packet);
        }
    }
    let Some(found) = tshark(&Pcapng::default().write(&frames(&all))) else { return };
    assert_eq!(found.len(), all.len());
    for ((packet, found), expected) in all.iter().zip(found).zip(faultless(&all)) {
        assert_eq!(found, expected, "{}", packet.envelope.interface);
    }
}

#[test]
fn tshark_sees_which_checksums_are_wrong() {
    for form in [Checksum::Zero, Checksum::Wrong] {
        let packets = login(|packet| packet.envelope.checksum = form);
        let Some(found) = tshark(&pcap(&frames(&packets), ByteOrder::Little, Variant::Nanoseconds)) else { return };
        assert!(found.iter().all(|(_, verdict)| verdict == "\t0\t1"), "{form:?}: {found:?}");
    }
}
