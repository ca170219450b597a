"""A verdict says what a direct computation says, and cannot be had cheaply."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from stylecore.arrays.metrics import endpoint_error, precision_and_recall, structure_distance
from stylecore.arrays.motion import consistency_mask, farneback_motion, strict_mask
from stylecore.errors import MediaError, SettingsError
from stylecore.evaluation import EvaluationSettings, FrameFigures, evaluate, subject_of_files
from stylecore.evaluation.estimators import GivenMotion, read_flo
from stylecore.evaluation.summary import means, outliers
from stylecore.evaluation.table import clock, written_table
from tests.support import clips

FRAMES = 12
MOTION_ONLY = EvaluationSettings(estimators="dis")


def write_frames(folder: Path, frames: list[np.ndarray]) -> Path:
    for number, frame in enumerate(frames):
        clips.write_frame(folder / f"{number:03d}.png", frame)
    return folder


def moving(count: int = FRAMES, *, scene: int = 0) -> list[np.ndarray]:
    return [clips.picture(number, size=(128, 96), scene=scene) for number in range(count)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_frames(tmp_path / "source", moving())


def test_the_source_itself_is_as_steady_as_the_source_and_loses_nothing(
    source: Path, style: Path
) -> None:
    found = evaluate(subject_of_files(source, source), [style])
    for estimator in ("dis", "farneback"):
        for mask in ("soft", "strict"):
            for term in ("short", "long"):
                assert found.figures[f"{term}_{estimator}_{mask}_ratio"] == 1
        assert found.figures[f"tof_{estimator}"] == 0
    assert found.figures["content"] == found.figures["structure"] == found.figures["drift"] == 0
    assert found.figures["edges"] == found.figures["strokes"] == 1
    assert found.figures["style"] == found.figures["style_source"]
    assert found.outliers == ()


def test_a_frame_that_is_too_light_has_the_error_of_its_light(tmp_path: Path) -> None:
    """Nothing moves and one frame is 51 of 255 lighter: two pairs of eleven err by 0.2."""
    still = [np.full((96, 128, 3), 100, np.uint8) for _ in range(FRAMES)]
    lighter = [frame.copy() for frame in still]
    lighter[6] += 51
    subject = subject_of_files(
        write_frames(tmp_path / "result", lighter), write_frames(tmp_path / "source", still)
    )
    found = evaluate(subject, settings=MOTION_ONLY)
    assert found.figures["short_dis_strict_rmse"] == pytest.approx(0.2 * 2 / 11, rel=1e-5)
    assert found.figures["short_dis_strict_mse"] == pytest.approx(0.04 * 2 / 11, rel=1e-5)
    assert found.figures["long_dis_strict_rmse"] == 0, "frames 10 and 11 are held to 0 and 1"
    assert "short_dis_strict_ratio" not in found.figures, "the source's own error is 0"
    assert found.by_frame[6].figures["drift"] == pytest.approx(51, rel=1e-4)
    assert {outlier.frame for outlier in found.outliers} == {6, 7}


def test_long_term_errors_are_those_of_ten_frames_back(tmp_path: Path) -> None:
    still = [np.full((96, 128, 3), 100, np.uint8) for _ in range(FRAMES)]
    fading = [frame + np.uint8(5 * number) for number, frame in enumerate(still)]
    subject = subject_of_files(
        write_frames(tmp_path / "result", fading), write_frames(tmp_path / "source", still)
    )
    found = evaluate(subject, settings=MOTION_ONLY)
    assert found.figures["short_dis_soft_rmse"] == pytest.approx(5 / 255, rel=1e-5)
    assert found.figures["long_dis_soft_rmse"] == pytest.approx(50 / 255, rel=1e-5)
    assert [bool(one.figures.get("long_dis_soft_rmse")) for one in found.by_frame] == (
        [False] * 10 + [True] * 2
    )


def test_a_result_that_stands_still_while_the_source_moves_is_found_out(
    source: Path, tmp_path: Path
) -> None:
    frozen = write_frames(tmp_path / "result", [moving()[0]] * FRAMES)
    found = evaluate(subject_of_files(frozen, source), settings=EvaluationSettings())
    for estimator in ("dis", "farneback"):
        assert found.figures[f"short_{estimator}_strict_ratio"] > 3
        assert found.figures[f"tof_{estimator}"] == pytest.approx(1, abs=0.2), "1 pixel a frame"


def test_blur_and_grids_do_not_pass_for_steadiness(
    source: Path, style: Path, tmp_path: Path
) -> None:
    random = np.random.default_rng(4)
    noisy = [
        np.clip(frame + random.normal(0, 12, frame.shape), 0, 255).astype(np.uint8)
        for frame in moving()
    ]
    write_frames(source, noisy)
    columns = np.arange(128) % 4 == 0
    blurred = [cv2.GaussianBlur(frame, (0, 0), 3) for frame in noisy]
    woven = [np.where(columns[:, None], frame // 2 + 100, frame) for frame in noisy]
    plain, soft, grid = (
        evaluate(
            subject_of_files(write_frames(tmp_path / name, frames), source), [style],
            EvaluationSettings(estimators="dis", every=4),
        ).figures
        for name, frames in (("plain", noisy), ("blurred", blurred), ("woven", woven))
    )  # fmt: skip
    assert soft["short_dis_strict_ratio"] < 1, "blur alone lowers the error"
    assert soft["sharpness"] < 0.7 * soft["sharpness_source"]
    assert soft["content"] > 0.01
    assert soft["edges"] < 0.9
    assert grid["grid"] > 3 * plain["grid"]


def test_pairs_do_not_reach_over_a_cut(tmp_path: Path) -> None:
    frames = moving(6) + moving(6, scene=3)
    source = write_frames(tmp_path / "source", frames)
    found = evaluate(subject_of_files(source, source, cuts=("6",)), settings=MOTION_ONLY)
    assert [(shot.start, shot.stop) for shot in found.shots] == [(0, 6), (6, 12)]
    assert [one.shot for one in found.by_frame] == [1] * 6 + [2] * 6
    assert "short_dis_soft_rmse" not in found.by_frame[6].figures
    assert not any(name.startswith("long") for one in found.by_frame for name in one.figures)
    assert found.by_frame[6].figures["drift"] == 0, "every shot begins anew"


def test_recognition_needs_others_and_finds_the_own_style(tmp_path: Path, source: Path) -> None:
    stripes, checks = np.zeros((2, 96, 128, 3), np.uint8)
    stripes[:, ::6], stripes[:, 1::6] = (250, 120, 0), (250, 120, 0)
    checks[::12, :] = checks[:, ::12] = (0, 120, 250)
    paths = [
        clips.write_frame(tmp_path / f"{name}.png", drawn)
        for name, drawn in (("stripes", stripes), ("checks", checks))
    ]
    painted = [np.roll(255 - stripes, 3, axis=1)] * FRAMES
    subject = subject_of_files(write_frames(tmp_path / "painted", painted), source)
    settings = EvaluationSettings(estimators="dis", every=6, others=(paths[1],))
    figures = evaluate(subject, paths[:1], settings).figures
    assert (figures["recognised"], figures["rank"]) == (1, 1)
    assert figures["strokes"] < 0.5
    swapped = EvaluationSettings(estimators="dis", every=6, others=(paths[0],))
    assert evaluate(subject, paths[1:], swapped).figures["rank"] == 2
    with pytest.raises(SettingsError, match="--others"):
        evaluate(subject, settings=settings)


def test_another_number_of_frames_is_refused_and_a_range_is_taken(
    source: Path, tmp_path: Path
) -> None:
    part = write_frames(tmp_path / "part", moving()[3:9])
    with pytest.raises(SettingsError, match="has 6 frames and the source 12"):
        subject_of_files(part, source)
    found = evaluate(subject_of_files(part, source, frames="3:9"), settings=MOTION_ONLY)
    assert found.figures["short_dis_soft_ratio"] == 1
    assert [one.frame for one in found.by_frame] == [3, 4, 5, 6, 7, 8]
    assert found.by_frame[0].time == 0


def test_a_result_of_another_size_is_judged_at_its_own(source: Path, tmp_path: Path) -> None:
    smaller = [cv2.resize(frame, (64, 48), interpolation=cv2.INTER_AREA) for frame in moving(4)]
    part = write_frames(tmp_path / "part", smaller)
    found = evaluate(subject_of_files(part, source, frames="0:4"), settings=MOTION_ONLY)
    assert found.size == (64, 48)
    assert found.figures["short_dis_soft_ratio"] == pytest.approx(1, abs=1e-6)


def test_the_strict_mask_is_binary_and_trusts_nothing_that_the_soft_one_does_not() -> None:
    random = np.random.default_rng(2)
    backward, forward = (
        cv2.GaussianBlur(random.normal(0, 6, (48, 64, 2)).astype(np.float32), (0, 0), 6)
        for _ in range(2)
    )
    backward[:, 32:] += 4
    soft, strict = consistency_mask(backward, forward), strict_mask(backward, forward)
    assert set(np.unique(strict)) <= {0.0, 1.0}
    assert strict.mean() < soft.mean()
    still = np.zeros((48, 64, 2), np.float32)
    assert strict_mask(still, still).min() == 1
    beyond = np.full((48, 64, 2), (5, 0), np.float32)
    assert not strict_mask(beyond, -beyond)[:, -5:].any()


def test_the_second_estimator_finds_a_shift() -> None:
    a, b = (clips.picture(number, size=(160, 120)) for number in (0, 3))
    inner = farneback_motion(a, b)[24:-24, 24:-24]
    assert np.abs(inner - np.float32((3, 0))).mean() < 0.3


def test_endpoint_error_and_mask_figures_are_what_their_names_say() -> None:
    still, moved = np.zeros((4, 6, 2), np.float32), np.full((4, 6, 2), (3, 4), np.float32)
    assert endpoint_error(moved, still) == 5
    half = np.zeros((4, 6), np.float32)
    half[:, :3] = 1
    moved[:, 3:] = 0
    assert endpoint_error(moved, still, half) == 5
    assert endpoint_error(moved, still, 1 - half) == endpoint_error(moved, still, 0 * half) == 0
    third = np.zeros((4, 6), np.float32)
    third[:, :2] = 1
    assert precision_and_recall(third, half) == (1, pytest.approx(2 / 3))
    assert precision_and_recall(np.ones_like(half), half) == (0.5, 1)
    assert precision_and_recall(np.ones_like(half), half, half > 0) == (1, 1)


def test_structure_is_kept_by_other_colours_and_lost_by_other_places() -> None:
    features = np.random.default_rng(0).random((12, 16, 8), np.float32) ** 4
    assert structure_distance(features, features) == 0
    assert structure_distance(features, 3 * features) < 1e-9
    assert structure_distance(features, features[::-1]) > 0.1


def test_given_motion_is_read_by_its_numbers(tmp_path: Path, source: Path) -> None:
    motion = tmp_path / "motion"
    motion.mkdir()
    for name, shift in (("backward_2_1", -1), ("forward_1_2", 1)):
        field = np.full((96, 128, 2), (shift, 0), "<f4")
        head = np.float32(202021.25).tobytes() + np.array([128, 96], "<i4").tobytes()
        (motion / f"{name}.flo").write_bytes(head + field.tobytes())
    settings = EvaluationSettings(estimators="dis", motion=motion)
    found = evaluate(subject_of_files(source, source), settings=settings)
    assert found.estimators == ("dis", "given")
    with_motion = [one.frame for one in found.by_frame if "short_given_soft_mse" in one.figures]
    assert with_motion == [1]
    assert found.figures["short_given_strict_source_rmse"] < 0.02, "it is the exact motion"
    with pytest.raises(SettingsError, match="holds no motion"):
        GivenMotion(source)
    (motion / "cut_short.flo").write_bytes(b"PIEH")
    with pytest.raises(MediaError, match=r"no whole \.flo"):
        read_flo(motion / "cut_short.flo")


def test_ratios_are_of_means_and_outliers_are_named_with_their_time() -> None:
    frames = [
        FrameFigures(
            frame=number, time=number / 24, shot=1,
            figures={"content": 0.5 + 0.01 * (number % 3) + (number == 7), "drift": 0.1},
        )
        for number in range(24)
    ]  # fmt: skip
    (found,) = outliers(frames)
    assert (found.figure, found.frame, found.shot) == ("content", 7, 1)
    assert found.time == pytest.approx(7 / 24)
    pairs = [{"a_rmse": 1.0, "a_source_rmse": 2.0}, {"a_rmse": 3.0, "a_source_rmse": 2.0}, {}]
    assert means(pairs)["a_ratio"] == 1
    assert [clock(seconds) for seconds in (0, 61.5, 3600)] == [
        "0:00.000",
        "1:01.500",
        "1:00:00.000",
    ]


def test_the_table_and_the_json_say_the_same(source: Path) -> None:
    found = evaluate(subject_of_files(source, source), settings=MOTION_ONLY)
    text = written_table(found)
    row = next(line for line in text.splitlines() if line.startswith("short i=1 dis strict"))
    assert row.endswith("x1.00")
    assert f"{found.figures['short_dis_strict_rmse']:.4g}" in row
    again = json.loads(found.model_dump_json())
    assert again["by_frame"][3]["figures"] == found.by_frame[3].figures
