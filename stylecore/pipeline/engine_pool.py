"""Prepared engines, which each take seconds to prepare and serve one thread at a time."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from stylecore.arrays.colour import ColourStatistics, transfer_colours
from stylecore.arrays.light import grey_like
from stylecore.engines import Engine, create_engine
from stylecore.engines.luminance import LuminanceEngine
from stylecore.engines.masked import MaskedEngine
from stylecore.pipeline.checks import unchanged
from stylecore.pipeline.styles import read_style
from stylecore.settings import FrameSettings
from stylecore.store import Job, Request

Purpose = tuple[str, int]
"""What an engine is prepared for: a job's key, and the shot where its colours count."""


class EnginePool:
    """Idle engines by what they are prepared for."""

    def __init__(self) -> None:
        self._idle: dict[Purpose, list[Engine]] = {}
        self._changing = threading.Lock()

    def take(self, purpose: Purpose) -> Engine | None:
        """One that fits; else None, and the one idle for longest is given up for a new one.

        So there are never more than were ever in use at once.
        """
        with self._changing:
            found = purpose if purpose in self._idle else next(iter(self._idle), None)
            if found is None:
                return None
            engine = self._idle[found].pop()
            if not self._idle[found]:
                del self._idle[found]
        return engine if found == purpose else None

    def give_back(self, purpose: Purpose, engine: Engine) -> None:
        """Keeps an engine for the next one who needs it."""
        with self._changing:
            self._idle.setdefault(purpose, []).append(engine)


_engines = EnginePool()


@contextmanager
def borrowed_engine(job: Job, shot: int, request: Request) -> Iterator[Engine]:
    """An engine that is prepared for the job, or the shot, and that nobody else uses meanwhile."""
    purpose = (job.key, shot if job.colours else 0)
    engine = _engines.take(purpose)
    if engine is None:
        styles = unchanged(request.styles, (job.style, *job.more_styles))
        colours = job.colours[shot].statistics if job.colours else None
        engine = prepared_engine(request.settings, styles, (job.height, job.width), colours)
    try:
        yield engine
    finally:
        _engines.give_back(purpose, engine)


def prepared_engine(
    settings: FrameSettings,
    styles: Sequence[Path],
    shape: tuple[int, int],
    colours: ColourStatistics | None,
) -> Engine:
    """The engine of the settings with its styles, in the colours that shall be kept."""
    engine = create_engine(settings)
    pictures = [read_style(style, max_megapixels=settings.max_megapixels) for style in styles]
    kept = settings.mixing.colours
    if kept == "covariance" and colours is not None:
        pictures = [transfer_colours(picture, colours) for picture in pictures]
    if kept == "luminance" and colours is not None:
        pictures = [grey_like(picture, colours) for picture in pictures]
        engine = LuminanceEngine(engine)
    if settings.mixing.style_masks:
        engine = MaskedEngine(engine)
    engine.prepare(pictures, shape=shape)
    return engine
