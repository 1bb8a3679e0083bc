//! Text as somebody chooses it who wants to do harm with it.

use crate::support::random::Random;

/// What spreadsheets run, terminals obey, browsers parse, databases execute; what ends a cell, a string or a line; what is no
/// text; what looks like an escape of ours, and what a program would take for something else.
const PIECES: &[&[u8]] = &[
    b"=1+1",
    b"+cmd|' /C calc'!A0",
    b"-2+3",
    b"@SUM(1)",
    b"\t=1",
    b"\r=1",
    b"'=1",
    b"''@",
    "\u{ff1d}1".as_bytes(),
    "\u{ff0b}\u{ff0d}\u{ff20}".as_bytes(),
    b"=HYPERLINK(\"http://evil.example.com/\",\"x\")",
    b"\x1b[2J\x1b[31m",
    b"\x1b]0;title\x07",
    b"\x1bP1$r0m\x1b\\",
    "\u{9b}31m\u{85}".as_bytes(),
    b"\x08\x08\x7f\0",
    "\u{202e}gpj.exe".as_bytes(),
    "\u{2066}\u{2069}\u{200f}\u{61c}".as_bytes(),
    "\u{2028}\u{2029}".as_bytes(),
    "\u{feff}".as_bytes(),
    b"<script>alert(1)</script>",
    b"\"><img src=x onerror=alert(1)>",
    b"</title></style></svg>]]><!--",
    b"{{7*7}}{%raw%}",
    b"&lt;&#60;&amp;",
    b"javascript:alert(1)",
    b"'; DROP TABLE exchanges; --",
    b",;\"\"\"",
    b"a\r\nb",
    b"\n",
    b"\"",
    b"\\",
    br"\x41\x5C\x",
    br"\u0041\n",
    b"null",
    b"4.10",
    b"1e5",
    b"12:00",
    b"'1",
    b"0x0409",
    b"true",
    b"\xff\xfe",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    b"\xe2\x82",
    b"\xf4\x90\x80\x80",
    "\u{fffe}\u{1ffff}\u{fffd}".as_bytes(),
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}".as_bytes(),
    "\u{65e5}\u{672c}\u{1f468}\u{200d}\u{1f469}".as_bytes(),
    b"user@example.com",
    b"..%2f../..\\..\\con",
    b" ",
];

/// Bytes of the longest text: the most that a segment carries.
const TEXT_LEN_MAX: usize = 65_536;

/// One text: some of the pieces, or any bytes, in any order; one in a hundred again and again, up to 64 KiB.
pub(super) fn text(random: &mut Random) -> Vec<u8> {
    let mut text = Vec::new();
    for _ in 0..=random.below(3) {
        if random.one_in(4) {
            let len = random.below(12);
            text.extend(random.next().to_le_bytes().iter().chain(&random.next().to_le_bytes()).take(len));
        } else {
            text.extend_from_slice(PIECES[random.below(PIECES.len())]);
        }
    }
    if random.one_in(100) && !text.is_empty() {
        let len = random.below(TEXT_LEN_MAX) + 1;
        text = text.iter().copied().cycle().take(len).collect();
    }
    text
}

/// The same as a word of a line: without what would end one of them.
pub(super) fn word(text: &[u8]) -> Vec<u8> {
    let word: Vec<u8> = text.iter().copied().filter(|byte| !b" \r\n".contains(byte)).collect();
    if word.is_empty() { b"-".to_vec() } else { word }
}
