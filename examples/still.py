"""Repaints a photograph with the engine gatys, keeping the photograph's own colours.

python examples/still.py photo.jpg wave.jpg photo-wave.png
"""

import sys
from pathlib import Path

from stylecore import GatysSettings, ImageSettings, StyleSettings, stylize_image

SETTINGS = ImageSettings(
    size=512,
    mixing=StyleSettings(colours="luminance"),
    gatys=GatysSettings(style_weight=40, style_scale=0.7, first_iterations=100),
)


def repaint(source: str, style: str, output: str) -> Path:
    """The picture that was written; it is never larger than the photograph."""
    return stylize_image(source, style, output, SETTINGS)


if __name__ == "__main__":
    print(repaint(*sys.argv[1:]))
