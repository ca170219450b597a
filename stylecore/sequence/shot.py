"""One shot's frames in the order of a pass, each begun from what others became.

Passes go forwards and backwards in turn (Ruder et al. 2016, section 3.5). "The frame before" is the
one made before in the same pass. All that an engine is told of other frames is what the store
holds of them, or is just being given: a run that was interrupted and resumed therefore reads the
very same numbers as one that was not.

A frame goes through five stages, each in a thread of its own: its source is decoded, its motion
estimated, its draft made, then it is painted with what others became, and stored. Only the fourth
waits for the frame before.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import TypeVar

import cv2
import numpy as np

from stylecore.arrays.images import fitted_size, resize, to_float, to_integers, with_light_added
from stylecore.arrays.motion import resized_motion, trusted_motion, warp
from stylecore.engines import Engine, FrameInput, FrameRecord, Reference, cover_of
from stylecore.runtime.prefetch import ahead
from stylecore.sequence.normalisation import HeldStatistics
from stylecore.store import Chunk, Workspace

ReadFrames = Callable[[int, int], Iterator[np.ndarray]]
"""Gives the source frames [start, stop) at the job's size, (H, W, 3) RGB uint8 or uint16."""
Guide = Callable[[int], tuple[tuple[float, ...], np.ndarray | None]]
"""Weights and masks of the styles at a frame (see ``FrameInput``)."""

Item = TypeVar("Item")

DRAFTERS = 2
"""Threads that make drafts: what keeps one core busy in one leaves the others to another."""
AHEAD = 1
"""Frames that a stage makes before the next one asks for them."""
BACKWARD_BLOCK = 8
"""Frames that are decoded at once on the way back."""
LIGHT_SIDE = 160
"""Longer side in pixels of the pictures that a change of light is looked for in."""
LIGHT_SPREAD = 0.04
"""Standard deviation of the filter that keeps light and drops detail, of the longer side."""
LUMINANCE = np.array((0.2126, 0.7152, 0.0722), np.float32)
AGE_STEP = 4
"""Ages are kept for every fourth row and column."""
OLDEST = 255
OPAQUE = 255
SEEN = 0.25
"""A place whose mask is above this was in view before: the edges of motion are, at half weight."""


@dataclass(frozen=True)
class Move:
    """The way from another frame onto this one."""

    other: int
    motion: np.ndarray
    """(H, W, 2), from this frame towards the other."""
    mask: np.ndarray
    """(H, W)."""
    light: np.ndarray | None
    """Change of light (see ``light_change``); None where it is ignored."""


@dataclass(frozen=True)
class Result:
    """A painted frame as it goes into the store."""

    number: int
    image: np.ndarray
    """(H, W, 3) uint8 or uint16."""
    record: FrameRecord
    age: np.ndarray | None
    """(h, w) uint8; None where the engine does not ask for it."""


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
    ways = Ways(workspace, chunk, read)
    held = HeldStatistics(workspace, chunk, engine, read=read, guide=guide)
    others = Others(workspace, chunk, guide)
    with ExitStack() as stages:

        def stage(items: Iterable[Item]) -> Iterator[Item]:
            return stages.enter_context(closing(ahead(items, depth=AHEAD)))

        sources = stage(source_in_order(chunk, missing, read, reach=ways.reach))
        moved = stage(ways.along(sources, frozenset(missing)))
        drafted = stage(drafts(moved, engine, held, guide))
        for result in stage(others.painted(drafted, engine)):
            workspace.save_frame(
                result.number,
                result.image,
                asdict(result.record),
                sweep=chunk.sweep,
                age=result.age,
            )
            yield result.number, result.record


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


class Ways:
    """The moves from other frames onto each frame, which depend on the source alone."""

    def __init__(self, workspace: Workspace, chunk: Chunk, read: ReadFrames) -> None:
        self._settings = workspace.job.settings
        self._chunk = chunk
        self._read = read
        self._recent: dict[int, np.ndarray] = {}

    @property
    def reach(self) -> int:
        """How many frames before a frame its source is compared with."""
        return max((1, *self._settings.far_references)) if self._settings.needs_motion else 0

    def along(
        self, sources: Iterable[tuple[int, np.ndarray]], missing: frozenset[int]
    ) -> Iterator[tuple[int, np.ndarray, list[Move]]]:
        """(number, source, moves) of the ``missing`` frames among the sources, in their order."""
        for number, frame in sources:
            if number in missing:
                yield number, frame, list(self._onto(number, frame))
            if self.reach:
                self._recent[number] = frame
                self._recent.pop(number - self._chunk.step * self.reach, None)

    def _onto(self, number: int, frame: np.ndarray) -> Iterator[Move]:
        """The frame before, those further away from near to far, and the first of the pass."""
        chunk, settings = self._chunk, self._settings
        if number == chunk.anchor or not settings.needs_motion:
            return
        yield self._move(number - chunk.step, frame)
        for distance in settings.far_references:
            if distance == 1:
                continue
            other = number - chunk.step * distance
            if chunk.shot_start <= other < chunk.shot_stop:
                yield self._move(other, frame)
        if settings.hold_on_first and abs(number - chunk.anchor) > 1:
            yield self._move(chunk.anchor, frame)

    def _move(self, other: int, frame: np.ndarray) -> Move:
        if other not in self._recent:
            self._recent[other] = next(iter(self._read(other, other + 1)))
        source = self._recent[other]
        motion, mask = trusted_motion(frame, source, effort=self._settings.motion_effort)
        follows = self._settings.light == "follow"
        light = light_change(frame, source, motion, mask) if follows else None
        return Move(other, motion, mask, light)


