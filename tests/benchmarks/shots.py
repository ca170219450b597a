"""How many cuts are found to the frame, on every clip whose cuts are known.

    python -m tests.benchmarks.shots [--clips FOLDER]

Counted as the public benchmarks of shot detection do: a cut is right if it is found at its very
frame; F1 is the harmonic mean of precision and recall over all cuts of all clips. Clips of FOLDER
count too where a cut list NAME.cuts.txt lies beside them.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from stylecore.arrays.shots import detect_shots
from stylecore.media import Excerpt, index_source, is_sequence
from stylecore.pipeline import find_shots
from stylecore.settings.cuts import cut_frames, read_cut_list
from tests.support.drawn_scenes import HEIGHT, WIDTH, lit, pan, place, steady

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
LIST_SUFFIX = ".cuts.txt"
KNOWN_CUTS = {
    "media/clips/bikes_city_cuts.mp4": [30, 76, 137, 187, 242],
    "media/clips/roadtrip_vp9_10bit_cuts.webm": [42, 69],
    "media/clips/derived_prores422_10bit.mov": [30, 76],
    "media/clips/davis_bear_walk.mp4": [],
    "media/clips/davis_bmx_bumps_432x240.mp4": [],
    "media/clips/davis_rollercoaster.mp4": [],
    "media/clips/cat_on_blanket_phone_vfr.mp4": [],
    "media/clips/chaplin_bw_audio.mp4": [],
    "media/clips/cars_overhead_audio.mp4": [],
    "media/clips/cockatoo_yuv444.mp4": [],
    "media/clips/derived_vfr_strong_audio.mp4": [],
    "media/clips/foreman_hevc_720p.mp4": [],
    "media/clips/bigbuckbunny_5s_audio.mp4": [],
    "media/clips/plane_field_failing_audio.mp4": [],
    "media/clips/plant_handheld_odd_rate.mp4": [],
    "media/clips/newtonscradle.gif": [],
    "cases/bear30_flash2.mp4": [],
    "cases/bear30_flash3.mp4": [],
    "cases/bear60_flash4.mp4": [],
    "cases/bear60_noflash.mp4": [],
    "cases/oneframe_shot.mp4": [10, 11],
    "cases/jumpcut_same_set.mp4": [10],
}
"""By name below ``SHARED``, as a person sees them. Not among them: the clip of an old phone that
leaves out seconds, of which nobody can say whether it was paused."""
DEMO_CUTS = {"data/demo.mp4": [56]}
"""By name below the project."""


@dataclass(frozen=True)
class Score:
    """Cuts found at their frame, found where none is, and not found."""

    right: int
    false: int
    missed: int

    @classmethod
    def of(cls, found: list[int], known: list[int]) -> "Score":
        right = len(set(found) & set(known))
        return cls(right, len(found) - right, len(known) - right)

    def __add__(self, other: "Score") -> "Score":
        return Score(self.right + other.right, self.false + other.false, self.missed + other.missed)

    @property
    def f1(self) -> float:
        counted = 2 * self.right + self.false + self.missed
        return 2 * self.right / counted if counted else 1.0


def found_cuts(path: Path) -> list[int]:
    """First frames of all shots of a file but the first one, as a job finds them."""
    shots = find_shots(Excerpt.of_all(path, index_source(path)))
    return [shot.start for shot in shots[1:]]


def drawn_clips() -> dict[str, tuple[list[int], list[int]]]:
    """(found, known) cuts of clips that are drawn here, by what they show."""
    scenes = [place(seed) for seed in range(1, 7)]
    long = pan(scenes[0], 40)
    white = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)

    def flashed(numbers: Iterator[int] | range, amount: float = 150) -> list[np.ndarray]:
        return [lit(frame, amount * (number in numbers)) for number, frame in enumerate(long)]

    clips = {
        "six shots": ([*chain(*(pan(scene, 12) for scene in scenes))], 25, [12, 24, 36, 48, 60]),
        "a shot of one frame": (
            pan(scenes[0], 10) + pan(scenes[1], 1) + pan(scenes[2], 10), 25, [10, 11],
        ),
        "one frame of another scene": (
            pan(scenes[0], 10) + pan(scenes[1], 1) + pan(scenes[0], 10), 25, [10, 11],
        ),
        "a flash of 100 ms": (flashed(range(12, 18)), 60, []),
        "a flash at the beginning": (flashed(range(3)), 30, []),
        "a flash at the end": (flashed(range(37, 40)), 30, []),
        "six flashes": (flashed(range(4, 30, 5)), 25, []),
        "a flash on a cut": ([*pan(scenes[0], 12), white, white, *pan(scenes[1], 12)], 25, [14]),
        "a fast pan": (pan(scenes[3], 30, speed=15), 25, []),
        "a slide show": ([scene[:, :WIDTH] for scene in scenes], 1, [1, 2, 3, 4, 5]),
    }  # fmt: skip
    return {
        name: ([shot.start for shot in detect_shots(frames, steady(len(frames), rate))][1:], known)
        for name, (frames, rate, known) in clips.items()
    }


def known_files(clips: Path | None) -> Iterator[tuple[Path, list[int]]]:
    """(file, its cuts) of everything that is there."""
    named = [(ROOT / name, cuts) for name, cuts in DEMO_CUTS.items()]
    named += [(SHARED / name, cuts) for name, cuts in KNOWN_CUTS.items()]
    yield from ((path, cuts) for path, cuts in named if path.exists())
    for listed in sorted(clips.glob(f"*{LIST_SUFFIX}")) if clips else ():
        name = listed.name.removesuffix(LIST_SUFFIX)
        files = [path for path in listed.parent.glob(f"{name}.*") if path != listed]
        for path in (path for path in files if not is_sequence(path)):
            excerpt = Excerpt.of_all(path, index_source(path))
            yield path, cut_frames(read_cut_list(listed), excerpt.boundaries())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clips", type=Path, help="folder of further clips with their cut lists")
    arguments = parser.parse_args()
    total = Score(0, 0, 0)
    measured = chain(
        ((name, *cuts) for name, cuts in drawn_clips().items()),
        ((path.name, found_cuts(path), cuts) for path, cuts in known_files(arguments.clips)),
    )
    print(f"{'clip':<40}{'known':>6}{'right':>6}{'false':>6}{'missed':>7}")
    for name, found, known in measured:
        score = Score.of(found, known)
        total += score
        wrong = sorted(set(found) ^ set(known))
        print(
            f"{name:<40}{len(known):>6}{score.right:>6}{score.false:>6}{score.missed:>7}"
            f"{f'   at {wrong}' if wrong else ''}"
        )
    print(f"F1 {total.f1:.3f}: {total.right} right, {total.false} false, {total.missed} missed")


if __name__ == "__main__":
    main()
