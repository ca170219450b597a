"""Colours come through as the standards say, whatever their depth, range and resolution."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import ffmpeg
import imageio_ffmpeg
import numpy as np
import pytest

from stylecore.media import Excerpt, index_source, read_frames, run_ffmpeg
from stylecore.media.colour import HLG, PQ
from stylecore.media.ffmpeg import FFMPEG_VARIABLE
from stylecore.media.reading.yuv import yuv_frame
from stylecore.media.writing.codecs import FORMATS
from stylecore.settings import SourceSettings

WEIGHTS = {
    "bt709": (1, 0.2126, 0.0722),
    "smpte170m": (6, 0.299, 0.114),
    "bt2020": (9, 0.2627, 0.0593),
}
"""Code point, and shares of red and blue, of ITU-T H.273."""


def in_planes(frame: av.VideoFrame) -> list[np.ndarray]:
    """Levels of each plane, float64."""
    deep = frame.format.components[0].bits > 8
    rows = []
    for plane in frame.planes:
        values = np.frombuffer(plane, np.uint16 if deep else np.uint8)
        values = values.reshape(plane.height, plane.line_size // values.itemsize)
        rows.append(values[:, : plane.width].astype(np.float64))
    return rows


def at_full_size(plane: np.ndarray, frame: av.VideoFrame) -> np.ndarray:
    """Colours repeated over the pixels that share them."""
    across, down = (
        -(-frame.width // plane.shape[1]), -(-frame.height // plane.shape[0])
    )  # fmt: skip
    return plane.repeat(down, 0).repeat(across, 1)[: frame.height, : frame.width]


def rgb_by_the_standard(frame: av.VideoFrame, matrix: str, full_range: bool) -> np.ndarray:
    """(H, W, 3) float64, in [0, 1] where RGB has the colour (ITU-T H.273, section 8.3)."""
    bits = frame.format.components[0].bits
    y, cb, cr = (at_full_size(plane, frame) for plane in in_planes(frame)[:3])
    middle, steps = 2 ** (bits - 1), 2 ** (bits - 8)
    span = (2**bits - 1, 2**bits - 1) if full_range else (219 * steps, 224 * steps)
    y = (y - (0 if full_range else 16 * steps)) / span[0]
    cb, cr = (cb - middle) / span[1], (cr - middle) / span[1]
    _, red, blue = WEIGHTS[matrix]
    r, b = y + 2 * (1 - red) * cr, y + 2 * (1 - blue) * cb
    return np.dstack([r, (y - red * r - blue * b) / (1 - red - blue), b])


def yuv_by_the_standard(
    rgb: np.ndarray, matrix: str, full_range: bool, bits: int
) -> list[np.ndarray]:
    """Levels of (H, W, 3) in [0, 1], not rounded."""
    _, red, blue = WEIGHTS[matrix]
    r, g, b = np.moveaxis(rgb, 2, 0)
    y = red * r + (1 - red - blue) * g + blue * b
    cb, cr = (b - y) / (2 - 2 * blue), (r - y) / (2 - 2 * red)
    middle, steps, top = 2 ** (bits - 1), 2 ** (bits - 8), 2**bits - 1
    if full_range:
        return [y * top, cb * top + middle, cr * top + middle]
    return [(y * 219 + 16) * steps, cb * 224 * steps + middle, cr * 224 * steps + middle]


def soft(size: tuple[int, int], seed: int = 0) -> np.ndarray:
    """(H, W, 3) float64 in [0.2, 0.8]."""
    random = np.random.default_rng(seed)
    few = random.random((9, 12, 3))
    return np.clip(0.2 + 0.6 * cv2.resize(few, size, interpolation=cv2.INTER_LINEAR), 0.2, 0.8)


@pytest.mark.parametrize("pixel_format", [*FORMATS, "nv12", "p010le"])
@pytest.mark.parametrize("full_range", [False, True])
def test_what_is_encoded_is_the_standards_level_rounded_once(
    pixel_format: str, full_range: bool
) -> None:
    rgb = np.rint(soft((160, 120)) * 65535).astype(np.uint16)
    rgba = np.dstack([rgb, rgb[..., 0]])
    given = rgba if "yuva" in pixel_format else rgb
    frame = yuv_frame(given, matrix="bt709", full_range=full_range, pixel_format=pixel_format)
    if pixel_format in ("nv12", "p010le"):
        frame = frame.reformat(format={"nv12": "yuv420p", "p010le": "yuv420p10le"}[pixel_format])
    bits = frame.format.components[0].bits
    exact = yuv_by_the_standard(rgb / 65535, "bt709", full_range, bits)
    for got, wanted in zip(in_planes(frame)[:3], exact, strict=True):
        wanted = cv2.resize(wanted, got.shape[::-1], interpolation=cv2.INTER_AREA)
        assert np.abs(got - wanted).max() < 0.52
        assert abs((got - wanted).mean()) < 0.05


def coded_clip(
    path: Path, pixel_format: str, *, size: tuple[int, int], matrix: str, full_range: bool,
    transfer: int = 1,
) -> Path:  # fmt: skip
    """Lossless frames whose levels are all different, of soft colours."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        context = stream.codec_context
        context.colorspace, context.color_range = WEIGHTS[matrix][0], 2 if full_range else 1
        context.color_trc, context.color_primaries = transfer, 9 if transfer in (PQ, HLG) else 1
        for number in range(2):
            frame = av.VideoFrame(*size, pixel_format)
            bits = frame.format.components[0].bits
            levels = yuv_by_the_standard(soft(size, seed=number), matrix, full_range, bits)
            for plane, values in zip(frame.planes, levels, strict=True):
                dtype = np.uint16 if bits > 8 else np.uint8
                rows = np.frombuffer(plane, dtype).reshape(plane.height, -1)
                small = cv2.resize(values, (plane.width, plane.height))
                rows[:, : plane.width] = np.rint(small)
            frame.pts, frame.time_base = number, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def decoded(path: Path) -> Iterator[av.VideoFrame]:
    with av.open(str(path)) as container:
        yield from container.decode(video=0)


