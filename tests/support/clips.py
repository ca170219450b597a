"""Small clips and pictures drawn by the tests themselves, each odd in one known way."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from PIL import Image

SHARED_MEDIA = Path(__file__).resolve().parents[3] / "shared" / "media"
# Without mbtree, which reads memory that nobody wrote: the same clip would have other bytes.
X264_OPTIONS = {"crf": "12", "g": "8", "bf": "2", "x264-params": "mbtree=0"}
WHY_SKIPPED = "needs the real clips beside the checkout (../shared/media), which are not there"


def picture(number: int, *, size: tuple[int, int] = (96, 64), scene: int = 0) -> np.ndarray:
    """(H, W, 3) uint8: a smooth textured scene that moves 1 pixel to the right a frame."""
    width, height = size
    random = np.random.default_rng(scene)
    texture = cv2.resize(random.random((9, 15, 3), np.float32), (width * 2, height * 2),
                         interpolation=cv2.INTER_CUBIC)  # fmt: skip
    detail = cv2.GaussianBlur(random.random((height * 2, width * 2, 3), np.float32), (0, 0), 1.5)
    left = width - number % width
    scene_now = texture * 0.7 + (detail - 0.5) * 0.8 + 0.15
    cut = scene_now[height // 2 : height // 2 + height, left : left + width]
    return np.rint(np.clip(cut, 0.02, 0.98) * 255).astype(np.uint8)


def write_picture(path: Path, *, size: tuple[int, int] = (80, 60), scene: int = 7) -> Path:
    """A still picture, as a style."""
    cv2.imwrite(str(path), picture(0, size=size, scene=scene)[..., ::-1])
    return path


def deep_picture(number: int, *, alpha: bool = False) -> np.ndarray:
    """(64, 96, 3 or 4) uint16 of ``picture``, with low bytes that 8 bits cannot hold."""
    random = np.random.default_rng(number)
    pixels = picture(number).astype(np.uint16) * 256 + random.integers(0, 256, (64, 96, 3), "u2")
    return np.dstack([pixels, transparency(number).astype(np.uint16) * 257]) if alpha else pixels


def transparency(number: int, *, levels: tuple[int, ...] = (0, 90, 200)) -> np.ndarray:
    """(64, 96) uint8: opaque but for a square that moves and changes."""
    opacity = np.full((64, 96), 255, np.uint8)
    opacity[10:40, 10 + 3 * number : 40 + 3 * number] = levels[number % len(levels)]
    return opacity


def write_frame(path: Path, pixels: np.ndarray) -> Path:
    """A picture file of (H, W, 3) RGB or (H, W, 4) RGBA, uint8 or uint16."""
    path.parent.mkdir(exist_ok=True)
    order = cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
    assert cv2.imwrite(str(path), cv2.cvtColor(pixels, order))
    return path


def read_frame(path: Path) -> np.ndarray:
    """(H, W, 3) RGB or (H, W, 4) RGBA as stored, found without our own reader."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA)


def checksum(pixels: np.ndarray) -> int:
    """CRC-32 of integers as PNG stores them, the higher byte first."""
    return zlib.crc32(pixels.astype(pixels.dtype.newbyteorder(">")).tobytes())


def insert_chunk(path: Path, kind: bytes, data: bytes, *, before: bytes) -> None:
    """Puts a chunk into a PNG before the first one of another kind."""
    content = path.read_bytes()
    place = content.index(before) - 4
    chunk = struct.pack(">I", len(data)) + kind + data
    chunk += struct.pack(">I", zlib.crc32(kind + data))
    path.write_bytes(content[:place] + chunk + content[place:])


def write_animation(
    path: Path, durations: Sequence[int], *, alpha: bool = False, **options: object
) -> Path:
    """A GIF, APNG or WebP that shows ``picture(0)``, ... for so many milliseconds each."""
    frames = [picture(number) for number in range(len(durations))]
    if alpha:
        frames = [np.dstack([frame, transparency(n)]) for n, frame in enumerate(frames)]
    first, *others = map(Image.fromarray, frames)
    kind = "PNG" if path.suffix == ".apng" else None
    first.save(path, kind, save_all=True, append_images=others, duration=list(durations), **options)
    return path


