"""Cuts are found; pans, flashes and moving objects are not taken for cuts."""

import weakref
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from stylecore.arrays.shots import Shot, detect_shots
from tests.benchmarks.shots import KNOWN_CUTS, SHARED, Score, drawn_clips, found_cuts
from tests.support.drawn_scenes import HEIGHT, WIDTH, lit, pan, place, steady


def starts(frames: list[np.ndarray], *, rate: float = 25.0) -> list[int]:
    return [shot.start for shot in detect_shots(frames, steady(len(frames), rate))]


def with_flash(first: int, last: int, *, amount: float = 150, rate: float = 25.0) -> list[int]:
    """Starts of the shots of a pan of 40 frames, of which [first, last) are lit."""
    frames = pan(place(5), 40)
    frames[first:last] = [lit(frame, amount) for frame in frames[first:last]]
    return starts(frames, rate=rate)


def test_shots_follow_one_another_and_cover_every_frame() -> None:
    frames = pan(place(1), 20) + pan(place(2), 13) + pan(place(3), 9)
    assert detect_shots(frames, steady(42)) == [Shot(0, 20), Shot(20, 33), Shot(33, 42)]


def test_no_frames_one_frame_and_equal_frames() -> None:
    assert detect_shots([], []) == []
    assert detect_shots(pan(place(1), 1), steady(1)) == [Shot(0, 1)]
    assert detect_shots([place(1)[:, :WIDTH]] * 12, steady(12)) == [Shot(0, 12)]


def test_a_shot_is_frozen() -> None:
    with pytest.raises(AttributeError):
        Shot(0, 1).start = 1  # type: ignore[misc]


def test_a_fast_pan_is_no_cut() -> None:
    frames = pan(place(4), 10) + pan(place(4), 30, speed=15)
    assert starts(frames) == [0]


@pytest.mark.parametrize("amount", [90, 150, 255, -255])
@pytest.mark.parametrize(("frames", "rate"), [(1, 24), (3, 30), (4, 60), (12, 60), (24, 120)])
def test_a_flash_is_no_cut(frames: int, rate: float, amount: float) -> None:
    """Bright, blinding, or a moment of darkness; its length is seconds, whatever the frame rate."""
    assert with_flash(12, 12 + frames, amount=amount, rate=rate) == [0]


@pytest.mark.parametrize("amount", [150, 255])
@pytest.mark.parametrize(("first", "last"), [(0, 1), (0, 3), (37, 40), (39, 40)])
def test_a_flash_in_the_first_frames_or_the_last_is_no_cut(
    first: int, last: int, amount: float
) -> None:
    assert with_flash(first, last, amount=amount) == [0]


@pytest.mark.parametrize("decay", [2, 5, 10])
@pytest.mark.parametrize("amount", [150, 300])
def test_a_flash_that_dies_away_is_no_cut(decay: float, amount: float) -> None:
    frames = pan(place(5), 40)
    for number in range(12, 40):
        frames[number] = lit(frames[number], amount * np.exp((12 - number) / decay))
    assert starts(frames, rate=30) == [0]


def test_many_flashes_are_no_cuts() -> None:
    frames = pan(place(5), 40)
    for number in (4, 5, 9, 13, 14, 15, 19, 21, 23, 30, 38, 39):
        frames[number] = lit(frames[number], 255)
    assert starts(frames) == [0]


def test_white_that_stays_is_a_shot() -> None:
    """Half a second of a white screen between two looks at one scene is no flash."""
    assert with_flash(12, 25, amount=255) == [0, 12, 25]


def test_a_flash_on_a_cut_is_one_cut() -> None:
    white = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    assert starts([*pan(place(1), 20), white, white, *pan(place(2), 20)]) == [0, 22]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_very_short_shot_gives_both_its_cuts(length: int) -> None:
    frames = pan(place(1), 10) + pan(place(2), length) + pan(place(3), 10)
    assert starts(frames) == [0, 10, 10 + length]


def test_one_frame_of_another_scene_is_a_shot() -> None:
    frames = pan(place(1), 20)
    frames[10] = place(2)[:, :WIDTH]
    assert starts(frames) == [0, 10, 11]


def test_two_shots_of_one_frame_give_three_cuts() -> None:
    frames = pan(place(1), 10) + pan(place(2), 1) + pan(place(4), 1) + pan(place(3), 10)
    assert starts(frames) == [0, 10, 11, 12]


def test_a_frame_that_blends_two_shots_is_no_shot() -> None:
    before, after = pan(place(1), 11), pan(place(2), 11)
    blend = cv2.addWeighted(before[-1], 0.5, after[0], 0.5, 0)
    assert starts([*before[:10], blend, *after[1:]]) == [0, 11]


def test_a_dissolve_is_no_cut() -> None:
    before, after = pan(place(1), 30), pan(place(2), 30)
    weights = np.clip(np.linspace(-1, 2, 30), 0, 1)
    frames = [
        cv2.addWeighted(old, 1 - weight, new, weight, 0)
        for old, new, weight in zip(before, after, weights, strict=True)
    ]
    assert starts(frames) == [0]


def test_pictures_that_are_shown_for_a_second_each_are_shots() -> None:
    assert starts([place(seed)[:, :WIDTH] for seed in range(1, 6)], rate=1) == [0, 1, 2, 3, 4]


def test_what_moved_while_frames_are_missing_is_no_cut() -> None:
    """A pan past changing colours that goes on during a gap in the timestamps."""
    scene = np.concatenate([place(seed, width=240) for seed in range(1, 6)], axis=1)
    frames = pan(scene, 80, speed=5)
    kept = [*range(24), *range(56, 80)]
    times = [number / 25 for number in (*kept, 80)]
    seen = [frames[number] for number in kept]
    assert detect_shots(seen, times) == [Shot(0, 48)]
    assert len(detect_shots(seen, steady(48))) == 2, "without the gap it would be one"


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

    detect_shots(frames(), steady(60))
    assert max(alive) <= 8


@pytest.mark.parametrize("name", sorted(KNOWN_CUTS))
def test_real_clips(name: str) -> None:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs the clip {path}")
    assert found_cuts(path) == KNOWN_CUTS[name]


def test_drawn_clips() -> None:
    assert {name: found for name, (found, _) in drawn_clips().items()} == {
        name: known for name, (_, known) in drawn_clips().items()
    }


def test_a_score_counts_cuts_that_are_found_to_the_frame() -> None:
    score = Score.of(found=[10, 21, 30], known=[10, 20, 30, 40])
    assert (score.right, score.false, score.missed) == (2, 1, 2)
    assert score.f1 == pytest.approx(4 / 7)
    assert Score.of(found=[], known=[]).f1 == 1
