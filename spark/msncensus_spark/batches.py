"""Rows as Arrow batches with Spark's types.

The program's rows are NDJSON, which Arrow reads by itself, several times as fast as they come. Decimals keep their digits. Times
have nine decimals, and Spark's six: the last three are cut off; the ``_ns`` column beside each has them.
"""

import io

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
from pyspark.sql.types import BooleanType, DataType, DecimalType, LongType, StringType, StructType, TimestampType

# Of `2003-09-14T12:00:03.500000001Z`.
_LEN_WITH_MICROSECONDS = 26
_MICROSECONDS = pa.timestamp("us", tz="UTC")


class Batches:
    """Makes batches of one schema."""

    def __init__(self, schema: StructType) -> None:
        """Will make batches with these columns, in this order."""
        self.schema = pa.schema([pa.field(field.name, _arrow(field.dataType)) for field in schema.fields])
        self._written = pa.schema(
            [pa.field(field.name, pa.string() if _is_time(field.type) else field.type) for field in self.schema]
        )

    def of(self, lines: bytes) -> list[pa.RecordBatch]:
        """Read whole lines. Raises ``pyarrow.ArrowInvalid`` if they are no rows of these columns."""
        table = pyarrow.json.read_json(
            io.BytesIO(lines),
            # One block, so that no row is longer than it.
            read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
            parse_options=pyarrow.json.ParseOptions(explicit_schema=self._written, unexpected_field_behavior="error"),
        )
        columns = [_time(table.column(field.name)) if _is_time(field.type) else table.column(field.name) for field in self.schema]
        return pa.table(columns, schema=self.schema).to_batches()  # type: ignore[no-any-return]


def _time(written: pa.ChunkedArray) -> pa.ChunkedArray:
    cut = pc.utf8_slice_codeunits(written, 0, _LEN_WITH_MICROSECONDS)
    return cut.cast(pa.timestamp("us")).cast(_MICROSECONDS)


def _is_time(kind: pa.DataType) -> bool:
    return bool(kind == _MICROSECONDS)


def _arrow(kind: DataType) -> pa.DataType:
    match kind:
        case StringType():
            return pa.string()
        case LongType():
            return pa.int64()
        case BooleanType():
            return pa.bool_()
        case TimestampType():
            return _MICROSECONDS
        case DecimalType():
            return pa.decimal128(kind.precision, kind.scale)
    raise ValueError(f"a column has the type {kind.simpleString()}, which no table has")
