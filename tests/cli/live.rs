//! Listening to an interface, on a machine of its own (`lab`).

pub(super) mod lab;
mod metrics;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::signals::{interrupt, listening, signal};
use super::{Desk, Ran, cells, login_pcap};
use crate::support::LOGIN;
use crate::support::capture_file::{ByteOrder, Variant, pcap};
use crate::support::frame::{Frame, frames};
use crate::support::script::{Script, sample_names};
use lab::{HERE, Lab};

const ASKED: [&str; 2] =
    ["VER 1 MSNP9 MSNP8 CVR0", "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS user@example.com"];
const ANSWERED: [&str; 2] =
    ["VER 1 MSNP9 MSNP8 CVR0", "CVR 2 6.1.0211 6.1.0211 6.1.0155 http://a.example.com http://b.example.com"];

/// The link type of the cable.
const ETHERNET: u16 = 1;

/// Who speaks first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    First,
    Second,
}

/// Says these lines, each before or after one of the other side.
fn say_and_hear(stream: TcpStream, lines: &[&str], turn: Turn) {
    let mut heard = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    for line in lines {
        if turn == Turn::First {
            stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
        }
        heard.read_line(&mut String::new()).unwrap();
        if turn == Turn::Second {
            stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
        }
    }
}

/// Longer than the kernel and the program take to hand on what came.
fn a_moment() {
    thread::sleep(Duration::from_millis(300));
}

fn end(child: Child) -> Ran {
    Ran::of(&child.wait_with_output().unwrap())
}

/// Stops a run by Ctrl-C, which must end it within a second.
#[track_caller]
fn stop(child: Child) -> Ran {
    interrupt(&child);
    let stopped = Instant::now();
    let ran = end(child);
    assert!(stopped.elapsed() < Duration::from_secs(1), "{:?}", stopped.elapsed());
    ran
}

/// A file in a directory that is gone with the test.
fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("capture.pcap");
    fs::write(&path, bytes).unwrap();
    (directory, path)
}

/// What the kernel received is what was looked at and what was lost, to the packet. Gives what the kernel dropped, and
/// what came too fast.
#[track_caller]
fn law(ran: &Ran) -> [u64; 2] {
    let count = |column| ran.cells(column)[0].parse::<u64>().unwrap();
    let [received, packets, dropped, overload] =
        ["kernel_received", "packets", "kernel_dropped", "overload_dropped"].map(count);
    assert_eq!(received, packets + dropped + overload, "{ran:?}");
    assert!(packets > 0, "{ran:?}");
    [dropped, overload]
}

#[test]
fn k16_a_conversation_is_a_row_within_a_second_of_its_reply() {
    let Some(lab) = Lab::new() else { return };
    for format in ["csv", "ndjson"] {
        let server = lab.server(1863, 1, &ANSWERED);
        let mut child = lab.listening(&["-i", HERE, "-t", "exchanges", "-T", format, "tcp", "port", "1863"]);
        let mut rows = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let client = lab.client(1863);
        say_and_hear(client.try_clone().unwrap(), &ASKED, Turn::First);
        let answered = Instant::now();
        let row = rows.find(|row| row.contains("user@example.com")).unwrap();
        assert!(answered.elapsed() < Duration::from_secs(1), "{:?}", answered.elapsed());
        assert!(row.contains("6.0.0602") && row.contains("required") && row.contains(HERE), "{row}");
        stop(child).exits(0).says(&[]);
        assert_eq!(rows.count(), 0);
        drop(client);
        server.join().unwrap();
    }
}

/// In the sandbox, files are still made, renamed and removed in the directory of the tables.
#[test]
fn l8_tables_are_written_while_the_program_listens() {
    let Some(lab) = Lab::new() else { return };
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let clients = |path: PathBuf| {
        let table = fs::read_to_string(path).unwrap_or_default();
        if table.is_empty() { Vec::new() } else { cells(&table, "client_ver") }
    };
    let wait_for = |path: &dyn Fn() -> Option<PathBuf>| {
        let begun = Instant::now();
        while path().is_none_or(|path| clients(path) != ["6.0.0602"]) {
            assert!(begun.elapsed() < Duration::from_secs(20), "no tables");
            thread::sleep(Duration::from_millis(20));
        }
    };
    let child = lab.listening(&["-i", HERE, "-o", out.to_str().unwrap(), "--checkpoint", "1", "--sandbox", "strict"]);
    let (_directory, capture) = file(&login_pcap());
    let other = Script::parse(&LOGIN.replace("192.0.2.10", "192.0.2.11")).unwrap().packets();
    let (_other_directory, other) = file(&pcap(&frames(&other), ByteOrder::Little, Variant::Nanoseconds));
    let latest = || Some(out.join("exchanges.csv"));
    let period = || {
        let mut entries = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path());
        entries.find(|path| path.is_dir() && path.file_name().unwrap().to_str().unwrap().starts_with("20"))
    };
    lab.replay(&capture, &["--pps=1000"]);
    wait_for(&latest);
    assert!(signal(&child, "HUP"));
    wait_for(&|| Some(period()?.join("exchanges.csv")));
    lab.replay(&other, &["--pps=1000"]);
    wait_for(&latest);
    let ran = stop(child).exits(0);
    assert!(ran.err.contains("the period that ends here") && !ran.err.contains("warning"), "{}", ran.err);
    assert_eq!(clients(out.join("exchanges.csv")), ["6.0.0602"]);
}

