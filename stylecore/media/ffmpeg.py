"""The ffmpeg program: finding it, and the one place that runs it.

ffmpeg-python builds the command lines; it does not run them, since it knows no time limit and
stalls when nobody reads what ffmpeg complains about.
"""

import os
import re
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import ffmpeg

from stylecore.errors import MediaError
from stylecore.media.colour import ROUNDING
from stylecore.media.excerpt import Excerpt
from stylecore.media.opening import FORMATS, PROTOCOLS, decoder_limit, inert_name

FFMPEG_VARIABLE = "STYLECORE_FFMPEG"
FFMPEG_VARIABLES = (FFMPEG_VARIABLE, "IMAGEIO_FFMPEG_EXE")
OLDEST = (5, 1)
"""The first release with all options that are used here; the newest that was tried is 9.0."""
COMPLAINT_LENGTH = 400
VERSION_SECONDS = 60.0


def find_ffmpeg() -> Path:
    """$STYLECORE_FFMPEG or $IMAGEIO_FFMPEG_EXE, else ffmpeg on the PATH, else the wheel's.

    Raises:
        MediaError: there is none, or it is older than ``OLDEST``.
    """
    named = (os.environ.get(name) for name in FFMPEG_VARIABLES)
    chosen = next(filter(None, named), None) or shutil.which("ffmpeg")
    program = Path(chosen) if chosen else _bundled_ffmpeg()
    version = ffmpeg_version(program)
    release = re.match(r"n?(\d+)\.(\d+)", version)  # builds between releases have no number
    if release is not None and tuple(map(int, release.groups())) < OLDEST:
        raise MediaError(
            f"{program} is ffmpeg {version}, which is too old: {OLDEST[0]}.{OLDEST[1]} or newer "
            f"is needed; install one, or name it in the variable {FFMPEG_VARIABLE}."
        )
    return program


def _bundled_ffmpeg() -> Path:
    import imageio_ffmpeg

    try:
        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise MediaError(
            f"There is no ffmpeg; install it, or name it in the variable {FFMPEG_VARIABLE}."
        ) from error


@lru_cache
def ffmpeg_version(program: Path) -> str:
    """What an ffmpeg program calls its version, like ``5.1.9-0+deb12u1``.

    Raises:
        MediaError: it cannot be started, or is not ffmpeg.
    """
    try:
        told = subprocess.run(
            [program, "-version"], capture_output=True, stdin=subprocess.DEVNULL,
            timeout=VERSION_SECONDS, check=True,
        ).stdout.decode(errors="replace")  # fmt: skip
    except OSError as error:
        raise MediaError(
            f"{program} cannot be started: {error.strerror}; name an ffmpeg in the variable "
            f"{FFMPEG_VARIABLE}."
        ) from error
    except subprocess.SubprocessError:
        told = ""
    version = re.match(r"ffmpeg version (\S+)", told)
    if version is None:
        raise MediaError(
            f"{program} does not answer like ffmpeg; name one in the variable {FFMPEG_VARIABLE}."
        )
    return version[1]


def run_ffmpeg(command: Any, *, timeout_seconds: float) -> None:
    """Runs a command that ffmpeg-python built.

    Raises:
        MediaError: ffmpeg failed or took too long; what it complained about is in the sentence.
    """
    program, *arguments = ffmpeg.compile(command, cmd=str(find_ffmpeg()))
    argv = [program, "-nostdin", "-hide_banner", "-v", "error", *arguments]
    with tempfile.TemporaryFile() as complaints:
        try:
            done = subprocess.run(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=complaints,
                timeout=timeout_seconds, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise MediaError(f"ffmpeg took more than {timeout_seconds:.0f} s.") from error
        except OSError as error:
            raise MediaError(f"{program} cannot be started: {error.strerror}.") from error
        if done.returncode != 0:
            complaints.seek(0)
            last = " ".join(complaints.read()[-COMPLAINT_LENGTH:].decode(errors="replace").split())
            raise MediaError(f"ffmpeg failed: {last}")


def split_to_disk(excerpt: Excerpt, folder: Path) -> None:
    """Writes the frames as upright RGB PNG files, 00000041.png, into ``folder``.

    The folder is made where it is missing.

    Raises:
        MediaError: ffmpeg failed, or made another number of frames than the index says.
    """
    path, index, start, stop = excerpt.path, excerpt.index, excerpt.start, excerpt.stop
    source = ffmpeg.input(
        inert_name(path),
        format_whitelist=FORMATS,
        protocol_whitelist=PROTOCOLS,
        max_pixels=decoder_limit(index.width * index.height),
    )
    picture = source[str(index.stream)]
    if index.interlaced:
        picture = picture.filter("bwdif", mode="send_frame", deint="interlaced")
    picture = picture.filter("select", f"between(n,{start},{stop - 1})").filter(
        "scale",
        in_color_matrix=index.matrix,
        in_range="pc" if index.full_range else "tv",
        out_range="pc",
        flags=f"neighbor+{ROUNDING}",
    )
    deep = index.bit_depth > 8
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".split-") as made:
        command = picture.output(
            f"{made.replace('%', '%%')}/%08d.png",
            f="image2",
            fps_mode="passthrough",
            start_number=start,
            vframes=excerpt.count,
            pix_fmt="rgb48be" if deep else "rgb24",
        )
        run_ffmpeg(command, timeout_seconds=600 + 10.0 * stop)
        frames = sorted(Path(made).iterdir())
        if len(frames) != excerpt.count:
            raise MediaError(
                f"ffmpeg split {len(frames)} frames of {path.name} where {excerpt.count} were "
                "expected; use --split demand."
            )
        for frame in frames:
            frame.replace(folder / frame.name)
