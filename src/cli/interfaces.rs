//! The interfaces that there are to listen to.

use std::io::Write;

use anyhow::{Context, Result};
use msncensus::capture::{Device, devices};
use msncensus::text::printable;

/// Writes a line for each: name, whether it is up, its addresses, and what it is.
pub(super) fn write(output: &mut impl Write) -> Result<()> {
    let devices = devices()?;
    let width = devices.iter().map(|device| device.name.len()).max().unwrap_or_default();
    for device in &devices {
        let Device { name, description, addresses, is_up } = device;
        let state = if *is_up { "up" } else { "down" };
        let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        let described = description.as_deref().map(|description| format!("({})", printable(description.as_bytes())));
        let more = addresses.into_iter().chain(described).collect::<Vec<_>>().join(" ");
        writeln!(output, "{}", format!("{name:width$}  {state:4}  {more}").trim_end())
            .context("cannot write to standard output")?;
    }
    Ok(())
}
