//! What looks like a client that tells its version, and is none.
//!
//! Sources: sections 1.1, 1.2, 3 and 10 of the wire reference.

use super::{Row, script};
use crate::support::engine::analyse;
use crate::support::script::Script;
use crate::support::transport::{Gateway, Transport};

/// What is said before a CVR line and its reply, which are then no exchange: at most one that is doubted, since of a
/// connection of strangers nothing is remembered, and a line may begin a segment.
const STRANGERS: &[&str] = &[
    // A transfer of files from client to client also begins with VER.
    "C: VER MSNFTP\nS: VER MSNFTP\nC: USR u@example.com 1342\nS: FIL 100\nC: TFR",
    // The dialects of QQ, where none of MSN stands beside them.
    "C: VER 1 QQP11 QQP10\nS: VER 1 QQP11",
    // Chat is held with the switchboard, which is never told a version.
    "C: USR 1 u@example.com 17262740.1050826919.32308\nS: USR 1 OK u@example.com U",
    "C: ANS 1 u@example.com 1050826919.32308 11752013\nS: ANS 1 OK",
    // From MSNP24 on there is neither VER nor CVR.
    "C: CNT CON 13\n|= <connect/>xyz\nS: CNT CON 0",
    // Commands are in capitals, and are words: the dialect of a VER line is no command.
    "C: ver 1 MSNP8 CVR0\nS: VER 1 MSNP8",
    "C: CVR0 1 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com\nS: CVR0 1 6.0.0602 6.0.0602 6.0.0268",
    "C: VERY 1 MSNP8 CVR0",
];

/// What is no command among the lines of a session.
const NO_COMMANDS: [&str; 4] = [
    "C: cvr 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com",
    "C: CVR0 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com",
    "C: CVRS 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com",
    "S: OUT OTH",
];

/// How many rows are not doubted, directly and by whatever may carry it.
fn row_counts(body: &str) -> Vec<usize> {
    let direct = script(2005, &format!("connect\n{body}\nclose client"));
    let carried = [
        Transport::Gateway(Gateway::default()),
        Transport::Gateway(Gateway { opens_silently: true, requests: 1, ..Gateway::default() }),
        Transport::Connect { refused_first: false },
        Transport::Socks5 { password: false },
    ];
    let carried = carried.iter().map(|transport| direct.carried(transport));
    let is_certain = |row: &Row| !row["flags"].contains("midstream");
    let count = |script: Script| analyse(&script.packets()).rows().into_iter().filter(is_certain).count();
    [direct.clone()].into_iter().chain(carried).map(count).collect()
}

#[test]
fn a_stranger_gives_no_certain_row_however_it_is_carried() {
    assert_eq!(row_counts("C: VER 1 MSNP8 CVR0\nS: VER 1 MSNP8\nC: ASK\nS: TELL"), [1; 5], "what is none");
    for said in STRANGERS {
        assert_eq!(row_counts(&format!("{said}\nC: ASK\nS: TELL")), [0; 5], "{said}");
    }
}

#[test]
fn what_is_no_command_is_passed_over() {
    for line in NO_COMMANDS {
        let said = format!("C: VER 1 MSNP8 CVR0\nS: VER 1 MSNP8\n{line}");
        assert_eq!(row_counts(&said), [0; 5], "{line}");
        assert_eq!(row_counts(&format!("{said}\nC: ASK\nS: TELL")), [1; 5], "{line}");
    }
}
