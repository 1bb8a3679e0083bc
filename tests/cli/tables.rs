//! Tables on standard output, in every format.

use super::{Desk, login, login_with};
use crate::support::LOGIN;
use crate::support::capture_file::Pcapng;
use crate::support::frame::frames;
use crate::support::script::Script;

/// Names and order of columns are a promise; new ones come last.
const COLUMNS: [(&str, &str); 6] = [
    (
        "exchanges",
        "ts,ts_ns,rtt_ms,verb,status,code,client_ip,client_port,server_ip,server_port,via,msnp,msnp_offered,trid,\
         locale_id,lcid,locale,locale_name,os,os_name,os_type,os_ver,arch,library_name,client_ver,client_name,product,\
         passport,identity,client_id,params,extra,rec_ver,rec_ver2,min_ver,dl_url,info_url,verdict,echo,community_id,\
         input,frame_request,frame_reply,flags,connection_id",
    ),
    (
        "clients",
        "client_id,identity,passport,ips,exchanges,connections,first_seen,last_seen,first_seen_ns,last_seen_ns,versions,\
         first_ver,last_ver,version_path,upgraded,reached_rec,locale,os,arch,msnp",
    ),
    (
        "population",
        "dimension,value,label,sort_key,exchanges,connections,clients,passports,ips,share_exchanges,share_clients,\
         first_seen,last_seen,first_seen_ns,last_seen_ns",
    ),
    (
        "upgrades",
        "library_name,client_ver,sort_key,os_type,rec_ver,rec_ver2,min_ver,dl_url,info_url,verdict,echo,exchanges,\
         clients,servers,first_seen,last_seen,first_seen_ns,last_seen_ns",
    ),
    ("timeline", "bucket,bucket_ns,bucket_s,dimension,value,exchanges,clients,new_clients"),
    (
        "inputs",
        "input,status,error,format,compression,link_types,snaplen,bytes,bytes_raw,packets,packets_ip,packets_tcp,\
         packets_msn,first_seen,last_seen,first_seen_ns,last_seen_ns,duration_s,connections,connections_msn,\
         connections_midstream,gaps,gap_bytes,fragments,packets_cut,checksum_bad,duplicates,kernel_received,\
         kernel_dropped,exchanges,sha256,interface_dropped,overload_dropped",
    ),
];

/// Those that hold what was captured.
const TABLES: [&str; 7] = ["summary", "exchanges", "clients", "population", "upgrades", "timeline", "inputs"];

/// A client whose processor is a formula.
fn hostile() -> Vec<u8> {
    login_with("winnt 5.1 i386", "winnt 5.1 =cmd()")
}

#[test]
fn each_table_has_the_columns_that_are_promised_in_each_format() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    for (table, columns) in COLUMNS {
        let csv = desk.run(&["-t", table, "-T", "csv", "a.pcap"]).exits(0).says(&[]);
        assert_eq!(csv.out.lines().next(), Some(columns), "{table}");
        let rows = csv.out.lines().count() - 1;
        let ndjson = desk.run(&["-t", table, "-T", "ndjson", "a.pcap"]).exits(0);
        assert_eq!(ndjson.out.lines().count(), rows);
        for line in ndjson.out.lines() {
            let row: serde_json::Map<_, _> = serde_json::from_str(line).unwrap();
            assert!(row.keys().map(String::as_str).eq(columns.split(',')), "{table}");
        }
        let aligned = desk.run(&["-t", table, "-T", "table", "a.pcap"]).exits(0);
        assert_eq!(aligned.out.lines().count(), rows + 1);
        assert!(aligned.out.lines().next().unwrap().split_whitespace().eq(columns.split(',')), "{table}");
    }
}

#[test]
fn g10_times_are_utc_wherever_one_is() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    for zone in ["", "UTC", "Asia/Tokyo", "America/St_Johns", ":/etc/localtime", "XYZ-14", "nonsense"] {
        let output = desk.command(&["-t", "exchanges", "-T", "csv", "a.pcap"]).env("TZ", zone).output().unwrap();
        let ran = super::Ran::of(&output).exits(0).says(&[]);
        assert_eq!(ran.cells("ts"), ["2003-09-14T12:00:00.360200000Z"], "{zone}");
    }
}

#[test]
fn a_pipe_gets_the_exchanges_as_csv() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    let told = desk.run(&["-t", "exchanges", "-T", "csv", "a.pcap"]).exits(0).out;
    assert_eq!(desk.run(&["a.pcap"]).exits(0).out, told);
    assert_eq!(desk.run(&["-T", "csv", "a.pcap"]).exits(0).out, told);
}

