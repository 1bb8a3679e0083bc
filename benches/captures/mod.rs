//! Makes the captures that speed is measured on, and says which exchanges are in them.
//!
//! * **Takes** a kind of traffic, and how much of it.
//! * **Gives** the bytes of a capture file, written as they are made, and each exchange in it: the ground truth.
//! * **Keeps** the connections that are open, and a few MiB that strangers say.
//! * **Leaves out** what the tests are for: strange links, damage, loss. It uses no code of msncensus, so that it can
//!   accuse it.
//!
//! ```text
//! people ─ login ─────┐
//!                     ├─ Connection ─ traffic ─ Packet ─ file ─► pcap, pcapng
//! pool ─── stranger ──┘   segments    by time   bytes
//! ```
//!
//! The seed is fixed: one kind of one size is the same file everywhere.

#![expect(clippy::indexing_slicing, reason = "what makes captures stops where it meets what it does not expect")]

mod connection;
mod dialogue;
mod file;
mod login;
mod packet;
mod people;
mod pool;
mod stranger;
mod traffic;

use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddrV4;

use self::dialogue::Dialogue;
use self::file::CaptureWriter;
use self::packet::Frame;
use self::pool::Pool;
use self::traffic::Traffic;
use super::random;

pub(crate) use self::file::Form;

/// What kind of traffic a capture holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Web, mail, encrypted and unknown traffic of a busy line, with some sign-ins.
    Mixed,
    /// Nothing but small packets: keystrokes, games, acknowledgements. Few sign-ins.
    Small,
    /// Nothing but sign-ins: what a capture of port 1863 of the service itself would hold.
    Census,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Mixed, Self::Small, Self::Census];

    /// What a capture of that size is mixed of.
    fn mix(self, size: Size) -> Mix {
        let full = match self {
            Self::Mixed => Mix {
                packets: 5_500_000,
                open: 200_000,
                people: 20_000,
                one_login_in: 200,
                segment_len_max: 1_460,
                strangers: stranger::busy,
            },
            Self::Small => Mix {
                packets: 11_000_000,
                open: 300_000,
                people: 1_000,
                one_login_in: 500,
                segment_len_max: 46,
                strangers: stranger::terse,
            },
            Self::Census => Mix {
                packets: 6_600_000,
                open: 3_000,
                people: 120_000,
                one_login_in: 1,
                segment_len_max: 1_460,
                strangers: stranger::busy,
            },
        };
        Mix {
            packets: full.packets / size.parts * size.times,
            open: full.open.div_ceil(size.parts),
            people: full.people.div_ceil(size.parts),
            ..full
        }
    }
}

impl fmt::Display for Kind {
    /// The name in options, tables and file names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mixed => "mixed",
            Self::Small => "small",
            Self::Census => "census",
        })
    }
}

/// How large a capture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    /// Into how many parts full size is divided: packets, connections that are open at a time, people.
    pub(crate) parts: u64,
    /// How many times as long the capture then is, with as many connections at a time.
    pub(crate) times: u64,
}

/// What a capture is mixed of.
#[derive(Clone, Copy, Debug)]
struct Mix {
    /// After so many packets no connection is opened any more, strangers fall silent, and those who sign in come to an
    /// end.
    packets: u64,
    /// Connections that are open at the same time.
    open: u64,
    /// So many accounts sign in, again and again.
    people: u64,
    /// One connection in so many is a sign-in.
    one_login_in: usize,
    /// Bytes of payload in a segment, at most.
    segment_len_max: usize,
    /// How the other connections go.
    strangers: Stranger,
}

/// Goes through a connection, handshake excepted, and returns the port of its server.
type Stranger = fn(&Pool, &mut Dialogue<'_>) -> u16;

/// A request, and the answer if it got one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exchange {
    client: SocketAddrV4,
    server: SocketAddrV4,
    trid: u32,
    request: String,
    reply: String,
}

impl fmt::Display for Exchange {
    /// Addresses, transaction id and both lines, parted by tabs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, server, trid, request, reply } = self;
        write!(f, "{client}\t{server}\t{trid}\t{request}\t{reply}")
    }
}

/// Writes a capture, and tells `truth` each exchange in it. Returns the number of packets.
pub(crate) fn write_capture(
    kind: Kind,
    size: Size,
    form: Form,
    out: impl Write,
    mut truth: impl FnMut(&Exchange) -> io::Result<()>,
) -> io::Result<u64> {
    let mut traffic = Traffic::new(kind.mix(size));
    let mut writer = CaptureWriter::new(form, out)?;
    let mut frame = Frame::default();
    while let Some(packet) = traffic.next() {
        writer.write(packet.time_us, frame.fill(&packet))?;
    }
    traffic.exchanges().iter().try_for_each(&mut truth)?;
    writer.finish()?;
    Ok(traffic.packets())
}