#[test]
fn what_is_replayed_gives_the_rows_of_its_file() {
    let Some(lab) = Lab::new() else { return };
    let mut replayed = 0;
    for sample in sample_names("script") {
        let frames = frames(&Script::sample(&sample).packets());
        if frames.iter().any(|frame| frame.link != ETHERNET) {
            continue;
        }
        replayed += 1;
        let (_directory, path) = file(&pcap(&frames, ByteOrder::Little, Variant::Nanoseconds));
        let desk = Desk::with(&[]);
        let read = desk.run(&["-t", "exchanges", "-T", "csv", path.to_str().unwrap()]).exits(0);
        // Of two VLAN tags, Linux tells of all interfaces together what is behind both, and takes away but one.
        let has_two_tags = sample == "wlm-2009-four-part-version";
        for interface in if has_two_tags { &[HERE][..] } else { &[HERE, "any"] } {
            let child = lab.listening(&["-i", *interface, "-t", "exchanges", "-T", "csv"]);
            lab.replay(&path, &["--pps=2000"]);
            a_moment();
            let heard = stop(child).exits(0).says(&[]);
            let columns = read.out.lines().next().unwrap().split(',');
            for column in columns.filter(|column| !["ts", "ts_ns", "rtt_ms", "input", "connection_id"].contains(column))
            {
                assert_eq!(heard.cells(column), read.cells(column), "{sample}: {column}");
            }
            assert!(heard.cells("input").iter().all(|input| input == *interface));
        }
    }
    assert!(replayed > 8, "{replayed}");
}

/// A load of so many packets of a kilobyte, which nobody looks at for long.
fn load(packets: usize) -> Vec<u8> {
    let script = "time 2003-09-14T12:00:00Z\nclient 192.0.2.10:1056\nserver 198.51.100.7:80\nconnect\n";
    let mut packet = Script::parse(script).unwrap().packets().pop().unwrap();
    packet.payload.resize(1_000, b'x');
    let load: Vec<Frame> = std::iter::repeat_n(&frames(&[packet])[0], packets).cloned().collect();
    pcap(&load, ByteOrder::Little, Variant::Microseconds)
}

#[test]
fn k5_k8_what_the_kernel_drops_is_counted_to_the_packet() {
    let Some(lab) = Lab::new() else { return };
    let (_directory, path) = file(&load(20_000));
    for filter in ["", "tcp"] {
        let args = ["-i", HERE, "-B", "1", "-t", "inputs", "-T", "csv", "-f", filter];
        let child = lab.listening(if filter.is_empty() { &args[..8] } else { &args });
        assert!(signal(&child, "STOP"));
        lab.replay(&path, &["--topspeed"]);
        assert!(signal(&child, "CONT"));
        thread::sleep(Duration::from_millis(1_500));
        let ran = stop(child).exits(3);
        let [dropped, _] = law(&ran);
        assert!((10_000..20_000).contains(&dropped), "{ran:?}");
        assert_eq!(ran.cells("kernel_received"), ["20000"]);
        assert!(ran.err.starts_with("warning: here: ") && ran.err.contains(" packets lost; "), "{ran:?}");
        assert!(ran.err.contains("the kernel had no room for "), "{ran:?}");
    }
}

#[test]
fn what_the_filter_keeps_back_is_not_received_and_a_packet_is_cut_to_what_was_asked_for() {
    let Some(lab) = Lab::new() else { return };
    let (_others, others) = file(&login_pcap());
    let (_wanted, wanted) = file(&load(10));
    let columns = "packets,packets_cut,snaplen,kernel_received";
    let child = lab.listening(&["-i", HERE, "-s", "96", "-f", "tcp port 80", "-t", "inputs", "-e", columns]);
    lab.replay(&others, &["--topspeed"]);
    lab.replay(&wanted, &["--topspeed"]);
    a_moment();
    let ran = stop(child).exits(3);
    assert_eq!(ran.out.lines().last(), Some("10,10,96,10"), "{ran:?}");
}

