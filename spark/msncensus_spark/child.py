"""One run of the program as a child process.

* **Takes** arguments, without any shell.
* **Gives** what it writes, in blocks of whole lines, as it comes; then how it ended.
* **Keeps** one block, and the last :data:`TOLD_MAX` bytes that it said on standard error.
* **Leaves out** what lines mean.

The child does not outlive who started it: it is killed when its rows are not wanted any more, and by the kernel when
the Python process dies (on Linux), as it does when Spark cancels a task.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from typing import IO

BLOCK_LEN = 1 << 20
"""Bytes that are handed on at once, and a line more: some thousand exchanges."""

TOLD_MAX = 4096
"""Bytes of standard error that are kept: the last, for there the reason is."""

WHOLE = 0
DOUBTFUL = 3
"""Finished, but data was lost or is doubtful; the table of inputs says where."""

_PR_SET_PDEATHSIG = 1


class ProgramError(Exception):
    """The program gave no usable result."""


class Child:
    """A run of the program."""

    def __init__(self, command: Sequence[str], of: str, stdin: bytes = b"") -> None:
        """Will run ``command`` with ``stdin``, which is short. ``of`` is what it reads, for messages."""
        self.exit_code: int | None = None
        """How it ended, once it has: 0 or 3."""
        self._command = command
        self._of = of
        self._stdin = stdin
        self._told = b""

    def blocks(self) -> Generator[bytes]:
        """Run it and give its standard output in blocks of whole lines.

        Raises ``ProgramError``, which says what the program said, unless it ends with 0 or 3. Rows that came until then
        may be too few.
        """
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                preexec_fn=_dies_with(os.getpid()),  # noqa: PLW1509 (it makes two system calls)
            )
        except OSError as error:
            # Most likely there are more names than fit into a command line.
            raise ProgramError(f"{self._of}: {self._command[0]} cannot be started: {error}") from error
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        listener = threading.Thread(target=self._listen, args=(process.stderr,), daemon=True)
        listener.start()
        try:
            _give(process.stdin, self._stdin)
            while block := process.stdout.read(BLOCK_LEN):
                yield block if block.endswith(b"\n") else block + process.stdout.readline()
            code = process.wait()
        finally:
            # Whoever takes no more rows ends it here.
            process.kill()
            process.wait()
            listener.join()
            process.stdout.close()
            process.stderr.close()
        if code not in (WHOLE, DOUBTFUL):
            raise ProgramError(f"{self._of}: msncensus {_ending(code)}: {self.told() or 'it said nothing'}")
        self.exit_code = code

    def whole(self) -> bytes:
        """Run it and give all that it writes, where that is short."""
        return b"".join(self.blocks())

    def told(self) -> str:
        """The last of what it said on standard error."""
        return self._told.decode(errors="backslashreplace").strip()

    def _listen(self, stderr: IO[bytes]) -> None:
        while told := os.read(stderr.fileno(), TOLD_MAX):
            self._told = (self._told + told)[-TOLD_MAX:]


def _give(stdin: IO[bytes], data: bytes) -> None:
    # One that ended without reading says why by its exit code.
    with contextlib.suppress(BrokenPipeError), stdin:
        stdin.write(data)


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _dies_with(parent: int) -> Callable[[], None] | None:
    """Give what a child does first so that the kernel kills it when ``parent`` dies; only Linux can."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            # It died before it could be asked for.
            os._exit(1)

    return ask
