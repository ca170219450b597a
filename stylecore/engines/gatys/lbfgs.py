"""Minimises a loss over pixels by L-BFGS (Liu and Nocedal 1989; bounds: Byrd et al. 1995)."""

from typing import Any

import numpy as np
from keras import ops
from scipy.optimize import Bounds, minimize

from stylecore.engines.gatys.adam import Gradient

_CORRECTIONS = 10


def minimise(
    gradient: Gradient, images: np.ndarray, targets: Any, *, steps: int, plateau: float = 0.0
) -> tuple[np.ndarray, dict[str, float], int]:
    """``images`` moved downhill, the terms of the loss there, and the steps taken.

    Args:
        gradient: of the loss.
        images: (N, H, W, 3) float32 in [0, 1].
        targets: handed to the gradient.
        steps: how many steps at most; each asks for one gradient, seldom for more.
        plateau: stop when a step lowers the loss by less than a tenth of this share of it (the
            measure of ``Descent`` spans ten steps).
    """
    size = float(np.prod(images.shape))
    terms: dict[str, float] = {}

    def loss(pixels: np.ndarray) -> tuple[float, np.ndarray]:
        picture = ops.convert_to_tensor(pixels.reshape(images.shape).astype(np.float32))
        found, pixel_gradient = gradient(picture, targets)
        terms.update({name: float(term) for name, term in found.items()})
        return terms["total"] * size, ops.convert_to_numpy(pixel_gradient).ravel().astype(
            np.float64
        )

    result = minimize(
        loss,
        images.ravel().astype(np.float64),
        jac=True,
        method="L-BFGS-B",
        bounds=Bounds(0.0, 1.0),
        options={"maxiter": steps, "maxcor": _CORRECTIONS, "ftol": plateau / 10, "gtol": 0.0},
    )
    picture = result.x.reshape(images.shape).astype(np.float32)
    return picture, terms, int(result.nit)
