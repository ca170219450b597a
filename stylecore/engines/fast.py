"""Paints a frame in one forward pass of a network for any style, blended over time."""

import hashlib
import math
import threading
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import cv2
import numpy as np

from stylecore.arrays.images import at_side, resize, with_light_added
from stylecore.arrays.light import LUMINANCE
from stylecore.arrays.moments import Moments
from stylecore.engines.base import Engine, FrameInput, FrameRecord
from stylecore.engines.small import continued, large_enough, mirrored
from stylecore.engines.tiles import Window, windows
from stylecore.errors import SettingsError
from stylecore.networks.backend import has_accelerator, make_deterministic
from stylecore.networks.fast import FastNetwork, Precision, load_fast
from stylecore.runtime.memory import keep_freed_memory
from stylecore.settings import FastSettings

STRONGEST_BLEND = 0.9
"""Part of the warped frame before at full coherence: more would leave trails."""
TILE_MARGIN = 192
"""Pixels around a tile that the networks look at: 186 for the compact one (3x3 convolutions: five
at 1/16 of the size, four at 1/8, five at 1/4, two at 1/2, and enlarging), less for Hub modules."""
LARGEST_BATCH = 8

DETAIL_SIGMA = 1.5
"""Standard deviation in pixels of the filter that tells detail from the rest."""
DETAIL_BLOCK = 16
"""Pixels on a side of the blocks whose detail is compared."""
STRONGEST_SHARPENING = 3.0
SHARP_SHARE = 0.5
"""Part of the strongest blend from which detail is as strong as the draft's."""
FAINTEST_DETAIL = 1 / 255


class FastEngine(Engine):
    """A network for each frame, blended with the frame before where the motion is sure."""

    def __init__(
        self,
        settings: FastSettings,
        *,
        coherence: float = 0.8,
        memory: float = 4.0,
        network: FastNetwork | None = None,
    ) -> None:
        """
        Args:
            settings: the network, the size of the style and how strongly to paint.
            coherence: 0 paints every frame by itself, 1 keeps as much as does not leave trails.
            memory: gigabytes that painting may take: a GPU gets as many frames at once as fit,
                and larger frames are painted in tiles.
            network: one that is loaded already, in place of the settings' own.

        Raises:
            WeightsError: the network is missing, unreachable or something else.
        """
        make_deterministic()
        keep_freed_memory()
        self._settings = settings
        self._network = network or _shared_network(settings)
        self._memory = memory
        self._blend = STRONGEST_BLEND * coherence
        self._codes: list[Any] = []
        self._tiles: list[Window] = []
        self._mixture: tuple[tuple[float, ...], Any] | None = None

    def prepare(self, styles: Sequence[np.ndarray], *, shape: tuple[int, int]) -> None:
        """Encodes the styles, unless their codes are known, and plans batches and tiles."""
        self._codes = [self._encoded(self._as_style(style)) for style in styles]
        self._mixture = None
        shape = large_enough(shape)
        self._tiles = windows(shape, margin=TILE_MARGIN, pixels=self._pixels_at_once)
        fitting = self._pixels_at_once // (shape[0] * shape[1])
        self.batch = min(max(fitting, 1), LARGEST_BATCH) if has_accelerator() else 1

    def measure(self, frame: FrameInput) -> Moments:
        """What the network finds out about the frame, for each code that it is painted with."""
        frame = continued(frame)
        content = self._reduced(frame.content)
        codes = [self._strengthened(code, frame.content) for code in self._codes_of(frame)]
        return tuple(part for code in codes for part in self._network.measure(content, code))

    def draft(self, frames: Sequence[FrameInput]) -> list[np.ndarray | None]:
        """The frames as the network paints them, each by itself."""
        if not self._codes:
            raise SettingsError("the engine has no style yet: call prepare first.")
        height, width = frames[0].content.shape[:2]
        frames = [continued(frame) for frame in frames]
        alike = all(frame.style_weights == frames[0].style_weights for frame in frames)
        if self._settings.strength == 1 and alike and frames[0].style_masks is None:
            images = self._painted_together(frames)
        else:
            images = [self._painted(frame) for frame in frames]
        return [image[:height, :width] for image in images]

    def render(self, frame: FrameInput) -> tuple[np.ndarray, FrameRecord]:
        """Keeps the warped frame before where it can be trusted, with the detail of the draft."""
        began = time.perf_counter()
        image = frame.draft if frame.draft is not None else self.draft([frame])[0]
        assert image is not None
        if self._blend and frame.warped is not None and frame.mask is not None:
            kept = self._blend * frame.mask
            if frame.age is not None:
                kept = np.minimum(kept, frame.age / (frame.age + 1))
            blended = cv2.blendLinear(frame.warped, image, kept, 1 - kept)
            share = np.minimum(kept / (SHARP_SHARE * self._blend), 1)
            image = with_detail_of(image, blended, share)
        return image, FrameRecord(iterations=1, seconds=time.perf_counter() - began)

    @property
    def _pixels_at_once(self) -> int:
        per_pixel = self._network.bytes_per_pixel
        return int(self._memory * 1e9 / per_pixel) if per_pixel else 2**62

    def _painted_together(self, frames: Sequence[FrameInput]) -> list[np.ndarray]:
        """Frames with one code; always as many at once, since a network's sums depend on that."""
        (code,) = self._codes_of(frames[0])
        filled = [*frames, *[frames[-1]] * (self.batch - len(frames))]
        contents = [frame.content for frame in filled]
        moments = [frame.moments for frame in filled if frame.moments]
        return self._in_tiles(contents, code, moments)[: len(frames)]

    def _painted(self, frame: FrameInput) -> np.ndarray:
        """The frame in the mixture of the styles, or in each where its mask is."""
        codes = self._codes_of(frame)
        masks = frame.style_masks if frame.style_masks is not None else [None]
        each = len(frame.moments) // len(codes)
        image = np.zeros_like(frame.content)
        for rank, (code, mask) in enumerate(zip(codes, masks, strict=True)):
            if mask is not None and not mask.any():
                continue
            own = frame.moments[rank * each : (rank + 1) * each]
            code = self._strengthened(code, frame.content)
            (painted,) = self._in_tiles([frame.content], code, [own] if own else [])
            image += painted if mask is None else mask[..., None] * painted
        return image

    def _in_tiles(
        self, contents: list[np.ndarray], code: Any, moments: list[Moments]
    ) -> list[np.ndarray]:
        """Frames, tile by tile if they are too large, all with the moments of the whole."""
        if len(self._tiles) == 1:
            return self._network.paint(contents, code, moments)
        whole = [np.empty_like(content) for content in contents]
        moments = moments or [
            self._network.measure(self._reduced(content), code) for content in contents
        ]
        for tile in self._tiles:
            parts = [content[tile.rows, tile.columns] for content in contents]
            for image, painted in zip(whole, self._network.paint(parts, code, moments),
                                      strict=True):  # fmt: skip
                image[tile.core_rows, tile.core_columns] = painted[tile.core_inside]
        return whole

    def _codes_of(self, frame: FrameInput) -> list[Any]:
        """What a frame is painted with: each style where there are masks, else their mixture."""
        return [self._mixed(frame.style_weights)] if frame.style_masks is None else self._codes

    def _mixed(self, weights: tuple[float, ...]) -> Any:
        """A code between the styles' own; the same object as long as the weights are the same."""
        if self._mixture is None or self._mixture[0] != weights:
            pairs = zip(self._codes, weights, strict=True)
            codes, shares = zip(*[pair for pair in pairs if pair[1]], strict=True)
            code = codes[0] if len(codes) == 1 else self._network.mix(codes, shares)
            self._mixture = weights, code
        return self._mixture[1]

    def _strengthened(self, code: Any, content: np.ndarray) -> Any:
        """A style's code, moved towards that of the frame itself."""
        strength = self._settings.strength
        if strength == 1:
            return code
        own = self._network.encode(self._as_style(content))
        return self._network.mix([own, code], [1 - strength, strength])

    def _reduced(self, content: np.ndarray) -> np.ndarray:
        """A frame that is painted in tiles, small enough to be measured as a whole.

        Chen et al. 2022, "Towards Ultra-Resolution Neural Style Transfer via Thumbnail Instance
        Normalization".
        """
        if len(self._tiles) == 1:
            return content
        height, width = content.shape[:2]
        scale = math.sqrt(min(1, self._pixels_at_once / (height * width)))
        return resize(content, (max(1, int(width * scale)), max(1, int(height * scale))))

    def _encoded(self, style: np.ndarray) -> Any:
        """The code of a style picture; one that this process has encoded before is looked up."""
        content = hashlib.sha256(style.tobytes() + str(style.shape).encode()).digest()
        with _sharing:
            codes = _codes.setdefault(self._network, {})
            if content not in codes:
                codes[content] = self._network.encode(style)
            return codes[content]

    def _as_style(self, picture: np.ndarray) -> np.ndarray:
        if self._settings.style_crop == "centre":
            height, width = picture.shape[:2]
            side = min(height, width)
            top, left = (height - side) // 2, (width - side) // 2
            picture = picture[top : top + side, left : left + side]
        return mirrored(at_side(picture, self._settings.style_size))


