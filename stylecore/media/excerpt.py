"""A range of a source's frames: what is read, written and verified as one."""

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from stylecore.media.index import SourceIndex


@dataclass(frozen=True)
class Excerpt:
    """Frames [start, stop) of the source at ``path``, in which ``index_source`` found ``index``."""

    path: Path
    index: SourceIndex
    start: int
    stop: int

    @classmethod
    def of_all(cls, path: Path, index: SourceIndex) -> "Excerpt":
        """Every frame of a source."""
        return cls(path, index, 0, index.frame_count)

    @property
    def count(self) -> int:
        """Number of frames."""
        return self.stop - self.start

    @property
    def whole(self) -> bool:
        """Whether these are all frames of the source."""
        return (self.start, self.stop) == (0, self.index.frame_count)

    @property
    def shift(self) -> Fraction:
        """Seconds by which the frames are shown earlier than in the source: the first one is shown
        when the source's first one was."""
        return (self.index.pts[self.start] - self.index.pts[0]) * self.index.seconds_per_unit

    def boundaries(self) -> list[Fraction]:
        """When each frame begins and the last one ends, in seconds, after ``shift``."""
        unit, shift = self.index.seconds_per_unit, self.shift
        numbers = range(self.start, self.stop + 1)
        return [self.index.boundary(number) * unit - shift for number in numbers]

    def part(self, start: int, stop: int) -> "Excerpt":
        """Frames [start, stop) of the source, numbered as in the source."""
        return replace(self, start=start, stop=stop)
