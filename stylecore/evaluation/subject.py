"""What is judged: a result and its source, frame by frame, wherever they are."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from stylecore.arrays.images import fitted_size, resize
from stylecore.errors import SettingsError, StoreError
from stylecore.media import Excerpt, index_source, read_frames
from stylecore.media.opening import EVERYTHING
from stylecore.pipeline import find_shots
from stylecore.settings import SourceSettings, VideoSettings
from stylecore.settings.cuts import cut_frames
from stylecore.store import Job, Published, Workspace

ReadResult = Callable[[], Iterator[np.ndarray]]


@dataclass(frozen=True)
class Subject:
    """A result beside its source."""

    name: str
    """Of the result."""
    excerpt: Excerpt
    """The source's frames that the result is made of."""
    read_result: ReadResult
    """Gives as many frames, (H, W, 3) RGB integers."""
    size: tuple[int, int]
    """Width and height of the result."""
    shots: tuple[tuple[int, int], ...]
    """[start, stop) of each, by numbers of the source."""
    styles: tuple[Path, ...] = ()
    """Of the job; empty where none is known."""
    made: Excerpt | None = None
    """All of the result; None where it is frames of a store."""

    def frames(self, size: int | None = None) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """(number, source frame, result frame) at one size.

        Args:
            size: longer side in pixels, at most; the result's own when None.

        Raises:
            SettingsError: the result ends early.
        """
        fitted = fitted_size(*self.size, size)
        results = self.read_result()
        for number, source in enumerate(read_frames(self.excerpt, size=fitted),
                                        start=self.excerpt.start):  # fmt: skip
            result = next(results, None)
            if result is None:
                raise SettingsError(f"{self.name} ends before frame {number} of its source.")
            yield number, source, resize(result[..., :3], fitted)

    def time(self, number: int) -> float:
        """Seconds at which a frame of the source is shown in the result."""
        index = self.excerpt.index
        return float((index.pts[number] - index.pts[self.excerpt.start]) * index.seconds_per_unit)


def subject_of_files(
    result: Path,
    source: Path,
    *,
    settings: SourceSettings | None = None,
    frames: str | None = None,
    cuts: Sequence[str] | None = None,
) -> Subject:
    """A result that anybody made: a video, an animation, a folder of frames or a pattern.

    Args:
        result: as many frames as are judged of the source.
        source: the video that it is made of.
        settings: of the source.
        frames: which frames of the source it is made of, ``A:B``; all when None.
        cuts: cuts of the source (see ``stylecore.settings.cuts``); found when None.

    Raises:
        InputError: one cannot be read, or they do not fit each other.
    """
    index = index_source(source, settings or SourceSettings())
    start, stop = VideoSettings(frames=frames).frame_range(index.frame_count)
    excerpt = Excerpt(source, index, start, stop)
    made = _whole(result)
    if made.count != excerpt.count:
        raise SettingsError(
            f"{result.name} has {made.count} frames and the source {excerpt.count}: frames are "
            "compared one by one. Say with --frames A:B which frames of the source it is made of."
        )
    shots = [(shot.start, shot.stop) for shot in find_shots(excerpt)] if cuts is None else (
        _between(excerpt, cuts)
    )  # fmt: skip
    return Subject(
        name=result.name, excerpt=excerpt, read_result=lambda: read_frames(made),
        size=(made.index.width, made.index.height), shots=tuple(shots), made=made,
    )  # fmt: skip


def subject_of_job(
    workspace: Workspace, published: Published | None = None, *, source: Path | None = None
) -> Subject:
    """The result of a job: its stored frames or, if they are gone, what was published.

    Args:
        workspace: of the job.
        published: the result that is meant; the last one in place when None.
        source: where the source is now; where it was when None.

    Raises:
        StoreError: neither all frames nor a result is there.
        MediaError: the source or the result cannot be read.
    """
    job = workspace.job
    excerpt = job.excerpt(source or _known_source(workspace))
    read_result = _stored(workspace, job) if published is None else None
    name, made = workspace.name, None
    if read_result is None:
        published = published or _in_place(workspace)
        name, made = published.output.name, _whole(published.output)
        read_result = partial(read_frames, made)
    return Subject(
        name=name, excerpt=excerpt, read_result=read_result, size=(job.width, job.height),
        shots=tuple(job.shots), styles=(job.style.path, *(fact.path for fact in job.more_styles)),
        made=made,
    )  # fmt: skip


def job_of_result(root: Path, output: Path) -> tuple[Workspace, Published] | None:
    """The job that a published file or folder is the result of, if its workspace is still there."""
    wanted = output.absolute()
    for workspace in Workspace.all_in(root):
        with suppress(StoreError):
            for published in reversed(workspace.publications()):
                if published.output == wanted and published.is_in_place():
                    return workspace, published
    return None


def _whole(path: Path) -> Excerpt:
    return Excerpt.of_all(path, index_source(path, EVERYTHING, max_megapixels=float("inf")))


def _between(excerpt: Excerpt, cuts: Sequence[str]) -> list[tuple[int, int]]:
    whole = Excerpt.of_all(excerpt.path, excerpt.index)
    inside = [cut for cut in cut_frames(cuts, whole.boundaries())
              if excerpt.start < cut < excerpt.stop]  # fmt: skip
    edges = [excerpt.start, *inside, excerpt.stop]
    return list(pairwise(edges))


def _known_source(workspace: Workspace) -> Path:
    with suppress(StoreError):
        return workspace.request.source
    return workspace.job.source.path


def _stored(workspace: Workspace, job: Job) -> ReadResult | None:
    numbers = range(job.start, job.stop)
    if len(workspace.finished(job.start, job.stop)) < len(numbers):
        return None
    return lambda: (workspace.load_frame(number) for number in numbers)


def _in_place(workspace: Workspace) -> Published:
    found = [one for one in workspace.publications() if one.is_in_place()]
    if not found:
        raise StoreError(
            f"{workspace.name} has neither all its frames nor a result in place: go on with "
            f"stylecore jobs resume {workspace.name}, or name the result itself."
        )
    return found[-1]
