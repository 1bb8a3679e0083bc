//! What the server said: the reply line and where its fields are, or an error.
//!
//! ```text
//! CVR 2 8.5.1302 8.5.1302 8.1.0178 http://...  http://...
//!       rec      rec2     min      dl_url      info_url
//! 420 3
//! ```
//!
//! Three versions come first; the addresses are text of any kind (`localhost`, `about:blank`) and may be missing, one
//! or both; what follows them is kept in the line only. Runs of blanks separate like one blank: Microsoft wrote two
//! between the addresses and one at the end in March 2010.

use serde::{Deserialize, Serialize};

use crate::msnp::{Command, Verb};
use crate::tcp::Provenance;

/// How many versions a reply begins with.
const VERSIONS: usize = 3;

/// A reply to a CVR or CVQ request as sent: CVR, CVQ or an error.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reply {
    verb: Verb,
    command: Command,
    malformed: bool,
    /// The packets that carried the line, and doubts.
    pub provenance: Provenance,
}

impl Reply {
    /// Reads `command`, a CVR, CVQ or error line of a server.
    pub fn new(verb: Verb, command: Command, provenance: Provenance) -> Self {
        let malformed = match verb {
            Verb::Error(_) => command.trid().is_none(),
            _ => command.trid().is_none() || command.args().take_while(|arg| !is_address(arg)).count() < VERSIONS,
        };
        Self { verb, command, malformed, provenance }
    }
    /// CVR, CVQ or the error.
    pub fn verb(&self) -> Verb {
        self.verb
    }
    /// The line as sent, without its line ending.
    pub fn line(&self) -> &[u8] {
        self.command.line()
    }
    /// The transaction id, if it is one.
    pub fn trid(&self) -> Option<u32> {
        self.command.trid()
    }
    /// The error's code (420, 710, 731), if the reply is an error.
    pub fn error_code(&self) -> Option<u16> {
        match self.verb {
            Verb::Error(code) => Some(code),
            _ => None,
        }
    }
    /// Whether the line lacks a transaction id or, unless it is an error, one of its three versions. Which of the
    /// versions are there is then not proven, so every field is empty; the line stays.
    pub fn is_malformed(&self) -> bool {
        self.malformed
    }
    /// Recommended version.
    pub fn rec_ver(&self) -> Option<&[u8]> {
        self.field(0)
    }
    /// Second recommended version.
    pub fn rec_ver2(&self) -> Option<&[u8]> {
        self.field(1)
    }
    /// Minimum version.
    pub fn min_ver(&self) -> Option<&[u8]> {
        self.field(2)
    }
    /// Address to download from.
    pub fn dl_url(&self) -> Option<&[u8]> {
        self.field(3)
    }
    /// Address to read about it.
    pub fn info_url(&self) -> Option<&[u8]> {
        self.field(4)
    }

    fn field(&self, index: usize) -> Option<&[u8]> {
        if self.malformed || self.error_code().is_some() { None } else { self.command.arg(index) }
    }
}

