//! Every bound of the program, in one place, each with the worst that it allows.
//!
//! When a bound bites, the oldest or the offender goes, it is counted, and the run goes on.

/// Longest record of a pcap file and longest packet of a pcapng file, in bytes: libpcap's `MAXIMUM_SNAPLEN`.
/// A longer one means that the file is damaged.
pub const RECORD_LEN_MAX: u32 = 262_144;

/// Longest block of a pcapng file, in bytes: a longer one means that the file is damaged. Blocks that are not
/// packets are skipped, never held.
pub const BLOCK_LEN_MAX: u32 = 16 * 1024 * 1024;

/// Interfaces in a section of a pcapng file; 24 bytes each, so 24 MB.
pub const INTERFACES_MAX: usize = 1_000_000;

/// Link types of one input that are told in the tables; files with more than a few are made by hand.
pub const LINK_TYPES_MAX: usize = 64;

/// Bytes read from a file at once. Measured: 64 to 512 KiB read fastest, larger buffers leave the processor's cache.
pub const READ_LEN: usize = 256 * 1024;

/// VLAN, PPPoE and other headers between the link header and IP.
pub const LINK_LAYERS_MAX: usize = 16;

/// IPv6 extension headers in front of TCP.
pub const EXTENSION_HEADERS_MAX: usize = 16;

/// Longest MSNP line in bytes, its ending included. The longest authentic one seen has 183; libpurple's buffer is
/// this large.
pub const LINE_LEN_MAX: usize = 8_192;

/// Longest payload of an MSNP command in bytes; a larger number is not a length.
pub const PAYLOAD_LEN_MAX: u32 = 16 * 1024 * 1024;

/// Requests, and replies, of one session that wait for their other half. The oldest comes out alone.
pub const UNPAIRED_MAX: usize = 64;
