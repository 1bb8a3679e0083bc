//! Operating systems: the pair of type and version, for the pairs that are known.
//!
//! ```text
//! win     4.10            Windows 98            9x numbers; ten is ten, not a decimal
//! winnt   5.1             Windows XP            NT numbers
//! winnt   5.1.3           Windows XP SP3        third part: service pack (from WLM 14 on, Miranda 0.9)
//! Win32NT 10.0.19045.0    Windows 10 or 11      .NET: four parts, none of them a service pack
//! mac     10.13.6         Mac OS X 10.13.6
//! linux   2.6.8-1-686     Linux 2.6.8-1-686     uname -s and -r: release of the kernel
//! linux   v14.17.0        Linux                 node.js, which names its own version
//! Unix    5.15.0.91       Unix                  .NET, and gtmess where it has no uname: no version of a known thing
//! webtv   2.8             WebTV 2.8
//! ```
//!
//! Where Microsoft gave a number to a desktop and a server system, the desktop's name is given: a messenger ran there.
//! Where two desktop systems share one, both are named. A program without a manifest is told 6.2 by every later
//! Windows, so `Windows 8` is what the client was told, no more.
//!
//! Nothing is said about pairs that are not of this table, above all crossed ones: `win 5.1` and `win 10.0` are sent by
//! programs that did not ask their system. Sources: section 7 of the wire reference.

use std::borrow::Cow;

use super::Os;

/// Windows 9x by major and minor number.
const WINDOWS_9X: &[(u32, u32, &str)] = &[(4, 0, "Windows 95"), (4, 10, "Windows 98"), (4, 90, "Windows ME")];

/// Windows NT by major and minor number.
const WINDOWS_NT: &[(u32, u32, &str)] = &[
    (3, 51, "Windows NT 3.51"),
    (4, 0, "Windows NT 4.0"),
    (5, 0, "Windows 2000"),
    (5, 1, "Windows XP"),
    (5, 2, "Windows Server 2003 or XP x64"),
    (6, 0, "Windows Vista"),
    (6, 1, "Windows 7"),
    (6, 2, "Windows 8"),
    (6, 3, "Windows 8.1"),
    (10, 0, "Windows 10 or 11"),
];

/// What `uname -s` says, the family of a client that tells the truth about a Unix.
const KERNELS: &[&str] = &["Linux", "Darwin", "FreeBSD", "NetBSD", "OpenBSD", "DragonFly", "SunOS"];

/// Highest service pack of any Windows: NT 4.0 had six. A larger third part is a build number.
const SERVICE_PACK_MAX: u32 = 6;

impl Os {
    /// What `os_type` and `os_ver` stand for, both as sent.
    pub fn of(os_type: &[u8], os_ver: &[u8]) -> Self {
        // A name ends up in reports, and the version in the name: whatever is not plain text names nothing.
        let plain = |text: &[u8]| text.iter().all(u8::is_ascii_graphic);
        let (Ok(family), Ok(version)) = (str::from_utf8(os_type), str::from_utf8(os_ver)) else {
            return Self::default();
        };
        if !plain(os_type) || !plain(os_ver) {
            return Self::default();
        }
        let name = match family.to_ascii_lowercase().as_str() {
            "win" => named(WINDOWS_9X, version),
            "winnt" => windows_nt(version),
            "win32nt" => named(WINDOWS_NT, version),
            "mac" => mac(version),
            "webtv" => version.starts_with("2.").then(|| format!("WebTV {version}").into()),
            "win32" if is_of_node(version) => Some("Windows".into()),
            "unix" => Some("Unix".into()),
            other => kernel(other, version),
        };
        Self { name }
    }
}

fn windows_nt(version: &str) -> Option<Cow<'static, str>> {
    let name = named(WINDOWS_NT, version)?;
    // Three parts, no fewer and no more: a fourth makes it a .NET version.
    let parts: Vec<Option<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
    Some(match parts[..] {
        [_, _, Some(pack @ 1..=SERVICE_PACK_MAX)] => format!("{name} SP{pack}").into(),
        _ => name,
    })
}

