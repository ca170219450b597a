"""Whole jobs of the fast engine: one encoding a style, no trace of chunks, exact sizes."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from stylecore.media import Excerpt, index_source, read_frames
from stylecore.networks.fast import CompactFast
from stylecore.pipeline import stylize_video
from stylecore.settings import FastSettings, StyleSettings, VideoSettings
from stylecore.store import Published
from tests.support import clips
from tests.support.hub_modules import Moments

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module", params=["compact", "hub"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "compact":
        return "compact"
    folder = tmp_path_factory.mktemp("module")
    tf.saved_model.save(Moments(), str(folder))
    return str(folder)


def paint(source: Path, style: Path, folder: Path, **changes: object) -> Published:
    folder.mkdir()
    settings = VideoSettings.model_validate({"engine": "fast", **changes})
    return stylize_video(source, style, folder / "out.mp4", settings, workspace=folder / "jobs")


def test_chunks_do_not_show_in_the_result(model: str, style: Path, tmp_path: Path) -> None:
    """Longer than two chunks of 48 and four knots of the held statistics, with a cut."""
    source = clips.write_clip(tmp_path / "clip.mp4", frames=110, cuts=(104,))
    digests = {
        paint(source, style, tmp_path / str(size), chunk_frames=size,
              fast=FastSettings(model=model)).sha256
        for size in (16, 48, 1000)
    }  # fmt: skip
    assert len(digests) == 1


def test_each_style_is_encoded_once_in_a_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three shots, chunks, threads, and weights that change with every frame."""
    source = clips.write_clip(tmp_path / "clip.mp4", frames=18, cuts=(6, 12))
    pictures = [clips.write_picture(tmp_path / f"{n}.png", scene=40 + n) for n in range(2)]
    encode, encoded = CompactFast.encode, []

    def counted(network: CompactFast, style: np.ndarray) -> object:
        encoded.append(style.shape)
        return encode(network, style)

    monkeypatch.setattr(CompactFast, "encode", counted)
    mixing = StyleSettings(more_styles=(pictures[1],), style_keyframes={0: (1, 0), 17: (0, 1)})
    paint(source, pictures[0], tmp_path / "out", chunk_frames=4, parallel_shots=2, mixing=mixing)
    assert len(encoded) == 2


def test_an_odd_size_comes_out_exact_with_clean_edges(style: Path, tmp_path: Path) -> None:
    source = clips.write_clip(
        tmp_path / "clip.mp4", frames=3, size=(641, 359), pixel_format="yuv444p"
    )
    published = paint(source, style, tmp_path / "out")
    index = index_source(published.output)
    assert (index.width, index.height) == (641, 359)
    for frame in read_frames(Excerpt(published.output, index, 0, 3)):
        inside, deviation = frame[8:-8, 8:-8].mean((0, 1)), frame.std((0, 1))
        for border in (frame[:4], frame[-4:], frame[:, :4], frame[:, -4:]):
            assert np.all(np.abs(border.mean((0, 1)) - inside) < deviation), "a stripe at an edge"


def peak_megabytes(frames: int, style: Path, folder: Path) -> float:
    """The most memory that a job of so many frames takes, in a process of its own."""
    folder.mkdir()
    source = clips.write_clip(folder / "clip.mp4", frames=frames, size=(320, 180), sounds=1)
    settings = VideoSettings(engine="fast")
    job = subprocess.Popen(
        [sys.executable, "-m", "tests.support.job_process", source, style, folder / "out.mp4",
         folder / "jobs", settings.model_dump_json()],
        cwd=ROOT, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, usage = os.wait4(job.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    return usage.ru_maxrss / 1024


@pytest.mark.long
def test_memory_does_not_grow_with_length(style: Path, tmp_path: Path) -> None:
    short, long = (peak_megabytes(frames, style, tmp_path / str(frames)) for frames in (140, 1400))
    assert long < 1.1 * short
