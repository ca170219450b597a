"""What a person may choose of the result: codec, rate, colours, transparency, container."""

from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
import pytest
from pydantic import ValidationError

from stylecore import OutputSettings, VideoSettings, stylize_video
from stylecore.errors import OutputError, SettingsError
from stylecore.media import (
    Excerpt,
    check_output,
    estimated_bytes,
    index_source,
    read_frames,
    read_picture,
    write_frames,
)
from stylecore.media.colour import HLG, PQ
from stylecore.media.reading.tonemap import tone_mapped
from stylecore.media.writing.codecs import HARDWARE
from stylecore.settings import SourceSettings
from stylecore.store import Published
from tests.support import clips, odd_clips
from tests.support.fidelity import psnr

ROOT = Path(__file__).resolve().parents[1]


def passed_through(
    clip: Path, target: Path, output: OutputSettings, **settings: object
) -> Published:
    """A whole job with the engine that changes nothing."""
    folder = target.parent
    style = clips.write_picture(folder / "style.png")
    chosen = VideoSettings(engine="identity", output=output, **settings)
    return stylize_video(clip, style, target, chosen, workspace=folder / "jobs")


@pytest.mark.parametrize("codec", ["h264", "hevc", "vp9", "av1"])
def test_a_bitrate_is_kept_to(codec: str, tmp_path: Path) -> None:
    source = clips.write_clip(tmp_path / "in.mkv", frames=48, size=(192, 128))
    rates = []
    for bitrate in ("100k", "0.8M"):
        target = tmp_path / f"{bitrate}.mkv"
        passed_through(source, target, OutputSettings(codec=codec, bitrate=bitrate))
        rates.append(target.stat().st_size * 8 / 2)
    assert rates[0] < 180e3
    assert 2 * rates[0] < rates[1] < 1e6


def test_a_quality_and_a_bitrate_exclude_each_other() -> None:
    with pytest.raises(ValidationError, match="either --quality or --bitrate"):
        OutputSettings(quality=20, bitrate="8M")