@pytest.mark.parametrize("size", [(96, 64), (95, 63)])
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize(
    "pixel_format",
    ["yuv420p", "yuv422p", "yuv444p", "yuv411p", "yuv420p10le", "yuv422p10le", "yuv420p12le"],
)
def test_what_is_read_is_what_the_standard_says(
    pixel_format: str, full_range: bool, size: tuple[int, int], tmp_path: Path
) -> None:
    path = coded_clip(
        tmp_path / "in.mkv", pixel_format, size=size, matrix="bt709", full_range=full_range
    )
    index = index_source(path)
    for pixels, frame in zip(read_frames(Excerpt.of_all(path, index)), decoded(path), strict=True):
        exact = rgb_by_the_standard(frame, "bt709", full_range) * 255
        got = pixels / (1 if pixels.dtype == np.uint8 else 257)
        error = got - np.clip(exact, 0, 255)
        # ffmpeg rounds twice where there are 8 bits, we once to one of 65,536 levels.
        assert np.abs(error).max() < (0.6 if pixels.dtype == np.uint8 else 0.01)
        assert abs(error.mean()) < 0.05


@pytest.fixture
def ffmpeg_with_zscale(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program of the imageio-ffmpeg wheel."""
    monkeypatch.setenv(FFMPEG_VARIABLE, imageio_ffmpeg.get_ffmpeg_exe())


def light_by_zimg(path: Path, *, size: tuple[int, int], transfer: int) -> np.ndarray:
    """(frames, H, W, 3): cd/m² on a display of 1,000 cd/m², in the colours of BT.2020."""
    raw = path.with_suffix(".raw")
    curve = {PQ: "smpte2084", HLG: "arib-std-b67"}[transfer]
    command = (
        ffmpeg.input(str(path))
        .filter(
            "zscale", tin=curve, min="2020_ncl", pin="2020", t="linear", m="gbr", p="2020", npl=100
        )
        .filter("format", "gbrpf32le")
        .output(str(raw), f="rawvideo", pix_fmt="gbrpf32le")
    )
    run_ffmpeg(command, timeout_seconds=60)
    planes = np.fromfile(raw, np.float32).reshape(-1, 3, size[1], size[0])
    light = planes[:, [2, 0, 1]].transpose(0, 2, 3, 1).astype(np.float64) * 100
    if transfer == PQ:
        return light
    # zimg bends each colour by itself; BT.2100 (table 5) bends them by the luminance of the scene.
    scene = np.clip(light / 1000, 0, None) ** (1 / 1.2)
    return 1000 * scene * (scene @ (0.2627, 0.6780, 0.0593))[..., None] ** 0.2


def standard_range(light: np.ndarray) -> np.ndarray:
    """Method A of ITU-R BT.2446-1, 1,000 to 100 cd/m², and BT.2407's matrix; in [0, 1]."""
    coded = np.clip(light / 1000, 0, 1) ** (1 / 2.4)
    luma = coded @ (0.2627, 0.6780, 0.0593)
    bright, dim = (1 + 32 * (peak / 10000) ** (1 / 2.4) for peak in (1000, 100))
    seen = np.log(1 + (bright - 1) * luma) / np.log(bright)
    bent = np.where(seen <= 0.7399, 1.0770 * seen, -1.1510 * seen**2 + 2.7811 * seen - 0.6302)
    bent = np.where(seen < 0.9909, bent, 0.5 * seen + 0.5)
    mapped = (dim**bent - 1) / (dim - 1)
    gain = mapped / (1.1 * np.maximum(luma, 1e-9))
    cb, cr = gain * (coded[..., 2] - luma) / 1.8814, gain * (coded[..., 0] - luma) / 1.4746
    mapped = mapped - np.maximum(0.1 * cr, 0)
    red, blue = mapped + 1.4746 * cr, mapped + 1.8814 * cb
    green = (mapped - 0.2627 * red - 0.0593 * blue) / 0.6780
    to_709 = np.array(
        [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
    )
    shown = np.clip(np.stack([red, green, blue], -1), 0, 1) ** 2.4 @ to_709.T
    return np.clip(shown, 0, 1) ** (1 / 2.4)


@pytest.mark.parametrize("transfer", [PQ, HLG])
@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("pixel_format", ["yuv444p", "yuv444p10le", "yuv444p12le"])
@pytest.mark.usefixtures("ffmpeg_with_zscale")
def test_high_dynamic_range_of_any_depth_is_read_as_zimg_reads_it(
    pixel_format: str, full_range: bool, transfer: int, tmp_path: Path
) -> None:
    size = (96, 64)
    path = coded_clip(
        tmp_path / "in.mkv", pixel_format, size=size, matrix="bt2020", full_range=full_range,
        transfer=transfer,
    )  # fmt: skip
    index = index_source(path, SourceSettings(hdr="tonemap"))
    wanted = standard_range(light_by_zimg(path, size=size, transfer=transfer)) * 255
    for pixels, exact in zip(read_frames(Excerpt.of_all(path, index)), wanted, strict=True):
        assert pixels.dtype == (np.uint8 if pixel_format == "yuv444p" else np.uint16)
        got = pixels / (1 if pixels.dtype == np.uint8 else 257)
        error = np.abs(got - exact)
        assert error[exact > 16].max() < (0.6 if pixels.dtype == np.uint8 else 0.3)
        assert error.max() < 3  # of 255; in linear light it is nothing, so near to black