def with_detail_of(model: np.ndarray, image: np.ndarray, share: np.ndarray) -> np.ndarray:
    """A blended picture with its detail as strong as the model's, block by block.

    Moving a picture blurs it, again with every frame, and so does the mean of two that do not
    agree. Detail is amplified, not exchanged: what the model draws anew in every frame would
    flicker.

    Args:
        model, image: (H, W, 3) in [0, 1].
        share: (H, W) in [0, 1], how far to go.
    """
    height, width = share.shape
    blocks = -(-width // DETAIL_BLOCK), -(-height // DETAIL_BLOCK)
    details = [_detail(picture) for picture in (model, image)]
    wanted, found = (
        cv2.resize(np.square(detail), blocks, interpolation=cv2.INTER_AREA) for detail in details
    )
    gain = np.sqrt((wanted + FAINTEST_DETAIL**2) / (found + FAINTEST_DETAIL**2))
    added = cv2.resize(np.clip(gain, 1, STRONGEST_SHARPENING) - 1, (width, height))
    added *= details[1] * share
    return with_light_added(image, added)


def _detail(picture: np.ndarray) -> np.ndarray:
    luminance = cv2.transform(picture, LUMINANCE[None])
    return luminance - cv2.GaussianBlur(luminance, (0, 0), DETAIL_SIGMA)


_sharing = threading.Lock()
_codes: WeakKeyDictionary[FastNetwork, dict[bytes, Any]] = WeakKeyDictionary()
"""Codes of style pictures by their content, for each network."""


def _shared_network(settings: FastSettings) -> FastNetwork:
    """Loaded once in a process, however many engines paint with it."""
    with _sharing:
        return _loaded(settings.model, settings.precision)


@lru_cache(maxsize=2)
def _loaded(model: str, precision: Precision) -> FastNetwork:
    return load_fast(model, dtype=precision)
