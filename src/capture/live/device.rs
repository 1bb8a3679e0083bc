//! What there is to listen to.

use std::net::IpAddr;

use super::error::LiveError;

/// An interface of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its name, by which it is opened.
    pub name: String,
    /// What it is, if the system says so.
    pub description: Option<String>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Whether it is up.
    pub is_up: bool,
}

/// All interfaces, in the order of libpcap: the likeliest first.
pub fn devices() -> Result<Vec<Device>, LiveError> {
    let all = pcap::Device::list().map_err(LiveError::listing)?;
    let device = |device: pcap::Device| Device {
        is_up: device.flags.is_up(),
        name: device.name,
        description: device.desc,
        addresses: device.addresses.into_iter().map(|address| address.addr).collect(),
    };
    Ok(all.into_iter().map(device).collect())
}
