//! Reply lines that servers are known to send, and what each means for the client that asked.

/// Version of the client that asked, with its verb; the reply; verdict, flags, and whether the server only echoes.
///
/// A reply has all its fields in order: two recommended versions, the minimum, two addresses. `-` stands for an address
/// that is not there, `_` for one blank more.
pub(super) type Line = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
pub(super) const REPLIES: &[Line] = &[
    // 9.1 Microsoft, 2002 to 2013.
    ("3.6.0025", "CVR 7 4.6.0083 4.6.0083 1.0.0000 http://download.microsoft.com/download/msnmessenger/install/4.6/win98me/en-us/mmssetup.exe http://messenger.microsoft.com", "recommended"),
    ("3.6.0025", "CVR 8 1.0.0000 1.0.0000 1.0.0000 - -", "unrecognised min_is_sentinel"),
    ("1.0.0863", "CVQ 2 5.0.0537 5.0.0537 1.0.0863 http://download.microsoft.com/download/msnmessenger/install/5.0/w98nt42kmexp/en-us/setupdl.exe http://messenger.microsoft.com", "recommended"),
    ("5.0.0544", "CVR 2 6.0.0602 6.0.0602 1.0.0000 http://download.microsoft.com/download/8/a/4/8a42bcae-f533-4468-b871-d2bc8dd32e9e/SETUP9x.EXE http://messenger.msn.com", "recommended"),
    ("6.0.0602", "CVR 2 6.0.0602 6.0.0602 6.0.0268 http://download.microsoft.com/download/4/d/e/4defe3d0-b2e3-4de2-ab23-8bd74be402ea/SetupDl.exe http://messenger.msn.com", "up_to_date"),
    ("6.0.0602", "CVR 2 6.0.0602 6.0.0602 6.0.0268 http://download.microsoft.com/download/4/d/e/4defe3d0-b2e3-4de2-ab23-8bd74be402ea/SetupDl.exe http://messenger.msn.com/nl", "up_to_date"),
    ("6.0.0602", "CVR 2 6.1.0211 6.1.0211 6.1.0155 http://download.microsoft.com/download/8/3/C/83C4B2DB-AC1C-4B56-8144-4472C0982F21/SetupDl.exe http://messenger.msn.com", "required"),
    ("6.1.0211", "CVQ 2 7.0.0813 7.0.0813 6.2.0205 http://msgr.dlservice.microsoft.com/download/5/d/9/5d9bb5b2-49c7-4890-94ab-d1d5e44a0e6d/Install_MSN_Messenger.exe http://messenger.msn.com", "required"),
    ("6.2.0205", "CVR 2 7.0.0820 7.0.0820 7.0.0820 http://msgruser.dlse -", "required"),
    ("6.0.0602", "CVR 2 7.5.0324 7.5.0324 6.2.0208 http://msgr.dlservice.microsoft.com/download/5/a/8/5a892c0f-5b87-4767-8927-6fe5d8cfc582/Install_MSN_Messenger.exe http://messenger.msn.com", "required"),
    ("8.0.0566", "CVR 2 8.0.0566 8.0.0566 8.0.0566 http://msgr.dlservice.microsoft.com/download/4/5/b/45beb06f-5a08-4694-abd8-d6e706b06b68/Install_Messenger_Beta.exe http://ideas.live.com", "up_to_date"),
    ("7.0.0777", "CVR 2 1.0.0000 1.0.0000 7.0.0425 http://download.microsoft.com/download/D/F/B/DFB59A5D-92DF-4405-9767-43E3DF10D25B/fr/Install_MSN_Messenger.exe http://messenger.msn.com/fr", "unrecognised min_above_rec"),
    ("7.0.0777", "CVR 2 8.1.0178 8.1.0178 8.1.0178 http://msgruser.dlservice.microsoft.com/download/5/6/4/5646481F-33EF-4B08-AF00-4904F7677B89/FR/Install_WLMessenger.exe http://messenger.msn.com/fr", "required"),
    ("8.0.0812", "CVR 2 8.1.0178 8.1.0178 8.1.0178 http://msgruser.dlservice.microsoft.com/download/1/A/4/1A4FEB1A-18E0-423A-B898-F697402E4F7F/Install_Messenger.exe http://get.live.com", "required"),
    ("8.0.0812", "CVR 2 8.1.0178 8.1.0178 8.0.0787 http://msgr.dlservice.microsoft.com/download/1/A/4/1A4FEB1A-18E0-423A-B898-F697402E4F7F/Install_Messenger.exe http://get.live.com", "recommended"),
    ("8.0.0792", "CVR 2 8.1.0178 8.1.0178 8.1.0178 http://msgruser.dlservice.microsoft.com/download/5/6/4/5646481F-33EF-4B08-AF00-4904F7677B89/ES/Install_WLMessenger.exe http://get.live.com/es", "required"),
    ("8.1.0178", "CVR 2 8.1.0178 8.1.0178 8.1.0178 http://msgruser.dlservice.microsoft.com/download/5/6/4/5646481F-33EF-4B08-AF00-4904F7677B89/ES/Install_WLMessenger.exe http://get.live.com/es", "up_to_date"),
    ("8.0.0792", "CVR 2 8.5.1302 8.5.1302 8.1.0178 http://msgr.dlservice.microsoft.com/download/5/6/4/5646481F-33EF-4B08-AF00-4904F7677B89/ES/Install_WLMessenger.exe http://get.live.com/es", "required"),
    ("8.5.1302", "CVR 2 14.0.8064 14.0.8064 8.1.0178 http://msgr.dlservice.microsoft.com/download/5/2/E/52EB299A-E4DE-43E2-8D55-510D7FB03610/en/wlsetup-cvr.exe http://download.live.com/?sku=messenger", "recommended"),
    ("6.0.0602", "CVR 2 14.0.8089 14.0.8089 14.0.8089 http://msgruser.dlservice.microsoft.com/download/7/5/8/758BFCC9-1744-48F7-8162-E0AC1E7BF5C8/en/wlsetup-cvr.exe http://download.live.com/?sku=messenger", "required"),
    ("8.0.0812", "CVR 2 14.0.8089 14.0.8089 14.0.8089 http://msgruser.dlservice.microsoft.com/download/7/5/8/758BFCC9-1744-48F7-8162-E0AC1E7BF5C8/en/wlsetup-cvr.exe http://download.live.com/?sku=messenger", "required"),
    ("8.5.1302", "CVR 2 14.0.8089 14.0.8089 14.0.8089 http://msgruser.dlservice.microsoft.com/download/7/5/8/758BFCC9-1744-48F7-8162-E0AC1E7BF5C8/en/wlsetup-cvr.exe http://download.live.com/?sku=messenger", "required"),
    ("5.0.0544", "CVR 2 1.0.0000 1.0.0000 1.0.0000 http://msgr.dlservice.microsoft.com _ http://download.live.com/?sku=messenger _", "unrecognised min_is_sentinel"),
    ("4.7.3001", "CVR 2 1.0.0000 1.0.0000 1.0.0000 http://msgr.dlservice.microsoft.com http://download.live.com/?sku=messenger", "unrecognised min_is_sentinel"),
    ("5.0.0482", "CVR 2 1.0.0000 1.0.0000 1.0.0000 http://msgr.dlservice.microsoft.com http://download.live.com/?sku=messenger", "unrecognised min_is_sentinel"),
    ("8.1.0178", "CVR 1 14.0.8117 14.0.8117 14.0.8117 http://msgruser.dlservice.microsoft.com/download/A/6/1/A616CCD4-B0CA-4A3D-B975-3EDB38081B38/en/wlsetup-cvr.exe http://download.live.com/?sku=messenger", "required"),
    ("15.4.3508.1109", "CVR 2 14.0.8117 14.0.8117 14.0.8117 http://msgruser.dlservice.microsoft.com/download/A/6/1/A616CCD4-B0CA-4A3D-B975-3EDB38081B38/fr/wlsetup-cvr.exe http://download.live.com/?sku=messenger", "up_to_date"),

    // 9.2 Servers that only echo.
    ("6.0.0602", "CVR 2 6.0.0602 6.0.0602 6.0.0602 https://escargot.log1p.xyz https://escargot.log1p.xyz", "up_to_date echo"),
    ("6.0.0602", "CVR 2 6.0.0602 6.0.0602 6.0.0602 http://escargot.log1p.xyz/ http://escargot.log1p.xyz/", "up_to_date echo"),
    ("6.0.0602", "CVR 2 6.0.0602 6.0.0602 6.0.0602 http://url.com http://url.com", "up_to_date echo"),
    ("4.7.3001", "CVR 2 4.7.3001 4.7.3001 4.7.3001 https://login.passport.com https://login.passport.com", "up_to_date echo"),
    ("14.0.8117.0416", "CVR 2 14.0.8117.0416 14.0.8117.0416 14.0.8117.0416 localhost localhost", "up_to_date echo"),
    ("7.0.0777", "CVR 2 7.0.0777 7.0.0777 7.0.0777 http://npmsnp.example.com:1865/ http://npmsnp.example.com:1865/", "up_to_date echo"),
    ("alpha1", "CVR 2 6.0.0602 6.0.0602 6.0.0602 http://npmsnp.example.com:1865/ http://npmsnp.example.com:1865/", "undetermined"),
    ("alpha1", "CVR 2 alpha1 alpha1 alpha1 localhost localhost", "undetermined echo"),

    // 9.2 Servers with one answer, or a table of them.
    ("1.0.0863", "CVR 2 1.0.0863 1.0.0863 1.0.0863 http://messenger.hotmail.com/mmsetup.exe http://messenger.hotmail.com", "up_to_date"),
    ("4.7.0105", "CVR 2 4.7.0105 4.7.0105 1.0.0000 http://pinto.example.com http://pinto.example.com", "up_to_date"),
    ("4.6.0083", "CVR 2 4.7.0105 4.7.0105 1.0.0000 http://pinto.example.com http://pinto.example.com", "recommended"),
    ("1.0.0863", "CVR 2 2.0.0085 2.0.0085 1.0.0863 http://w3b.example.com http://w3b.example.com", "recommended"),
    ("0.74", "CVR 2 1.0.0000 1.0.0000 1.0.0000 http://w3b.example.com http://w3b.example.com", "unrecognised min_is_sentinel;min_above_own"),
    ("6.0.0602", "CVR 1 1.0.0000 1.0.0000 1.0.0000 https://r2m.camposs.net/storage https://r2m.camposs.net", "unrecognised min_is_sentinel"),
    ("1.0.0000", "CVR 2 1.0.0000 1.0.0000 1.0.0000 https://r2m.camposs.net/storage https://r2m.camposs.net", "unrecognised min_is_own;min_is_sentinel"),
    ("6.0.0602", "CVR 2 1.0.0000 1.0.0000 1.0.0000 http://example.com/download http://example.com/info", "unrecognised min_is_sentinel"),
    ("6.0.0602", "CVR 2 1.0.0000 1.0.0000 1.0.0000 http://download.microsoft.com/download/8/a/4/8a42bcae-f533-4468-b871-d2bc8dd32e9e/SETUP9x.EXE http://messenger.msn.com", "unrecognised min_is_sentinel"),
    ("6.0.0602", "CVR 2 1.0.0000 1.0.0000 1.0.0000 https://doridian.net https://doridian.net", "unrecognised min_is_sentinel"),
    ("6.2.0208", "CVR 2 6.0.0602 6.0.0602 1.0.0000 http://download.microsoft.com/download/8/a/4/8a42bcae-f533-4468-b871-d2bc8dd32e9e/SETUP9x.EXE http://messenger.msn.com", "up_to_date"),
    // The server of an SDK, without addresses; a server with one; a server with a comma.
    ("0.6", "CVR 2 1.0.0000 1.0.0000 7.0.0425 - -", "unrecognised min_above_rec;min_above_own"),
    ("1.0.0863", "CVR 2 1.0.0863 1.0.0863 1.0.0863 http://a.example.com -", "up_to_date echo"),
    ("8.0.0812", "CVR 2 1.0.0000, 1.0.0000 1.0.0000 about:blank about:blank", "undetermined rec_differs"),
    // A server that obeys the specification: the client's own version is the minimum. None was ever seen.
    ("6.0.0602", "CVR 2 1.0.0000 1.0.0000 6.0.0602 http://a.example.com http://a.example.com", "unrecognised min_above_rec;min_is_own"),
];

