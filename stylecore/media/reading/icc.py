"""The parts of an ICC profile that give 16 bits their colours, which Pillow's ImageCms cannot.

A profile of the kind that cameras and editors write says for each colour a curve to light, and
where in CIE XYZ that light lies. Specification: ICC.1:2022, sections 8.3, 10.6, 10.18 and 10.31.
"""

import struct
from collections.abc import Callable

import cv2
import numpy as np

Curve = Callable[[np.ndarray], np.ndarray]
"""From a value in [0, 1] to light in [0, 1]."""
LEVELS = 65536
TABLES = {"A2B0", "A2B1"}
"""Tags that go before curves and matrix where a profile has both."""
SRGB_TO_XYZ = np.array(
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)
"""IEC 61966-2-1, its white moved to the profiles' D50 (Bradford)."""


def srgb_of_deep(pixels: np.ndarray, profile: bytes) -> np.ndarray | None:
    """Converts colours of 16 bits to sRGB (ICC.1:2022, annex F, matrix and curves).

    Args:
        pixels: (H, W, 3) uint16; all three alike where the profile is one of greys.
        profile: an ICC profile.

    Returns:
        (H, W, 3) uint16, clipped to what sRGB has; None where the profile holds tables of another
        kind, or is damaged.
    """
    try:
        tags = _tags(profile)
        if TABLES & tags.keys():
            return None
        names = ("kTRC",) * 3 if "kTRC" in tags else ("rTRC", "gTRC", "bTRC")
        curves = [_curve(tags[name]) for name in names]
        matrix = np.eye(3)
        if "kTRC" not in tags:
            columns = [_xyz(tags[name]) for name in ("rXYZ", "gXYZ", "bXYZ")]
            matrix = np.linalg.solve(SRGB_TO_XYZ, np.column_stack(columns))
    except (KeyError, IndexError, ValueError, struct.error, np.linalg.LinAlgError):
        return None
    values = np.linspace(0, 1, LEVELS)
    with np.errstate(all="ignore"):
        tables = [curve(values).astype(np.float32) for curve in curves]
    if not np.isfinite(tables).all():
        return None
    channels = cv2.split(pixels)
    light = [table[channel] for table, channel in zip(tables, channels, strict=True)]
    mixed = np.clip(cv2.transform(cv2.merge(light), matrix.astype(np.float32)), 0, 1)
    coded = np.where(mixed <= 0.0031308, 12.92 * mixed, 1.055 * cv2.pow(mixed, 1 / 2.4) - 0.055)
    return np.rint(coded * (LEVELS - 1)).astype(np.uint16)


def _tags(profile: bytes) -> dict[str, bytes]:
    """Content of each tag, by its signature."""
    (count,) = struct.unpack(">I", profile[128:132])
    found = {}
    for number in range(min(count, 100)):
        offset = 132 + 12 * number
        name, start, size = struct.unpack(">4sII", profile[offset : offset + 12])
        found[name.decode("latin1")] = profile[start : start + size]
    return found


def _xyz(tag: bytes) -> tuple[float, ...]:
    return tuple(number / 65536 for number in struct.unpack(">3i", tag[8:20]))


def _curve(tag: bytes) -> Curve:
    """The curve of a ``curv`` or ``para`` tag.

    Raises:
        ValueError, struct.error: it is none.
    """
    if tag[:4] == b"curv":
        (count,) = struct.unpack(">I", tag[8:12])
        table = np.array(struct.unpack(f">{count}H", tag[12 : 12 + 2 * count])) / 65535
        if count > 1:
            return lambda x: np.interp(x, np.linspace(0, 1, count), table)
        gamma = table[0] * 65535 / 256 if count else 1.0
        return lambda x: x**gamma
    kind, *numbers = struct.unpack(f">H2x{(len(tag) - 12) // 4}i", tag[8 : len(tag) // 4 * 4])
    if tag[:4] != b"para" or kind > 4:
        raise ValueError("no curve that is known")
    return _parametric(kind, [number / 65536 for number in numbers])


def _parametric(kind: int, numbers: list[float]) -> Curve:
    """A function of table 68: (a x + b)^g + e from d on, c x + f below."""
    g = numbers[0]
    a, b, c, d, e, f = {
        0: lambda: (1.0, 0.0, 0.0, 0.0, 0.0, 0.0),
        1: lambda: (*numbers[1:3], 0.0, -numbers[2] / numbers[1], 0.0, 0.0),
        2: lambda: (*numbers[1:3], 0.0, -numbers[2] / numbers[1], numbers[3], numbers[3]),
        3: lambda: (*numbers[1:5], 0.0, 0.0),
        4: lambda: (*numbers[1:5], *numbers[5:7]),
    }[kind]()
    return lambda x: np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f)
