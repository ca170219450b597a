"""Checks that an engine keeps what ``Engine`` promises: for engines of one's own, and for ours.

from stylecore.engines.contract import check_engine

check_engine(lambda: Posterise())
"""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from stylecore.arrays.images import to_float, to_integers
from stylecore.engines.base import Engine, FrameInput, FrameRecord, Reference

SHAPES = ((33, 47), (9, 5))
"""Height and width of frames that every engine must paint; the smaller is less than a network's
largest step."""
STYLES = ((40, 56), (7, 90))
ROUNDING = 1e-6
"""How far a picture may leave its range: sums of shares do; the store cuts it off."""


class ContractError(AssertionError):
    """An engine does not keep a promise; the text says which."""


def check_engine(
    make: Callable[[], Engine], *, shapes: Sequence[tuple[int, int]] = SHAPES
) -> list[str]:
    """Tries an engine on drawn frames.

    Args:
        make: makes a new engine, with the same settings each time; called three times a shape.
        shapes: height and width of the frames to paint.

    Returns:
        What was found to be kept, a line each.

    Raises:
        ContractError: the first promise that is not kept.
    """
    for shape in shapes:
        _check_shape(make, shape)
    return [
        f"paints frames of {', '.join(f'{width}x{height}' for height, width in shapes)}",
        "gives float32 pictures in [0, 1] of the frame's size, and a record",
        "gives the same bytes again, from a new engine and in another order",
        "starts from the stored frame alone: what it rendered before does not show",
        "makes drafts and measures frames by themselves",
        "leaves alone what comes in, and gives memory of its own",
    ]


def drawn_picture(height: int, width: int, *, phase: float = 0.0) -> np.ndarray:
    """Coloured waves, (height, width, 3) float32 in [0, 1]."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    waves = [np.sin(columns / 5 + phase), np.cos(rows / 7), np.sin((rows + columns) / 9 + phase)]
    return (np.stack(waves, axis=-1) / 2 + 0.5).astype(np.float32)


def stored(image: np.ndarray) -> np.ndarray:
    """A result as the store gives it back: rounded to 8 bits."""
    return to_float(to_integers(image, bit_depth=8))


def later_frame(number: int, before: np.ndarray) -> FrameInput:
    """A frame that has all that an engine may be told of others."""
    height, width = before.shape[:2]
    moved = np.roll(before, 1, axis=1)
    mask = np.linspace(0, 1, height * width, dtype=np.float32).reshape(height, width)
    return FrameInput(
        number=number,
        content=drawn_picture(height, width, phase=0.1 * number),
        previous=before,
        warped=moved,
        mask=mask,
        age=np.rint(9 * mask),
        references=(Reference(np.roll(before, 2, axis=1), 1 - mask),),
    )


def _check_shape(make: Callable[[], Engine], shape: tuple[int, int]) -> None:
    styles = [drawn_picture(*size, phase=2.0)[..., ::-1] ** 2 for size in STYLES]
    engine, other = make(), make()
    for one in (engine, other):
        one.prepare(styles[:1], shape=shape)
    first = FrameInput(number=0, content=drawn_picture(*shape))
    start = _rendered(engine, first)
    second = later_frame(1, stored(start))
    next_one = _rendered(engine, second)
    third = later_frame(2, stored(next_one))
    last = _rendered(engine, third)
    # As a run that was interrupted before the third frame, and as one that goes back.
    for frame, wanted in ((third, last), (first, start), (second, next_one), (third, last)):
        same = np.array_equal(_rendered(other, frame), wanted)
        _require(same, "a frame depends on what was painted before it, or on chance")
    _check_drafts(other, [first, second, third], [start, next_one, last])
    several = make()
    several.prepare(styles, shape=shape)
    masks = np.stack([second.mask, 1 - second.mask]) if second.mask is not None else None
    _rendered(several, replace(first, style_weights=(0.3, 0.7)))
    _rendered(several, replace(second, style_weights=(0.5, 0.5), style_masks=masks))


def _check_drafts(engine: Engine, frames: list[FrameInput], painted: list[np.ndarray]) -> None:
    """Drafts and moments are made ahead, in other threads, of frames that know no others."""
    alone = [FrameInput(number=frame.number, content=frame.content) for frame in frames]
    moments = [engine.measure(frame) for frame in alone]
    _require(len({len(found) for found in moments}) == 1, "frames have different moments")
    drafts: list[np.ndarray | None] = []
    for start in range(0, len(alone), engine.batch):
        group = alone[start : start + engine.batch]
        made = engine.draft(group)
        _require(len(made) == len(group), "a draft is missing")
        drafts += made
    for frame, draft, wanted in zip(frames, drafts, painted, strict=True):
        if draft is not None:
            _check_picture(draft, frame)
            found = _rendered(engine, replace(frame, draft=draft))
            _require(
                float(np.abs(found - wanted).max()) < 1 / 255,
                "a frame with its draft is another than without",
            )


def _rendered(engine: Engine, frame: FrameInput) -> np.ndarray:
    before = {name: np.copy(value) for name, value in _arrays(frame).items()}
    image, record = engine.render(frame)
    _check_picture(image, frame)
    _require(isinstance(record, FrameRecord), "render does not give a FrameRecord")
    _require(all(np.isfinite(list(record.losses.values()))), "a loss of the record is not a number")
    for name, value in _arrays(frame).items():
        _require(np.array_equal(value, before[name]), f"render has changed the frame's {name}")
        is_foreign = name != "draft"
        _require(
            not (is_foreign and np.shares_memory(value, image)),
            f"the result is the frame's {name} itself",
        )
    return image


def _check_picture(image: np.ndarray, frame: FrameInput) -> None:
    wanted = frame.content.shape
    _require(image.shape == wanted, f"a picture has the shape {image.shape}, not {wanted}")
    _require(image.dtype == np.float32, f"a picture is {image.dtype}, not float32")
    _require(bool(np.isfinite(image).all()), "a picture holds values that are not numbers")
    beyond = max(float(-image.min()), float(image.max() - 1))
    _require(beyond <= ROUNDING, "a picture leaves the range [0, 1]")


def _arrays(frame: FrameInput) -> dict[str, np.ndarray]:
    values: dict[str, Any] = {one.name: getattr(frame, one.name) for one in fields(frame)}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}


def _require(kept: bool, otherwise: str) -> None:
    if not kept:
        raise ContractError(f"The engine does not keep its contract: {otherwise}.")
