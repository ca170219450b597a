"""High dynamic range (PQ, HLG) brought into the standard range, for those who ask for it.

The curve is method A of ITU-R BT.2446-1 (section 4), which compresses the logarithm of luma and the
colours with it, so that clouds keep their shape: a curve on the largest channel, as BT.2390 has it,
leaves little but colour noise of what is brighter than white.
"""

from functools import lru_cache

import cv2
import numpy as np

from stylecore.arrays.images import as_16_bits
from stylecore.media.colour import HLG, PQ

SOURCE_PEAK, SDR_PEAK = 1000.0, 100.0
"""cd/m²; what is brighter in the source is clipped."""
HLG_SYSTEM_GAMMA = 1.2
"""At a peak of 1000 cd/m² (ITU-R BT.2100, table 5)."""
DISPLAY_GAMMA = 2.4
"""ITU-R BT.1886."""
BT2020_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    np.float32,
)
"""ITU-R BT.2407, section 2."""
LUMA = np.array([[0.2627, 0.6780, 0.0593]], np.float32)
"""Weights of R, G and B in BT.2020."""
CB_RANGE, CR_RANGE = 1.8814, 1.4746
LEVELS = 65536
STEPS = 4096
"""Of luma, at which the curve is tabulated."""


def tone_mapped(image: np.ndarray, transfer: int) -> np.ndarray:
    """Tone-maps a frame in the colours of BT.2020 to those of BT.709 (BT.2446-1, method A).

    Args:
        image: (H, W, 3) uint16 RGB as it was coded, full range; of uint8 the steps show.
        transfer: PQ or HLG.

    Returns:
        (H, W, 3) uint16 for a display with the gamma of BT.1886.
    """
    coded = _display_coded(image, transfer)
    luma = cv2.transform(coded, LUMA)
    mapped = np.interp(luma, *_curve()).astype(np.float32)
    gain = mapped / (1.1 * np.maximum(luma, 1e-4))
    cb = gain * (coded[..., 2] - luma) / CB_RANGE
    cr = gain * (coded[..., 0] - luma) / CR_RANGE
    mapped -= np.maximum(0.1 * cr, 0)
    red, blue = mapped + CR_RANGE * cr, mapped + CB_RANGE * cb
    green = (mapped - LUMA[0, 0] * red - LUMA[0, 2] * blue) / LUMA[0, 1]
    light = cv2.pow(np.clip(np.dstack([red, green, blue]), 0, 1), DISPLAY_GAMMA)
    display = np.clip(cv2.transform(light, BT2020_TO_BT709), 0, 1)
    return np.rint(cv2.pow(display, 1 / DISPLAY_GAMMA) * (LEVELS - 1)).astype(np.uint16)


def _display_coded(image: np.ndarray, transfer: int) -> np.ndarray:
    """(H, W, 3) float32: light on the display by SOURCE_PEAK, coded with the display's gamma."""
    light = _linear_light(transfer)[as_16_bits(image)]
    if transfer == HLG:
        light *= cv2.pow(cv2.transform(light, LUMA), HLG_SYSTEM_GAMMA - 1)[..., None]
    return cv2.pow(np.minimum(light, 1), 1 / DISPLAY_GAMMA)


@lru_cache(maxsize=2)
def _linear_light(transfer: int) -> np.ndarray:
    """(LEVELS,) float32: display light of PQ by SOURCE_PEAK, scene light in [0, 1] of HLG."""
    code = np.linspace(0, 1, LEVELS)
    if transfer == PQ:  # SMPTE ST 2084
        root = np.power(code, 32 / 2523)
        base = np.maximum(root - 3424 / 4096, 0) / (2413 / 128 - 2392 / 128 * root)
        return (10_000 / SOURCE_PEAK * np.power(base, 16384 / 2610)).astype(np.float32)
    # ITU-R BT.2100, table 5: the inverse of HLG's opto-electronic transfer function.
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    light = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    return light.astype(np.float32)


@lru_cache(maxsize=1)
def _curve() -> tuple[np.ndarray, np.ndarray]:
    """Luma of the source and of the result, both in [0, 1] (BT.2446-1, method A, steps 2 to 4)."""
    luma = np.linspace(0, 1, STEPS)
    rho_source, rho_result = (
        1 + 32 * (peak / 10_000) ** (1 / DISPLAY_GAMMA) for peak in (SOURCE_PEAK, SDR_PEAK)
    )
    perceived = np.log(1 + (rho_source - 1) * luma) / np.log(rho_source)
    compressed = np.select(
        [perceived <= 0.7399, perceived < 0.9909],
        [1.0770 * perceived, -1.1510 * perceived**2 + 2.7811 * perceived - 0.6302],
        0.5 * perceived + 0.5,
    )
    return luma, (rho_result**compressed - 1) / (rho_result - 1)
