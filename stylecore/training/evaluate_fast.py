"""Measures the compact fast network beside a TensorFlow Hub module, on pictures new to both.

    python -m stylecore.training.evaluate_fast --content DIR --styles DIR --teacher vgg19 \
        --peer HANDLE_OR_FOLDER [--clips FILE ...] [--speed] [--sheet FILE.png]

prints a line for each network: over all pairs of a photograph and a style, the distances of Gatys
et al. (2016) from style and content, by the teacher, at each of ``--sides``; whether the style's
strokes are recognised without their colours; how much of a grid there is, beside the photographs'
own; and what is kept of the photograph: its edges, and the cosine of its features in grey. With
``--clips`` the warping error of frames painted one by one, beside that of the source; with
``--speed`` frames a second at 1280x720, the networks taking turns.
"""

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from stylecore.arrays.contact_sheet import contact_sheet
from stylecore.arrays.images import at_side, to_float
from stylecore.arrays.metrics import edges_kept, grid, sharpness, warping_error
from stylecore.arrays.moments import Moments
from stylecore.arrays.motion import consistency_mask, estimate_motion
from stylecore.evaluation.recognition import grey_alike, recognise, stroke_distance, stroke_grams
from stylecore.losses.terms import content_loss, gram, style_loss
from stylecore.media import Excerpt, index_source, read_frames, read_picture, write_picture
from stylecore.networks.backend import compiled
from stylecore.networks.fast import COMPACT, CompactFast, FastNetwork, load_fast
from stylecore.settings import GATYS_CONTENT_LAYERS, GATYS_STYLE_LAYERS
from stylecore.training.judging import Features, picture_paths
from stylecore.training.teachers import load_teacher

LAYERS = (*GATYS_STYLE_LAYERS, *GATYS_CONTENT_LAYERS)
PICTURE_SIDES = (384, 768)
RECOGNITION_LAYERS = tuple(GATYS_STYLE_LAYERS)
CONTENT_LAYER = "block4_conv2"
STYLE_SIDE = 256
SHEET_SIDE = 384
CLIP_SIDE = 640
CLIP_FRAMES = 12
TIMED_SHAPE = (720, 1280)
TIMED_ROUNDS = 8


@dataclass(frozen=True)
class Distances:
    """Of one painted picture, by the teacher."""

    style: float
    content: float
    sharpness: float
    grid: float
    edges: float
    cosine: float
    """Of CONTENT_LAYER of photograph and result, both in grey."""
    strokes: tuple[float, ...]
    """Stroke distance from every style."""


def judge(
    networks: Mapping[str, FastNetwork],
    contents: Sequence[np.ndarray],
    styles: Sequence[np.ndarray],
    teacher: Features,
) -> dict[str, list[Distances]]:
    """Distances of every pair, content by content within style, by the network's name."""
    found: dict[str, list[Distances]] = {name: [] for name in networks}
    goals = [teacher(content[None]) for content in contents]
    greys = [teacher(grey_alike(content)[None])[CONTENT_LAYER] for content in contents]
    strokes = [
        stroke_grams(teacher(grey_alike(style)[None]), RECOGNITION_LAYERS) for style in styles
    ]
    for style in styles:
        features = teacher(style[None])
        grams = {name: gram(features[name]) for name in GATYS_STYLE_LAYERS}
        for name, network in networks.items():
            code = network.encode(style)
            for content, goal, grey in zip(contents, goals, greys, strict=True):
                (painted,) = network.paint([content], code)
                seen = teacher(painted[None])
                seen_grey = teacher(grey_alike(painted)[None])
                drawn = stroke_grams(seen_grey, RECOGNITION_LAYERS)
                found[name].append(
                    Distances(
                        float(style_loss(seen, grams, GATYS_STYLE_LAYERS)[0]),
                        float(content_loss(seen, goal, GATYS_CONTENT_LAYERS)[0]),
                        sharpness(painted),
                        grid(painted),
                        edges_kept(content, painted),
                        _cosine(grey, seen_grey[CONTENT_LAYER]),
                        tuple(stroke_distance(drawn, other) for other in strokes),
                    )
                )
    return found


