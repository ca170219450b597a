"""Source frames as picture files, by the ffmpeg program.

ffmpeg cuts the frames out as they are coded; their pixels are then made by what makes them on
demand, so that both ways give the same ones with every release.
"""

import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import av
import ffmpeg
from av.video.frame import VideoFrame

from stylecore.errors import MediaError, OutputError
from stylecore.media.excerpt import Excerpt
from stylecore.media.ffmpeg import ffmpeg_version, find_ffmpeg, release_of, run_ffmpeg
from stylecore.media.files import is_disk_full, no_space
from stylecore.media.opening import FORMATS, PROTOCOLS, decoder_limit, inert_name
from stylecore.media.pictures.encoding import png_bytes
from stylecore.media.reading.conversion import BWDIF, upright_pixels
from stylecore.runtime.cleanup import cleaned_up


def split_to_disk(excerpt: Excerpt, folder: Path, *, size: tuple[int, int] | None = None) -> None:
    """Decodes by the ffmpeg program what ``read_frames`` gives, into PNG files like 00000041.png.

    The folder is made where it is missing. Nobody else may split the same frames meanwhile: what a
    killed process has left of them is removed.

    Args:
        size: (width, height) of the upright frames; the source's own when None.

    Raises:
        MediaError: ffmpeg failed, or made another number of frames than the index says.
        OutputError: no space is left, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        prefix = f".split-{excerpt.start:08d}-"
        for left in folder.glob(f"{prefix}*"):
            shutil.rmtree(left)
        with (
            tempfile.TemporaryDirectory(dir=folder, prefix=prefix) as made,
            cleaned_up(partial(shutil.rmtree, made, ignore_errors=True)),
        ):
            for path in _written(excerpt, Path(made), size):
                path.replace(folder / path.name)
    except OSError as error:
        if is_disk_full(error):
            raise no_space(str(folder)) from error
        raise OutputError(f"{folder} cannot be written: {error.strerror}.") from error


def _written(excerpt: Excerpt, folder: Path, size: tuple[int, int] | None) -> list[Path]:
    """The frames as files; all or none."""
    coded = folder / "frames.nut"
    _cut_out(excerpt, coded)
    frames = upright_pixels(
        _frames_of(coded), excerpt.index, size=size, alpha=False, deinterlace=False
    )
    files = []
    for number, pixels in enumerate(frames, start=excerpt.start):
        files.append(folder / f"{number:08d}.png")
        files[-1].write_bytes(png_bytes(pixels))
    if len(files) != excerpt.count:
        raise MediaError(
            f"ffmpeg split {len(files)} frames of {excerpt.path.name} where {excerpt.count} were "
            "expected; use --split demand."
        )
    return files


def _cut_out(excerpt: Excerpt, target: Path) -> None:
    """Writes the frames, whole ones in place of fields, as they are coded and without loss."""
    index = excerpt.index
    source = ffmpeg.input(
        inert_name(excerpt.path),
        format_whitelist=FORMATS,
        protocol_whitelist=PROTOCOLS,
        max_pixels=decoder_limit(index.coded_pixels),
        noautorotate=None,
        **({"threads": 1} if index.patched_up else {}),
        **({"apply_cropping": "codec"} if _crops_by_itself() else {}),
    )
    picture = source[str(index.stream)]
    if index.interlaced:
        picture = picture.filter("bwdif", **BWDIF)
    picture = picture.filter("select", f"between(n,{excerpt.start},{excerpt.stop - 1})")
    command = picture.output(
        str(target), f="nut", vcodec="rawvideo", fps_mode="passthrough", vframes=excerpt.count
    )
    run_ffmpeg(command, timeout_seconds=600 + 10.0 * excerpt.stop)


def _crops_by_itself() -> bool:
    """Whether the program cuts off what a container says is not shown; 7.1 was the first to."""
    release = release_of(ffmpeg_version(find_ffmpeg()))
    return release is None or release >= (7, 1)


def _frames_of(path: Path) -> Iterator[VideoFrame]:
    with av.open(str(path)) as container:
        yield from container.decode(video=0)
