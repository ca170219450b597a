"""Measures what the parts of a job cost, by doing some of each.

All that is painted for it are frames of the job in their turn, which the job then need not paint.
"""

import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from statistics import mean

import numpy as np

from stylecore.arrays.images import with_channels
from stylecore.arrays.motion import trusted_motion
from stylecore.media import (
    hidden_beside,
    path_on_disk,
    read_frames,
    verify_frames,
    wants_alpha,
    write_frames,
)
from stylecore.preview.estimate import Costs
from stylecore.preview.samples import Samples, paints_alone
from stylecore.runtime.memory import peak_bytes
from stylecore.runtime.versions import made_with
from stylecore.store.facts import files_of

WARM_UP = 2
"""Frames after the first that are painted before time is taken: they too load and prepare."""
MEASURED = {"gatys": 4, "fast": 24, "identity": 24}
"""Frames that go on from the one before, of which time is taken."""
MEASURED_ELSEWHERE = 2
"""Likewise in other shots, for the gatys engine, which takes fewer steps where little moves."""
SHOTS = 4
"""Shots that are painted in at most."""
SHORT_TRIAL, LONG_TRIAL = 4, 32
"""Frames of the two encodings whose difference says what a frame costs."""


class Meter:
    """Takes the time, disk and memory of each part of one job."""

    def __init__(self, samples: Samples, numbers: Sequence[int], *, since_start: float) -> None:
        """
        Args:
            samples: the job.
            numbers: frames that a preview shows; it is their shots that are painted in.
            since_start: seconds from the start of the program to the planning.
        """
        self._samples = samples
        shots = [shot for shot in samples.job.shots
                 if any(shot[0] <= number < shot[1] for number in numbers)]  # fmt: skip
        self._shots = sorted(shots, key=lambda shot: (shot[0] - shot[1], shot))[:SHOTS]
        self._start = since_start
        self._begun: tuple[int, float] | None = None
        self._memory_before = peak_bytes()

    def warm_up(self) -> None:
        """Paints one frame of the job, for which all is loaded and prepared."""
        self._shots.sort(key=lambda shot: not self._next(shot, 1))
        numbers = self._next(self._shots[0], 1)
        if numbers:
            self._begun = numbers[0], sum(self._painted(numbers))

    def costs(self, output: Path, *, planning: float) -> Costs | None:
        """Paints and encodes some frames more; None where all frames are there already.

        Args:
            output: the result, for how it will be encoded; nothing is written there.
            planning: seconds.
        """
        if self._begun is None:
            return None
        first, later = self._frame_seconds(self._begun[0])
        begins_shot = any(self._begun[0] == start for start, _ in self._samples.job.shots)
        loading = self._begun[1] - (first if begins_shot else later)
        (encoding_start, encoding), (result_start, result) = self._encoding(output)
        memory, space = peak_bytes(), self._samples.workspace
        return Costs(
            made_with=made_with(),
            start=self._start + max(0.0, loading), planning=planning,
            first=first, later=later, repass=self._repass_seconds(), reference=self._reference(),
            encoding_start=encoding_start, encoding=encoding,
            frame_bytes=space.bytes_per_frame(), source_bytes=space.bytes_per_source_frame(),
            result_start_bytes=result_start, result_bytes=result,
            memory=memory, memory_before=self._memory_before,
        )  # fmt: skip

    def _frame_seconds(self, begun: int) -> tuple[float, float]:
        """Of a frame that begins a shot, and of one that goes on."""
        settings = self._samples.job.settings
        is_gatys = settings.engine == "gatys"
        firsts = self._samples.first_seconds
        if is_gatys and paints_alone(settings) and firsts:
            return mean(firsts), mean(firsts)
        warm = self._painted(self._next(self._shots[0], WARM_UP))
        measured = self._painted(self._next(self._shots[0], MEASURED[settings.engine]))
        for start, stop in self._shots[1:] if is_gatys else ():
            numbers = self._next((start, stop), MEASURED_ELSEWHERE)
            measured += self._painted(numbers) if start not in numbers else []
        later = mean(measured or warm or [self._recorded_seconds(begun)])
        self._start += max(0.0, sum(warm) - later * len(warm)) if measured else 0.0
        if not is_gatys:
            return later, later
        return mean(firsts or [self._recorded_seconds(begun)]), later

    def _recorded_seconds(self, number: int) -> float:
        """Of painting alone, as the engine has noted it."""
        return float(self._samples.workspace.records()[number]["seconds"])

    def _repass_seconds(self) -> float:
        """Of a frame in a later pass; the first ones of the process prepare, too."""
        seconds = self._samples.repass_seconds
        return mean(seconds[1:] or seconds or [0.0])

    def _reference(self) -> float:
        """Of the motion from a frame further away."""
        job, request = self._samples.job, self._samples.request
        if not (job.settings.far_references and job.settings.needs_motion) or job.frame_count < 2:
            return 0.0
        part = job.excerpt(request.source).part(job.start, job.start + 2)
        one, other = read_frames(part, size=(job.width, job.height))
        began = time.perf_counter()
        trusted_motion(other, one, effort=job.settings.motion_effort)
        return time.perf_counter() - began

    def _next(self, shot: tuple[int, int], count: int) -> list[int]:
        """The first frames of a shot that are missing of the first pass."""
        finished = self._samples.workspace.finished(*shot, pass_number=1)
        return [number for number in range(*shot) if number not in finished][:count]

    def _painted(self, numbers: Sequence[int]) -> list[float]:
        """Seconds of each frame."""
        seconds: list[float] = []
        self._samples.paint_in_turn(numbers, seconds=seconds)
        return seconds

    # --- the result ------------------------------------------------------------------------------

    def _encoding(self, output: Path) -> tuple[tuple[float, float], tuple[float, float]]:
        """Seconds and bytes of the result: what is due once, and for each frame."""
        count = self._samples.job.frame_count
        long = self._trial(output, min(count, LONG_TRIAL))
        if count <= 2 * SHORT_TRIAL:
            return (0.0, long[0] / count), (0.0, long[1] / count)
        short = self._trial(output, SHORT_TRIAL)
        frames = min(count, LONG_TRIAL) - SHORT_TRIAL
        each = [max(0.0, (more - less) / frames) for more, less in zip(long, short, strict=True)]
        once = [max(0.0, less - SHORT_TRIAL * one) for less, one in zip(short, each, strict=True)]
        return (once[0], each[0]), (once[1], each[1])

    def _trial(self, output: Path, count: int) -> tuple[float, float]:
        """Seconds and bytes of a result of so many frames, encoded and verified."""
        job, request = self._samples.job, self._samples.request
        part = job.excerpt(request.source).part(job.start, job.start + count)
        encoding, size = request.settings.output, (job.width, job.height)
        with self._samples.workspace.rehearsing() as folder:
            beside = hidden_beside(output, "trial")
            target = folder / beside.relative_to(path_on_disk(output).parent)
            channels = 4 if wants_alpha(output, encoding, job.index, size) else 3
            began = time.perf_counter()
            frames = (with_channels(frame, channels) for frame in islice(self._stored(), count))
            write_frames(frames, target, part, encoding)
            verify_frames(target, part, encoding, size=size)
            seconds = time.perf_counter() - began
            return seconds, float(sum(path.stat().st_size for path in files_of(target)))

    def _stored(self) -> Iterator[np.ndarray]:
        """Painted neighbours without end, there and back, read from the store each time."""
        space, (start, stop) = self._samples.workspace, self._shots[0]
        numbers = sorted(space.finished(start, stop, pass_number=1))[:LONG_TRIAL]
        for number in cycle([*numbers, *numbers[-2:0:-1]]):
            yield space.load_frame(number, pass_number=1)