def _cosine(one: Any, other: Any) -> float:
    one, other = (np.asarray(values, np.float64).ravel() for values in (one, other))
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def steadiness(
    network: FastNetwork, frames: Sequence[np.ndarray], style: np.ndarray
) -> tuple[float, float]:
    """Mean masked warping error of frames painted one by one, and their mean sharpness."""
    code = network.encode(style)
    painted = [network.paint([frame], code)[0] for frame in frames]
    errors = []
    for (before, after), (old, new) in zip(pairwise(frames), pairwise(painted), strict=True):
        motion = estimate_motion(after, before)
        mask = consistency_mask(motion, estimate_motion(before, after))
        errors.append(warping_error(old, new, motion, mask))
    return float(np.mean(errors)), float(np.mean([sharpness(picture) for picture in painted]))


def seconds_a_frame(networks: Mapping[str, FastNetwork], style: np.ndarray) -> dict[str, float]:
    """Median time of one frame of TIMED_SHAPE, by name; the networks take turns."""
    frame = np.random.default_rng(0).random((*TIMED_SHAPE, 3), np.float32)
    codes = {name: network.encode(style) for name, network in networks.items()}
    times: dict[str, list[float]] = {name: [] for name in networks}
    for turn in range(TIMED_ROUNDS + 1):
        for name, network in networks.items():
            began = time.perf_counter()
            network.paint([frame], codes[name])
            if turn:  # the first compiles
                times[name].append(time.perf_counter() - began)
    return {name: float(np.median(spent)) for name, spent in times.items()}


class _Unchanged:
    """The source itself, for comparison."""

    bytes_per_pixel = 0

    def encode(self, style: np.ndarray) -> None:
        return None

    def mix(self, codes: Sequence[None], weights: Sequence[float]) -> None:
        return None

    def measure(self, frame: np.ndarray, code: None) -> Moments:
        return ()

    def paint(
        self, frames: Sequence[np.ndarray], code: None, moments: Sequence[Moments] = ()
    ) -> list[np.ndarray]:
        return list(frames)


def _frames(clip: Path) -> list[np.ndarray]:
    index = index_source(clip)
    count = min(CLIP_FRAMES, index.frame_count)
    return [
        at_side(to_float(frame), CLIP_SIDE) for frame in read_frames(Excerpt(clip, index, 0, count))
    ]


