"""Minimises a loss over pixels by Adam, compiled once for each shape, on TensorFlow or JAX."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from stylecore.networks.backend import compiled

Tensor = Any
Gradient = Callable[[Tensor, Any], tuple[dict[str, Tensor], Tensor]]
"""(images, targets) -> (terms of the loss, gradient of the term "total")."""

_MOMENTUM = 0.9
_SECOND_MOMENT = 0.9
_EPSILON = 1e-8
_SCALES = 5
_SMALLEST_SIDE = 8
_PLATEAU_STEPS = 10
_RAMP = 5
"""Steps over which the step size rises."""
_OPPONENT = np.array([[1.0, 0.4, 0.08], [1.0, 0.0, -0.16], [1.0, -0.4, 0.08]], np.float32)
"""Columns: light, red against blue, green against both, each as long as colours of pictures vary
along it (Ruderman, Cronin and Chiao 1998 find these axes; lengths measured on photographs)."""


class Descent:
    """Minimises a loss over pictures in [0, 1]: Adam (Kingma and Ba 2015) in better coordinates.

    Adam moves every coordinate about equally far, whatever its gradient. On pixels, that makes it
    slow to change a palette or a large stroke and quick to make coloured grain. Here the
    coordinates are the pixels and their averages over larger and larger areas (Kolkin et al. 2019,
    section 3.3, optimise a Laplacian pyramid for the same reason), in opponent colours (as Olah et
    al. 2017 decorrelate colours): each has moments of its own, and their steps are added.

    The step size rises over a few steps, so that a start that is nearly right is not shaken, and
    falls to zero on a half cosine, which settles the picture. Every step ends inside [0, 1].
    """

    def __init__(self, gradient: Gradient) -> None:
        """
        Args:
            gradient: of the loss; ``targets`` is any nest of tensors.
        """
        self._gradient = gradient
        self._move = compiled(_move)

    def minimise(
        self,
        images: np.ndarray,
        targets: Any,
        *,
        steps: int,
        rate: float | np.ndarray,
        averaging: float = 0.0,
        plateau: float = 0.0,
    ) -> tuple[np.ndarray, dict[str, float], int]:
        """``images`` moved downhill, the terms of the loss before the last step, and the steps.

        Args:
            images: (N, H, W, 3) float32 in [0, 1].
            targets: handed to the gradient.
            steps: how many steps at most, at least 1.
            rate: largest step of a pixel at each scale, about; one for all, or (N, H, W, 1).
            averaging: the result is the running mean of the pictures, with this share of what it
                was before each step (Polyak and Juditsky 1992); 0 takes the last picture.
            plateau: stop when ten steps lower the loss by less than this share of it; 0 never.
        """
        state = ops.convert_to_tensor(images)
        moments = [(blank, blank) for blank in _pyramid(ops.zeros_like(state))]
        terms: dict[str, Tensor] = {}
        average, before, done = state * 0.0, math.inf, 0
        while done < steps:
            share = min(1.0, (done + 1) / _RAMP) * (1 + math.cos(math.pi * done / steps)) / 2
            step = rate * share / (1 - _MOMENTUM ** (done + 1))
            memory = _SECOND_MOMENT * (1 - _SECOND_MOMENT**done)
            memory /= 1 - _SECOND_MOMENT ** (done + 1)
            terms, gradient = self._gradient(state, targets)
            state, moments = self._move(state, gradient, moments, _tensor(step), _tensor(memory))
            done += 1
            if averaging:
                average = averaging * average + (1 - averaging) * state
            if plateau and done % _PLATEAU_STEPS == 0:
                now = float(terms["total"])
                if before - now < plateau * abs(before):
                    break
                before = now
        if averaging:
            state = average / (1 - averaging**done)
        last = {name: float(term) for name, term in terms.items()}
        return ops.convert_to_numpy(state), last, done


def _move(images: Tensor, gradient: Tensor, moments: Any, size: Tensor, memory: Tensor) -> Any:
    height, width = images.shape[1:3]
    after = []
    scales = _pyramid(ops.matmul(gradient, _OPPONENT))
    for scale, (first, second) in zip(scales, moments, strict=True):
        first = _MOMENTUM * first + (1 - _MOMENTUM) * scale
        second = memory * second + (1 - memory) * ops.square(scale)
        move = ops.matmul(first / (ops.sqrt(second) + _EPSILON), _OPPONENT.T)
        images = images - size * _grown(move, height, width)
        after.append((first, second))
    return ops.clip(images, 0.0, 1.0), after


def _tensor(numbers: float | np.ndarray) -> Tensor:
    return ops.convert_to_tensor(np.asarray(numbers, np.float32))


def _pyramid(images: Tensor) -> list[Tensor]:
    """``images`` and its averages over areas of about 4, 8, ... pixels, every 2, 4, ... pixels.

    Each area overlaps its neighbours by half: areas side by side would leave their grid behind.
    """
    scales = [images]
    while len(scales) < _SCALES and min(scales[-1].shape[1:3]) >= 2 * _SMALLEST_SIDE:
        beyond = [(1, 1 + side % 2) for side in scales[-1].shape[1:3]]
        wide = ops.pad(scales[-1], [(0, 0), *beyond, (0, 0)], mode="symmetric")
        scales.append(ops.average_pool(wide, 4, strides=2, padding="valid"))
    return scales


def _grown(images: Tensor, height: int, width: int) -> Tensor:
    if tuple(images.shape[1:3]) == (height, width):
        return images
    return ops.image.resize(
        images, (height, width), interpolation="bilinear", data_format="channels_last"
    )