def drafts(
    moved: Iterable[tuple[int, np.ndarray, list[Move]]],
    engine: Engine,
    held: HeldStatistics,
    guide: Guide,
) -> Iterator[tuple[FrameInput, list[Move]]]:
    """Every frame with its draft, which the engine makes of as many as it takes at once."""
    making: deque[Future[list[tuple[FrameInput, list[Move]]]]] = deque()
    with ThreadPoolExecutor(DRAFTERS) as drafters:
        for group in _groups(_described(moved, held, guide), engine.batch):
            making.append(drafters.submit(_drafted, group, engine))
            if len(making) == DRAFTERS:
                yield from making.popleft().result()
        while making:
            yield from making.popleft().result()


def _described(
    moved: Iterable[tuple[int, np.ndarray, list[Move]]], held: HeldStatistics, guide: Guide
) -> Iterator[tuple[FrameInput, list[Move]]]:
    for number, source, moves in moved:
        weights, masks = guide(number)
        frame = FrameInput(
            number=number, content=to_float(source), style_weights=weights, style_masks=masks
        )
        yield replace(frame, statistics=held.at(frame)), moves


def _groups(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    remaining = iter(items)
    while group := list(islice(remaining, size)):
        yield group


def _drafted(
    group: list[tuple[FrameInput, list[Move]]], engine: Engine
) -> list[tuple[FrameInput, list[Move]]]:
    made = engine.draft([frame for frame, _ in group])
    return [
        (replace(frame, draft=draft), moves)
        for (frame, moves), draft in zip(group, made, strict=True)
    ]


class Others:
    """What a frame is told of the frames that were made before it in its pass."""

    def __init__(self, workspace: Workspace, chunk: Chunk, guide: Guide) -> None:
        self._workspace = workspace
        self._chunk = chunk
        self._settings = workspace.job.settings
        self._guide = guide
        self._unsaved: dict[int, Result] = {}
        self._reach = max((1, *self._settings.far_references))
        self._covers: dict[int, np.ndarray | None] = {}

    def painted(
        self, drafted: Iterable[tuple[FrameInput, list[Move]]], engine: Engine
    ) -> Iterator[Result]:
        """The frames as they are stored."""
        depth = self._workspace.job.index.bit_depth
        for alone, moves in drafted:
            frame, age = self._told_to(alone, [self._where_painted(move) for move in moves])
            image, record = engine.render(frame)
            result = Result(frame.number, to_integers(image, bit_depth=depth), record, age)
            self._unsaved[frame.number] = result
            # Waiting to be taken, being stored, and this one: older ones are in the store.
            self._unsaved.pop(frame.number - self._chunk.step * (AHEAD + 2), None)
            self._covers.pop(frame.number - self._chunk.step * self._reach, None)
            yield result

    def _cover(self, number: int) -> np.ndarray | None:
        """(H, W) uint8: how much of each place of a frame is painted; None where all is."""
        if number not in self._covers:
            cover = cover_of(self._guide(number)[1])
            steps = None if cover is None else to_integers(cover, bit_depth=8)
            self._covers[number] = None if steps is None or steps.min() == OPAQUE else steps
        return self._covers[number]

    def _begins_anew(self, number: int) -> bool:
        """Whether there is nothing painted before a frame in its pass."""
        if number == self._chunk.anchor:
            return True
        before = self._cover(number - self._chunk.step)
        return before is not None and not before.any()

    def _where_painted(self, move: Move) -> Move:
        """The move, trusted as far as the other frame was painted where it leads to.

        Elsewhere that shows the source, which is no beginning for what is painted here.
        """
        cover = self._cover(move.other)
        if cover is None:
            return move
        return replace(move, mask=move.mask * warp(to_float(cover), move.motion))

    def _told_to(
        self, frame: FrameInput, moves: list[Move]
    ) -> tuple[FrameInput, np.ndarray | None]:
        """The frame with what others became, and the age of its places as it is stored."""
        number = frame.number
        if self._chunk.sweep > 1:
            own = self._workspace.load_frame(number, sweep=self._chunk.sweep - 1)
            frame = replace(frame, own=to_float(own))
        if self._begins_anew(number):
            return frame, self._age(frame, None)
        if self._settings.needs_previous:
            frame = replace(frame, previous=self._stored(number - self._chunk.step))
        if not moves:
            return frame, None
        near = self._moved(moves[0])
        references = tuple(self._references(number, moves[1:], near.mask))
        frame = replace(frame, warped=near.image, mask=near.mask, references=references)
        age = self._age(frame, moves[0])
        if age is not None:
            height, width = near.mask.shape
            frame = replace(frame, age=cv2.resize(age.astype(np.float32), (width, height)))
        return frame, age

    def _references(self, number: int, moves: list[Move], near: np.ndarray) -> Iterator[Reference]:
        """Frames further away: each counts where no nearer one does (Ruder et al. 2016, sec. 3.4).

        The first frame of the pass counts wherever its place is seen: a shot that is held by its
        neighbours alone wanders, however little they differ.
        """
        shown = near
        hold = self._settings.hold_on_first
        for move in moves:
            far = self._moved(move)
            if hold and move is moves[-1] and abs(number - self._chunk.anchor) > 1:
                yield Reference(far.image, hold * far.mask)
                return
            yield Reference(far.image, np.maximum(far.mask - shown, 0))
            shown = shown + np.maximum(far.mask - shown, 0)

    def _moved(self, move: Move) -> Reference:
        """A stored frame moved onto the one that ``move`` leads to."""
        image = warp(self._stored(move.other), move.motion)
        if move.light is not None:
            image = with_light(image, move.light)
        return Reference(image, move.mask)

    def _stored(self, number: int) -> np.ndarray:
        unsaved = self._unsaved.get(number)
        if unsaved is not None:
            return to_float(unsaved.image)
        return to_float(self._workspace.load_frame(number, sweep=self._chunk.sweep))

    def _age(self, frame: FrameInput, move: Move | None) -> np.ndarray | None:
        """(h, w) uint8: one more than where a place was before, 0 where it was not in view."""
        if not self._settings.needs_age:
            return None
        height, width = (-(-side // AGE_STEP) for side in frame.content.shape[:2])
        if move is None:
            return np.zeros((height, width), np.uint8)
        unsaved = self._unsaved.get(move.other)
        known = unsaved.age if unsaved else None
        before = known if known is not None else self._workspace.load_age(move.other)
        moved = warp(
            before.astype(np.float32),
            resized_motion(move.motion, (width, height)),
            border=cv2.BORDER_CONSTANT,
        )
        seen = cv2.resize(move.mask, (width, height), interpolation=cv2.INTER_AREA) > SEEN
        return np.where(seen, np.minimum(np.rint(moved) + 1, OLDEST), 0).astype(np.uint8)


def light_change(
    frame: np.ndarray, other: np.ndarray, motion: np.ndarray, mask: np.ndarray
) -> np.ndarray:
    """The change of light from another source frame to this one.

    The change of luminance along the motion (Gao et al. 2018, "ReCoNet", the luminance warping
    constraint), smoothed so that it holds light and neither noise nor small errors of the motion.

    Args:
        frame, other: source frames (H, W, 3), integers or float in [0, 1].
        motion: (H, W, 2) from ``frame`` towards ``other``.
        mask: (H, W), where the motion can be trusted.

    Returns:
        (h, w) float32 of at most LIGHT_SIDE: what is added to luminance in [0, 1].
    """
    height, width = mask.shape
    size = fitted_size(width, height, LIGHT_SIDE)
    now, before = (_luminance(resize(image, size)) for image in (frame, other))
    trusted = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    change = now - warp(before, resized_motion(motion, size))
    spread = LIGHT_SPREAD * max(size)
    weight = cv2.GaussianBlur(trusted, (0, 0), spread) + 1e-3
    return cv2.GaussianBlur(trusted * change, (0, 0), spread) / weight


def with_light(image: np.ndarray, change: np.ndarray) -> np.ndarray:
    """A picture (H, W, 3) in [0, 1] that goes through a change of light (see ``light_change``)."""
    height, width = image.shape[:2]
    full = cv2.resize(change, (width, height), interpolation=cv2.INTER_LINEAR)
    return with_light_added(image, full)


def _luminance(image: np.ndarray) -> np.ndarray:
    return (image if image.dtype == np.float32 else to_float(image)) @ LUMINANCE
