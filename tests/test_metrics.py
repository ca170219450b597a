"""Measures that do what their formulas say."""

import math

import cv2
import numpy as np
import pytest

from stylecore.arrays.metrics import edges_kept, grid, sharpness, warping_error
from stylecore.evaluation.recognition import grey_alike, recognise
from tests.support.fidelity import psnr


def picture(*, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((24, 32, 3), dtype=np.float32)


STILL = np.zeros((24, 32, 2), np.float32)
TRUSTED = np.ones((24, 32), np.float32)


def test_a_picture_carried_along_exactly_has_no_warping_error() -> None:
    previous = picture()
    current = np.roll(previous, 2, axis=1)
    motion = np.full((24, 32, 2), (-2, 0), np.float32)
    mask = TRUSTED.copy()
    mask[:, :2] = 0
    assert warping_error(previous, current, motion, mask) < 1e-12
    assert warping_error(previous, current, STILL, mask) > 0.1


def test_warping_error_is_the_mean_square_over_trusted_points_and_channels() -> None:
    previous, current = np.zeros((24, 32, 3), np.float32), np.zeros((24, 32, 3), np.float32)
    current[:, :16] = (0.3, 0.0, 0.0)
    assert warping_error(previous, current, STILL, TRUSTED) == pytest.approx(0.09 / 3 / 2)
    half = TRUSTED.copy()
    half[:, 16:] = 0
    assert warping_error(previous, current, STILL, half) == pytest.approx(0.09 / 3)
    assert warping_error(previous, current, STILL, half * 0.1) == pytest.approx(0.09 / 3)
    assert warping_error(previous, current, STILL, 0 * half) == 0


def test_blur_lowers_sharpness_and_a_ramp_has_its_slope() -> None:
    assert sharpness(cv2.GaussianBlur(picture(), (0, 0), 2)) < 0.5 * sharpness(picture())
    ramp = np.repeat(np.tile(np.arange(32, dtype=np.float32) / 32, (24, 1))[..., None], 3, axis=2)
    assert sharpness(ramp) == pytest.approx(1 / 32, rel=1e-4)


def test_psnr_in_decibels() -> None:
    a = np.full((8, 8, 3), 0.5, np.float32)
    assert psnr(a, a) == math.inf
    assert psnr(a, a + 0.1) == pytest.approx(20, abs=1e-3)
    eight_bit = np.full((8, 8, 3), 100, np.uint8)
    assert psnr(eight_bit, eight_bit + 51, peak=255) == pytest.approx(20 * math.log10(5), abs=1e-3)


def smooth(*, seed: int = 0, size: tuple[int, int] = (96, 128)) -> np.ndarray:
    noise = np.random.default_rng(seed).random((*size, 3), dtype=np.float32)
    blurred = cv2.GaussianBlur(noise, (0, 0), 3)
    return (blurred - blurred.min()) / (blurred.max() - blurred.min())


def test_a_pattern_of_the_grid_counts_and_one_of_another_period_does_not() -> None:
    plain = smooth()
    columns = np.arange(128)
    woven, other = plain.copy(), plain.copy()
    woven[:, columns % 4 == 0] += 0.05
    other[:, columns % 7 == 0] += 0.05
    assert grid(woven) > 3 * grid(plain)
    assert grid(woven) > 3 * grid(other)
    assert grid(np.full((32, 32, 3), 0.5, np.float32)) == 0


def test_grid_is_the_squared_variation_of_the_phases() -> None:
    """One step in every eight columns: the phases are (1, 0, ... 0), whose mean is 1/8."""
    steps = np.repeat(np.arange(16) % 2, 8).astype(np.float32)
    image = np.repeat(np.tile(steps, (24, 1))[..., None], 3, -1)
    assert grid(image) == pytest.approx(7, rel=1e-3)


def test_edges_are_kept_by_the_same_picture_in_other_tones_and_lost_by_another() -> None:
    source = smooth()
    assert edges_kept(source, source) == 1
    assert edges_kept(source, 1 - source**2) > 0.95
    assert edges_kept(source, np.roll(source, 1, axis=1)) > 0.95
    assert edges_kept(source, smooth(seed=1)) < 0.5
    assert edges_kept(source, np.ascontiguousarray(source[::-1, ::-1])) < 0.5


def test_recognition_counts_own_styles_that_are_nearest() -> None:
    distances = np.array([[0.1, 0.2, 0.3], [0.1, 0.2, 0.3], [0.3, 0.2, 0.1]])
    found = recognise(distances, np.array([0, 1, 2]))
    assert found.first == pytest.approx(2 / 3)
    assert found.rank == pytest.approx(4 / 3)


def test_a_style_that_is_near_to_everything_is_put_right_by_centring() -> None:
    distances = np.array([[0.1, 0.5], [0.15, 0.2]])
    own = np.array([0, 1])
    assert recognise(distances, own).first == 0.5
    assert recognise(distances, own, centred=True).first == 1


def test_grey_pictures_are_alike_in_mean_and_contrast() -> None:
    grey = grey_alike(0.3 * picture() + 0.1)
    assert grey.mean() == pytest.approx(0.5, abs=1e-4)
    assert grey.std() == pytest.approx(0.2, abs=1e-4)
    assert np.ptp(grey, axis=-1).max() == 0
