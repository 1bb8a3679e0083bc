//! What is known about clients: one row for each product and each way to tell it.
//!
//! The first row that fits wins, so tells stand before claims. Most third-party clients send the words of an official
//! one: those with a documented tell are named, and for the others the claim is reported. Where a tell is one only in
//! some years, or only with some offer of dialects, the row says so: another client may have sent the same words then.
//!
//! The rows of official clients also hold what is known of their history. A source names the section and line of the
//! project's wire reference, which in turn names the capture or source code; `I` marks what is general knowledge.

/// One way to tell a product by its request.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Words for library, version and client name: `*` fits anything, a word with `*` at its end a beginning, any
    /// other word itself; words left out at the end fit anything.
    pub words: &'static str,
    /// What else must hold.
    pub tells: &'static [Tell],
    /// The name of the product.
    pub product: &'static str,
    /// Versions that are known, as they stand in place of the `*` of the version.
    pub builds: &'static str,
    /// When the first of them appeared: year, or year and month; empty if unknown.
    pub since: &'static str,
    /// Numbers of the dialects that it speaks, the preferred one first; empty if unknown.
    pub dialects: &'static str,
    /// Where this is known from.
    pub source: &'static str,
}

/// A condition on what a request says besides library, version and client name, or on what was around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tell {
    /// The locale id.
    Locale(&'static str),
    /// The operating system: its type, or type and version.
    Os(&'static str),
    /// The architecture.
    Arch(&'static str),
    /// The first parameter beyond the passport.
    Extra(&'static str),
    /// The dialects that the client offered, where the capture has the offer.
    Offer(&'static str),
    /// Captured in this year or later.
    Since(i16),
    /// Captured in this year or earlier.
    Until(i16),
}

use Tell::{Arch, Extra, Locale, Offer, Os, Since, Until};

/// A client that gives itself away.
const fn tell(words: &'static str, tells: &'static [Tell], product: &'static str, source: &'static str) -> Row {
    Row { words, tells, product, builds: "", since: "", dialects: "", source }
}

/// A client that says its own name.
const fn own(words: &'static str, product: &'static str, source: &'static str) -> Row {
    tell(words, &[], product, source)
}

/// A client of Microsoft, by its claim.
const fn official(
    words: &'static str,
    product: &'static str,
    builds: &'static str,
    since: &'static str,
    dialects: &'static str,
    source: &'static str,
) -> Row {
    Row { words, tells: &[], product, builds, since, dialects, source }
}

/// Every product that is told apart, tells before claims.
#[rustfmt::skip]
pub const CATALOGUE: &[Row] = &[
    // Third-party clients in the words of an official one, by what gives them away.
    // library version name                what else must hold                                            product                  source
    tell("* * BC01",                       &[],                                                           "libpurple",             "5.2 #31, #50: Pidgin from 2.5.2 on, Adium; also ayttm of 2009"),
    tell("* * MSMSGSBETAM2",               &[],                                                           "aMSN",                  "5.2 #34"),
    tell("* * MSFT",                       &[],                                                           "Miranda IM",            "1.3; 5.2 #46: 0.8 alpha"),
    // The words of a client of Microsoft until BitlBee took them over, which went on to dialects that it never spoke.
    tell("macmsgs 3.5.1",                  &[Locale("0x0409"), Os("mac 10.2.0"), Arch("ppc"), Since(2005)], "BitlBee",             "5.1 #24, 5.2: after about 2005"),
    tell("macmsgs 3.5.1",                  &[Os("mac 10.2.0"), Offer("MSNP21 CVR0")],                     "BitlBee",               "5.2 #51"),
    // Windows Vista, the real NT 6.0, came out in the last days of 2006: from then on it may be what it says.
    tell("MSNMSGR 6.0.0602",               &[Os("winnt 6.0"), Until(2006)],                               "aMSN",                  "5.2 #33: an NT 6.0 of 2003 to 2005"),
    // With a letter O in place of the zero.
    tell("MSNMSGR 6.0.0602",               &[Offer("MSNP9 MSNP8 CVRO")],                                  "Net::MSN",              "a capture; the lines beside the captures"),
    // MSN Messenger 6.0 came before MSNP12, and offered the fallback.
    tell("MSNMSGR 6.0.0602",               &[Offer("MSNP12")],                                            "msn-pecan",             "5.2 #26; the lines beside the captures"),
    tell("MSNMSGR 5.0.0",                  &[],                                                           "Kopete",                "5.2 #40: 0.7.3 to 0.8"),
    tell("MSNMSGR 6.0.0",                  &[],                                                           "Kopete",                "5.2 #40: 0.7.3 to 0.8"),
    tell("MSNMSGR 6.21.0.104",             &[],                                                           "Miranda NG",            "1.3; 5.2 #48: a version of Skype"),
    // With the offer of the original these are the words of any French Windows Live Messenger on Windows XP.
    tell("MSNMSGR 8.5.1302 msmsgs",        &[Locale("0x040c"), Os("winnt 5.1"), Offer("MSNP15 MSNP14 MSNP13 CVR0")], "Windows Live Messenger 8.5", "6"),
    tell("MSNMSGR 8.5.1302",               &[Locale("0x040c"), Os("winnt 5.1")],                          "MSNPSharp",             "5.2 #54: 2 to 4"),
    tell("MSNMSGR 15.4.3538.0513 MSNMSGR", &[Locale("0x040c"), Os("winnt 6.1.1"), Extra("0")],            "MSNPSharp",             "1.2; 5.2 #55: 5"),
    tell("MSNMSGR 15.4.3502.0922 MSNMSGR", &[Locale("0x0409"), Os("winnt 6.1.0"), Extra("0")],            "Digsby",                "1.2; 5.2 #56"),
    tell("MSG80BETA 8.1.*",                &[],                                                           "libmsn",                "1.4; 5.2 #70: no beta library was of 8.1"),
    tell("MSMSGS 6.0.*",                   &[],                                                           "phpmsnclass",           "1.4; 5.2 #68: no such library from 6.0 on"),
    tell("MSMSGS 8.1.*",                   &[],                                                           "phpmsnclass",           "1.4; 5.2 #68"),
    tell("MSMSGS 14.0.*",                  &[],                                                           "phpmsnclass",           "1.4; 5.2 #69: its port to Python"),
    tell("MSNMSGR",                        &[Os("csharp")],                                               "Animadoria MSNPClient", "5.2 #78"),
    // A .NET library that says the name of the program which uses it, and the Canadian English of its author.
    tell("* * MSMSGS",                     &[Locale("0x1009"), Os("Win32NT")],                            "Meep3692 MSNP",         "5.2 #77"),
    tell("* * MSMSGS",                     &[Locale("0x1009"), Os("Unix")],                               "Meep3692 MSNP",         "5.2 #77; 7: .NET's word on other systems"),
    // Libraries for programs with a name of their own: one misspells `msmsgs`, one says `winnt 10` for all systems.
    tell("* * msmgs",                      &[],                                                           "butterfly",             "the lines beside the captures"),
    tell("* * msmsgs",                     &[Locale("0x0409"), Os("winnt 10"), Offer("MSNP11 CVR0")],     "msnp11-sdk",            "5.2 #74: the name is its user's"),

    // Third-party clients under their own names.
    own("AMSN",         "aMSN",          "5.2 #38: msnlib"),
    own("AvaMSN",       "AvaMSN",        "5.2 #75"),
    own("GTMESS",       "gtmess",        "5.2 #59, #60"),
    own("Kopete",       "Kopete",        "5.2 #39: to 0.7.2"),
    own("macfire",      "MacFire",       "5.2 #62"),
    own("msnp11-sdk",   "msnp11-sdk",    "5.2 #74"),
    own("msnpjs",       "msnpjs",        "5.2 #73"),
    own("QQMSGR",       "Kopete (QQ)",   "5.2 #43: a draft, never an MSN client"),
    own("RMSN",         "RMSN",          "5.2 #63"),
    own("TRILLIAN",     "Trillian",      "5.2 #72: unverified"),
    own("UWPMESSENGER", "UWP Messenger", "5.2 #76"),
    own("WXMSN",        "wxMSN",         "5.2 #61"),

    // Microsoft, by library and version.
    // library version name              product                            builds                                   since      dialects          source
    official("MSMSGS 1.0.*",             "MSN Messenger Service 1.0",       "0863 0889 0893",                        "1999-07", "2",              "6; 5.1 #1 to #3"),
    official("MSMSGS 2.0.*",             "MSN Messenger Service 2.0",       "0083 0085",                             "1999-11", "3 2",            "6"),
    official("MSMSGS 2.1.*",             "MSN Messenger Service 2.1",       "1047",                                  "2000-03", "4 3",            "6"),
    official("MSMSGS 2.2.*",             "MSN Messenger Service 2.2",       "1053",                                  "2000-03", "4 3",            "6"),
    official("MSGSTRST 2.2.*",           "MSN Messenger Service 2.2",       "1053",                                  "2000-03", "4 3",            "1.4; 6"),
    official("MSMSGS 3.0.*",             "MSN Messenger Service 3.0",       "0283 0286",                             "2000-08", "5 4",            "6"),
    official("MSMSGS 3.5.*",             "MSN Messenger Service 3.5",       "0077",                                  "",        "5 4",            "6"),
    official("MSMSGS 3.6.003*",          "MSN Messenger 3.6",               "8 9",                                   "",        "6 5 4",          "6: the late patch, perhaps of 2001, lost the word Service"),
    official("MSMSGS 3.6.*",             "MSN Messenger Service 3.6",       "0024 0025 0026",                        "",        "5 4",            "6; 5.1 #4"),
    official("MSGSTRST 3.6.*",           "MSN Messenger Service 3.6",       "0025",                                  "",        "5 4",            "1.4; 5.1 #5"),
    // MSN Messenger 4 and Windows Messenger 4 share the library; the client's name tells them apart.
    official("MSMSGS 4.0.* WindowsMessenger", "Windows Messenger 4.0",      "",                                      "",        "7 6 5 4",        "6; spec"),
    official("MSMSGS 4.5.* WindowsMessenger", "Windows Messenger 4.5",      "0121",                                  "",        "7 6 5 4",        "6; spec"),
    official("MSMSGS 4.6.* WindowsMessenger", "Windows Messenger 4.6",      "0073 0083",                             "2001-10", "7 6 5 4",        "6; spec"),
    official("MSMSGSMARS 4.0.*",         "Windows Messenger 4.0",           "",                                      "",        "7 6 5 4",        "1.4: documented, no line was found"),
    official("MSMSGS 4.0.*",             "MSN Messenger 4.0",               "",                                      "",        "7 6 5 4",        "6"),
    official("MSMSGS 4.5.*",             "MSN Messenger 4.5",               "0121",                                  "",        "7 6 5 4",        "6"),
    official("MSMSGS 4.6.*",             "MSN Messenger 4.6",               "0073 0083",                             "2001-10", "7 6 5 4",        "6; 5.2 #71"),
    official("MSMSGS 4.7.*",             "Windows Messenger 4.7",           "0105 2009 3001",                        "2002",    "8",              "6; 5.1 #19, #20"),
    official("MSMSGS 5.0.*",             "Windows Messenger 5.0",           "0482",                                  "2003",    "",               "6; 5.1 #21; year I"),
    official("MSMSGS 5.1.*",             "Windows Messenger 5.1",           "0701",                                  "2005",    "",               "6: I"),
    official("MSNMSGR 5.0.*",            "MSN Messenger 5.0",               "0515 0537 0540 0544 0575",              "2003-02", "8",              "6; 5.1 #6 to #8"),
    official("MSNMSGR 6.0.*",            "MSN Messenger 6.0",               "0250 0254 0268 0602",                   "2003-07", "9 8",            "6; 5.1 #9; 5.2 #81"),
    official("MSNMSGR 6.1.*",            "MSN Messenger 6.1",               "0114 0155 0211",                        "2003",    "10 9",           "6; 5.1 #10"),
    official("MSNMSGR 6.2.*",            "MSN Messenger 6.2",               "0133 0137 0205 0208",                   "2004-05", "10 9",           "6; 5.1 #11"),
    official("MSNMSGR 7.0.*",            "MSN Messenger 7.0",               "0205 0425 0732 0777 0813 0816 0820",    "2005-03", "11 10 9",        "6; 5.1 #13"),
    official("MSNMSGR 7.5.*",            "MSN Messenger 7.5",               "0160 0299 0303P 0311 0319P 0320P 0322 0324", "2005", "12 11 10",     "6; 1.3"),
    official("MSG80BETA 8.0.*",          "Windows Live Messenger 8.0",      "0365 0566 0689",                        "",        "14 13",          "6; 5.1 #14: beta"),
    official("MSNMSGR 8.0.*",            "Windows Live Messenger 8.0",      "0787 0792 0812",                        "2006-06", "14 13",          "6"),
    official("MSNMSGR 8.1.*",            "Windows Live Messenger 8.1",      "0168 0178 0178.00",                     "2007-01", "15",             "6: 14 and 13 uncertain"),
    official("MSNMSGR 8.5.*",            "Windows Live Messenger 8.5",      "1235 1288 1302 1302.1018",              "2007-11", "15 14 13",       "6"),
    official("WLMSGRBETA 9.0.*",         "Windows Live Messenger 2009 beta", "1407",                                 "2008",    "16 15",          "6; 5.1 #15"),
    official("MSNMSGR 14.0.*",           "Windows Live Messenger 2009",     "8050.1202 8064 8064.0206 8089.0726 8117.0416", "2009-01", "18 17",   "6; 5.1 #16, #17"),
    official("MSNMSGR 15.4.*",           "Windows Live Messenger 2011",     "3502.0922 3508.1109 3538.0513",         "2010-09", "21 20 19 18 17", "6; 5.1 #18"),
    official("MSNMSGR 16.4.*",           "Windows Live Messenger 2012",     "3503.0728 3505.0912 3508.0205 3528 3528.0331", "2012-08", "21",      "6"),
    official("macmsgs 3.5.1",            "Microsoft Messenger for Mac 3.5.1", "",                                    "",        "8",              "6: to 2004; 5.1 #24"),
    official("macmsgs 6.0.3",            "Microsoft Messenger for Mac 6.0.3", "",                                    "2006",    "14 13",          "6"),
    official("macmsgs 7.0.2",            "Microsoft Messenger for Mac 7.0.2", "",                                    "2009",    "14 13",          "6"),
    official("macmsgs 8.0.1",            "Microsoft Messenger for Mac 8.0.1", "",                                    "2010",    "16 15 14 13",    "6; 5.1 #22"),
    official("macmsgsbeta 8.0.0",        "Microsoft Messenger for Mac 8.0.0 beta", "",                               "",        "16 15 14 13",    "5.1 #23"),
    official("macmsgsbeta",              "Microsoft Messenger for Mac beta", "",                                     "",        "",               "1.4"),
    official("macmsgs",                  "Microsoft Messenger for Mac",     "",                                      "",        "",               "1.4: another version"),
    official("msntvim",                  "MSN TV",                          "",                                      "2000",    "8 7 6 5 4 3",    "6; 5.1 #25"),
];
