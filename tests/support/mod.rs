//! Makes captures: from a script in the protocol's own notation to the bytes of a file.
//!
//! ```text
//! script ─► Conversation ─► Vec<TestPacket> ─► Vec<Frame> ─► pcap, pcapng
//!           what is said;   alter: order,      frame: link,  capture_file
//!           transport       loss, overlap      IP, TCP;
//!                                              tunnel, fragment
//! ```
//!
//! Nothing but `engine`, and `soundness` to read its rows, uses code of msncensus, so that a capture made here can accuse it. A property takes the packets of a
//! script, alters them, and compares what the program finds with what the script says:
//!
//! ```ignore
//! let mut script = Script::parse(LOGIN).unwrap();
//! script.segment(&Segmentation::Sizes(vec![3, 1, 17]));
//! let packets = alter::shuffle(&script.packets(), 8, seed);
//! let capture = Pcapng::default().write(&frames(&packets));
//! ```

pub(crate) mod alter;
pub(crate) mod capture_file;
pub(crate) mod conversation;
pub(crate) mod engine;
pub(crate) mod fragment;
pub(crate) mod frame;
#[cfg(feature = "live")]
pub(crate) mod libpcap;
pub(crate) mod link;
pub(crate) mod packet;
pub(crate) mod program;
pub(crate) mod random;
pub(crate) mod script;
pub(crate) mod soundness;
mod tcp;
pub(crate) mod transport;
pub(crate) mod tshark;
pub(crate) mod tunnel;

/// A login with nothing unusual in it: MSN Messenger 6.0 in 2003, twelve packets.
pub(crate) const LOGIN: &str = "\
time 2003-09-14T12:00:00Z
client 192.0.2.10:1056
server 198.51.100.7:1863
connect
C: VER 1 MSNP9 MSNP8 CVR0
S: VER 1 MSNP9 MSNP8 CVR0
C: CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS user@example.com
S: CVR 2 6.0.0602 6.0.0602 6.0.0268 http://messenger.example.com/SetupDl.exe http://messenger.example.com
close client
";