/// The system whose first two numbers `version` has; a missing second one is zero (`winnt 10`).
fn named(table: &[(u32, u32, &'static str)], version: &str) -> Option<Cow<'static, str>> {
    // `parse` takes a plus sign, and no system has one.
    if version.contains('+') {
        return None;
    }
    let mut parts = version.split('.');
    let major: u32 = parts.next()?.parse().ok()?;
    let minor: u32 = parts.next().unwrap_or("0").parse().ok()?;
    table.iter().find(|row| (row.0, row.1) == (major, minor)).map(|row| Cow::Borrowed(row.2))
}

/// Mac OS X only: `mac 8.0.0` of `macfire` is hardly a system's version, and no line from Mac OS 9 is known.
fn mac(version: &str) -> Option<Cow<'static, str>> {
    match version.split_once('.') {
        Some(("10", _)) => Some(format!("Mac OS X {version}").into()),
        None if version == "10" => Some("Mac OS X".into()),
        _ => None,
    }
}

/// The kernel and its release, where it is one.
fn kernel(family: &str, version: &str) -> Option<Cow<'static, str>> {
    let name = KERNELS.iter().find(|name| name.eq_ignore_ascii_case(family))?;
    Some(if version.starts_with(|first: char| first.is_ascii_digit()) {
        format!("{name} {version}").into()
    } else {
        Cow::Borrowed(name)
    })
}

/// node.js writes its own version with a `v`.
fn is_of_node(version: &str) -> bool {
    version.strip_prefix('v').is_some_and(|number| number.starts_with(|first: char| first.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_pairs_have_their_names() {
        for (os, expected) in [
            ("win 4.0", "Windows 95"),
            ("win 4.00", "Windows 95"),
            ("win 4.10", "Windows 98"),
            ("win 4.90", "Windows ME"),
            ("winnt 3.51", "Windows NT 3.51"),
            ("winnt 4.0", "Windows NT 4.0"),
            ("winnt 4.0.6", "Windows NT 4.0 SP6"),
            ("winnt 5.0", "Windows 2000"),
            ("winnt 5.1", "Windows XP"),
            ("winnt 5.1.3", "Windows XP SP3"),
            ("winnt 5.2", "Windows Server 2003 or XP x64"),
            ("winnt 5.2.2", "Windows Server 2003 or XP x64 SP2"),
            ("winnt 6.0", "Windows Vista"),
            ("winnt 6.0.0", "Windows Vista"),
            ("winnt 6.1.0", "Windows 7"),
            ("winnt 6.1.1", "Windows 7 SP1"),
            ("winnt 6.2.0", "Windows 8"),
            ("winnt 6.3", "Windows 8.1"),
            ("winnt 10", "Windows 10 or 11"),
            ("winnt 10.0", "Windows 10 or 11"),
            ("Win32NT 10.0.19045.0", "Windows 10 or 11"),
            ("mac 10", "Mac OS X"),
            ("mac 10.2.0", "Mac OS X 10.2.0"),
            ("mac 10.13.6", "Mac OS X 10.13.6"),
            ("linux 2.2.4", "Linux 2.2.4"),
            ("Linux 2.6.8-1-686", "Linux 2.6.8-1-686"),
            ("linux v14.17.0", "Linux"),
            ("darwin v14.17.0", "Darwin"),
            ("win32 v14.17.0", "Windows"),
            ("Darwin 8.11.0", "Darwin 8.11.0"),
            ("FreeBSD 6.2-RELEASE", "FreeBSD 6.2-RELEASE"),
            ("SunOS 5.10", "SunOS 5.10"),
            ("Unix 5.15.0.91", "Unix"),
            ("WINNT 5.1", "Windows XP"),
            ("webtv 2.8", "WebTV 2.8"),
            ("webtv 2.5", "WebTV 2.5"),
        ] {
            assert_eq!(name(os).as_deref(), Some(expected), "{os}");
        }
    }

    #[test]
    fn a_service_pack_is_a_small_third_part_of_three() {
        assert_eq!(name("winnt 5.1.2600").as_deref(), Some("Windows XP"));
        assert_eq!(name("winnt 6.1.1.0").as_deref(), Some("Windows 7"));
        assert_eq!(name("Win32NT 6.1.1").as_deref(), Some("Windows 7"));
    }

    #[test]
    fn nothing_is_said_about_other_pairs() {
        for os in [
            "win 5.1",
            "win 10.0",
            "win 4.1",
            "win +4.10",
            "winnt 4.10",
            "winnt 7.0",
            "winnt five",
            "winnt ",
            "mac 8.0.0",
            "mac 9.2",
            "mac 100",
            "csharp 3.1",
            "win32 10.0",
            "win32 vista",
            "webtv 3",
            "Plan9 4",
            " ",
        ] {
            assert_eq!(name(os), None, "{os}");
        }
        assert_eq!(Os::of(b"linux", b"2.6\xff"), Os::default());
        assert_eq!(Os::of(b"linux", b"2.6\x1b[0m"), Os::default());
    }

    fn name(os: &str) -> Option<String> {
        let (os_type, os_ver) = os.split_once(' ').unwrap();
        Os::of(os_type.as_bytes(), os_ver.as_bytes()).name.map(Cow::into_owned)
    }
}
