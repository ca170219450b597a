"""Files that say what they are, so that damage, and a file in another's place, are noticed.

A *label* names a file's job and place in it. Pictures carry it in a text chunk of PNG, whose every
chunk has a checksum; everything else is stored with a hash of label and content.
"""

import hashlib
import json
import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER_END = len(SIGNATURE) + 12 + 13
"""Of the first chunk, IHDR."""
KEYWORD = b"stylecore\0"
DIGEST_BYTES = 32
BEFORE, BETWEEN, AFTER = '{"sha256": "', '",\n"content": ', "}\n"
"""Of a sealed JSON: around the hash and the content."""


def labelled_png(png: bytes, label: str) -> bytes:
    """A PNG with a text chunk that holds the label."""
    text = KEYWORD + label.encode()
    chunk = struct.pack(">I", len(text)) + b"tEXt" + text
    chunk += struct.pack(">I", zlib.crc32(chunk[4:]))
    return png[:HEADER_END] + chunk + png[HEADER_END:]


def is_whole_png(png: bytes, label: str) -> bool:
    """Whether it has this label, and every chunk passes its checksum, up to the end mark."""
    kinds = []
    for kind, body in _chunks(png):
        kinds.append(kind)
        if len(kinds) == 2 and (kind, body) != (b"tEXt", KEYWORD + label.encode()):
            return False
    return kinds[-1:] == [b"IEND"]


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each chunk, up to the end mark or to the first that is not whole."""
    if png[: len(SIGNATURE)] != SIGNATURE:
        return
    place = len(SIGNATURE)
    while place + 12 <= len(png):
        (length,) = struct.unpack_from(">I", png, place)
        end = place + 8 + length
        if png[end : end + 4] != struct.pack(">I", zlib.crc32(memoryview(png)[place + 4 : end])):
            return
        kind = png[place + 4 : place + 8]
        yield kind, png[place + 8 : end] if kind == b"tEXt" else b""
        place = end + 4
        if kind == b"IEND":
            return


def sealed(content: bytes, label: str) -> bytes:
    """The content, followed by the hash."""
    return content + _digest(content, label)


def unsealed(data: bytes, label: str) -> bytes | None:
    """What ``sealed`` was given; None where it is another, or not whole."""
    content, digest = data[:-DIGEST_BYTES], data[-DIGEST_BYTES:]
    return content if digest == _digest(content, label) else None


def sealed_json(content: str, label: str) -> bytes:
    """A JSON text as the content of another, which holds the hash too."""
    digest = _digest(content.encode(), label).hex()
    return f"{BEFORE}{digest}{BETWEEN}{content}{AFTER}".encode()


def unsealed_json(data: bytes, label: str) -> str | None:
    """What ``sealed_json`` was given; None where it is another, or not whole."""
    begin = len(BEFORE) + 2 * DIGEST_BYTES + len(BETWEEN)
    try:
        text = data[begin : -len(AFTER)].decode()
    except UnicodeDecodeError:
        return None
    return text if data == sealed_json(text, label) else None


def declared_format(data: bytes) -> int | None:
    """Version of the layout that a job's file names, sealed or not; None where it names none."""
    try:
        found = json.loads(data)
    except ValueError:
        return None
    job = found.get("content", found) if isinstance(found, dict) else None
    number = job.get("format") if isinstance(job, dict) else None
    return number if isinstance(number, int) else None


def _digest(content: bytes, label: str) -> bytes:
    return hashlib.sha256(label.encode() + b"\0" + content).digest()
