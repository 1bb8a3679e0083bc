"""The columns of the program's tables with their types.

There is no second list of them here: beside its tables the program writes ``load.sql``, which names each with its type, and
writes it of an empty capture, too.
"""

import re
import struct
import tempfile
from pathlib import Path

from pyspark.sql.types import (
    BooleanType,
    DataType,
    DecimalType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from .child import Child, ProgramError

# A classic pcap without packets: magic number, version 2.4, zone, accuracy, snap length, Ethernet.
_EMPTY_CAPTURE = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)

_TABLE = re.compile(r"CREATE OR REPLACE TABLE (\w+) AS SELECT \* REPLACE \((.*?)\n\) FROM (.*?)\n\}\);\n", re.DOTALL)
_TIME = re.compile(r'make_timestamp_ns\("\w+"\) AS "(\w+)"')
_COLUMN = re.compile(r"^    '(\w+)': '([A-Z]+)(?:\((\d+), (\d+)\))?'", re.MULTILINE)


def of_table(program: str, table: str, *, raw: bool) -> StructType:
    """Ask the program for the columns of ``table``; with ``raw``, exchanges have the lines as sent.

    Raises ``ProgramError`` if it cannot be run or says nothing of that table.
    """
    with tempfile.TemporaryDirectory(prefix="msncensus-") as directory:
        tables = Path(directory, "tables")
        flags = ["--raw"] if raw else []
        command = [program, "--quiet", "--format=ndjson", "--no-hash", *flags, "--output", str(tables), "-"]
        Child(command, f"the columns of {table}", _EMPTY_CAPTURE).whole()
        schemas = of_script((tables / "load.sql").read_text(encoding="utf-8"))
    if table not in schemas:
        raise ProgramError(f"{program}: tells no columns of a table {table}: is it another version?")
    return schemas[table]


def of_script(script: str) -> dict[str, StructType]:
    """Read the tables of a ``load.sql``. Raises ``ValueError`` for a type that is not known."""
    schemas = {}
    for table, made, columns in _TABLE.findall(script):
        times = set(_TIME.findall(made))
        fields = [
            StructField(name, TimestampType() if name in times else _type(kind, precision, scale))
            for name, kind, precision, scale in _COLUMN.findall(columns)
        ]
        schemas[table] = StructType(fields)
    return schemas


def _type(kind: str, precision: str, scale: str) -> DataType:
    match kind:
        case "VARCHAR":
            return StringType()
        case "BIGINT":
            return LongType()
        case "BOOLEAN":
            return BooleanType()
        case "DECIMAL":
            return DecimalType(int(precision), int(scale))
    raise ValueError(f"load.sql: a column has the type {kind}, which is not known here")
