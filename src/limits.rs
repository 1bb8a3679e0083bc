//! Every bound of the program, in one place, each with the worst that it allows.
//!
//! When a bound bites, the oldest or the offender goes, it is counted, and the run goes on.

// Captures: what is read of a file, and what is done about damage.

/// Longest record of a pcap file and longest packet of a pcapng file, in bytes: libpcap's `MAXIMUM_SNAPLEN`.
/// A longer one means that the file is damaged.
pub const RECORD_LEN_MAX: u32 = 262_144;

/// Longest block of a pcapng file, in bytes: a longer one means that the file is damaged. Blocks that are not
/// packets are skipped, never held.
pub const BLOCK_LEN_MAX: u32 = 16 * 1024 * 1024;

/// Interfaces in a section of a pcapng file; 16 bytes each and 16 more for their statistics, so 32 MB.
pub const INTERFACES_MAX: usize = 1_000_000;

/// Link types of one input that are told in the tables; files with more than a few are made by hand.
pub const LINK_TYPES_MAX: usize = 64;

/// Bytes read from a file at once. Measured: with less, threads wait for each other too often (a quarter more time with
/// 256 KiB); larger buffers leave the processor's cache.
pub const READ_LEN: usize = 512 * 1024;

/// Bytes read first of each file: enough to see what it is, and when it begins.
pub const FIRST_READ_LEN: usize = 32 * 1024;

/// Threads that read a file ahead of the one that looks at its packets. One block each, and two more, are kept. More
/// would only wait: copying bytes out of the system's cache takes about as long as looking at them.
pub const HELPERS_MAX: usize = 3;

/// Records that must follow one another before a place after damage is believed.
pub const CHAIN_LEN: usize = 3;

/// Longest block that is believed after damage, in bytes: the longest packet and its options.
pub const CHAIN_BLOCK_LEN_MAX: u32 = RECORD_LEN_MAX + 64 * 1024;

/// Bytes held while a place after damage is searched, so twice the longest chain.
pub const RECOVERY_LEN: usize = 2 * 1024 * 1024;

/// Damaged places of one input that are told one by one; all are counted.
pub const SKIPPED_MAX: usize = 100;

/// Memory that decompressing an input may take, in bytes: what `xz -9` and `zstd --ultra -22` need, but not
/// `zstd --long=31`. A file that asks for more is refused.
pub const DECOMPRESSION_BYTES_MAX: u64 = 1 << DECOMPRESSION_WINDOW_LOG;

/// The same as a power of two: the largest window of a zstd frame.
pub const DECOMPRESSION_WINDOW_LOG: u32 = 27;

// Interfaces: what waits between the kernel and the run, and who asks for metrics.

/// Times that an interface was down that are told one by one.
pub const OUTAGES_MAX: usize = 1_000;

/// How many may ask for metrics at once; 8 KiB of what they say is kept of each, or 16 KiB of what they are told.
pub const VISITORS_MAX: usize = 8;

/// Bytes of packets from an interface that wait to be looked at, with 24 for each of them: half a second of a busy
/// line. Those that come when all of it is full are lost, and counted apart from those that the kernel lost.
pub const QUEUE_LEN: usize = 64 * 1024 * 1024;

/// Bytes of them that are handed over at once.
pub const QUEUE_BLOCK_LEN: usize = 256 * 1024;

// The clock of a capture.

/// A clock that jumps further than this, in seconds, is not believed at once.
pub const CLOCK_JUMP_MAX_S: i64 = 3600;

/// So many packets in a row beyond a jump make it believed.
pub const CLOCK_JUMP_PACKETS: u32 = 100;

// Headers and fragments: from the link to TCP.

/// Headers between the link header and TCP, without those of IP: VLAN tags, MPLS labels, PPPoE, tunnels (Suricata: 16).
/// Fragments that were put together count as one.
pub const LAYERS_MAX: u8 = 16;

/// IP headers in front of TCP: three tunnels within each other (Zeek: the same).
pub const IP_LEVELS_MAX: u8 = 4;

/// Extension headers in front of what an IP datagram carries.
pub const EXTENSION_HEADERS_MAX: usize = 16;

/// Datagrams of which some fragments are there and others awaited (Suricata: 65,535, Snort: 8,192). Then the oldest
/// is given up.
pub const FRAGMENTED_DATAGRAMS_MAX: usize = 4_096;