def _multiple_of_eight(pictures: Iterator[np.ndarray]) -> list[np.ndarray]:
    """Cut so that no network pads them."""
    return [
        picture[: picture.shape[0] // 8 * 8, : picture.shape[1] // 8 * 8] for picture in pictures
    ]


TITLES = (
    "style", "median", "content", "sharpness", "grid", "edges", "cosine",
    "top-1", "rank", "centred", "its rank",
)  # fmt: skip


def _row(pairs: Sequence[Distances], photographs: int) -> list[float]:
    """A network's line under TITLES; pairs content by content within style."""
    strokes = np.array([pair.strokes for pair in pairs])
    own = np.arange(len(pairs)) // photographs
    plain, centred = (recognise(strokes, own, centred=each) for each in (False, True))
    parts = ("content", "sharpness", "edges", "cosine")
    content, sharp, edges, cosine = (np.mean([getattr(p, part) for p in pairs]) for part in parts)
    style = [pair.style for pair in pairs]
    middle = np.median([pair.grid for pair in pairs])
    values = (np.mean(style), np.median(style), content, sharp, middle, edges, cosine,
              plain.first, plain.rank, centred.first, centred.rank)  # fmt: skip
    return [float(value) for value in values]


def _print_distances(
    networks: Mapping[str, FastNetwork],
    contents: Sequence[np.ndarray],
    styles: Mapping[str, np.ndarray],
    teacher: Features,
) -> None:
    found = judge(networks, contents, list(styles.values()), teacher)
    photographs = np.median([grid(content) for content in contents])
    print(f"grid of the photographs: {photographs:.3f}")
    print(f"{'network':24}" + "".join(f"{title:>11}" for title in TITLES))
    for name, pairs in found.items():
        print(f"{name:24}" + "".join(f"{value:11.4f}" for value in _row(pairs, len(contents))))
    print(f"\n{'style distance by style':36}" + "".join(f"{name:>24}" for name in found))
    for i, style_name in enumerate(styles):
        rows = slice(i * len(contents), (i + 1) * len(contents))
        means = [np.mean([pair.style for pair in pairs[rows]]) for pairs in found.values()]
        print(f"{style_name:36}" + "".join(f"{mean:24.4f}" for mean in means))


def _print_steadiness(
    networks: Mapping[str, FastNetwork], clips: Sequence[Path], styles: Sequence[np.ndarray]
) -> None:
    print(f"\n{'clip: warping error, sharpness':40}" + "".join(f"{name:>24}" for name in networks))
    totals: dict[str, list[float]] = {name: [] for name in networks}
    for number, clip in enumerate(clips):
        frames = _frames(clip)
        line = f"{clip.name:40}"
        for name, network in networks.items():
            error, sharp = steadiness(network, frames, styles[number % len(styles)])
            totals[name].append(error)
            line += f"{error:15.2e} {sharp:8.4f}"
        print(line)
    print(f"{'mean':40}" + "".join(f"{np.mean(errors):15.2e}{'':9}" for errors in totals.values()))


def _sheet(
    networks: Mapping[str, FastNetwork],
    contents: Sequence[np.ndarray],
    styles: Mapping[str, np.ndarray],
) -> np.ndarray:
    """A block of rows for each style: the style and the photographs, then one row a network."""
    rows = []
    for style_name, style in styles.items():
        rows.append((style_name, [style, *contents]))
        for name, network in networks.items():
            code = network.encode(style)
            rows.append(
                (name, [style, *(network.paint([content], code)[0] for content in contents)])
            )
    return contact_sheet(rows, height=256)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of the evaluation."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--content", type=Path, required=True, help="folder of photographs")
    parser.add_argument("--styles", type=Path, required=True, help="folder of artworks")
    parser.add_argument("--weights", type=Path, help="of the network; those that ship by default")
    parser.add_argument("--peer", help="handle or folder of a Hub module to compare with")
    parser.add_argument("--teacher", choices=("vgg19", "mixed", "compact"), default="vgg19")
    parser.add_argument("--teacher-weights", type=Path, help="file, or folder (mixed)")
    parser.add_argument(
        "--sides", type=int, nargs="+", default=PICTURE_SIDES, help="longer sides to judge at"
    )
    parser.add_argument("--clips", type=Path, nargs="*", default=[], help="videos to paint")
    parser.add_argument("--speed", action="store_true", help="time a frame of 1280x720")
    parser.add_argument("--sheet", type=Path, help="picture of all pairs to write (.png)")
    parser.add_argument("--most", type=int, help="use so many photographs and styles at most")
    options = parser.parse_args(arguments)
    ours = CompactFast(options.weights) if options.weights else CompactFast()
    networks: dict[str, FastNetwork] = {COMPACT: ours}
    if options.peer:
        networks["peer"] = load_fast(options.peer)
    paths = {folder: picture_paths(folder)[: options.most] for folder in
             (options.content, options.styles)}  # fmt: skip
    pictures = [read_picture(path) for path in paths[options.content]]
    styles = {path.stem: at_side(read_picture(path), STYLE_SIDE) for path in paths[options.styles]}
    network = load_teacher(options.teacher, options.teacher_weights, LAYERS).model
    teacher = compiled(lambda pictures: network(pictures))
    for side in options.sides:
        print(f"\nat {side} px")
        contents = _multiple_of_eight(at_side(picture, side) for picture in pictures)
        _print_distances({**networks, "unchanged": _Unchanged()}, contents, styles, teacher)
    if options.clips:
        _print_steadiness(
            {**networks, "source": _Unchanged()}, options.clips, list(styles.values())
        )
    if options.speed:
        timed = {**networks, "compact, bfloat16": CompactFast(dtype="bfloat16")}
        for name, seconds in seconds_a_frame(timed, next(iter(styles.values()))).items():
            print(f"{name:24} {1 / seconds:6.2f} frames a second at 1280x720")
    if options.sheet:
        contents = _multiple_of_eight(at_side(picture, SHEET_SIDE) for picture in pictures)
        write_picture(options.sheet, _sheet(networks, contents, styles))


if __name__ == "__main__":
    main()