@pytest.mark.parametrize("codec", ["prores", "ffv1"])
def test_a_codec_that_takes_no_bitrate_says_so(codec: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--bitrate"):
        check_output(tmp_path / "out.mkv", OutputSettings(codec=codec, bitrate="8M"))


@pytest.mark.parametrize(("card", "codec"), HARDWARE)
def test_a_graphics_card_encodes_or_is_refused_before_the_work(
    card: str, codec: str, tmp_path: Path
) -> None:
    output = OutputSettings(hardware=card, codec=codec, bitrate="2M")
    source = clips.write_clip(tmp_path / "in.mp4", size=(256, 192))
    target = tmp_path / "out.mkv"
    try:
        passed_through(source, target, output)
    except SettingsError as error:
        assert "leave out --hardware" in str(error)
        assert not target.exists()
    else:
        assert len(clips.timestamps(target)) == 12


def test_a_graphics_card_without_the_codec_names_those_it_has(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--codec h264 or hevc or av1"):
        check_output(tmp_path / "out.mov", OutputSettings(hardware="nvenc", codec="prores"))


@pytest.mark.parametrize("layout", ["yuv422p", "yuv444p"])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_the_resolution_of_colours_is_kept_when_asked_and_else_said(
    layout: str, codec: str, tmp_path: Path
) -> None:
    source = clips.write_clip(tmp_path / "in.mp4", pixel_format=layout)
    kept = passed_through(source, tmp_path / "a.mp4", OutputSettings(codec=codec, chroma="source"))
    plain = passed_through(source, tmp_path / "b.mp4", OutputSettings(codec=codec))
    assert index_source(kept.output).pixel_format == layout
    assert index_source(plain.output).pixel_format == "yuv420p"
    assert not any("--chroma source" in note for note in kept.notes)
    assert any("--chroma source" in note for note in plain.notes)


@pytest.mark.parametrize(
    ("codec", "suffix"),
    [("vp9", ".webm"), ("vp9", ".mkv"), ("prores", ".mov"), ("prores", ".mkv"), ("ffv1", ".mkv")],
)
def test_transparency_goes_through(codec: str, suffix: str, tmp_path: Path) -> None:
    source = odd_clips.transparent(tmp_path / "in.mkv", "ffv1", "yuva444p")
    target = tmp_path / f"out{suffix}"
    quality = 4 if codec == "vp9" else None
    passed_through(source, target, OutputSettings(codec=codec, quality=quality))
    index = index_source(target)
    assert index.alpha
    for number, frame in enumerate(read_frames(Excerpt(target, index, 0, 12), alpha=True)):
        top = np.iinfo(frame.dtype).max
        assert psnr(frame[..., 3] / top, odd_clips.opacity(number) / 255) > 30


def test_transparency_is_scaled_with_the_picture(tmp_path: Path) -> None:
    source = odd_clips.transparent(tmp_path / "in.mkv", "ffv1", "yuva444p")
    passed_through(source, tmp_path / "out.webm", OutputSettings(), size=48)
    index = index_source(tmp_path / "out.webm")
    assert (index.width, index.height, index.alpha) == (48, 32, True)


def test_the_name_is_kept_when_asked_and_what_does_not_fit_is_said(tmp_path: Path) -> None:
    source = odd_clips.rich(tmp_path / "in.mkv")
    published = passed_through(source, tmp_path / "out.mp4", OutputSettings(container="named"))
    assert published.output.name == "out.mp4"
    left_out = [note for note in published.notes if "left out" in note]
    assert ["subtitle" in note or "attachment" in note for note in left_out] == [True, True]


def test_a_changed_container_does_not_replace_another_file(tmp_path: Path) -> None:
    source = odd_clips.rich(tmp_path / "in.mkv")
    (tmp_path / "out.mkv").write_text("precious")
    with pytest.raises(OutputError, match=r"out\.mkv exists"):
        passed_through(source, tmp_path / "out.mp4", OutputSettings())
    assert (tmp_path / "out.mkv").read_text() == "precious"


def test_a_result_that_fits_no_disk_is_said_before_the_work(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="Not enough space for the result"):
        passed_through(clip, tmp_path / "out.mp4", OutputSettings(bitrate="99999999M"))


@pytest.mark.parametrize(
    ("codec", "suffix"),
    [("h264", ".mp4"), ("hevc", ".mp4"), ("vp9", ".webm"), ("av1", ".mkv"), ("prores", ".mov"),
     ("ffv1", ".mkv")],
)  # fmt: skip
def test_the_estimate_of_a_painted_result_is_no_less_than_its_size(
    codec: str, suffix: str, tmp_path: Path
) -> None:
    painting = read_picture(ROOT / "data" / "styles" / "brush_strokes.jpg")
    frames = [
        np.rint(painting[number : number + 256, number : number + 384] * 255).astype(np.uint8)
        for number in range(12)
    ]
    source = clips.write_clip(tmp_path / "in.mp4", size=(384, 256))
    index, output = index_source(source), OutputSettings(codec=codec)
    target = tmp_path / f"out{suffix}"
    write_frames(frames, target, Excerpt(source, index, 0, 12), output)
    estimate = estimated_bytes(target, output, index, (384, 256), 12)
    assert target.stat().st_size <= estimate < 8 * target.stat().st_size


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_tone_mapping_keeps_greys_grey_and_their_order(transfer: int) -> None:
    greys = np.linspace(0, 65535, 300).astype(np.uint16)
    image = np.repeat(greys[None, :, None], 3, axis=2)
    mapped = tone_mapped(image, transfer).astype(np.int64)[0]
    assert mapped[0].max() < 66
    assert mapped[-1].min() > 65500
    assert (np.diff(mapped[:, 1]) >= 0).all()
    assert np.abs(mapped - mapped[:, 1:2]).max() < 20


def test_tone_mapping_makes_the_usual_white_bright_and_leaves_room_for_highlights() -> None:
    """203 cd/m² (ITU-R BT.2408), of which the PQ code is 0.58, is drawn at 65 to 80 %."""
    white = np.full((1, 1, 3), round(0.5807 * 65535), np.uint16)
    assert 0.65 < tone_mapped(white, PQ)[0, 0, 1] / 65535 < 0.8


def test_split_frames_are_tone_mapped_like_decoded_ones(tmp_path: Path) -> None:
    source = odd_clips.deep(tmp_path / "in.mp4", transfer=16)
    results = []
    for split in ("demand", "disk"):
        target = tmp_path / f"{split}.mkv"
        passed_through(
            source, target, OutputSettings(codec="ffv1"), split=split,
            source=SourceSettings(hdr="tonemap"),
        )  # fmt: skip
        index = index_source(target)
        results.append(list(read_frames(Excerpt(target, index, 0, 12))))
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
@pytest.mark.parametrize(
    ("transfer", "bits", "depth"),
    [(PQ, "auto", 8), (HLG, "auto", 8), (PQ, "10", 10), (1, "auto", 10), (1, "8", 8)],
)
def test_tone_mapped_videos_have_the_bits_that_telephones_play(
    transfer: int, bits: Literal["auto", "8", "10"], depth: int, codec: str, tmp_path: Path
) -> None:
    source = odd_clips.deep(tmp_path / "in.mp4", transfer=transfer)
    settings = SourceSettings(hdr="tonemap")
    encoding = OutputSettings.model_validate({"codec": codec, "bits": bits})
    published = passed_through(source, tmp_path / "out.mkv", encoding, source=settings)
    assert index_source(published.output).pixel_format == {8: "yuv420p", 10: "yuv420p10le"}[depth]
    assert any("bits are rounded to 8" in note for note in published.notes) == (depth == 8)


def test_a_range_can_be_said_where_the_tag_is_missing(tmp_path: Path) -> None:
    source = odd_clips.tagged(tmp_path / "in.mp4", matrix=1, full_range=None)
    told = SourceSettings(colour_range="full")
    published = passed_through(source, tmp_path / "out.mp4", OutputSettings(), source=told)
    with av.open(str(published.output)) as container:
        assert next(container.decode(video=0)).color_range == 2


def test_a_film_rate_is_told_exactly(tmp_path: Path) -> None:
    source = odd_clips.steady(tmp_path / "in.mp4", Fraction(24000, 1001))
    published = passed_through(source, tmp_path / "out.mp4", OutputSettings())
    with av.open(str(published.output)) as container:
        assert container.streams.video[0].average_rate == Fraction(24000, 1001)