#[test]
fn the_summary_can_be_piped() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    let ran = desk.run(&["-t", "summary", "a.pcap"]).exits(0).says(&[]);
    assert!(ran.out.starts_with("2003-09-14 12:00:00 to 2003-09-14 12:00:0"), "{ran:?}");
    assert!(ran.out.ends_with("\nWrite everything: msncensus -o DIR a.pcap\n"), "{ran:?}");
    assert!(ran.out.is_ascii(), "no locale promises more");
    let unicode = desk.command(&["-t", "summary", "a.pcap"]).env("LC_ALL", "C.UTF-8").output().unwrap();
    assert!(String::from_utf8(unicode.stdout).unwrap().contains('▒'));
}

#[test]
fn no_handle_stands_on_the_summary() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    assert!(desk.run(&["a.pcap"]).out.contains("user@example.com"));
    assert!(!desk.run(&["-t", "summary", "a.pcap"]).exits(0).out.contains('@'));
}

#[test]
fn raw_lines_are_two_more_columns() {
    let desk = Desk::with(&[("a.pcap", &login())]);
    let ran = desk.run(&["--raw", "a.pcap"]).exits(0);
    assert!(ran.out.lines().next().unwrap().ends_with(",connection_id,raw_request,raw_reply"));
    let request = "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS user@example.com";
    assert_eq!(ran.cells("raw_request"), [request]);
    assert!(ran.cells("raw_reply")[0].starts_with("CVR 2 6.0.0602 6.0.0602 6.0.0268 http://"));
}

#[test]
fn l11_a_formula_is_guarded_unless_verbatim_is_asked_for() {
    let desk = Desk::with(&[("a.pcap", &hostile())]);
    let guarded = desk.run(&["a.pcap"]).exits(0);
    assert_eq!((guarded.cells("arch"), guarded.cells("flags")), (vec!["'=cmd()".into()], vec!["guarded".into()]));
    let verbatim = desk.run(&["--verbatim", "a.pcap"]).exits(0);
    assert_eq!((verbatim.cells("arch"), verbatim.cells("flags")), (vec!["=cmd()".into()], vec![String::new()]));
    let ndjson = desk.run(&["-T", "ndjson", "a.pcap"]).exits(0);
    assert!(ndjson.out.contains(r#""arch":"=cmd()""#) && !ndjson.out.contains("guarded"));
}

#[test]
fn captured_bytes_cannot_speak_to_the_terminal() {
    let script = LOGIN
        .replace("C: CVR 2 0x0409 winnt 5.1 i386", r"C= CVR 2 0x0409 winnt 5.1 \x1b[2J\xff")
        .replace("user@example.com", r"user@example.com\r\n");
    let desk = Desk::with(&[("a.pcap", &Script::parse(&script).unwrap().capture())]);
    assert_eq!(desk.run(&["a.pcap"]).exits(0).cells("arch"), [r"\x1B[2J\xFF"]);
    for table in TABLES {
        assert!(!desk.run(&["-t", table, "a.pcap"]).out.contains('\u{1b}'), "{table}");
    }
}

#[test]
fn l12_the_same_inputs_give_the_same_bytes() {
    let samples = crate::support::script::samples_dir();
    let samples = samples.to_str().unwrap();
    let desk = Desk::with(&[]);
    for table in TABLES {
        let run = || desk.run(&["-q", "-t", table, samples]).exits(3).out;
        assert!(run() == run(), "{table}");
    }
}

/// A connection goes on from one file to the next: what goes wrong in the second is told of the second.
#[test]
fn g5_an_anomaly_names_the_file_that_holds_its_packet() {
    let mut packets = frames(&Script::parse(LOGIN).unwrap().packets());
    let mut altered = packets[5].clone();
    altered.data[60] ^= 1;
    let second = [vec![altered], packets.split_off(6)].concat();
    let [first, second] = [packets, second].map(|packets| Pcapng::default().write(&packets));
    let desk = Desk::with(&[("a.pcap", &first), ("b.pcap", &second)]);
    let table = desk.run(&["-t", "anomalies", "--order", "given", "a.pcap", "b.pcap"]).exits(3);
    let rows = [table.cells("kind"), table.cells("input"), table.cells("frame")];
    let conflict = rows[0].iter().position(|kind| kind == "conflict").unwrap();
    assert_eq!((rows[1][conflict].as_str(), rows[2][conflict].as_str()), ("b.pcap", "1"));
}
