"""What a user may ask for with ``.option(...)``: names are told apart without regard to case, as Spark does."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

Table = Literal["exchanges", "inputs", "anomalies"]
GroupBy = Literal["name", "directory", "file"]

# What is passed on to the program as it is.
_FLAGS = {
    "filter": "--filter",
    "since": "--since",
    "until": "--until",
    "privacy": "--privacy",
    "maxmemory": "--max-memory",
}
_SWITCHES = {"raw": "--raw", "recover": "--recover"}
_OTHERS = ("path", "table", "groupby", "bytespertask", "binary", "keyfile", "threads", "hash")

# A task takes about a second for so much (a start of Python and some hundred MB/s), so it is not mostly overhead.
_BYTES_PER_TASK = 256 << 20


@dataclass(frozen=True)
class Options:
    """What was asked for."""

    path: str
    table: Table
    group_by: GroupBy
    bytes_per_task: int
    binary: str | None
    key_file: str | None
    raw: bool
    flags: tuple[str, ...]
    """Arguments of the program, as they are."""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Options":
        """Read options. Raises ``ValueError`` with the name of one that makes no sense."""
        options = {name.lower(): value for name, value in given.items()}
        known = {*_FLAGS, *_SWITCHES, *_OTHERS}
        for name in options:
            if name not in known:
                raise ValueError(f'msncensus has no option "{name}"; there are {" ".join(sorted(known))}')
        table = options.get("table", "exchanges")
        if table not in get_args(Table):
            raise ValueError(
                f'option table: no "{table}"; there are {", ".join(get_args(Table))}; '
                "the tables that count are made of exchanges: from msncensus_spark import population"
            )
        group_by = options.get("groupby", "name")
        if group_by not in get_args(GroupBy):
            raise ValueError(f'option groupBy: no "{group_by}"; there are {", ".join(get_args(GroupBy))}')
        if options.get("privacy", "none") != "none" and "keyfile" not in options:
            raise ValueError(
                "option privacy: needs the option keyFile, too: each group of captures is read by a run of its own, and "
                "pseudonyms of runs without a common key have nothing in common"
            )
        return cls(
            path=_local(options.get("path", "")),
            table=cast("Table", table),
            group_by=cast("GroupBy", group_by),
            bytes_per_task=_number("bytesPerTask", options.get("bytespertask", str(_BYTES_PER_TASK))),
            binary=options.get("binary"),
            key_file=options.get("keyfile"),
            raw=_truth("raw", options.get("raw", "false")),
            flags=tuple(_flags(options)),
        )


def _flags(options: Mapping[str, str]) -> list[str]:
    # One word each: a value that begins with a dash is no flag.
    flags = [f"{flag}={options[name]}" for name, flag in _FLAGS.items() if name in options]
    flags += [flag for name, flag in _SWITCHES.items() if _truth(name, options.get(name, "false"))]
    if not _truth("hash", options.get("hash", "true")):
        flags.append("--no-hash")
    # A task has one processor (spark.task.cpus), unless told otherwise.
    return [*flags, f"-j{_number('threads', options.get('threads', '1'))}"]


def _local(path: str) -> str:
    """Give the path on a machine's own file systems. Raises ``ValueError`` for one of somewhere else."""
    if not path:
        raise ValueError('nothing to read: .load("/captures") names a directory or a capture')
    scheme, _, rest = path.partition(":")
    if scheme == "file":
        return "/" + rest.lstrip("/")
    if re.match(r"[a-z][a-z0-9+.-]*://", path) or scheme == "dbfs":
        raise ValueError(
            f"{path}: a program of its own reads the captures, so they must be files on every machine: mount the store "
            "(docs: Where captures lie)"
        )
    return path


def _number(name: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) == 0:
        raise ValueError(f'option {name}: "{text}" is no whole number above 0')
    return int(text)


def _truth(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f'option {name}: "{text}" is neither true nor false')
    return text.lower() == "true"
