"""What Spark asks for: a schema, tasks, and the rows of a task.

.. code-block:: text

    driver      schema()       the program tells its columns
                partitions()   the program lists the captures; they become groups, and groups tasks
    executor    read(task)     for each group: one run of the program, whose rows go on as they come
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition
from pyspark.sql.types import LongType, StringType, StructType

from . import grouping, listing, schema
from .batches import Batches
from .child import Child
from .grouping import Group
from .options import Options
from .program import find_file, find_program

# Columns that the table of inputs has more than the program's, at its end; empty where nobody read.
GROUP = "group"
EXIT_CODE = "exit_code"


class MsnCensusSource(DataSource):
    """``spark.read.format("msncensus")``."""

    @classmethod
    def name(cls) -> str:
        """Give the name of the format."""
        return "msncensus"

    def schema(self) -> StructType:
        """Give the columns of the table that is asked for."""
        options = Options.of(self.options)
        columns = schema.of_table(find_program(options.binary), options.table, raw=options.raw)
        if options.table == "inputs":
            return columns.add(GROUP, StringType()).add(EXIT_CODE, LongType())
        return columns

    def reader(self, schema: StructType) -> DataSourceReader:
        """Give what reads these columns: all of the table, or those that the user named."""
        return Reader(Options.of(self.options), schema)


@dataclass
class Task(InputPartition):
    """What one task reads, one group after the other."""

    groups: tuple[Group, ...]


@dataclass
class NotRead(InputPartition):
    """Rows of the table of inputs of what nobody reads."""

    rows: tuple[bytes, ...]


class Reader(DataSourceReader):
    """Makes tasks, and reads them."""

    def __init__(self, options: Options, columns: StructType) -> None:
        """Will read these columns."""
        self.options = options
        self.columns = columns

    def partitions(self) -> Sequence[InputPartition]:
        """Share the captures among tasks. Raises ``ProgramError`` if there is no capture."""
        listed = listing.of_path(find_program(self.options.binary), self.options.path)
        groups = grouping.of_captures(listed.captures, _sizes(listed.captures), self.options.group_by)
        tasks: list[InputPartition] = [Task(groups) for groups in grouping.into_tasks(groups, self.options.bytes_per_task)]
        if self.options.table == "inputs" and listed.others:
            tasks.append(NotRead(listed.others))
        return tasks

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Give the rows of a task.

        Raises ``ProgramError`` where a run has no usable result: then the task fails, and Spark tries it again.
        """
        own = [name for name in self.columns.names if self.options.table == "inputs" and name in (GROUP, EXIT_CODE)]
        batches = Batches(StructType([field for field in self.columns.fields if field.name not in own]))
        columns = batches.schema.names
        if isinstance(partition, NotRead):
            # These were asked for whole.
            listed = Batches(schema.of_table(find_program(self.options.binary), "inputs", raw=False))
            for batch in listed.of(b"\n".join(partition.rows) + b"\n"):
                yield self._marked(batch.select(columns), None, None)
            return
        assert isinstance(partition, Task)
        for group in partition.groups:
            child = Child(self._command(columns, group), self._told(group))
            with contextlib.closing(child.blocks()) as blocks:
                if own:
                    # How a run ended is known in the end; a row for each capture is not much.
                    lines = b"".join(blocks)
                    for batch in batches.of(lines):
                        yield self._marked(batch, group.name, child.exit_code)
                else:
                    for lines in blocks:
                        yield from batches.of(lines)

    def _command(self, columns: Sequence[str], group: Group) -> list[str]:
        options = self.options
        key_file = [f"--key-file={find_file(options.key_file)}"] if options.key_file else []
        return [
            find_program(options.binary),
            "--quiet",
            f"--table={options.table}",
            "--format=ndjson",
            f"--columns={','.join(columns)}",
            *options.flags,
            *key_file,
            "--",
            *group.captures,
        ]

    def _told(self, group: Group) -> str:
        others = len(group.captures) - 1
        first = group.captures[0]
        return f"{group.name}: {first}" + (f" and {others} more" if others else "")

    def _marked(self, batch: pa.RecordBatch, group: str | None, exit_code: int | None) -> pa.RecordBatch:
        """Add the columns that are not the program's, where they are asked for, and put all in the order asked for."""
        whole = Batches(self.columns).schema
        own = {
            GROUP: pa.array([group] * batch.num_rows, pa.string()),
            EXIT_CODE: pa.array([exit_code] * batch.num_rows, pa.int64()),
        }
        columns = [batch.column(name) if name in batch.schema.names else own[name] for name in whole.names]
        return pa.RecordBatch.from_arrays(columns, schema=whole)


def _sizes(captures: Sequence[str]) -> dict[str, int]:
    sizes = {}
    for path in captures:
        # One that is gone is told by who reads it.
        with contextlib.suppress(OSError):
            sizes[path] = os.stat(path).st_size
    return sizes
