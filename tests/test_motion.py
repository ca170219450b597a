"""Motion is right, repeatable, and distrusted exactly where it should be."""

import hashlib
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from stylecore.arrays.motion import consistency_mask, estimate_motion, warp

MIDDLEBURY = Path(__file__).parents[2] / "shared" / "media" / "flow" / "middlebury"


def texture(height: int, width: int, *, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), 2.0)
    return np.clip((blurred - 0.5) * 4 + 0.5, 0, 1).astype(np.float32)


def constant(height: int, width: int, dx: float, dy: float) -> np.ndarray:
    return np.full((height, width, 2), (dx, dy), np.float32)


def middle(field: np.ndarray, margin: int = 16) -> np.ndarray:
    return field[margin:-margin, margin:-margin]


@pytest.mark.parametrize("shift", [(3, 0), (0, -4), (6, 5)])
def test_motion_of_a_shifted_picture_has_its_sign_and_length(shift: tuple[int, int]) -> None:
    scene = texture(160, 200)
    dx, dy = shift
    a, b = scene[20:140, 20:180], scene[20 - dy : 140 - dy, 20 - dx : 180 - dx]
    motion = estimate_motion(a, b)
    assert motion.shape == (120, 160, 2)
    assert motion.dtype == np.float32
    assert np.abs(middle(motion) - np.float32(shift)).mean() < 0.15


def test_whole_numbers_and_fractions_give_the_same_motion() -> None:
    a, b = texture(80, 96), np.roll(texture(80, 96), 2, axis=1)
    eight_bit = [np.rint(image * 255).astype(np.uint8) for image in (a, b)]
    assert np.array_equal(estimate_motion(a, b), estimate_motion(*eight_bit))


def test_values_a_little_out_of_range_do_not_wrap_around() -> None:
    a = texture(80, 96)
    assert np.array_equal(estimate_motion(a * 1.2 - 0.1, a), estimate_motion(
        np.clip(a * 1.2 - 0.1, 0, 1), a
    ))  # fmt: skip


def test_motion_is_the_same_bytes_for_any_number_of_threads_and_in_another_process() -> None:
    program = (
        "import sys, hashlib, cv2; sys.path[:0] = ['tests', '.'];"
        "cv2.setNumThreads(int(sys.argv[1]));"
        "from test_motion import texture; from stylecore.arrays.motion import estimate_motion;"
        "m = estimate_motion(texture(270, 480), texture(270, 480, seed=2));"
        "print(hashlib.sha256(m.tobytes()).hexdigest())"
    )
    motion = estimate_motion(texture(270, 480), texture(270, 480, seed=2))
    expected = hashlib.sha256(motion.tobytes()).hexdigest()
    for threads in ("1", "3"):
        done = subprocess.run(
            [sys.executable, "-c", program, threads], check=True, capture_output=True, text=True,
            cwd=Path(__file__).parents[1],
        )  # fmt: skip
        assert done.stdout.strip() == expected


def test_warp_fetches_from_where_motion_points() -> None:
    image = texture(40, 50)
    assert np.array_equal(warp(image, constant(40, 50, 0, 0)), image)
    moved = warp(image, constant(40, 50, 3, -2))
    assert np.allclose(moved[2:, :-3], image[:-2, 3:], atol=1e-6)
    assert np.allclose(moved[:, -3:], moved[:, -4:-3], atol=1e-6), "the border is repeated"


def test_warp_takes_one_channel_and_half_pixels() -> None:
    ramp = np.tile(np.arange(20, dtype=np.float32), (10, 1))
    assert np.allclose(warp(ramp, constant(10, 20, 0.5, 0))[:, :-1], ramp[:, :-1] + 0.5, atol=1e-3)


def test_consistent_motion_is_trusted_everywhere_but_beyond_the_border() -> None:
    mask = consistency_mask(constant(60, 80, 5, 0), constant(60, 80, -5, 0))
    assert mask.dtype == np.float32
    assert mask.min() >= 0 and mask.max() <= 1
    assert (mask[:, :70] == 1).all()
    assert (mask[:, -4:] < 0.2).all()


def test_what_was_hidden_and_what_is_an_edge_is_not_trusted() -> None:
    backward, forward = constant(60, 80, 0, 0), constant(60, 80, 0, 0)
    backward[20:40, 30:50] = (4, 0)
    mask = consistency_mask(backward, forward)
    assert mask[25:35, 35:45].max() == 0, "there and back does not meet"
    assert mask[30, 29] < 0.5, "an edge of motion"
    assert mask[18, 40] < 1, "distrust grows outwards"
    assert mask[5:15].min() == 1


def test_two_things_that_move_their_own_ways_are_estimated_well() -> None:
    """Truth of our own: a pan of (-4, 2) behind a square that goes by (3, -2)."""
    ground, square = texture(240, 320), texture(100, 120, seed=5)
    a, b = ground.copy(), np.roll(ground, (2, -4), axis=(0, 1))
    a[80:180, 100:220] = square
    b[78:178, 103:223] = square
    truth = constant(240, 320, -4, 2)
    truth[80:180, 100:220] = (3, -2)
    error = np.linalg.norm(estimate_motion(a, b) - truth, axis=-1)
    assert error[90:170, 112:208].mean() < 0.1, "the square"
    error[70:190, 90:230] = 0
    assert error[12:-12, 12:-12].mean() < 0.1, "the ground"


def test_middlebury_pairs_are_estimated_well() -> None:
    if not MIDDLEBURY.is_dir():
        pytest.skip(f"needs the Middlebury pairs in {MIDDLEBURY}")
    errors = []
    for folder in sorted(MIDDLEBURY.iterdir()):
        a, b = (
            cv2.cvtColor(cv2.imread(str(folder / name)), cv2.COLOR_BGR2RGB)
            for name in ("frame10.png", "frame11.png")
        )
        raw = (folder / "flow10.flo").read_bytes()
        truth = np.frombuffer(raw, np.float32, offset=12).reshape(*a.shape[:2], 2)
        known = (np.abs(truth) < 1e8).all(axis=-1)
        errors.append(np.linalg.norm(estimate_motion(a, b) - truth, axis=-1)[known].mean())
    assert np.mean(errors) < 0.22
