"""Pictures in other colours than sRGB are read as they were meant, and results say theirs."""

import gc
import logging
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from stylecore import ImageSettings, stylize_image
from stylecore.media import Excerpt, index_source, read_frames, read_pixels
from stylecore.media.pictures.encoding import encoded_picture
from tests.support import clips

# Columns: where red, green and blue lie in XYZ, white moved to D50 (Bradford).
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.7141]])  # noqa: E501  # fmt: skip
P3 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])  # noqa: E501  # fmt: skip
ADOBE = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])  # noqa: E501  # fmt: skip
PROPHOTO = np.array([[0.79767, 0.13519, 0.03134], [0.28804, 0.71188, 0.00009], [0.0, 0.0, 0.82491]])
WIDE = {"P3": (P3, 2.2), "Adobe RGB": (ADOBE, 563 / 256), "ProPhoto": (PROPHOTO, 1.8)}
"""Where the primaries lie, and the exponent of light."""
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def fixed(*numbers: float) -> bytes:
    return struct.pack(f">{len(numbers)}i", *(round(number * 65536) for number in numbers))


def profile(kind: bytes, tags: dict[bytes, bytes], *, device: bytes = b"mntr") -> bytes:
    """An ICC profile of version 4."""
    tags = {
        b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1.0, 0.8249),
        b"desc": b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", 2, 28) + b"\0x",
        **tags,
    }
    start, table, content = 132 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += struct.pack(">4sII", name, start + len(content), len(data))
        content += data + bytes(-len(data) % 4)
    connection = b"Lab " if device == b"prtr" else b"XYZ "
    head = bytes(8) + b"\x04\x20\0\0" + device + kind + connection
    head += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += fixed(0.9642, 1.0, 0.8249) + bytes(48)
    size = struct.pack(">I", 128 + 4 + len(table) + len(content))
    return size + head[4:] + struct.pack(">I", len(tags)) + table + content


def curve(*numbers: float) -> bytes:
    """An exponent, or what IEC 61966-2-1 has in its place."""
    return b"para\0\0\0\0" + struct.pack(">Hxx", 0 if len(numbers) == 1 else 3) + fixed(*numbers)


def of_colours(primaries: np.ndarray, *numbers: float) -> bytes:
    """An RGB profile."""
    names = {b"rXYZ": 0, b"gXYZ": 1, b"bXYZ": 2}
    places = {name: b"XYZ \0\0\0\0" + fixed(*primaries[:, n]) for name, n in names.items()}
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve(*numbers))
    return profile(b"RGB ", {**places, **curves})


def coded_in(name: str, srgb: np.ndarray) -> np.ndarray:
    """Colours of sRGB in [0, 1] as another profile writes them."""
    primaries, exponent = WIDE[name]
    light = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    other = light @ (np.linalg.inv(primaries) @ SRGB).T
    return np.clip(other, 0, 1) ** (1 / exponent)


@pytest.fixture
def photo() -> np.ndarray:
    """(64, 96, 3) in [0, 1]: strong colours of sRGB."""
    return clips.picture(0).astype(np.float64) / 255


def read(path: Path) -> np.ndarray:
    """What is read, on the scale of 8 bits."""
    pixels = read_pixels(path, max_megapixels=1)
    return pixels / (1 if pixels.dtype == np.uint8 else 257)


@pytest.mark.parametrize("name", WIDE)
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_a_photo_in_wider_colours_shows_those_of_srgb(
    suffix: str, name: str, photo: np.ndarray, tmp_path: Path
) -> None:
    wide = Image.fromarray(np.rint(coded_in(name, photo) * 255).astype(np.uint8))
    path, options = tmp_path / f"in{suffix}", {}
    if suffix in (".jpg", ".webp"):
        options = {"quality": 100, "lossless": True, "subsampling": 0}
    wide.save(path, icc_profile=of_colours(*WIDE[name]), **options)
    # A level of ProPhoto is up to 4 of sRGB where colours are dark.
    assert np.abs(read(path) - photo * 255).mean() < 1
    assert np.abs(np.asarray(wide, float) - photo * 255).mean() > 3


@pytest.mark.parametrize("name", WIDE)
def test_sixteen_bits_keep_their_precision(name: str, photo: np.ndarray, tmp_path: Path) -> None:
    wide = np.rint(coded_in(name, photo) * 65535).astype(np.uint16)
    path = clips.write_frame(tmp_path / "in.png", wide)
    tag = b"x\0\0" + zlib.compress(of_colours(*WIDE[name]))
    clips.insert_chunk(path, b"iCCP", tag, before=b"IDAT")
    pixels = read_pixels(path, max_megapixels=1)
    assert pixels.dtype == np.uint16
    assert np.abs(pixels / 257 - photo * 255).max() < 0.25