/// The program is kept from looking at packets by a standard error that nobody reads.
#[test]
fn k10_the_thread_that_listens_waits_for_nobody() {
    let Some(lab) = Lab::new() else { return };
    let (_directory, path) = file(&load(1_000));
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&vec![b'\n'; 65_536 - 16]).unwrap();
    let mut command = lab.command(super::PROGRAM);
    command.args(["-i", HERE, "-t", "inputs", "-T", "csv"]).stdout(Stdio::piped()).stderr(writer);
    let child = listening(command);
    assert!(signal(&child, "USR1"));
    a_moment();
    lab.replay(&path, &["--topspeed", "--loop=80"]);
    let said = thread::spawn(move || {
        let mut said = String::new();
        reader.read_to_string(&mut said).unwrap();
        said
    });
    a_moment();
    let ran = stop(child).exits(3);
    let [dropped, overload] = law(&ran);
    assert!(dropped == 0 && overload > 1_000, "{ran:?}");
    assert_eq!(ran.cells("kernel_received"), ["80000"]);
    let said = said.join().unwrap();
    assert!(said.contains(" packets came faster than they could be looked at"), "{said}");
}

#[test]
fn k6_ctrl_c_ends_a_quiet_run_within_a_second_each_time() {
    let Some(lab) = Lab::new() else { return };
    for _ in 0..100 {
        let ran = stop(lab.listening(&["-i", "lo", "-t", "inputs", "-T", "csv"])).exits(0);
        assert_eq!((ran.cells("status"), ran.cells("packets")), (vec!["ok".to_owned()], vec!["0".to_owned()]));
        ran.says(&["note: no client-version exchange found"]);
    }
}

#[test]
fn k7_sigterm_is_an_end_like_any_other() {
    let Some(lab) = Lab::new() else { return };
    let (_directory, path) = file(&login_pcap());
    let child = lab.listening(&["-i", HERE]);
    lab.replay(&path, &["--topspeed"]);
    let stopped = Instant::now();
    assert!(signal(&child, "TERM"));
    let ran = end(child).exits(0).says(&[]);
    assert!(stopped.elapsed() < Duration::from_secs(1), "{:?}", stopped.elapsed());
    assert_eq!(ran.cells("client_ver"), ["6.0.0602"]);
}

#[test]
fn a_run_ends_when_it_is_enough() {
    let Some(lab) = Lab::new() else { return };
    let begun = Instant::now();
    end(lab.listening(&["-i", HERE, "-a", "duration:1"])).exits(0);
    assert!((1_000..2_000).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());

    let (_directory, path) = file(&login_pcap());
    for (args, packets) in [(["-c", "5"], "5"), (["-a", "packets:7"], "7"), (["-a", "exchanges:1"], "7")] {
        let child = lab.listening(&[&["-i", HERE, "-t", "inputs", "-T", "csv"][..], &args].concat());
        lab.replay(&path, &["--topspeed"]);
        let ran = end(child).exits(0);
        assert_eq!(ran.cells("packets"), [packets], "{args:?}");
    }
}

#[test]
fn k3_k4_a_link_that_goes_down_is_waited_for_and_one_that_is_gone_is_the_end() {
    let Some(lab) = Lab::new() else { return };
    let (_directory, path) = file(&login_pcap());
    // The state of a new link is told late.
    thread::sleep(Duration::from_secs(2));
    let out = tempfile::tempdir().unwrap();
    let child = lab.listening(&["-i", HERE, "-o", out.path().to_str().unwrap(), "--force"]);
    lab.link(&["set", HERE, "down"]);
    a_moment();
    lab.link(&["set", HERE, "up"]);
    thread::sleep(Duration::from_secs(2));
    lab.replay(&path, &["--topspeed"]);
    a_moment();
    lab.link(&["delete", HERE]);
    let gone = Instant::now();
    let ran = end(child).exits(3);
    assert!(gone.elapsed() < Duration::from_secs(2), "{:?}", gone.elapsed());
    let said: Vec<_> = ran.err.lines().take(3).collect();
    assert_eq!(
        said,
        [
            "note: here: the interface is down; listening goes on",
            "note: here: the interface is up again",
            "warning: here: the interface is gone: nothing more could be captured",
        ]
    );
    let table = |name: &str| fs::read_to_string(out.path().join(name).with_extension("csv")).unwrap();
    assert_eq!(cells(&table("exchanges"), "client_ver"), ["6.0.0602"]);
    assert_eq!(cells(&table("inputs"), "status"), ["cut"]);
    let (kinds, details) = (cells(&table("anomalies"), "kind"), cells(&table("anomalies"), "detail"));
    let down: Vec<_> = kinds.iter().zip(&details).filter(|(kind, _)| *kind == "link_down").collect();
    assert!(
        down.len() == 1 && down[0].1.contains("the interface was down from 2") && down[0].1.ends_with('Z'),
        "{down:?}"
    );
}