/// Bytes that all fragments together take (Suricata: 32 MiB). Then the oldest datagram is given up.
pub const FRAGMENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Holes in a datagram of fragments: it cannot have more than 4,096, and an honest one has a few.
pub const FRAGMENT_HOLES_MAX: usize = 1_024;

/// Fragments wait this long for the others, in seconds (RFC 8200, 4.5; the least that RFC 1122, 3.3.2 asks for).
pub const FRAGMENT_AGE_MAX_S: i64 = 60;

/// A sender has sent all fragments of a datagram, and a switch all copies of them, after this long, in seconds: what
/// contradicts them then is another datagram with the same id.
pub const FRAGMENT_COPIES_S: i64 = 1;

/// Segments of an input whose TCP checksums tell whether its machine leaves them to the network card.
pub const CHECKSUMS_SAMPLED: u64 = 1_000;

// TCP: who is followed, for how long, and what is kept of it.

/// What the memory of the system's allocator adds to each piece, in bytes: its own note, and the rounding up.
pub const ALLOCATION_LEN: usize = 16;

/// Connections followed at once. A followed connection takes about 1 KiB and what it said, a finished one about 200
/// bytes; [`MEMORY_MAX`] counts both, so under an attack it bites first. Of those that were silent longest, one of
/// which nothing was found goes first.
pub const CONNECTIONS_MAX: usize = 1_048_576;

/// Entries in the cache of recent SYNs: 16 bytes each, so 64 KiB, which stays in the processor's cache. A SYN that
/// fell out only makes its connection look begun before the capture.
pub const SYN_CACHE_LEN: usize = 4_096;

/// Bytes that one direction keeps behind a hole (Suricata: 1 MiB, Snort: 4 MiB). Then the lowest hole is lost.
pub const REORDER_BYTES_MAX: usize = 1024 * 1024;

/// Segments that one direction keeps behind a hole (Snort: 3,072). Then the lowest hole is lost.
pub const REORDER_SEGMENTS_MAX: usize = 4_096;

/// Bytes that one direction keeps or reads before it is known whether it carries MSNP.
pub const UNDECIDED_BYTES_MAX: usize = 64 * 1024;

/// Bytes that connections, sessions in the gateway and halves of exchanges together keep: the default of
/// `--max-memory`. Then holes of the connection that asks for more are lost; if that is not enough, connections that
/// were silent long go.
pub const MEMORY_MAX: usize = 256 * 1024 * 1024;

/// Of this memory, sessions in the gateway may keep one part in so many, and halves of exchanges another: neither can
/// push out all connections.
pub const MEMORY_PARTS: usize = 4;

/// Bytes that a direction remembers after they were read, to notice a copy that contradicts them.
pub const HISTORY_LEN: usize = 4_096;

/// How far ahead of its stream a segment may be, in bytes. A larger window than TCP's largest (2^30, RFC 7323).
pub const WINDOW_MAX: i64 = 1 << 30;

/// A connection begun before the capture waits this long for earlier bytes, in seconds: reordered packets and skewed
/// taps.
pub const SETTLE_S: i64 = 5;

/// How far before the first bytes seen a connection begun before the capture may begin, in bytes.
pub const SETTLE_BYTES_MAX: u64 = 64 * 1024;

/// After this long a hole is lost, in seconds. Senders give up retransmitting sooner.
pub const HOLE_AGE_MAX_S: i64 = 300;

/// A reset that is followed by this much silence ends the connection, in seconds; data that goes on shows that the
/// reset was forged or lost.
pub const RESET_SILENCE_S: i64 = 5;

/// A finished connection is remembered this long, in seconds, so that late copies of its segments open no new one:
/// twice the maximum segment lifetime of RFC 9293.
pub const LINGER_S: i64 = 240;

/// A silent connection is given up after this long, in seconds. Clients of old dialects send no keep-alive, and may
/// ask for their version late.
pub const IDLE_MAX_S: i64 = 24 * 3600;

// MSNP: lines, commands and the preludes of proxies.

/// Longest MSNP line in bytes, its ending included. The longest authentic one seen has 183; libpurple's buffer is
/// this large.
pub const LINE_LEN_MAX: usize = 8_192;

