"""Closed captions (CEA-608 and 708), which travel inside the coded pictures.

Decoders give each frame's part of them beside the frame. PyAV cannot give them to an encoder, so
they are put into its packets, as the message that ATSC A/53 (part 4, 6.2.3) has for them in H.264
(ITU-T H.264, annex D) and HEVC.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from av.packet import Packet

from stylecore.media.excerpt import Excerpt
from stylecore.media.index import SourceIndex
from stylecore.media.reading.frames import decoded_frames
from stylecore.media.reading.side_data import captions_of
from stylecore.media.writing.codecs import codec_name
from stylecore.settings import OutputSettings

CONSTRUCT = 3
"""Bytes of one piece of captions."""
MOST_CONSTRUCTS = 31
"""In one message."""
OF_ATSC = b"\xb5\x00\x31GA94\x03"
"""Country, provider, identifier and type of what follows: captions."""
REGISTERED = 4
"""Type of a message whose meaning others than the ITU have defined."""
START = b"\x00\x00\x00\x01"


@dataclass(frozen=True)
class _Coding:
    """How a codec's units begin."""

    message: bytes
    """Head of a unit with supplemental information that belongs before the picture."""
    picture_types: range
    type_shift: int
    type_mask: int

    def is_picture(self, head: int) -> bool:
        return head >> self.type_shift & self.type_mask in self.picture_types


CODINGS = {
    "h264": _Coding(b"\x06", range(1, 6), 0, 0x1F),
    "hevc": _Coding(b"\x4e\x01", range(32), 1, 0x3F),
}
"""By ``--codec``."""


def keeps_captions(encoding: OutputSettings, suffix: str) -> bool:
    """Whether a result's pictures are coded with a codec that captions can be put into."""
    # What Apple's encoder gives has no marks between units.
    is_marked = encoding.hardware != "videotoolbox"
    return encoding.audio == "keep" and is_marked and codec_name(encoding, suffix) in CODINGS


def captions_in(excerpt: Excerpt) -> tuple[int, ...]:
    """``SourceIndex.captions`` of an excerpt's frames; empty where none of them has any."""
    found = excerpt.index.captions[excerpt.start : excerpt.stop]
    return found if any(found) else ()


def note_on_captions(index: SourceIndex, holder: str) -> tuple[str, ...]:
    """What is said where ``holder`` (as in a sentence) leaves captions out."""
    if not index.captions:
        return ()
    return (f"The closed captions are left out: {holder} holds none; h264 and hevc do.",)


class Captions:
    """The captions of an excerpt, on their way into the packets of one encoder."""

    def __init__(self, excerpt: Excerpt, given: Sequence[int], codec: str) -> None:
        """``given`` are the timestamps that the encoder is given for the frames."""
        self._coding = CODINGS[codec]
        self._numbers = {pts: number for number, pts in enumerate(given)}
        self._source = enumerate(map(captions_of, decoded_frames(excerpt)))
        self._waiting: dict[int, bytes] = {}
        """Of frames that are decoded and not yet encoded, which is done in another order."""

    def added(self, packets: Iterable[Packet]) -> Iterator[Packet]:
        """Puts the captions of their frames into the packets that the encoder gives.

        Raises:
            MediaError: the source has changed since it was indexed.
        """
        for packet in packets:
            captions = b"" if packet.pts is None else self._of(self._numbers[packet.pts])
            yield _with_message(packet, captions, self._coding) if captions else packet

    def _of(self, number: int) -> bytes:
        while number not in self._waiting:
            decoded, captions = next(self._source)
            self._waiting[decoded] = captions
        return self._waiting.pop(number)


def _with_message(packet: Packet, captions: bytes, coding: _Coding) -> Packet:
    """A packet with captions before its first picture unit."""
    data = bytes(packet)
    offset = next(
        (found.start() for found in re.finditer(rb"\x00?\x00\x00\x01(?=(.))", data, re.DOTALL)
         if coding.is_picture(found[1][0])),
        0,
    )  # fmt: skip
    added = Packet(data[:offset] + _messages(captions, coding) + data[offset:])
    added.pts, added.dts, added.time_base = packet.pts, packet.dts, packet.time_base
    added.duration, added.is_keyframe = packet.duration, packet.is_keyframe
    added.stream = packet.stream
    return added


def _messages(captions: bytes, coding: _Coding) -> bytes:
    """Units with messages that hold the captions."""
    units = b""
    most = CONSTRUCT * MOST_CONSTRUCTS
    for begin in range(0, len(captions), most):
        piece = captions[begin : begin + most]
        count = len(piece) // CONSTRUCT
        payload = OF_ATSC + bytes([0x40 | count, 0xFF]) + piece[: CONSTRUCT * count] + b"\xff"
        content = bytes([REGISTERED, len(payload)]) + payload + b"\x80"
        units += START + coding.message + _escaped(content)
    return units


def _escaped(content: bytes) -> bytes:
    """Content in which nothing looks like the beginning of a unit."""
    return re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", content)
