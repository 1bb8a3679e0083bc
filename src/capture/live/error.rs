//! Why an interface cannot be listened to.

use thiserror::Error;

use super::super::filter::{FilterError, message};
use super::device::{Device, devices};

/// Why an interface cannot be listened to.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cannot capture on {interface}: {kind}")]
pub struct LiveError {
    /// The interface, as it was named.
    pub interface: String,
    /// Why.
    pub kind: LiveErrorKind,
}

/// What kind of failure it was.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LiveErrorKind {
    /// The system does not let this user listen.
    #[error("operation not permitted")]
    NotPermitted,
    /// There is no interface of that name.
    #[error("no such interface")]
    NoSuchInterface {
        /// Those that there are.
        known: Vec<String>,
    },
    /// The interface is down.
    #[error("the interface is down")]
    Down,
    /// libpcap does not accept the filter.
    #[error("{0}")]
    Filter(#[from] FilterError),
    /// Anything else, in the words of libpcap.
    #[error("{0}")]
    Other(String),
}

impl LiveError {
    pub(super) fn filter(interface: &str, error: FilterError) -> Self {
        Self { interface: interface.to_owned(), kind: error.into() }
    }

    /// What libpcap's error on opening means. It tells in words alone; those of its versions differ.
    pub(super) fn opening(interface: &str, error: pcap::Error) -> Self {
        let message = message(error);
        let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
        let known = devices().unwrap_or_default();
        let device = known.iter().find(|device| device.name == interface);
        let kind = match device {
            _ if says(&["permi", "CAP_NET_RAW"]) => LiveErrorKind::NotPermitted,
            None => LiveErrorKind::NoSuchInterface { known: known.into_iter().map(|device| device.name).collect() },
            Some(Device { is_up: false, .. }) => LiveErrorKind::Down,
            Some(_) => LiveErrorKind::Other(message),
        };
        Self { interface: interface.to_owned(), kind }
    }

    pub(super) fn listing(error: pcap::Error) -> Self {
        Self { interface: "any interface".to_owned(), kind: LiveErrorKind::Other(message(error)) }
    }

    /// What to do about it, if that is known.
    pub fn hint(&self) -> Option<String> {
        match &self.kind {
            LiveErrorKind::NotPermitted => Some("sudo setcap cap_net_raw=eip $(command -v msncensus)".to_owned()),
            LiveErrorKind::NoSuchInterface { known } if !known.is_empty() => {
                Some(format!("there are: {}", known.join(", ")))
            }
            LiveErrorKind::Down => Some(format!("sudo ip link set {} up", self.interface)),
            LiveErrorKind::NoSuchInterface { .. } | LiveErrorKind::Filter(_) | LiveErrorKind::Other(_) => None,
        }
    }
}
