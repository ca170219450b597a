"""Repaints videos and pictures in the style of a picture.

    from stylecore import VideoSettings, stylize_video

    stylize_video("holiday.mp4", "wave.jpg", "holiday-wave.mp4", VideoSettings(size=640))

Conventions of the whole project:

- An image is a numpy array (H, W, 3), float32 RGB in [0, 1]; integers exist only where frames are
  decoded, stored and encoded. Networks take batches, NHWC.
- Frames are numbered from 0 in order of presentation; a range [start, stop) excludes ``stop``.
- *Motion* is optical flow, ``motion[y, x] = (dx, dy)`` in pixels from image A towards image B:
  A(p) matches B(p + motion(p)). ``warp(image, motion)(p) = image(p + motion(p))``.
- A *mask* is 1 where something can be trusted and 0 where it cannot.
- A *flow* is always a Prefect flow.
- Times are exact: integers in units of a time base, or fractions. Names carry other units.

This floor knows neither Prefect nor a command line, and prints nothing. Importing it does not
import TensorFlow; the names below are loaded when they are first used.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "stylize_video": "stylecore.pipeline",
    "stylize_image": "stylecore.pipeline",
    "Progress": "stylecore.pipeline",
    "Workspace": "stylecore.store",
    "Published": "stylecore.store",
    "VideoSettings": "stylecore.settings",
    "ImageSettings": "stylecore.settings",
    "GatysSettings": "stylecore.settings",
    "FastSettings": "stylecore.settings",
    "OutputSettings": "stylecore.settings",
    "StyleSettings": "stylecore.settings",
    "StyleError": "stylecore.errors",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'stylecore' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
