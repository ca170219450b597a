"""What an engine is told of other frames: which, moved how, and how far to be trusted."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stylecore.arrays.images import to_float
from stylecore.arrays.light import LUMINANCE, light_change, with_light
from stylecore.arrays.motion import consistency_mask, estimate_motion, warp
from stylecore.engines import Engine, FrameInput, FrameRecord
from stylecore.errors import WeightsError
from stylecore.media import read_frames
from stylecore.sequence import ReadFrames
from stylecore.sequence.shot import stylize_missing
from stylecore.settings import GatysSettings, VideoSettings
from stylecore.store import Workspace
from tests.support import clips
from tests.support.jobs import planned

INSIDE = (slice(12, -12), slice(24, -24))
"""Of a frame, what a motion of some pixels does not bring in from beyond the border."""


class Recorder(Engine):
    """An engine that keeps what it is told and gives back the source, a little darker each time."""

    def __init__(self) -> None:
        self.told: list[FrameInput] = []

    def prepare(self, styles: Sequence[np.ndarray], *, shape: tuple[int, int]) -> None:
        pass

    def render(self, frame: FrameInput) -> tuple[np.ndarray, FrameRecord]:
        self.told.append(frame)
        return frame.content * (1 - 0.01 * len(self.told)), FrameRecord(1)


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """Ten frames of one shot that moves one pixel to the right a frame."""
    return clips.write_clip(tmp_path / "scene.mp4", frames=10)


def plan(scene: Path, style: Path, *, jobs: str = "jobs", **changes: object) -> Workspace:
    video = {key: changes.pop(key) for key in ("chunk_frames", "light") if key in changes}
    settings = VideoSettings(gatys=GatysSettings(**changes), **video)
    workspace, _ = planned(
        scene, style, scene.parent / "out.mp4", settings, root=scene.parent / jobs
    )
    return workspace


def source_reader(workspace: Workspace) -> ReadFrames:
    """Gives the source's frames as they are."""
    job = workspace.job
    excerpt = job.excerpt(job.source.path)
    return lambda start, stop: read_frames(excerpt.part(start, stop))


def work(workspace: Workspace) -> list[tuple[int, FrameInput]]:
    """Does all chunks; (number of the pass, what was told), in order."""
    engine, told, read = Recorder(), [], source_reader(workspace)
    for chunk in workspace.job.chunks:
        before = len(engine.told)
        numbers = list(range(chunk.start, chunk.stop))
        made = [
            number for number, _ in stylize_missing(workspace, chunk, numbers, engine, read=read)
        ]
        assert sorted(made) == numbers
        told += [(chunk.pass_number, frame) for frame in engine.told[before:]]
    return told


def test_passes_go_forwards_and_backwards(scene, style):
    told = work(plan(scene, style, passes=3, chunk_frames=4))
    numbers = [
        [frame.number for done_in, frame in told if done_in == chosen] for chosen in (1, 2, 3)
    ]
    assert numbers == [list(range(10)), list(range(9, -1, -1)), list(range(10))]
    assert all(frame.previous_pass is None for pass_number, frame in told if pass_number == 1)
    starts = [frame.number for _, frame in told if frame.warped is None]
    assert starts == [0, 9, 0], "each pass begins from nothing but its own end"


def test_a_pass_is_told_what_the_pass_before_made_and_its_own_neighbour(scene, style):
    workspace = plan(scene, style, passes=2)
    told = work(workspace)
    for pass_number, frame in told:
        if pass_number == 2:
            own = to_float(workspace.load_frame(frame.number, pass_number=1))
            assert np.array_equal(frame.previous_pass, own)
            if frame.number < 9:
                assert np.array_equal(
                    frame.previous, to_float(workspace.load_frame(frame.number + 1))
                )


