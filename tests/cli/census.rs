//! Clients, time, and what limits them.

use super::{Desk, Ran, login};
use crate::support::script::{Script, samples_dir};

/// A desk with one of the samples on it.
fn one_sample(sample: &str) -> Desk {
    Desk::with(&[("a.pcapng", &Script::sample(sample).capture())])
}

/// Logins of some clients at some times with some versions.
fn logins(logins: &[(&str, &str, &str)]) -> Desk {
    let captures: Vec<_> = logins
        .iter()
        .enumerate()
        .map(|(number, (time, account, version))| {
            let script = crate::support::LOGIN
                .replace("2003-09-14T12:00:00Z", time)
                .replace(":1056", &format!(":{}", 1056 + number))
                .replace("user@example.com", account)
                .replace("6.0.0602 MSMSGS", &format!("{version} MSMSGS"))
                .replace("CVR 2 6.0.0602 6.0.0602", "CVR 2 6.1.0211 6.1.0211");
            (format!("d/{number}.pcapng"), Script::parse(&script).unwrap().capture())
        })
        .collect();
    let files: Vec<_> = captures.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    Desk::with(&files)
}

/// The rows, as the cells of some columns joined by spaces.
#[track_caller]
fn rows(ran: &Ran, columns: &[&str]) -> Vec<String> {
    let cells: Vec<_> = columns.iter().map(|column| ran.cells(column)).collect();
    (0..cells[0].len())
        .map(|row| cells.iter().map(|column| column[row].as_str()).collect::<Vec<_>>().join(" "))
        .collect()
}

const WHO: [&str; 6] = ["identity", "passport", "exchanges", "connections", "ips", "version_path"];

#[test]
fn a_login_by_way_of_the_dispatch_server_is_one_client_and_two_exchanges() {
    for (sample, account, version) in [
        ("wlm-2011-dispatch", "user2011@example.com", "15.4.3502.0922"),
        ("libpurple-dispatch", "pidgin@example.com", "8.5.1302"),
    ] {
        let ran = one_sample(sample).run(&["-t", "clients", "-T", "csv", "a.pcapng"]).exits(0);
        assert_eq!(rows(&ran, &WHO), [format!("{account} {account} 2 2 1 {version}")]);
    }
}

/// Version 3.6 asks for itself and for a component, on one connection.
#[test]
fn a_client_of_two_components_is_one_client() {
    let ran = one_sample("msn-3.6-two-components").run(&["-t", "clients", "-T", "csv", "a.pcapng"]).exits(0);
    assert_eq!(rows(&ran, &WHO), ["user36@example.com  2 1 1 3.6.0025"]);
}

/// Neither request names an account: the sign-in does, and it is sent to both servers.
#[test]
fn so_is_one_whose_requests_name_no_account() {
    let nameless = |sign_in: &str| {
        let script = std::fs::read_to_string(samples_dir().join("libpurple-dispatch.script")).unwrap();
        let script = script.replace("BC01 pidgin@example.com", "BC01").replace("SSO I pidgin@example.com", sign_in);
        let desk = Desk::with(&[("a.pcapng", &Script::parse(&script).unwrap().capture())]);
        rows(&desk.run(&["-t", "clients", "-T", "csv", "a.pcapng"]).exits(0), &WHO)
    };
    assert_eq!(nameless("SSO I pidgin@example.com"), ["pidgin@example.com  2 2 1 8.5.1302"]);
    assert_eq!(nameless("SSO S ticket"), ["192.0.2.120  2 2 1 8.5.1302"], "nobody is named: the address");
}

