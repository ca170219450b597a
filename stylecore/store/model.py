"""What a job is, what is asked of it, and what came of it: the models that a workspace keeps."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from stylecore.arrays.colour import ColourStatistics
from stylecore.errors import InputError
from stylecore.media import Excerpt, SourceIndex
from stylecore.settings import OutputSettings, VideoSettings
from stylecore.store.facts import FileFact, file_fact, files_of

FORMAT = 4
"""Version of the workspace's layout; a workspace of another version is not touched."""


class Chunk(BaseModel):
    """Frames [start, stop) of one shot in one pass; the piece of work that one task does."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)
    number: int
    shot: int
    shot_start: int
    shot_stop: int
    start: int
    stop: int
    pass_number: int = Field(default=1, alias="sweep")
    """From 1; in a plan under the name that the first plans gave it."""

    @property
    def step(self) -> int:
        """From a frame to the one that is made next."""
        return -1 if self.is_backward else 1

    @property
    def anchor(self) -> int:
        """The frame that the pass begins with."""
        return self.shot_stop - 1 if self.is_backward else self.shot_start

    @property
    def is_backward(self) -> bool:
        """Whether the pass goes from the shot's end to its start."""
        return self.pass_number % 2 == 0


class Colours(BaseModel):
    """Mean and covariance of colours (see ``stylecore.arrays.colour``), as plain numbers."""

    model_config = ConfigDict(frozen=True)
    mean: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, statistics: ColourStatistics) -> Self:
        return cls(
            mean=tuple(map(float, statistics.mean)),
            covariance=tuple(tuple(map(float, row)) for row in statistics.covariance),
        )

    @property
    def statistics(self) -> ColourStatistics:
        return ColourStatistics(np.array(self.mean), np.array(self.covariance))


class Job(BaseModel):
    """What a job is; the content of ``job.json``."""

    model_config = ConfigDict(frozen=True)
    format: int = FORMAT
    key: str
    source: FileFact
    style: FileFact
    more_styles: tuple[FileFact, ...] = ()
    masks: tuple[FileFact, ...] = ()
    mask_indexes: tuple[SourceIndex | None, ...] = ()
    """Of each mask; None where it is a picture."""
    settings: VideoSettings
    index: SourceIndex
    width: int
    height: int
    start: int
    stop: int
    chunks: tuple[Chunk, ...]
    colours: tuple[Colours, ...] = ()
    """Of each shot of the source, where the settings keep them."""
    notes: tuple[str, ...] = ()
    """What a person should know before the work, in sentences."""
    made_with: dict[str, str] = {}
    """Libraries, processor and device that it was begun with (``stylecore.runtime.versions``)."""

    def excerpt(self, source: Path) -> Excerpt:
        """The frames to make, of the source where it is now."""
        return Excerpt(source, self.index, self.start, self.stop)

    @property
    def frame_count(self) -> int:
        return self.stop - self.start

    @property
    def work_count(self) -> int:
        """Frames to make, over all passes."""
        return self.frame_count * self.settings.passes

    @property
    def shots(self) -> list[tuple[int, int]]:
        """The range [start, stop) of each shot."""
        return sorted({(chunk.shot_start, chunk.shot_stop) for chunk in self.chunks})


class Request(BaseModel):
    """What a person asks for: a value that goes from the command line or a flow to the result.

    It may differ from run to run of the same job. A job is what its files hold; a request says
    where they are now.
    """

    model_config = ConfigDict(frozen=True)
    source: Path
    """The video, an animation, a folder of frames or a pattern for their names."""
    style: Path
    output: Path
    """Its suffix names the container or the animation; a name without one, or a pattern, is a
    folder of frames."""
    settings: VideoSettings = VideoSettings()
    root: Path | None = None
    """Folder of all workspaces; ``default_root()`` when None."""
    overwrite: bool = False
    """Replace an existing output."""
    keep: bool = False
    """Keep the stored frames after the result was published."""
    report: bool = True
    """Write a page about the job beside the result."""
    notes: tuple[str, ...] = ()
    """What became of the wish, in sentences."""
    rehearsed: str = ""
    """What was rehearsed of the result, in words that are equal only if it would be the same."""
    stamp: tuple[int, int] | None = None
    """Size and time of the source when its content was last looked at (see ``stamp_of``)."""

    @property
    def styles(self) -> tuple[Path, ...]:
        """All style pictures, in the order of their weights."""
        return (self.style, *self.settings.mixing.more_styles)

    @property
    def masks(self) -> tuple[Path, ...]:
        return self.settings.mixing.style_masks

    def absolute(self) -> Self:
        """The same with full names, so that it can be fulfilled from any folder."""
        return self.model_copy(
            update={
                "source": self.source.absolute(),
                "style": self.style.absolute(),
                "output": self.output.absolute(),
                "settings": self.settings.with_absolute_paths(),
            }
        )


class Published(BaseModel):
    """A verified result, in place or about to be."""

    model_config = ConfigDict(frozen=True)
    output: Path
    encoding: OutputSettings
    size: int
    sha256: str
    frames: int
    verified: tuple[str, ...] = ()
    """What was found equal to the source, in words."""
    notes: tuple[str, ...] = ()
    stored_bytes: int = 0
    """Size of the workspace when the result was made."""
    placed: bool = False
    """Whether it is known to have got its name; this is written down before and after."""

    def is_in_place(self) -> bool:
        """Whether the published file or folder is still there, by name and size."""
        try:
            return sum(path.stat().st_size for path in files_of(self.output)) == self.size
        except (OSError, InputError):
            return False

    def is_unchanged(self) -> bool:
        """Whether it is still there with every byte."""
        try:
            return self.is_in_place() and file_fact(self.output).sha256 == self.sha256
        except InputError:
            return False


def tag_of(key: str) -> str:
    """The part of a job's key that its workspace is named by."""
    return key[:12]


def job_key(
    source: FileFact,
    styles: Sequence[FileFact],
    masks: Sequence[FileFact],
    settings: VideoSettings,
    engine_digest: str,
) -> str:
    """Hash of everything that changes a pixel of the stylised frames (32 hexadecimal digits)."""
    facts = {
        "format": FORMAT,
        "source": source.sha256,
        "styles": [style.sha256 for style in styles],
        "masks": [mask.sha256 for mask in masks],
        "engine": engine_digest,
        "settings": settings.pixel_settings(),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]