def test_motion_brings_the_frame_before_onto_the_frame(scene, style):
    for pass_number, frame in work(plan(scene, style, passes=2, chunk_frames=3)):
        if frame.warped is None or frame.previous is None or frame.mask is None:
            continue
        content = frame.content * (frame.warped[INSIDE].mean() / frame.content[INSIDE].mean())
        moved, still = (
            np.abs((image - content) @ LUMINANCE)[INSIDE].mean()
            for image in (frame.warped, frame.previous)
        )
        assert moved < 0.4 * still, (pass_number, frame.number)
        assert frame.mask[INSIDE].mean() > 0.9


def test_distant_frames_count_where_no_nearer_one_does(scene, style):
    told = work(plan(scene, style, long_term=(1, 3, 6), drift_control=0))
    assert [len(frame.references) for _, frame in told] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 2]
    for _, frame in told[6:]:
        total = frame.mask + sum(one.mask for one in frame.references)
        assert total.max() <= 1 + 1e-5
        assert all(one.mask.min() >= 0 for one in frame.references)


def test_the_first_frame_of_a_pass_holds_the_later_ones(scene, style):
    told = work(plan(scene, style, drift_control=0.5, passes=2, light="ignore"))
    for pass_number, frame in told:
        anchor = 0 if pass_number == 1 else 9
        assert len(frame.references) == int(abs(frame.number - anchor) > 1)
        for one in frame.references:
            assert one.mask.max() == pytest.approx(0.5)
            assert one.mask[INSIDE].mean() > 0.4


def test_the_length_of_chunks_changes_nothing(scene, style):
    settings = {"long_term": (2, 4), "drift_control": 0.5, "passes": 2}
    # In workspaces of their own: the length is no part of a job's key.
    whole, cut = (
        plan(scene, style, jobs=f"jobs-{frames}", chunk_frames=frames, **settings)
        for frames in (100, 3)
    )
    assert (len(whole.job.chunks), len(cut.job.chunks)) == (2, 8)
    for (one_pass, one), (other_pass, other) in zip(work(whole), work(cut), strict=True):
        assert (one_pass, one.number) == (other_pass, other.number)
        for told, told_in_parts in zip(images_of(one), images_of(other), strict=True):
            assert np.array_equal(told, told_in_parts), (one_pass, one.number)


def images_of(frame: FrameInput) -> list[np.ndarray]:
    """All that an engine is told, in one order."""
    alone = (frame.content, frame.previous, frame.warped, frame.mask, frame.previous_pass)
    far = [image for one in frame.references for image in (one.image, one.mask)]
    return [image for image in (*alone, *far) if image is not None]


def test_no_motion_is_estimated_for_an_engine_that_uses_none(scene, style):
    told = work(plan(scene, style, start="previous"))
    assert all(frame.warped is None for _, frame in told)
    assert all(frame.previous is not None for _, frame in told[1:])


def fading(share: float, *, size: tuple[int, int] = (192, 128)) -> np.ndarray:
    return np.clip(to_float(clips.picture(3, size=size)) * share, 0, 1)


def in_the_light_of(
    image: np.ndarray, now: np.ndarray, before: np.ndarray, mask: np.ndarray | None = None
) -> np.ndarray:
    """``image`` through the change from ``before`` to ``now``, which do not move."""
    shape = now.shape[:2]
    mask = np.ones(shape, np.float32) if mask is None else mask
    still = np.zeros((*shape, 2), np.float32)
    return with_light(image, light_change(now, before, still, mask))


def test_a_fade_is_followed():
    before, now = fading(1.0), fading(0.8)
    followed = in_the_light_of(before, now, before)
    error_without, error_with = (np.abs(image - now).mean() for image in (before, followed))
    assert error_with < 0.4 * error_without


def test_noise_is_not_light():
    random = np.random.default_rng(2)
    scene = fading(1.0, size=(384, 256))
    draws = random.normal(0, 0.03, (2, *scene.shape))
    noisy = np.clip(scene + draws, 0, 1).astype(np.float32)
    assert np.abs(in_the_light_of(scene, noisy[0], noisy[1]) - scene).max() < 1 / 255