def shown_for(path: Path) -> list[float]:
    """Milliseconds that each frame of an animation is shown, found without our own reader."""
    with Image.open(path) as image:
        durations = []
        for number in range(image.n_frames):
            image.seek(number)
            image.load()
            durations.append(image.info["duration"])
    return durations


def write_clip(
    path: Path,
    *,
    frames: int = 12,
    size: tuple[int, int] = (96, 64),
    cuts: Sequence[int] = (),
    rate: Fraction = Fraction(24),
    time_base: Fraction | None = None,
    pts: Sequence[int] | None = None,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    options: dict[str, str] | None = None,
    sounds: int = 0,
    sound_codec: str = "aac",
    sound_rate: int = 16000,
    rotation: int = 0,
    aspect: Fraction = Fraction(1),
    tags: dict[str, int] | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """A clip whose scene changes at ``cuts``, with ``sounds`` tracks of a sine."""
    time_base = time_base or 1 / rate
    pts = pts or list(range(frames))
    with av.open(str(path), "w", container_options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=rate, options=options or X264_OPTIONS)
        stream.width, stream.height = size
        stream.pix_fmt = pixel_format
        stream.time_base = stream.codec_context.time_base = time_base
        stream.codec_context.sample_aspect_ratio = aspect
        for name, value in (tags or {}).items():
            setattr(stream.codec_context, name, value)
        if rotation:
            stream.set_display_rotation(rotation)
        layout = {} if sound_codec == "aac" else {"layout": "mono"}
        tracks = [
            container.add_stream(sound_codec, rate=sound_rate, **layout) for _ in range(sounds)
        ]
        for number in range(frames):
            scene = sum(number >= cut for cut in cuts)
            frame = av.VideoFrame.from_ndarray(picture(number, size=size, scene=scene))
            frame = frame.reformat(format=pixel_format)
            frame.pts, frame.time_base = pts[number], time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        seconds = float((pts[frames - 1] + 1) * time_base)
        for pitch, track in enumerate(tracks, start=1):
            for sound in _suiting(track, _sine(seconds, pitch=220 * pitch, rate=sound_rate)):
                container.mux(track.encode(sound))
            container.mux(track.encode(None))
    return path


def _suiting(track: Any, sounds: Iterator[av.AudioFrame]) -> Iterator[av.AudioFrame]:
    """Pieces of sound as the track's encoder takes them."""
    if track.codec_context.name == "aac":
        yield from sounds
        return
    context = track.codec_context
    resampler = av.AudioResampler(
        context.format, "mono", context.sample_rate, context.frame_size or None
    )
    for sound in sounds:
        yield from resampler.resample(sound)
    yield from resampler.resample(None)


def write_sound_only(path: Path) -> Path:
    """A file with a sound track and no picture."""
    with av.open(str(path), "w") as container:
        track = container.add_stream("aac", rate=16000)
        for sound in _sine(0.5, pitch=220):
            container.mux(track.encode(sound))
        container.mux(track.encode(None))
    return path


def timestamps(path: Path) -> list[Fraction]:
    """Presentation times in seconds of all frames that decode, found without our own reader."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [frame.pts * Fraction(frame.time_base) for frame in container.decode(stream)]


def sound_packets(path: Path) -> list[list[bytes]]:
    """Bytes of all packets of each sound track, found without our own reader."""
    with av.open(str(path)) as container:
        return [_packets(path, stream.index) for stream in container.streams.audio]


def _packets(path: Path, index: int) -> list[bytes]:
    with av.open(str(path)) as container:
        packets = container.demux(container.streams[index])
        return [bytes(packet) for packet in packets if packet.dts is not None]


def _sine(seconds: float, *, pitch: float, rate: int = 16000) -> Iterator[av.AudioFrame]:
    for start in range(0, int(seconds * rate), 1024):
        times = np.arange(start, start + 1024) / rate
        samples = (0.3 * np.sin(2 * np.pi * pitch * times)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        yield frame


def texture(random: np.random.Generator) -> np.ndarray:
    """(72, 80, 3) uint8: soft coloured blobs."""
    noise = cv2.GaussianBlur(random.normal(0, 1, (72, 80, 3)), (0, 0), random.uniform(1, 5))
    return np.clip(128 + 60 * noise / noise.std(), 0, 255).astype(np.uint8)
