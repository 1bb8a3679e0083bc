//! What a server answers to an offer of dialects, and when a version is told in each of them.
//!
//! Sources: sections 1.1 and 3 of the wire reference.

use super::{assert_cells, rows};

/// An offer, its answer, and the dialect that is then spoken: the first word of the answer.
const ANSWERS: &[(&str, &str, &str)] = &[
    // Microsoft's service named all that it spoke, until August 2008.
    ("MSNP9 MSNP8 CVR0", "MSNP9 MSNP8 CVR0", "MSNP9"),
    ("MSNP9 MSNP8 CVR0", "MSNP8 CVR0", "MSNP8"),
    ("MSNP14 MSNP13 CVR0", "MSNP13 CVR0", "MSNP13"),
    // From then on, the one that it chose.
    ("MSNP9 MSNP8 CVR0", "MSNP9", "MSNP9"),
    ("MSNP18 MSNP17 CVR0", "MSNP17", "MSNP17"),
    // Nothing was offered to fall back to.
    ("MSNP12", "MSNP12", "MSNP12"),
    ("MSNP9", "MSNP9 MSNP8 CVR0", "MSNP9"),
    // No dialect in common, and a refusal, with and without the list of what would have been.
    ("MSNP2 CVR0", "CVR0", "CVR0"),
    ("Unsupported CVR0", "CVR0", "CVR0"),
    ("MSNP7 MSNP6", "0", "0"),
    ("MSNP7 MSNP6", "0 MSNP18 MSNP15", "0"),
    // The draft of 1999 does not care for capitals in these names, and some servers do not either.
    ("msnp8 cvr0", "MSNP8", "MSNP8"),
    ("MSNP8 CVR0", "msnp8 cvr0", "msnp8"),
];

/// A login by a dispatch server that sends the client on with this line.
const REDIRECTIONS: [&str; 5] = [
    // MSNP2, and MSNP7 to 12.
    "XFR 3 NS 203.0.113.63:1863",
    "XFR 3 NS 203.0.113.63:1863 0 198.51.100.7:1863",
    // From MSNP13 on; a client that may use nothing but the gateway; MSNP21.
    "XFR 3 NS 203.0.113.63:1863 U D",
    "XFR 3 NS 203.0.113.63:1863 G D",
    "XFR 3 NS 203.0.113.63:1863 U D VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDINCg==",
];

#[test]
fn every_answer_to_an_offer_gives_its_dialect() {
    for (offer, answer, chosen) in ANSWERS {
        let said = format!("connect\nC: VER 1 {offer}\nS: VER 1 {answer}\nC: ASK\nS: TELL\nclose server");
        let rows = rows(2008, &said);
        assert_eq!(rows.len(), 1, "{offer} / {answer}");
        let cells = [("msnp_offered", *offer), ("msnp", chosen), ("status", "ok"), ("flags", "")];
        assert_cells(&rows[0], cells, answer);
    }
}

/// The first version of the client fell back with CVR, later ones with CVQ; then the server closes.
#[test]
fn without_a_dialect_either_word_asks() {
    for verb in ["CVR", "CVQ"] {
        let said = "connect\nC: VER 1 MSNP2 CVR0\nS: VER 1 CVR0\nC: ASK\nS: TELL\nclose server"
            .replace("ASK", &format!("{verb} 2 0x0409 win 4.10 i386 MSMSGS 1.0.0863"));
        let rows = rows(1999, &said);
        assert_eq!(rows.len(), 1, "{verb}");
        assert_cells(&rows[0], [("verb", verb), ("status", "ok"), ("msnp", "CVR0")], verb);
    }
}

/// Until MSNP7 a client tells its version behind the sign-in, as often and as late as it likes; from MSNP8 on before it,
/// and what follows the sign-in is read no more.
#[test]
fn until_msnp7_a_version_may_be_told_late() {
    for number in 2..=21 {
        let said = format!(
            "connect\nC: VER 1 MSNP{number} CVR0\nS: VER 1 MSNP{number}\nC: ASK\nS: TELL\n\
            C: USR 3 MD5 I u@example.com\nS: USR 3 MD5 S 1013928519.693957190\nC: CHG 6 NLN\nS: CHG 6 NLN\nwait 3000s\n\
            C: {late}\nS: {told}\nclose client",
            late = super::ASK.replacen("CVR 2", "CVR 9", 1),
            told = super::TELL.replacen("CVR 2", "CVR 9", 1),
        );
        let rows = rows(2005, &said);
        assert_eq!(rows.len(), if number < 8 { 2 } else { 1 }, "MSNP{number}");
        for row in rows {
            assert_cells(&row, [("msnp", format!("MSNP{number}").as_str()), ("status", "ok"), ("flags", "")], "a row");
        }
    }
}

/// A dispatch server may leave the version unanswered: a log of MSNP21 shows no reply of its.
#[test]
fn a_redirection_of_any_form_leads_to_the_same_client() {
    for (redirection, answer) in REDIRECTIONS.into_iter().flat_map(|line| [(line, "S: TELL\n"), (line, "")]) {
        let said = format!(
            "connect\nC: VER 1 MSNP8 CVR0\nS: VER 1 MSNP8\nC: ASK\n{answer}C: USR 3 TWN I u@example.com\nS: {redirection}\n\
            close client\nclient 192.0.2.10:1057\nserver 203.0.113.63:1863\nconnect\nC: VER 4 MSNP8 CVR0\nS: VER 4 MSNP8\n\
            C: ASK\nS: TELL\nC: USR 6 TWN I u@example.com\nclose client"
        );
        let mut rows = rows(2005, &said);
        rows.sort_by_key(|row| row["ts_ns"].clone());
        assert_eq!(rows.len(), 2, "{redirection}");
        assert_eq!(rows[0]["client_id"], rows[1]["client_id"], "{redirection}");
        let status = if answer.is_empty() { "no_reply" } else { "ok" };
        for (row, status) in rows.iter().zip([status, "ok"]) {
            assert_cells(row, [("status", status), ("flags", "")], redirection);
        }
    }
}
