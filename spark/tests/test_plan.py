"""Options, groups, tasks, schemas: what is decided before anything is read."""

import pytest
from pyspark.sql.types import DecimalType, StringType, StructType, TimestampType

from msncensus_spark import grouping, schema
from msncensus_spark.batches import Batches
from msncensus_spark.grouping import Group
from msncensus_spark.listing import _as_named
from msncensus_spark.options import GroupBy, Options


@pytest.mark.parametrize(
    "names",
    [
        ("trace.pcap", "trace.pcap1", "trace.pcap02"),
        ("eth_00001_20040101120000.pcapng", "eth_00002_20040101130000.pcapng.gz"),
        ("cap-2004-01-01T12:00:00.pcap.zst", "cap-2004-01-01.pcap"),
        ("cap.pcap", "cap.pcap.1", "cap.pcap.2.gz", "cap.pcap.3.XZ"),
        ("20040101.pcap", "20040102.pcap"),
        ("1", "2"),
    ],
)
def test_files_of_one_capture_are_one_group(names: tuple[str, ...]) -> None:
    captures = [f"/c/monday/{name}" for name in names]
    groups = grouping.of_captures([*captures, "/c/tuesday/" + names[0], "/c/monday/other"], {}, "name")
    assert sorted(group.captures for group in groups) == sorted(
        [tuple(captures), ("/c/tuesday/" + names[0],), ("/c/monday/other",)]
    )


def test_groups_are_made_as_asked() -> None:
    sizes = {"/c/a/x1": 1, "/c/a/x2": 2, "/c/a/y": 4, "/c/b/x1": 8}

    def groups(by: GroupBy) -> list[tuple[str, int]]:
        return [(group.name, group.bytes) for group in grouping.of_captures(list(sizes), sizes, by)]

    assert groups("name") == [("/c/b/x", 8), ("/c/a/y", 4), ("/c/a/x", 3)]
    assert groups("directory") == [("/c/b", 8), ("/c/a", 7)]
    assert groups("file") == [("/c/b/x1", 8), ("/c/a/y", 4), ("/c/a/x2", 2), ("/c/a/x1", 1)]


def test_tasks_are_balanced_and_a_large_group_has_one_for_itself() -> None:
    def tasks(*sizes: int) -> list[list[int]]:
        groups = [Group(str(size), (str(size),), size) for size in sizes]
        return [[group.bytes for group in task] for task in grouping.into_tasks(groups, 10)]

    assert tasks() == []
    assert tasks(0, 0) == [[0, 0]]
    assert tasks(1000, 10) == [[1000], [10]]
    assert tasks(30, 9, 8, 7, 5, 1) == [[30], [9], [8, 1], [7, 5]]
    assert tasks(*[1] * 35) == [[1] * 9, [1] * 9, [1] * 9, [1] * 8]


def test_options_become_words_of_the_program() -> None:
    asked = {
        "PATH": "file:///c",
        "keyFile": "/k",
        "privacy": "mask",
        "Filter": "-x",
        "raw": "TRUE",
        "hash": "false",
        "threads": "2",
    }
    options = Options.of(asked)
    assert (options.path, options.key_file, options.raw) == ("/c", "/k", True)
    assert options.flags == ("--filter=-x", "--privacy=mask", "--raw", "--no-hash", "-j2")
    assert Options.of({"path": "a:b.pcap"}).flags == ("-j1",)


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("group", "name", 'msncensus has no option "group"; there are '),
        ("table", "population", 'option table: no "population"; .* from msncensus_spark import population'),
        ("groupBy", "size", 'option groupBy: no "size"; there are name, directory, file'),
        ("bytesPerTask", "1g", 'option bytesPerTask: "1g" is no whole number above 0'),
        ("threads", "0", 'option threads: "0" is no whole number above 0'),
        ("recover", "yes", 'option recover: "yes" is neither true nor false'),
        ("privacy", "pseudonym", "option privacy: needs the option keyFile, too"),
        ("path", "s3a://bucket/captures", "s3a://bucket/captures: .* mount the store"),
        ("path", "dbfs:/captures", "dbfs:/captures: .* mount the store"),
        ("path", "", "nothing to read"),
    ],
)
def test_what_makes_no_sense_is_told(option: str, value: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Options.of({"path": "/c", option: value})


def test_the_schema_is_that_of_the_program(program: str) -> None:
    exchanges = schema.of_table(program, "exchanges", raw=False)
    assert exchanges.simpleString().startswith("struct<ts:timestamp,ts_ns:bigint,rtt_ms:decimal(19,6),verb:string,")
    assert exchanges["echo"].simpleString() == "echo:boolean"
    assert schema.of_table(program, "exchanges", raw=True).names == [*exchanges.names, "raw_request", "raw_reply"]
    assert schema.of_table(program, "inputs", raw=False)["duration_s"].simpleString() == "duration_s:decimal(19,9)"
    with pytest.raises(Exception, match="tells no columns of a table summary"):
        schema.of_table(program, "summary", raw=False)


def test_times_are_cut_off_to_microseconds_also_before_1970() -> None:
    batches = Batches(StructType().add("ts", TimestampType()).add("ms", DecimalType(19, 6)).add("name", StringType()))
    early = b'{"ts":"1969-12-31T23:59:59.999999999Z","ms":-0.000001,"name":"\\u00e9"}\n'
    empty = b'{"ts":null,"ms":9223372036854.775807,"name":null}\n'
    (batch,) = batches.of(early + empty)
    (first, second) = batch.to_pylist()
    assert (first["ts"].isoformat(), str(first["ms"]), first["name"]) == ("1969-12-31T23:59:59.999999+00:00", "-0.000001", "é")
    assert (second["ts"], str(second["ms"]), second["name"]) == (None, "9223372036854.775807", None)
    with pytest.raises(ValueError, match="unexpected field"):
        batches.of(b'{"other":1}\n')


def test_names_of_files_are_those_on_disk() -> None:
    assert _as_named(r"/c/a\x0Ab\x5Cx41é") == "/c/a\nb\\x41é"
