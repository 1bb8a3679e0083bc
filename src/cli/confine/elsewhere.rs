//! Systems other than Linux: nothing of it is there, and that is told.

use std::str::FromStr;

use anyhow::{Error, Result, bail};

use super::{Had, Needs, Privileges};

/// A user to become: never one here.
#[derive(Clone, Debug)]
pub(crate) enum User {}

impl FromStr for User {
    type Err = Error;

    fn from_str(_: &str) -> Result<Self> {
        bail!("only on Linux can the program become another user");
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it can fail on Linux")]
pub(super) fn drop(_: Option<&User>) -> Result<Privileges> {
    let told = "kept: only on Linux are they given up".to_owned();
    Ok(Privileges { user: "the present user".to_owned(), told })
}

#[expect(clippy::unnecessary_wraps, reason = "it can fail on Linux")]
pub(super) fn enter(_: &Needs) -> Result<Had> {
    Ok(Had { parts: Vec::new(), missing: vec!["Landlock and seccomp, which only Linux has".to_owned()] })
}
