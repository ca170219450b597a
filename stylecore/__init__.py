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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stylecore.engines import Engine, FrameInput, FrameRecord
    from stylecore.errors import StyleError
    from stylecore.pipeline import Progress, stylize_image, stylize_video
    from stylecore.settings import (
        FastSettings,
        GatysSettings,
        ImageSettings,
        OutputSettings,
        SourceSettings,
        StyleSettings,
        VideoSettings,
    )
    from stylecore.store import Published, Workspace

__all__ = [
    "Engine",
    "FastSettings",
    "FrameInput",
    "FrameRecord",
    "GatysSettings",
    "ImageSettings",
    "OutputSettings",
    "Progress",
    "Published",
    "SourceSettings",
    "StyleError",
    "StyleSettings",
    "VideoSettings",
    "Workspace",
    "stylize_image",
    "stylize_video",
]

_HOMES = {
    "engines": ("Engine", "FrameInput", "FrameRecord"),
    "errors": ("StyleError",),
    "pipeline": ("Progress", "stylize_image", "stylize_video"),
    "settings": tuple(name for name in __all__ if name.endswith("Settings")),
    "store": ("Published", "Workspace"),
}

if not TYPE_CHECKING:  # a checker would take every name for one of ours

    def __getattr__(name: str) -> Any:
        for home, names in _HOMES.items():
            if name in names:
                return getattr(import_module(f"stylecore.{home}"), name)
        raise AttributeError(f"module 'stylecore' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
