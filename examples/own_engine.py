"""An engine of one's own: every pixel takes the style's colour of the same brightness.

    python examples/own_engine.py holiday.mp4 wave.jpg holiday-wave.mp4

To have it in the command line as well, name ``create`` in an entry point of your package:

    [project.entry-points."stylecore.engines"]
    ramp = "your_package:create"
"""

import sys
from collections.abc import Sequence

import numpy as np

from stylecore import Published, VideoSettings, stylize_video
from stylecore.engines import Engine, FrameInput, FrameRecord, register_engine
from stylecore.engines.contract import check_engine
from stylecore.settings import FrameSettings

STEPS = 256


class RampEngine(Engine):
    """Paints with the style's colours in the order of their brightness."""

    def prepare(self, styles: Sequence[np.ndarray], *, shape: tuple[int, int]) -> None:
        """Takes STEPS colours of the first style, from the darkest to the brightest."""
        colours = styles[0].reshape(-1, 3)
        ordered = colours[np.argsort(colours.mean(-1), kind="stable")]
        self._ramp = ordered[np.linspace(0, len(ordered) - 1, STEPS).astype(int)]

    def render(self, frame: FrameInput) -> tuple[np.ndarray, FrameRecord]:
        """Half of it is the frame before, where that can be trusted: it does not flicker."""
        brightness = np.rint(frame.content.mean(-1) * (STEPS - 1)).astype(int)
        painted = self._ramp[brightness].astype(np.float32)
        if frame.warped is not None and frame.mask is not None:
            kept = np.float32(0.5) * frame.mask[..., None]
            painted = kept * frame.warped + (1 - kept) * painted
        return painted, FrameRecord(iterations=1)


def create(settings: FrameSettings) -> Engine:
    """What the entry point names; ``settings`` has all that was chosen."""
    return RampEngine()


def repaint(source: str, style: str, output: str) -> Published:
    """A verified result, painted by an engine that keeps what it must."""
    check_engine(RampEngine)
    register_engine("ramp", create, version="1")
    return stylize_video(source, style, output, VideoSettings(engine="ramp"))


if __name__ == "__main__":
    print(repaint(*sys.argv[1:]).output)