#[test]
fn k1_k2_k12_what_cannot_be_listened_to_is_told() {
    let Some(lab) = Lab::new() else { return };
    let run = |args: &[&str]| Ran::of(&lab.command(super::PROGRAM).args(args).output().unwrap());
    let missing = run(&["-i", "missing"]).exits(1);
    assert!(
        missing.err.starts_with("error: cannot capture on missing: no such interface\nhint: there are: "),
        "{missing:?}"
    );
    assert!(missing.err.contains(HERE), "{missing:?}");
    let filter = run(&["-i", HERE, "tcp", "prot", "1863"]).exits(2);
    assert!(filter.err.starts_with("error: filter \"tcp prot 1863\" for link type EN10MB: "), "{filter:?}");
    assert!(filter.err.contains("syntax error"), "{filter:?}");
    lab.link(&["set", HERE, "down"]);
    run(&["-i", HERE])
        .exits(1)
        .says(&["error: cannot capture on here: the interface is down", "hint: sudo ip link set here up"]);

    let listed = run(&["-D"]).exits(0).says(&[]);
    assert!(listed.out.lines().any(|line| line.starts_with("here ") && line.contains(" down ")), "{listed:?}");
    assert!(
        listed.out.lines().any(|line| line.starts_with("lo ") && line.contains(" up ") && line.contains("127.0.0.1"))
    );
}

/// The program is copied to where everybody may run it.
#[test]
fn k1_without_permission_the_hint_is_the_command_that_gives_it() {
    use std::os::unix::fs::PermissionsExt;
    let Some(lab) = Lab::new() else { return };
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = directory.path().join("msncensus");
    fs::copy(super::PROGRAM, &program).unwrap();
    let mut command = lab.command("setpriv");
    command.args(["--reuid", "65534", "--clear-groups"]).arg(&program).args(["-i", HERE]);
    Ran::of(&command.output().unwrap()).exits(1).says(&[
        "error: cannot capture on here: operation not permitted",
        "hint: sudo setcap cap_net_raw=eip $(command -v msncensus)",
    ]);
}

#[test]
fn sigusr1_tells_what_was_counted_and_a_closed_pipe_ends_quietly() {
    let Some(lab) = Lab::new() else { return };
    let (_directory, path) = file(&login_pcap());
    let mut child = lab.listening(&["-i", HERE, "-t", "exchanges", "-T", "csv"]);
    lab.replay(&path, &["--topspeed"]);
    thread::sleep(Duration::from_millis(1_500));
    assert!(signal(&child, "USR1"));
    a_moment();
    let mut rows = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..2 {
        rows.read_line(&mut String::new()).unwrap();
    }
    drop(rows);
    // The login of another client finds nobody who reads.
    let other = Script::parse(&LOGIN.replace("192.0.2.10", "192.0.2.11")).unwrap().packets();
    fs::write(&path, pcap(&frames(&other), ByteOrder::Little, Variant::Microseconds)).unwrap();
    lab.replay(&path, &["--topspeed"]);
    let ran = end(child).exits(0);
    let said: Vec<_> = ran.err.lines().collect();
    assert_eq!(said[0], "note: here: 1 exchange so far; the kernel received 12 packets, 0 were lost");
    assert!(said[1..].iter().all(|line| line.starts_with("counted: ")), "{said:?}");
}

#[test]
fn what_is_listened_to_is_no_file() {
    let desk = Desk::with(&[("a.pcap", &login_pcap())]);
    for args in [
        &["-i", "lo", "-r", "a.pcap"][..],
        &["-i", "lo", "--follow"],
        &["-i", "lo", "-w", "saved.pcapng"],
        &["-s", "100", "a.pcap"],
        &["-i", "lo", "-B", "0"],
        &["-a", "years:1", "a.pcap"],
    ] {
        desk.run(args).exits(2);
    }
    desk.run(&["-i", "lo", "a.pcap"]).exits(2).says(&[
        "error: a.pcap: a file where a filter is expected",
        "hint: with -i, words are a filter: read captures and listen in two runs",
    ]);
    assert!(!Path::new("saved.pcapng").exists());
}

#[test]
fn of_files_too_enough_is_enough() {
    let desk = Desk::with(&[("a.pcap", &login_pcap()), ("b.pcap", &login_pcap()[..login_pcap().len() - 20])]);
    let ran = desk.run(&["-c", "5", "--order", "given", "-t", "inputs", "a.pcap", "b.pcap"]).exits(0);
    assert_eq!(
        (ran.cells("packets"), ran.cells("status")),
        (vec!["5".to_owned(), "0".to_owned()], vec!["ok".to_owned(), "skipped".to_owned()])
    );
    let ran = desk.run(&["-a", "exchanges:1", "-a", "packets:100", "-t", "inputs", "a.pcap"]).exits(0);
    assert_eq!(ran.cells("packets"), ["7"]);
}
