"""What a verification has found equal, and the words for it."""

from dataclasses import dataclass
from fractions import Fraction

LEAST_SAID = Fraction(1, 1_000_000)
"""Seconds of a difference that is worth a word."""


@dataclass(frozen=True)
class Verification:
    """What was found equal; ``statements`` say it in words."""

    frames: int
    delay: Fraction
    """Seconds by which everything, sound too, begins later; not 0 only where the source's sound
    begins before 0 and the target's container cannot say so."""
    copied: tuple[str, ...]
    """What was compared bit by bit, like "2 sound tracks"."""
    off: Fraction = Fraction(0)
    """Seconds by which a frame is shown too early or too late at most, since the target's clock has
    no finer units."""
    notes: tuple[str, ...] = ()
    """What the container does not hold, in sentences."""
    facts: tuple[str, ...] = ()
    """What was found of a result that is no video file, in place of all but the number."""

    @property
    def statements(self) -> tuple[str, ...]:
        count = "1 frame" if self.frames == 1 else f"{self.frames} frames"
        if self.facts:
            return (count, *self.facts)
        rounded = f" within {float(1000 * self.off):.2g} ms" if self.off >= LEAST_SAID else ""
        later = f", all {float(self.delay):.3f} s later" if self.delay else ""
        same = (f"{', '.join(self.copied)} copied bit for bit",) if self.copied else ()
        return (count, f"timestamps equal{rounded}{later}", *same)
