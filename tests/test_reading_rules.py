"""What is refused, bounded and decided while a source is opened, indexed and read."""

import os
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from stylecore.errors import MediaError
from stylecore.media import (
    Excerpt,
    index_source,
    read_frames,
    read_picture,
    require_utf8,
    split_to_disk,
    write_frames,
)
from stylecore.media.colour import PQ
from stylecore.media.ffmpeg import FFMPEG_VARIABLE
from stylecore.media.opening import decoder_limit
from stylecore.media.reading.timestamps import last_duration
from stylecore.settings import OutputSettings, SourceSettings
from tests.support import clips, odd_clips

BT601, BT709 = 6, 1
"""Code points of ITU-T H.273 for matrices."""


def test_a_name_that_is_no_text_is_refused() -> None:
    with pytest.raises(MediaError, match=r"caf\\xe9.mp4 is not valid UTF-8"):
        require_utf8(Path(os.fsdecode(b"/films/caf\xe9.mp4")))
    with pytest.raises(MediaError, match="null byte"):
        require_utf8(Path("/films/caf\0.mp4"))
    require_utf8(Path("/films/café.mp4"))


@pytest.mark.parametrize("is_folder", [False, True])
def test_pixels_of_uncertain_meaning_are_refused(is_folder: bool, tmp_path: Path) -> None:
    path = tmp_path / "frame_1.tif"
    Image.fromarray(np.full((48, 64), 1e4, np.float32)).save(path)
    with pytest.raises(MediaError, match=r"frame_1.tif has pixels of a kind .*\(F\)"):
        if is_folder:
            index_source(tmp_path)
        else:
            read_picture(path)


@pytest.mark.parametrize(("side", "decodes"), [(900, True), (1200, False)])
def test_a_decoder_sets_up_no_picture_far_beyond_the_limit(side: int, decodes: bool) -> None:
    encoder = av.CodecContext.create("mpeg4", "w")
    encoder.width = encoder.height = side
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(np.zeros((side * 3 // 2, side), np.uint8), "yuv420p")
    packet, *_ = [*encoder.encode(frame), *encoder.encode(None)]
    decoder = av.CodecContext.create("mpeg4", "r")
    decoder.options = {"max_pixels": decoder_limit(96 * 64)}
    if decodes:
        assert [*decoder.decode(packet), *decoder.decode(None)]
    else:
        with pytest.raises(av.FFmpegError):
            decoder.decode(packet)


def test_a_result_has_the_matrix_of_its_source(tmp_path: Path) -> None:
    source = odd_clips.tagged(tmp_path / "in.mp4", matrix=BT601, full_range=False)
    assert _written_matrix(source, SourceSettings()) == BT601


def test_a_tone_mapped_result_has_the_matrix_of_the_standard_range(tmp_path: Path) -> None:
    source = odd_clips.deep(tmp_path / "in.mp4", transfer=PQ)
    assert _written_matrix(source, SourceSettings(hdr="tonemap")) == BT709


def _written_matrix(source: Path, settings: SourceSettings) -> int:
    """Of the first frame of a result whose frames are the source's."""
    target = source.with_name("out.mp4")
    excerpt = Excerpt(source, index_source(source, settings), 0, 2)
    write_frames(read_frames(excerpt), target, excerpt, OutputSettings(preset="ultrafast"))
    with av.open(str(target)) as container:
        return int(next(container.decode(video=0)).colorspace)


@pytest.mark.parametrize(
    ("pts", "said", "rounded", "lasts"),
    [
        ([0, 10, 25], 0, False, 15),
        ([0], 0, False, 42),
        ([0, 10, 25], 12, False, 12),
        ([0, 42, 83], 41, True, 42),
        ([0, 42, 83], 41, False, 41),
        ([0, 42, 83], 60, True, 60),
    ],
    ids=["as the one before", "alone", "said", "cut", "not cut", "longer"],
)
def test_the_last_frame_lasts_as_long_as_is_known(
    pts: list[int], said: int, rounded: bool, lasts: int
) -> None:
    assert last_duration(pts, said, 42, rounded=rounded) == lasts


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("fields", [False, True])
@pytest.mark.parametrize("way", ["demand", "disk", "disk by one that crops"])
def test_what_is_not_shown_is_cut_off_once_and_after_deinterlacing(
    way: str, fields: bool, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = odd_clips.framed(tmp_path / f"in{suffix}", (64, 48), fields=fields)
    whole = tmp_path / "whole.mp4"
    wanted = [
        frame[8:56, 16:80] for frame in read_frames(Excerpt(whole, index_source(whole), 0, 3))
    ]
    excerpt = Excerpt(source, index_source(source), 0, 3)
    if way == "demand":
        found = list(read_frames(excerpt))
    else:
        if way != "disk":  # ffmpeg from 7.1 on
            monkeypatch.setenv(FFMPEG_VARIABLE, imageio_ffmpeg.get_ffmpeg_exe())
        split_to_disk(excerpt, tmp_path / "split")
        found = [clips.read_frame(path) for path in sorted((tmp_path / "split").glob("*.png"))]
    np.testing.assert_array_equal(found, wanted)