/// Lines of a session that a late copy may still contradict. More than a greeting holds; beyond that the oldest stays
/// as it was given.
pub const LINES_DOUBTED_MAX: usize = 16;

/// Longest payload of an MSNP command in bytes; a larger number is not a length.
pub const PAYLOAD_LEN_MAX: u32 = 16 * 1024 * 1024;

/// Preludes within each other: a proxy behind a proxy, each perhaps asking for a password first.
pub const PRELUDES_MAX: u8 = 4;

// The gateway: MSNP in the bodies of HTTP.

/// Longest head of an HTTP message in bytes: what Apache allows for a request line alone. A proxy's prelude has this
/// bound too.
pub const HEAD_LEN_MAX: usize = 8_192;

/// Headers of an HTTP message. The gateway's have a dozen, and some of its proxies'.
pub const HEADERS_MAX: usize = 64;

/// Longest id of a session in the gateway, in bytes. Microsoft's have 9 digits, Escargot's are UUIDs.
pub const SESSION_ID_LEN_MAX: usize = 128;

/// Longest packed body in bytes. It is held until it is whole; a greeting takes a few hundred.
pub const PACKED_LEN_MAX: usize = 64 * 1024;

/// Longest body in bytes once it is unpacked: a few bytes can be gigabytes.
pub const UNPACKED_LEN_MAX: usize = 256 * 1024;

/// Bytes that wait for the name of a session, from the request on that opens it. Then it goes without.
pub const OPEN_HELD_BYTES_MAX: usize = 8_192;

/// Pieces that these bytes come in, and beginnings and ends of bodies.
pub const OPEN_HELD_NEWS_MAX: usize = 1_024;

/// Bytes of a response that was captured before its request, and waits for it. Then it goes first.
pub const RESPONSE_WAITS_BYTES_MAX: usize = 16 * 1024;

/// Requests of one connection that wait for their response; a gateway's client has one at a time.
pub const REQUESTS_PENDING_MAX: usize = 64;

/// Sessions of one connection that are told of what happens to it; a proxy may carry several.
pub const SESSIONS_OF_CONNECTION_MAX: usize = 16;

/// Sessions in the gateway at once. One takes about 1 KiB; the longest silent goes first.
pub const GATEWAY_SESSIONS_MAX: usize = 65_536;

/// A silent session in the gateway is given up after this long, in seconds. A client asks every few seconds whether
/// there is anything new, and Escargot forgets one that has not asked for a minute.
pub const GATEWAY_IDLE_MAX_S: i64 = 3600;

/// Bodies of one direction of a session that wait for one that began before them. Then the rest of that one is lost.
pub const BODIES_WAITING_MAX: usize = 16;

/// Bytes of the bodies that wait so. Then the same is lost.
pub const BODIES_WAITING_BYTES_MAX: usize = 64 * 1024;

/// Pieces of bodies that a late copy may still contradict, in each direction of a session. A greeting has fewer.
pub const PIECES_DOUBTED_MAX: usize = 64;

// Exchanges: halves that wait for each other, copies, and their order.

/// How much later a copy of an exchange may be captured elsewhere, in seconds.
pub const COPY_DELAY_MAX_S: i64 = 2;

/// How much later the other half of an exchange may be captured elsewhere, in seconds: a server may take its time.
pub const OTHER_HALF_DELAY_MAX_S: i64 = 300;

/// Exchanges that are held because a copy or their other half may come; about 1 KiB each. Then the earliest is given.
pub const COPIES_AWAITED_MAX: usize = 8_192;

/// With how many earlier exchanges of the same addresses and transaction id an exchange is compared.
pub const COPIES_COMPARED_MAX: usize = 16;

/// Bytes of exchanges that are put in the order of time in memory; about 250 each. More are sorted in parts, which wait in
/// a temporary file.
pub const SPOOL_LEN: usize = 1024 * 1024;

/// Requests, and replies, of one session that wait for their other half. The oldest comes out alone.
pub const UNPAIRED_MAX: usize = 64;

// The census, and what goes wrong.

/// Anomalies of one kind that are kept of one input; more are counted. About 100 bytes each.
pub const ANOMALIES_MAX: u64 = 1_000;

/// Different requests, names aside, whose meaning is remembered, and as many different answers; about 400 bytes each
/// with what the tables make of them, so 13 MB. The meaning of what comes beyond them is found anew each time.
pub const KINDS_MAX: usize = 16_384;

