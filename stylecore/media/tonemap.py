"""High dynamic range (PQ, HLG) brought into the standard range, for those who ask for it.

The tone curve is that of ITU-R BT.2390-10, section 5.4 ("EETF"), on the largest of the three
channels, so that hues stay; reference white is 203 cd/m² (ITU-R BT.2408).
"""

from functools import lru_cache

import cv2
import numpy as np

PQ, HLG = 16, 18
"""Code points of ITU-T H.273 for transfer characteristics."""
SOURCE_PEAK, WHITE = 1000.0, 203.0
"""Of the source and of the result, in cd/m²; what is brighter than the source's peak is clipped."""
LIGHT_OF_1000_NIT = 1.2
"""Exponent of HLG's system light at a peak of 1000 cd/m² (ITU-R BT.2100, table 5)."""
DISPLAY_GAMMA = 2.4
"""ITU-R BT.1886."""
BT2020_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    np.float32,
)
"""ITU-R BT.2407, section 2."""
BT2020_LUMINANCE = np.array([[0.2627, 0.6780, 0.0593]], np.float32)
LEVELS = 65536


def tone_mapped(image: np.ndarray, transfer: int) -> np.ndarray:
    """A frame in the colours of BT.2020 to one in those of BT.709.

    Args:
        image: (H, W, 3) uint16 RGB as it was coded, full range.
        transfer: PQ or HLG.

    Returns:
        (H, W, 3) uint16 for a display with the gamma of BT.1886.
    """
    light = _linear_light(transfer)[image]
    if transfer == HLG:
        scene = cv2.transform(light, BT2020_LUMINANCE)
        light *= (SOURCE_PEAK * cv2.pow(scene, LIGHT_OF_1000_NIT - 1))[..., None]
    nits, gains = _tone_curve()
    light *= np.interp(light.max(axis=2), nits, gains).astype(np.float32)[..., None]
    display = np.clip(cv2.transform(light, BT2020_TO_BT709) / WHITE, 0, 1)
    return np.rint(cv2.pow(display, 1 / DISPLAY_GAMMA) * (LEVELS - 1)).astype(np.uint16)


@lru_cache(maxsize=2)
def _linear_light(transfer: int) -> np.ndarray:
    """(LEVELS,) float32: cd/m² of a PQ code, scene light in [0, 1] of an HLG code."""
    code = np.linspace(0, 1, LEVELS)
    if transfer == PQ:
        return _nits(code).astype(np.float32)
    # ITU-R BT.2100, table 5: the inverse of HLG's opto-electronic transfer function.
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    light = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    return light.astype(np.float32)


@lru_cache(maxsize=1)
def _tone_curve() -> tuple[np.ndarray, np.ndarray]:
    """Luminances in cd/m², and what to multiply each by."""
    top, white = _pq(SOURCE_PEAK), _pq(WHITE)
    code = np.linspace(0, 1, 1024)
    peak = white / top
    knee = 1.5 * peak - 0.5
    t = np.clip((code - knee) / (1 - knee), 0, 1)
    rolled = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (-2 * t**3 + 3 * t**2) * peak
    )
    nits = _nits(code * top)
    mapped = _nits(np.where(code < knee, code, rolled) * top)
    gains = np.divide(mapped, nits, out=np.ones_like(nits), where=nits > 0)
    return np.append(nits, 10_000.0), np.append(gains, WHITE / 10_000.0)


_M1, _M2 = 2610 / 16384, 2523 / 32
_C1, _C2, _C3 = 3424 / 4096, 2413 / 128, 2392 / 128
"""Constants of PQ (SMPTE ST 2084)."""


def _nits(code: np.ndarray) -> np.ndarray:
    """cd/m² of PQ codes in [0, 1]."""
    root = np.power(code, 1 / _M2)
    return np.asarray(10_000 * np.power(np.maximum(root - _C1, 0) / (_C2 - _C3 * root), 1 / _M1))


def _pq(nits: float) -> float:
    """PQ code in [0, 1] of a luminance in cd/m²."""
    power = (nits / 10_000) ** _M1
    return float(((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2)
