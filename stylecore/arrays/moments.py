"""Moments of a frame that a network is normalised by."""

import numpy as np

Moments = tuple[np.ndarray, ...]
"""Means over the positions of a frame; what they are of is the network's own affair."""


def between(one: Moments, other: Moments, share: float) -> Moments:
    """The moments at ``share``, in [0, 1], of the way from ``one`` to ``other``."""
    return tuple((1 - share) * a + share * b for a, b in zip(one, other, strict=True))
