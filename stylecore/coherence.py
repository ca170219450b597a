"""One shot's frames in the order of a pass, each begun from what others became.

Passes go forwards and backwards in turn (Ruder et al. 2016, section 3.5). "The frame before" is the
one made before in the same pass. All that an engine is told of other frames is *stored* frames,
never floats that are still in memory: a run that was interrupted and resumed therefore reads the
very same numbers as one that was not.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace

import cv2
import numpy as np

from stylecore.engines import Engine, FrameInput, FrameRecord, Reference
from stylecore.images import to_float, to_integers
from stylecore.motion import consistency_mask, estimate_motion, warp
from stylecore.store import Chunk, Workspace

ReadFrames = Callable[[int, int], Iterator[np.ndarray]]
"""Gives the source frames [start, stop) at the job's size, (H, W, 3) RGB uint8 or uint16."""
Guide = Callable[[int], tuple[tuple[float, ...], np.ndarray | None]]
"""Weights and masks of the styles at a frame (see ``FrameInput``)."""

BACKWARD_BLOCK = 8
"""Frames that are decoded at once on the way back."""
LIGHT_SPREAD = 0.04
"""Standard deviation of the filter that keeps light and drops detail, of the longer side."""
LUMINANCE = np.array((0.2126, 0.7152, 0.0722), np.float32)


def stylize_missing(
    workspace: Workspace,
    chunk: Chunk,
    missing: list[int],
    engine: Engine,
    *,
    read: ReadFrames,
    guide: Guide = lambda number: ((1.0,), None),
) -> Iterator[tuple[int, FrameRecord]]:
    """Makes and stores the ``missing`` frames of ``chunk``, in the order of its pass.

    Args:
        workspace: the job; what the pass made before the chunk must be stored, and all of the pass
            before.
        missing: numbers of frames in the chunk, at least one.
        read: reader of the source.
        guide: what is painted of which style.

    Yields:
        (number, record) after each frame has been stored.

    Raises:
        MediaError, StoreError, OutputError: with all frames so far safely stored.
    """
    others = Others(workspace, chunk, read)
    for number, frame in source_in_order(chunk, missing, read, reach=others.reach):
        if number in missing:
            weights, masks = guide(number)
            alone = FrameInput(
                number=number, content=to_float(frame), style_weights=weights, style_masks=masks
            )
            image, record = engine.render(others.told_to(alone))
            stored = to_integers(image, bit_depth=workspace.job.index.bit_depth)
            workspace.save_frame(number, stored, asdict(record), sweep=chunk.sweep)
            yield number, record
        others.remember(number, frame)


def source_in_order(
    chunk: Chunk, missing: list[int], read: ReadFrames, *, reach: int
) -> Iterator[tuple[int, np.ndarray]]:
    """(number, source frame) from ``reach`` frames before the first missing one to the last."""
    if not chunk.is_backward:
        first = max(min(missing) - reach, chunk.shot_start)
        yield from enumerate(read(first, max(missing) + 1), start=first)
        return
    stop = min(max(missing) + 1 + reach, chunk.shot_stop)
    while stop > min(missing):
        start = max(min(missing), stop - BACKWARD_BLOCK)
        yield from reversed(list(enumerate(read(start, stop), start=start)))
        stop = start


class Others:
    """What a frame is told of the frames that were made before it in its pass."""

    def __init__(self, workspace: Workspace, chunk: Chunk, read: ReadFrames) -> None:
        settings = workspace.job.settings
        self._workspace = workspace
        self._chunk = chunk
        self._read = read
        self._settings = settings
        self._step = -1 if chunk.is_backward else 1
        self._distances = tuple(sorted(set(settings.far_references) - {1}))
        self._anchor = chunk.shot_stop - 1 if chunk.is_backward else chunk.shot_start
        self._recent: dict[int, np.ndarray] = {}

    @property
    def reach(self) -> int:
        """How many frames before a frame its source is compared with."""
        return max((1, *self._distances))

    def remember(self, number: int, frame: np.ndarray) -> None:
        """Keeps a source frame (H, W, 3) as long as a later frame may be compared with it."""
        self._recent[number] = frame
        self._recent.pop(number - self._step * self.reach, None)

    def told_to(self, frame: FrameInput) -> FrameInput:
        """The frame with what others became: previous, warped, mask, references and own."""
        number = frame.number
        if self._chunk.sweep > 1:
            own = self._workspace.load_frame(number, sweep=self._chunk.sweep - 1)
            frame = replace(frame, own=to_float(own))
        if number == self._anchor:
            return frame
        before = number - self._step
        frame = replace(frame, previous=self._stored(before))
        if not self._settings.needs_motion:
            return frame
        near = self._moved(before, frame.content)
        references = tuple(self._references(number, frame.content, near.mask))
        return replace(frame, warped=near.image, mask=near.mask, references=references)

    def _references(
        self, number: int, content: np.ndarray, near: np.ndarray
    ) -> Iterator[Reference]:
        """Frames further away: each counts where no nearer one does (Ruder et al. 2016, sec. 3.4).

        The first frame of the pass counts wherever its place is seen: a shot that is held by its
        neighbours alone wanders, however little they differ.
        """
        shown = near
        for distance in self._distances:
            other = number - self._step * distance
            if not self._chunk.shot_start <= other < self._chunk.shot_stop:
                break
            far = self._moved(other, content)
            yield Reference(far.image, np.maximum(far.mask - shown, 0))
            shown = shown + np.maximum(far.mask - shown, 0)
        hold = self._settings.hold_on_first
        if hold and abs(number - self._anchor) > 1:
            first = self._moved(self._anchor, content)
            yield Reference(first.image, hold * first.mask)

    def _moved(self, other: int, content: np.ndarray) -> Reference:
        """The stored frame ``other`` moved onto the frame whose source is ``content``."""
        source = to_float(self._source(other))
        backward = estimate_motion(content, source)
        mask = consistency_mask(backward, estimate_motion(source, content))
        image = warp(self._stored(other), backward)
        if self._settings.light == "follow":
            image = with_light(image, content, warp(source, backward), mask)
        return Reference(image, mask)

    def _stored(self, number: int) -> np.ndarray:
        return to_float(self._workspace.load_frame(number, sweep=self._chunk.sweep))

    def _source(self, number: int) -> np.ndarray:
        if number not in self._recent:
            self._recent[number] = next(iter(self._read(number, number + 1)))
        return self._recent[number]


def with_light(
    image: np.ndarray, content: np.ndarray, before: np.ndarray, mask: np.ndarray
) -> np.ndarray:
    """``image`` with the change of light that its source went through.

    The change of the source's luminance along the motion (Gao et al. 2018, "ReCoNet", the luminance
    warping constraint), smoothed so that it holds light and neither noise nor small errors of the
    motion.

    Args:
        image: the frame before, moved onto this one, (H, W, 3) in [0, 1].
        content, before: this source frame, and the one before moved onto it.
        mask: (H, W), where the motion can be trusted.
    """
    change = (content - before) @ LUMINANCE
    spread = LIGHT_SPREAD * max(mask.shape)
    weight = cv2.GaussianBlur(mask, (0, 0), spread) + 1e-3
    smooth = cv2.GaussianBlur(mask * change, (0, 0), spread) / weight
    return np.clip(image + smooth[..., None], 0, 1)
