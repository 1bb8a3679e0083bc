//! Servers by the addresses in their replies: which only repeat what the client says, and which answer of their own.
//!
//! A server that repeats the client's version calls every client up to date, and means nothing by it. The Microsoft
//! service may answer with the client's own version three times, too: to the newest client, in a time when it demands
//! that all others upgrade. Only the addresses tell these apart. Of a server that is not known here, versions that repeat
//! the client's are taken for an echo.

use crate::cvr::{Exchange, Reply, Request};

/// One way to tell a server by its reply.
#[derive(Clone, Copy, Debug)]
pub struct Server {
    /// Hosts of the download address and of the other one; a `*` in front fits any beginning.
    pub hosts: [&'static str; 2],
    /// Its name.
    pub name: &'static str,
    /// Whether it only repeats the version that the client sent.
    pub echoes: bool,
    /// Where this is known from: sections of the wire reference.
    pub source: &'static str,
}

const fn echo(hosts: [&'static str; 2], name: &'static str, source: &'static str) -> Server {
    Server { hosts, name, echoes: true, source }
}

const fn own(hosts: [&'static str; 2], name: &'static str, source: &'static str) -> Server {
    Server { hosts, name, echoes: false, source }
}

/// Every server that is told apart. NPMSNP names its own host, and so cannot be here.
#[rustfmt::skip]
pub const SERVERS: &[Server] = &[
    echo(["escargot.log1p.xyz", "escargot.log1p.xyz"],       "Escargot",              "9.2"),
    echo(["url.com", "url.com"],                             "Escargot",              "9.2: older"),
    echo(["login.passport.com", "login.passport.com"],       "a museum's server",     "9.2: derived from Escargot"),
    echo(["localhost", "localhost"],                         "wlmatrix",              "9.2"),
    own(["messenger.hotmail.com", "messenger.hotmail.com"],  "OpenMSN",               "9.2: always 1.0.0863"),
    own(["r2m.camposs.net", "r2m.camposs.net"],              "rusty-retro-messaging", "9.2: always 1.0.0000"),
    own(["doridian.net", "doridian.net"],                    "a server in Java",      "9.2: always 1.0.0000"),
    own(["example.com", "example.com"],                      "a server in C#",        "9.2: always 1.0.0000"),
    own(["about:blank", "about:blank"],                      "a server in Elixir",    "1.5, 9.2: always 1.0.0000"),
    // Servers that give one answer to all have copied addresses of Microsoft, those that repeat versions have not.
    own(["download.microsoft.com", "*"],                     "Microsoft",             "9.1, 9.2: to 2005"),
    own(["*.dlservice.microsoft.com", "*"],                  "Microsoft",             "9.1: from 2005"),
];

impl Server {
    /// The server that sent `reply`, if it is known.
    pub fn of(reply: &Reply) -> Option<&'static Self> {
        let hosts = [reply.dl_url(), reply.info_url()].map(|url| url.map(host).unwrap_or_default());
        SERVERS.iter().find(|server| server.hosts.iter().zip(hosts).all(|(pattern, host)| host_fits(pattern, host)))
    }
}

/// Whether the reply says the client's own version three times, byte for byte, and nothing tells that the server meant
/// it. Where the client's version was not captured, only a server that is known for it echoes.
pub(super) fn is_echo(exchange: &Exchange) -> bool {
    let Some(reply) = &exchange.reply else { return false };
    let Some(version) = reply.rec_ver().filter(|rec| [reply.rec_ver2(), reply.min_ver()] == [Some(*rec); 2]) else {
        return false;
    };
    let known = Server::of(reply).map(|server| server.echoes);
    match exchange.request.as_ref().and_then(Request::client_ver) {
        Some(own) => own == version && known != Some(false),
        None => known == Some(true),
    }
}

/// The host of an address, without port; a word without `://` may be a host alone.
fn host(url: &[u8]) -> &[u8] {
    let scheme_len = url.windows(3).position(|window| window == b"://").map(|at| at + 3);
    let (rest, ends) = match scheme_len.and_then(|len| url.get(len..)) {
        Some(rest) => (rest, &b"/:?#"[..]),
        None => (url, &b"/?#"[..]),
    };
    rest.split(|byte| ends.contains(byte)).next().unwrap_or_default()
}

fn host_fits(pattern: &str, host: &[u8]) -> bool {
    match pattern.strip_prefix('*') {
        Some(end) => host.ends_with(end.as_bytes()),
        None => host == pattern.as_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cvr::script::{exchange, exchanges, reply, text};

    const ASK: &str = "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS u@example.com";

    fn echoes(request: &str, reply: &str) -> bool {
        is_echo(&exchange(request, reply))
    }

    #[test]
    fn an_echo_is_the_clients_own_version_three_times() {
        let addresses = "http://a.example.org http://b.example.org";
        assert!(echoes(ASK, &format!("CVR 2 6.0.0602 6.0.0602 6.0.0602 {addresses}")));
        assert!(echoes(ASK, "CVR 2 6.0.0602 6.0.0602 6.0.0602"));
        assert!(!echoes(ASK, &format!("CVR 2 6.0.0602 6.0.0602 6.0.0268 {addresses}")));
        assert!(!echoes(ASK, &format!("CVR 2 6.0.0602 6.1.0211 6.0.0602 {addresses}")));
        assert!(!echoes(ASK, &format!("CVR 2 6.0.602 6.0.602 6.0.602 {addresses}")));
        assert!(!echoes(ASK, "420 2") && !echoes(ASK, ""));
        assert!(!echoes("CVQ 6 spaghetti", "CVQ 6 6.0 6.0 6.0"));
    }

    #[test]
    fn a_service_that_demands_its_newest_version_does_not_echo_it() {
        let microsoft = "http://msgr.dlservice.microsoft.com/download/Install_Messenger_Beta.exe http://ideas.live.com";
        assert!(!echoes(ASK, &format!("CVR 2 6.0.0602 6.0.0602 6.0.0602 {microsoft}")));
        let old = "http://download.microsoft.com/download/SETUP9x.EXE http://messenger.msn.com";
        assert!(!echoes(ASK, &format!("CVR 2 6.0.0602 6.0.0602 6.0.0602 {old}")));
    }

    #[test]
    fn of_a_lone_reply_the_address_tells_the_echo() {
        let lone = |addresses: &str| is_echo(&exchanges(&format!("S: CVR 2 6.0 6.0 6.0 {addresses}"))[0]);
        assert!(lone("https://escargot.log1p.xyz https://escargot.log1p.xyz"));
        assert!(!lone("https://a.example.org https://a.example.org"));
        assert!(!lone("http://msgr.dlservice.microsoft.com http://ideas.live.com"));
        let differs = "S: CVR 2 6.0 6.0 1.0 https://escargot.log1p.xyz https://escargot.log1p.xyz";
        assert!(!is_echo(&exchanges(differs)[0]));
    }

    #[test]
    fn every_server_is_told_by_its_addresses() {
        for (addresses, name) in [
            ("https://escargot.log1p.xyz https://escargot.log1p.xyz", "Escargot"),
            ("http://escargot.log1p.xyz/ http://escargot.log1p.xyz/", "Escargot"),
            ("http://url.com http://url.com", "Escargot"),
            ("https://login.passport.com https://login.passport.com", "a museum's server"),
            ("localhost localhost", "wlmatrix"),
            ("http://messenger.hotmail.com/mmsetup.exe http://messenger.hotmail.com", "OpenMSN"),
            ("https://r2m.camposs.net/storage https://r2m.camposs.net", "rusty-retro-messaging"),
            ("https://doridian.net https://doridian.net", "a server in Java"),
            ("http://example.com/download http://example.com/info", "a server in C#"),
            ("about:blank about:blank", "a server in Elixir"),
            ("http://download.microsoft.com/a/SETUP9x.EXE http://messenger.msn.com", "Microsoft"),
            ("http://msgruser.dlservice.microsoft.com:80/download http://get.live.com/es", "Microsoft"),
            ("http://evil.example.org/escargot.log1p.xyz http://escargot.log1p.xyz", ""),
            ("https://escargot.log1p.xyz", ""),
            ("", ""),
        ] {
            let found = Server::of(&reply(&format!("CVR 2 1.0 1.0 1.0 {addresses}")));
            assert_eq!(found.map_or("", |server| server.name), name, "{addresses}");
        }
    }

    #[test]
    fn a_host_ends_where_the_path_or_the_port_begins() {
        for (url, expected) in [
            ("http://a.example.org", "a.example.org"),
            ("http://a.example.org:8080/x", "a.example.org"),
            ("https://a.example.org?sku=messenger", "a.example.org"),
            ("a.example.org/x", "a.example.org"),
            ("about:blank", "about:blank"),
            ("http://", ""),
            ("", ""),
        ] {
            assert_eq!(text(host(url.as_bytes())), expected, "{url}");
        }
    }
}
