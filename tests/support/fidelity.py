"""How faithful a copy is."""

import numpy as np


def psnr(a: np.ndarray, b: np.ndarray, *, peak: float = 1.0) -> float:
    """Peak signal-to-noise ratio in decibels; infinite for equal arrays."""
    error = float(np.mean(np.square(a.astype(np.float64) - b.astype(np.float64))))
    return float("inf") if error == 0 else float(10 * np.log10(peak**2 / error))
