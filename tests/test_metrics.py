"""Measures that do what their formulas say."""

import math

import cv2
import numpy as np
import pytest

from stylecore.metrics import psnr, sharpness, warping_error


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