def test_light_is_not_taken_from_where_the_motion_is_wrong():
    before, now = fading(1.0), fading(1.0)
    mask = np.ones(now.shape[:2], np.float32)
    now[:, 96:], mask[:, 96:] = 1.0, 0.0
    followed = in_the_light_of(before, now, before, mask)
    assert np.abs(followed - before)[:, :96].max() < 1 / 255


def test_motion_is_found_through_a_fade():
    a, b = (to_float(clips.picture(number, size=(192, 128))) for number in (3, 0))
    for share in (1.0, 0.7):
        backward = estimate_motion(a, b * share)
        mask = consistency_mask(backward, estimate_motion(b * share, a))
        moved = warp(b, backward)
        assert np.abs(moved - a)[INSIDE].mean() < 0.02
        assert mask[INSIDE].mean() > 0.8


def test_frames_know_their_styles(scene, style):
    workspace = plan(scene, style)
    engine = Recorder()
    (chunk,) = workspace.job.chunks
    masks = np.ones((1, 64, 96), np.float32)
    list(
        stylize_missing(
            workspace, chunk, [0, 1], engine,
            read=source_reader(workspace),
            style_at=lambda number: ((float(number),), masks),
        )
    )  # fmt: skip
    assert [frame.style_weights for frame in engine.told] == [(0.0,), (1.0,)]
    assert replace(engine.told[0]).style_masks is masks


def fast(scene: Path, style: Path, **changes: object) -> Workspace:
    settings = VideoSettings(engine="fast", **changes)
    return planned(scene, style, scene.parent / "out.mp4", settings)[0]


def test_places_age_while_they_are_in_view_and_begin_anew_at_the_border(scene, style):
    told = work(fast(scene, style))
    assert told[0][1].age is None
    for _, frame in told[1:]:
        assert frame.age.shape == frame.content.shape[:2]
        inside = frame.age[INSIDE]
        assert np.median(inside) == frame.number and inside.max() <= frame.number
    left = told[-1][1].age[INSIDE[0], 0]
    assert left.max() < 5, "what comes in at the left is as old as the scene"


class Measuring(Recorder):
    """Measures the number of a frame, and counts."""

    def __init__(self) -> None:
        super().__init__()
        self.measured: list[int] = []

    def measure(self, frame: FrameInput) -> tuple[np.ndarray, ...]:
        self.measured.append(frame.number)
        return (np.array([float(frame.number)]),)


@pytest.mark.parametrize("chunk_frames", [7, 1000])
def test_moments_glide_from_knot_to_knot_however_a_shot_is_cut(
    tmp_path, style, chunk_frames, monkeypatch
):
    monkeypatch.setattr("stylecore.sequence.normalisation.KNOT", 4)
    scene = clips.write_clip(tmp_path / "scene.mp4", frames=14)
    engine = Measuring()
    workspace = fast(scene, style, chunk_frames=chunk_frames)
    for chunk in workspace.job.chunks:
        numbers = list(range(chunk.start, chunk.stop))
        read = source_reader(workspace)
        list(stylize_missing(workspace, chunk, numbers, engine, read=read))
    found = [float(frame.moments[0][0]) for frame in engine.told]
    assert found == [0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert engine.measured == [0, 4, 8, 12]


def test_a_stage_that_fails_ends_the_others_and_keeps_what_is_stored(scene, style):
    class Failing(Recorder):
        def render(self, frame: FrameInput) -> tuple[np.ndarray, FrameRecord]:
            if frame.number == 5:
                raise WeightsError("no more")
            return super().render(frame)

    workspace = fast(scene, style)
    (chunk,) = workspace.job.chunks
    read = source_reader(workspace)
    made = stylize_missing(workspace, chunk, list(range(10)), Failing(), read=read)
    threads = threading.active_count()
    with pytest.raises(WeightsError, match="no more"):
        list(made)
    assert workspace.finished(0, 10) == set(range(5))
    assert threading.active_count() == threads
