//! Processors for which no seccomp filter can be made.

use anyhow::{Result, bail};

use super::Needs;

pub(super) fn restrict(_: &Needs) -> Result<()> {
    bail!("no filters are made for this processor");
}
