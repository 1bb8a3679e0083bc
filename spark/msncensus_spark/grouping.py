"""Which captures must be read together, and how groups become tasks.

A connection, and so a conversation, goes on from one rotated file into the next. Files that were cut from one capture are a
group, and one run reads a group, whole: it is never divided, however large it is. Correct comes before balanced.

.. code-block:: text

    day1/eth0_00001_20040101.pcap ┐                        ┌ task 1   the largest group
    day1/eth0_00002_20040101.pcap ┴ day1/eth ┐             │
    day1/wlan.pcap                           ├─ by bytes ──┼ task 2   a smaller one
    day1/wlan.pcap1                          ┘             │
    day2/eth0_00001_20040102.pcap                          └ task 3   several small ones, one after the other
"""

import heapq
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from .options import GroupBy

_PACKED = re.compile(r"\.(gz|bz2|xz|zst|lz4)$", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+")
_SEPARATORS = re.compile(r"[-_.:+ T]+")


@dataclass(frozen=True)
class Group:
    """Captures that one run reads."""

    name: str
    captures: tuple[str, ...]
    bytes: int
    """As they lie on disk."""


def of_captures(captures: Sequence[str], sizes: Mapping[str, int], by: GroupBy) -> list[Group]:
    """Put captures into groups, the largest first; within each they stay in their order."""
    members: dict[str, list[str]] = {}
    for path in captures:
        members.setdefault(_KEYS[by](path), []).append(path)
    groups = [Group(name, tuple(paths), sum(sizes.get(path, 0) for path in paths)) for name, paths in members.items()]
    return sorted(groups, key=lambda group: (-group.bytes, group.name))


def into_tasks(groups: Sequence[Group], bytes_per_task: int) -> list[tuple[Group, ...]]:
    """Share groups among as many tasks as they have times ``bytes_per_task``: each goes to the task with the least so far.

    Groups come the largest first, and so do tasks: what takes longest begins first.
    """
    large = [group for group in groups if group.bytes >= bytes_per_task]
    small = groups[len(large) :]
    count = -(-sum(group.bytes for group in small) // bytes_per_task) if small else 0
    tasks: list[list[Group]] = [[] for _ in range(max(count, min(len(small), 1)))]
    loads = [(0, number) for number in range(len(tasks))]
    for group in small:
        load, number = heapq.heappop(loads)
        tasks[number].append(group)
        heapq.heappush(loads, (load + group.bytes, number))
    return [*((group,) for group in large), *(tuple(task) for task in tasks if task)]


def _directory(path: str) -> str:
    return str(PurePath(path).parent)


def _sensor(path: str) -> str:
    """Directory and name without numbers and the signs between them: of rotated files only those differ.

    Two sensors whose names differ by a number alone are one group. That is right, if larger than need be.
    """
    name = _SEPARATORS.sub(".", _NUMBER.sub("", _PACKED.sub("", PurePath(path).name)))
    return str(PurePath(path).parent / (name.strip(".") or "*"))


def _file(path: str) -> str:
    return path


_KEYS: Mapping[GroupBy, Callable[[str], str]] = {"directory": _directory, "name": _sensor, "file": _file}
