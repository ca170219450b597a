"""What the fast engine is worth: its speed beside a naive loop, and its coherence on real clips.

    python -m tests.benchmarks.fast_engine [--module FOLDER] speed [--clip FILE] [--frames 240]
    python -m tests.benchmarks.fast_engine [--module FOLDER] coherence --clips FOLDER [--sheets OUT]

*speed* times, in turns in one process at 1280x720, the loop that one finds in every tutorial (the
module called with each frame and the style, nothing else) and whole jobs: index, shots, decoding,
motion, painting, storing, encoding, verifying. Loading a network is in neither.

*coherence* compares jobs with and without coherence, frame by frame: masked warping error with
thorough motion, style distance as the perceptual network sees it, and sharpness.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from stylecore.arrays.images import fitted_size, to_float
from stylecore.arrays.metrics import sharpness, warping_error
from stylecore.arrays.motion import trusted_motion
from stylecore.media import Excerpt, index_source, read_frames, read_picture, write_picture
from stylecore.networks.features import load_features
from stylecore.pipeline import stylize_video
from stylecore.settings import GATYS_STYLE_LAYERS, FastSettings, VideoSettings
from stylecore.store import Workspace
from stylecore.training.judging import style_distance
from tests.support.clips import write_clip

SIZE = (1280, 720)
NAIVE_FRAMES = 12
"""The naive loop takes a turn of so many frames before and after every job."""
CLIPS = {
    "davis_bear_walk.mp4": 0,
    "davis_rollercoaster.mp4": 0,
    "foreman_hevc_720p.mp4": 0,
    "cars_overhead_audio.mp4": 0,
}
"""Real clips, and the first frame used."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--style", type=Path, default=Path("data/styles/brush_strokes.jpg"))
    parser.add_argument("--module", type=Path, help="folder of a TensorFlow Hub module")
    parts = parser.add_subparsers(required=True)
    speed = parts.add_parser("speed")
    speed.add_argument("--clip", type=Path, help="of 1280x720; one is drawn when not given")
    speed.add_argument("--frames", type=int, default=240)
    speed.set_defaults(measure=measure_speed)
    coherence = parts.add_parser("coherence")
    coherence.add_argument("--clips", type=Path, required=True)
    coherence.add_argument("--frames", type=int, default=24)
    coherence.add_argument("--size", type=int, default=640)
    coherence.add_argument("--sheets", type=Path, help="folder for pictures of the frames")
    coherence.set_defaults(measure=measure_coherence)
    arguments = parser.parse_args()
    arguments.measure(arguments)


def models(arguments: argparse.Namespace) -> dict[str, FastSettings]:
    chosen = {"compact": FastSettings(), "compact, bfloat16": FastSettings(precision="bfloat16")}
    if arguments.module:
        chosen["module"] = FastSettings(model=str(arguments.module))
    return chosen


# --- speed -------------------------------------------------------------------------------------


def measure_speed(arguments: argparse.Namespace) -> None:
    """Prints frames a second of jobs, and of the naive loop right before and after each."""
    with tempfile.TemporaryDirectory() as folder:
        clip = arguments.clip or write_clip(
            Path(folder) / "drawn.mp4", frames=arguments.frames, size=SIZE
        )
        compare_paces(clip, arguments)


def compare_paces(clip: Path, arguments: argparse.Namespace) -> None:
    index = index_source(clip)
    if (index.width, index.height) != SIZE:
        raise SystemExit(f"{clip} is not of {SIZE[0]}x{SIZE[1]}")
    frames = [to_float(frame) for frame in read_frames(Excerpt(clip, index, 0, NAIVE_FRAMES))]
    loop = naive_loop(arguments.module, read_picture(arguments.style)) if arguments.module else None
    print(f"{'job':20}{'coherence':>10}{'frames/s':>10}{'naive':>8}{'ratio':>7}")
    for name, fast in models(arguments).items():
        for coherence in (0.0, 0.8):
            settings = VideoSettings(
                engine="fast", fast=fast, coherence=coherence, frames=f"0:{arguments.frames}"
            )
            warm_up(clip, arguments.style, settings)
            before = paces(loop, frames)
            job = job_pace(clip, arguments.style, settings)
            naive = float(np.median([*before, *paces(loop, frames)]))
            print(f"{name:20}{coherence:10.1f}{job:10.2f}{naive:8.2f}{job / naive:7.2f}",
                  flush=True)  # fmt: skip