/// A request, the error that it was answered with, and the code. Section 2 of the wire reference.
pub(super) const ERRORS: &[(&str, &str, &str)] = &[
    ("CVQ 3 0x0409 winnt 5.0 i386 MSNMSGR 99.9.9999 MSMSGS", "420 3", "420"),
    ("CVQ 4 0x0409 winnt 5.0 i386 YCOMM 0.1.0023 MSMSGS", "420 4", "420"),
    ("CVQ 5 0x1111 winnt 5.1 MSNMSGR 6.0.0602 MSMSGS u@example.com", "710 5", "710"),
    ("CVQ 6 spaghetti", "731 6", "731"),
    ("CVR 7 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com", "715 7", "715"),
    ("CVR 8 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com", "200 8", "200"),
    ("CVR 8 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com", "201 8", "201"),
    ("CVR 8 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com", "500 8", "500"),
    ("CVR 8 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com", "502 8", "502"),
    ("CVR 8 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com", "600 8", "600"),
    ("CVR 8 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com", "601 8", "601"),
    ("CVR 8 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com", "604 8", "604"),
    ("CVR 8 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com", "605 8", "605"),
    ("CVR 8 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com", "910 8", "910"),
    ("CVR 8 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com", "911 8", "911"),
    ("CVR 8 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com", "921 8", "921"),
    // The draft lets words follow.
    ("CVR 8 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com", "911 8 1.0.0000 1.0.0000 1.0.0000", "911"),
];
