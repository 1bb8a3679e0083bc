//! The interfaces that there are to listen to.

use std::io::Write;

use anyhow::{Context, Result};
use msncensus::capture::{Device, devices};
use msncensus::text::printable;

/// Writes a line for each: name, whether it is up, its addresses, and what it is.
pub(super) fn write(output: &mut impl Write) -> Result<()> {
    let devices = devices()?;
    let width = devices.iter().map(|device| printable(device.name.as_bytes()).len()).max().unwrap_or_default();
    for device in &devices {
        writeln!(output, "{}", line(device, width)).context("cannot write to standard output")?;
    }
    Ok(())
}

/// The line of one, whose name has so many columns.
fn line(device: &Device, width: usize) -> String {
    let Device { name, description, addresses, is_up } = device;
    let (name, state) = (printable(name.as_bytes()), if *is_up { "up" } else { "down" });
    let addresses = addresses.iter().map(ToString::to_string);
    let described = description.as_deref().map(|description| format!("({})", printable(description.as_bytes())));
    let more = addresses.chain(described).collect::<Vec<_>>().join(" ");
    format!("{name:width$}  {state:4}  {more}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_no_control_whatever_the_interface_is_called() {
        let device = Device {
            name: "e\x1b[2J".to_owned(),
            description: Some("a\nb".to_owned()),
            addresses: vec![[192, 0, 2, 1].into()],
            is_up: true,
        };
        assert_eq!(line(&device, 9), r"e\x1B[2J   up    192.0.2.1 (a\x0Ab)");
    }
}
