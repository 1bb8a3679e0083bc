//! Test: every request line of section 5 of the wire reference, with its fields and the product that it is told as.
//!
//! A line is written with all its fields in order (locale, system, version, architecture, library, version, name,
//! passport, extras) and `-` for one that is absent; the wire has the words without the dashes. So a line that gives
//! itself back, dashes included, has been read right. An empty product means: unknown, and not guessed.

use super::Profile;
use crate::cvr::script::{request, request_fields};

/// Number in section 5, fields, product. A number stands several times where its row shows several versions;
/// placeholders for names and versions are filled in.
#[rustfmt::skip]
const SEEN: &[(u32, &str, &str)] = &[
    // 5.1 Microsoft.
    (1, "CVQ 2 0x0409 win 4.10 i386 MSMSGS 1.0.0863 - -", "MSN Messenger Service 1.0"),
    (2, "CVQ 6 0x0409 winnt 5.1 i386 MSMSGS 1.0.0863 - -", "MSN Messenger Service 1.0"),
    (3, "CVR 9 0x0409 win 4.10 i386 MSMSGS 1.0.0863 - -", "MSN Messenger Service 1.0"),
    (4, "CVR 7 0x0409 win 4.10 i386 MSMSGS 3.6.0025 MSMSGS -", "MSN Messenger Service 3.6"),
    (5, "CVR 8 0x0409 win 4.10 i386 MSGSTRST 3.6.0025 MSMSGS -", "MSN Messenger Service 3.6"),
    (6, "CVR 2 0x0409 win 4.10 i386 MSNMSGR 5.0.0537 MSMSGS example@hotmail.com", "MSN Messenger 5.0"),
    (7, "CVR 2 0x0409 win 4.10 i386 MSNMSGR 5.0.0544 MSMSGS example@passport.com", "MSN Messenger 5.0"),
    (8, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 5.0.0575 MSMSGS test@hotmail.com", "MSN Messenger 5.0"),
    (9, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS example@hotmail.com", "MSN Messenger 6.0"),
    (10, "CVQ 2 0x0409 winnt 5.1 i386 MSNMSGR 6.1.0211 MSMSGS example@hotmail.com", "MSN Messenger 6.1"),
    (11, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.2.0208 MSMSGS test@hotmail.com", "MSN Messenger 6.2"),
    (12, "CVR 2 0x0804 win 5.1 x86 MSNMSGR 6.2.0205 MSMSGS u@hotmail.com", "MSN Messenger 6.2"),
    (13, "CVR 2 0x040c winnt 5.1 i386 MSNMSGR 7.0.0777 msmsgs alice@hotmail.com", "MSN Messenger 7.0"),
    (14, "CVR 2 0x0409 winnt 5.1 i386 MSG80BETA 8.0.0566 msmsgs example@hotmail.com", "Windows Live Messenger 8.0"),
    (15, "CVR 2 0x0409 winnt 5.1 i386 WLMSGRBETA 9.0.1407 msmsgs u@example.com", "Windows Live Messenger 2009 beta"),
    (16, "CVR 2 0x0409 winnt 6.0.0 i386 MSNMSGR 14.0.8117.0416 msmsgs aeon@test.com", "Windows Live Messenger 2009"),
    (17, "CVR 2 0x0409 winnt 6.2.0 i386 MSNMSGR 14.0.8117.0416 msmsgs aeontest3@shlasouf.local", "Windows Live Messenger 2009"),
    (18, "CVR 2 0x0409 winnt 6.1.0 i386 MSNMSGR 15.4.3502.0922 MSNMSGR mypassport@hotmail.com VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDENCg==", "Windows Live Messenger 2011"),
    (19, "CVR 2 0x0409 winnt 5.1 i386 MSMSGS 4.7.3001 WindowsMessenger test@hotmail.com", "Windows Messenger 4.7"),
    (20, "CVR 2 0x0409 winnt 5.1 i386 MSMSGS 4.7.2009 WindowsMessenger u@example.com", "Windows Messenger 4.7"),
    (21, "CVR 2 0x0409 winnt 5.0 1386 MSMSGS 5.0.0482 WindowsMessenger u@example.com", "Windows Messenger 5.0"),
    (22, "CVR 2 0x0409 mac 10.13.6 i386 macmsgs 8.0.1 macmsgs u@example.com", "Microsoft Messenger for Mac 8.0.1"),
    (23, "CVR 2 0x0409 mac 10.13.6 i386 macmsgsbeta 8.0.0 macmsgsbeta u@example.com", "Microsoft Messenger for Mac 8.0.0 beta"),
    // BitlBee sends this very line since 2005.
    (24, "CVR 2 0x0409 mac 10.2.0 ppc macmsgs 3.5.1 macmsgs u@example.com", "BitlBee"),
    (25, "CVR 9 0x0409 webtv 2.8 MIPS msntvim 2.8 msntv -", "MSN TV"),
    // 5.2 Third parties: the name where a tell is documented, the claim where none is.
    (26, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com", "MSN Messenger 6.0"),
    (27, "CVR 2 0x0409 winnt 5.1 i386 MSG80BETA 8.0.0689 msmsgs u@example.com", "Windows Live Messenger 8.0"),
    (28, "CVR 2 0x0804 winnt 5.1 i386 MSNMSGR 8.0.0792 msmsgs u@example.com", "Windows Live Messenger 8.0"),
    (29, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 8.5.1288.816 msmsgs u@example.com", "Windows Live Messenger 8.5"),
    (30, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 8.5.1288 msmsgs u@example.com", "Windows Live Messenger 8.5"),
    (31, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 8.5.1302 BC01 u@example.com", "libpurple"),
    (32, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 5.0.0540 MSMSGS u@example.com", "MSN Messenger 5.0"),
    (33, "CVR 2 0x0409 winnt 6.0 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com", "aMSN"),
    (34, "CVR 2 0x0409 winnt 6.0 i386 MSNMSGR 7.0.0732 MSMSGSBETAM2 u@example.com", "aMSN"),
    (35, "CVR 2 0x0409 winnt 5.1 i386 MSG80BETA 8.0.0365 msmsgs u@example.com", "Windows Live Messenger 8.0"),
    (36, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 8.0.0812 msmsgs u@example.com", "Windows Live Messenger 8.0"),
    (37, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 14.0.8050.1202 msmsgs u@example.com", "Windows Live Messenger 2009"),
    (38, "CVR 2 0x0409 linux 2.6 i386 AMSN 1.99.0001 MSMSGS u@example.com", "aMSN"),
    (39, "CVR 2 0x0409 Linux 2.4.20 i686 Kopete 0.7.2 Kopete u@example.com", "Kopete"),
    (40, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 5.0.0 MSMSGS u@example.com", "Kopete"),
    (40, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0 MSMSGS u@example.com", "Kopete"),
    (41, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 7.0.0816 MSMSGS u@example.com", "MSN Messenger 7.0"),
    (42, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 8.1.0178 msmsgs u@example.com", "Windows Live Messenger 8.1"),
    (43, "CVR 2 0x0409 winnt 5.1 i386 QQMSGR 7.0.0816 MSMSGS u@example.com", "Kopete (QQ)"),
    (44, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.2.0137 MSMSGS u@example.com", "MSN Messenger 6.2"),
    (44, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 7.5.0311 MSMSGS u@example.com", "MSN Messenger 7.5"),
    (45, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 7.5.0324 msmsgs u@example.com", "MSN Messenger 7.5"),
    (46, "CVR 2 0x0409 win 4.90 i386 MSNMSGR 8.0.0812 msmsgs u@example.com", "Windows Live Messenger 8.0"),
    (46, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 8.1.0178 MSFT u@example.com", "Miranda IM"),
    (46, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 8.5.1302 msmsgs u@example.com", "Windows Live Messenger 8.5"),
    (47, "CVR 2 0x0409 winnt 5.1.3 i386 MSNMSGR 14.0.8117.0416 msmsgs u@example.com", "Windows Live Messenger 2009"),
    (48, "CVR 2 0x0409 winnt 6.1.1 i386 MSNMSGR 6.21.0.104 msmsgs u@example.com", "Miranda NG"),
    (48, "CVR 2 0x0409 winnt 6.1.1 i386 MSNMSGR 16.4.3528 msmsgs u@example.com", "Windows Live Messenger 2012"),
    (49, "CVR 2 0x0409 winnt 5.2 i386 MSNMSGR 6.0.0250 MSMSGS u@example.com", "MSN Messenger 6.0"),
    (50, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 8.5.1302 BC01 u@example.com", "libpurple"),
    (51, "CVR 2 0x0409 mac 10.2.0 ppc macmsgs 3.5.1 macmsgs u@example.com VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDINCklzR2VvWGZyOiB0cnVlDQo=", "BitlBee"),
    (52, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 8.1.0178 msmsgs u@example.com", "Windows Live Messenger 8.1"),
    (53, "CVR 2 0x0c0a winnt 5.1 i386 MSNMSGR 8.0.0792 msmsgs u@example.com", "Windows Live Messenger 8.0"),
    (54, "CVR 2 0x040c winnt 5.1 i386 MSNMSGR 7.0.0777 msmsgs u@example.com", "MSN Messenger 7.0"),
    (54, "CVR 2 0x040c winnt 5.1 i386 MSNMSGR 8.5.1302 msmsgs u@example.com", "MSNPSharp"),
    (55, "CVR 2 0x040c winnt 6.1.1 i386 MSNMSGR 15.4.3538.0513 MSNMSGR u@example.com 0", "MSNPSharp"),
    (56, "CVR 2 0x0409 winnt 6.1.0 i386 MSNMSGR 15.4.3502.0922 MSNMSGR u@example.com 0", "Digsby"),
    (56, "CVR 2 0x0409 winnt 6.1.0 i386 MSNMSGR 15.4.3502.0922 MSNMSGR u@example.com", "Windows Live Messenger 2011"),
    (57, "CVR 2 0x0409 win 4.10 i386 MSNMSGR 5.0.0544 MSMSGS u@example.com", "MSN Messenger 5.0"),
    (58, "CVR 1 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com", "MSN Messenger 6.0"),
    (59, "CVR 2 0x0409 linux 2.2.4 i386 GTMESS 0.8.1 MSMSGS null", "gtmess"),
    (60, "CVR 2 0x0409 Linux 2.6.8-1-686 i686 GTMESS 0.9 MSMSGS u@example.com", "gtmess"),
    (61, "CVR 2 0x0409 linux 2.6.13 amd64 WXMSN alpha1 MSMSGS u@example.com", "wxMSN"),
    (62, "CVR 2 0x0409 mac 8.0.0 - macfire 1.0 msms - ", "MacFire"),
    (63, "CVR 2 0x0409 mac 10 i386 RMSN 1.0 MSMSGS u@example.com", "RMSN"),
    (64, "CVR 2 0x0409 winnt 6.1.0 i386 MSNMSGR 15.4.3508.1109 MSNMSGR u@example.com", "Windows Live Messenger 2011"),
    (65, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 14.0.8089.0726 msmsgs u@example.com", "Windows Live Messenger 2009"),
    (66, "CVR 2 0x409 winnt 5.1 i386 MSNMSGR 7.0.0777 msmsgs u@example.com", "MSN Messenger 7.0"),
    (66, "CVR 2 0x409 win 5.1 x86 MSNMSGR 6.2.0205 MSMSGS u@example.com", "MSN Messenger 6.2"),
    (67, "CVR 2 0x0804 winnt 6.1.0 i386 MSNMSGR 15.4.3502.0922 MSNMSGR u@example.com 0", "Windows Live Messenger 2011"),
    (67, "CVR 2 0x0804 winnt 6.1.1 i386 MSNMSGR 15.4.3508.1109 MSNMSGR u@example.com 0", "Windows Live Messenger 2011"),
    (68, "CVR 2 0x0409 winnt 5.1 i386 MSMSGS 6.0.0602 msmsgs u@example.com", "phpmsnclass"),
    (68, "CVR 2 0x0409 winnt 5.1 i386 MSMSGS 8.1.0178 msmsgs u@example.com", "phpmsnclass"),
    (69, "CVR 2 0x040c winnt 5.1.3 i386 MSMSGS 14.0.8117.416 msmsgs u@example.com", ""),
    (70, "CVR 2 0x0409 winnt 5.1 i386 MSG80BETA 8.1.0178.00 MSMSGS u@example.com", "libmsn"),
    (71, "CVR 9 0x0409 winnt 5.0 i386 MSMSGS 4.6.0042 MSMSGS -", "MSN Messenger 4.6"),
    (72, "CVR 2 0x0409 winnt 5.1 i386 TRILLIAN 0.74 MSMSGS u@example.com", "Trillian"),
    (73, "CVR 2 0x0409 linux v14.17.0 x64 msnpjs 0.1.0 MSMSGS u@example.com", "msnpjs"),
    (73, "CVR 2 0x0409 darwin v14.17.0 arm64 msnpjs 0.1.0 MSMSGS u@example.com", "msnpjs"),
    (74, "CVR 2 0x0409 winnt 10 i386 msnp11-sdk 0.6 msmsgs u@example.com", "msnp11-sdk"),
    (75, "CVR 2 0x0409 winnt 10 i386 AvaMSN 0.12.3 msmsgs -", "AvaMSN"),
    (76, "CVR 2 0x0409 winnt 10 i386 UWPMESSENGER 0.4 msmsgs -", "UWP Messenger"),
    (77, "CVR 2 0x1009 Win32NT 10.0.19045.0 X64 MSNP 1.0.0.0 MSMSGS u@example.com", ""),
    (78, "CVR 2 0x0409 csharp 3.1 i386 MSNMSGR 5.6.7.8 MSMSGS u@example.com", "Animadoria MSNPClient"),
    (79, "CVR 2 0x0409 winnt 10.0 i386 MSNMSGR 14.0.8117.0416 msmsgs u@example.com", "Windows Live Messenger 2009"),
    (80, "CVR 2 0x0409 win 10.0 i386 MSNMSGR 8.5.1302 msmsgs probe@example.com", "Windows Live Messenger 8.5"),
    (81, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0254 MSMSGS u@example.com", "MSN Messenger 6.0"),
    (82, "CVR 2 0x040c winnt 5.1 i386 MSNMSGR 7.0.0777 msmsgs u@example.com", "MSN Messenger 7.0"),
];

/// More lines: other sections of the reference, and requests kept beside the captures.
#[rustfmt::skip]
const MORE: &[(u32, &str, &str)] = &[
    (0, "CVR 2 0x0409 winnt 5.1 i386 MSMSGS 4.6.0083 MSMSGS -", "MSN Messenger 4.6"),
    (0, "CVR 2 0x0409 winnt 5.1 i386 MSMSGS 4.6.0083 WindowsMessenger u@example.com", "Windows Messenger 4.6"),
    (0, "CVR 2 0x0409 win 4.10 i386 MSMSGS 3.6.0038 MSMSGS -", "MSN Messenger 3.6"),
    (0, "CVR 2 0x0409 mac 10.3.9 ppc macmsgs 3.5.1 macmsgs u@example.com", "Microsoft Messenger for Mac 3.5.1"),
    (0, "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 7.5.0303P msmsgs u@example.com", "MSN Messenger 7.5"),
    (0, "CVQ 3 0x0409 winnt 5.0 i386 MSNMSGR 99.9.9999 MSMSGS -", ""),
    (0, "CVQ 4 0x0409 winnt 5.0 i386 YCOMM 0.1.0023 MSMSGS -", ""),
    (0, "CVQ 5 0x1111 winnt 5.1 - MSNMSGR 6.0.0602 MSMSGS example@hotmail.com", "MSN Messenger 6.0"),
    (0, "CVR 2 0x0413 winnt 5.2 i386 MSNMSGR 6.0.0602 MSMSGS user@example.com", "MSN Messenger 6.0"),
    (0, "CVR 2 0x0409 winnt 10 i386 UWPMESSENGER 0.1 msmsgs -", "UWP Messenger"),
    (0, "CVR 2 0x0409 winnt 10 i386 meowsn 1.0 msmsgs alice@example.com", ""),
    (0, "CVR 2 0x0804 winnt 5.1 i386 MSMSGS 4.7.3001 WindowsMessenger user@example.com", "Windows Messenger 4.7"),
    (0, "CVR 2 0x0409 win 4.10 i386 MSNMSGR 6.0.0602 MSMSGS user@example.com", "MSN Messenger 6.0"),
];

#[test]
fn every_line_of_section_5_has_its_fields_and_its_product() {
    for (number, line, product) in SEEN.iter().chain(MORE) {
        let request = request(&line.replace(" -", " "));
        assert!(!request.is_malformed(), "#{number}: {line}");
        let (head, fields) = line.split_at(6);
        assert_eq!(request_fields(&request), fields.trim_end(), "#{number}: {head}");
        assert_eq!(Profile::of(&request).client.product.unwrap_or_default(), *product, "#{number}: {line}");
    }
}

#[test]
fn no_line_of_section_5_is_left_out() {
    for number in 1..=82 {
        assert!(SEEN.iter().any(|(seen, ..)| *seen == number), "#{number}");
    }
}
