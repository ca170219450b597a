"""When everything in a result is shown, on the grid of its container.

A container counts whole units: Matroska milliseconds, MP4 what its writer chooses. So a time of the
source is placed once, on the grid of the target, and everything that is compared later is compared
with that tick. What is shifted and rounded in several steps ends beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from stylecore.media.index import SourceIndex

FINEST_DENOMINATOR = 10_000_000
"""Of a unit that MP4's 32 bits still count minutes in, and that every encoder takes."""
MICROSECOND = Fraction(1, 1_000_000)


@dataclass(frozen=True)
class Clock:
    """The grid on which times are placed: ``unit`` seconds wide, ``delay`` seconds late."""

    unit: Fraction
    delay: Fraction = Fraction(0)

    def tick(self, time: Fraction) -> int:
        """The unit that is nearest to a time, of two alike the later."""
        exact = (time + self.delay) / self.unit
        return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)

    def converter(self, own: Fraction, shift: Fraction) -> Callable[[int], int]:
        """``tick`` of times that are counted in ``own`` seconds, and ``shift`` seconds earlier.

        In whole numbers, since a film has a million packets.
        """
        scale = own / self.unit
        offset = (self.delay - shift) / self.unit + Fraction(1, 2)
        times, plus = scale.numerator * offset.denominator, offset.numerator * scale.denominator
        share = scale.denominator * offset.denominator
        return lambda count: (count * times + plus) // share

    def ticks(self, times: Sequence[Fraction]) -> list[int]:
        """The units of increasing times, each later than the one before."""
        found: list[int] = []
        for time in times:
            tick = self.tick(time)
            found.append(max(tick, found[-1] + 1) if found else tick)
        return found

    def error(self, times: Sequence[Fraction]) -> Fraction:
        """Seconds between a time and its tick, of the one that is farthest off."""
        pairs = zip(self.ticks(times), times, strict=True)
        return max(abs(tick * self.unit - time - self.delay) for tick, time in pairs)


def encoding_unit(index: SourceIndex) -> Fraction:
    """Seconds of a unit in which frames are given to encoders: the source's, if that can be."""
    unit = index.seconds_per_unit
    return unit if unit.denominator <= FINEST_DENOMINATOR else MICROSECOND
