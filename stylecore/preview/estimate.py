"""Time, disk and memory of a whole job, reckoned from what a preview of it has measured.

    time = start + planning + shots * first + (frames - shots) * later
           + (passes - 1) * frames * repass + encoding_start + frames * encoding

A frame that begins a shot and one that goes on from the frame before cost very different times in
the gatys engine, and so are measured apart. Shots side by side share the processor: that they are
done sooner together is not counted on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from stylecore.settings import VideoSettings

GROUP = 250
"""Frames from one whole picture to the next that encoders take at most by themselves."""


class Costs(BaseModel):
    """What the parts of a job cost on this machine, as it is loaded now."""

    model_config = ConfigDict(frozen=True)
    made_with: dict[str, str]
    """Libraries, processor and device that it was measured with."""
    start: float
    """Seconds until the first frame can be begun: the program, its libraries, the network, styles,
    and what only the first frames of a process have to prepare."""
    planning: float
    """Seconds of checks, index, shots, and the rehearsal of the result."""
    first: float
    """Seconds of a frame that begins a shot, decoded and stored."""
    later: float
    """Seconds of a frame that goes on from the one before, decoded and stored."""
    repass: float = 0.0
    """Seconds of a frame in each pass but the first."""
    reference: float = 0.0
    """Seconds of the motion from one more frame further away."""
    encoding_start: float
    encoding: float
    """Seconds of a frame that is encoded and verified."""
    frame_bytes: float
    """Of a frame in the store."""
    source_bytes: float = 0.0
    """Of a source frame that is split to disk."""
    result_start_bytes: float
    """Of the result's whole pictures, for each group of frames."""
    result_bytes: float
    """Of each frame in the result."""
    memory: int | None
    """Most bytes of memory that the process has taken; None where the system does not say."""
    memory_before: int | None
    """Before the first frame."""


@dataclass(frozen=True)
class Extent:
    """How large a job is, and what of it is done."""

    shots: tuple[int, ...]
    """Frames of each shot."""
    done: int = 0
    """Frames of any pass that are stored."""

    @property
    def frames(self) -> int:
        return sum(self.shots)


class Estimate(BaseModel):
    """What a whole job will take."""

    model_config = ConfigDict(frozen=True)
    seconds: float
    """From nothing to the published result."""
    seconds_left: float
    """Without the frames that are stored, and with the plan that is made."""
    store_bytes: float
    """Of the frames, until the result is in place."""
    result_bytes: float
    memory_bytes: float | None


def estimate_job(costs: Costs, extent: Extent, settings: VideoSettings) -> Estimate:
    """The whole of a job with these costs."""
    frames, shots = extent.frames, len(extent.shots)
    far = settings.far_references if settings.needs_motion else ()
    painting = shots * costs.first + (frames - shots) * costs.later
    painting += costs.reference * sum(_reach_back(length, far) for length in extent.shots)
    painting += (settings.passes - 1) * frames * costs.repass
    encoding = costs.encoding_start + frames * costs.encoding
    work = frames * settings.passes
    left = painting * (work - extent.done) / work
    split = frames * costs.source_bytes
    return Estimate(
        seconds=costs.start + costs.planning + painting + encoding,
        seconds_left=(costs.start if left else 0) + left + encoding,
        store_bytes=work * costs.frame_bytes + split,
        result_bytes=-(-frames // GROUP) * costs.result_start_bytes + frames * costs.result_bytes,
        memory_bytes=_memory(costs, min(settings.parallel_shots, shots)),
    )


def _reach_back(length: int, distances: Sequence[int]) -> int:
    """How many earlier frames the frames of a shot are compared with, beside the one before."""
    return sum(max(0, length - distance) for distance in distances if distance > 1)


def _memory(costs: Costs, side_by_side: int) -> float | None:
    if costs.memory is None or costs.memory_before is None:
        return None
    return costs.memory_before + side_by_side * (costs.memory - costs.memory_before)
