//! What is known about clients: one row for each product and each way to tell it, in the notation of the request itself.
//!
//! ```text
//! locale osType osVer arch library version name extra
//! *      *      *     *    MSNMSGR 6.1.*               what its words claim
//! *      *      *     *    *       *       BC01        what gives it away
//! ```
//!
//! The first row that fits wins, so tells stand before claims. Most third-party clients send the words of an official
//! one: those with a documented tell are named, and for the others the claim is reported. A source names the section
//! and line of the project's wire reference, which in turn names the capture or source code.

/// One way to tell a product by its request.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Words for locale id, system, its version, architecture, library, version, client name and first extra
    /// parameter; `*` fits anything, a word with `*` at its end a beginning; words left out at the end fit anything.
    pub pattern: &'static str,
    /// The name of the product.
    pub product: &'static str,
    /// Where this is known from.
    pub source: &'static str,
}

const fn row(pattern: &'static str, product: &'static str, source: &'static str) -> Row {
    Row { pattern, product, source }
}

/// Every product that is told apart, tells before claims.
#[rustfmt::skip]
pub const CATALOGUE: &[Row] = &[
    // Third-party clients in the words of an official one, by what gives them away.
    row("* * * * * * BC01", "libpurple", "5.2 #31, #50: Pidgin, Adium; also ayttm of 2009"),
    row("* * * * * * MSMSGSBETAM2", "aMSN", "5.2 #34"),
    row("* * * * * * MSFT", "Miranda IM", "1.3; 5.2 #46: 0.8 alpha"),
    row("0x0409 mac 10.2.0 ppc macmsgs 3.5.1", "BitlBee", "5.1 #24, 5.2 #51: since 2005"),
    row("* winnt 6.0 * MSNMSGR 6.0.0602", "aMSN", "5.2 #33: an NT 6.0 of 2003; captured from aMSN 0.94"),
    row("* * * * MSNMSGR 5.0.0", "Kopete", "5.2 #40: 0.7.3 to 0.8"),
    row("* * * * MSNMSGR 6.0.0", "Kopete", "5.2 #40: 0.7.3 to 0.8"),
    row("* * * * MSNMSGR 6.21.0.104", "Miranda NG", "1.3; 5.2 #48: a version of Skype"),
    row("0x040c winnt 5.1 * MSNMSGR 8.5.1302", "MSNPSharp", "5.2 #54: 2 to 4"),
    row("0x040c winnt 6.1.1 i386 MSNMSGR 15.4.3538.0513 MSNMSGR 0", "MSNPSharp", "1.2; 5.2 #55: 5"),
    row("0x0409 winnt 6.1.0 i386 MSNMSGR 15.4.3502.0922 MSNMSGR 0", "Digsby", "1.2; 5.2 #56"),
    row("* * * * MSG80BETA 8.1.*", "libmsn", "1.4; 5.2 #70: no beta library was of 8.1"),
    row("* * * * MSMSGS 6.0.*", "phpmsnclass", "1.4; 5.2 #68: no such library from 6.0 on"),
    row("* * * * MSMSGS 8.1.*", "phpmsnclass", "1.4; 5.2 #68"),
    row("* csharp * * MSNMSGR", "Animadoria MSNPClient", "5.2 #78"),

    // Third-party clients under their own names.
    row("* * * * AMSN", "aMSN", "5.2 #38: msnlib"),
    row("* * * * AvaMSN", "AvaMSN", "5.2 #75"),
    row("* * * * GTMESS", "gtmess", "5.2 #59, #60"),
    row("* * * * Kopete", "Kopete", "5.2 #39: to 0.7.2"),
    row("* * * * macfire", "MacFire", "5.2 #62"),
    row("* * * * msnp11-sdk", "msnp11-sdk", "5.2 #74"),
    row("* * * * msnpjs", "msnpjs", "5.2 #73"),
    row("* * * * QQMSGR", "Kopete (QQ)", "5.2 #43: a draft, never an MSN client"),
    row("* * * * RMSN", "RMSN", "5.2 #63"),
    row("* * * * TRILLIAN", "Trillian", "5.2 #72: unverified"),
    row("* * * * UWPMESSENGER", "UWP Messenger", "5.2 #76"),
    row("* * * * WXMSN", "wxMSN", "5.2 #61"),

    // Microsoft, by library and version.
    row("* * * * MSMSGS 1.0.*", "MSN Messenger Service 1.0", "6; 5.1 #1 to #3"),
    row("* * * * MSMSGS 2.0.*", "MSN Messenger Service 2.0", "6"),
    row("* * * * MSMSGS 2.1.*", "MSN Messenger Service 2.1", "6"),
    row("* * * * MSMSGS 2.2.*", "MSN Messenger Service 2.2", "6"),
    row("* * * * MSGSTRST 2.2.*", "MSN Messenger Service 2.2", "1.4"),
    row("* * * * MSMSGS 3.0.*", "MSN Messenger Service 3.0", "6"),
    row("* * * * MSMSGS 3.5.*", "MSN Messenger Service 3.5", "6"),
    row("* * * * MSMSGS 3.6.003*", "MSN Messenger 3.6", "6: the late patch lost the word Service"),
    row("* * * * MSMSGS 3.6.*", "MSN Messenger Service 3.6", "6; 5.1 #4"),
    row("* * * * MSGSTRST 3.6.*", "MSN Messenger Service 3.6", "1.4; 5.1 #5"),
    // MSN Messenger 4 and Windows Messenger 4 share the library; the client's name tells them apart.
    row("* * * * MSMSGS 4.0.* WindowsMessenger", "Windows Messenger 4.0", "6; spec"),
    row("* * * * MSMSGS 4.5.* WindowsMessenger", "Windows Messenger 4.5", "6; spec"),
    row("* * * * MSMSGS 4.6.* WindowsMessenger", "Windows Messenger 4.6", "6; spec"),
    row("* * * * MSMSGS 4.0.*", "MSN Messenger 4.0", "6"),
    row("* * * * MSMSGS 4.5.*", "MSN Messenger 4.5", "6"),
    row("* * * * MSMSGS 4.6.*", "MSN Messenger 4.6", "6; 5.2 #71"),
    row("* * * * MSMSGSMARS 4.0.*", "Windows Messenger 4.0", "1.4: documented, no line was found"),
    row("* * * * MSMSGS 4.7.*", "Windows Messenger 4.7", "6; 5.1 #19, #20"),
    row("* * * * MSMSGS 5.0.*", "Windows Messenger 5.0", "6; 5.1 #21"),
    row("* * * * MSMSGS 5.1.*", "Windows Messenger 5.1", "6"),
    row("* * * * MSNMSGR 5.0.*", "MSN Messenger 5.0", "6; 5.1 #6 to #8"),
    row("* * * * MSNMSGR 6.0.*", "MSN Messenger 6.0", "6; 5.1 #9"),
    row("* * * * MSNMSGR 6.1.*", "MSN Messenger 6.1", "6; 5.1 #10"),
    row("* * * * MSNMSGR 6.2.*", "MSN Messenger 6.2", "6; 5.1 #11"),
    row("* * * * MSNMSGR 7.0.*", "MSN Messenger 7.0", "6; 5.1 #13"),
    row("* * * * MSNMSGR 7.5.*", "MSN Messenger 7.5", "6"),
    row("* * * * MSG80BETA 8.0.*", "Windows Live Messenger 8.0", "6; 5.1 #14: beta"),
    row("* * * * MSNMSGR 8.0.*", "Windows Live Messenger 8.0", "6"),
    row("* * * * MSNMSGR 8.1.*", "Windows Live Messenger 8.1", "6"),
    row("* * * * MSNMSGR 8.5.*", "Windows Live Messenger 8.5", "6"),
    row("* * * * WLMSGRBETA 9.0.*", "Windows Live Messenger 2009 beta", "6; 5.1 #15"),
    row("* * * * MSNMSGR 14.0.*", "Windows Live Messenger 2009", "6; 5.1 #16, #17"),
    row("* * * * MSNMSGR 15.4.*", "Windows Live Messenger 2011", "6; 5.1 #18"),
    row("* * * * MSNMSGR 16.4.*", "Windows Live Messenger 2012", "6"),
    row("* * * * macmsgs 3.5.1", "Microsoft Messenger for Mac 3.5.1", "6"),
    row("* * * * macmsgs 6.0.3", "Microsoft Messenger for Mac 6.0.3", "6"),
    row("* * * * macmsgs 7.0.2", "Microsoft Messenger for Mac 7.0.2", "6"),
    row("* * * * macmsgs 8.0.1", "Microsoft Messenger for Mac 8.0.1", "6; 5.1 #22"),
    row("* * * * macmsgsbeta 8.0.0", "Microsoft Messenger for Mac 8.0.0 beta", "5.1 #23"),
    row("* * * * macmsgsbeta", "Microsoft Messenger for Mac beta", "1.4"),
    row("* * * * macmsgs", "Microsoft Messenger for Mac", "1.4: another version"),
    row("* * * * msntvim", "MSN TV", "6; 5.1 #25"),
];
