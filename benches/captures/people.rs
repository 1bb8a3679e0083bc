//! Those who sign in: an account, an address, a language and a client each, as they are known from captures and sources.

use std::net::Ipv4Addr;

use super::random::Random;

/// Addresses for measurements (RFC 2544): 198.18.0.0/15.
const ADDRESSES: [u8; 2] = [198, 18];
/// One person in so many shares the address of the one before: a translating router.
const SHARE_ADDRESS: u64 = 5;
/// Within so many microseconds everyone moves to the next version of the same program.
const UPDATE_US: u64 = 400_000_000;

/// Locale ids, the commonest first.
const LOCALES: [&str; 24] = [
    "0x0409", "0x0804", "0x0416", "0x0c0a", "0x040c", "0x0407", "0x0411", "0x0410", "0x0413", "0x0809", "0x0404",
    "0x0412", "0x041f", "0x0816", "0x0419", "0x041d", "0x0406", "0x0414", "0x040b", "0x0415", "0x0405", "0x0408",
    "0x040e", "0x0401",
];

/// Which parameters a request has, in the order of the dialects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// MSNP2, MSNP3: no more than library and version. Asked by CVQ, since the server agrees on nothing but CVR0.
    Fallback,
    /// MSNP4 to MSNP7: the client's name comes too, after signing in.
    Late,
    /// MSNP8 to MSNP18: the account comes too, before signing in.
    Early,
    /// MSNP21: redirection data come too, and everything in one write.
    Pipelined,
}

/// A program that signs in, and what the server tells those who use it.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) shape: Shape,
    pub(super) offer: &'static str,
    /// Systems that it runs on, with the processor.
    systems: &'static [&'static str],
    library: &'static str,
    /// The older ones first.
    versions: &'static [&'static str],
    name: &'static str,
    /// Recommended and least version; empty if the server has no advice.
    pub(super) advice: [&'static str; 2],
    /// How common it is.
    weight: usize,
}

const WINDOWS: &[&str] = &["winnt 5.1 i386", "winnt 5.0 i386", "win 4.10 i386", "win 4.90 i386", "winnt 5.2 i386"];
const XP: &[&str] = &["winnt 5.1 i386"];
const VISTA: &[&str] = &["winnt 6.0.0 i386", "winnt 6.1.0 i386", "winnt 6.1.1 i386", "winnt 5.1.3 i386"];

#[rustfmt::skip]
static CLIENTS: [Client; 14] = {
    use Shape::{Early, Fallback, Late, Pipelined};
    [
        Client { shape: Fallback, offer: "MSNP2 CVR0", systems: &["win 4.10 i386", "winnt 5.1 i386"], library: "MSMSGS", versions: &["1.0.0863"], name: "", advice: ["5.0.0544", "1.0.0000"], weight: 2 },
        Client { shape: Late, offer: "MSNP5 MSNP4 CVR0", systems: WINDOWS, library: "MSMSGS", versions: &["3.5.0077", "3.6.0025", "3.6.0039"], name: "MSMSGS", advice: ["4.6.0083", "1.0.0000"], weight: 6 },
        Client { shape: Late, offer: "MSNP7 MSNP6 MSNP5 MSNP4 CVR0", systems: WINDOWS, library: "MSMSGS", versions: &["4.6.0073", "4.6.0083"], name: "MSMSGS", advice: ["6.2.0137", "1.0.0000"], weight: 6 },
        Client { shape: Early, offer: "MSNP8 CVR0", systems: XP, library: "MSMSGS", versions: &["4.7.2009", "4.7.3000", "4.7.3001"], name: "WindowsMessenger", advice: ["4.7.3001", "4.7.0041"], weight: 12 },
        Client { shape: Early, offer: "MSNP8 CVR0", systems: WINDOWS, library: "MSNMSGR", versions: &["5.0.0537", "5.0.0544", "5.0.0575"], name: "MSMSGS", advice: ["6.2.0208", "5.0.0000"], weight: 8 },
        Client { shape: Early, offer: "MSNP9 MSNP8 CVR0", systems: WINDOWS, library: "MSNMSGR", versions: &["6.0.0602", "6.1.0203", "6.1.0211"], name: "MSMSGS", advice: ["6.1.0211", "6.1.0155"], weight: 20 },
        Client { shape: Early, offer: "MSNP10 MSNP9 CVR0", systems: WINDOWS, library: "MSNMSGR", versions: &["6.2.0137", "6.2.0205", "6.2.0208"], name: "MSMSGS", advice: ["7.0.0816", "6.2.0205"], weight: 20 },
        Client { shape: Early, offer: "MSNP11 MSNP10 CVR0", systems: WINDOWS, library: "MSNMSGR", versions: &["7.0.0777", "7.0.0813", "7.0.0816", "7.5.0311", "7.5.0324"], name: "msmsgs", advice: ["", ""], weight: 24 },
        Client { shape: Early, offer: "MSNP14 MSNP13 CVR0", systems: XP, library: "MSG80BETA", versions: &["8.0.0365", "8.0.0566", "8.0.0689"], name: "msmsgs", advice: ["8.0.0812", "8.0.0566"], weight: 5 },
        Client { shape: Early, offer: "MSNP15 MSNP14 MSNP13 CVR0", systems: XP, library: "MSNMSGR", versions: &["8.0.0812", "8.1.0178", "8.5.1288", "8.5.1302"], name: "msmsgs", advice: ["8.5.1302", "8.1.0178"], weight: 22 },
        Client { shape: Early, offer: "MSNP15", systems: XP, library: "MSNMSGR", versions: &["8.5.1302"], name: "BC01", advice: ["14.0.8117", "8.1.0178"], weight: 7 },
        Client { shape: Early, offer: "MSNP18 MSNP17 CVR0", systems: VISTA, library: "MSNMSGR", versions: &["14.0.8050.1202", "14.0.8089.0726", "14.0.8117.0416"], name: "msmsgs", advice: ["14.0.8117", "14.0.8117"], weight: 18 },
        Client { shape: Pipelined, offer: "MSNP21 MSNP20 MSNP19 MSNP18 MSNP17 CVR0", systems: VISTA, library: "MSNMSGR", versions: &["15.4.3502.0922", "15.4.3508.1109", "15.4.3538.0513"], name: "MSNMSGR", advice: ["15.4.3502", "14.0.8117"], weight: 12 },
        Client { shape: Early, offer: "MSNP16 MSNP15 MSNP14 MSNP13", systems: &["mac 10.3.9 ppc", "mac 10.4.11 ppc", "mac 10.6.8 i386"], library: "macmsgs", versions: &["6.0.3", "7.0.2", "8.0.1"], name: "macmsgs", advice: ["8.0.1", "6.0.3"], weight: 4 },
    ]
};