/// Whether `word` is an address and not a version. A version may be any text, since some servers repeat what the
/// client sent; no version holds a colon or a slash.
fn is_address(word: &[u8]) -> bool {
    word == b"localhost" || word.iter().any(|byte| matches!(byte, b':' | b'/'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::cvr::script::{provenance, reply, text};

    /// `rec rec2 min dl info`, with `-` for what is absent.
    fn fields(line: &str) -> String {
        let reply = reply(line);
        let fields = [reply.rec_ver(), reply.rec_ver2(), reply.min_ver(), reply.dl_url(), reply.info_url()];
        fields.map(|field| field.map_or_else(|| "-".to_owned(), text)).join(" ")
    }

    /// Each line with its trid taken away is what it must say. Sections 1.5, 9.1 and 9.2 of the wire reference, and
    /// the lines of real services that were kept.
    #[test]
    fn every_reply_seen_gives_its_fields() {
        for line in SEEN {
            let expected = line.split_once(' ').and_then(|(_, rest)| rest.split_once(' ')).unwrap().1;
            assert_eq!(fields(line), expected, "{line}");
            assert!(!reply(line).is_malformed(), "{line}");
        }
    }

    const SEEN: &[&str] = &[
        "CVR 7 4.6.0083 4.6.0083 1.0.0000 http://download.microsoft.com/download/msnmessenger/install/4.6/win98me/en-us/mmssetup.exe http://messenger.microsoft.com",
        "CVQ 2 5.0.0537 5.0.0537 1.0.0863 http://download.microsoft.com/download/msnmessenger/install/5.0/w98nt42kmexp/en-us/setupdl.exe http://messenger.microsoft.com",
        "CVR 2 6.0.0602 6.0.0602 1.0.0000 http://download.microsoft.com/download/8/a/4/8a42bcae-f533-4468-b871-d2bc8dd32e9e/SETUP9x.EXE http://messenger.msn.com",
        "CVR 2 6.0.0602 6.0.0602 6.0.0268 http://download.microsoft.com/download/4/d/e/4defe3d0-b2e3-4de2-ab23-8bd74be402ea/SetupDl.exe http://messenger.msn.com/nl",
        "CVR 2 6.1.0211 6.1.0211 6.1.0155 http://download.microsoft.com/download/8/3/C/83C4B2DB-AC1C-4B56-8144-4472C0982F21/SetupDl.exe http://messenger.msn.com",
        "CVQ 2 7.0.0813 7.0.0813 6.2.0205 http://msgr.dlservice.microsoft.com/download/5/d/9/5d9bb5b2-49c7-4890-94ab-d1d5e44a0e6d/Install_MSN_Messenger.exe http://messenger.msn.com",
        "CVR 2 7.5.0324 7.5.0324 6.2.0208 http://msgr.dlservice.microsoft.com/download/5/a/8/5a892c0f-5b87-4767-8927-6fe5d8cfc582/Install_MSN_Messenger.exe http://messenger.msn.com",
        "CVR 2 8.0.0566 8.0.0566 8.0.0566 http://msgr.dlservice.microsoft.com/download/4/5/b/45beb06f-5a08-4694-abd8-d6e706b06b68/Install_Messenger_Beta.exe http://ideas.live.com",
        "CVR 2 1.0.0000 1.0.0000 7.0.0425 http://download.microsoft.com/download/D/F/B/DFB59A5D-92DF-4405-9767-43E3DF10D25B/fr/Install_MSN_Messenger.exe http://messenger.msn.com/fr",
        "CVR 2 8.1.0178 8.1.0178 8.1.0178 http://msgruser.dlservice.microsoft.com/download/5/6/4/5646481F-33EF-4B08-AF00-4904F7677B89/FR/Install_WLMessenger.exe http://messenger.msn.com/fr",
        "CVR 2 8.1.0178 8.1.0178 8.1.0178 http://msgruser.dlservice.microsoft.com/download/5/6/4/5646481F-33EF-4B08-AF00-4904F7677B89/ES/Install_WLMessenger.exe http://get.live.com/es",
        "CVR 2 8.1.0178 8.1.0178 8.1.0178 http://msgruser.dlservice.microsoft.com/download/1/A/4/1A4FEB1A-18E0-423A-B898-F697402E4F7F/Install_Messenger.exe http://get.live.com",
        "CVR 2 8.1.0178 8.1.0178 8.0.0787 http://msgr.dlservice.microsoft.com/download/1/A/4/1A4FEB1A-18E0-423A-B898-F697402E4F7F/Install_Messenger.exe http://get.live.com",
        "CVR 2 8.5.1302 8.5.1302 8.1.0178 http://msgr.dlservice.microsoft.com/download/5/6/4/5646481F-33EF-4B08-AF00-4904F7677B89/ES/Install_WLMessenger.exe http://get.live.com/es",
        "CVR 2 14.0.8064 14.0.8064 8.1.0178 http://msgr.dlservice.microsoft.com/download/5/2/E/52EB299A-E4DE-43E2-8D55-510D7FB03610/en/wlsetup-cvr.exe http://download.live.com/?sku=messenger",
        "CVR 2 14.0.8089 14.0.8089 14.0.8089 http://msgruser.dlservice.microsoft.com/download/7/5/8/758BFCC9-1744-48F7-8162-E0AC1E7BF5C8/en/wlsetup-cvr.exe http://download.live.com/?sku=messenger",
        "CVR 1 14.0.8117 14.0.8117 14.0.8117 http://msgruser.dlservice.microsoft.com/download/A/6/1/A616CCD4-B0CA-4A3D-B975-3EDB38081B38/en/wlsetup-cvr.exe http://download.live.com/?sku=messenger",
        "CVR 2 14.0.8117 14.0.8117 14.0.8117 http://msgruser.dlservice.microsoft.com/download/A/6/1/A616CCD4-B0CA-4A3D-B975-3EDB38081B38/fr/wlsetup-cvr.exe http://download.live.com/?sku=messenger",
        "CVR 2 1.0.0000 1.0.0000 1.0.0000 http://msgr.dlservice.microsoft.com http://download.live.com/?sku=messenger",
        // Revival and test servers (9.2).
        "CVR 2 6.0.0602 6.0.0602 6.0.0602 https://escargot.log1p.xyz https://escargot.log1p.xyz",
        "CVR 2 4.7.3001 4.7.3001 4.7.3001 https://login.passport.com https://login.passport.com",
        "CVR 2 14.0.8117.0416 14.0.8117.0416 14.0.8117.0416 localhost localhost",
        "CVR 2 1.0.0863 1.0.0863 1.0.0863 http://messenger.hotmail.com/mmsetup.exe http://messenger.hotmail.com",
        "CVR 2 4.7.0105 4.7.0105 1.0.0000 http://messenger.example.com http://messenger.example.com",
        "CVR 2 1.0.0000 1.0.0000 1.0.0000 https://r2m.camposs.net/storage https://r2m.camposs.net",
        "CVR 2 1.0.0000 1.0.0000 1.0.0000 http://example.com/download http://example.com/info",
        "CVR 2 1.0.0000, 1.0.0000 1.0.0000 about:blank about:blank",
        "CVR 2 alpha1 alpha1 alpha1 localhost localhost",
    ];

    #[test]
    fn addresses_may_be_missing_and_blanks_may_run() {
        assert_eq!(fields("CVR 2 1.0.0000 1.0.0000 7.0.0425"), "1.0.0000 1.0.0000 7.0.0425 - -");
        assert_eq!(fields("CVR 2 1.0 1.0 1.0 http://dl.example.com"), "1.0 1.0 1.0 http://dl.example.com -");
        assert_eq!(
            fields(
                "CVR 2 1.0.0000 1.0.0000 1.0.0000 http://msgr.dlservice.microsoft.com  http://download.live.com/?sku=messenger "
            ),
            "1.0.0000 1.0.0000 1.0.0000 http://msgr.dlservice.microsoft.com http://download.live.com/?sku=messenger"
        );
        // The reference shows this reply of 2002 cut after its third version.
        assert_eq!(fields("CVR 8 1.0.0000 1.0.0000 1.0.0000"), "1.0.0000 1.0.0000 1.0.0000 - -");
    }

    #[test]
    fn what_follows_the_addresses_is_ignored() {
        assert_eq!(fields("CVR 2 1.0 1.1 1.2 a:b c:d more 7.0"), "1.0 1.1 1.2 a:b c:d");
    }

    #[test]
    fn an_error_has_a_code_and_no_fields() {
        for (line, code) in [("420 3", 420), ("710 5", 710), ("731 6", 731), ("500 2 1.0 1.0 1.0", 500)] {
            assert_eq!(reply(line).error_code(), Some(code), "{line}");
            assert_eq!(fields(line), "- - - - -", "{line}");
            assert!(!reply(line).is_malformed(), "{line}");
        }
    }

    #[test]
    fn c19_fewer_than_three_versions_prove_no_field() {
        for line in ["CVR 2", "CVR", "CVR 2 6.0.0602", "CVR 2 6.0.0602 6.0.0602 http://a.example.com", "CVR x 1 1 1"] {
            assert!(reply(line).is_malformed(), "{line}");
            assert_eq!(fields(line), "- - - - -", "{line}");
            assert_eq!(text(reply(line).line()), line);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn any_bytes_are_a_reply_of_some_kind(line in any::<Vec<u8>>()) {
            use super::{Command, Reply, Verb};
            for verb in [Verb::Cvr, Verb::Error(911)] {
                let reply = Reply::new(verb, Command::parse(&line), provenance(1));
                prop_assert_eq!(reply.line(), &line[..]);
                prop_assert!(reply.rec_ver().is_some() == reply.min_ver().is_some());
            }
        }
    }
}
