"""Captures made by hand: conversations on TCP, in the classic format of files."""

import ipaddress
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_SYN, _FIN, _PSH, _ACK = 0x02, 0x01, 0x08, 0x10
_STEP_NS = 20_000_000
_MAGIC_NANOSECONDS = 0xA1B23C4D

Packet = tuple[int, bytes]
"""Nanoseconds since 1970, and an IPv4 packet."""


@dataclass
class End:
    """One end of a connection."""

    addr: str
    port: int
    seq: int


def conversation(time_ns: int, client: str, lines: Iterable[str | bytes], server: str = "198.51.100.7:1863") -> list[Packet]:
    """Give the packets of a connection on which these lines are said (``C: ...``, ``S: ...``), one every 20 ms."""
    ends = {"C": _end(client, 1_000), "S": _end(server, 9_000)}
    sent = [("C", _SYN, b""), ("S", _SYN | _ACK, b""), ("C", _ACK, b"")]
    for line in lines:
        said = line.encode() if isinstance(line, str) else line
        sent.append((chr(said[0]), _PSH | _ACK, said[3:] + b"\r\n"))
    sent += [("C", _FIN | _ACK, b""), ("S", _FIN | _ACK, b""), ("C", _ACK, b"")]
    packets = []
    for number, (side, flags, payload) in enumerate(sent):
        sender, receiver = (ends["C"], ends["S"]) if side == "C" else (ends["S"], ends["C"])
        packets.append((time_ns + number * _STEP_NS, _packet(sender, receiver, flags, payload)))
        sender.seq += len(payload) + bool(flags & (_SYN | _FIN))
    return packets


def sign_in(request: str | bytes, answer: str | bytes) -> list[str | bytes]:
    """Give the lines of a sign-in that asks and is answered so."""
    asked, answered = (text.encode() if isinstance(text, str) else text for text in (request, answer))
    return ["C: VER 1 MSNP9 MSNP8 CVR0", "S: VER 1 MSNP9 MSNP8 CVR0", b"C: CVR 2 " + asked, b"S: CVR 2 " + answered]


def write(path: Path, packets: Iterable[Packet]) -> None:
    """Write a capture of raw IP in nanoseconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", _MAGIC_NANOSECONDS, 2, 4, 0, 0, 65_535, 101))
        for time_ns, packet in packets:
            seconds, nanos = divmod(time_ns, 1_000_000_000)
            file.write(struct.pack("<IIII", seconds, nanos, len(packet), len(packet)) + packet)


def _end(text: str, seq: int) -> End:
    addr, port = text.rsplit(":", 1)
    return End(addr, int(port), seq)


def _packet(sender: End, receiver: End, flags: int, payload: bytes) -> bytes:
    addrs = ipaddress.ip_address(sender.addr).packed + ipaddress.ip_address(receiver.addr).packed
    ack = 0 if flags == _SYN else receiver.seq
    segment = struct.pack(">HHIIBBHHH", sender.port, receiver.port, sender.seq, ack, 5 << 4, flags, 65_535, 0, 0) + payload
    checksum = _checksum(addrs + struct.pack(">BBH", 0, 6, len(segment)) + segment)
    segment = segment[:16] + struct.pack(">H", checksum) + segment[18:]
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, 6, 0) + addrs
    return header[:10] + struct.pack(">H", _checksum(header)) + header[12:] + segment


def _checksum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
