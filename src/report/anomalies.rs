//! What went wrong, one thing a row: a row of the `anomalies` table.

use std::borrow::Cow;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::anomaly::Severity;
use crate::packet::Timestamp;

/// A row of the `anomalies` table. `None` means that it has no such place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnomalyRow {
    /// When the packet that showed it was captured.
    pub time: Option<Timestamp>,
    /// How bad it is.
    pub severity: Severity,
    /// What kind of thing it is, in one word.
    pub kind: Cow<'static, str>,
    /// The name of the input.
    pub input: String,
    /// The packet that showed it, 1-based.
    pub frame: Option<u64>,
    /// Where in the input it was, in bytes.
    pub offset: Option<u64>,
    /// Client and server of the connection.
    pub ends: Option<[SocketAddr; 2]>,
    /// What happened, in words.
    pub detail: String,
}
