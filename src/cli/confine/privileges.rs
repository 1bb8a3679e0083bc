//! Users, groups and capabilities.

use std::env;
use std::ffi::{CString, OsStr, OsString};
use std::str::FromStr;

use anyhow::{Context, Error, Result, ensure};
use caps::{CapSet, Capability};
use nix::sys::prctl;
use nix::unistd::{self, Gid, Uid, getegid, geteuid, getgid, getresgid, getresuid, getuid, setresgid, setresuid};

use super::Privileges;
use super::sandbox::other_threads;

/// The sets of capabilities that a thread acts by. The fifth, the bounding set, only limits what a program that is
/// started may gain; none is, and none may gain anything.
const SETS: [CapSet; 4] = [CapSet::Ambient, CapSet::Inheritable, CapSet::Effective, CapSet::Permitted];

/// A user to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    /// As in `/etc/passwd`; a user may be known by its number only.
    name: Option<CString>,
    uid: Uid,
    gid: Gid,
}

impl FromStr for User {
    type Err = Error;

    /// Finds the user of that name.
    fn from_str(name: &str) -> Result<Self> {
        let user = unistd::User::from_name(name).context("users cannot be looked up")?.context("no such user")?;
        Ok(Self { name: CString::new(user.name).ok(), uid: user.uid, gid: user.gid })
    }
}

impl User {
    /// Who became root by sudo, which leaves these two numbers in the environment.
    fn of_sudo(uid: Option<OsString>, gid: Option<OsString>) -> Result<Option<Self>> {
        let (Some(uid), Some(gid)) = (uid, gid) else { return Ok(None) };
        let number = |text: &OsStr| text.to_str()?.parse().ok();
        let (Some(uid), Some(gid)) = (number(&uid), number(&gid)) else {
            anyhow::bail!("SUDO_UID and SUDO_GID are no numbers: say by -Z who to be");
        };
        Ok(Some(Self::numbered(Uid::from_raw(uid), Gid::from_raw(gid))))
    }

    fn numbered(uid: Uid, gid: Gid) -> Self {
        let known = unistd::User::from_uid(uid).ok().flatten();
        Self { name: known.and_then(|user| CString::new(user.name).ok()), uid, gid }
    }

    fn word(&self) -> String {
        self.name.as_ref().map_or_else(|| self.uid.to_string(), |name| name.to_string_lossy().into_owned())
    }
}

/// Becomes that user, or the one who called sudo, or stays the present one; without capabilities.
pub(super) fn drop(user: Option<&User>) -> Result<Privileges> {
    // Capabilities of other threads cannot be taken from here.
    ensure!(other_threads() == 0, "privileges cannot be dropped while other threads run");
    let present = User::numbered(getuid(), getgid());
    let chosen = choose(user, &present)?;
    // As long as that is allowed. No program can gain any below, so that this is the second lock on one door.
    if caps::has_cap(None, CapSet::Effective, Capability::CAP_SETPCAP)? {
        caps::clear(None, CapSet::Bounding).context("capabilities cannot be given up")?;
    }
    let how = if chosen.is_some() { "dropped to" } else { "still" };
    // Groups before the group, and both before the user: afterwards it is not allowed any more.
    if let Some(user) = &chosen {
        become_member(user).context("groups cannot be given up")?;
    }
    // Also the present user, by all three numbers: the program may be set-uid.
    let user = chosen.unwrap_or(present);
    setresgid(user.gid, user.gid, user.gid)
        .and_then(|()| setresuid(user.uid, user.uid, user.uid))
        .with_context(|| format!("cannot become {}", user.word()))?;
    for set in SETS {
        caps::clear(None, set).context("capabilities cannot be given up")?;
    }
    prctl::set_no_new_privs().context("new privileges cannot be refused")?;
    // Else any process of the user could reach into this one, and take the socket that captures.
    prctl::set_dumpable(false).context("other processes cannot be kept out")?;
    check(&user)?;
    let word = user.word();
    Ok(Privileges { told: format!("{how} {word}, no capabilities"), user: word })
}

/// Who to become, if anybody else. Only who really is root may choose: a set-uid program must not let its caller act
/// as a third user, nor believe its environment.
fn choose(named: Option<&User>, present: &User) -> Result<Option<User>> {
    match named {
        Some(user) if present.uid.is_root() => Ok(Some(user.clone())),
        Some(user) if user.uid == present.uid => Ok(None),
        Some(user) => anyhow::bail!("-Z {}: only root can become another user", user.word()),
        None if present.uid.is_root() => {
            let sudo = User::of_sudo(env::var_os("SUDO_UID"), env::var_os("SUDO_GID"))?;
            Ok(sudo.filter(|user| !user.uid.is_root()))
        }
        None => Ok(None),
    }
}

/// Takes on the groups of that user, and no others.
fn become_member(user: &User) -> nix::Result<()> {
    match &user.name {
        Some(name) => unistd::initgroups(name, user.gid),
        None => unistd::setgroups(&[user.gid]),
    }
}

/// Makes sure that it is so, and that there is no way back.
fn check(user: &User) -> Result<()> {
    let (uids, gids) = (getresuid()?, getresgid()?);
    let is_user = [uids.real, uids.effective, uids.saved, geteuid()].iter().all(|uid| *uid == user.uid);
    let is_group = [gids.real, gids.effective, gids.saved, getegid()].iter().all(|gid| *gid == user.gid);
    ensure!(is_user && is_group, "privileges were dropped, and are still there");
    for set in SETS {
        ensure!(caps::read(None, set)?.is_empty(), "capabilities were given up, and are still there");
    }
    ensure!(prctl::get_no_new_privs()?, "new privileges were refused, and can still be had");
    let root = Uid::from_raw(0);
    ensure!(user.uid.is_root() || setresuid(root, root, root).is_err(), "privileges were dropped, and came back");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(uid: &str, gid: &str) -> Result<Option<User>> {
        User::of_sudo(Some(uid.into()), Some(gid.into()))
    }

    #[test]
    fn sudo_tells_who_called_it() {
        let user = numbers("54321", "54322").unwrap().unwrap();
        assert_eq!((user.uid.as_raw(), user.gid.as_raw(), user.word()), (54321, 54322, "54321".to_owned()));
        assert_eq!(User::of_sudo(None, Some("1".into())).unwrap(), None);
        assert!(numbers("alice", "1").is_err());
    }

    #[test]
    fn only_root_becomes_somebody_else() {
        let user = |uid| User { name: None, uid: Uid::from_raw(uid), gid: Gid::from_raw(uid) };
        assert_eq!(choose(Some(&user(7)), &user(0)).unwrap(), Some(user(7)));
        assert_eq!(choose(Some(&user(7)), &user(7)).unwrap(), None);
        let refused = choose(Some(&user(7)), &user(8)).unwrap_err().to_string();
        assert_eq!(refused, "-Z 7: only root can become another user");
    }

    #[test]
    fn a_user_who_is_not_there_is_told() {
        assert_eq!("no-such-user".parse::<User>().unwrap_err().to_string(), "no such user");
        assert_eq!("root".parse::<User>().unwrap().uid.as_raw(), 0);
    }
}