#[test]
fn a_client_that_did_as_it_was_told_has_upgraded_and_reached() {
    let desk = logins(&[
        ("2003-09-14T12:00:00Z", "a@example.com", "6.0.0602"),
        ("2003-09-14T13:00:00Z", "b@example.com", "6.0.0602"),
        ("2003-09-20T12:00:00Z", "A@example.com", "6.1.0211"),
    ]);
    let ran = desk.run(&["-t", "clients", "-T", "csv", "d"]).exits(0);
    let columns = ["identity", "version_path", "upgraded", "reached_rec", "first_ver", "last_ver", "versions"];
    assert_eq!(
        rows(&ran, &columns),
        [
            "a@example.com 6.0.0602 > 6.1.0211 true true 6.0.0602 6.1.0211 2",
            "b@example.com 6.0.0602 false false 6.0.0602 6.0.0602 1"
        ]
    );
    assert!(ran.cells("first_seen")[0].starts_with("2003-09-14T12:00:"));
    assert!(ran.cells("last_seen")[0].starts_with("2003-09-20T12:00:"));
}

const WHEN: [&str; 6] = ["bucket", "bucket_s", "value", "exchanges", "clients", "new_clients"];

#[test]
fn a_timeline_tells_who_is_new_in_each_step() {
    let desk = logins(&[
        ("2003-09-14T12:30:00Z", "a@example.com", "6.0.0602"),
        ("2003-09-14T12:40:00Z", "b@example.com", "6.0.0602"),
        ("2003-09-14T14:10:00Z", "a@example.com", "6.1.0211"),
    ]);
    let timeline = |args: &[&str]| desk.run(&[&["-t", "timeline", "-T", "csv", "d"], args].concat()).exits(0);
    let hours = timeline(&["--bucket", "1h", "--by", "total"]);
    assert_eq!(
        rows(&hours, &WHEN),
        [
            "2003-09-14T12:00:00.000000000Z 3600 all 2 2 2",
            "2003-09-14T13:00:00.000000000Z 3600 all 0 0 0",
            "2003-09-14T14:00:00.000000000Z 3600 all 1 1 0"
        ]
    );
    let days = timeline(&["--bucket", "1d", "--by", "client_ver,total"]);
    assert_eq!(
        rows(&days, &WHEN[2..]),
        ["6.0.0602 2 2 2", "6.1.0211 1 1 1", "all 3 2 2"],
        "whoever is new in a step is new in every row of it"
    );
    let auto = timeline(&["--by", "total"]);
    assert_eq!(auto.cells("bucket_s")[0], "30", "6,000 seconds in at most 300 steps");
    assert_eq!(auto.cells("exchanges").len(), 201);
    assert_eq!(auto.out, timeline(&["--by", "total", "--bucket", "auto"]).out);
    assert_eq!(auto.out, timeline(&["--by", "total", "--bucket", "30s"]).out);
}

#[test]
fn dimensions_and_their_commonest_values_can_be_chosen() {
    let desk = logins(&[
        ("2003-09-14T12:00:00Z", "a@example.com", "6.0.0602"),
        ("2003-09-14T12:00:00Z", "b@example.com", "6.1.0211"),
        ("2003-09-14T12:00:00Z", "c@example.com", "6.1.0211"),
    ]);
    let told = |table: &str, args: &[&str]| {
        let ran = desk.run(&[&["-t", table, "-T", "csv", "d"], args].concat()).exits(0);
        rows(&ran, &["dimension", "value", "clients"])
    };
    let both = ["client_ver 6.1.0211 2", "client_ver 6.0.0602 1", "total all 3"];
    let first = ["client_ver 6.1.0211 2", "total all 3"];
    for table in ["population", "timeline"] {
        assert_eq!(told(table, &["--by", "client_ver,total", "--bucket", "1d"]), both);
        assert_eq!(told(table, &["--by", "client_ver", "--by", "total,client_ver", "--bucket", "1d"]), both);
        assert_eq!(told(table, &["--by", "client_ver,total", "--top", "1", "--bucket", "1d"]), first);
    }
    let share = desk.run(&["-t", "population", "-T", "csv", "--by", "client_ver", "--top", "1", "d"]).exits(0);
    assert_eq!(share.cells("share_clients"), ["0.666667"], "of everyone, not of those that are told");
    let summary = |args: &[&str]| desk.run(&[&["-t", "summary", "d"], args].concat()).exits(0).out;
    let whole = summary(&[]).replace("DIR d", "DIR d --by os --top 1");
    assert_eq!(summary(&["--by", "os", "--top", "1"]), whole, "the screen stays whole");
}

