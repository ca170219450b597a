"""Every style representation on one picture: how hard it pulls, what it paints, how it looks.

    python -m tests.benchmarks.representations [--sheet docs/representations.jpg]

"pull" is the size of the style loss's gradient by the pixels, as a share of gram's, at the source
and half-way through a painting: the factors in ``STRENGTH`` of the representations bring their
geometric mean to 1. Then each paints the same picture with the same style weight; the distances of
what comes out, all measured by gram, say how alike the strengths turn out.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from keras import ops

from data.make_demo import render_frame
from stylecore.arrays.contact_sheet import contact_sheet
from stylecore.arrays.images import resize
from stylecore.engines import FrameInput
from stylecore.engines.gatys.engine import GatysEngine
from stylecore.engines.gatys.objective import Objective
from stylecore.media import read_picture, write_picture
from stylecore.networks.features import load_features
from stylecore.settings import REPRESENTATIONS, GatysSettings

STYLES = Path("data/styles")
STRENGTH_STYLES = ("brush_strokes", "mosaic", "watercolour", "wave_pattern")
STRENGTH_FRAMES = (4, 62)
SIZE = (240, 136)
PIXELS = 10**7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sheet", type=Path, default=Path("docs/representations.jpg"))
    parser.add_argument("--style", type=Path, default=STYLES / "brush_strokes.jpg")
    arguments = parser.parse_args()
    pulls = dict(zip(REPRESENTATIONS, np.array(list(pull_of_each())).T, strict=True))
    content, style = render_frame(4), read_picture(arguments.style)
    pictures = []
    print(f"{'':13}{'pull at source':>16}{'half-way':>10}{'gram distance':>15}{'content':>9}")
    for name in REPRESENTATIONS:
        image, losses = painted(name, content, style)
        pictures.append((name, image))
        at_source, half_way = pulls[name]
        print(
            f"{name:13}{at_source:16.2f}{half_way:10.2f}{losses['style']:15.5f}"
            f"{losses['content']:9.3f}",
            flush=True,
        )
    rows = [("source and style", [content, style])]
    rows += [
        (", ".join(name for name, _ in pair), [image for _, image in pair])
        for pair in (pictures[:2], pictures[2:4], pictures[4:])
    ]
    write_picture(arguments.sheet, contact_sheet(rows, height=270))


def pull_of_each() -> Iterator[list[tuple[float, float]]]:
    """For each pair of source and style, (at the source, half-way) of every representation."""
    logs = []
    for number in STRENGTH_FRAMES:
        content = resize(render_frame(number), SIZE)
        for name in STRENGTH_STYLES:
            style = read_picture(STYLES / f"{name}.jpg")
            half, _ = painted("gram", content, style, steps=40)
            logs.append(np.log([pull(kind, content, style, half) for kind in REPRESENTATIONS]))
    relative = np.exp(np.mean([log - log[0] for log in logs], 0))
    yield from relative.T


def pull(name: str, content: np.ndarray, style: np.ndarray, half: np.ndarray) -> list[float]:
    settings = GatysSettings(
        representations={name: 1}, content_weight=0, variation_weight=0, temporal_weight=0
    )
    features = load_features("compact", list(settings.style_layers))
    objective = Objective(features, settings, temporal=0)
    styles = objective.targets.of_styles([style], content.shape[:2], pixels=PIXELS)
    targets = objective.targets.of_frame(content, styles, pixels=PIXELS)
    gradients = [
        objective.gradient(ops.convert_to_tensor(x[None]), targets)[1] for x in (content, half)
    ]
    return [float(np.linalg.norm(ops.convert_to_numpy(gradient))) for gradient in gradients]


def painted(
    name: str, content: np.ndarray, style: np.ndarray, *, steps: int = 150
) -> tuple[np.ndarray, dict[str, float]]:
    """A picture by one representation, and its losses by gram."""
    engine = GatysEngine(GatysSettings(representations={name: 1}, first_iterations=steps))
    engine.prepare([style], shape=content.shape[:2])
    image, _ = engine.render(FrameInput(number=0, content=content))
    judge = Objective(
        load_features("compact", sorted({*GatysSettings().style_layers, "block4_conv2"})),
        GatysSettings(),
        temporal=0,
    )
    styles = judge.targets.of_styles([style], content.shape[:2], pixels=PIXELS)
    targets = judge.targets.of_frame(content, styles, pixels=PIXELS)
    terms, _ = judge.gradient(ops.convert_to_tensor(image[None]), targets)
    return image, {key: float(value) for key, value in terms.items()}


if __name__ == "__main__":
    main()
