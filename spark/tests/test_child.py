"""Runs of the program as a child: its rows, its words, its end."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from msncensus_spark.child import BLOCK_LEN, TOLD_MAX, Child, ProgramError


def shell(line: str, stdin: bytes = b"") -> Child:
    return Child(["/bin/sh", "-c", line], "a group", stdin)


def test_blocks_are_whole_lines_however_much_there_is() -> None:
    child = shell("seq 1 600000")
    blocks = list(child.blocks())
    assert len(blocks) > 2
    assert all(block.endswith(b"\n") and len(block) <= BLOCK_LEN + 8 for block in blocks)
    assert b"".join(blocks).split() == [str(number).encode() for number in range(1, 600_001)]
    assert child.exit_code == 0


def test_doubtful_rows_are_kept() -> None:
    child = shell("echo row; exit 3")
    assert (child.whole(), child.exit_code) == (b"row\n", 3)


def test_what_is_given_is_read_or_not() -> None:
    assert shell("cat", b"some").whole() == b"some"
    assert shell("exec <&-; sleep 0.1", bytes(1 << 20)).whole() == b""


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("echo why >&2; exit 1", "a group: msncensus ended with code 1: why"),
        ("exit 130", "a group: msncensus ended with code 130: it said nothing"),
        ("kill -SEGV $$", "a group: msncensus was ended by SIGSEGV: it said nothing"),
        ("echo row; kill -KILL $$", "a group: msncensus was ended by SIGKILL: it said nothing"),
    ],
)
def test_no_result_is_an_error_that_tells_the_reason(line: str, told: str) -> None:
    with pytest.raises(ProgramError) as error:
        shell(line).whole()
    assert str(error.value) == told


def test_of_much_talk_the_end_is_kept() -> None:
    with pytest.raises(ProgramError) as error:
        shell("seq 1 300000 >&2; exit 1").whole()
    assert str(error.value).endswith("\n299999\n300000")
    assert len(str(error.value)) < TOLD_MAX + 100


def test_what_cannot_be_started_is_told() -> None:
    with pytest.raises(ProgramError, match=r"a group: /not/there cannot be started: .*No such file"):
        Child(["/not/there"], "a group").whole()


def test_a_child_whose_rows_are_not_wanted_is_ended() -> None:
    child = shell("echo $$; while echo more; do :; done")
    blocks = child.blocks()
    pid = int(next(blocks).split(b"\n")[0])
    blocks.close()
    assert has_ended(pid)


def test_a_child_does_not_outlive_who_started_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = f"""from msncensus_spark.child import Child
Child(["/bin/sh", "-c", "echo $$ > {pid_file}.new; mv {pid_file}.new {pid_file}; exec sleep 600"], "a group").whole()"""
    parent = subprocess.Popen([sys.executable, "-c", code])
    wait_until(pid_file.exists)
    pid = int(pid_file.read_text())
    assert not has_ended(pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_until(lambda: has_ended(pid))


def has_ended(pid: int) -> bool:
    try:
        # Whoever waits for it is not asked to: a dead process that nobody waited for counts as ended.
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def wait_until(is_so: Callable[[], bool]) -> None:
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() - begun < 60, "it does not come"
        time.sleep(0.02)
