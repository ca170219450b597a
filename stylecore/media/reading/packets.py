"""Packets as they are stored: their digest and times, and AAC that lacks its header."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from av.packet import Packet

from stylecore.media.index import StreamInfo
from stylecore.media.opening import open_container

ADTS_HEADER = 7
"""Its bytes, without a checksum."""


@dataclass
class StreamFacts:
    """All packets of a stream: their bytes, and when the first and the last one begin."""

    digest: Any = field(default_factory=hashlib.sha256)
    unit: Fraction = Fraction(1)
    first_pts: int | None = None
    last_pts: int = 0

    @property
    def first(self) -> Fraction:
        return (self.first_pts or 0) * self.unit

    @property
    def last(self) -> Fraction:
        return self.last_pts * self.unit

    def add(self, packet: Packet) -> None:
        self.digest.update(_without_adts(packet))
        if packet.pts is not None:
            self.last_pts = packet.pts
            if self.first_pts is None:
                self.first_pts, self.unit = packet.pts, Fraction(packet.time_base)


def stream_facts(path: Path, streams: Sequence[StreamInfo]) -> list[StreamFacts]:
    """Demuxes the streams of a file and digests their packets; one fact for each, in order."""
    found = {info.index: StreamFacts() for info in streams}
    with open_container(path) as container:
        for info in streams:
            if info.kind == "attachment":
                found[info.index].digest.update(container.streams[info.index].data)
        timed = [container.streams[i.index] for i in streams if i.kind != "attachment"]
        for packet in container.demux(timed) if timed else ():
            if packet.size and not is_ruined(packet):
                found[packet.stream.index].add(packet)
    return list(found.values())


def is_ruined(packet: Packet) -> bool:
    """Whether no container but MPEG-TS takes a packet: AAC without the header that it needs there.

    Where the stream says by itself how its packets are coded they have no such header.
    """
    coding = packet.stream.codec_context
    if coding is None or coding.name != "aac" or coding.extradata or not packet.size:
        return False
    return not _has_adts(bytes(packet))


def _has_adts(data: bytes) -> bool:
    """Whether AAC begins with a header of ADTS, for a rate that there is."""
    if len(data) <= ADTS_HEADER or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:
        return False
    return data[2] >> 2 & 0xF < 13


def _without_adts(packet: Packet) -> bytes:
    """The raw AAC frame of an ADTS frame (ISO 13818-7, 6.2); any other packet as it is.

    MP4 and Matroska hold raw frames, so the muxer takes the header off.
    """
    data = bytes(packet)
    if packet.stream.codec_context.name != "aac" or not _has_adts(data):
        return data
    has_checksum = not data[1] & 1
    return data[ADTS_HEADER + 2 * has_checksum :]
