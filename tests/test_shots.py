"""Cuts are found; pans, flashes and moving objects are not taken for cuts."""

import weakref
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from stylecore.shots import ANALYSIS_SIZE, Shot, detect_shots

CLIPS = Path(__file__).parents[2] / "shared" / "media" / "clips"
WIDTH, HEIGHT = ANALYSIS_SIZE, 90


def place(seed: int, *, width: int = 4 * WIDTH) -> np.ndarray:
    """A wide scene: a palette of its own, large shapes and small."""
    random = np.random.default_rng(seed)
    sky, ground = random.integers(40, 220, (2, 3))
    scene = np.zeros((HEIGHT, width, 3), np.uint8)
    scene[: HEIGHT // 2], scene[HEIGHT // 2 :] = sky, ground
    accents = random.integers(0, 255, (4, 3))
    for _ in range(width // 4):
        centre = (int(random.integers(width)), int(random.integers(HEIGHT)))
        colour = tuple(int(value) for value in accents[random.integers(4)])
        cv2.circle(scene, centre, int(random.integers(2, 14)), colour, -1, cv2.LINE_AA)
    return scene


def pan(scene: np.ndarray, count: int, *, speed: float = 1.0) -> list[np.ndarray]:
    offsets = (int(number * speed) for number in range(count))
    return [scene[:, offset : offset + WIDTH] for offset in offsets]


def starts(frames: list[np.ndarray]) -> list[int]:
    return [shot.start for shot in detect_shots(frames)]


def test_shots_follow_one_another_and_cover_every_frame() -> None:
    frames = pan(place(1), 20) + pan(place(2), 13) + pan(place(3), 9)
    assert detect_shots(frames) == [Shot(0, 20), Shot(20, 33), Shot(33, 42)]


def test_no_frames_one_frame_and_equal_frames() -> None:
    assert detect_shots([]) == []
    assert detect_shots(pan(place(1), 1)) == [Shot(0, 1)]
    assert detect_shots([place(1)[:, :WIDTH]] * 12) == [Shot(0, 12)]


def test_a_shot_is_frozen() -> None:
    with pytest.raises(AttributeError):
        Shot(0, 1).start = 1  # type: ignore[misc]


def test_a_fast_pan_is_no_cut() -> None:
    frames = pan(place(4), 10) + pan(place(4), 30, speed=15)
    assert starts(frames) == [0]


@pytest.mark.parametrize("length", [1, 2])
def test_a_flash_is_no_cut(length: int) -> None:
    frames = pan(place(5), 24)
    for number in range(10, 10 + length):
        frames[number] = np.clip(frames[number].astype(int) + 130, 0, 255).astype(np.uint8)
    assert starts(frames) == [0]


def test_flicker_and_noise_are_no_cuts() -> None:
    random = np.random.default_rng(6)
    frames = [
        np.clip(frame * random.uniform(0.85, 1.1) + random.normal(0, 8, frame.shape), 0, 255)
        for frame in pan(place(6), 40)
    ]
    assert starts([frame.astype(np.uint8) for frame in frames]) == [0]


def test_a_large_object_passing_is_no_cut() -> None:
    frames = [frame.copy() for frame in pan(place(7), 30)]
    for number, frame in enumerate(frames):
        cv2.rectangle(frame, (12 * number - 90, 5), (12 * number - 10, 85), (20, 30, 90), -1)
    assert starts(frames) == [0]


def test_frames_are_not_kept() -> None:
    """An hour of video must not be held in memory: each frame is let go soon after it came."""
    given: list[weakref.ref] = []
    alive: list[int] = []

    def frames() -> Iterator[np.ndarray]:
        for frame in pan(place(8), 60):
            copy = frame.copy()
            given.append(weakref.ref(copy))
            alive.append(sum(reference() is not None for reference in given))
            yield copy

    detect_shots(frames())
    assert max(alive) <= 8


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bikes_city_cuts.mp4", [0, 30, 76, 137, 187, 242]),
        ("davis_bear_walk.mp4", [0]),
        ("davis_bmx_bumps_432x240.mp4", [0]),
        ("cat_on_blanket_phone_vfr.mp4", [0]),
        ("chaplin_bw_audio.mp4", [0]),
        ("cars_overhead_audio.mp4", [0]),
        ("foreman_hevc_720p.mp4", [0]),
        ("bigbuckbunny_5s_audio.mp4", [0]),
    ],
)
def test_real_clips(name: str, expected: list[int]) -> None:
    if not (CLIPS / name).exists():
        pytest.skip(f"needs the clip {CLIPS / name}")
    assert starts(list(_small_frames(CLIPS / name))) == expected


def _small_frames(path: Path) -> Iterator[np.ndarray]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            scale = ANALYSIS_SIZE / max(frame.width, frame.height)
            yield frame.reformat(
                width=round(frame.width * scale), height=round(frame.height * scale),
                format="rgb24", interpolation="AREA",
            ).to_ndarray()  # fmt: skip