/// One who signs in.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) passport: String,
    pub(super) address: Ipv4Addr,
    pub(super) client: &'static Client,
    locale: &'static str,
    system: &'static str,
    version: usize,
}

impl Person {
    /// The person with this number, always the same, `time_us` after the beginning: by and by, clients are updated.
    pub(super) fn new(seed: u64, number: u64, time_us: u64) -> Self {
        let mut random = Random::of_case(seed, number);
        let client = pick_client(&mut random);
        // The smaller of two numbers: the first locales are the commonest.
        let locale = random.below(LOCALES.len()).min(random.below(LOCALES.len()));
        let system = client.systems[random.below(client.systems.len()).min(random.below(client.systems.len()))];
        let updates = usize::try_from(time_us / UPDATE_US).expect("a short time");
        let version = (random.below(client.versions.len()) + updates).min(client.versions.len() - 1);
        let domain = ["com", "net", "org"][random.below(3)];
        let [_, high, middle, low] = u32::try_from(number - number / SHARE_ADDRESS).unwrap_or(0).to_be_bytes();
        let [first, second] = ADDRESSES;
        Self {
            passport: format!("user{number}@example.{domain}"),
            address: Ipv4Addr::new(first, second + high % 2, middle, low),
            client,
            locale: LOCALES[locale],
            system,
            version,
        }
    }

    /// The version that it tells.
    pub(super) fn version(&self) -> &'static str {
        self.client.versions[self.version]
    }

    /// What stands behind the transaction id of its request; `redirection` is for the dialects that tell it.
    pub(super) fn told(&self, redirection: &str) -> String {
        let Client { shape, library, name, .. } = self.client;
        let known = format!("{} {} {library} {}", self.locale, self.system, self.version());
        match shape {
            Shape::Fallback => known,
            Shape::Late => format!("{known} {name}"),
            Shape::Early => format!("{known} {name} {}", self.passport),
            Shape::Pipelined => format!("{known} {name} {} {redirection}", self.passport),
        }
    }
}

fn pick_client(random: &mut Random) -> &'static Client {
    let mut rest = random.below(CLIENTS.iter().map(|client| client.weight).sum());
    let picked = CLIENTS.iter().find(|client| match rest.checked_sub(client.weight) {
        Some(less) => {
            rest = less;
            false
        }
        None => true,
    });
    picked.expect("a number below the sum of the weights")
}
