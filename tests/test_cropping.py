"""What a container says is not shown is cut off, as players do."""

from fractions import Fraction
from pathlib import Path

import ffmpeg
import imageio_ffmpeg
import numpy as np
import pytest

from stylecore.media import Excerpt, index_source, read_frames, run_ffmpeg
from stylecore.media.ffmpeg import FFMPEG_VARIABLE
from stylecore.media.geometry import Margins
from stylecore.media.reading.cropping import shown_part
from tests.support import odd_clips


@pytest.fixture
def ffmpeg_that_crops(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program of the imageio-ffmpeg wheel, which is newer than 7.1."""
    monkeypatch.setenv(FFMPEG_VARIABLE, imageio_ffmpeg.get_ffmpeg_exe())


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p"])
@pytest.mark.parametrize(
    ("shown", "moved"),
    [((64, 48), (0, 0)), ((61, 47), (3, -2)), ((96, 40), (0, 5)), ((33, 64), (0, 0))],
)
@pytest.mark.usefixtures("ffmpeg_that_crops")
def test_the_same_part_is_shown_as_ffmpeg_shows(
    shown: tuple[int, int], moved: tuple[int, int], pixel_format: str, suffix: str, tmp_path: Path
) -> None:
    path = odd_clips.framed(tmp_path / f"in{suffix}", shown, moved, pixel_format=pixel_format)
    index = index_source(path)
    raw = tmp_path / "shown.raw"
    to_rgb = {"in_color_matrix": index.matrix, "in_range": "tv", "out_range": "pc"}
    rounding = "neighbor+accurate_rnd+full_chroma_int"
    picture = ffmpeg.input(str(path)).filter("scale", flags=rounding, **to_rgb)
    run_ffmpeg(picture.output(str(raw), f="rawvideo", pix_fmt="rgb24"), timeout_seconds=60)
    frames = np.stack(list(read_frames(Excerpt.of_all(path, index))))
    wanted = np.fromfile(raw, np.uint8).reshape(-1, index.height, index.width, 3)
    np.testing.assert_array_equal(frames, wanted)


def test_pixels_stay_square_where_only_the_size_to_show_says_so(tmp_path: Path) -> None:
    path = odd_clips.framed(tmp_path / "in.mp4", (96, 40), squares=False)
    assert Fraction(index_source(path).sample_aspect_ratio) == 1


@pytest.mark.parametrize("shown", [(960, 640), (0, 0), (96, 64)])
def test_a_part_that_cannot_be_is_ignored(shown: tuple[int, int], tmp_path: Path) -> None:
    index = index_source(odd_clips.framed(tmp_path / "in.mp4", shown))
    assert (index.width, index.height) == (96, 64)
    assert not any("cropped" in note for note in index.notes)


def test_margins_part_no_pixels_that_share_a_colour() -> None:
    margins = Margins(left=3, top=0, right=4, bottom=5).on_grid((161, 121), (2, 2))
    assert margins == Margins(left=2, top=0, right=5, bottom=5)
    untouched = Margins(left=0, top=2, right=0, bottom=0).on_grid((161, 121), (2, 2))
    assert untouched.size(161, 121) == (161, 119)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x1a", bytes(50), b"\x18\x53\x80\x67\x01" + b"\xff" * 20, b"\xae\x81" * 200_000],
    ids=["nothing", "one byte", "zeros", "no length", "many"],
)
def test_elements_that_make_no_sense_say_nothing(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "in.mkv"
    path.write_bytes(content)
    assert shown_part(path, "matroska,webm", 0, 0, (96, 64)) == (Margins(), None)
