"""Defines what every engine is: a style goes in once, then frame after frame.

An engine of one's own is a class with two methods and a name:

    import numpy as np
    from stylecore.engines import Engine, FrameRecord, register_engine

    class Posterise(Engine):
        def prepare(self, styles, *, shape):
            self._palette = np.quantile(styles[0].reshape(-1, 3), [0.1, 0.5, 0.9], axis=0)

        def render(self, frame):
            far = np.square(frame.content[..., None, :] - self._palette).sum(-1)
            painted = self._palette[far.argmin(-1)].astype(np.float32)
            if frame.warped is not None:
                kept = 0.5 * frame.mask[..., None]
                painted = kept * frame.warped + (1 - kept) * painted
            return painted, FrameRecord(iterations=1)

    register_engine("posterise", lambda settings: Posterise(), version="1")

Then ``VideoSettings(engine="posterise")`` chooses it in this process. For the command line, name
the factory in an entry point of a package (the version is the package's own):

    [project.entry-points."stylecore.engines"]
    posterise = "my_package:create"

What it has to keep is written at ``Engine`` and ``FrameInput``; ``stylecore.engines.contract``
checks it. At a coherence above 0, every frame but the first of a shot comes with the frame before
it, as it is stored, moved along thorough motion; at 0, with neither.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from stylecore.arrays.images import resize
from stylecore.arrays.moments import Moments

ArrayMap = Callable[[np.ndarray], np.ndarray]
OnStep = Callable[[np.ndarray], None]
"""Is shown a picture (h, w, 3), float32 RGB in [0, 1]."""


@dataclass(frozen=True)
class Reference:
    """A stored result of another moment, moved along the motion onto the frame."""

    image: np.ndarray
    """(H, W, 3)."""
    mask: np.ndarray
    """(H, W) in [0, 1]: how much it counts, 0 where it cannot be trusted."""


@dataclass(frozen=True, kw_only=True)
class FrameInput:
    """One frame and what is known of others; arrays are float32 RGB in [0, 1].

    "The frame before" is the one that was made before: in a backward pass, the next one in time.
    """

    number: int
    """Frame number in the source, from 0."""
    content: np.ndarray
    """(H, W, 3): the source frame."""
    previous: np.ndarray | None = None
    """(H, W, 3): the stored result of the frame before, not moved; None at the start of a shot."""
    warped: np.ndarray | None = None
    """(H, W, 3): ``previous`` moved along the motion onto this frame."""
    mask: np.ndarray | None = None
    """(H, W) in [0, 1]: 1 where ``warped`` can be trusted."""
    age: np.ndarray | None = None
    """(H, W): for how many frames a position has been in view without a break, 0 when it is new."""
    references: tuple[Reference, ...] = ()
    """Results further away in time that the frame shall stay near to as well."""
    previous_pass: np.ndarray | None = None
    """(H, W, 3): what the pass before made of this frame; None in the first pass."""
    style_weights: tuple[float, ...] = (1.0,)
    """One for each style; their sum is 1."""
    style_masks: np.ndarray | None = None
    """(styles, H, W): where each style is painted; the sum at a pixel is at most 1, and the source
    shows through what is left. None: everywhere."""
    moments: Moments = ()
    """Measured in the shot and held steady; the frame's own count when empty."""
    draft: np.ndarray | None = None
    """(H, W, 3): what the engine's ``draft`` made of the frame; None where it made nothing."""
    on_step: OnStep | None = None
    """Is shown the picture on its way: what it begins from, what it is before every step, perhaps
    smaller than the frame, and the result. An engine without steps never calls it."""

    def mapped(self, image: ArrayMap, plane: ArrayMap | None = None) -> "FrameInput":
        """The frame with all its pictures changed alike, but the draft, which is an engine's own.

        Args:
            image: changes (H, W, 3): the source, results of it and of others.
            plane: changes (H, W): masks and ages; they stay as they are when None.
        """
        flat = plane or _unchanged
        masks = self.style_masks
        return replace(
            self,
            content=image(self.content),
            previous=_if_any(image, self.previous),
            warped=_if_any(image, self.warped),
            mask=_if_any(flat, self.mask),
            age=_if_any(flat, self.age),
            references=tuple(
                Reference(image(one.image), flat(one.mask)) for one in self.references
            ),
            previous_pass=_if_any(image, self.previous_pass),
            style_masks=None if masks is None else np.stack([flat(mask) for mask in masks]),
        )


def _unchanged(array: np.ndarray) -> np.ndarray:
    return array


def _if_any(change: ArrayMap, array: np.ndarray | None) -> np.ndarray | None:
    return None if array is None else change(array)


@dataclass(frozen=True)
class FrameRecord:
    """How a frame went."""

    iterations: int
    """Optimisation steps, or 1 for one forward pass, or 0 where nothing was computed."""
    losses: Mapping[str, float] = field(default_factory=dict)
    """Name of a term -> its last value, before weighting; ``total`` is the weighted sum."""
    seconds: float = 0.0


def shown_as(frame: FrameInput, changed: Callable[[np.ndarray], np.ndarray]) -> OnStep | None:
    """What shows ``frame.on_step`` every picture, at the frame's size, as ``changed`` makes it."""
    on_step = frame.on_step
    if on_step is None:
        return None
    height, width = frame.content.shape[:2]
    return lambda image: on_step(changed(resize(image, (width, height))))


def cover_of(style_masks: np.ndarray | None) -> np.ndarray | None:
    """(H, W) in [0, 1]: how much of each pixel is painted; None where all is."""
    return None if style_masks is None else np.minimum(style_masks.sum(0), 1)


class Engine(ABC):
    """Repaints frames.

    A result depends on the style, the settings and the ``FrameInput`` only, never on what the
    engine did before: that is what makes an interrupted job go on with the same bytes. (The Gatys
    engine departs from it in one case: once memory has run out, it works in smaller windows, whose
    sums agree to rounding only.)

    What comes in is not changed, and no result shares its memory.

    ``measure`` and ``draft`` need no results of other frames: they run ahead of ``render``, in
    threads of their own.
    """

    batch = 1
    """How many frames ``draft`` takes at once."""

    @abstractmethod
    def prepare(self, styles: Sequence[np.ndarray], *, shape: tuple[int, int]) -> None:
        """Takes the styles, once per job.

        Args:
            styles: at least one, each (h, w, 3) float32 RGB in [0, 1], of any size.
            shape: height and width of the frames that will come.

        Raises:
            WeightsError: the network's weights are missing or do not fit.
        """

    @abstractmethod
    def render(self, frame: FrameInput) -> tuple[np.ndarray, FrameRecord]:
        """Repaints one frame: (H, W, 3) float32 in [0, 1], and how it went."""

    def measure(self, frame: FrameInput) -> Moments:
        """What shall be held steady within a shot; nothing unless the engine says otherwise."""
        return ()

    def draft(self, frames: Sequence[FrameInput]) -> list[np.ndarray | None]:
        """What can be made of up to ``batch`` frames by themselves; a frame's depends on it alone.

        Nothing unless the engine says otherwise.
        """
        return [None] * len(frames)


class WrappingEngine(Engine):
    """Has another engine paint, and changes what goes in or comes out."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.batch = engine.batch

    def prepare(self, styles: Sequence[np.ndarray], *, shape: tuple[int, int]) -> None:
        """As the engine within."""
        self._engine.prepare(styles, shape=shape)
        self.batch = self._engine.batch