#[test]
fn packets_outside_the_window_are_left_out_and_counted() {
    let desk = logins(&[
        ("2003-09-14T12:00:00Z", "a@example.com", "6.0.0602"),
        ("2003-09-14T13:00:00Z", "b@example.com", "6.0.0602"),
        ("2003-09-14T14:00:00Z", "c@example.com", "6.0.0602"),
    ]);
    let run = |args: &[&str]| desk.run(&[&["-v", "d"], args].concat()).exits(0);
    let passports = |args: &[&str]| run(args).cells("passport");
    assert_eq!(passports(&["--since", "2003-09-14T13:00:00Z"]), ["b@example.com", "c@example.com"]);
    assert_eq!(passports(&["--until", "2003-09-14T13:00:00Z"]), ["a@example.com"]);
    let middle = ["--since", "2003-09-14T14:30:00+02:00", "--until", "2003-09-14T13:30:00Z"];
    assert_eq!(passports(&middle), ["b@example.com"]);
    let counted = run(&middle).err;
    assert!(counted.lines().any(|line| line.split_whitespace().eq(["counted:", "filtered", "24"])), "{counted}");
    assert!(!counted.contains("warning"), "{counted}");
}

/// The first packet is in a window that begins with it, and not in one that ends with it.
#[test]
fn a_window_holds_its_beginning_and_not_its_end() {
    let desk = Desk::with(&[("a.pcapng", &login())]);
    let first = desk.run(&["-t", "inputs", "-T", "csv", "a.pcapng"]).exits(0).cells("first_seen").remove(0);
    let filtered = |flag: &str| {
        let err = desk.run(&["-v", flag, &first, "a.pcapng"]).exits(0).err;
        let line = err.lines().find_map(|line| line.strip_prefix("counted: filtered"));
        line.map_or(0, |number| number.trim().parse::<u32>().unwrap())
    };
    assert_eq!((filtered("--since"), filtered("--until")), (0, 12));
}

#[test]
fn what_is_saved_is_in_the_window_too() {
    let desk = logins(&[
        ("2003-09-14T12:00:00Z", "a@example.com", "6.0.0602"),
        ("2003-09-14T13:00:00Z", "a@example.com", "6.0.0602"),
    ]);
    desk.run(&["-q", "--since", "2003-09-14T13:00:00Z", "-w", "found.pcapng", "d"]).exits(0);
    let ran = desk.run(&["-t", "inputs", "-T", "csv", "found.pcapng"]).exits(0);
    assert_eq!(rows(&ran, &["packets", "exchanges"]), ["12 1"]);
}

#[test]
fn what_means_nothing_is_refused() {
    let desk = Desk::with(&[("a.pcapng", &login())]);
    for (flag, value, hint) in [
        ("--bucket", "1w", "write it as 10s, 5m, 1h, 1d or auto"),
        ("--bucket", "0s", "write it as 10s, 5m, 1h, 1d or auto"),
        ("--since", "2003-09-14", "write it as 2003-09-14T12:00:00Z or 2003-09-14T14:00:00+02:00"),
        ("--until", "1066-10-14T09:00:00Z", "a packet can be captured from 1677 to 2262"),
        ("--by", "version", "client_ver"),
        ("--top", "0", "0 is not in 1.."),
    ] {
        let ran = desk.run(&[flag, value, "a.pcapng"]).exits(2);
        assert!(ran.err.starts_with("error: invalid value ") && ran.err.contains(hint), "{ran:?}");
    }
    let moment = "2003-09-14T12:00:00Z";
    desk.run(&["--since", moment, "--until", moment, "a.pcapng"])
        .exits(2)
        .says(&["error: --since is not before --until", "hint: packets at --until itself are left out"]);
}
