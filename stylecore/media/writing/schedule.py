"""When each encoded picture is shown and decoded, as a container keeps it."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from statistics import median

from av.packet import Packet

from stylecore.media.excerpt import Excerpt
from stylecore.media.writing.clock import Clock, encoding_unit

ROUNDED = 1
"""Units by which a moment of decoding may be beside a moment of showing."""
LONG = 1.5
"""Times the usual duration of a frame, from which on the last one is long."""


class Schedule:
    """The pictures of one file, each placed on its clock once."""

    def __init__(self, excerpt: Excerpt, clock: Clock, *, sums_decoding: bool) -> None:
        """``sums_decoding`` is for MP4, which keeps the distances between moments of decoding.

        Readers take their sum for the length of the track. It begins some frames early where frames
        are decoded before others that are shown first, and so is right only where the first frames
        last as long as the last ones. So decoding begins early by the duration of as many of the
        last frames; with a steady rate nothing changes.
        """
        boundaries = excerpt.boundaries()
        self.encoding_unit = encoding_unit(excerpt.index)
        *self.given, _ = Clock(self.encoding_unit).ticks(boundaries)
        """Timestamps that the encoder is given, in units of ``encoding_unit``."""
        self._clock, self._sums_decoding = clock, sums_decoding
        self._ticks = clock.ticks(boundaries)
        self._numbers = {pts: number for number, pts in enumerate(self.given)}
        self._count = 0
        self._waiting = self._lead = 0
        """Frames that are decoded before the first one is shown, and units for which it waits."""

    @property
    def ends_long(self) -> bool:
        """Whether the last frame is shown for longer than the others."""
        *others, last = (end - begin for begin, end in pairwise(self._ticks))
        return bool(others) and last > LONG * median(others)

    def seconds(self, pts: int) -> Fraction:
        """When a frame is shown, after the excerpt's shift and before the clock's delay."""
        return pts * self.encoding_unit

    def placed(self, packets: Iterable[Packet]) -> Iterator[Packet]:
        """Gives packets, in order as encoders give them, the times and durations of the file."""
        for packet in packets:
            if packet.pts is None or packet.dts is None:
                continue
            number = self._numbers[packet.pts]
            packet.pts = self._ticks[number]
            # x265 does not say when it decodes a single frame: the number is any.
            earliest, latest = 2 * self._ticks[0] - self._ticks[-1], packet.pts
            decoded = self._clock.tick(packet.dts * self.encoding_unit)
            packet.dts = min(max(earliest, decoded), latest)
            packet.duration = self._ticks[number + 1] - packet.pts
            packet.time_base = self._clock.unit
            if self._sums_decoding:
                self._correct(packet)
            yield packet

    def _correct(self, packet: Packet) -> None:
        """Changes when the first packets are decoded and how long the last one lasts."""
        ticks, count = self._ticks, len(self.given)
        if self._count == 0:
            early = ticks[0] - packet.dts
            self._waiting = bisect_left(ticks, ticks[0] + early - ROUNDED, hi=count)
            self._lead = ticks[count - 1] - ticks[max(0, count - 1 - self._waiting)]
            packet.dts = ticks[0] - self._lead
        elif self._count < self._waiting:
            # FFmpeg takes the shortest wait of these for that of the first one.
            left = self._waiting - self._count
            packet.dts = min(ticks[1] - self._lead + 1, ticks[0]) - left
        self._count += 1
        if self._count == count:
            packet.duration = max(1, ticks[count] - self._lead - packet.dts)
