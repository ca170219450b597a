"""The demo clip: what it holds, and that its exact motion and occlusions are exact."""

from fractions import Fraction

import av
import numpy as np
import pytest

from data import make_demo, sound
from data.make_demo import CUT, FRAME_COUNT, SIZE, exact_motion, render_frame
from stylecore.arrays.metrics import warping_error
from stylecore.arrays.motion import estimate_motion, warp
from stylecore.arrays.shots import ANALYSIS_SIZE, Shot, detect_shots


@pytest.fixture(scope="module")
def clip() -> list[av.VideoFrame]:
    with av.open(str(make_demo.TARGET)) as container:
        return list(container.decode(video=0))


def test_the_clip_is_small_and_tagged_and_has_sound() -> None:
    assert make_demo.TARGET.stat().st_size < 700_000
    with av.open(str(make_demo.TARGET)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        context = video.codec_context
        assert (context.name, context.pix_fmt, context.width, context.height) == (
            "h264", "yuv420p", *SIZE,
        )  # fmt: skip
        assert video.average_rate == 24
        assert video.frames == FRAME_COUNT
        assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)
        assert context.color_range == 1
        assert audio.codec_context.name == "aac"
        assert audio.duration is not None and audio.time_base is not None
        assert abs(audio.duration * audio.time_base - Fraction(FRAME_COUNT, 24)) < 0.05


def test_the_clip_shows_what_the_renderer_renders(clip: list[av.VideoFrame]) -> None:
    for number in (0, CUT - 1, CUT, FRAME_COUNT - 1):
        decoded = clip[number].to_ndarray(format="rgb24") / np.float32(255)
        assert np.abs(decoded - render_frame(number)).mean() < 8 / 255


def test_the_clip_has_its_one_cut(clip: list[av.VideoFrame]) -> None:
    small = (
        frame.reformat(width=ANALYSIS_SIZE, height=90, format="rgb24").to_ndarray()
        for frame in clip
    )
    times = [number / 24 for number in range(FRAME_COUNT + 1)]
    assert detect_shots(small, times) == [Shot(0, CUT), Shot(CUT, FRAME_COUNT)]


@pytest.mark.parametrize(
    ("t", "s"), [(1, 0), (20, 21), (40, 30), (CUT, CUT + 1), (80, 79), (95, 85)]
)
def test_exact_motion_carries_a_frame_exactly(t: int, s: int) -> None:
    motion, mask = exact_motion(t, s)
    assert (motion.dtype, mask.dtype) == (np.float32, np.float32)
    assert set(np.unique(mask)) == {0, 1}
    assert mask.mean() > (0.8 if abs(t - s) == 1 else 0.6)
    current, other = render_frame(t), render_frame(s)
    off = np.abs(warp(other, motion) - current)[mask == 1]
    assert off.mean() < (2 if abs(t - s) == 1 else 3.5) / 255
    assert warping_error(other, current, motion, mask) < 0.1 * np.mean((other - current) ** 2)


def test_hidden_points_are_masked_and_the_mask_holds_back_and_forth() -> None:
    """What is seen in both frames is found again where the motion back leads."""
    there, seen_there = exact_motion(20, 24)
    back, seen_back = exact_motion(24, 20)
    returned = np.linalg.norm(there + warp(back, there), axis=-1)
    trusted = (seen_there == 1) & (warp(seen_back, there) > 0.999)
    assert trusted.mean() > 0.6
    assert np.percentile(returned[trusted], 99) < 0.01
    hidden = (warp(np.ones(seen_there.shape, np.float32), there) == 1) & (seen_there == 0)
    difference = np.abs(warp(render_frame(24), there) - render_frame(20)).mean(axis=-1)
    assert difference[hidden].mean() > 4 * difference[seen_there == 1].mean()


@pytest.mark.parametrize("t", [25, 75])
def test_estimated_motion_is_near_the_exact_one(t: int) -> None:
    motion, mask = exact_motion(t, t - 1)
    estimated = estimate_motion(render_frame(t), render_frame(t - 1))
    error = np.linalg.norm(estimated - motion, axis=-1)[mask == 1]
    assert np.median(error) < 0.06
    assert error.mean() < 0.2
    assert (error < 0.5).mean() > 0.93


def test_scale_changes_size_and_motion_alike() -> None:
    motion, _ = exact_motion(10, 9)
    half, mask = exact_motion(10, 9, scale=0.5)
    assert half.shape == (135, 240, 2)
    assert mask.shape == (135, 240)
    assert render_frame(10, scale=0.5).shape == (135, 240, 3)
    assert np.abs(half).mean() == pytest.approx(np.abs(motion).mean() / 2, rel=0.05)


def test_frames_repeat_and_show_much() -> None:
    frame = render_frame(3)
    assert np.array_equal(frame, render_frame(3))
    assert frame.dtype == np.float32
    assert frame.min() >= 0 and frame.max() <= 1
    assert frame.std() > 0.15


def test_motion_across_the_cut_and_frames_that_are_not_there_are_refused() -> None:
    with pytest.raises(ValueError, match="cut"):
        exact_motion(CUT, CUT - 1)
    with pytest.raises(ValueError, match="0 to 95"):
        render_frame(FRAME_COUNT)


def test_the_music_is_calm_and_begins_and_ends_in_silence() -> None:
    music = sound.compose(4.0)
    assert music.shape == (4 * sound.RATE, 2)
    assert 0.5 < np.abs(music).max() <= 1
    assert np.abs(music[:10]).max() < 0.01
    assert np.abs(music[-10:]).max() < 0.01
    assert np.array_equal(music, sound.compose(4.0))
