//! tshark judges the captures made here: it finds the same payload in every envelope, and no fault.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::LOGIN;
use super::capture_file::{ByteOrder, Pcapng, Variant, pcap};
use super::fragment::fragmented_frames;
use super::frame::frames;
use super::link::Link;
use super::packet::{Checksum, Tag, TestPacket};
use super::script::Script;
use super::tunnel::{Tunnel, tunnelled_frames};

/// The packets of the login, in an envelope of one's choice.
pub(super) fn login(form: impl Fn(&mut TestPacket)) -> Vec<TestPacket> {
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

/// A file that holds these bytes as long as the value lives.
pub(crate) fn temporary(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file.flush().unwrap();
    file
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

/// What tshark says of a capture on standard output. Whoever tests has it: the README's command installs it.
pub(crate) fn tshark(path: &Path, args: &[&str]) -> String {
    let output = Command::new("tshark").args(args).arg("-r").arg(path).output();
    let output = output.expect("tshark is there: `sh .ci/setup tests` installs it");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("appears"), "tshark: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// The TCP payloads that tshark finds, in hexadecimal, with its complaints about each packet.
fn payloads(capture: &[u8]) -> Vec<(String, String)> {
    let checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-T", "fields"];
    let fields = ["tcp.payload", "_ws.malformed", "tcp.checksum.status", "ip.checksum.status"];
    let args: Vec<&str> = checks.into_iter().chain(fields.iter().flat_map(|field| ["-e", *field])).collect();
    let split = |line: &str| {
        let (payload, verdict) = line.split_once('\t').expect("four fields");
        (payload.to_owned(), verdict.to_owned())
    };
    tshark(temporary(capture).path(), &args).lines().map(split).collect()
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
    let found = payloads(&Pcapng::default().write(&frames(&all)));
    assert_eq!(found.len(), all.len());
    for ((packet, found), expected) in all.iter().zip(found).zip(faultless(&all)) {
        assert_eq!(found, expected, "{}", packet.envelope.interface);
    }
}

/// tshark as told to put fragments together, which it does at the last one in the file; payloads of all but those that
/// are fragments of others.
#[test]
fn tshark_finds_the_payload_in_every_tunnel_and_in_fragments() {
    let mut all = Vec::new();
    let mut expected = Vec::new();
    let name_interface = |mut packets: Vec<TestPacket>, name: String| {
        for packet in &mut packets {
            packet.envelope.interface.clone_from(&name);
        }
        packets
    };
    let said = |packets: &[TestPacket]| -> Vec<String> { faultless(packets).into_iter().map(|(hex, _)| hex).collect() };
    for (ipv6, packets) in [(false, login(|_| ())), (true, login_ipv6())] {
        for tunnel in Tunnel::ALL.into_iter().filter(|tunnel| tunnel.carries(ipv6)) {
            let packets = name_interface(packets.clone(), format!("{tunnel:?} {ipv6}"));
            all.extend(tunnelled_frames(&packets, tunnel));
            expected.extend(said(&packets));
        }
        for len in [8, 24, 64, 1400] {
            let mut packets = name_interface(packets.clone(), format!("fragments of {len} {ipv6}"));
            // tshark keeps no two datagrams with one id apart.
            for packet in &mut packets {
                packet.id += u16::try_from(len * 16).unwrap();
            }
            all.extend(fragmented_frames(&packets, len));
            expected.extend(said(&packets));
        }
    }
    let found = payloads(&Pcapng::default().write(&all));
    for ((payload, verdict), frame) in found.iter().zip(&all) {
        let malformed = verdict.split('\t').next();
        assert_eq!(malformed, Some(""), "{}: {payload}", frame.interface);
    }
    // A row without TCP has no payload and no verdict on its checksum.
    let of_tcp = found.iter().filter(|(_, verdict)| !verdict.split('\t').nth(1).unwrap_or_default().is_empty());
    let of_tcp: Vec<&String> = of_tcp.map(|(payload, _)| payload).collect();
    assert_eq!(of_tcp, expected.iter().collect::<Vec<_>>());
}

#[test]
fn tshark_sees_which_checksums_are_wrong() {
    for form in [Checksum::Zero, Checksum::Wrong] {
        let packets = login(|packet| packet.envelope.checksum = form);
        let found = payloads(&pcap(&frames(&packets), ByteOrder::Little, Variant::Nanoseconds));
        assert!(found.iter().all(|(_, verdict)| verdict == "\t0\t1"), "{form:?}: {found:?}");
    }
}
