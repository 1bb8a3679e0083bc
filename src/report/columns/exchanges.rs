//! The columns of `exchanges`.

use std::borrow::Cow;
use std::hash::Hasher;
use std::net::SocketAddr;

use siphasher::sip::SipHasher24;

use super::super::value::{Kind, Value};
use super::{Column, Context, Table};
use crate::census::{Dimension, Observation};
use crate::cvr::{Reply, Request};
use crate::packet::Stamp;
use crate::profile::{Profile, redirection};

use Kind::{Boolean, Decimal, Integer, Text, Time};

/// Key of a connection's number, SipHash-2-4 over the name of its input and the number of its first frame. It is fixed and public.
const CONNECTION_KEY: &[u8; 16] = b"msncensusconnect";

/// The table of exchanges.
pub static EXCHANGES: Table<Observation> = Table {
    name: "exchanges",
    doc: "One row per request and reply, or a lone half; ordered by time, input and frame, or as found where that is waited for (`-i`, `--follow`).",
    columns: &[
        Column::new("ts", Time, "when the exchange began", |row, _| Value::Time(row.exchange.time())),
        Column::new("ts_ns", Integer, "the same in nanoseconds since 1970", |row, _| {
            Value::Integer(row.exchange.time().as_nanos())
        }),
        Column::new(
            "rtt_ms",
            Decimal(6),
            "milliseconds from request to reply; empty if either is missing",
            |row, _| {
                let nanos = row.exchange.round_trip_nanos();
                nanos.map_or(Value::Absent, |units| Value::Decimal { units, decimals: 6 })
            },
        ),
        Column::new("verb", Text, "`CVR` or `CVQ`: the request's, or the reply's if it is alone", |row, _| {
            Value::bytes(Dimension::Verb.value(row))
        }),
        Column::new("status", Text, "`ok`, `no_reply`, `reply_only`, `error` or `malformed`", |row, _| {
            Value::Word(row.exchange.status().word())
        }),
        Column::new("code", Integer, "number of the server's error, such as 420, 710 or 731", |row, _| {
            Value::maybe(row.exchange.reply.as_ref().and_then(Reply::error_code))
        }),
        Column::new("client_ip", Text, "the client's address", |row, _| Value::Address(row.exchange.peers.client.addr)),
        Column::new("client_port", Integer, "the client's TCP port", |row, _| {
            Value::count(row.exchange.peers.client.port)
        }),
        Column::new("server_ip", Text, "the server's address", |row, _| Value::Address(row.exchange.peers.server.addr)),
        Column::new("server_port", Integer, "the server's TCP port", |row, _| {
            Value::count(row.exchange.peers.server.port)
        }),
        Column::new("via", Text, "how the session was carried: `direct`, `gateway`, `socks` or `proxy`", |row, _| {
            Value::Word(row.exchange.via.word())
        }),
        Column::new("msnp", Text, "the dialect that the server chose", |row, _| {
            Value::text(row.exchange.dialect.chosen.as_deref())
        }),
        Column::new("msnp_offered", Text, "the dialects that the client offered, as sent", |row, _| {
            Value::text(row.exchange.dialect.offered.as_deref())
        }),
        Column::new("trid", Integer, "the transaction id that joins request and reply", |row, _| {
            let request = row.exchange.request.as_ref().and_then(Request::trid);
            Value::maybe(request.or_else(|| row.exchange.reply.as_ref().and_then(Reply::trid)))
        }),
        Column::new("locale_id", Text, "locale id as sent (`0x0409`)", |row, _| sent(row, Request::locale_id)),
        Column::new("lcid", Integer, "the locale id as a number (1033)", |row, _| {
            Value::maybe(row.profile.as_ref().and_then(|profile| profile.locale.lcid))
        }),
        Column::new("locale", Text, "language and region as a BCP 47 tag (`en-US`)", |row, _| {
            Value::bytes(Dimension::Locale.value(row))
        }),
        Column::new(
            "locale_name",
            Text,
            "the same in English (English (United States)), and the order of sorting if it is not the usual one",
            |row, _| locale_name(row),
        ),
        Column::new("os", Text, "operating system as sent, type and version (`winnt 5.1`)", |row, _| {
            Value::bytes(Dimension::Os.value(row))
        }),
        Column::new("os_name", Text, "operating system decoded (Windows XP); empty if unknown", |row, _| {
            meant(row, |profile| as_str(profile.os.name.as_ref()))
        }),
        Column::new("os_type", Text, "operating system's type as sent", |row, _| sent(row, Request::os_type)),
        Column::new("os_ver", Text, "operating system's version as sent; group by `os`, not by this", |row, _| {
            sent(row, Request::os_ver)
        }),
        Column::new("arch", Text, "processor architecture of the client's build, as sent", |row, _| {
            sent(row, Request::arch)
        }),
        Column::new("library_name", Text, "library name as sent (`MSNMSGR`)", |row, _| {
            sent(row, Request::library_name)
        }),
        Column::new("client_ver", Text, "client version as sent (`6.0.0602`)", |row, _| sent(row, Request::client_ver)),
        Column::new("client_name", Text, "client name as sent (`MSMSGS`)", |row, _| sent(row, Request::client_name)),
        Column::new(
            "product",
            Text,
            "product decoded from library name and version (MSN Messenger 6.1, libpurple); empty if unknown",
            |row, _| meant(row, |profile| as_str(profile.client.product.as_ref())),
        ),
        Column::new("passport", Text, "the account's e-mail address as sent", |row, _| sent(row, Request::passport)),
        Column::new(
            "identity",
            Text,
            "what tells clients apart: passport, else the handle of the session's sign-in, else address",
            |row, context| context.identity(&row.identity.text),
        ),
        Column::new("client_id", Text, "`c` and 16 hex digits made from the identity alone", |row, _| {
            Value::Identity(row.identity.id)
        }),
        Column::new("params", Integer, "parameters of the request after the transaction id", |row, _| {
            Value::maybe(row.exchange.request.as_ref().map(Request::param_count))
        }),
        Column::new(
            "extra",
            Text,
            "parameters beyond the known ones, joined by spaces; redirection data of MSNP21 decoded (Version: 1; XfrCount: 2)",
            |row, _| {
                let extra: Vec<_> = row.exchange.request.iter().flat_map(Request::extra).map(decoded).collect();
                Value::bytes(extra.join(&b' ').into())
            },
        ),
        Column::new("rec_ver", Text, "recommended version", |row, _| answered(row, Reply::rec_ver)),
        Column::new("rec_ver2", Text, "recommended version, said again", |row, _| answered(row, Reply::rec_ver2)),
        Column::new("min_ver", Text, "minimum version", |row, _| answered(row, Reply::min_ver)),
        Column::new("dl_url", Text, "address to download from", |row, _| answered(row, Reply::dl_url)),
        Column::new("info_url", Text, "address to read about it", |row, _| answered(row, Reply::info_url)),
        Column::new(
            "verdict",
            Text,
            "`required`, `recommended`, `up_to_date`, `unrecognised`, `rejected` or `undetermined`",
            |row, _| Value::Word(row.verdict.word()),
        ),
        Column::new(
            "echo",
            Boolean,
            "the server only repeats the client's version: it has no policy; empty without a reply",
            |row, _| answer(row).and_then(Reply::rec_ver).map_or(Value::Absent, |_| Value::Boolean(row.echo)),
        ),
        Column::new(
            "community_id",
            Text,
            "community ID version 1, seed 0: joins Zeek, Suricata, Arkime",
            |row, context| {
                let ends = [row.exchange.peers.client, row.exchange.peers.server];
                context.community_id(ends.map(SocketAddr::from))
            },
        ),
        Column::new("input", Text, "file or interface that the exchange was found in", |row, context| {
            context.input(row.exchange.stamp().input)
        }),
        Column::new(
            "frame_request",
            Integer,
            "packet that completed the request, as Wireshark numbers it",
            |row, _| Value::maybe(row.exchange.request.as_ref().map(|request| request.provenance.completed().frame)),
        ),
        Column::new("frame_reply", Integer, "packet that completed the reply", |row, _| {
            Value::maybe(row.exchange.reply.as_ref().map(|reply| reply.provenance.completed().frame))
        }),
        Column::new("flags", Text, "doubts about the row, joined by `;`", |row, _| {
            Value::Flags(row.flags | row.exchange.flags)
        }),
        Column::new(
            "connection_id",
            Text,
            "`k` and 16 hex digits, equal for the exchanges of one connection: made from the input and the frame where it was first heard",
            |row, context| Value::Connection(connection_number(row, context)),
        ),
    ],
};

