"""Divides an excerpt of a source into shots, and these into chunks."""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from stylecore.arrays.colour import ColourStatistics, colour_statistics, colours_of_all
from stylecore.arrays.images import fitted_size, to_float
from stylecore.arrays.shots import ANALYSIS_SIZE, Shot, detect_shots
from stylecore.media import Excerpt, read_frames
from stylecore.settings import VideoSettings
from stylecore.settings.cuts import cut_frames
from stylecore.store import Chunk, Colours


def find_shots(excerpt: Excerpt) -> list[Shot]:
    """The shots of an excerpt, numbered as in the source.

    Raises:
        MediaError: the source has changed since it was indexed.
    """
    return _detected_shots(_analysis_frames(excerpt), excerpt)


def divide_into_chunks(
    excerpt: Excerpt, settings: VideoSettings
) -> tuple[tuple[Chunk, ...], tuple[Colours, ...]]:
    """Cuts an excerpt at its shots, and these into chunks; colours of the shots if kept."""
    colours: list[ColourStatistics] = []
    frames = _analysis_frames(excerpt)
    if settings.mixing.colours != "style":
        frames = _noting(frames, colours)
    if settings.cuts is None:
        shots = _detected_shots(frames, excerpt)
    else:
        shots = _given_shots(settings.cuts, excerpt)
        if settings.mixing.colours != "style":
            deque(frames, maxlen=0)
    kept = [
        colours_of_all(colours[shot.start - excerpt.start : shot.stop - excerpt.start])
        for shot in shots
        if colours
    ]
    chunks = _chunks([(shot.start, shot.stop) for shot in shots], settings)
    return tuple(chunks), tuple(Colours.of(statistics) for statistics in kept)


def _analysis_frames(excerpt: Excerpt) -> Iterator[np.ndarray]:
    """Small frames of 8 bits, of which cuts and colours are seen."""
    size = fitted_size(excerpt.index.width, excerpt.index.height, ANALYSIS_SIZE)
    return _to_8_bit(read_frames(excerpt, size=size))


def _to_8_bit(frames: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    for frame in frames:
        yield frame if frame.dtype == np.uint8 else (frame >> 8).astype(np.uint8)


def _detected_shots(frames: Iterator[np.ndarray], excerpt: Excerpt) -> list[Shot]:
    times = [float(time) for time in excerpt.boundaries()]
    return [
        Shot(excerpt.start + shot.start, excerpt.start + shot.stop)
        for shot in detect_shots(frames, times)
    ]


def _given_shots(cuts: Sequence[str], excerpt: Excerpt) -> list[Shot]:
    """The shots of an excerpt by a list of cuts of the whole source."""
    whole = excerpt.part(0, excerpt.index.frame_count)
    inside = [cut for cut in cut_frames(cuts, whole.boundaries())
              if excerpt.start < cut < excerpt.stop]  # fmt: skip
    return [Shot(*ends) for ends in pairwise((excerpt.start, *inside, excerpt.stop))]


def _noting(frames: Iterator[np.ndarray], colours: list[ColourStatistics]) -> Iterator[np.ndarray]:
    for frame in frames:
        colours.append(colour_statistics(to_float(frame)))
        yield frame


def _chunks(shots: list[tuple[int, int]], settings: VideoSettings) -> Iterator[Chunk]:
    """Pieces of every shot for every pass, in the order in which they must be made."""
    number = 0
    for shot_number, (first, last) in enumerate(shots):
        starts = range(first, last, settings.chunk_frames)
        for pass_number in range(1, settings.passes + 1):
            for chunk_start in starts if pass_number % 2 else reversed(starts):
                chunk_stop = min(chunk_start + settings.chunk_frames, last)
                yield Chunk(
                    number=number, shot=shot_number, shot_start=first, shot_stop=last,
                    start=chunk_start, stop=chunk_stop, pass_number=pass_number,
                )  # fmt: skip
                number += 1
