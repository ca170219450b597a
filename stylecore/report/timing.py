"""When the frames of a job were made: how fast, and which of them in an earlier run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from stylecore.store import Request, Workspace


@dataclass(frozen=True)
class Timing:
    """Of a finished job."""

    pace: Mapping[int, float]
    """Seconds from the frame that was stored before to each frame, where both are of one run."""
    resumed: tuple[tuple[int, int], ...]
    """Ranges [start, stop) of frames that were there when the last run began."""
    made_again: int
    """Files that were found damaged and set aside."""

    @property
    def resumed_count(self) -> int:
        return sum(stop - start for start, stop in self.resumed)


def timed(workspace: Workspace, request: Request) -> Timing:
    """What the times of the files say.

    Raises:
        StoreError: the request is not one of the job's.
    """
    job, asked_at = workspace.job, workspace.asked_at(request)
    made_at = {n: at for n, at in workspace.made_at().items() if job.start <= n < job.stop}
    in_order = sorted(made_at, key=made_at.__getitem__)
    pace = {
        number: made_at[number] - made_at[before]
        for before, number in pairwise(in_order)
        if (made_at[before] < asked_at) == (made_at[number] < asked_at)
    }
    before = sorted(number for number, at in made_at.items() if at < asked_at)
    return Timing(pace, tuple(_ranges(before)), workspace.count_set_aside())


def _ranges(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """[start, stop) of the numbers that follow one another."""
    for _, group in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        own = [number for _, number in group]
        yield own[0], own[-1] + 1
