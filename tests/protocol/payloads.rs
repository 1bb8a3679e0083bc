//! What follows a command without being a line: chat, lists and notices may quote anything.
//!
//! Sources: section 10 of the wire reference; the public descriptions of MSNP2 to MSNP21.

use super::{ASK, TELL, assert_cells, rows};

/// Commands with a payload, whose length stands in the place of `LEN`.
const WITH_PAYLOAD: [&str; 28] = [
    "C: MSG 5 N LEN",
    "S: MSG a@example.com Alice LEN",
    "S: MSG Hotmail Hotmail LEN",
    "S: NOT LEN",
    "C: PAG 5 a@example.com LEN",
    "S: IPG LEN",
    "C: SDC 5 a@example.com 0x0409 MSMSGS MSMSGS X X Alice LEN",
    "C: QRY 5 PROD0038W!61ZTF9 LEN",
    "C: UUX 5 LEN",
    "S: UBX a@example.com LEN",
    "S: UBX a@example.com 1 LEN",
    "S: UBX 1:a@example.com;{0} LEN",
    "S: GCF 0 LEN",
    "S: GCF 5 Shields.xml LEN",
    "C: FQY 5 LEN",
    "S: FQY 5 LEN",
    "C: ADL 5 LEN",
    "S: ADL 0 LEN",
    "C: RML 5 LEN",
    "C: UUN 5 a@example.com 1 LEN",
    "S: UBN a@example.com 3 LEN",
    "C: UUM 5 a@example.com 32 1 LEN",
    "S: UBM a@example.com 32 1 LEN",
    "C: PUT 5 LEN",
    "C: DEL 5 LEN",
    "S: NFY PUT LEN",
    "S: SDG 0 LEN",
    "C: DAT 5 LEN",
];

/// The same commands without: a line follows at once.
const WITHOUT_PAYLOAD: [&str; 9] = [
    "S: QRY 1049",
    "S: ADL 8 OK",
    "S: RML 9 OK",
    "S: UUX 10 0",
    "S: UBX a@example.com 0",
    "C: GCF 5 Shields.xml",
    "S: PUT 5 OK",
    "S: MSG 5",
    "C: OUT",
];

/// The exchange that follows `line`, in a dialect of which every line is read.
fn assert_read_behind(line: &str) {
    let rows = rows(2002, &format!("connect\nC: VER 1 MSNP7\nS: VER 1 MSNP7\n{line}\nC: ASK\nS: TELL\nclose client"));
    assert_eq!(rows.len(), 1, "{line}: {rows:?}");
    let cells = [("trid", "2"), ("status", "ok"), ("passport", "u@example.com"), ("flags", "")];
    assert_cells(&rows[0], cells, line);
}

#[test]
fn no_line_of_a_payload_is_a_row() {
    let quoted = [ASK, TELL].map(|line| line.replacen("CVR 2", "CVR 7", 1).replace("u@example.com", "q@example.com"));
    for line in WITH_PAYLOAD {
        // The last line of a payload has no ending of its own.
        for last in ["420 2", ""] {
            let payload = format!("{}\r\n{}\r\n420 2\r\n{last}", quoted[0], quoted[1]);
            let announced = line.replace("LEN", &payload.len().to_string());
            let body = payload.replace("\r\n", "\\r\\n");
            assert_read_behind(&format!("{announced}\n|= {body}"));
        }
    }
}

#[test]
fn a_command_without_its_payload_takes_no_line_away() {
    for line in WITHOUT_PAYLOAD {
        assert_read_behind(line);
    }
}
