"""Finds the program, and other files, on whatever machine this runs."""

import os
import shutil
import socket
from pathlib import Path

from pyspark import SparkFiles

PROGRAM = "msncensus"


def find_program(name: str | None) -> str:
    """Find the program: ``name``, else ``$MSNCENSUS``, else ``msncensus``.

    A path is taken as it is. A bare name is looked for among the files that were shipped (``--files``), then in ``PATH``.
    Raises ``FileNotFoundError`` where it is in neither.
    """
    name = name or os.environ.get("MSNCENSUS") or PROGRAM
    found = name if os.sep in name else shipped(name) or shutil.which(name)
    if found is None or not os.access(found, os.X_OK) or Path(found).is_dir():
        raise FileNotFoundError(
            f"{name}: no program of that name on {socket.gethostname()}: install it in PATH on every machine, "
            f'ship it with --files, or name its path with .option("binary", ...)'
        )
    return found


def find_file(path: str) -> str:
    """Find a file by its path, or by its last name among those that were shipped."""
    return path if Path(path).exists() else shipped(Path(path).name) or path


def shipped(name: str) -> str | None:
    """Where the file of that name is that Spark copied to this machine (``--files``, ``addFile``), if there is one."""
    try:
        path = Path(SparkFiles.get(name))
    except (AssertionError, TypeError):
        # Outside of Spark nothing was shipped.
        return None
    return str(path) if path.is_file() else None
