"""What each part of the coherence in time is worth, on whole jobs.

    python -m tests.benchmarks.coherence [--clips ../shared/media/clips] [--frames 16] [--size 320]

Every row is a job of its own with the engine's own estimate of motion; errors on the demo clip are
measured with the motion that its program knows exactly, on real clips with the estimated one. The
column "of source" is the warping error divided by that of the source's own frames, which noise,
light and errors of motion give it: nothing can be much steadier than what it follows. Style and
content are those of the engine's last step; sharpness is the mean gradient of the luminance. The
last row gives back in style what the second pass gained in content: it is the row to compare with
"previous" at equal style.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from data.make_demo import SIZE, exact_motion
from stylecore.arrays.images import to_float
from stylecore.arrays.metrics import sharpness, warping_error
from stylecore.arrays.motion import consistency_mask, estimate_motion
from stylecore.media import Excerpt, index_source, read_frames
from stylecore.pipeline import stylize_video
from stylecore.settings import GatysSettings, VideoSettings
from stylecore.store import Workspace

DEMO = Path("data/demo.mp4")
CLIPS = {"davis_bear_walk.mp4": 0, "davis_rollercoaster.mp4": 0, "foreman_hevc_720p.mp4": 0}
"""Real clips, and the first frame used."""
HELD = {"temporal_weight": 200.0}
FAR = HELD | {"long_term": (2, 5, 10), "drift_control": 0.25}
ROWS = {
    name: GatysSettings(**{"temporal_weight": 0.0, "drift_control": 0.0} | changes)
    for name, changes in {
        "previous": {"start": "previous"},
        "flow": {},
        "+ temporal loss": HELD,
        "+ long-term": FAR,
        "+ two passes": FAR | {"passes": 2},
        "+ style weight 26": FAR | {"passes": 2, "style_weight": 26.0},
    }.items()
}

Motions = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Outcome:
    """Means over the frames of a job but the first."""

    error: float
    style: float
    content: float
    sharpness: float
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, help="folder of the real clips")
    parser.add_argument("--style", type=Path, default=Path("data/styles/brush_strokes.jpg"))
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--rows", nargs="*", default=list(ROWS), choices=list(ROWS))
    arguments = parser.parse_args()
    clips = {DEMO: 0}
    if arguments.clips:
        clips |= {arguments.clips / name: first for name, first in CLIPS.items()}
    for clip, first in clips.items():
        measure(clip, first, arguments)


def measure(clip: Path, first: int, arguments: argparse.Namespace) -> None:
    """Prints the table of one clip."""
    settings = VideoSettings(
        size=arguments.size, frames=f"{first}:{first + arguments.frames}", chunk_frames=1000
    )
    source, motions = None, None
    for name in arguments.rows:
        chosen = settings.model_copy(update={"gatys": ROWS[name]})
        frames, records = stylized(clip, arguments.style, chosen)
        if source is None:
            height, width = frames[0].shape[:2]
            source = source_frames(clip, first, arguments.frames, (width, height))
            motions = known_motions(clip, source, first)
            floor = mean_error(source, motions)
            print(f"\n{clip.name}, {len(source)} frames of {width}x{height}; "
                  f"source's own warping error {floor:.2e}")  # fmt: skip
            print(f"{'':18}{'error':>10}{'of source':>11}{'style':>10}{'content':>9}"
                  f"{'sharpness':>11}{'s/frame':>9}")  # fmt: skip
        found = outcome(frames, records, motions)
        print(
            f"{name:18}{found.error:10.2e}{found.error / floor:11.2f}{found.style:10.5f}"
            f"{found.content:9.3f}{found.sharpness:11.4f}{found.seconds:9.2f}",
            flush=True,
        )


def stylized(
    clip: Path, style: Path, settings: VideoSettings
) -> tuple[list[np.ndarray], list[dict[str, Any]]]:
    """Stored frames of a job, and their records."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        stylize_video(clip, style, root / "out.mkv", settings, workspace=root / "jobs", keep=True)
        (workspace,) = Workspace.all_in(root / "jobs")
        records = workspace.records()
        frames = [to_float(workspace.load_frame(number)) for number in records]
    return frames, list(records.values())


def source_frames(clip: Path, first: int, count: int, size: tuple[int, int]) -> list[np.ndarray]:
    frames = read_frames(Excerpt(clip, index_source(clip), first, first + count), size=size)
    return [to_float(frame) for frame in frames]


def known_motions(clip: Path, source: Sequence[np.ndarray], first: int) -> Motions:
    """(motion, mask) from each frame to the one before: exact for the demo, estimated else."""
    if clip == DEMO:
        scale = source[0].shape[1] / SIZE[0]
        numbers = range(first + 1, first + len(source))
        return [exact_motion(number, number - 1, scale=scale) for number in numbers]
    motions = []
    for before, frame in pairwise(source):
        backward = estimate_motion(frame, before)
        motions.append((backward, consistency_mask(backward, estimate_motion(before, frame))))
    return motions


def outcome(
    frames: Sequence[np.ndarray], records: Sequence[dict[str, Any]], motions: Motions
) -> Outcome:
    later = records[1:]
    return Outcome(
        mean_error(frames, motions),
        float(np.mean([record["losses"]["style"] for record in later])),
        float(np.mean([record["losses"]["content"] for record in later])),
        float(np.mean([sharpness(frame) for frame in frames[1:]])),
        float(np.mean([record["seconds"] for record in later])),
    )


def mean_error(frames: Sequence[np.ndarray], motions: Motions) -> float:
    pairs = zip(frames, frames[1:], motions, strict=False)
    return float(np.mean([warping_error(a, b, motion, mask) for a, b, (motion, mask) in pairs]))


if __name__ == "__main__":
    main()