def test_opacity_stays_and_colours_beside_it_are_converted(
    photo: np.ndarray, tmp_path: Path
) -> None:
    wide = np.rint(coded_in("P3", photo) * 255).astype(np.uint8)
    rgba = np.dstack([wide, clips.transparency(1)])
    Image.fromarray(rgba).save(tmp_path / "in.png", icc_profile=of_colours(*WIDE["P3"]))
    got = read(tmp_path / "in.png")
    np.testing.assert_array_equal(got[..., 3], rgba[..., 3])
    assert np.abs(got[..., :3] - photo * 255).mean() < 1


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_greys_of_another_curve_become_those_of_srgb(mode: str, tmp_path: Path) -> None:
    greys = np.tile(np.arange(256, dtype=np.uint8), (4, 1))
    light = (greys / 255.0) ** 1.2
    wanted = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055) * 255
    if mode == "I;16":
        image = Image.fromarray(greys.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(greys).convert(mode)
    grey = profile(b"GRAY", {b"kTRC": curve(1.2)})
    image.save(tmp_path / "in.png", icc_profile=grey)
    got = read(tmp_path / "in.png")
    error = np.abs(got[..., 1] - wanted)
    # LittleCMS is up to 3 levels dark where greys of 8 bits are nearly black.
    assert error.max() < (0.1 if mode == "I;16" else 3)
    assert error.mean() < 0.6
    assert np.ptp(got[..., :3], axis=2).max() == 0


def test_inks_are_the_colours_that_their_profile_says(tmp_path: Path) -> None:
    """A profile in which every ink darkens by 20 of L*, whatever Pillow would make of it."""
    corners = [100 - 20 * bin(inks).count("1") for inks in range(16)]
    grid = bytes(value for light in corners for value in (round(light * 2.55), 128, 128))
    straight = bytes(range(256))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    table += straight * 4 + grid + straight * 3
    inks = profile(b"CMYK", {b"A2B0": table}, device=b"prtr")
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    image.save(tmp_path / "in.tif", icc_profile=inks)
    # L* of 80 is 198 in sRGB; Pillow's own guess would be cyan.
    assert np.ptp(read(tmp_path / "in.tif"), axis=2).max() <= 3
    assert 190 < read(tmp_path / "in.tif").mean() < 210


@pytest.mark.parametrize(
    "broken", [b"no profile at all" * 20, b"", of_colours(P3, 2.2)[:150], b"\0" * 500],
    ids=["words", "nothing", "cut", "zeros"],
)  # fmt: skip
def test_a_profile_that_cannot_be_used_is_ignored_and_said(
    broken: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plain = Image.fromarray(clips.picture(0))
    plain.save(tmp_path / "in.png", icc_profile=broken)
    with caplog.at_level(logging.WARNING):
        np.testing.assert_array_equal(read(tmp_path / "in.png"), clips.picture(0))
    assert ("The colour profile of in.png is damaged" in caplog.text) == bool(broken)


def test_a_profile_of_other_pixels_is_ignored_in_a_folder_and_noted(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    grey = profile(b"GRAY", {b"kTRC": curve(1.0)})
    for number in range(3):
        picture = Image.fromarray(clips.picture(number))
        picture.save(tmp_path / f"frames/{number}.png", icc_profile=grey)
    index = index_source(tmp_path / "frames")
    assert any("The colour profile of 3 pictures is damaged or" in note for note in index.notes)
    frames = read_frames(Excerpt.of_all(tmp_path / "frames", index))
    np.testing.assert_array_equal(next(frames), clips.picture(0))


def test_srgb_by_another_name_changes_no_pixel(tmp_path: Path) -> None:
    srgb = of_colours(SRGB, *SRGB_CURVE)
    Image.fromarray(clips.picture(0)).save(tmp_path / "in.png", icc_profile=srgb)
    np.testing.assert_array_equal(read(tmp_path / "in.png"), clips.picture(0))


@pytest.mark.parametrize("kind", ["folder", ".webp", ".apng"])
def test_frames_in_wider_colours_show_those_of_srgb(
    kind: str, photo: np.ndarray, tmp_path: Path
) -> None:
    wide = np.rint(coded_in("P3", photo) * 255).astype(np.uint8)
    frames = [Image.fromarray(np.roll(wide, 9 * number, axis=1)) for number in range(3)]
    told = {"icc_profile": of_colours(*WIDE["P3"]), "lossless": True}
    path = tmp_path / ("frames" if kind == "folder" else f"in{kind}")
    if kind == "folder":
        path.mkdir()
        for number, frame in enumerate(frames):
            frame.save(path / f"{number}.png", **told)
    else:
        form = {"format": "PNG"} if kind == ".apng" else {}
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=100, **told, **form)
    index = index_source(path)
    got = list(read_frames(Excerpt.of_all(path, index)))
    for number, pixels in enumerate(got):
        assert np.abs(pixels - np.roll(photo, 9 * number, axis=1) * 255).mean() < 1
    assert len(got) == 3
    gc.collect()  # frees what is freed twice, if anything is


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_stills_say_that_they_are_srgb(suffix: str, dtype: type, tmp_path: Path) -> None:
    pixels = clips.picture(0) if dtype == np.uint8 else clips.deep_picture(0)
    path = tmp_path / f"out{suffix}"
    path.write_bytes(encoded_picture(pixels, suffix, quality=100))
    with Image.open(path) as image:
        image.load()
        said = image.info
    assert said.get("srgb") == 0 or b"sRGB" in said["icc_profile"].replace(b"\0", b"")
    again = read_pixels(path, max_megapixels=1)
    if (suffix != ".jpg" and dtype == np.uint8) or suffix in (".png", ".tif"):
        np.testing.assert_array_equal(again, pixels)
        assert cv2.imread(str(path), cv2.IMREAD_UNCHANGED).shape == pixels.shape


def test_a_painted_photo_comes_out_in_its_own_colours(photo: np.ndarray, tmp_path: Path) -> None:
    wide = Image.fromarray(np.rint(coded_in("Adobe RGB", photo) * 255).astype(np.uint8))
    wide.save(tmp_path / "in.png", icc_profile=of_colours(*WIDE["Adobe RGB"]))
    style = clips.write_picture(tmp_path / "style.png")
    settings = ImageSettings(engine="identity")
    result = stylize_image(tmp_path / "in.png", style, tmp_path / "out.png", settings)
    with Image.open(result) as image:
        assert image.info["srgb"] == 0
        assert np.abs(np.asarray(image, float) - photo * 255).mean() < 1
