"""Whether a file's bytes show that a part of it is missing, where no header lists its frames."""

from pathlib import Path

HEAD_BYTES = 4096
TRANSPORT_PACKETS = (188, 192, 204)
"""Lengths of a packet of MPEG-TS: plain, with a time before it, with a checksum behind it."""


def is_incomplete(path: Path, container: str) -> bool:
    """Whether a file of a format, by ffmpeg's name, begins with nothing or ends too early."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not any(head):
        return True
    if container == "avi" and head[:4] == b"RIFF":
        return size < 8 + int.from_bytes(head[4:8], "little")
    if container == "mpegts":
        return all(size % length for length in TRANSPORT_PACKETS)
    return False
