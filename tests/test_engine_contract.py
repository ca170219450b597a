"""Engines that others bring: held to the contract of ours, chosen by name, resumed like ours."""

from pathlib import Path

import numpy as np
import pytest

from stylecore.engines import (
    Engine,
    FrameInput,
    FrameRecord,
    create_engine,
    engine_digest,
    register_engine,
)
from stylecore.engines.contract import SHAPES, ContractError, check_engine
from stylecore.errors import SettingsError
from stylecore.pipeline import stylize_chunk
from stylecore.settings import FastSettings, GatysSettings, VideoSettings, checked
from stylecore.settings import own_engines as registry
from tests.support import clips
from tests.support.hub_modules import moments_folder
from tests.support.jobs import planned

SHORT = GatysSettings(first_iterations=3, iterations=2)
OURS = {
    "identity": VideoSettings(engine="identity"),
    "gatys": VideoSettings(gatys=SHORT),
    "fast": VideoSettings(engine="fast"),
    "hub": VideoSettings(engine="fast", fast=FastSettings(model=str(moments_folder()))),
}


class Posterised(Engine):
    """Paints with three colours of the style, half held to the frame before."""

    stops_at: int | None = None

    def prepare(self, styles, *, shape):
        self._palette = np.quantile(styles[0].reshape(-1, 3), [0.1, 0.5, 0.9], axis=0)

    def render(self, frame):
        if frame.number == self.stops_at:
            raise KeyboardInterrupt
        far = np.square(frame.content[..., None, :] - self._palette).sum(-1)
        painted = self._palette[far.argmin(-1)].astype(np.float32)
        if frame.warped is not None and frame.mask is not None:
            kept = np.float32(0.5) * frame.mask[..., None]
            painted = kept * frame.warped + (1 - kept) * painted
        return painted, FrameRecord(iterations=1)


@pytest.fixture
def posterised(monkeypatch: pytest.MonkeyPatch) -> VideoSettings:
    """Settings that choose it; registered for one test."""
    monkeypatch.setattr(registry, "_registered", {})
    register_engine("posterised", lambda settings: Posterised(), version="1")
    return VideoSettings(engine="posterised")


@pytest.mark.parametrize("name", OURS)
def test_ours_keep_the_contract(name: str) -> None:
    shapes = SHAPES if name in ("identity", "fast") else SHAPES[:1]
    assert check_engine(lambda: create_engine(OURS[name]), shapes=shapes)


def test_one_of_ones_own_keeps_it(posterised: VideoSettings) -> None:
    assert len(check_engine(lambda: create_engine(posterised))) > 3


class _Remembering(Posterised):
    """Takes the frame before from its own memory, which a resumed run does not have."""

    last = None

    def render(self, frame: FrameInput):
        image, record = super().render(frame)
        image = image if self.last is None else (image + self.last) / 2
        self.last = image
        return image, record


class _Wild(Posterised):
    def prepare(self, styles, *, shape):
        super().prepare(styles, shape=shape)
        self._shift = np.random.default_rng().random()

    def render(self, frame):
        image, record = super().render(frame)
        return ((image + self._shift) % 1).astype(np.float32), record


BROKEN = {
    "painted before it": _Remembering,
    "or on chance": _Wild,
    "shape": type("Cropping", (Posterised,), {"render": lambda self, frame: (
        Posterised.render(self, frame)[0][:-1], FrameRecord(1))}),
    "float32": type("Wide", (Posterised,), {"render": lambda self, frame: (
        Posterised.render(self, frame)[0].astype(np.float64), FrameRecord(1))}),
    "range": type("Bright", (Posterised,), {"render": lambda self, frame: (
        2 * Posterised.render(self, frame)[0], FrameRecord(1))}),
    "itself": type("Sharing", (Posterised,), {"render": lambda self, frame: (
        frame.content, FrameRecord(1))}),
    "draft": type("Forgetful", (Posterised,), {"draft": lambda self, frames: []}),
}  # fmt: skip


@pytest.mark.parametrize("promise", BROKEN)
def test_whatever_breaks_it_is_told(promise: str) -> None:
    with pytest.raises(ContractError, match=promise):
        check_engine(BROKEN[promise])


@pytest.mark.representative
def test_an_interrupted_job_goes_on_with_the_same_bytes(
    posterised: VideoSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = clips.write_clip(tmp_path / "clip.mp4", frames=6)
    style = clips.write_picture(tmp_path / "style.png")
    frames = []
    for name in ("whole", "stopped"):
        job = planned(clip, style, tmp_path / f"{name}.mp4", posterised, root=tmp_path / name)
        workspace, request = job
        (chunk,) = workspace.job.chunks
        if name == "stopped":
            monkeypatch.setattr(Posterised, "stops_at", 3)
            with pytest.raises(KeyboardInterrupt):
                stylize_chunk(workspace, chunk, request)
            monkeypatch.setattr(Posterised, "stops_at", None)
            assert 0 < len(workspace.finished(chunk.start, chunk.stop)) < 6
        stylize_chunk(workspace, chunk, request)
        frames.append(np.stack([workspace.load_frame(number) for number in range(6)]))
    assert np.array_equal(*frames)
    assert len(np.unique(frames[0][5].reshape(-1, 3), axis=0)) > 3, "nothing was held to the past"


def test_another_version_is_another_job(posterised: VideoSettings) -> None:
    before = engine_digest(posterised)
    register_engine("posterised", lambda settings: Posterised(), version="2")
    assert engine_digest(posterised) != before


@pytest.mark.parametrize(
    ("name", "factory", "said"),
    [
        ("fast", Posterised, "already"),
        ("My Engine", Posterised, "lower-case"),
        ("posterised", lambda settings: None, "must make a stylecore.engines.Engine"),
    ],
    ids=["ours", "name", "no engine"],
)
def test_a_mistake_in_registering_is_one_sentence(name, factory, said, posterised) -> None:
    with pytest.raises(SettingsError, match=said):
        register_engine(name, factory, version="1")
        create_engine(posterised)


def test_an_engine_of_a_package_is_found_by_its_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "tests.test_engine_contract:Posterised"
    info = tmp_path / "painters-2.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: painters\nVersion: 2.5\n")
    (info / "entry_points.txt").write_text(
        f"[stylecore.engines]\npackaged = {module}\nmissing = no_such_module:create\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    registry._installed.cache_clear()
    try:
        settings = checked(VideoSettings, {"engine": "packaged"})
        assert registry.engine_names()[3:] == ("missing", "packaged")
        assert engine_digest(settings).endswith("-painters-2.5")
        with pytest.raises(SettingsError, match="no_such_module"):
            create_engine(VideoSettings(engine="missing"))
    finally:
        registry._installed.cache_clear()


def test_an_engine_that_there_is_not_is_told_before_any_work() -> None:
    with pytest.raises(SettingsError, match="no engine magic: choose gatys, fast, identity"):
        checked(VideoSettings, {"engine": "magic"})
    with pytest.raises(SettingsError, match="no engine magic"):
        engine_digest(VideoSettings(engine="magic"))
