"""The captures that a cluster and a single run are to agree on, and what the single run says of them."""

import json
import os
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

from captures import Packet, conversation, sign_in, write

SAMPLES = Path(__file__).parents[2] / "samples"
MONDAY_NS = 1_063_540_800_000_000_000
MINUTE_NS = 60_000_000_000
DAY_NS = 1_440 * MINUTE_NS

Row = dict[str, Any]

# What clients send as their versions, in this order, and what they are told to take.
UPGRADER = [("6.0.0602", "6.1.0211"), ("6.0.0602", "6.1.0211"), ("6.1.211", "6.1.0211"), ("6.1.0211", "1.0.0000")]
RESTLESS = [(f"6.{number}", f"7.{number % 11}") for number in range(20)]
# The first advice is forgotten when the ninth comes, and then the version that it names is no answer to it.
FORGETFUL = [*((f"5.{number}", f"6.{number}") for number in range(9)), ("6.0", "1.0.0000")]
MINDFUL = [*((f"5.{number}", f"6.{number}") for number in range(8)), ("6.0", "1.0.0000")]
DOWNGRADER = [("14.0.8117.0416", "14.0.8117"), ("8.5", "8.5.1302"), ("8.5.1302P", "8.5.1302")]
# Whether the second is above the first is told by numbers, or not at all.
STRANGE = [
    *(("1.2.3.4.5.6.7.8", "2.0"), ("1.2.3.4.5.6.7.8.9", "2.0"), ("4294967295.1", "2.0"), ("4294967296.1", "2.0")),
    *(("12345678901.2", "2.0"), ("00000000007.0", "8.0"), ("0000000007.0", "8.0"), ("1..2", "2.0"), ("v6.00", "7.0")),
    *(("7.5.0303P", "7.5.0324"), ("7.5.0303P", "8.1"), ("7.5.0303P", "7.5.0303P.1"), ("6.2", "6.10"), ("6.1", "6.01.5")),
]
HOSTILE = [
    b"6.\\x41",
    b"6.\\x4g",
    b"6.\\x",
    b"6.\xff5",
    b"6.\xc3\xa9",
    b"6.'\"",
    b"6.a\rb",
    b"6.\xe2\x80\x8b1",
    b"\\\\x4141",
    b"6.\xc2\x85\\",
]


def make(root: Path) -> None:
    """Make the captures: samples, a rotated one, odd clients, one that is cut, and what is no capture."""
    samples = sorted(SAMPLES.glob("*.pcapng"))
    assert len(samples) > 20
    for sample in samples:
        (root / "samples").mkdir(parents=True, exist_ok=True)
        shutil.copy(sample, root / "samples")
    _rotated(root / "rotated")
    _odd(root / "odd")
    (root / "odd/notes.txt").write_text("no capture\n")
    (root / "odd/again.pcap").symlink_to("clients.pcap")
    (root / "empty").mkdir()
    answer = "6.1.0211 6.1.0211 6.1.0155 http://a.example.com http://b.example.com"
    lines = sign_in("0x0413 winnt 5.0 i386 MSNMSGR 6.0.0602 MSMSGS cut@example.com", answer)
    write(root / "cut.pcap", conversation(MONDAY_NS, "192.0.2.202:1025", lines))
    os.truncate(root / "cut.pcap", (root / "cut.pcap").stat().st_size - 40)


def _rotated(root: Path) -> None:
    """Write three files of one capture, the earliest the last by name; requests and replies stand in different ones."""
    answer = "6.1.0211 6.1.0211 6.1.0155 http://download.example.com/SetupDl.exe http://messenger.example.com"
    packets: list[Packet] = []
    for number in range(12):
        request = f"0x0409 winnt 5.1 i386 MSNMSGR 6.0.0602 MSMSGS user{number % 5}@example.com"
        lines = sign_in(request, answer)
        packets += conversation(MONDAY_NS + number * 7_000_000, f"192.0.2.{number % 4}:{1_024 + number}", lines)
    packets.sort()
    third = len(packets) // 3
    for name, part in (("ring_9_2003.pcap", 0), ("ring_1_2003.pcap", 1), ("ring_5_2003.pcap", 2)):
        write(root / name, packets[part * third : (part + 1) * third if part < 2 else None])


def _odd(root: Path) -> None:
    """Write clients that move from version to version, and words that nobody should send."""
    packets: list[Packet] = []
    paths = {"up": UPGRADER, "restless": RESTLESS, "forgetful": FORGETFUL, "mindful": MINDFUL, "down": DOWNGRADER}
    paths |= {f"strange{number}": [(version, "1.0.0000") for version in pair] for number, pair in enumerate(STRANGE)}
    for client, (name, path) in enumerate(paths.items()):
        for number, (version, advice) in enumerate(path):
            # Each sort order has the same tag and another name.
            locale = ("0x00010407", "0x0407", "0x00050407", "spaghetti")[number % 4]
            request = f"{locale} winnt 5.{number % 3} i386 MSNMSGR {version} MSMSGS {name}@Example.com"
            answer = f"{advice} {advice} 1.0.0000 http://a.example.com/x http://b.example.com"
            time_ns = MONDAY_NS + client * MINUTE_NS + number * DAY_NS + 123
            packets += conversation(time_ns, f"192.0.2.{100 + client}:{2_000 + number}", sign_in(request, answer))
    for number, word in enumerate(HOSTILE):
        asked = b"0x0409 win " + word + b" i386 MSNMSGR " + word + b" MSMSGS hostile@example.com"
        told = word + b" " + word + b" 1.0.0000 http://a.example.com/" + word + b" " + word
        time_ns = MONDAY_NS - DAY_NS + number * MINUTE_NS
        packets += conversation(time_ns, f"192.0.2.200:{3_000 + number}", sign_in(asked, told))
    # Without an account, and without an answer.
    packets += conversation(
        MONDAY_NS, "192.0.2.201:4000", ["C: VER 1 MSNP8 CVR0", "C: CVR 2 0x040c win 4.10 i386 MSMSGS 3.6 MSMSGS"]
    )
    write(root / "clients.pcap", sorted(packets))


def census(program: str, inputs: list[str], output: Path, *words: str) -> dict[str, list[Row]]:
    """Give every table of a single run, as the program writes it."""
    command = [program, *words, "--quiet", "--format=ndjson", f"--output={output}", *inputs]
    ran = subprocess.run(command, capture_output=True, check=False)
    assert ran.returncode in (0, 3), ran.stderr.decode()
    tables = ("exchanges", "inputs", "anomalies", "population", "upgrades", "timeline", "clients")
    return {table: rows(output / f"{table}.ndjson") for table in tables}


def rows(path: Path) -> list[Row]:
    """Read rows as they are written: decimals with their digits."""
    return [json.loads(line, parse_float=Decimal) for line in path.read_bytes().splitlines()]
