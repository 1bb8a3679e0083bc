"""What a cluster of two executors makes of captures is what one run makes of them."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from corpus import Row, census
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from msncensus_spark import clients, population, schema, timeline, upgrades

TABLES = (population, upgrades, clients, timeline)


@pytest.fixture(scope="module")
def exchanges(spark: SparkSession, root: Path) -> DataFrame:
    """Give the exchanges, several groups to a task and several tasks."""
    return spark.read.format("msncensus").option("bytesPerTask", "20000").load(str(root)).cache()


def written(rows: Iterable[Row]) -> list[Row]:
    """Give rows as Spark can have them: times have six decimals."""
    return [{name: _cut(value) for name, value in row.items()} for row in rows]


def read(frame: DataFrame) -> list[Row]:
    """Give the rows of a frame as the program writes such values."""
    return [{name: _text(value) for name, value in row.items()} for row in frame.toArrow().to_pylist()]


def _cut(value: Any) -> Any:  # noqa: ANN401 (it is what JSON can be)
    is_time = isinstance(value, str) and len(value) == 30 and value[10] == "T" and value.endswith("Z")
    return value[:26] if is_time else value


def _text(value: Any) -> Any:  # noqa: ANN401 (it is what Arrow can be)
    if isinstance(value, datetime):
        assert value.utcoffset() is not None
        return value.replace(tzinfo=None).isoformat(timespec="microseconds")
    return value


def as_set(rows: Iterable[Row]) -> Counter[tuple[tuple[str, Any], ...]]:
    return Counter(tuple(row.items()) for row in rows)


def test_the_exchanges_are_those_of_one_run(exchanges: DataFrame, single: dict[str, list[Row]]) -> None:
    assert exchanges.rdd.getNumPartitions() > 2
    assert len(single["exchanges"]) > 80
    assert as_set(read(exchanges)) == as_set(written(single["exchanges"]))
    # Requests and their replies stand in different files there.
    rotated = [row for row in single["exchanges"] if "/rotated/" in row["input"]]
    assert len(rotated) == 12
    assert all(row["status"] == "ok" for row in rotated)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_a_table_of_the_census_is_that_of_one_run(
    table: Callable[[DataFrame], DataFrame], exchanges: DataFrame, single: dict[str, list[Row]]
) -> None:
    expected = written(single[table.__name__])
    made = read(table(exchanges))
    assert len(expected) > 15
    assert as_set(made) == as_set(expected)
    assert made == expected, "in this order"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_a_table_of_the_census_has_the_types_of_the_program(
    table: Callable[[DataFrame], DataFrame], exchanges: DataFrame, program: str
) -> None:
    promised = schema.of_table(program, table.__name__, raw=False)
    assert [(field.name, field.dataType) for field in table(exchanges).schema] == [
        (field.name, field.dataType) for field in promised
    ]


def test_runs_that_are_joined_say_the_same(
    exchanges: DataFrame, program: str, root: Path, tmp_path: Path, single: dict[str, list[Row]]
) -> None:
    parts = [str(tmp_path / name) for name in ("samples", "rotated", "odd", "cut.pcap")]
    for part in parts:
        census(program, [str(root / Path(part).name)], Path(part))
    joined = census(program, parts, tmp_path / "all", "merge")
    for table in TABLES:
        assert joined[table.__name__] == single[table.__name__]
    assert as_set(read(exchanges)) == as_set(written(joined["exchanges"]))


def test_the_timeline_has_the_steps_that_are_asked_for(exchanges: DataFrame, program: str, root: Path, tmp_path: Path) -> None:
    # Of two years, so that hours are not too many for empty ones to be told.
    words = ["--until=2004-06-01T00:00:00Z", "--bucket=1h"]
    expected = census(program, [str(root)], tmp_path / "tables", *words)
    told = timeline(exchanges.where("ts < '2004-06-01'"), "1h")
    assert len(expected["timeline"]) > 7_000
    assert read(told) == written(expected["timeline"])


def test_nothing_makes_empty_tables(exchanges: DataFrame) -> None:
    nobody = exchanges.where("false")
    assert [table(nobody).count() for table in TABLES] == [0] * len(TABLES)


def test_inputs_tell_what_was_damaged_and_what_was_not_read(
    spark: SparkSession, root: Path, single: dict[str, list[Row]]
) -> None:
    inputs = read(spark.read.format("msncensus").option("table", "inputs").load(str(root)))
    own = ("group", "exit_code")
    assert as_set({name: value for name, value in row.items() if name not in own} for row in inputs) == as_set(
        written(single["inputs"])
    )
    told = {Path(row["input"]).name: (row["status"], row["exit_code"]) for row in inputs}
    assert told["cut.pcap"] == ("cut", 3)
    assert told["ring_9_2003.pcap"] == ("ok", 0)
    assert told["notes.txt"] == told["clients.pcap"] == told["empty"] == ("skipped", None)
    assert {row["group"] for row in inputs if "/rotated/" in row["input"]} == {str(root / "rotated/ring.pcap")}


def test_columns_can_be_chosen_and_options_reach_the_program(
    spark: SparkSession, program: str, root: Path, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_bytes(bytes(range(32)))
    reader = spark.read.format("msncensus").schema("raw_reply STRING, identity STRING, ts_ns BIGINT")
    options = {"raw": "true", "privacy": "pseudonym", "keyFile": str(key), "filter": "net 192.0.2.0/24 and tcp port 1863"}
    words = ["--raw", "--privacy=pseudonym", f"--key-file={key}", f"--filter={options['filter']}"]
    expected = census(program, [str(root)], tmp_path / "tables", *words)["exchanges"]
    assert len(expected) > 60
    names = ("raw_reply", "identity", "ts_ns")
    made = read(reader.options(**options).load(str(root)))
    assert as_set(made) == as_set({name: row[name] for name in names} for row in expected)


def test_a_task_whose_program_or_python_is_killed_is_done_again(
    spark: SparkSession, program: str, root: Path, tmp_path: Path, single: dict[str, list[Row]]
) -> None:
    killed = tmp_path / "killed"
    killed.mkdir()
    wrapper = tmp_path / "wrapper"
    wrapper.write_text(
        f"""#!/bin/sh
        case "$*" in *--table=exchanges*/rotated/*)
            if mkdir {killed}/program; then kill -SEGV $$; fi
            if mkdir {killed}/python; then kill -KILL $PPID; sleep 60; fi
        esac
        exec {program} "$@"
        """
    )
    wrapper.chmod(0o755)
    made = read(spark.read.format("msncensus").option("binary", str(wrapper)).load(str(root)))
    assert {path.name for path in killed.iterdir()} == {"program", "python"}
    assert as_set(made) == as_set(written(single["exchanges"]))


def test_a_capture_that_cannot_be_read_alone_ends_the_job_and_is_named(spark: SparkSession, root: Path, tmp_path: Path) -> None:
    (tmp_path / "header.pcap").write_bytes((root / "odd/clients.pcap").read_bytes()[:8])
    (tmp_path / "whole.pcap").write_bytes((root / "odd/clients.pcap").read_bytes())
    frame = spark.read.format("msncensus").load(str(tmp_path))
    with pytest.raises(PySparkException, match=r"header\.pcap: cut short: 8 of 24 bytes of the file header are there"):
        frame.count()
    together = spark.read.format("msncensus").option("groupBy", "directory").load(str(tmp_path))
    assert together.count() > 0


def test_where_there_is_no_capture_the_reason_is_told(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(PySparkException, match="no captures found"):
        spark.read.format("msncensus").load(str(tmp_path)).count()
    with pytest.raises(PySparkException, match=r"no program of that name on .*ship it with --files"):
        spark.read.format("msncensus").option("binary", "not-there").load(str(tmp_path))


@pytest.mark.usefixtures("spark")
def test_the_five_lines_of_the_readme_show_the_population(
    root: Path, single: dict[str, list[Row]], capsys: pytest.CaptureFixture[str]
) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    code = readme.split("```python\n")[1].split("```")[0]
    assert len([line for line in code.splitlines() if line]) == 5
    exec(code.replace("/captures", str(root)), {})
    (total,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|    total|")]
    counts = [single["population"][0][name] for name in ("exchanges", "connections", "clients", "passports", "ips")]
    assert [cell.strip() for cell in total.split("|")[5:10]] == [str(count) for count in counts]