/// The two columns that `--raw` adds to the table of exchanges.
pub static RAW: [Column<Observation>; 2] = [
    Column::new("raw_request", Text, "the request's line as sent", |row, _| {
        Value::text(row.exchange.request.as_ref().map(Request::line))
    }),
    Column::new("raw_reply", Text, "the reply's line as sent", |row, _| {
        Value::text(row.exchange.reply.as_ref().map(Reply::line))
    }),
];

/// Tells connections apart wherever exchanges of several runs stand together.
fn connection_number(row: &Observation, context: &Context) -> u64 {
    let Stamp { input, frame, .. } = row.exchange.session.connection().first;
    let name = usize::try_from(input.0).ok().and_then(|at| context.inputs.get(at));
    let mut hasher = SipHasher24::new_with_key(CONNECTION_KEY);
    hasher.write(name.map_or(&b""[..], |name| name.as_bytes()));
    hasher.write(&frame.to_le_bytes());
    hasher.finish()
}

fn sent(row: &Observation, field: fn(&Request) -> Option<&[u8]>) -> Value<'_> {
    Value::text(row.exchange.request.as_ref().and_then(field))
}

fn answered(row: &Observation, field: fn(&Reply) -> Option<&[u8]>) -> Value<'_> {
    Value::text(answer(row).and_then(field))
}

