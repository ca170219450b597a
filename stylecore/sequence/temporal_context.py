"""Collects the stored results that a frame starts from and is held to: the warped frame before,
long-term references and the previous pass."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from stylecore.arrays.images import to_float, to_integers
from stylecore.arrays.light import with_light
from stylecore.arrays.motion import resized_motion, warp
from stylecore.engines import Engine, FrameInput, FrameRecord, Reference, cover_of
from stylecore.sequence import StyleAt
from stylecore.sequence.reference_motion import Move
from stylecore.store import Chunk, Workspace

AGE_STEP = 4
"""Ages are kept for every fourth row and column."""
OLDEST = 255
OPAQUE = 255
SEEN = 0.25
"""A position with more mask was in view before: edges of motion are, at half weight."""


@dataclass(frozen=True)
class PaintedFrame:
    """A painted frame as it goes into the store."""

    number: int
    image: np.ndarray
    """(H, W, 3) uint8 or uint16."""
    record: FrameRecord
    age: np.ndarray | None
    """(h, w) uint8; None where the engine does not ask for it."""


ContextFrame = tuple[FrameInput, list[Move]]
"""A frame that knows nothing of others yet, and the moves onto it."""


class TemporalContext:
    """What a frame starts from and is held to: stored results, moved along the reference motion."""

    def __init__(
        self, workspace: Workspace, chunk: Chunk, style_at: StyleAt, *, waiting: int
    ) -> None:
        """
        Args:
            workspace: holds the results.
            chunk: whose frames are painted.
            style_at: what is painted of which style.
            waiting: results that may not be stored yet when another frame is painted.
        """
        self._workspace = workspace
        self._chunk = chunk
        self._settings = workspace.job.settings
        self._style_at = style_at
        self._waiting = waiting
        self._unsaved: dict[int, PaintedFrame] = {}
        self._reach = max((1, *self._settings.far_references))
        self._covers: dict[int, np.ndarray | None] = {}

    def painted(self, drafted: Iterable[ContextFrame], engine: Engine) -> Iterator[PaintedFrame]:
        """The frames as they are stored."""
        depth = self._workspace.job.index.bit_depth
        for alone, moves in drafted:
            frame, age = self._with_context(alone, [self._where_painted(move) for move in moves])
            image, record = engine.render(frame)
            result = PaintedFrame(frame.number, to_integers(image, bit_depth=depth), record, age)
            self._unsaved[frame.number] = result
            # Those that wait, and this one: older ones are in the store.
            self._unsaved.pop(frame.number - self._chunk.step * (self._waiting + 1), None)
            self._covers.pop(frame.number - self._chunk.step * self._reach, None)
            yield result

    def _cover(self, number: int) -> np.ndarray | None:
        """(H, W) uint8: how much of each pixel of a frame is painted; None where all is."""
        if number not in self._covers:
            cover = cover_of(self._style_at(number)[1])
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

    def _with_context(
        self, frame: FrameInput, moves: list[Move]
    ) -> tuple[FrameInput, np.ndarray | None]:
        """The frame with what others became, and the age of its positions as it is stored."""
        number = frame.number
        if self._chunk.pass_number > 1:
            stored = self._workspace.load_frame(number, pass_number=self._chunk.pass_number - 1)
            frame = replace(frame, previous_pass=to_float(stored))
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

        The first frame of the pass counts wherever its position is seen: a shot that is held by its
        neighbours alone wanders, however little they differ.
        """
        shown = near
        hold = self._settings.drift_control
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
        return to_float(self._workspace.load_frame(number, pass_number=self._chunk.pass_number))

    def _age(self, frame: FrameInput, move: Move | None) -> np.ndarray | None:
        """(h, w) uint8: one more than where a position was before, 0 where it was not in view."""
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