def naive_loop(module: Path, style: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The module as a tutorial calls it."""
    import tensorflow as tf
    import tensorflow_hub

    called = tensorflow_hub.load(str(module))
    seen = tf.image.resize(tf.constant(style[None]), (256, 256))
    return lambda frame: np.asarray(called(tf.constant(frame[None]), seen)[0])


def paces(
    loop: Callable[[np.ndarray], np.ndarray] | None, frames: Sequence[np.ndarray]
) -> list[float]:
    """Frames a second of each turn of the loop; nan where there is none."""
    if loop is None:
        return [float("nan")]
    loop(frames[0])
    found = []
    for frame in frames:
        began = time.perf_counter()
        loop(frame)
        found.append(1 / (time.perf_counter() - began))
    return found


def warm_up(clip: Path, style: Path, settings: VideoSettings) -> None:
    """A short job, so that the network is loaded and compiled."""
    job_pace(clip, style, settings.model_copy(update={"frames": "0:3"}))


def job_pace(clip: Path, style: Path, settings: VideoSettings) -> float:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        began = time.perf_counter()
        published = stylize_video(clip, style, out / "out.mp4", settings, workspace=out / "jobs")
        return published.frames / (time.perf_counter() - began)


# --- coherence ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quality:
    """Means over the frames of a job."""

    error: float
    style: float
    sharpness: float


def measure_coherence(arguments: argparse.Namespace) -> None:
    """Prints one table: every clip with every model, each alone and coherent."""
    style = read_picture(arguments.style)
    names = models(arguments)
    del names["compact, bfloat16"]
    print(f"{'clip':26}{'model':9}{'error alone':>12}{'coherent':>10}{'change':>8}"
          f"{'style':>8}{'sharpness':>11}{'source':>10}")  # fmt: skip
    for clip, first in CLIPS.items():
        path = arguments.clips / clip
        source, motions = known(path, first, arguments)
        for name, fast in names.items():
            found = []
            for coherence in (0.0, 0.8):
                settings = VideoSettings(
                    engine="fast", fast=fast, coherence=coherence, size=arguments.size,
                    frames=f"{first}:{first + arguments.frames}",
                )  # fmt: skip
                frames = stored(path, arguments.style, settings)
                found.append(quality(frames, motions, style))
                if arguments.sheets:
                    save_frames(arguments.sheets / f"{path.stem}_{name}_{coherence}.png", frames)
            alone, held = found
            print(
                f"{clip:26}{name:9}{alone.error:12.2e}{held.error:10.2e}"
                f"{held.error / alone.error - 1:+8.0%}{held.style / alone.style - 1:+8.1%}"
                f"{held.sharpness / alone.sharpness - 1:+11.1%}"
                f"{quality(source, motions, style).error:10.2e}",
                flush=True,
            )


Motions = list[tuple[np.ndarray, np.ndarray]]


def known(
    clip: Path, first: int, arguments: argparse.Namespace
) -> tuple[list[np.ndarray], Motions]:
    """Source frames, and the motion from each to the one before."""
    index = index_source(clip)
    size = fitted_size(index.width, index.height, arguments.size)
    last = min(first + arguments.frames, index.frame_count)
    frames = [
        to_float(frame) for frame in read_frames(Excerpt(clip, index, first, last), size=size)
    ]
    return frames, [trusted_motion(frame, before) for before, frame in pairwise(frames)]


def stored(clip: Path, style: Path, settings: VideoSettings) -> list[np.ndarray]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        stylize_video(clip, style, out / "out.mkv", settings, workspace=out / "jobs", keep=True)
        (workspace,) = Workspace.all_in(out / "jobs")
        job = workspace.job
        return [to_float(workspace.load_frame(number)) for number in range(job.start, job.stop)]


def quality(frames: Sequence[np.ndarray], motions: Motions, style: np.ndarray) -> Quality:
    teacher = load_features("compact", sorted(GATYS_STYLE_LAYERS))
    later = frames[1:]
    errors = [
        warping_error(before, frame, *motion)
        for before, frame, motion in zip(frames, later, motions, strict=False)
    ]
    return Quality(
        float(np.mean(errors)),
        float(np.mean([style_distance(teacher, frame, style) for frame in later[::4]])),
        float(np.mean([sharpness(frame) for frame in later])),
    )


def save_frames(path: Path, frames: Sequence[np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    chosen = frames[len(frames) // 2 :: max(1, len(frames) // 6)][:3]
    write_picture(path, np.concatenate(chosen, axis=1))


if __name__ == "__main__":
    main()