/// Versions in the path of a client; 4 bytes each, and each text once. Honest clients show a handful.
pub const PATH_LEN_MAX: usize = 16;

/// Versions that a client was told to take, and that are remembered; 4 bytes each. Then the earliest is forgotten.
pub const ADVICE_MAX: usize = 8;

/// Buckets of the timeline where their length is to be chosen.
pub const BUCKETS_AUTO_MAX: i64 = 300;

/// Buckets of the timeline of which the empty ones have rows. None is kept.
pub const BUCKETS_DENSE_MAX: i64 = 100_000;

// What is kept for others: saved packets, and the edges of a part.

/// Bytes of packets that wait until it is known whether they are to be saved: a handshake, until its connection turns
/// out to be one that carried an exchange; a fragment, until its datagram is whole. Hundreds of connections at once.
pub const SAVE_BYTES_WAITING_MAX: usize = 16 * 1024 * 1024;

/// Bytes of packets of conversations that may cross the edges of a capture, for who joins it to others; twice that
/// while tables are told and the capture goes on. A greeting takes 4 KiB with what the packets add, so thousands at once.
pub const EDGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Those of them that are of conversations begun before the capture, which stay for as long as it lasts. On a busy line
/// strangers fill any room within seconds; what goes on with a greeting comes sooner.
pub const EDGE_HEAD_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Bytes of payload that are kept of one connection that is followed. Clients of MSNP2 to MSNP7 are followed to their
/// end, and say as much in hours.
pub const EDGE_CONNECTION_BYTES_MAX: usize = 64 * 1024;

/// Packets that are kept of one connection: some 120 bytes more each.
pub const EDGE_PACKETS_MAX: usize = 1_024;

/// Bytes of payload that are kept of one connection whose beginning was not captured and that is not followed. What a
/// conversation needs to be followed again it says in its first lines.
pub const EDGE_STRANGER_BYTES_MAX: usize = 8 * 1024;

/// Those of them that may be no text: the rest of a packed body. Of what begins like that and goes on, nothing is kept.
pub const EDGE_BINARY_BYTES_MAX: usize = 2 * 1024;

/// Bytes of fragments among them whose datagram is not whole.
pub const EDGE_FRAGMENT_BYTES_MAX: usize = 1024 * 1024;

/// Connections of which it is remembered that they were begun in the capture; 9 to 18 bytes each, so 5 MB. Then the
/// first packets of strangers are not kept any more: whoever goes on with an earlier conversation mostly has by then.
pub const EDGE_KEYS_MAX: usize = 262_144;

/// Connections of which it is told that not all that could be needed of them is kept; some 80 bytes each, so 5 MB.
pub const EDGE_CUTS_MAX: usize = 65_536;

/// A handshake that was captured within so many seconds may be a late copy of that of an earlier connection.
pub const EDGE_BEGIN_S: i64 = 60;

// Tables and pseudonyms.

/// Interim responses (`100 Continue`) in front of the first that says what a connection carries. A server sends one.
pub const INTERIM_RESPONSES_MAX: usize = 8;

/// Longest words of a request, or of an answer, whose meaning is remembered, in bytes; so 48 MB if all are as long as that.
/// Honest ones have a third.
pub const KIND_LEN_MAX: usize = 1_024;

/// Longest text that a census with a bound has room for, in bytes: a name, a version, an address to download from. The longest
/// honest ones have a third of it.
pub const CENSUS_TEXT_LEN_MAX: usize = 512;

/// Longest record of a part, in bytes: many times the longest line and all that is said about it, or the edges of thirty
/// parts that were joined.
pub const PART_RECORD_LEN_MAX: u32 = 1 << 30;

/// Rows of a Parquet file that are kept until they go out as one row group; 8 to 24 bytes for each cell that is no
/// text, so 50 MB.
pub const PARQUET_ROWS_MAX: usize = 65_536;

/// Bytes of text in them; they are copied once when they go out, so 64 MB in all.
pub const PARQUET_TEXT_MAX: usize = 32 * 1024 * 1024;

/// Addresses whose pseudonyms are remembered; the one that was asked for longest ago goes first. Some 80 bytes each,
/// so 5 MB.
pub const PSEUDONYMS_REMEMBERED_MAX: usize = 65_536;