/// The reply, unless it is an error: an error names no versions.
fn answer(row: &Observation) -> Option<&Reply> {
    row.exchange.reply.as_ref().filter(|reply| reply.error_code().is_none())
}

fn meant(row: &Observation, part: fn(&Profile) -> Option<&str>) -> Value<'_> {
    Value::text(row.profile.as_deref().and_then(part).map(str::as_bytes))
}

fn locale_name(row: &Observation) -> Value<'_> {
    let locale = row.profile.as_ref().map(|profile| &profile.locale);
    match locale.and_then(|locale| locale.name.zip(locale.sort)) {
        Some((name, sort)) => Value::bytes(format!("{name}, {sort}").into_bytes().into()),
        None => meant(row, |profile| profile.locale.name),
    }
}

/// A parameter beyond the known ones: as sent, but redirection data in plain text.
fn decoded(word: &[u8]) -> Cow<'_, [u8]> {
    redirection(word).map_or(Cow::Borrowed(word), |headers| Cow::Owned(headers.into_bytes()))
}

fn as_str<T: AsRef<str>>(text: Option<&T>) -> Option<&str> {
    text.map(AsRef::as_ref)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::census::synthetic::{REPLY, REQUEST, observation};
    use crate::report::columns::Context;

    /// The row as `name=value`, absent ones left out.
    fn row(observation: &Observation) -> Vec<String> {
        let context = Context { inputs: vec!["a.pcap".into()], ..Context::default() };
        let cells = EXCHANGES.columns.iter().map(|column| (column, (column.value)(observation, &context)));
        cells
            .filter(|(_, value)| *value != Value::Absent)
            .map(|(column, value)| format!("{}={value}", column.name))
            .collect()
    }

    #[test]
    fn columns_stand_in_the_promised_order() {
        let promised = "ts ts_ns rtt_ms verb status code client_ip client_port server_ip server_port via msnp \
            msnp_offered trid locale_id lcid locale locale_name os os_name os_type os_ver arch library_name client_ver \
            client_name product passport identity client_id params extra rec_ver rec_ver2 min_ver dl_url info_url \
            verdict echo community_id input frame_request frame_reply flags connection_id";
        let names: Vec<_> = EXCHANGES.columns.iter().map(|column| column.name).collect();
        assert_eq!(names.join(" "), promised);
        assert_eq!(RAW.each_ref().map(|column| column.name), ["raw_request", "raw_reply"]);
    }

    #[test]
    fn an_exchange_is_a_row() {
        insta::assert_snapshot!(row(&observation(7, 3, REQUEST, REPLY)).join("\n"), @r"
        ts=2003-09-14T12:00:03.500000000Z
        ts_ns=1063540803500000000
        rtt_ms=1000.000000
        verb=CVR
        status=ok
        client_ip=192.0.2.7
        client_port=1042
        server_ip=198.51.100.5
        server_port=1863
        via=direct
        msnp=MSNP8
        msnp_offered=MSNP8 CVR0
        trid=2
        locale_id=0x0409
        lcid=1033
        locale=en-US
        locale_name=English (United States)
        os=winnt 5.1
        os_name=Windows XP
        os_type=winnt
        os_ver=5.1
        arch=i386
        library_name=MSNMSGR
        client_ver=6.0.0602
        client_name=MSMSGS
        product=MSN Messenger 6.0
        passport=user@example.com
        identity=user@example.com
        client_id=cc2947dfb6e7de648
        params=8
        rec_ver=6.1.0211
        rec_ver2=6.1.0211
        min_ver=6.1.0155
        dl_url=http://download.example.com/SetupDl.exe
        info_url=http://messenger.example.com
        verdict=required
        echo=false
        community_id=1:/VIuqWUWpqn2YbBvhaL7Ros51bk=
        input=a.pcap
        frame_request=3
        frame_reply=4
        flags=
        connection_id=ke0408c34645ef479
        ");
    }

    #[test]
    fn what_is_coded_is_told_in_plain_text() {
        let cell = |request: &str, name: &str| {
            let observation = observation(7, 3, request.as_bytes(), b"");
            let cells = row(&observation);
            cells.iter().find_map(|cell| cell.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default().to_owned()
        };
        let ask = "CVR 2 0x00010407 winnt 6.1.0 i386 MSNMSGR 15.4.3502.0922 MSNMSGR u@example.com";
        assert_eq!(cell(ask, "locale"), "de-DE");
        assert_eq!(cell(ask, "locale_name"), "German (Germany), phone book order");
        for (extra, told) in [
            ("", ""),
            (" 0", "0"),
            (" VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDENCg==", "Version: 1; XfrCount: 1"),
            (" 0 VmVyc2lvbjogMQ0KWGZyQ291bnQ6IDENCg== more", "0 Version: 1; XfrCount: 1 more"),
            (" VmVyc2lvbjog\u{e9}", "VmVyc2lvbjog\u{e9}"),
        ] {
            assert_eq!(cell(&format!("{ask}{extra}"), "extra"), told, "{extra}");
        }
    }

    #[test]
    fn an_error_names_no_versions() {
        let row = row(&observation(7, 3, REQUEST, b"420 2 x y z"));
        assert!(row.contains(&"status=error".to_owned()) && row.contains(&"code=420".to_owned()));
        assert!(!row.iter().any(|cell| cell.starts_with("rec_ver") || cell.starts_with("echo")));
    }

    #[test]
    fn raw_lines_are_as_sent() {
        let observation = observation(7, 3, b"CVR 2  a\x01", b"");
        let context = Context::default();
        let cells = RAW.each_ref().map(|column| (column.value)(&observation, &context));
        assert_eq!(cells, [Value::text(Some(b"CVR 2  a\x01")), Value::Absent]);
    }
}
