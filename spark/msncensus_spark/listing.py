"""Which captures there are.

The program itself is asked, so that what is read on a cluster is what one run would read: it walks directories, knows captures
by their content, packed ones too, and reads a file with two names once. It reads each up to its first packet.
"""

import json
import os
import re
from dataclasses import dataclass

from .child import Child

# What it says of captures behind the one whose packet was enough.
_NOT_READ = "not read: "
_ESCAPE = re.compile(rb"\\x([0-9A-F]{2})")


@dataclass(frozen=True)
class Listing:
    """What a path leads to."""

    captures: tuple[str, ...]
    """The paths of captures in the order of their first packets' times."""
    others: tuple[bytes, ...]
    """Rows of the table of inputs of what is not to be read, with the reason."""


def of_path(program: str, path: str) -> Listing:
    """List the captures that ``path`` leads to.

    Raises ``ProgramError`` if there is none.
    """
    # Packets beyond the first are not looked at.
    command = [program, "--quiet", "--table=inputs", "--format=ndjson", "--no-hash", "-c1", "--", path]
    captures, others = [], []
    for line in Child(command, path).whole().splitlines():
        row = json.loads(line)
        is_told = row["status"] in ("skipped", "unreadable") and not (row["error"] or "").startswith(_NOT_READ)
        if is_told:
            others.append(line)
        else:
            captures.append(_as_named(row["input"]))
    return Listing(tuple(captures), tuple(others))


def _as_named(shown: str) -> str:
    r"""Give back the name of a file whose control characters are shown as ``\x0A``."""
    return os.fsdecode(_ESCAPE.sub(lambda escape: bytes.fromhex(escape[1].decode()), shown.encode()))
